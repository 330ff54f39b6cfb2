"""How one probe is put to the lab, and what both witnesses saw of it.

Most probes are one question on a connection of its own. Others come second on a kept connection, follow a
route as a browser would, carry a DNS query, or ask for something at home.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from dnslib import DNSRecord

from conformance_tests.judge import Expectation
from conformance_tests.lab.client import Conversation
from conformance_tests.lab.internet import DATAGRAMS
from conformance_tests.lab.question import Answer, Door, Question, as_sent, take_apart
from conformance_tests.lab.spelling import plain_host, plain_path
from conformance_tests.stands.datagram import send
from conformance_tests.stands.proxied import PORTS, ask_by_proxy
from conformance_tests.stands.query import OPTIONS, gives_away, query
from conformance_tests.stands.visit import ask, ways

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance_tests.lab.internet import Internet
    from conformance_tests.parts import Probe

HOME = "home"
"""The host of the canary that services at home show."""
_OWN = ("again", "via", "doh", "home", "first", "within", "straight", "datagram", "proxy", "far", *OPTIONS)
AGAIN_EVERY = 0.5  # seconds between two tries of a question that waits for a change
_LONGEST_ROUTE = 8
_MISDIRECTED = 421  # RFC 9110 15.5.20: the client asks again on a connection of its own
_SHUTTING = 0.05  # seconds in which a product that closes without saying so has closed
_LEADS = re.compile(
    r"""(?:url=|href=|src=|data=|location\s*=\s*|url\(|fetch\()\s*["']?(https?://[^"'\s>)]+|//[^"'\s>)]+)"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One probe as both witnesses saw it.

    Attributes:
        answer: what the client got.
        arrived: whether the asked page's canary was in it.
        origin: whether the page was asked for at the origin.
        unkept: the second question could not be asked: the product keeps no connection open.
    """

    answer: Answer
    arrived: bool
    origin: bool
    unkept: bool = False


type Between = Callable[[], Awaitable[None]]


async def put(
    probe: Probe, case: str, internet: Internet, door: Door, *, between: Between | None = None
) -> Asked:
    """Put one probe and listen to both witnesses.

    Args:
        probe: the question.
        case: the case's id, to which its canaries belong.
        internet: the lab.
        door: how the client reaches it.
        between: done before the question; where it is the second on a kept connection, between the two. It is
            then asked on that connection until it comes as expected or `within` is over.
    """
    options: dict[str, Any] = {key: value for key, value in probe.options.items() if key not in _OWN}
    for key in ("raw", "body"):
        if isinstance(options.get(key), str):
            options[key] = options[key].encode()
    question = Question(url=probe.ask, **options)
    host, path = asked_of(as_sent(question).url)
    if between and not probe.options.get("again"):
        await between()
    if probe.options.get("query"):
        found = await query(take_apart(question.url)[1], probe.options, internet, door)
        arrived = gives_away(found, internet.zone)
        # The zone is asked once; what comes later may be kept from then.
        origin = host in internet.zone.told
        return Asked(answer=Answer(error=found.error, found=(found,)), arrived=arrived, origin=origin)
    if family := probe.options.get("straight"):
        door = _straight(door, take_apart(as_sent(question).url)[1], internet, six=family == 6)
    if kind := probe.options.get("datagram"):
        answer = await send(door, question, str(kind))
        port = take_apart(question.url)[2]
        arrived = internet.mint.make(case, DATAGRAMS, f"/{port}").encode() in answer.body
        return Asked(answer=answer, arrived=arrived, origin=port in internet.datagrams_seen)
    if kind := probe.options.get("proxy"):
        far = Question(url=f"http://{probe.options['far']}:{PORTS[kind]}/")
        answer = await ask_by_proxy(door, question, str(kind), far)
        arrived = internet.mint.make(case, host, path).encode() in answer.body
        return Asked(answer=answer, arrived=arrived, origin=internet.origin.asked(host, path))
    seen = internet.origin.seen
    before, before_home = len(seen), len(internet.home_seen)
    unkept = False
    if name := probe.options.get("doh"):
        addresses = internet.zone.names[str(name)]
        packed = [ip.packed for ip in addresses.four] + [ip.packed for ip in addresses.six]
        answer = await _ask_resolver(door, question, str(name), packed[0])
        arrived = any(address in answer.text for address in packed)
    else:
        holder = HOME if probe.options.get("home") else host
        canary = internet.mint.make(case, holder, path).encode()
        if first := probe.options.get("again"):
            seconds = float(probe.options.get("within", 0)) if between else 0.0
            is_wanted = probe.expect in {Expectation.ALLOWED, Expectation.SPARED}
            meanwhile = _Meanwhile(between, seconds, lambda answer: (canary in answer.text) == is_wanted)
            answer, unkept = await _ask_again(door, str(first), question, meanwhile)
        elif start := probe.options.get("via"):
            answer = await _follow(door, str(start), question, canary)
        else:
            answer = await ask(door, question, wanted=canary)
        # The answer to HEAD has no body; the origin puts the canary into a header of it.
        arrived = canary in answer.text or (
            question.method == "HEAD" and any(canary.decode() in value for _, value in answer.headers)
        )
    await asyncio.sleep(0)
    if probe.options.get("home"):
        origin = len(internet.home_seen) > before_home
    else:
        origin = any(one.host == host and one.path == path for one in seen[before:])
    return Asked(answer=answer, arrived=arrived, origin=origin, unkept=unkept)


def _straight(door: Door, host: str, internet: Internet, *, six: bool) -> Door:
    """The door of a client that knows the host's true address by itself and asks no resolver."""
    known = internet.zone.find(plain_host(host))
    true = [] if known is None else [str(ip) for ip in (known.six if six else known.four)]
    return replace(door, resolver=None, addresses={host: true[0]} if true else {})


