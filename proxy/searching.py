"""Searches on their way out: the engine's safe mode is switched on in the request itself.

Nothing a device can set or leave out changes it: the parameter, header or cookie is put there behind it, with
every request. Which mode is whose is `rules.search`; this module knows only how a request is changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rules.decide import Decision, Reason, Request
from rules.search import dns_answer, force, instead, mode_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mitmproxy.http import HTTPFlow
    from mitmproxy.http import Request as WireRequest

    from rules.address import Address
    from rules.policy import Person, Policy


def is_forced(address: Address, person: Person, decision: Decision) -> bool:
    """Whether a request is changed, or sent elsewhere, so that its engine answers in its safe mode.

    Args:
        address: what is asked for.
        person: who asks.
        decision: what was decided; a parent's override for a while lifts the safe mode.
    """
    mode = None if decision.reason is Reason.OVERRIDE else mode_of(person)
    return mode is not None and (force(address, mode) is not None or instead(address.host, mode) is not None)


def force_safe_mode(flow: HTTPFlow, request: Request, decision: Decision, policy: Policy) -> None:
    """Change an allowed request so that the engine it asks answers in its safe mode.

    Args:
        flow: before it goes out.
        request: what was asked for.
        decision: what was decided; a parent's override for a while lifts the safe mode too.
        policy: says who may search without it.
    """
    person = policy.people.get(request.person)
    if request.address is None or person is None or decision.reason is Reason.OVERRIDE:
        return
    mode = mode_of(person)
    if mode is None:
        return
    path, _, query = flow.request.path.partition("#")[0].partition("?")
    # The query goes out as it was asked, not in its canonical form: only what forces is changed.
    forced = force(replace(request.address, query=query), mode)
    if forced is None:
        return
    if forced.query != query:
        flow.request.path = f"{path}?{forced.query}"
    for name, value in forced.headers:
        flow.request.headers[name] = value
    if forced.cookies:
        set_cookies(flow.request, forced.cookies)


def contact(host: str, policy: Policy, person: str = "everyone", *, unread: bool = False) -> str:
    """The host whose addresses are dialled for `host`: another one where that forces a safe mode.

    Args:
        host: where a request goes; its name stays in TLS and in the Host header.
        policy: says who may search without safe mode.
        person: who asks.
        unread: the connection is passed on as it is, so that its address is all that can be changed.
    """
    known = policy.people.get(person)
    mode = None if known is None else mode_of(known)
    if mode is None:
        return host
    return (dns_answer if unread else instead)(host.lower().rstrip("."), mode) or host


def set_cookies(request: WireRequest, cookies: Iterable[tuple[str, str]]) -> None:
    """Put cookies in place of any of their names; of a cookie that holds settings, only ours is changed.

    Args:
        request: to be changed.
        cookies: names and values.
    """
    parts = [
        part.strip() for line in request.headers.get_all("cookie") for part in line.split(";") if part.strip()
    ]
    for name, value in cookies:
        key, equals, _ = value.partition("=")
        kept = [
            setting
            for part in parts
            if part.partition("=")[0].strip() == name
            for setting in part.partition("=")[2].strip('" ').split("&")
            if equals and "=" in setting and setting.partition("=")[0] != key
        ]
        parts = [part for part in parts if part.partition("=")[0].strip() != name]
        parts.append(f"{name}={'&'.join([*dict.fromkeys(kept), value])}")
    request.headers["cookie"] = "; ".join(parts)
