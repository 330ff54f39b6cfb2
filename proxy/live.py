"""The policy and the pack in force, and how an edit comes into force while the gate runs.

A new pair replaces the old one in one step. An edit that can't be used changes nothing: the last good policy
stays and the complaint is kept for the console and the terminal.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy.clock import Clock
from rules.decide import Decision, Moment, failure
from rules.errors import Problem, StairgateError
from rules.memory import Memory
from rules.pack import Pack, verify
from rules.policy import JournalLevel, Policy, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from rules.decide import Request

    from .home import Home
    from .household.state import Household

type Stamp = tuple[int, int, int] | None
type Stamps = tuple[Stamp, Stamp]

_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Rules:
    """What decisions are made with.

    Attributes:
        policy: the household's policy.
        pack: the compiled lists.
    """

    policy: Policy
    pack: Pack


def load_rules(home: Home, *, thoroughly: bool = False) -> Rules:
    """Read the policy and open the pack.

    Args:
        home: whose rules.
        thoroughly: check every byte of the pack, and not its head and size alone.

    Raises:
        StairgateError: every complaint about the policy, or a damaged pack (65).
    """
    if thoroughly:
        verify(home.pack)
    return Rules(load(home.policy), Pack.open(home.pack))


class Live:
    """The rules of a running gate. `rules` may be read at any time; it is one pair that belongs together."""

    def __init__(
        self,
        home: Home,
        *,
        say: Callable[[str], None] = lambda _line: None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Load what is there; unlike a later edit, a first policy that can't be used is an error.

        Args:
            home: whose rules.
            say: told when an edit came into force or could not be used.
            clock: the time of decisions; aware. By default one that nobody can set by hand.

        Raises:
            StairgateError: as `load_rules`.
        """
        self.trouble: StairgateError | None = None
        """Why the newest edit is not in force; None when it is."""
        self.household: Household | None = None
        """Minutes used, overrides and the like; each process opens its own, see `open_household`."""
        self.home = home
        self._say = say
        self.clock = clock or Clock()
        """The time of decisions."""
        self._memory = Memory()
        self._listeners: list[Callable[[Rules], None]] = []
        self._seen = self._stamps()
        self.rules = load_rules(home)
        self.settled = self._seen
        """How the files stood that the last look was about; `rules` or `trouble` is what came of it."""
        self.since = self.clock()
        """Since when this pair is in force."""

    def decide(self, request: Request) -> Decision:
        """Decide with the rules in force now. Never raises: what breaks here is answered with a block."""
        rules = self.rules
        try:
            at = self.clock()
            moment = Moment(at=at) if self.household is None else self.household.moment(at)
            return self._memory.decide(request, rules.policy, rules.pack, moment)
        except Exception as error:  # noqa: BLE001 - whatever it is, the gate must not open
            return failure(f"{type(error).__name__} while deciding")

    def open_household(self) -> Household:
        """Open the household's state in this process; from then on decisions reckon with it.

        Raises:
            StairgateError: damaged (65), locked or unwritable (69).
        """
        from .household.state import Household

        self.household = Household.open(self.home, lambda: self.rules.policy, self.clock)
        return self.household

    def journal_level(self, person: str) -> JournalLevel:
        """How much the journal keeps for a person; for one the policy does not know, the host."""
        known = self.rules.policy.people.get(person)
        return JournalLevel.HOST if known is None else known.journal

    def when_changed(self, listener: Callable[[Rules], None]) -> None:
        """Call `listener` with every new pair, in the thread that found it."""
        self._listeners.append(listener)

    def refresh(self) -> bool:
        """Look whether the files changed, and take up what can be used.

        Returns:
            Whether new rules came into force.
        """
        stamps = self._stamps()
        if stamps == self._seen:
            return False
        new_pack = stamps[1] != self._seen[1]
        self._seen = stamps
        try:
            return self._take_up(new_pack=new_pack)
        finally:
            self.settled = stamps

    def _take_up(self, *, new_pack: bool) -> bool:
        try:
            rules = load_rules(self.home, thoroughly=new_pack)
            self.rules, self.trouble, self.since = rules, None, self.clock()
            for listener in self._listeners:
                listener(rules)
        except StairgateError as error:
            return self._keep(error)
        except Exception as error:  # noqa: BLE001 - whoever watches must go on watching
            return self._keep(_unexpected(error, self.home))
        self._say("The new policy and lists are in force.")
        return True

    def _keep(self, error: StairgateError) -> bool:
        self.trouble = error
        self._say(f"The last edit is not in force; the rules before it stay.\n{error}")
        return False

    async def watch(self, *, seconds: float = _LOOK_SECONDS) -> None:
        """Look for edits for ever, without holding up the event loop."""
        while True:
            await asyncio.sleep(seconds)
            if self._stamps() != self._seen:
                await asyncio.to_thread(self.refresh)

    def _stamps(self) -> Stamps:
        return _stamp(self.home.policy), _stamp(self.home.pack)


def _unexpected(error: Exception, home: Home) -> StairgateError:
    return StairgateError(
        Problem(
            code="edit-failed",
            place=str(home.policy),
            cause=f"Taking up the edit failed: {type(error).__name__}: {error}.",
            hint="Undo the edit or start Stairgate again; please report this.",
        )
    )


def _stamp(path: Path) -> Stamp:
    """What changes when a file is edited or replaced; None where it is missing."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
