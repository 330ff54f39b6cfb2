"""Report pages: where a service takes reports and gives help, which stay open while the service is closed.

Whoever was hurt there last night must be able to report it today. Which addresses they are stands with each
service (`rules.services`, key `reporting`); what at them may be passed over is said here. Illegal content,
harm, ways round the filter and what closes everything (bedtime, a pause) are not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from . import explain
from .address import lineage, parents
from .decision import Reason
from .presets import Action
from .services import services
from .stances import Stance, weigh
from .taxonomy import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .address import Address
    from .decision import Override
    from .policy.rulebook import Rule
    from .services import Service

_HARM = frozenset({Reason.SECURITY, Reason.BYPASS})

# Servers differ in what they make of anything else in a path, and here a mistake would open.
_PLAIN = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+)*/?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """One place where a service takes reports.

    Attributes:
        service: whose.
        host: its host; a whole host covers all below.
        path: where it begins, without a closing slash; empty for a whole host.
    """

    service: Service
    host: str
    path: str


@cache
def _pages() -> Mapping[str, tuple[ReportPage, ...]]:
    """Host → the report pages there; one with a path is on its host and on `www` below it, nowhere else."""
    table: dict[str, tuple[ReportPage, ...]] = {}
    for service in services().values():
        for entry in service.reporting:
            host, slash, rest = entry.partition("/")
            page = ReportPage(service=service, host=host, path=f"/{rest}" if slash else "")
            for name in (host, f"www.{host}") if slash else (host,):
                table[name] = (*table.get(name, ()), page)
    return table


def page_at(address: Address, names: Sequence[str] = ()) -> ReportPage | None:
    """The report page an address belongs to, or None.

    Args:
        address: canonical. A path counts as it was asked for, and only where every server reads it alike.
        names: its host and every parent of it, where they are at hand.
    """
    table = _pages()
    names = names or lineage(address.host)
    if table.keys().isdisjoint(names):
        return None
    for name in names:
        for page in table.get(name, ()):
            if not page.path or (name == address.host and _is_under(address, page.path)):
                return page
    return None


def _is_under(address: Address, beginning: str) -> bool:
    rest = address.text.partition("://")[2] or address.text
    asked = "/" + re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")[2]
    return _PLAIN.match(asked) is not None and all(
        path == beginning or path.startswith(f"{beginning}/") for path in (asked, address.path)
    )


def has_page_paths(host: str) -> bool:
    """Whether a part of a host, and not all of it, is a report page: its name is not enough then.

    Args:
        host: canonical.
    """
    return any(page.path for page in _pages().get(host, ()))


def without_passed_over(page: ReportPage, voices: Iterable[Stance]) -> list[Stance]:
    """What speaks at a report page: harm, ways round, what closes everything; and that it is open.

    Categories, services, lists and limits of these close the service alone. Labels and words there are those
    of help.

    Args:
        page: the report page.
        voices: all that speaks at its address.
    """
    return [voice_of(page), *(each for each in voices if each.of_everything or each.reason in _HARM)]


def passes_over_rule(page: ReportPage, rule: Rule) -> bool:
    """Whether a rule blocks more than the page: the service, and so not its reports."""
    if rule.action is not Action.BLOCK or rule.search or rule.network is not None:
        return False
    return not _names(page, rule.host, rule.path)


def passes_over_override(page: ReportPage, override: Override) -> bool:
    """Whether an override that blocks is about a service, a category or a site, and not about everything."""
    if override.action is not Action.BLOCK or override.target == "everything":
        return False
    if override.target in CATEGORIES or ":" in override.target:
        return True
    host, slash, path = override.target.partition("/")
    return not _names(page, host, f"/{path}" if slash else "")


def _names(page: ReportPage, host: str, path: str) -> bool:
    """Whether a household wrote down the page itself, or a part of it."""
    if page.path:
        return path == page.path or path.startswith(f"{page.path}/")
    return page.host in parents(host)


@cache
def voice_of(page: ReportPage) -> Stance:
    """What speaks for a report page: open."""
    return Stance(
        weight=weigh(Action.ALLOW, Reason.CATEGORY),
        action=Action.ALLOW,
        reason=Reason.CATEGORY,
        because=explain.report_page(page.service.title),
    )
