"""Sites that do not answer: nobody waits for them longer than a person does."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from proxy.dial import ALL, ONE, dial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port whose queue is full: whoever knocks gets no answer."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.dial.ONE", 0.2)
    monkeypatch.setattr("proxy.dial.ALL", 0.3)
    monkeypatch.setattr("proxy.upstream.ALL", 0.3)


def test_all_addresses_together_cost_less_than_a_persons_patience() -> None:
    assert ONE < ALL < 15


@pytest.mark.usefixtures("_impatient")
def test_many_deaf_addresses_cost_no_more_than_all_may(deaf: int) -> None:
    began = time.monotonic()
    with pytest.raises(OSError, match="does not answer"):
        asyncio.run(dial([ip_address("127.0.0.1")] * 50, deaf, asyncio.Protocol))
    assert time.monotonic() - began < 3


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_client_is_told_of_a_deaf_site(start_gate: Callable[..., Any], deaf: int, scheme: str) -> None:
    gate = start_gate(
        "country: GB\npeople: {everyone: {profile: tween}}\nnames: {deaf.example: 127.0.0.1}\n"
        f"reach: ['127.0.0.1:{deaf}']\n"
    )
    context = ssl.create_default_context(cafile=gate.ca)
    with httpx.Client(proxy=gate.url, verify=context, trust_env=False, timeout=10) as client:
        answer = client.get(f"{scheme}://deaf.example:{deaf}/")
    assert answer.status_code == 502
