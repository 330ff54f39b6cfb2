"""Evidence: what was asked and seen in each case, kept as plain text a person can read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from conformance_tests.lab.question import Answer
from standard.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conformance_tests.observation import Observation, Result
    from standard import record

HASHES = "evidence_sha256"
"""Where a result's details hold the hashes of its evidence."""

_SHOWN = 2000


def keep(result: Result, folder: Path) -> str:
    """Write one case's evidence.

    Returns:
        The file's path relative to the results folder.
    """
    name = "evidence/" + result.case.id.replace("/", "__") + ".txt"
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [
        f"case     {result.case.id}",
        f"title    {result.case.title}",
        f"outcome  {result.judgement.outcome}",
        "",
    ]
    parts += [_describe(index, seen) for index, seen in enumerate(result.observations, start=1)]
    path.write_text("\n".join(parts), encoding="utf-8")
    return name


def hashed(names: Iterable[str], folder: Path) -> dict[str, str]:
    """SHA-256 of each file of evidence: what a result says of the files it names."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def altered(results: Iterable[record.Result], folder: Path) -> list[Problem]:
    """Every file of evidence in `folder` that is not the one its results were written with.

    A file that is not there was put away, and that is no fault. A case that was asked again has been written
    again; either hash will do.
    """
    said: dict[str, set[str]] = {}
    for result in results:
        hashes = result.observed.get(HASHES)
        if isinstance(hashes, dict):
            for name in result.evidence:
                said.setdefault(name, set()).add(str(hashes.get(name)))
    return [
        Problem(
            code="altered-evidence",
            place=str(folder / name),
            cause="This file of evidence is not the one that the run wrote: its hash differs.",
            hint="Use the folder as it was written; without the file the results can be reported too.",
        )
        for name, hashes_said in said.items()
        if (folder / name).is_file() and hashed([name], folder)[name] not in hashes_said
    ]


def _describe(index: int, seen: Observation) -> str:
    probe, answer, sight = seen.probe, seen.answer, seen.sight
    if seen.value is not None or seen.answer == Answer():
        number = (
            f"{seen.value.number:g} {seen.value.unit}" if seen.value is not None else seen.judgement.outcome
        )
        return f"{seen.position or index}  {probe.item or probe.ask}: {number}  {seen.judgement.because}"
    lines = [
        f"--- probe {index}{f' ({probe.item})' if probe.item else ''}",
        f"asked    {probe.ask}" + (f"  with {dict(probe.options)}" if probe.options else ""),
        f"expected {probe.expect}",
        f"outcome  {seen.judgement.outcome}: {seen.judgement.because}",
        f"client   status {answer.status}, {len(answer.body)} bytes, {answer.milliseconds:.1f} ms"
        + (f", CONNECT {answer.tunnel}" if answer.tunnel is not None else "")
        + (f", {answer.protocol} by {answer.issuer!r}" if answer.protocol else "")
        + (f", {answer.error}" if answer.error else ""),
        f"witness  canary {_not(sight.canary)}received; origin {_not(sight.origin)}asked",
        f"alive    before {sight.alive_before}, after {sight.alive_after}",
    ]
    lines += [f"names    {one.sentence}" for one in answer.found]
    lines += [f"  {name}: {value}" for name, value in answer.headers]
    body = answer.body[:_SHOWN].decode("utf-8", "replace")
    return "\n".join([*lines, "", body, ""])


def _not(held: bool) -> str:
    return "" if held else "not "
