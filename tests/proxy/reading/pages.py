"""What tests of reading share: pages that say something of themselves, and who asks for them."""

from __future__ import annotations

import ssl
from typing import Any

import httpx
from werkzeug import Response

RTA = "RTA-5042-1996-1400-1577-RTA"
LABELLED = f"<html><head><meta name='rating' content='{RTA}'></head><body>Harmless.</body></html>".encode()
CASINO = b"<p>Our online casino: free spins, blackjack and a welcome bonus for your first deposit.</p>"
HARMLESS = b"<!doctype html><title>Bread</title><p>Flour, water, salt.</p>" * 200
HTML = {"content-type": "text/html; charset=utf-8"}
JSON = {"content-type": "application/json"}


def client(gate: Any, **more: Any) -> httpx.Client:
    context = ssl.create_default_context(cafile=gate.ca)
    return httpx.Client(proxy=gate.url, verify=context, timeout=20, trust_env=False, **more)


def serve(server: Any, body: bytes, headers: dict[str, str] | None = None, status: int = 200) -> None:
    server.expect_request("/").respond_with_handler(
        lambda _request: Response(body, status, {**(HTML if headers is None else headers)})
    )


def ask(origins: Any, gate: Any, method: str = "GET", **headers: str) -> httpx.Response:
    with client(gate) as browser:
        return browser.request(
            method,
            f"http://good.example:{origins.plain.port}/",
            headers={
                "accept": "text/html",
                **{key.replace("_", "-"): value for key, value in headers.items()},
            },
        )
