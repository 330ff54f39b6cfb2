"""The seed that nobody chose: it follows from the build examined and the edition it is held to.

Who may choose a seed may try many and keep the luckiest draw. So a declaration needs this one, and whoever
checks it computes it again. Pure.
"""

from __future__ import annotations

import hashlib

LARGEST = (1 << 31) - 1


def derive(build: str, edition_sha256: str) -> int:
    """The seed of a run that is to be declared, 0 to `LARGEST`.

    Args:
        build: `sha256:` and the hash of the build, as the result file's header has it.
        edition_sha256: the hash of the edition.
    """
    made = hashlib.sha256(f"stairgate seed 1\n{build}\n{edition_sha256}\n".encode()).digest()
    return int.from_bytes(made[:4]) & LARGEST