@dataclass(frozen=True, slots=True)
class _Meanwhile:
    """What happens between the first and the second question, and how long the second is repeated."""

    act: Between | None
    seconds: float
    has_come: Callable[[Answer], bool]


async def _ask_again(
    door: Door, first: str, question: Question, meanwhile: _Meanwhile
) -> tuple[Answer, bool]:
    """The question as the second one on a kept-alive connection that began with an allowed page.

    Returns:
        The second answer, and whether it could not be asked because the first one ended the connection.
    """
    # As browsers say it to a proxy: some keep a connection only for those who ask for it.
    keep = {"Proxy-Connection": "keep-alive"} if door.proxy is not None and first.startswith("http:") else {}
    doors, told = await ways(door, Question(url=first))
    if not doors:
        return told, False
    conversation = Conversation(doors[0])
    try:
        answer = await conversation.ask(Question(url=first, headers=keep, http2=question.http2))
        await asyncio.sleep(_SHUTTING)
        was_kept = conversation.is_kept
        if not was_kept and meanwhile.act is None:
            return answer, True
        if meanwhile.act is not None:
            await meanwhile.act()
        deadline = time.monotonic() + meanwhile.seconds
        while True:
            # A product may end open connections at a change; the client opens another, as browsers do.
            if not conversation.is_kept or not conversation.carries(question):
                await conversation.close()
            answer = await conversation.ask(question)
            if answer.status == _MISDIRECTED:
                await conversation.close()
                answer = await conversation.ask(question)
            if meanwhile.has_come(answer) or time.monotonic() > deadline:
                return answer, False
            await asyncio.sleep(AGAIN_EVERY)
    finally:
        await conversation.close()


async def _follow(door: Door, start: str, question: Question, canary: bytes) -> Answer:
    """Begin at `start` and go where each answer leads, as a browser would, until it leads no further.

    Parts of a page are asked for with the page as their Referer; redirects are not.
    """
    url, referrer = start, ""
    method, body = question.method, question.body
    answer = Answer(error="no route")
    for _ in range(_LONGEST_ROUTE):
        headers = {"Referer": referrer} if referrer else {}
        hop = Question(url=url, method=method, body=body, headers=headers)
        answer = await ask(door, hop, wanted=canary)
        location = answer.header("location") if answer.status in {301, 302, 303, 307, 308} else ""
        if answer.status not in {307, 308}:
            method, body = "GET", b""
        if not location:
            text = answer.header("refresh") + "\n" + answer.text.decode("utf-8", "replace")
            found = _LEADS.search(text)
            location = found.group(1) if found else ""
            referrer = url
        if not location or answer.status is None or answer.status >= 400:
            return answer
        url = urljoin(url, location)
    return answer


async def _ask_resolver(door: Door, question: Question, name: str, wanted: bytes) -> Answer:
    """A DNS-over-HTTPS query for `name` (RFC 8484): POST, or GET where the address has a place for it."""
    packet = DNSRecord.question(name).pack()
    kind = {"Content-Type": "application/dns-message", "Accept": "application/dns-message"}
    if question.method == "POST":
        posted = Question(url=question.url, method="POST", headers=kind, body=packet)
        return await ask(door, posted, wanted=wanted)
    encoded = base64.urlsafe_b64encode(packet).rstrip(b"=").decode()
    return await ask(door, Question(url=f"{question.url}?dns={encoded}", headers=kind), wanted=wanted)


def asked_of(url: str) -> tuple[str, str]:
    """Host and path as the origin will see them."""
    _, host, _, target = take_apart(url)
    return plain_host(host), plain_path(target.partition("?")[0])
