"""The watch over open connections: what they use is counted, and they are closed when their time is over.

A decision holds for the moment it was made in. A tunnel may live for hours, so each open connection is
decided anew in turn: within `AGAIN` seconds of a bedtime, a used-up budget or an edit it is closed.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.judge import Judge
    from proxy.reception import Visitor
    from proxy.stay import Stay, Use

logger = logging.getLogger(__name__)

AGAIN = 20.0
"""Seconds after which an open connection is decided anew."""
MOST = 250
"""Connections decided anew in one look: 10 ms of the event loop, and 15,000 connections a minute."""


class Meter(Protocol):
    """Who counts (`proxy.household.meter.Meter`)."""

    def add(self, use: Use, up: int, down: int, loads: int) -> None:
        """Bytes and pages of one use since the last time; must not block."""


class Watch:
    """All open connections, those that were looked at longest ago first."""

    def __init__(self, judge: Judge, meter: Meter | None = None) -> None:
        """Begin with none.

        Args:
            judge: decides anew.
            meter: told what was used; None: nobody counts.
        """
        self._judge = judge
        self._meter = meter
        self._stays: OrderedDict[Stay, float] = OrderedDict()

    def take(self, stay: Stay, now: float) -> None:
        """A connection is open."""
        self._stays[stay] = now
        stay.when_turned(self._count)

    def leave(self, stay: Stay) -> None:
        """It is gone."""
        self._stays.pop(stay, None)
        self._count(stay)

    def look(self, now: float) -> None:
        """Count all, and close what is somebody else's now or not served any more.

        Args:
            now: on the loop's clock; called about once a second.
        """
        for stay in list(self._stays):
            self._count(stay)
            if stay.visitor.is_other:
                stay.abort()
        for _ in range(MOST):
            first = next(iter(self._stays.items()), None)
            if first is None or now - first[1] < AGAIN:
                return
            stay = first[0]
            self._stays[stay] = now
            self._stays.move_to_end(stay)
            if not self._is_open(stay):
                stay.abort()

    def close_where(self, unwanted: Callable[[Visitor], bool]) -> None:
        """Close the connections of some visitors at once."""
        for stay in [stay for stay in self._stays if unwanted(stay.visitor)]:
            stay.abort()

    def _is_open(self, stay: Stay) -> bool:
        """Whether all that a connection is used for is still served; what can't be decided is not."""
        try:
            return all(map(self._is_served, stay.uses()))
        except Exception:
            logger.exception("an open connection could not be decided anew; it is closed")
            return False

    def _is_served(self, use: Use) -> bool:
        # A warning was clicked away once and is not shown to a film that is running.
        # What passes by its name alone is served by its name alone: one open part of a site is not enough.
        decision = self._judge.decide(replace(use.request, page_load=True))
        return decision.action in {Action.ALLOW, Action.WARN}

    def _count(self, stay: Stay) -> None:
        up, down, loads = stay.take_counts()
        if self._meter is not None and stay.use is not None and (up or down or loads):
            self._meter.add(stay.use, up, down, loads)
