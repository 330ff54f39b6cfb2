"""How far an examination is, on standard error: a bar with the time left, or in a log a line now and then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY = 30.0
"""Seconds between two lines where standard error is no terminal: a build server ends what says nothing."""
_ENOUGH = 2  # before that, how long one takes says nothing


class Log(Progress):
    """The same where nobody sees a bar: a line every `EVERY` seconds."""

    def __init__(self, what: str, console: Console, now: Callable[[], float] = time.monotonic) -> None:
        """Begin.

        Args:
            what: what is done, in a word or two.
            console: where the lines go.
            now: seconds of a steady clock.
        """
        super().__init__(console=console, get_time=now, disable=True)
        self._what = what
        self._said = self._begun = now()

    def update(self, task_id: TaskID, **changes: Any) -> None:
        """As `Progress.update`; says a line when it is time for one."""
        super().update(task_id, **changes)
        now = self.get_time()
        if now - self._said < EVERY:
            return
        self._said = now
        task = self._tasks[task_id]
        left = ""
        if task.total and task.completed >= _ENOUGH:
            seconds = (now - self._begun) / task.completed * (task.total - task.completed)
            left = f", about {max(1, round(seconds / 60))} min left"
        self.console.print(f"{self._what} {task.completed:.0f}/{task.total or 0:.0f}{left}", highlight=False)


def bar(what: str) -> Progress:
    """A bar headed `what`; a task's description is the case at hand."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return Log(what, console)
    return Progress(
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        console=console,
        transient=True,
    )
