"""The matrix: a slice of it, really carried out, must come as the cases declare."""

from __future__ import annotations

import subprocess
import sys

import pytest

from conformance_tests import case, cli, matrix
from conformance_tests.controls import known
from conformance_tests.controls.faults import Fault, played_at
from standard import catalogue
from standard.words import Outcome

# One control a room of the suite, the flawless one, and one that is no filter.
SLICE = ("flawless", "case-matters", "paths-ignored", "labels-ignored", "blocks-everything")


@pytest.mark.usefixtures("play")
def test_a_slice_of_the_matrix_comes_as_declared() -> None:
    """The whole matrix is `conform controls`; this slice is in every test run."""
    chosen = [word for control in SLICE for word in ("--control", control)]
    where = ["--stand", "forward-proxy", "--only", "content.a*"]
    command = [sys.executable, "-m", "stairgate", "conform", "controls", *chosen, *where]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 not as declared" in done.stdout


@pytest.mark.usefixtures("play")
def test_a_slice_of_the_resolvers_matrix_comes_as_declared() -> None:
    """The flawless resolver, and one that forgets half of its work."""
    chosen = [word for control in ("flawless", "aaaa-left-open") for word in ("--control", control)]
    where = ["--stand", "dns-resolver", "--only", "content.every-record-type*"]
    command = [sys.executable, "-m", "stairgate", "conform", "controls", *chosen, *where]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 cells, 0 not as declared" in done.stdout


@pytest.mark.usefixtures("play")
def test_a_slice_of_the_gateways_matrix_comes_as_declared() -> None:
    """The flawless gateway, and one that routes on what its rules forgot."""
    chosen = [word for control in ("flawless", "other-resolvers-answer") for word in ("--control", control)]
    where = ["--stand", "gateway", "--only", "settings.other-resolvers*"]
    command = [sys.executable, "-m", "stairgate", "conform", "controls", *chosen, *where]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 cells, 0 not as declared" in done.stdout


def test_a_fault_that_no_control_of_a_stand_can_have_is_not_declared_there() -> None:
    """It would be a kill that never happens."""
    impossible = [
        (one.id, stand, fault)
        for one in case.load_all(cli.CASES, 1)
        for stand, faults in one.faults_at.items()
        for fault in faults
        if fault not in played_at(stand)
    ]
    assert impossible == []


def test_every_case_names_faults_that_exist() -> None:
    """A fault nobody plays would never be caught."""
    named = {
        fault for one in case.load_all(cli.CASES, 1) for stand in one.stands for fault in one.at(stand).faults
    }
    assert named <= set(Fault)


def test_every_case_belongs_to_a_criterion_of_the_standard() -> None:
    """A case that shows nothing the standard asks for shows nothing."""
    known = catalogue.load().criteria
    assert [one.id for one in case.load_all(cli.CASES, 1) if one.criterion not in known] == []


def test_two_seeds_draw_other_names_and_the_same_questions() -> None:
    """A name must say nothing about its part, and the suite must not change with the seed."""
    first, second = case.load_all(cli.CASES, 1), case.load_all(cli.CASES, 2)
    assert [len(one.probes) for one in first] == [len(one.probes) for one in second]
    assert [one.sha256 for one in first] == [one.sha256 for one in second]
    assert first[0].sites != second[0].sites


def test_a_sham_is_declared_to_show_nothing() -> None:
    """What is no filter at all must not count as a kill."""
    one = case.load_all(cli.CASES, 1)[0]
    assert matrix.declared(one, "allows-everything") is Outcome.CANNOT_TELL
    assert matrix.declared(one, "flawless") is Outcome.PASSED
    assert matrix.declared(one, one.faults[0]) is Outcome.FAILED


def test_a_thinned_case_keeps_what_it_does_and_waits_for_no_control() -> None:
    """Probes of one state would else be asked in another."""
    states = next(one for one in case.load_all(cli.CASES, 1) if one.id.endswith("every-state/states"))
    thin = matrix.thinned(states)
    acts = [probe.options["first"] for probe in states.probes if "first" in probe.options]
    assert [probe.options["first"] for probe in thin.probes if "first" in probe.options] == acts
    assert len(acts) < len(thin.probes) < len(states.probes)
    assert max(probe.options.get("within", 0) for probe in thin.probes) <= 2


def test_a_service_is_known_with_everything_below_it() -> None:
    """The controls read the standard's sets as a vendor would."""
    assert known.class_of("www.discord.com", below=True) == "chat"
    assert known.class_of("www.discord.com", below=False) == ""
    assert known.reports_to("www.facebook.com", "/help/reportlinks?x=1")
    assert not known.reports_to("www.facebook.com", "/friends")
