"""A real browser through the gate: it trusts our CA and shows our page, not an error of its own."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture
def browse(tmp_path: Path) -> Iterator[Callable[[Any], Any]]:
    """Open a browser page that goes through a gate and has the gate's CA in its own store."""
    from playwright.sync_api import sync_playwright

    closing = []
    with sync_playwright() as playwright:

        def start(gate: Any) -> Any:
            certutil = shutil.which("certutil")
            arguments = ["--no-sandbox", "--disable-quic"]
            environment: dict[str, str | float | bool] = {"HOME": str(tmp_path)}
            if certutil is None:
                # Without the tool that fills Chromium's store, it is told the key of our CA instead.
                arguments.append(f"--ignore-certificate-errors-spki-list={_fingerprint(gate)}")
            else:
                store = tmp_path / ".pki" / "nssdb"
                store.mkdir(parents=True)
                base = [certutil, "-d", f"sql:{store}"]
                subprocess.run([*base, "-N", "--empty-password"], check=True)
                subprocess.run([*base, "-A", "-t", "C,,", "-n", "stairgate", "-i", gate.ca], check=True)
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM,
                args=arguments,
                proxy={"server": gate.url, "bypass": "<-loopback>"},
                env=environment,
            )
            closing.append(browser)
            return browser.new_page()

        yield start
        for browser in closing:
            browser.close()


def _fingerprint(gate: Any) -> str:
    import base64
    import hashlib
    from pathlib import Path

    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    certificate = x509.load_pem_x509_certificate(Path(gate.ca).read_bytes())
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_listed_site_shows_the_block_page(
    origins: Any, start_gate: Callable[..., Any], browse: Callable[[Any], Any], scheme: str
) -> None:
    server = origins.plain if scheme == "http" else origins.secure
    gate = start_gate(origins.policy(names=("bad.example",)), {"gambling": ["bad.example"]})
    page = browse(gate)
    answer = page.goto(f"{scheme}://bad.example:{server.port}/")
    assert answer.status == 403
    assert page.locator("h1").inner_text() == "This page stays closed"
    assert page.locator(".chip").inner_text() == "Category: Gambling"
    assert server.log == []


def test_an_unlisted_site_with_its_parts_is_shown(
    origins: Any, start_gate: Callable[..., Any], browse: Callable[[Any], Any]
) -> None:
    origins.secure.expect_request("/").respond_with_data(
        '<!doctype html><title>Own</title><h1>Own page</h1><script src="/own.js"></script>'
        '<img src="https://ads.example/x.png">',
        content_type="text/html",
    )
    origins.secure.expect_request("/own.js").respond_with_data(
        "document.title = 'ran'", content_type="text/javascript"
    )
    gate = start_gate(origins.policy(names=("good.example",)), {"ads": ["ads.example"]})
    page = browse(gate)
    page.goto(f"https://good.example:{origins.secure.port}/")
    assert page.title() == "ran"
    assert ("ads.example", "block", "category") in gate.notes.answers()
