# noqa: INP001 - a script, run by hand and by a test; not a package
"""Mark every name of the starter pack: `seen` in a public list on the same subject, or `known` to us.

The lists lie in the folder that STAIRGATE_TEST_LISTS names; none of them is shipped. A mark is a check on
spelling and subject, not a source: the names were chosen before anyone looked.
Usage: `confirm_starter.py [--check]`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

STARTER = Path(__file__).resolve().parents[1] / "rules" / "starter"
MARKS = ("seen", "known")

# Which files at hand speak about which of our categories; a list on another subject confirms nothing.
SUBJECTS: dict[str, tuple[str, ...]] = {
    "ads": ("ut1/blacklists/publicite/domains", "stevenblack-2022-07/stevenblack.domains.txt"),
    "ai_chat": ("ut1/blacklists/ai/domains",),
    "crypto_trading": ("ut1/blacklists/bitcoin/domains", "ut1/blacklists/bank/domains"),
    "drugs": ("ut1/blacklists/drogue/domains", "blocklistproject/alt-version/drugs-nl.txt"),
    "education_reference": (
        "ut1/blacklists/child/domains",
        "ut1/blacklists/educational_games/domains",
        "ut1/blacklists/liste_blanche/domains",
    ),
    "encrypted_dns": (
        "ut1/blacklists/doh/domains",
        "hagezi-2022-07/domains/doh-vpn-proxy-bypass.txt",
    ),
    "file_sharing": ("ut1/blacklists/filehosting/domains", "ut1/blacklists/download/domains"),
    "forums_boards": (
        "ut1/blacklists/forums/domains",
        "ut1/blacklists/blog/domains",
        "sinfonietta/social-hosts",
    ),
    "gambling": ("ut1/blacklists/gambling/domains", "sinfonietta/gambling-hosts"),
    "games": ("ut1/blacklists/games/domains",),
    "hacking_cheating": ("ut1/blacklists/hacking/domains",),
    "messaging": ("ut1/blacklists/chat/domains", "ut1/blacklists/webmail/domains"),
    "music_radio": ("ut1/blacklists/radio/domains", "ut1/blacklists/audio-video/domains"),
    "news_politics": ("ut1/blacklists/press/domains",),
    "nudity": ("ut1/blacklists/lingerie/domains", "ut1/blacklists/mixed_adult/domains"),
    "piracy_p2p": ("ut1/blacklists/download/domains", "ut1/blacklists/manga/domains"),
    "pornography": ("sinfonietta/pornography-hosts",),
    "private_sensitive": ("ut1/blacklists/bank/domains",),
    "remote_redirect": (
        "ut1/blacklists/remote-control/domains",
        "ut1/blacklists/shortener/domains",
        "ut1/blacklists/translation/domains",
    ),
    "sexual_health": ("ut1/blacklists/sexual_education/domains",),
    "short_video": ("ut1/blacklists/audio-video/domains", "sinfonietta/social-hosts"),
    "social_networks": ("ut1/blacklists/social_networks/domains", "sinfonietta/social-hosts"),
    "stranger_chat": ("ut1/blacklists/chat/domains", "ut1/blacklists/social_networks/domains"),
    "trackers": ("ut1/blacklists/publicite/domains", "stevenblack-2022-07/stevenblack.domains.txt"),
    "unsafe_search": ("hagezi-2022-07/domains/nosafesearch.txt",),
    "video_streaming": ("ut1/blacklists/audio-video/domains",),
    "violence_gore": ("sinfonietta/snuff-hosts",),
    "vpn_proxy": ("hagezi-2022-07/domains/doh-vpn-proxy-bypass.txt", "ut1/blacklists/redirector/domains"),
    "weapons": ("ut1/blacklists/dangerous_material/domains",),
}


def names_seen(lists: Path, category: str) -> set[str]:
    """Every name the lists at hand hold on one category's subject, lower case, without a leading `www.`."""
    seen: set[str] = set()
    for file in SUBJECTS.get(category, ()):
        for line in (lists / file).read_text(encoding="utf-8", errors="replace").splitlines():
            words = line.split("#", 1)[0].split()
            if words:
                seen.add(words[-1].lower().rstrip(".").removeprefix("www."))
    return seen


def mark(file: Path, lists: Path) -> str:
    """The file's text with a true mark behind every name."""
    seen = names_seen(lists, file.stem)
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        name = line.split("#", 1)[0].strip()
        lines.append(f"{name:<39} # {MARKS[0] if name in seen else MARKS[1]}" if name else line)
    return "\n".join(lines) + "\n"


def confirm(*, check: bool) -> int:
    """Rewrite (or with `check` only compare) every list; 0 where all marks are true, 1 where one was not."""
    folder = os.environ.get("STAIRGATE_TEST_LISTS")
    if not folder:
        sys.stderr.write("STAIRGATE_TEST_LISTS is not set; nothing to confirm with\n")
        return 69
    wrong = 0
    for file in sorted(STARTER.glob("*.txt")):
        text = mark(file, Path(folder))
        if text == file.read_text(encoding="utf-8"):
            continue
        wrong += 1
        sys.stdout.write(f"{file.name}: marks differ\n")
        if not check:
            file.write_text(text, encoding="utf-8")
    return 1 if check and wrong else 0


if __name__ == "__main__":
    raise SystemExit(confirm(check="--check" in sys.argv[1:]))
