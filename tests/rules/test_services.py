"""One-click services: enough of them, each with a category of the taxonomy, found by host and by path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from rules import address, help, services, starter  # noqa: A004 - the module's name
from rules.errors import StairgateError

if TYPE_CHECKING:
    from pathlib import Path

ALL = list(services.services().values())
COVERED = [name for service in ALL for name in (*service.hosts, *service.paths)]
PAGE = """title: Video
services:
  - id: one
    title: One
    category: video_streaming
    hosts: [one.example]
    paths: [two.example/part]
"""


def load(folder: Path, text: str) -> tuple[services.Service, ...]:
    (folder / "video.yaml").write_text(text, encoding="utf-8")
    return services.load(folder)


def ids_at(url: str) -> list[str]:
    return [service.id for service in services.services_at(address.parse(url))]


def test_there_are_at_least_120_services() -> None:
    assert len(ALL) >= 120


def test_the_kinds_a_family_asks_for_are_there() -> None:
    assert {service.category for service in ALL} >= {
        "video_streaming",
        "short_video",
        "social_networks",
        "messaging",
        "stranger_chat",
        "games",
        "ai_chat",
        "music_radio",
        "shopping",
    }


def test_no_host_belongs_to_two_services_and_none_is_a_public_suffix() -> None:
    assert len(set(COVERED)) == len(COVERED)
    suffixes = PublicSuffixList()
    assert [name for name in COVERED if suffixes.publicsuffix(name.partition("/")[0]) == name] == []


def test_no_host_repeats_one_above_it_in_the_same_service() -> None:
    for service in ALL:
        for host in service.hosts:
            assert not set(list(address.parents(host))[1:]) & set(service.hosts), (service.id, host)


def test_no_help_service_belongs_to_a_service() -> None:
    for page in help.countries().values():
        for helper in page.services:
            for host in helper.hosts:
                assert ids_at(host) == [], host


def test_a_service_and_the_starter_list_agree_on_the_category() -> None:
    listed = {
        line.split()[0]: item.category
        for item in starter.lists()
        for line in item.path.read_text(encoding="utf-8").splitlines()
    }
    differing = {
        host: (service.category, listed[host])
        for service in ALL
        for host in service.hosts
        if host in listed and listed[host] != service.category
    }
    assert differing == {
        "t.co": ("social_networks", "remote_redirect"),
        "lnkd.in": ("social_networks", "remote_redirect"),
    }


@given(
    st.sampled_from(ALL),
    st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True),
    st.from_regex(r"[a-zA-Z0-9]{0,8}", fullmatch=True),
)
def test_what_lies_below_a_service_belongs_to_it(service: services.Service, label: str, rest: str) -> None:
    for host in service.hosts:
        assert service.id in ids_at(f"https://{label}.{host}/{rest}")
    for path in service.paths:
        assert service.id in ids_at(f"https://{label}.{path}/{rest}")
        assert service.id not in ids_at(f"https://{label}.{path}x{rest}")


@pytest.mark.parametrize(
    ("url", "ids"),
    [
        ("https://www.youtube.com/watch?v=1", ["youtube"]),
        ("https://m.youtube.com/shorts/abc", ["youtube_shorts", "youtube"]),
        ("https://www.youtube.com/Shorts", ["youtube_shorts", "youtube"]),
        ("https://www.youtube.com/shortstories", ["youtube"]),
        ("https://music.youtube.com/", ["youtube_music", "youtube"]),
        ("https://www.instagram.com/reels/", ["instagram_reels", "instagram"]),
        ("https://www.bbc.co.uk/news", []),
        ("https://www.bbc.co.uk/iplayer/live", ["bbc_iplayer"]),
        ("https://notyoutube.com/", []),
        ("192.0.2.1", []),
    ],
)
def test_an_address_belongs_to_the_nearest_service_first(url: str, ids: list[str]) -> None:
    assert ids_at(url) == ids


def test_the_reference_page_names_every_service() -> None:
    page = services.describe()
    assert all(f"| `{service.id}` |" in page for service in ALL)


def test_a_correct_page_is_read(tmp_path: Path) -> None:
    (service,) = load(tmp_path, PAGE)
    assert (service.id, service.group, service.paths) == ("one", "Video", ("two.example/part",))


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("id: one", "id: One", "video.yaml:3 bad-id"),
        ("video_streaming", "videos", "video.yaml:5 unknown-word"),
        ("[one.example]", "[One.example]", "video.yaml:6 bad-host"),
        ("two.example/part", "two.example", "video.yaml:7 bad-path"),
        ("two.example/part", "two.example/Part", "video.yaml:7 bad-path"),
        ("two.example/part", "two.example/part/", "video.yaml:7 bad-path"),
        ("title: Video", "titel: Video", "video.yaml:1 unknown-field"),
        ("    hosts: [one.example]\n    paths: [two.example/part]\n", "", "video.yaml:3 empty-service"),
    ],
)
def test_a_slip_is_found_with_its_line(tmp_path: Path, right: str, wrong: str, place: str) -> None:
    with pytest.raises(StairgateError) as caught:
        load(tmp_path, PAGE.replace(right, wrong, 1))
    assert place in [f"{problem.place} {problem.code}" for problem in caught.value.problems]


def test_an_id_used_twice_is_found(tmp_path: Path) -> None:
    with pytest.raises(StairgateError, match="repeated-id"):
        load(tmp_path, PAGE + PAGE.partition("services:\n")[2])
