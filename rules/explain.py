"""A decision as one plain sentence for a parent, and as JSON.

The same words stand on the block page, in the journal, in the console and on the command line.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import TYPE_CHECKING, Any

from .presets import Action
from .taxonomy import CATEGORIES, UNCATEGORISED

if TYPE_CHECKING:
    from .address import Address
    from .budget import Budget
    from .decision import Decision, Finding, Override, Request, Source
    from .pack import Match
    from .policy import Person, Policy
    from .policy.rulebook import Rule
    from .schedule import Schedule
    from .search_engines import Engine
    from .stances import Stance

_INSTEAD = "Google, Bing and DuckDuckGo search in a safe mode here."
_DONE = {
    Action.ALLOW: "is allowed",
    Action.BLOCK: "is blocked",
    Action.WARN: "is shown only after a warning",
    Action.ASK: "has to be asked for",
}
_LONGEST = 80


def explain(decision: Decision, request: Request) -> str:
    """One plain sentence: what happens to this request, and which list, file and line said so.

    Args:
        decision: the answer.
        request: the question it answers.
    """
    what = request.text if request.address is None else request.address.host
    return f"{_shorten(what)} {_DONE[decision.action]}. {decision.because}"


def as_json(url: str, person: str, at: datetime, decision: Decision) -> dict[str, Any]:
    """The object of `stairgate explain --json`.

    Args:
        url: the address as asked, unchanged.
        person: the person's key.
        at: the moment that was asked about, with its offset.
        decision: the answer.
    """
    rule = decision.rule
    return {
        "url": url,
        "person": person,
        "at": _stamp(at),
        "action": decision.action.value,
        "category": decision.category,
        "categories": list(decision.categories),
        "reason": decision.reason.value,
        "because": decision.because,
        "rule": None
        if rule is None
        else {"list": rule.list, "file": rule.file, "line": rule.line, "entry": rule.entry},
    }


def json_line(url: str, person: str, at: datetime, decision: Decision) -> str:
    """What `json.dumps` makes of `as_json`, to the byte, in a third of its time; without a line's end.

    Args:
        url: as for `as_json`; so are the others.
        person: the person's key.
        at: the moment that was asked about.
        decision: the answer.
    """
    rule = decision.rule
    named = (
        "null"
        if rule is None
        else f'{{"list": {_quoted(rule.list)}, "file": {_quoted(rule.file)}, "line": {rule.line}, '
        f'"entry": {_quoted(rule.entry)}}}'
    )
    category = "null" if decision.category is None else _quoted(decision.category)
    return (
        f'{{"url": {_quoted(url)}, "person": {_quoted(person)}, "at": "{_stamp(at)}", '
        f'"action": "{decision.action.value}", "category": {category}, '
        f'"categories": [{", ".join(map(_quoted, decision.categories))}], '
        f'"reason": "{decision.reason.value}", "because": {_quoted(decision.because)}, "rule": {named}}}'
    )


@lru_cache(maxsize=1)
def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _shorten(text: str) -> str:
    """At most 80 characters on one line, and never nothing."""
    if text and len(text) <= _LONGEST and text.isprintable() and not text.isspace():
        return text.strip()
    flat = "".join(letter if letter.isprintable() else "?" for letter in text).strip()
    if len(flat) > _LONGEST:
        flat = flat[: _LONGEST - 1] + "…"
    return flat or "An empty address"


def _place(source: Source) -> str:
    return f"{source.file}:{source.line}"


def _title(category: str) -> str:
    known = CATEGORIES.get(category)
    return category if known is None else known.title


# One function a reason follows: each returns the `because` of a decision, a full sentence for a parent.


def illegal() -> str:
    """An authorised list names it."""
    return "A list of illegal content names it, and that is never opened for anyone."


def help_service() -> str:
    """Help is never blocked."""
    return "It is a recognised help service; these are always open and never reported."


def report_page(title: str) -> str:
    """Whoever was hurt at a service can report it, also when the service is closed."""
    return f"Here {title} takes reports and gives help, and that stays open when {title} is closed."


def unknown_person(name: str) -> str:
    """Nobody knows who asks; an empty name: the device is nobody's."""
    if not name:
        return "The policy names nobody for this device, and whoever is unknown gets nothing."
    return f"The policy has no person {name!r}, so nobody knows what may be shown."


def unparsable(person: Person) -> str:
    """No list can be asked about it."""
    return f"The address can't be read, so no list can be asked about it; {person.profile} gets no such page."


def override(override: Override, person: Person, policy: Policy) -> str:
    """A parent's timed override."""
    until = override.until.astimezone(policy.zone)
    verb = "allowed" if override.action is Action.ALLOW else "blocked"
    whom = person.name if override.person else "everyone"
    return f"A parent has {verb} {override.target} for {whom} until {until:%d %b, %H:%M}."


def rule(rule: Rule, person: Person) -> str:
    """A rule of the policy."""
    whom = person.name if rule.owner else "everyone at home"
    return f"{_place(rule)} always {rule.action}s {rule.entry} for {whom}."


def stance(stance: Stance, entry: Match | None) -> str:
    """What is done with a category, and which entry files the address there."""
    if entry is None:
        return f"No list names it, {stance.setting}"
    where = f"{entry.file}:{entry.line}: {_shorten(entry.pattern)}"
    told = f"The list {entry.list} names it under {_title(stance.category)} ({where}), {stance.setting}"
    return f"{told} {_INSTEAD}" if stance.category == "unsafe_search" else told


def unforced(engine: Engine, stance: Stance) -> str:
    """A search engine whose safe mode can't be forced."""
    why = f"Where only its name is seen, nothing makes {engine.title} search"
    if not engine.safe:
        why = f"Nothing makes {engine.title} search"
    return f"{why} in a safe mode, {stance.setting} {_INSTEAD}"


def confirmed(person: Person) -> str:
    """The person has clicked on past the warning."""
    return f"{person.name} has clicked on past the warning."


def not_on_allow_list(name: str, category: str) -> str:
    """An allow-list profile opens only what is on it."""
    what = "no list names this" if category == UNCATEGORISED else f"{_title(category)} is not on it"
    return f"For {name} only an allow-list is open, and {what}."


def schedule(schedule: Schedule, window: str, person: Person) -> str:
    """The time of day or the day."""
    name = f"{schedule.name}: " if schedule.name else ""
    what = ", ".join(sorted(schedule.targets))
    return f"{name}{schedule.place} closes {what} for {person.name} at this time ({window})."


def budget(budget: Budget, person: Person) -> str:
    """The minutes are used up."""
    return f"The minutes of {person.name} for {budget.target} are used up for today ({budget.place})."


def finding(finding: Finding, stance: Stance, person: Person) -> str:
    """A label or phrases in the content, or the shape of the request."""
    if finding.shape:
        return f"The request leads round the filter ({finding.because}), {stance.setting}"
    source = "The page labels itself" if finding.label else "The page's words weigh as"
    title = _title(stance.category)
    return f"{source} {title} ({finding.because}), and that is set to {stance.action} for {person.name}."


def wrapped(address: Address, inner: Decision) -> str:
    """An address inside another one decided."""
    return f"It shows {_shorten(address.host)} inside. {inner.because}"
