"""Devices that do not trust our certificate: after a few refusals they get a closed connection and no page.

A page under a certificate that a device refuses is a warning, and whoever sees warnings learns to click them
away. One handshake that went well ends it for a day: a program that trusts nobody but itself must not take
the pages from a device that has our certificate. It knows devices by address, and one process's handshakes.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TRIES = 3
"""Refusals until a device gets no pages."""
HOUR = 3600.0
"""Seconds after the last refusal in which it gets none."""
DAY = 86_400.0
"""Seconds in which a good handshake outweighs every refusal."""
_MOST = 4096
_ALERTS = ("UNKNOWN_CA", "CERTIFICATE_UNKNOWN", "BAD_CERTIFICATE")  # as OpenSSL names what a client says


class Distrust:
    """What is known of devices; bounded, the longest unseen forgotten first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing known.

        Args:
            clock: seconds, of any origin.
        """
        self._clock = clock
        self._refused: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._trusted: OrderedDict[str, float] = OrderedDict()

    def note(self, device: str, reason: str) -> None:
        """Take note of a handshake.

        Args:
            device: its address; "" where unknown.
            reason: "" where it went well; else how it failed, as `ssl.SSLError.reason` says it.
        """
        now = self._clock()
        if not reason:
            self._refused.pop(device, None)
            _keep(self._trusted, device, now)
        elif any(alert in reason for alert in _ALERTS):
            tries, at = self._refused.get(device, (0, now))
            _keep(self._refused, device, (tries + 1 if at + HOUR > now else 1, now))

    def refuses(self, device: str) -> bool:
        """Whether a page would only be a warning there."""
        tries, at = self._refused.get(device, (0, 0.0))
        now = self._clock()
        if not device or tries < TRIES or at + HOUR <= now:
            return False
        trusted = self._trusted.get(device)
        return trusted is None or trusted + DAY <= now


def _keep[T](kept: OrderedDict[str, T], device: str, what: T) -> None:
    kept[device] = what
    kept.move_to_end(device)
    while len(kept) > _MOST:
        kept.popitem(last=False)
