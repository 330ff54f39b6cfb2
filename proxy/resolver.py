"""Names to addresses for what the gate dials: looked up once, kept for a while, checked before dialling.

asyncio sends every dial by name through a thread (130 µs each, measured); one look-up kept for a minute makes
a dial cheap, and dialling the very address that was checked is what defeats DNS rebinding.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import socket
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from proxy.reach import IP, Reach

KEPT = 60.0
"""Seconds an answer is used. getaddrinfo does not tell the record's own time to live."""
KEPT_NEGATIVE = 5.0
"""Seconds a failed look-up is remembered."""
CAPACITY = 8192
_PATIENCE = 10.0  # seconds until a look-up counts as failed; the system's own resolver may take a minute

type LookUp = Callable[[str], Awaitable[tuple[IP, ...]]]


class UnreachableError(OSError):
    """A name that leads nowhere we may or can dial.

    Attributes:
        refused: what lies there, in words, where the address is one clients are refused; None where the name
            was simply not found.
    """

    def __init__(self, message: str, refused: str | None = None) -> None:
        super().__init__(message)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Checked:
    """Addresses that were checked, and what the check hung on.

    Attributes:
        reach: what was open to clients.
        names: the household's own names.
        answer: what the name server had said; None for a name of the household's own, and for an address.
        addresses: those that may be dialled.
    """

    reach: Reach
    names: Mapping[str, str]
    answer: tuple[IP, ...] | None
    addresses: tuple[IP, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    until: float
    addresses: tuple[IP, ...]
    error: str = ""


async def ask_system(host: str) -> tuple[IP, ...]:
    """Ask the system's resolver, in a thread.

    Raises:
        OSError: not found, or no answer.
    """
    loop = asyncio.get_running_loop()
    rows = await loop.run_in_executor(None, lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    found: dict[IP, None] = {}
    for _family, _type, _protocol, _name, address in rows:
        found[_read_ip(str(address[0]).partition("%")[0])] = None
    return tuple(found)


class Resolver:
    """A small cache of look-ups: bounded, with negative answers, one look-up at a time for each name."""

    def __init__(self, look_up: LookUp = ask_system, clock: Callable[[], float] = time.monotonic) -> None:
        self._look_up = look_up
        self._clock = clock
        self._answers: OrderedDict[str, _Answer] = OrderedDict()
        self._flights: dict[str, asyncio.Task[_Answer]] = {}
        self.checked: dict[tuple[str, int], Checked] = {}
        """What was checked lately, by host and port; see `known_addresses`."""

    def known(self, host: str) -> tuple[IP, ...] | None:
        """The addresses of `host` where they are in the cache and fresh; None otherwise. Never waits."""
        answer = self._answers.get(host)
        if answer is None or answer.until <= self._clock() or answer.error:
            return None
        return answer.addresses

    async def resolve(self, host: str) -> tuple[IP, ...]:
        """The addresses of `host`, at least one.

        Args:
            host: a name in A-labels, lower case, or an address.

        Raises:
            UnreachableError: the name is not found.
        """
        answer = self._answers.get(host)
        if answer is None or answer.until <= self._clock():
            flight = self._flights.get(host)
            if flight is None:
                flight = asyncio.ensure_future(self._fly(host))
                self._flights[host] = flight
                flight.add_done_callback(lambda _done: self._flights.pop(host, None))
            # One client going away must not take the look-up from the others who wait for it.
            answer = await asyncio.shield(flight)
        if answer.error:
            raise UnreachableError(answer.error)
        return answer.addresses

    async def _fly(self, host: str) -> _Answer:
        try:
            async with asyncio.timeout(_PATIENCE):
                addresses = await self._look_up(host)
            error = "" if addresses else f"no address found for {host}"
        except (OSError, ValueError) as problem:
            # TimeoutError is an OSError; ValueError: a name the system's encoder does not take.
            addresses, error = (), f"no address found for {host}: {problem}"
        answer = _Answer(self._clock() + (KEPT_NEGATIVE if error else KEPT), addresses, error)
        self._answers[host] = answer
        self._answers.move_to_end(host)
        while len(self._answers) > CAPACITY:
            self._answers.popitem(last=False)
        return answer


async def find_addresses(
    host: str, port: int, reach: Reach, names: Mapping[str, str], resolver: Resolver
) -> tuple[IP, ...]:
    """The addresses that may be dialled for what a client asked.

    Args:
        host: a name in A-labels or an address.
        port: the port asked for.
        reach: what is open to clients.
        names: the household's own names (policy `names`), asked before any resolver.
        resolver: the cache.

    Returns:
        At least one address, each checked: dial these and nothing else.

    Raises:
        UnreachableError: not found, or every address is refused (then `refused` says what lies there).
    """
    found = known_addresses(host, port, reach, names, resolver)
    return found if found is not None else _open_ones(host, port, reach, await resolver.resolve(host))


def known_addresses(
    host: str, port: int, reach: Reach, names: Mapping[str, str], resolver: Resolver
) -> tuple[IP, ...] | None:
    """The same without waiting; None where the name has yet to be looked up.

    Raises:
        UnreachableError: as `find_addresses`.
    """
    answer = resolver.known(host)
    checked = resolver.checked.get((host, port))
    if (
        checked is not None
        and checked.reach is reach
        and checked.names is names
        and (checked.answer is answer or checked.answer is None)
    ):
        return checked.addresses
    try:
        addresses: tuple[IP, ...] | None = (_read_ip(names.get(host, host)),)
    except ValueError:
        addresses = answer
    else:
        answer = None
    if addresses is None:
        return None
    found = _open_ones(host, port, reach, addresses)
    if len(resolver.checked) >= CAPACITY:
        resolver.checked.clear()
    resolver.checked[host, port] = Checked(reach, names, answer, found)
    return found


@functools.lru_cache(maxsize=1024)
def _read_ip(text: str) -> IP:
    """An address; IPv4 wrapped in IPv6 is the IPv4 address it leads to, as whoever answers calls itself.

    Raises:
        ValueError: it is a name.
    """
    ip = ipaddress.ip_address(text)
    return getattr(ip, "ipv4_mapped", None) or ip


def _open_ones(host: str, port: int, reach: Reach, addresses: tuple[IP, ...]) -> tuple[IP, ...]:
    refused: str | None = None
    open_to_client: list[IP] = []
    for address in addresses:
        why = reach.refuses(host, port, address)
        if why is None:
            open_to_client.append(address)
        else:
            refused = why
    if not open_to_client:
        raise UnreachableError(f"{host} leads to {refused}", refused)
    return tuple(open_to_client)
