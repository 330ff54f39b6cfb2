"""`stairgate explain`: what would happen to an address, and why. The gate's decision, without a gate."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proxy.cli.options import HomeOption, JsonOption, plain, read_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Engine

    from proxy.home import Home
    from rules.decide import Decision, Moment, Request
    from rules.policy import Policy

app = typer.Typer(add_completion=False)

_FRESH = timedelta(seconds=1)
_CHUNK = 1 << 16


@app.command()
def explain(
    addresses: Annotated[
        list[str],
        typer.Argument(metavar="URL... | -", help="Addresses; - reads them from standard input, one a line."),
    ],
    *,
    person: Annotated[str, typer.Option(help="As this person of the policy.")] = "everyone",
    at: Annotated[str | None, typer.Option(help="At this time; now by default.", metavar="TIME")] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Say what would happen to an address, and why.

    Example:  stairgate explain --json https://www.example.org/
    """
    if "-" in addresses and len(addresses) > 1:
        raise typer.BadParameter("- stands alone: it reads every address from standard input")
    moment = None if at is None else read_moment(at, option="--at")
    answer = _answerer(home, person, moment, as_json)
    if addresses == ["-"]:
        for batch in read_lines(sys.stdin.fileno()):
            _write(answer(batch))
        return
    _write(answer(map(os.fsencode, addresses)))


def _answerer(
    folder: Any, person: str, at: datetime | None, as_json: bool
) -> Callable[[Iterable[bytes]], str]:
    """A function from addresses as they were given to their answers, with everything it needs opened once."""
    from proxy.first_run import prepare_rules
    from proxy.home import open_home
    from proxy.live import load_rules
    from rules.address import AddressError, parse
    from rules.decide import Moment, Request, decide
    from rules.explain import explain, json_line

    home = open_home(folder)
    prepare_rules(home)
    loaded = load_rules(home)
    policy, pack = loaded.policy, loaded.pack
    if person not in policy.people:
        known = ", ".join(sorted(policy.people))
        raise typer.BadParameter(f"{person!r} is not in the policy; it knows {known}", param_hint="--person")

    state = _State(home, policy)

    def answer(batch: Iterable[bytes]) -> str:
        # What arrived together was asked at one moment. Now has its minutes used and overrides; a time that
        # was named is answered by the policy alone.
        moment = state.now() if at is None else Moment(at=at)
        answers: list[str] = []
        for line in batch:
            text = _decode(line)
            try:
                address = parse(text)
            except AddressError:
                address = None
            request = Request(address=address, text=text, person=person)
            decision = decide(request, policy, pack, moment)
            answers.append(
                json_line(text, person, moment.at, decision) + "\n"
                if as_json
                else _paragraph(request, decision, explain(decision, request))
            )
        return "".join(answers)

    return answer


class _State:
    """The household's state, read when it is first needed and then at most once a second."""

    def __init__(self, home: Home, policy: Policy) -> None:
        self._home, self._policy = home, policy
        self._engine: Engine | None = None
        self._moment: Moment | None = None

    def now(self) -> Moment:
        """This moment."""
        from rules.decide import Moment

        at = datetime.now(UTC)
        if not self._home.household.exists():
            return Moment(at=at)
        if self._moment is None or at - self._moment.at > _FRESH:
            # Imported here: a household without any state must not wait for a database to be loaded.
            from proxy.household.reading import read
            from proxy.household.store import open_store, told_in_words

            if self._engine is None:
                self._engine = open_store(self._home.household)
            with told_in_words(self._home.household), self._engine.connect() as connection:
                self._moment = read(connection, self._policy, at).moment(at)
        return replace(self._moment, at=at)


def _paragraph(request: Request, decision: Decision, sentence: str) -> str:
    lines = [f"{decision.action:<6} {plain(request.text)}", f"       {plain(sentence)}"]
    if decision.rule is not None:
        rule = decision.rule
        lines.append(f"       rule: {rule.list}, {rule.file}:{rule.line}, {plain(rule.entry)}")
    return "\n".join(lines) + "\n"


def read_lines(descriptor: int) -> Iterator[list[bytes]]:
    r"""Lines as they come, without their \n and otherwise untouched, in batches of what has arrived.

    One batch is answered before more is read, so that a program can ask and wait for the answer.

    Args:
        descriptor: an open file, read to its end.
    """
    unfinished: list[
        bytes
    ] = []  # the pieces of a line whose end has not come; joined once, however long it is
    while chunk := os.read(descriptor, _CHUNK):
        first, *others = chunk.split(b"\n")
        unfinished.append(first)
        if others:
            yield [b"".join(unfinished), *others[:-1]]
            unfinished = [others[-1]]
    if last := b"".join(unfinished):
        yield [last]


def _decode(line: bytes) -> str:
    """UTF-8, with U+FFFD for what is none: JSON can't hold raw bytes, and no name contains that character."""
    return line.decode("utf-8", "replace")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
