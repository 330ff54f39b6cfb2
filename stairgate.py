"""The front door: the command `stairgate`.

Mounts the household's verbs and the groups `standard`, `conform` and `certify`, and imports each room only
when one of its verbs is asked for: `stairgate standard` runs where mitmproxy is not installed, and `--help`
is quick.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

import rules.errors
import standard.errors
from rules.errors import Problem
from rules.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

type AnyCommand = Any  # Typer's command class; its module moved between releases


@dataclass(frozen=True, slots=True)
class Verb:
    """Where a verb (or group of verbs) lives: module, Typer application in it, extra it needs."""

    module: str
    application: str
    extra: str
    summary: str


# Shown in this order by --help. A verb's module is imported when it is called, never before.
VERBS: dict[str, Verb] = {
    "up": Verb("proxy.cli.up", "app", "gate", "Start the gate and its console."),
    "explain": Verb("proxy.cli.explain", "app", "gate", "What would happen to an address, and why."),
    "lists": Verb("proxy.cli.lists", "app", "gate", "Category lists: show, add, remove, update."),
    "policy": Verb("proxy.cli.policy", "app", "gate", "The household's policy: check, show, preset."),
    "override": Verb("proxy.cli.override", "app", "gate", "Open or close something for a while."),
    "pinned": Verb("proxy.cli.pinned", "app", "gate", "Apps that can't be looked into: list, forget."),
    "budget": Verb("proxy.cli.budget", "app", "gate", "Minutes used and left today; give some more."),
    "log": Verb("proxy.cli.log", "app", "gate", "The journal: show, export, purge."),
    "service": Verb("proxy.cli.service", "app", "gate", "Run at boot, and as the home's gateway."),
    "trust": Verb(
        "proxy.cli.trust", "app", "gate", "Our CA in this machine's stores: install, status, remove."
    ),
    "remove": Verb("proxy.cli.remove", "app", "gate", "Undo everything, and say what is left."),
    "sealed": Verb("proxy.cli.sealed", "app", "gate", "Is it sealed? Try the ways round from this device."),
    "wireguard": Verb("proxy.cli.wireguard", "app", "gate", "Tunnels into the gate: add, list, remove."),
    "standard": Verb("standard.cli", "app", "examiner", "The codified standard: list, show, lint, export."),
    "conform": Verb(
        "conformance_tests.cli", "app", "examiner", "Examine a filtering product in the closed lab."
    ),
    "certify": Verb("standard.register.cli", "app", "examiner", "From results to a declaration, and back."),
}


_ROOMS = frozenset({"stairgate", *(verb.module.partition(".")[0] for verb in VERBS.values()), "rules"})


class FrontDoor(TyperGroup):
    """A group of commands whose modules are imported on first use."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's signature
        """The verbs, in the order of `VERBS`."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> AnyCommand | None:  # noqa: ARG002 - Typer's signature
        """The command called `cmd_name`, its module imported now; None where there is no such verb."""
        verb = VERBS.get(cmd_name)
        return None if verb is None else _load(cmd_name, verb)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - Typer's signature
        """The overview, from `VERBS` alone: nothing is imported to print it."""
        width = max(map(len, VERBS))
        lines = [
            "Usage: stairgate VERB [OPTIONS]",
            "",
            "A web filter a family can run, and a standard any web filter can be held to.",
            "",
        ]
        lines += [f"  {name:<{width}}  {verb.summary}" for name, verb in VERBS.items()]
        lines += ["", "Each verb has --help with an example. Begin with:  stairgate up"]
        typer.echo("\n".join(lines))


def _load(name: str, verb: Verb) -> AnyCommand:
    try:
        module = importlib.import_module(verb.module)
    except ModuleNotFoundError as error:
        raise _not_installed(error, name) from error
    return typer.main.get_command(getattr(module, verb.application))


def _not_installed(error: ModuleNotFoundError, name: str) -> Exception:
    """What to say of a missing package; a missing module of our own is a mistake and stays what it is."""
    missing = (error.name or "").partition(".")[0]
    verb = VERBS.get(name)
    if verb is None or missing in _ROOMS:
        return error
    problem = Problem(
        code="not-installed",
        place=f"stairgate {name}",
        cause=f"This verb needs the package {error.name!r}, which is not installed.",
        hint=f"Install Stairgate with its extra:  pip install 'stairgate[{verb.extra}]'",
    )
    return rules.errors.StairgateError(problem, exit_code=Exit.MISSING)


def _show_version(value: bool) -> None:
    if value:
        try:
            number = version("stairgate")
        except PackageNotFoundError:
            number = "(not installed)"
        typer.echo(f"stairgate {number}")
        raise typer.Exit


app = typer.Typer(cls=FrontDoor, add_completion=False, no_args_is_help=True)


@app.callback()
def _root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A web filter a family can run, and a standard any web filter can be held to."""


# Click's own exception classes, reached through the one name Typer exports.
_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb.

    Args:
        arguments: the words after `stairgate`; by default those of the command line.

    Returns:
        An exit code of `rules.exits.Exit`; Typer's own 2 for wrong usage becomes 64.
    """
    command = typer.main.get_command(app)
    try:
        code = command.main(
            args=None if arguments is None else list(arguments), prog_name="stairgate", standalone_mode=False
        )
    except ModuleNotFoundError as error:
        # A verb imports its room when it runs, and so finds out late what was not installed.
        words = sys.argv[1:] if arguments is None else arguments
        complaint = _not_installed(error, next(iter(words), ""))
        if complaint is error:
            raise
        typer.echo(str(complaint), err=True)
        return int(Exit.MISSING)
    except (rules.errors.StairgateError, standard.errors.StairgateError) as error:
        typer.echo(str(error), err=True)
        return int(error.exit_code)
    except _USAGE_ERROR as error:
        return _complain_of_usage(error)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("stopped", err=True)
        return 130  # 128 + SIGINT, as shells say it
    except BrokenPipeError:
        # The reader (`| head`) has gone; nothing more can be said and nothing is wrong.
        sys.stderr.close()
        return int(Exit.GOOD)
    return code if isinstance(code, int) else int(Exit.GOOD)


def _complain_of_usage(error: Any) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "stairgate"
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(error.format_message())
        return int(Exit.USAGE)
    problem = Problem(
        code="wrong-usage", place=path, cause=error.format_message(), hint=f"See:  {path} --help"
    )
    typer.echo(str(problem), err=True)
    return int(Exit.USAGE)


def run() -> None:
    """The console script's entry: `main`, with its code as the process's."""
    sys.exit(main())


if __name__ == "__main__":
    run()
