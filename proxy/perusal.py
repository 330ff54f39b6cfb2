"""Which answers are read, how much of them, and what that leads to: the same on every path through the gate.

Knows heads of answers and findings; it must not know how an answer is held back or sent on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from proxy.hearing import Manner
from proxy.media import STREAMS, Declared, charset_of, declared, is_json, is_page, is_text, kinds_of
from proxy.reading import Answer
from proxy.streaming import Flowing
from proxy.unpacking import FLOWING
from rules.content import LIMITS, Form
from rules.decide import Decision, Reason, Request, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proxy.judge import Judge
    from proxy.readers import UnreadError
    from proxy.reading import Findings
    from rules.policy import Person

MOST = 256 * 1024
"""Bytes of an answer that are held and read, packed and unpacked."""
MOST_LABELS = 64 * 1024
"""The same where only labels count: they stand in a page's head."""
LONGEST = 5.0
"""Seconds an answer is held at most while it trickles in; then it is read, and listened to as it goes on."""
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
        declared: what its head says of it.
        then: how it is listened to where more comes after that time; None: it is not.
    """

    asked: Asked
    person: Person
    declared: Declared
    form: Form
    most: int
    until: float
    then: Flowing | None = None

    def is_enough(self, size: int) -> bool:
        """Whether nothing more of the body need be waited for."""
        return size >= self.most or time.monotonic() > self.until

    def answer(self, body: bytes) -> Answer:
        """What of it is read; `body` as it came so far."""
        return Answer(
            raw=bytes(body[: self.most]),
            codings=self.declared.codings,
            labels=self.declared.labels,
            charset=charset_of(self.declared.content_type),
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


@lru_cache(maxsize=256)
def narrow(accepted: str) -> str:
    """An Accept-Encoding without what can't be read here."""
    offers = [offer.strip() for offer in accepted.split(",")]
    known = [offer for offer in offers if offer.partition(";")[0].strip().lower() in _OFFERED]
    return accepted if len(known) == len(offers) else ", ".join(known) or "identity"


def plan(
    status: int, fields: Iterable[tuple[bytes, bytes]], asked: Asked, judge: Judge
) -> Held | Flowing | None:
    """What is done with an answer of which the head is there.

    Args:
        status: its status.
        fields: names and values of its head.
        asked: what was asked for.
        judge: for the policy, which says whether a person's pages are looked into.

    Returns:
        How it is held; or how it is listened to as it flows by; or None: it passes.
    """
    person = judge.rules.policy.people.get(asked.request.person)
    if person is None or not person.decrypt:
        return None
    head = declared(status, fields)
    if not head.has_content:
        return None
    kinds = kinds_of(head.content_type)
    weighed = LIMITS[person.profile] is not None
    then = _flowing(kinds, head.codings, person) if weighed else None
    flows_by = not kinds.isdisjoint(STREAMS)
    shown = is_page(kinds, page_load=asked.request.page_load)
    if then is not None and not head.labels and (flows_by or (is_text(kinds) and not shown)):
        return then
    form, most, longest = Form.PAGE, MOST if weighed else MOST_LABELS, LONGEST
    if not shown:
        if weighed and (flows_by or is_json(kinds)):
            form, longest = Form.JSON, LONGEST_JSON
        elif head.labels:
            most = 0
        else:
            return None
    until = time.monotonic() + longest
    return Held(asked=asked, person=person, declared=head, form=form, most=most, until=until, then=then)


def _flowing(kinds: frozenset[str], codings: str, person: Person) -> Flowing | None:
    """How an answer of these kinds is listened to; None where its packing can't be undone part by part."""
    if codings not in FLOWING:
        return None
    if not kinds.isdisjoint(STREAMS) or is_json(kinds):
        manner = Manner.LINES
    else:
        manner = Manner.TEXT if is_text(kinds) else Manner.PAGE
    return Flowing(
        profile=person.profile, manner=manner, codings=codings, events="text/event-stream" in kinds
    )


def unread(error: UnreadError) -> Decision:
    """What is decided where an answer could not be read."""
    return refuse(Reason.FAILURE, _UNREAD.format(error))
