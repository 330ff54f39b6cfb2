"""Feeds spoilt input to everything in `rules/` that reads what strangers wrote, for a given time each.

    python tests/fuzz.py [--seconds 60] [--seed 1] [TARGET ...]

Starts from good input, spoils it in one to eight places (bytes changed, cut, doubled, pieces of the format
put in where they do not belong) and looks at three things: nothing but a clean refusal is raised, what comes
out holds together, and no input takes long. A failing input is printed as Python bytes, with the seed. Exit
code 0 where nothing failed. Not collected by pytest; `tests/test_fuzz.py` runs each target for a moment.
"""

from __future__ import annotations

import argparse
import gzip
import io
import random
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rules.address import AddressError, lineage, parse, redact, wrapped, wrapped_in_form
from rules.address.redaction import without_keys
from rules.content import examine
from rules.errors import StairgateError
from rules.lists import readings
from rules.lists.formats import FORMATS
from rules.pack import Pack, Source, build, verify
from rules.policy import Profile, default_text
from rules.policy import parse as parse_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rules.errors import Problem

SLOWEST = 2.0
"""Seconds of processor time that one input may take; a few kilobytes come in."""
PIECES: tuple[bytes, ...] = (
    *b"http:// https:/ // @ %25 %2F % ?url= & # [::1] ] .. . xn-- \\ 0x7f || ^ @@ /(a+)+$/ *".split(),
    *b"$important (((( address=/ local-zone: 0.0.0.0 /32 <!-- <script </ &#x1f600; { } - &a *a '".split(),
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r\n", b"\n", b"\t", b" ", b": ", b"- ", b'"', b"a" * 300),
    "\u00e9\u3002\u33c2\u00df\u200d".encode(),
    b"!!python/object:x ",
    b" CNAME ",
    b"------x1",
)
"""What is put in where it does not belong: signs of every format that is fed."""
LIST = (
    b"# a list\n0.0.0.0 bet.example.com\nbet.example.org\n*.bet.example.net\n||bet.example.com^$important\n"
    b"@@||ok.bet.example.com^\nbet.example.com CNAME .\naddress=/bet.example.com/0.0.0.0\n"
    b'local-zone: "bet.example.com" always_nxdomain\nhttp://bet.example.com/x\n(casino|bet)[0-9]+\n192.0.2.0/24\n'
)
ADDRESS = b"https://user:pw@www.b\xc3\xbccher.example.com:8443/a/../b%2Fc/?url=https%3A%2F%2Fexample.org/#top"
FORM = b'------x1\r\nContent-Disposition: form-data; name="url"\r\n\r\nhttp://example.com/\r\n------x1--\r\n'
PAGE = b'<html><head><meta name="rating" content="adult"></head><body>caf&eacute; <b>ca</b>sino</body></html>'


@dataclass(frozen=True, slots=True)
class Target:
    """What is fed.

    Attributes:
        good: input that is taken.
        feed: takes spoilt input; returns normally, or raises what it should not.
    """

    good: bytes
    feed: Callable[[bytes], None]


def feed_address(data: bytes) -> None:
    """An address is clean or refused; its parts read again to themselves, as do those it wraps."""
    try:
        address = parse(data.decode("utf-8", "surrogateescape"))
    except AddressError:
        return
    if address.scheme:  # without one, `https:1` may be a host and its port or a scheme and its host
        again = parse(redact(address))
        assert (again.host, again.path) == (address.host, without_keys(address.path))
        assert redact(again) == redact(address)
    for one in (address, *wrapped(address)):
        assert parse(f"[{one.host}]" if ":" in one.host else one.host).host == one.host
        assert lineage(one.host)[0] == one.host


def feed_form(data: bytes) -> None:
    """A form of either kind gives addresses or none."""
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=----x1"):
        for one in wrapped_in_form(data, kind):
            assert one.host


def feed_list(data: bytes, *, form: str, folder: Path) -> None:
    """A list is read or refused, and every line of it is accounted for."""
    path = folder / "list"
    path.write_bytes(data)
    try:
        for reading in readings(path, format=form):
            list(reading.draw())
            tally = reading.tally
            counted = tally.blank + tally.comments + tally.rules + sum(tally.skipped.values())
            assert counted == tally.lines
    except StairgateError:
        return


def feed_policy(data: bytes) -> None:
    """A policy is taken, or refused with problems that have a place."""
    problems: Sequence[Problem] = ()
    try:
        parse_policy(data.decode("utf-8", "replace"))
    except StairgateError as error:
        problems = error.problems
    assert all(problem.place for problem in problems)


