"""One question as a client at a stand asks it: told of a proxy, or a name looked up and its addresses tried.

Where a resolver answers with several addresses, a browser is content with the first that works; the examiner
tries them one after the other until the page wanted comes, because a page that one address gives away is not
blocked.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

from conformance_tests.lab import client
from conformance_tests.lab.lookup import find
from conformance_tests.lab.question import Answer, Door, Question, as_sent, take_apart
from conformance_tests.lab.spelling import plain_host


async def ask(door: Door, question: Question, *, wanted: bytes = b"") -> Answer:
    """Ask one question, on connections of its own.

    Args:
        door: how the client reaches the internet.
        question: what is asked.
        wanted: what shows that the page arrived; no further address is tried then.

    Returns:
        The answer that held `wanted`, else the first whole one, with what the resolver said.
    """
    doors, answer = await ways(door, question)
    for way in doors:
        tried = replace(await client.ask(way, question), found=answer.found)
        if wanted and wanted in tried.text:
            return tried
        answer = answer if answer.status else tried
    return answer


async def ways(door: Door, question: Question) -> tuple[tuple[Door, ...], Answer]:
    """The doors to try for a question, and what the resolver said, as an answer without a page."""
    _, host, _, _ = take_apart(as_sent(question).url)
    if door.resolver is None or _is_number(host):
        return (door,), Answer()
    found = await find(door.resolver, host)
    addresses = [one for answer in found for one in answer.addresses if not _is_nowhere(one)]
    said = "; ".join(one.manner for one in found)
    told = Answer(error=f"the resolver gives no address: {said}", found=found)
    return tuple(replace(door, addresses={host: address}) for address in addresses), told


def _is_number(host: str) -> bool:
    try:
        ip_address(plain_host(host))
    except ValueError:
        return False
    return True


def _is_nowhere(address: str) -> bool:
    """0.0.0.0 and loopback lead to the client itself, where nothing listens."""
    found = ip_address(address)
    return found.is_unspecified or found.is_loopback
