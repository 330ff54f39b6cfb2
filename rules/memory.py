"""Decisions remembered by host: what was decided for one address is found again for its neighbours.

Most of a page's hundred addresses lie on few hosts, and nearly always nothing but the host decides. Where
that can be shown, the decision is made once and found again; everywhere else it is made anew. What is found
again is what `rules.decide.decide` would say, and a property test holds it to that. Pure but for its memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .address import lineage, wrapped
from .bypass import may_be_way
from .decide import Reason, decide
from .reporting import has_page_paths
from .search import is_engine
from .services import has_parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .address import Address
    from .decide import Decision, Level, Moment, Request
    from .pack import Pack
    from .policy import Policy

MOST = 4096
"""Hosts that are remembered; then it begins anew."""

type _Key = tuple[str, Level, str, str, int | None, bool, bool]
type _Kept = dict[_Key, tuple[Decision, tuple[str, ...]] | None]


class _Age:
    """All that decisions hang on beside the request; they hold as long as it is the same."""

    __slots__ = ("confirmed", "earned", "kept", "minute", "pack", "policy", "used")

    def __init__(self, policy: Policy, pack: Pack, moment: Moment, minute: int) -> None:
        self.policy = policy
        self.pack = pack
        self.used: Mapping[tuple[str, str], float] = moment.used
        self.earned: Mapping[tuple[str, str], float] = moment.earned
        self.confirmed = moment.confirmed
        self.minute = minute
        self.kept: _Kept = {}

    def holds(self, policy: Policy, pack: Pack, moment: Moment, minute: int) -> bool:
        """Whether it is still the same."""
        if self.minute != minute or self.policy is not policy or self.pack is not pack:
            return False
        if self.used is moment.used and self.earned is moment.earned and self.confirmed is moment.confirmed:
            return True
        # The household is read anew every few seconds, and mostly says the same in new words.
        same = (
            self.used == moment.used and self.earned == moment.earned and self.confirmed == moment.confirmed
        )
        if same:
            self.used, self.earned, self.confirmed = moment.used, moment.earned, moment.confirmed
        return same


class Memory:
    """What was decided lately. Safe to ask from several threads: at worst they decide the same twice."""

    def __init__(self) -> None:
        self._age: _Age | None = None

    def decide(self, request: Request, policy: Policy, pack: Pack, moment: Moment) -> Decision:
        """As `rules.decide.decide`, from memory where that is the same. Never raises."""
        try:
            return self._decide(request, policy, pack, moment)
        except Exception:  # noqa: BLE001 - then without memory, which never raises
            return decide(request, policy, pack, moment)

    def _decide(self, request: Request, policy: Policy, pack: Pack, moment: Moment) -> Decision:
        address = request.address
        if address is None or request.findings or request.search or request.carried or moment.overrides:
            return decide(request, policy, pack, moment)
        minute = int(moment.at.timestamp() // 60)  # schedules change on full minutes only
        age = self._age
        if age is None or not age.holds(policy, pack, moment, minute):
            age = self._age = _Age(policy, pack, moment, minute)
        kept = age.kept
        # With neither path nor query it is the same address again, and what else the host holds says nothing.
        bare = address.path == "/" and not address.query
        place = (address.host, address.scheme, address.port, bare)
        key = (request.person, request.level, *place, request.page_load)
        if key in kept:
            found = kept[key]
            if found is not None and (bare or _is_plain(address, found[1])):
                return found[0]
            return decide(request, policy, pack, moment)
        if len(kept) >= MOST:
            kept.clear()
        decision = decide(request, policy, pack, moment)
        if decision.reason is Reason.FAILURE:
            return decision  # what broke may be whole again the next time
        if bare:
            kept[key] = decision, ()
            return decision
        names = lineage(address.host)
        if not _is_by_host(address, names, request.person, policy, pack):
            kept[key] = None
        elif _is_plain(address, names):
            kept[key] = decision, names
        return decision


def _is_by_host(address: Address, names: tuple[str, ...], person: str, policy: Policy, pack: Pack) -> bool:
    """Whether path and query say nothing, for this person and host, beyond what they wrap."""
    known = policy.people.get(person)
    return (
        address.ip is None
        and not pack.minds_paths(address.host)
        and not is_engine(address.host)
        and not has_page_paths(address.host)
        and policy.rules.is_by_name(names)
        and (
            known is None
            or (known.rules.is_by_name(names) and not (known.minds_services and has_parts(names)))
        )
    )


def _is_plain(address: Address, names: tuple[str, ...]) -> bool:
    """Whether an address holds neither another address nor what its query alone tells."""
    return not (address.query and may_be_way(address.query)) and not wrapped(address, names)
