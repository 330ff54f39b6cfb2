"""Pass, look inside or block: what is done with a connection when only its name is known.

Pure. Looks inside only where that can change the decision, and never where it is nobody's business.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from rules.address import parents
from rules.decide import Reason
from rules.presets import Action
from rules.reporting import has_page_paths

if TYPE_CHECKING:
    from rules.decide import Decision
    from rules.policy import Policy

_PRIVATE = "private_sensitive"
_NEVER_PASSED_OVER = frozenset(
    {
        Reason.SECURITY,
        Reason.BYPASS,
        Reason.UNPARSABLE,
        Reason.ADDRESS,
        Reason.IDENTITY,
        Reason.FAILURE,
    }
)


class Course(StrEnum):
    """What is done with a connection."""

    PASS = "pass"  # noqa: S105 - a word, no password
    """Relayed as it is: the certificate the device sees is the site's own."""
    INSPECT = "inspect"
    """Looked into: every request is decided on its whole address."""
    BLOCK = "block"
    """Answered by us; the site is never dialled."""


def choose(decision: Decision, policy: Policy, person: str, host: str) -> Course:
    """The course for a connection.

    Args:
        decision: what the rules say about the name.
        policy: the household's policy, for rules about paths.
        person: whose connection it is.
        host: the name, in canonical form.
    """
    if decision.reason is Reason.HELP:
        return Course.PASS
    if decision.reason is Reason.ILLEGAL:
        return Course.BLOCK
    names = tuple(parents(host))
    known = policy.people.get(person)
    paths_matter = policy.rules.has_paths(names) or (known is not None and known.rules.has_paths(names))
    if decision.action is not Action.ALLOW:
        # A rule may open one path of a site that is closed as a whole, and its report pages stay open.
        reports = has_page_paths(host) and decision.reason not in _NEVER_PASSED_OVER
        return Course.INSPECT if paths_matter or reports else Course.BLOCK
    open_to_us = known is None or known.decrypt
    if paths_matter or (open_to_us and _PRIVATE not in decision.categories):
        return Course.INSPECT
    return Course.PASS
