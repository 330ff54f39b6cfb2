"""The lines of a result file as values: a header, results, a footer.

Shapes only, and their way to plain JSON data and back. `standard.result_file` writes and checks whole files;
`standard/schemas/result.schema.json` is the published form. What there is a million of is a msgspec
structure instead of a dataclass: the same to use, made in a third of the time; `copy.replace` changes one.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - a structure may be asked for its fields' types
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field

from .facts import Product
from .words import Level, Outcome, Seal, Side, Stand

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A failure the adapter announced before the run. It changes no verdict.

    Attributes:
        case: the case that will fail.
        because: why.
        expires: the day it stops being excused, `2027-01-31`, or "".
        see: an address to read more, or "".
    """

    case: str
    because: str
    expires: str = ""
    see: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusList:
    """One public list that a run's draws have to do with.

    Attributes:
        id: the list's name in the corpus.
        use: `drawn` from it, or `given` to the product before the run. No list may be both.
        sha256: over its files.
    """

    id: str
    use: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What a run's draws were made from, so that anyone who has the same can make them again.

    Attributes:
        name: of the folder of lists.
        lists: those drawn from, and those the product was given.
        sealed_root: the published Merkle root of the sealed set that was opened, or "".
        sealed_source: the lists that the sealed set was drawn from, joined by `+`, or "".
        sealed_members: how many members it has.
    """

    name: str
    lists: tuple[CorpusList, ...]
    sealed_root: str = ""
    sealed_source: str = ""
    sealed_members: int = 0

    @property
    def circular(self) -> tuple[str, ...]:
        """The lists that were drawn from although the product was given them: by name, or byte by byte."""
        given = {word for one in self.lists if one.use == "given" for word in (one.id, one.sha256)}
        drawn = (one for one in self.lists if one.use == "drawn")
        return tuple(one.id for one in drawn if {one.id, one.sha256} & given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first line: everything that must be the same for two runs to be compared.

    Attributes:
        run: id of the run; every line repeats it.
        edition: id of the edition.
        edition_sha256: its hash, `Edition.sha256`.
        product: what is examined.
        stand: where it stands.
        level: how far the assessment is meant to go.
        setting: where the product is used: `home`.
        seal: what kept the lab apart.
        how: the same in words.
        seed: what the draws were made with.
        seed_is_derived: whether the seed follows from build and edition instead of being chosen.
        selection: flags that left something out; empty for a full run.
        cases: SHA-256 over the suite's cases.
        statement: the capability statement as plain data, or None.
        known_failures: announced by the adapter.
        runs_of_build: how many runs of this build the results folder held, this one included.
        corpus: what was drawn from; None where nothing was drawn, and in files of before it was recorded.
        tool: name and version of the examiner.
        started: UTC, `2026-11-21T16:00:41Z`.
    """

    run: str
    edition: str
    edition_sha256: str
    product: Product
    stand: Stand
    level: Level
    seal: Seal
    how: str
    seed: str
    cases: str
    started: str
    setting: str = "home"
    seed_is_derived: bool = False
    selection: tuple[str, ...] = ()
    statement: Mapping[str, Any] | None = None
    known_failures: tuple[Announced, ...] = ()
    runs_of_build: int = 1
    tool: str = ""
    corpus: Corpus | None = None


class Draw(Struct, frozen=True, kw_only=True, gc=False):
    """Which draw a record is of.

    Attributes:
        position: from 1, in the order planned before the run; only the first so many count.
        address: what was asked for.
        domain: its registrable domain as the runner has it, for readers. One address of each counts, and the
            grader works it out itself (`standard.domain`).
        stratum: the part of the population it was drawn from, or "".
        side: which of two draws, where a criterion compares two; else None.
    """

    position: int
    address: str
    domain: str
    stratum: str = ""
    side: Side | None = None


class Value(Struct, frozen=True, kw_only=True, gc=False):
    """A measured number: a time or an amount.

    Attributes:
        number: in `unit`.
        unit: `ms`, `bytes`…
        of: how many single measurements it stands for; `number` is the largest of them.
    """

    number: float
    unit: str
    of: int = 1


class Result(Struct, frozen=True, kw_only=True, gc=False):
    """One line: what one probe of one case came to.

    Attributes:
        case: id of the case.
        case_sha256: hash of its file.
        criterion: id of the criterion it bears on.
        outcome: one of the six words.
        because: one sentence: what was seen.
        started: UTC.
        milliseconds: how long it took.
        draw: for drawn cases.
        item: for written ones: the member of the enumerated set, or of the checklist.
        position: for times and amounts: which measurement, from 1.
        value: the measured number, where there is one.
        asked: what was done, one sentence.
        expected: what should have been seen.
        observed: details for machines.
        evidence: files kept, relative to the results folder.
        reproduce: the command that repeats it.
    """

    case: str
    case_sha256: str
    criterion: str
    outcome: Outcome
    because: str
    started: str
    milliseconds: float
    draw: Draw | None = None
    item: str = ""
    position: int = 0
    value: Value | None = None
    asked: str = ""
    expected: tuple[str, ...] = ()
    observed: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    reproduce: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """The last line: how many results there are and when the run ended. Without it a file is unfinished."""

    results: int
    finished: str


