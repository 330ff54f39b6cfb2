"""A question's way to its answer: the decision by name, then what the name leads to, decided as well.

The same rules as everywhere in the gate, asked at the level of names. It knows no sockets; what breaks in
here is answered with SERVFAIL by whoever calls.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

import dns.exception
import dns.name
import dns.rcode
import dns.reversename

from proxy.dns import answer as own
from proxy.dns.chain import Sections, lead, write_sections
from proxy.reach import inside, is_refused
from rules.address import Address, AddressError, parse
from rules.decide import Decision, Level, Reason, Request
from rules.presets import Action
from rules.search import dns_answer, mode_of
from rules.signals import Negative, minds, signal_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy.dns.cache import Cache, Kept
    from proxy.dns.chain import Answer
    from proxy.dns.question import Question
    from proxy.identity import Asker
    from proxy.judge import Judge, Notes
    from proxy.reach import IP

logger = logging.getLogger(__name__)

_NOTED = (
    30.0  # seconds in which a device's questions for one name are one record: A, AAAA and HTTPS come together
)
_MOST_NOTED = 4096
_MOST_WRITTEN = 20_000
# Never asked of anyone outside: RFC 6761, 6762, 7686, and names that cannot exist.
_LOCAL = ("local", "localhost", "invalid", "onion")
_TRANSFERS = frozenset({251, 252})  # IXFR, AXFR
_FAMILY = {own.A: IPv4Address, own.AAAA: IPv6Address}
_PARENTS_WORD = frozenset({Reason.OVERRIDE, Reason.PERSON, Reason.HOUSEHOLD})


class Answering:
    """Answers questions. One for each gate."""

    def __init__(
        self, judge: Judge, notes: Notes, cache: Cache, *, page: Sequence[IPv4Address | IPv6Address] = ()
    ) -> None:
        """Begin.

        Args:
            judge: decides.
            notes: is told of blocks.
            cache: the name servers' answers.
            page: addresses of the gate's own block page, given in place of a blocked name's; none: no data.
        """
        self._judge = judge
        self._notes = notes
        self._cache = cache
        self._page = tuple(page)
        self._sections: dict[tuple[str, int, str | None], tuple[Kept, Sections]] = {}
        self._noted: OrderedDict[tuple[str, str], float] = OrderedDict()

    def answer_now(self, question: Question, asker: Asker) -> bytes | None:
        """The answer where nobody has to be asked for it; None where a name server has to be."""
        if question.type in _TRANSFERS:
            return own.write(question, code=dns.rcode.REFUSED, negative=False)
        request, decision, fixed = self._consider(question, asker)
        if fixed is not None:
            return fixed
        target = self._forced(question, request, decision)
        if target is not None and question.type not in _FAMILY:
            return own.write(question)  # an HTTPS record would lead to the engine as it is
        kept = self._cache.known(target or question.name, question.type)
        return None if kept is None else self._finish(question, request, decision, kept, target)

    async def answer(self, question: Question, asker: Asker) -> bytes:
        """The answer, with the name servers asked where that is needed."""
        found = self.answer_now(question, asker)
        if found is not None:
            return found
        request, decision, _ = self._consider(question, asker)
        target = self._forced(question, request, decision)
        try:
            kept = await self._cache.get(target or question.name, question.type)
        except OSError:
            words = "none of the household's name servers answers"
            return own.write(
                question, code=dns.rcode.SERVFAIL, error=own.Ede.UNREACHABLE, text=words, negative=False
            )
        # While the name server thought, the rules may have changed.
        request, decision, fixed = self._consider(question, asker)
        return fixed or self._finish(question, request, decision, kept, target)

    def _consider(self, question: Question, asker: Asker) -> tuple[Request, Decision, bytes | None]:
        """The decision on the name itself; with it the answer, where no name server has a say."""
        name = question.name
        request = Request(
            address=_address(question),
            text=name,
            person=asker.person,
            page_load=False,
            level=Level.NAME if self._page else Level.UNREAD,
            device=asker.device,
        )
        policy = self._judge.rules.policy
        decision = self._judge.decide(request)
        person = policy.people.get(asker.person)
        signal = signal_at(name)
        if signal is not None and not decision.help and (person is None or minds(person)):
            code = dns.rcode.NXDOMAIN if signal is Negative.NOTHING else dns.rcode.NOERROR
            return request, decision, own.write(question, code=code)
        if decision.action is not Action.ALLOW:
            return request, decision, self._block(question, request, decision)
        ours = policy.names.get(name)
        if ours is not None:
            return request, decision, own.addresses(question, [ip_address(ours)])
        if question.type == own.ANY:
            return request, decision, own.write(question)  # RFC 8482: no reason to tell everything at once
        if _is_local(name):
            return request, decision, own.write(question, code=dns.rcode.NXDOMAIN)
        return request, decision, None

    def _forced(self, question: Question, request: Request, decision: Decision) -> str | None:
        """The name whose addresses are given so that an engine answers in its safe mode."""
        person = self._judge.rules.policy.people.get(request.person)
        if person is None or decision.reason is Reason.OVERRIDE:
            return None
        mode = mode_of(person)
        return None if mode is None else dns_answer(question.name, mode)

    def _finish(
        self, question: Question, request: Request, decision: Decision, kept: Kept, target: str | None
    ) -> bytes:
        closed = self._look_behind(question, request, decision, kept.answer)
        if closed is not None:
            return self._block(question, request, closed)
        return own.pass_on(question, self._written(question, kept, target))

    def _written(self, question: Question, kept: Kept, target: str | None) -> Sections:
        """The answer's sections, written once for as long as their lifetimes hold."""
        key = (question.name, question.type, target)
        found = self._sections.get(key)
        age = self._cache.clock() - kept.at
        if found is not None and found[0] is kept and age < found[1].until:
            return found[1]
        answer = kept.answer if target is None else lead(question.name, target, kept.answer)
        written = write_sections(answer, question.name, question.type, age)
        if len(self._sections) >= _MOST_WRITTEN:
            self._sections.clear()
        self._sections[key] = kept, written
        return written

    def _look_behind(
        self, question: Question, request: Request, decision: Decision, answer: Answer
    ) -> Decision | None:
        """Why an answer is not given although its name is open; None where it is."""
        reach = {_host(entry) for entry in self._judge.rules.policy.reach}
        if question.name not in reach:
            for ip in answer.addresses:
                why = None if str(ip) in reach else is_refused(ip)
                if why is not None:
                    return inside(why)
        if decision.help:
            return None
        for name in answer.names:
            try:
                address = parse(name)
            except AddressError:
                continue  # not a host's name; what it leads to in the end is
            behind = self._judge.decide(replace(request, address=address, text=name))
            # As with addresses inside others: counts where a list or a rule names it. What a parent opened by
            # name stays open, whoever serves it, but for what the law closes.
            if behind.action is Action.ALLOW or behind.reason is Reason.UNKNOWN:
                continue
            if decision.reason not in _PARENTS_WORD or behind.reason is Reason.ILLEGAL:
                return replace(behind, because=f"It leads to {name}. {behind.because}")
        return None

    def _block(self, question: Question, request: Request, decision: Decision) -> bytes:
        self._note(request, decision)
        error, text = own.error_of(decision), decision.because
        ips = [ip for ip in self._page if type(ip) is _FAMILY.get(question.type)]
        records = [own.record(question.type, ip.packed) for ip in ips]
        return own.write(question, records, error=error, text=text)

    def _note(self, request: Request, decision: Decision) -> None:
        """Tell the journal once for a burst of questions; a fault there must not change the answer."""
        key, now = (request.device, request.text), self._cache.clock()
        last = self._noted.get(key)
        if last is not None and now < last + _NOTED:
            return
        self._noted[key] = now
        self._noted.move_to_end(key)
        while len(self._noted) > _MOST_NOTED:
            self._noted.popitem(last=False)
        try:
            self._notes.note(request, decision, request.device)
        except Exception:
            logger.exception("a blocked question could not be noted")


def _address(question: Question) -> Address | None:
    """The name as the rules read it; None for one that no host can have.

    Labels with a slash, a blank or a percent sign would be read as something else than what is asked for.
    """
    if not question.plain or not question.name:
        return None
    try:
        return parse(question.name)
    except AddressError:
        return None


def _is_local(name: str) -> bool:
    """Whether a name is the home's own business and is not told to anyone outside."""
    if not name:
        return False
    if name.rpartition(".")[2] in _LOCAL:
        return True
    if not name.endswith(".arpa"):
        return False
    ip = _reverse(name)
    return ip is not None and is_refused(ip) is not None


def _reverse(name: str) -> IP | None:
    """The address whose name is asked for (`…in-addr.arpa`), or None; RFC 6303 keeps private ones at home."""
    try:
        return ip_address(dns.reversename.to_address(dns.name.from_text(name)))
    except (dns.exception.DNSException, ValueError):
        return None


def _host(entry: str) -> str:
    """The host of a `reach` entry, as names and addresses are spelt here."""
    host = entry.rpartition(":")[0].strip("[]").lower()
    try:
        return str(ip_address(host))
    except ValueError:
        return host
