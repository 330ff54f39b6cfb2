"""Apps that pin their certificates: which device may use which name without being looked into.

An app that pins trusts its own site's certificate and no other, so that it can't be looked into and only
breaks. Where a device has shown that it trusts our CA elsewhere, a name that refuses our certificate again
and again is learnt: for that device and person it is passed on, decided by its name alone. Nothing is learnt,
and nothing learnt holds, where the name is not open or where only looking inside enforces a rule.

One `Pinning` a process, on its event loop; what it saw goes to the household's tables (`household/pins.py`),
where all processes share it. It knows no sockets and no database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rules.address import fetches_others, parents
from rules.presets import Action
from rules.search import dns_answer, is_engine, mode_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from proxy.judge import Rules
    from proxy.reception import Visitor
    from rules.decide import Decision, Override, Request

_AGAIN = 1800  # seconds after which the same trust is worth a line again
_MOST_WAITING = 1000
_MOST_NOTED = 4096
# What leads elsewhere is judged by where it leads, and that stands inside.
_ELSEWHERE = frozenset({"remote_redirect", "encrypted_dns", "vpn_proxy", "unsafe_search"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a device made of our certificate once.

    Attributes:
        device: what stays the same about the device (`Visitor.device`).
        person: whose connection it was.
        host: the name the certificate was for.
        at: when, in seconds since 1970, UTC.
        trusted: it went on and asked for something; else it turned away.
    """

    device: str
    person: str
    host: str
    at: int
    trusted: bool


def _now() -> datetime:
    return datetime.now(UTC)


class Pinning:
    """What is learnt, as far as this process knows it, and what it saw that is not yet written down."""

    def __init__(self, clock: Callable[[], datetime] = _now) -> None:
        """Begin with nothing learnt.

        Args:
            clock: the time; aware.
        """
        self._clock = clock
        self._until: Mapping[tuple[str, str, str], int] = {}
        self._hosts: frozenset[str] = frozenset()
        self._partly: frozenset[str] = frozenset()
        self._waiting: list[Sighting] = []
        self._noted: dict[tuple[str, str, str], int] = {}

    def know(self, until: Mapping[tuple[str, str, str], int], overrides: Iterable[Override]) -> None:
        """Take up what the household's tables say.

        Args:
            until: for device, person and host, until when it is passed on; seconds since 1970, UTC.
            overrides: those in force; one about a part of a site needs looking inside.
        """
        self._until = until
        self._hosts = frozenset(host for _, _, host in until)
        self._partly = frozenset(
            one.target.partition("/")[0] for one in overrides if "/" in one.target and ":" not in one.target
        )

    def passes(self, visitor: Visitor, request: Request, decision: Decision, rules: Rules) -> bool:
        """Whether a connection that would be looked into is passed on, because the device pins this name.

        Args:
            visitor: who is behind it.
            request: what is asked for, by name.
            decision: what the rules say of the name.
            rules: the rules in force.
        """
        address = request.address
        if address is None or address.host not in self._hosts:
            return False
        until = self._until.get((visitor.device, request.person, address.host), 0)
        return self._clock().timestamp() < until and self.may_pass(request, decision, rules)

    def may_pass(self, request: Request, decision: Decision, rules: Rules) -> bool:
        """Whether a name may be passed on at all: it is open, and no rule needs a look inside."""
        address = request.address
        if address is None or address.ip is not None or decision.action is not Action.ALLOW:
            return False
        host, policy = address.host, rules.policy
        person = policy.people.get(request.person)
        if person is None or not _ELSEWHERE.isdisjoint(decision.categories):
            return False
        if decision.help:
            return False  # a report page of a closed service, whose machines may serve the service as well
        mode = mode_of(person)
        return not (
            policy.minds_paths(request.person, host)
            or rules.pack.has_paths(host)
            or not self._partly.isdisjoint(parents(host))
            or fetches_others(host)
            or (mode is not None and (is_engine(host) or dns_answer(host, mode) is not None))
        )

    def note(self, visitor: Visitor, host: str, *, trusted: bool) -> None:
        """A device has gone on with our certificate for a name, or turned away from it. Never blocks."""
        arrival = visitor.arrival
        at = int(self._clock().timestamp())
        if trusted:
            key = arrival.peer, arrival.device, host
            if self._noted.get(key, 0) > at - _AGAIN:
                return
            if len(self._noted) >= _MOST_NOTED:
                self._noted.clear()
            self._noted[key] = at
        if len(self._waiting) >= _MOST_WAITING or not visitor.device:
            return
        self._waiting.append(
            Sighting(device=visitor.device, person=visitor.asker().person, host=host, at=at, trusted=trusted)
        )

    def take(self) -> tuple[Sighting, ...]:
        """What was seen since this was last asked."""
        taken, self._waiting = tuple(self._waiting), []
        return taken
