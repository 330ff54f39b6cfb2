"""Text becomes PDF whatever is in it, and is never read as markup."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from standard.render.typesetter import settable, typeset

TEXTS = [
    "title",
    "product",
    "vendor",
    "says",
    "draft",
    "sentence",
    "declared",
    "expires",
    "fingerprint",
    "note",
    "edition_sha256",
    "cases_sha256",
]
LISTS = ["facts", "numbers", "limits", "not_applicable", "not_satisfied", "not_examined"]
BARE: dict[str, object] = dict.fromkeys(TEXTS, "x") | {name: [] for name in LISTS}


def set_in_type(text: str) -> bytes:
    return typeset("declaration.typ", {**BARE, "says": text}, at="2026-11-21")


def test_every_character_kept_has_a_glyph() -> None:
    kept = "".join(
        chr(code)
        for code in range(0x20, 0x3000)
        if settable(chr(code)) == chr(code) and unicodedata.category(chr(code)) != "Cn"
    )

    assert len(kept) > 1500
    assert set_in_type(" ".join(kept)).startswith(b"%PDF")


def test_a_character_without_a_glyph_is_written_as_its_code_point() -> None:
    assert settable({"a": ["例え.example"]}) == {"a": ["[U+4F8B][U+3048].example"]}


@given(st.text(max_size=40))
def test_any_text_can_be_set(text: str) -> None:
    assert set_in_type(text).startswith(b"%PDF")


def test_typst_markup_in_a_text_stays_text() -> None:
    assert set_in_type('#panic("run") $ = * _ \\ @label <tag> // comment').startswith(b"%PDF")
