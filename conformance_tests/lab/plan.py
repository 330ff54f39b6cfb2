"""Where everything in the lab lives: addresses and names drawn from the run's seed.

A product could notice a lab by fixed addresses, so each seed has a plan of its own. Pure.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

# First octets with networks that hold nobody's site (home, carriers, documentation, benchmarks), or one of
# the resolvers that everybody knows by number.
_NOT_SITES = frozenset({0, 1, 8, 9, 10, 94, 100, 127, 149, 169, 172, 192, 198, 203})
_LARGEST_OCTET = 216
# Given out to networks; documentation addresses are dropped by rebind protection (measured).
_SITES6 = (0x2400, 0x2600, 0x2606, 0x2A00, 0x2A02, 0x2A0D)
_BLOCKS = 4
_AUTHORITIES = ("Northway Trust Services", "Meridian Root", "Calder Web Trust", "Oakfield Certification")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One lab's addresses.

    Attributes:
        seed: what it was drawn from.
        resolver: the lab's resolver as the product and the client are told it.
        uplink: (lab end, product end) of the link between lab and product, IPv4.
        uplink6: the same for IPv6.
        home: (product end, client end) of the link between product and client, IPv4.
        home6: the same for IPv6.
        authority: the name of the lab's certificate authority.
        sites4: the first addresses of the four networks (/16) that hold the sites.
        sites6: the first address of the network (/32) that holds the sites.
    """

    seed: int
    resolver: IPv4Address
    uplink: tuple[IPv4Address, IPv4Address]
    uplink6: tuple[IPv6Address, IPv6Address]
    home: tuple[IPv4Address, IPv4Address]
    home6: tuple[IPv6Address, IPv6Address]
    authority: str
    sites4: tuple[IPv4Address, ...]
    sites6: IPv6Address

    def address4(self, index: int) -> IPv4Address:
        """The IPv4 address of the site with this index (0 to 49,999)."""
        dice = random.Random(f"{self.seed}/4/{index}")  # noqa: S311 - a reproducible draw, no secret
        first = self.sites4[index % _BLOCKS]
        return first + (256 + (index // _BLOCKS) * 5 % 60000 + dice.randrange(5))

    def address6(self, index: int) -> IPv6Address:
        """The IPv6 address of the site with this index."""
        dice = random.Random(f"{self.seed}/6/{index}")  # noqa: S311 - a reproducible draw, no secret
        return self.sites6 + ((index << 32) + dice.randrange(1, 1 << 31))

    def ttl(self, name: str) -> int:
        """The TTL in seconds the lab's resolver gives `name`."""
        return random.Random(f"{self.seed}/ttl/{name}").randrange(40, 290)  # noqa: S311 - reproducible


def draw(seed: int) -> Plan:
    """The plan of a seed; the same seed gives the same plan."""
    dice = random.Random(f"plan/{seed}")  # noqa: S311 - a reproducible draw, no secret
    near, far = dice.randrange(20, 120), dice.randrange(121, 250)
    octets = [octet for octet in range(_LARGEST_OCTET) if octet not in _NOT_SITES]
    blocks = [(octet << 8 | dice.randrange(256)) << 16 for octet in dice.sample(octets, _BLOCKS)]
    return Plan(
        seed=seed,
        resolver=IPv4Address(dice.choice((0x2D40, 0x4C48, 0xB94C)) << 16 | dice.randrange(257, 65000)),
        uplink=(IPv4Address(f"192.168.{near}.1"), IPv4Address(f"192.168.{near}.{dice.randrange(2, 250)}")),
        uplink6=(IPv6Address(f"fd{near:02x}:1::1"), IPv6Address(f"fd{near:02x}:1::2")),
        home=(IPv4Address(f"10.{far}.0.1"), IPv4Address(f"10.{far}.0.{dice.randrange(2, 250)}")),
        home6=(IPv6Address(f"fd{far:02x}:2::1"), IPv6Address(f"fd{far:02x}:2::2")),
        authority=f"{dice.choice(_AUTHORITIES)} {dice.choice('ABCDEFGH')}{dice.randrange(2, 9)}",
        sites4=tuple(map(IPv4Address, blocks)),
        sites6=IPv6Address((dice.choice(_SITES6) << 16 | dice.randrange(1, 1 << 16)) << 96),
    )
