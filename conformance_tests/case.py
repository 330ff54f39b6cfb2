"""A case: one experiment, written as one YAML file in the same tree as the clauses.

Names in a case are drawn from the run's seed: `{a}` stands for a made-up name that says nothing about its
part, so that a product can learn nothing from a name. The expectation never leaves the examiner.
"""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from conformance_tests import members
from conformance_tests.parts import Probe, as_probe, as_site, draw_names, fill
from standard import schema, strict_yaml
from standard.errors import Problem, StairgateError
from standard.words import Stand

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conformance_tests.lab.sites import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One experiment.

    Attributes:
        id: criterion id, a slash, and a name: permanent.
        criterion: the criterion it belongs to.
        title: one line: what is done and what must happen.
        why: why somebody got this wrong before.
        stands: where it can be asked.
        profile: the suite's profile of the person asking.
        lists: category -> entries put on the product's own lists.
        sites: the parts the lab plays.
        probes: the questions, in order.
        procedure: how it is carried out; `probes` asks them one by one.
        settings: further parameters of the procedure.
        faults: the faults (controls) this case must catch, at every stand where a control can have them.
        faults_at: further ones that it catches at one stand only.
        needs: capabilities without which it is inapplicable.
        thin: how many of its probes the matrix asks; 0 for all. For cases with a probe for each member of
            a long set, where each asks the same thing.
        sha256: of the file.
    """

    id: str
    criterion: str
    title: str
    why: str
    stands: tuple[Stand, ...]
    profile: str
    lists: Mapping[str, tuple[str, ...]]
    sites: tuple[Site, ...]
    probes: tuple[Probe, ...]
    procedure: str
    settings: Mapping[str, Any]
    faults: tuple[str, ...]
    faults_at: Mapping[Stand, tuple[str, ...]]
    needs: tuple[str, ...]
    thin: int
    sha256: str

    @property
    def is_alone(self) -> bool:
        """Whether it changes or harms the product: it then has a start of its own."""
        return self.procedure not in {"probes", "statement"} or any(
            "first" in probe.options for probe in self.probes
        )

    def at(self, stand: Stand) -> Case:
        """The case as it is asked at one stand: without the probes and faults that belong elsewhere."""
        probes = tuple(probe for probe in self.probes if not probe.stands or stand in probe.stands)
        faults = (*self.faults, *self.faults_at.get(stand, ()))
        return replace(self, probes=probes, faults=faults, faults_at={})


def load(path: Path, seed: int, *, root: Path) -> Case:
    """Read one case and draw its names.

    Args:
        path: the YAML file.
        seed: the run's seed; the same seed draws the same names.
        root: the folder of all cases: the file's place below it must agree with its id.

    Raises:
        StairgateError: every problem of the file at once, with file and line.
    """
    shown = str(path.relative_to(root.parent))
    document = strict_yaml.load_file(path, name=shown)
    data = document.data
    problems = list(schema.complaints_of(_validator(), data, document.place, schema=_schema()))
    if problems:
        raise StairgateError(*problems)
    expected = f"{data['criterion']}/{path.stem}"
    if data["id"] != expected:
        problems.append(
            _problem(
                "wrong-id",
                document.place("id"),
                f"The id {data['id']!r} does not fit its criterion and file.",
                f"Write `id: {expected}`.",
            )
        )
    data = members.unfold(data)
    names = draw_names(data.get("names", []), f"{seed}/{data['id']}")
    try:
        case = Case(
            id=data["id"],
            criterion=data["criterion"],
            title=data["title"],
            why=data["why"],
            stands=tuple(Stand(word) for word in data["stands"]),
            profile=data.get("profile", "child"),
            lists={
                category: tuple(fill(entry, names) for entry in entries)
                for category, entries in (data.get("lists") or {}).items()
            },
            sites=tuple(as_site(part, names) for part in data.get("sites") or ()),
            probes=tuple(as_probe(part, names) for part in data.get("probes") or ()),
            procedure=data.get("procedure", "probes"),
            settings=fill(data.get("settings") or {}, names),
            faults=tuple(data.get("faults") or ()),
            faults_at={
                Stand(stand): tuple(faults) for stand, faults in (data.get("faults_at") or {}).items()
            },
            needs=tuple(data.get("needs") or ()),
            thin=data.get("thin", 0),
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problems.append(
            _problem(
                "malformed-case",
                shown,
                f"The case can't be understood: {error}.",
                "Compare it with docs/write-a-case.md.",
            )
        )
        raise StairgateError(*problems) from error
    if problems:
        raise StairgateError(*problems)
    return case


def load_all(root: Path, seed: int) -> list[Case]:
    """Every case below `root`, by id; all problems of all files at once."""
    cases: list[Case] = []
    problems: list[Problem] = []
    for path in sorted(root.rglob("*.yaml")):
        try:
            cases.append(load(path, seed, root=root))
        except StairgateError as error:
            problems += error.problems
    if problems:
        raise StairgateError(*problems)
    return sorted(cases, key=lambda case: case.id)


def _problem(code: str, place: str, cause: str, hint: str) -> Problem:
    return Problem(code=code, place=place, cause=cause, hint=hint)


@functools.cache
def _schema() -> dict[str, Any]:
    text = (resources.files(__package__) / "schemas" / "case.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@functools.cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schema())
