"""Which of a household's timed overrides holds for a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .address import parents
from .limits import EVERYTHING
from .presets import STRICTNESS, Action
from .services import services_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .address import Address
    from .decision import Moment, Override
    from .policy import Person


def find_override(
    moment: Moment, person: Person, address: Address, categories: Sequence[str]
) -> Override | None:
    """The override that holds, or None: the person's before everyone's, then block before allow.

    Args:
        moment: the time and the overrides that may hold.
        person: who asks.
        address: what is asked for.
        categories: what the packs say of it.
    """
    holding = [
        override
        for override in moment.overrides
        if override.person in {"", person.id}
        and moment.at < override.until
        and _is_about(override, address, categories)
        and not (override.asked and _is_never_asked(override, person, categories))
    ]
    return min(
        holding,
        key=lambda each: (not each.person, -STRICTNESS[each.action], each.target, each.until),
        default=None,
    )


def _is_about(override: Override, address: Address, categories: Sequence[str]) -> bool:
    target = override.target
    if target == EVERYTHING or target in categories:
        return True
    kind, _, name = target.partition(":")
    if kind == "service":
        return any(service.id == name for service in services_at(address))
    host, slash, path = target.partition("/")
    return host in parents(address.host) and (
        not slash or address.path == f"/{path}" or address.path.startswith(f"/{path}/")
    )


def _is_never_asked(override: Override, person: Person, categories: Sequence[str]) -> bool:
    return override.action is not Action.BLOCK and not person.preset.never_by_request.isdisjoint(categories)
