"""Every store of this machine that we know how to reach."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .nss import browser_places
from .place import run_tool
from .system import system_places

if TYPE_CHECKING:
    from .place import Place, Run


def find_places(
    *,
    owner: str = "",
    root: Path = Path("/"),
    user: Path | None = None,
    platform: str = sys.platform,
    run: Run = run_tool,
) -> list[Place]:
    """The system's store and those of this user's browsers.

    Args:
        owner: the home's path, for advice to repeat a command as root.
        root: the root of the file system.
        user: the user's own folder; by default that of whoever runs this.
        platform: as `sys.platform`.
        run: runs a tool.
    """
    places: list[Place] = [*system_places(root, platform, run=run, owner=owner)]
    places += browser_places(Path.home() if user is None else user, platform, run=run)
    return places
