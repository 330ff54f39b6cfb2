"""What every certificate store is to us: a place that trusts our CA or does not, and can be told to.

Knows no tool and no system; `system` and `nss` are the places there are.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

type Run = Callable[[Sequence[str]], subprocess.CompletedProcess[str]]
"""Runs a program by its words and gives what it said; never raises for an exit code."""

_LONGEST = 60.0  # seconds of one tool


class State(StrEnum):
    """How a place stands to our CA."""

    TRUSTED = "trusted"
    ABSENT = "absent"
    OUTDATED = "outdated"
    """It trusts an earlier CA of this home, and not the one in use."""
    UNKNOWN = "unknown"
    """It can't be looked at: a tool is missing, or a permission."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one place.

    Attributes:
        place: its name for people.
        path: where it lies.
        state: how it stands now.
        changed: whether anything was changed.
        because: why it is not as wanted; empty where it is.
        next: what a person can do; empty where nothing need be done.
    """

    place: str
    path: str
    state: State
    changed: bool = False
    because: str = ""
    next: str = ""


class Place(Protocol):
    """A certificate store."""

    @property
    def name(self) -> str:
        """Its name for people."""

    @property
    def kind(self) -> str:
        """`system` or `browsers`."""

    def look(self, certificates: Sequence[Path]) -> Outcome:
        """How it stands."""

    def install(self, certificates: Sequence[Path]) -> Outcome:
        """Make it trust these, and no other CA of this home."""

    def remove(self, certificates: Sequence[Path]) -> Outcome:
        """Make it trust none of ours."""


def run_tool(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a program quietly; one that is not there gives 127, one that hangs 124, as a shell says it."""
    try:
        return subprocess.run(
            words, capture_output=True, text=True, timeout=_LONGEST, check=False, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(words, 127, "", f"{words[0]} is not installed")
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(words, 124, "", str(error))


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The last line a tool wrote about its trouble."""
    lines = (done.stderr or done.stdout or "").strip().splitlines()
    return lines[-1].strip()[:200] if lines else f"{done.args[0]} ended with {done.returncode}"


def title_of(certificate: Path) -> str:
    """The name our CA goes by in a device's list of certificates."""
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    (name,) = loaded.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(name.value)


def fingerprint_of(certificate: Path) -> str:
    """SHA-1 of the certificate, in capitals: what macOS and Windows tell certificates apart by."""
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    return loaded.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - an index, not a check
