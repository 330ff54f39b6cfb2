"""What is remembered of a host is what would be decided anew, whatever household, pack and moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.address import parse
from rules.decide import Level, Moment, Reason, Request, decide
from rules.memory import MOST, Memory
from rules.pack import EMPTY, Pack, Source, build
from rules.presets import Profile
from tests.rules.households import NOON
from tests.rules.test_decide_properties import (
    HOSTS,
    PATHS,
    clocks,
    findings,
    household,
    overrides,
    some_settings,
)

if TYPE_CHECKING:
    from hypothesis.strategies import DataObject

LISTS = {
    "names": ("games", "b.example\nwww.a.example\nyoutube.com\n"),
    "paths": ("gambling", "http://a.example/kids\nhttp://example/x?y=1\n"),
    "expressions": ("ads_trackers", "||c.test^\n/shorts.1/\n@@||x.b.example^\n"),
}
QUERIES = [
    "",
    "?q=a&categories=general&pageno=1",
    "?y=1",
    "?u=http://b.example/",
    "?q=cats",
    "?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB",
]
REPORTS = ["www.facebook.com/help", "facebook.com/help/../x", "facebook.com/x", "help.instagram.com/x"]
ENGINES = ["www.google.com/search", "duckduckgo.com/", "web.archive.org/web/2020/http://b.example/"]
urls = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["http://", "https://", "ws://"]),
    st.sampled_from([*HOSTS, "a.example:8080", "a.example:6667"]),
    st.sampled_from([*PATHS, "/kids", "/x.css", "/cache/b.example/x", "/http%3A%2F%2Fb.example"]),
    st.sampled_from(QUERIES),
) | st.builds("https://{}{}".format, st.sampled_from([*ENGINES, *REPORTS]), st.sampled_from(QUERIES))


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> list[Pack]:
    """Packs of every kind of entry, each kind alone and all together."""
    folder = tmp_path_factory.mktemp("packs")
    for name, (_, text) in LISTS.items():
        (folder / name).write_text(text)
    made = [EMPTY]
    for number, chosen in enumerate([["names"], ["names", "paths"], list(LISTS)]):
        sources = [Source(list=name, category=LISTS[name][0], path=folder / name) for name in chosen]
        build(sources, folder / f"{number}.pack")
        made.append(Pack.open(folder / f"{number}.pack"))
    return made


@settings(deadline=None)
@given(st.data(), some_settings, some_settings)
def test_what_is_remembered_is_what_would_be_decided(
    packs: list[Pack], data: DataObject, shared: dict[str, Any], own: dict[str, Any]
) -> None:
    own = {key: value for key, value in own.items() if key not in {"budgets", "schedules"}}
    policies = [household(shared, own), household(shared)]
    memory = Memory()
    at, policy, pack = data.draw(clocks), policies[0], data.draw(st.sampled_from(packs))
    used: dict[tuple[str, str], float] = {}
    confirmed: frozenset[tuple[str, str]] = frozenset()
    for url in data.draw(st.lists(urls, min_size=2, max_size=12)):
        match data.draw(st.integers(0, 9)):
            case 0:
                at += timedelta(minutes=data.draw(st.integers(0, 900)))
            case 1:
                policy = data.draw(st.sampled_from(policies))
            case 2:
                pack = data.draw(st.sampled_from(packs))
            case 3:
                used = {(person, "everything"): data.draw(st.integers(0, 90)) for person in Profile}
            case 4:
                confirmed = frozenset({("tween", "b.example"), ("teen", "a.example")})
            case _:
                pass
        at += timedelta(seconds=data.draw(st.integers(0, 30)))
        made = tuple(data.draw(st.lists(overrides, max_size=1))) if data.draw(st.integers(0, 4)) == 0 else ()
        moment = Moment(at=at, used=used, overrides=made, confirmed=confirmed)
        request = Request(
            address=parse(url),
            text=url,
            person=data.draw(st.sampled_from(["tween", "early", "nobody"])),
            page_load=data.draw(st.booleans()),
            level=data.draw(st.sampled_from(Level)),
            findings=data.draw(findings) if data.draw(st.integers(0, 4)) == 0 else (),
        )
        assert memory.decide(request, policy, pack, moment) == decide(request, policy, pack, moment)


def test_neighbours_are_not_decided_anew(packs: list[Pack], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Request] = []

    def count(request: Request, *rest: Any) -> Any:
        asked.append(request)
        return decide(request, *rest)

    monkeypatch.setattr("rules.memory.decide", count)
    memory, policy = Memory(), household({})
    for path in range(50):
        text = f"http://b.example/{path}.html?v={path}"
        memory.decide(
            Request(address=parse(text), text=text, person="tween"), policy, packs[1], Moment(at=NOON)
        )
    assert len(asked) == 1


def test_a_metasearch_is_found_where_other_addresses_of_its_host_are_remembered() -> None:
    memory, policy = Memory(), household({})
    told = []
    for text in ("http://n.example/", "http://n.example/?q=a&categories=general&pageno=1"):
        request = Request(address=parse(text), text=text, person="tween")
        told.append(memory.decide(request, policy, EMPTY, Moment(at=NOON)).category)
    assert told == [None, "unsafe_search"]


def test_a_failure_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, policy = Memory(), household({})
    request = Request(address=parse("http://b.example/"), text="", person="tween")
    with monkeypatch.context() as broken:
        broken.setattr("rules.decide.gather", None)
        assert memory.decide(request, policy, EMPTY, Moment(at=NOON)).reason is Reason.FAILURE
    assert memory.decide(request, policy, EMPTY, Moment(at=NOON)).reason is Reason.UNKNOWN


def test_the_memory_is_bounded() -> None:
    memory, policy = Memory(), household({})
    for number in range(MOST + 10):
        request = Request(address=parse(f"n{number}.example"), text="", person="tween")
        memory.decide(request, policy, EMPTY, Moment(at=NOON))
        again = memory.decide(replace(request, device="x"), policy, EMPTY, Moment(at=NOON))
        assert again.reason is Reason.UNKNOWN
    assert memory._age is not None
    assert len(memory._age.kept) <= MOST
