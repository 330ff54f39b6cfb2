"""The lab's internet plays any real name, and nothing else can be reached."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any

from dnslib import DNSRecord

from conformance_tests.lab.client import Conversation, ask
from conformance_tests.lab.network import Space, socket_in
from conformance_tests.lab.question import Door, Question
from conformance_tests.lab.sites import Manner, Page, Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance_tests.lab.internet import Internet

type Play = Callable[[Callable[..., Any]], Any]


def routed[F: Callable[..., Any]](scene: F) -> F:
    """Mark a scene whose client reaches the internet past an idle product."""
    scene.routed = True  # type: ignore[attr-defined]
    return scene


def straight(internet: Internet) -> Door:
    addresses = {name: str(answers.four[0]) for name, answers in internet.zone.names.items() if answers.four}
    return Door(proxy=None, trust=(str(internet.ca_file),), addresses=addresses)


@routed
async def real_name_over_tls(internet: Internet) -> dict[str, Any]:
    internet.play("scene", [Site(host="www.python.org")])
    answer = await ask(straight(internet), Question(url="https://www.python.org/about"))
    canary = internet.mint.make("scene", "www.python.org", "/about")
    return {
        "status": answer.status,
        "canary": canary in answer.body.decode(),
        "issuer": answer.issuer == internet.plan.authority,
        "asked": internet.origin.asked("www.python.org", "/about"),
        "peer": internet.origin.seen[0].peer == str(internet.plan.home[1]),
    }


def test_any_real_name_is_served_over_tls_with_its_own_canary(play: Play) -> None:
    seen = play(real_name_over_tls)
    assert seen == {"status": 200, "canary": True, "issuer": True, "asked": True, "peer": True}


@routed
async def kept_alive(internet: Internet) -> list[int | None]:
    internet.play("scene", [Site(host="a.example")])
    conversation = Conversation(straight(internet))
    statuses = [
        (await conversation.ask(Question(url=f"https://a.example/{number}"))).status for number in range(4)
    ]
    await conversation.close()
    return statuses


def test_a_connection_serves_many_requests(play: Play) -> None:
    assert play(kept_alive) == [200, 200, 200, 200]


@routed
async def zoo(internet: Internet) -> dict[str, str]:
    flaws = ("good", "expired", "wrong-name", "self-signed", "unknown-issuer", "not-yet-valid", "client-only")
    internet.play("scene", [Site(host=f"{flaw}.example", flaw=flaw) for flaw in flaws])
    door = straight(internet)
    return {flaw: (await ask(door, Question(url=f"https://{flaw}.example/"))).error for flaw in flaws}


def test_every_bad_certificate_is_refused_by_a_careful_client_and_the_good_one_is_not(play: Play) -> None:
    errors = play(zoo)
    assert errors.pop("good") == ""
    assert all(error.startswith("certificate") for error in errors.values()), errors


async def unrouted(internet: Internet) -> str:
    internet.play("scene", [Site(host="a.example")])
    return (await ask(straight(internet), Question(url="http://a.example/"))).error


def test_a_client_beside_a_proxy_reaches_nothing_by_itself(play: Play) -> None:
    assert "unreachable" in play(unrouted)


@routed
async def names(internet: Internet) -> dict[str, Any]:
    internet.play("scene", [Site(host="a.example"), Site(host="cloak.example", alias="a.example")])
    resolver = (str(internet.plan.resolver), 53)

    async def query(name: str, kind: str) -> DNSRecord:
        import asyncio

        loop = asyncio.get_running_loop()
        asker = socket_in(Space.CLIENT, socket.AF_INET, socket.SOCK_DGRAM)
        await loop.sock_sendto(asker, DNSRecord.question(name, kind).pack(), resolver)
        packet, peer = await asyncio.wait_for(loop.sock_recvfrom(asker, 4096), 3)
        asker.close()
        assert peer == resolver
        return DNSRecord.parse(packet)

    found = await query("a.example", "A")
    cloak = await query("cloak.example", "A")
    return {
        "address": str(found.rr[0].rdata) == str(internet.plan.address4(0)),
        "six": str((await query("a.example", "AAAA")).rr[0].rdata) == str(internet.plan.address6(0)),
        "cloak": [record.rtype for record in cloak.rr],
        "unknown": (await query("nobody.example", "A")).header.rcode,
    }


def test_the_resolver_knows_the_cast_and_denies_everyone_else(play: Play) -> None:
    assert play(names) == {"address": True, "six": True, "cloak": [5, 1], "unknown": 3}


@routed
async def manners(internet: Internet) -> dict[str, Any]:
    pages = {
        "/away": Page(manner=Manner.REDIRECT, to="http://b.example/there"),
        "/events": Page(manner=Manner.EVENTS, pieces=2),
        "/socket": Page(manner=Manner.WEBSOCKET),
        "/upload": Page(manner=Manner.SINK),
        "/echo": Page(manner=Manner.ECHO),
        "/packed": Page(coding="gzip"),
    }
    internet.play("scene", [Site(host="a.example", pages=pages)])
    door = straight(internet)

    async def get(path: str, **options: Any) -> Any:
        return await ask(door, Question(url=f"http://a.example{path}", **options))

    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "eA==",
        "Sec-WebSocket-Version": "13",
    }
    socket_answer = await get("/socket", headers=upgrade)
    return {
        "away": (await get("/away")).header("location"),
        "events": (await get("/events")).body.count(b"data: "),
        "socket": (
            socket_answer.status,
            internet.mint.make("scene", "a.example", "/socket") in socket_answer.body.decode("latin-1"),
        ),
        "upload": (await get("/upload", method="POST", body=b"x" * 3000)).body.startswith(b"3000 bytes"),
        "packed": (await get("/packed")).header("content-encoding"),
        "missing": (await get("/missing")).status,
    }


def test_every_part_is_played(play: Play) -> None:
    assert play(manners) == {
        "away": "http://b.example/there",
        "events": 3,
        "socket": [101, True],
        "upload": True,
        "packed": "gzip",
        "missing": 404,
    }


def test_a_broken_dns_packet_gets_a_format_error() -> None:
    from conformance_tests.lab import plan
    from conformance_tests.lab.names import Zone

    reply = Zone(plan.draw(1)).answer(b"\x12\x34nonsense")
    assert struct.unpack("!HH", reply[:4]) == (0x1234, 0x8181)
