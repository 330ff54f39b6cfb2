"""Who is behind a connection: what the policy says, and which of several signs goes first."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from proxy.identity import Arrival, fold_address, ports_of, recognise
from rules.policy import parse

if TYPE_CHECKING:
    from collections.abc import Callable

HASH = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("secret")
POLICY = parse(
    "country: GB\n"
    "people:\n"
    "  everyone: {profile: tween}\n"
    "  byaddress: {profile: teen, devices: [192.168.1.20, 'fd00::20']}\n"
    "  byhardware: {profile: child, devices: ['aa:bb:cc:dd:ee:ff']}\n"
    "  byport: {profile: teen, devices: ['port:8091', 'port:8092']}\n"
    "  bypeer: {profile: adult, devices: ['wireguard:Phone']}\n"
    f"  bypassword: {{profile: adult, password: '{HASH}'}}\n"
)
TABLE = {"192.168.1.20": "aa:bb:cc:dd:ee:ff", "192.168.1.30": "aa:bb:cc:dd:ee:ff"}


def person(arrival: Arrival, policy: object = POLICY) -> str:
    return recognise(policy, arrival, lambda address: TABLE.get(address, "")).person  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arrival", "who"),
    [
        (Arrival(), "everyone"),
        (Arrival(device="192.168.1.99", port=8080), "everyone"),
        (Arrival(device="fd00::20", port=8080), "byaddress"),
        (Arrival(device="192.168.1.30", port=8080), "byhardware"),
        (Arrival(device="192.168.1.99", port=8091), "byport"),
        (Arrival(device="192.168.1.99", peer="Phone"), "bypeer"),
        (Arrival(device="192.168.1.99", login="bypassword"), "bypassword"),
    ],
)
def test_each_sign_leads_to_its_person(arrival: Arrival, who: str) -> None:
    assert person(arrival) == who


def test_what_is_harder_to_change_goes_first() -> None:
    order = [
        ("peer", "Phone", "bypeer"),
        ("login", "bypassword", "bypassword"),
        ("device", "192.168.1.20", "byhardware"),
        ("port", 8091, "byport"),
    ]
    for place in range(len(order)):
        signs = {name: value for name, value, _ in order[place:]}
        assert person(Arrival(**signs)) == order[place][2]  # type: ignore[arg-type]


def test_an_unknown_peer_is_not_saved_by_its_address_in_the_tunnel() -> None:
    assert person(Arrival(device="192.168.1.20", port=8091, peer="stranger")) == "everyone"


def test_a_login_of_somebody_without_a_password_counts_for_nothing() -> None:
    assert person(Arrival(device="192.168.1.99", login="byport")) == "everyone"
    assert person(Arrival(device="192.168.1.99", login="gone")) == "everyone"


def test_hardware_is_not_asked_for_where_the_policy_names_none() -> None:
    policy = parse("country: GB\npeople: {everyone: {profile: tween}}\n")

    def explode(_address: str) -> str:
        raise AssertionError

    assert recognise(policy, Arrival(device="192.168.1.20"), explode).person == "everyone"


def test_nobody_is_nobody_where_the_policy_says_so() -> None:
    policy = parse("country: GB\nunknown_device: nobody\npeople: {everyone: {profile: tween}}\n")
    asker = recognise(policy, Arrival(device="10.0.0.1"), lambda _: "")
    assert (asker.person, asker.known) == ("", False)


def test_the_ports_of_people_are_listened_at() -> None:
    assert ports_of(POLICY) == {8091, 8092}


@pytest.mark.parametrize(
    ("told", "folded"),
    [("::ffff:10.0.0.1", "10.0.0.1"), ("fe80::1%eth0", "fe80::1"), ("10.0.0.1", "10.0.0.1"), ("", "")],
)
def test_an_address_of_a_socket_is_folded_as_the_policy_folds_devices(told: str, folded: str) -> None:
    assert fold_address(told) == folded


@given(st.builds(Arrival, device=st.ip_addresses().map(str), port=st.integers(0, 65535), peer=st.just("")))
def test_whoever_comes_is_somebody_of_the_policy(arrival: Arrival) -> None:
    assert person(arrival) in POLICY.people


def test_whose_pages_are_looked_into_is_said_person_by_person(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    people = (
        "people: {everyone: {profile: tween}, mum: {profile: adult, devices: [127.0.0.2]}, "
        "max: {profile: young-adult, decrypt: false, devices: [127.0.0.3]}}"
    )
    policy = origins.policy(names=("good.example",))
    gate = start_gate(policy.replace("people: {everyone: {profile: tween}}", people))
    context = ssl.create_default_context(cafile=gate.ca)
    context.load_verify_locations(origins.ca_file)
    signed = {}
    for source in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
        raw = socket.create_connection(gate.gate.address, timeout=5, source_address=(source, 0))
        target = f"good.example:{origins.secure.port}"
        raw.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        assert b" 200 " in raw.recv(4096)
        with context.wrap_socket(raw, server_hostname="good.example") as secure:
            certificate = secure.getpeercert()
        assert certificate is not None
        names = dict(pair for row in certificate["issuer"] for pair in row)  # type: ignore[misc]
        signed[source] = names["commonName"].partition(" ")[0]
    assert signed == {"127.0.0.1": "Stairgate", "127.0.0.2": "Origins", "127.0.0.3": "Origins"}
