"""The nftables table of a gateway: what leaves the home goes through the gate or nowhere.

Pure: settings in, text out. It is a table of its own, so that taking it away leaves every other rule as it
was, and it stands when the gate does not: then the ports it redirects to are closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.service.unit import MARK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proxy.service.unit import ServiceSettings

NAME = "stairgate"
_REFUSED_PORTS = (21, 22, 23, 25, 110, 119, 143, 587, 853)
"""Where servers speak first, and private DNS: refused at once, since the gate could say nothing there."""


def table(settings: ServiceSettings) -> str:
    """The table as `nft -f` takes it; loading it twice leaves one.

    Args:
        settings: with at least one interface inside, and with a place for DNS.

    Raises:
        ValueError: one of them is missing.
    """
    if not settings.inside or not settings.dns:
        raise ValueError("a gateway needs an interface inside and a place for DNS")
    inside = _set(f'"{name}"' for name in settings.inside)
    proxy, names = settings.listen[1], settings.dns[0][1]
    refused = _set(map(str, _REFUSED_PORTS))
    own = _set(str(port) for port in sorted({proxy, names}))
    return f"""{MARK}
table inet {NAME}
delete table inet {NAME}
table inet {NAME} {{
	chain to_the_gate {{
		type nat hook prerouting priority dstnat; policy accept;
		iifname {inside} meta l4proto {{ tcp, udp }} th dport 53 redirect to :{names}
		# What is asked of this machine itself (its own pages) stays there.
		iifname {inside} tcp dport != {refused} fib daddr type != local redirect to :{proxy}
	}}

	chain past_the_gate {{
		type filter hook forward priority filter - 10; policy accept;
		# Refused and not dropped, so that devices go on at once: QUIC falls back to TCP, private DNS to ours.
		iifname {inside} udp dport 443 reject
		iifname {inside} meta l4proto {{ tcp, udp }} th dport 853 reject
		iifname {inside} meta l4proto tcp reject with tcp reset
		iifname {inside} reject with icmpx admin-prohibited
	}}

	chain from_outside {{
		type filter hook input priority filter - 10; policy accept;
		# The gate is there for the devices inside, and an open proxy for nobody.
		iifname != {inside} iifname != "lo" meta l4proto {{ tcp, udp }} th dport {own} drop
	}}
}}
"""


def _set(words: Iterable[str]) -> str:
    return "{ " + ", ".join(words) + " }"
