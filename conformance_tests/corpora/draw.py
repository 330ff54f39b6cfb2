"""Draws: registrable domains, strata in proportion, one address of each domain, by a printed seed. Pure."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from standard import domain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

_WORLDWIDE = frozenset({"com", "net", "org", "info", "biz"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One domain of a draw.

    Attributes:
        position: from 1, in the order drawn.
        name: the address of the domain that is asked.
        domain: its registrable domain.
        stratum: the part of the frame it was drawn from.
    """

    position: int
    name: str
    domain: str
    stratum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a draw is made from: stratum -> registrable domain -> the names a list holds of it."""

    strata: Mapping[str, Mapping[str, tuple[str, ...]]]

    @property
    def size(self) -> int:
        """How many registrable domains there are."""
        return sum(map(len, self.strata.values()))

    def without(self, domains: Collection[str]) -> Frame:
        """The frame less some domains."""
        return Frame(
            strata={
                stratum: {found: held for found, held in inside.items() if found not in domains}
                for stratum, inside in self.strata.items()
            }
        )


def make_frame(parts: Iterable[tuple[str, Iterable[str]]]) -> Frame:
    """A frame from (stratum, names): each domain once, in the first stratum that names it.

    A part without a stratum of its own is divided by where its names end: such lists know nothing else.
    """
    found: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    where: dict[str, str] = {}
    for stratum, names in parts:
        for name in names:
            registrable = domain.registrable(name)
            kept = where.setdefault(registrable, stratum or _ending(registrable))
            found[kept][registrable].append(name)
    return Frame(
        strata={
            stratum: {one: tuple(sorted(set(held))) for one, held in sorted(inside.items())}
            for stratum, inside in sorted(found.items())
        }
    )


def draw(frame: Frame, count: int, seed: str) -> tuple[Drawn, ...]:
    """`count` domains, each stratum in proportion to its size; fewer where the frame holds fewer.

    Args:
        frame: what to draw from.
        count: fixed by the edition.
        seed: the same seed draws the same names in the same order.
    """
    dice = random.Random(seed)  # noqa: S311 - a reproducible draw, no secret
    chosen: list[tuple[str, str, str]] = []
    for stratum, share in _shares({one: len(held) for one, held in frame.strata.items()}, count).items():
        inside = frame.strata[stratum]
        picked = dice.sample(sorted(inside), share)
        chosen += [(dice.choice(inside[registrable]), registrable, stratum) for registrable in picked]
    dice.shuffle(chosen)
    return tuple(
        Drawn(position=position, name=name, domain=registrable, stratum=stratum)
        for position, (name, registrable, stratum) in enumerate(chosen, start=1)
    )


def overlap(frame: Frame, held: Collection[str]) -> int:
    """How many domains of a frame the product's own lists hold too, themselves or by a name of theirs."""
    return sum(
        any(is_held(name, held) for name in (registrable, *names))
        for inside in frame.strata.values()
        for registrable, names in inside.items()
    )


def is_held(name: str, held: Collection[str]) -> bool:
    """Whether the name or a parent of it is held."""
    return any(parent in held for parent in domain.parents(name))


def _shares(sizes: Mapping[str, int], count: int) -> dict[str, int]:
    """Whole shares by the largest remainder; they sum to `count`, or to all there is."""
    total = sum(sizes.values())
    wanted = min(count, total)
    exact = {one: wanted * size / total for one, size in sizes.items()} if total else {}
    shares = {one: int(share) for one, share in exact.items()}
    by_remainder: Sequence[str] = sorted(exact, key=lambda one: (shares[one] - exact[one], one))
    for one in by_remainder[: wanted - sum(shares.values())]:
        shares[one] += 1
    return shares


def _ending(registrable: str) -> str:
    last = registrable.rpartition(".")[2]
    if last in _WORLDWIDE:
        return last if last == "com" else "other worldwide"
    return "country" if len(last) == 2 else "other ending"
