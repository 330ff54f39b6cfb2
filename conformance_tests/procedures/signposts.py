"""The help on a block page: of the household's country and the page's topic, and open when it is followed."""

from __future__ import annotations

import asyncio
import functools
import re
import time
from html import unescape
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance_tests import acts, asking
from conformance_tests.judge import Judgement
from conformance_tests.lab.question import Question
from conformance_tests.observation import measured
from conformance_tests.stands.visit import ask
from standard import strict_yaml
from standard.words import Outcome

if TYPE_CHECKING:
    from conformance_tests.case import Case
    from conformance_tests.observation import Observation
    from conformance_tests.session import Session

REACHABLE = "blocked-person.help-on-the-page/reachable"
COUNTRIES = ("gb", "ie", "us", "ca", "au", "nz", "de", "at", "fr", "it", "es", "nl")
_TOPICS = {
    "self-harm": {"suicide-and-self-harm", "crisis"},
    "abuse": {"abuse", "domestic-violence", "child-helpline"},
    "grooming": {"grooming-and-sexual-abuse", "reporting"},
}
"""Topic of a block -> the topics of a recognised service, any of which fits."""
GRID = tuple(f"{country}-{topic}" for country in COUNTRIES for topic in _TOPICS)
_STATES: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "youngest": ({"change": "change-profile", "from": 0}, None),
    "bedtime": ({"change": "schedule", "closed": ["00:00-24:00"]}, {"change": "schedule", "closed": []}),
    "budget-spent": ({"change": "budget", "minutes": 0}, {"change": "budget", "minutes": -1}),
    "paused": ({"change": "pause"}, {"change": "resume"}),
}
"""State -> the change that leads into it, and the one that leads out of it."""
STATES = tuple(_STATES)
_LINK = re.compile(r"""<a\b[^>]*\shref\s*=\s*["']?(https?://[^"'\s>]+)""", re.IGNORECASE)
_EVERY = 0.2


async def carry_out(session: Session, case: Case) -> list[Observation]:
    """Settings: `hosts` (topic -> a host listed for it), `patience`, `countries`; else all of the grid."""
    hosts: dict[str, str] = case.settings["hosts"]
    seen = []
    first = ""
    if not await session.is_alive():
        return [measured(case.title, Judgement(Outcome.CANNOT_TELL, "A harmless page did not load."))]
    for country in case.settings.get("countries", COUNTRIES):
        await session.drive("configure", change="country", country=country)
        # One patience for all topics: a service that two countries share says nothing of which is in force.
        deadline = time.monotonic() + float(case.settings.get("patience", 15))
        for topic, host in hosts.items():
            links, judgement = await _shown(session, case, host, services(country, topic), deadline)
            first = first or next((link for link in links if _recognised(link, services())), "")
            item = f"{country}-{topic}"
            seen.append(measured(f"http://{host}/", judgement, item=item, expected="the page shows help"))
    return seen + await _followed(session, case, first)


@functools.cache
def services(country: str = "", topic: str = "") -> frozenset[str]:
    """The hosts of the recognised services, or of those for a country and a topic of a block."""
    text = (resources.files("standard") / "annexes" / "help-services.yaml").read_text(encoding="utf-8")
    return frozenset(
        host
        for service in strict_yaml.load(text, file="help-services.yaml").data["services"]
        if not country or (service["country"] == country and _TOPICS[topic] & set(service["topics"]))
        for host in service["hosts"]
    )


async def _shown(
    session: Session, case: Case, host: str, wanted: frozenset[str], deadline: float
) -> tuple[list[str], Judgement]:
    """The links of a block page, once one of the wanted services is among them or the deadline is over."""
    canary = session.internet.mint.make(case.id, host, "/").encode()
    while True:
        answer = await ask(session.door, Question(url=f"http://{host}/"), wanted=canary)
        links = [unescape(link) for link in _LINK.findall(answer.text.decode("utf-8", "replace"))]
        if canary in answer.text:
            return [], Judgement(Outcome.FAILED, "The listed page came.")
        if found := next((link for link in links if _recognised(link, wanted)), ""):
            return links, Judgement(Outcome.PASSED, f"The page shows {found}.")
        if time.monotonic() > deadline:
            others = ", ".join(sorted({urlsplit(link).hostname or "" for link in links})) or "no link"
            return links, Judgement(Outcome.FAILED, f"No service of this country and topic: {others}.")
        await asyncio.sleep(_EVERY)


async def _followed(session: Session, case: Case, link: str) -> list[Observation]:
    """The first service that a page showed, asked for in each state."""
    seen = []
    for state, (enter, leave) in _STATES.items():
        judgement = Judgement(Outcome.FAILED, "No block page showed a recognised service.")
        if link:
            await session.drive("configure", **acts.in_own_words(session, enter))
            judgement = await _comes(session, case, link)
            if leave:
                await session.drive("configure", **leave)
        seen.append(
            measured(
                link or case.title, judgement, item=state, criterion=REACHABLE, expected="the page is served"
            )
        )
    return seen


async def _comes(session: Session, case: Case, link: str) -> Judgement:
    """Whether the page comes, and still does when the change of settings has settled."""
    host, path = asking.asked_of(link)
    canary = session.internet.mint.make(case.id, host, path).encode()
    deadline = time.monotonic() + float(case.settings.get("settles", 3))
    while True:
        answer = await ask(session.door, Question(url=link), wanted=canary)
        if canary not in answer.text:
            return Judgement(Outcome.FAILED, f"It did not come: status {answer.status}.")
        if time.monotonic() > deadline:
            return Judgement(Outcome.PASSED, "The page reached the client.")
        await asyncio.sleep(_EVERY)


def _recognised(link: str, hosts: frozenset[str]) -> bool:
    labels = (urlsplit(link).hostname or "").split(".")
    return any(".".join(labels[index:]) in hosts for index in range(len(labels)))
