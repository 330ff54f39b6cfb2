"""Who may see the console."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.console import door

KEY = "k" * 43
NOW = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)
HOSTS = door.hosts_of("127.0.0.1", 8081)


def test_the_key_of_the_link_fits_and_no_other_does() -> None:
    assert door.key_fits(KEY, KEY)
    assert not door.key_fits(KEY[:-1], KEY)
    assert not door.key_fits("ключ", KEY)


def test_a_session_holds_for_a_week_and_no_longer() -> None:
    session = door.make_session(KEY, now=NOW)
    assert door.session_holds(session, KEY, now=NOW + timedelta(days=7))
    assert not door.session_holds(session, KEY, now=NOW + timedelta(days=7, seconds=1))


def test_a_session_from_the_future_does_not_hold() -> None:
    assert not door.session_holds(door.make_session(KEY, now=NOW + timedelta(hours=1)), KEY, now=NOW)


def test_a_session_ends_when_the_key_is_changed() -> None:
    assert not door.session_holds(door.make_session(KEY, now=NOW), "n" * 43, now=NOW)


@given(st.text())
def test_no_made_up_session_holds(value: str) -> None:
    assert not door.session_holds(value, KEY, now=NOW)


@given(st.integers(), st.text(alphabet="0123456789abcdef", min_size=64, max_size=64))
def test_no_guessed_seal_holds(began: int, seal: str) -> None:
    assert not door.session_holds(f"{began}.{seal}", KEY, now=NOW)


@pytest.mark.parametrize("host", ["127.0.0.1:8081", "localhost:8081", "LOCALHOST:8081", "[::1]:8081"])
def test_the_consoles_own_addresses_are_let_in(host: str) -> None:
    assert door.wrong_address({"host": host}, HOSTS) is None
    assert door.wrong_address({"host": host, "origin": f"http://{host}"}, HOSTS) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "127.0.0.1"},
        {"host": "127.0.0.1:8080"},
        {"host": "rebound.example:8081"},
        {"host": "127.0.0.1:8081.rebound.example"},
        {"host": "127.0.0.1:8081", "origin": "http://evil.example"},
        {"host": "127.0.0.1:8081", "origin": "null"},
        {"host": "127.0.0.1:8081", "origin": "https://127.0.0.1:8081"},
        {"host": "127.0.0.1:8081", "via": "1.1 proxy"},
        {"host": "127.0.0.1:8081", "x-forwarded-for": "10.0.0.7"},
    ],
)
def test_whoever_comes_by_another_name_or_way_is_not(headers: dict[str, str]) -> None:
    assert door.wrong_address(headers, HOSTS) is not None
