"""Search engines: what was searched for, how their safe mode is forced, and which searches lead to help.

Pure: an address in, words or changes out. Carrying the changes out is the gate's work (parameter, header,
cookie) or the name server's (another name's address).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

from . import strict_yaml
from .address import query_of, wrapped_in_form
from .decision import Finding
from .phrases import Matcher, Phrase
from .presets import Action
from .prose import fold
from .search_engines import Engine, Mode, engines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .address import Address
    from .decision import Request
    from .policy import Person
    from .search_engines import Change

UNSAFE = "unsafe_search"
"""The category whose setting says who may search without a safe mode."""

CONCERNS = Path(__file__).parent / "search_concerns.yaml"
_ANY_COUNTRY = r"(?:com|cat|[a-z]{2}|com?\.[a-z]{2})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search: the engine and the words, as plain text."""

    engine: Engine
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """A request with its safe mode on.

    Attributes:
        engine: the engine asked.
        query: the query string to send in place of the one asked.
        headers: request headers to set.
        cookies: cookies to set.
        dns: the host name to contact instead, or None; the Host header stays.
    """

    engine: Engine
    query: str
    headers: tuple[tuple[str, str], ...]
    cookies: tuple[tuple[str, str], ...]
    dns: str | None


@cache
def _table(
    names: str,
) -> tuple[Mapping[str, Engine], tuple[str, ...], tuple[tuple[re.Pattern[str], Engine], ...]]:
    """Engines by exact name; and those with a country's ending: how they begin, and how they look."""
    exact: dict[str, Engine] = {}
    beginnings: list[str] = []
    endings: list[tuple[re.Pattern[str], Engine]] = []
    for engine in engines():
        for host in engine.hosts if names == "hosts" else engine.dns_hosts:
            if host.endswith(".*"):
                beginnings.append(host.removesuffix("*"))
                endings.append((re.compile(re.escape(host.removesuffix("*")) + _ANY_COUNTRY), engine))
            else:
                exact[host] = engine
    return exact, tuple(beginnings), tuple(endings)


@lru_cache(maxsize=4096)
def _at(host: str, names: str) -> Engine | None:
    exact, beginnings, endings = _table(names)
    if host in exact:
        return exact[host]
    if not host.startswith(beginnings):
        return None
    return next((engine for pattern, engine in endings if pattern.fullmatch(host)), None)


def is_engine(host: str) -> bool:
    """Whether a host, on some path, is a search engine's."""
    return _at(host, "hosts") is not None


def engine_of(host: str) -> Engine | None:
    """The engine a host belongs to, whatever is done there; None for every other host."""
    return _at(host, "hosts") or _at(host, "dns_hosts")


def engine_at(address: Address) -> Engine | None:
    """The engine an address belongs to, if its path is one that searches."""
    engine = _at(address.host, "hosts")
    if engine and any(address.path.startswith(path) for path in engine.paths):
        return engine
    return None


def read_search(address: Address) -> Search | None:
    """What an address searches for; None where it searches for nothing.

    Words given twice, or in several parameters, are all read: which of them an engine uses is its secret.
    """
    engine = engine_at(address)
    if engine is None:
        return None
    found = [
        unquote_plus(value, errors="replace")
        for name, value in _pairs(address.query)
        if unquote_plus(name) in engine.terms
    ]
    found += [
        unquote(address.path.removeprefix(beginning).replace("-", " "), errors="replace").strip("/")
        for beginning in engine.path_terms
        if address.path.startswith(beginning)
    ]
    words = " ".join(dict.fromkeys(text for part in found if (text := " ".join(part.split()))))
    return Search(engine=engine, words=words) if words else None


def _pairs(query: str) -> list[tuple[str, str]]:
    return [(name, value) for part in query.split("&") if part for name, _, value in [part.partition("=")]]


