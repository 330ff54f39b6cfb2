"""Trying an adapter alone: the product is set up, started, asked for two pages and stopped."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance_tests.lab import plan
from conformance_tests.lab.internet import Internet, fresh_folder
from conformance_tests.session import open_session
from conformance_tests.stands.place import place_of
from standard.exits import Exit

if TYPE_CHECKING:
    from conformance_tests.adapter import Adapter
    from standard.words import Stand


def try_out(adapter: Adapter, stand: Stand) -> int:
    """Inside the seal: start the product with an empty case; ready is all that is asked.

    Raises:
        StairgateError: it could not be set up, or did not get ready.
    """
    asyncio.run(_try_out(adapter, stand))
    return Exit.GOOD


async def _try_out(adapter: Adapter, stand: Stand) -> None:
    work = fresh_folder()
    async with (
        Internet(plan.draw(1), work, routed=place_of(stand).routed) as internet,
        open_session(internet, adapter, stand, "child", [], work=work / "product", separate=False),
    ):
        pass
