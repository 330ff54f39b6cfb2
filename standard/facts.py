"""What a report is about: the product, the run, the limits announced beforehand, the hashes.

Values only; taken from the result file's header and the capability statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .words import Level, Module, Stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What was examined.

    Attributes:
        id: the adapter's id: `stairgate`.
        name: as its maker writes it.
        version: as the product itself said when asked.
        build: hash of the build examined (`sha256:…`), or "" where none could be taken.
        vendor: who makes it, or "".
    """

    id: str
    name: str
    version: str
    build: str = ""
    vendor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The strip of facts under the verdict sentence.

    Attributes:
        product: what was examined.
        edition: id of the edition graded against: `2026.1`.
        edition_title: its printed title.
        stand: where the product stood.
        level: how far the assessment goes.
        modules: catalogues graded.
        run: id of the run.
        started: UTC of the first record, or "".
        finished: UTC of the last, or "" where the run is unfinished.
        seed: what the draws were made with.
        lab: how the lab was sealed, in words for people.
        is_sealed: whether the kernel sealed it.
        cases: distinct cases with a record.
        records: records read.
        selection: the flags that left something out (`--only …`); empty for a full run.
        runs_of_build: how many runs of this build the results folder held, this one included.
    """

    product: Product
    edition: str
    edition_title: str
    stand: Stand
    level: Level
    modules: tuple[Module, ...]
    run: str
    started: str
    finished: str
    seed: str
    lab: str
    is_sealed: bool
    cases: int
    records: int
    selection: tuple[str, ...] = ()
    runs_of_build: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Something the supplier says the product cannot do, and the clauses it bears on."""

    capability: str
    because: str
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFailure:
    """A failure the adapter announced. It changes no verdict.

    Attributes:
        case: the case's id.
        because: the adapter's reason.
        expires: the day it stops being excused, `2027-01-31`, or "".
        see: an address to read more, or "".
        failed: whether it did fail; False means it passed and the entry must go.
    """

    case: str
    because: str
    expires: str
    failed: bool
    see: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A hash and what it is of: `edition`, `cases`, `results`, `capability statement`, `build`, a list."""

    of: str
    sha256: str
