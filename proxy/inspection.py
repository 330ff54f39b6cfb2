"""Answers that are looked into: held back until their labels and words have been read, then decided on again.

Only what a browser shows as a page is held, and only its first part; all else streams as before. An age
label in a header counts for everything. It knows flows and findings; what a finding leads to is decided in
`rules.decide`, whose order keeps help services, overrides and the household's own rules above all content.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mitmproxy import http

from proxy.pages import render_block
from proxy.searching import is_forced
from proxy.unpacking import UnpackError, readable, unpack
from rules.content import LIMITS, examine
from rules.decide import Decision, Reason, Request, refuse
from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from proxy.addon import Judge, Notes
    from rules.policy import Person, Policy

HELD = "stairgate-held"
"""Under which a flow's metadata says that its answer is held."""
_ASKED = "stairgate-asked"

MOST = 256 * 1024
"""Bytes of an answer that are held and read, packed and unpacked."""
MOST_LABELS = 64 * 1024
"""The same where only labels count: they stand in a page's head."""
LONGEST = 10.0
"""Seconds an answer is held at most while it trickles in; then what is there is read and the rest streams."""
_AT_ONCE_PACKED = 16 * 1024  # bytes unpacked on the event loop; a bomb of this size costs 0.3 ms
_AT_ONCE = 32 * 1024  # bytes read on the event loop: under 1 ms (measured on an idle core)

# Shown as a page or sniffed for one (WHATWG MIME Sniffing, section 7).
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_SNIFFED = frozenset({"", "unknown/unknown", "application/unknown", "*/*"})
_SHOWN = frozenset({"text/plain", "text/xml", "application/xml"})  # where a person waits for the answer
# What decided is above all content: reading it would change nothing.
_ABOVE = frozenset({Reason.ILLEGAL, Reason.HELP, Reason.OVERRIDE, Reason.PERSON, Reason.HOUSEHOLD})
_PRIVATE = "private_sensitive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An answer that is held.

    Attributes:
        request: what was asked for.
        person: for whom it is read.
        most: bytes after which there is enough; 0: its headers are enough.
        until: on the monotonic clock, when it has been held long enough.
    """

    request: Request
    person: Person
    most: int
    until: float

    def is_enough(self, size: int) -> bool:
        """Whether nothing more of the body need be waited for."""
        return size >= self.most or time.monotonic() > self.until


def remember(flow: http.HTTPFlow, request: Request, decision: Decision) -> None:
    """Keep what was decided about a request, for its answer; and ask for a coding that can be read here.

    Args:
        flow: an allowed flow, before it goes out.
        request: what was asked for.
        decision: what was decided.
    """
    if decision.reason in _ABOVE or _PRIVATE in decision.categories:
        return
    flow.metadata[_ASKED] = request
    accepted = flow.request.headers.get("accept-encoding")
    if accepted is not None:
        offers = [offer.strip() for offer in accepted.split(",")]
        known = [offer for offer in offers if offer.partition(";")[0].strip().lower() in _OFFERED]
        if len(known) < len(offers):
            flow.request.headers["accept-encoding"] = ", ".join(known) or "identity"


def forget(flow: http.HTTPFlow) -> None:
    """The answer will be our own, so there is nothing to read in it."""
    flow.metadata.pop(_ASKED, None)


_OFFERED = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "identity"})


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
    return person.decrypt and decision.reason not in _ABOVE and _PRIVATE not in decision.categories


def hold(flow: http.HTTPFlow, judge: Judge) -> bool:
    """Whether an answer, of which the head is there, must be held; marks the flow where it must.

    Args:
        flow: its answer's head has come.
        judge: for the policy, which says whether a person's pages are looked into.
    """
    response = flow.response
    request: Request | None = flow.metadata.pop(_ASKED, None)
    if response is None or request is None or not _has_content(response):
        return False
    person = judge.rules.policy.people.get(request.person)
    if person is None or not person.decrypt:
        return False
    if _is_page(response, request):
        most = MOST_LABELS if LIMITS[person.profile] is None else MOST
    elif any(name.lower() in _LABELS for name in response.headers):
        most = 0
    else:
        return False
    flow.metadata[HELD] = Held(request=request, person=person, most=most, until=time.monotonic() + LONGEST)
    return True


_LABELS = frozenset({"rating", "age-de-meta-label", "age-meta-label"})


def settle(flow: http.HTTPFlow, judge: Judge, notes: Notes) -> Awaitable[None] | None:
    """Read a held answer, and put the block page in its place where it is not served.

    Args:
        flow: its answer, or the first part of it, is there.
        judge: decides again, with what was found.
        notes: is told where the answer changes.

    Returns:
        None where that is done; else what does it off the event loop.
    """
    held: Held | None = flow.metadata.pop(HELD, None)
    response = flow.response
    if held is None or response is None:
        return None
    raw = (response.raw_content or b"")[: held.most]
    codings = response.headers.get("content-encoding", "")
    if len(raw) > _AT_ONCE_PACKED and (codings or len(raw) > _AT_ONCE):
        return _settle_aside(flow, held, raw, judge, notes)
    body = _unpack(raw, codings, held)
    if body is not None and len(body) > _AT_ONCE:
        return _settle_aside(flow, held, raw, judge, notes)
    _conclude(flow, held, _read(response, body, held), judge, notes)
    return None


async def _settle_aside(flow: http.HTTPFlow, held: Held, raw: bytes, judge: Judge, notes: Notes) -> None:
    response = flow.response
    if response is None:
        return
    codings = response.headers.get("content-encoding", "")
    asked = await asyncio.to_thread(lambda: _read(response, _unpack(raw, codings, held), held))
    _conclude(flow, held, asked, judge, notes)


def _unpack(raw: bytes, codings: str, held: Held) -> bytes | None:
    """The body to read; None where it can't be unpacked."""
    if not held.most:
        return b""
    try:
        return unpack(raw, codings, held.most)
    except UnpackError:
        return None


