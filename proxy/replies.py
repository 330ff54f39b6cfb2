"""Our own answers in a site's place, put into a mitmproxy flow. Knows pages and flows; decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitmproxy import http

from proxy.pages import render_block

if TYPE_CHECKING:
    from proxy.confirming import Confirming
    from rules.decide import Decision, Request
    from rules.policy import Policy


CONFIRMING = "stairgate-confirming"
"""Under which a flow's metadata says who makes the buttons of warnings."""


def put_page(flow: http.HTTPFlow, request: Request, decision: Decision, policy: Policy) -> None:
    """Answer with the page that says why it is not served.

    Args:
        flow: its request's head is there.
        request: what was asked for.
        decision: why it is not served.
        policy: whose help services are shown.
    """
    wishes = flow.request.headers
    confirming: Confirming | None = flow.metadata.get(CONFIRMING)
    status, headers, body = render_block(
        decision,
        request,
        policy,
        wishes.get("accept-language", ""),
        wishes.get("accept", ""),
        button="" if confirming is None else confirming.button(request, decision),
    )
    flow.response = http.Response.make(status, body, headers)


def put_way_back(flow: http.HTTPFlow, place: str) -> None:
    """Lead back to `place` (path and query) after a button was pressed."""
    flow.request.stream = False
    flow.response = http.Response.make(303, b"", {"location": place, "cache-control": "no-store"})
