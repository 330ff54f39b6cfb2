"""The small pieces every OSCAL document is made of.

Ids are derived from names (UUID version 5), times from the edition and the run, so that the same input gives
the same document to the byte.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

VERSION = "1.2.1"
"""The OSCAL version of every document made here."""

NAMESPACE = "urn:stairgate:oscal"
"""Of our own properties; OSCAL's bare property names keep their meaning."""

_ROOT = uuid5(UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8"), NAMESPACE)  # RFC 9562: the URL namespace
_EXAMINER = "examiner"


def identify(*names: str) -> str:
    """The UUID that belongs to these names, the same on every machine."""
    return str(uuid5(_ROOT, "\x1f".join(names)))


def own(name: str, value: object) -> dict[str, Any]:
    """A property in our namespace."""
    return {"name": name, "ns": NAMESPACE, "value": str(value)}


def metadata(title: str, *, version: str, at: str) -> dict[str, Any]:
    """A document's metadata.

    Args:
        title: its title.
        version: of the document's content: an edition or a run.
        at: UTC text or a date.
    """
    return {
        "title": title,
        "last-modified": moment(at),
        "version": version,
        "oscal-version": VERSION,
        "roles": [{"id": "assessor", "title": "Examiner"}],
        "parties": [{"uuid": identify(_EXAMINER), "type": "organization", "name": "Stairgate examiner"}],
        "responsible-parties": [{"role-id": "assessor", "party-uuids": [identify(_EXAMINER)]}],
    }


def moment(at: str) -> str:
    """UTC text as OSCAL wants it: a bare date becomes its first moment; "" the epoch."""
    if not at:
        return "1970-01-01T00:00:00Z"
    return f"{at}T00:00:00Z" if len(at) == len("2026-11-21") else at


def origin() -> dict[str, Any]:
    """Who found it: the examiner, a tool."""
    return {"actors": [{"type": "tool", "actor-uuid": identify(_EXAMINER)}]}


def resource(uuid: str, title: str, *, description: str, href: str = "") -> dict[str, Any]:
    """One resource of a back matter."""
    found: dict[str, Any] = {"uuid": uuid, "title": title, "description": description}
    return {**found, "rlinks": [{"href": href}]} if href else found
