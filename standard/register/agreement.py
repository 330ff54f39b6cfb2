"""Whether a bundle says what its records give: report, declaration and pages, made again and compared."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from standard.errors import Problem
from standard.render import data, declaration_sheet, report_page

from . import bundle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from standard.report import Report

HINT = "Do not rely on this bundle; ask the supplier for the one that was declared."


def of_report(shown: Mapping[str, Any], report: Report) -> list[Problem]:
    """What the bundled report says otherwise: each verdict by name, or else each part that differs."""
    return list(_verdicts(shown, report)) or list(_parts(shown, report))


def of_declaration(declared: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[Problem]:
    """What the declaration says otherwise than one made `again`; the hashes of files are left out."""
    for key in dict.fromkeys((*again, *declared)):
        if key != "files" and not _is_same(declared.get(key), again.get(key)):
            cause = f"What the declaration says under {key!r} does not follow from the records."
            yield _problem("declared-otherwise", f"{bundle.DECLARATION}, {key}", cause)


def pages(files: Mapping[str, bytes], report: Report, declared: Mapping[str, Any]) -> Iterator[str]:
    """The bundled pages that this installation would have made otherwise; another version may."""
    for name, again in (
        (bundle.PAGE, report_page.render(report).encode()),
        (bundle.SHEET, declaration_sheet.render(declared)),
    ):
        if files[name] != again:
            yield (
                f"{name} is not what this Stairgate makes of these records. Another version may have made "
                "it; go by what is printed here."
            )


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


def _parts(shown: Mapping[str, Any], report: Report) -> Iterator[Problem]:
    """Parts of the report that are not what the records give: a failure left out, a sentence mended."""
    again = json.loads(data.render(report))
    for key in dict.fromkeys((*again, *shown)):
        if not _is_same(shown.get(key), again.get(key)):
            cause = f"What the report says under {key!r} does not follow from the records."
            yield _problem("reported-otherwise", f"{bundle.REPORT}, {key}", cause)


def _objects(data: Mapping[str, Any], key: str) -> Iterator[dict[str, Any]]:
    """The objects in the list `key`; a forger may have put anything there."""
    members = data.get(key)
    if isinstance(members, list):
        yield from (member for member in members if isinstance(member, dict))


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


def _problem(code: str, place: str, cause: str) -> Problem:
    return Problem(code=code, place=place, cause=cause, hint=HINT)
