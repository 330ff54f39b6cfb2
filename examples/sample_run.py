# noqa: INP001 - a script's helper, run by hand and by tests; not a package
"""An invented run of an invented product, written as a result file: what the sample report is made of.

Nothing was examined. Every automated criterion of the edition gets as many records as it asks for; those
named in `FAULTS` get misses, a dead lab, or too few. Same seed, same file.
"""

from __future__ import annotations

import random
from copy import replace
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from standard import capability, seed
from standard.criterion import (
    AmountMeasure,
    Criterion,
    DifferenceMeasure,
    EveryMeasure,
    RateMeasure,
    TimeMeasure,
)
from standard.facts import Product
from standard.record import Draw, Header, Result, Value
from standard.result_writer import Writer
from standard.words import Level, Outcome, Seal, Side, Stand

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from standard.capability import Statement
    from standard.catalogue import Catalogue

STATEMENT = {
    "format": 1,
    "product": {"id": "sample-filter", "name": "Sample Filter", "vendor": "Example & Daughters"},
    "audience": "Families with children from 6 to 15.",
    "stands": ["forward-proxy"],
    "settings": ["home"],
    "languages": ["en"],
    "offers": ["category-filtering"],
    "lacks": [],
    "limits": [{"text": "Apps that bring their own certificate store are blocked whole."}],
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong in one criterion.

    Attributes:
        failed: records that fail.
        cannot_tell: records that can't be told.
        missing: records left out at the end.
        because: what the failing records say.
    """

    failed: int = 0
    cannot_tell: int = 0
    missing: int = 0
    because: str = "The page reached the client: its canary was in the body of a 200 response."


SOUND: Mapping[str, Fault] = {}
"""No fault at all."""

FAULTS: Mapping[str, Fault] = {
    "content.sexually-explicit/known-sites": Fault(failed=9),
    "content.gambling/known-sites": Fault(failed=17),
    "content.illegal-drugs/known-sites": Fault(failed=11),
    "content.ordinary-sites-open/false-blocks": Fault(
        failed=2, because="A block page came instead of the shop's first page."
    ),
    "content.address-spelling/pairs": Fault(
        failed=1, because="The spelling with a trailing dot was delivered; the plain one was blocked."
    ),
    "settings.dns-over-https/known-services": Fault(
        cannot_tell=3, because="The harmless page did not come after the question: the product had stopped."
    ),
}
"""The faults of the sample report; criteria the edition does not have are a mistake and refused."""


def write_run(known: Catalogue, path: Path, *, faults: Mapping[str, Fault]) -> None:
    """Write a whole run of the newest edition to `path`, which must not be there yet."""
    edition = list(known.editions.values())[-1]
    statement = capability.parse(STATEMENT, known, place=lambda *_: "sample")
    build = "sha256:" + "5a" * 32
    header = Header(
        run="2026-11-21T16-00-00Z-7f3a",
        edition=edition.id,
        edition_sha256=edition.sha256,
        product=Product(
            id="sample-filter",
            name="Sample Filter",
            version="0.4.0",
            build=build,
            vendor="Example & Daughters",
        ),
        stand=Stand.FORWARD_PROXY,
        level=Level.BASIC,
        seal=Seal.NAMESPACE,
        how="network namespace without a way out",
        seed=str(seed.derive(build, edition.sha256)),
        seed_is_derived=True,
        cases="c5" * 32,
        started="2026-11-21T16:00:00Z",
        statement=STATEMENT,
        tool="sample",
    )
    with Writer.create(path, header) as writer:
        for clause in known.selected(edition):
            if capability.reach(clause, header.stand, statement).verdict is not None:
                continue
            for criterion in clause.criteria:
                if criterion.is_automated and header.level.includes(criterion.level):
                    fault = faults.get(criterion.id, Fault())
                    for result in _records(criterion, known, statement, fault, random.Random(7)):  # noqa: S311 - a repeatable sample, no secret
                        writer.write(result)
        writer.finish(finished="2026-11-21T16:41:00Z")


def _records(
    criterion: Criterion, known: Catalogue, statement: Statement, fault: Fault, chance: random.Random
) -> Iterator[Result]:
    plain = [*_planned(criterion, known, statement)]
    plain = plain[: len(plain) - fault.missing]
    order = list(range(len(plain)))
    chance.shuffle(order)
    failing, unsure = set(order[: fault.failed]), set(order[fault.failed : fault.failed + fault.cannot_tell])
    for at, result in enumerate(plain):
        if at in failing or at in unsure:
            yield _with(result, Outcome.FAILED if at in failing else Outcome.CANNOT_TELL, fault.because)
        else:
            yield result


def _with(result: Result, outcome: Outcome, because: str) -> Result:
    return replace(result, outcome=outcome, because=because, evidence=("evidence/client.http",))


def _planned(criterion: Criterion, known: Catalogue, statement: Statement) -> Iterator[Result]:
    measure = criterion.measure
    match measure:
        case RateMeasure():
            for at in range(1, measure.draw + 1):
                yield _drawn(criterion, at, "drawn")
        case DifferenceMeasure():
            for side in Side:
                for at in range(1, measure.draw + 1):
                    yield _drawn(criterion, at, side.value, side)
        case EveryMeasure():
            members = measure.members
            if measure.set_id in known.sets:
                members = capability.members(known.sets[measure.set_id], Stand.FORWARD_PROXY, statement)
            for member in members:
                yield _result(criterion, member, item=member, asked=f"Ask with {member}.")
        case TimeMeasure():
            for at in range(1, measure.draw + 1):
                value = Value(number=round(measure.at_most * (0.4 + at % 10 / 50), 3), unit=measure.unit)
                yield _result(criterion, "timed", position=at, value=value)
        case AmountMeasure():
            for at in range(1, measure.of + 1):
                yield _result(criterion, "amount", position=at, value=Value(number=0, unit=measure.unit))
        case _:
            return


def _drawn(criterion: Criterion, at: int, case: str, side: Side | None = None) -> Result:
    domain = f"{case}-{at:04}.example"
    draw = Draw(position=at, address=f"http://{domain}/", domain=domain, side=side)
    asked = f"Open http://{domain}/ in the profile of a child of nine."
    return _result(criterion, case, draw=draw, asked=asked, expected=_BLOCKED)


_BLOCKED = ("the client does not receive the canary", "the origin receives nothing")


def _result(
    criterion: Criterion,
    case: str,
    *,
    asked: str = "Do what the case says.",
    expected: tuple[str, ...] = ("both spellings, or all ways, meet the same decision",),
    **more: Any,
) -> Result:
    case_id = f"{criterion.id}/{case}"
    command = "stairgate conform run --product sample-filter.yaml --only"
    return Result(
        case=case_id,
        case_sha256="e1" * 32,
        criterion=criterion.id,
        outcome=Outcome.PASSED,
        because="As it should be.",
        started="2026-11-21T16:00:01Z",
        milliseconds=40,
        asked=asked,
        expected=expected,
        reproduce=f"{command} {case_id}",
        **more,
    )
