"""Help, crisis and reporting services: never blocked, never in a report, shown where they matter.

Holds what a service is and how to reach it. Knows nothing of policies: that help comes before every other
rule is decided in `rules.decide`. Phone numbers are printed only where someone stood behind them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .address import lineage
from .help_table import CONFIDENCE, SURE, TOPICS, CountryHelp, HelpService, load

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "CONFIDENCE",
    "EU",
    "FOLDER",
    "TOPICS",
    "TOPIC_OF_CATEGORY",
    "CountryHelp",
    "HelpService",
    "countries",
    "describe",
    "emergency",
    "is_help",
    "is_help_among",
    "load",
    "printable",
    "services",
    "suited",
]

FOLDER = Path(__file__).parent / "help_services"

TOPIC_OF_CATEGORY = {
    "self_harm": "self-harm",
    "drugs": "drugs",
    "alcohol_tobacco": "drugs",
    "gambling": "gambling",
    "stranger_chat": "grooming",
    "dating": "grooming",
    "violence_gore": "abuse",
    "hate_extremism": "reporting",
    "stalkerware": "abuse",
    "sexual_health": "sexual-health",
    "child_abuse": "reporting",
}
"""The help that fits a block page for a category; other categories get `general`."""

# What a country's own help for one topic can do for another: it is nearer than what helps with anything.
_FITS_TOO = {"grooming": "reporting"}

# fmt: off
EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})
# fmt: on
_ALIASES = {"UK": "GB"}


@cache
def countries() -> dict[str, CountryHelp]:
    """The help services we ship, by country code."""
    return load(FOLDER)


@cache
def _hosts() -> frozenset[str]:
    return frozenset(
        host for page in countries().values() for service in page.services for host in service.hosts
    )


def is_help(host: str) -> bool:
    """Whether a host belongs to a recognised help service of any country: its own name or one below.

    Args:
        host: canonical (`rules.address`): lower case, A-labels, no trailing dot. An IP is never help.
    """
    return is_help_among(lineage(host))


def is_help_among(names: Iterable[str]) -> bool:
    """As `is_help`, for who has the host and its parents at hand."""
    return not _hosts().isdisjoint(names)


@cache
def services(country: str) -> tuple[HelpService, ...]:
    """The services to offer in a country: its own, then the Union's for its members, then international ones.

    Args:
        country: ISO 3166 code, any case; `UK` is understood. An unknown one gets the international services.
    """
    code = _ALIASES.get(country.upper(), country.upper())
    order = [code] if code not in {"EU", "INT"} else []
    order += ["EU"] if code in EU or code == "EU" else []
    pages = countries()
    return tuple(service for name in [*order, "INT"] if name in pages for service in pages[name].services)


def suited(country: str, category: str | None, *, limit: int = 3) -> tuple[HelpService, ...]:
    """The services a block page shows: those for the category's topic first, nearest country first.

    Args:
        country: as for `services`.
        category: the category that was blocked, or None.
        limit: how many at most.
    """
    topic = TOPIC_OF_CATEGORY.get(category or "", "general")
    ranked = sorted(services(country), key=lambda service: _rank(service, topic))
    return tuple(ranked[:limit])


def _rank(service: HelpService, topic: str) -> int:
    if topic in service.topics:
        return 0
    if service.country not in {"EU", "INT"} and _FITS_TOO.get(topic) in service.topics:
        return 1
    return 2 if "general" in service.topics else 3


def emergency(country: str) -> str | None:
    """The emergency number of a country, where it is sure; else None."""
    code = _ALIASES.get(country.upper(), country.upper())
    page = countries().get(code)
    return page.emergency if page else None


def printable(service: HelpService) -> str:
    """One line a person can act on: name, number where someone stands behind it, text, web address.

    A number is printed when its confidence is H or K-H, or when a person has verified it since.
    """
    sure = _is_sure(service)
    parts = [service.name]
    if sure and service.phone:
        parts.append(service.phone)
    if sure and service.text:
        parts.append(f"text {service.text}")
    parts.append(service.web.removeprefix("https://").removesuffix("/"))
    return " · ".join(parts)


def _is_sure(service: HelpService) -> bool:
    return service.confidence in SURE or service.verified_on is not None


def describe() -> str:
    """The reference page of help services, as Markdown: what is printed, what is still to verify."""
    pages = countries()
    shipped = [service for page in pages.values() for service in page.services]
    waiting = sum(service.phone is not None and not _is_sure(service) for service in shipped)
    lines = [
        "# Help services",
        "",
        "Generated by `make docs` from `rules/help_services/`. These are never blocked, never in a report.",
        "A number is printed only with confidence H or K-H, or once a person verified it (`verified_on`).",
        "",
        f"{len(shipped)} services, {len(_hosts())} hosts. Numbers waiting to be verified: {waiting}.",
    ]
    for page in pages.values():
        number = f" (emergency: {page.emergency})" if page.emergency else ""
        lines += ["", f"## {page.country}{number}", "", "| shown | topics | hosts | checked |"]
        lines += ["| --- | --- | --- | --- |"]
        for service in page.services:
            waits = f"waits: {service.phone}" if service.phone and not _is_sure(service) else ""
            cells = (
                printable(service),
                ", ".join(service.topics),
                ", ".join(service.hosts),
                service.verified_on or waits,
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
