"""The tunnels as a part of their own: a gate that listens nowhere, and a WireGuard server for each peer."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from mitmproxy_rs import wireguard

from proxy.dns.answering import Answering
from proxy.dns.building import DnsSettings
from proxy.dns.cache import Cache
from proxy.dns.upstream import Upstream, choose_servers
from proxy.gateway import Gate, Settings
from proxy.journal.post import Post
from proxy.succession import stamp, until_changed
from proxy.wireguard.inlet import Inlet
from proxy.wireguard.peers import Peer, load_peers, peers_file
from rules.errors import StairgateError

if TYPE_CHECKING:
    import socket

    from proxy.home import Home
    from proxy.live import Live
    from proxy.part import Pulse

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0


class Tunnels:
    """The WireGuard servers of one gate, one a peer, as the home's file says."""

    def __init__(self, home: Home, host: str, gate: Gate, answering: Answering) -> None:
        """Begin with none.

        Args:
            home: whose peers.
            host: the address to listen at.
            gate: serves what comes through.
            answering: answers questions for names.
        """
        self._home = home
        self._host = host
        self._gate = gate
        self._answering = answering
        self._seen: tuple[int, int] | None = None
        self._servers: dict[Peer, Any] = {}

    @property
    def ports(self) -> dict[str, int]:
        """Name and port of each peer that is served."""
        return {peer.name: peer.port for peer in self._servers}

    async def follow(self) -> None:
        """Take up what the file says now; what can't be used leaves the tunnels as they are."""
        try:
            found = peers_file(self._home).stat()
            stamp = (found.st_mtime_ns, found.st_ino)
        except OSError:
            stamp = (0, 0)
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            peers = load_peers(self._home)
        except StairgateError as error:
            logger.error("The tunnels stay as they were.\n%s", error)  # noqa: TRY400 - told in words
            return
        wanted = set(peers.by_name.values())
        for peer in [peer for peer in self._servers if peer not in wanted]:
            self._servers.pop(peer).close()
        for peer in sorted(wanted - self._servers.keys(), key=lambda peer: peer.port):
            inlet = Inlet(peer.name, self._gate.front, self._answering)
            try:
                self._servers[peer] = await wireguard.start_wireguard_server(
                    self._host, peer.port, peers.key, [peer.key], inlet.take_tcp, inlet.take_udp
                )
            except OSError as error:
                logger.warning("no tunnel for %s: port %d: %s", peer.name, peer.port, error)
                self._seen = None  # tried again at the next look

    async def follow_for_ever(self) -> None:
        """Look for a changed file every second."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await self.follow()

    def close(self) -> None:
        """Close every tunnel."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()


def serve(
    pulse: Pulse,
    *,
    home: Home,
    host: str,
    names: DnsSettings | None,
    live: Live,
    channel: socket.socket,
    shut: frozenset[tuple[str, int]],
) -> int:
    """Serve the tunnels until told to stop.

    Args:
        pulse: of this part.
        home: whose gate.
        host: the address to listen at.
        names: how names are answered; None: with this machine's name servers.
        live: the rules in force when it was forked; watched from here on.
        channel: the writing end of the way to the journal.
        shut: (address, port) of our own that no client reaches.

    Raises:
        StairgateError: as `Gate`; no name server is known (69).
    """
    live.refresh()
    chosen = names or DnsSettings(listen=())

    async def serve_all() -> None:
        household = live.open_household()
        post = Post(channel, level=live.journal_level, lost=pulse.before.get("lost", 0))
        signing = stamp(home)
        gate = Gate(Settings(home=home, judge=live, notes=post, listen=None, shut=shut, household=household))
        upstream = Upstream(choose_servers(chosen.servers, chosen.listen))
        tunnels = Tunnels(home, host, gate, Answering(live, post, Cache(upstream.ask), page=chosen.page))
        await gate.start()
        await tunnels.follow()

        def facts() -> dict[str, Any]:
            return {"ready": gate.serving.is_set(), "rules": repr(live.settled), "lost": post.lost}

        with pulse.on_loop(gate.stop, facts):
            work = (gate.run(), live.watch(), household.keep(), tunnels.follow_for_ever())
            working = {asyncio.create_task(one) for one in (*work, until_changed(home, signing))}
            done, _ = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
            gate.stop()
        tunnels.close()
        household.close()
        post.close()
        pulse.tell(lost=post.lost)
        for one in done:
            one.result()

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(serve_all())
    return 0
