"""A client that goes by a proxy somewhere else really gets what that proxy hands over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance_tests.lab.question import Door, Question
from conformance_tests.lab.sites import Site
from conformance_tests.stands.proxied import PORTS, ask_by_proxy

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance_tests.lab.internet import Internet


async def by_every_kind(internet: Internet) -> dict[str, Any]:
    internet.play("scene", [Site(host="far.example"), Site(host="listed.example")])
    addresses = {name: str(answers.four[0]) for name, answers in internet.zone.names.items()}
    door = Door(proxy=None, trust=(str(internet.ca_file),), addresses=addresses)
    came = {}
    for kind, port in PORTS.items():
        question = Question(url=f"http://listed.example/{kind}")
        answer = await ask_by_proxy(door, question, kind, Question(url=f"http://far.example:{port}/"))
        canary = internet.mint.make("scene", "listed.example", f"/{kind}").encode()
        came[kind] = canary in answer.body and internet.origin.asked("listed.example", f"/{kind}")
    return came


by_every_kind.routed = True  # type: ignore[attr-defined]


def test_a_proxy_of_every_kind_hands_the_listed_page_over(play: Callable[..., Any]) -> None:
    """Without a product between, none is blocked: else a case would pass by the lab's own mistake."""
    assert play(by_every_kind) == dict.fromkeys(PORTS, True)
