"""The parts sites play: what each page of the lab's internet answers. Data only; the origin serves them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Manner(StrEnum):
    """How a page behaves."""

    PAGE = "page"
    """An HTML page with its canary."""
    REDIRECT = "redirect"
    """302 to `to`."""
    RELAY = "relay"
    """Fetches the address in the query parameter `u` from within the lab and answers with its body."""
    EVENTS = "events"
    """Server-sent events: the canary after `pieces` harmless ones."""
    WEBSOCKET = "websocket"
    """Accepts an upgrade and sends the canary as its first message."""
    SINK = "sink"
    """Reads an upload whole and says how many bytes came."""
    ECHO = "echo"
    """Answers with the request's own headers as JSON, and the canary."""
    SEARCH = "search"
    """A search engine or video site: shows its canary unless one of `safe` arrived."""
    DNS = "dns"
    """DNS over HTTPS on this path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a site.

    Attributes:
        manner: how it behaves.
        status: the HTTP status.
        headers: further headers of the answer.
        to: where a redirect leads.
        html: the body's template; `{canary}` is replaced. Empty: a quiet page.
        coding: `gzip`, `br`, `zstd` or `` for the body.
        pieces: how many events come before the canary; how many kilobytes of filler a page carries.
        chunks: the body is sent in chunks of so many bytes; a WebSocket message in such fragments.
        safe: what shows that the safe mode arrived: parameter or lower-case header -> its value.
        safe_at: the host whose addresses serve the safe mode.
        breaks: the connection ends before the body does.
        drips: seconds between two bytes of a body that never ends; 0 for a usual one.
    """

    manner: Manner = Manner.PAGE
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    to: str = ""
    html: str = ""
    coding: str = ""
    pieces: int = 0
    chunks: int = 0
    safe: Mapping[str, str] = field(default_factory=dict)
    safe_at: str = ""
    breaks: bool = False
    drips: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One host of the lab's internet.

    Attributes:
        host: its name, or an IP literal.
        pages: path -> page; `*` answers every other path.
        alias: its DNS answer is a CNAME to this name.
        shares: the host whose addresses it shares (one CDN, many sites).
        flaw: what its certificate is wrong in (certificates.FLAWS).
        service: words of its SVCB and HTTPS records: `hints`, `ech`, `alias`; empty for none.
        leads: the name its service records lead to.
        text: its TXT record.
        signed: whether its zone is signed.
        ttl: the lifetime of its records in seconds; 0 for a drawn one.
        addresses: fixed addresses instead of drawn ones.
        turns: the addresses of the first answer, the second…, the last repeated (rebinding).
        family: 4 or 6 for a site with addresses of one family only; 0 for both.
    """

    host: str
    pages: Mapping[str, Page] = field(default_factory=lambda: {"*": Page()})
    alias: str = ""
    shares: str = ""
    flaw: str = "good"
    service: tuple[str, ...] = ()
    leads: str = ""
    text: str = ""
    signed: bool = False
    ttl: int = 0
    addresses: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()
    family: int = 0

    def page(self, path: str) -> Page | None:
        """The page at `path` (without query), or None: 404."""
        return self.pages.get(path) or self.pages.get("*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request the origin was asked: the second witness.

    Attributes:
        host: the Host header's name, without port.
        path: path without query.
        query: the query.
        method: the HTTP method.
        peer: the source address.
        port: the port it came to.
        address: the address it came to.
        tls: the SNI, `` for none, None for plain HTTP.
        version: `1.1` or `2`.
        headers: as they came, lower-case names.
        body: how many bytes of body came.
    """

    host: str
    path: str
    query: str
    method: str
    peer: str
    port: int
    tls: str | None
    version: str
    headers: tuple[tuple[str, str], ...]
    body: int
    address: str = ""
