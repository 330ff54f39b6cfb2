"""The squidGuard and UT1 layout: a folder a category with `domains`, `urls`, `expressions`, `usage`.

As a folder or as a tar archive, which is read where it is: nothing is written, so no name in it can lead
anywhere. Aliases are links to another category, or small files that hold its name: they are left out, so
that nothing is counted twice.
"""

from __future__ import annotations

import io
import tarfile
from functools import partial
from pathlib import PurePosixPath
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from .formats import FORMATS
from .reading import Reading
from .text import CHUNK, TIMES, failure, open_list, read_some

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

# The file of a category, and the format it is in. `very_restrictive_expression` is left to those who add it
# by itself: it takes whole words of ordinary language.
FILES = {"domains": "domains", "urls": "urls", "expressions": "expressions"}
ALIAS = 64  # bytes: a file as small as this that names a category is an alias
LARGEST_ARCHIVE = 2 << 30  # bytes, unpacked; the whole of UT1 has 0.3 GiB
MEMBERS = 20_000  # files in an archive; UT1 has 300


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
    root = path / "blacklists" if (path / "blacklists").is_dir() and not _is_category_holder(path) else path
    content = {
        (folder.name, file.name): partial(open_list, file)
        for folder in root.iterdir()
        if folder.is_dir() and not folder.is_symlink()
        for file in folder.iterdir()
        if file.name in {*FILES, "usage"} and file.is_file() and not file.is_symlink()
    }
    return _readings(content, root, suffix=suffix)


def _is_category_holder(path: Path) -> bool:
    return any((one / "domains").is_file() for one in path.iterdir() if one.is_dir())


def is_archive(path: Path) -> bool:
    """Tell whether a file is a tar archive, packed with gzip or not."""
    with open_list(path) as stream:
        try:
            head = read_some(stream, path.name, 512)
        finally:
            stream.close()
    return head[257:262] == b"ustar"


def archive(path: Path, *, suffix: bool = False) -> list[Reading]:
    """Find the categories of an archive.

    Args:
        path: a tar file, plain or gzip.
        suffix: accept public suffixes.

    Returns:
        One reading for each file of each category, sorted; `category` is the folder's name.

    Raises:
        StairgateError: damaged, a decompression bomb, or no category in it.
    """
    plain = _unpacked(path)
    content: dict[tuple[str, str], Callable[[], IO[bytes]]] = {}
    depths: dict[tuple[str, str], int] = {}
    try:
        with tarfile.open(fileobj=plain, mode="r:") as tar:
            for count, member in enumerate(tar):
                if count >= MEMBERS:
                    raise failure(
                        "list-too-large", path.name, f"more than {MEMBERS} files in it", "check the address"
                    )
                parts = PurePosixPath(member.name).parts
                if not member.isfile() or len(parts) < 2 or ".." in parts:
                    continue
                key = parts[-2], parts[-1]
                # A tree inside itself has happened (UT1's mirror, June 2026): the outer one counts.
                if parts[-1] in {*FILES, "usage"} and len(parts) <= depths.get(key, len(parts)):
                    depths[key] = len(parts)
                    content[key] = partial(_slice, plain, member.offset_data, member.size)
    except tarfile.TarError as error:
        raise failure(
            "list-cut", path.name, f"the archive is cut off or damaged: {error}", "fetch it again"
        ) from error
    return _readings(content, path, suffix=suffix)


def _unpacked(path: Path) -> IO[bytes]:
    """Unpack into a nameless temporary file, within limits, so that members can be read in any order."""
    size, packed = 0, path.stat().st_size
    plain = TemporaryFile()  # noqa: SIM115 -- closed when the last reading lets it go
    with open_list(path) as stream:
        while chunk := read_some(stream, path.name, CHUNK):
            size += len(chunk)
            if size > LARGEST_ARCHIVE or size > max(TIMES * packed, 64 * CHUNK):
                raise failure(
                    "list-too-large",
                    path.name,
                    f"unpacked, it is larger than {LARGEST_ARCHIVE >> 30} GiB or {TIMES} times its file",
                    "check the address: no collection of lists is that large",
                )
            plain.write(chunk)
    plain.seek(0)
    return plain


def _slice(plain: IO[bytes], start: int, size: int) -> IO[bytes]:
    plain.seek(start)
    return io.BytesIO(plain.read(size))


def _readings(
    content: Mapping[tuple[str, str], Callable[[], IO[bytes]]], path: Path, *, suffix: bool
) -> list[Reading]:
    found = [
        Reading(
            path / category / name if path.is_dir() else path,
            f"{category}/{name}",
            FORMATS[FILES[name]],
            opener=opener,
            category=category,
            usage=_usage(content.get((category, "usage"))),
            suffix=suffix,
        )
        for (category, name), opener in sorted(content.items(), key=lambda item: item[0])
        if name in FILES
    ]
    if not found:
        raise failure(
            "list-no-tree",
            str(path),
            "no category in it: nothing like `<category>/domains`",
            "name the folder that holds the categories, or a single file",
        )
    return found


def _usage(opener: Callable[[], IO[bytes]] | None) -> tuple[str, ...]:
    if opener is None:
        return ()
    with opener() as stream:
        lines = read_some(stream, "usage", CHUNK).decode("utf-8", "replace").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def aliases(path: Path) -> dict[str, str]:
    """Give the aliases of a tree: other names for a category, as links or as files that hold its name.

    Args:
        path: the folder that holds the categories.

    Returns:
        Alias and category; only aliases of categories that are there.
    """
    return {
        one.name: target
        for one in sorted(path.iterdir())
        if (target := _target(one)) and (path / target).is_dir()
    }


def _target(one: Path) -> str:
    if one.is_symlink():
        return one.readlink().name
    if one.is_file() and one.stat().st_size < ALIAS:
        return one.read_text(encoding="utf-8", errors="replace").strip()
    return ""
