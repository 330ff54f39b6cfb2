"""Firefox through the gate, with our CA in its store: a page that passes, and in it one that does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import NAME

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIREFOX = shutil.which("firefox-esr")
CERTUTIL = shutil.which("certutil")
pytestmark = [
    pytest.mark.skipif(FIREFOX is None, reason="no Firefox here: apt-get install firefox-esr"),
    pytest.mark.skipif(CERTUTIL is None, reason="no certutil here: apt-get install libnss3-tools"),
    pytest.mark.xdist_group("browser"),
]


def picture(road: Any, address: str, folder: Path) -> bytes:
    """What Firefox shows of an address, as the picture it makes of it."""
    profile = folder / "profile"
    profile.mkdir()
    base = [str(CERTUTIL), "-d", f"sql:{profile}"]
    subprocess.run([*base, "-N", "--empty-password"], check=True)
    subprocess.run([*base, "-A", "-t", "C,,", "-n", "stairgate", "-i", road.ca], check=True)
    host, port = road.gate.gate.address
    settings: dict[str, object] = {
        "network.proxy.type": 1,
        "network.proxy.no_proxies_on": "",
        "network.trr.mode": 5,
        "network.captive-portal-service.enabled": False,
        "network.connectivity-service.enabled": False,
        "browser.safebrowsing.downloads.remote.enabled": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "app.update.auto": False,
        "browser.shell.checkDefaultBrowser": False,
    }
    for kind in ("http", "ssl"):
        settings |= {f"network.proxy.{kind}": host, f"network.proxy.{kind}_port": port}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in settings.items()]
    (profile / "user.js").write_text("\n".join(lines) + "\n")
    shown = folder / "shown.png"
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "MOZ_HEADLESS": "1"}
    command = [str(FIREFOX), "--headless", "--no-remote", "--profile", str(profile)]
    command += ["--window-size", "400,300", "--screenshot", str(shown), address]
    subprocess.run(command, env=environment, capture_output=True, timeout=100, check=True)
    return shown.read_bytes()


def test_firefox_trusts_our_ca_and_shows_pages_and_block_pages(
    road: Callable[..., Any], tmp_path: Path
) -> None:
    # Everything else that a browser asks for by itself is closed, so that nobody else is dialled.
    rules = f"allow: [{NAME}]\nblock: [{NAME}/closed]\ncategories: {{uncategorised: block}}\n"
    built = road("looked into", rules=rules)
    page = '<!doctype html><img src="/dot.png"><iframe src="/closed"></iframe>'
    (built.site.folder / "page.html").write_text(page)
    (tmp_path / "fox").mkdir()
    assert picture(built, f"{built.base}/page.html", tmp_path / "fox").startswith(b"\x89PNG")
    # A certificate warning would have asked for no parts of the page.
    assert {"/page.html", "/dot.png"} <= set(built.site.seen)
    assert "/closed" not in built.site.seen
    noted = {(asked.address.path, str(decision.action)) for asked, decision, _ in built.gate.notes.lines}
    assert {("/page.html", "allow"), ("/dot.png", "allow"), ("/closed", "block")} <= noted
