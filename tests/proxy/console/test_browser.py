"""The console in a real browser: the link opens it, and its own rules forbid nothing that it needs."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING, Any

import pytest

from proxy.board import Board
from proxy.console.app import make_app
from proxy.console.condition import Condition
from proxy.console.door import hosts_of
from proxy.console.server import link as link_of
from proxy.console.server import make_server
from proxy.first_run import prepare_rules
from proxy.home import open_home
from proxy.journal.writer import Journal
from proxy.listening import open_listener
from proxy.live import Live
from proxy.supervisor import OWN_SLOT
from rules.address import parse
from rules.decision import Request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture
def link(tmp_path: Path) -> Iterator[str]:
    """The link of a console with one blocked address in its journal."""
    home = open_home(tmp_path / "home")
    prepare_rules(home)
    live = Live(home)
    request = Request(address=parse("https://bet365.com/"), text="")
    with Journal.open(home) as journal:  # closed again at once, so that the record is on disk
        journal.note(request, live.decide(request))
    board = Board((OWN_SLOT, "journal", "worker-1"))
    board.write(OWN_SLOT, {"parts": {"worker-1": {"ready": True, "failing": False, "why": ""}}})
    with open_listener(("127.0.0.1", 0), option="--console") as listener, Journal.open(home) as journal:
        app = make_app(
            live,
            journal.engine,
            key="k" * 43,
            hosts=hosts_of(*listener.getsockname()[:2]),
            proxy="127.0.0.1:8080",
            condition=Condition(board),
        )
        server = make_server(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield link_of(listener, "k" * 43)
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def page() -> Iterator[Any]:
    """A page on a phone's screen."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 360, "height": 740})
        browser.close()


def test_the_link_opens_today_on_a_phone_and_nothing_is_refused_by_its_own_rules(
    page: Any, link: str
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(link)
    page.get_by_text("bet365.com", exact=True).wait_for(timeout=10_000)
    assert "key" not in page.url
    assert page.get_by_role("heading", level=1).inner_text() == "Protection is on"
    # Styled: the card has its own ground; nothing sticks out sideways on a narrow screen.
    assert page.locator("section").first.evaluate("one => getComputedStyle(one).borderRadius") == "16px"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []


def test_a_browser_without_the_link_stays_outside(page: Any, link: str) -> None:
    answer = page.goto(link.partition("?")[0])
    assert answer.status == 403
    assert page.get_by_role("heading", level=1).inner_text() == "This door is closed"
