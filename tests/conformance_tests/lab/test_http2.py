"""HTTP/2 in the lab: the origin answers by it what it answers by HTTP/1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance_tests.lab.client import Conversation, ask
from conformance_tests.lab.question import Door, Question
from conformance_tests.lab.sites import Manner, Page, Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance_tests.lab.internet import Internet

type Play = Callable[[Callable[..., Any]], Any]


def straight(internet: Internet) -> Door:
    addresses = {name: str(answers.four[0]) for name, answers in internet.zone.names.items() if answers.four}
    return Door(proxy=None, trust=(str(internet.ca_file),), addresses=addresses)


async def asked_by_http2(internet: Internet) -> dict[str, Any]:
    pages = {"/gzip": Page(coding="gzip"), "/chunks": Page(chunks=7), "/echo": Page(manner=Manner.ECHO)}
    internet.play("scene", [Site(host="a.example", pages=pages), Site(host="b.example", shares="a.example")])
    conversation = Conversation(straight(internet))
    shown = {}
    for path in pages:
        answer = await conversation.ask(Question(url=f"https://a.example{path}", http2=True))
        shown[path] = internet.mint.make("scene", "a.example", path).encode() in answer.text
    await conversation.close()
    head = await ask(straight(internet), Question(url="https://a.example/gzip", method="HEAD", http2=True))
    two = Question(url="https://a.example/two", http2=True, headers={"Host": "b.example"})
    await ask(straight(internet), two)
    plain = await ask(straight(internet), Question(url="https://a.example/gzip"))
    return {
        "shown": shown,
        "versions": [one.version for one in internet.origin.seen],
        "head": (head.status, head.body.decode(), head.version),
        "fields speak last": internet.origin.seen[-2].host,
        "offered nothing else": plain.version,
    }


asked_by_http2.routed = True  # type: ignore[attr-defined]


def test_the_same_pages_come_over_http2(play: Play) -> None:
    """Coded, in small frames, and without a body; a client that offers HTTP/1.1 gets that."""
    assert play(asked_by_http2) == {
        "shown": {"/gzip": True, "/chunks": True, "/echo": True},
        "versions": ["2", "2", "2", "2", "2", "1.1"],
        "head": [200, "", "h2"],
        "fields speak last": "b.example",
        "offered nothing else": "http/1.1",
    }
