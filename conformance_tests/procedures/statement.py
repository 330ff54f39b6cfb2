"""The capability statement, read: what a criterion wants to find in it, member by member.

Nothing is asked of the product. What the statement says is held against the product by other cases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance_tests import build, product
from conformance_tests.judge import Judgement
from conformance_tests.members import ids_of
from conformance_tests.observation import measured
from standard import catalogue
from standard.words import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance_tests.adapter import Adapter
    from conformance_tests.case import Case
    from conformance_tests.observation import Observation
    from conformance_tests.session import Session
    from standard.capability import Statement

SETS = {
    "defaults": "stated-defaults",
    "classes": "service-class-names",
    "brackets": "age-brackets",
    "parts": "statement-parts",
}
"""What is looked for -> the set whose members it is."""
_ADULT = 18  # years
_FEWEST = 3  # profiles for children


async def carry_out(session: Session, case: Case) -> list[Observation]:
    """Settings: `finds`, a word of `SETS`. An observation for each member of its set."""
    kind = str(case.settings["finds"])
    adapter = session.running.adapter
    found = find(kind, adapter)
    unsaid = Judgement(Outcome.FAILED, "The capability statement does not say it.")
    if not adapter.is_stated:
        unsaid = Judgement(Outcome.UNTESTED, "The examiner wrote this statement and left it out.")
    return [
        measured(
            f"the capability statement: {item}",
            Judgement(Outcome.PASSED, found[item]) if found.get(item) else unsaid,
            item=item,
            expected="the statement says it",
        )
        for item in ids_of(SETS[kind])
    ]


def find(kind: str, adapter: Adapter) -> Mapping[str, str]:
    """Member of the set -> what the statement says of it; empty or absent where it says nothing.

    Args:
        kind: a word of `SETS`.
        adapter: holds the statement.
    """
    statement = adapter.statement
    match kind:
        case "defaults":
            return _defaults(statement)
        case "classes":
            return {name: f"{name} can be closed." for name in statement.classes}
        case "brackets":
            return _brackets(statement)
        case _:
            return _parts(adapter)


def _defaults(statement: Statement) -> Mapping[str, str]:
    """The defaults of the youngest profile, of all between, and of the oldest one for children."""
    names = [one.id for one in statement.profiles if one.first < _ADULT]
    # Where no ages are said, the defaults themselves say which profiles there are, youngest first.
    names = names or [name for name in statement.unknown_sites if name != "adult"]
    said = {name: word for name in names if (word := statement.unknown_sites.get(name)) is not None}
    if not names:
        return {}
    between = names[1:-1]
    told = ", ".join(f"{name}: {said[name]}" for name in between if name in said) or "there is none between"
    return {
        "youngest-profile": f"{names[0]}: {said[names[0]]}." if names[0] in said else "",
        "middle-profiles": f"{told}." if all(name in said for name in between) else "",
        "oldest-child-profile": f"{names[-1]}: {said[names[-1]]}." if names[-1] in said else "",
    }


def _brackets(statement: Statement) -> Mapping[str, str]:
    """The profile of each bracket; nothing where fewer than three profiles for children are shipped."""
    ages = {one.id: one for one in statement.profiles}
    if sum(one.first < _ADULT for one in statement.profiles) < _FEWEST:
        return {}
    return {
        bracket: f"{name}, for {ages[name].first} to {ages[name].last} years."
        for bracket, name in statement.brackets.items()
    }


def _parts(adapter: Adapter) -> Mapping[str, str]:
    """The parts of a whole statement."""
    statement, data = adapter.statement, adapter.statement_data
    named = {*statement.offers, *(lack.capability for lack in statement.lacks)}
    unsaid = sorted(set(catalogue.load().capabilities) - named)
    version, built = product.ask_version(adapter), build.identify(adapter, next(iter(adapter.stands)))
    defaults = [one.id for one in statement.profiles if one.id in statement.unknown_sites]
    told: dict[str, object] = {
        "product": adapter.homepage,
        "version": "" if version in {"", "unknown"} or not built else f"{version}, {built}",
        "stands": ", ".join(statement.stands),
        "audience": statement.profiles and ", ".join(statement.settings),
        "capabilities": "" if unsaid else f"All {len(named)} are claimed or declared absent.",
        "reasons": "Each absence has its reason.",
        "limits": f"{len(statement.limits)} limits." if statement.limits else "",
        "profiles": defaults and len(defaults) == len(statement.profiles) and ", ".join(defaults),
        "ports": f"{len(data['ports'])} ports." if data.get("ports") else "",
        "flows": f"{len(data['flows'])} outgoing connections." if "flows" in data else "",
        "languages": f"{', '.join(statement.languages) or 'None'} claimed." if "languages" in data else "",
        "lists": f"{len(data['lists'])} sources." if data.get("lists") else "",
    }
    return {item: str(said) if said else "" for item, said in told.items()}
