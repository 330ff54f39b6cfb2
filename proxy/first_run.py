"""The first run: what a home folder needs before the gate can protect anyone, made without any internet.

Each part is made only where it is missing, so that every start may call this.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from rules.errors import StairgateError

from .home import console_key, replace_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .authority import Authority
    from .home import Home

_COUNTRY = re.compile(r"[A-Za-z]{2,3}_([A-Z]{2})(?:[.@]|\Z)")


def guess_country(environment: Mapping[str, str]) -> str:
    """The household's country by its locale (`de_AT.UTF-8` is AT); GB, where the standard comes from, else.

    Args:
        environment: the process's variables; the first of LC_ALL, LC_MESSAGES, LANG with a country counts.
    """
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if found := _COUNTRY.match(environment.get(name, "")):
            return found[1]
    return "GB"


def guess_zone(environment: Mapping[str, str], localtime: Path = Path("/etc/localtime")) -> str:
    """The household's time zone: TZ where it names one, else where the system's clock points; UTC else.

    Args:
        environment: the process's variables.
        localtime: the link by which the system names its zone (`…/zoneinfo/Europe/London`).
    """
    named = environment.get("TZ", "").removeprefix(":")
    linked = os.path.realpath(localtime).partition("/zoneinfo/")[2]
    known = available_timezones()
    return next((zone for zone in (named, linked.removeprefix("posix/")) if zone in known), "UTC")


def prepare_policy(home: Home, *, say: Callable[[str], None] = lambda _line: None) -> None:
    """Make the first policy where there is none.

    Raises:
        StairgateError: the folder can't be written (69).
    """
    if not home.policy.exists():
        from rules.policy import default_text

        replace_file(
            home.policy, default_text(guess_country(os.environ), guess_zone(os.environ)).encode("utf-8")
        )
        say(f"made the policy: one person, everyone, on the profile tween  ({home.policy})")


def prepare_rules(home: Home, *, say: Callable[[str], None] = lambda _line: None) -> None:
    """Make what a decision needs: the policy and the pack.

    Args:
        home: where.
        say: told in one line what was made.

    Raises:
        StairgateError: the folder can't be written (69).
    """
    prepare_policy(home, say=say)
    if not home.pack.exists() or _is_of_another_version(home):
        _compile(home, say)


def _is_of_another_version(home: Home) -> bool:
    """Whether an update of Stairgate has left the pack behind. A damaged one is told, not mended here."""
    from rules.pack import Pack
    from rules.pack.layout import OUTDATED

    try:
        Pack.open(home.pack).close()
    except StairgateError as error:
        return error.problems[0].code == OUTDATED
    return False


def _compile(home: Home, say: Callable[[str], None]) -> None:
    from .subscriptions import rebuild

    report = rebuild(home)
    if report is not None:
        say(f"compiled the lists at hand: {report.entries:,} entries  ({home.pack})")


def prepare(home: Home, *, say: Callable[[str], None] = lambda _line: None) -> tuple[Authority, str]:
    """Make everything a start needs: policy, pack, our own CA and the console's key.

    Returns:
        The CA and the console's key.

    Raises:
        StairgateError: the folder can't be written (69), or something in it is damaged (65).
    """
    from .authority import ensure
    from .succession import advance

    prepare_policy(home, say=say)
    _compile(home, say)
    new = not home.ca_pem.exists()
    succession = advance(home, datetime.now(UTC))
    if succession is not None and (notice := succession.notice()):
        say(notice)
    authority = ensure(home)
    if new:
        say(f"made this household's own certificate authority  ({home.ca_pem})")
    return authority, console_key(home)
