"""Who may see the console: whoever holds the key that `stairgate up` printed, at the console's own address.

Pure: keys, headers and times come in, yes or no goes out.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

COOKIE = "stairgate_console"
SESSION_SECONDS = 7 * 24 * 3600
"""How long one opening of the link lasts: a week, so that a parent need not search for it every day."""


def key_fits(given: str, key: str) -> bool:
    """Whether the key from the link is ours; takes as long for a near miss as for a far one."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), key.encode("ascii"))


def make_session(key: str, *, now: datetime) -> str:
    """A session's cookie value: its beginning and a seal over it. A restart ends no session."""
    began = str(int(now.timestamp()))
    return f"{began}.{_seal(key, began)}"


def session_holds(value: str, key: str, *, now: datetime) -> bool:
    """Whether a cookie value is one of ours and not older than `SESSION_SECONDS`."""
    began, _, seal = value.partition(".")
    if not hmac.compare_digest(seal.encode("utf-8", "replace"), _seal(key, began).encode("ascii")):
        return False
    return 0 <= int(now.timestamp()) - int(began) <= SESSION_SECONDS


def _seal(key: str, began: str) -> str:
    return hmac.new(
        key.encode("ascii"), b"session " + began.encode("utf-8", "replace"), hashlib.sha256
    ).hexdigest()


def wrong_address(headers: Mapping[str, str], hosts: frozenset[str]) -> str | None:
    """Why a request did not come to us directly, or None where it did.

    A page elsewhere can make a browser ask 127.0.0.1 under a name of its own (DNS rebinding), or send a form
    here; the Host and the Origin it then sends are not ours.

    Args:
        headers: lower-case names.
        hosts: the values of Host that are ours, with port.
    """
    if headers.get("host", "").lower() not in hosts:
        return "This console answers at its own address only."
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in {f"http://{host}" for host in hosts}:
        return "This console does not answer other pages."
    if "via" in headers or "proxy-connection" in headers or "x-forwarded-for" in headers:
        return "This console does not answer through a proxy."
    return None


def hosts_of(address: str, port: int) -> frozenset[str]:
    """The values of Host under which a console listening at `address` and `port` is ours."""
    names = {"127.0.0.1", "localhost", "[::1]", f"[{address}]" if ":" in address else address}
    return frozenset(f"{name}:{port}" for name in names)
