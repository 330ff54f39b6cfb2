"""Addresses inside addresses: what a translator, archive, cache or redirect fetches for the one who asks.

Looks in three places: the host (`www-example-com.translate.goog`), the path (`/web/2020/http://example.com`,
`/cache/example.com/page`) and the query (`?url=`), and again inside what it found. What is found too much
costs little: an inner address only matters where a list or rule names it. Knows no lists; fetches nothing,
so a short link stays closed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .encodings import decodings, readable
from .host import AddressError
from .parsing import Address, lineage, parse
from .suffix import is_top
from .wrappers import FOLDERS, PATH_HOSTS, QUOTING, REDIRECT, inside_host, is_amp, may_hold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEPTH = 6  # an address in an address in an address ...; nobody meets more by accident
MOST = 24  # addresses altogether
LONGEST = 8192  # characters of path and of query that are looked through

STARTS = re.compile(r"(?:^|(?<=[=&?/:;,|!@~*_(\[{<\"']))(https?|wss?|ftp):[/\\]*(?=[^/\\])", re.IGNORECASE)
# How a scheme begins in base64, rot13, hexadecimal digits and Proofpoint's writing, in lower case.
CODED = re.compile("ahr0|sfruu|uggc|6874|-3a__", re.IGNORECASE)
SHORTEST = 10  # characters of an encoded address
# Between a folder that fetches and the host: a date, a flag.
SKIPPED = re.compile(r"[0-9]+|[a-z]", re.IGNORECASE)
# Where `q` is a way out and not a search.
WAY_OUT = re.compile(
    r"/(?:url|redirect\w*|redir|link|linkfilter|out|go|away|exit|jump|proxy\w*|browse\w*|index|fetch|l)(?:\.\w+)?/?$"
)
# `/https/www.example.com/page`: CGIProxy and others keep the scheme as a folder.
FOLDER = re.compile(r"/(https?)/([^/]+\.[^/]+(?:/.*)?)", re.IGNORECASE)
BARE = re.compile(
    r"[/\\]*(?:[^/\\?#@]*@)?(?P<host>(?:[^\s/\\?#:@.=&,;]+\.)+(?P<top>[^\s/\\?#:@.=&,;]+)\.?)(?::\d*)?(?:[/\\?#].*)?"
)
QUAD = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
DOTS = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": ".", "\t": "", "\n": "", "\r": ""})
CACHE = re.compile(r"\s*cache:(?:[\w-]{12}:)?(\S+)", re.IGNORECASE)


def fetches_others(host: str) -> bool:
    """Whether a host, or a parent of it, is a known service that shows pages of others."""
    return not PATH_HOSTS.isdisjoint(lineage(host))


def wrapped(address: Address, names: Sequence[str] = ()) -> tuple[Address, ...]:
    """Give the addresses that this one wraps, and those that they wrap.

    Args:
        address: the outer address.
        names: its host and every parent of it, where they are at hand.

    Returns:
        The wrapped ones, outermost first, none twice, at most MOST of them.
    """
    inside = _inside(address, names or lineage(address.host))
    if not inside:
        return ()
    found: dict[tuple[str, str, str], Address] = {}
    for _ in range(DEPTH):
        layer: list[Address] = []
        for text in inside:
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
            layer.append(one)
        inside = [text for one in layer for text in _inside(one, lineage(one.host))]
        if not inside:
            break
    return tuple(found.values())


def _inside(address: Address, names: Sequence[str]) -> list[str]:
    inside: list[str] = []
    host, path, query = address.host, address.path, address.query
    if may_hold(host, address.ip):
        tail = f"{path}?{query}" if query else path
        inside += [f"{address.scheme or 'http'}://{inner}{tail}" for inner in inside_host(address)]
    if "." in path or _may_hide(path):
        inside += _inside_path(address, names)
    if query:
        inside += _inside_query(address, names)
    return inside


def _may_hide(text: str) -> bool:
    """Tell whether an address that begins with a scheme may stand in a text. Most are done with here."""
    if ":" in text or "%" in text:
        return True
    return len(text) >= SHORTEST and CODED.search(text) is not None


def _inside_path(address: Address, names: Sequence[str]) -> Iterator[str]:
    path = address.path[:LONGEST]
    query = f"?{address.query[:LONGEST]}" if address.query else ""
    segments = path[1:].split("/")
    if _may_hide(path) or "/http" in path.lower():
        for text in readable(path):
            if found := STARTS.search(text):
                rest = (
                    text[found.end() :].partition("__;")[0].rstrip("*")
                )  # Proofpoint closes with `__;`, archives with `*`
                yield f"{found[1]}://{rest}{'' if '?' in rest else query}"
            if found := FOLDER.search(text):
                yield f"{found[1]}://{found[2]}{query}"
        for segment in segments:
            yield from (text for text in decodings(segment) if STARTS.match(text))
    fetches = not PATH_HOSTS.isdisjoint(names) or is_amp(address.host, path)
    for place, segment in enumerate(segments):
        if (
            ("." in segment or "%" in segment)
            and (fetches or (place and _is_fetched(segments, place)))
            and is_host(_plainest(segment))
        ):
            yield _plainest("/".join(segments[place:])) + query
            break


def _plainest(text: str) -> str:
    """Take off all layers of percent signs, and the stars that archives write at the end."""
    *_, last = readable(text)
    return last.rstrip("*")


def _is_fetched(segments: Sequence[str], place: int) -> bool:
    """Tell whether what stands before a segment says that it is a host to fetch: `/cache/`, `/proxy/2026/`.

    Elsewhere a host in a path is a subject: a page about it, a package, a repository.
    """
    while place > 1 and SKIPPED.fullmatch(segments[place - 1]):
        place -= 1
    return segments[place - 1].lower() in FOLDERS


def _inside_query(address: Address, names: Sequence[str]) -> Iterator[str]:
    known = not PATH_HOSTS.isdisjoint(names)
    for part in address.query[:LONGEST].split("&"):
        name, equals, value = part.partition("=")
        name = (unquote(name) if "%" in name else name).lower().rstrip("[]")
        bare = known or name in REDIRECT or (name == "q" and bool(WAY_OUT.search(address.path)))
        if name in QUOTING or not (bare or _may_hide(part)):
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
