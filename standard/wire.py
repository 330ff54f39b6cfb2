"""Result lines as our own writer writes them, read in one step.

A shortcut, never an authority: `read` gives a result only where the published schema would accept the line
too, and None wherever it would have to think; the caller then goes the long way, which names what is wrong.
A property test holds both ways together. Checks no chain.
"""

from __future__ import annotations

import re
import sys
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from .record import NOTHING, Draw, Result, Value
from .words import Outcome, Side  # noqa: TC001 - msgspec looks the fields' types up

type _FromOne = Annotated[int, Meta(ge=1)]
type _FromZero = Annotated[float, Meta(ge=0)]

_STARTED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")
_CASE = re.compile(r"[a-z0-9][a-z0-9._/-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CRITERION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+/[a-z0-9]+(-[a-z0-9]+)*")
_ITEM = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")


class _Case(Struct, forbid_unknown_fields=True, gc=False):
    id: str
    sha256: str


class _Draw(Struct, forbid_unknown_fields=True, gc=False):
    position: _FromOne
    address: str
    domain: str
    stratum: str = ""
    side: Side | UnsetType = UNSET


class _Value(Struct, forbid_unknown_fields=True, gc=False):
    number: int | float
    unit: str
    of: _FromOne = 1


class _Line(Struct, forbid_unknown_fields=True, gc=False):
    record: Literal["result"]
    run: str
    seq: _FromOne
    case: _Case
    criterion: str
    outcome: Outcome
    because: str
    started: str
    milliseconds: _FromZero
    chain: str
    draw: _Draw | UnsetType = UNSET
    item: str | UnsetType = UNSET
    position: _FromOne | UnsetType = UNSET
    value: _Value | UnsetType = UNSET
    asked: str = ""
    expected: tuple[str, ...] = ()
    observed: Raw | UnsetType = UNSET
    evidence: tuple[str, ...] = ()
    reproduce: str = ""


_decode = msgspec.json.Decoder(_Line).decode


class LineReader:
    """Reads the results of one run; remembers which ids it has found to be in form."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._sound: dict[tuple[str, str, str], tuple[str, str, str]] = {}

    def read(self, line: bytes, seq: int, *, observed: bool) -> Result | None:
        """The result that `line` is, or None where the long way must be gone.

        Args:
            line: with its link of the chain, which is not looked at.
            seq: the number it must have.
            observed: whether the details for machines are kept.
        """
        try:
            data = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        ids = self._ids(data)
        if ids is None or data.run != self._run or data.seq != seq or not _STARTED.fullmatch(data.started):
            return None
        draw, value, item, seen = data.draw, data.value, data.item, data.observed
        if item is not UNSET and not _ITEM.fullmatch(item):
            return None
        if draw is not UNSET and not (draw.address[:1].isalnum() and draw.domain[:1].isalnum()):
            return None
        if value is not UNSET and not value.unit[:1].isalnum():
            return None
        if seen is not UNSET and bytes(seen)[:1] != b"{":
            return None
        case, sha256, criterion = ids
        intern = sys.intern  # the same few words a million times: one copy of each
        return Result(
            case=case,
            case_sha256=sha256,
            criterion=criterion,
            outcome=data.outcome,
            because=intern(data.because),
            started=data.started,
            milliseconds=data.milliseconds,
            draw=None if draw is UNSET else _drawn(draw),
            item="" if item is UNSET else item,
            position=0 if data.position is UNSET else data.position,
            value=None if value is UNSET else Value(number=value.number, unit=value.unit, of=value.of),
            asked=intern(data.asked),
            expected=tuple(map(intern, data.expected)),
            observed=msgspec.json.decode(seen) if observed and seen is not UNSET else NOTHING,
            evidence=data.evidence,
            reproduce=intern(data.reproduce),
        )

    def _ids(self, data: _Line) -> tuple[str, str, str] | None:
        """Case, hash and criterion, one copy of each; None where one is not in form."""
        key = (data.case.id, data.case.sha256, data.criterion)
        found = self._sound.get(key)
        if found is None:
            for text, form in zip(key, (_CASE, _SHA256, _CRITERION), strict=True):
                if not form.fullmatch(text):
                    return None
            found = self._sound[key] = (sys.intern(key[0]), sys.intern(key[1]), sys.intern(key[2]))
        return found


def _drawn(draw: _Draw) -> Draw:
    side = draw.side
    return Draw(
        position=draw.position,
        address=draw.address,
        domain=draw.domain,
        stratum=draw.stratum,
        side=None if side is UNSET else side,
    )
