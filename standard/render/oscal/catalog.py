"""An edition as an OSCAL catalog, every clause a control; and as a profile: which count for a stand."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from standard.criterion import phrase
from standard.words import Method

from .pieces import NAMESPACE, identify, metadata, own, resource

if TYPE_CHECKING:
    from standard.catalogue import Catalogue
    from standard.clause import Clause, Edition
    from standard.criterion import Criterion
    from standard.words import Stand

CATALOG_FILE = "catalog.json"
_METHODS = {Method.AUTOMATED: "TEST", Method.INSPECTION: "EXAMINE", Method.ATTESTATION: "INTERVIEW"}


def catalog(known: Catalogue, edition: Edition) -> dict[str, Any]:
    """The clauses of `edition` as an OSCAL catalog document."""
    clauses = known.selected(edition)
    sections = groupby(clauses, key=edition.section_of)
    return {
        "catalog": {
            "uuid": identify("catalog", edition.id, edition.sha256),
            "metadata": metadata(edition.title, version=edition.id, at=edition.date),
            "groups": [_group(title, tuple(members)) for title, members in sections],
            "back-matter": {"resources": _sources(clauses)},
        }
    }


def profile(known: Catalogue, edition: Edition, stand: Stand) -> dict[str, Any]:
    """The clauses of `edition` that can reach a product at `stand`, as an OSCAL profile of the catalog."""
    ids = [
        clause.id
        for clause in known.selected(edition)
        if not clause.applies_when.stands or stand in clause.applies_when.stands
    ]
    return {
        "profile": {
            "uuid": identify("profile", edition.id, edition.sha256, stand),
            "metadata": metadata(f"{edition.title}: {stand}", version=edition.id, at=edition.date),
            "imports": [{"href": CATALOG_FILE, "include-controls": [{"with-ids": ids}]}],
            "merge": {"as-is": True},
        }
    }


def statement_id(clause: str) -> str:
    """Id of the part that holds a clause's sentence."""
    return f"{clause}_smt"


def objective_id(criterion: str) -> str:
    """Id of the part that holds a criterion."""
    clause, _, name = criterion.partition("/")
    return f"{clause}_obj.{name}"


def _group(title: str, clauses: tuple[Clause, ...]) -> dict[str, Any]:
    number = clauses[0].number.rpartition(".")[0] or clauses[0].number
    return {
        "id": f"section-{number}",
        "class": "section",
        "title": title or f"Section {number}",
        "props": [{"name": "label", "value": number}],
        "controls": [_control(clause) for clause in clauses],
    }


def _control(clause: Clause) -> dict[str, Any]:
    when = clause.applies_when
    parts: list[dict[str, Any]] = [
        {"id": statement_id(clause.id), "name": "statement", "prose": clause.text},
        {"id": f"{clause.id}_gdn", "name": "guidance", "prose": clause.rationale},
    ]
    parts += [
        {"id": f"{clause.id}_asm.{at}", "name": "assumption", "ns": NAMESPACE, "prose": text}
        for at, text in enumerate(clause.assumptions, 1)
    ]
    if clause.interpretation:
        parts.append(
            {
                "id": f"{clause.id}_int",
                "name": "interpretation",
                "ns": NAMESPACE,
                "prose": clause.interpretation,
            }
        )
    for criterion in clause.criteria:
        parts += _objective(criterion)
    props = [
        {"name": "label", "value": clause.number},
        {"name": "sort-id", "value": _sortable(clause.number)},
        own("obligation", clause.obligation),
        own("module", clause.module),
        own("critical", str(clause.critical).lower()),
        own("offered", when.offered),
        *(own("stand", stand) for stand in when.stands),
    ]
    if when.capability:
        props.append(own("capability", when.capability))
    control: dict[str, Any] = {
        "id": clause.id,
        "class": "clause",
        "title": clause.title,
        "props": props,
        "parts": parts,
    }
    links = [
        {
            "href": f"#{identify('source', one.source)}",
            "rel": "reference",
            "text": f"{one.relation}: {one.place}",
        }
        for one in clause.references
    ]
    return {**control, "links": links} if links else control


def _objective(criterion: Criterion) -> list[dict[str, Any]]:
    clause, _, name = criterion.id.partition("/")
    return [
        {
            "id": objective_id(criterion.id),
            "name": "assessment-objective",
            "props": [own("criterion", criterion.id), own("level", criterion.level)],
            "prose": criterion.text,
        },
        {
            "id": f"{clause}_asm-{name}",
            "name": "assessment-method",
            "props": [
                {"name": "method", "value": _METHODS[criterion.method]},
                own("evidence", criterion.evidence),
                own("measure", criterion.measure.kind),
            ],
            "prose": phrase(criterion.measure),
        },
    ]


def _sources(clauses: tuple[Clause, ...]) -> list[dict[str, Any]]:
    sources = sorted({one.source for clause in clauses for one in clause.references})
    return [
        resource(identify("source", source), source, description="A text some clauses stand beside.")
        for source in sources
    ] or [resource(identify("source", ""), "None", description="No clause refers to another text.")]


def _sortable(number: str) -> str:
    return "-".join(part.zfill(3) for part in number.split("."))
