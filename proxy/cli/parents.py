"""What the verbs for parents share: the household's database and the policy, opened for one command."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from rules.policy import Policy

PersonOption = Annotated[str, typer.Option(help="For this person of the policy; without it: everyone.")]


@dataclass(frozen=True, slots=True)
class Parents:
    """What a parent's command works with.

    Attributes:
        policy: the household's policy.
        path: the household's database.
        engine: opened on it.
    """

    policy: Policy
    path: Path
    engine: Engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction; its faults are told in words."""
        from proxy.household.store import told_in_words

        with told_in_words(self.path), self.engine.begin() as connection:
            yield connection


def open_parents(folder: Path | None) -> Parents:
    """Open the home's household and policy; each is made where there is none.

    Raises:
        StairgateError: a policy with mistakes or a damaged database (65), one that can't be had (69).
    """
    from proxy.first_run import prepare_policy
    from proxy.home import open_home
    from proxy.household.store import open_store
    from rules.policy import load

    home = open_home(folder)
    prepare_policy(home)
    return Parents(load(home.policy), home.household, open_store(home.household))


def check_person(person: str, policy: Policy) -> None:
    """Complain of somebody the policy does not know; "" is everyone.

    Raises:
        typer.BadParameter: there is no such person.
    """
    if person and person not in policy.people:
        known = ", ".join(policy.people)
        raise typer.BadParameter(f"{person!r} is not in the policy; it knows {known}", param_hint="--person")
