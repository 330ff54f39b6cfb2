"""Posted forms: some web relays learn there what to fetch, and some engines what to search for.

Read before anything of the request is sent on. The first part of a long form decides, the rest streams on:
fields that say where to go stand among the first. What a form means is found and judged in `rules`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.unpacking import UnpackError, unpack
from rules.address import MOST_BYTES, is_form
from rules.search import with_form

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow

    from rules.decide import Request

MOST = MOST_BYTES
"""Bytes of a form that are waited for, packed and unpacked."""
POSTED = "stairgate-posted"
"""Under which a flow's metadata keeps what was asked for, until its form is there."""


def remember(flow: HTTPFlow, request: Request) -> None:
    """Keep what was asked for where a form follows, and hold the form.

    Args:
        flow: an allowed flow of which the head is there.
        request: what was asked for.
    """
    if is_form(flow.request.headers.get("content-type", "")):
        flow.request.stream = False
        flow.metadata[POSTED] = request


def reread(flow: HTTPFlow) -> Request | None:
    """The question to ask again, now that the form or its first part is there; None where it adds nothing."""
    request: Request | None = flow.metadata.pop(POSTED, None)
    if request is None:
        return None
    head = flow.request.headers
    body = flow.request.raw_content or b""
    return read_form(request, body, head.get("content-type", ""), head.get("content-encoding", ""))


def read_form(request: Request, body: bytes, content_type: str, codings: str) -> Request | None:
    """The question to ask again with what a form says; None where it adds nothing.

    Args:
        request: what was asked for by the head.
        body: the form as it came, or its first part.
        content_type: as the head says it.
        codings: its Content-Encoding; a form in one that is not known here can hardly be read there.
    """
    try:
        return with_form(request, unpack(body[:MOST], codings, MOST), content_type)
    except UnpackError:
        return None
