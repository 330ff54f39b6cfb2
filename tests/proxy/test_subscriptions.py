"""Subscribed lists: what comes in, what is refused, and that a refusal leaves everything as it was."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from werkzeug import Request, Response

from proxy.home import Home
from proxy.subscription_file import load_subscriptions
from proxy.subscriptions import add, rebuild, remove
from proxy.updates import update
from rules.address import parse
from rules.errors import StairgateError
from rules.exits import Exit
from rules.pack import Pack

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

NAMES = "".join(f"site{number}.example\n" for number in range(100))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the starter pack in it, compiled once."""
    home = Home(tmp_path_factory.mktemp("prepared"))
    rebuild(home)
    return home.path


@pytest.fixture
def home(tmp_path: Path, prepared: Path) -> Home:
    home = Home(tmp_path / "home")
    home.pack.parent.mkdir(parents=True)
    home.pack.write_bytes((prepared / "packs" / "current.pack").read_bytes())
    return home


def listed(home: Home, host: str) -> set[tuple[str, str]]:
    """List and category of every entry that speaks of a host."""
    return {(match.list, match.category) for match in Pack.open(home.pack).look_up(parse(host))}


def snapshot(home: Home) -> dict[str, bytes]:
    """Every file of the home but the lock."""
    return {
        str(path.relative_to(home.path)): path.read_bytes()
        for path in home.path.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_an_added_file_is_in_the_pack_with_its_category(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "bets.txt"
    source.write_text(NAMES)
    change = add(home, "bets", str(source), category="gambling")
    assert (change.outcome, change.subscription.entries) == ("added", 100)
    assert listed(home, "www.site7.example") == {("bets", "gambling")}


def test_the_starter_lists_stay_beside_an_added_one(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "bets.txt"
    source.write_text(NAMES)
    before = set(Pack.open(home.pack).lists)
    add(home, "bets", str(source), category="gambling")
    assert set(Pack.open(home.pack).lists) == before | {"bets"}


def test_a_squidguard_tree_brings_its_categories_and_says_which_are_unknown(
    home: Home, tmp_path: Path
) -> None:
    for folder in ("gambling", "adult", "cooking"):
        (tmp_path / "tree" / folder).mkdir(parents=True)
        (tmp_path / "tree" / folder / "domains").write_text(f"{folder}.example\n")
    change = add(home, "ut1", str(tmp_path / "tree"))
    assert change.subscription.categories == {"gambling": 1, "pornography": 1}
    assert change.unknown == ("cooking",)
    assert listed(home, "adult.example") == {("ut1", "pornography")}
    assert listed(home, "cooking.example") == set()


def test_a_tree_in_a_tar_archive_is_read_and_nothing_of_it_is_written_elsewhere(
    home: Home, tmp_path: Path
) -> None:
    archive = tmp_path / "lists.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("blacklists/gambling/domains", "../../gambling/urls", "/etc/gambling/expressions"):
            content = b"bets.example\n"
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("blacklists/adult/domains")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    change = add(home, "ut1", str(archive))
    assert change.subscription.categories == {"gambling": 3}
    assert {path.parent.name for path in home.lists.rglob("*") if path.is_file()} == {"gambling"}


def test_malformed_lines_are_counted_by_reason_with_file_and_line(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "bets.txt"
    source.write_text("good.example\n\nnot a name at all\ncom\n")
    change = add(home, "bets", str(source), category="gambling")
    assert change.survey is not None
    assert change.subscription.entries == 1
    assert sum(change.subscription.skipped.values()) == 2
    assert [(line.file, line.line) for line in change.survey.examples] == [
        ("bets.txt", 3),
        ("bets.txt", 4),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "list-without-entries"),
        (b"# nothing but a comment\n", "list-without-entries"),
        (b"\x7fELF\x02\x01\x00\x00\x00", "list-binary"),
        (b"<!doctype html><title>Log in</title>", "list-is-a-page"),
        (gzip.compress(NAMES.encode(), mtime=0)[:60], "list-cut"),
    ],
    ids=["nothing", "comments-only", "a-program", "a-web-page", "gzip-cut-off"],
)
def test_what_is_no_list_is_refused_and_nothing_has_changed(
    home: Home, tmp_path: Path, content: bytes, code: str
) -> None:
    source = tmp_path / "list"
    source.write_bytes(content)
    before = snapshot(home)
    with pytest.raises(StairgateError) as caught:
        add(home, "bets", str(source), category="gambling")
    assert caught.value.problems[0].code == code
    assert caught.value.problems[0].place == str(source)
    assert caught.value.exit_code == Exit.DATA
    assert snapshot(home) == before


def test_a_file_that_is_not_there_ends_in_69(home: Home, tmp_path: Path) -> None:
    before = snapshot(home)
    with pytest.raises(StairgateError) as caught:
        add(home, "bets", str(tmp_path / "nowhere"), category="gambling")
    assert caught.value.exit_code == Exit.MISSING
    assert snapshot(home) == before


def test_what_is_no_file_is_refused_and_not_waited_for(home: Home, tmp_path: Path) -> None:
    before = snapshot(home)
    os.mkfifo(tmp_path / "pipe")
    for source in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(StairgateError) as caught:
            add(home, "bets", str(source), category="gambling")
        assert (caught.value.exit_code, caught.value.problems[0].code) == (Exit.DATA, "not-a-file")
    assert snapshot(home) == before


def test_a_single_file_without_a_category_ends_in_64(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "bets.txt"
    source.write_text(NAMES)
    with pytest.raises(StairgateError) as caught:
        add(home, "bets", str(source))
    assert caught.value.exit_code == Exit.USAGE
    assert "--category" in caught.value.problems[0].hint


@pytest.mark.parametrize("name", ["", "Big Letters", "../up", "policy", "stairgate-starter", "x" * 65])
def test_a_name_that_cannot_be_is_refused(home: Home, tmp_path: Path, name: str) -> None:
    with pytest.raises(StairgateError) as caught:
        add(home, name, str(tmp_path), category="gambling")
    assert caught.value.exit_code == Exit.USAGE


def test_a_name_that_is_taken_is_refused(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "bets.txt"
    source.write_text(NAMES)
    add(home, "bets", str(source), category="gambling")
    with pytest.raises(StairgateError, match="there already"):
        add(home, "bets", str(source), category="gambling")


def test_a_removed_list_leaves_neither_entries_nor_a_copy(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "bets.txt"
    source.write_text(NAMES)
    add(home, "bets", str(source), category="gambling")
    remove(home, "bets")
    assert listed(home, "site7.example") == set()
    assert list(home.lists.iterdir()) == []
    assert load_subscriptions(home) == {}


def test_an_update_takes_up_what_is_new_and_forgets_what_is_gone(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "bets.txt"
    source.write_text(NAMES)
    add(home, "bets", str(source), category="gambling")
    source.write_text(NAMES.replace("site7.example", "new.example"))
    (change,) = update(home)
    assert change.outcome == "updated"
    assert listed(home, "new.example") == {("bets", "gambling")}
    assert listed(home, "site7.example") == set()
    assert len(list((home.lists / "bets").iterdir())) == 1


def test_an_update_of_something_unchanged_leaves_the_pack_alone(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "bets.txt"
    source.write_text(NAMES)
    add(home, "bets", str(source), category="gambling")
    before = home.pack.stat().st_mtime_ns
    assert [change.outcome for change in update(home)] == ["unchanged"]
    assert home.pack.stat().st_mtime_ns == before


@pytest.mark.parametrize("broken", ["", "<!doctype html><p>sorry"])
def test_a_source_that_breaks_is_refused_and_its_last_good_copy_stays(
    home: Home, tmp_path: Path, broken: str
) -> None:
    source = tmp_path / "bets.txt"
    source.write_text(NAMES)
    add(home, "bets", str(source), category="gambling")
    source.write_text(broken)
    (change,) = update(home)
    assert change.outcome == "refused"
    assert change.error is not None
    assert listed(home, "site7.example") == {("bets", "gambling")}
    assert load_subscriptions(home)["bets"].trouble


def serve(httpserver: HTTPServer, answers: list[Response]) -> list[Request]:
    """Give the answers one after another; the requests that came are collected."""
    came: list[Request] = []

    def handle(request: Request) -> Response:
        came.append(request)
        return answers[min(len(came), len(answers)) - 1]

    httpserver.expect_request("/list.txt").respond_with_handler(handle)
    return came


def test_a_list_behind_an_address_is_asked_for_again_only_if_it_changed(
    home: Home, httpserver: HTTPServer
) -> None:
    first = Response(NAMES, headers={"ETag": '"one"', "Last-Modified": "Sat, 21 Nov 2026 20:00:00 GMT"})
    came = serve(httpserver, [first, Response(status=304)])
    add(home, "bets", httpserver.url_for("/list.txt"), category="gambling")
    (change,) = update(home)
    assert change.outcome == "unchanged"
    assert came[1].headers["If-None-Match"] == '"one"'
    assert came[1].headers["If-Modified-Since"] == "Sat, 21 Nov 2026 20:00:00 GMT"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response("gone", status=404), "list-not-served"),
        (Response("<p>hello", content_type="text/html"), "list-is-a-web-page"),
        (Response("  <!DOCTYPE html><p>log in", content_type="text/plain"), "list-is-a-web-page"),
        (Response("", content_type="text/plain"), "list-empty"),
    ],
)
def test_an_answer_that_is_no_list_is_refused(
    home: Home, httpserver: HTTPServer, answer: Response, code: str
) -> None:
    serve(httpserver, [answer])
    before = snapshot(home)
    with pytest.raises(StairgateError) as caught:
        add(home, "bets", httpserver.url_for("/list.txt"), category="gambling")
    assert caught.value.problems[0].code == code
    assert snapshot(home) == before


def test_a_server_that_is_not_there_ends_in_69(home: Home) -> None:
    with pytest.raises(StairgateError) as caught:
        add(home, "bets", "http://127.0.0.1:1/list.txt", category="gambling")
    assert caught.value.exit_code == Exit.MISSING


def test_a_download_larger_than_the_limit_is_refused(
    home: Home, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from proxy import downloads

    monkeypatch.setattr(
        downloads.download, "__kwdefaults__", downloads.download.__kwdefaults__ | {"largest": 99}
    )
    serve(httpserver, [Response(NAMES, content_type="text/plain")])
    with pytest.raises(StairgateError) as caught:
        add(home, "bets", httpserver.url_for("/list.txt"), category="gambling")
    assert caught.value.problems[0].code == "list-too-large"


def test_a_lists_file_edited_wrongly_is_reported_with_its_lines(home: Home) -> None:
    home.subscriptions.write_text("lists:\n  bets:\n    source: 7\n    colour: red\n")
    with pytest.raises(StairgateError) as caught:
        load_subscriptions(home)
    assert [problem.place for problem in caught.value.problems] == ["lists.yaml:3", "lists.yaml:4"]


def test_a_damaged_pack_is_compiled_again_by_an_update_although_nothing_is_new(
    home: Home, tmp_path: Path
) -> None:
    source = tmp_path / "bets.txt"
    source.write_text(NAMES)
    add(home, "bets", str(source), category="gambling")
    home.pack.write_bytes(home.pack.read_bytes()[:5000])
    assert [change.outcome for change in update(home)] == ["unchanged"]
    assert listed(home, "site7.example") == {("bets", "gambling")}


def test_a_pack_that_holds_what_is_no_longer_subscribed_is_compiled_again(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "bets.txt"
    source.write_text(NAMES)
    add(home, "bets", str(source), category="gambling")
    home.subscriptions.unlink()
    assert rebuild(home) is not None
    assert listed(home, "site7.example") == set()
    assert rebuild(home) is None


def test_a_list_whose_copy_is_lost_is_fetched_whole(home: Home, httpserver: HTTPServer) -> None:
    came = serve(httpserver, [Response(NAMES, headers={"ETag": '"one"'})])
    add(home, "bets", httpserver.url_for("/list.txt"), category="gambling")
    for folder in (home.lists / "bets").iterdir():
        shutil.rmtree(folder)
    assert [change.outcome for change in update(home)] == ["updated"]
    assert "If-None-Match" not in came[1].headers
    assert len(list((home.lists / "bets").iterdir())) == 1
