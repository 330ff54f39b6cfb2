"""From a file to lines of text: compression, size limits, encodings. Says clearly when a file is no list.

Knows nothing of list formats. UTF-8 with or without a mark, Latin-1 where it is not UTF-8, any line end.
"""

from __future__ import annotations

import gzip
import re
import zlib
from typing import IO, TYPE_CHECKING, cast

from rules.errors import Problem, StairgateError
from rules.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK = 1 << 20
LARGEST = 512 << 20  # bytes of text; the largest list in use (UT1 adult) has 110 MB
LONGEST_LINE = 1 << 22  # bytes; a text file has line ends
TIMES = 200  # times a file may grow when unpacked; lists of names reach 3 to 10
GZIP = b"\x1f\x8b"
MARK = b"\xef\xbb\xbf"
# Control characters that no text holds; a file with one of them is something else.
BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def failure(code: str, place: str, cause: str, hint: str, exit_code: Exit = Exit.DATA) -> StairgateError:
    """Make the error for one file."""
    return StairgateError(Problem(code=code, place=place, cause=cause, hint=hint), exit_code=exit_code)


def open_list(path: Path) -> IO[bytes]:
    """Open a list file for reading, unpacking gzip.

    Args:
        path: the file.

    Returns:
        A binary stream; the caller closes it.

    Raises:
        StairgateError: there is no such file, or it can't be read.
    """
    try:
        stream = path.open("rb")
        head = stream.read(2)
        stream.seek(0)
    except OSError as error:
        raise failure(
            "list-unreadable",
            str(path),
            f"the list can't be read: {error.strerror or error}",
            "check the path and that this user may read it",
            Exit.MISSING,
        ) from error
    return cast("IO[bytes]", gzip.GzipFile(fileobj=stream, mode="rb")) if head == GZIP else stream


def blocks(stream: IO[bytes], place: str, packed: int = 0) -> Iterator[list[str]]:
    """Give the lines of a stream, a block at a time, without line ends.

    Args:
        stream: binary, already unpacked.
        place: how to name the file in an error.
        packed: bytes of the packed file; 0 where nothing was packed.

    Yields:
        Lists of lines.

    Raises:
        StairgateError: too large, a decompression bomb, cut off, or no text.
    """
    total, carry = 0, b""
    while chunk := read_some(stream, place, CHUNK):
        if not total:
            chunk = chunk.removeprefix(MARK)
        total += len(chunk)
        if total > LARGEST or (packed and total > CHUNK and total > TIMES * packed):
            raise failure(
                "list-too-large",
                place,
                f"unpacked, the list is larger than {LARGEST >> 20} MiB or {TIMES} times its file",
                "check the address: no list of names is that large",
            )
        if BINARY.search(chunk):
            raise failure(
                "list-binary",
                place,
                "this is a binary file, not a list",
                "check the path or address of the list",
            )
        head, newline, rest = (carry + chunk).rpartition(b"\n")
        if len(rest) > LONGEST_LINE:
            raise failure(
                "list-binary",
                place,
                "a line of several megabytes: this is not a list",
                "check the path or address of the list",
            )
        carry = rest
        if newline:
            yield _lines(head)
    if carry:
        yield _lines(carry)


def file_size(path: Path) -> int:
    """Give the bytes of a file that is packed; 0 for one that is not, or is not there."""
    try:
        with path.open("rb") as stream:
            return path.stat().st_size if stream.read(2) == GZIP else 0
    except OSError:
        return 0


def read_some(stream: IO[bytes], place: str, size: int) -> bytes:
    """Read from a stream that may be packed.

    Args:
        stream: from `open_list`.
        place: how to name the file in an error.
        size: at most so many bytes.

    Returns:
        The bytes; none at the end.

    Raises:
        StairgateError: the packed content is cut or damaged.
    """
    try:
        return stream.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise failure(
            "list-cut", place, f"the packed file is cut off or damaged: {error}", "fetch it again"
        ) from error


def _lines(block: bytes) -> list[str]:
    try:
        text = block.decode()
    except UnicodeDecodeError:
        # Some lines only: each is judged alone, so that one Latin-1 comment does not spoil UTF-8 names.
        return [_line(line) for line in block.split(b"\n")]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")


def _line(line: bytes) -> str:
    line = line.removesuffix(b"\r")
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")
