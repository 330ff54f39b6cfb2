"""What the journal keeps of an address: places, and no keys."""

from __future__ import annotations

import base64
import json
import secrets
import string
import time
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.address import canonical_path, parse, redact
from rules.address.redaction import HIDDEN, looks_drawn, without_keys

URL_SAFE = string.ascii_letters + string.digits + "-_"
KEYS = st.one_of(
    st.uuids().map(str),
    st.binary(min_size=16, max_size=40)
    .map(bytes.hex)
    .filter(lambda text: not text.isdigit() and not text.isalpha()),
    st.binary(min_size=12, max_size=40).map(
        lambda raw: f"eyJhbGciOi.{base64.urlsafe_b64encode(raw).decode().rstrip('=')}.{'c2ln' * 6}"
    ),
)
WORDS = st.text(string.ascii_lowercase, min_size=1, max_size=11)
SLUGS = st.lists(st.text(string.ascii_lowercase, min_size=4, max_size=9), min_size=1, max_size=8).map(
    "-".join
)


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/token/qwzkvmxtrbpnlhgfdsjc", f"/token/{HIDDEN}"),
        ("/account/Access-Token/abc/profile", f"/account/Access-Token/{HIDDEN}/profile"),
        ("/reset/MQ/c8x2tq-4f/", f"/reset/{HIDDEN}/{HIDDEN}/"),
        ("/password/reset/done", "/password/reset/done"),
        ("/users/password/edit/x8Ksq", f"/users/password/edit/{HIDDEN}"),
        ("/verify-email/aZ81", f"/verify-email/{HIDDEN}"),
        ("/invite/kqzjwvpxnmrtb", f"/invite/{HIDDEN}"),
        ("/shop;jsessionid=9A1/cart", f"/shop;jsessionid={HIDDEN}/cart"),
        ("/page;v=1/b;lang=de", "/page;v=1/b;lang=de"),
        ("/f/123e4567-e89b-12d3-a456-426614174000.pdf", f"/f/{HIDDEN}"),
        ("/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit", f"/d/{HIDDEN}/edit"),
        ("/get/kd83hs72hd92jd73hd", f"/get/{HIDDEN}"),
        ("/4111111111111111111111", f"/{HIDDEN}"),
        ("/_token/x", f"/_token/{HIDDEN}"),
    ],
)
def test_keys_in_a_path_are_hidden(path: str, kept: str) -> None:
    assert without_keys(path) == kept


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/bet",
        "/wiki/Donaudampfschifffahrtsgesellschaft",
        "/wiki/List_of_countries_by_GDP_(nominal)",
        "/wiki/%E5%8C%97%E4%BA%AC%E5%B8%82%E6%9C%9D%E9%98%B3%E5%8C%BA",
        "/2026/11/22/ten-ways-to-grow-tomatoes-on-a-balcony",
        "/article/top-10-best-board-games-of-2026-for-4-players",
        "/video/7423918273645192837",
        "/shorts/dQw4w9WgXcQ",
        "/pin/1055599906395642",
        "/news/world-europe-68712345",
        "/photos/IMG_20240512_123456.jpg",
        "/static/js/main.8f3a9c2b.chunk.js",
        "/r/AskScience/comments/1b3x9qk/why_is_the_sky_blue/",
        "/products/iPhone15ProMax256GB",
        "/login/google",
        "/auth/callback/google",
        "/signup/success",
        "/share/facebook",
        "/key-stage-2/maths",
        "/tokenization/basics",
        "/react@18.2.0/umd/react.production.min.js",
    ],
)
def test_ordinary_paths_stay_readable(path: str) -> None:
    assert without_keys(path) == path


@given(st.lists(WORDS, max_size=3), KEYS, st.lists(WORDS, max_size=2))
def test_what_is_made_to_be_unguessable_is_never_kept(before: list[str], key: str, after: list[str]) -> None:
    path = "/" + "/".join([*before, key, *after])
    assert key not in redact(parse(f"https://site.example{path}"))


@given(
    st.sampled_from(["token", "reset-token", "session", "api_key", "Secret"]), st.text(URL_SAFE, min_size=8)
)
def test_what_a_key_word_announces_is_never_kept(word: str, key: str) -> None:
    path = canonical_path(f"/a/{word}/{key}/b")
    hidden = without_keys(path)
    # A word that announces as well (`/session/signin`) is a place.
    assert hidden == f"/a/{word}/{HIDDEN}/b" or without_keys(f"/{word}/{key}x9") == f"/{word}/{HIDDEN}"


@given(st.lists(SLUGS, min_size=1, max_size=4))
def test_paths_of_words_stay_as_they_are_unless_a_word_announces(slugs: list[str]) -> None:
    path = "/x/" + "/x/".join(slugs)
    assert without_keys(path) == path


@given(st.text(max_size=200))
def test_hiding_twice_hides_no_more_and_leaves_a_path(text: str) -> None:
    path = canonical_path(text)
    hidden = without_keys(path)
    assert without_keys(hidden) == hidden
    assert canonical_path(hidden) == hidden
    assert hidden.count("/") == path.count("/")


def test_drawn_texts_are_told_from_words() -> None:
    drawn = [secrets.token_urlsafe(24) for _ in range(300)] + [str(uuid.uuid4()) for _ in range(100)]
    assert sum(map(looks_drawn, drawn)) >= 390
    hosts = (Path(__file__).parents[1] / "innocent_hosts.txt").read_text(encoding="utf-8").split()
    assert [host for host in hosts if looks_drawn(host.replace(".", "-"))] == []


def test_a_path_as_long_as_they_come_is_hidden_in_no_time() -> None:
    begun = time.process_time()
    for piece in ("1", "a", "aB1", "A-", "a.", "=", "%2561", "eyJ."):
        without_keys("/reset/" + piece * (1_000_000 // len(piece)))
        without_keys(f"/{piece}" * (200_000 // len(piece)))
    assert time.process_time() - begun < 20


def test_the_key_of_a_signed_token_is_hidden_whole() -> None:
    head, body = ({"alg": "HS256", "typ": "JWT"}, {"sub": "ann", "iat": 1516239022})
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (head, body)
    ]
    token = ".".join([*parts, secrets.token_urlsafe(32)])
    assert without_keys(f"/app/{token}") == f"/app/{HIDDEN}"
