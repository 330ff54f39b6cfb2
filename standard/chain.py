"""The chain of hashes through a result file, and the words in which a broken one is refused.

Every line ends with `chain`: SHA-256 over the link before it and its own bytes, so that a cut, edited,
reordered or foreign line breaks the chain where it stands. The chain shows accidents and clumsy edits; who
rewrites a whole file can forge it, and only a signature (`certify declare`) ends that.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from .errors import Problem, StairgateError

if TYPE_CHECKING:
    from pathlib import Path

GENESIS = "0" * 64
"""The link before the first line."""

_KEY = b',"chain":"'
_TAIL_LENGTH = len(_KEY) + 64 + len('"}')


def link(before: str, body: bytes) -> str:
    """The link after `before` for a line whose text without its own link is `body`."""
    hashed = hashlib.sha256(before.encode())
    hashed.update(body)
    return hashed.hexdigest()


def joined(body: bytes, own: str) -> bytes:
    """The whole line: `body`, an object without its closing brace, then its own link."""
    return body + _KEY + own.encode() + b'"}\n'


def next_link(before: str, line: bytes) -> str | None:
    """The link that `line` carries, or None where it does not follow from `before`."""
    end = len(line) - line.endswith(b"\n")
    at = max(0, end - _TAIL_LENGTH)
    wanted = link(before, line[:at])
    return wanted if line[at:end] == b'%b%b"}' % (_KEY, wanted.encode()) else None


def refusal(code: str, path: Path, line: int, cause: str, hint: str) -> StairgateError:
    """The error that refuses the file at `path` because of one of its lines."""
    return StairgateError(Problem(code=code, place=f"{path}:{line}", cause=cause, hint=hint))
