"""What a control answers to one request, however it came: decided, fetched, read for labels."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import h11

from conformance_tests.controls.decision import split_target
from conformance_tests.controls.faults import Fault
from conformance_tests.controls.known import with_safe_mode
from conformance_tests.controls.page import block_page, is_labelled, stated_age
from conformance_tests.controls.upstream import Fetched

if TYPE_CHECKING:
    from conformance_tests.controls.gate import Gate
    from conformance_tests.controls.settings import Settings

_CLOUD = 2.2  # seconds a maker's cloud takes to answer


@dataclass(slots=True)
class Connection:
    """What a control remembers of one connection: settings when it was opened, verdicts since."""

    as_opened: Settings
    verdicts: list[str | None] = field(default_factory=list)
    is_unseen: bool = False
    """Whether nothing on it is decided."""


async def reply_to(
    gate: Gate, url: str, request: h11.Request, body: bytes, connection: Connection
) -> Fetched:
    """The answer: a block, the origin's own, or that it could not be asked.

    Args:
        gate: decides and fetches.
        url: what is asked for, whole.
        request: as the client sent it.
        body: what came with it.
        connection: what it came by.
    """
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in request.headers}
    fault = gate.sieve.fault
    settings = gate.settings(connection.as_opened)
    await gate.linger()
    if connection.verdicts and fault is Fault.STALE_VERDICT:
        category = connection.verdicts[0]
    else:
        category = None if connection.is_unseen else await gate.decide(url, headers, body, settings)
    connection.verdicts.append(category)
    with suppress(OSError) if gate.sieve.fault is Fault.OPEN_ON_FULL_DISK else nullcontext():
        gate.journal.note(settings.now(), url, category)
    accept = headers.get("accept", "")
    if category is not None:
        if category == "malware-and-fraud" and fault is Fault.CLOUD_FIRST:
            await asyncio.sleep(_CLOUD)
        return Fetched(*block_page(url, category, accept, fault, country=settings.country))
    try:
        if fault is not Fault.SAFE_SEARCH_FORGOTTEN:
            url, request = with_safe_mode(url, request)
        gate.upstream.reach = settings.reach
        got = await gate.upstream.fetch(url, request, body)
    except (OSError, ssl.SSLError, h11.ProtocolError, TimeoutError) as error:
        return Fetched(502, {"content-type": "text/plain"}, f"can't reach it: {error}".encode())
    if got.stream is None and gate.sham is None and is_labelled(got.headers, got.body, fault):
        return Fetched(*block_page(url, "adults-only label", accept, fault))
    if got.stream is None and gate.sham is None and await _stated_age(gate, url, settings) > settings.age:
        return Fetched(*block_page(url, "a stated age", accept, fault))
    return got


async def _stated_age(gate: Gate, url: str, settings: Settings) -> int:
    """The age that the site states in a label file, in years; -1 where none is asked for."""
    fault = gate.sieve.fault
    if settings.age < 0 or fault is Fault.AGE_FILES_UNREAD:
        return -1
    scheme, host, _, _ = split_target(url)
    for name in ("age-de.xml", "age.xml"):
        request = h11.Request(method="GET", target=f"/{name}", headers=[("host", host)])
        with suppress(OSError, ssl.SSLError, h11.ProtocolError, TimeoutError):
            got = await gate.upstream.fetch(f"{scheme}://{host}/{name}", request, b"")
            if got.status == 200 and (age := stated_age(got.body, fault)):
                return age
    return -1
