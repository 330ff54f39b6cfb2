# noqa: INP001 - a script, run by hand; not a package
"""Takes docs/pictures/report.png from examples/report.html with the system's Chromium."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
WIDTH, HEIGHT = 1120, 1290


def main() -> int:
    """Write the picture; 69 where there is no Chromium."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.stderr.write("needs Chromium\n")
        return 69
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        tab = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        tab.goto((ROOT / "examples" / "report.html").as_uri())
        tab.screenshot(path=ROOT / "docs" / "pictures" / "report.png")
        chromium.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
