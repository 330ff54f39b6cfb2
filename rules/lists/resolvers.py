"""Settings of name servers used as lists: dnsmasq and unbound. An entry covers the name and all below.

Only statements that refuse names are entries. A statement that hands names below back to ordinary
resolution is an exception, and yields to closer entries as it does in the server.
"""

from __future__ import annotations

import re

from .entry import Covers, Refusal, Rule
from .hosts import is_sink
from .words import host_rule

DNSMASQ = re.compile(r"(address|server|local)=/(.+)/([^/]*)")
ZONE = re.compile(r"local-zone:\s*[\"']?([^\"'\s]+)[\"']?\s+[\"']?([\w-]+)[\"']?")
DATA = re.compile(
    r"local-data:\s*[\"']?(\S+?)\s+(?:\d+\s+)?(?:IN\s+)?(A|AAAA)\s+([^\"'\s]+)[\"']?", re.IGNORECASE
)
SETTING = re.compile(r"[a-z0-9-]+(?::.*|=.*)?")
BLOCKING = frozenset(
    "always_null always_nxdomain always_nodata always_refuse always_deny "  # noqa: SIM905 -- words in a row
    "refuse deny static inform_deny redirect".split()
)
PASSING = frozenset("transparent always_transparent typetransparent inform nodefault inform_redirect".split())  # noqa: SIM905


def read_dnsmasq(line: str, *, suffix: bool = False) -> tuple[Rule | Refusal, ...]:
    """Read one line of a dnsmasq configuration.

    Args:
        line: without its end.
        suffix: accept public suffixes.

    Returns:
        A rule or refusal for each name of the statement; nothing for comments and other settings.
    """
    text = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
    if not text:
        return ()
    found = DNSMASQ.fullmatch(text)
    if not found:
        return () if SETTING.fullmatch(text) else (Refusal("malformed-setting"),)
    kind, names, value = found.groups()
    exception = kind != "address" and value == "#"
    if not exception and value not in {"", "#"} and not (kind == "address" and is_sink(value)):
        return (Refusal("redirect-to-an-address" if kind == "address" else "forwards-to-a-server"),)
    return tuple(_rule(name, exception=exception, suffix=suffix) for name in names.split("/"))


def read_unbound(line: str, *, suffix: bool = False) -> tuple[Rule | Refusal, ...]:
    """Read one line of an unbound configuration.

    Args:
        line: without its end.
        suffix: accept public suffixes.

    Returns:
        One rule or refusal; nothing for comments and other settings.
    """
    text = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
    if not text:
        return ()
    if found := ZONE.fullmatch(text):
        name, kind = found.groups()
        if kind not in BLOCKING | PASSING:
            return (Refusal("malformed-setting"),)
        return (_rule(name, exception=kind in PASSING, suffix=suffix),)
    if found := DATA.fullmatch(text):
        if not is_sink(found[3]):
            return (Refusal("redirect-to-an-address"),)
        return (host_rule(found[1], Covers.NAME, suffix=suffix),)
    return () if SETTING.fullmatch(text) else (Refusal("malformed-setting"),)


def _rule(name: str, *, exception: bool, suffix: bool) -> Rule | Refusal:
    rule = host_rule(name.removeprefix("*.").removeprefix("."), suffix=suffix or exception)
    if isinstance(rule, Refusal):
        return rule
    return rule._replace(exception=exception, nearest=exception)
