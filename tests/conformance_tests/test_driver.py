"""A driver that dies, hangs, answers garbage or refuses: an error or untested, and never a pass."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

import conformance_tests
from conformance_tests import case, cli, conduct
from conformance_tests.controls import adapters
from conformance_tests.lab.internet import fresh_folder
from conformance_tests.session import open_session
from standard import catalogue
from standard.words import Stand

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance_tests.lab.internet import Internet

type Play = Callable[[Callable[..., Any]], Any]

PAUSE = "configuration.change-takes-effect/within-a-minute/pause"
HELLO = "import json,sys,time\nsay=lambda **k:print(json.dumps(k),flush=True)\ninput()\n"
START = HELLO + 'say(id=1,ok=True,protocol=1,verbs=["configure","journal"])\ninput()\n'
DRIVERS = {
    "none": "",
    "dies-at-once": "raise SystemExit(1)",
    "dies-later": START + "raise SystemExit(1)",
    "hangs": START + "time.sleep(60)",
    "half-a-line": START + 'sys.stdout.write("{\\"id\\": 2, \\"ok\\": tr"); sys.stdout.flush()',
    "garbage": START + 'print("ok", flush=True); time.sleep(60)',
    "other-question": START + "say(id=7,ok=True); time.sleep(60)",
    "no-answer-to-ok": START + "say(id=2); time.sleep(60)",
    "strange-verbs": HELLO + 'say(id=1,ok=True,verbs=["pass-all"]); time.sleep(60)',
    "no-verbs": HELLO + "say(id=1,ok=True,protocol=1); time.sleep(60)",
    "refuses": START + 'say(id=2,ok=False,because="no pause here"); time.sleep(60)',
    "lies": START + "say(id=2,ok=True)\ninput()\nsay(id=3,ok=True)\ntime.sleep(60)",
}


async def with_each_driver(internet: Internet) -> dict[str, str]:
    """The flawless control with each bad driver: its first outcome that needs one."""
    known = catalogue.load()
    one = next(one for one in case.load_all(cli.CASES, 1) if one.id == PAUSE)
    patient = tuple(
        replace(
            probe, options={**probe.options, "within": 0.5} if "within" in probe.options else probe.options
        )
        for probe in one.probes
    )
    one = replace(one, probes=patient)
    told = {}
    for name, program in DRIVERS.items():
        command = (sys.executable, "-c", program) if program else ()
        adapter = replace(
            adapters.adapter_of("flawless", Stand.FORWARD_PROXY, known), driver=command, driver_patience=0.7
        )
        work = fresh_folder() / "product"
        async with open_session(
            internet, adapter, Stand.FORWARD_PROXY, "child", [one], work=work, separate=False
        ) as session:
            told[name] = (await conduct.carry_out(session, one)).judgement.outcome.value
    return told


def test_what_a_bad_driver_did_not_do_is_never_passed(play: Play) -> None:
    """One that says yes and does nothing is caught at the pages."""
    broken = dict.fromkeys(DRIVERS, "error")
    expected = broken | {"none": "untested", "no-verbs": "untested", "refuses": "untested", "lies": "failed"}
    assert play(with_each_driver) == expected


SCHEMA = json.loads(
    (Path(conformance_tests.__file__).parent / "schemas" / "driver.schema.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    ("line", "good"),
    [
        (dict.fromkeys(("work", "listen", "lists", "ca", "profile"), "x")
         | {"id": 1, "do": "start", "protocol": 1}, True),
        ({"id": 2, "do": "configure", "change": "block-host", "host": "a.example"}, True),
        ({"id": 2, "do": "configure", "change": "open-the-gate"}, False),
        ({"id": 2, "do": "clock"}, False),
        ({"id": 2, "ok": True, "records": [{"at": "2026-11-22T03:00:00Z", "category": None}]}, True),
        ({"id": 2, "ok": "yes"}, False),
    ],
)  # fmt: skip
def test_the_published_schema_tells_lines_of_the_protocol_from_others(
    line: dict[str, Any], *, good: bool
) -> None:
    assert jsonschema_rs.Draft202012Validator(SCHEMA).is_valid(line) is good


def test_every_change_a_case_asks_for_is_in_the_schema() -> None:
    known = set(SCHEMA["$defs"]["question"]["allOf"][1]["then"]["properties"]["change"]["enum"])
    asked = {
        probe.options["first"]["configure"]["change"]
        for one in case.load_all(cli.CASES, 1)
        for probe in one.probes
        if "configure" in probe.options.get("first", {})
    }
    assert asked <= known
