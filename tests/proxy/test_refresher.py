"""The refresher beside a running gate: the update in its own process, and what a parent is told."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from proxy.home import Home
from proxy.list_timing import write_time
from proxy.refresher import keep_fresh
from proxy.subscription_file import load_subscriptions, save_subscriptions
from proxy.subscriptions import add
from rules.address import parse
from rules.pack import Pack

if TYPE_CHECKING:
    from pathlib import Path

NAMES = "".join(f"site{number}.example\n" for number in range(100))


def told_while(home: Home, *, enough: int) -> list[str]:
    """What is said until there are so many lines."""
    lines: list[str] = []

    async def look() -> None:
        heard = asyncio.Event()

        def say(line: str) -> None:
            lines.append(line)
            if len(lines) >= enough:
                heard.set()

        task = asyncio.create_task(keep_fresh(home, say=say, seconds=0.05))
        await heard.wait()
        task.cancel()
        await asyncio.wait({task})

    asyncio.run(asyncio.wait_for(look(), 60))
    return lines


def test_a_due_list_is_updated_in_a_process_of_its_own(tmp_path: Path) -> None:
    home, source = Home(tmp_path), tmp_path / "bets.txt"
    source.write_text(NAMES)
    add(home, "bets", str(source), category="gambling")
    bets = load_subscriptions(home)["bets"]
    save_subscriptions(home, {"bets": replace(bets, due=write_time(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))})
    source.write_text(NAMES + "new.example\n")
    assert told_while(home, enough=1) == ["The list bets was updated: 101 entries."]
    assert Pack.open(home.pack).look_up(parse("new.example"))


def test_a_held_and_a_stale_list_are_told_with_what_to_do(tmp_path: Path) -> None:
    home, source = Home(tmp_path), tmp_path / "bets.txt"
    source.write_text(NAMES)
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=3)
    add(home, "bets", str(source), category="gambling", now=long_ago)
    source.write_text("one.example\n")
    stale, held = told_while(home, enough=2)
    assert stale.startswith("The list bets is stale: nothing was heard from its source since ")
    assert "stairgate lists release bets" in held
    assert not Pack.open(home.pack).look_up(parse("one.example"))
