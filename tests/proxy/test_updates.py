"""Lists that stay good: a source that misbehaves in every way seen so far, and the copy that stays in use."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import os
import shutil
import tarfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from werkzeug import Request, Response

from proxy import downloads
from proxy.home import Home
from proxy.subscription_file import load_subscriptions
from proxy.subscriptions import add, rebuild
from proxy.updates import refresh_once, release, update
from rules.address import parse
from rules.errors import StairgateError
from rules.exits import Exit
from rules.pack import Pack

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_httpserver import HTTPServer

    from proxy.subscriptions import Change

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
DICE = Random(1)  # noqa: S311 - jitter, no secret
HOUR = dt.timedelta(hours=1)
NAMES = "".join(f"site{number}.example\n" for number in range(400))
HEAD = "# Title: Bets\n# Homepage: https://maker.example/\n# License: CC0-1.0\n# Expires: 12 hours\n"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the starter pack in it, compiled once."""
    home = Home(tmp_path_factory.mktemp("prepared"))
    rebuild(home)
    return home.path


@pytest.fixture
def home(tmp_path: Path, prepared: Path) -> Home:
    shutil.copytree(prepared, tmp_path / "home")
    return Home(tmp_path / "home")


class Source:
    """A list's server, whose next answer the test chooses."""

    def __init__(self, server: HTTPServer) -> None:
        self.answer: Response = Response(NAMES)
        self.came: list[Request] = []
        self.url = server.url_for("/list.txt")
        server.expect_request("/list.txt").respond_with_handler(self._handle)

    def _handle(self, request: Request) -> Response:
        self.came.append(request)
        return self.answer


@pytest.fixture
def source(httpserver: HTTPServer) -> Source:
    return Source(httpserver)


def is_listed(home: Home, host: str) -> bool:
    return bool(Pack.open(home.pack).look_up(parse(host)))


def subscribe(home: Home, source: Source, answer: Response | None = None) -> None:
    source.answer = answer or Response(NAMES)
    add(home, "bets", source.url, category="gambling", now=NOON)


def ask(home: Home, *, hours: float = 30) -> Change:
    (change,) = refresh_once(home, NOON + hours * HOUR, dice=DICE)
    return change


def test_a_list_that_is_due_is_asked_for_and_its_news_are_in_the_pack(home: Home, source: Source) -> None:
    subscribe(home, source)
    source.answer = Response(NAMES + "new.example\n")
    assert ask(home).outcome == "updated"
    assert is_listed(home, "new.example")


def test_a_list_that_is_not_due_is_left_alone(home: Home, source: Source) -> None:
    subscribe(home, source)
    assert refresh_once(home, NOON + HOUR) == []
    assert len(source.came) == 1


def test_the_time_a_list_gives_itself_decides_when_it_is_asked(home: Home, source: Source) -> None:
    subscribe(home, source, Response(HEAD + NAMES))
    assert refresh_once(home, NOON + 10 * HOUR) == []
    assert len(refresh_once(home, NOON + 12 * HOUR)) == 1


def test_a_source_that_says_how_long_its_answer_is_fresh_is_not_asked_before(
    home: Home, source: Source
) -> None:
    subscribe(home, source, Response(NAMES, headers={"Cache-Control": "public, max-age=172800"}))
    assert refresh_once(home, NOON + 30 * HOUR) == []
    assert len(refresh_once(home, NOON + 48 * HOUR)) == 1


def test_licence_and_maker_are_kept_as_the_list_says_them(home: Home, source: Source) -> None:
    subscribe(home, source, Response(HEAD + NAMES))
    bets = load_subscriptions(home)["bets"]
    assert (bets.licence, bets.attribution) == ("CC0-1.0", "Bets, https://maker.example/")


def dated(day: int) -> str:
    return f"# Last modified: 2026-11-{day:02d} 08:14:10 UTC\n"


