"""The text of the standard: every file in form, every draft clause present, every number right.

Reads the YAML with the strict loader alone, so that the text is held to its rules even where the catalogue
that serves it is mistaken.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from standard import strict_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = Path(strict_yaml.__file__).parent
CLAUSE_FILES = sorted((HOME / "clauses").glob("*/*.yaml"))
SET_FILES = sorted((HOME / "annexes" / "sets").glob("*.yaml"))

# How many clauses each section of the draft held: 120 in all.
DRAFT = {
    "4.1": 12, "4.2": 6, "4.3": 4, "4.4": 6, "5.1": 4, "6.1": 5, "6.2": 4, "6.3": 9, "6.4": 3, "7.1": 6,
    "8.1": 6, "9.1": 6, "10.1": 4, "11.1": 3, "12.1": 4, "13.1": 3, "14.1": 6, "15.1": 6, "16.1": 7,
    "17.1": 7, "18.1": 3, "19.1": 6,
}  # fmt: skip
CRITICAL = {"4.2.3", "6.1.1", "6.2.1", "6.4.1", "16.1.5", "17.1.2"}
STANDS = {"forward-proxy", "dns-resolver", "gateway", "endpoint", "isp"}
UNSURE = re.compile(
    r"\b(adequate|adequately|appropriate|appropriately|reasonable|reasonably|prompt|promptly|timely|quick|quickly|"
    r"small|large|sufficient|sufficiently|suitable|regularly|soon|normally|usually|generally|often|easy|easily|"
    r"properly|where possible|as far as possible|significant|significantly|materially|etc)\b",
    re.IGNORECASE,
)
FIELDS = {
    "rate_at_least": {"population", "at_least", "confidence", "draw", "misses"},
    "rate_at_most": {"population", "at_most", "confidence", "draw", "misses"},
    "every": {"set"},
    "at_most_failing": {"set", "failing"},
    "difference_at_most": {"population", "points", "upper_points", "confidence", "draw"},
    "time_at_most": {"statistic", "at_most", "unit", "draw", "confidence"},
    "amount_at_most": {"quantity", "unit", "at_most", "of"},
    "checklist": {"items"},
    "attestation": {"statements", "max_age_days"},
}


def load(path: Path) -> Any:
    return strict_yaml.load_file(path, name=path.relative_to(HOME).as_posix()).data


CLAUSES: dict[str, dict[str, Any]] = {f"{path.parent.name}.{path.stem}": load(path) for path in CLAUSE_FILES}
SETS: dict[str, dict[str, Any]] = {path.stem: load(path) for path in SET_FILES}


def criteria() -> Iterator[dict[str, Any]]:
    for clause in CLAUSES.values():
        yield from clause["criteria"]


def sentences() -> Iterator[tuple[str, str]]:
    """Every sentence that must be decidable: clause texts, criterion texts, checklist questions."""
    for clause in CLAUSES.values():
        yield clause["id"], clause["text"]
    for criterion in criteria():
        yield criterion["id"], criterion["text"]
        for question in criterion["measure"].get("items", []):
            yield f"{criterion['id']}?{question['id']}", question["question"]


def chance_of_at_most(misses: int, draws: int, rate: float) -> float:
    """P(X <= misses) for X ~ Binomial(draws, rate), summed exactly; shares no library with the grader."""
    logs = (
        math.lgamma(draws + 1) - math.lgamma(i + 1) - math.lgamma(draws - i + 1)
        + i * math.log(rate) + (draws - i) * math.log1p(-rate)
        for i in range(misses + 1)
    )  # fmt: skip
    return math.fsum(map(math.exp, logs))


@pytest.mark.parametrize("name", sorted(CLAUSES))
def test_a_clause_is_named_by_its_path_and_owns_its_criteria(name: str) -> None:
    clause = CLAUSES[name]
    assert clause["id"] == name
    own = [criterion["id"] for criterion in clause["criteria"]]
    assert own
    assert all(one.startswith(f"{name}/") for one in own)
    assert len(set(own)) == len(own)


@pytest.mark.parametrize("name", sorted(CLAUSES))
def test_a_clause_is_one_sentence_with_its_obligation_and_no_other(name: str) -> None:
    clause = CLAUSES[name]
    text = clause["text"]
    assert re.search(rf"\b{clause['obligation']}\b", text)
    others = {"shall", "should"} - {clause["obligation"]}
    assert not any(re.search(rf"\b{word}\b", text) for word in others)
    assert text.endswith(".")
    assert not re.search(r"\.\s+[A-Z]", text)


def test_nothing_that_must_be_decided_is_worded_unsurely() -> None:
    assert [(place, found[0]) for place, text in sentences() if (found := UNSURE.search(text))] == []


def test_every_criterion_is_one_sentence() -> None:
    bad = [
        one["id"]
        for one in criteria()
        if not one["text"].endswith(".") or re.search(r"\.\s+[A-Z]", one["text"])
    ]
    assert bad == []


def test_no_two_criteria_and_no_two_clauses_say_the_same() -> None:
    for texts in ([one["text"] for one in criteria()], [one["text"] for one in CLAUSES.values()]):
        assert sorted({text for text in texts if texts.count(text) > 1}) == []


def test_numbers_are_printed_once() -> None:
    numbers = [clause["number"] for clause in CLAUSES.values()]
    assert len(set(numbers)) == len(numbers)


def test_every_clause_of_the_draft_is_present() -> None:
    """The map leads from each of the 120 draft numbers to the clause, or clauses, that it became."""
    drafts = load(HOME / "annexes" / "draft-numbers.yaml")["drafts"]
    expected = [f"{section}.{n}" for section, count in DRAFT.items() for n in range(1, count + 1)]
    assert [entry["number"] for entry in drafts] == expected
    assert len(expected) == 120
    assert [entry["number"] for entry in drafts if not set(entry["clauses"]) <= set(CLAUSES)] == []
    first = {entry["number"]: CLAUSES[entry["clauses"][0]]["number"] for entry in drafts}
    assert {draft: number for draft, number in first.items() if draft != number} == {}


def test_the_six_critical_clauses_are_critical_and_no_other() -> None:
    assert {clause["number"] for clause in CLAUSES.values() if clause["critical"]} == CRITICAL


def test_every_measure_has_its_fields_and_its_method() -> None:
    for criterion in criteria():
        measure = criterion["measure"]
        kind = measure["kind"]
        assert set(measure) - {"kind", "q"} == FIELDS[kind], criterion["id"]
        method = {"checklist": "inspection", "attestation": "attestation"}.get(kind, "automated")
        assert criterion["method"] == method, criterion["id"]
        assert (criterion["evidence"] == "none") == (method != "automated"), criterion["id"]
        if kind.startswith(("rate", "difference")):
            assert criterion["evidence"] == "drawn", criterion["id"]
        if kind in {"every", "at_most_failing", "amount_at_most"}:
            assert criterion["evidence"] == "written", criterion["id"]


def test_every_enumeration_is_data_and_every_set_is_used() -> None:
    used = {one["measure"]["set"] for one in criteria() if "set" in one["measure"]}
    assert used == set(SETS)


@pytest.mark.parametrize("name", sorted(SETS))
def test_a_set_is_named_by_its_path_and_says_how_to_build_each_item(name: str) -> None:
    found = SETS[name]
    assert found["id"] == name
    ids = [item["id"] for item in found["items"]]
    assert len(set(ids)) == len(ids) >= 2
    texts = [item["text"] for item in found["items"]]
    assert len(set(texts)) == len(texts)
    assert all(len(text) >= 4 for text in texts)


def test_the_misses_of_every_rate_are_the_most_that_its_draw_can_bear() -> None:
    """With `misses` a product at the threshold passes once in twenty or less; with one more, oftener."""
    rates = [one for one in criteria() if one["measure"]["kind"].startswith("rate")]
    assert rates
    for criterion in rates:
        measure = criterion["measure"]
        tolerated = 1 - measure["at_least"] if "at_least" in measure else measure["at_most"]
        risk = 1 - measure["confidence"] + 1e-12
        assert chance_of_at_most(measure["misses"], measure["draw"], tolerated) <= risk, criterion["id"]
        assert chance_of_at_most(measure["misses"] + 1, measure["draw"], tolerated) > risk, criterion["id"]


def test_a_median_or_quantile_is_bounded_by_the_times_taken() -> None:
    """Even the largest of n times bounds the true quantile only with the chance 1 - q**n."""
    for criterion in criteria():
        measure = criterion["measure"]
        if measure["kind"] == "time_at_most":
            q = measure.get("q", 0.5)
            assert (measure["statistic"] == "median") == ("q" not in measure), criterion["id"]
            assert 1 - q ** measure["draw"] >= measure["confidence"], criterion["id"]


def test_every_population_and_capability_named_is_defined_and_used() -> None:
    populations = {entry["id"] for entry in load(HOME / "annexes" / "populations.yaml")["populations"]}
    capabilities = {entry["id"] for entry in load(HOME / "annexes" / "capabilities.yaml")["capabilities"]}
    assert {
        one["measure"]["population"] for one in criteria() if "population" in one["measure"]
    } == populations
    named = {clause["applies_when"]["capability"] for clause in CLAUSES.values()} - {None}
    named |= {
        item["where_offered"] for found in SETS.values() for item in found["items"] if "where_offered" in item
    }
    assert named == capabilities


def test_something_of_every_set_is_asked_on_every_stand_of_its_clause() -> None:
    """A product that lacks every capability is still asked one item: no set can be declared away."""
    for clause in CLAUSES.values():
        for criterion in clause["criteria"]:
            if "set" in criterion["measure"]:
                items = SETS[criterion["measure"]["set"]]["items"]
                firm = [item for item in items if "where_offered" not in item]
                for stand in clause["applies_when"]["stands"]:
                    left = [item["id"] for item in firm if stand in item.get("stands", STANDS)]
                    assert left, (criterion["id"], stand)


def test_a_clause_falls_away_only_with_a_named_capability() -> None:
    for clause in CLAUSES.values():
        when = clause["applies_when"]
        assert set(when["stands"]) <= STANDS, clause["id"]
        assert when["stands"] or clause["module"] == "social-networking", clause["id"]
        assert when["offered"] in {"required", "where-offered", "claimed"}, clause["id"]
        if when["offered"] != "required":
            assert when["capability"], clause["id"]


def test_no_mark_is_claimed_and_no_published_standard_is_more_than_named() -> None:
    """References give clause numbers; the trade mark of the 2008 scheme appears nowhere in the text."""
    for path in (*CLAUSE_FILES, *SET_FILES, *sorted((HOME / "editions").glob("*.yaml"))):
        assert "kitemark" not in path.read_text(encoding="utf-8").lower(), path
    for clause in CLAUSES.values():
        for reference in clause["references"]:
            assert reference["relation"] in {"modelled-on", "uses", "informed-by"}, clause["id"]
            assert len(reference["place"].split()) <= 12, clause["id"]


def test_the_edition_selects_every_clause_under_a_heading() -> None:
    edition = load(HOME / "editions" / "2026.1.yaml")
    assert sorted(edition["clauses"]) == sorted(CLAUSES)
    headings = {section["number"]: section["module"] for section in edition["sections"]}
    for clause in CLAUSES.values():
        assert headings[clause["number"].split(".")[0]] == clause["module"], clause["id"]
        assert clause["number"].rsplit(".", 1)[0] in headings, clause["id"]


def test_the_table_of_smallest_draws_is_the_arithmetic() -> None:
    """Each draw shows its rate with its misses, and one draw fewer does not."""
    table = load(HOME / "annexes" / "lab-process.yaml")["smallest_draws"]
    for row in table["rows"]:
        for misses, draws in zip(table["misses"], row["draws"], strict=True):
            assert chance_of_at_most(misses, draws, row["at_most"]) <= 0.05
            assert chance_of_at_most(misses, draws - 1, row["at_most"]) > 0.05


def test_help_services_print_no_number_that_nobody_stands_behind() -> None:
    annex = load(HOME / "annexes" / "help-services.yaml")
    services = annex["services"]
    ids = [service["id"] for service in services]
    assert len(set(ids)) == len(ids) >= 100
    assert len({service["country"] for service in services}) >= 12
    for service in services:
        assert set(service["topics"]) <= set(annex["topics"]), service["id"]
        assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) for host in service["hosts"]), service[
            "id"
        ]
        if service["phone"] or service["text"]:
            assert service["number_confidence"] in {"H", "K-H"}, service["id"]


def test_every_country_with_help_services_is_asked_for_them() -> None:
    services = load(HOME / "annexes" / "help-services.yaml")["services"]
    asked = {item["id"] for item in SETS["help-countries"]["items"]}
    assert {service["country"] for service in services} == asked


def test_the_grid_of_help_on_the_page_can_be_filled() -> None:
    """For every country and topic of the grid a recognised service exists."""
    services = load(HOME / "annexes" / "help-services.yaml")["services"]
    topics = {
        "self-harm": {"suicide-and-self-harm", "crisis"},
        "abuse": {"abuse", "domestic-violence", "grooming-and-sexual-abuse", "child-helpline"},
        "grooming": {"grooming-and-sexual-abuse", "reporting", "child-helpline"},
    }
    for item in SETS["help-on-page-grid"]["items"]:
        country, _, topic = item["id"].partition("-")
        fit = [one for one in services if one["country"] == country and topics[topic] & set(one["topics"])]
        assert fit, item["id"]


def test_annexes_name_only_clauses_that_exist() -> None:
    for name, key in (("categories", "categories"), ("signals", "signals")):
        for entry in load(HOME / "annexes" / f"{name}.yaml")[key]:
            assert entry["clause"] is None or entry["clause"] in CLAUSES, entry["id"]


def test_a_clause_leans_only_on_clauses_that_exist() -> None:
    """A clause that leans on another by its id leans on one that is there."""
    areas = {name.partition(".")[0] for name in CLAUSES}
    for clause in CLAUSES.values():
        for field in (
            clause["text"],
            clause["rationale"],
            clause.get("interpretation", ""),
            *clause["assumptions"],
        ):
            for area, rest in re.findall(r"\b([a-z-]+)\.([a-z]+(?:-[a-z]+)*)\b", field):
                if area in areas:
                    assert f"{area}.{rest}" in CLAUSES, (clause["id"], f"{area}.{rest}")
