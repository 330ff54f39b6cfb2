"""Response policy zones: `name CNAME .`. `x` covers only the name, `*.x` only what is below.

An action that refuses is an entry, `rpz-passthru` an exception that yields to closer entries, a rewrite to
another place is neither. Answer addresses (`rpz-ip`) are networks. Owners are relative to $ORIGIN.
"""

from __future__ import annotations

import re

from .entry import Covers, Refusal, Rule
from .hosts import is_sink
from .words import host_rule, network_rule

TYPES = frozenset(("CNAME", "A", "AAAA", "TXT", "NS", "SOA", "MX", "DNAME", "SRV", "HTTPS", "PTR"))
REFUSING = frozenset((".", "*.", "rpz-drop."))
RECORD = re.compile(
    r"(?P<owner>\S+)\s+(?:\d+[smhdw]?\s+)?(?:(?:IN|CH|HS)\s+)?(?:\d+[smhdw]?\s+)?(?P<type>[A-Za-z]+)\s+(?P<data>.+)"
)
HEAD = re.compile(r"\$(?:ORIGIN|TTL|INCLUDE)\b|@|\s|\)", re.IGNORECASE)
ZONE = re.compile(r"\.rpz\.[a-z.]*$|\.rpz$")
TRIGGERS = (".rpz-client-ip", ".rpz-nsdname", ".rpz-nsip")


def read_line(line: str, *, suffix: bool = False) -> tuple[Rule | Refusal, ...]:
    """Read one line.

    Args:
        line: without its end. What begins with a blank belongs to the zone's own records.
        suffix: accept public suffixes.

    Returns:
        One rule or refusal; nothing for comments and the zone's own records.
    """
    text = line.partition(";")[0].rstrip()
    if not text or HEAD.match(text):
        return ()
    found = RECORD.fullmatch(text)
    if not found or found["type"].upper() not in TYPES:
        return (Refusal("malformed-record"),)
    owner, kind, data = found["owner"].lower(), found["type"].upper(), found["data"].strip().lower()
    # Written out in full, the owner ends with the zone's name; `rpz.` is what zones are called by custom.
    owner = ZONE.sub("", owner.rstrip(".")) if owner.endswith(".") else owner
    if owner.endswith(TRIGGERS):
        return (Refusal("trigger-not-for-addresses"),)
    if kind in {"SOA", "NS"}:
        return ()
    exception = data == "rpz-passthru."
    if data == "rpz-tcp-only.":
        return (Refusal("only-another-transport"),)
    if (
        not exception
        and not (kind == "CNAME" and data in REFUSING)
        and not (kind in {"A", "AAAA"} and is_sink(data))
    ):
        return (Refusal("redirect-to-an-address" if kind in {"A", "AAAA"} else "redirect-to-a-name"),)
    rule = _owner(owner, suffix=suffix or exception)
    return (rule if isinstance(rule, Refusal) else rule._replace(exception=exception, nearest=exception),)


def _owner(owner: str, *, suffix: bool) -> Rule | Refusal:
    if owner.endswith(".rpz-ip"):
        return _network(owner.removesuffix(".rpz-ip"))
    if owner.startswith("*."):
        return host_rule(owner[2:], Covers.BELOW, suffix=suffix)
    return host_rule(owner, Covers.NAME, suffix=suffix)


def _network(text: str) -> Rule | Refusal:
    """Read an address written backwards: `32.77.2.0.192` is 192.0.2.77/32, `zz` stands for `::`."""
    length, *parts = text.split(".")
    parts.reverse()
    if len(parts) == 4 and all(part.isdigit() for part in parts):
        return network_rule(f"{'.'.join(parts)}/{length}")
    joined = ":".join(parts).replace("zz", "")
    joined = f":{joined}" if joined.startswith(":") else joined
    return network_rule(
        f"{joined}:/{length}" if joined.endswith(":") and "::" not in joined else f"{joined}/{length}"
    )
