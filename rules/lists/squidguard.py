"""The squidGuard and UT1 layout: a folder a category with `domains`, `urls`, `expressions`, `usage`.

Aliases are links to another category, or small files that hold its name: they are left out, so that
nothing is counted twice and no link leads out of the tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .formats import FORMATS
from .reader import Reading
from .text import failure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = {"domains": "domains", "urls": "urls"}


def tree(path: Path, *, suffix: bool = False) -> list[Reading]:
    """Find the categories of a tree.

    Args:
        path: the folder of the tree, or a folder that holds it as `blacklists/`.
        suffix: accept public suffixes.

    Returns:
        One reading for each file of each category, sorted; `category` is the folder's name.

    Raises:
        StairgateError: no category in it.
    """
    root = path
    if not any(_categories(root)) and (path / "blacklists").is_dir():
        root = path / "blacklists"
    found = [
        Reading(
            folder / name,
            f"{folder.name}/{name}",
            FORMATS[format_name],
            category=folder.name,
            usage=_usage(folder),
            suffix=suffix,
        )
        for folder in _categories(root)
        for name, format_name in FILES.items()
        if (folder / name).is_file()
    ]
    if not found:
        raise failure(
            "list-no-tree",
            str(path),
            "no category in this folder: nothing like `<category>/domains`",
            "name the folder that holds the categories, or a single file",
        )
    return found


def aliases(path: Path) -> dict[str, str]:
    """Give the aliases of a tree: other names for a category, as links or as files that hold its name."""
    found = {}
    for one in sorted(path.iterdir()):
        if one.is_symlink():
            target = one.readlink().name
        elif one.is_file() and one.stat().st_size < 64:
            target = one.read_text(encoding="utf-8", errors="replace").strip()
        else:
            continue
        if target and (path / target).is_dir():
            found[one.name] = target
    return found


def _categories(root: Path) -> Iterator[Path]:
    return (
        one
        for one in sorted(root.iterdir())
        if one.is_dir()
        and not one.is_symlink()
        and any((one / name).is_file() for name in (*FILES, "expressions"))
    )


def _usage(folder: Path) -> tuple[str, ...]:
    try:
        lines = (folder / "usage").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
