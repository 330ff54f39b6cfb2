"""Apps that pin their certificates, played by real TLS clients, at two gates that share one household."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from shutil import which
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from proxy.household import store
from proxy.household.state import COUNT, Household
from rules.policy import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAMES = ("good.example", "bad.example", "other.example", "www.example")
APP, *ELSEWHERE = NAMES


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 12, tzinfo=UTC)
        self.seconds = 0.0

    def __call__(self) -> datetime:
        return self.at

    def go(self, **span: float) -> None:
        self.at += timedelta(**span)
        self.seconds += timedelta(**span).total_seconds()


@dataclass
class Home:
    """Two gates, as two workers are, with a household each on one database."""

    gates: list[Any]
    households: list[Household]
    clock: Clock
    origins: Any

    def authority(self, name: str) -> str:
        return f"{name}:{self.origins.secure.port}"

    def browse(self, *names: str, gate: int = 0) -> None:
        """A browser that trusts the home's CA opens a page of each name."""
        running = self.gates[gate]
        with httpx.Client(proxy=running.url, verify=ssl.create_default_context(cafile=running.ca)) as browser:
            for name in names:
                browser.get(f"https://{self.authority(name)}/")

    def tunnel(self, name: str, gate: int = 0) -> socket.socket:
        client = socket.create_connection(self.gates[gate].gate.address, timeout=5)
        authority = self.authority(name)
        client.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        assert b" 200 " in head
        return client

    def signer(self, name: str = APP, gate: int = 0) -> str:
        """Who signed what a device sees for a name: "home" or "site"."""
        context = ssl.create_default_context(cafile=self.gates[gate].ca)
        context.load_verify_locations(self.origins.ca_file)
        with self.tunnel(name, gate) as raw, context.wrap_socket(raw, server_hostname=name) as secure:
            certificate = secure.getpeercert()
            secure.sendall(f"GET / HTTP/1.1\r\nHost: {self.authority(name)}\r\n\r\n".encode())
            secure.recv(65536)
        assert certificate is not None
        issuer = dict(pair for row in certificate["issuer"] for pair in row)  # type: ignore[misc]
        return "site" if issuer["commonName"] == "Origins of the tests" else "home"

    def settle(self) -> None:
        """What `Household.keep` does every few seconds, and what a decision then does."""
        for running, household in zip(self.gates, self.households, strict=True):
            self._on_loop(running, household.write)
        self.clock.seconds += COUNT
        for running, household in zip(self.gates, self.households, strict=True):
            self._on_loop(running, lambda one=household: one.moment(self.clock.at))

    @staticmethod
    def _on_loop(running: Any, work: Callable[[], object]) -> None:
        done = threading.Event()

        def run() -> None:
            work()
            done.set()

        running.loop.call_soon_threadsafe(run)
        assert done.wait(5)

    def wait_for_sighting(self, gate: int = 0) -> None:
        """Until the gate has seen the end of what its client did."""
        seen = self.households[gate].pinning._waiting
        for _ in range(500):
            if any(not one.trusted for one in seen):
                return
            threading.Event().wait(0.01)
        raise AssertionError("the gate has not seen that its client turned away")


def alerts(home: Home, gate: int) -> None:
    """As most apps do: the alert unknown_ca."""
    context = ssl.create_default_context(cafile=home.origins.ca_file)
    with home.tunnel(APP, gate) as raw, pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(raw, server_hostname=APP)


def alerts_by_curl(home: Home, gate: int) -> None:
    """The same by another TLS library's hand."""
    if which("curl") is None:
        pytest.skip("curl is not here")
    words = ["curl", "-s", "--cacert", str(home.origins.ca_file), "-x", home.gates[gate].url]
    assert subprocess.run([*words, f"https://{home.authority(APP)}/"], check=False).returncode == 60


