"""Clicking on past a warning: the button on the page, and what comes of it.

The button sends a POST to the very address the page stands for, with a token in its query. The token is made
for one person and one host and for a short while, and stands only on the page: another site can neither read
nor guess it, so it can't press the button for anyone. A page that blocks or wants a parent asked has none.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rules.decide import Level
from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from rules.decide import Decision, Request

PARAMETER = "stairgate-go-on"
"""The token's name in a query."""
_GOOD_FOR = 3600  # seconds a page may lie open before its button is pressed
_SLASHES = "/\\"
_LONGEST = 4096  # characters of an address that gets a button


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """Makes buttons, and takes what they send.

    Attributes:
        keep: told person and host of a warning that was clicked away; None: there are no buttons.
        key: the household's secret; the same in all workers.
        clock: the time; aware.
    """

    keep: Callable[[str, str], None] | None = None
    key: bytes = b""
    clock: Callable[[], datetime] = _now

    def button(self, request: Request, decision: Decision) -> str:
        """Where the page's button leads: path, query and token; empty where there is to be none.

        Args:
            request: what was asked for, with its whole address.
            decision: what was answered.
        """
        if self.keep is None or decision.action is not Action.WARN or not request.page_load:
            return ""
        path = _path(request)
        if not path:
            return ""
        until = int(self.clock().timestamp()) + _GOOD_FOR
        joint = "&" if "?" in path else "?"
        return f"{path}{joint}{PARAMETER}={until:x}.{self._sign(request, until)}"

    def taken(self, request: Request, method: str) -> str:
        """As `take`, for any request: empty for all that pressed no button."""
        return self.take(request) if method == "POST" and PARAMETER in request.text else ""

    def take(self, request: Request) -> str:
        """Take what a button sent: from then on the warning is not shown again for a while.

        Args:
            request: a POST whose address holds `PARAMETER`.

        Returns:
            Path and query to go back to; empty where the token is not ours, or not this person's.
        """
        path, _, query = _path(request).partition("?")
        parts = query.split("&") if query else []
        tokens = [part.partition("=")[2] for part in parts if part.startswith(f"{PARAMETER}=")]
        if self.keep is None or len(tokens) != 1 or request.address is None:
            return ""
        until, _, given = tokens[0].partition(".")
        try:
            ends = int(until[:16], 16)
        except ValueError:
            return ""
        right = hmac.compare_digest(given.encode(), self._sign(request, ends).encode())
        if not right or ends < self.clock().timestamp():
            return ""
        self.keep(request.person, request.address.host)
        rest = "&".join(part for part in parts if not part.startswith(f"{PARAMETER}="))
        return f"{path}?{rest}" if rest else path

    def _sign(self, request: Request, until: int) -> str:
        host = "" if request.address is None else request.address.host
        told = f"{request.person}\0{host}\0{until:x}".encode()
        return hmac.new(self.key, told, hashlib.sha256).hexdigest()[:40]


def _path(request: Request) -> str:
    """Path and query as asked; empty where no whole address was asked for."""
    scheme, found, rest = request.text.partition("://")
    if not found or not scheme or request.level is not Level.ADDRESS or len(rest) > _LONGEST:
        return ""
    rest = rest.partition("#")[0]
    place = min((rest.index(mark) for mark in "/?" if mark in rest), default=len(rest))
    path = rest[place:]
    # One slash: with a second, or what browsers take for one, what follows would be another host.
    return f"/{path.lstrip(_SLASHES)}" if not path.startswith("?") else f"/{path}"
