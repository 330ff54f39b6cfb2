"""Addresses inside addresses: what a translator, archive, cache or redirect fetches for the one who asks.

Looks in three places: the host (`www-example-com.translate.goog`), the path (`/web/2020/http://example.com`)
and the query (`?url=`), and again inside what it found. What is found too much costs little: an inner address
only matters where a list or rule names it. Knows no lists; fetches nothing, so a short link stays closed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .encodings import decodings, readable
from .host import AddressError
from .parsing import Address, parse
from .suffix import is_top
from .wrappers import PATH_HOSTS, QUOTING, REDIRECT, inside_host, is_amp

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH = 6  # an address in an address in an address ...; nobody meets more by accident
MOST = 24  # addresses altogether
LONGEST = 8192  # characters of path and of query that are looked through

STARTS = re.compile(r"(?:^|(?<=[=&?/:;,|!@~*_(\[{<\"']))(https?|wss?|ftp):[/\\]*(?=[^/\\])", re.IGNORECASE)
# Without one of these nothing is hidden in a path, in a parameter: most addresses are done with here.
PATH_HINT = re.compile(
    r"https?[:/%]|wss?:|ftp:|%(?:25|3A|68|48)|/(?:a1)?(?:aHR0|SFRUU|uggc|6874)", re.IGNORECASE
)
QUERY_HINT = re.compile(r"[.:%]|aHR0|SFRUU|uggc|6874", re.IGNORECASE)
# Where `q` is a way out and not a search.
WAY_OUT = re.compile(
    r"/(?:url|redirect\w*|redir|link|linkfilter|out|go|away|exit|jump|proxy\w*|browse\w*|index|fetch|l)(?:\.\w+)?/?$"
)
# `/https/www.example.com/page`: CGIProxy and others keep the scheme as a folder.
FOLDER = re.compile(r"/(https?)/((?:[^/]+\.)+[^/]+(?:/.*)?)", re.IGNORECASE)
BARE = re.compile(
    r"[/\\]*(?:[^/\\?#@]*@)?(?P<host>(?:[^\s/\\?#:@=&,;]+\.)+(?P<top>[^\s/\\?#:@.=&,;]+)\.?)(?::\d*)?(?:[/\\?#].*)?"
)
QUAD = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
DOTS = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": ".", "\t": "", "\n": "", "\r": ""})
CACHE = re.compile(r"\s*cache:(?:[\w-]{12}:)?(\S+)", re.IGNORECASE)


def wrapped(address: Address) -> tuple[Address, ...]:
    """Give the addresses that this one wraps, and those that they wrap.

    Args:
        address: the outer address.

    Returns:
        The wrapped ones, outermost first, none twice, at most MOST of them.
    """
    found: dict[tuple[str, str, str], Address] = {}
    layer = [address]
    for _ in range(DEPTH):
        inner: list[Address] = []
        for outer in layer:
            for text in _inside(outer):
                try:
                    one = parse(text)
                except AddressError:
                    continue  # it leads nowhere, so there is nothing to judge
                key = one.host, one.path, one.query
                if key in found or key == (address.host, address.path, address.query):
                    continue
                if len(found) >= MOST:
                    return tuple(found.values())
                found[key] = one
                inner.append(one)
        if not inner:
            break
        layer = inner
    return tuple(found.values())


def _inside(address: Address) -> Iterator[str]:
    tail = f"{address.path}?{address.query}" if address.query else address.path
    yield from (f"{address.scheme or 'http'}://{host}{tail}" for host in inside_host(address))
    if len(address.path) > 1 or address.query:
        known = _known(address.host, PATH_HOSTS)
        yield from _inside_path(address, known=known)
        if address.query:
            yield from _inside_query(address, known=known)


def _inside_path(address: Address, *, known: bool) -> Iterator[str]:
    hinted = bool(PATH_HINT.search(address.path, 0, LONGEST))
    fetches = known or is_amp(address.host, address.path)
    if not hinted and not fetches:
        return
    query = f"?{address.query[:LONGEST]}" if address.query else ""
    for path in readable(address.path[:LONGEST]) if hinted else ():
        if found := STARTS.search(path):
            rest = (
                path[found.end() :].partition("__;")[0].rstrip("*")
            )  # Proofpoint closes with `__;`, archives with `*`
            yield f"{found[1]}://{rest}{'' if '?' in rest else query}"
        if found := FOLDER.search(path):
            yield f"{found[1]}://{found[2]}{query}"
    segments = address.path[1:LONGEST].split("/")
    for segment in segments if hinted else ():
        yield from (text for text in decodings(segment) if STARTS.match(text))
    if fetches:
        for place, segment in enumerate(segments):
            if is_host(unquote(segment).rstrip("*")):
                yield unquote("/".join(segments[place:])).rstrip("*") + query
                break


def _inside_query(address: Address, *, known: bool) -> Iterator[str]:
    for part in address.query[:LONGEST].split("&"):
        name, equals, value = part.partition("=")
        name = unquote(name).lower().rstrip("[]")
        bare = known or name in REDIRECT or (name == "q" and bool(WAY_OUT.search(address.path)))
        if name in QUOTING or not (bare or QUERY_HINT.search(part)):
            continue
        if not equals:
            bare, value = True, part  # `https://href.example/?http://example.com`
        elif STARTS.match(unquote(name)):
            value = part  # `?http://example.com/?a=b`
        for text in (*readable(value), *decodings(unquote(value))):
            if found := CACHE.match(text.replace("+", " ")):
                yield found[1]
            if found := STARTS.search(text):
                yield text[found.start() :]
            elif bare and is_host(text):
                yield text.lstrip("/\\")


def _known(host: str, names: frozenset[str]) -> bool:
    """Tell whether a host is one of these names or below one."""
    while host not in names:
        _, dot, host = host.partition(".")
        if not dot:
            return False
    return True


def is_host(text: str) -> bool:
    """Tell whether text without a scheme reads as a host, perhaps with port and path.

    Args:
        text: decoded.

    Returns:
        True for a name under a top-level domain that exists, and for an IPv4 address.
    """
    found = BARE.fullmatch(text.translate(DOTS))
    if not found:
        return False
    if QUAD.fullmatch(found["host"]):
        return True
    try:
        return is_top(parse(found["host"]).host.rpartition(".")[2])
    except AddressError:
        return False