def header_data(header: Header) -> dict[str, Any]:
    """`header` as plain JSON data, without its link of the chain."""
    product = header.product
    return {
        "record": "header",
        "format": FORMAT,
        "run": header.run,
        "edition": {"id": header.edition, "sha256": header.edition_sha256},
        "product": {
            "id": product.id,
            "name": product.name,
            "version": product.version,
            "build": product.build,
            "vendor": product.vendor,
        },
        "stand": header.stand,
        "level": header.level,
        "setting": header.setting,
        "lab": {"seal": header.seal, "how": header.how},
        "seed": header.seed,
        "seed_is_derived": header.seed_is_derived,
        "selection": list(header.selection),
        "cases": header.cases,
        "statement": header.statement,
        "known_failures": [
            {"case": one.case, "because": one.because, "expires": one.expires, "see": one.see}
            for one in header.known_failures
        ],
        "runs_of_build": header.runs_of_build,
        "tool": header.tool,
        "started": header.started,
        **({} if header.corpus is None else {"corpus": _corpus_data(header.corpus)}),
    }


def _corpus_data(corpus: Corpus) -> dict[str, Any]:
    data: dict[str, Any] = {"name": corpus.name, "lists": [asdict(one) for one in corpus.lists]}
    if corpus.sealed_root:
        data["sealed"] = {
            "root": corpus.sealed_root,
            "source": corpus.sealed_source,
            "members": corpus.sealed_members,
        }
    return data


def _corpus_from(data: Mapping[str, Any]) -> Corpus:
    sealed = data.get("sealed", {"root": "", "source": "", "members": 0})
    return Corpus(
        name=data["name"],
        lists=tuple(CorpusList(**one) for one in data["lists"]),
        sealed_root=sealed["root"],
        sealed_source=sealed["source"],
        sealed_members=sealed["members"],
    )


def header_from(data: Mapping[str, Any]) -> Header:
    """The header that plain data accepted by the schema stands for."""
    return Header(
        run=data["run"],
        edition=data["edition"]["id"],
        edition_sha256=data["edition"]["sha256"],
        product=Product(**data["product"]),
        stand=Stand(data["stand"]),
        level=Level(data["level"]),
        setting=data["setting"],
        seal=Seal(data["lab"]["seal"]),
        how=data["lab"]["how"],
        seed=data["seed"],
        seed_is_derived=data["seed_is_derived"],
        selection=tuple(data["selection"]),
        cases=data["cases"],
        statement=data["statement"],
        known_failures=tuple(Announced(**one) for one in data["known_failures"]),
        runs_of_build=data["runs_of_build"],
        tool=data["tool"],
        started=data["started"],
        corpus=_corpus_from(data["corpus"]) if "corpus" in data else None,
    )


def result_data(result: Result, *, run: str, seq: int) -> dict[str, Any]:
    """`result` as plain JSON data: its place in the run, then what is not empty of it."""
    data: dict[str, Any] = {
        "record": "result",
        "run": run,
        "seq": seq,
        "case": {"id": result.case, "sha256": result.case_sha256},
        "criterion": result.criterion,
        "outcome": result.outcome,
    }
    if result.draw is not None:
        draw = result.draw
        data["draw"] = {"position": draw.position, "address": draw.address, "domain": draw.domain}
        if draw.stratum:
            data["draw"]["stratum"] = draw.stratum
        if draw.side is not None:
            data["draw"]["side"] = draw.side
    if result.value is not None:
        data["value"] = {"number": result.value.number, "unit": result.value.unit, "of": result.value.of}
    for key in ("item", "position", "asked", "expected", "because", "observed", "evidence", "reproduce"):
        value = getattr(result, key)
        if value or key == "because":
            data[key] = list(value) if isinstance(value, tuple) else value
    data["started"] = result.started
    data["milliseconds"] = result.milliseconds
    return data


def result_from(data: Mapping[str, Any], *, observed: bool = True) -> Result:
    """The result that plain data accepted by the schema stands for.

    Args:
        data: one line.
        observed: whether the details for machines are kept; grading needs none of them, and they are half of
            a result's memory.
    """
    get, case = data.get, data["case"]
    draw, value = get("draw"), get("value")
    return Result(
        case=case["id"],
        case_sha256=case["sha256"],
        criterion=data["criterion"],
        outcome=Outcome(data["outcome"]),
        because=data["because"],
        started=data["started"],
        milliseconds=data["milliseconds"],
        draw=None if draw is None else _draw(draw),
        item=get("item", ""),
        position=get("position", 0),
        value=None if value is None else Value(**value),
        asked=get("asked", ""),
        expected=tuple(get("expected", ())),
        observed=get("observed", NOTHING) if observed else NOTHING,
        evidence=tuple(get("evidence", ())),
        reproduce=get("reproduce", ""),
    )


NOTHING: Mapping[str, Any] = MappingProxyType({})
"""What was observed where nothing was, or nothing is kept: one for all, and nobody can write to it."""


def _draw(data: Mapping[str, Any]) -> Draw:
    side = data.get("side")
    return Draw(
        position=data["position"],
        address=data["address"],
        domain=data["domain"],
        stratum=data.get("stratum", ""),
        side=None if side is None else Side(side),
    )
