"""The pages: said plainly, in the reader's language, for every eye, reflecting nothing unescaped."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.pages import render_block, render_error
from proxy.pages.languages import available, choose, load
from rules.address import parse as parse_address
from rules.decide import Decision, Reason, Request, refuse
from rules.policy import parse
from rules.presets import Action
from rules.taxonomy import CATEGORIES

POLICY = parse("country: GB\npeople: {everyone: {profile: tween}}\n")
VOID = {"meta", "rect", "circle", "ellipse", "path", "br"}


class Reader(HTMLParser):
    """Checks that a page is well formed and collects what stands in it."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def request(text: str = "https://www.bet.example/slots", *, page_load: bool = True) -> Request:
    return Request(address=parse_address(text), text=text, page_load=page_load)


def decision(action: Action = Action.BLOCK, category: str | None = "gambling", **more: Any) -> Decision:
    return Decision(
        action=action,
        reason=more.pop("reason", Reason.CATEGORY),
        because="listed",
        category=category,
        categories=(category,) if category else (),
        **more,
    )


def page(language: str = "", of: Decision | None = None, about: Request | None = None) -> Reader:
    return Reader(render_block(of or decision(), about or request(), POLICY, language)[2])


def test_it_is_a_403_that_is_never_stored_and_brings_nothing_along() -> None:
    status, headers, _ = render_block(decision(), request(), POLICY)
    assert (status, headers["cache-control"]) == (403, "no-store")
    assert "default-src 'none'" in headers["content-security-policy"]


def test_it_says_who_which_category_why_what_to_do_and_who_helps() -> None:
    text = page().text
    for part in ("Stairgate", "www.bet.example", "Gambling", "keeps closed", "What you can do", "GamCare"):
        assert part in text


def test_it_has_no_script_no_picture_from_elsewhere_and_no_form() -> None:
    tags = page().tags
    assert not {tag for tag, _ in tags} & {"script", "img", "iframe", "form", "link", "object"}
    fetched = [
        value for _, attributes in tags for key, value in attributes.items() if key in {"src", "srcset"}
    ]
    assert fetched == []
    assert not [key for _, attributes in tags for key in attributes if key.startswith("on")]


def test_it_can_be_read_without_sight() -> None:
    reader = page("de")
    names = [tag for tag, _ in reader.tags]
    assert dict(reader.tags)["html"] == {"lang": "de"}
    assert names.count("h1") == 1
    assert names.count("main") == 1
    assert [name for name in names if re.fullmatch("h[1-6]", name)] == ["h1", "h2", "h2"]
    assert dict(reader.tags)["svg"]["aria-label"]


def test_numbers_are_printed_only_where_someone_stands_behind_them() -> None:
    links = [attributes.get("href", "") for tag, attributes in page().tags if tag == "a"]
    assert "tel:08001111" in links
    assert all(str(link).startswith(("https://", "tel:")) for link in links)


@pytest.mark.parametrize("language", available())
@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_page_in_every_language(language: str, reason: Reason) -> None:
    reader = page(language, decision(reason=reason))
    assert "{" not in reader.text
    assert page(language, refuse(reason, "because")).text


@pytest.mark.parametrize("action", [Action.ASK, Action.WARN])
def test_ask_and_warn_speak_in_their_own_words(action: Action) -> None:
    assert page(of=decision(action)).text != page().text


def test_every_category_has_its_title_in_every_language() -> None:
    for language in set(available()) - {"en"}:
        words = load(language).words
        assert {f"categories.{name}" for name in CATEGORIES} <= words.keys(), language


def test_every_language_has_every_text() -> None:
    wanted = {key for key in load("en").words if not key.startswith("categories")}
    for language in available():
        assert wanted <= load(language).words.keys(), language
        for key in wanted:
            places = set(re.findall(r"\{.*?\}", load(language).words[key]))
            assert places == set(re.findall(r"\{.*?\}", load("en").words[key])), (language, key)


HOSTILE = '"><script>alert(1)</script>{{7777*7}}{category}'


