"""Another CA takes over while the gate runs: it signs block pages, and nobody has to start anything."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, Any

from proxy.authority import FILE, create
from proxy.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def shows_a_page(proxy: tuple[str, int], ca: Path) -> bool:
    """Whether a device that trusts only this CA gets a block page over TLS."""
    trusting = ssl.create_default_context(cafile=str(ca))
    with contextlib.suppress(OSError), socket.create_connection(proxy, timeout=5) as plain:
        plain.sendall(b"CONNECT bet365.com:443 HTTP/1.1\r\nHost: bet365.com:443\r\n\r\n")
        plain.recv(100)
        with trusting.wrap_socket(plain, server_hostname="bet365.com") as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: bet365.com\r\n\r\n")
            return client.recv(100).startswith(b"HTTP/1.1 403")
    return False


def test_the_next_ca_signs_without_a_new_start(tmp_path: Path, start_up: Callable[..., Any]) -> None:
    up = start_up(tmp_path / "home")
    try:
        home = Home(up.home)
        before = tmp_path / "before.pem"
        before.write_bytes(home.ca_pem.read_bytes())
        assert shows_a_page(up.proxy, before)
        # As `advance` puts the next one in its place, but valid from today on.
        create(tmp_path, tmp_path / FILE)
        (tmp_path / FILE).replace(home.ca / FILE)
        assert up.until(lambda: shows_a_page(up.proxy, home.ca_pem), seconds=60)
        assert up.until(lambda: not shows_a_page(up.proxy, before), seconds=60)
    finally:
        up.process.terminate()
        assert up.process.wait(30) == 0
