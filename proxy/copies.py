"""Our own copies of list sources: what is read is read from a folder nobody else changes.

Takes a file, a folder tree (squidGuard, UT1) or a tar archive of one, and leaves plain files. What stands in
them is the business of `rules.lists`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from rules.errors import Problem, StairgateError
from rules.exits import Exit
from rules.lists.text import open_list

from .downloads import LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

type Wanted = Callable[[str], bool]
"""Whether a category folder of a tree, by its name, is kept."""

_MOST_FILES = 20_000
_CATEGORY_FILES = frozenset({"domains", "urls", "expressions", "usage"})


def copy_source(source: Path, folder: Path, *, wanted: Wanted) -> Path:
    """Copy a list source into `folder` and return the file or folder to read there.

    Args:
        source: a file (plain, gzip, tar), or a folder of category folders.
        folder: exists and is empty.
        wanted: which categories of a tree are kept.

    Raises:
        StairgateError: not there or not readable (69); damaged or too large (65).
    """
    try:
        if source.is_dir():
            return _copy_tree(source, folder, wanted)
        target = folder / (source.name or "list")
        with open(source, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _refusal(
                    "not-a-file", source, "It is a pipe, a socket or a device, and no file to come back to."
                )
            _copy_stream(file, target, source, LARGEST)
    except OSError as error:
        raise _refusal(
            "list-unreadable", source, f"The list can't be read: {error.strerror or error}.", Exit.MISSING
        ) from error
    return unpack_source(target, source, wanted=wanted)


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe into which nobody writes would otherwise be waited at for ever."""
    return os.open(path, flags | os.O_NONBLOCK)


def unpack_source(path: Path, source: Path | str, *, wanted: Wanted) -> Path:
    """Unpack a copied or downloaded file where it is a tar archive, and return what to read.

    Raises:
        StairgateError: damaged or too large (65).
    """
    try:
        with open_list(path) as file:
            head = file.read(512)
    except (EOFError, OSError, zlib.error):
        return path  # the reader says what is wrong with it
    if head[257:262] != b"ustar":
        return path
    folder = path.with_name("tree")
    folder.mkdir()
    _extract(path, folder, source, wanted)
    path.unlink()
    return folder


def fingerprint(folder: Path) -> tuple[str, int]:
    """SHA-256 (hexadecimal) and size in bytes of everything in a copy, names included."""
    digest, size = hashlib.sha256(), 0
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        digest.update(str(path.relative_to(folder)).encode("utf-8", "surrogateescape") + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
        size += path.stat().st_size
    return digest.hexdigest(), size


def remove_copy(folder: Path) -> None:
    """Delete a copy; one that is already gone is fine."""
    shutil.rmtree(folder, ignore_errors=True)


def _copy_stream(file: IO[bytes], target: Path, source: Path | str, room: int) -> int:
    written = 0
    with target.open("xb") as copy:
        while chunk := file.read(1 << 20):
            written += len(chunk)
            if written > room:
                raise _refusal("list-too-large", source, f"The list has more than {LARGEST >> 20} MiB.")
            copy.write(chunk)
    return written


def _copy_tree(source: Path, folder: Path, wanted: Wanted) -> Path:
    """Copy the category files of a tree. Links are not followed: UT1's are aliases, others may lead out."""
    room, found = LARGEST, 0
    for path in _category_files(source):
        if not wanted(path.parent.name):
            continue
        found += 1
        if found > _MOST_FILES:
            raise _refusal("list-too-large", source, f"The tree has more than {_MOST_FILES} files.")
        target = folder / "tree" / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as file:
            room -= _copy_stream(file, target, source, room)
    return _tree(folder, source)


def _category_files(source: Path) -> Iterator[Path]:
    """The files of category folders directly in a tree, or in its `blacklists` where that holds them."""
    root = source / "blacklists" if (source / "blacklists").is_dir() else source
    for child in sorted(root.iterdir()):
        if child.is_dir() and not child.is_symlink():
            yield from (
                path
                for path in sorted(child.iterdir())
                if path.name in _CATEGORY_FILES and path.is_file() and not path.is_symlink()
            )


def _extract(archive: Path, folder: Path, source: Path | str, wanted: Wanted) -> None:
    """Unpack the category files of an archive. Only folder and file name are kept, so none leads out."""
    room, found = LARGEST, 0
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                inside = PurePosixPath(member.name)
                category = inside.parent.name
                if not member.isreg() or inside.name not in _CATEGORY_FILES or not _is_plain(category):
                    continue
                if not wanted(category):
                    continue
                found += 1
                if found > _MOST_FILES:
                    raise _refusal("list-too-large", source, f"It has more than {_MOST_FILES} files.")
                content = tar.extractfile(member)
                target = folder / category / inside.name
                if content is None:
                    continue
                if target.exists():
                    # UT1's mirror had its whole tree a second time inside itself, with partial files.
                    raise _refusal("list-doubled", source, f"It holds {category}/{inside.name} twice.")
                target.parent.mkdir(parents=True, exist_ok=True)
                room -= _copy_stream(content, target, source, room)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise _refusal("list-damaged", source, f"The archive is damaged: {error}.") from error
    _tree(folder.parent, source)


def _is_plain(name: str) -> bool:
    return name not in {"", ".", ".."}


def _tree(folder: Path, source: Path | str) -> Path:
    tree = folder / "tree"
    if not tree.is_dir():
        raise _refusal(
            "list-no-categories",
            source,
            "No category folder whose name we know, with a file `domains` or `urls`, is in it.",
        )
    return tree


def _refusal(code: str, place: Path | str, cause: str, exit_code: Exit = Exit.DATA) -> StairgateError:
    return StairgateError(
        Problem(
            code=code,
            place=str(place),
            cause=cause,
            hint="Name a text file of names, a squidGuard tree, or its tar archive. Nothing was changed.",
        ),
        exit_code=exit_code,
    )
