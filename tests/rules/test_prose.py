"""From a page to its words: what a person reads is there, what nobody sees is not, and no page takes long."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import prose


def words(html: str) -> str:
    return " ".join(prose.read_page(html.encode()).decode().split())


@pytest.mark.parametrize(
    ("html", "read"),
    [
        ("<p>Hello <b>World</b></p>", "hello world"),
        ("ca<b>si</b>no and ca<font color=red>si</font>no", "casino and casino"),
        ("<b>ca</b>sino ca<b></b>sino ca<i><b>si</b></i>no", "casino casino casino"),
        ("<b>a</b> <i>b</i> and <u>c</u>", "a b and c"),
        ("a > b", "a b"),
        ("<li>one</li><li>two</li>", "one two"),
        ("<title>Title</title><body>text", "title text"),
        ("a<script>var casino=1</script>b", "a b"),
        ("a<style>p{}</style><svg><text>no</text></svg><template>no</template>b", "a b"),
        ("a<!-- casino -->b", "a b"),
        ("a<script>open", "a"),
        ("a<!-- open", "a"),
        ("<scripture>psalm</scripture>", "psalm"),
        ("caf&eacute; &amp; th&#233; &#xe9;t&Eacute; &nosuch; &#0; &#xd800; x &lt;b&gt;", "café thé été x b"),
        ("5 < 6 and <3", "5 6 and 3"),
        (
            "soft\u00adhyphen zero\u200bwidth \u201cquoted\u201d \u00abguillemets\u00bb a\u00a0b",
            "softhyphen zerowidth quoted guillemets a b",
        ),
        ("UPPER case, punctuation. don't", "upper case punctuation don t"),
        ("free\n\n   spins\t\tnow", "free spins now"),
        ("<p title='a>b'>x", "b x"),
        ("cut <a href=x", "cut a href x"),
        ("", ""),
    ],
)
def test_a_page_gives_what_a_person_reads(html: str, read: str) -> None:
    assert words(html) == read


@pytest.mark.parametrize(
    "html",
    ["free <a href=x>spins</a>", "<span>free</span> <span>spins</span>", "free\n spins", "free<br>spins"],
)
def test_words_side_by_side_have_one_blank_between_them(html: str) -> None:
    assert b" free spins " in prose.read_page(html.encode())


def test_no_phrase_reaches_across_the_end_of_a_sentence() -> None:
    assert b" free spins " not in prose.read_page(b"It is free. Spins follow.")


@pytest.mark.parametrize(
    ("body", "charset", "read"),
    [
        ("é".encode(), None, "é"),
        ("é".encode(), "UTF-8", "é"),
        ("é".encode("latin-1"), "iso-8859-1", "é"),
        ("ł".encode("iso-8859-2"), '"ISO-8859-2"', "ł"),
        ("é".encode("latin-1"), None, "é"),
        ("é".encode("latin-1"), "no-such-charset", "é"),
        ("ab".encode("utf-16"), "utf-16", "ab"),
        (b"\x81\xff", None, "\ufffdÿ"),
    ],
)
def test_any_charset_is_read_and_a_wrong_one_does_no_harm(
    body: bytes, charset: str | None, read: str
) -> None:
    assert prose.as_utf8(body, charset).decode() == read


def test_a_long_page_is_read_up_to_its_limit_even_inside_a_letter() -> None:
    body = b"x" + "é".encode() * prose.LARGEST
    assert prose.read_page(body).decode().strip().startswith("xé")


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "latin-1", "utf-16", "x"]))
def test_any_bytes_have_words(body: bytes, charset: str | None) -> None:
    read = prose.read_page(body, charset)
    assert read.startswith(b" ")
    assert read.endswith(b" ")
    assert not set(read) & set(b"<>\n\t\x01ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@given(
    st.lists(
        st.sampled_from(["casino", "<b>", "</b>", "<p>", " ", "\n", "<!--", "-->", "<script>", "</script>"])
    )
)
def test_reading_what_was_read_changes_nothing(parts: list[str]) -> None:
    once = prose.read_page("".join(parts).encode())
    assert prose.read_page(once).split() == once.split()


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<a ",
        "<div>",
        "<b>",
        "<!--",
        "<script>",
        "</script>",
        "&amp",
        "&#",
        "  ",
        "\n",
        "<a href='",
        "\u200b",
        "<a> ",
    ],
)
def test_no_page_takes_long(unit: str) -> None:
    body = (unit * (prose.LARGEST // len(unit.encode()) + 1)).encode()
    start = time.process_time()
    prose.read_page(body)
    # Half a megabyte of ordinary prose takes 5 ms of processor time; a quadratic step would take minutes.
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("json", "read"),
    [
        (b'{"a": "plain"}', b'{"a": "plain"}'),
        (b'"\\u0063\\u0061sino"', b'"casino"'),
        (b'"\\u00e9t\\u00C9"', '"étÉ"'.encode()),
        (b'"a\\nb\\tc\\rd\\fe\\bf"', b'"a b c d e f"'),
        (b'"\\"\\\\\\/"', b'""\\/"'),
        (b'"\\ud83d\\ude00x"', b'"  x"'),
        (b'"\\u00"', b'"u00"'),
        (b"\\", b"\\"),
    ],
)
def test_the_escapes_of_json_are_read(json: bytes, read: bytes) -> None:
    assert prose.unescape(json) == read
