"""The help services a page shows: names to follow, numbers only where someone stands behind them."""

from __future__ import annotations

from dataclasses import dataclass

from rules.help import printable, suited

_MOST = 3
ALWAYS = "day and night"
"""The hours that most services have, as their table says them; the pages have it in every language."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One help service as a page shows it.

    Attributes:
        name: what it calls itself.
        web: https address.
        phone: the number as printed; empty where it is not confirmed.
        dial: the number as a `tel:` link takes it.
        hours: when and for whom.
    """

    name: str
    web: str
    phone: str
    dial: str
    hours: str


def contacts(country: str, category: str | None) -> tuple[Contact, ...]:
    """The services for a country, those that fit the category first.

    Args:
        country: ISO 3166, two letters.
        category: what was blocked, or None.
    """
    found = []
    for service in suited(country, category, limit=_MOST):
        phone = service.phone or ""
        # `rules.help` alone knows which numbers may be printed; its line for people is the answer.
        if phone not in printable(service):
            phone = ""
        dial = "".join(character for character in phone if character.isdigit() or character == "+")
        found.append(Contact(service.name, service.web, phone, dial, service.hours))
    return tuple(found)
