"""From lists to a pack and back: what is listed is found with its place, what is not listed is not."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from rules.address import parse
from rules.errors import StairgateError
from rules.lists.entry import Covers, Entry, Kind
from rules.lists.expressions import options
from rules.pack import EMPTY, Pack, Source, build, building, columns, verify
from rules.pack.expressions import ExpressionSet
from rules.pack.layout import FIXED
from rules.pack.paths import ends_well

if TYPE_CHECKING:
    from pathlib import Path


def packed(tmp_path: Path, text: str, *, form: str = "auto", suffix: bool = False) -> Pack:
    (tmp_path / "list.txt").write_text(text)
    source = Source(list="mine", category="gambling", path=tmp_path / "list.txt", format=form, suffix=suffix)
    build([source], tmp_path / "a.pack")
    return Pack.open(tmp_path / "a.pack")


def lines(pack: Pack, text: str) -> list[int]:
    return [match.line for match in pack.look_up(parse(text))]


def test_a_listed_name_is_found_with_its_list_file_line_and_text(tmp_path: Path) -> None:
    pack = packed(tmp_path, "# head\n0.0.0.0 bet.example.com\n")
    (match,) = pack.look_up(parse("https://www.BET.example.com:8443/x"))
    assert (match.list, match.file, match.line) == ("mine", "list.txt", 2)
    assert (match.category, match.entry) == ("gambling", "0.0.0.0 bet.example.com")
    assert pack.categories_of("www.bet.example.com") == ["gambling"]
    assert pack.holds(b"www.bet.example.com")
    assert len(pack) == 1


def test_the_text_of_an_odd_line_is_kept_without_its_remark(tmp_path: Path) -> None:
    pack = packed(
        tmp_path,
        "0.0.0.0 BET.example.com\n0.0.0.0 a.example.com b.example.com # a long remark\n",
        form="hosts",
    )
    assert [pack.look_up(parse(f"{name}.example.com"))[0].entry for name in ("bet", "a", "b")] == [
        "0.0.0.0 BET.example.com",
        "0.0.0.0 a.example.com b.example.com",
        "0.0.0.0 a.example.com b.example.com",
    ]


@pytest.mark.parametrize(
    "host", ["example.com", "notbet.example.com", "bet.example.com.net", "com", "a." * 200 + "net"]
)
def test_a_name_beside_or_above_a_listed_one_is_not_found(tmp_path: Path, host: str) -> None:
    pack = packed(tmp_path, "bet.example.com\n")
    assert pack.look_up(parse(host)) == ()
    assert pack.categories_of(host) == []
    assert not pack.holds(host.encode())


def test_a_very_long_host_below_a_listed_name_is_found(tmp_path: Path) -> None:
    assert lines(packed(tmp_path, "bet.example.com\n"), "a." * 300 + "bet.example.com") == [1]


def test_single_labels_are_looked_up_only_where_some_are_listed(tmp_path: Path) -> None:
    pack = packed(tmp_path, "com\nbet.example.net\n", suffix=True)
    assert lines(pack, "anything.com") == [1]
    assert lines(pack, "x.bet.example.net") == [2]
    assert pack.holds(b"anything.com")
    assert not pack.holds(b"anything.org")


@pytest.mark.parametrize(
    ("line", "name", "below"),
    [
        ("||bet.example.com^", True, True),
        ("|bet.example.com^", True, False),
        ("||*.bet.example.com^", False, True),
    ],
)
def test_an_entry_reaches_as_far_as_its_format_says(
    tmp_path: Path, line: str, name: bool, below: bool
) -> None:
    pack = packed(tmp_path, line + "\n", form="adblock")
    assert bool(lines(pack, "bet.example.com")) is name
    assert bool(lines(pack, "x.y.bet.example.com")) is below


def test_a_listed_path_covers_what_is_below_it_and_nothing_beside(tmp_path: Path) -> None:
    pack = packed(tmp_path, "example.com/bet\nexample.com/bet/more\nexample.com/q?x=1\nwww.example.com/z/\n")
    assert lines(pack, "http://example.com/bet/more/x?y") == [2, 1]
    assert lines(pack, "http://m.example.com/%62et?y") == [1]
    assert lines(pack, "http://example.com/better") == []
    assert lines(pack, "http://example.com/q?x=1&y=2") == [3]
    assert lines(pack, "http://example.com/q?x=12") == []
    assert lines(pack, "http://www.example.com/z/y") == [4]
    assert lines(pack, "http://example.com/") == []
    assert lines(pack, "http://example.com/z/y") == []


def test_an_adblock_path_may_end_inside_a_word_and_stay_with_its_host(tmp_path: Path) -> None:
    pack = packed(tmp_path, "||example.com/bet\n|https://example.com/only\n", form="adblock")
    assert lines(pack, "http://m.example.com/better") == [1]
    assert lines(pack, "http://example.com/only") == [2]
    assert lines(pack, "http://m.example.com/only") == []


def test_an_address_in_a_listed_network_is_found(tmp_path: Path) -> None:
    pack = packed(tmp_path, "a.example.com\nb.example.com\n192.0.2.0/25\n192.0.2.7\n2001:db8::/32\n")
    assert lines(pack, "http://0xC0000207/") == [4, 3]
    assert lines(pack, "http://192.0.2.200/") == []
    assert lines(pack, "http://[2001:db8::1]/x") == [5]


def test_a_path_on_an_ip_address_is_found(tmp_path: Path) -> None:
    pack = packed(tmp_path, "192.0.2.7/bad\n[2001:db8::7]/bad\n", form="urls")
    assert lines(pack, "http://192.0.2.7/bad/x") == [1]
    assert lines(pack, "http://[2001:db8::7]/bad") == [2]
    assert lines(pack, "http://192.0.2.7/good") == []


def test_expressions_are_matched_against_host_place_and_whole_address(tmp_path: Path) -> None:
    pack = packed(
        tmp_path,
        "^bet[0-9]+\\.example\\.com$\n^example\\.com/casino\n^https://.*\\?q=poker\n",
        form="expressions",
    )
    assert lines(pack, "http://BET7.example.com/x") == [1]
    assert lines(pack, "http://example.com/CASINO") == [2]
    assert lines(pack, "https://example.org/?q=poker") == [3]
    assert lines(pack, "https://[2001:db8::1]/?q=poker") == [3]
    assert pack.look_up(parse("http://bet7.example.com/"))[0].entry == "^bet[0-9]+\\.example\\.com$"
    assert lines(pack, "http://example.org/") == []


PATTERNS = (
    "^bet[0-9]+\\.example$",
    "casino$",
    "^[^/]+/poker",
    "\\bslots\\b",
    "(?i:x)y|^z",
    "q=$",
    "[^a]b$",
    "(?s)a.b",
    "^$|ads\\.",
)
OF_THE_TEXT = ("\\Abet", "casino\\z", "(?-m)^poker", "\\Qa.b\\E")


@given(
    patterns=st.lists(st.sampled_from(PATTERNS + OF_THE_TEXT), min_size=1, max_size=5, unique=True),
    host=st.from_regex(r"(bet7|casino|z|ab|slots|ads|a)\.(example|casino|b|xy)", fullmatch=True),
    tail=st.from_regex(r"/(poker|casino|slots|betslots|a|xY)?(\?(q=|q=casino|a\.b|/poker))?", fullmatch=True),
)
def test_one_search_ahead_loses_no_expression(patterns: list[str], host: str, tail: str) -> None:
    """Each expression tried alone on each form of the address finds the same."""
    address = parse(f"https://{host}{tail}")
    place = f"{address.host}{address.path}{'?' if address.query else ''}{address.query}"
    forms = (address.host, place, f"https://{place}")
    rows = [[pattern, 1, line, pattern] for line, pattern in enumerate(patterns)]
    found = ExpressionSet(memoryview(json.dumps(rows).encode())).find(address)
    single = [re2.compile(pattern, options()) for pattern in patterns]
    assert [line for _, _, line, _ in found] == [
        line for line, one in enumerate(single) if any(map(one.search, forms))
    ]


EXCEPTIONS = [
    ("||bet.example.com^\n@@||ok.bet.example.com^\n", "adblock", "ok.bet.example.com", []),
    ("||bet.example.com^\n@@||ok.bet.example.com^\n", "adblock", "no.bet.example.com", [1]),
    ("||ok.bet.example.com^\n@@||bet.example.com^\n", "adblock", "ok.bet.example.com", []),
    ("||bet.example.com^$important\n@@||bet.example.com^\n", "adblock", "bet.example.com", [1]),
    ("||bet.example.com^$important\n@@||bet.example.com^$important\n", "adblock", "bet.example.com", []),
    ("||bet.example.com^$denyallow=ok.bet.example.com\n", "adblock", "x.ok.bet.example.com", []),
    ("||bet.example.com^$denyallow=ok.bet.example.com\n", "adblock", "x.bet.example.com", [1]),
    (
        "||bet.example.com^$denyallow=a.bet.example.com|ok.bet.example.com\n",
        "adblock",
        "ok.bet.example.com",
        [],
    ),
    (
        "||bet.example.com^$denyallow=ok.bet.example.com\n||ok.bet.example.com^\n",
        "adblock",
        "ok.bet.example.com",
        [2],
    ),
    ("local=/ok.example.com/\nserver=/ok.example.com/#\n", "dnsmasq", "a.ok.example.com", []),
    ("||bet*.example.com^\n@@||better.example.com^\n", "adblock", "better.example.com", []),
    ("||bet.example.com^\n@@/good/\n", "adblock", "http://bet.example.com/good", []),
    (
        "bet.example.com CNAME .\n*.bet.example.com CNAME .\nok.bet.example.com CNAME rpz-passthru.\n",
        "rpz",
        "ok.bet.example.com",
        [],
    ),
    ("bet.example.com CNAME .\n*.bet.example.com CNAME rpz-passthru.\n", "rpz", "bet.example.com", [1]),
    ("x.ok.example.com CNAME .\n*.ok.example.com CNAME rpz-passthru.\n", "rpz", "x.ok.example.com", [1]),
    ("local=/bet.example.com/\nserver=/ok.bet.example.com/#\n", "dnsmasq", "www.ok.bet.example.com", []),
    ("local=/no.ok.example.com/\nserver=/ok.example.com/#\n", "dnsmasq", "no.ok.example.com", [1]),
]


@pytest.mark.parametrize(("text", "form", "asked", "speaking"), EXCEPTIONS)
def test_a_list_settles_its_own_exceptions(
    tmp_path: Path, text: str, form: str, asked: str, speaking: list[int]
) -> None:
    assert lines(packed(tmp_path, text, form=form), asked) == speaking


def test_no_list_takes_back_what_another_says(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("||bet.example.com^\n")
    (tmp_path / "two").write_text("@@||bet.example.com^\n")
    sources = [
        Source(list=name, category="gambling", path=tmp_path / name, format="adblock")
        for name in ("one", "two")
    ]
    for order in (sources, sources[::-1]):
        build(order, tmp_path / "a.pack")
        assert [match.list for match in Pack.open(tmp_path / "a.pack").look_up(parse("bet.example.com"))] == [
            "one"
        ]


def test_every_list_that_names_an_address_speaks_closest_first(tmp_path: Path) -> None:
    for name, text in (("a", "example.com\n"), ("b", "www.example.com\n"), ("c", "example.com\n")):
        (tmp_path / name).write_text(text)
    build([Source(list=name, category=name, path=tmp_path / name) for name in "abc"], tmp_path / "a.pack")
    pack = Pack.open(tmp_path / "a.pack")
    assert [match.category for match in pack.look_up(parse("www.example.com"))] == ["b", "a", "c"]
    assert pack.categories == {"a", "b", "c"}
    assert pack.lists["b"]["categories"] == {"b": 1}


def test_the_categories_of_a_tree_are_mapped_and_unknown_ones_reported(tmp_path: Path) -> None:
    for folder, name in (("jeux", "a.example.com"), ("what", "b.example.com")):
        (tmp_path / "tree" / folder).mkdir(parents=True)
        (tmp_path / "tree" / folder / "domains").write_text(name + "\n")
    seen: list[tuple[str, int]] = []
    report = build(
        [Source(list="t", path=tmp_path / "tree")],
        tmp_path / "a.pack",
        categorise=lambda _list, name: {"jeux": "games"}.get(name),
        progress=lambda file, count: seen.append((file, count)),
    )
    assert report.unknown == [("t", "what")]
    assert seen == [("jeux/domains", 1), ("what/domains", 2)]
    pack = Pack.open(tmp_path / "a.pack")
    assert [pack.look_up(parse(f"{name}.example.com"))[0].category for name in "ab"] == [
        "games",
        "uncategorised",
    ]


def test_entries_at_hand_are_compiled_without_a_file(tmp_path: Path) -> None:
    entries = [
        Entry("bet.example.com", Kind.NAME, Covers.NAME_AND_BELOW, "own.yaml", 7, "bet.example.com"),
        Entry("example.com/bet", Kind.PATH, Covers.NAME_AND_BELOW, "own.yaml", 8, "example.com/bet"),
    ]
    seen: list[tuple[str, int]] = []
    build(
        [Source(list="own", category="x", entries=entries)],
        tmp_path / "a.pack",
        progress=lambda *now: seen.append(now),
    )
    pack = Pack.open(tmp_path / "a.pack")
    assert pack.look_up(parse("bet.example.com"))[0].file == "own.yaml"
    assert lines(pack, "example.com/bet") == [8]
    assert seen == [("own", 1), ("own", 2)]


def test_every_line_of_a_list_is_accounted_for_and_the_first_skipped_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("a.example.com\n\n# c\nwrong name here\nwrong again here\n")
    report = build([Source(list="x", category="ads", path=path)], tmp_path / "a.pack", keep_skipped=1)
    tally = report.parts[0].tally
    assert (tally.lines, tally.rules, tally.blank, tally.comments) == (5, 1, 1, 1)
    (skipped,) = report.skipped
    assert (skipped.file, skipped.line, skipped.reason) == ("list.txt", 4, "blank-inside-name")
    assert report.bytes == (tmp_path / "a.pack").stat().st_size


def test_the_empty_pack_says_nothing() -> None:
    for text in ("example.com", "http://192.0.2.1/", "http://[2001:db8::1]/x?y"):
        assert EMPTY.look_up(parse(text)) == ()
    assert not EMPTY.holds(b"example.com")
    assert len(EMPTY) == 0
    EMPTY.close()


def test_an_empty_list_makes_a_pack_that_says_nothing(tmp_path: Path) -> None:
    pack = packed(tmp_path, "")
    assert pack.look_up(parse("example.com")) == ()
    verify(tmp_path / "a.pack")


def test_a_pack_with_many_origins_keeps_them_apart(tmp_path: Path) -> None:
    for count in (300, 70_000):
        entries = [
            Entry(f"n{n}.example.com", Kind.NAME, Covers.NAME_AND_BELOW, f"f{n}", 1, f"n{n}.example.com")
            for n in range(count)
        ]
        build([Source(list="own", category="x", entries=entries)], tmp_path / "a.pack")
        pack = Pack.open(tmp_path / "a.pack")
        for n in (0, 255, 256, count - 1):
            assert pack.look_up(parse(f"n{n}.example.com"))[0].file == f"f{n}"


def damage(good: bytes, kind: str) -> bytes:
    match kind:
        case "cut":
            return good[:-1]
        case "short":
            return good[:20]
        case "foreign":
            return b"SQLite format 3\0" + good[16:]
        case "older":
            magic, version, length, size, checksum = FIXED.unpack_from(good)
            return FIXED.pack(magic, version - 1, length, size, checksum) + good[FIXED.size :]
        case "damaged head":
            return good.replace(b'"lists"', b'"lizts"', 1)
        case _:
            return b""


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("cut", "the pack is cut"),
        ("short", "no Stairgate pack"),
        ("foreign", "no Stairgate pack"),
        ("older", "this program reads version"),
        ("damaged head", "head of the pack is damaged"),
        ("empty", "can't be opened"),
    ],
)
def test_a_file_that_is_no_whole_pack_of_this_version_is_refused(
    tmp_path: Path, kind: str, words: str
) -> None:
    packed(tmp_path, "bet.example.com\n").close()
    (tmp_path / "bad.pack").write_bytes(damage((tmp_path / "a.pack").read_bytes(), kind))
    with pytest.raises(StairgateError, match=words):
        Pack.open(tmp_path / "bad.pack")


def test_a_missing_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StairgateError, match="can't be opened"):
        Pack.open(tmp_path / "nothing.pack")


def test_verification_names_the_damaged_section(tmp_path: Path) -> None:
    packed(tmp_path, "bet.example.com/path\n").close()
    good = (tmp_path / "a.pack").read_bytes()
    at = good.rindex(b"bet.example.com/path")
    (tmp_path / "bad.pack").write_bytes(good[:at] + b"x" + good[at + 1 :])
    with pytest.raises(StairgateError, match="damaged: path-texts"):
        verify(tmp_path / "bad.pack")
    verify(tmp_path / "a.pack")


def test_a_failed_build_leaves_the_old_pack_and_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed(tmp_path, "bet.example.com\n")
    old = (tmp_path / "a.pack").read_bytes()
    (tmp_path / "binary").write_bytes(b"\x7fELF\x00\x00")
    with pytest.raises(StairgateError, match="binary"):
        build([Source(list="x", category="ads", path=tmp_path / "binary")], tmp_path / "a.pack")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(building.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        packed(tmp_path, "other.example.com\n")
    assert (tmp_path / "a.pack").read_bytes() == old
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.pack", "binary", "list.txt"]


def test_too_many_expressions_are_counted_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "EXPRESSIONS", 2)
    (tmp_path / "list").write_text("bet1\nbet2\nbet3\n")
    report = build(
        [Source(list="x", category="ads", path=tmp_path / "list", format="expressions")], tmp_path / "a.pack"
    )
    assert [(one.line, one.reason) for one in report.skipped] == [(3, "too-many-expressions")]
    assert lines(Pack.open(tmp_path / "a.pack"), "bet3.example.com") == []


@given(
    listed=st.sets(
        st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts)),
        min_size=1,
    ),
    asked=st.lists(st.sampled_from("abc"), max_size=4).map(lambda parts: "/" + "/".join(parts)),
)
def test_paths_are_found_exactly_where_a_plain_comparison_finds_them(
    tmp_path_factory: pytest.TempPathFactory, listed: set[str], asked: str
) -> None:
    pack = packed(
        tmp_path_factory.mktemp("p"),
        "".join(f"h.example.com{path}\n" for path in sorted(listed)),
        form="urls",
    )
    found = {
        match.pattern.removeprefix("h.example.com")
        for match in pack.look_up(parse(f"http://h.example.com{asked}"))
    }
    assert found == {path for path in listed if f"{asked}/".startswith(f"{path}/")}


def test_a_prefix_ends_well_where_a_part_ends() -> None:
    assert ends_well("h/a", "h", "/a", "")
    assert ends_well("h/a", "h", "/a", "q")
    assert ends_well("h/a?q=", "h", "/a", "q=1")
    assert not ends_well("h/a", "h", "/ab", "")


def test_many_names_are_found_and_their_neighbours_are_not(tmp_path: Path) -> None:
    dice = random.Random(5)  # noqa: S311 -- seeded names, no secret
    names = sorted(
        {
            f"n{dice.randrange(10**9):x}.{dice.choice(['com', 'de', 'co.uk', 'example.net'])}"
            for _ in range(20_000)
        }
    )
    pack = packed(tmp_path, "\n".join(names))
    for place, name in enumerate(names, 1):
        if place % 50 == 0:
            assert lines(pack, f"www.{name}") == [place]
            assert lines(pack, f"x{name}") == []


def test_bit_map_numbers_are_made_distinct() -> None:
    import numpy as np

    assert list(columns._distinct(np.array([1, 1, 2, 5, 5], dtype=np.uint64))) == [1, 2, 5]
    assert all(a < b for a, b in pairwise(columns._distinct(np.arange(9, dtype=np.uint64))))
    assert columns.tail(b"a.b.c") == b"b.c"
    assert columns.tail(b"c") == b"c"


def test_plain_and_odd_lines_of_one_list_are_told_as_they_stand(tmp_path: Path) -> None:
    lines = [f"n{n}.example.com" if n % 3 else f"N{n}.Example.com" for n in range(60)]
    pack = packed(tmp_path, "".join(f"{line}\n" for line in lines))
    assert [pack.look_up(parse(line))[0].entry for line in lines] == lines
