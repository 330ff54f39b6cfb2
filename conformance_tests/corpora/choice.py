"""Which criterion is drawn from which list: never from one that the product holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance_tests.corpora import draw as drawing
from conformance_tests.corpora import source as sources
from standard.criterion import DifferenceMeasure, RateMeasure
from standard.errors import Problem, StairgateError
from standard.exits import Exit
from standard.words import Evidence, Level, Side

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from conformance_tests.corpora.draw import Drawn, Frame
    from conformance_tests.corpora.sealed import SealedSet
    from conformance_tests.corpora.source import Source
    from standard.catalogue import Catalogue
    from standard.criterion import Criterion
    from standard.record import Corpus
    from standard.words import Stand

_AREA = "content."


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One criterion's draw, or why there is none.

    Attributes:
        criterion: its id.
        blocked: whether its members must be blocked; else they must be allowed.
        source: the list drawn from, `sealed` for a sealed set, empty for none.
        members: in the order drawn.
        size: how many domains the frame has.
        overlap: how many of them the product's own lists hold too.
        side: of a comparison.
        missing: the input that is not there, one sentence; empty where it is.
    """

    criterion: str
    blocked: bool
    source: str = ""
    members: tuple[Drawn, ...] = ()
    size: int = 0
    overlap: int = 0
    side: Side | None = None
    missing: str = ""

    @property
    def sentence(self) -> str:
        """One line for a person."""
        if self.missing:
            return f"{self.criterion}: not drawn: {self.missing}"
        side = f", {self.side} side" if self.side else ""
        share = (
            f"{self.overlap} of {self.size} domains ({self.overlap / self.size:.1%})" if self.size else "0"
        )
        return f"{self.criterion}: {len(self.members)} drawn from {self.source}{side}; held too: {share}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What of a run is drawn.

    Attributes:
        draws: one for each criterion and side.
        given: category -> names, put on the product's lists before: what it holds.
        again: the command that repeats the draw.
        corpus: what was drawn from, for the result file's header.
    """

    draws: Sequence[Draw] = ()
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    again: Sequence[str] = ()
    corpus: Corpus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What the product holds: ids of lists, and the names on those that are at hand."""

    lists: frozenset[str]
    names: frozenset[str]


def choose(
    catalogue: Catalogue,
    stand: Stand,
    at_hand: Sequence[Source],
    *,
    held: Holding,
    seed: int,
    sealed: SealedSet | None = None,
    wanted: str = "",
) -> list[Draw]:
    """Every draw of the standard's content clauses at a stand, in its order.

    Args:
        catalogue: the loaded standard; it fixes how many are drawn.
        stand: where the product stands.
        at_hand: the lists that can be drawn from.
        held: what the product holds.
        seed: of the draws.
        sealed: an opened sealed set.
        wanted: draw from this list only; empty for any.

    Raises:
        StairgateError: with exit code 64, where `wanted` is a list that the product holds: such a draw would
            find what was put in.
    """
    if wanted in held.lists:
        problem = Problem(
            code="circular-draw",
            place=f"--draw-from {wanted}",
            cause="The product holds this list: what is drawn from it says nothing about what it knows.",
            hint=f"Draw from another: {_listed(one.id for one in at_hand if one.id not in held.lists)}.",
        )
        raise StairgateError(problem, exit_code=Exit.USAGE)
    free = [one for one in at_hand if one.id not in held.lists and wanted in {"", one.id}]
    draws: list[Draw] = []
    for clause in catalogue.clauses.values():
        if stand not in clause.applies_when.stands:
            continue
        for criterion in filter(is_drawn, clause.criteria):
            match criterion.measure:
                case RateMeasure(population=population, draw=count, is_floor=blocked):
                    chosen = _first(free, population)
                    if chosen is None:
                        missing = _missing(population, at_hand, held.lists)
                        draws.append(Draw(criterion=criterion.id, blocked=blocked, missing=missing))
                        continue
                    frame = frame_of([chosen], population)
                    draws.append(
                        Draw(
                            criterion=criterion.id,
                            blocked=blocked,
                            source=chosen.id,
                            members=drawing.draw(frame, count, f"{seed}/{criterion.id}"),
                            size=frame.size,
                            overlap=drawing.overlap(frame, held.names),
                        )
                    )
                case DifferenceMeasure(draw=count):
                    draws += _both_sides(criterion.id, count, at_hand, held, seed, sealed)
                case _:
                    pass
    return draws


def is_drawn(criterion: Criterion) -> bool:
    """Whether a run that is given lists draws for it: for content clauses, at the basic level."""
    return (
        criterion.id.startswith(_AREA)
        and criterion.evidence is Evidence.DRAWN
        and criterion.level is Level.BASIC
        and isinstance(criterion.measure, RateMeasure | DifferenceMeasure)
    )


def frame_of(chosen: Iterable[Source], population: str = "") -> Frame:
    """The frame of a population in some lists; without one, of everything that must be blocked."""
    return drawing.make_frame(
        (file.stratum if population else file.holds, sources.names(file))
        for one in chosen
        for file in one.files
        if file.holds == population or (not population and file.holds not in sources.HARMLESS)
    )


def _both_sides(
    criterion: str,
    count: int,
    at_hand: Sequence[Source],
    held: Holding,
    seed: int,
    sealed: SealedSet | None,
) -> list[Draw]:
    """The sealed set, and as many drawn from the lists that it was drawn from, without its members."""
    missing = "no sealed set was given (--sealed, --root)" if sealed is None else ""
    used = [] if sealed is None else [one for one in at_hand if one.id in sealed.source.split("+")]
    if circular := [one.id for one in used if one.id in held.lists]:
        missing = f"the sealed set was drawn from {_listed(circular)}, which the product holds"
    if sealed is not None and not used and not missing:
        missing = f"the lists the sealed set was drawn from ({sealed.source}) are not at hand"
    if sealed is None or missing:
        return [Draw(criterion=criterion, blocked=True, missing=missing)]
    opened = drawing.make_frame([("sealed", sealed.members)])
    secret = drawing.draw(opened, count, f"{seed}/{criterion}/sealed")
    frame = frame_of(used).without(opened.strata.get("sealed", {}))
    public = drawing.draw(frame, count, f"{seed}/{criterion}/public")
    return [
        Draw(
            criterion=criterion,
            blocked=True,
            source=name,
            members=members,
            size=inside.size,
            overlap=drawing.overlap(inside, held.names),
            side=side,
        )
        for name, members, inside, side in (
            ("+".join(one.id for one in used), public, frame, Side.PUBLIC),
            ("sealed", secret, opened, Side.SEALED),
        )
    ]


def _first(free: Sequence[Source], population: str) -> Source | None:
    return next((one for one in free if one.of(population)), None)


def _missing(population: str, at_hand: Sequence[Source], held: Collection[str]) -> str:
    circular = [one.id for one in at_hand if one.of(population) and one.id in held]
    if circular:
        return f"{_listed(circular)} has {population}, but the product holds it"
    return f"no list with {population} is at hand"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "there is none"
