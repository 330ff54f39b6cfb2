"""The pytest door: `pytest --product FILE` makes each case of the suite a test of that product.

The examination itself is `stairgate conform run`, in a process of its own and sealed as ever; pytest selects
the cases, waits for their results and says them in its own way. Imports nothing of the suite until a product
is named: pytest loads this module wherever Stairgate is installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance_tests.adapter import KnownFailure
    from conformance_tests.case import Case
    from conformance_tests.following import Following
    from standard.record import Result


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all beginning with `--product`."""
    group = parser.getgroup("stairgate", "examine a filtering product")
    group.addoption(
        "--product", metavar="FILE", help="Examine the product of this adapter, a test each case."
    )
    group.addoption(
        "--product-stand", metavar="STAND", default="", help="Where it stands; its first by default."
    )
    group.addoption(
        "--product-seed", metavar="N", default="", help="Seed; by default it follows from the build."
    )
    group.addoption(
        "--product-out", metavar="DIR", default="", help="Folder for results, report and evidence."
    )


def pytest_configure(config: pytest.Config) -> None:
    """With a product and no path named, collect the product and nothing else."""
    product = config.getoption("--product")
    if not product:
        return
    if hasattr(config, "workerinput") or getattr(config.option, "numprocesses", None):
        message = "--product examines in one lab: leave -n away"
        raise pytest.UsageError(message)
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args.clear()
    config.args.append(product)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The adapter's file as a collector of cases."""
    product = parent.config.getoption("--product")
    if product and file_path == Path(product).resolve():
        return Examination.from_parent(parent, path=file_path)
    return None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Where the report lies, and what it says in one line."""
    following = config.stash.get(_FOLLOWING, None)
    if following is None:
        return
    terminalreporter.section("examination")
    terminalreporter.write_line(_verdict(following))
    report = following.folder / "report.html"
    kept, shown = ("report", report) if report.exists() else ("output", following.output)
    terminalreporter.write_line(f"{kept:<9}{shown}")


def _verdict(following: Following) -> str:
    from standard import catalogue, grade, result_file
    from standard.errors import StairgateError

    try:
        found = result_file.load(following.folder / "results.jsonl", allow_cut=True, observed=False)
    except StairgateError:
        return following.last_words()
    only = {one.criterion for one in found.results} if found.header.selection else None
    report = grade.grade_file(found, catalogue.load(), only=only)
    part = (
        f" Only {len({one.case for one in found.results})} cases were asked."
        if found.header.selection
        else ""
    )
    return f"{report.verdict.phrase.upper()}  {report.sentence}{part} Seed {found.header.seed}."


_FOLLOWING = pytest.StashKey["Following"]()
_SPELLED_OUT = 5  # a case may have a hundred items


class Examination(pytest.File):
    """A product's adapter: collects the cases that can be asked where it stands, in the order of the run."""

    broke_at = ""
    """The first case without a result, once the run has ended early."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item a case."""
        from conformance_tests import adapter, case, excuses, grouping, running, selection
        from standard import catalogue
        from standard.errors import StairgateError

        try:
            product = adapter.load(self.path, catalogue.load())
            stand = selection.choose_stand(product, self.config.getoption("--product-stand"))
            suite = case.load_all(running.CASES, 1)
            excuses.refuse_unknown(product, str(self.path), {one.id for one in suite})
        except StairgateError as error:
            raise self.CollectError(str(error)) from error
        announced = {one.case: one for one in product.known_failures}
        here = [one.at(stand) for one in suite if stand in one.stands]
        self.total = len(here)
        self.folder = Path(
            self.config.getoption("--product-out")
            or Path("out") / f"{product.id}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        )
        for _, together in grouping.group(here):
            for one in together:
                yield CaseItem.from_parent(self, name=one.id, case=one, announced=announced.get(one.id))

    def say_missing(self, case: str, following: Following) -> str:
        """Why a case has no result: at length for the first, and for the others only where to look."""
        if self.broke_at:
            return f"Not examined: the run had ended; see {self.broke_at}."
        self.broke_at = case
        return f"Not examined, the run ended:\n{following.last_words()}"

    def start(self) -> Following:
        """The examination of the cases pytest has selected, begun with the first that is asked for."""
        from conformance_tests.following import Following

        config = self.config
        following = config.stash.get(_FOLLOWING, None)
        if following is None:
            chosen = [item.name for item in self.session.items if isinstance(item, CaseItem)]
            self.last = chosen[-1]
            words = ["--product", str(self.path)]
            for option, value in (("--stand", "stand"), ("--seed", "seed")):
                if asked := config.getoption(f"--product-{value}"):
                    words += [option, asked]
            if len(chosen) < self.total:  # a whole run says so by having no selection
                words += [word for name in chosen for word in ("--only", name)]
            following = config.stash[_FOLLOWING] = Following(words, self.folder)
            config.add_cleanup(following.stop)
        return following


class CaseItem(pytest.Item):
    """One case, as a test."""

    def __init__(self, *, case: Case, announced: KnownFailure | None, **more: Any) -> None:
        super().__init__(**more)
        self.case = case
        self.announced = announced

    def runtest(self) -> None:
        """Wait for the case's results, and judge as pytest does: pass, fail, skip, xfail.

        Raises:
            NotPassedError: the case failed, or nothing could be told.
        """
        from conformance_tests.judge import Judgement, combine

        assert isinstance(self.parent, Examination)  # noqa: S101 - made by its collector alone
        following = self.parent.start()
        results = following.results_of(self.case.id)
        if self.name == self.parent.last:
            following.wait()  # the report is written then
        if not results:
            raise NotPassedError(self.case, [], self.parent.say_missing(self.name, following))
        judgement = combine([Judgement(result.outcome, result.because) for result in results])
        match judgement.outcome:
            case "passed" if self.announced is not None:
                raise NotPassedError(
                    self.case, [], "Announced to fail, and passed: take it out of known_failures."
                )
            case "passed":
                return
            case "inapplicable" | "untested":
                pytest.skip(judgement.because)
            case "failed" if self.announced is not None and _is_in_force(self.announced):
                pytest.xfail(self.announced.because)
            case _:
                raise NotPassedError(self.case, [one for one in results if one.outcome != "passed"])

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was asked, expected and seen, and the command that repeats it; no traceback of ours."""
        if isinstance(excinfo.value, NotPassedError):
            return Told(text="\n".join(excinfo.value.lines(self)), reprcrash=Line(excinfo.value.line()))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The file and name pytest prints."""
        return self.path, None, self.case.id


@dataclass(frozen=True, slots=True)
class Line:
    """What pytest's summary says of a failure: under CI it prints the whole message, however long."""

    message: str

    def __str__(self) -> str:
        """The line itself, for `--tb=line`."""
        return self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A failure as pytest shows it: the text in its section, one line in the summary.

    Attributes:
        text: the section.
        reprcrash: the line, under the name by which pytest asks for it.
    """

    text: str
    reprcrash: Line

    def toterminal(self, writer: Any) -> None:
        """Write the section."""
        writer.line(self.text)

    def __str__(self) -> str:
        """The section, for JUnit."""
        return self.text


class NotPassedError(Exception):
    """A case whose results are not all passed."""

    def __init__(self, case: Case, results: Sequence[Result], remark: str = "") -> None:
        """Takes the case, its results that did not pass, and a remark where there are none."""
        super().__init__(case.id)
        self.case = case
        self.results = results
        self.remark = remark

    def line(self) -> str:
        """The failure in one line, for pytest's summary."""
        if self.remark:
            return self.remark.splitlines()[0]
        worst = self.results[0]
        return f"{worst.item}: {worst.because}" if worst.item else worst.because

    def lines(self, item: CaseItem) -> Iterator[str]:
        """The failure in words."""
        assert isinstance(item.parent, Examination)  # noqa: S101 - made by its collector alone
        yield f"{self.case.title}"
        yield f"why       {' '.join(self.case.why.split())}"
        if self.remark:
            yield self.remark
        for one in self.results[:_SPELLED_OUT]:
            yield ""
            yield f"{one.outcome.value.replace('_', ' ')}    {one.item}".rstrip()
            yield f"asked     {one.asked}"
            yield f"expected  {'; '.join(one.expected)}"
            yield f"seen      {one.because}"
        if len(self.results) > _SPELLED_OUT:
            yield f"\nand {len(self.results) - _SPELLED_OUT} more, in the evidence"
        for one in self.results[:1]:
            yield ""
            for kept in one.evidence:
                yield f"evidence  {item.parent.folder / kept}"
            yield f"again     {one.reproduce}"


def _is_in_force(announced: KnownFailure) -> bool:
    return datetime.now(UTC).date().isoformat() <= announced.expires
