"""What a parent should hear about lists: held back, refused, stale. A sentence each, the same everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .subscription_file import Subscription
    from .subscriptions import Change


def notices(changes: Iterable[Change]) -> list[str]:
    """What a parent should hear of an update, a line a list; nothing of those where all went well."""
    lines = []
    for change in changes:
        name = change.subscription.name
        if change.outcome == "held":
            lines.append(held_notice(change.subscription))
        elif change.outcome == "refused":
            lines.append(
                f"The list {name} was not updated, its last good copy stays: {change.subscription.trouble}"
            )
        elif change.outcome == "updated":
            lines.append(f"The list {name} was updated: {change.subscription.entries:,} entries.")
    return lines


def held_notice(one: Subscription) -> str:
    """One sentence about a copy that is held back."""
    return (
        f"A new copy of the list {one.name} is held back ({one.held['because']}). If that is meant:  "
        f"stairgate lists release {one.name}"
    )


def stale_notice(one: Subscription) -> str:
    """One sentence about a list that has not been heard of for too long."""
    return (
        f"The list {one.name} is stale: nothing was heard from its source since {one.heard or one.changed}; "
        f"its last good copy is in use."
    )
