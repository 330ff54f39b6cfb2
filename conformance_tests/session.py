"""A session: one start of a product, in which many cases are asked.

All cases that want the same stand and profile share one start: their names are drawn per case, so their lists
can be put together without touching each other. Cases that harm the product get a start of their own.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from conformance_tests import driver as drivers
from conformance_tests import product as products
from conformance_tests.adapter import Adapter, fill
from conformance_tests.lab.network import lay_rules
from conformance_tests.lab.question import Question
from conformance_tests.parts import draw_names
from conformance_tests.stage import Beacons, write_lists
from conformance_tests.stands.place import place_of
from conformance_tests.stands.visit import ask
from standard.errors import Problem, StairgateError
from standard.exits import Exit
from standard.words import Stand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from conformance_tests.case import Case
    from conformance_tests.lab.internet import Internet
    from conformance_tests.lab.question import Door

_POLL = 0.05


class Session:
    """A running product with its door, and the lab around it."""

    def __init__(
        self,
        internet: Internet,
        running: products.Running,
        door: Door,
        beacons: Beacons,
        variables: Mapping[str, str],
    ) -> None:
        """Made by `open_session`."""
        self.internet = internet
        self.running = running
        self.door = door
        self.beacons = beacons
        self.variables = variables
        self._driver: drivers.Driver | None = None
        self._environment: Mapping[str, str] = {}

    async def drive(self, verb: str, **arguments: Any) -> Mapping[str, Any]:
        """Ask the product's driver, which is started at the first question.

        Raises:
            RefusedError: there is none, or it can't do this.
            DriverError: it broke.
        """
        if not self.running.adapter.driver:
            msg = "the adapter names no driver"
            raise drivers.RefusedError(msg)
        if self._driver is None:
            self._driver = await drivers.start(self.running, self.variables)
        return await self._driver.ask(verb, **arguments)

    async def restart(self, environment: Mapping[str, str] | None = None, *, answers: bool = False) -> None:
        """Stop the product and start it by its own command, as it lies there, until it is ready.

        Args:
            environment: put on from now on: a false clock.
            answers: ready is when it answers at all: at the hour it now believes in, all may be closed.

        Raises:
            StairgateError: it did not get ready again.
        """
        if environment is not None:
            self._environment = environment
        self.running.stop()
        self.running.start_again(self._environment)
        await wait_until_ready(self, answers=answers)

    def stop(self) -> None:
        """Stop the product and its driver."""
        if self._driver is not None:
            self._driver.stop()
        self.running.stop()

    async def is_alive(self) -> bool:
        """Whether a harmless page is served right now."""
        # A fresh name: an answer kept from before shows nothing about now.
        token = secrets.token_hex(4)
        word = draw_names(("word",), token)["word"].partition(".")[0]
        host, path = f"{word}.{self.beacons.harmless}", f"/{token}"
        canary = self.internet.mint.make(self.internet.origin.case, host, path).encode()
        answer = await ask(self.door, Question(url=f"http://{host}{path}", seconds=5), wanted=canary)
        return canary in answer.body


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
    filler = max((case.settings.get("entries", 0) for case in cases), default=0)
    filler = min(filler, adapter.largest_list or filler)
    own = {"gambling": (beacons.listed,)}
    write_lists(lists, [own, *(case.lists for case in cases)], adapter, filler=filler)
    place = place_of(stand)
    word = adapter.profiles.get(profile, profile)
    variables = place.variables(internet.plan, lists, internet.ca_file, word)
    internet.play("ready", beacons.sites)
    if stand is Stand.GATEWAY:
        lay_rules(fill(adapter.rules, {**variables, "WORK": str(work)}, adapter.place("rules")))
    running = products.start(adapter, stand, work, variables, separate=separate)
    trust = (str(internet.ca_file),)
    told = {**variables, "WORK": str(work)}
    session = Session(internet, running, place.door(internet.plan, trust), beacons, told)
    try:
        await wait_until_ready(session)
        if adapter.authority:
            authority = fill(adapter.authority, told, adapter.place("authority"))
            session.door = place.door(internet.plan, (*trust, authority))
        yield session
    finally:
        session.stop()


async def wait_until_ready(session: Session, *, answers: bool = False) -> None:
    """Wait until a harmless page is served and a listed one is not, through the product.

    Args:
        session: the product.
        answers: wait only until it answers.

    Raises:
        StairgateError: it ended, or was not ready in the adapter's time.
    """
    loop = asyncio.get_running_loop()
    adapter = session.running.adapter
    deadline = loop.time() + adapter.patience
    served = blocked = False
    while loop.time() < deadline and session.running.is_running:
        if answers:
            question = Question(url=f"http://{session.beacons.listed}/", seconds=3)
            if (await ask(session.door, question)).status is not None:
                return
        served = await session.is_alive()
        if served:
            canary = session.internet.mint.make(
                session.internet.origin.case, session.beacons.listed, "/"
            ).encode()
            question = Question(url=f"http://{session.beacons.listed}/", seconds=3)
            answer = await ask(session.door, question, wanted=canary)
            blocked = canary not in answer.body or not adapter.filters
            if blocked:
                return
        await asyncio.sleep(_POLL)
    cause = "it serves no harmless page"
    hint = "Its last output is above. Does it listen on $LISTEN, and ask the resolver of its machine?"
    if not session.running.is_running:
        cause = "it ended by itself"
        hint = "Its last output is above. It must stay in the foreground, and runs as an ordinary user."
    elif served and not blocked:
        cause = "it serves a listed name: its lists are not in force"
        hint = "Have a step of `prepare` turn $LISTS into what it reads, and name that in its configuration."
    raise StairgateError(
        Problem(
            code="product-not-ready",
            place=adapter.place(),
            cause=f"The product was not ready within {adapter.patience:g} s: {cause}.",
            hint=hint,
            excerpt=products.last_words(session.running.log) or "(the product said nothing)",
        ),
        exit_code=Exit.MISSING,
    )
