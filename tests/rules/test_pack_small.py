"""A handful of names through the whole way: list, pack, look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rules.address import parse
from rules.errors import StairgateError
from rules.pack import EMPTY, Pack, Source, build, verify

if TYPE_CHECKING:
    from pathlib import Path


def packed(tmp_path: Path, text: str, name: str = "list.txt") -> Pack:
    (tmp_path / name).write_text(text)
    build([Source(list="mine", category="gambling", path=tmp_path / name)], tmp_path / "a.pack")
    return Pack.open(tmp_path / "a.pack")


def test_a_listed_name_is_found_with_its_list_file_line_and_text(tmp_path: Path) -> None:
    pack = packed(tmp_path, "# head\n0.0.0.0 bet.example.com\n")
    (match,) = pack.look_up(parse("https://www.BET.example.com:8443/x"))
    assert (match.list, match.file, match.line) == ("mine", "list.txt", 2)
    assert (match.category, match.entry) == ("gambling", "0.0.0.0 bet.example.com")


@pytest.mark.parametrize("host", ["example.com", "notbet.example.com", "bet.example.com.net"])
def test_a_name_beside_or_above_a_listed_one_is_not_found(tmp_path: Path, host: str) -> None:
    assert packed(tmp_path, "bet.example.com\n").look_up(parse(host)) == ()


def test_a_listed_path_covers_what_is_below_it_and_nothing_beside(tmp_path: Path) -> None:
    pack = packed(tmp_path, "example.com/bet\nexample.com/bet/more\n")
    assert [match.line for match in pack.look_up(parse("http://example.com/bet/more/x?y"))] == [2, 1]
    assert pack.look_up(parse("http://example.com/better")) == ()


def test_an_address_in_a_listed_network_is_found(tmp_path: Path) -> None:
    pack = packed(tmp_path, "bet.example.com\nbet2.example.com\n192.0.2.0/25\n")
    assert pack.look_up(parse("http://0xC0000207/"))[0].pattern == "192.0.2.0/25"
    assert pack.look_up(parse("http://192.0.2.200/")) == ()


def test_the_empty_pack_says_nothing() -> None:
    assert EMPTY.look_up(parse("example.com")) == ()


def test_a_cut_pack_is_refused_and_a_damaged_one_fails_verification(tmp_path: Path) -> None:
    packed(tmp_path, "bet.example.com\n").close()
    good = (tmp_path / "a.pack").read_bytes()
    (tmp_path / "cut.pack").write_bytes(good[:-1])
    with pytest.raises(StairgateError, match="cut"):
        Pack.open(tmp_path / "cut.pack")
    (tmp_path / "bad.pack").write_bytes(good.replace(b"list.txt", b"list.tx_"))
    with pytest.raises(StairgateError, match="damaged"):
        Pack.open(tmp_path / "bad.pack")
    verify(tmp_path / "a.pack")


def test_a_binary_file_is_an_error_and_leaves_no_half_pack(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\x7fELF\x00\x00")
    with pytest.raises(StairgateError, match="binary"):
        build([Source(list="x", category="ads", path=tmp_path / "binary")], tmp_path / "a.pack")
    assert [one.name for one in tmp_path.iterdir()] == ["binary"]


def test_every_line_of_a_list_is_accounted_for(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("a.example.com\n\n# c\nwrong name here\n")
    report = build([Source(list="x", category="ads", path=path)], tmp_path / "a.pack")
    tally = report.parts[0].tally
    assert (tally.lines, tally.rules, tally.blank, tally.comments) == (4, 1, 1, 1)
    assert (report.skipped[0].file, report.skipped[0].line, report.skipped[0].reason) == (
        "list.txt",
        4,
        "blank-inside-name",
    )
