"""Addresses: one canonical form, what encloses it (parents) and what it encloses (wrapped addresses)."""

from __future__ import annotations

from .forms import MOST_BYTES, is_form, query_of, wrapped_in_form
from .host import AddressError
from .parsing import Address, canonical_path, lineage, parents, parse
from .redaction import redact
from .wrapping import fetches_others, wrapped

__all__ = [
    "MOST_BYTES",
    "Address",
    "AddressError",
    "canonical_path",
    "fetches_others",
    "is_form",
    "lineage",
    "parents",
    "parse",
    "query_of",
    "redact",
    "wrapped",
    "wrapped_in_form",
]
