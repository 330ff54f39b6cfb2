"""A clause of the standard, the sets its criteria enumerate, and the edition that selects it. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .criterion import Criterion
    from .words import Module, Obligation, Offered, Stand


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliesWhen:
    """When a clause reaches a product.

    Attributes:
        stands: the stands it names; empty in a module that is not about where a product stands.
        capability: the capability it speaks of, or None.
        offered: whether it falls away where that capability is absent.
    """

    stands: tuple[Stand, ...]
    capability: str | None
    offered: Offered


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Another text the clause stands beside: which, where in it, and how they are related."""

    source: str
    place: str
    relation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of a clause's history."""

    edition: str
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One requirement: its sentence, whom it reaches, and its criteria.

    Attributes:
        id: `content.gambling`: permanent; retired, never reused.
        number: the label printed in an edition: `4.1.7`.
        title: a short sentence.
        obligation: shall, should or may.
        since: the first edition that held it.
        module: its catalogue.
        critical: whether failing it is a critical nonconformity.
        text: one sentence with the obligation's word in it.
        rationale: why it is asked.
        applies_when: whom it reaches.
        assumptions: what holds while it is examined.
        criteria: in order.
        interpretation: how a doubtful text is read, or "".
        references: other texts.
        history: what changed, edition by edition.
        place: `file:line` it was read from, for complaints.
    """

    id: str
    number: str
    title: str
    obligation: Obligation
    since: str
    module: Module
    critical: bool
    text: str
    rationale: str
    applies_when: AppliesWhen
    assumptions: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    interpretation: str
    references: tuple[Reference, ...]
    history: tuple[Change, ...]
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One member of an enumerated set.

    Attributes:
        id: unique in its set.
        text: enough for a stranger to build the case.
        stands: the stands it reaches; empty where it reaches all that the clause names.
        where_offered: the capability whose declared absence takes it out of the set, or "".
    """

    id: str
    text: str
    stands: tuple[Stand, ...] = ()
    where_offered: str = ""

    def reaches(self, stand: Stand, absent: Collection[str]) -> bool:
        """Whether it is asked of a product on `stand` that declares the capabilities `absent` absent."""
        return (not self.stands or stand in self.stands) and (
            not self.where_offered or self.where_offered not in absent
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumeratedSet:
    """A set written out, so that `every` means something: the eight label variants, the forty spellings."""

    id: str
    title: str
    about: str
    items: tuple[Item, ...]
    place: str = ""

    def members(self, stand: Stand, absent: Collection[str]) -> tuple[str, ...]:
        """Ids of the items that reach a product, in order; arguments as `Item.reaches`."""
        return tuple(item.id for item in self.items if item.reaches(stand, absent))


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A population or a capability: id, title, and the definition that says what belongs to it."""

    id: str
    title: str
    definition: str
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading of the printed edition: `4`, `Content`."""

    number: str
    title: str
    module: Module


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A frozen selection of clauses.

    Attributes:
        id: `2026.1`.
        title: printed on the cover.
        status: draft, published or withdrawn.
        date: of this status, `2026-11-21`.
        summary: one paragraph.
        stands: the stands it knows, with what each means.
        settings: where a product is used (home, school), with what each means.
        sections: headings in printed order.
        clauses: ids in printed order.
        sha256: over everything it selects; see `standard.catalogue.digest`.
        place: `file:line`, for complaints.
    """

    id: str
    title: str
    status: str
    date: str
    summary: str
    stands: Mapping[Stand, str]
    settings: Mapping[str, str]
    sections: tuple[Section, ...]
    clauses: tuple[str, ...]
    sha256: str
    place: str = ""

    def section_of(self, clause: Clause) -> str:
        """Title of the section `clause` is printed in, or "" where no heading fits its number."""
        titles = {section.number: section.title for section in self.sections}
        parts = clause.number.split(".")
        for length in range(len(parts) - 1, 0, -1):
            title = titles.get(".".join(parts[:length]))
            if title is not None:
                return title
        return ""
