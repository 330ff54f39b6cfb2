"""One decision: find all that speak, then choose. Pure, total, deterministic.

The order: what is illegal, then help, then a parent's override, the person's rules, the household's rules:
the first of these that speaks decides. Of all the others (security, ways round, schedule, budget, category,
label, phrases, unknown) the strictest action decides, and among equal actions the earlier reason. Where a
service takes reports, what closes the service is passed over (`rules.reporting`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from . import explain
from .address import lineage, wrapped
from .bypass import with_ways
from .decision import (
    Decision,
    Finding,
    Level,
    Moment,
    Override,
    Reason,
    Request,
    Source,
)
from .help import is_help_among
from .overrides import find_override
from .policy.rulebook import words_of
from .presets import STRICTNESS, Action
from .reporting import page_at, passes_over_override, passes_over_rule, voice_of, without_passed_over
from .search import with_search
from .taxonomy import CATEGORIES, ILLEGAL
from .voices import gather

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .address import Address
    from .pack import Match, Pack
    from .policy import Person, Policy
    from .stances import Stance

__all__ = [
    "Decision",
    "Finding",
    "Level",
    "Moment",
    "Override",
    "Reason",
    "Request",
    "decide",
    "failure",
    "refuse",
]


def decide(request: Request, policy: Policy, pack: Pack, moment: Moment) -> Decision:
    """What to do with a request, and why.

    Never raises: whatever breaks inside ends in a block with reason `failure`.

    Args:
        request: what is asked for, and by whom.
        policy: the household's policy.
        pack: the compiled lists.
        moment: when, and the state of budgets and overrides then.
    """
    try:
        decision = _decide(request, policy, pack, moment)
    except Exception as error:  # noqa: BLE001 - a failure never opens the gate, whatever it is
        return failure(f"{type(error).__name__} while deciding")
    return decision


def failure(why: str) -> Decision:
    """The answer when something of ours broke: block.

    Args:
        why: what broke, in a few words.
    """
    return refuse(
        Reason.FAILURE, f"Something in the gate went wrong ({why}), and then nothing is let through."
    )


def refuse(reason: Reason, because: str) -> Decision:
    """A block that no list or rule caused: `address`, `identity`, `failure`.

    Args:
        reason: the reason.
        because: one plain sentence.
    """
    return Decision(action=Action.BLOCK, reason=reason, because=because)


def _decide(request: Request, policy: Policy, pack: Pack, moment: Moment) -> Decision:
    address = request.address
    person = policy.people.get(request.person)
    if address is None:
        if person is None:
            return refuse(Reason.IDENTITY, explain.unknown_person(request.person))
        return Decision(
            action=person.preset.unparsable, reason=Reason.UNPARSABLE, because=explain.unparsable(person)
        )
    request = with_ways(with_search(request), policy)
    names = lineage(address.host)
    decision = _decide_one(address, names, request, person, policy, pack, moment)
    if decision.help:
        return decision
    for inner in (*wrapped(address, names), *request.carried):
        inside = _decide_one(inner, lineage(inner.host), request, person, policy, pack, moment)
        # An inner address counts where a list or a rule names it: many an ordinary link carries another one.
        if inside.reason is not Reason.UNKNOWN:
            decision = _stricter(decision, inside, inner)
    return decision


def _decide_one(
    address: Address,
    names: tuple[str, ...],
    request: Request,
    person: Person | None,
    policy: Policy,
    pack: Pack,
    moment: Moment,
) -> Decision:
    """The decision on one address, without what it wraps."""
    matches = pack.look_up(address)
    categories = _categories(matches)
    if ILLEGAL in categories:
        return _told(
            Action.BLOCK,
            Reason.ILLEGAL,
            explain.illegal(),
            matches,
            categories,
            ILLEGAL,
            _entry(matches, ILLEGAL),
        )
    if is_help_among(names):
        return Decision(
            action=Action.ALLOW,
            reason=Reason.HELP,
            because=explain.help_service(),
            categories=categories,
            entries=matches,
            help=True,
        )
    if person is None:
        return refuse(Reason.IDENTITY, explain.unknown_person(request.person))
    if moment.overrides:
        override = find_override(_without_passed_over(moment, address, names), person, address, categories)
        if override is not None:
            because = explain.override(override, person, policy)
            return _told(override.action, Reason.OVERRIDE, because, matches, categories)
    if person.rules or policy.rules:
        words = words_of(request.search) if request.search else frozenset[str]()
        for reason, book in ((Reason.PERSON, person.rules), (Reason.HOUSEHOLD, policy.rules)):
            rule = book.find(address, names, words, moment.at)
            if rule is not None and rule.action is Action.BLOCK:
                page = page_at(address, names)
                if page is not None and passes_over_rule(page, rule):
                    rule = book.find(address, names, words, moment.at, partial(passes_over_rule, page))
            if rule is not None:
                return _told(rule.action, reason, explain.rule(rule, person), matches, categories, None, rule)
    return _weigh_all(address, names, request, person, matches, categories, moment)


def _weigh_all(
    address: Address,
    names: tuple[str, ...],
    request: Request,
    person: Person,
    matches: tuple[Match, ...],
    categories: tuple[str, ...],
    moment: Moment,
) -> Decision:
    """Of everything after the rules: the strictest action, then the earlier reason."""
    voices = gather(address, names, matches, categories, person, request, moment)
    best = voices[0] if len(voices) == 1 else min(voices, key=_weight)
    page = None if best.action is Action.ALLOW else page_at(address, names)
    if page is not None:
        best = min(without_passed_over(page, voices), key=_weight)
    action = best.action
    because = best.because
    rule = best.rule
    if not because:
        rule = entry = _entry(matches, best.category)
        because = explain.stance(best, entry)
    if action is Action.WARN:
        if (person.id, address.host) in moment.confirmed:
            action = Action.ALLOW
            because = f"{because} {explain.confirmed(person)}"
        elif not request.page_load:
            action = Action.BLOCK  # nobody can click on past a warning in an image or a script
    decision = _told(
        action,
        best.reason,
        because,
        matches,
        categories,
        None if best.reason is Reason.UNKNOWN else best.category or None,
        rule,
    )
    # What is reported there is told to nobody at home either.
    return decision if page is None or best is not voice_of(page) else replace(decision, help=True)


def _without_passed_over(moment: Moment, address: Address, names: tuple[str, ...]) -> Moment:
    """The moment without overrides that close a service, at an address where that service takes reports."""
    page = page_at(address, names)
    if page is None:
        return moment
    overrides = tuple(each for each in moment.overrides if not passes_over_override(page, each))
    return replace(moment, overrides=overrides)


def _weight(stance: Stance) -> tuple[int, bool, str, str]:
    """The smallest decides; among equal ones that of a category, then by words, never by chance."""
    return stance.weight, not stance.category, stance.category, stance.because


def _told(
    action: Action,
    reason: Reason,
    because: str,
    matches: tuple[Match, ...],
    categories: tuple[str, ...],
    category: str | None = None,
    rule: Source | None = None,
) -> Decision:
    return Decision(
        action=action,
        reason=reason,
        because=because,
        category=category,
        categories=categories,
        rule=rule,
        entries=matches,
    )


def _categories(matches: Sequence[Match]) -> tuple[str, ...]:
    """The categories that speak, each once, in the order of the taxonomy (unknown ones last, by name)."""
    if not matches:
        return ()
    if len(matches) == 1:
        return (matches[0].category,)
    return tuple(sorted({match.category for match in matches}, key=_order))


def _order(category: str) -> tuple[int, str]:
    known = CATEGORIES.get(category)
    return (len(CATEGORIES) if known is None else known.order, category)


def _entry(matches: Sequence[Match], category: str) -> Match | None:
    """The entry to name for a category: the longest, then by list, file and line, in whatever order."""
    if len(matches) == 1:
        return matches[0] if matches[0].category == category else None
    return min(
        (match for match in matches if match.category == category),
        key=lambda match: (-len(match.pattern), match.list, match.file, match.line, match.entry),
        default=None,
    )


def _stricter(outer: Decision, inner: Decision, address: Address) -> Decision:
    """Of an address and one it wraps, the stricter answer; categories and entries of both."""
    chosen = inner if STRICTNESS[inner.action] > STRICTNESS[outer.action] else outer
    because = chosen.because if chosen is outer else explain.wrapped(address, inner)
    return Decision(
        action=chosen.action,
        reason=chosen.reason,
        because=because,
        category=chosen.category,
        categories=tuple(sorted({*outer.categories, *inner.categories}, key=_order)),
        rule=chosen.rule,
        entries=(*outer.entries, *(entry for entry in inner.entries if entry not in outer.entries)),
    )
