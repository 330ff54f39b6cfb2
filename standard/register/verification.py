"""Checks a bundle from itself alone: signature, hashes, and every verdict computed again from the records."""

from __future__ import annotations

import hashlib
import json
import math
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from standard import catalogue, result_file
from standard.errors import Problem, StairgateError

from . import bundle, keys
from .declaration import declare
from .obstacles import obstacles
from .signing import graded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from standard.report import Report

_HINT = "Do not rely on this bundle; ask the supplier for the one that was declared."


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What came of checking a bundle.

    Attributes:
        problems: everything that is wrong with it; empty where it holds.
        declaration: what it declares.
        report: graded again from its records; None where that could not be done.
        fingerprint: of the key whose signature holds; "" where none does.
        is_known_edition: whether this installation knows the edition with just this content.
    """

    problems: tuple[Problem, ...]
    declaration: Mapping[str, Any]
    report: Report | None
    fingerprint: str
    is_known_edition: bool


def verify(path: Path, *, on: date, published: Path = catalogue.HOME) -> Verification:
    """Check the bundle at `path`.

    Args:
        path: the bundle.
        on: the day it is looked at.
        published: the folder of the standard that this installation knows.

    Raises:
        StairgateError: it is no bundle at all; exit code 65.
    """
    files = bundle.unpack(path)
    declared = _parsed(files, bundle.DECLARATION)
    fingerprint, problems = _signed(files, declared)
    problems += _hashes(files, declared)
    report, found = _graded_again(files, declared, fingerprint)
    problems += found
    edition_sha = _text(declared, "edition", "sha256")
    is_known = edition_sha in _published(published)
    if not is_known:
        problems.append(
            _problem(
                "unknown-edition",
                "edition",
                f"Its edition {_text(declared, 'edition', 'id')!r} is not one this installation knows: its "
                f"hash is {edition_sha[:16]}….",
                "Compare the hash with the published one, or get a Stairgate that has this edition.",
            )
        )
    problems += _expired(declared, on)
    return Verification(
        problems=tuple(problems),
        declaration=declared,
        report=report,
        fingerprint=fingerprint,
        is_known_edition=is_known,
    )


def _problem(code: str, place: str, cause: str, hint: str = _HINT) -> Problem:
    return Problem(code=code, place=place, cause=cause, hint=hint)


def _parsed(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    try:
        data = json.loads(files[name])
    except ValueError as error:
        raise StairgateError(_problem("not-json", name, "This file is not JSON.")) from error
    if not isinstance(data, dict):
        raise StairgateError(_problem("not-json", name, "This file is not a JSON object."))
    return data


def _text(data: Mapping[str, Any], *keys_: str) -> str:
    value: Any = data
    for key in keys_:
        value = value.get(key, "") if isinstance(value, dict) else ""
    return value if isinstance(value, str) else ""


def _signed(files: Mapping[str, bytes], declared: Mapping[str, Any]) -> tuple[str, list[Problem]]:
    signature = _parsed(files, bundle.SIGNATURE)
    if signature != bundle.signature(_text(signature, "public_key"), _text(signature, "signature")):
        cause = "The signature file does not have the form of one."
        return "", [_problem("wrong-signature", bundle.SIGNATURE, cause)]
    key = keys.is_signed_by(
        _text(signature, "public_key"), _text(signature, "signature"), files[bundle.DECLARATION]
    )
    if key is None:
        cause = "The signature does not fit the declaration: one of the two was altered."
        return "", [_problem("wrong-signature", bundle.SIGNATURE, cause)]
    fingerprint = keys.fingerprint(key)
    if _text(declared, "key", "fingerprint") != fingerprint:
        cause = "The declaration names another key than the one that signed it."
        return fingerprint, [_problem("other-key", bundle.DECLARATION, cause)]
    return fingerprint, []


def _hashes(files: Mapping[str, bytes], declared: Mapping[str, Any]) -> list[Problem]:
    named = declared.get("files")
    if not isinstance(named, dict):
        return [_problem("missing-hashes", bundle.DECLARATION, "The declaration names no files.")]
    held = set(files) - {bundle.DECLARATION, bundle.SIGNATURE}
    problems = [
        _problem("unsigned-file", name, "This file is not among those declared.")
        for name in sorted(held - set(named))
    ]
    problems += [
        _problem("missing-file", name, "This file was declared and is not in the bundle.")
        for name in sorted(set(named) - held)
    ]
    return problems + [
        _problem("altered-file", name, "This file is not the one that was declared: its hash differs.")
        for name in sorted(held & set(named))
        if hashlib.sha256(files[name]).hexdigest() != named[name]
    ]


def _graded_again(
    files: Mapping[str, bytes], declared: Mapping[str, Any], fingerprint: str
) -> tuple[Report | None, list[Problem]]:
    """The report made again from records and edition, and all that differs from what the bundle says."""
    with tempfile.TemporaryDirectory(prefix="stairgate-verify-") as name:
        folder = Path(name)
        for file, content in files.items():
            if file.startswith(bundle.EDITION) or file == bundle.RESULTS:
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        try:
            known = catalogue.load(folder / bundle.EDITION)
            found = result_file.load(folder / bundle.RESULTS, allow_cut=True, observed=False)
            report = graded(found, known)
        except StairgateError as error:
            return None, [_at_home(problem, name) for problem in error.problems]
    problems = obstacles(found.header, found.results, report)
    problems += _verdicts(_parsed(files, bundle.REPORT), report)
    if found.footer is not None:
        on = _day(declared)
        edition = known.edition(found.header.edition)
        try:
            again = declare(report, found.header, edition, fingerprint=fingerprint, on=on)
        except ValueError:
            cause = f"The run is said to have ended on {found.footer.finished!r}, which is no day."
            problems.append(_problem("no-day", bundle.RESULTS, cause))
        else:
            problems += _declared_otherwise(declared, again)
    return report, problems


def _at_home(problem: Problem, folder: str) -> Problem:
    place = problem.place.replace(f"{folder}/", "")
    return _problem(problem.code, place, problem.cause.replace(f"{folder}/", ""))


def _verdicts(shown: Mapping[str, Any], report: Report) -> Iterator[Problem]:
    """Verdicts the bundled report shows that the records do not bear out."""
    again = {"": report.verdict.value}
    for clause in report.clauses:
        again[clause.id] = clause.verdict.value
        again |= {criterion.id: criterion.verdict.value for criterion in clause.criteria}
    said = {"": shown.get("verdict")}
    for part in _objects(shown, "clauses"):
        said[str(part.get("id"))] = part.get("verdict")
        said |= {str(one.get("id")): one.get("verdict") for one in _objects(part, "criteria")}
    for name in dict.fromkeys((*again, *said)):
        if again.get(name) != said.get(name):
            cause = f"The report says {said.get(name)!r}; the records say {again.get(name)!r}."
            yield _problem("other-verdict", name or "overall", cause)


def _objects(data: Mapping[str, Any], key: str) -> Iterator[dict[str, Any]]:
    """The objects in the list `key`; a forger may have put anything there."""
    members = data.get(key)
    if isinstance(members, list):
        yield from (member for member in members if isinstance(member, dict))


def _declared_otherwise(declared: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[Problem]:
    for key in dict.fromkeys((*again, *declared)):
        if key != "files" and not _is_same(declared.get(key), again.get(key)):
            cause = f"What the declaration says under {key!r} does not follow from the records."
            yield _problem("declared-otherwise", f"{bundle.DECLARATION}, {key}", cause)


def _is_same(one: Any, other: Any) -> bool:
    """Equal, numbers to nine figures: another processor may compute another last bit."""
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
        case list() | tuple(), list() | tuple():
            return len(one) == len(other) and all(map(_is_same, one, other))
        case float(), float():
            return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
        case _:
            return bool(one == other)


def _day(declared: Mapping[str, Any]) -> date:
    try:
        return date.fromisoformat(_text(declared, "declared_on"))
    except ValueError:
        return date.min


def _expired(declared: Mapping[str, Any], on: date) -> Iterator[Problem]:
    ends = _text(declared, "expires_on")
    if ends and ends < on.isoformat():
        yield _problem("expired", bundle.DECLARATION, f"It ended on {ends}.", "Ask for a new declaration.")
    if _text(declared, "declared_on") > on.isoformat():
        yield _problem("from-the-future", bundle.DECLARATION, "It is dated after today.")


def _published(home: Path) -> set[str]:
    return {edition.sha256 for edition in catalogue.load(home).editions.values()}
