"""What a whole report says in front: the overall verdict, its sentence, its caveat, its tallies and hashes.

Made from clause reports by `standard.grade`; decides nothing about a clause.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from .facts import Digest, KnownFailure
from .report import Tally
from .words import Obligation, Outcome, Verdict

if TYPE_CHECKING:
    from .clause import Edition
    from .record import Footer, Header, Result
    from .report import ClauseReport


def overall(clauses: tuple[ClauseReport, ...], *, is_complete: bool) -> Verdict:
    """As bad as the worst `shall` clause that was decided; unfinished is never satisfied."""
    verdicts = {one.verdict for one in clauses if one.obligation is Obligation.SHALL and one.decides}
    if Verdict.NOT_SATISFIED in verdicts:
        return Verdict.NOT_SATISFIED
    if Verdict.NOT_SHOWN in verdicts or Verdict.SATISFIED not in verdicts or not is_complete:
        return Verdict.NOT_SHOWN
    return Verdict.SATISFIED


def tallied(obligation: Obligation, clauses: tuple[ClauseReport, ...]) -> Tally:
    """How many clauses of `obligation` came to which verdict."""
    held = [one for one in clauses if one.obligation is obligation]
    verdicts = [one.verdict for one in held if one.decides]
    return Tally(
        obligation=obligation,
        satisfied=verdicts.count(Verdict.SATISFIED),
        not_satisfied=verdicts.count(Verdict.NOT_SATISFIED),
        not_shown=verdicts.count(Verdict.NOT_SHOWN),
        not_applicable=verdicts.count(Verdict.NOT_APPLICABLE),
        not_examined=len(held) - len(verdicts),
    )


def sentence(shall: Tally) -> str:
    """The verdict in one sentence, from the tally of the `shall` clauses."""
    examined = shall.satisfied + shall.not_satisfied + shall.not_shown
    parts = [f"{shall.satisfied} of {examined} shall clauses satisfied"]
    parts += [f"{shall.not_satisfied} not satisfied"] * bool(shall.not_satisfied)
    parts += [f"{shall.not_shown} not shown"] * bool(shall.not_shown)
    parts += [f"{shall.not_applicable} not applicable"] * bool(shall.not_applicable)
    return ", ".join(parts) + "."


def caveat(
    clauses: tuple[ClauseReport, ...], footer: Footer | None, selection: tuple[str, ...], *, strays: int
) -> str:
    """What the verdict does not say; `strays` is how many records bear on no criterion."""
    parts = ["A satisfied criterion is supported by this evidence, not proven by it."]
    unseen = sum(one.not_examined for one in clauses)
    if unseen:
        parts.append(f"{unseen} criteria need a person and were not examined.")
    if footer is None:
        parts.append("The run did not finish, so it can't be satisfied.")
    if strays:
        parts.append(f"{strays} records bear on no criterion of this edition.")
    if selection:
        parts.append(f"Only a part was run: {' '.join(selection)}.")
    return " ".join(parts)


def known_failures(header: Header, records: dict[str, list[Result]]) -> tuple[KnownFailure, ...]:
    """The failures the adapter announced, and whether each happened."""
    if not header.known_failures:
        return ()
    failed = {
        record.case for group in records.values() for record in group if record.outcome is Outcome.FAILED
    }
    return tuple(
        KnownFailure(
            case=one.case, because=one.because, expires=one.expires, see=one.see, failed=one.case in failed
        )
        for one in header.known_failures
    )


def digests(header: Header, edition: Edition) -> tuple[Digest, ...]:
    """The hashes the verdict rests on, as far as the header and the edition know them."""
    digests = [Digest(of="edition", sha256=edition.sha256), Digest(of="cases", sha256=header.cases)]
    if header.product.build:
        digests.append(Digest(of="build", sha256=header.product.build.removeprefix("sha256:")))
    if header.statement is not None:
        text = json.dumps(header.statement, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        digests.append(Digest(of="capability statement", sha256=hashlib.sha256(text.encode()).hexdigest()))
    if header.corpus is not None:
        said = {"drawn": "list drawn from", "given": "list given to the product"}
        digests += [Digest(of=f"{said[one.use]} {one.id}", sha256=one.sha256) for one in header.corpus.lists]
        if header.corpus.sealed_root:
            digests.append(Digest(of="sealed set", sha256=header.corpus.sealed_root))
    return tuple(digests)
