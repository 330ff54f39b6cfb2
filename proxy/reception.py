"""The reception: keeps for each connection who is behind it, and asks for a password where that is wanted.

One `Visitor` goes with a connection from the first byte to the last, through desk, exchange, tunnel and
mitmproxy, so that all of them decide for the same person; a new policy is taken up at the next question.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from proxy.identity import Arrival, Asker, fold_address, recognise
from proxy.logins import Logins
from proxy.neighbours import Neighbours

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from rules.policy import Policy

CHALLENGED = Asker(person="", device="", known=False)
"""Whoever is to be asked for name and password; compared by identity."""


class Visitor:
    """One connection and the person behind it.

    Attributes:
        arrival: what is known of it.
        tunnel: what is inside is the site's: no credentials for the gate can stand in there.
    """

    __slots__ = ("_asker", "_first", "_policy", "_reception", "arrival", "tunnel")

    def __init__(self, reception: Reception, arrival: Arrival) -> None:
        self.arrival = arrival
        self.tunnel = False
        self._reception = reception
        self._policy: Policy | None = None
        self._asker = CHALLENGED
        self._first: str | None = None

    def asker(self) -> Asker:
        """Who is behind it, by the policy in force; looked up once for each policy."""
        policy = self._reception.policy()
        if policy is not self._policy:
            self._asker = recognise(policy, self.arrival, self._reception.hardware)
            self._policy = policy
            if self._first is None:
                self._first = self._asker.person
        return self._asker

    @property
    def is_other(self) -> bool:
        """Whether a new policy has made it somebody else's connection than it was."""
        return self.asker().person != self._first

    @property
    def device(self) -> str:
        """What stays the same about its device: tunnel, hardware address, else address; "" unknown."""
        arrival = self.arrival
        if arrival.peer:
            return f"wireguard:{arrival.peer}"
        return (arrival.device and self._reception.hardware(arrival.device)) or arrival.device

    def log_in(self, person: str) -> None:
        """From now on it is this person; for a tunnel, whose inside can say nothing to us."""
        self.arrival = replace(self.arrival, login=person)
        self._policy = self._first = None


class Reception:
    """All that is needed to know people."""

    def __init__(
        self,
        policy: Callable[[], Policy],
        *,
        hardware: Callable[[str], str] | None = None,
        logins: Logins | None = None,
    ) -> None:
        """Begin with nobody.

        Args:
            policy: the policy in force.
            hardware: the hardware address behind an address; by default by the kernel's neighbour table.
            logins: who remembers passwords.
        """
        self.policy = policy
        self.hardware = hardware or Neighbours().hardware
        self._logins = logins or Logins()

    def receive(self, transport: asyncio.BaseTransport) -> Visitor:
        """Take in a connection."""
        return self.take_in(
            transport.get_extra_info("peername"),
            transport.get_extra_info("sockname"),
            wireguard=str(transport.get_extra_info("wireguard") or ""),
        )

    def take_in(self, peer: Any, own: Any, *, wireguard: str = "") -> Visitor:
        """The same by its two ends.

        Args:
            peer: the socket address it comes from; None or empty where unknown.
            own: the socket address of ours it came to.
            wireguard: the name of the WireGuard peer it came through.
        """
        device = fold_address(str(peer[0])) if isinstance(peer, tuple) and peer else ""
        port = int(own[1]) if isinstance(own, tuple) and len(own) > 1 else 0
        return Visitor(self, Arrival(device=device, port=port, peer=wireguard))

    def answer(self, visitor: Visitor, header: str) -> Asker | None:
        """Who asks with one request.

        Args:
            visitor: the connection it came on.
            header: its `Proxy-Authorization`; "" where it has none.

        Returns:
            Who it is; `CHALLENGED` where it is to be asked for name and password; None where a password
            has yet to be checked: then `check` says it.
        """
        policy = self.policy()
        if header and policy.has_passwords and not visitor.tunnel and not visitor.arrival.peer:
            person = self._logins.recall(policy, header)
            return None if person is None else self._found(visitor, person)
        asker = visitor.asker()
        if policy.asks_login and not asker.known and not visitor.tunnel:
            return CHALLENGED
        return asker

    async def check(self, visitor: Visitor, header: str) -> Asker:
        """As `answer`, and waits for the check of a password."""
        person = await self._logins.check(self.policy(), header, visitor.arrival.device)
        return self._found(visitor, person)

    @staticmethod
    def _found(visitor: Visitor, person: str) -> Asker:
        # Whoever gives a password and is wrong is nobody: falling back would make guessing free.
        if not person:
            return CHALLENGED
        return Asker(person=person, device=visitor.arrival.device, by_password=True)
