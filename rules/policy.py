"""The household's policy: who lives here and what each may see. Reads and compiles `policy.yaml`.

Every complaint has file and line, a cause and a hint, and all come at once. Knows no packs and no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from . import policy_terms as terms
from . import strict_yaml
from .address import parse as parse_address
from .errors import Problem, StairgateError
from .lists.entry import Covers
from .policy_file import PolicyShape
from .policy_problems import read_problems
from .policy_rules import Rule, RuleBook, compile_rules
from .presets import PRESETS, Action, Preset, Profile
from .verdicts import Verdict, compile_verdicts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .policy_file import PersonShape, RuleShape
    from .strict_yaml import Document

__all__ = ["Action", "Person", "Policy", "Profile", "check", "default_text", "load", "parse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person of the household, compiled.

    Attributes:
        id: the key in the policy.
        name: the name to show.
        preset: what the profile does with each category.
        rules: the person's own allow and block rules.
        verdicts: what is done with each category, after the household's and the person's changes.
        opened: for an allow-list profile, the categories that are on it.
    """

    id: str
    name: str
    preset: Preset
    rules: RuleBook
    verdicts: Mapping[str, Verdict]
    opened: frozenset[str]

    @property
    def profile(self) -> Profile:
        """The age profile."""
        return self.preset.profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A household's policy, compiled.

    Attributes:
        country: ISO 3166, two letters: whose help services are shown.
        zone: the time zone of schedules and dates.
        people: every person by key.
        rules: the household's allow and block rules.
        reach: `host:port` of the home network that may be reached through the gate.
        names: names of the household's own and their addresses, asked before any name server.
        trust: files with further certificate authorities for sites, as written in the policy.
        file: the policy's file, as it is called in explanations.
    """

    country: str
    people: Mapping[str, Person]
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    rules: RuleBook = field(default_factory=RuleBook)
    reach: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    trust: tuple[Path, ...] = ()
    file: str = "policy.yaml"


def load(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        StairgateError: with every problem found in it.
    """
    return _compile(strict_yaml.load_file(path, name=path.name))


def parse(text: str, file: str = "policy.yaml") -> Policy:
    """Read a policy from text; `file` is its name in complaints and explanations.

    Raises:
        StairgateError: with every problem found in it.
    """
    return _compile(strict_yaml.load(text, file=file))


def check(path: Path) -> list[Problem]:
    """Every problem of a policy file; empty where it is good."""
    try:
        load(path)
    except StairgateError as error:
        return list(error.problems)
    return []


def default_text(country: str) -> str:
    """The first policy: one person, `everyone`, on profile `tween`.

    Args:
        country: two letters; whose help services the block page shows.
    """
    return (
        "# Who may see what. Change it with any editor; `stairgate policy check` says what is wrong.\n"
        "# How to write it: docs/write-a-policy.md\n"
        f"country: {country}\n"
        "\n"
        "people:\n"
        "  everyone:             # who is meant where nobody is named\n"
        "    profile: tween      # early to 6, child 7-9, tween 10-12, teen 13-15, young-adult 16-17, adult\n"
        "\n"
        "# Always, for everyone; a name covers all below it.\n"
        "allow: []\n"
        "block: []\n"
    )


def _compile(document: Document) -> Policy:
    try:
        shape = PolicyShape.model_validate(document.data)
    except ValidationError as error:
        raise StairgateError(*read_problems(error, document, PolicyShape)) from error
    zone = ZoneInfo(shape.zone)
    return Policy(
        country=shape.country,
        zone=zone,
        people=MappingProxyType(
            {key: _compile_person(key, person, shape, document, zone) for key, person in shape.people.items()}
        ),
        rules=_compile_rules(shape, document, zone, (), owner=""),
        reach=shape.reach,
        names=MappingProxyType(shape.names),
        trust=tuple(Path(name) for name in shape.trust),
        file=document.file,
    )


def _compile_person(
    key: str, shape: PersonShape, household: PolicyShape, document: Document, zone: ZoneInfo
) -> Person:
    preset = PRESETS[shape.profile]
    changed: dict[str, tuple[Action, str]] = {}
    for actions, path in (
        (household.categories, ("categories",)),
        (shape.categories, ("people", key, "categories")),
    ):
        for category, action in actions.items():
            changed[category] = (action, document.place(*path, category))
    verdicts = compile_verdicts(preset, changed)
    return Person(
        id=key,
        name=shape.name or key,
        preset=preset,
        rules=_compile_rules(shape, document, zone, ("people", key), owner=key),
        verdicts=verdicts,
        opened=frozenset(
            {"education_reference"}
            | {name for name, (action, _) in changed.items() if action is Action.ALLOW}
        ),
    )


def _compile_rules(
    shape: PolicyShape | PersonShape,
    document: Document,
    zone: ZoneInfo,
    path: tuple[str, ...],
    *,
    owner: str,
) -> RuleBook:
    rules = []
    for action, key, lines in ((Action.ALLOW, "allow", shape.allow), (Action.BLOCK, "block", shape.block)):
        for index, line in enumerate(lines):
            _, _, number = document.place(*path, key, index).rpartition(":")
            rules.append(_compile_rule(line, action, (document.file, int(number)), zone, owner))
    return compile_rules(rules)


def _compile_rule(
    line: RuleShape, action: Action, place: tuple[str, int], zone: ZoneInfo, owner: str
) -> Rule:
    file, number = place
    until = None if line.until is None else terms.in_utc(line.until, zone)
    if line.search is not None:
        return Rule(
            action=action,
            entry=f"search: {line.search}",
            file=file,
            line=number,
            owner=owner,
            search=terms.words_of(line.search),
            until=until,
        )
    entry = line.address or ""
    below = entry.startswith("*.")
    bare = entry.removeprefix("*.")
    if terms.is_network(bare):
        return Rule(
            action=action,
            entry=entry,
            file=file,
            line=number,
            owner=owner,
            network=ip_network(bare),
            until=until,
        )
    address = parse_address(bare)
    return Rule(
        action=action,
        entry=entry,
        file=file,
        line=number,
        owner=owner,
        host=address.host,
        covers=Covers.BELOW if below else Covers(line.covers or Covers.NAME_AND_BELOW),
        path=address.path.rstrip("/"),
        port=address.port,
        until=until,
    )
