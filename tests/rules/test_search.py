"""Searches: what was asked, how safe mode is forced, and which searches lead to help."""

from __future__ import annotations

import string
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import search, starter
from rules.address import Address, parse
from rules.decide import Request
from rules.policy import parse as parse_policy
from rules.search import (
    concern,
    dns_answer,
    engine_at,
    force,
    instead,
    mode_of,
    read_search,
    with_form,
    with_search,
)
from rules.search_engines import Mode, engines

BY_ID = {engine.id: engine for engine in engines()}


def host_of(engine_id: str) -> str:
    return BY_ID[engine_id].hosts[0].replace(".*", ".com")


def asked(engine_id: str, words: str = "cats") -> Address:
    engine = BY_ID[engine_id]
    return parse(f"https://{host_of(engine_id)}{engine.paths[0]}?{engine.terms[0]}={quote(words)}")


def test_at_least_fifteen_engines_and_the_main_video_site_are_known() -> None:
    assert len(BY_ID) >= 16
    assert "youtube" in BY_ID


def test_the_engines_that_cannot_be_forced_are_known_and_the_starter_pack_blocks_only_such() -> None:
    cannot = {engine.id for engine in engines() if not engine.safe}
    assert {"baidu", "presearch", "searx", "dogpile", "pixabay"} <= cannot
    (unsafe,) = [item for item in starter.lists() if item.category == "unsafe_search"]
    blocked = {
        line.split()[0] for line in unsafe.path.read_text(encoding="utf-8").splitlines() if line[0] != "#"
    }
    for engine in engines():
        if engine.safe:
            assert not {host for host in engine.hosts if any(host.endswith(name) for name in blocked)}, (
                engine.id
            )


@pytest.mark.parametrize("engine_id", BY_ID)
def test_every_engine_gives_the_words(engine_id: str) -> None:
    found = read_search(asked(engine_id, "how to bake Bread & rolls+"))
    assert found is not None
    assert (found.engine.id, found.words) == (engine_id, "how to bake Bread & rolls+")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://www.google.co.uk/search?q=a+b&oq=a", "a b a"),
        ("https://google.de/search?q=a&q=b&q=a", "a b"),
        ("https://www.google.com/search?%71=x", "x"),
        ("https://www.google.com/search?q=%E4%BD%A0%ff", "你\ufffd"),
        ("https://www.google.com/search?as_epq=one&as_q=two", "one two"),
        ("https://giphy.com/search/funny-cats", "funny cats"),
        ("https://pixabay.com/images/search/red%20car/", "red car"),
        ("https://m.youtube.com/results?search_query=%20", None),
        ("https://www.google.com/search", None),
        ("https://www.google.com/maps?q=home", None),
        ("https://mail.google.com/search?q=x", None),
        ("https://google.evil.example/search?q=x", None),
        ("https://example.org/search?q=x", None),
    ],
)
def test_the_words_are_read_wherever_they_stand(url: str, words: str | None) -> None:
    found = read_search(parse(url))
    assert (found.words if found else None) == words


@pytest.mark.parametrize(
    ("url", "query"),
    [
        ("https://www.google.com/search?q=a", "q=a&safe=active"),
        ("https://www.google.com/search?safe=off&q=a&SAFE=off", "q=a&safe=active"),
        ("https://www.google.com/search?s%61fe=off&q=a", "q=a&safe=active"),
        ("https://www.google.com/search", "safe=active"),
        ("https://www.bing.com/images/search?q=a&adlt=off", "q=a&adlt=strict"),
        ("https://duckduckgo.com/?q=a&kp=-2", "q=a&kp=1"),
        ("https://search.brave.com/search?q=a", "q=a&safesearch=strict"),
        ("https://search.yahoo.com/search?p=a&vm=p", "p=a&vm=r"),
        ("https://www.ecosia.org/search?q=a&&b", "q=a&&b"),
    ],
)
def test_the_parameter_takes_the_place_of_any_of_its_name(url: str, query: str) -> None:
    forced = force(parse(url))
    assert forced is not None
    assert forced.query == query


