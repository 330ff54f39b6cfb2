"""The words of the standard, in one place: each enumeration is the whole of what may be said.

Words only; knows no file, no number and no product. Renderers, the examiner and the register import them from
here and use no others, in code, JSON or prose.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Obligation(StrEnum):
    """How strongly a clause binds. `shall` alone decides the overall verdict."""

    SHALL = "shall"
    SHOULD = "should"
    MAY = "may"


class Outcome(StrEnum):
    """What one record of one case says."""

    PASSED = "passed"
    FAILED = "failed"
    INAPPLICABLE = "inapplicable"
    """The clause does not reach this product, by the standard's own rule."""
    UNTESTED = "untested"
    """Planned and not done: a person is needed, or the run did not get there."""
    CANNOT_TELL = "cannot_tell"
    """Done, and a control failed: the product or the lab was not fit to be judged."""
    ERROR = "error"
    """Our own machinery broke."""


class Verdict(StrEnum):
    """What a criterion, a clause or the whole assessment comes to."""

    SATISFIED = "satisfied"
    NOT_SATISFIED = "not_satisfied"
    NOT_SHOWN = "not_shown"
    """Too little evidence either way; never as good as satisfied."""
    NOT_APPLICABLE = "not_applicable"

    @property
    def phrase(self) -> str:
        """The verdict as it is printed: `not satisfied`."""
        return self.value.replace("_", " ")


class Method(StrEnum):
    """Who finds out whether a criterion holds."""

    AUTOMATED = "automated"
    INSPECTION = "inspection"
    """A person with a yes/no checklist."""
    ATTESTATION = "attestation"
    """Signed statements of the supplier, of a limited age."""


class Level(StrEnum):
    """How far an assessment goes. A plus assessment needs the basic criteria too."""

    BASIC = "basic"
    PLUS = "plus"

    def includes(self, other: Self) -> bool:
        """Whether an assessment at this level needs a criterion of level `other`."""
        return self is Level.PLUS or other is Level.BASIC


class Stand(StrEnum):
    """Where a product stands between the person and the internet."""

    FORWARD_PROXY = "forward-proxy"
    DNS_RESOLVER = "dns-resolver"
    GATEWAY = "gateway"
    ENDPOINT = "endpoint"
    ISP = "isp"


class Module(StrEnum):
    """The catalogue a clause belongs to. Only `core` binds a product that claims nothing more."""

    CORE = "core"
    SUPERVISED_PERSON = "supervised-person"
    SOCIAL_NETWORKING = "social-networking"


class Offered(StrEnum):
    """Whether a clause may fall away because the capability it speaks of is absent."""

    REQUIRED = "required"
    """It never does: a product without the capability does not satisfy the clause."""
    WHERE_OFFERED = "where-offered"
    """It does, where the capability statement declares the capability absent."""
    CLAIMED = "claimed"
    """The same; the clause is about keeping what the supplier claims."""


class Evidence(StrEnum):
    """Where the records of a criterion come from. Drawn and written are never mixed."""

    DRAWN = "drawn"
    """Addresses drawn at random: shows knowledge, judged by a rate."""
    WRITTEN = "written"
    """Cases thought out beforehand: show a mechanism, judged by `every`."""
    NONE = "none"
    """No records: a person inspects or a supplier attests."""


class MeasureKind(StrEnum):
    """The ways a criterion can be measured."""

    RATE_AT_LEAST = "rate_at_least"
    RATE_AT_MOST = "rate_at_most"
    EVERY = "every"
    AT_MOST_FAILING = "at_most_failing"
    DIFFERENCE_AT_MOST = "difference_at_most"
    TIME_AT_MOST = "time_at_most"
    AMOUNT_AT_MOST = "amount_at_most"
    CHECKLIST = "checklist"
    ATTESTATION = "attestation"


class Statistic(StrEnum):
    """Which point of a set of times is held against the limit."""

    MEDIAN = "median"
    QUANTILE = "quantile"


class Grade(StrEnum):
    """How bad a nonconformity is, and what follows from it."""

    CRITICAL = "critical"
    """A critical clause is not satisfied: protection absent or unsafe; suspend now."""
    MAJOR = "major"
    """A `shall` clause is not satisfied: no certificate; 90 days to mend."""
    MINOR = "minor"
    """A `should` clause is not satisfied: a plan within 30 days."""
    OBSERVATION = "observation"
    """A `may` clause is not satisfied, or something worth knowing beside a verdict."""


class Seal(StrEnum):
    """What kept the lab apart from the internet."""

    NAMESPACE = "namespace"
    """The kernel: a network namespace without a way out."""
    CONTAINER = "container"
    """The kernel: a container without a network."""
    NONE = "none"
    """Nothing. Can never lead to a declaration or a certificate."""


class Side(StrEnum):
    """Which of two draws a record belongs to, where a criterion compares two."""

    PUBLIC = "public"
    SEALED = "sealed"
