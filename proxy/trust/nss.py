"""The stores of Firefox and, on Linux, Chromium: NSS databases, by `certutil` of the package libnss3-tools.

Only databases that exist are touched, but for Chromium's, which it makes itself only when it needs one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .place import Outcome, State, said, title_of

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .place import Run

_PREFIX = "Stairgate home filter "
_FIREFOX = (
    ".mozilla/firefox",
    "snap/firefox/common/.mozilla/firefox",
    ".var/app/org.mozilla.firefox/.mozilla/firefox",
    ".librewolf",
    "Library/Application Support/Firefox/Profiles",
    "AppData/Roaming/Mozilla/Firefox/Profiles",
)
_CHROMIUM = (".pki/nssdb", "snap/chromium/current/.pki/nssdb")
_CHROMIUM_IS_HERE = (
    *(".config/chromium", ".config/google-chrome", ".config/BraveSoftware", ".config/microsoft-edge"),
    ".pki",
)
_MISSING = "Install the tool certutil: package libnss3-tools (Debian), nss-tools (Fedora), nss (Arch)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One NSS database.

    Attributes:
        browser: whose it is.
        folder: where it lies.
        run: runs `certutil`.
    """

    browser: str
    folder: Path
    run: Run
    kind: str = "browsers"

    @property
    def name(self) -> str:
        """Its name for people."""
        return self.browser

    def look(self, certificates: Sequence[Path]) -> Outcome:
        """How it stands."""
        if not (self.folder / "cert9.db").exists():
            return self._outcome(State.ABSENT)
        done = self._certutil("-L")
        if done.returncode:
            return self._closed(done.returncode, said(done))
        held = set(_titles(done.stdout))
        wanted = {title_of(one) for one in certificates}
        state = State.TRUSTED if wanted and wanted <= held else State.OUTDATED if held else State.ABSENT
        return self._outcome(state)

    def install(self, certificates: Sequence[Path]) -> Outcome:
        """Trust ours for web servers, and no former one."""
        before = self.look(certificates)
        if before.state is State.UNKNOWN:
            return before
        if not (self.folder / "cert9.db").exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            done = self._certutil("-N", "--empty-password")
            if done.returncode:
                return self._closed(done.returncode, said(done))
        wanted = {title_of(one): one for one in certificates}
        held = set(_titles(self._certutil("-L").stdout))
        trouble = ""
        for title in held - set(wanted):
            self._certutil("-D", "-n", title)
        for title, path in wanted.items():
            if title not in held:
                done = self._certutil("-A", "-n", title, "-t", "C,,", "-i", str(path))
                trouble = trouble or (said(done) if done.returncode else "")
        return self._outcome(
            self.look(certificates).state, changed=held != set(wanted) and not trouble, because=trouble
        )

    def remove(self, certificates: Sequence[Path]) -> Outcome:
        """Take every CA of ours out."""
        if self.look(certificates).state is State.UNKNOWN:
            return self.look(certificates)
        held = set(_titles(self._certutil("-L").stdout)) if (self.folder / "cert9.db").exists() else set()
        troubles = [said(done) for title in held if (done := self._certutil("-D", "-n", title)).returncode]
        return self._outcome(
            self.look(certificates).state,
            changed=bool(held) and not troubles,
            because=troubles[0] if troubles else "",
        )

    def _certutil(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run(("certutil", "-d", f"sql:{self.folder}", *words))

    def _closed(self, code: int, cause: str) -> Outcome:
        if code == 127:
            return self._outcome(State.UNKNOWN, because="certutil is not installed.", advice=_MISSING)
        return self._outcome(State.UNKNOWN, because=cause, advice="Close the browser and repeat.")

    def _outcome(
        self, state: State, *, changed: bool = False, because: str = "", advice: str = ""
    ) -> Outcome:
        return Outcome(
            place=self.browser,
            path=str(self.folder),
            state=state,
            changed=changed,
            because=because,
            next=advice,
        )


def browser_places(user: Path, platform: str, *, run: Run) -> Iterator[Database]:
    """The databases of one user's browsers.

    Args:
        user: the user's own folder.
        platform: as `sys.platform`; elsewhere than on Linux Chromium uses the system's store.
        run: runs a tool.
    """
    for folder in _FIREFOX:
        for database in sorted((user / folder).glob("*/cert9.db")):
            yield Database(browser=f"Firefox ({database.parent.name})", folder=database.parent, run=run)
    if platform.startswith("linux"):
        for folder in _CHROMIUM:
            here = (user / folder / "cert9.db").exists()
            if here or (folder == _CHROMIUM[0] and any((user / one).is_dir() for one in _CHROMIUM_IS_HERE)):
                yield Database(browser="Chromium, Chrome, Edge, Brave", folder=user / folder, run=run)


def _titles(listing: str) -> Iterator[str]:
    """Our certificates in what `certutil -L` prints: a nickname, blanks, trust flags."""
    for line in listing.splitlines():
        if line.startswith(_PREFIX):
            yield line.rstrip().rpartition(" ")[0].rstrip()
