"""`stairgate policy password`: the line of the policy that lets a person say who they are at the proxy."""

from __future__ import annotations

from typing import Annotated

import typer


def password(
    word: Annotated[
        str,
        typer.Option(
            "--password",
            prompt="Password",
            hide_input=True,
            confirmation_prompt=True,
            help="The password; asked for where it is not given.",
            show_default=False,
        ),
    ],
) -> None:
    """Print the line that gives a person a password; it goes under the person in policy.yaml.

    Example:  stairgate policy password
    """
    from proxy.logins import hash_password

    if not word:
        raise typer.BadParameter("an empty password is none", param_hint="--password")
    typer.echo(f"password: '{hash_password(word)}'")
