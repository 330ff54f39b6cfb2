"""How mitmproxy holds an answer, or a form, no longer than needed: the first part decides, the rest streams.

By itself mitmproxy either holds a body whole, without an end, or streams it from its first byte, when no
block page can be sent any more. Installed once a process, and only over the source it was tested with;
over another one both are held whole: more memory, as safe.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mitmproxy.proxy.layers.http import HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import ErrorCode, RequestData, RequestProtocolError, ResponseData
from mitmproxy.proxy.layers.http._hooks import HttpRequestHook, HttpResponseHook

from proxy.dispatch import abort
from proxy.inspection import HELD, listen_on
from proxy.patches import fingerprint
from proxy.posting import MOST, POSTED
from proxy.upload import bound_upload

if TYPE_CHECKING:
    from mitmproxy.proxy import events, layer

    from proxy.perusal import Held

logger = logging.getLogger(__name__)

TESTED = frozenset({"80deb0c852f2a847"})
"""The beginnings of SHA-256 over the source this was tested with, in mitmproxy 12.2.3."""

_stock = HttpStream.state_consume_response_body
_stock_request = HttpStream.state_consume_request_body


def source() -> str:
    """The fingerprint of what is relied upon, in the mitmproxy that is installed."""
    return fingerprint(
        _stock,
        HttpStream.start_response_stream,
        HttpStream.state_stream_response_body,
        HttpStream.send_response,
        _stock_request,
        HttpStream.start_request_stream,
        HttpStream.state_stream_request_body,
    )


def install() -> bool:
    """Put it in where it fits; says whether it did."""
    fits = source() in TESTED
    if fits:
        HttpStream.state_consume_response_body = _consume  # type: ignore[method-assign]
        HttpStream.state_consume_request_body = _consume_form  # type: ignore[method-assign]
    else:
        logger.warning("holding does not know this mitmproxy: pages and forms that are read are held whole")
    return fits


def _consume(self: HttpStream, event: events.Event) -> layer.CommandGenerator[None]:
    held: Held | None = self.flow.metadata.get(HELD)
    response = self.flow.response
    if held is None or response is None or not isinstance(event, ResponseData):
        yield from _stock(self, event)
        return
    self.response_body_buf += event.data
    if not held.is_enough(len(self.response_body_buf)):
        return
    is_late = len(self.response_body_buf) < held.most
    response.data.content = bytes(self.response_body_buf)
    self.response_body_buf.clear()
    # The hook decides on what is there; it runs a second time at the end, when nothing is held any more.
    yield HttpResponseHook(self.flow)
    if (yield from self.check_killed(True)):
        return
    if self.flow.response is response:
        first = response.data.content
        response.data.content = None
        response.stream = listen_on(self.flow, first or b"") if is_late else True
        yield from self.start_response_stream()
        yield SendHttp(ResponseData(self.stream_id, first), self.context.client)
        return
    # Not served: the site is told to stop, and the client gets the page that has taken the answer's place.
    yield SendHttp(RequestProtocolError(self.stream_id, "not served", ErrorCode.CANCEL), self.context.server)
    yield from self.send_response()
    self.server_state = self.state_errored


def _consume_form(self: HttpStream, event: events.Event) -> layer.CommandGenerator[None]:
    request = self.flow.request
    if POSTED not in self.flow.metadata or not isinstance(event, RequestData):
        yield from _stock_request(self, event)
        return
    self.request_body_buf += event.data
    if len(self.request_body_buf) < MOST:
        return
    request.data.content = bytes(self.request_body_buf)
    # The hook decides on what is there; it runs a second time at the end, when nothing is held any more.
    yield HttpRequestHook(self.flow)
    if (yield from self.check_killed(True)):
        return
    if self.flow.response is not None:
        bound_upload(self.flow, abort)  # what still comes of it is swallowed, then the page is sent
        return
    first = request.data.content
    request.data.content = None
    self.request_body_buf.clear()
    request.stream = True
    yield from self.start_request_stream()
    if self.client_state == self.state_stream_request_body:
        yield SendHttp(RequestData(self.stream_id, first), self.context.server)
