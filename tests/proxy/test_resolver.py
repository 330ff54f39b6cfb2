"""Look-ups: kept, shared, bounded, and checked before anything is dialled."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from proxy.reach import Reach, read_reach
from proxy.resolver import KEPT, KEPT_NEGATIVE, Resolver, UnreachableError, find_addresses

if TYPE_CHECKING:
    from proxy.reach import IP


class Names:
    """A resolver of the outside, and a clock, both in the test's hands."""

    def __init__(self, **answers: str) -> None:
        self.answers = {name.replace("_", "."): value for name, value in answers.items()}
        self.asked: list[str] = []
        self.now = 0.0

    async def look_up(self, host: str) -> tuple[IP, ...]:
        self.asked.append(host)
        await asyncio.sleep(0)
        if host not in self.answers:
            raise OSError("not found")
        return tuple(ip_address(text) for text in self.answers[host].split())

    def resolver(self) -> Resolver:
        return Resolver(self.look_up, lambda: self.now)


def test_an_answer_is_kept_for_a_while() -> None:
    names = Names(a_example="192.0.2.1")

    async def run() -> None:
        resolver = names.resolver()
        await resolver.resolve("a.example")
        names.now = KEPT - 1
        await resolver.resolve("a.example")
        names.now = KEPT + 1
        await resolver.resolve("a.example")

    asyncio.run(run())
    assert names.asked == ["a.example", "a.example"]


def test_a_name_that_is_not_found_is_remembered_for_a_short_while() -> None:
    names = Names()

    async def run() -> None:
        resolver = names.resolver()
        for now in (0.0, KEPT_NEGATIVE - 1, KEPT_NEGATIVE + 1):
            names.now = now
            with pytest.raises(UnreachableError):
                await resolver.resolve("a.example")

    asyncio.run(run())
    assert len(names.asked) == 2


def test_many_who_ask_at_once_share_one_look_up() -> None:
    names = Names(a_example="192.0.2.1")

    async def run() -> None:
        resolver = names.resolver()
        await asyncio.gather(*(resolver.resolve("a.example") for _ in range(50)))

    asyncio.run(run())
    assert names.asked == ["a.example"]


def test_one_who_goes_away_does_not_take_the_answer_from_the_others() -> None:
    names = Names(a_example="192.0.2.1")

    async def run() -> tuple[IP, ...]:
        resolver = names.resolver()
        first = asyncio.ensure_future(resolver.resolve("a.example"))
        second = asyncio.ensure_future(resolver.resolve("a.example"))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(run()) == (ip_address("192.0.2.1"),)


def test_a_name_that_leads_into_the_home_is_refused() -> None:
    names = Names(rebind_example="192.168.1.1")
    with pytest.raises(UnreachableError) as caught:
        asyncio.run(find_addresses("rebind.example", 80, Reach(), {}, names.resolver()))
    assert caught.value.refused == "a home network"


def test_of_a_mixed_answer_only_the_open_addresses_are_dialled() -> None:
    names = Names(mixed_example="127.0.0.1 192.0.2.7 fe80::1")
    found = asyncio.run(find_addresses("mixed.example", 80, Reach(), {}, names.resolver()))
    assert found == (ip_address("192.0.2.7"),)


def test_a_name_that_changes_between_look_up_and_dial_can_not_slip_through() -> None:
    """Rebinding: the address that was checked is the address that is handed out."""
    names = Names(rebind_example="192.0.2.1")

    async def run() -> tuple[IP, ...]:
        resolver = names.resolver()
        await find_addresses("rebind.example", 80, Reach(), {}, resolver)
        names.answers["rebind.example"] = "127.0.0.1"
        return await find_addresses("rebind.example", 80, Reach(), {}, resolver)

    assert asyncio.run(run()) == (ip_address("192.0.2.1"),)


def test_the_households_own_names_come_first_and_need_reach_like_any_other() -> None:
    names = Names(nas_home="203.0.113.1")
    own = {"nas.home": "192.168.1.20"}
    reach = read_reach(["192.168.1.20:443"])
    found = asyncio.run(find_addresses("nas.home", 443, reach, own, names.resolver()))
    assert found == (ip_address("192.168.1.20"),)
    assert names.asked == []
    with pytest.raises(UnreachableError):
        asyncio.run(find_addresses("nas.home", 80, reach, own, names.resolver()))


def test_the_systems_own_resolver_answers_for_localhost() -> None:
    with pytest.raises(UnreachableError) as caught:
        asyncio.run(find_addresses("localhost", 80, Reach(), {}, Resolver()))
    assert caught.value.refused == "this machine"
