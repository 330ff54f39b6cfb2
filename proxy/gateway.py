"""The gate as a server: our own listeners, and mitmproxy inside with the few addons that are needed.

mitmproxy never listens here: sockets are ours and each connection is handed to it. Its options come from
`options.py`, its hooks go through `dispatch.py`. It knows how a gate is put together, and no rule.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mitmproxy.addons.next_layer import NextLayer
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.options import Options
from mitmproxy.proxy.mode_specs import ProxyMode

from proxy import authority, holding, options, patches, upstream
from proxy.connection import Connection, LeanMaster
from proxy.desk import Desk
from proxy.front import Front
from proxy.handshakes import Handshakes
from proxy.hooks import StairgateAddon
from proxy.intake import Intake
from proxy.listening import open_listener
from proxy.reach import read_reach
from proxy.resolver import Resolver
from proxy.tls import TlsContexts
from rules.errors import StairgateError
from rules.phrases import matcher

if TYPE_CHECKING:
    import socket

    from proxy.home import Home
    from proxy.household.state import Household
    from proxy.judge import Judge, Notes

logger = logging.getLogger(__name__)

_WARM_UP_SECONDS = 2.0  # a start must not wait for processes that the first pages do not need


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a gate is made of.

    Attributes:
        home: where its CA lies.
        judge: who decides; `proxy.live.Live`.
        notes: who is told; `proxy.journal.writer.Journal`.
        listen: host and port of the proxy; port 0 lets the system choose. Not used where there are listeners;
            None: it listens nowhere, and clients are brought to it.
        listeners: label and listening socket of each place, where somebody else has bound them.
        shut: (address, port) of our own that no client reaches through the gate: the console.
        household: counts what people use, and keeps their clicks; None: nobody does.
        own_options: mitmproxy options on top of ours; those that weaken the gate are refused.
    """

    home: Home
    judge: Judge
    notes: Notes
    listen: tuple[str, int] | None = ("127.0.0.1", 8080)
    listeners: tuple[tuple[str, socket.socket], ...] = ()
    shut: frozenset[tuple[str, int]] = frozenset()
    household: Household | None = None
    own_options: dict[str, object] = field(default_factory=dict)


class Gate:
    """A gate that listens. Use: `start()`, then `run()` until `stop()`."""

    def __init__(self, settings: Settings) -> None:
        """Put the gate together; must be called on the event loop it will run on.

        Raises:
            StairgateError: the CA can't be used, an option weakens the gate, a trusted file can't be read.
        """
        self._settings = settings
        policy = settings.judge.rules.policy
        own = authority.ensure(settings.home)
        matcher()  # read now: the first page must not wait for all phrases
        chosen = Options()
        resolver = Resolver()
        self.addon = StairgateAddon(
            settings.judge, settings.notes, read_reach(policy.reach, settings.shut), resolver
        )
        self.master = LeanMaster(
            chosen,
            Proxyserver(),
            [self.addon, NextLayer(), TlsContexts(own), TlsConfig(), Handshakes(self.addon)],
        )
        mode = ProxyMode.parse("regular")
        household = settings.household
        if household is not None:
            self.addon.confirming = household.confirming
            self.addon.pinning = household.pinning
        self.front = Front(
            self.addon,
            own,
            lambda reader, writer: Connection(self.master, reader, writer, mode),
            None if household is None else household.meter,
        )
        self._folder = own.folder
        self._loop = asyncio.get_running_loop()
        wanted = options.NEEDED | {
            "server": False,
            "confdir": str(own.folder),
            "ssl_verify_upstream_trusted_ca": str(options.trust_bundle(own.folder, policy.trust)),
        }
        chosen.update(**(wanted | settings.own_options))
        options.require(chosen)
        self.patches = patches.install(Connection)
        """The patches of mitmproxy's core that are in force; see `proxy.patches`."""
        holding.install()
        upstream.install_pages()
        upstream.install_framing()
        upstream.install_dialling(self._loop)
        settings.judge.when_changed(self._renew_soon)
        self._intakes: dict[str, Intake] = {}
        self.serving = asyncio.Event()
        """Set once clients are answered."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the first place it listens at, once started."""
        if not self._intakes:
            raise RuntimeError("the gate has not been started")
        return next(iter(self._intakes.values())).place

    async def start(self) -> None:
        """Take the listeners; nobody is answered yet.

        Raises:
            StairgateError: 69 where the address can't be listened on.
        """
        listeners = self._settings.listeners
        if not listeners and self._settings.listen is not None:
            listeners = (("", open_listener(self._settings.listen, option="--listen")),)
        for label, listener in listeners:
            self._intakes[label] = Intake(listener, self._desk)
        self._renew()

    def _desk(self) -> Desk:
        return Desk(self.front)

    async def listen(self, label: str, listener: socket.socket) -> None:
        """Serve a further place while running."""
        if label in self._intakes:  # whoever was forked just now was given it already
            listener.close()
            return
        self._intakes[label] = Intake(listener, self._desk)
        self._renew()
        self._intakes[label].start()

    def leave(self, label: str) -> None:
        """Answer no new clients at a place, and close those that came there."""
        intake = self._intakes.pop(label, None)
        if intake is not None:
            intake.close()
            self.front.close_where(lambda visitor: visitor.arrival.port == intake.place[1])
            self._renew()

    async def run(self) -> None:
        """Serve until `stop()`."""
        if not self._intakes:
            await self.start()
        master = asyncio.create_task(self.master.run())
        sweeping = asyncio.create_task(self.front.sweep_for_ever())
        warming = asyncio.create_task(self.addon.readers.warm_up(after=_WARM_UP_SECONDS))
        try:
            for intake in self._intakes.values():
                intake.start()
            self.serving.set()
            await master
        finally:
            sweeping.cancel()
            warming.cancel()
            self.stop()

    def stop(self) -> None:
        """Close all listeners and every connection; on the gate's own loop. May be called twice."""
        for intake in self._intakes.values():
            intake.close()
        self.front.close_where(lambda _visitor: True)
        self.addon.readers.close()
        self.master.should_exit.set()

    def _renew_soon(self, _rules: object) -> None:
        # Edits are found in another thread.
        self._loop.call_soon_threadsafe(self._renew)

    def _renew(self) -> None:
        """Take up what a new policy says about reach and trust."""
        policy = self._settings.judge.rules.policy
        own = {intake.place for intake in self._intakes.values()}
        self.addon.reach = read_reach(policy.reach, self._settings.shut | own)
        try:
            bundle = options.trust_bundle(self._folder, policy.trust)
        except StairgateError as error:
            logger.error("The trusted files stay as they were.\n%s", error)  # noqa: TRY400 - told in words
            return
        self.master.options.update(ssl_verify_upstream_trusted_ca=str(bundle))
