"""Whatever breaks in a hook, nothing unfiltered comes out: an exception is injected into each of them."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from mitmproxy import hooks
from mitmproxy.exceptions import AddonHalt

from proxy.dispatch import Table
from proxy.hooks import StairgateAddon

if TYPE_CHECKING:
    from collections.abc import Callable

LIFECYCLE = {"load", "configure", "running", "done", "update"}
REQUEST_PATH = [
    "client_connected",
    "next_layer",
    "tls_clienthello",
    "tls_start_client",
    "tls_established_client",
    "requestheaders",
    "request",
    "server_connect",
    "server_connected",
    "tls_start_server",
    "tls_established_server",
    "responseheaders",
    "response",
]


def fetch(gate: Any, url: str) -> str:
    """What a client gets: the body, or an empty text where it gets no answer at all."""
    context = ssl.create_default_context(cafile=gate.ca)
    with httpx.Client(proxy=gate.url, verify=context, timeout=5, trust_env=False) as client:
        try:
            return client.get(url).text
        except httpx.TimeoutException:
            pytest.fail("the client was left hanging")
        except httpx.TransportError:
            return ""


def inject(gate: Any, hook: str, where: str) -> None:
    """Make one hook raise: in the handler of our own addon, or in one more addon behind it."""

    def explode(_data: object) -> None:
        raise RuntimeError(f"injected into {hook}")

    async def explode_later(_data: object) -> None:
        raise RuntimeError(f"injected into {hook}")

    table = gate.gate.master.table
    handlers = list(table._handlers.get(hook, ()))
    added = explode_later if where == "later" else explode
    table._handlers[hook] = tuple([added, *handlers] if where == "first" else [*handlers, added])


def hold_back(gate: Any) -> None:
    """Hold answers until they are whole, as a gate does that reads them; else `response` comes too late."""

    def hold(flow: Any) -> None:
        flow.response.stream = False

    table = gate.gate.master.table
    table._handlers["responseheaders"] = (*table._handlers["responseheaders"], hold)


@pytest.mark.parametrize("where", ["first", "last", "later"])
@pytest.mark.parametrize("hook", REQUEST_PATH)
def test_an_exception_in_any_hook_shows_nothing_of_the_origin(
    origins: Any, start_gate: Callable[..., Any], hook: str, where: str
) -> None:
    origins.secure.expect_request("/").respond_with_data("SECRET OF THE ORIGIN")
    gate = start_gate(origins.policy(names=("good.example",)))
    if hook == "response":
        hold_back(gate)
    inject(gate, hook, where)
    body = fetch(gate, f"https://good.example:{origins.secure.port}/")
    assert "SECRET" not in body
    assert body == "" or "fault" in body or "filter" in body


@pytest.mark.parametrize("hook", ["requestheaders", "request", "server_connect"])
def test_where_an_answer_can_be_given_it_is_a_page(
    origins: Any, start_gate: Callable[..., Any], hook: str
) -> None:
    gate = start_gate(origins.policy(names=("good.example",)))
    inject(gate, hook, "first")
    assert "fault" in fetch(gate, f"https://good.example:{origins.secure.port}/")


@pytest.mark.parametrize("hook", ["requestheaders", "responseheaders", "server_connected"])
def test_the_next_connection_is_served_again_after_a_fault(
    origins: Any, start_gate: Callable[..., Any], hook: str
) -> None:
    origins.secure.expect_request("/").respond_with_data("fine")
    gate = start_gate(origins.policy(names=("good.example",)))
    whole = dict(gate.gate.master.table._handlers)
    inject(gate, hook, "first")
    url = f"https://good.example:{origins.secure.port}/"
    assert fetch(gate, url) != "fine"
    gate.gate.master.table._handlers = whole
    assert fetch(gate, url) == "fine"


def test_a_judge_that_breaks_blocks(origins: Any, start_gate: Callable[..., Any]) -> None:
    origins.plain.expect_request("/").respond_with_data("SECRET")
    gate = start_gate(origins.policy(names=("good.example",)))
    gate.judge.broken = True
    body = fetch(gate, f"http://good.example:{origins.plain.port}/")
    assert "fault" in body
    assert origins.plain.log == []


def test_a_journal_that_breaks_closes_what_it_could_not_note(
    origins: Any, start_gate: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    origins.plain.expect_request("/").respond_with_data("SECRET")
    gate = start_gate(origins.policy(names=("good.example", "bad.example")), {"gambling": ["bad.example"]})

    def explode(*_arguments: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(gate.notes, "note", explode)
    assert "SECRET" not in fetch(gate, f"http://good.example:{origins.plain.port}/")
    assert "Gambling" in fetch(gate, f"http://bad.example:{origins.plain.port}/")
    assert len(origins.plain.log) == 1  # it is noted when its answer is known; the blocked one never left


def test_a_layer_that_breaks_inside_mitmproxy_leaves_nobody_hanging(
    origins: Any, start_gate: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mitmproxy.proxy.layers.http import HttpStream

    gate = start_gate(origins.policy(names=("good.example",)))

    def explode(*_arguments: object) -> Any:
        raise RuntimeError("a layer breaks")

    monkeypatch.setattr(HttpStream, "state_wait_for_request_headers", explode)
    assert fetch(gate, f"https://good.example:{origins.secure.port}/") == ""


def test_every_hook_of_our_addon_is_guarded() -> None:
    """Under stock mitmdump nobody catches for us: each hook must bring its own guard."""
    ours = [name for name in hooks.all_hooks if name not in LIFECYCLE and name in vars(StairgateAddon)]
    assert ours
    assert [name for name in ours if not hasattr(getattr(StairgateAddon, name), "__wrapped__")] == []


def test_a_halt_ends_the_chain_quietly() -> None:
    called: list[str] = []

    class First:
        def request(self, _flow: object) -> None:
            called.append("first")
            raise AddonHalt

    class Second:
        def request(self, _flow: object) -> None:
            called.append("second")

    import asyncio

    asyncio.run(Table([First(), Second()]).run("request", object()))
    assert called == ["first"]
