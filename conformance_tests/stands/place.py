"""The stands: where the product listens, what the client is told, and whether it has a way of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance_tests.lab.question import Door
from standard.words import Stand

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conformance_tests.lab.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One stand.

    Attributes:
        stand: which.
        port: where the product listens, on its address towards the client.
        routed: whether the client has a route to the internet, through the product's machine.
    """

    stand: Stand
    port: int
    routed: bool

    def door(self, plan: Plan, trust: tuple[str, ...]) -> Door:
        """How a client at this stand reaches the internet; `trust`: the PEM files it trusts."""
        here = (str(plan.home[0]), self.port)
        match self.stand:
            case Stand.FORWARD_PROXY:
                return Door(proxy=here, trust=trust)
            case Stand.DNS_RESOLVER:
                return Door(proxy=None, trust=trust, resolver=here)
            case _:
                # Nobody told this client anything: it asks the resolver that its line came with.
                return Door(proxy=None, trust=trust, resolver=(str(plan.resolver), 53))

    def variables(self, plan: Plan, lists: Path, authority: Path, profile: str) -> Mapping[str, str]:
        """What an adapter's templates may mention, besides `$WORK`."""
        host = str(plan.home[0])
        return {
            "LISTEN": f"{host}:{self.port}",
            "LISTEN_HOST": host,
            "LISTEN_PORT": str(self.port),
            "LISTEN_HOST6": str(plan.home6[0]),
            "LISTS": str(lists),
            "CA": str(authority),
            "PROFILE": profile,
        }


_PLACES = {
    Stand.FORWARD_PROXY: Place(stand=Stand.FORWARD_PROXY, port=8080, routed=False),
    Stand.DNS_RESOLVER: Place(stand=Stand.DNS_RESOLVER, port=53, routed=True),
    Stand.GATEWAY: Place(stand=Stand.GATEWAY, port=8080, routed=True),
}


def place_of(stand: Stand) -> Place:
    """The place of a stand.

    Raises:
        KeyError: for a stand the lab doesn't build; no adapter can name one.
    """
    return _PLACES[stand]
