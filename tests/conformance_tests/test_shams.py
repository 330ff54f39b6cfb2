"""Products that cheat or break: whatever they do, nothing of theirs passes that should not."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from conformance_tests import case, cli, conduct
from conformance_tests.controls import adapters, remembered
from conformance_tests.controls.faults import Sham
from conformance_tests.lab import plan
from conformance_tests.lab.internet import fresh_folder
from conformance_tests.parts import draw_names
from conformance_tests.session import open_session
from standard import catalogue
from standard.words import Stand

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance_tests.lab.internet import Internet

type Play = Callable[[Callable[..., Any]], Any]

ASKED = "content.path-and-user-content/listed-path-and-sibling/letters-and-queries-https"


def examine(*more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stairgate", "conform", "controls", "--stand", "forward-proxy", *more]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=110)


@pytest.mark.usefixtures("play")
def test_what_serves_blocks_hangs_lies_or_is_down_shows_nothing() -> None:
    chosen = [word for sham in Sham for word in ("--control", sham)]
    done = examine("--only", ASKED, *chosen)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(Sham)} cells, 0 not as declared" in done.stdout


@pytest.mark.usefixtures("play")
def test_what_behaves_only_in_a_lab_it_has_seen_passes_there_and_in_no_other() -> None:
    """The limit, shown: inside the one lab it remembers it can't be told from a filter."""
    done = examine("--only", ASKED, "--control", Sham.REMEMBERS_A_LAB, "--seed", str(remembered.SEED))
    assert "declared cannot_tell, came passed" in done.stdout


def test_two_seeds_share_no_network_and_hardly_a_make_of_names() -> None:
    """What a product learns in one examination is worth nothing in the next."""
    plans = [plan.draw(seed) for seed in range(60)]
    networks = [{int(first) >> 16 for first in one.sites4} for one in plans]
    shared = sum(bool(networks[0] & other) for other in networks[1:])
    assert shared <= 1
    assert len({one.authority for one in plans}) > 20
    names = draw_names([str(number) for number in range(2000)], "any").values()
    assert len(set(names)) == len(names)
    makes = {
        (len(name.rstrip("0123456789")), name[-1:].isdigit())
        for name in (one.partition(".")[0] for one in names)
    }
    assert len(makes) >= 5


async def after_its_death(internet: Internet) -> dict[str, str]:
    """The flawless control, killed as soon as it was ready, asked everything that must be blocked."""
    known = catalogue.load()
    here = [one.at(Stand.FORWARD_PROXY) for one in case.load_all(cli.CASES, 7)]
    asked = [one for one in here if one.criterion.startswith("content.adults") or one.id == ASKED]
    adapter = adapters.adapter_of("flawless", Stand.FORWARD_PROXY, known)
    work = fresh_folder() / "product"
    async with open_session(
        internet, adapter, Stand.FORWARD_PROXY, "child", asked, work=work, separate=False
    ) as session:
        session.running.kill()
        return {one.id: (await conduct.carry_out(session, one)).judgement.outcome.value for one in asked}


def test_what_dies_in_the_middle_of_a_run_passes_nothing_more(play: Play) -> None:
    told = play(after_its_death)
    assert len(told) >= 4
    assert set(told.values()) == {"cannot_tell"}
