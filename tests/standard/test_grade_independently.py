"""A hundred synthetic products graded twice: by the grader, and by a page of arithmetic that shares nothing.

The second reads the clauses with a plain YAML parser and the records as plain JSON; its binomial terms come
from logarithms of factorials, its intervals are written out. Whoever doubts the grader can read this instead.
"""

from __future__ import annotations

import itertools
import json
import math
import random
from copy import replace
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import yaml

import standard
from standard import catalogue, grade
from standard.facts import Product
from standard.record import Draw, Footer, Header, Result, Value, result_data
from standard.words import Level, Outcome, Seal, Side, Stand

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = Path(standard.__file__).parent
PRODUCTS = 100
CRITERIA_EACH = 4
KINDS = (
    "rate_at_least",
    "rate_at_most",
    "every",
    "at_most_failing",
    "difference_at_most",
    "time_at_most",
    "amount_at_most",
)


def raw_criteria() -> dict[str, dict[str, Any]]:
    """The automated criteria of the shipped standard as their files say them, sets as for a gateway."""
    sets = {}
    for path in (HOME / "annexes" / "sets").glob("*.yaml"):
        # Text only: to a plain YAML parser a member called `off` is false.
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - text only
        sets[data["id"]] = [
            item["id"] for item in data["items"] if "gateway" in item.get("stands", ["gateway"])
        ]
    found = {}
    for path in sorted((HOME / "clauses").rglob("*.yaml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        for one in data["criteria"]:
            measure = one["measure"]
            if data["module"] != "core" or "gateway" not in data["applies_when"]["stands"]:
                continue
            if one["method"] == "automated" and measure["kind"] in KINDS:
                if measure["kind"] in {"every", "at_most_failing"}:
                    measure["members"] = measure.get("of") or sets[measure["set"]]
                    if not measure["members"]:
                        continue
                found[one["id"]] = measure
    return found


def made_up(criterion: str, measure: dict[str, Any], chance: random.Random) -> list[Result]:
    """Records of a product of random skill: some missing, some undecided, some beyond the plan."""
    skill = chance.choice([1.0, 0.999, 0.99, 0.97, 0.95, 0.9, 0.8])
    odds = chance.choice([0.0, 0.0, 0.0, 0.002, 0.05])

    def outcome() -> Outcome:
        if chance.random() < odds:
            return chance.choice([Outcome.ERROR, Outcome.CANNOT_TELL, Outcome.UNTESTED])
        return Outcome.PASSED if chance.random() < skill else Outcome.FAILED

    def one(**more: Any) -> Result:
        made = Result(
            case=f"{criterion}/case",
            case_sha256="d" * 64,
            criterion=criterion,
            outcome=outcome(),
            because="",
            started="2026-11-21T16:00:01Z",
            milliseconds=1,
        )
        return replace(made, **more)

    def draw(position: int, side: Side | None = None) -> Draw:
        domain = f"d{position}{side or ''}.example"
        return Draw(position=position, address=f"http://{domain}/", domain=domain, side=side)

    kept = chance.choice([1.0, 1.0, 1.0, 0.98])
    extra = chance.choice([0, 0, 25])
    match measure["kind"]:
        case "every" | "at_most_failing":
            records = [one(item=member) for member in measure["members"]]
        case "difference_at_most":
            records = [one(draw=draw(i + 1, side)) for side in Side for i in range(measure["draw"] + extra)]
        case "time_at_most":
            longest = measure["at_most"] * chance.choice([0.9, 1.02, 1.1, 2.5])
            records = [
                one(position=i + 1, value=Value(number=chance.uniform(0, longest), unit=measure["unit"]))
                for i in range(measure["draw"] + extra)
            ]
        case "amount_at_most":
            most = measure["at_most"] * chance.choice([1, 1.001]) + chance.choice([0, 0, 1])
            records = [
                one(position=i + 1, value=Value(number=chance.uniform(0, most), unit=measure["unit"]))
                for i in range(measure["of"] + extra)
            ]
        case _:
            records = [one(draw=draw(i + 1)) for i in range(measure["draw"] + extra)]
    return [record for record in records if chance.random() < kept]


def tails(draws: int, rate: float) -> Iterator[float]:
    """The chance of at most 0, 1, 2… events in `draws`, each of probability `rate`."""
    total = 0.0
    for k in range(draws + 1):
        ways = math.lgamma(draws + 1) - math.lgamma(k + 1) - math.lgamma(draws - k + 1)
        total += math.exp(ways + k * math.log(rate) + (draws - k) * math.log1p(-rate))
        yield total


def by_hand(measure: dict[str, Any], records: list[dict[str, Any]]) -> str:
    """The verdict on one criterion, from first principles."""
    kind = measure["kind"]
    passed = [one for one in records if one["outcome"] == "passed"]
    failed = [one for one in records if one["outcome"] == "failed"]
    if kind in {"every", "at_most_failing"}:
        asked, allowed = len(measure["members"]), measure.get("failing", 0)
        return verdict(len(passed), len(failed), asked, allowed)
    if kind == "difference_at_most":
        return gap(measure, passed, failed)
    asked = measure["draw"] if "draw" in measure else measure["of"]

    def in_plan(some: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one for one in some if one.get("draw", one)["position"] <= asked]

    good, bad = in_plan(passed), in_plan(failed)
    if kind in {"time_at_most", "amount_at_most"}:
        slow = [one for one in good if one["value"]["number"] > measure["at_most"]]
        allowed = 0
        if kind == "time_at_most":
            q = measure.get("q", 0.5)
            rank = next(r for r, chance in enumerate(tails(asked, q), 1) if chance >= measure["confidence"])
            allowed = asked - rank
        return verdict(len(good) - len(slow), len(bad) + len(slow), asked, allowed)
    miss_rate = measure["at_most"] if kind == "rate_at_most" else 1 - measure["at_least"]
    risk = 1 - measure["confidence"] + 1e-9
    allowed = sum(1 for _ in itertools.takewhile(lambda chance: chance <= risk, tails(asked, miss_rate))) - 1
    return verdict(len(good), len(bad), asked, allowed)


def verdict(passed: int, failed: int, asked: int, allowed: int) -> str:
    if failed > allowed:
        return "not_satisfied"
    return "satisfied" if passed + failed == asked else "not_shown"


def gap(measure: dict[str, Any], passed: list[dict[str, Any]], failed: list[dict[str, Any]]) -> str:
    """Newcombe's bound of public minus sealed, with whatever is missing set in the product's favour."""
    asked = measure["draw"]
    z = NormalDist().inv_cdf(measure["confidence"])

    def count(some: list[dict[str, Any]], side: str) -> int:
        return sum(one["draw"]["side"] == side and one["draw"]["position"] <= asked for one in some)

    def score(rate: float, sign: int) -> float:
        root = math.sqrt(rate * (1 - rate) / asked + (z / (2 * asked)) ** 2)
        return (rate + z * z / (2 * asked) + sign * z * root) / (1 + z * z / asked)

    public, sealed = count(passed, "public") / asked, 1 - count(failed, "sealed") / asked
    bound = public - sealed + math.hypot(score(public, 1) - public, sealed - score(sealed, -1))
    if round(100 * (public - sealed), 9) > measure["points"] or 100 * bound > measure["upper_points"]:
        return "not_satisfied"
    done = [count(passed, side) + count(failed, side) for side in ("public", "sealed")]
    return "satisfied" if done == [asked, asked] else "not_shown"


def test_a_hundred_products_come_out_the_same_by_hand() -> None:
    chance = random.Random(20261121)  # noqa: S311 - made-up products, printed seed
    known = catalogue.load()
    edition = known.edition("2026.1")
    raw = raw_criteria()
    seen: dict[str, int] = {}
    records_graded = 0
    for number in range(PRODUCTS):
        chosen = chance.sample(sorted(raw), CRITERIA_EACH)
        records = [record for name in chosen for record in made_up(name, raw[name], chance)]
        chance.shuffle(records)
        records_graded += len(records)
        header = Header(
            run=f"run-{number}",
            edition=edition.id,
            edition_sha256=edition.sha256,
            product=Product(id=f"p{number}", name="P", version="1"),
            stand=Stand.GATEWAY,
            level=Level.PLUS,
            seal=Seal.NAMESPACE,
            how="",
            seed="1",
            cases="c" * 64,
            started="2026-11-21T16:00:00Z",
        )
        footer = Footer(results=len(records), finished="2026-11-21T17:00:00Z")
        report = grade.grade(header, records, known, footer=footer, only=chosen)
        graded = {one.id: one.verdict.value for clause in report.clauses for one in clause.criteria}
        plain = json.loads(json.dumps([result_data(one, run="r", seq=1) for one in records]))
        by_criterion: dict[str, list[dict[str, Any]]] = {name: [] for name in chosen}
        for one in plain:
            by_criterion[one["criterion"]].append(one)
        expected = {name: by_hand(raw[name], by_criterion[name]) for name in chosen}
        assert graded == expected
        for word in expected.values():
            seen[word] = seen.get(word, 0) + 1
        assert (report.verdict == "satisfied") is (set(_shall(report)) == {"satisfied"})
    assert records_graded > 10_000
    assert min(seen.values()) > 30, "every verdict is met often enough to mean something"


def _shall(report: Any) -> list[str]:
    return [
        clause.verdict.value for clause in report.clauses if clause.obligation == "shall" and clause.decides
    ]
