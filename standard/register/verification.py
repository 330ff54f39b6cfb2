"""Checks a bundle from itself alone: signature, hashes, and every verdict computed again from the records."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from standard import catalogue, result_file
from standard.errors import Problem, StairgateError

from . import agreement, bundle, keys
from .declaration import declare
from .obstacles import obstacles
from .signing import graded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from standard.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What came of checking a bundle.

    Attributes:
        problems: everything that is wrong with it; empty where it holds.
        declaration: what it declares.
        report: graded again from its records; None where that could not be done.
        fingerprint: of the key whose signature holds; "" where none does.
        is_known_edition: whether this installation knows the edition with just this content.
        notes: what is no proof of anything wrong, and worth knowing.
    """

    problems: tuple[Problem, ...]
    declaration: Mapping[str, Any]
    report: Report | None
    fingerprint: str
    is_known_edition: bool
    notes: tuple[str, ...] = ()


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
        notes=() if report is None or problems else tuple(agreement.pages(files, report, declared)),
    )


def _problem(code: str, place: str, cause: str, hint: str = agreement.HINT) -> Problem:
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
    on, edition = _day(declared), known.edition(found.header.edition)
    problems = obstacles(found.header, found.results, report, edition=edition, on=on)
    problems += agreement.of_report(_parsed(files, bundle.REPORT), report)
    if found.footer is not None and not any(problem.code == "no-day" for problem in problems):
        again = declare(report, found.header, edition, fingerprint=fingerprint, on=on)
        problems += agreement.of_declaration(declared, again)
    return report, problems


def _at_home(problem: Problem, folder: str) -> Problem:
    place = problem.place.replace(f"{folder}/", "")
    return _problem(problem.code, place, problem.cause.replace(f"{folder}/", ""))


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
