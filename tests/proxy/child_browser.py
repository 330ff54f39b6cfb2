"""The curious child's browser, in the device's network of child_world.py: Chromium set to go its own ways.

It has a resolver of its own, QUIC, and a script that may read every answer, as an extension may.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def browse(url: str, folder: str, *words: str, seconds: int = 40) -> str:
    """What Chromium shows: with a resolver of its own switched on, and QUIC; warnings are clicked away.

    It shows a page as soon as it is there, and after `seconds` whatever there is: its first start on a cold
    machine takes longer than ten.
    """
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors"]
    command += [
        f"--user-data-dir={folder}/browser",
        "--enable-quic",
        "--no-first-run",
        "--disable-dev-shm-usage",
    ]
    command += [f"--timeout={seconds}000", *words, "--dump-dom", url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 30)
    return done.stdout or f"nothing; it ended with {done.returncode}: {done.stderr[-2000:]}"


def be_browser(gate: str) -> None:
    """A browser set to go its own ways, with the gate as its proxy and without."""
    folder = tempfile.mkdtemp()
    policies = Path(folder) / "policies" / "managed"
    policies.mkdir(parents=True)
    own = {"DnsOverHttpsMode": "secure", "DnsOverHttpsTemplates": "https://1.1.1.1/dns-query{?dns}"}
    (policies / "own.json").write_text(json.dumps(own | {"QuicAllowed": True}))
    subprocess.run(["mount", "-t", "tmpfs", "none", "/etc/chromium"], check=True)
    subprocess.run(["cp", "-r", f"{folder}/policies", "/etc/chromium/"], check=True)
    through = f"--proxy-server={gate}"
    seen = {
        "open": browse("https://good.example/", folder, through),
        "blocked": browse("https://bad.example.com/", folder, through),
        "without the proxy": browse("https://bad.example.com/", folder, seconds=5),
    }
    sys.stdout.write(json.dumps(seen | {"by script": run_script(gate)}))


def run_script(gate: str) -> Any:
    """What a script reaches that may read every answer, as a browser's extension may."""
    from playwright.sync_api import sync_playwright

    free = ["--no-sandbox", "--disable-web-security", "--disable-dev-shm-usage", "--enable-quic"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=free, proxy={"server": gate}
        )
        page = browser.new_page(ignore_https_errors=True)
        page.goto("https://good.example/script", timeout=60_000)
        page.wait_for_function("document.title === 'done'", timeout=100_000)
        told = json.loads(page.inner_text("body"))
        browser.close()
    return told
