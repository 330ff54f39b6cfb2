"""Posted forms: some web relays learn there what to fetch. Read before anything of the request is sent on.

Only forms that are held whole anyway (`flows.streams_up`); what they wrap is found and judged in `rules`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rules.address import is_form, wrapped_in_form

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow

    from rules.decide import Request

_POSTED = "stairgate-posted"
"""Under which a flow's metadata keeps what was asked for, until its form is there."""


def remember(flow: HTTPFlow, request: Request) -> None:
    """Keep what was asked for where a form follows.

    Args:
        flow: an allowed flow of which the head is there.
        request: what was asked for.
    """
    if not flow.request.stream and is_form(flow.request.headers.get("content-type", "")):
        flow.metadata[_POSTED] = request


def reread(flow: HTTPFlow) -> Request | None:
    """The question to ask again now that the form is there; None where it adds nothing."""
    request: Request | None = flow.metadata.pop(_POSTED, None)
    if request is None:
        return None
    body = flow.request.get_content(strict=False) or b""
    carried = wrapped_in_form(body, flow.request.headers.get("content-type", ""))
    return replace(request, carried=carried) if carried else None