def feed_pack(data: bytes, *, folder: Path) -> None:
    """A spoilt pack is refused by its checksums, or says what the good one says."""
    path = folder / "spoilt.pack"
    path.write_bytes(data)
    try:
        verify(path)
    except StairgateError:
        return
    # Between the sections lie zeros that no checksum covers, and that nobody reads.
    spoilt, good = Pack.open(path), Pack.open(folder / "good.pack")
    for address in map(parse, ("bet.example.org", "www.bet.example.net", "192.0.2.1", "x.example")):
        assert spoilt.look_up(address) == good.look_up(address)


def feed_page(data: bytes) -> None:
    """A page gives findings or none."""
    for profile in (Profile.EARLY, Profile.ADULT):
        examine([("rating", data[:60].decode("latin-1"))], data, profile=profile)


def targets(folder: Path) -> dict[str, Target]:
    """Everything that can be fed; files are written into a folder."""
    source = folder / "good"
    source.write_bytes(LIST)
    build([Source(list="good", category="gambling", path=source, format="domains")], folder / "good.pack")
    pack = (folder / "good.pack").read_bytes()
    found = {
        "address": Target(ADDRESS, feed_address),
        "form": Target(FORM, feed_form),
        "policy": Target(default_text("GB").encode(), feed_policy),
        "pack": Target(pack, partial(feed_pack, folder=folder)),
        "page": Target(PAGE, feed_page),
    }
    for form in ("auto", *FORMATS):
        found[f"list, {form}"] = Target(LIST, partial(feed_list, form=form, folder=folder))
    found["list, gzip"] = Target(gzip.compress(LIST, mtime=0), partial(feed_list, form="auto", folder=folder))
    found["list, tar"] = Target(_tree(), partial(feed_list, form="auto", folder=folder))
    return found


def _tree() -> bytes:
    """A squidGuard tree of one category in a tar archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in (("gambling/domains", LIST), ("gambling/urls", b"example.com/bet\n")):
            entry = tarfile.TarInfo(f"blacklists/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def make_dice(seed: object) -> random.Random:
    """Chance that can be repeated."""
    return random.Random(str(seed))  # noqa: S311 - no secret


def spoil(good: bytes, dice: random.Random) -> bytes:
    """Good input with one to eight things wrong."""
    data = bytearray(good)
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(data) + 1)
        end = min(len(data), at + dice.choice((1, 1, 2, 8, 60)))
        match dice.randrange(6):
            case 0 if at < len(data):
                data[at] ^= 1 << dice.randrange(8)
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end] * dice.choice((1, 2, 40))
            case 3:
                data[at:end] = dice.randbytes(end - at)
            case _:
                data[at:at] = dice.choice(PIECES)
    return bytes(data[: len(good) + 20_000])


def run(
    target: Target, dice: random.Random, *, until: Callable[[int], bool]
) -> tuple[int, float, bytes | None]:
    """Feed one target.

    Args:
        target: what is fed.
        dice: where chance comes from.
        until: told how many inputs there were; True where that is enough.

    Returns:
        How many inputs, seconds of the slowest, and the input that failed or took too long.
    """
    count, slowest = 0, 0.0
    while not until(count):
        data = spoil(target.good, dice)
        began = time.process_time()
        try:
            target.feed(data)
        except Exception:  # noqa: BLE001 - every kind is what is looked for
            return count, slowest, data
        slowest = max(slowest, time.process_time() - began)
        if slowest > SLOWEST:
            return count, slowest, data
        count += 1
    return count, slowest, None


def main(words: Sequence[str] | None = None) -> int:
    """Feed each target for the time given, print one line each."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("targets", nargs="*", help="all where none is named")
    options.add_argument("--seconds", type=float, default=60, help="for each target")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args(words)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, target in targets(Path(folder)).items():
            if chosen.targets and name not in chosen.targets:
                continue
            end = time.monotonic() + chosen.seconds
            dice = make_dice(f"{chosen.seed} {name}")
            count, slowest, bad = run(target, dice, until=lambda _count, end=end: time.monotonic() >= end)
            sys.stdout.write(f"{name:20} {count:9,} inputs, slowest {slowest * 1000:7.1f} ms\n")
            if bad is not None:
                failed += 1
                sys.stdout.write(f"  FAILED, seed {chosen.seed}: {bad!r}\n")
            sys.stdout.flush()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
