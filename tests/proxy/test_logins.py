"""Passwords at the proxy: right, wrong, remembered, guessed; and a gate that asks for them."""

from __future__ import annotations

import asyncio
import base64
import socket
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.logins import WAIT, Logins, hash_password, read_basic
from rules.policy import parse

if TYPE_CHECKING:
    from collections.abc import Callable

# Argon2 at its cheapest: what a hash costs is written in it.
CHEAP = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
HASH = CHEAP.hash("pass:wort ä")
OTHER = CHEAP.hash("another")
PEOPLE = (
    "people:\n"
    "  everyone: {profile: tween}\n"
    f"  leo: {{profile: teen, password: '{HASH}'}}\n"
    f"  mum: {{profile: adult, password: '{OTHER}'}}\n"
)
POLICY = parse("country: GB\n" + PEOPLE)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@settings(max_examples=50)
@given(st.text(alphabet=st.characters(exclude_characters=":", exclude_categories=["Cs"])), st.text())
def test_a_header_is_read_as_it_was_written(user: str, password: str) -> None:
    try:
        header = basic(user, password)
    except UnicodeEncodeError:
        return
    if len(header) <= 1024:
        assert read_basic(header) == (user, password)


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !", "Basic bGVv", "Bearer bGVvOng=", "Basic /w==", "x" * 9]
)
def test_what_is_no_password_is_nobodys(header: str) -> None:
    assert read_basic(header) is None


@settings(max_examples=50)
@given(st.text(max_size=40))
def test_any_header_at_all_is_read_without_a_fault(header: str) -> None:
    read_basic(header)
    read_basic("Basic " + header)


def test_what_the_policy_takes_is_argon2id() -> None:
    assert parse(
        f"country: GB\npeople: {{a: {{profile: teen, password: '{hash_password('x')}'}}}}\n"
    ).has_passwords


def test_a_password_is_checked_once_and_then_remembered() -> None:
    async def run() -> tuple[str | None, str, str | None, float]:
        logins = Logins()
        right = basic("leo", "pass:wort ä")
        before = logins.recall(POLICY, right)
        checked = await logins.check(POLICY, right, "10.0.0.1")
        begun = time.perf_counter()
        after = logins.recall(POLICY, right)
        return before, checked, after, time.perf_counter() - begun

    before, checked, after, seconds = asyncio.run(run())
    assert (before, checked, after) == (None, "leo", "leo")
    assert seconds < 0.005


@pytest.mark.parametrize(
    "header",
    [basic("leo", "another"), basic("everyone", ""), basic("nobody", "x"), basic("LEO", "pass:wort ä")],
)
def test_a_wrong_password_is_nobodys(header: str) -> None:
    assert asyncio.run(Logins().check(POLICY, header, "10.0.0.1")) == ""


def test_a_changed_password_ends_what_was_remembered() -> None:
    async def run() -> str | None:
        logins = Logins()
        await logins.check(POLICY, basic("leo", "pass:wort ä"), "10.0.0.1")
        changed = parse("country: GB\n" + PEOPLE.replace(HASH, OTHER))
        return logins.recall(changed, basic("leo", "pass:wort ä"))

    assert asyncio.run(run()) is None


def test_whoever_guesses_has_to_wait_and_others_have_not() -> None:
    async def run() -> list[str]:
        now = 0.0
        logins = Logins(lambda: now)
        for number in range(5):
            await logins.check(POLICY, basic("mum", f"guess {number}"), "10.0.0.1")
        right = basic("mum", "another")
        answers = [await logins.check(POLICY, right, "10.0.0.1")]
        now += WAIT
        answers.append(await logins.check(POLICY, right, "10.0.0.1"))
        return answers

    assert asyncio.run(run()) == ["", "mum"]


def proxied(gate: Any, user: str, password: str, **more: Any) -> httpx.Client:
    host, port = gate.gate.address
    return httpx.Client(
        proxy=httpx.Proxy(f"http://{host}:{port}", auth=(user, password)), trust_env=False, timeout=10, **more
    )


@pytest.mark.parametrize("decrypt", ["true", "false"])
def test_a_password_makes_a_person_and_goes_no_further(
    origins: Any, start_gate: Callable[..., Any], decrypt: str
) -> None:
    origins.plain.expect_request("/").respond_with_data("hello")
    people = "people: {everyone: {profile: tween}}\n"
    policy = origins.policy(names=("good.example",)).replace(
        people.strip(), PEOPLE.replace("profile: teen", f"profile: teen, decrypt: {decrypt}").strip()
    )
    gate = start_gate(policy)
    url = f"http://good.example:{origins.plain.port}/"
    with proxied(gate, "leo", "pass:wort ä") as client:
        assert [client.get(url).text for _ in range(2)] == ["hello", "hello"]
    with proxied(gate, "leo", "wrong") as client:
        answer = client.get(url)
        assert (answer.status_code, answer.headers["proxy-authenticate"][:5]) == (407, "Basic")
    assert {request.person for request, _, _ in gate.notes.lines} == {"leo"}
    assert len(origins.plain.log) == 2
    assert not any(
        "proxy-authorization" in map(str.lower, request.headers.keys()) for request, _ in origins.plain.log
    )
    assert not any("wort" in repr(line) or "bGVv" in repr(line) for line in gate.notes.lines)


def test_a_tunnel_is_its_password_owners(origins: Any, start_gate: Callable[..., Any]) -> None:
    origins.secure.expect_request("/").respond_with_data("hello")
    policy = origins.policy(names=("good.example",)).replace(
        "people: {everyone: {profile: tween}}", PEOPLE.strip()
    )
    gate = start_gate(policy)
    url = f"https://good.example:{origins.secure.port}/"
    import ssl

    context = ssl.create_default_context(cafile=gate.ca)
    with proxied(gate, "leo", "pass:wort ä", verify=context) as client:
        assert client.get(url).text == "hello"
    with (
        proxied(gate, "leo", "wrong", verify=context) as client,
        pytest.raises(httpx.ProxyError, match="407"),
    ):
        client.get(url)
    assert {request.person for request, _, _ in gate.notes.lines} == {"leo"}


def test_unknown_devices_are_asked_where_the_policy_wants_it(start_gate: Callable[..., Any]) -> None:
    gate = start_gate(f"country: GB\nunknown_device: login\n{PEOPLE}")
    for sent in (
        b"GET http://good.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n",
        b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n",
    ):
        with socket.create_connection(gate.gate.address, timeout=5) as client:
            client.sendall(sent)
            assert client.recv(65536).startswith(b"HTTP/1.1 407 ")
    assert gate.notes.lines == []


def test_a_household_without_passwords_ignores_them(origins: Any, start_gate: Callable[..., Any]) -> None:
    origins.plain.expect_request("/").respond_with_data("hello")
    gate = start_gate(origins.policy(names=("good.example",)))
    with proxied(gate, "left", "over") as client:
        assert client.get(f"http://good.example:{origins.plain.port}/").text == "hello"
