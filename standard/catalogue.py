"""The catalogue: every clause, set, population, capability and edition, loaded and checked for form.

`load` reads the files below one folder and reports every problem of every file at once. Knows no case, no
record and no product. Whether the parts fit each other is `standard.lint`'s question.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import schema, source, strict_yaml
from .errors import Problem, StairgateError
from .exits import Exit
from .schema import FileKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .clause import Clause, Edition, EnumeratedSet, Term
    from .criterion import Criterion
    from .strict_yaml import Document

HOME = Path(__file__).parent
"""The folder the shipped standard lies in."""

_FURTHER = (
    FileKind.CATEGORIES,
    FileKind.HELP_SERVICES,
    FileKind.SIGNALS,
    FileKind.LAB_PROCESS,
    FileKind.DRAFT_NUMBERS,
)
"""Annexes that the catalogue checks and hashes, and leaves to their readers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything the standard says, by id.

    Attributes:
        clauses: in the order of their numbers.
        sets: what `every` is asked of.
        populations: what rates are drawn from.
        capabilities: what a product can be said to have.
        editions: selections of clauses, frozen.
        criteria: every criterion of every clause.
        owners: the clause id of every criterion id.
    """

    clauses: Mapping[str, Clause]
    sets: Mapping[str, EnumeratedSet]
    populations: Mapping[str, Term]
    capabilities: Mapping[str, Term]
    editions: Mapping[str, Edition]
    criteria: Mapping[str, Criterion]
    owners: Mapping[str, str]

    def edition(self, edition_id: str) -> Edition:
        """The edition called `edition_id`.

        Raises:
            StairgateError: there is none; exit code 64.
        """
        if edition_id not in self.editions:
            raise StairgateError(
                Problem(
                    code="unknown-edition",
                    place=edition_id,
                    cause="The standard has no edition of that name.",
                    hint="Choose one of: " + ", ".join(self.editions),
                ),
                exit_code=Exit.USAGE,
            )
        return self.editions[edition_id]

    def selected(self, edition: Edition) -> tuple[Clause, ...]:
        """The clauses of `edition`, in printed order."""
        return tuple(self.clauses[clause_id] for clause_id in edition.clauses if clause_id in self.clauses)


def load(home: Path = HOME) -> Catalogue:
    """Read the standard that lies in `home`.

    Args:
        home: a folder with `clauses/`, `annexes/` and `editions/`.

    Raises:
        StairgateError: every problem of every file: unreadable, not strict YAML, refused by its schema,
            or an id used twice. Exit code 65; 69 where there is no clause at all.
    """
    reading = _Reading(home)
    clauses = reading.documents("clauses/**/*.yaml", FileKind.CLAUSE)
    sets = reading.documents("annexes/sets/*.yaml", FileKind.SET)
    populations = reading.documents("annexes/populations.yaml", FileKind.POPULATIONS)
    capabilities = reading.documents("annexes/capabilities.yaml", FileKind.CAPABILITIES)
    further = [one for kind in _FURTHER for one in reading.documents(f"annexes/{kind}.yaml", kind)]
    editions = reading.documents("editions/*.yaml", FileKind.EDITION)
    for documents in (clauses, sets, editions):
        reading.refuse_twins((doc.data["id"], doc.place("id")) for doc in documents)
    reading.refuse_twins(
        (entry["id"], doc.place("criteria", index, "id"))
        for doc in clauses
        for index, entry in enumerate(doc.data["criteria"])
    )
    if reading.problems:
        raise StairgateError(*reading.problems)
    if not clauses:
        raise StairgateError(
            Problem(
                code="no-standard",
                place=str(home),
                cause="There is no clause in this folder.",
                hint="Name the folder that holds clauses/, annexes/ and editions/.",
            ),
            exit_code=Exit.MISSING,
        )
    known_sets = {found.id: found for found in map(source.enumerated_set, sets)}
    known = sorted(
        (source.clause(doc, known_sets) for doc in clauses), key=lambda one: number_key(one.number)
    )
    raw = {doc.data["id"]: doc.data for doc in clauses}
    annexes = [doc.data for doc in (*sets, *populations, *capabilities, *further)]
    return Catalogue(
        clauses={one.id: one for one in known},
        sets=known_sets,
        populations={k: v for doc in populations for k, v in source.terms(doc, "populations").items()},
        capabilities={k: v for doc in capabilities for k, v in source.terms(doc, "capabilities").items()},
        editions={doc.data["id"]: source.edition(doc, digest(doc.data, raw, annexes)) for doc in editions},
        criteria={criterion.id: criterion for one in known for criterion in one.criteria},
        owners={criterion.id: one.id for one in known for criterion in one.criteria},
    )


def digest(edition: Mapping[str, Any], clauses: Mapping[str, Any], annexes: Iterable[Any]) -> str:
    """SHA-256 of an edition with all it selects, independent of layout, comments and key order.

    Args:
        edition: the edition file's data.
        clauses: the data of every clause file, by id; those not selected are left out.
        annexes: the data of every annex; what a help service or a category is may decide a verdict too.
    """
    selected = [clauses[clause_id] for clause_id in edition["clauses"] if clause_id in clauses]
    whole = {"edition": edition, "clauses": selected, "annexes": list(annexes)}
    canonical = json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def number_key(number: str) -> tuple[tuple[int, str, int], ...]:
    """Sorts printed numbers as people count: 4.2 before 4.10, lettered sections last."""
    return tuple((0, "", int(part)) if part.isdigit() else (1, part, 0) for part in number.split("."))


class _Reading:
    """Reads files below one folder and keeps every problem instead of stopping at the first."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.problems: list[Problem] = []

    def documents(self, pattern: str, kind: FileKind) -> list[Document]:
        """The files that match `pattern` and fit their schema, in order of their paths."""
        fit = []
        for path in sorted(self._home.glob(pattern)):
            name = (Path(self._home.name) / path.relative_to(self._home)).as_posix()
            try:
                document = strict_yaml.load_file(path, name=name)
            except StairgateError as error:
                self.problems.extend(error.problems)
                continue
            problems = schema.check(document, kind)
            self.problems.extend(problems)
            if not problems:
                fit.append(document)
        return fit

    def refuse_twins(self, ids: Iterable[tuple[str, str]]) -> None:
        """Complain of every id that an earlier file has already taken."""
        taken: dict[str, str] = {}
        for one, place in ids:
            if one in taken:
                cause = f"The id {one!r} is already taken at {taken[one]}."
                hint = "Give one of the two another id; a retired id is never reused."
                self.problems.append(Problem(code="duplicate-id", place=place, cause=cause, hint=hint))
            taken.setdefault(one, place)