def test_the_video_site_is_forced_by_header_and_cookie_in_two_modes() -> None:
    address = parse("https://www.youtube.com/watch?v=1")
    strict, moderate = force(address), force(address, Mode.MODERATE)
    assert strict is not None
    assert moderate is not None
    assert strict.headers == (("YouTube-Restrict", "Strict"),)
    assert moderate.headers == (("YouTube-Restrict", "Moderate"),)
    assert strict.cookies == (("PREF", "f2=8000000"),)
    assert strict.query == "v=1"


def test_an_engine_without_a_middle_mode_is_forced_strictly() -> None:
    forced = force(asked("google"), Mode.MODERATE)
    assert forced is not None
    assert forced.query.endswith("&safe=active")


@pytest.mark.parametrize("engine_id", ["baidu", "kiddle", "pixabay"])
def test_where_nothing_can_or_need_be_forced_nothing_is(engine_id: str) -> None:
    assert force(asked(engine_id)) is None


def test_other_sites_are_left_alone() -> None:
    address = parse("https://www.example.org/search?q=a")
    assert (force(address), engine_at(address), dns_answer("www.example.org")) == (None, None, None)


@pytest.mark.parametrize(
    ("host", "strict", "moderate"),
    [
        ("www.google.com", "forcesafesearch.google.com", "forcesafesearch.google.com"),
        ("google.fr", "forcesafesearch.google.com", "forcesafesearch.google.com"),
        ("www.google.co.nz", "forcesafesearch.google.com", "forcesafesearch.google.com"),
        ("www.google.com.au", "forcesafesearch.google.com", "forcesafesearch.google.com"),
        ("mail.google.com", None, None),
        ("www.youtube.com", "restrict.youtube.com", "restrictmoderate.youtube.com"),
        ("m.youtube.com", "restrict.youtube.com", "restrictmoderate.youtube.com"),
        ("youtubei.googleapis.com", "restrict.youtube.com", "restrictmoderate.youtube.com"),
        ("youtube.googleapis.com", "restrict.youtube.com", "restrictmoderate.youtube.com"),
        ("www.youtube-nocookie.com", "restrict.youtube.com", "restrictmoderate.youtube.com"),
        ("www.bing.com", "strict.bing.com", "strict.bing.com"),
        ("duckduckgo.com", "safe.duckduckgo.com", "safe.duckduckgo.com"),
        ("start.duckduckgo.com", "safe.duckduckgo.com", "safe.duckduckgo.com"),
        ("www.ecosia.org", "strict-safe-search.ecosia.org", "strict-safe-search.ecosia.org"),
        ("api.qwant.com", "safeapi.qwant.com", "safeapi.qwant.com"),
        ("yandex.ru", "familysearch.yandex.ru", "familysearch.yandex.ru"),
        ("www.startpage.com", "safe.startpage.com", "safe.startpage.com"),
        ("search.brave.com", None, None),
        ("www.baidu.com", None, None),
    ],
)
def test_the_name_server_answers_with_the_safe_name(
    host: str, strict: str | None, moderate: str | None
) -> None:
    assert (dns_answer(host), dns_answer(host, Mode.MODERATE)) == (strict, moderate)


PAIRS = st.lists(
    st.tuples(
        st.sampled_from(["q", "safe", "SAFE", "s%61fe", "hl", "adlt", ""]),
        st.text(string.ascii_letters + "%=+", max_size=5),
    ),
    max_size=6,
)


