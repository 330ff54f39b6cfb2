"""The capability statement: what a supplier says a product can do, and which clauses therefore reach it.

Reads the statement from plain data and applies one rule; knows no record. The file's form is
`standard/schemas/capability-statement.schema.json`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import schema, strict_yaml
from .errors import Problem, StairgateError
from .facts import Limit
from .schema import FileKind
from .words import Module, Offered, Stand, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from .catalogue import Catalogue
    from .clause import Clause, EnumeratedSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """A capability the supplier declares absent, and why."""

    capability: str
    because: str
    see: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedProfile:
    """A profile the product ships, for persons from `first` to `last` years, both included."""

    id: str
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A supplier's claims and limits.

    Attributes:
        product: the product's id, as the adapter names it.
        name: the product's name.
        vendor: who makes it.
        audience: for whom it is meant, one sentence.
        stands: where it can stand.
        modules: catalogues it claims beyond `core`.
        settings: where it is meant to be used.
        languages: codes of the languages it claims to filter in.
        offers: capabilities it claims.
        lacks: capabilities it declares absent.
        limits: further limits, each with the clauses it bears on.
        unknown_sites: what each profile does with an unclassified site.
        profiles: those it ships, youngest first.
        brackets: age bracket (set age-brackets) -> the profile for it.
        classes: classes of service that can be closed (set service-class-names).
    """

    product: str
    name: str
    vendor: str
    audience: str
    stands: tuple[Stand, ...]
    modules: tuple[Module, ...]
    settings: tuple[str, ...]
    languages: tuple[str, ...]
    offers: tuple[str, ...]
    lacks: tuple[Lack, ...]
    limits: tuple[Limit, ...]
    unknown_sites: Mapping[str, str]
    profiles: tuple[ShippedProfile, ...] = ()
    brackets: Mapping[str, str] = field(default_factory=dict)
    classes: tuple[str, ...] = ()

    def lack_of(self, capability: str) -> Lack | None:
        """The declaration that `capability` is absent, or None."""
        return next((lack for lack in self.lacks if lack.capability == capability), None)

    def all_limits(self, clauses: Iterable[Clause]) -> tuple[Limit, ...]:
        """Every limit made known: each capability lacking, with the clauses it bears on, then the others."""
        held = tuple(clauses)
        lacking = tuple(
            Limit(
                capability=lack.capability,
                because=lack.because,
                clauses=tuple(one.id for one in held if one.applies_when.capability == lack.capability),
            )
            for lack in self.lacks
        )
        return (*lacking, *self.limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whether a clause reaches a product.

    Attributes:
        verdict: NOT_APPLICABLE or NOT_SATISFIED where stand and statement decide; None where records do.
        because: one sentence; "" where the records decide.
    """

    verdict: Verdict | None
    because: str = ""


def load(path: Path, catalogue: Catalogue) -> Statement:
    """Read a capability statement from a YAML or JSON file.

    Raises:
        StairgateError: unreadable, refused by its schema, or naming what the standard does not have.
    """
    document = strict_yaml.load_file(path)
    return parse(document.data, catalogue, place=document.place)


def parse(data: Any, catalogue: Catalogue, *, place: Callable[..., str]) -> Statement:
    """A statement from plain data.

    Args:
        data: as YAML or JSON gives it, or as a result file's header carries it.
        catalogue: the standard whose capabilities and clauses it may name.
        place: turns a path of keys into `file:line`.

    Raises:
        StairgateError: as `load`.
    """
    problems = list(schema.complaints(data, FileKind.CAPABILITY_STATEMENT, place))
    if problems:
        raise StairgateError(*problems)
    offers, lacks = data["offers"], data["lacks"]
    for index, name in enumerate(offers):
        problems += _unknown(name, catalogue.capabilities, "capability", place("offers", index))
    for index, lack in enumerate(lacks):
        where = place("lacks", index)
        problems += _unknown(lack["capability"], catalogue.capabilities, "capability", where)
        if lack["capability"] in offers:
            cause = f"{lack['capability']!r} is both offered and declared absent."
            hint = "Keep one of the two."
            problems.append(Problem(code="contradiction", place=where, cause=cause, hint=hint))
    for index, limit in enumerate(data.get("limits", ())):
        for clause_id in limit.get("clauses", ()):
            problems += _unknown(clause_id, catalogue.clauses, "clause", place("limits", index))
    shipped = [profile["id"] for profile in data.get("profiles", ())]
    for bracket, name in data.get("brackets", {}).items():
        problems += _unknown(name, shipped, "profile", place("brackets", bracket))
    if problems:
        raise StairgateError(*problems)
    return Statement(
        product=data["product"]["id"],
        name=data["product"]["name"],
        vendor=data["product"]["vendor"],
        audience=data["audience"],
        stands=tuple(Stand(stand) for stand in data["stands"]),
        modules=tuple(Module(module) for module in data.get("modules", ())),
        settings=tuple(data.get("settings", ())),
        languages=tuple(data.get("languages", ())),
        offers=tuple(offers),
        lacks=tuple(Lack(**lack) for lack in lacks),
        limits=tuple(
            Limit(capability="", because=limit["text"], clauses=tuple(limit.get("clauses", ())))
            for limit in data.get("limits", ())
        ),
        unknown_sites=dict(data.get("unknown_sites", {})),
        profiles=tuple(
            ShippedProfile(id=one["id"], first=one["from"], last=one["to"])
            for one in sorted(data.get("profiles", ()), key=lambda one: (one["from"], one["to"]))
        ),
        brackets=dict(data.get("brackets", {})),
        classes=tuple(data.get("classes", ())),
    )


def reach(clause: Clause, stand: Stand, statement: Statement | None) -> Reach:
    """Whether `clause` reaches a product at `stand` that makes `statement`.

    A clause falls away for two reasons only: it does not name the stand; or it says `where-offered` or
    `claimed` and the statement declares the capability absent. Any other absent capability leaves the clause
    not satisfied, however honestly declared. A capability that is not mentioned is examined.
    """
    when = clause.applies_when
    if when.stands and stand not in when.stands:
        return Reach(
            verdict=Verdict.NOT_APPLICABLE, because=f"The clause does not name the stand {stand.value}."
        )
    lack = statement.lack_of(when.capability) if statement is not None and when.capability else None
    if lack is None:
        return Reach(verdict=None)
    if when.offered is Offered.REQUIRED:
        because = f"The clause requires {lack.capability}, which the supplier declares absent: {lack.because}"
        return Reach(verdict=Verdict.NOT_SATISFIED, because=because)
    because = (
        f"The supplier declares {lack.capability} absent, and the clause holds only {_where(when.offered)}: "
    )
    return Reach(verdict=Verdict.NOT_APPLICABLE, because=because + lack.because)


def members(found: EnumeratedSet, stand: Stand, statement: Statement | None) -> tuple[str, ...]:
    """Ids of the members of `found` that reach a product: by the same two reasons, member by member."""
    absent = {lack.capability for lack in statement.lacks} if statement is not None else set[str]()
    return tuple(item.id for item in found.items if item.reaches(stand, absent))


def _where(offered: Offered) -> str:
    return "where it is offered" if offered is Offered.WHERE_OFFERED else "where it is claimed"


def _unknown(name: str, known: Iterable[str], what: str, place: str) -> list[Problem]:
    names = list(known)
    if name in names:
        return []
    close = difflib.get_close_matches(name, names, n=1)
    whose = "the statement" if what == "profile" else "the standard"
    hint = f"Did you mean {close[0]!r}?" if close else f"Name a {what} of {whose}."
    return [Problem(code=f"unknown-{what}", place=place, cause=f"There is no {what} {name!r}.", hint=hint)]
