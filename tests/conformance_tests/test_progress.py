"""What a build server's log says while an examination runs."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from conformance_tests.progress import EVERY, Log, bar


def test_a_log_gets_a_line_now_and_then_with_the_time_left() -> None:
    said, clock = StringIO(), [100.0]
    with Log("examining", Console(file=said), lambda: clock[0]) as shown:
        task = shown.add_task("", total=40)
        for _ in range(10):
            clock[0] += EVERY / 2
            shown.update(task, advance=1, description="content.gambling/one")
    assert said.getvalue().splitlines() == [
        "examining 2/40, about 10 min left",
        "examining 4/40, about 9 min left",
        "examining 6/40, about 8 min left",
        "examining 8/40, about 8 min left",
        "examining 10/40, about 8 min left",
    ]


def test_where_nobody_sees_a_bar_there_is_none() -> None:
    assert isinstance(bar("examining"), Log)
