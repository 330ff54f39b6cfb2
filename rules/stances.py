"""What is done with each category for one person, compiled once so that a decision only compares numbers.

Knows presets and the policy's changes to them. Knows no addresses and no times.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from .decision import RANK, Reason
from .presets import STRICTNESS, Action
from .taxonomy import CATEGORIES, UNCATEGORISED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .decision import Source
    from .presets import Preset, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """What is done with one category.

    Attributes:
        weight: the smaller speaks: stricter first, then the earlier reason, then the order of the taxonomy.
        action: what is done.
        reason: the reason it is given under.
        category: the category; empty where none decides.
        set_at: `file:line` of the policy where the household set it; empty where the profile says so.
        because: the sentence to give, where it is not the usual one about a category.
        rule: the line of the policy to name, where no entry of a list decides.
        setting: who decided what is done with the category, for the usual sentence.
        of_everything: a limit that closes everything, whatever its category or service.
    """

    weight: int
    action: Action
    reason: Reason
    category: str = ""
    set_at: str = ""
    because: str = ""
    rule: Source | None = None
    setting: str = ""
    of_everything: bool = False


def weigh(action: Action, reason: Reason, order: int = 0) -> int:
    """The weight of something that speaks: of several, the one with the smallest decides.

    Args:
        action: what it wants done; a stricter one always weighs less.
        reason: under which reason; an earlier one weighs less among equal actions.
        order: a category's place in the taxonomy, the last tie-break.
    """
    return (3 - STRICTNESS[action]) * 10_000 + RANK[reason] * 100 + order


def compile_stances(preset: Preset, changed: Mapping[str, tuple[Action, str]]) -> Mapping[str, Stance]:
    """The stance of every category.

    Args:
        preset: what the profile does.
        changed: category -> (action, `file:line`) where the policy says something else.
    """
    stances = {}
    for name, category in CATEGORIES.items():
        action, set_at = changed.get(name, (preset.actions[name], ""))
        reason = Reason(category.speaks)
        if action is Action.ALLOW and reason is not Reason.UNKNOWN:
            reason = Reason.CATEGORY  # what is served is served for its category, not for any harm
        stances[name] = Stance(
            weight=weigh(action, reason, category.order),
            action=action,
            reason=reason,
            category=name,
            set_at=set_at,
            setting=explain_setting(name, action, preset.profile, set_at),
        )
    return MappingProxyType(stances)


def explain_setting(category: str, action: Action, profile: Profile, set_at: str) -> str:
    """The second half of a sentence about a category: who decided what is done with it.

    Args:
        category: the category.
        action: what is done with it.
        profile: the person's profile.
        set_at: `file:line` where the policy says so; empty where the profile does.
    """
    what = "such sites" if category == UNCATEGORISED else "that"
    return f"and {set_at or f'the profile {profile}'} sets {what} to {action}."
