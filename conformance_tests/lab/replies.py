"""What a page of the lab answers, apart from how it travels: HTTP/1.1 and HTTP/2 send the same."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, urlsplit

import brotli

from conformance_tests.lab.canary import page
from conformance_tests.lab.names import message_of
from conformance_tests.lab.sites import Manner, Page, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance_tests.lab.canary import Mint
    from conformance_tests.lab.sites import Site

_CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
}


class Resolver(Protocol):
    """The lab's zone, as far as sites need it."""

    def answer(self, packet: bytes) -> bytes:
        """The reply to a query."""
        ...

    def leads_to(self, host: str, address: str) -> bool:
        """Whether the address is one of the host's."""
        ...


class Stage(Protocol):
    """Where sites play, as far as an answer needs it."""

    case: str
    mint: Mint
    resolver: Resolver

    def find(self, host: str) -> Site | None:
        """The site of a host."""
        ...

    def show_elsewhere(self, host: str, path: str, query: str) -> bytes:
        """A page as something else in the lab fetches it and hands it on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer.

    Attributes:
        status: of HTTP.
        headers: lower-case names.
        body: as it travels, coded.
        chunks: how many bytes travel at once; 0 for all.
        breaks: the connection ends before the body does.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    chunks: int = 0
    breaks: bool = False


def compose(origin: Stage, seen: Seen, upload: bytes) -> Reply:
    """The answer to a request that was written down; a 404 where the lab has no such page.

    Args:
        origin: whose sites play.
        seen: the request.
        upload: the first bytes of its body.
    """
    site = origin.find(seen.host)
    part = site.page(seen.path) if site else None
    if part is None:
        return _dated(seen, origin, Reply(status=404, body=b"no such page in this lab"))
    return _dated(seen, origin, _written(origin, part, seen, upload))


def _written(origin: Stage, part: Page, seen: Seen, upload: bytes) -> Reply:
    canary = origin.mint.make(origin.case, seen.host, seen.path)
    match part.manner:
        case Manner.REDIRECT:
            status = part.status if part.status != 200 else 302
            return Reply(status=status, headers={"location": part.to, **part.headers})
        case Manner.SINK:
            return Reply(headers=part.headers, body=f"{seen.body} bytes {canary}".encode())
        case Manner.ECHO:
            text = json.dumps({"canary": canary, "headers": dict(seen.headers)})
            return Reply(headers={"content-type": "application/json", **part.headers}, body=text.encode())
        case Manner.RELAY:
            return Reply(headers=part.headers, body=_relayed(origin, seen))
        case Manner.DNS:
            query = message_of(seen.method, seen.query, upload)
            kind = {"content-type": "application/dns-message"}
            return Reply(headers=kind, body=origin.resolver.answer(query))
        case Manner.SEARCH:
            sent = upload.decode("latin-1") if seen.method == "POST" else ""
            asked = parse_qs(f"{seen.query}&{sent}")
            given = {name: values[-1] for name, values in asked.items()} | dict(seen.headers)
            is_safe = any(given.get(name, "").lower() == value for name, value in part.safe.items())
            is_safe = is_safe or origin.resolver.leads_to(part.safe_at, seen.address)
            shown = page("", text="Results fit for all.") if is_safe else page(canary)
            return Reply(headers={"content-type": "text/html; charset=utf-8"}, body=shown)
    body = part.html.replace("{canary}", canary).encode() if part.html else page(canary)
    body += b" " * (part.pieces * 1024)
    headers = {"content-type": "text/html; charset=utf-8", **part.headers}
    if part.coding:
        body = _CODERS[part.coding](body)
        headers["content-encoding"] = part.coding
    return Reply(status=part.status, headers=headers, body=body, chunks=part.chunks, breaks=part.breaks)


def _dated(seen: Seen, origin: Stage, reply: Reply) -> Reply:
    headers = {"date": formatdate(usegmt=True), **reply.headers}
    if seen.method == "HEAD":
        # Nothing but headers travels: without a canary in one, a HEAD that passed would look blocked.
        headers.setdefault("etag", f'"{origin.mint.make(origin.case, seen.host, seen.path)}"')
    return Reply(
        status=reply.status, headers=headers, body=reply.body, chunks=reply.chunks, breaks=reply.breaks
    )


def _relayed(origin: Stage, seen: Seen) -> bytes:
    """What a web relay would show: the wanted page's own body, canary and all."""
    wanted = urlsplit(parse_qs(seen.query).get("u", [""])[0])
    return origin.show_elsewhere(wanted.hostname or "", wanted.path or "/", wanted.query)
