"""Where everything in the lab lives: addresses and names drawn from the run's seed.

A product could notice a lab by fixed addresses, so each seed has a plan of its own. Pure.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

_SITES4 = (0x5DB80000, 0x68100000, 0x97650000, 0x8E500000)  # 93.184/16, 104.16/16, 151.101/16, 142.80/16
_SITES6 = 0x2606_2800 << 96  # documentation addresses are dropped by rebind protection (measured)
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
    """

    seed: int
    resolver: IPv4Address
    uplink: tuple[IPv4Address, IPv4Address]
    uplink6: tuple[IPv6Address, IPv6Address]
    home: tuple[IPv4Address, IPv4Address]
    home6: tuple[IPv6Address, IPv6Address]
    authority: str

    def address4(self, index: int) -> IPv4Address:
        """The IPv4 address of the site with this index (0 to 49,999)."""
        dice = random.Random(f"{self.seed}/4/{index}")  # noqa: S311 - a reproducible draw, no secret
        return IPv4Address(_SITES4[index % 4] + 256 + (index // 4) * 5 % 60000 + dice.randrange(5))

    def address6(self, index: int) -> IPv6Address:
        """The IPv6 address of the site with this index."""
        dice = random.Random(f"{self.seed}/6/{index}")  # noqa: S311 - a reproducible draw, no secret
        return IPv6Address(_SITES6 + (index << 32) + dice.randrange(1, 1 << 31))

    def ttl(self, name: str) -> int:
        """The TTL in seconds the lab's resolver gives `name`."""
        return random.Random(f"{self.seed}/ttl/{name}").randrange(40, 290)  # noqa: S311 - reproducible


def draw(seed: int) -> Plan:
    """The plan of a seed; the same seed gives the same plan."""
    dice = random.Random(f"plan/{seed}")  # noqa: S311 - a reproducible draw, no secret
    near, far = dice.randrange(20, 120), dice.randrange(121, 250)
    return Plan(
        seed=seed,
        resolver=IPv4Address(dice.choice((0x2D40, 0x4C48, 0xB94C)) << 16 | dice.randrange(257, 65000)),
        uplink=(IPv4Address(f"192.168.{near}.1"), IPv4Address(f"192.168.{near}.{dice.randrange(2, 250)}")),
        uplink6=(IPv6Address(f"fd{near:02x}:1::1"), IPv6Address(f"fd{near:02x}:1::2")),
        home=(IPv4Address(f"10.{far}.0.1"), IPv4Address(f"10.{far}.0.{dice.randrange(2, 250)}")),
        home6=(IPv6Address(f"fd{far:02x}:2::1"), IPv6Address(f"fd{far:02x}:2::2")),
        authority=f"{dice.choice(_AUTHORITIES)} {dice.choice('ABCDEFGH')}{dice.randrange(2, 9)}",
    )
