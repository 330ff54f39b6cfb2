"""Several people at one gate at the same time: nobody's request is ever decided for somebody else."""

from __future__ import annotations

import asyncio
import base64
import random
import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpcore
import httpx
from argon2 import PasswordHasher

if TYPE_CHECKING:
    from collections.abc import Callable

REQUESTS = 1000
HOSTS = ("good.example", "bad.example", "other.example", "www.example")
HASH = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("open")


@dataclass(frozen=True)
class Someone:
    """A person of the test: how the gate knows them, and the one host that is closed to them."""

    name: str
    closed: str
    source: str = "127.0.0.1"
    password: bool = False
    inside: bool = True

    def policy(self) -> str:
        device = "" if self.password else f", devices: [{self.source}]"
        password = f", password: '{HASH}'" if self.password else ""
        inside = str(self.inside).lower()
        return (
            f"  {self.name}: {{profile: teen, decrypt: {inside}, block: [{self.closed}]{device}{password}}}\n"
        )


PEOPLE = (
    Someone("anna", HOSTS[0], source="127.0.0.2"),
    Someone("ben", HOSTS[1], source="127.0.0.3", inside=False),
    Someone("carl", HOSTS[2], password=True),
    Someone("dora", HOSTS[3], password=True, inside=False),
)


def test_a_thousand_interleaved_requests_are_each_decided_for_whoever_asked(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    origins.plain.expect_request(re.compile(".*")).respond_with_data("served")
    origins.secure.expect_request(re.compile(".*")).respond_with_data("served")
    people = "people:\n" + "".join(person.policy() for person in PEOPLE)
    policy = origins.policy(names=HOSTS).replace("people: {everyone: {profile: tween}}\n", people)
    gate = start_gate(policy + "unknown_device: login\n")
    wrong = asyncio.run(ask_all(gate, origins))
    assert wrong == []
    told = [
        (request.text.split("/")[-2], request.person)
        for request, _, _ in gate.notes.lines
        if request.address.path.count("/") == 2
    ]
    assert len(told) > REQUESTS / 2
    assert [pair for pair in told if pair[0] != pair[1]] == []
    assert {request.person for request, _, _ in gate.notes.lines} == {person.name for person in PEOPLE}


class From(httpcore.AnyIOBackend):
    """Connections from an address of our choice; httpx does not hand `local_address` on to a proxy's pool."""

    def __init__(self, source: str) -> None:
        self.source = source

    async def connect_tcp(self, host: str, port: int, *_: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        timeout = more.get("timeout")
        return await super().connect_tcp(host, port, timeout=timeout, local_address=self.source)


async def ask_all(gate: Any, origins: Any) -> list[str]:
    """Ask in an order of chance, over few kept connections; what was not as it should be."""
    chance = random.Random(74)  # noqa: S311 - an order, no secret
    context = ssl.create_default_context(cafile=gate.ca)
    context.load_verify_locations(origins.ca_file)
    host, port = gate.gate.address

    def client(source: str, auth: tuple[str, str] | None = None) -> httpx.AsyncClient:
        way = httpx.AsyncHTTPTransport()
        way._pool = httpcore.AsyncHTTPProxy(  # type: ignore[assignment]
            proxy_url=f"http://{host}:{port}",
            proxy_auth=auth,
            ssl_context=context,
            max_connections=5,
            max_keepalive_connections=5,
            network_backend=From(source),
        )
        return httpx.AsyncClient(transport=way, timeout=30)

    own = {
        person.name: client(person.source, (person.name, "open") if person.password else None)
        for person in PEOPLE
    }
    shared = client("127.0.0.1")
    wrong: list[str] = []
    few = asyncio.Semaphore(12)

    async def ask(number: int, person: Someone, name: str, scheme: str, *, together: bool) -> None:
        server = origins.plain if scheme == "http" else origins.secure
        url = f"{scheme}://{name}:{server.port}/{person.name}/{number}"
        headers = {}
        if together:
            # On one connection now this person's password, now that one's.
            given = base64.b64encode(f"{person.name}:open".encode()).decode()
            headers["proxy-authorization"] = f"Basic {given}"
        async with few:
            answer = await (shared if together else own[person.name]).get(url, headers=headers)
        served = answer.status_code == 200 and answer.text == "served"
        if served != (name != person.closed) or answer.status_code not in {200, 403}:
            wrong.append(f"{url} {answer.status_code}")

    jobs = []
    for number in range(REQUESTS):
        person = chance.choice(PEOPLE)
        scheme = chance.choice(["http", "http", "https"])
        together = person.password and scheme == "http" and chance.random() < 0.5
        jobs.append(ask(number, person, chance.choice(HOSTS), scheme, together=together))
    await asyncio.gather(*jobs)
    for one in (shared, *own.values()):
        await one.aclose()
    return wrong
