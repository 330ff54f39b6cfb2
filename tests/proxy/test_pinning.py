"""Which names may ever be passed on because an app pins them: open ones that nothing inside decides about."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from proxy.pinning import Pinning
from rules import pack as packs
from rules.address import parse as parse_address
from rules.decide import Level, Moment, Override, Request, decide
from rules.policy import parse
from rules.presets import Action

if TYPE_CHECKING:
    from rules.pack import Pack

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
POLICY = parse(
    "country: GB\n"
    "people:\n"
    "  everyone: {profile: tween}\n"
    "  ann: {profile: child}\n"
    "  kim: {profile: adult, decrypt: true}\n"
    "block: [closed.example, part.example/chat]\n"
)
LISTS = {
    "gambling": "bets.example",
    "pornography": "shared.example/pictures",
    "social_networks": "instagram.com",
    "remote_redirect": "short.example",
}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder = tmp_path_factory.mktemp("lists")
    sources = []
    for category, entry in LISTS.items():
        path = Path(folder / f"{category}.txt")
        path.write_text(f"{entry}\n")
        sources.append(packs.Source(list="test", path=path, category=category, format="urls"))
    packs.build(sources, folder / "pack")
    return packs.Pack.open(folder / "pack")


def may_pass(pack: Pack, host: str, person: str = "everyone", pinning: Pinning | None = None) -> bool:
    request = Request(address=parse_address(f"https://{host}/"), text=host, person=person, level=Level.NAME)
    decision = decide(request, POLICY, pack, Moment(at=NOON))
    return (pinning or Pinning()).may_pass(request, decision, SimpleNamespace(policy=POLICY, pack=pack))


@pytest.mark.parametrize(
    ("host", "person", "because"),
    [
        ("bets.example", "everyone", "a list blocks it by name"),
        ("closed.example", "everyone", "the household blocks it by name"),
        ("part.example", "everyone", "the household blocks a part of it"),
        ("api.part.example", "everyone", "the household blocks a part of what is above it"),
        ("shared.example", "everyone", "a list names a part of it"),
        ("cdn.shared.example", "everyone", "a list names a part of what is above it"),
        ("www.google.com", "everyone", "its searches are made in safe mode"),
        ("www.google.de", "everyone", "so are those of another country"),
        ("youtubei.googleapis.com", "everyone", "the app of a video site answers in its safe mode"),
        ("duckduckgo.com", "ann", "its searches are made in safe mode"),
        ("translate.google.com", "kim", "it shows pages of others"),
        ("web.archive.org", "kim", "it shows pages of others"),
        ("short.example", "kim", "it leads elsewhere"),
        ("anything.example", "ann", "a child is warned of what no list knows"),
        ("203.0.113.9", "everyone", "it is no name"),
        ("help.instagram.com", "everyone", "the machines behind it may serve the closed site as well"),
        ("anything.example", "nobody", "nobody knows who asks"),
    ],
)
def test_what_is_decided_inside_stays_inside(pack: Pack, host: str, person: str, because: str) -> None:
    assert not may_pass(pack, host, person), because


@pytest.mark.parametrize(
    ("host", "person"),
    [("app.example", "everyone"), ("api.app.example", "kim"), ("www.google.com", "kim")],
)
def test_an_open_name_may_be_passed_on(pack: Pack, host: str, person: str) -> None:
    assert may_pass(pack, host, person)


def test_an_override_about_a_part_of_a_site_needs_looking_inside(pack: Pack) -> None:
    pinning = Pinning()
    assert may_pass(pack, "app.example", pinning=pinning)
    closed = Override(person="", target="app.example/live", action=Action.BLOCK, until=NOON)
    pinning.know({}, (closed,))
    assert not may_pass(pack, "app.example", pinning=pinning)
