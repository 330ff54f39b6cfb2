"""A report as OSCAL: assessment plan and results, component definition, plan of action and milestones.

OSCAL knows two states of a finding, we know four verdicts: `not_shown` becomes `not-satisfied` with reason
`other`, and says so; `not_applicable` is no finding at all, its control is not among those reviewed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standard.render.wording import is_unexamined, measured, tallied
from standard.words import Method, Verdict

from .catalog import CATALOG_FILE, objective_id, statement_id
from .pieces import identify, metadata, moment, origin, own, resource

if TYPE_CHECKING:
    from standard.report import ClauseReport, CriterionReport, Nonconformity, Report

PLAN_FILE = "assessment-plan.json"
_METHODS = {Method.AUTOMATED: "TEST", Method.INSPECTION: "EXAMINE", Method.ATTESTATION: "INTERVIEW"}
_STATES = {
    Verdict.SATISFIED: ("satisfied", "pass"),
    Verdict.NOT_SATISFIED: ("not-satisfied", "fail"),
    Verdict.NOT_SHOWN: ("not-satisfied", "other"),
}


def documents(report: Report) -> dict[str, dict[str, Any]]:
    """Every OSCAL document of a report, by file name; they refer to each other and to the catalog."""
    found = {
        "component-definition.json": component_definition(report),
        PLAN_FILE: assessment_plan(report),
        "assessment-results.json": assessment_results(report),
    }
    if report.nonconformities:
        found["poam.json"] = plan_of_action(report)
    return found


def component_definition(report: Report) -> dict[str, Any]:
    """The product, the clauses it is held to, and the limits its supplier states."""
    facts = report.facts
    product = facts.product
    reached = [clause for clause in report.clauses if clause.verdict is not Verdict.NOT_APPLICABLE]
    limits = {clause: limit for limit in report.limits for clause in limit.clauses}
    requirements = [
        {
            "uuid": identify("requirement", facts.run, clause.id),
            "control-id": clause.id,
            "description": clause.text,
            **({"remarks": f"Limit: {limits[clause.id].because}"} if clause.id in limits else {}),
        }
        for clause in reached
    ]
    component: dict[str, Any] = {
        "uuid": _product(report),
        "type": "software",
        "title": f"{product.name} {product.version}",
        "description": f"A filter of internet content, examined as {facts.stand}.",
        "props": [
            {"name": "version", "value": product.version},
            own("stand", facts.stand),
            own("product", product.id),
            *([own("build", product.build)] if product.build else []),
            *(own(f"limit-{limit.capability}", limit.because) for limit in report.limits),
        ],
    }
    if requirements:
        component["control-implementations"] = [
            {
                "uuid": identify("implementation", facts.run),
                "source": CATALOG_FILE,
                "description": f"What {facts.edition_title} asks of it.",
                "implemented-requirements": requirements,
            }
        ]
    title = f"{product.name} {product.version}"
    return {
        "component-definition": {
            "uuid": identify("component-definition", facts.run),
            "metadata": metadata(title, version=product.version, at=facts.finished or facts.started),
            "components": [component],
        }
    }


def assessment_plan(report: Report) -> dict[str, Any]:
    """What was planned: the controls, the product, the lab and its seed."""
    facts = report.facts
    return {
        "assessment-plan": {
            "uuid": identify("plan", facts.run),
            "metadata": metadata(f"Plan of run {facts.run}", version=facts.run, at=facts.started),
            "import-ssp": {
                "href": f"#{identify('no-ssp')}",
                "remarks": "A product is examined, not a system: there is no system security plan.",
            },
            "local-definitions": {"components": [_system_component(report)]},
            "reviewed-controls": _reviewed(report),
            "assessment-subjects": [
                {
                    "type": "component",
                    "include-subjects": [{"subject-uuid": _product(report), "type": "component"}],
                }
            ],
            "back-matter": {
                "resources": [
                    resource(
                        identify("no-ssp"),
                        "Component definition",
                        href="component-definition.json",
                        description="Stands for the system security plan OSCAL asks for.",
                    )
                ]
            },
        }
    }


def assessment_results(report: Report) -> dict[str, Any]:
    """What was found: an observation a criterion, a finding a clause."""
    facts = report.facts
    at = facts.finished or facts.started
    findings = [_finding(report, clause) for clause in report.clauses if clause.verdict in _STATES]
    observations = [
        _observation(report, clause, criterion)
        for clause in report.clauses
        if clause.verdict in _STATES
        for criterion in clause.criteria
    ]
    result: dict[str, Any] = {
        "uuid": identify("result", facts.run),
        "title": f"{facts.product.name} {facts.product.version}: {report.verdict.phrase}",
        "description": f"{report.sentence} {report.caveat}",
        "start": moment(facts.started),
        **({"end": moment(facts.finished)} if facts.finished else {}),
        "props": [
            own("verdict", report.verdict),
            own("seed", facts.seed or "none"),
            own("lab", facts.lab),
            own("sealed", str(facts.is_sealed).lower()),
            *(own(f"sha256-{digest.of.replace(' ', '-')}", digest.sha256) for digest in report.digests),
        ],
        "local-definitions": {"components": [_system_component(report)]},
        "reviewed-controls": _reviewed(report),
    }
    lists = {"observations": observations, "findings": findings, "risks": _risks(report)}
    result |= {name: members for name, members in lists.items() if members}
    return {
        "assessment-results": {
            "uuid": identify("results", facts.run),
            "metadata": metadata(f"Results of run {facts.run}", version=facts.run, at=at),
            "import-ap": {"href": PLAN_FILE},
            "results": [result],
        }
    }


def plan_of_action(report: Report) -> dict[str, Any]:
    """The nonconformities as items to act on; only where there are any, OSCAL knows no empty plan."""
    facts = report.facts
    return {
        "plan-of-action-and-milestones": {
            "uuid": identify("poam", facts.run),
            "metadata": metadata(
                f"Nonconformities of run {facts.run}", version=facts.run, at=facts.finished or facts.started
            ),
            "system-id": {"identifier-type": "http://ietf.org/rfc/rfc4122", "id": _product(report)},
            "risks": _risks(report),
            "poam-items": [
                {
                    "uuid": identify("item", facts.run, one.clause),
                    "title": f"{one.number} {one.title}",
                    "description": one.because,
                    "props": [own("grade", one.grade), own("follows", one.due), own("clause", one.clause)],
                    "related-risks": [{"risk-uuid": _risk(report, one)}],
                }
                for one in report.nonconformities
            ],
        }
    }


def _product(report: Report) -> str:
    return identify("product", report.facts.product.id, report.facts.product.version)


def _risk(report: Report, one: Nonconformity) -> str:
    return identify("risk", report.facts.run, one.clause, one.grade)


def _system_component(report: Report) -> dict[str, Any]:
    product = report.facts.product
    return {
        "uuid": _product(report),
        "type": "software",
        "title": f"{product.name} {product.version}",
        "description": f"The product examined, as {report.facts.stand}.",
        "status": {"state": "operational"},
    }


def _reviewed(report: Report) -> dict[str, Any]:
    ids = [clause.id for clause in report.clauses if clause.verdict is not Verdict.NOT_APPLICABLE]
    selection: dict[str, Any] = (
        {"include-controls": [{"control-id": one} for one in ids]} if ids else {"include-all": {}}
    )
    apart = [
        f"{clause.number} {clause.title}: {clause.because}"
        for clause in report.clauses
        if clause.verdict is Verdict.NOT_APPLICABLE
    ]
    remarks = {"remarks": "Not applicable: " + "; ".join(apart)} if apart else {}
    return {"control-selections": [selection], **remarks}


def _finding(report: Report, clause: ClauseReport) -> dict[str, Any]:
    state, reason = _STATES[clause.verdict]
    finding: dict[str, Any] = {
        "uuid": identify("finding", report.facts.run, clause.id),
        "title": f"{clause.number} {clause.title}",
        "description": clause.because or clause.text,
        "props": [own("verdict", clause.verdict), own("obligation", clause.obligation)],
        "origins": [origin()],
        "target": {
            "type": "statement-id",
            "target-id": statement_id(clause.id),
            "status": {"state": state, "reason": reason, "remarks": clause.verdict.phrase},
        },
    }
    related = [
        {"observation-uuid": identify("observation", report.facts.run, criterion.id)}
        for criterion in clause.criteria
    ]
    if related:
        finding["related-observations"] = related
    risks = [{"risk-uuid": _risk(report, one)} for one in report.nonconformities if one.clause == clause.id]
    return {**finding, "related-risks": risks} if risks else finding


def _observation(report: Report, clause: ClauseReport, criterion: CriterionReport) -> dict[str, Any]:
    figures = measured(criterion.rate, criterion.difference, criterion.quantity)
    seen = tallied(criterion.counts) if criterion.counts is not None and not is_unexamined(criterion) else ""
    words = [criterion.text, f"Asked: {criterion.asked}."]
    words += [f"Seen: {'; '.join(filter(None, [seen, figures]))}."] if seen or figures else []
    evidence = [
        {
            "description": f"{one.case}: {one.seen or one.outcome}",
            **({"href": one.evidence[0]} if one.evidence else {}),
        }
        for one in criterion.failures
    ]
    observation: dict[str, Any] = {
        "uuid": identify("observation", report.facts.run, criterion.id),
        "title": f"{clause.number} {criterion.id}",
        "description": " ".join([*words, criterion.because]).strip(),
        "props": [
            own("criterion", criterion.id),
            own("objective", objective_id(criterion.id)),
            own("verdict", "not_examined" if is_unexamined(criterion) else criterion.verdict),
        ],
        "methods": ["UNKNOWN" if is_unexamined(criterion) else _METHODS[criterion.method]],
        "types": ["control-objective"],
        "origins": [origin()],
        "subjects": [{"subject-uuid": _product(report), "type": "component"}],
        "collected": moment(report.facts.finished or report.facts.started),
    }
    return {**observation, "relevant-evidence": evidence} if evidence else observation


def _risks(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "uuid": _risk(report, one),
            "title": f"{one.grade}: {one.number} {one.title}",
            "description": one.because,
            "statement": f"{one.title}: not shown to hold for this product. {one.due}".strip(),
            "props": [own("grade", one.grade)],
            "status": "open",
        }
        for one in report.nonconformities
    ]
