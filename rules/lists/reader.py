"""Open a list in whatever layout it comes, and find the format of a file by looking at its first lines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .formats import FORMATS, Format, looks_like
from .reading import Reading
from .squidguard import archive, is_archive, tree
from .text import blocks, failure, file_size, open_list

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = 400  # lines looked at to find the format


def detect(sample: bytes, name: str) -> Format:
    """Find the format of a list by looking at its first lines.

    Args:
        sample: the beginning of the file, unpacked.
        name: the file's name, for the error.

    Returns:
        The format that most lines speak for; plain domains where none do.

    Raises:
        StairgateError: a web page or a JSON answer in place of a list.
    """
    text = sample.decode("utf-8", "replace").lstrip("\ufeff")
    head = text.lstrip()[:200].lower()
    if head.startswith(("<!doctype", "<html", "<?xml", "<head")):
        raise failure(
            "list-is-a-page",
            name,
            "this is a web page, not a list",
            "a login page of the network? fetch it again",
        )
    if head.startswith(("{", '["', "[{")):
        raise failure(
            "list-is-json",
            name,
            "this is a JSON answer, not a list",
            "perhaps too many requests: fetch it later",
        )
    votes: Counter[str] = Counter()
    for line in text.splitlines()[:SAMPLE]:
        comment = line.lstrip().startswith(("# ", "#\t", "!", ";")) or line.strip() in {"", "#"}
        if not comment and (vote := looks_like(line)):
            votes[vote] += 1
    return FORMATS[votes.most_common(1)[0][0] if votes else "domains"]


def read(path: Path, *, format: str = "auto", suffix: bool = False) -> Reading:  # noqa: A002 -- `--format`
    """Prepare to read one list file.

    Args:
        path: the file, plain or gzip.
        format: a name of FORMATS, or `auto`.
        suffix: accept public suffixes.

    Returns:
        The reading; its entries are drawn from it.

    Raises:
        StairgateError: unreadable, no list, or an unknown format.
    """
    packed = file_size(path)
    if format == "auto":
        with open_list(path) as stream:
            first = next(blocks(stream, path.name, packed), [])
        found = detect("\n".join(first[: 2 * SAMPLE]).encode("utf-8", "replace"), path.name)
    elif format in FORMATS:
        found = FORMATS[format]
    else:
        raise failure(
            "list-format-unknown",
            format,
            f"there is no list format {format!r}",
            f"choose one of: auto, {', '.join(FORMATS)}",
        )
    return Reading(path, path.name, found, packed=packed, suffix=suffix)


def readings(path: Path, *, format: str = "auto", suffix: bool = False) -> list[Reading]:  # noqa: A002 -- see read
    """Prepare to read a list in whatever layout it comes: a file, a squidGuard tree, an archive of one.

    Args:
        path: a file, plain or gzip; the folder of a squidGuard tree; a tar archive of one.
        format: for a single file.
        suffix: accept public suffixes.

    Returns:
        One reading for each file that holds entries.

    Raises:
        StairgateError: nothing there to read.
    """
    if path.is_dir():
        return tree(path, suffix=suffix)
    if is_archive(path):
        return archive(path, suffix=suffix)
    return [read(path, format=format, suffix=suffix)]
