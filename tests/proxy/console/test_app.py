"""The console over HTTP: its door, its headers, the page Today and its JSON twin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.testclient import TestClient

from proxy.board import Board
from proxy.console.app import make_app
from proxy.console.condition import Condition
from proxy.console.door import hosts_of
from proxy.first_run import prepare_rules
from proxy.home import Home, open_home
from proxy.household import pins
from proxy.household.store import open_store
from proxy.journal.record import Record, Rule
from proxy.journal.store import insert
from proxy.journal.writer import Journal
from proxy.live import Live
from proxy.pinning import Sighting
from proxy.subscription_file import Subscription, save_subscriptions
from proxy.supervisor import OWN_SLOT
from rules.errors import Problem, StairgateError

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "k" * 43
NOW = datetime(2026, 11, 21, 19, 15, tzinfo=UTC)
BASE = "http://127.0.0.1:8081"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = open_home(tmp_path_factory.mktemp("home"))
    home.policy.write_text("country: FR\nzone: Europe/Paris\npeople: {everyone: {profile: tween}}\n")
    prepare_rules(home)
    return home


@pytest.fixture
def live(home: Home) -> Live:
    return Live(home)


@pytest.fixture
def journal(tmp_path: object) -> Iterator[Journal]:
    with Journal.open(Home(tmp_path)) as journal:  # type: ignore[arg-type]  # pytest's own path
        yield journal


def part(*, ready: bool = True, failing: bool = False, why: str = "") -> dict[str, object]:
    return {"ready": ready, "failing": failing, "why": why, "restarts": int(bool(why)), "pid": 1}


@pytest.fixture
def board() -> Board:
    """All parts are well."""
    made = Board((OWN_SLOT, "journal", "worker-1", "worker-2", "console"))
    made.write(OWN_SLOT, {"parts": {name: part() for name in made.names[1:]}})
    return made


@pytest.fixture
def visitor(live: Live, journal: Journal, board: Board) -> TestClient:
    """Someone who has no key."""
    app = make_app(
        live,
        journal.engine,
        key=KEY,
        hosts=hosts_of("127.0.0.1", 8081),
        proxy="127.0.0.1:8080",
        condition=Condition(board),
        clock=lambda: NOW,
    )
    return TestClient(app, base_url=BASE, follow_redirects=False)


@pytest.fixture
def parent(visitor: TestClient) -> TestClient:
    """Someone who has opened the link."""
    visitor.get("/", params={"key": KEY})
    return visitor


def record(minutes_ago: int, **changes: object) -> Record:
    values: dict[str, object] = {
        "at": NOW - timedelta(minutes=minutes_ago),
        "person": "anna",
        "device": "",
        "host": f"host{minutes_ago}.example",
        "url": f"https://host{minutes_ago}.example/",
        "action": "block",
        "category": "gambling",
        "reason": "category",
        "rule": Rule(list="ut1", file="gambling/domains", line=7, entry="x"),
        "because": "ut1 says so.",
    }
    return Record(**(values | changes))  # type: ignore[arg-type]  # a table of keyword arguments


def write(journal: Journal, *records: Record) -> None:
    with journal.engine.begin() as connection:
        insert(connection, records)


def test_the_link_gives_a_session_and_leads_to_an_address_without_the_key(visitor: TestClient) -> None:
    answer = visitor.get("/", params={"key": KEY})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert KEY not in cookie


@pytest.mark.parametrize("path", ["/", "/today.json", "/openapi.json", "/?key=wrong", "/nothing"])
def test_without_a_session_every_page_is_closed(visitor: TestClient, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 403
    assert "Last decisions" not in answer.text


@pytest.mark.parametrize("header", [{"host": "rebound.example"}, {"origin": "http://evil.example"}])
def test_even_with_a_session_another_name_or_page_is_not_answered(
    parent: TestClient, header: dict[str, str]
) -> None:
    assert parent.get("/", headers=header).status_code == 403


@pytest.mark.parametrize("path", ["/", "/today.json", "/style.css", "/nothing", "/?key=wrong"])
def test_every_answer_is_private_and_runs_nothing(parent: TestClient, path: str) -> None:
    headers = parent.get(path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_the_page_needs_no_script_no_inline_style_and_nobody_else(
    parent: TestClient, journal: Journal
) -> None:
    write(journal, record(1))

    class Reader(HTMLParser):
        found: list[str] = []  # noqa: RUF012 - one reader, one test

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            for name, value in attrs:
                outside = name in {"src", "href"} and not (value or "").startswith(("/", "#"))
                if tag == "script" or name == "style" or name.startswith("on") or outside:
                    self.found.append(f"{tag} {name}={value}")

    reader = Reader()
    reader.feed(parent.get("/").text)
    assert reader.found == []


def test_today_counts_from_midnight_in_the_policys_zone(parent: TestClient, journal: Journal) -> None:
    since_midnight = 20 * 60 + 15  # in Paris, whatever this machine's own zone is
    write(
        journal,
        record(since_midnight + 1),
        record(since_midnight - 1),
        record(5, action="allow", category=None),
        record(4, action="warn", category="forums_boards"),
    )
    twin = parent.get("/today.json").json()
    assert (twin["allowed"], twin["blocked"]) == (1, 2)
    assert [(row["id"], row["blocked"]) for row in twin["categories"]] == [
        ("forums_boards", 1),
        ("gambling", 1),
    ]


def test_the_last_fifty_decisions_are_shown_newest_first_each_with_its_reason(
    parent: TestClient, journal: Journal
) -> None:
    write(journal, *(record(minutes) for minutes in range(60, 0, -1)))
    last = parent.get("/today.json").json()["last"]
    assert [row["host"] for row in last] == [f"host{minutes}.example" for minutes in range(1, 51)]
    page = parent.get("/").text
    assert page.count("ut1 says so.") == 50
    assert page.index("host1.example") < page.index("host2.example")


def test_what_a_site_calls_itself_is_text_and_never_markup(parent: TestClient, journal: Journal) -> None:
    write(journal, record(1, host="<script>alert(1)</script>", because="<b>x</b>", person='"><img src=x>'))
    page = parent.get("/").text
    assert "<script>" not in page
    assert "<b>x" not in page
    assert "<img" not in page


def test_a_quiet_day_has_a_page(parent: TestClient) -> None:
    page = parent.get("/")
    assert page.status_code == 200
    assert "Protection is on" in page.text
    assert "Nothing has been asked for yet" in page.text


def test_an_edit_that_is_not_in_force_needs_a_parents_eye(parent: TestClient, live: Live) -> None:
    live.trouble = StairgateError(
        Problem(code="wrong-kind", place="policy.yaml:4", cause="It is no profile.", hint="Mend it.")
    )
    twin = parent.get("/today.json").json()
    assert twin["state"] == "worried"
    assert "policy.yaml:4" in twin["worries"][0]
    assert "policy.yaml:4" in parent.get("/").text


def test_a_list_that_could_not_be_updated_needs_a_parents_eye(parent: TestClient, home: Home) -> None:
    save_subscriptions(
        home, {"bets": Subscription(name="bets", source="x", trouble="The server answered 404.")}
    )
    worries = parent.get("/today.json").json()["worries"]
    home.subscriptions.unlink()
    assert worries == [
        "The list bets was not updated, and its last good copy is in use: The server answered 404."
    ]


def test_a_held_copy_and_a_stale_list_need_a_parents_eye(parent: TestClient, home: Home) -> None:
    held = {"because": "400 → 2 (-100 %) entries in all", "values": {"copy": "copy-2"}}
    bets = Subscription(name="bets", source="x", heard="2026-01-01T00:00:00Z", held=held)
    save_subscriptions(home, {"bets": bets})
    worries = parent.get("/today.json").json()["worries"]
    home.subscriptions.unlink()
    assert [worry[:40] for worry in worries] == [
        "A new copy of the list bets is held back",
        "The list bets is stale: nothing was hear",
    ]


def test_a_journal_that_breaks_is_said_on_the_page_and_breaks_no_page(
    parent: TestClient, journal: Journal
) -> None:
    journal.engine.dispose()
    journal.path.write_bytes(b"no database" * 1000)
    answer = parent.get("/today.json")
    assert answer.status_code == 200
    assert answer.json()["state"] == "worried"


def test_without_a_worker_the_page_says_that_protection_is_off(parent: TestClient, board: Board) -> None:
    dead = part(ready=False, failing=True, why="was ended by signal 9")
    board.write(OWN_SLOT, {"parts": {"worker-1": dead, "worker-2": dead, "journal": part()}})
    assert "Protection is off" in parent.get("/").text
    twin = parent.get("/today.json").json()
    assert twin["state"] == "off"
    assert "was ended by signal 9" in twin["worries"][0]


def test_one_dead_worker_of_two_needs_a_parents_eye(parent: TestClient, board: Board) -> None:
    dead = part(ready=False, why="was silent for 0.8 s and was ended")
    board.write(OWN_SLOT, {"parts": {"worker-1": dead, "worker-2": part(), "journal": part()}})
    twin = parent.get("/today.json").json()
    assert twin["state"] == "worried"
    assert twin["worries"] == ["1 of 2 processes of the gate is down: it was silent for 0.8 s and was ended."]


def test_what_the_journal_lost_is_counted_over_all_processes(parent: TestClient, board: Board) -> None:
    board.write("worker-1", {"lost": 3})
    board.write("worker-2", {"before": {"lost": 4}})  # just replaced, has said nothing yet
    board.write("journal", {"lost": 5, "trouble": "The disk is full."})
    assert parent.get("/today.json").json()["worries"] == [
        "The disk is full.",
        "12 decisions could not be written into the journal.",
    ]


def test_apps_that_cannot_be_looked_into_are_shown_with_the_number_that_ends_it(
    parent: TestClient, home: Home
) -> None:
    assert "certificate on one device" not in parent.get("/").text
    at = int(NOW.timestamp()) - 60
    names = [("school.example", 0, True), ("news.example", 0, True), ("films.example", 0, True)]
    names += [("app.example", after, False) for after in (10, 20, 30)]
    sightings = [
        Sighting(device="192.168.1.20", person="everyone", host=host, at=at + after, trusted=trusted)
        for host, after, trusted in names
    ]
    engine = open_store(home.household)
    with engine.begin() as connection:
        pins.learn(connection, sightings, NOW)
    (shown,) = parent.get("/today.json").json()["pinned"]
    page = parent.get("/").text
    with engine.begin() as connection:
        assert pins.forget(connection, shown["id"])
    engine.dispose()
    assert (shown["host"], shown["device"]) == ("app.example", "192.168.1.20")
    assert "certificate on one device" in page
    assert f"192.168.1.20 · until 2026-12-21 · number {shown['id']}" in page


def test_the_shape_of_the_twin_is_described(parent: TestClient) -> None:
    described = parent.get("/openapi.json")
    assert isinstance(described, httpx.Response)
    assert "/today.json" in described.json()["paths"]