def _read(response: http.Response, body: bytes | None, held: Held) -> Request | None:
    """The question asked again with what was found; None where the body can't be read."""
    pairs = [(name, value) for name, value in response.headers.items(multi=True) if name.lower() in _LABELS]
    charset = _charset(response.headers.get("content-type", ""))
    text, charset = readable(body or b"", charset)
    found = examine(pairs, text, charset=charset, profile=held.person.profile)
    if body is None and not found:
        return None
    return replace(held.request, findings=(*held.request.findings, *found)) if found else held.request


def _conclude(flow: http.HTTPFlow, held: Held, asked: Request | None, judge: Judge, notes: Notes) -> None:
    if asked is held.request:
        return  # nothing was found: what was decided stands
    if asked is None:
        if LIMITS[held.person.profile] is None:
            return  # words are not weighed for this profile, and an answer nobody can read is the browser's
        because = (
            "The page is packed in a way that can't be read here, and then nobody can say what it holds."
        )
        decision = refuse(Reason.FAILURE, because)
        asked = held.request
    else:
        decision = judge.decide(asked)
    if decision.action is Action.ALLOW:
        return
    status, headers, body = render_block(
        decision,
        asked,
        judge.rules.policy,
        flow.request.headers.get("accept-language", ""),
        flow.request.headers.get("accept", ""),
    )
    flow.response = http.Response.make(status, body, headers)
    if flow.request.method == "HEAD":
        flow.response.data.content = b""  # the length stays: what a GET would be answered with
    notes.note(asked, decision, asked.device)


def _has_content(response: http.Response) -> bool:
    """Whether a browser would show what comes: not for interim, empty and redirecting answers."""
    return (
        response.status_code >= 200 and response.status_code != 204 and not 300 <= response.status_code < 400
    )


def _is_page(response: http.Response, request: Request) -> bool:
    # Of several types a browser takes the last it understands: each counts.
    kinds = {
        part.partition(";")[0].strip().lower() for part in response.headers.get("content-type", "").split(",")
    }
    if not kinds.isdisjoint(_PAGES) or any("/" not in kind for kind in kinds):
        return True
    return not kinds.isdisjoint(_SNIFFED) or (request.page_load and not kinds.isdisjoint(_SHOWN))


def _charset(content_type: str) -> str | None:
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip() or None
    return None
