"""`stairgate policy`: check the policy file, show what it amounts to, show a preset, make a password."""

from __future__ import annotations

import json
import sys
from pathlib import Path  # noqa: TC003 - Typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proxy.cli.options import HomeOption, JsonOption, show_when_alone
from proxy.cli.password import password

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rules.policy import Policy

app = typer.Typer(add_completion=False, help="The household's policy: who may see what.")
app.command()(password)


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="A policy file; by default the home's.")] = None,
    *,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Say everything that is wrong with a policy file.

    Example:  stairgate policy check
    """
    from rules.errors import StairgateError
    from rules.exits import Exit
    from rules.policy import check as find_problems

    path = file or _home_policy(home)
    problems = find_problems(path)
    is_missing = any(one.code == "unreadable-file" for one in problems)
    code = Exit.MISSING if is_missing else Exit.DATA if problems else Exit.GOOD
    if as_json:
        for one in problems:
            row = {"code": one.code, "place": one.place, "cause": one.cause, "hint": one.hint}
            sys.stdout.write(json.dumps(row) + "\n")
        raise typer.Exit(code)
    if problems:
        raise StairgateError(*problems, exit_code=code)
    typer.echo(f"{path}: good")


@app.command()
def show(
    *,
    person: Annotated[str | None, typer.Option(help="Only this person.")] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Show what the policy does with each category, for each person.

    Example:  stairgate policy show --person everyone
    """
    from rules.policy import load

    policy = load(_home_policy(home))
    if person is not None and person not in policy.people:
        known = ", ".join(policy.people)
        raise typer.BadParameter(f"{person!r} is not in the policy; it knows {known}", param_hint="--person")
    rows = _people(policy, person)
    if as_json:
        for row in rows:
            sys.stdout.write(json.dumps(row) + "\n")
        return
    for row in rows:
        typer.echo(f"{row['person']}  profile {row['profile']}  country {policy.country}")
        typer.echo(f"  {_seen_inside(row['decrypt'])}; known by: {', '.join(row['known_by']) or 'nothing'}")
        _print_actions(row["categories"], allow_list=row["allow_list"])


show_when_alone(app, show)


@app.command()
def preset(
    profile: Annotated[str, typer.Argument(help="early, child, tween, teen, young-adult or adult.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Show what an age profile does with each category before a policy changes it.

    Example:  stairgate policy preset tween
    """
    from rules.presets import PRESETS, Profile

    if profile not in set(Profile):
        msg = f"{profile!r} is none of {', '.join(Profile)}"
        raise typer.BadParameter(msg, param_hint="PROFILE")
    chosen = PRESETS[Profile(profile)]
    actions = {name: str(action) for name, action in chosen.actions.items()}
    if as_json:
        sys.stdout.write(
            json.dumps({"profile": profile, "allow_list": chosen.allow_list, "categories": actions}) + "\n"
        )
        return
    _print_actions(actions, allow_list=chosen.allow_list)


def _home_policy(folder: Path | None) -> Path:
    from proxy.first_run import prepare_policy
    from proxy.home import open_home

    home = open_home(folder)
    prepare_policy(home)
    return home.policy


def _people(policy: Policy, only: str | None) -> list[dict[str, Any]]:
    return [
        {
            "person": name,
            "profile": str(person.profile),
            "allow_list": person.preset.allow_list,
            "decrypt": person.decrypt,
            "known_by": [*person.devices, *(["password"] if person.password else [])],
            "categories": {category: str(stance.action) for category, stance in person.stances.items()},
        }
        for name, person in policy.people.items()
        if only in {None, name}
    ]


def _seen_inside(decrypt: bool) -> str:
    return "pages are looked into" if decrypt else "pages are not looked into"


def _print_actions(actions: Mapping[str, str], *, allow_list: bool) -> None:
    """Categories by what is done with them, the strictest first."""
    from rules.taxonomy import CATEGORIES

    if allow_list:
        typer.echo("  an allow-list: only education_reference and what the policy allows is served")

    for action in ("block", "ask", "warn", "allow"):
        names = [name for name in CATEGORIES if actions.get(name) == action]
        if names:
            typer.echo(f"  {action:<6} {', '.join(names)}")