@given(PAIRS)
def test_forcing_twice_is_forcing_once_and_nothing_unsafe_is_left(pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    once = force(parse(f"https://www.google.com/search?{query}"))
    assert once is not None
    twice = force(parse(f"https://www.google.com/search?{once.query}"))
    assert twice is not None
    assert twice.query == once.query
    read = parse_qsl(once.query, keep_blank_values=True)
    assert [value for name, value in read if name.lower() == "safe"] == ["active"]
    kept = [f"{name}={value}" for name, value in pairs if name in {"q", "hl", "adlt"}]
    assert [part for part in once.query.split("&") if part.split("=")[0] in {"q", "hl", "adlt"}] == kept


@given(st.text(max_size=30))
def test_any_words_come_back_as_they_were_typed(words: str) -> None:
    text = words.encode("utf-8", "replace").decode()
    found = read_search(parse(f"https://www.google.com/search?q={quote(text, safe='')}"))
    assert (found.words if found else "") == " ".join(text.split())


@pytest.mark.parametrize(
    "words",
    [
        "how to kill myself",
        "suicide",
        "painless ways to die",
        "i want to die",
        "ich will sterben",
        "Selbstmord ohne Schmerzen",
        "comment se suicider",
        "quiero morir",
        "voglio morire",
        "jak się zabić",
        "jak sie zabic",
        "thinspo",
        "suicide squad suicide how to die",
    ],
)
def test_a_search_of_someone_in_need_leads_to_help(words: str) -> None:
    finding = concern(words)
    assert finding is not None
    assert finding.category == "self_harm"


@pytest.mark.parametrize(
    "words",
    [
        "suicide squad trailer",
        "Virgin Suicides book",
        "cats",
        "die hard",
        "how to dye hair",
        "diet for runners",
        "kill a mockingbird",
        "",
    ],
)
def test_other_searches_do_not(words: str) -> None:
    assert concern(words) is None


def test_the_words_of_a_concern_are_not_repeated_in_its_explanation() -> None:
    finding = concern("how to kill myself")
    assert finding is not None
    assert "kill" not in finding.because


def test_the_searches_that_lead_to_help_are_there_in_six_languages() -> None:
    data = search.strict_yaml.load_file(search.CONCERNS).data
    assert set(data["self_harm"]) == {"en", "de", "fr", "es", "it", "pl"}


def test_the_words_of_a_search_are_put_beside_what_was_asked() -> None:
    address = parse("https://www.google.com/search?q=blue+cats")
    found = with_search(Request(address=address, text=address.text))
    assert (found.search, found.findings) == ("blue cats", ())


def test_a_search_of_someone_in_need_is_a_finding_once() -> None:
    address = parse("https://www.google.com/search?q=i+want+to+die")
    once = with_search(Request(address=address, text=address.text))
    assert [finding.category for finding in once.findings] == ["self_harm"]
    assert with_search(once) == once


@pytest.mark.parametrize(
    ("host", "other"),
    [
        ("www.ecosia.org", "strict-safe-search.ecosia.org"),
        ("www.google.com", None),
        ("www.youtube.com", None),
        ("good.example", None),
    ],
)
def test_only_an_engine_with_no_other_way_is_contacted_elsewhere(host: str, other: str | None) -> None:
    assert instead(host) == other


@pytest.mark.parametrize(
    ("action", "mode"),
    [("block", Mode.STRICT), ("ask", Mode.MODERATE), ("warn", Mode.MODERATE), ("allow", None)],
)
def test_who_may_search_unsafely_says_the_mode(action: str, mode: Mode | None) -> None:
    policy = parse_policy(
        f"country: GB\npeople: {{everyone: {{profile: teen}}}}\ncategories: {{unsafe_search: {action}}}\n"
    )
    assert mode_of(policy.people["everyone"]) is mode


FORM = "application/x-www-form-urlencoded"


def test_a_posted_search_is_read_as_one_in_the_address() -> None:
    asked = Request(address=parse("https://html.duckduckgo.com/html/"), text="")
    again = with_form(asked, b"q=how+to+kill+myself&kl=uk-en", FORM)
    assert again is not None
    assert again.search == "how to kill myself"
    assert [finding.category for finding in again.findings] == ["self_harm"]
    assert with_search(again) == again


def test_a_form_that_says_nothing_adds_nothing() -> None:
    asked = Request(address=parse("https://html.duckduckgo.com/html/"), text="")
    assert with_form(asked, b"colour=green", FORM) is None
    assert with_form(asked, b"q=bread", "application/json") is None
    assert with_form(Request(address=None, text="?"), b"q=bread", FORM) is None
