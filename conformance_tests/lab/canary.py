"""Canaries: fresh random tokens, so that nobody can pretend to have seen a page.

A canary belongs to one case, host and path; only the asked page's canary counts. A product that redirects a
blocked request to another page of the lab shows that page's canary, which proves nothing.
"""

from __future__ import annotations

import hashlib
import re
import secrets

_LENGTH = 24
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")


class Mint:
    """Makes and recognises the canaries of one run. The key never leaves the examiner."""

    def __init__(self, key: bytes | None = None) -> None:
        """`key` fixes the canaries, for tests; by default each run has a new one."""
        self._key = key or secrets.token_bytes(32)

    def make(self, case: str, host: str, path: str) -> str:
        """The canary of a page: 24 characters no one outside can compute."""
        text = f"{case}\n{host.lower()}\n{plain_path(path)}".encode()
        return hashlib.blake2b(text, key=self._key, digest_size=_LENGTH // 2).hexdigest()


def plain_path(path: str) -> str:
    """One form for equivalent paths (RFC 3986 6.2.2): a product may send on any of them.

    Unreserved characters decoded, escapes in upper case, dot segments gone; doubled slashes stay.
    """
    text = _ESCAPE.sub(_decode, path)
    segments: list[str] = []
    parts = text.split("/")
    for index, part in enumerate(parts):
        is_last = index == len(parts) - 1
        if part == "..":
            if len(segments) > 1:
                segments.pop()
            segments += [""] if is_last else []
        elif part == ".":
            segments += [""] if is_last else []
        else:
            segments.append(part)
    return "/".join(segments)


def _decode(found: re.Match[str]) -> str:
    character = chr(int(found.group(1), 16))
    plain = character.isascii() and (character.isalnum() or character in "-._~")
    return character if plain else found.group(0).upper()


def page(
    canary: str, *, title: str = "A quiet page", text: str = "Nothing to see here but a few plain words."
) -> bytes:
    """A harmless HTML page that carries its canary in text and in an attribute."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f'<body data-token="{canary}"><h1>{title}</h1><p>{text}</p><p>{canary}</p></body></html>'
    ).encode()
