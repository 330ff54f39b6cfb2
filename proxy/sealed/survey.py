"""All ways round, tried from here. Whom it contacts stands in the constants below and nowhere else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from proxy.dns.upstream import system_servers
from proxy.sealed import attempts
from proxy.sealed.way import Survey, Way, judge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

HARMLESS = "example.com"
"""Asked for to see whether anything gets through at all; the gate leaves it open."""
RESOLVERS = {
    "dns.google": "8.8.8.8",
    "one.one.one.one": "1.1.1.1",
    "dns.quad9.net": "9.9.9.9",
}
"""Public resolvers, by name and number: open on the internet, closed behind a gate that minds ways round."""
NUMBERS = (*RESOLVERS.values(), "2001:4860:4860::8888", "2606:4700:4700::1111")
"""The same by number alone, IPv6 too: it is often forgotten."""
CANARIES = ("use-application-dns.net", "mask.icloud.com", "mask-h2.icloud.com")
SAFE = {"www.google.com": "forcesafesearch.google.com", "www.bing.com": "strict.bing.com"}
_ISSUER = "Stairgate"

_GUARD = "Let the router or the gate in gateway mode pass only what comes from the gate"

type Say = Callable[[str], None]


async def survey(proxy: str = "", say: Say = lambda _title: None) -> Survey:
    """Try every way.

    Args:
        proxy: the proxy this device uses (`http://host:port`); empty for none.
        say: told each way as it is begun.
    """
    alive = await _is_alive(proxy)
    checks = [_other_servers, _tls_servers, _hidden, _hidden_by_number, _quic, _directly]
    checks += [_canaries, _own_look_up, _safe_search, *([_tunnels] if proxy else [])]
    ways: list[Way] = []
    for check in checks:
        title = (check.__doc__ or "").partition("\n")[0].rstrip(".")
        say(title)
        seen, todo = await check(proxy)
        name = check.__name__.strip("_").replace("_", "-")
        ways.append(judge(name, title, seen, alive=alive, todo=todo))
    return Survey(ways=tuple(ways), alive=alive, proxy=proxy)


type Seen = tuple[list[str], str]


async def _all(named: dict[str, Awaitable[object]]) -> list[str]:
    """The names of the attempts that brought something."""
    found = await asyncio.gather(*(attempts.patiently(attempt) for attempt in named.values()))
    return [name for name, result in zip(named, found, strict=True) if result]


async def _is_alive(proxy: str) -> bool:
    tries: dict[str, Awaitable[object]] = {
        "page": attempts.fetch(f"http://{HARMLESS}/", proxy or None),
        "name": attempts.look_up(HARMLESS),
    }
    return bool(await _all(tries))


async def _other_servers(_proxy: str) -> Seen:
    """Other name servers, asked in the clear over UDP and TCP."""
    tries: dict[str, Awaitable[object]] = {}
    for number in NUMBERS:
        tries[f"{number} answers over UDP"] = attempts.ask_udp(number, HARMLESS)
        tries[f"{number} answers over TCP"] = attempts.ask_tcp(number, HARMLESS)
    return await _all(tries), f"{_GUARD}: UDP and TCP port 53 to anywhere else."


async def _tls_servers(_proxy: str) -> Seen:
    """Other name servers, asked over TLS on port 853."""
    tries: dict[str, Awaitable[object]] = {
        f"{number} answers over TLS": attempts.ask_tcp(number, HARMLESS, tls=True) for number in NUMBERS
    }
    return await _all(tries), f"{_GUARD}: TCP and UDP port 853."


async def _hidden(proxy: str) -> Seen:
    """Look-ups hidden in HTTPS, at resolvers known by name."""
    return await _ask_hidden({f"https://{name}/dns-query" for name in RESOLVERS}, proxy)


async def _hidden_by_number(proxy: str) -> Seen:
    """Look-ups hidden in HTTPS, at resolvers known by number."""
    return await _ask_hidden({f"https://{_bracketed(number)}/dns-query" for number in NUMBERS}, proxy)


def _bracketed(number: str) -> str:
    return f"[{number}]" if ":" in number else number


async def _ask_hidden(urls: set[str], proxy: str) -> Seen:
    tries: dict[str, Awaitable[object]] = {}
    for url in sorted(urls):
        for method in ("GET", "POST"):
            tries[f"{url} answers {method} directly"] = attempts.ask_https(url, HARMLESS, None, method)
            if proxy:
                tries[f"{url} answers {method} through the proxy"] = attempts.ask_https(
                    url, HARMLESS, proxy, method
                )
    return (
        await _all(tries),
        "Keep the category encrypted_dns blocked for this person, and let only the gate lead out.",
    )


async def _quic(_proxy: str) -> Seen:
    """QUIC on UDP port 443."""
    tries: dict[str, Awaitable[object]] = {
        f"{number} speaks QUIC": attempts.greet_quic(number) for number in NUMBERS
    }
    return await _all(tries), f"{_GUARD}: UDP port 443. Browsers then use TCP, which the gate sees."


async def _directly(_proxy: str) -> Seen:
    """Blocked sites, asked for without the proxy."""
    seen = []
    for name, number in RESOLVERS.items():
        issuer = await attempts.patiently(attempts.greet_tls(number, name))
        if issuer and _ISSUER not in issuer:
            seen.append(f"{name} shows a certificate of {issuer}")
    return seen, f"{_GUARD}, or set the proxy where a child can't change it."


async def _canaries(_proxy: str) -> Seen:
    """Browsers and telephones asking whether they may look names up elsewhere."""
    tries: dict[str, Awaitable[object]] = {}
    for server, port in system_servers():
        for name in CANARIES:
            tries[f"{server} answers {name}"] = attempts.ask_udp(server, name, "A", port)
        tries[f"{server} names another resolver"] = attempts.ask_udp(
            server, "_dns.resolver.arpa", "SVCB", port
        )
    return await _all(tries), "Use the gate as this device's name server: stairgate up --dns."


async def _own_look_up(proxy: str) -> Seen:
    """Names of resolvers, looked up as this device does it."""
    if proxy:
        return [], ""  # a device behind a proxy looks nothing up that the proxy does not ask for itself
    tries: dict[str, Awaitable[object]] = {f"{name} is found": attempts.look_up(name) for name in RESOLVERS}
    return await _all(tries), "Use the gate as this device's name server: stairgate up --dns."


async def _safe_search(proxy: str) -> Seen:
    """Search engines under their usual address instead of the safe one."""
    if proxy:
        return [], ""  # the gate changes the search itself
    seen = []
    for name, safe in SAFE.items():
        found = await attempts.patiently(attempts.look_up(name))
        wanted = await attempts.patiently(attempts.look_up(safe))
        if found and found != wanted:
            seen.append(f"{name} is found at {', '.join(found[:2])}")
    return seen, "Use the gate as this device's name server: stairgate up --dns."


async def _tunnels(proxy: str) -> Seen:
    """Tunnels through the gate's proxy to ports that are not the web's."""
    tries: dict[str, Awaitable[object]] = {
        f"port {port} of {number} answers through the proxy": attempts.open_tunnel(proxy, number, port)
        for number in RESOLVERS.values()
        for port in (53, 853)
    }
    return await _all(tries), "Keep the category vpn_proxy blocked for this person."
