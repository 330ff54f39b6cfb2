"""OSCAL documents are accepted by compliance-trestle's own models and refer only to what is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import trestle.oscal
from trestle.oscal import assessment_plan, assessment_results, catalog, component, poam, profile

from standard import catalogue as catalogue_module
from standard.render.export import Format, export
from standard.render.oscal import assessment, pieces
from standard.render.oscal import catalog as oscal_catalog
from standard.words import Stand, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from standard.catalogue import Catalogue
    from standard.clause import Edition
    from standard.report import Report


@pytest.fixture(scope="module")
def known() -> Catalogue:
    return catalogue_module.load()


@pytest.fixture(scope="module")
def edition(known: Catalogue) -> Edition:
    return next(iter(known.editions.values()))


MODELS: dict[str, Any] = {
    "component-definition.json": component.Model,
    "assessment-plan.json": assessment_plan.Model,
    "assessment-results.json": assessment_results.Model,
    "poam.json": poam.Model,
}


def test_the_version_stated_is_the_one_the_models_know() -> None:
    assert trestle.oscal.OSCAL_VERSION == pieces.VERSION


def test_a_catalog_is_accepted(known: Catalogue, edition: Edition) -> None:
    catalog.Model.model_validate_json(json.dumps(oscal_catalog.catalog(known, edition)))


@pytest.mark.parametrize("stand", list(Stand))
def test_a_profile_is_accepted_and_selects_controls_of_the_catalog(
    known: Catalogue, edition: Edition, stand: Stand
) -> None:
    document = oscal_catalog.profile(known, edition, stand)
    profile.Model.model_validate_json(json.dumps(document))
    (selected,) = document["profile"]["imports"][0]["include-controls"]

    assert set(selected["with-ids"]) <= {control["id"] for control in controls(known, edition)}


def controls(known: Catalogue, edition: Edition) -> list[dict[str, Any]]:
    groups = oscal_catalog.catalog(known, edition)["catalog"]["groups"]
    return [control for group in groups for control in group["controls"]]


def test_an_export_into_a_folder_gives_the_catalog_and_a_profile_for_each_stand(tmp_path: Path) -> None:
    """All accepted by the models, and each profile imports the catalog that lies beside it."""
    written = export("2026.1", Format.OSCAL, tmp_path)
    alone = export("2026.1", Format.OSCAL, tmp_path / "alone.json")

    assert {path.name for path in written} == {"catalog.json", *(f"profile-{stand}.json" for stand in Stand)}
    catalog.Model.model_validate_json((tmp_path / "catalog.json").read_bytes())
    for stand in Stand:
        text = (tmp_path / f"profile-{stand}.json").read_bytes()
        profile.Model.model_validate_json(text)
        assert (tmp_path / json.loads(text)["profile"]["imports"][0]["href"]).is_file()
    assert alone == {tmp_path / "alone.json": written[tmp_path / "catalog.json"]}


def test_every_clause_is_a_control_with_its_sentence_and_an_objective_a_criterion(
    known: Catalogue, edition: Edition
) -> None:
    found = {control["id"]: control for control in controls(known, edition)}

    assert list(found) == list(edition.clauses)
    for clause in known.selected(edition):
        prose = [part["prose"] for part in found[clause.id]["parts"]]
        assert clause.text in prose
        assert all(criterion.text in prose for criterion in clause.criteria)


def test_no_id_stands_twice_in_a_catalog(known: Catalogue, edition: Edition) -> None:
    ids = [part["id"] for control in controls(known, edition) for part in control["parts"] if "id" in part]

    assert len(ids) == len(set(ids))


def test_every_document_of_a_report_is_accepted(report: Report) -> None:
    documents = assessment.documents(report)

    assert set(documents) == set(MODELS)
    for name, document in documents.items():
        MODELS[name].model_validate_json(json.dumps(document))


def test_a_report_without_nonconformities_has_no_plan_of_action(report: Report) -> None:
    from dataclasses import replace

    assert "poam.json" not in assessment.documents(replace(report, nonconformities=()))


def test_a_finding_is_satisfied_only_where_the_verdict_is(report: Report) -> None:
    result = assessment.assessment_results(report)["assessment-results"]["results"][0]
    states = {one["target"]["target-id"]: one["target"]["status"]["state"] for one in result["findings"]}

    assert states == {
        oscal_catalog.statement_id(clause.id): "satisfied"
        if clause.verdict is Verdict.SATISFIED
        else "not-satisfied"
        for clause in report.clauses
        if clause.verdict is not Verdict.NOT_APPLICABLE
    }


def test_every_observation_and_risk_referred_to_is_there(report: Report) -> None:
    result = assessment.assessment_results(report)["assessment-results"]["results"][0]
    observations = {one["uuid"] for one in result["observations"]}
    risks = {one["uuid"] for one in result["risks"]}
    wanted = {o["observation-uuid"] for f in result["findings"] for o in f.get("related-observations", ())}
    wanted_risks = {r["risk-uuid"] for f in result["findings"] for r in f.get("related-risks", ())}

    assert wanted <= observations
    assert wanted_risks == risks


def test_the_same_report_gives_the_same_documents(report: Report) -> None:
    assert assessment.documents(report) == assessment.documents(report)