def force(address: Address, mode: Mode = Mode.STRICT) -> Forced | None:
    """How to send a request so that the engine's safe mode is on; None where there is nothing to force.

    Forcing what is already forced changes nothing. Parameters of the same name are taken out first, however
    they are spelt, so that none comes to stand beside ours.
    """
    engine = engine_at(address)
    change = _change(engine, mode)
    if engine is None or change is None:
        return None
    ours = {name.lower() for name, _ in change.parameters}
    kept = [
        part for part in address.query.split("&") if unquote_plus(part.partition("=")[0]).lower() not in ours
    ]
    query = "&".join(
        [
            *(part for part in kept if part or not ours),
            *(f"{name}={value}" for name, value in change.parameters),
        ]
    )
    return Forced(engine=engine, query=query, headers=change.headers, cookies=change.cookies, dns=change.dns)


def _change(engine: Engine | None, mode: Mode) -> Change | None:
    if engine is None:
        return None
    return engine.modes.get(mode) or engine.modes.get(Mode.STRICT)


def mode_of(person: Person) -> Mode | None:
    """The safe mode a person searches in; None for whoever may search without one.

    The category `unsafe_search` says it: blocked means strict; warned of, or asked for, means moderate.
    """
    match person.stances[UNSAFE].action:
        case Action.BLOCK:
            return Mode.STRICT
        case Action.ASK | Action.WARN:
            return Mode.MODERATE
        case _:
            return None


def instead(host: str, mode: Mode = Mode.STRICT) -> str | None:
    """The host to contact for an engine that is forced by its address alone; None for every other host.

    Args:
        host: canonical.
        mode: which safe mode.
    """
    change = _change(_at(host, "dns_hosts"), mode)
    if change is None or change.parameters or change.headers or change.cookies:
        return None
    return change.dns


def with_search(request: Request) -> Request:
    """A request with the words it searches for, and the finding where they are of someone who may need help.

    Args:
        request: as asked; words and findings it has already stay.
    """
    search = read_search(request.address) if request.address is not None else None
    if search is None:
        return request
    finding = concern(search.words)
    return replace(
        request,
        search=request.search or search.words,
        findings=tuple(dict.fromkeys((*request.findings, finding))) if finding else request.findings,
    )


def with_form(request: Request, body: bytes, content_type: str) -> Request | None:
    """A request with what its posted form adds: addresses to fetch, and words to search for.

    Args:
        request: as asked by its head.
        body: the form, or its first part.
        content_type: as the head says it.

    Returns:
        The question to ask again; None where the form adds nothing.
    """
    address = request.address
    query = query_of(body, content_type) if address is not None else ""
    if address is None or not query:
        return None
    search = read_search(replace(address, query=query))
    again = replace(
        request,
        carried=wrapped_in_form(body, content_type),
        search=search.words if search else request.search,
        findings=(*request.findings, finding)
        if search and (finding := concern(search.words))
        else request.findings,
    )
    return again if again != request else None


def dns_answer(host: str, mode: Mode = Mode.STRICT) -> str | None:
    """The name whose address answers for a host so that the safe mode is on; None where there is none.

    Args:
        host: canonical, as asked.
        mode: which safe mode.
    """
    change = _change(_at(host, "dns_hosts"), mode)
    return change.dns if change else None


@cache
def _concerns() -> tuple[Matcher, Matcher]:
    data = strict_yaml.load_file(CONCERNS, name=CONCERNS.name).data
    words = [
        Phrase(text=text, language=language, topic="self_harm", points=30)
        for language, texts in data["self_harm"].items()
        for text in texts
    ]
    fine = [Phrase(text=text, language="", topic="self_harm", points=30) for text in data["fine"]]
    return Matcher(words), Matcher(fine)


def concern(words: str) -> Finding | None:
    """Whether a search is one of someone who may need help; the finding leads to the page with help services.

    Args:
        words: as `read_search` gives them.
    """
    folded = fold(words.lower().encode())
    concerns, fine = _concerns()
    found = concerns.find(folded)
    if not found or (fine.find(folded) and len({phrase.text for phrase in found}) == 1):
        return None
    return Finding(category="self_harm", because="the search is one that help services know an answer to")
