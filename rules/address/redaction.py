"""An address without what may be private: for the journal, logs and pages. One rule for all of them.

User, password, query and fragment go whole. Of the path go the parts that are a key rather than a place:
what follows a word such as `token` or `reset`, and what looks drawn at random. Ordinary paths stay readable.
A rule by looks errs: a model's number may be hidden, and a short or a pronounceable secret that nothing
announces stays. Knows no lists and no policy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from .parsing import Address

HIDDEN = "(hidden)"
"""Stands where a part of a path was taken out; no character of it is ever encoded."""

_SHORTEST = 16  # letters and digits of a key that only its looks give away
_MOST_DIGITS = 19  # of a number in the open: numbers of posts and videos have up to 19, card numbers too
_HUMP = 2.6  # letters and digits of a "word" on average: 1.6 in drawn ones of 62 characters, 4 in real ones
_SWITCHES = 3  # from letters of one case to digits or back, in a piece without any separator

# What follows these is a key, however it looks.
_KEYS = frozenset((
    "accesstoken", "accesskey", "apikey", "apitoken", "authkey", "authtoken", "bearer", "credential",
    "credentials", "csrf", "idtoken", "jsessionid", "jwt", "key", "magiclink", "nonce", "otp", "passcode",
    "passwd", "password", "phpsessid", "privatekey", "pwd", "refreshtoken", "resettoken", "secret",
    "secretkey", "session", "sessionid", "sessiontoken", "sid", "sig", "signature", "token", "tokens",
    "webhook", "webhooks",
))  # fmt: skip
# What follows these is a key where it is no word: `/reset/9f3a`, and not `/reset/done`. So is what follows a
# key that was announced: `/reset/MQ/9f3a`.
_DOORS = frozenset((
    "activate", "activation", "auth", "authorize", "callback", "capability", "claim", "code", "confirm",
    "confirmation", "confirmemail", "email", "emailverification", "forgot", "forgotpassword", "guest",
    "hash", "hook", "hooks", "invitation", "invite", "invites", "join", "link", "login", "magic", "oauth",
    "optin", "optout", "passwordreset", "recover", "recovery", "redeem", "register", "reset",
    "resetpassword", "saml", "share", "shared", "signin", "signup", "sso", "subscribe", "subscription",
    "ticket", "unlock", "unsubscribe", "validate", "verification", "verify", "verifyemail",
))  # fmt: skip
_ANNOUNCED = _KEYS | _DOORS | {HIDDEN}
_STEPS = frozenset((
    "change", "done", "edit", "expired", "failed", "forgot", "help", "invalid", "list", "new", "policy",
    "request", "sent", "success",
))  # fmt: skip
_LONGEST = 1024  # characters of a segment; longer ones are no names of places
_WORD = 12  # letters of one case a word may have behind a door; what is longer is taken for a key

_SIGNED = re.compile(r"[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,2}")
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{16,}", re.IGNORECASE)
_RUN = re.compile(r"[A-Za-z0-9]+")
_HUMPS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]|[0-9]+")
_UNSPEAKABLE = re.compile(r"[bcdfghjklmnpqrstvwxz]{6}", re.IGNORECASE)
_SWITCH = re.compile(r"(?<=[0-9])(?=[A-Za-z])|(?<=[A-Za-z])(?=[0-9])")
_NO_LETTER = re.compile(r"[^a-z]")
_PLAIN_WORD = re.compile(r"[A-Z]?[a-z]*(?:[-_. ][A-Z]?[a-z]*)*")
# Nearly every path has neither: one look, and it goes as it is.
_SUSPECT = re.compile(
    r"[A-Za-z0-9_.~%=+-]{16}|[/;][_.~-]*(?:"
    + "|".join(f"{word[:3]}" for word in sorted(_KEYS | _DOORS))
    + ")",
    re.IGNORECASE,
)


def redact(address: Address) -> str:
    """Write an address without what may be private: no user, password, query, fragment or key in the path.

    Args:
        address: the address.

    Returns:
        `scheme://host[:port]/path`; without the scheme for a bare host.
    """
    host = f"[{address.host}]" if ":" in address.host else address.host
    port = f":{address.port}" if address.port is not None else ""
    scheme = f"{address.scheme}://" if address.scheme else ""
    return f"{scheme}{host}{port}{without_keys(address.path)}"


def without_keys(path: str) -> str:
    """Write a path with HIDDEN in place of its secret parts. What is done twice is as done once.

    Args:
        path: as in `Address.path`.
    """
    if _SUSPECT.search(path) is None:
        return path
    kept: list[str] = []
    before = ""
    for segment in path.split("/"):
        name, *parameters = segment.split(";")
        told = unquote(name)
        shown = HIDDEN if _is_key(told, before) else _pair(name)
        kept.append(";".join([shown, *map(_pair, parameters)]))
        if shown == HIDDEN:
            before = HIDDEN if before in _ANNOUNCED else ""
        elif name and told.lower() not in _STEPS:  # a step changes nothing about what comes last
            before = _folded(told)
    return "/".join(kept)


def _is_key(text: str, before: str) -> bool:
    """Whether a segment is one, given the announcing word before it."""
    if not text or text == HIDDEN:
        return False
    if before in _KEYS:
        return _folded(text) not in _KEYS | _DOORS and text.lower() not in _STEPS
    if (before in _DOORS or before == HIDDEN) and _is_no_word(text):
        return True
    return looks_drawn(text)


def _pair(text: str) -> str:
    """A `name=value` or `name:value` with a secret value taken out; any other text as it is."""
    for mark in "=:":
        name, found, value = text.partition(mark)
        if found and value and (_folded(unquote(name)) in _KEYS or looks_drawn(unquote(value))):
            return f"{name}{mark}{HIDDEN}"
    return text


def looks_drawn(text: str) -> bool:
    """Whether a text looks drawn at random: signed tokens, UUIDs, long hexadecimal, mixed letters and digits.

    Args:
        text: a segment of a path, percent-decoded.
    """
    text = text.rstrip("=")
    if len(text) > _LONGEST or _UUID.search(text) or any(map(_is_mixed, _HEX.findall(text))):
        return True
    if text.startswith("ey") and _SIGNED.fullmatch(text):
        return True
    return any(map(_is_drawn, text.split(".")))


def _is_drawn(text: str) -> bool:
    """Whether a piece without dots, in which names of files end, mixes letters and digits as words do not."""
    runs = _RUN.findall(text)
    size = sum(map(len, runs))
    if len(text) < _SHORTEST or not runs:
        return False
    if all(run.isdigit() for run in runs):
        return size > _MOST_DIGITS
    whole = (run for run in runs if len(run) >= _SHORTEST and (run.islower() or run.isupper()))
    if any(len(_SWITCH.findall(run)) >= _SWITCHES for run in whole):
        return True
    humps = sum(len(_HUMPS.findall(run)) for run in runs)
    if size / humps < _HUMP:
        return True
    return humps > len(runs) and _UNSPEAKABLE.search(text) is not None


def _is_mixed(text: str) -> bool:
    return not text.isdigit() and not text.isalpha()


def _is_no_word(text: str) -> bool:
    """Whether a text holds digits, mixed case, or more letters in a row than a word has."""
    if not text.isascii():
        return False
    return _PLAIN_WORD.fullmatch(text) is None or max(map(len, _RUN.findall(text)), default=0) > _WORD


def _folded(text: str) -> str:
    """A segment as announcing words are compared: `Reset-Password` is `resetpassword`."""
    return _NO_LETTER.sub("", text.lower()) if len(text) <= 24 else ""
