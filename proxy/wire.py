"""HTTP/1.1 messages as the front writes them, and what of others' messages is not passed on. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mitmproxy.net.http.status_codes import RESPONSES

from proxy.logins import CHALLENGE
from rules.address import AddressError, parse

if TYPE_CHECKING:
    from proxy.head import Head
    from rules.address import Address

# RFC 9112 section 3.2.2, without user information: that is deprecated and hides the true host from people.
ABSOLUTE = re.compile(r"http://([A-Za-z0-9._~:\[\]-]+)((?:/[^\s#]*)?(?:\?[^\s#]*)?)\Z", re.IGNORECASE)
"""A request target in absolute form: authority, and path with query."""

HOP = frozenset(
    {b"connection", b"proxy-connection", b"keep-alive", b"te", b"transfer-encoding", b"upgrade"}
    | {b"proxy-authorization", b"proxy-authentication-info", b"http2-settings", b"alt-svc"}
)
"""Fields of one hop (RFC 9110 section 7.6.1), and those that would lead past the gate next time."""

_NOT_SENT = HOP | {b"host"}
# Whoever names it as a field of the hop would have its body read as the next request.
_FRAMING = frozenset({b"content-length"})

PLAIN = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}
WHO_IS_THERE = (
    b"Stairgate, the filter of this home, does not know who is asking. Give your name and your password; "
    b"ask a parent for them.\n"
)
"""What a client that can't ask a person shows of a 407."""


def request_bytes(head: Head, path: bytes, address: Address) -> bytes:
    """A request's head as it goes to the site: origin form, Host from the address, nothing of this hop."""
    if not path.startswith(b"/"):
        path = b"/" + path
    host = f"[{address.host}]" if ":" in address.host else address.host
    if address.port is not None:
        host = f"{host}:{address.port}"
    dropped = _NOT_SENT
    options = head.get(b"connection")
    if options and options.lower() not in {"keep-alive", "close"}:
        dropped = dropped | {word.strip().lower().encode("latin-1") for word in options.split(",")} - _FRAMING
    lines = [head.method.encode() + b" " + path + b" HTTP/1.1", b"Host: " + host.encode()]
    lines += [name + b": " + value for name, value in head.fields if name not in dropped]
    lines.append(b"\r\n")
    return b"\r\n".join(lines)


def own_answer(status: int, headers: dict[str, str], body: bytes, *, keep: bool = False) -> bytes:
    """A whole answer of our own; `keep`: the connection stays open after it."""
    lines = [f"HTTP/1.1 {status} {RESPONSES.get(status, 'Error')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"content-length: {len(body)}", f"connection: {'keep-alive' if keep else 'close'}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def challenge_answer(*, keep: bool = False) -> bytes:
    """The answer that asks for name and password (RFC 9110 section 15.5.8)."""
    headers = {"proxy-authenticate": CHALLENGE, **PLAIN}
    return own_answer(407, headers, WHO_IS_THERE, keep=keep)


def see_other(place: str, *, keep: bool = False) -> bytes:
    """The answer that leads back to a page after its button was pressed; `place`: path and query."""
    return own_answer(303, {"location": place, "cache-control": "no-store"}, b"", keep=keep)


def head_of(answer: bytes) -> bytes:
    """An answer without its body, as HEAD wants it."""
    return answer[: answer.index(b"\r\n\r\n") + 4]


def without_empty_port(raw: bytes, head: Head) -> bytes:
    """A request's head whose target has a colon without a port (RFC 3986 section 3.2.3), without the colon.

    Args:
        raw: the head as sent.
        head: what was read from it.
    """
    place = ABSOLUTE.match(head.target)
    if place is None or not place[1].endswith(":"):
        return raw
    target = head.target.encode("ascii")
    return raw.replace(target, target[: place.end(1) - 1] + target[place.end(1) :], 1)


def host_agrees(head: Head, authority: str, address: Address) -> bool:
    """Whether a request's Host field names what its target names."""
    host = head.get(b"host")
    if host in {"", authority}:
        return True
    try:
        other = parse(f"http://{host}/")
    except AddressError:
        return False
    return other.host == address.host and other.port == address.port


def wants_close(head: Head) -> bool:
    """Whether the client wants the connection closed after the answer (RFC 9112 section 9.3)."""
    wish, other = head.get(b"connection"), head.get(b"proxy-connection")
    if head.version == "1.1" and not other and wish in {"", "keep-alive"}:
        return False
    wish = f"{wish},{other}".lower()
    return "close" in wish or (head.version == "1.0" and "keep-alive" not in wish)
