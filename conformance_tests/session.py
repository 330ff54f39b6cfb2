"""A session: one start of a product, in which many cases are asked.

All cases that want the same stand and profile share one start: their names are drawn per case, so their lists
can be put together without touching each other. Cases that harm the product get a start of their own.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance_tests import asking, demands
from conformance_tests import product as products
from conformance_tests.adapter import Adapter, fill
from conformance_tests.judge import Expectation, Judgement, Sight, combine, judge
from conformance_tests.lab.network import lay_rules
from conformance_tests.lab.question import Question
from conformance_tests.lab.sites import Site
from conformance_tests.parts import draw_names
from conformance_tests.stands.place import place_of
from conformance_tests.stands.visit import ask
from standard.errors import Problem, StairgateError
from standard.exits import Exit
from standard.words import Outcome, Stand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
    from pathlib import Path

    from conformance_tests.case import Case
    from conformance_tests.lab.internet import Internet
    from conformance_tests.lab.question import Answer, Door
    from conformance_tests.parts import Probe

_POLL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One probe, as both witnesses saw it."""

    probe: Probe
    answer: Answer
    sight: Sight
    judgement: Judgement
    amount: float | None = None
    """What the probe measures of the answer, where it measures something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One case's outcome."""

    case: Case
    judgement: Judgement
    observations: tuple[Observation, ...]
    milliseconds: float


