"""How a case is carried out in a session: by its procedure, or its probes in a row, judged as they come."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance_tests import acts, asking, demands, procedures
from conformance_tests import driver as drivers
from conformance_tests.judge import Expectation, Judgement, Sight, judge
from conformance_tests.lab.question import Question
from conformance_tests.observation import Observation, Result, undone
from conformance_tests.parts import MEASURES
from conformance_tests.stage import refuse_too_long
from conformance_tests.stands.visit import ask
from standard.errors import StairgateError
from standard.record import Value
from standard.words import Outcome

if TYPE_CHECKING:
    from conformance_tests.case import Case
    from conformance_tests.lab.question import Answer
    from conformance_tests.parts import Probe
    from conformance_tests.session import Session

_GATEWAY_ERRORS = {502, 503, 504}  # what a proxy answers that reaches nothing


async def carry_out(session: Session, case: Case) -> Result:
    """Carry out a case by its procedure; without one, ask its probes."""
    begun = asyncio.get_running_loop().time()
    session.internet.play(case.id, (*case.sites, *session.beacons.sites))
    procedure = procedures.find(case.procedure)
    try:
        refuse_too_long(case, session.running.adapter)
        observations = await (procedure(session, case) if procedure else ask_all(session, case))
    except (drivers.RefusedError, drivers.DriverError, StairgateError) as error:
        observations = undone(case, error)
    spent = (asyncio.get_running_loop().time() - begun) * 1000
    return Result.of(case, observations, spent)


async def ask_all(session: Session, case: Case) -> list[Observation]:
    """Ask every probe of a case, each between two questions for a harmless page."""
    observations: list[Observation] = []
    before = await session.is_alive()
    for index in range(len(case.probes)):
        try:
            seen = await _observe(session, case, index, before=before)
        except (drivers.RefusedError, drivers.DriverError, StairgateError) as error:
            # What comes after an act that was not done would be judged by a state that never was.
            return observations + undone(case, error, begin=index)
        observations.append(seen)
        before = seen.sight.alive_after
    return observations


async def _observe(session: Session, case: Case, index: int, *, before: bool) -> Observation:
    """One probe: what comes first is done, then it is asked until it passes or its time is over."""
    probe = _stated(session, case.probes[index], case.profile)
    acts_first = probe.options.get("first")

    async def between() -> None:
        await acts.perform(session, acts_first or {})

    deadline = asyncio.get_running_loop().time() + float(probe.options.get("within", 0))
    asked = await asking.put(
        probe, case.id, session.internet, session.door, between=between if acts_first else None
    )
    while True:
        # A page that arrived shows by itself that the product is alive.
        after = asked.arrived or await _lives(session, probe, asked.answer)
        sight = Sight(
            alive_before=before or asked.arrived,
            alive_after=after,
            canary=asked.arrived,
            origin=asked.origin,
        )
        amount = _measure(session, probe, asked)
        judgement = await _judge(session, probe, asked, sight, amount)
        is_late = asyncio.get_running_loop().time() > deadline
        if judgement.outcome is Outcome.PASSED or is_late or probe.options.get("again"):
            return Observation(
                probe=probe,
                answer=asked.answer,
                sight=sight,
                judgement=judgement,
                value=None if amount is None else Value(number=amount, unit=MEASURES[probe.measure]),
                position=0 if amount is None else index + 1,
            )
        await asyncio.sleep(asking.AGAIN_EVERY)
        asked = await asking.put(probe, case.id, session.internet, session.door)


async def _lives(session: Session, probe: Probe, answer: Answer) -> bool:
    if probe.expect in {Expectation.CLOSED, Expectation.SPARED}:
        return answer.status is not None and answer.status not in _GATEWAY_ERRORS
    return await session.is_alive()


def _stated(session: Session, probe: Probe, profile: str) -> Probe:
    """The probe with the decision that the statement gives for unknown sites, where it asks for that."""
    if probe.expect is Expectation.ORDERED:
        says = session.running.adapter.order.get(probe.item)
        if says is None:
            msg = f"the adapter does not say how its guide decides {probe.item}"
            raise drivers.RefusedError(msg)
        return replace(probe, expect=Expectation.SPARED if says == "allowed" else Expectation.CLOSED)
    if probe.expect is not Expectation.STATED:
        return probe
    adapter = session.running.adapter
    known = adapter.statement.unknown_sites
    # A statement that names the product's own profiles is read by their names.
    own = adapter.profiles.get(profile, profile) if adapter.statement.profiles else profile
    says = known.get(own) or known.get("child") or "allow"
    expect = Expectation.ALLOWED if says == "allow" else Expectation.BLOCKED
    return replace(probe, expect=expect)


def _measure(session: Session, probe: Probe, asked: asking.Asked) -> float | None:
    if not probe.measure:
        return None
    return demands.measure(probe.measure, asked.answer, product=str(session.internet.plan.home[0]))


async def _judge(
    session: Session, probe: Probe, asked: asking.Asked, sight: Sight, amount: float | None
) -> Judgement:
    if asked.unkept:
        return Judgement(Outcome.INAPPLICABLE, "The product keeps no connection open for a second question.")
    # A block may be said in the older version; an open page that comes by it shows nothing of the newer.
    is_older = probe.options.get("http2") and asked.answer.version == "http/1.1"
    if is_older and probe.expect is Expectation.ALLOWED:
        return Judgement(Outcome.INAPPLICABLE, "Inside TLS it speaks HTTP/1.1 only, offered HTTP/2.")
    judgement = judge(sight, probe.expect)
    limits = session.running.adapter.statement.limits
    if probe.limit and judgement.outcome is Outcome.FAILED:
        named = next((one.because for one in limits if probe.limit in one.because.lower()), "")
        return Judgement(Outcome.PASSED, f"Named as a limit: {named}") if named else judgement
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
        session.running.adapter.marks,
        own=await _own(session, demands.fetched(asked.answer) if "silent" in probe.demands else frozenset()),
        issuer=session.internet.plan.authority,
    )


async def _own(session: Session, hosts: frozenset[str]) -> frozenset[str]:
    """Those of `hosts` that the product answers for itself: no name is looked up, no origin asked."""
    own = set()
    for host in hosts:
        name = host.rpartition(":")[0] or host
        if name == str(session.internet.plan.home[0]):
            own.add(host)
            continue
        asked_names, asked_pages = len(session.internet.zone.asked), len(session.internet.origin.seen)
        answer = await ask(session.door, Question(url=f"http://{host}/", seconds=3))
        names = {name for name, _ in session.internet.zone.asked[asked_names:]}
        names |= {seen.host for seen in session.internet.origin.seen[asked_pages:]}
        if answer.status is not None and answer.status < 400 and name not in names:
            own.add(host)
    return frozenset(own)
