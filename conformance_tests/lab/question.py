"""What a client asks and what it gets: values only, and how an address is sent and taken apart. Pure."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import brotli

from conformance_tests.lab.network import Space
from conformance_tests.lab.spelling import plain_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance_tests.lab.lookup import Found


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the client got.

    Attributes:
        status: the HTTP status, None where there was no HTTP answer.
        headers: lower-case names, in order.
        body: up to 1 MiB of the body, decoded by nothing.
        error: what ended the attempt, in a few words; empty for a whole answer.
        milliseconds: from the first byte sent to the last received.
        tunnel: the status a forward proxy gave to CONNECT, None where there was none.
        issuer: the common name of the issuer of the certificate shown.
        protocol: the TLS version, `` for plain HTTP.
        version: the version of HTTP that the other side chose inside TLS; empty where there was no choice.
        found: what the client's resolver said first, where it asks one.
    """

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    error: str = ""
    milliseconds: float = 0.0
    tunnel: int | None = None
    issuer: str = ""
    protocol: str = ""
    version: str = ""
    found: tuple[Found, ...] = ()

    def header(self, name: str) -> str:
        """The first header called `name`, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def text(self) -> bytes:
        """The body without its content coding; as it came where that can't be undone."""
        try:
            match self.header("content-encoding").strip().lower():
                case "gzip":
                    return zlib.decompressobj(wbits=47).decompress(self.body)
                case "deflate":
                    return zlib.decompressobj(wbits=15).decompress(self.body)
                case "br":
                    return bytes(brotli.decompress(self.body))
        except (zlib.error, brotli.error):
            return self.body
        return self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked.

    Attributes:
        url: the address; its host goes into CONNECT, SNI and Host unless said otherwise.
        method: the HTTP method.
        headers: further headers, after Host.
        body: what is sent.
        server_name: the SNI, where it differs from the host; `` sends none.
        host: the Host header, where it differs.
        connect: the CONNECT authority, where it differs.
        target: the request target, where it differs from what the address asks for.
        websocket: ask for an upgrade and read one message; `deflate` offers to have it compressed.
        http2: offer HTTP/2 inside TLS, and speak it where the other side does.
        raw: bytes sent instead of a request made by us (after the tunnel, if any).
        seconds: how long to wait for the whole answer.
        newest: the newest TLS version the client speaks: `1.1` or `1.2`; empty for the newest there is.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    server_name: str | None = None
    host: str | None = None
    connect: str | None = None
    target: str = ""
    websocket: bool | str = False
    http2: bool = False
    raw: bytes = b""
    seconds: float = 8.0
    newest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How the client reaches the internet: a forward proxy, or straight (gateway and resolver stands).

    Attributes:
        proxy: address and port of the product as a forward proxy, or None.
        trust: PEM files the client trusts: the lab's authority and the product's.
        addresses: where there is no proxy: name -> address the client's resolver gave.
        resolver: where there is no proxy: address and port of the resolver the client is told.
        space: the network the client is in; the product's machine, to ask without the product.
    """

    proxy: tuple[str, int] | None
    trust: tuple[str, ...]
    addresses: Mapping[str, str] = field(default_factory=dict)
    resolver: tuple[str, int] | None = None
    space: Space = Space.CLIENT


def as_sent(question: Question) -> Question:
    """The question as a browser sends it: A-labels, no escapes in the host, user part as a credential."""
    scheme, colon, rest = question.url.partition("://")
    end = next((index for index, letter in enumerate(rest) if letter in "/?#"), len(rest))
    user, at, host = rest[:end].rpartition("@")
    headers = dict(question.headers)
    if at:
        token = base64.b64encode(unquote(user if ":" in user else user + ":").encode()).decode()
        headers.setdefault("Authorization", f"Basic {token}")
    if not host.isascii() or "%" in host:
        name, port = host.rpartition(":")[::2] if host.rpartition(":")[2].isdigit() else (host, "")
        host = plain_host(name) + (f":{port}" if port else "")
    tail = quote(rest[end:], safe="%/?#[]@!$&'()*+,;=:-._~") if not rest[end:].isascii() else rest[end:]
    return replace(question, url=f"{scheme}{colon}{host}{tail}", headers=headers)


def take_apart(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path with query, each as it was spelled: nothing is mended on the way."""
    scheme, _, rest = url.partition("://")
    netloc = rest.partition("#")[0].partition("?")[0].partition("/")[0]
    path = rest.partition("#")[0][len(netloc) :]
    host, colon, port = netloc.rpartition("@")[2].rpartition(":")
    if not (colon and port.isdigit()):
        host, port = netloc.rpartition("@")[2].removesuffix(":"), ""
    usual = 443 if scheme.lower() in {"https", "wss"} else 80
    return scheme.lower(), host.strip("[]"), int(port or usual), path if path.startswith("/") else f"/{path}"
