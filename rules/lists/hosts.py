"""Hosts files: `0.0.0.0 name`, several names a line, comments after `#`. Covers the name and all below.

The file format itself knows nothing below a name; lists in this format are made for blockers that do.
"""

from __future__ import annotations

from .entry import Refusal, Rule
from .words import host_rule, is_ip

# Addresses that lead nowhere. A line with another address sends its name somewhere: that is no listing.
SINKS = frozenset({"0.0.0.0", "::", "::0", "::1", "0"})


def is_sink(address: str) -> bool:
    """Tell whether an address leads nowhere: unspecified or loopback, mistyped ones (127.0.0.7) too."""
    return address.partition("%")[0] in SINKS or address.startswith("127.")


def read_line(line: str, *, suffix: bool = False) -> tuple[Rule | Refusal, ...]:
    """Read one line.

    Args:
        line: without its end.
        suffix: accept public suffixes.

    Returns:
        A rule or a refusal for each name; nothing for a comment.
    """
    words = line.partition("#")[0].split()
    if not words:
        return ()
    address, *names = words
    if not is_ip(address.partition("%")[0]):
        return (Refusal("no-sink-address"),)
    if not is_sink(address):
        local = all(host_rule(name) == Refusal("local-name") for name in names)
        return (Refusal("local-name" if names and local else "redirect-to-an-address"),)
    if not names:
        return (Refusal("no-name"),)
    return tuple(Refusal("local-name") if is_sink(name) else host_rule(name, suffix=suffix) for name in names)
