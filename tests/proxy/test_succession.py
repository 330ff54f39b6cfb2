"""One CA follows another: beside it for half a year, in its place a month before the end."""

from __future__ import annotations

import asyncio
import datetime as dt
import stat
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from proxy.authority import FILE, create, ensure
from proxy.home import Home, open_home
from proxy.succession import advance, keep_going, look, stamp, until_changed

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
YEARS = 3650 * DAY


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = open_home(tmp_path / "home")
    home.ca.mkdir(mode=0o700)
    create(home.ca, home.ca / FILE, now=NOW)
    ensure(home)
    return home


def serial(path: Path) -> int:
    return x509.load_pem_x509_certificate(path.read_bytes()).serial_number


def test_a_home_without_a_ca_has_no_succession(tmp_path: Path) -> None:
    home = open_home(tmp_path / "new")
    assert advance(home, NOW) is None
    assert look(home) is None


def test_a_young_ca_is_left_alone(home: Home) -> None:
    before = serial(home.ca_pem)
    found = advance(home, NOW + YEARS / 2)
    assert found is not None
    assert found.notice() == ""
    assert (serial(home.ca_pem), home.next_ca_pem.exists()) == (before, False)


def test_half_a_year_before_the_end_a_new_one_lies_beside_it_and_a_parent_is_told(home: Home) -> None:
    before = serial(home.ca_pem)
    found = advance(home, NOW + YEARS - 180 * DAY)
    assert found is not None
    assert str(home.next_ca_pem) in found.notice()
    assert "19 November 2036" in found.notice()
    assert "20 October 2036" in found.notice()
    assert serial(home.ca_pem) == before
    assert serial(home.next_ca_pem) != before
    assert stat.S_IMODE((home.ca / "next" / FILE).stat().st_mode) == 0o600
    assert b"PRIVATE" not in home.next_ca_pem.read_bytes()
    assert look(home) == found


def test_looking_often_makes_one_and_no_more(home: Home) -> None:
    advance(home, NOW + YEARS - 180 * DAY)
    before = serial(home.next_ca_pem)
    advance(home, NOW + YEARS - 100 * DAY)
    assert serial(home.next_ca_pem) == before


def test_a_month_before_the_end_it_takes_its_place(home: Home) -> None:
    advance(home, NOW + YEARS - 180 * DAY)
    following = serial(home.next_ca_pem)
    found = advance(home, NOW + YEARS - 29 * DAY)
    assert found is not None
    assert (found.next, found.notice()) == (None, "")
    assert serial(home.ca_pem) == following
    assert not home.next_ca_pem.exists()
    assert ensure(home).certificate.serial_number == following
    pem = (home.ca / FILE).read_bytes()
    assert load_pem_private_key(pem, None).public_key() == x509.load_pem_x509_certificate(pem).public_key()


def test_a_clock_that_jumps_past_the_end_changes_nothing_that_devices_know(home: Home) -> None:
    before = serial(home.ca_pem)
    advance(home, NOW + 2 * YEARS)
    advance(home, NOW + 2 * YEARS + DAY)
    assert serial(home.ca_pem) == before


def test_after_being_cut_off_in_the_middle_the_next_start_goes_on(home: Home) -> None:
    advance(home, NOW + YEARS - 180 * DAY)
    following = serial(home.next_ca_pem)
    (home.ca / "next" / FILE).replace(home.ca / FILE)  # and then the machine went off
    advance(home, NOW + YEARS - 29 * DAY)
    ensure(home)
    assert serial(home.ca_pem) == following
    assert not home.next_ca_pem.exists()


def test_a_leaf_is_renewed_at_half_its_life_and_never_outlives_its_ca(home: Home) -> None:
    authority = ensure(home)
    leaf = authority.leaf("www.example")
    now = dt.datetime.now(dt.UTC).timestamp()
    assert now + 40 * 86400 < leaf.renew_at < now + 50 * 86400
    assert leaf.certificate.not_valid_after_utc <= authority.certificate.not_valid_after_utc


def test_a_running_gate_takes_the_next_ca_and_its_parts_hear_of_it(home: Home) -> None:
    async def play() -> None:
        advance(home, NOW + YEARS - 180 * DAY)
        (before, since), said = (serial(home.ca_pem), stamp(home)), list[str]()
        waiting = asyncio.ensure_future(until_changed(home, since, seconds=0.01))
        late = NOW + YEARS - 10 * DAY
        keeping = asyncio.ensure_future(keep_going(home, say=said.append, clock=lambda: late, seconds=0.01))
        await asyncio.wait_for(waiting, 30)
        keeping.cancel()
        assert serial(home.ca_pem) != before

    asyncio.run(play())


def test_a_parent_is_told_once_that_a_ca_will_follow(home: Home) -> None:
    async def play() -> None:
        said: list[str] = []
        looks = iter(range(5))
        done = asyncio.Event()

        def clock() -> dt.datetime:
            if next(looks, None) is None:
                done.set()
            return NOW + YEARS - 180 * DAY

        keeping = asyncio.ensure_future(keep_going(home, say=said.append, clock=clock, seconds=0.0))
        await asyncio.wait_for(done.wait(), 30)
        keeping.cancel()
        assert len(said) == 1
        assert str(home.next_ca_pem) in said[0]

    asyncio.run(play())


def test_a_ca_that_is_gone_is_none_that_follows(home: Home) -> None:
    async def play() -> None:
        since = stamp(home)
        (home.ca / FILE).unlink()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(until_changed(home, since, seconds=0.01), 0.1)

    asyncio.run(play())