BROKEN: dict[str, tuple[Response, Response, str]] = {
    "an-error": (Response(NAMES), Response("busy", status=503), "list-not-served"),
    "an-error-that-says-ok": (
        Response(NAMES),
        Response("<html><h1>502 Bad Gateway</h1>", content_type="text/plain"),
        "list-is-a-web-page",
    ),
    "a-log-in-page": (
        Response(NAMES),
        Response("\n<!DOCTYPE html><form>", content_type="text/html"),
        "list-is-a-web-page",
    ),
    "json": (
        Response(NAMES),
        Response('{"message": "API rate limit exceeded"}', content_type="application/json"),
        "list-is-json",
    ),
    "nothing": (Response(NAMES), Response(""), "list-empty"),
    "only-a-head": (Response(NAMES), Response(HEAD), "list-without-entries"),
    "cut-in-a-line": (Response(NAMES), Response(NAMES[: len(NAMES) * 9 // 10 - 3]), "list-cut"),
    "cut-by-its-own-count": (
        Response("# Entries: 400\n" + NAMES),
        Response("# Entries: 400\n" + "".join(NAMES.splitlines(keepends=True)[:300])),
        "list-cut",
    ),
    "cut-gzip": (
        Response(NAMES),
        Response(gzip.compress(NAMES.encode())[:-40], content_type="application/gzip"),
        "list-cut",
    ),
    "twice-in-one-file": (Response(NAMES), Response(NAMES + NAMES), "list-doubled"),
    "begun-again": (Response(NAMES), Response(NAMES[:2000] + NAMES), "list-doubled"),
    "older-by-its-date": (
        Response(dated(21) + NAMES),
        Response(dated(19) + NAMES + "a.example\n"),
        "list-older",
    ),
    "older-by-its-header": (
        Response(NAMES, headers={"Last-Modified": "Sat, 21 Nov 2026 20:00:00 GMT"}),
        Response(NAMES + "a.example\n", headers={"Last-Modified": "Fri, 20 Nov 2026 20:00:00 GMT"}),
        "list-older",
    ),
}


@pytest.mark.parametrize(("good", "broken", "code"), BROKEN.values(), ids=BROKEN)
def test_a_broken_download_is_refused_and_the_last_good_copy_stays(
    home: Home, source: Source, good: Response, broken: Response, code: str
) -> None:
    subscribe(home, source, good)
    source.answer = broken
    change = ask(home)
    assert change.outcome == "refused"
    assert change.error is not None
    assert change.error.problems[0].code == code
    assert is_listed(home, "site399.example")
    assert load_subscriptions(home)["bets"].trouble
    assert len(list((home.lists / "bets").iterdir())) == 1


def test_a_former_version_served_again_is_refused(home: Home, source: Source) -> None:
    subscribe(home, source)
    source.answer = Response(NAMES + "new.example\n")
    assert ask(home).outcome == "updated"
    source.answer = Response(NAMES)
    change = ask(home, hours=60)
    assert change.error is not None
    assert change.error.problems[0].code == "list-older"
    assert is_listed(home, "new.example")


def test_a_body_shorter_than_announced_is_refused(home: Home, source: Source) -> None:
    subscribe(home, source)
    cut = Response(NAMES[:2000])
    cut.headers["Content-Length"] = str(len(NAMES))
    cut.automatically_set_content_length = False
    source.answer = cut
    assert ask(home).outcome == "refused"
    assert is_listed(home, "site399.example")


def test_a_download_that_trickles_for_ever_is_given_up(tmp_path: Path, source: Source) -> None:
    moments = iter(range(0, 10_000, 1000))
    with pytest.raises(StairgateError) as caught:
        downloads.download(source.url, tmp_path, clock=lambda: next(moments))
    assert caught.value.problems[0].code == "list-unreachable"
    assert "longer than 15 minutes" in caught.value.problems[0].cause


def test_a_source_that_leads_round_in_circles_is_refused(tmp_path: Path, source: Source) -> None:
    source.answer = Response(status=302, headers={"Location": source.url})
    with pytest.raises(StairgateError, match="leads on"):
        downloads.download(source.url, tmp_path)


@pytest.mark.parametrize(
    ("share", "outcome"), [(0.4, "held"), (0.6, "updated"), (1.4, "updated"), (1.6, "held")]
)
def test_a_list_may_change_by_half_of_its_entries(
    home: Home, source: Source, share: float, outcome: str
) -> None:
    subscribe(home, source)
    source.answer = Response("".join(f"site{number}.example\n" for number in range(int(400 * share))))
    assert ask(home).outcome == outcome
    assert is_listed(home, "site399.example") == (outcome == "held" or share > 1)


def test_a_list_whose_category_is_nearly_empty_is_held_although_its_total_is_fine(
    home: Home, tmp_path: Path
) -> None:
    def write(gambling: int) -> None:
        for folder, number in (("gambling", gambling), ("games", 2000)):
            (tmp_path / "tree" / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / "tree" / folder / "domains").write_text(
                "".join(f"{folder}{one}.example\n" for one in range(number))
            )

    write(300)
    add(home, "ut1", str(tmp_path / "tree"), now=NOON)
    write(3)
    change = ask(home)
    assert change.outcome == "held"
    assert "in gambling" in change.subscription.held["because"]


def test_a_held_copy_shows_what_it_would_change(home: Home, source: Source) -> None:
    subscribe(home, source)
    source.answer = Response("other.example\nsite1.example\n")
    held = ask(home).subscription.held
    assert held["because"] == "400 → 2 (-100 %) entries in all"
    assert (held["gone"], held["new"], held["new_examples"]) == (399, 1, ["other.example"])
    assert len(held["gone_examples"]) == 10


def test_a_held_copy_that_a_parent_releases_is_in_use_and_no_longer_held(home: Home, source: Source) -> None:
    subscribe(home, source)
    source.answer = Response("other.example\n")
    ask(home)
    assert not is_listed(home, "other.example")
    assert release(home, "bets", now=NOON).outcome == "released"
    assert is_listed(home, "other.example")
    assert not is_listed(home, "site399.example")
    assert load_subscriptions(home)["bets"].held == {}
    assert len(list((home.lists / "bets").iterdir())) == 1


def test_a_copy_that_stays_odd_is_held_once(home: Home, source: Source) -> None:
    subscribe(home, source)
    source.answer = Response("other.example\n")
    first = ask(home).subscription.held
    assert ask(home, hours=60).subscription.held == first
    assert len(list((home.lists / "bets").iterdir())) == 2


@pytest.mark.parametrize("answer", [NAMES, NAMES + "new.example\n"], ids=["as-before", "with-news"])
def test_a_held_copy_is_forgotten_when_the_source_is_well_again(
    home: Home, source: Source, answer: str
) -> None:
    subscribe(home, source)
    source.answer = Response("other.example\n")
    ask(home)
    source.answer = Response(answer)
    assert ask(home, hours=60).subscription.held == {}
    assert len(list((home.lists / "bets").iterdir())) == 1
    with pytest.raises(StairgateError) as caught:
        release(home, "bets")
    assert caught.value.exit_code == Exit.USAGE


def test_the_last_good_copy_is_compiled_again_after_a_restart_while_the_source_is_gone(
    home: Home, source: Source
) -> None:
    subscribe(home, source)
    source.answer = Response(status=500)
    ask(home)
    home.pack.unlink()
    rebuild(home)
    assert is_listed(home, "site399.example")


def test_a_source_that_fails_is_asked_again_soon_and_then_less_often(home: Home, source: Source) -> None:
    subscribe(home, source)
    source.answer = Response(status=500)
    waits, at = [], NOON + 30 * HOUR
    for _ in range(5):
        (change,) = refresh_once(home, at, dice=DICE)
        due = dt.datetime.fromisoformat(change.subscription.due)
        waits.append((due - at).total_seconds() / 60)
        at = due
    assert waits == sorted(waits)
    assert 11 <= waits[0] <= 19
    assert waits[4] < 370


def test_a_source_that_asks_to_wait_is_left_alone_so_long(home: Home, source: Source) -> None:
    subscribe(home, source)
    source.answer = Response(status=429, headers={"Retry-After": "7200"})
    due = dt.datetime.fromisoformat(ask(home).subscription.due)
    assert due >= NOON + 32 * HOUR


def test_one_broken_list_does_not_keep_the_others_from_their_update(
    home: Home, source: Source, tmp_path: Path
) -> None:
    subscribe(home, source)
    other = tmp_path / "other.txt"
    other.write_text("one.example\n")
    add(home, "other", str(other), category="games", now=NOON)
    other.write_text("one.example\ntwo.example\n")
    source.answer = Response(status=500)
    outcomes = {change.subscription.name: change.outcome for change in update(home, now=NOON + 30 * HOUR)}
    assert outcomes == {"bets": "refused", "other": "updated"}
    assert is_listed(home, "two.example")


def test_a_list_removed_while_it_is_fetched_stays_removed(
    home: Home, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    from proxy import updates
    from proxy.subscriptions import remove

    subscribe(home, source)
    source.answer = Response(NAMES + "new.example\n")
    fetch = updates.fetch

    def fetch_and_remove(*words: object, **more: object) -> object:
        found = fetch(*words, **more)  # type: ignore[arg-type]
        remove(home, "bets")
        return found

    monkeypatch.setattr(updates, "fetch", fetch_and_remove)
    update(home, now=NOON + 30 * HOUR)
    assert load_subscriptions(home) == {}
    assert not is_listed(home, "new.example")
    assert not is_listed(home, "site1.example")


def test_an_archive_that_holds_its_tree_twice_is_refused(home: Home, tmp_path: Path) -> None:
    archive = tmp_path / "lists.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for folder in ("blacklists/blacklists/gambling", "blacklists/gambling"):
            content = b"bets.example\n"
            member = tarfile.TarInfo(f"{folder}/domains")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    with pytest.raises(StairgateError) as caught:
        add(home, "ut1", str(archive))
    assert caught.value.problems[0].code == "list-doubled"


def incidents() -> list[Path]:
    lists = os.environ.get("STAIRGATE_TEST_LISTS")
    return sorted(Path(lists, "blocklistproject", "incidents").glob("*")) if lists else []


@pytest.mark.skipif(not incidents(), reason="STAIRGATE_TEST_LISTS names no folder of real lists")
@pytest.mark.parametrize("incident", incidents(), ids=lambda path: path.name)
def test_a_release_that_was_really_broken_does_not_take_the_good_ones_place(
    home: Home, source: Source, incident: Path
) -> None:
    good = "# Title: Good\n#\n" + "".join(f"0.0.0.0 site{number}.example\n" for number in range(400))
    subscribe(home, source, Response(good))
    source.answer = Response(incident.read_bytes(), content_type="text/plain")
    assert ask(home).outcome in {"refused", "held"}
    assert is_listed(home, "site399.example")


def broken_downloads() -> list[Path]:
    lists = os.environ.get("STAIRGATE_TEST_LISTS")
    return sorted(Path(lists, "format-samples", "broken-downloads").glob("*")) if lists else []


@pytest.mark.skipif(not broken_downloads(), reason="STAIRGATE_TEST_LISTS names no folder of real lists")
@pytest.mark.parametrize("broken", broken_downloads(), ids=lambda path: path.name)
def test_a_download_of_the_broken_kinds_does_not_take_the_good_ones_place(
    home: Home, source: Source, broken: Path
) -> None:
    subscribe(home, source)
    source.answer = Response(broken.read_bytes(), content_type="text/plain")
    assert ask(home).outcome in {"refused", "held"}
    assert is_listed(home, "site399.example")


def test_an_update_of_all_lists_keeps_to_the_hours_of_their_makers(
    home: Home, source: Source, save: Callable[[Home, str], None]
) -> None:
    subscribe(home, source)
    save(home, "19-08")
    assert update(home, now=NOON) == []
    assert len(update(home, ["bets"], now=NOON)) == 1
    assert len(update(home, now=NOON + 8 * HOUR)) == 1


@pytest.fixture
def save() -> Callable[[Home, str], None]:
    """Give the list hours in which its source may be asked."""
    from dataclasses import replace

    from proxy.subscription_file import save_subscriptions

    def change(home: Home, hours: str) -> None:
        lists = load_subscriptions(home)
        save_subscriptions(home, {name: replace(one, hours=hours) for name, one in lists.items()})

    return change
