"""What a client gets that is not served: the block page, over our own TLS or in the clear, and error pages.

Knows pages, certificates and notes. The blocked site is never dialled.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from proxy.block_tls import BlockPage, PageContexts
from proxy.distrust import Distrust
from proxy.flows import is_page
from proxy.pages import render_block, render_error
from proxy.wire import head_of, own_answer, see_other
from rules.address import AddressError, parse
from rules.decide import Decision, Level, Reason, Request
from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.authority import Authority
    from proxy.head import Head
    from proxy.hooks import StairgateAddon
    from proxy.reception import Visitor
    from proxy.ways import AtDesk

logger = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds a client has to say what it wants: its head, and its whole greeting."""


class Refusals:
    """All block pages that are being shown."""

    def __init__(self, addon: StairgateAddon, authority: Authority) -> None:
        """Begin with none.

        Args:
            addon: judge, notes and buttons.
            authority: signs the certificates of block pages.
        """
        self.addon = addon
        self._pages: dict[BlockPage, tuple[float, Visitor | None]] = {}
        self._contexts = PageContexts(authority)
        self._distrust = Distrust()
        self._loop = asyncio.get_running_loop()

    def close_pages_before(self, now: float) -> None:
        """Close the pages whose time was over before `now`, on the loop's clock."""
        for page in [page for page, (until, _) in self._pages.items() if until < now]:
            if page.transport is not None:
                page.transport.abort()

    def close_pages_where(self, unwanted: Callable[[Visitor], bool]) -> None:
        """Close the pages of some visitors."""
        for page, (_, visitor) in list(self._pages.items()):
            if page.transport is not None and (visitor is None or unwanted(visitor)):
                page.transport.abort()

    def show_block(
        self, desk: AtDesk, name: str, request: Request, decision: Decision, unread: bytes
    ) -> None:
        """Shake hands under `name` and answer the first request with the block page."""
        transport = desk.transport
        if transport is None or transport.is_closing():
            return
        if self._distrust.refuses(request.device):
            self.addon.notes.note(request, decision, request.device)
            transport.close()
            return
        noted = False

        def answer(head: Head | None) -> bytes:
            nonlocal noted
            noted = True
            if head is not None and desk.visitor is not None:
                self.addon.pinning.note(desk.visitor, name, trusted=True)
            return self._block_answer(head, request, decision)

        def gone(page: BlockPage) -> None:
            self._pages.pop(page, None)
            if not noted:
                # Blocked all the same: a device that did not trust our certificate, or went away.
                self.addon.notes.note(request, decision, request.device)

        def shaken(reason: str) -> None:
            self._distrust.note(request.device, reason)

        page = BlockPage(self._contexts.context(name), answer, gone, shaken)
        self._pages[page] = (self._loop.time() + PATIENCE * 3, desk.visitor)
        transport.set_protocol(page)
        page.connection_made(transport)
        if unread:
            page.data_received(unread)

    def _block_answer(self, head: Head | None, request: Request, decision: Decision) -> bytes:
        """The block page for a request inside the tunnel, decided and noted with its whole address."""
        if head is not None and request.address is not None:
            page_load = is_page(head.get(b"sec-fetch-dest") or None, head.get(b"accept") or None)
            port = f":{request.address.port}" if request.address.port else ""
            host = f"[{request.address.host}]" if ":" in request.address.host else request.address.host
            text = f"https://{host}{port}{head.target if head.target.startswith('/') else '/'}"
            try:
                whole = parse(text)
            except AddressError:
                whole = request.address
            request = replace(request, address=whole, text=text, page_load=page_load, level=Level.ADDRESS)
            if decision.reason is not Reason.BYPASS or decision.category is not None:
                closer = self.addon.judge.decide(request)
                # Already inside our own TLS there is no way to the site: only a closer reason is taken over.
                decision = closer if closer.action is not Action.ALLOW else decision
            place = self.addon.confirming.taken(request, head.method)
            if place:
                return see_other(place)
        answer = self.plain_block(request, decision, head)
        if head is not None and head.method == "HEAD":
            answer = head_of(answer)
        return answer

    def plain_block(
        self, request: Request, decision: Decision, head: Head | None = None, *, keep: bool = False
    ) -> bytes:
        """A whole answer with the block page, noted.

        Args:
            request: what was asked.
            decision: why it is not served.
            head: the request's head, for what the client likes to get; None where there is none.
            keep: the connection stays open after it; else it is to be closed.
        """
        # A page must stand even where no line can be written.
        try:
            self.addon.notes.note(request, decision, request.device)
        except Exception:
            logger.exception("a block could not be noted")
        policy = self.addon.judge.rules.policy
        liked = ("", "") if head is None else (head.get(b"accept-language"), head.get(b"accept"))
        button = self.addon.confirming.button(request, decision)
        status, headers, body = render_block(decision, request, policy, *liked, button=button)
        return own_answer(status, headers, body, keep=keep)

    def error_answer(self, status: int, why: str) -> bytes:
        """A whole answer that says what was not understood."""
        headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
        return own_answer(status, headers, render_error(status, why, ""))
