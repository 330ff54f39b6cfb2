"""Passwords at the proxy: `Proxy-Authorization: Basic` (RFC 7617), checked once and then remembered.

A password costs argon2's full price the first time, off the event loop and one at a time, and a keyed hash
after that. What was given is kept nowhere: not forwarded, not journalled, not logged, and in memory only as a
hash under a key that lives as long as the process. It knows people's password hashes and no connection.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import secrets
from collections import OrderedDict, defaultdict, deque
from time import monotonic
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rules.policy import Policy

CHALLENGE = 'Basic realm="Stairgate", charset="UTF-8"'
"""What a client is asked for (RFC 9110 section 11.7.1)."""

_REMEMBERED = 1024
_TRIES = 5
"""Wrong passwords of one device in a row, after which it has to wait."""
WAIT = 60.0
"""Seconds until it may try again; right passwords that are remembered go on working."""
_LONGEST = 1024  # characters of a header that is looked at

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """What stands in the policy for a password: argon2id with RFC 9106's second recommended parameters."""
    return _hasher.hash(password)


def read_basic(header: str) -> tuple[str, str] | None:
    """User and password of a `Proxy-Authorization` header; None where it has none.

    A password may hold colons; the user's name may not (RFC 7617 section 2).
    """
    scheme, _, given = header.strip().partition(" ")
    if scheme.lower() != "basic" or len(header) > _LONGEST:
        return None
    try:
        text = base64.b64decode(given.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None


class Logins:
    """What passwords were given, right and wrong."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._remembered: OrderedDict[bytes, bool] = OrderedDict()
        self._wrong: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_TRIES))
        self._one_at_a_time = asyncio.Semaphore(1)

    def recall(self, policy: Policy, header: str) -> str | None:
        """The person whose password this is, without any waiting.

        Args:
            policy: whose people.
            header: the value of `Proxy-Authorization`.

        Returns:
            The person's key; "" where it is nobody's; None where that has yet to be checked.
        """
        given = read_basic(header)
        if given is None:
            return ""
        person = policy.people.get(given[0])
        if person is None or not person.password:
            return ""
        known = self._remembered.get(self._mark(header, person.password))
        return None if known is None else (given[0] if known else "")

    async def check(self, policy: Policy, header: str, device: str) -> str:
        """As `recall`, and checked where that has yet to be done; "" too where a device has to wait.

        Args:
            policy: whose people.
            header: the value of `Proxy-Authorization`.
            device: who gives it; who guesses has to wait.
        """
        async with self._one_at_a_time:
            known = self.recall(policy, header)
            given = read_basic(header)
            if known is not None or given is None:
                return known or ""
            if self._must_wait(device):
                return ""
            stored = policy.people[given[0]].password
            right = await asyncio.to_thread(_is_right, stored, given[1])
            self._remembered[self._mark(header, stored)] = right
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
            if right:
                self._wrong.pop(device, None)
                return given[0]
            self._wrong[device].append(self._clock())
            if len(self._wrong) > _REMEMBERED:
                self._wrong.pop(next(iter(self._wrong)))
            return ""

    def _must_wait(self, device: str) -> bool:
        tries = self._wrong.get(device)
        return tries is not None and len(tries) == _TRIES and self._clock() - tries[-1] < WAIT

    def _mark(self, header: str, stored: str) -> bytes:
        # With the stored hash in it, so that a changed password ends what was remembered.
        return hashlib.blake2b(f"{header}\0{stored}".encode(), key=self._key, digest_size=16).digest()


def _is_right(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False
