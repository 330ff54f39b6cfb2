"""The annex of the decision rule. Its tables are computed, never typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standard import measure
from standard.figures import CurvePoint, Rate
from standard.render.wording import percent, thousands

from .blocks import Block, Bullets, CurveFigure, Heading, Paragraph, Table, folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONFIDENCE = 0.95
MISSES = (0, 1, 2, 3, 5, 10)
MISS_RATES = (0.2, 0.1, 0.05, 0.02, 0.01, 0.001)
PLANS = ((150, 0.2), (200, 0.2), (200, 0.1), (500, 0.05), (1000, 0.02), (1000, 0.01), (1000, 0.003))
"""Draws and largest miss rate shown, in the combinations the clauses use."""


def decision(prose: Mapping[str, Any], rules: Mapping[str, Any]) -> Iterator[Block]:
    """The annex: prose, the rules one by one, the computed tables, and curves of the plans in use.

    Args:
        prose: `annexes/decision-rule.yaml`.
        rules: `annexes/lab-process.yaml`.
    """
    for text in prose.get("paragraphs", ()):
        yield Paragraph(text=folded(text))
    if rules:
        yield Heading(number="C.1", title="The rules", anchor="annex-c-1")
        yield Bullets(
            items=tuple(
                f"*{one['id']}*: {folded(one['text']).replace('_', ' ')}" for one in rules["decision_rules"]
            )
        )
    yield Heading(number="C.2", title="The figures", anchor="annex-c-2")
    yield least_draws_table()
    yield plans_table()
    yield chances_table()
    yield CurveFigure(
        curves=tuple(
            (f"{draws} drawn, {_at_least(miss)} asked", _rate(draws, miss)) for draws, miss in PLANS[2:6]
        )
    )


def least_draws_table() -> Table:
    """Fewest draws that show a miss rate with a given number of misses."""
    return Table(
        caption="Fewest draws that show a true miss rate of at most the one named, with so many misses.",
        head=(
            "True miss rate at most",
            *(f"{misses} misses" if misses != 1 else "1 miss" for misses in MISSES),
        ),
        rows=tuple(
            (
                percent(rate),
                *(thousands(measure.least_draws(misses, rate, CONFIDENCE)) for misses in MISSES),
            )
            for rate in MISS_RATES
        ),
        widths=(2, *(1 for _ in MISSES)),
    )


def plans_table() -> Table:
    """Most misses that still satisfy, for the draws the clauses use."""
    rows = []
    for draws, miss in PLANS:
        most = measure.most_misses(draws, miss, CONFIDENCE)
        bound = measure.upper_bound(most, draws, CONFIDENCE)
        rows.append(
            (
                thousands(draws),
                f"{_at_least(miss)} (misses at most {percent(miss)})",
                str(most),
                percent(bound),
            )
        )
    return Table(
        caption="Most misses with which the threshold is still shown, and the bound they give.",
        head=("Drawn", "Asked", "Most misses", "Upper bound of the miss rate"),
        rows=tuple(rows),
        widths=(1, 2.4, 1.2, 2),
    )


def chances_table() -> Table:
    """What chance a product with a given true rate has to pass."""
    shares = (0.0, 0.2, 0.4, 0.6, 0.8)
    rows = []
    for draws, miss in PLANS:
        most = measure.most_misses(draws, miss, CONFIDENCE)
        chances = (measure.chance_to_pass(draws, most, miss * (1 - better)) for better in shares)
        rows.append(
            (f"{thousands(draws)} drawn, {_at_least(miss)}", *(f"{chance * 100:.1f} %" for chance in chances))
        )
    return Table(
        caption="Chance to pass for a product whose true miss rate lies at, or so much below, the one asked.",
        head=("Plan", "at it", *(f"{round(share * 100)} % below" for share in shares[1:])),
        rows=tuple(rows),
        widths=(2.4, *(1 for _ in shares)),
    )


def _at_least(miss: float) -> str:
    return f"at least {percent(round(1 - miss, 6))}"


def _rate(draws: int, miss: float) -> Rate:
    most = measure.most_misses(draws, miss, CONFIDENCE)
    steps = 60
    rates = [miss * 1.4 * step / steps for step in range(steps, -1, -1)]
    return Rate(
        seen=None,
        bound=None,
        asked=1 - miss,
        is_floor=True,
        confidence=CONFIDENCE,
        wilson_low=None,
        wilson_high=None,
        curve=tuple(
            CurvePoint(true_rate=1 - rate, chance=measure.chance_to_pass(draws, most, rate)) for rate in rates
        ),
    )
