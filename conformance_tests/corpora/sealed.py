"""Sealed sets: members that nobody knows until the run, and the salted Merkle root that was published before.

The root binds the scheme: it can't change a member afterwards. The salt keeps the members secret: without it
anybody could try names until a leaf fits. Pure but for `read`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from standard.errors import Problem, StairgateError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FORMAT = 1
_LEAF, _NODE = b"\0", b"\1"  # so that no node can be taken for a leaf (RFC 9162 2.1.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSet:
    """An opened sealed set: what it was drawn from, its salt and its members in the order drawn."""

    source: str
    salt: str
    members: tuple[str, ...]

    @property
    def root(self) -> str:
        """The salted Merkle root over the members, in hexadecimal."""
        return root_of(self.members, self.salt)

    def as_data(self) -> dict[str, Any]:
        """The file that is kept secret until the run."""
        return {"format": FORMAT, "source": self.source, "salt": self.salt, "members": list(self.members)}

    def commitment(self) -> dict[str, Any]:
        """The file that is published first: it says how many members there are and what binds them."""
        return {"format": FORMAT, "source": self.source, "members": len(self.members), "root": self.root}


def root_of(members: Sequence[str], salt: str) -> str:
    """The root: leaves hash the salt, their place and the member; an odd node is carried up as it is."""
    level = [
        hashlib.sha256(_LEAF + f"{salt}\n{place}\n{member}".encode()).digest()
        for place, member in enumerate(members)
    ]
    while len(level) > 1:
        pairs = [level[place : place + 2] for place in range(0, len(level), 2)]
        level = [
            hashlib.sha256(_NODE + b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs
        ]
    return level[0].hex() if level else hashlib.sha256(_LEAF).hexdigest()


def read(opened: Path, published: Path) -> SealedSet:
    """A sealed set, if it is the one that was published.

    Args:
        opened: the secret file.
        published: the commitment.

    Raises:
        StairgateError: one of them is no such file, or they do not belong together.
    """
    try:
        secret, said = json.loads(opened.read_text()), json.loads(published.read_text())
        found = SealedSet(
            source=secret["source"], salt=secret["salt"], members=tuple(map(str, secret["members"]))
        )
        promised, count = said["root"], said["members"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = Problem(
            code="no-sealed-set",
            place=str(opened),
            cause=f"The sealed set can't be read: {error}.",
            hint="`stairgate conform corpus seal` writes both files.",
        )
        raise StairgateError(problem) from error
    if found.root != promised or len(found.members) != count:
        problem = Problem(
            code="seal-broken",
            place=str(opened),
            cause="These members are not the ones whose root was published.",
            hint="Use the file as it was sealed; a set that was changed shows nothing.",
        )
        raise StairgateError(problem)
    return found
