"""A listener put together from the gate's parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy.dns.answering import Answering
from proxy.dns.cache import Cache
from proxy.dns.listener import Listener
from proxy.dns.upstream import Upstream, choose_servers
from proxy.identity import Arrival, fold_address, recognise
from proxy.neighbours import Neighbours

if TYPE_CHECKING:
    from proxy.dns.listener import Identify
    from proxy.dns.sockets import Place
    from proxy.identity import Asker
    from proxy.judge import Judge, Notes
    from proxy.reach import IP
    from rules.policy import Policy

_MOST_KNOWN = 4096  # devices; each may have several addresses of IPv6


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsSettings:
    """How the household's names are answered.

    Attributes:
        listen: host and port of each place; port 0 lets the system choose.
        servers: the name servers to ask, host and port; none: those this machine uses.
        page: addresses of the gate's own block page, given in place of a blocked name's.
    """

    listen: tuple[Place, ...]
    servers: tuple[Place, ...] = ()
    page: tuple[IP, ...] = ()


def build_listener(
    settings: DnsSettings, judge: Judge, notes: Notes, identify: Identify | None = None
) -> Listener:
    """Make a listener; it binds its sockets when it is started.

    Args:
        settings: the household's.
        judge: decides.
        notes: is told of blocks.
        identify: who is behind a socket's address; by default by address and hardware address.

    Raises:
        StairgateError: no name server is known (69).
    """
    upstream = Upstream(choose_servers(settings.servers, settings.listen))
    answering = Answering(judge, notes, Cache(upstream.ask), page=settings.page)

    hardware = Neighbours().hardware

    known: dict[str, tuple[Policy, Asker]] = {}

    def recognise_device(address: str) -> Asker:
        policy = judge.rules.policy
        kept = known.get(address)
        if kept is not None and kept[0] is policy:
            return kept[1]
        asker = recognise(policy, Arrival(device=fold_address(address)), hardware)
        if not policy.names_hardware:  # else it changes with the neighbour table
            if len(known) >= _MOST_KNOWN:
                known.clear()
            known[address] = policy, asker
        return asker

    listener = Listener(answering, identify or recognise_device, settings.listen)
    judge.when_changed(listener.forget)
    return listener
