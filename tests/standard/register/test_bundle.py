"""A bundle holds what belongs into it, each file once, or is refused before anything in it is read."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from standard.errors import StairgateError
from standard.register import bundle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    type Forge = Callable[..., Path]


def refusal(path: Path) -> list[str]:
    with pytest.raises(StairgateError) as caught:
        bundle.unpack(path)
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize("name", [bundle.RESULTS, bundle.SIGNATURE, bundle.SHEET])
def test_a_file_taken_out_is_missed(signed: Path, forge: Forge, name: str) -> None:
    assert refusal(forge(signed, {name: None})) == ["missing-file"]


@pytest.mark.parametrize("name", ["../evil.yaml", "edition/../../evil.yaml", "notes.txt"])
def test_a_file_that_does_not_belong_there_is_refused(signed: Path, forge: Forge, name: str) -> None:
    assert refusal(forge(signed, {name: b"x"})) == ["strange-file"]


def test_a_file_twice_in_the_bundle_is_refused(signed: Path) -> None:
    with zipfile.ZipFile(signed, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(bundle.REPORT, b"{}")

    assert refusal(signed) == ["twice-in-bundle"]


def test_a_cut_bundle_is_refused(signed: Path) -> None:
    signed.write_bytes(signed.read_bytes()[:-200])

    assert refusal(signed) == ["not-a-bundle"]


def test_a_compressed_file_is_refused_before_it_can_grow(signed: Path, tmp_path: Path) -> None:
    """Twenty megabytes of nothing weigh twenty kilobytes packed."""
    grown = tmp_path / "grown.zip"
    with zipfile.ZipFile(signed) as old, zipfile.ZipFile(grown, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = bytes(20_000_000) if name == bundle.PAGE else old.read(name)
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED if name == bundle.PAGE else zipfile.ZIP_STORED
            new.writestr(info, content)

    assert grown.stat().st_size < 4_000_000
    assert refusal(grown) == ["packed-otherwise"]
