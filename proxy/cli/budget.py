"""`stairgate budget`: minutes used and left today, and minutes earned."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proxy.cli.options import HomeOption, JsonOption, show_when_alone
from proxy.cli.parents import PersonOption, check_person, open_parents

if TYPE_CHECKING:
    from proxy.household.reading import Known
    from rules.policy import Person, Policy

app = typer.Typer(add_completion=False, help="Minutes: used and left today; give some more.")


@app.command()
def show(*, person: PersonOption = "", as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Show what everyone has used today and what is left.

    Example:  stairgate budget show
    """
    from proxy.household.reading import read

    parents = open_parents(home)
    check_person(person, parents.policy)
    with parents.begin() as connection:
        known = read(connection, parents.policy, datetime.now(UTC))
    rows = [
        row
        for one in parents.policy.people.values()
        if person in {"", one.id}
        for row in _rows(one, parents.policy, known)
    ]
    if as_json:
        for row in rows:
            sys.stdout.write(json.dumps(row) + "\n")
        return
    if not rows:
        typer.echo("no budgets in the policy, and nothing used today")
    for row in rows:
        limit = "no limit" if row["left"] is None else f"{row['left']:g} of {row['minutes']:g} left"
        typer.echo(f"{row['person']:<12} {row['target']:<24} {row['used']:>5g} min used  {limit}")


show_when_alone(app, show)


@app.command()
def earn(
    person: Annotated[str, typer.Argument(help="A person of the policy.")],
    target: Annotated[str, typer.Argument(help="The budget: games, service:youtube, everything.")],
    minutes: Annotated[float, typer.Argument(help="Negative ones are taken away.", min=-1440, max=1440)],
    *,
    why: Annotated[str, typer.Option("--why", help="A note for yourselves.")] = "",
    home: HomeOption = None,
) -> None:
    """Give minutes for today, on top of the budget.

    Example:  stairgate budget earn leo games 15 --why dishes
    """
    from proxy.household import store

    parents = open_parents(home)
    check_person(person, parents.policy)
    budgets = {budget.target for budget in parents.policy.people[person].budgets}
    if target not in budgets:
        known = ", ".join(sorted(budgets)) or "none"
        raise typer.BadParameter(f"{person} has no budget {target!r}; there is: {known}", param_hint="TARGET")
    day = parents.policy.week.day_of(datetime.now(UTC))
    with parents.begin() as connection:
        store.earn(connection, (person, target), day, minutes, why)
    typer.echo(f"{minutes:g} minutes of {target} for {person}, today")


def _rows(person: Person, policy: Policy, known: Known) -> list[dict[str, Any]]:
    """A row for each budget, and one for each thing without a budget that was used."""
    from rules.budget import allowance, left

    is_free = policy.week.is_free(known.day)
    rows = []
    for budget in person.budgets:
        key = (person.id, budget.target)
        used, extra = known.used.get(key, 0.0), known.earned.get(key, 0.0)
        rows.append(
            {
                "person": person.id,
                "target": budget.target,
                "minutes": allowance(budget, is_free=is_free) + extra,
                "used": used,
                "earned": extra,
                "left": left(budget, is_free=is_free, used=used, extra=extra),
            }
        )
    limited = {budget.target for budget in person.budgets}
    for (who, target), used in sorted(known.used.items()):
        if who == person.id and target not in limited:
            rows.append(
                {"person": who, "target": target, "minutes": None, "used": used, "earned": 0.0, "left": None}
            )
    return rows
