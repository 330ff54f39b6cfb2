"""The verbs of certify and of conform report and compare, as docs/read-a-report.md shows them."""

from __future__ import annotations

import importlib.util
import json
import re
import stat
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import stairgate
from standard import catalogue

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def sample_run() -> Any:
    spec = importlib.util.spec_from_file_location("sample_run", ROOT / "examples" / "sample_run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def runs(sample_run: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `before` (faults) and `after` (sound), runs of the whole edition."""
    folder = tmp_path_factory.mktemp("runs")
    known = catalogue.load()
    for name, faults in (("before", sample_run.FAULTS), ("after", sample_run.SOUND)):
        (folder / name).mkdir()
        sample_run.write_run(known, folder / name / "results.jsonl", faults=faults)
    return folder


@pytest.fixture(scope="module")
def key(runs: Path) -> Path:
    path = runs / "key.pem"
    assert stairgate.main(["certify", "key", "--out", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def bundle(runs: Path, key: Path) -> Path:
    out = runs / "declaration.zip"
    words = ["certify", "declare", str(runs / "after/results.jsonl"), "--key", str(key)]
    assert stairgate.main([*words, "--out", str(out), "--on", "2026-11-22"]) == 0
    return out


def test_a_key_is_readable_by_its_owner_only_and_never_written_over(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stairgate.main(["certify", "key", "--out", str(key)]) == 64


def test_a_sound_run_of_the_whole_edition_is_declared_and_verified(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stairgate.main(["certify", "verify", str(bundle), "--on", "2026-11-23"]) == 0
    shown = capsys.readouterr().out

    assert "HOLDS" in shown
    assert "It does not tell who holds the key." in shown
    assert "not certified" in shown
    assert "This edition is a draft" in shown


@pytest.mark.parametrize(
    ("file", "schema"), [("declaration.json", "declaration"), ("declaration.sig.json", "signature")]
)
def test_declaration_and_signature_fit_their_published_schemas(bundle: Path, file: str, schema: str) -> None:
    published = Path(catalogue.__file__).parent / "schemas" / f"{schema}.schema.json"
    with zipfile.ZipFile(bundle) as archive:
        declared = json.loads(archive.read(file))

    jsonschema.validate(declared, json.loads(published.read_text(encoding="utf-8")))


def test_verify_says_the_same_to_machines(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stairgate.main(["certify", "verify", str(bundle), "--on", "2026-11-23", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)

    assert (data["holds"], data["is_known_edition"], data["verdict"]) == (True, True, "satisfied")


def test_a_run_with_faults_is_refused_with_each_of_them(
    runs: Path, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "no.zip"
    words = ["certify", "declare", str(runs / "before/results.jsonl"), "--key", str(key), "--out", str(out)]

    assert stairgate.main(words) == 1
    shown = capsys.readouterr().err
    assert shown.count("error[not-satisfied]") == 2
    assert shown.count("error[not-shown]") == 1
    assert shown.count("error[cannot-tell-in-shall]") == 1
    assert not out.exists()


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(runs: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key.pem").write_bytes(content)
    words = ["certify", "declare", str(runs / "after/results.jsonl"), "--key", str(tmp_path / "key.pem")]

    assert stairgate.main(words) == 65


def test_a_report_can_be_written_in_every_form(runs: Path, tmp_path: Path) -> None:
    words = ["conform", "report", str(runs / "before")]
    for form in ("html", "pdf", "json", "junit", "earl"):
        words += [f"--{form}", str(tmp_path / f"report.{form}")]

    assert stairgate.main([*words, "--oscal", str(tmp_path / "oscal")]) == 1
    assert len(list(tmp_path.glob("report.*"))) == 5
    assert len(list((tmp_path / "oscal").iterdir())) == 6


def test_two_runs_can_be_compared(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        stairgate.main(["conform", "compare", str(runs / "before"), str(runs / "after"), "--different"]) == 0
    )

    assert re.search(r"\n3 of [0-9]+ clauses differ", capsys.readouterr().out)
