"""A client at the resolver's stand: it asks the resolver it was told, and goes where the answers lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance_tests.lab.lookup import Asked, look_up
from conformance_tests.lab.question import Door, Question
from conformance_tests.lab.sites import Site
from conformance_tests.stands.visit import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance_tests.lab.internet import Internet

type Play = Callable[[Callable[..., Any]], Any]


async def visits(internet: Internet) -> dict[str, Any]:
    """The lab's own resolver stands in for the product's: it blocks nothing."""
    resolver = (str(internet.plan.resolver), 53)
    null = Site(host="null.example", addresses=("0.0.0.0",), family=4)
    internet.play("scene", [Site(host="a.example"), Site(host="six.example", family=6), null])
    door = Door(proxy=None, trust=(), resolver=resolver)

    async def visit(host: str) -> Any:
        canary = internet.mint.make("scene", host, "/").encode()
        answer = await ask(door, Question(url=f"http://{host}/"), wanted=canary)
        return [canary in answer.text, [one.manner for one in answer.found]]

    seen = {host: await visit(host) for host in ("a.example", "six.example", "null.example", "none.example")}
    six = internet.plan.address6(1)
    seen["literal"] = (await ask(door, Question(url=f"http://[{six}]/"))).status
    over_tcp = await look_up(resolver, Asked(name="A.exAmple", over="tcp"))
    seen["tcp"] = [over_tcp.rcode, over_tcp.kinds]
    return seen


visits.routed = True  # type: ignore[attr-defined]


def test_a_client_tries_every_address_a_resolver_gives_and_says_how_it_was_refused(play: Play) -> None:
    """Each manner of an answer is one word; a number is never looked up."""
    assert play(visits) == {
        "a.example": [True, ["address", "address"]],
        "six.example": [True, ["nodata", "address"]],
        "null.example": [False, ["null-address", "nodata"]],
        "none.example": [False, ["nxdomain", "nxdomain"]],
        "literal": 404,
        "tcp": ["NOERROR", ["A"]],
    }
