"""What is asked and what is answered: the shapes around `rules.decide`, without its rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .address import Address
    from .pack import Match
    from .presets import Action


class Reason(StrEnum):
    """Why a decision is as it is, in order of precedence; the last four stand apart from the order."""

    ILLEGAL = "illegal"
    """A list of illegal content names it; nothing opens it."""
    HELP = "help"
    """A recognised help service; nothing closes it."""
    OVERRIDE = "override"
    """A parent's timed override."""
    PERSON = "person"
    """A rule of the policy for this person."""
    HOUSEHOLD = "household"
    """A rule of the policy for everyone at home."""
    SECURITY = "security"
    """A category that harms the machine or its owner."""
    BYPASS = "bypass"
    """A category that leads round the filter."""
    SCHEDULE = "schedule"
    """The time of day or the day."""
    BUDGET = "budget"
    """The minutes are used up."""
    CATEGORY = "category"
    """What the profile or the policy does with a category."""
    LABEL = "label"
    """The page calls itself unfit for an age."""
    PHRASES = "phrases"
    """The page's words."""
    UNKNOWN = "unknown"
    """No list speaks of it."""
    UNPARSABLE = "unparsable"
    """Nobody can read the address."""
    ADDRESS = "address"
    """It lies in this machine or the home network."""
    IDENTITY = "identity"
    """Nobody knows whose device asks."""
    FAILURE = "failure"
    """Something of ours broke; a failure never opens the gate."""


RANK: Mapping[Reason, int] = MappingProxyType({reason: rank for rank, reason in enumerate(Reason)})
"""A reason's place in the order of precedence, from 0."""


class Level(StrEnum):
    """How much of the address is known when the question is asked."""

    UNREAD = "unread"
    """The host alone, and more will never be read: a DNS question, a connection that is passed on."""
    NAME = "name"
    """The host alone, so far: a CONNECT, a server name in TLS."""
    ADDRESS = "address"
    """The whole address."""


class Source(Protocol):
    """Where an entry that spoke is written: a list's line or a line of the policy."""

    @property
    def list(self) -> str:
        """The list's name; `policy` for the policy."""

    @property
    def file(self) -> str:
        """The file."""

    @property
    def line(self) -> int:
        """The line, from 1."""

    @property
    def entry(self) -> str:
        """The entry as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLine:
    """A line of the policy that decided: a schedule, a budget, a service, a whole list.

    Attributes:
        file: the policy's file.
        line: the line, from 1.
        entry: what stands there, shortly.
        list: always `policy`.
    """

    file: str
    line: int
    entry: str
    list: str = "policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the content itself says: an age label, phrases that weigh too much; or the shape of the request.

    Attributes:
        category: the category it speaks for.
        because: the label or the phrases, for the explanation.
        label: True for a label, False for phrases.
        shape: neither: it is the request that leads round the gate.
    """

    category: str
    because: str
    label: bool = False
    shape: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for, and by whom.

    Attributes:
        address: the parsed address; None where it can't be parsed.
        text: the address as asked.
        person: a name of the policy's people.
        page_load: whether a person would see the answer as a page; an image or a script is not one.
        level: how much of the address is known.
        device: which device asks, for the record only.
        search: what was searched for, as plain text; empty where nothing was.
        findings: what the content said, where the gate has looked into it.
        carried: addresses it asks for beside its own, in a form it posts (`rules.address.wrapped_in_form`).
    """

    address: Address | None
    text: str
    person: str = "everyone"
    page_load: bool = True
    level: Level = Level.ADDRESS
    device: str = ""
    search: str = ""
    findings: tuple[Finding, ...] = ()
    carried: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A parent's timed exception to everything but the law and help.

    Attributes:
        person: whom it is for; empty for everyone.
        target: `everything`, a category id, `service:ID`, an address with or without a path; or `schedule` or
            `budget`, which lifts just these limits and leaves categories as they are.
        action: what holds meanwhile: `allow` or `block`.
        until: when it ends, in UTC.
        asked: it answers a child's request, and so does not open what a request never opens.
    """

    person: str
    target: str
    action: Action
    until: datetime
    asked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When it is asked, and the state of the household then.

    Attributes:
        at: the time, aware of UTC.
        used: minutes used today by (person, target of a budget).
        earned: extra minutes of today, earned or rolled over, by (person, target of a budget).
        overrides: the overrides that may hold; ended ones are passed over.
        confirmed: (person, host) pairs for which the person has clicked on past a warning.
    """

    at: datetime
    used: Mapping[tuple[str, str], float] = field(default_factory=dict)
    earned: Mapping[tuple[str, str], float] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    confirmed: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer.

    Attributes:
        action: what to do.
        reason: why.
        category: the category that decided, or None.
        categories: all the packs say, in the order of the taxonomy, whatever the action.
        rule: the entry that decided (a list's or the policy's), or None.
        because: the reason as one plain sentence.
        entries: every entry of the packs that spoke.
        help: a recognised help service, or where a closed service takes reports: never journalled.
    """

    action: Action
    reason: Reason
    because: str
    category: str | None = None
    categories: tuple[str, ...] = ()
    rule: Source | None = None
    entries: tuple[Match, ...] = ()
    help: bool = False
