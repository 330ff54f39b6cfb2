"""`stairgate override`: open or close something for a while, without touching the policy."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from proxy.cli.options import HomeOption, JsonOption, plain, read_span, show_when_alone
from proxy.cli.parents import PersonOption, check_person, open_parents

if TYPE_CHECKING:
    from proxy.household.store import Grant

app = typer.Typer(add_completion=False, help="Timed exceptions: open or close something for a while.")


@app.command("list")
def show(*, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Show the overrides that hold now.

    Example:  stairgate override list
    """
    from proxy.household import store

    parents = open_parents(home)
    with parents.begin() as connection:
        grants = store.read_overrides(connection, datetime.now(UTC))
    if as_json:
        for grant in grants:
            sys.stdout.write(json.dumps(_row(grant)) + "\n")
        return
    if not grants:
        typer.echo("no overrides")
    for grant in grants:
        override = grant.override
        until = override.until.astimezone(parents.policy.zone).strftime("%Y-%m-%d %H:%M")
        who = override.person or "everyone at home"
        note = f"  ({plain(grant.why)})" if grant.why else ""
        typer.echo(f"{grant.id:>4}  {override.action:<6} {override.target} for {who} until {until}{note}")


show_when_alone(app, show)


@app.command()
def add(
    target: Annotated[
        str,
        typer.Argument(
            help="everything, a category, service:ID, an address with or without a path; or schedule or "
            "budget, which lifts just these limits."
        ),
    ],
    *,
    person: PersonOption = "",
    span: Annotated[str, typer.Option("--for", help="How long, as in 30m, 2h or 1d.", metavar="SPAN")],
    block: Annotated[bool, typer.Option("--block", help="Close it instead of opening it.")] = False,
    why: Annotated[str, typer.Option("--why", help="A note for yourselves.")] = "",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Open something for a while; it holds at once, and ends by itself.

    Example:  stairgate override add games --person leo --for 30m
    """
    ends = datetime.now(UTC) + read_span(span, option="--for")
    from proxy.household import store
    from rules.decide import Override
    from rules.presets import Action

    parents = open_parents(home)
    check_person(person, parents.policy)
    action = Action.BLOCK if block else Action.ALLOW
    override = Override(
        person=person, target=_check_target(target, action), action=action, until=ends.replace(microsecond=0)
    )
    with parents.begin() as connection:
        number = store.add_override(connection, override, why)
    if as_json:
        sys.stdout.write(json.dumps(_row(store.Grant(id=number, override=override, why=why))) + "\n")
        return
    clock = ends.astimezone(parents.policy.zone).strftime("%Y-%m-%d %H:%M")
    typer.echo(f"{number}: {action} {override.target} for {person or 'everyone at home'} until {clock}")


@app.command()
def remove(
    number: Annotated[int, typer.Argument(help="The number that `override list` shows.")],
    *,
    home: HomeOption = None,
) -> None:
    """End an override now.

    Example:  stairgate override remove 3
    """
    from proxy.household import store

    with open_parents(home).begin() as connection:
        removed = store.remove_override(connection, number)
    if not removed:
        raise typer.BadParameter(f"there is no override {number}", param_hint="NUMBER")
    typer.echo(f"{number} has ended")


def _check_target(word: str, action: str) -> str:
    """A target in the form in which overrides are compared."""
    from pydantic_core import PydanticCustomError

    from rules.address import AddressError, parse
    from rules.policy.terms import check_target
    from rules.presets import Action

    if word in {"schedule", "budget"}:
        if action is not Action.ALLOW:
            raise typer.BadParameter(f"{word} can only be lifted", param_hint="--block")
        return word
    if word.startswith("list:"):
        raise typer.BadParameter("a list is set in the policy (`lists:`)", param_hint="TARGET")
    try:
        return check_target(word)
    except PydanticCustomError as error:
        if "." not in word:
            hint = error.context["hint"] if error.context else ""
            raise typer.BadParameter(f"{error.message()} {hint}", param_hint="TARGET") from error
    try:
        address = parse(word)
    except AddressError as error:
        raise typer.BadParameter(f"{word!r} is no address: {error.reason}", param_hint="TARGET") from error
    return f"{address.host}{address.path.rstrip('/')}"


def _row(grant: Grant) -> dict[str, object]:
    override = grant.override
    return {
        "id": grant.id,
        "person": override.person or None,
        "target": override.target,
        "action": str(override.action),
        "until": override.until.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "why": grant.why,
    }
