"""Addresses: one canonical form, what encloses it (parents) and what it encloses (wrapped addresses)."""

from __future__ import annotations

from .forms import is_form, wrapped_in_form
from .host import AddressError
from .parsing import Address, canonical_path, lineage, parents, parse, redact
from .wrapping import wrapped

__all__ = [
    "Address",
    "AddressError",
    "canonical_path",
    "is_form",
    "lineage",
    "parents",
    "parse",
    "redact",
    "wrapped",
    "wrapped_in_form",
]
