"""The catalogue: every clause, set, population, capability and edition, loaded and checked for form.

`load` reads the files below one folder and reports every problem of every file at once. Knows no case, no
record and no product. Whether the parts fit each other is `standard.lint`'s question.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
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

ANNEXES = (
    FileKind.CATEGORIES,
    FileKind.DECISION_RULE,
    FileKind.LAB_PROCESS,
    FileKind.HELP_SERVICES,
    FileKind.SIGNALS,
    FileKind.DRAFT_NUMBERS,
)
"""Annexes that the catalogue checks and hands on as plain data."""

INFORMATIVE = frozenset({FileKind.SIGNALS, FileKind.DRAFT_NUMBERS})
"""Those of them on which no verdict hangs. All that is not informative is in the hash of an edition."""

_NORMATIVE_FRONT = ("scope", "reading", "terms")  # not the foreword


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
        matter: front matter and further annexes as plain data, by kind of file; those that are there.
    """

    clauses: Mapping[str, Clause]
    sets: Mapping[str, EnumeratedSet]
    populations: Mapping[str, Term]
    capabilities: Mapping[str, Term]
    editions: Mapping[str, Edition]
    criteria: Mapping[str, Criterion]
    owners: Mapping[str, str]
    matter: Mapping[FileKind, Mapping[str, Any]] = field(default_factory=dict)

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
        home: a folder with `clauses/`, `annexes/` and `editions/`; `matter/` for the front of the document.

    Raises:
        StairgateError: every problem of every file: unreadable, not strict YAML, refused by its schema,
            or an id used twice. Exit code 65; 69 where there is no clause at all.
    """
    reading = _Reading(home)
    clauses = reading.documents("clauses/**/*.yaml", FileKind.CLAUSE)
    sets = reading.documents("annexes/sets/*.yaml", FileKind.SET)
    populations = reading.documents("annexes/populations.yaml", FileKind.POPULATIONS)
    capabilities = reading.documents("annexes/capabilities.yaml", FileKind.CAPABILITIES)
    further = [(kind, doc) for kind in ANNEXES for doc in reading.documents(f"annexes/{kind}.yaml", kind)]
    front = reading.documents("matter/front.yaml", FileKind.FRONT)
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
    normative = [
        *(doc.data for doc in (*sets, *populations, *capabilities)),
        *(doc.data for kind, doc in further if kind not in INFORMATIVE),
        *({part: doc.data[part] for part in _NORMATIVE_FRONT} for doc in front),
    ]
    return Catalogue(
        clauses={one.id: one for one in known},
        sets=known_sets,
        populations={k: v for doc in populations for k, v in source.terms(doc, "populations").items()},
        capabilities={k: v for doc in capabilities for k, v in source.terms(doc, "capabilities").items()},
        editions={doc.data["id"]: source.edition(doc, digest(doc.data, raw, normative)) for doc in editions},
        criteria={criterion.id: criterion for one in known for criterion in one.criteria},
        owners={criterion.id: one.id for one in known for criterion in one.criteria},
        matter={kind: doc.data for kind, doc in (*further, *((FileKind.FRONT, doc) for doc in front))},
    )


def digest(edition: Mapping[str, Any], clauses: Mapping[str, Any], normative: Iterable[Any]) -> str:
    """SHA-256 of an edition with all it selects, independent of layout, comments and key order.

    Args:
        edition: the edition file's data.
        clauses: the data of every clause file, by id; those not selected are left out.
        normative: the data of all else that is normative, in the order of their kinds: sets, populations,
            capabilities, further annexes, front matter. What a help service is may decide a verdict too.
    """
    selected = [clauses[clause_id] for clause_id in edition["clauses"] if clause_id in clauses]
    whole = {"edition": edition, "clauses": selected, "annexes": list(normative)}
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
