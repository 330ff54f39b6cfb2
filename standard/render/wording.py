"""How numbers, moments and verdicts are written, the same in every rendering."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from standard.words import Method, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standard.figures import Counts, Difference, Quantity, Rate
    from standard.report import ClauseReport, CriterionReport
    from standard.words import Outcome

MARKS: Mapping[Verdict, str] = {
    Verdict.SATISFIED: "✔",
    Verdict.NOT_SATISFIED: "✘",
    Verdict.NOT_SHOWN: "?",
    Verdict.NOT_APPLICABLE: "–",  # noqa: RUF001 - a dash is the mark
}
"""A mark a verdict, distinct in black and white; a word always stands beside it."""

NOT_EXAMINED = "○"
"""The mark of a criterion that needs a person and was not examined."""

TONES: Mapping[Verdict, str] = {
    Verdict.SATISFIED: "good",
    Verdict.NOT_SATISFIED: "bad",
    Verdict.NOT_SHOWN: "unsure",
    Verdict.NOT_APPLICABLE: "apart",
}
"""The colour token of a verdict."""

_NBSP = "\u00a0"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def percent(share: float) -> str:
    """A share as a percentage with as few figures as keep it honest: `95 %`, `98.3 %`, `0.37 %`.

    Never rounds a share below 1 up to `100 %`, nor one above 0 down to `0 %`.
    """
    number = share * 100
    for places in (0, 1, 2, 3):
        written = f"{number:.{places}f}"
        is_close = abs(float(written) - number) < (5e-9 if places == 0 else 0.05)
        is_edge = float(written) in (0.0, 100.0) and share not in (0.0, 1.0)
        needs_more = places < 2 and 0 < number < 1
        if is_close and not is_edge and not needs_more:
            return f"{written}{_NBSP}%"
    return f"{number:.4f}{_NBSP}%"


def day(moment: str) -> str:
    """UTC text such as `2026-11-21T16:04:00Z`, or a bare date, as `21 November 2026`; "" stays ""."""
    if not moment:
        return ""
    at = datetime.fromisoformat(moment)
    if at.tzinfo is not None:
        at = at.astimezone(UTC)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def minute(moment: str) -> str:
    """UTC text as `21 November 2026, 16:04 UTC`; "" stays ""."""
    if not moment:
        return ""
    at = datetime.fromisoformat(moment).astimezone(UTC)
    return f"{day(moment)}, {at:%H:%M} UTC"


def thousands(number: int) -> str:
    """`12 345`, with a narrow no-break space."""
    return f"{number:,}".replace(",", "\u202f")


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 clause`, `2 clauses`, `1 entry`, `2 entries`."""
    return f"{thousands(number)} {one if number == 1 else many or one + 's'}"


def outcome(word: Outcome) -> str:
    """An outcome as people read it: `cannot tell`."""
    return word.value.replace("_", " ")


def tallied(counts: Counts) -> str:
    """`118 of 120 passed`, with what stands apart: `, 3 cannot tell, 1 error`."""
    apart = [
        f"{number} {word}"
        for number, word in (
            (counts.cannot_tell, "cannot tell"),
            (counts.error, "error"),
            (counts.untested, "untested"),
            (counts.extra, "beyond the plan, not counted"),
            (counts.same_domain, "of a domain already drawn, not counted"),
        )
        if number
    ]
    missing = counts.planned - counts.counted - counts.cannot_tell - counts.error - counts.untested
    if missing > 0:
        apart.append(f"{thousands(missing)} of {thousands(counts.planned)} without a record")
    return ", ".join([f"{counts.passed} of {counts.counted} passed", *apart])


def measured(rate: Rate | None, difference: Difference | None, quantity: Quantity | None) -> str:
    """What was measured and what it supports: `98.3 %, supports at least 94.1 %`; "" where nothing was."""
    if rate is not None and rate.seen is not None and rate.bound is not None:
        relation = "at least" if rate.is_floor else "at most"
        return f"{percent(rate.seen)}, supports {relation} {percent(rate.bound)}"
    if difference is not None and difference.seen is not None:
        bound = "" if difference.bound is None else f", at most {difference.bound:.1f}"
        return f"{difference.seen:.1f} points{bound}"
    if quantity is not None and quantity.seen is not None:
        bound = "" if quantity.bound is None else f", at most {quantity.bound:g} {quantity.unit}"
        return f"{quantity.statistic} {quantity.seen:g} {quantity.unit}{bound}"
    return ""


def wilson(rate: Rate) -> str:
    """The two-sided interval: `95 % interval 94.1 % to 99.5 %`; "" where nothing was counted."""
    if rate.wilson_low is None or rate.wilson_high is None:
        return ""
    return f"95\u00a0% interval {percent(rate.wilson_low)} to {percent(rate.wilson_high)}"


def is_unexamined(part: ClauseReport | CriterionReport) -> bool:
    """Whether nobody has looked at a criterion, or at any criterion a clause hangs on.

    It needs a person, or it belongs to a level this assessment does not go to.
    """
    if hasattr(part, "criteria"):
        return not part.decides
    return part.verdict is Verdict.NOT_SHOWN and not part.decides


def why_unexamined(criterion: CriterionReport) -> str:
    """Why nobody has looked: `inspection`, `attestation`, or `only for level plus`."""
    return "only for level plus" if criterion.method is Method.AUTOMATED else criterion.method.value


def section_number(clauses: tuple[ClauseReport, ...]) -> str:
    """The printed number of the section that holds all of `clauses`: what their numbers begin with alike."""
    parts = [clause.number.split(".")[:-1] for clause in clauses]
    shared = [group[0] for group in zip(*parts, strict=False) if len(set(group)) == 1]
    return ".".join(shared) or clauses[0].number.partition(".")[0]
