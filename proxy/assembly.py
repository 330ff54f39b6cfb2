"""Which parts a running Stairgate has, and what is prepared for them before the first fork.

| part | what it is | patience |
| --- | --- | --- |
| `journal` | the one writer of the journal; ends last | 5 s |
| `worker-1` … | the gate, all alike | 0.7 s |
| `names-1` … | the DNS listeners, with `--dns`; all alike | 2 s |
| `tunnels` | the devices' WireGuard tunnels, with `--wireguard` | 2 s |
| `console` | the page for parents | 5 s |
| `lists` | looks each minute whether a list is due, each hour whether another CA follows | 5 s |

A further part is one `Part` in `_parts`: a function that takes a `Pulse` and works until told to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import resource
from typing import TYPE_CHECKING, Any

from proxy import worker
from proxy.board import Board
from proxy.console import server as console
from proxy.console.condition import JOURNAL, WORKER
from proxy.dns import part as names
from proxy.dns.building import DnsSettings
from proxy.dns.sockets import bind_shared
from proxy.first_run import prepare
from proxy.household.store import open_store
from proxy.identity import ports_of
from proxy.journal import clerk
from proxy.journal.post import make_channel
from proxy.journal.store import open_engine
from proxy.listening import Listeners, Place, open_listener
from proxy.live import Live
from proxy.part import Part, run_task
from proxy.person_ports import PersonPorts
from proxy.refresher import keep_fresh
from proxy.succession import keep_going
from proxy.supervisor import OWN_SLOT, Supervisor
from proxy.systemd import notify
from proxy.wireguard import part as tunnels
from rules.errors import StairgateError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from proxy.clock import Clock
    from proxy.home import Home

MOST_WORKERS = 4
"""Workers by default, on machines with more cores: each costs 30 MB, and a home does not need more."""
MOST_NAMES = 2
"""DNS listeners: one answers more than a house asks, and the second while the first is replaced."""
EVERYONE = "everyone"
"""The label of the port that `--listen` names."""
_LOOK_TICKS = 5
_NOTIFY_TICKS = 10


def default_workers() -> int:
    """One for each core this process may use."""
    return min(os.process_cpu_count() or 1, MOST_WORKERS)


class Assembly:
    """Everything that has to be there before the first part is forked, and the parent's own small tasks."""

    def __init__(  # noqa: PLR0913 - each parameter is an option of `up`
        self,
        home: Home,
        *,
        proxy: Place,
        console: Place,
        dns: DnsSettings | None = None,
        wireguard: str = "",
        workers: int,
        say: Callable[[str], None],
        clock: Clock | None = None,
    ) -> None:
        """Load everything and bind every port.

        Args:
            home: whose gate.
            proxy: where the workers listen.
            console: where the console listens.
            dns: how DNS questions are answered; None: not at all.
            wireguard: the address at which tunnels end; empty: none.
            workers: how many.
            say: told what people should know, one line or paragraph a call.
            clock: the time limits go by; by default one that doubts who sets the machine's by hand.

        Raises:
            StairgateError: what can't be used (65), is missing, taken or not writable (69).
        """
        self.home = home
        self._say = say
        self._ticks = 0
        _, self._key = prepare(home, say=say)
        self.live = Live(home, clock=clock)
        # Damaged databases are noticed now, and their tables are made.
        open_engine(home.journal).dispose()
        open_store(home.household).dispose()
        with contextlib.ExitStack() as opened:
            self.listeners = Listeners(workers)
            opened.callback(self.listeners.close_all)
            self.proxy = self.listeners.open(EVERYONE, proxy, option="--listen")
            self._person_ports = PersonPorts(self.listeners, self.proxy, workers)
            self._person_ports.follow(ports_of(self.live.rules.policy))
            self._door = opened.enter_context(open_listener(console, option="--console"))
            self._dns = dns
            self._wireguard = wireguard
            count = min(workers, MOST_NAMES)
            places = [] if dns is None else [bind_shared(place, count) for place in dns.listen]
            self._dns_sockets = tuple(zip(*places, strict=True))
            opened.pop_all()
        self._announced = self.live.settled
        self._workers = [f"{WORKER}{number + 1}" for number in range(workers)]
        self._channel = make_channel()
        self._supervisor: Supervisor | None = None
        self._parts = self._make_parts()
        self.board = Board((OWN_SLOT, *(part.name for part in self._parts)))

    @property
    def link(self) -> str:
        """What a parent opens."""
        return console.link(self._door, self._key)

    @property
    def names(self) -> Place | None:
        """Where DNS questions are answered."""
        return _place(self._dns_sockets[0][0][0]) if self._dns_sockets else None

    def run(self, on_ready: Callable[[], None]) -> int:
        """Run all parts until told to stop; the exit code."""
        _raise_descriptor_limit()

        def ready() -> None:
            on_ready()
            notify("READY=1")

        self._supervisor = Supervisor(
            self._parts,
            self.board,
            on_ready=ready,
            on_tick=self._tick,
            on_failing=self._turn_away,
        )
        try:
            return self._supervisor.run()
        finally:
            self.listeners.close_all()
            self._door.close()

    def _make_parts(self) -> list[Part]:
        writing, reading = self._channel
        shut = frozenset({_place(self._door)})
        parts = [
            Part(
                name=JOURNAL,
                work=functools.partial(clerk.keep, home=self.home, channel=reading),
                last=True,
            )
        ]
        for number, name in enumerate(self._workers):
            task = worker.Task(
                home=self.home,
                live=self.live,
                channel=writing,
                listeners=functools.partial(self.listeners.of, number),
                shut=shut,
            )
            parts.append(
                Part(name=name, work=functools.partial(worker.serve, task=task), patience=worker.PATIENCE)
            )
        for number, sockets in enumerate(self._dns_sockets):
            answer = functools.partial(
                names.serve,
                settings=self._dns or DnsSettings(listen=()),
                sockets=sockets,
                live=self.live,
                channel=writing,
            )
            parts.append(Part(name=f"names-{number + 1}", work=answer, patience=2.0))
        if self._wireguard:
            end = functools.partial(
                tunnels.serve,
                home=self.home,
                host=self._wireguard,
                names=self._dns,
                live=self.live,
                channel=writing,
                shut=shut,
            )
            parts.append(Part(name="tunnels", work=end, patience=2.0))
        parts.append(
            Part(
                name="console",
                work=functools.partial(
                    console.serve, listener=self._door, live=self.live, key=self._key, proxy=join(self.proxy)
                ),
            )
        )
        refresh = functools.partial(_look_after, self.home, self._say)
        parts.append(Part(name="lists", work=functools.partial(run_task, make=refresh)))
        return parts

    def _tick(self) -> None:
        """Take up edits, so that whoever is forked next begins with them, and say when they are in force."""
        self._ticks += 1
        if self._ticks % _NOTIFY_TICKS == 0:
            notify("WATCHDOG=1")
        if self._ticks % _LOOK_TICKS == 0 and self.live.refresh():
            self._follow_ports()
        if self._announced == self.live.settled:
            return
        now = repr(self.live.settled)
        told = [self.board.read(part.name) for part in self._parts]
        if all(one["rules"] == now for one in told if "rules" in one):
            self._announced = self.live.settled
            trouble = self.live.trouble
            self._say(
                "The new policy and lists are in force."
                if trouble is None
                else f"The last edit is not in force; the rules before it stay.\n{trouble}"
            )

    def _follow_ports(self) -> None:
        """Open and close the ports that stand for people."""

        def order(worker: int, message: dict[str, Any], sockets: Sequence[socket.socket]) -> None:
            if self._supervisor is not None:
                descriptors = [one.fileno() for one in sockets]
                self._supervisor.order(self._workers[worker], message, descriptors)

        try:
            self._person_ports.follow(ports_of(self.live.rules.policy), order)
        except StairgateError as error:
            self._say(str(error))

    def _turn_away(self, name: str) -> None:
        if name in self._workers:
            self.listeners.turn_away(self._workers.index(name))


async def _look_after(home: Home, say: Callable[[str], None]) -> None:
    """What is done beside the gate, for ever: lists that are due, and the CA's succession."""
    await asyncio.gather(keep_fresh(home, say=say), keep_going(home, say=say))


def join(place: Place) -> str:
    """`host:port`, IPv6 in brackets."""
    host, port = place
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _place(listener: socket.socket) -> Place:
    host, port = listener.getsockname()[:2]
    return str(host), int(port)


def _raise_descriptor_limit() -> None:
    """As many open connections as the system lets us have: each tunnel takes two descriptors."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
