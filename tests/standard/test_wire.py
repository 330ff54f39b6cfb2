"""The short way through a result line comes to what the long way comes to, or leaves the line to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standard import record, schema
from standard.schema import FileKind
from standard.wire import LineReader
from tests.standard.records import P, drawn, results

if TYPE_CHECKING:
    from standard.record import Result

VALID = schema.validator(FileKind.RESULT).is_valid
SAMPLE = record.result_data(drawn(3, P), run="r", seq=1) | {
    "chain": "0" * 64,
    "item": "meta",
    "position": 2,
    "value": {"number": 1.5, "unit": "ms", "of": 2},
    "observed": {"status": 403},
    "evidence": ["evidence/1.http"],
    "reproduce": "again",
}
ODD = st.sampled_from(
    [None, True, 0, -1, 1.0, 1.5, "", " ", "\n", "\u2028", "x\n", "A/B", "1", [], ["x"], [1], {}, {"x": 1}]
)


def line(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@given(results)
def test_the_short_way_takes_whatever_the_writer_writes(one: Result) -> None:
    data = record.result_data(one, run="r", seq=1) | {"chain": "0" * 64}
    assert LineReader("r").read(line(data), 1, observed=True) == one


@settings(max_examples=200)
@given(st.data())
def test_the_short_way_takes_nothing_that_the_schema_refuses(data: st.DataObject) -> None:
    """One field anywhere altered, taken out or added: taken only where the schema takes it too."""
    altered: dict[str, Any] = json.loads(json.dumps(SAMPLE))
    spot = altered
    # The chain is the reader's to look at.
    name = data.draw(st.sampled_from([*(key for key in spot if key != "chain"), "other"]))
    if isinstance(spot.get(name), dict) and name != "observed" and data.draw(st.booleans()):
        spot = spot[name]
        name = data.draw(st.sampled_from([*spot, "other", "side", "stratum"]))
    if data.draw(st.booleans()) and name in spot:
        del spot[name]
    else:
        spot[name] = data.draw(ODD)
    taken = LineReader("r").read(line(altered), 1, observed=True)
    if taken is not None:
        assert VALID(altered)
        assert taken == record.result_from(altered)


def test_a_sample_line_is_taken() -> None:
    assert LineReader("r").read(line(SAMPLE), 1, observed=True) == record.result_from(SAMPLE)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b'{"record":"footer"}', b"\xff", b'"\\ud800"'])
def test_what_is_no_result_is_left_to_the_long_way(text: bytes) -> None:
    assert LineReader("r").read(text, 1, observed=True) is None


def test_a_line_of_another_run_or_out_of_order_is_left_to_the_long_way() -> None:
    assert LineReader("other").read(line(SAMPLE), 1, observed=True) is None
    assert LineReader("r").read(line(SAMPLE), 2, observed=True) is None
