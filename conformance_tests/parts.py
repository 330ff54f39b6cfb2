"""The parts of a case as its file writes them: names drawn, placeholders filled, sites and probes made.

Names say nothing about their part: a product can learn nothing from a name.
"""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from conformance_tests.judge import Expectation
from conformance_tests.lab.sites import Manner, Page, Site
from standard.words import Stand

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ELEMENTS = ("is-a-block", "by-what", "why", "what-to-do")
DEMANDS = (
    "status", "no-store", "elements", *ELEMENTS, "silent", "lacks", "headers", "issuer", "reason", "negative",
    "tls-1.2", "tls-1.3",
)  # fmt: skip
"""What a probe can demand of an answer besides; `demands` examines it."""
MEASURES: Mapping[str, str] = {
    "lifetime": "s",
    "requests-elsewhere": "requests",
    "seconds": "s",
    "safe-preference": "requests",
}
"""What a probe can measure of an answer, with its unit; `demands` measures it."""
_OF_PROBES = {
    "ask", "expect", "item", "demands", "lacks", "arrives", "stands", "measure", "at_most", "limit",
}  # fmt: skip
_SYLLABLES = "bacodafegaholijukalimonaospequrusotaulvewiya"
_ENDINGS = ("com", "net", "org", "info", "co", "eu", "me", "io", "biz", "de", "fr", "nl", "se", "ca")
_MAKES = ((5, 0), (6, 0), (4, 2), (4, 3), (5, 1), (5, 2), (3, 4))  # syllables, digits after them


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question of a case.

    Attributes:
        ask: the address.
        expect: what must be found.
        item: the item of the criterion's enumerated set this probe shows, where there is one.
        options: what is unusual about the question: keys of client.Question, and of `asking`.
        demands: what the answer must be like besides: words of `DEMANDS`.
        lacks: what the page must not hold, where that is demanded.
        headers: what must arrive unchanged, where that is demanded.
        stands: where it can be asked; empty for every stand of its case.
        measure: the amount of its answer that is recorded: a word of `MEASURES`; empty for none.
        at_most: the largest amount that passes: the criterion's.
        limit: a word of the capability statement's limits: where one holds it, an open page passes.
    """

    ask: str
    expect: Expectation
    item: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    demands: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    stands: tuple[Stand, ...] = ()
    measure: str = ""
    at_most: float = 0
    limit: str = ""


def draw_names(wanted: Iterable[str], key: str) -> dict[str, str]:
    """A made-up registrable name for each placeholder; the same key draws the same names.

    They are of several makes: one that fits them all would tell a product that it is being examined.
    """
    dice = random.Random(key)  # noqa: S311 - a reproducible draw, no secret
    drawn: dict[str, str] = {}
    for placeholder in wanted:
        syllables, digits = dice.choice(_MAKES)
        word = "".join(_SYLLABLES[2 * dice.randrange(21) :][:2] for _ in range(syllables))
        number = str(dice.randrange(10 ** (digits - 1), 10**digits)) if digits else ""
        drawn[placeholder] = f"{word}{number}.{dice.choice(_ENDINGS)}"
    return drawn


def fill[Value](value: Value, names: Mapping[str, str]) -> Value:
    """A text, or a mapping of texts, with every placeholder in its place.

    For a placeholder `a` there are also `{A}` in capitals, `{a_hyphens}` with its dots written as hyphens
    (and its hyphens doubled), and `{a_base64}`, the address `http://…/` in base64.
    """
    filled: Any = value
    if isinstance(value, dict):
        filled = {key: fill(part, names) for key, part in value.items()}
    elif isinstance(value, list):
        filled = [fill(part, names) for part in value]
    elif isinstance(value, str):
        filled = value
        for placeholder, name in names.items():
            for spelled, written in (
                (placeholder, name),
                (placeholder.upper(), name.upper()),
                (f"{placeholder}_hyphens", name.replace("-", "--").replace(".", "-")),
                (f"{placeholder}_base64", base64.b64encode(f"http://{name}/".encode()).decode()),
            ):
                filled = filled.replace("{" + spelled + "}", written)
    return cast("Value", filled)


def as_site(part: Mapping[str, Any], names: Mapping[str, str]) -> Site:
    """One site as a case writes it."""
    known = {"host", "pages", "alias", "shares", "flaw", "addresses", "turns", "family"}
    known |= {"service", "leads", "text", "signed", "ttl"}
    if unknown := part.keys() - known:
        msg = f"a site has no {', '.join(sorted(unknown))}"
        raise ValueError(msg)
    written = part.get("pages")
    written = {"*": {}} if written is None else written
    pages = {path: _page(page or {}, names) for path, page in written.items()}
    return Site(
        host=fill(part["host"], names).lower(),
        pages=pages,
        alias=fill(part.get("alias", ""), names),
        shares=fill(part.get("shares", ""), names),
        flaw=part.get("flaw", "good"),
        service=tuple(part.get("service") or ()),
        leads=fill(part.get("leads", ""), names),
        text=part.get("text", ""),
        signed=part.get("signed", False),
        ttl=part.get("ttl", 0),
        addresses=tuple(part.get("addresses") or ()),
        turns=tuple(part.get("turns") or ()),
        family=part.get("family", 0),
    )


def _page(part: Mapping[str, Any], names: Mapping[str, str]) -> Page:
    return Page(
        manner=Manner(part.get("manner", "page")),
        status=part.get("status", 200),
        headers={key: fill(value, names) for key, value in (part.get("headers") or {}).items()},
        to=fill(part.get("to", ""), names),
        html=fill(part.get("html", ""), names),
        coding=part.get("coding", ""),
        pieces=part.get("pieces", 0),
        chunks=part.get("chunks", 0),
        safe=part.get("safe") or {},
        safe_at=part.get("safe_at", ""),
        drips=part.get("drips", 0),
    )


def as_probe(part: Mapping[str, Any], names: Mapping[str, str]) -> Probe:
    """One probe as a case writes it."""
    options = {
        key: fill(value, names)
        for key, value in part.items()
        if key
        not in {
            "ask",
            "expect",
            "item",
            "demands",
            "lacks",
            "arrives",
            "stands",
            "measure",
            "at_most",
            "limit",
        }
    }
    demands = tuple(part.get("demands") or ())
    if unknown := set(demands) - set(DEMANDS):
        raise ValueError(f"there is no demand {min(unknown)!r}")
    measure = part.get("measure", "")
    if measure and measure not in MEASURES:
        raise ValueError(f"there is no measure {measure!r}")
    return Probe(
        ask=fill(part["ask"], names),
        expect=Expectation(part["expect"]),
        item=part.get("item", ""),
        options=options,
        demands=demands,
        lacks=tuple(fill(text, names) for text in part.get("lacks") or ()),
        headers=dict(part.get("arrives") or {}),
        stands=tuple(Stand(word) for word in part.get("stands") or ()),
        measure=measure,
        at_most=part.get("at_most", 0),
        limit=part.get("limit", ""),
    )
