"""Stairgate inside a stock mitmdump: `mitmdump -s proxy/addon.py`, with STAIRGATE_HOME.

Puts together from the home folder what `stairgate up` puts together, sets the options the gate needs, and
refuses to run beside options that would weaken it. Slower than our own master, and as closed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mitmproxy import ctx, exceptions

from proxy import authority, holding, options, upstream
from proxy.first_run import prepare_rules
from proxy.home import open_home
from proxy.hooks import StairgateAddon
from proxy.journal.writer import Journal
from proxy.live import Live
from proxy.reach import read_reach
from proxy.tls import TlsContexts
from rules.errors import StairgateError

if TYPE_CHECKING:
    from mitmproxy.addonmanager import Loader

    from proxy.live import Rules


class Standalone:
    """The addon mitmdump loads: the gate's addons beneath it, in the gate's order."""

    name = "stairgate_standalone"

    def __init__(self) -> None:
        home = open_home()
        prepare_rules(home)
        self._authority = authority.ensure(home)
        self._live = Live(home)
        self._journal = Journal.open(home)
        self._watch: asyncio.Task[None] | None = None
        policy = self._live.rules.policy
        # Budgets and overrides hold here as well; only our own master counts what is used.
        self._household = self._live.open_household()
        self._gate = StairgateAddon(self._live, self._journal, read_reach(policy.reach))
        self._gate.confirming = self._household.confirming
        self.addons = [self._gate, TlsContexts(self._authority)]

    def load(self, _loader: Loader) -> None:
        """Set what the gate needs, before anything is served."""
        folder = self._authority.folder
        trust = options.trust_bundle(folder, self._live.rules.policy.trust)
        self._live.when_changed(self._renew)
        known = {name: value for name, value in options.NEEDED.items() if name in ctx.options}
        ctx.options.update(
            **known, confdir=str(folder), ssl_verify_upstream_trusted_ca=str(trust), onboarding=False
        )

    def _renew(self, rules: Rules) -> None:
        # A policy's new `trust` needs a restart here; our own master takes it up while it runs.
        self._gate.reach = read_reach(rules.policy.reach)

    def configure(self, updated: set[str]) -> None:
        """Refuse every later change that would weaken the gate."""
        if updated & (options.NEEDED.keys() | options.HARMLESS.keys()):
            problems = options.weakened(ctx.options)
            if problems:
                raise exceptions.OptionsError(str(StairgateError(*problems)))

    def running(self) -> None:
        """Install what needs the loop, and begin to watch policy and pack."""
        holding.install()
        upstream.install_pages()
        upstream.install_framing()
        upstream.install_dialling(asyncio.get_running_loop())
        self._watch = asyncio.create_task(self._live.watch())

    def done(self) -> None:
        """Write down what is still waiting."""
        if self._watch is not None:
            self._watch.cancel()
        self._journal.close()
        self._household.close()
