"""The annexes of a printed edition."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from standard.catalogue import INFORMATIVE
from standard.render.wording import day
from standard.schema import FileKind

from .blocks import Block, Bullets, Chapter, Heading, ItemList, Paragraph, Table, folded
from .decision import decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from standard.catalogue import Catalogue
    from standard.clause import Item


def annexes(known: Catalogue) -> tuple[Chapter, ...]:
    """Every annex, lettered in order; one whose file is not there is left out."""
    matter = defaultdict(dict[str, Any], known.matter)
    process = matter[FileKind.LAB_PROCESS]
    found = [
        ("Categories", FileKind.CATEGORIES, _categories(matter[FileKind.CATEGORIES])),
        ("Populations", FileKind.POPULATIONS, (_terms(known.populations.values(), "population"),)),
        ("The decision rule", FileKind.DECISION_RULE, decision(matter[FileKind.DECISION_RULE], process)),
        ("Sets written out", FileKind.SET, _sets(known)),
        ("The laboratory", FileKind.LAB_PROCESS, _laboratory(process)),
        ("Signals", FileKind.SIGNALS, _signals(matter[FileKind.SIGNALS])),
        ("Help services", FileKind.HELP_SERVICES, _help(matter[FileKind.HELP_SERVICES], _countries(known))),
        ("Capabilities", FileKind.CAPABILITIES, (_terms(known.capabilities.values(), "capability"),)),
    ]
    return tuple(
        Chapter(
            number=letter,
            title=title,
            anchor=f"annex-{letter.lower()}",
            blocks=blocks,
            is_annex=True,
            nature="informative" if kind in INFORMATIVE else "normative",
        )
        for letter, (title, kind, made) in zip("ABCDEFGH", found, strict=True)
        if (blocks := tuple(made))
    )


def _terms(terms: Any, prefix: str) -> Table:
    ordered = sorted(terms, key=lambda term: term.id)
    return Table(
        caption="",
        head=("Name", "Meaning"),
        rows=tuple((term.id, f"*{term.title}.* {folded(term.definition)}") for term in ordered),
        widths=(1, 2.6),
        anchors=tuple(f"{prefix}-{term.id}" for term in ordered),
    )


def _categories(data: Mapping[str, Any]) -> Iterator[Block]:
    for one in data.get("categories", ()):
        yield Heading(number="", title=one["title"], anchor=f"category-{one['id']}")
        clause = f"{one['clause']} draws from it" if one.get("clause") else "no clause draws from it"
        yield Paragraph(text=f"{one['id']}: {clause}.")
        decided = [f"{case['case']}: {case['decided']}" for case in one.get("doubtful", ())]
        for label, members in (("In", one.get("in", ())), ("Out", one.get("out", ())), ("Decided", decided)):
            if members:
                yield Paragraph(text=f"*{label}.* {'; '.join(map(folded, members))}.")


def _sets(known: Catalogue) -> Iterator[Block]:
    used: defaultdict[str, list[str]] = defaultdict(list)
    for criterion in known.criteria.values():
        if set_id := getattr(criterion.measure, "set_id", ""):
            used[set_id].append(criterion.id)
    for one in sorted(known.sets.values(), key=lambda found: found.id):
        yield Heading(number="", title=one.title, anchor=f"set-{one.id}")
        owner = f" Used by {', '.join(used[one.id])}." if one.id in used else ""
        yield Paragraph(text=f"{one.id}: {len(one.items)} members.{owner}")
        if one.about:
            yield Paragraph(text=folded(one.about))
        yield ItemList(items=tuple((item.id, folded(item.text) + _reach(item)) for item in one.items))


def _reach(item: Item) -> str:
    """What limits an item to some products, in brackets; nothing where it is asked of all."""
    parts = [f"only {', '.join(item.stands)}"] if item.stands else []
    if item.where_offered:
        parts.append(f"where {item.where_offered} is offered")
    return f" ({'; '.join(parts)})" if parts else ""


def _laboratory(data: Mapping[str, Any]) -> Iterator[Block]:
    for at, step in enumerate(data.get("steps", ()), 1):
        yield Heading(number=f"E.{at}", title=step["title"], anchor=f"annex-e-{at}")
        yield Paragraph(text=folded(step["text"]))
        yield Bullets(items=tuple(map(folded, step.get("rules", ()))))
    if "truth_table" in data:
        columns = ("alive", "client_got_canary", "origin_was_asked", "must_block", "must_serve")
        yield Table(
            caption="What the two witnesses saw, and the outcome that follows.",
            head=("Alive before and after", "Client got the canary", "Origin was asked", "Block", "Serve"),
            rows=tuple(
                tuple(row[column].replace("_", " ") for column in columns) for row in data["truth_table"]
            ),
            widths=(1.1, 1.1, 1, 1.2, 1.2),
        )
    if "nonconformities" in data:
        yield Table(
            caption="Grades of nonconformity, and what follows from each.",
            head=("Grade", "When", "What follows"),
            rows=tuple((row["grade"], row["when"], row["consequence"]) for row in data["nonconformities"]),
            widths=(0.7, 1.5, 2),
        )


def _signals(data: Mapping[str, Any]) -> Iterator[Block]:
    if not data:
        return
    yield Paragraph(
        text="Marks that sites, browsers and networks give, and that clauses ask a product to read or to "
        "set. They are other people's and may change without notice. *Basis* as in Annex G."
    )
    yield Table(
        caption="",
        head=("Signal", "Form", "Note", "Basis"),
        rows=tuple(
            (one["title"], one["form"], folded(one.get("note") or ""), one["confidence"])
            for one in data["signals"]
        ),
        widths=(1.2, 2.2, 2, 0.5),
        anchors=tuple(f"signal-{one['id']}" for one in data["signals"]),
    )
    if "block_mechanisms" in data:
        yield Heading(number="F.1", title="Ways of blocking", anchor="annex-f-1")
        yield Bullets(items=tuple(folded(one["text"]) for one in data["block_mechanisms"]))


def _help(data: Mapping[str, Any], countries: dict[str, str]) -> Iterator[Block]:
    if not data:
        return
    yield Paragraph(
        text="Services whose names, and every name below them, are never blocked. *Basis*: H read in a "
        "public source, K-H and K-M general knowledge of high and medium confidence. A number is printed "
        "only with basis H or K-H of its own; *verified* is the day on which a person found it right on "
        "the page of the service itself."
    )
    services = data["services"]
    for country in dict.fromkeys(one["country"] for one in services):
        yield Heading(number="", title=countries.get(country, country.upper()), anchor=f"help-{country}")
        members = [one for one in services if one["country"] == country]
        yield Table(
            caption="",
            head=("Service", "Names", "Number", "Basis", "Verified"),
            rows=tuple(_service(one) for one in members),
            widths=(1.9, 1.7, 1.2, 0.55, 0.8),
            anchors=tuple(f"help-{one['id']}" for one in members),
        )


def _service(one: dict[str, Any]) -> tuple[str, ...]:
    may_print = one.get("number_confidence") in {"H", "K-H"}
    numbers = [str(one[key]) for key in ("phone", "text") if one.get(key)] if may_print else []
    verified = day(one["verified_on"]) if one.get("verified_on") else "not yet"
    return one["name"], ", ".join(one["hosts"]), "; ".join(numbers), one["confidence"], verified


def _countries(known: Catalogue) -> dict[str, str]:
    """Names of the countries by code, as the standard's own set writes them."""
    found = known.sets.get("help-countries")
    return {item.id: item.text for item in found.items} if found else {}