def closes_in_the_middle(home: Home, gate: int) -> None:
    """As some do: the certificate is looked at, and the connection closed without a word."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context(cafile=home.origins.ca_file)
    tls = context.wrap_bio(incoming, outgoing, server_hostname=APP)
    with home.tunnel(APP, gate) as raw:
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
        raw.sendall(outgoing.read())
        assert raw.recv(65536)


def closes_after_the_handshake(home: Home, gate: int) -> None:
    """As pinning libraries do: the handshake ends well, then the key is compared."""
    context = ssl.create_default_context(cafile=home.gates[gate].ca)
    with home.tunnel(APP, gate) as raw, context.wrap_socket(raw, server_hostname=APP) as secure:
        assert secure.getpeercert()


APPS = [alerts, alerts_by_curl, closes_in_the_middle, closes_after_the_handshake]


@pytest.fixture
def home(origins: Any, start_gate: Callable[..., Any], tmp_path: Path) -> Iterator[Home]:
    origins.secure.expect_request("/").respond_with_data("fine", content_type="text/plain")
    policy = origins.policy(names=NAMES)
    clock = Clock()
    path = tmp_path / "household.db"
    households = [
        Household(store.open_store(path), path, lambda: parse(policy), clock, lambda: clock.seconds)
        for _ in range(2)
    ]
    gates = [start_gate(policy, household=one) for one in households]
    yield Home(gates, households, clock, origins)
    for one in households:
        one.close()


def use_app(home: Home, app: Callable[[Home, int], None], times: int = 3) -> None:
    """The app tries again every half a minute, and reaches now one worker, now the other."""
    for attempt in range(times):
        app(home, attempt % 2)
        home.wait_for_sighting(attempt % 2)
        home.settle()
        home.clock.go(seconds=30)


@pytest.mark.parametrize("app", APPS)
def test_an_app_that_pins_is_learnt_and_sees_its_sites_own_certificate(
    home: Home, app: Callable[[Home, int], None]
) -> None:
    home.browse(*ELSEWHERE)
    assert home.signer(ELSEWHERE[0]) == "home"
    use_app(home, app)
    before = len(home.gates[0].notes.lines)
    assert [home.signer(gate=gate) for gate in (0, 1)] == ["site", "site"]
    assert home.signer(ELSEWHERE[0]) == "home"
    ((request, decision, _),) = [
        line for line in home.gates[0].notes.lines[before:] if line[0].address.host == APP
    ]
    # The journal says what was decided, and that it was decided by name.
    assert (str(request.level), str(decision.action), str(decision.reason)) == ("name", "allow", "unknown")


@pytest.mark.parametrize("app", [alerts, closes_after_the_handshake])
def test_a_device_that_trusts_us_nowhere_is_taught_nothing(
    home: Home, app: Callable[[Home, int], None]
) -> None:
    use_app(home, app)
    home.browse(*ELSEWHERE[:2])
    use_app(home, app, times=1)
    assert home.signer() == "home"


def test_a_learnt_name_that_the_household_closes_is_closed(home: Home) -> None:
    home.browse(*ELSEWHERE)
    use_app(home, alerts)
    assert home.signer() == "site"
    policy = home.origins.policy(names=NAMES)
    home.gates[0].judge.change(parse(policy + f"block: [{APP}]\n"))
    assert home.signer() == "home"  # the block page's
    home.gates[0].judge.change(parse(policy + f"block: [{APP}/chat]\n"))
    assert home.signer() == "home"  # looked into, for the path
    home.gates[0].judge.change(parse(policy))
    assert home.signer() == "site"


def test_it_ends_after_thirty_days(home: Home) -> None:
    home.browse(*ELSEWHERE)
    use_app(home, alerts)
    home.clock.go(days=29)
    home.settle()
    assert home.signer() == "site"
    home.clock.go(days=1)
    assert home.signer() == "home"


def test_a_block_page_that_is_read_shows_that_the_device_has_our_ca(home: Home) -> None:
    policy = home.origins.policy(names=NAMES)
    home.gates[0].judge.change(parse(policy + f"block: [{', '.join(ELSEWHERE)}]\n"))
    home.browse(*ELSEWHERE)
    use_app(home, alerts)
    assert home.signer() == "site"


def test_a_browser_that_opens_a_connection_ahead_has_not_turned_away(home: Home) -> None:
    """It is closed unused, but not right after the handshake."""
    context = ssl.create_default_context(cafile=home.gates[0].ca)
    handshakes: Any = home.gates[0].gate.master.addons.get("stairgate_handshakes")
    later = handshakes._now
    with home.tunnel(APP) as raw, context.wrap_socket(raw, server_hostname=APP):
        for _ in range(500):
            if handshakes._silent:
                break
            threading.Event().wait(0.01)
        handshakes._now = lambda: later() + 10
    for _ in range(500):
        if not handshakes._silent:
            break
        threading.Event().wait(0.01)
    assert not handshakes._silent
    assert home.households[0].pinning.take() == ()
