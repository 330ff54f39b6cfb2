"""What a case does between its questions: to the product by its driver or process, and to the lab's sites.

An act is a word and its arguments, as a case writes it under `first`:

    first: {configure: {change: block-host, host: "{a}"}}
    first: {kill: all}          every process of the product, with SIGKILL
    first: {restart: own}       stopped and started by its own command, without preparing anything anew
    first: {configure: {change: change-profile, below: 12}}     the shipped profile next to an age; or from
    first: {clock: "2026-12-24T21:31:00Z"}
    first: {update: {source: "http://{lists}/gambling.txt", category: gambling}}
    first: {site: {host: "{lists}", pages: {"*": {status: 500}}}}    the site plays another part from now on
    first: {lists: gone}        the lists it was given are taken away while it is stopped
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance_tests import stage
from conformance_tests.driver import RefusedError
from conformance_tests.parts import as_site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance_tests.session import Session
    from standard.capability import Statement

ACTS = ("configure", "update", "clock", "site", "kill", "restart", "lists")


async def perform(session: Session, acts: Mapping[str, Any]) -> None:
    """Carry out acts in the order they are written.

    Raises:
        RefusedError: the product's driver can't do one of them.
        DriverError: the driver broke.
        StairgateError: the product did not come back after a restart.
        ValueError: the case asks for an act there is none of.
    """
    for word, told in acts.items():
        match word:
            case "configure":
                await session.drive("configure", **in_own_words(session, told))
            case "update":
                await session.drive("update", **in_own_words(session, told))
            case "clock":
                answer = await session.drive("clock", at=told)
                if "environment" in answer:
                    await session.restart(answer["environment"], answers=True)
            case "site":
                session.internet.recast(as_site(told, {}))
            case "kill":
                session.running.kill()
            case "lists":
                session.running.kill()
                stage.take_away(session.variables["LISTS"])
                await session.restart(answers=True)
            case "restart":
                await session.restart()
            case _:
                msg = f"there is no act {word!r}; there are {', '.join(ACTS)}"
                raise ValueError(msg)


def profile_for(statement: Statement, below: int | None = None, **wanted: int) -> str:
    """The shipped profile for the eldest below an age, or with `from` for the youngest of at least that age.

    Raises:
        RefusedError: the statement names none.
    """
    if below is not None:
        said = f"below {below}"
        found = [one.id for one in statement.profiles if one.last < below][-1:]
    else:
        said = f"from {wanted['from']}"
        found = [one.id for one in statement.profiles if one.first >= wanted["from"]][:1]
    if not found:
        raise RefusedError(f"the statement names no profile for persons {said} years")
    return found[0]


def in_own_words(session: Session, told: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a change with category and profile in the product's own words."""
    adapter = session.running.adapter
    words = dict(told)
    ages = {key: words.pop(key) for key in ("below", "from") if key in words}
    if ages:
        return words | {"profile": profile_for(adapter.statement, **ages)}
    for key in words.keys() & {"category", "spared"}:
        words[key] = adapter.categories.get(words[key], words[key])
    if "profile" in words:
        words["profile"] = adapter.profiles.get(words["profile"], words["profile"])
    return words