def test_nothing_of_the_request_gets_out_unescaped() -> None:
    asked = Request(address=None, text=f"http://x/{HOSTILE}")
    rule = SimpleNamespace(list=HOSTILE, file=HOSTILE, line=1, entry=HOSTILE, category="x", exception=False)
    body = render_block(decision(category=HOSTILE, rule=rule), asked, POLICY, HOSTILE)[2]
    assert b"<script" not in body
    assert b"&lt;script&gt;" in body
    assert b"54439" not in body
    assert b"<script" not in render_error(502, HOSTILE, HOSTILE, HOSTILE)


@given(st.text(max_size=200))
def test_any_accept_language_leads_to_a_language(header: str) -> None:
    assert choose(header).tag in available()


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("tlh, de;q=0.5, en;q=0.9", "en"),
        ("en;q=0, de;q=0.1", "de"),
        ("de;q=x, en", "en"),
    ],
)
def test_the_best_liked_language_there_is_wins(header: str, tag: str) -> None:
    assert choose(header).tag == tag


def test_a_query_never_stands_on_the_page() -> None:
    assert "secret" not in page(about=request("https://user:pw@bet.example/a?q=secret#secret")).text


def test_a_part_of_a_page_gets_one_line() -> None:
    _, headers, body = render_block(decision(), request(page_load=False), POLICY, "de")
    assert headers["content-type"].startswith("text/plain")
    (line,) = body.decode().splitlines()
    assert line.startswith("Geschlossen vom Filter dieses Haushalts: Glücksspiel. Sie steht unter ")
    assert line.endswith("Sie können sie öffnen.")


JSON = pytest.mark.parametrize(
    ("accept", "data"),
    [
        ("application/json", True),
        ("application/problem+json, */*;q=0.5", True),
        ("application/json, text/plain, */*", True),
        ("text/html;q=0.9, application/json;q=0.8", False),
        ("application/json;q=0", False),
        ("application/json;q=x", False),
        ("*/*", False),
        ("image/avif,image/webp,*/*;q=0.8", False),
        ("", False),
    ],
)


@JSON
def test_a_program_that_likes_data_gets_the_whole_answer_as_data(accept: str, data: bool) -> None:
    status, headers, body = render_block(decision(), request(page_load=False), POLICY, "en", accept)
    assert (status, headers["content-type"] == "application/problem+json") == (403, data)
    if data:
        said = json.loads(body)
        assert (said["status"], said["action"], said["reason"]) == (403, "block", "category")
        assert said["by"].startswith("Stairgate")
        assert said["category"] == "gambling"
        assert all(said[key] for key in ("title", "detail", "because", "steps", "help", "address"))


def test_a_query_never_stands_in_data() -> None:
    asked = replace(request("https://user:pw@bet.example/a?q=secret#secret"), page_load=False)
    assert b"secret" not in render_block(decision(), asked, POLICY, "", "application/json")[2]


def test_minutes_of_everything_are_used_up_without_an_empty_name() -> None:
    assert "“”" not in page(of=decision(category=None, reason=Reason.BUDGET)).text


@pytest.mark.parametrize(
    ("status", "message", "said"),
    [
        (502, "[Errno 111] Connect call failed", "does not answer"),
        (502, "no address found for x", "no site by this name"),
        (502, "Certificate verify failed: expired", "show who it is"),
        (400, "HTTP/1 protocol error", "did not understand"),
    ],
)
def test_an_error_page_says_what_is_wrong_and_that_nothing_was_blocked(
    status: int, message: str, said: str
) -> None:
    text = Reader(render_error(status, message, "")).text
    assert said in text
    assert "This page stays closed" not in text


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("calm", [False, True])
@pytest.mark.parametrize("dark", [False, True])
def test_every_text_stands_out_from_its_ground(calm: bool, dark: bool) -> None:
    """WCAG 2.2, 1.4.3 (AA): a contrast of 4.5 to 1."""
    style = render_block(decision(), request(), POLICY)[2].decode().partition("</style>")[0]
    light, _, night = style.partition("@media (prefers-color-scheme:dark)")
    colours: dict[str, str] = {}
    for scheme in [light, night] if dark else [light]:
        for selector, block in re.findall(r"(:root|\.calm)\{([^}]*)\}", scheme):
            if selector == ":root" or calm:
                colours |= dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{6})", block))
    for text, ground in [
        ("ink", "card"),
        ("soft", "card"),
        ("accent", "card"),
        ("ink", "tint"),
        ("soft", "tint"),
        ("accent", "tint"),
        ("soft", "ground"),
    ]:
        high, low = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)
