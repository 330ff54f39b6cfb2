"""What a mitmproxy flow asks for: the one address it means, or why it can't be believed.

A request names its destination up to four times (CONNECT, TLS server name, request line, Host). Where they
disagree, or where its shape is one that two parsers may read differently, it is refused before anything is
dialled: that is how filters are walked round and requests smuggled. Knows mitmproxy's flow; decides nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rules.address import AddressError, parse
from rules.bypass import ways_of

if TYPE_CHECKING:
    import ipaddress

    from mitmproxy.http import HTTPFlow
    from mitmproxy.http import Request as WireRequest

    from rules.address import Address
    from rules.decision import Finding

_PAGE_DESTINATIONS = frozenset({"document", "iframe", "frame", "embed", "object"})
_VERSIONS = frozenset({"HTTP/1.0", "HTTP/1.1", "HTTP/2.0"})
_METHOD = re.compile(r"[A-Z][A-Z-]*")
_SPACES = re.compile(r"[\x00-\x20\x7f]")
_BODY_UNBUFFERED = 65536  # bytes of a request body up to which it is held; larger ones are streamed


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks for.

    Attributes:
        text: the address as asked, for people and for the journal.
        address: its canonical form; None where it can't be understood.
        page_load: a person is waiting for a page, not a page for one of its parts.
        doubt: why the request can't be believed; empty where it can.
        unparsable: the doubt is about the form, not about names that disagree.
        findings: what its fields say of themselves: a hidden look-up of names.
    """

    text: str
    address: Address | None
    page_load: bool
    doubt: str = ""
    unparsable: bool = False
    findings: tuple[Finding, ...] = ()


def read(flow: HTTPFlow) -> Asked:
    """What the flow's request asks for. Reads the head only; total.

    Args:
        flow: a flow whose request head has arrived.
    """
    request = flow.request
    text = url_of(request)
    page_load = is_page_load(request)
    try:
        address = parse(text)
    except AddressError as error:
        return Asked(text=text, address=None, page_load=page_load, doubt=error.reason, unparsable=True)
    malformed = _malformation(request)
    if malformed:
        return Asked(text=text, address=address, page_load=page_load, doubt=malformed, unparsable=True)
    doubt = _disagreement(flow, address)
    findings = ways_of((request.headers.get("content-type", ""), request.headers.get("accept", "")))
    return Asked(text=text, address=address, page_load=page_load, doubt=doubt, findings=findings)


def url_of(request: WireRequest) -> str:
    """The address a request asks for; mitmproxy's own has no brackets around an IPv6 address."""
    if ":" not in request.host or request.first_line_format == "authority":
        return request.url
    port = "" if request.port == _default(request) else f":{request.port}"
    path = "" if request.path == "*" else request.path
    return f"{request.scheme}://[{request.host.strip('[]')}]{port}{path}"


def is_page_load(request: WireRequest) -> bool:
    """Whether the answer is meant to be looked at as a page.

    Browsers say it (Fetch Metadata, `Sec-Fetch-Dest`); for others a client that takes HTML, or does not say
    what it takes, is taken for a person.
    """
    return is_page(request.headers.get("sec-fetch-dest"), request.headers.get("accept"))


def is_page(destination: str | None, accept: str | None) -> bool:
    """The same by the two headers themselves (`Sec-Fetch-Dest`, `Accept`); None where a request has none."""
    if destination is not None:
        return destination in _PAGE_DESTINATIONS
    return accept is None or "text/html" in accept or accept.strip() == "*/*"


def is_opened(destination: str | None, accept: str | None) -> bool:
    """Whether a person opened a page: said by the browser, or by a client that takes HTML by its name.

    Stricter than `is_page`: programs that take anything poll in the background, and time is counted by this.
    """
    if destination is not None:
        return destination in _PAGE_DESTINATIONS
    return accept is not None and "text/html" in accept


def streams_up(request: WireRequest) -> bool:
    """Whether an allowed request's body is passed on as it comes, instead of being held until it is whole."""
    length = request.headers.get("content-length")
    if length is not None:
        return not length.isdigit() or int(length) > _BODY_UNBUFFERED
    return "transfer-encoding" in request.headers or (
        request.is_http2 and request.method not in {"GET", "HEAD", "OPTIONS", "DELETE"}
    )


def clean(request: WireRequest) -> None:
    """Take out what would change the protocol under our feet, and what is meant for the proxy alone."""
    for name in ("proxy-authorization", "proxy-connection"):
        if name in request.headers:
            del request.headers[name]
    # HTTP/2 in the clear can't be looked into.
    upgrade = request.headers.get("upgrade")
    if upgrade is not None and upgrade.lower() != "websocket":
        for name in ("upgrade", "connection", "http2-settings"):
            request.headers.pop(name, None)


def _malformation(request: WireRequest) -> str:
    """Shapes that parsers read differently (RFC 9112 section 11.2; each was seen to pass mitmproxy)."""
    fields = request.headers.fields
    # HTTP/2 lets them through, and an HTTP/1 site would read a further request line in them.
    if request.http_version not in _VERSIONS:
        return "its version of HTTP is none"
    if not _METHOD.fullmatch(request.method) or request.method == "PRI":
        return "its method is none"
    if _SPACES.search(request.path):
        return "its path holds a space or a control character"
    hosts = 0
    for name, value in fields:
        lowered = name.lower()
        if b"\x00" in value or b"\r" in value or b"\n" in value:
            return "a header holds a control character"
        if lowered == b"host":
            hosts += 1
        elif lowered == b"transfer-encoding" and value.lower() != b"chunked":
            return "it has a transfer encoding other than chunked"
    if hosts > 1:
        return "it has more than one Host header"
    if not hosts and request.http_version == "HTTP/1.1":
        return "it has no Host header"
    return ""


def _disagreement(flow: HTTPFlow, address: Address) -> str:
    """Names that disagree: CONNECT or request line against TLS server name, Host or :authority."""
    request = flow.request
    sni = flow.client_conn.sni
    if sni and sni != address.host and _name(sni) != address.host:
        return f"it asks for {address.host} inside a connection that names {_name(sni) or 'something else'}"
    for claimed in (request.host_header, request.authority):
        if not claimed or claimed == request.host:
            continue
        try:
            other = parse(f"{request.scheme}://{claimed}/")
        except AddressError:
            return "its Host header is not a host"
        if other.host != address.host or (other.port or _default(request)) != (
            address.port or _default(request)
        ):
            return f"it asks for {address.host} and names {other.host} as its host"
    return ""


def _default(request: WireRequest) -> int:
    return 443 if request.scheme == "https" else 80


def _name(text: str) -> str:
    try:
        return parse(text).host
    except AddressError:
        return ""


def literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address a host is, where it is one in any spelling (`0x7f.1`, `2130706433`); None for a name."""
    try:
        return parse(host).ip
    except AddressError:
        return None
