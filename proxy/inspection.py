"""Answers that are looked into: held back until their labels and words have been read, then decided on again.

Only what a browser shows as a page is held, and JSON, and only the first part; text that flows line by line
is read as it flows by; all else streams as before. An age label in a header counts for everything. It knows
flows and findings; what a finding leads to is decided in `rules.decide`, whose order keeps help services,
overrides and the household's own rules above all content.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from proxy.media import STREAMS, charset_of, has_content, is_json, is_page, kinds_of, labels
from proxy.readers import UnreadError
from proxy.reading import Answer, read_at_once
from proxy.replies import put_page
from proxy.searching import is_forced
from proxy.streaming import Listener
from rules.content import LIMITS, Form
from rules.decide import Decision, Reason, Request, refuse
from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from mitmproxy import http

    from proxy.addon import Judge, Notes
    from proxy.readers import Readers
    from proxy.reading import Findings
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
LONGEST_JSON = 2.0
"""The same for JSON, which a page that is open already waits for."""

# What decided is above all content: reading it would change nothing.
_ABOVE = frozenset({Reason.ILLEGAL, Reason.HELP, Reason.OVERRIDE, Reason.PERSON, Reason.HOUSEHOLD})
_PRIVATE = "private_sensitive"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was let through, and the decision that is not in the journal yet."""

    request: Request
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An answer that is held.

    Attributes:
        asked: what was asked for, and what was decided then.
        person: for whom it is read.
        form: what its body is read as.
        most: bytes after which there is enough; 0: its headers are enough.
        until: on the monotonic clock, when it has been held long enough.
    """

    asked: Asked
    person: Person
    form: Form
    most: int
    until: float

    def is_enough(self, size: int) -> bool:
        """Whether nothing more of the body need be waited for."""
        return size >= self.most or time.monotonic() > self.until


def remember(flow: http.HTTPFlow, request: Request, decision: Decision) -> bool:
    """Keep what was decided about a request, for its answer; and ask for a coding that can be read here.

    Args:
        flow: an allowed flow, before it goes out.
        request: what was asked for.
        decision: what was decided.

    Returns:
        Whether the answer may still change the decision. Then it is noted here, once, when that is known.
    """
    if decision.reason in _ABOVE or _PRIVATE in decision.categories:
        return False
    flow.metadata[_ASKED] = Asked(request, decision)
    if "text/event-stream" in flow.request.headers.get("accept", ""):
        flow.request.headers["accept-encoding"] = "identity"  # what flows by is read unpacked
        return True
    accepted = flow.request.headers.get("accept-encoding")
    if accepted is not None:
        offers = [offer.strip() for offer in accepted.split(",")]
        known = [offer for offer in offers if offer.partition(";")[0].strip().lower() in _OFFERED]
        if len(known) < len(offers):
            flow.request.headers["accept-encoding"] = ", ".join(known) or "identity"
    return True


def note_pending(flow: http.HTTPFlow, notes: Notes) -> None:
    """Note what was decided about a flow whose answer never came, or is not looked into."""
    asked: Asked | None = flow.metadata.pop(_ASKED, None)
    if asked is not None:
        notes.note(asked.request, asked.decision, asked.request.device)


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
    person = None if asked is None else judge.rules.policy.people.get(asked.request.person)
    if response is None or asked is None or person is None or not person.decrypt or not has_content(response):
        note_pending(flow, notes)
        return True
    kinds = kinds_of(response)
    codings = response.headers.get("content-encoding", "").strip().lower()
    flows_by = not kinds.isdisjoint(STREAMS)
    weighed = LIMITS[person.profile] is not None
    form, until = Form.PAGE, LONGEST
    if weighed and flows_by and codings in {"", "identity"} and not labels(response):
        note_pending(flow, notes)
        return Listener(asked.request, person.profile, judge, notes)
    if is_page(kinds, page_load=asked.request.page_load):
        most = MOST if weighed else MOST_LABELS
    elif weighed and (flows_by or is_json(kinds)):
        form, most, until = Form.JSON, MOST, LONGEST_JSON
    elif labels(response):
        most = 0
    else:
        note_pending(flow, notes)
        return True
    del flow.metadata[_ASKED]
    flow.metadata[HELD] = Held(
        asked=asked, person=person, form=form, most=most, until=time.monotonic() + until
    )
    return False


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
    answer = Answer(
        raw=(response.raw_content or b"")[: held.most],
        codings=response.headers.get("content-encoding", ""),
        labels=labels(response),
        charset=charset_of(response.headers.get("content-type", "")),
        profile=held.person.profile,
        most=held.most,
        form=held.form,
    )
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
        _refuse(flow, held.asked.request, refuse(Reason.FAILURE, _UNREAD.format(error)), judge, notes)
        return
    _conclude(flow, held, found, judge, notes)


_UNREAD = "The page could not be read ({}), and then nobody can say what it holds."
_PACKED = "The page is packed in a way that can't be read here, and then nobody can say what it holds."


def _conclude(flow: http.HTTPFlow, held: Held, found: Findings, judge: Judge, notes: Notes) -> None:
    request, decision = held.asked.request, held.asked.decision
    if found:
        request = replace(request, findings=(*request.findings, *found))
        decision = judge.decide(request)
    elif found is None and LIMITS[held.person.profile] is not None:
        decision = refuse(Reason.FAILURE, _PACKED)
    # Else nothing was found, or words are not weighed: an answer nobody can read is the browser's.
    if decision.action is Action.ALLOW:
        notes.note(request, decision, request.device)
    else:
        _refuse(flow, request, decision, judge, notes)


def _refuse(flow: http.HTTPFlow, request: Request, decision: Decision, judge: Judge, notes: Notes) -> None:
    put_page(flow, request, decision, judge.rules.policy)
    if flow.request.method == "HEAD" and flow.response is not None:
        flow.response.data.content = b""  # the length stays: what a GET would be answered with
    notes.note(request, decision, request.device)
