"""What is left of an examination that broke off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from conformance_tests import running
from conformance_tests.case import load_all
from conformance_tests.corpora.choice import Draw, Drawing
from conformance_tests.examination import left_of
from conformance_tests.run import Order
from standard.words import Side, Stand
from tests.standard.records import P, record

if TYPE_CHECKING:
    from conformance_tests.adapter import Adapter

CASES = load_all(running.CASES, 1)[:3]
DRAWS = (
    Draw(criterion="content.gambling/known-sites", blocked=True),
    Draw(criterion="content.no-teaching-to-the-test/gap", blocked=True, side=Side.PUBLIC),
    Draw(criterion="content.no-teaching-to-the-test/gap", blocked=True, side=Side.SEALED),
)
ORDER = Order(
    adapter=cast("Adapter", None),
    adapter_file="p.yaml",
    stand=Stand.FORWARD_PROXY,
    cases=CASES,
    seed=1,
    folder=Path(),
    drawing=Drawing(draws=DRAWS),
)
IDS = [
    *(case.id for case in CASES),
    "content.gambling/known-sites/drawn",
    "content.no-teaching-to-the-test/gap/drawn-public",
    "content.no-teaching-to-the-test/gap/drawn-sealed",
]


def ids(order: Order) -> list[Any]:
    return [*(case.id for case in order.cases), *order.drawing.draws]


@pytest.mark.parametrize("begun", range(len(IDS) + 1))
def test_what_is_finished_is_left_out_and_what_was_at_hand_is_asked_again(begun: int) -> None:
    done = [record(P, case=case) for case in IDS[:begun] for _ in range(2)]
    everything = [*IDS[:3], *DRAWS]

    assert ids(left_of(ORDER, done)) == everything[max(0, begun - 1) :]
