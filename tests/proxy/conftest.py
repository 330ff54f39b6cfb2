"""A real gate on a real socket, and origins of pytest-httpserver that `reach` and `trust` open to it."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import threading
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_httpserver import HTTPServer

from proxy.gateway import Gate, Settings
from proxy.home import open_home
from rules import pack as packs
from rules.decide import Moment, decide
from rules.policy import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from proxy.home import Home
    from rules.decide import Decision, Request
    from rules.policy import Policy

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


@dataclass
class Judge:
    """Decides by the real rules, at a time that stands still."""

    policy: Policy
    pack: packs.Pack
    broken: bool = False
    listeners: list[Callable[[Any], None]] = field(default_factory=list)

    @property
    def rules(self) -> Any:
        return SimpleNamespace(policy=self.policy, pack=self.pack)

    def when_changed(self, listener: Callable[[Any], None]) -> None:
        self.listeners.append(listener)

    def change(self, policy: Policy) -> None:
        """Put another policy in force, as an edit of the file does."""
        self.policy = policy
        for listener in self.listeners:
            listener(self.rules)

    def decide(self, request: Request) -> Decision:
        if self.broken:
            raise RuntimeError("broken on purpose")
        return decide(request, self.policy, self.pack, Moment(at=NOON))


@dataclass
class Notebook:
    """Collects what the gate notes."""

    lines: list[tuple[Request, Decision, str]] = field(default_factory=list)

    def note(self, request: Request, decision: Decision, device: str) -> None:
        self.lines.append((request, decision, device))

    def answers(self) -> list[tuple[str, str, str]]:
        """Host, action and reason of each line."""
        return [
            (request.address.host if request.address else "", str(decision.action), str(decision.reason))
            for request, decision, _ in self.lines
        ]


@dataclass
class RunningGate:
    """A gate in a thread of its own."""

    gate: Gate
    judge: Judge
    notes: Notebook
    home: Home
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        """What a client sets as its proxy."""
        host, port = self.gate.address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def ca(self) -> str:
        """The file a client trusts."""
        return str(self.home.ca_pem)


@dataclass
class Origins:
    """A plain and a TLS origin, and the policy lines that open them."""

    plain: HTTPServer
    secure: HTTPServer
    ca_file: Path

    def policy(self, *, names: tuple[str, ...] = (), more: str = "") -> str:
        """A policy that reaches both origins under the given names."""
        lines = ["country: GB", "people: {everyone: {profile: tween}}", "names:"]
        lines += [f"  {name}: 127.0.0.1" for name in names] or ["  {}"]
        if not names:
            lines[-2:] = ["names: {}"]
        lines += ["reach:"]
        lines += [f"  - 127.0.0.1:{server.port}" for server in (self.plain, self.secure)]
        lines += ["trust:", f"  - {self.ca_file}"]
        return "\n".join(lines) + "\n" + more


def _signs() -> x509.KeyUsage:
    words = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment"]
    words += ["key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{word: word == "key_cert_sign" for word in words})


@pytest.fixture(scope="session")
def origin_authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Callable[..., ssl.SSLContext]]:
    """A CA of the origins' own, and contexts it vouches for."""
    folder = tmp_path_factory.mktemp("origin-ca")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Origins of the tests")])
    now = dt.datetime.now(dt.UTC)

    def builder(subject: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
        )

    ca = (
        builder(name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_signs(), critical=True)
        .sign(key, hashes.SHA256())
    )
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))

    def context(*hosts: str) -> ssl.SSLContext:
        leaf_key = ec.generate_private_key(ec.SECP256R1())
        leaf = (
            builder(x509.Name([]), leaf_key.public_key())
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        pem = folder / f"{hosts[0].strip('*.')}.pem"
        pem.write_bytes(
            leaf_key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + leaf.public_bytes(serialization.Encoding.PEM)
        )
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(pem)
        return made

    return ca_file, context


class QuickServer(HTTPServer):
    """A server that looks for its end a hundred times a second instead of twice."""

    def thread_target(self) -> None:
        assert self.server is not None
        self.server.serve_forever(poll_interval=0.01)


@pytest.fixture
def origins(origin_authority: Any) -> Iterator[Origins]:
    """One plain and one TLS origin; the TLS one is good for every name below `.example`."""
    ca_file, context = origin_authority
    plain = QuickServer(host="127.0.0.1", port=0)
    secure = QuickServer(
        host="127.0.0.1",
        port=0,
        ssl_context=context("good.example", "bad.example", "other.example", "www.example"),
    )
    plain.start()
    secure.start()
    yield Origins(plain, secure, ca_file)
    for server in (plain, secure):
        server.clear()
        server.stop()


@pytest.fixture
def start_gate(tmp_path: Path) -> Iterator[Callable[..., RunningGate]]:
    """Start a gate: `start_gate(policy_text, {category: [names]})`; stopped at the end of the test."""
    started: list[tuple[RunningGate, threading.Thread]] = []

    def start(policy: str, listed: dict[str, list[str]] | None = None, **settings: Any) -> RunningGate:
        sources = []
        for category, names in (listed or {}).items():
            source = tmp_path / f"{category}.txt"
            source.write_text("\n".join(names) + "\n")
            sources.append(packs.Source(list="test", path=source, category=category))
        target = tmp_path / f"pack-{len(started)}"
        packs.build(sources, target)
        judge = Judge(parse(policy), packs.Pack.open(target))
        notes = Notebook()
        home = open_home(tmp_path / f"home-{len(started)}")
        ready = threading.Event()
        made: list[RunningGate] = []
        failed: list[BaseException] = []

        def run() -> None:
            async def main() -> None:
                try:
                    gate = Gate(
                        Settings(
                            home=home, judge=judge, notes=notes, **({"listen": ("127.0.0.1", 0)} | settings)
                        )
                    )
                    await gate.start()
                    made.append(RunningGate(gate, judge, notes, home, asyncio.get_running_loop()))
                except BaseException as error:
                    failed.append(error)
                    ready.set()
                    raise
                asyncio.get_running_loop().call_soon(ready.set)
                await gate.run()

            asyncio.run(main())

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        assert ready.wait(20)
        if failed:
            raise failed[0]
        started.append((made[0], thread))
        return made[0]

    yield start
    for running, thread in started:
        running.loop.call_soon_threadsafe(running.gate.stop)
        thread.join(10)
        assert not thread.is_alive(), "the gate did not stop"
