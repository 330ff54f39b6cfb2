"""What several verbs take on the command line: the home folder, moments, plain text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="The folder with everything Stairgate keeps (or the variable STAIRGATE_HOME).",
        metavar="DIR",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]

_AGO = re.compile(r"([0-9]{1,6})([mhdw])\Z")
_MOST = {"m": 525_600, "h": 8_760, "d": 365, "w": 52}
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_moment(text: str, *, option: str) -> datetime:
    """An ISO 8601 time (`2026-11-21T20:15`, with or without a zone) as an aware moment in UTC.

    A time without a zone is this machine's local time: that is what a parent means.

    Raises:
        typer.BadParameter: it is no such time.
    """
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        msg = f"{text!r} is not a time like 2026-11-21T20:15 or 2026-11-21T20:15:00Z"
        raise typer.BadParameter(msg, param_hint=option) from error


def read_since(text: str, *, now: datetime, option: str = "--since") -> datetime:
    """The moment that `today`, `90m`, `2h`, `7d`, `4w` or an ISO time stands for.

    Args:
        text: what was given.
        now: aware; its zone's midnight is where `today` begins.
        option: named in complaints.

    Raises:
        typer.BadParameter: none of these.
    """
    if text == "today":
        return now.replace(hour=0, minute=0, second=0, microsecond=0)
    if found := _AGO.match(text):
        try:
            return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
        except OverflowError as error:
            raise typer.BadParameter(f"{text!r} is too long ago", param_hint=option) from error
    try:
        return read_moment(text, option=option)
    except typer.BadParameter as error:
        msg = f"{text!r} is neither today, nor a span like 2h or 7d, nor a time like 2026-11-21T20:15"
        raise typer.BadParameter(msg, param_hint=option) from error


def read_span(text: str, *, option: str) -> timedelta:
    """The time that `30m`, `2h`, `1d` or `1w` stands for.

    Raises:
        typer.BadParameter: none of these.
    """
    found = _AGO.match(text)
    if not found:
        raise typer.BadParameter(f"{text!r} is not a span like 30m, 2h or 1d", param_hint=option)
    if not 0 < int(found[1]) <= _MOST[found[2]]:
        raise typer.BadParameter(f"{text!r} is not between a minute and a year", param_hint=option)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def plain(text: str) -> str:
    """`text` for a terminal: control characters shown as escapes, undecodable bytes as U+FFFD."""
    sound = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in sound
    )


def read_listen(text: str, *, option: str, loopback: bool = False) -> tuple[str, int]:
    """`HOST:PORT` as host and port; the host an IP address or `localhost`, IPv6 in brackets.

    Args:
        text: what was given.
        option: named in complaints.
        loopback: only an address of this machine itself will do.

    Raises:
        typer.BadParameter: it is none, or one that others can reach where they must not.
    """
    host, colon, port = text.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
    try:
        address = ip_address(host)
    except ValueError:
        address = None
    if not colon or address is None or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise typer.BadParameter(
            f"{text!r} is not an address and port like 127.0.0.1:8080", param_hint=option
        )
    if loopback and not address.is_loopback:
        msg = f"{host} can be reached by others; the console is for this machine only, as in 127.0.0.1:{port}"
        raise typer.BadParameter(msg, param_hint=option)
    return str(address), int(port)


def read_server(text: str, *, option: str) -> tuple[str, int]:
    """A name server as `HOST` or `HOST:PORT`; the host an IP address, IPv6 with a port in brackets.

    Raises:
        typer.BadParameter: it is none.
    """
    bare = text.strip("[]")
    whole = f"[{bare}]:53" if ":" in bare and "]:" not in text and bare.count(":") > 1 else text
    return read_listen(whole if ":" in whole else f"{whole}:53", option=option)


def show_when_alone(app: typer.Typer, show: Callable[..., None]) -> None:
    """Let a group called without a verb show what it is about, and take `--home` before the verb too."""

    @app.callback(invoke_without_command=True)
    def _alone(context: typer.Context, *, as_json: JsonOption = False, home: HomeOption = None) -> None:
        if context.invoked_subcommand is None:
            show(as_json=as_json, home=home)
        elif home is not None:
            context.default_map = {context.invoked_subcommand: {"home": home}}
