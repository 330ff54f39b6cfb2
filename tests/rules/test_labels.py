"""Age labels: every way to write one is read, a quoted one is not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.labels import Label, Scheme, read_age_file, read_labels

RTA = "RTA-5042-1996-1400-1577-RTA"


def ages(html: str, *headers: tuple[str, str]) -> list[tuple[str, int, str]]:
    return [(label.scheme.value, label.age, label.source) for label in read_labels(headers, html.encode())]


@pytest.mark.parametrize(
    "tag",
    [
        f'<meta name="RATING" content="{RTA}">',
        f"<META NAME=rating CONTENT={RTA.lower()} />",
        f"<meta content='{RTA}' name='Rating'>",
        f'<meta\n  http-equiv="rating"\n\tcontent = "{RTA}" >',
        f'<meta name="rating" content=" {RTA} ">',
        f'<meta name="rating" content="general, {RTA}">',
        f'<meta data-x="a > b" name="rating" content="{RTA}"/>',
        f"<head><title>A</title><script>x<1</script><meta name=rating content={RTA}></head>",
    ],
)
def test_the_rta_label_is_read_in_any_spelling(tag: str) -> None:
    assert ages(tag) == [("RTA", 18, "meta")]


@pytest.mark.parametrize(("word", "age"), [("adult", 18), ("Adult", 18), ("mature", 16), ("restricted", 18)])
def test_a_rating_is_read(word: str, age: int) -> None:
    assert ages(f'<meta name="rating" content="{word}">') == [("rating", age, "meta")]


@pytest.mark.parametrize("level", [0, 6, 12, 16, 18])
@pytest.mark.parametrize("name", ["age-de-meta-label", "age-meta-label"])
def test_the_german_age_label_is_read_in_all_its_levels(level: int, name: str) -> None:
    assert ages(f'<meta name="{name}" content="age={level} hash: abc v=1.0 kind=sl protocol=all">') == [
        ("age-de", level, "meta")
    ]


@pytest.mark.parametrize(
    "html",
    [
        f"<p>Put &lt;meta name=rating content={RTA}&gt; on your page</p>",
        f"<p>Our label is {RTA}, rating adult</p>",
        f"<!-- <meta name=rating content={RTA}> -->",
        f"<script>var x = '<meta name=rating content={RTA}>'</script>",
        f"<textarea><meta name=rating content={RTA}></textarea>",
        f"<title><meta name=rating content={RTA}></title>",
        f"<style><meta name=rating content={RTA}></style>",
        f"<template><meta name=rating content={RTA}></template>",
        f"<iframe><meta name=rating content={RTA}></iframe>",
        f"<xmp><meta name=rating content={RTA}></xmp>",
        f"<metadata name=rating content={RTA}>",
        f"<meta name=description content='rating {RTA}'>",
        "<meta name=rating content=general>",
        "<meta name=rating content='not adult at all'>",
        "<meta name=rating>",
        "<meta name=rating",
        "<meta",
        '<meta name="age-de-meta-label" content="none">',
        '<meta http-equiv="PICS-Label" content="(PICS-1.1 rating)">',
    ],
)
def test_what_is_no_label_is_not_read(html: str) -> None:
    assert ages(html) == []


def test_of_two_names_in_one_tag_the_first_counts() -> None:
    assert ages("<meta name=other name=rating content=adult>") == []


@pytest.mark.parametrize("name", ["Rating", "rating", "RATING"])
def test_a_header_is_read_and_comes_first(name: str) -> None:
    assert ages("<meta name=rating content=adult>", (name, RTA)) == [
        ("RTA", 18, "header"),
        ("rating", 18, "meta"),
    ]


def test_other_content_may_carry_the_label_in_a_header() -> None:
    found = read_labels([("Content-Type", "image/png"), ("Rating", RTA)], b"\x89PNG\r\n\xff\xfe")
    assert [label.source for label in found] == ["header"]


def test_a_label_said_twice_is_one_label() -> None:
    assert len(read_labels([("Rating", "adult"), ("Rating", "adult")], b"")) == 1


@given(st.binary(max_size=200))
def test_any_bytes_have_an_answer(body: bytes) -> None:
    read_labels([], b"<meta name=rating content=" + body)


@pytest.mark.parametrize("unit", ["<meta ", "<meta a='", "<!--", "<meta name=rating ", "<title>", "rating"])
def test_no_page_takes_long(unit: str) -> None:
    body = b"<meta name=rating " + unit.encode() * 60_000
    start = time.process_time()
    read_labels([], body)
    # A page takes a tenth of a millisecond; a quadratic step would take seconds.
    assert time.process_time() - start < 1


FILE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<age-declaration>
  <ageblock-basic><age-issuer>www.site.example</age-issuer><country>de</country></ageblock-basic>
  <ageblock-labeltype><xmlfile>true</xmlfile><default-age>{default}</default-age></ageblock-labeltype>
  <ageblock-labeltype-definition>
    <labeltype-xmlfile>
      <label class="a"><age>16</age><scope>https://www.site.example/films</scope></label>
      <label class="b"><age> 18 </age><scope>site.example/films/late*</scope></label>
      <label class="c"><scope>site.example/none</scope></label>
    </labeltype-xmlfile>
  </ageblock-labeltype-definition>
</age-declaration>
"""


@pytest.mark.parametrize("level", [0, 6, 12, 16, 18])
def test_the_age_file_gives_its_default_in_all_levels(level: int) -> None:
    assert read_age_file(FILE.format(default=level), "www.site.example", "/") == Label(
        scheme=Scheme.AGE_DE, age=level, source="age-de.xml", value=str(level)
    )


@pytest.mark.parametrize(
    ("path", "age"), [("/films", 16), ("/Films/early", 16), ("/films/late/1", 18), ("/news", 6), ("/none", 6)]
)
def test_the_closest_scope_of_the_age_file_counts(path: str, age: int) -> None:
    label = read_age_file(FILE.format(default=6), "www.site.example", path)
    assert label is not None
    assert label.age == age


def test_the_international_form_of_the_age_file_is_read() -> None:
    text = "<label xmlns='x'><age-declaration><rating><age>16</age></rating></age-declaration></label>"
    label = read_age_file(text, "site.example", "/")
    assert label is not None
    assert label.age == 16


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>not found</html>",
        "<age-declaration></age-declaration>",
        "<age-declaration><default-age>old</default-age>",
        "<age-declaration><default-age>99</default-age></age-declaration>",
        '<!DOCTYPE x [<!ENTITY a "18">]><age-declaration><default-age>&a;</default-age>',
        "<age-declaration>" + "<labeltype-xmlfile><label>" * 3_000,
    ],
)
def test_an_age_file_that_says_nothing_says_nothing(text: str) -> None:
    assert read_age_file(text, "site.example", "/") is None