class Session:
    """A running product with its door, and the lab around it."""

    def __init__(self, internet: Internet, running: products.Running, door: Door, beacons: Beacons) -> None:
        """Made by `open_session`."""
        self.internet = internet
        self.running = running
        self.door = door
        self.beacons = beacons

    async def carry_out(self, case: Case) -> Result:
        """Ask every probe of a case, each between two questions for a harmless page."""
        begun = asyncio.get_running_loop().time()
        self.internet.play(case.id, (*case.sites, *self.beacons.sites))
        observations = []
        before = await self.is_alive()
        for written in case.probes:
            probe = self._stated(written, case.profile)
            asked = await asking.put(probe, case.id, self.internet, self.door)
            # A page that arrived shows by itself that the product is alive.
            after = asked.arrived or await self.is_alive()
            sight = Sight(
                alive_before=before or asked.arrived,
                alive_after=after,
                canary=asked.arrived,
                origin=asked.origin,
            )
            amount = self._measure(probe, asked)
            judgement = await self._judge(probe, asked, sight, amount)
            observations.append(
                Observation(probe=probe, answer=asked.answer, sight=sight, judgement=judgement, amount=amount)
            )
            before = after
        spent = (asyncio.get_running_loop().time() - begun) * 1000
        verdict = combine([seen.judgement for seen in observations])
        return Result(case=case, judgement=verdict, observations=tuple(observations), milliseconds=spent)

    async def is_alive(self) -> bool:
        """Whether a harmless page is served right now."""
        # A fresh name: an answer kept from before shows nothing about now.
        host, path = f"w{secrets.token_hex(4)}.{self.beacons.harmless}", f"/{secrets.token_hex(4)}"
        canary = self.internet.mint.make(self.internet.origin.case, host, path).encode()
        answer = await ask(self.door, Question(url=f"http://{host}{path}", seconds=5), wanted=canary)
        return canary in answer.body

    def _stated(self, probe: Probe, profile: str) -> Probe:
        """The probe with the decision that the statement gives for unknown sites, where it asks for that."""
        if probe.expect is not Expectation.STATED:
            return probe
        known = self.running.adapter.statement.unknown_sites
        says = known.get(profile) or known.get("child") or "allow"
        expect = Expectation.BLOCKED if says == "block" else Expectation.ALLOWED
        return replace(probe, expect=expect)

    def _measure(self, probe: Probe, asked: asking.Asked) -> float | None:
        if not probe.measure:
            return None
        return demands.measure(probe.measure, asked.answer, product=str(self.internet.plan.home[0]))

    async def _judge(
        self, probe: Probe, asked: asking.Asked, sight: Sight, amount: float | None
    ) -> Judgement:
        if asked.unkept:
            return Judgement(
                Outcome.INAPPLICABLE, "The product keeps no connection open for a second question."
            )
        judgement = judge(sight, probe.expect)
        if judgement.outcome is not Outcome.PASSED:
            return judgement
        if amount is not None and amount > probe.at_most:
            because = f"{probe.measure}: {amount:g}, more than {probe.at_most:g}."
            return Judgement(Outcome.FAILED, because)
        if not probe.demands:
            return judgement
        return demands.check(
            probe,
            asked.answer,
            self.running.adapter.marks,
            own=await self._own(demands.fetched(asked.answer) if "silent" in probe.demands else frozenset()),
            issuer=self.internet.plan.authority,
        )

    async def _own(self, hosts: frozenset[str]) -> frozenset[str]:
        """Those of `hosts` that the product answers for itself: no name is looked up, no origin asked."""
        own = set()
        for host in hosts:
            name = host.rpartition(":")[0] or host
            if name == str(self.internet.plan.home[0]):
                own.add(host)
                continue
            asked_names, asked_pages = len(self.internet.zone.asked), len(self.internet.origin.seen)
            answer = await ask(self.door, Question(url=f"http://{host}/", seconds=3))
            names = {name for name, _ in self.internet.zone.asked[asked_names:]}
            names |= {seen.host for seen in self.internet.origin.seen[asked_pages:]}
            if answer.status is not None and answer.status < 400 and name not in names:
                own.add(host)
        return frozenset(own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacons:
    """Two names of the lab's own: ready means the harmless one is served and the listed one is not."""

    harmless: str
    listed: str

    @property
    def sites(self) -> tuple[Site, ...]:
        """Both as sites; the listed one by IPv4 only: a filter that forgets IPv6 gets its examination too."""
        return (Site(host=f"*.{self.harmless}"), Site(host=self.listed, family=4))


@asynccontextmanager
async def open_session(
    internet: Internet,
    adapter: Adapter,
    stand: Stand,
    profile: str,
    cases: Sequence[Case],
    *,
    work: Path,
    separate: bool,
) -> AsyncIterator[Session]:
    """Start the product with the lists of all `cases` and wait until it is ready; stop it at the end.

    Raises:
        StairgateError: it could not be set up, or did not get ready: one harmless page served and one listed
            name blocked, through the product. That a port accepts is not enough.
    """
    drawn = draw_names(("harmless", "listed"), f"beacons/{internet.plan.seed}")
    beacons = Beacons(harmless=drawn["harmless"], listed=drawn["listed"])
    shutil.rmtree(work, ignore_errors=True)
    lists = work / "lists"
    _write_lists(lists, [*(case.lists for case in cases), {"gambling": (beacons.listed,)}], adapter)
    place = place_of(stand)
    word = adapter.profiles.get(profile, profile)
    variables = place.variables(internet.plan, lists, internet.ca_file, word)
    internet.play("ready", beacons.sites)
    if stand is Stand.GATEWAY:
        lay_rules(fill(adapter.rules, {**variables, "WORK": str(work)}, adapter.id))
    running = products.start(adapter, stand, work, variables, separate=separate)
    try:
        trust = (str(internet.ca_file),)
        session = Session(internet, running, place.door(internet.plan, trust), beacons)
        await _wait_until_ready(session)
        if adapter.authority:
            own = fill(adapter.authority, {**variables, "WORK": str(work)}, adapter.id)
            session.door = place.door(internet.plan, (*trust, own))
        yield session
    finally:
        running.stop()


async def _wait_until_ready(session: Session) -> None:
    loop = asyncio.get_running_loop()
    adapter = session.running.adapter
    deadline = loop.time() + adapter.patience
    served = blocked = False
    while loop.time() < deadline and session.running.is_running:
        served = await session.is_alive()
        if served:
            canary = session.internet.mint.make("ready", session.beacons.listed, "/").encode()
            question = Question(url=f"http://{session.beacons.listed}/", seconds=3)
            answer = await ask(session.door, question, wanted=canary)
            blocked = canary not in answer.body or not adapter.filters
            if blocked:
                return
        await asyncio.sleep(_POLL)
    cause = "it ended by itself" if not session.running.is_running else "it serves no harmless page"
    if served and not blocked:
        cause = "it serves a listed name: its lists are not in force"
    raise StairgateError(
        Problem(
            code="product-not-ready",
            place=adapter.id,
            cause=f"The product was not ready within {adapter.patience:g} s: {cause}.",
            hint="Read its last output below; `stairgate conform smoke` tries an adapter alone.",
            excerpt=session.running.log.read_text(errors="replace")[-800:],
        ),
        exit_code=Exit.MISSING,
    )


def _write_lists(folder: Path, parts: Iterable[Mapping[str, tuple[str, ...]]], adapter: Adapter) -> None:
    """The lists in squidGuard's layout (`domains` and `urls` a category), in the product's words."""
    domains: dict[str, list[str]] = {}
    for part in parts:
        for category, entries in part.items():
            for word in [adapter.categories.get(category, category)]:
                domains.setdefault(word, []).extend(entries)
    for word, listed in domains.items():
        (folder / word).mkdir(parents=True, exist_ok=True)
        hosts = sorted({entry for entry in listed if "/" not in entry})
        urls = sorted({entry for entry in listed if "/" in entry})
        (folder / word / "domains").write_text("".join(f"{entry}\n" for entry in hosts), encoding="utf-8")
        (folder / word / "urls").write_text("".join(f"{entry}\n" for entry in urls), encoding="utf-8")
