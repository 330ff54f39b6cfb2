"""Addresses in a form that is posted: some web relays are told there, and not in their address, what to show.

Reads the two ways in which browsers write a form (WHATWG HTML, form submission; the third, plain text, is
used by beacons and hardly by forms) and judges each field as a parameter of a query. Other bodies are
messages between programs and say nothing about what a person will see.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from .parsing import Address
from .wrapping import LONGEST, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 64 * 1024
"""Bytes of a form that are read."""
_NAME = re.compile(
    rb"""content-disposition:[^\r\n]*[;\s]name=(?:"([^"\r\n]*)"|([^;\s]+))([^\r\n]*)""", re.IGNORECASE
)
_BOUNDARY = re.compile(r"""boundary=(?:"([^"]{1,100})"|([^;\s]{1,100}))""", re.IGNORECASE)

KINDS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
"""The content types of a form."""


def is_form(content_type: str) -> bool:
    """Tell whether a body of this type is a form."""
    return content_type.partition(";")[0].strip().lower() in KINDS


def wrapped_in_form(body: bytes, content_type: str) -> tuple[Address, ...]:
    """Give the addresses that a posted form wraps.

    Args:
        body: the request's body; only its first MOST_BYTES bytes are read.
        content_type: as the request says it.

    Returns:
        As `wrapped` gives them; none where the body is no form. Short fields are read first: a long one, as
        the text of a letter, can't crowd them out.
    """
    query = query_of(body, content_type)
    return wrapped(Address("", "", "form.invalid", query=query)) if query else ()


def query_of(body: bytes, content_type: str) -> str:
    """Give the fields of a posted form as the query that a form without a body would have had.

    Args:
        body: the request's body; only its first MOST_BYTES bytes are read.
        content_type: as the request says it.

    Returns:
        Fields that are not too long together, the shortest first; empty where the body is no form.
    """
    if not is_form(content_type):
        return ""
    body = body[:MOST_BYTES]
    if content_type.strip().lower().startswith("multipart"):
        fields = list(_parts(body, content_type))
    else:
        fields = body.decode("latin-1").split("&")
    kept: list[str] = []
    room = LONGEST
    for field in sorted(fields, key=len):
        room -= len(field) + 1
        if room < 0:
            break
        kept.append(field)
    return "&".join(kept)


def _parts(body: bytes, content_type: str) -> Iterator[str]:
    """The text fields of a multipart body (RFC 7578); files are passed over."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        return
    for part in body.split(b"--" + (found[1] or found[2]).encode("latin-1", "replace"))[1:]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is not None and b"filename" not in name[3].lower():
            text = value.removesuffix(b"\r\n")
            yield f"{quote(name[1] or name[2] or b'')}={quote(text, safe=':/')}"
