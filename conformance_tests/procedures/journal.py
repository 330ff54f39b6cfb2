"""The product's journal, as its export gives it: what each record says, and who never appears in it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from conformance_tests import asking
from conformance_tests.judge import Judgement
from conformance_tests.lab.question import take_apart
from conformance_tests.observation import measured
from conformance_tests.procedures.traces import changed_since
from standard.record import Value
from standard.words import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance_tests.case import Case
    from conformance_tests.observation import Observation
    from conformance_tests.session import Session

_SETTLE = 1.5  # seconds after which a decision must be readable
_CLOSE = 5.0  # seconds a record's time may be off before it is not this record's
_WRITTEN = "the record says it"
ITEMS = {"time": "at"} | {part: part for part in ("who", "address", "category", "action", "rule")}


async def show_parts(session: Session, case: Case) -> list[Observation]:
    """The first probe is blocked by a list: its record is looked for in the export, part by part."""
    probe = case.probes[0]
    alive = await session.is_alive()
    asked = await asking.put(probe, case.id, session.internet, session.door)
    at = datetime.now(UTC)
    await asyncio.sleep(_SETTLE)
    records = (await session.drive("journal")).get("records", [])
    host = take_apart(probe.ask)[1]
    record: Mapping[str, Any] = next(
        (one for one in reversed(records) if host in str(one.get("address", ""))), {}
    )
    if not alive or asked.arrived:
        said = "The listed page came." if asked.arrived else "A harmless page did not load: nothing is shown."
        outcome = Outcome.FAILED if asked.arrived else Outcome.CANNOT_TELL
        return [measured(probe.ask, Judgement(outcome, said), item=item, expected=_WRITTEN) for item in ITEMS]
    return [
        measured(
            probe.ask,
            _part(item, record.get(key), probe.ask, at, found=bool(record)),
            item=item,
            expected=_WRITTEN,
        )
        for item, key in ITEMS.items()
    ]


def _part(item: str, value: Any, url: str, at: datetime, *, found: bool) -> Judgement:
    """Whether one part of a record says what happened."""
    if not found:
        return Judgement(Outcome.FAILED, "The export holds no record of this decision.")
    text = str(value or "")
    right = bool(text)
    match item:
        case "time":
            right = _is_close(text, at)
        case "address":
            right = text.startswith(url.partition("?")[0].rstrip("/")) and "?" not in text
        case "action":
            right = "block" in text or "den" in text
        case "who" | "category" | "rule":
            right = bool(text)
    said = f"The record's {item} is {text[:80]!r}."
    return Judgement(Outcome.PASSED if right else Outcome.FAILED, said)


def _is_close(text: str, at: datetime) -> bool:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return False
    return found.tzinfo is not None and abs((found - at).total_seconds()) <= _CLOSE


async def find_traces(session: Session, case: Case) -> list[Observation]:
    """Every probe is a visit to a help service; afterwards neither the export nor any file names one."""
    begun = datetime.now(UTC).timestamp()
    alive = await session.is_alive()
    of = int(case.settings["visits"])
    visited = 0
    while visited < of:
        for probe in case.probes[: of - visited]:
            await asking.put(probe, case.id, session.internet, session.door)
            visited += 1
    await asyncio.sleep(_SETTLE)
    records = (await session.drive("journal")).get("records", [])
    hosts = {take_apart(probe.ask)[1] for probe in case.probes}
    exported = {host for host in hosts if any(host in str(record) for record in records)}
    written = {
        (host, path.name)
        for path in changed_since(session, begun)
        for host in hosts
        if host.encode() in path.read_bytes()
    }
    traces = len(exported) + len(written)
    said = f"{visited} visits left no trace in {len(records)} records."
    if traces:
        names = ", ".join(sorted({name for _, name in written})) or "no file"
        which = ", ".join(sorted(exported | {host for host, _ in written})[:5])
        said = f"{len(exported)} help services stand in the export, {len(written)} in {names}: {which}."
    outcome = Outcome.CANNOT_TELL if not alive else Outcome.FAILED if traces else Outcome.PASSED
    value = Value(number=traces, unit="traces", of=of)
    silent = "the journal says nothing of them"
    judgement = Judgement(outcome, said)
    return [measured("visits to help services", judgement, value=value, position=1, expected=silent)]
