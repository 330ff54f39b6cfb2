"""The table of help services: one YAML file a country, read strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import strict_yaml
from .rows import Row, data_files, repeated_ids, settle

if TYPE_CHECKING:
    from pathlib import Path

    from .errors import Problem

TOPICS = frozenset(
    {
        "abuse",
        "bullying",
        "drugs",
        "eating",
        "gambling",
        "general",
        "grooming",
        "lgbt",
        "reporting",
        "self-harm",
        "sexual-health",
    }
)
"""What a service helps with."""

CONFIDENCE = ("H", "K-H", "M", "K-M")
"""How sure a contact is: read in a source, well known, partly read, from knowledge (standards.md)."""

SURE = ("H", "K-H")
"""The confidence from which on a number is printed."""

_PHONE = re.compile(r"\+?[0-9][0-9 -]{1,18}[0-9]\Z")
_DATE = re.compile(r"20[0-9]{2}-[01][0-9](-[0-3][0-9])?\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z|INT\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpService:
    """One service.

    Attributes:
        id: permanent id, beginning with the country.
        name: what it calls itself.
        hosts: its own names; each covers itself and all below. Never a host it shares with others.
        country: ISO 3166 code, `EU` or `INT`.
        topics: what it helps with, from `TOPICS`.
        phone: number to call from that country, or None.
        text: how to reach it by text message, or None.
        web: https address of the page to show.
        hours: when and for whom, in words; may be empty.
        verified_on: month or day a person last checked the contacts, or None.
        confidence: one of `CONFIDENCE`.
    """

    id: str
    name: str
    hosts: tuple[str, ...]
    country: str
    topics: tuple[str, ...]
    phone: str | None
    text: str | None
    web: str
    hours: str
    verified_on: str | None
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryHelp:
    """What one file holds: a country's services, best first, and its emergency number where it is sure."""

    country: str
    emergency: str | None
    services: tuple[HelpService, ...]


def load(folder: Path) -> dict[str, CountryHelp]:
    """Read a folder of help services, one YAML file a country.

    Args:
        folder: holds `GB.yaml`, `INT.yaml`, …

    Returns:
        The countries by code.

    Raises:
        StairgateError: with every problem of every file, each with file and line.
    """
    problems: list[Problem] = []
    found: dict[str, CountryHelp] = {}
    ids: list[tuple[str, str]] = []
    for file in data_files(folder):
        document = strict_yaml.load_file(file, name=file.name)
        top = Row(document, (), problems)
        country = top.text("country")
        if country and (not _COUNTRY.match(country) or country != file.stem):
            top.complain(
                "country", "bad-country", f"{country!r} is not this file's country.", "Name them alike."
            )
        emergency = top.row_or_none("emergency")
        services = []
        for row in top.rows("services"):
            services.append(service := _read_service(row, country))
            ids.append((service.id, document.place("services", len(services) - 1, "id")))
        found[country] = CountryHelp(
            country=country,
            emergency=None if emergency is None else _read_emergency(emergency),
            services=tuple(services),
        )
        top.close()
    settle(problems + repeated_ids(ids))
    return found


def _read_emergency(row: Row) -> str | None:
    number, confidence = row.text("number"), row.word("confidence", CONFIDENCE)
    row.close()
    return number if confidence in SURE else None


def _read_service(row: Row, country: str) -> HelpService:
    service = HelpService(
        id=row.id(),
        name=row.text("name"),
        hosts=row.hosts("hosts"),
        country=country,
        topics=row.words("topics", TOPICS),
        phone=row.text_or_none("phone"),
        text=row.text_or_none("text"),
        web=row.text("web"),
        hours=row.text_or_none("hours") or "",
        verified_on=row.text_or_none("verified_on"),
        confidence=row.word("confidence", CONFIDENCE),
    )
    row.close()
    if service.id and not service.id.startswith(f"{country.lower()}-"):
        row.complain(
            "id", "bad-id", "The id does not begin with the country.", f"Begin it `{country.lower()}-`."
        )
    if service.phone is not None and not _PHONE.match(service.phone):
        row.complain("phone", "bad-phone", f"{service.phone!r} is no number.", "Use digits, spaces, hyphens.")
    if service.verified_on is not None and not _DATE.match(service.verified_on):
        row.complain(
            "verified_on", "bad-date", f"{service.verified_on!r} is no date.", "Write 2026-11 or 2026-11-21."
        )
    match service.web.split("/", 3):
        case ["https:", "", host, _] if _is_below(host, service.hosts):
            pass
        case _:
            row.complain(
                "web", "bad-web", "This is no https address of one of its hosts.", "Write https://host/…"
            )
    return service


def _is_below(host: str, hosts: tuple[str, ...]) -> bool:
    return any(host == own or host.endswith(f".{own}") for own in hosts)
