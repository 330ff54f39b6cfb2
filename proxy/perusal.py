"""Which answers are read, how much of them, and what that leads to: the same on every path through the gate.

Knows heads of answers and findings; it must not know how an answer is held back or sent on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from proxy.media import STREAMS, charset_of, has_content, is_json, is_page, kinds_of, labels
from proxy.reading import Answer
from rules.content import LIMITS, Form
from rules.decide import Decision, Reason, Request, refuse

if TYPE_CHECKING:
    from mitmproxy.http import Response

    from proxy.judge import Judge
    from proxy.readers import UnreadError
    from proxy.reading import Findings
    from rules.policy import Person
    from rules.presets import Profile

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


_UNREAD = "The page could not be read ({}), and then nobody can say what it holds."
_PACKED = "The page is packed in a way that can't be read here, and then nobody can say what it holds."
_OFFERED = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "identity"})


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

    def answer(self, response: Response, body: bytes) -> Answer:
        """What of it is read.

        Args:
            response: for its head.
            body: as it came so far.
        """
        return Answer(
            raw=bytes(body[: self.most]),
            codings=response.headers.get("content-encoding", ""),
            labels=labels(response),
            charset=charset_of(response.headers.get("content-type", "")),
            profile=self.person.profile,
            most=self.most,
            form=self.form,
        )

    def conclude(self, found: Findings, judge: Judge) -> tuple[Request, Decision]:
        """What reading it leads to: the question with what was found, and the decision.

        Args:
            found: as `reading` gives it.
            judge: decides again where something was found.
        """
        request, decision = self.asked.request, self.asked.decision
        if found:
            request = replace(request, findings=(*request.findings, *found))
            return request, judge.decide(request)
        if found is None and LIMITS[self.person.profile] is not None:
            return request, refuse(Reason.FAILURE, _PACKED)
        # Nothing was found, or words are not weighed: an answer nobody can read is the browser's.
        return request, decision


def is_read(decision: Decision) -> bool:
    """Whether reading an answer could change what was decided, and is anybody's business."""
    return decision.reason not in _ABOVE and _PRIVATE not in decision.categories


def narrow(accepted: str) -> str:
    """An Accept-Encoding without what can't be read here."""
    offers = [offer.strip() for offer in accepted.split(",")]
    known = [offer for offer in offers if offer.partition(";")[0].strip().lower() in _OFFERED]
    return accepted if len(known) == len(offers) else ", ".join(known) or "identity"


def plan(response: Response, asked: Asked, judge: Judge) -> Held | Profile | None:
    """What is done with an answer of which the head is there.

    Args:
        response: its head.
        asked: what was asked for.
        judge: for the policy, which says whether a person's pages are looked into.

    Returns:
        How it is held; or for whom it is listened to as it flows by; or None: it passes.
    """
    person = judge.rules.policy.people.get(asked.request.person)
    if person is None or not person.decrypt or not has_content(response):
        return None
    kinds = kinds_of(response)
    codings = response.headers.get("content-encoding", "").strip().lower()
    flows_by = not kinds.isdisjoint(STREAMS)
    weighed = LIMITS[person.profile] is not None
    form, longest = Form.PAGE, LONGEST
    if weighed and flows_by and codings in {"", "identity"} and not labels(response):
        return person.profile
    if is_page(kinds, page_load=asked.request.page_load):
        most = MOST if weighed else MOST_LABELS
    elif weighed and (flows_by or is_json(kinds)):
        form, most, longest = Form.JSON, MOST, LONGEST_JSON
    elif labels(response):
        most = 0
    else:
        return None
    return Held(asked=asked, person=person, form=form, most=most, until=time.monotonic() + longest)


def unread(error: UnreadError) -> Decision:
    """What is decided where an answer could not be read."""
    return refuse(Reason.FAILURE, _UNREAD.format(error))
