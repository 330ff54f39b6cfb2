"""Canaries: fresh random tokens, so that nobody can pretend to have seen a page.

A canary belongs to one case, host and path; only the asked page's canary counts. A product that redirects a
blocked request to another page of the lab shows that page's canary, which proves nothing.
"""

from __future__ import annotations

import hashlib
import secrets

from conformance_tests.lab.spelling import plain_path

_LENGTH = 24


class Mint:
    """Makes and recognises the canaries of one run. The key never leaves the examiner."""

    def __init__(self, key: bytes | None = None) -> None:
        """`key` fixes the canaries, for tests; by default each run has a new one."""
        self._key = key or secrets.token_bytes(32)

    def make(self, case: str, host: str, path: str) -> str:
        """The canary of a page: 24 characters no one outside can compute."""
        text = f"{case}\n{host.lower()}\n{plain_path(path)}".encode()
        return hashlib.blake2b(text, key=self._key, digest_size=_LENGTH // 2).hexdigest()


def page(
    canary: str, *, title: str = "A quiet page", text: str = "Nothing to see here but a few plain words."
) -> bytes:
    """A harmless HTML page that carries its canary in text and in an attribute."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f'<body data-token="{canary}"><h1>{title}</h1><p>{text}</p><p>{canary}</p></body></html>'
    ).encode()
