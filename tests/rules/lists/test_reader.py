"""A list is recognised, read in whatever packing it comes, and every line of it is accounted for."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import StairgateError
from rules.lists import Reading, read, readings, squidguard, text
from rules.lists.formats import FORMATS
from rules.lists.squidguard import aliases

if TYPE_CHECKING:
    from pathlib import Path

LINES = {
    "hosts": "0.0.0.0 {}",
    "domains": "{}",
    "wildcard": "*.{}",
    "adblock": "||{}^",
    "rpz": "{} CNAME .",
    "dnsmasq": "local=/{}/",
    "unbound": 'local-zone: "{}." always_null',
    "urls": "http://{}/bad",
}
NAMES = ["one.example.com", "two.example.com", "xn--bcher-kva.example.com"]


def written(tmp_path: Path, content: str | bytes, name: str = "list") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def patterns(reading: Reading) -> list[str]:
    return sorted(entry.pattern for entry in reading.entries())


def balanced(reading: Reading) -> bool:
    tally = reading.tally
    return tally.lines == tally.blank + tally.comments + tally.rules + tally.skipped.total()


@pytest.mark.parametrize("form", LINES)
def test_a_format_is_found_by_looking(tmp_path: Path, form: str) -> None:
    path = written(
        tmp_path, "# head\n! head\n\n" + "\n".join(LINES[form].format(name) for name in NAMES) + "\n"
    )
    reading = read(path)
    assert reading.format.name == form
    assert patterns(reading) == sorted(f"{name}/bad" if form == "urls" else name for name in NAMES)
    assert balanced(reading)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content.replace(b"\n", b"\r"),
        lambda content: content.rstrip(b"\n"),
        lambda content: content + b"# caf\xe9\n",
        lambda content: content + b"# caf\xe9\r\n",
        gzip.compress,
    ],
    ids=[
        "mark",
        "carriage returns",
        "old line ends",
        "no last line end",
        "latin-1",
        "latin-1 and returns",
        "gzip",
    ],
)
def test_encodings_and_packings_change_nothing(tmp_path: Path, change: type) -> None:
    path = written(tmp_path, change("".join(f"{name}\n" for name in NAMES).encode()))
    reading = read(path)
    assert patterns(reading) == sorted(NAMES)
    assert balanced(reading)


def test_an_entry_keeps_file_line_and_text(tmp_path: Path) -> None:
    (entry,) = read(written(tmp_path, "\n# x\n  0.0.0.0   Bad.example.com  \n")).entries()
    assert (entry.file, entry.line, entry.text) == ("list", 3, "0.0.0.0   Bad.example.com")


def test_skipped_lines_and_words_are_listed_with_their_place(tmp_path: Path) -> None:
    reading = read(written(tmp_path, "0.0.0.0 a.example.com com\n0.0.0.0\n"), format="hosts")
    assert [(one.line, one.reason) for one in reading.skipped()] == [(1, "public-suffix"), (2, "no-name")]
    assert (reading.tally.skipped, reading.tally.refused) == ({"no-name": 1}, {"public-suffix": 1})


def test_a_long_list_is_read_quickly_with_right_line_numbers(tmp_path: Path) -> None:
    lines = [f"n{n}.example.com" if n % 1000 else "# comment" for n in range(120_000)]
    lines[5], lines[6], lines[7] = "github.io", "x" * 250 + ".example.com", "N7.example.com"
    found = {entry.pattern: entry.line for entry in read(written(tmp_path, "\n".join(lines))).entries()}
    assert found["n119999.example.com"] == 120_000
    assert found["n7.example.com"] == 8
    assert len(found) == 120_000 - 120 - 2


def test_badfilter_switches_a_rule_off_wherever_it_stands(tmp_path: Path) -> None:
    content = (
        "||a.example.com^\n||b.example.com^$important\n"
        "||b.example.com^$badfilter,important\n||c.example.com^$badfilter\n"
    )
    reading = read(written(tmp_path, content))
    assert patterns(reading) == ["a.example.com"]
    assert reading.tally.skipped == {"disabled-by-badfilter": 3}
    odd = written(tmp_path, "/badfilter/\n||a.example.com^\n! badfilter\n@@||badfilter.example.com^\n", "odd")
    assert patterns(read(odd)) == ["a.example.com", "badfilter", "badfilter.example.com"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\x7fELF\x00\x01", "list-binary"),
        (b"a.example.com\n" * 100_000 + b"\x00", "list-binary"),
        (b"x" * (5 << 20), "list-binary"),
        (b"<!DOCTYPE html><p>0.0.0.0 a.example.com", "list-is-a-page"),
        (b'{"message": "limit"}', "list-is-json"),
        (gzip.compress(b"a.example.com\n" * 9999)[:-20], "list-cut"),
        (gzip.compress(bytes(range(48, 122)) * 9)[:10] + b"\xff" * 50, "list-cut"),
        (gzip.compress(b"a.example.com\n" * 3_000_000), "list-too-large"),
    ],
    ids=["binary", "binary at the end", "no line ends", "page", "json", "cut gzip", "damaged gzip", "bomb"],
)
def test_what_is_no_list_is_a_clear_error(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(StairgateError) as error:
        list(readings(written(tmp_path, content))[0].draw())
    assert error.value.problems[0].code == code


def test_a_missing_file_and_an_unknown_format_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(StairgateError, match="can't be read"):
        read(tmp_path / "nothing")
    with pytest.raises(StairgateError, match="no list format"):
        read(written(tmp_path, ""), format="what")
    with pytest.raises(StairgateError, match="can't be read"):
        list(read(tmp_path / "nothing", format="hosts").draw())


def test_a_list_larger_than_any_list_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "LARGEST", 10)
    with pytest.raises(StairgateError, match="larger than"):
        read(written(tmp_path, "a.example.com\n"))


@given(content=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_cleanly(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "list"
    path.write_bytes(content)
    for form in ("auto", *FORMATS):
        try:
            reading = read(path, format=form)
            list(reading.draw())
        except StairgateError:
            continue  # a clean refusal is an answer
        assert balanced(reading)


def tree(root: Path) -> Path:
    for name, content in {
        "gambling/domains": "bet.example.com\n",
        "gambling/urls": "example.com/bet\n",
        "gambling/expressions": "casino[0-9]\n",
        "gambling/usage": "# x\nblack\n\n",
        "gambling/very_restrictive_expression": "bet\n",
        "child/domains": "play.example.com\n",
        "child/notes": "x\n",
        "empty/notes": "x\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    (root / "casino").write_text("gambling")
    (root / "README").write_text("nothing")
    (root / "long").write_text("x" * 99)
    (root / "bets").symlink_to("gambling")
    return root


WANTED = [
    ("child/domains", "child", ()),
    ("gambling/domains", "gambling", ("black",)),
    ("gambling/expressions", "gambling", ("black",)),
    ("gambling/urls", "gambling", ("black",)),
]


@pytest.mark.parametrize("inner", ["", "blacklists"])
def test_a_squidguard_tree_gives_a_reading_a_file(tmp_path: Path, inner: str) -> None:
    tree(tmp_path / "tree" / inner)
    found = readings(tmp_path / "tree")
    assert [(one.file, one.category, one.usage) for one in found] == WANTED
    assert [patterns(one) for one in found] == [
        ["play.example.com"],
        ["bet.example.com"],
        ["casino[0-9]"],
        ["example.com/bet"],
    ]
    assert aliases(tmp_path / "tree" / inner) == {"bets": "gambling", "casino": "gambling"}


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_an_archive_of_a_tree_is_read_where_it_is(tmp_path: Path, mode: str) -> None:
    tree(tmp_path / "tree")
    with tarfile.open(tmp_path / "lists.tar", mode) as tar:
        tar.add(tmp_path / "tree", "blacklists")
        # the tree inside itself, and names that would lead out of it
        for name in ("blacklists/blacklists/gambling/domains", "../../gambling/domains", "gambling"):
            info = tarfile.TarInfo(name)
            info.size = 3
            tar.addfile(info, io.BytesIO(b"x.y"))
    found = readings(tmp_path / "lists.tar")
    assert [(one.file, one.category, one.usage) for one in found] == WANTED
    assert [patterns(one) for one in found][1] == ["bet.example.com"]


def test_a_damaged_or_swollen_archive_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path / "tree")
    with tarfile.open(tmp_path / "lists.tar", "w") as tar:
        tar.add(tmp_path / "tree", "blacklists")
    good = (tmp_path / "lists.tar").read_bytes()
    bad = written(tmp_path, good[:1024] + b"\xff" * 512 + good[1536:], "bad.tar")
    with pytest.raises(StairgateError, match=r"cut off or damaged|no category"):
        readings(bad)
    monkeypatch.setattr(squidguard, "MEMBERS", 2)
    with pytest.raises(StairgateError, match="more than 2 files"):
        readings(tmp_path / "lists.tar")
    monkeypatch.setattr(squidguard, "LARGEST_ARCHIVE", 1000)
    with pytest.raises(StairgateError, match="unpacked, it is larger"):
        readings(tmp_path / "lists.tar")


def test_a_folder_without_categories_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StairgateError, match="no category in it"):
        readings(tmp_path)
