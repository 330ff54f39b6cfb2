"""Answers that are looked into: held back until their labels and words have been read, then decided on again.

Only what a browser shows as a page is held, and JSON, and only the first part; text that flows line by line
is read as it flows by; all else streams as before. An age label in a header counts for everything. It knows
flows and findings; what a finding leads to is decided in `rules.decide`, whose order keeps help services,
overrides and the household's own rules above all content.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from proxy.dispatch import abort
from proxy.hearing import Manner
from proxy.perusal import Asked, Held, is_read, narrow, plan, unread
from proxy.readers import UnreadError
from proxy.reading import Answer, read_at_once
from proxy.replies import put_page
from proxy.searching import is_forced
from proxy.streaming import Flowing, Listener
from rules.content import LIMITS
from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mitmproxy import http
    from mitmproxy.websocket import WebSocketMessage

    from proxy.judge import Judge, Notes
    from proxy.readers import Readers
    from proxy.reading import Findings
    from rules.decide import Decision, Request
    from rules.policy import Policy

HELD = "stairgate-held"
"""Under which a flow's metadata says that its answer is held."""
_ASKED = "stairgate-asked"
_LISTENER = "stairgate-listener"
_LATER = "stairgate-later"


def remember(flow: http.HTTPFlow, request: Request, decision: Decision) -> bool:
    """Keep what was decided about a request, for its answer; and ask for a coding that can be read here.

    Args:
        flow: an allowed flow, before it goes out.
        request: what was asked for.
        decision: what was decided.

    Returns:
        Whether the answer may still change the decision. Then it is noted here, once, when that is known.
    """
    if not is_read(decision):
        return False
    flow.metadata[_ASKED] = Asked(request, decision)
    if "text/event-stream" in flow.request.headers.get("accept", ""):
        flow.request.headers["accept-encoding"] = "identity"  # what flows by is read unpacked
        return True
    accepted = flow.request.headers.get("accept-encoding")
    if accepted is not None and (narrowed := narrow(accepted)) != accepted:
        flow.request.headers["accept-encoding"] = narrowed
    return True


def note_pending(flow: http.HTTPFlow, notes: Notes) -> None:
    """Note what was decided about a flow whose answer never came, or is not looked into."""
    asked: Asked | None = flow.metadata.pop(_ASKED, None)
    if asked is not None:
        notes.note(asked.request, asked.decision, asked.request.device)


def forget(flow: http.HTTPFlow) -> None:
    """The answer will be our own, so there is nothing to read in it."""
    flow.metadata.pop(_ASKED, None)


def may_read(request: Request, decision: Decision, policy: Policy) -> bool:
    """Whether an allowed request may be changed or its answer read: which one, only its head will tell.

    Args:
        request: what was asked for.
        decision: what was decided.
        policy: says whether a person's pages are looked into, and who searches in a safe mode.
    """
    person = policy.people.get(request.person)
    if person is None:
        return False
    if request.address is not None and is_forced(request.address, person, decision):
        return True
    return person.decrypt and is_read(decision)


def begin(flow: http.HTTPFlow, judge: Judge, notes: Notes) -> bool | Listener:
    """What is done with an answer of which the head is there; the flow is marked where it is held.

    Args:
        flow: its answer's head has come.
        judge: for the policy, which says whether a person's pages are looked into.
        notes: is told what was decided, where the answer can't change it.

    Returns:
        For `response.stream`: False where it is held, True where it passes as it comes, or what listens.
    """
    response = flow.response
    asked: Asked | None = flow.metadata.get(_ASKED)
    if response is None or asked is None:
        return True
    if response.status_code == 101:
        note_pending(flow, notes)
        _listen_to_messages(flow, asked.request, judge, notes)
        return True
    found = plan(response.status_code, response.headers.fields, asked, judge)
    if isinstance(found, Held):
        del flow.metadata[_ASKED]
        flow.metadata[HELD] = found
        return False
    note_pending(flow, notes)
    return True if found is None else _listener(flow, asked.request, found, judge, notes)


def _listener(
    flow: http.HTTPFlow, request: Request, flowing: Flowing, judge: Judge, notes: Notes
) -> Listener:
    # An event stream is told why it ends, and HTTP/2 has other streams on the connection.
    keeps = flowing.events or flow.request.is_http2
    return Listener(
        request, flowing, judge, notes, None if keeps else functools.partial(abort, flow.client_conn)
    )


def listen_on(flow: http.HTTPFlow, first: bytes) -> bool | Listener:
    """For `response.stream`, where the first part of an answer was held for long enough and let in."""
    make: Callable[[], Listener] | None = flow.metadata.pop(_LATER, None)
    if make is None:
        return True
    listener = make()
    listener.skip(first)
    return listener


def _listen_to_messages(flow: http.HTTPFlow, request: Request, judge: Judge, notes: Notes) -> None:
    person = judge.rules.policy.people.get(request.person)
    if person is not None and person.decrypt and LIMITS[person.profile] is not None:
        flowing = Flowing(profile=person.profile, manner=Manner.MESSAGES)
        flow.metadata[_LISTENER] = _listener(flow, request, flowing, judge, notes)


def overhear(flow: http.HTTPFlow, message: WebSocketMessage) -> None:
    """Read a message that a site sends; one that says too much is dropped, and the connection with it."""
    listener: Listener | None = flow.metadata.get(_LISTENER)
    if listener is None or message.from_client or not message.is_text:
        return
    listener(message.content)
    if listener.cut_off:
        message.drop()


def settle(flow: http.HTTPFlow, judge: Judge, notes: Notes, readers: Readers) -> Awaitable[None] | None:
    """Read a held answer, and put the block page in its place where it is not served.

    Args:
        flow: its answer, or the first part of it, is there.
        judge: decides again, with what was found.
        notes: is told what was decided in the end.
        readers: read what would hold up the event loop.

    Returns:
        None where that is done; else what does it beside the event loop.
    """
    held: Held | None = flow.metadata.pop(HELD, None)
    response = flow.response
    if held is None or response is None:
        return None
    answer = held.answer(response.raw_content or b"")
    done = read_at_once(answer)
    if done is None:
        return _settle_aside(flow, held, answer, judge, notes, readers)
    _conclude(flow, held, done[0], judge, notes)
    return None


async def _settle_aside(
    flow: http.HTTPFlow, held: Held, answer: Answer, judge: Judge, notes: Notes, readers: Readers
) -> None:
    try:
        found = await readers.read(answer)
    except UnreadError as error:
        _refuse(flow, held.asked.request, unread(error), judge, notes)
        return
    _conclude(flow, held, found, judge, notes)


def _conclude(flow: http.HTTPFlow, held: Held, found: Findings, judge: Judge, notes: Notes) -> None:
    request, decision = held.conclude(found, judge)
    if decision.action is Action.ALLOW:
        notes.note(request, decision, request.device)
        if held.then is not None:
            flow.metadata[_LATER] = functools.partial(_listener, flow, request, held.then, judge, notes)
    else:
        _refuse(flow, request, decision, judge, notes)


def _refuse(flow: http.HTTPFlow, request: Request, decision: Decision, judge: Judge, notes: Notes) -> None:
    put_page(flow, request, decision, judge.rules.policy)
    if flow.request.method == "HEAD" and flow.response is not None:
        flow.response.data.content = b""  # the length stays: what a GET would be answered with
    notes.note(request, decision, request.device)
