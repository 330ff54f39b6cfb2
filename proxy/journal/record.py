"""One line of the journal, and what may never stand in it. Pure: no clock, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rules.address import redact
from rules.policy import JournalLevel

if TYPE_CHECKING:
    from rules.decide import Decision, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The list entry that decided: where it stands and what it says."""

    list: str
    file: str
    line: int
    entry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What happened once.

    Attributes:
        at: when, aware, in UTC.
        person: who asked, by the policy's name for them.
        device: the address or name of the device; empty where it is not known.
        host: what was asked for; empty where it could not be read or is not kept.
        url: scheme, host and path; None where only the host is kept.
        action: `allow`, `block`, `warn` or `ask`.
        category: the category that decided, or None.
        reason: the decision's reason, such as `category` or `household`.
        rule: the entry that decided, or None.
        because: why, in one plain sentence.
    """

    at: datetime
    person: str
    device: str
    host: str
    url: str | None
    action: str
    category: str | None
    reason: str
    rule: Rule | None
    because: str = ""


def describe(
    request: Request, decision: Decision, *, at: datetime, device: str, level: JournalLevel
) -> Record | None:
    """The record of a decision, or None where none may be kept.

    Help services never reach the journal: a child who looks for help must not be found out by it. The text of
    an address that could not be parsed is not kept either, because nobody knows what is in it.

    Args:
        request: what was asked.
        decision: what was answered.
        at: when; aware.
        device: the device's address or name.
        level: how much the policy lets us keep for this person.
    """
    if decision.help or level is JournalLevel.OFF:
        return None
    address = request.address
    match = decision.rule
    named = level in {JournalLevel.ADDRESS, JournalLevel.HOST}
    # Where paths are not kept, an entry with a path would tell what was looked at all the same.
    told = level is JournalLevel.ADDRESS or (named and (match is None or "/" not in match.entry))
    return Record(
        at=at.astimezone(UTC),
        person=request.person,
        device=device,
        host=address.host if address is not None and named else "",
        url=redact(address) if address is not None and level is JournalLevel.ADDRESS else None,
        action=str(decision.action),
        category=decision.category,
        reason=str(decision.reason),
        rule=None
        if match is None or not told
        else Rule(list=match.list, file=match.file, line=match.line, entry=match.entry),
        because=decision.because if told or address is None else "",
    )


def as_json(record: Record) -> dict[str, Any]:
    """The record in the shape of `log show --json`; the time in UTC, ISO 8601 with milliseconds and Z."""
    rule = record.rule
    return {
        "at": record.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "person": record.person,
        "device": record.device,
        "host": record.host,
        "url": record.url,
        "action": record.action,
        "category": record.category,
        "reason": record.reason,
        "rule": None
        if rule is None
        else {"list": rule.list, "file": rule.file, "line": rule.line, "entry": rule.entry},
    }
