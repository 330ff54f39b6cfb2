"""Putting the service in and taking it out: which files, which commands, and nobody else's files.

What is to be done is a value that can be looked at first; doing it is one short function each.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proxy.service.table import table
from proxy.service.unit import MARK, USER, account, gate_unit, gateway_unit
from rules.errors import Problem, StairgateError
from rules.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.service.unit import ServiceSettings

GATE = Path("/etc/systemd/system/stairgate.service")
GATEWAY = Path("/etc/systemd/system/stairgate-gateway.service")
TABLE = Path("/etc/stairgate/gateway.nft")
ACCOUNT = Path("/etc/sysusers.d/stairgate.conf")
FILES = (GATE, GATEWAY, TABLE, ACCOUNT)
"""All that may be written, and all that is taken away."""

type Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Attributes:
        files: where, and what is written there.
        commands: run in this order after the files are there.
    """

    files: dict[Path, str]
    commands: tuple[Command, ...]


def plan(settings: ServiceSettings) -> Plan:
    """What an installation does."""
    files = {ACCOUNT: account(settings), GATE: gate_unit(settings)}
    units = [GATE.name]
    if settings.inside:
        files |= {TABLE: table(settings), GATEWAY: gateway_unit(settings, TABLE)}
        units = [GATEWAY.name, GATE.name]  # first the rules, then what they lead to
    commands: list[Command] = [
        ("systemd-sysusers", str(ACCOUNT)),
        ("install", "-d", "-o", USER, "-g", USER, "-m", "0700", str(settings.home)),
        ("systemctl", "daemon-reload"),
        *(("systemctl", "enable", unit) for unit in units),
        *(("systemctl", "restart", unit) for unit in units),
    ]
    return Plan(files, tuple(commands))


def removal(root: Path = Path("/")) -> tuple[tuple[Command, ...], tuple[Path, ...]]:
    """What taking it away does: commands first, then the files that are there."""
    there = tuple(path for path in FILES if below(root, path).exists())
    units = [path.name for path in (GATE, GATEWAY) if path in there]
    return tuple(("systemctl", "disable", "--now", unit) for unit in units), there


def below(root: Path, path: Path) -> Path:
    """An absolute path inside another root folder."""
    return root / path.relative_to("/")


def install(chosen: Plan, root: Path = Path("/"), *, run: Callable[[Command], None] | None = None) -> None:
    """Write the files, and run the commands where `run` is given.

    Raises:
        StairgateError: a file of somebody else is in the way, or can't be written (69).
    """
    _check_ours([path for path in chosen.files if below(root, path).exists()], root)
    for path, text in chosen.files.items():
        target = below(root, path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_name(f".{target.name}.new")
            draft.write_text(text, encoding="utf-8")
            draft.replace(target)
        except OSError as error:
            raise _refused(str(target), error) from error
    if run is not None:
        for command in chosen.commands:
            run(command)


def remove(root: Path = Path("/"), *, run: Callable[[Command], None] | None = None) -> tuple[Path, ...]:
    """Take away what `install` wrote; what was taken away.

    Raises:
        StairgateError: a file is not ours, or can't be deleted (69).
    """
    commands, files = removal(root)
    _check_ours(files, root)
    if run is not None:
        for command in commands:
            run(command)
    for path in files:
        target = below(root, path)
        try:
            target.unlink()
            if target.parent == below(root, TABLE.parent) and not any(target.parent.iterdir()):
                target.parent.rmdir()
        except OSError as error:
            raise _refused(str(target), error) from error
    if run is not None and files:
        run(("systemctl", "daemon-reload"))
    return files


def run_command(command: Command) -> None:
    """Run one command of a plan.

    Raises:
        StairgateError: it is not there or fails (69).
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise _refused(command[0], error) from error
    if done.returncode:
        raise StairgateError(
            Problem(
                code="command-failed",
                place=" ".join(command),
                cause=(done.stderr or done.stdout).strip() or f"It ended with code {done.returncode}.",
                hint="Mend that and repeat; `stairgate service remove` takes away what is there so far.",
            ),
            exit_code=Exit.MISSING,
        )


def check_readable(command: Path) -> None:
    """Make sure that an account of its own can start the program.

    Raises:
        StairgateError: it lies in a folder that is closed to others, or in somebody's home (69).
    """
    resolved = command.resolve()
    closed = next((one for one in resolved.parents if not one.stat().st_mode & 0o001), None)
    homes = [one for one in (Path("/home"), Path("/root")) if resolved.is_relative_to(one)]
    if closed is None and not homes:
        return
    raise StairgateError(
        Problem(
            code="not-for-a-service",
            place=str(resolved),
            cause=f"The service's own account can't start it: {closed or homes[0]} is closed to it.",
            hint="Install Stairgate where everyone can read it, such as in a venv below /opt, and repeat.",
        ),
        exit_code=Exit.MISSING,
    )


def check_rights() -> None:
    """Make sure that we may change the system's services.

    Raises:
        StairgateError: not root, or no systemd here (69).
    """
    if os.geteuid() == 0 and shutil.which("systemctl") is not None:
        return
    raise StairgateError(
        Problem(
            code="not-allowed",
            place="stairgate service",
            cause="Services are installed by root, on a system with systemd.",
            hint="Repeat it with sudo; or look at what it would do with --dry-run.",
        ),
        exit_code=Exit.MISSING,
    )


def _check_ours(paths: list[Path] | tuple[Path, ...], root: Path) -> None:
    foreign = [path for path in paths if not _is_ours(below(root, path))]
    if foreign:
        raise StairgateError(
            *(
                Problem(
                    code="not-ours",
                    place=str(below(root, path)),
                    cause="Somebody else wrote this file.",
                    hint="Move it away and repeat.",
                )
                for path in foreign
            ),
            exit_code=Exit.MISSING,
        )


def _is_ours(path: Path) -> bool:
    try:
        return path.read_text(encoding="utf-8").startswith(MARK)
    except (OSError, UnicodeDecodeError):
        return False


def _refused(place: str, error: OSError) -> StairgateError:
    return StairgateError(
        Problem(
            code="cannot-change",
            place=place,
            cause=f"{error.strerror or error}.",
            hint="Repeat it with sudo, or with --root DIR to look at it elsewhere first.",
        ),
        exit_code=Exit.MISSING,
    )
