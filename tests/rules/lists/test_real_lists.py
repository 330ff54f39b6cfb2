"""Real lists: every line accounted for, the same numbers as ever, and the syntaxes of one list agree."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
import yaml

from rules.address import parse
from rules.lists import Reading, read, readings
from rules.lists.entry import Kind
from rules.pack import Pack, Source, build

WHERE = os.environ.get("STAIRGATE_TEST_LISTS")
pytestmark = pytest.mark.skipif(not WHERE, reason="STAIRGATE_TEST_LISTS names no folder of real lists")
LISTS = Path(WHERE or ".")
GOLDEN = yaml.safe_load(Path(__file__).with_name("golden.yaml").read_text())


def summary(found: list[Reading]) -> dict[str, object]:
    """Numbers of one source: lines by what became of them, entries by kind."""
    kinds: dict[str, int] = {}
    total = {"lines": 0, "blank": 0, "comments": 0, "rules": 0, "entries": 0}
    skipped: dict[str, int] = {}
    for reading in found:
        for entry in reading.entries():
            kinds[entry.kind.value] = kinds.get(entry.kind.value, 0) + 1
        tally = reading.tally
        assert tally.lines == tally.blank + tally.comments + tally.rules + tally.skipped.total()
        for key in total:
            total[key] += getattr(tally, key)
        for reason, count in (tally.skipped + tally.refused).items():
            skipped[reason] = skipped.get(reason, 0) + count
    return {
        "formats": sorted({reading.format.name for reading in found}),
        **total,
        "kinds": dict(sorted(kinds.items())),
        "skipped": dict(sorted(skipped.items())),
    }


@pytest.mark.parametrize("source", GOLDEN)
def test_a_source_reads_as_it_always_did(source: str) -> None:
    assert summary(readings(LISTS / source)) == GOLDEN[source]


SYNTAXES = {
    "fake": "hagezi-2022-07/{}/fake{}",
    "doh-vpn-proxy-bypass": "hagezi-2022-07/{}/doh-vpn-proxy-bypass{}",
    "nosafesearch": "hagezi-2022-07/{}/nosafesearch{}",
}
FOLDERS = {
    "adblock": ".txt",
    "wildcard": ".txt",
    "dnsmasq": ".txt",
    "unbound": ".blacklist.conf",
    "domains": ".txt",
    "hosts": ".txt",
}
DRUGS = (
    "blocklistproject/drugs.txt",
    "blocklistproject/adguard/drugs-ags.txt",
    "blocklistproject/alt-version/drugs-nl.txt",
    "blocklistproject/dnsmasq-version/drugs-dnsmasq.txt",
)


def packs(tmp_path: Path, files: list[Path]) -> list[Pack]:
    made = []
    for number, file in enumerate(files):
        build([Source(list="one", category="x", path=file)], tmp_path / f"{number}.pack")
        made.append(Pack.open(tmp_path / f"{number}.pack"))
    return made


@pytest.mark.parametrize("name", [*SYNTAXES, "drugs"])
def test_the_syntaxes_of_one_list_agree_on_every_name_and_below(tmp_path: Path, name: str) -> None:
    files = (
        [LISTS / one for one in DRUGS]
        if name == "drugs"
        else [LISTS / SYNTAXES[name].format(folder, end) for folder, end in FOLDERS.items()]
    )
    names = sorted({one.pattern for file in files for one in read(file).entries() if one.kind is Kind.NAME})
    dice = random.Random(name)  # noqa: S311 -- seeded, no secret
    asked = names + [
        f"{dice.choice(['www', 'a.b', 'x-1'])}.{one}" for one in dice.sample(names, min(len(names), 3000))
    ]
    opened = packs(tmp_path, files)
    for host in asked:
        name = parse(host).host.encode()
        assert all(pack.holds(name) for pack in opened), host
    for host in dice.sample(names, min(len(names), 500)):
        assert all(pack.look_up(parse(host)) for pack in opened)
        beside = parse(f"x{host}")
        assert len({bool(pack.look_up(beside)) for pack in opened}) == 1


def test_the_archive_of_a_tree_gives_what_the_tree_gives() -> None:
    for packed in readings(LISTS / "ut1/blacklists-mini.tar.gz"):
        plain = read(LISTS / "ut1/blacklists" / packed.file, format=packed.format.name)
        assert [entry.pattern for entry in packed.entries()] == [entry.pattern for entry in plain.entries()]


def test_every_name_of_a_real_list_is_found_at_its_own_line(tmp_path: Path) -> None:
    (pack,) = packs(tmp_path, [LISTS / "sinfonietta/gambling-hosts"])
    for entry in read(LISTS / "sinfonietta/gambling-hosts").entries():
        matches = pack.look_up(parse(entry.pattern))
        assert (entry.line, entry.text) in {(match.line, match.entry) for match in matches}
