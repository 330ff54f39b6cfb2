"""YAML without surprises. One twin in each house; a test keeps them equal.

Only strings, whole numbers, decimals, `true`/`false` and null; no dates, no yes/no, no octal, no sexagesimal,
no tags, no aliases, no duplicate keys. The line of every value is kept, so that a complaint can name it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from .errors import Problem, StairgateError
from .exits import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

type Keys = tuple[str | int, ...]

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+\Z")
_TAGS = {
    "tag:yaml.org,2002:" + name
    for name in ("str", "int", "float", "bool", "null", "seq", "map", "timestamp", "merge", "value")
}
_DEEPEST = 40
_LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file's content.

    Attributes:
        data: dicts with string keys, lists, str, int, float, bool or None.
        file: the name to print in complaints.
        lines: the line (from 1) of the value at each path of keys; `()` is the document.
    """

    data: Any
    file: str
    lines: Mapping[Keys, int]

    def place(self, *keys: str | int) -> str:
        """`file:line` of the value at `keys`, or of the nearest enclosing one that exists."""
        path = tuple(keys)
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.file}:{self.lines.get(path, 1)}"


def load(text: str, *, file: str) -> Document:
    """Parse one document strictly.

    Args:
        text: the YAML text.
        file: its name, for complaints.

    Raises:
        StairgateError: with every duplicate key, tag, alias or non-string key found, or the one syntax error.
    """
    document, problems = survey(text, file=file)
    if problems:
        raise StairgateError(*problems)
    return document


def survey(text: str, *, file: str) -> tuple[Document, tuple[Problem, ...]]:
    """Parse as `load` does, for who wants to tell of other problems in the same breath.

    Returns:
        What could be read (of a duplicate key the first value, None for an alias or tag), and every duplicate
        key, tag, alias or non-string key found.

    Raises:
        StairgateError: with the one syntax error.
    """
    if len(text) > _LARGEST:
        raise StairgateError(
            Problem(
                code="yaml-too-large",
                place=file,
                cause="This YAML file is over 4 MiB.",
                hint="Split it, or put long lists into list files.",
            )
        )
    try:
        _refuse_depth(text, file)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark is not None else file
        cause = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise StairgateError(
            Problem(
                code="yaml-syntax",
                place=where,
                cause=f"This is not valid YAML: {cause}.",
                hint="Check indentation, quotes and colons there.",
            )
        ) from error
    reader = _Reader(file)
    data = None if root is None else reader.read(root, ())
    return Document(data, file, reader.lines), tuple(reader.problems)


def load_file(path: Path, *, name: str | None = None) -> Document:
    """Read and parse a UTF-8 file; `name` replaces its path in complaints.

    Raises:
        StairgateError: unreadable, not UTF-8, or as `load`.
    """
    shown = name or str(path)
    return load(read_text(path, shown), file=shown)


def read_text(path: Path, shown: str) -> str:
    """The text of a UTF-8 file; `shown` is its name in complaints.

    Raises:
        StairgateError: unreadable or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise StairgateError(
            Problem(
                code="unreadable-file",
                place=shown,
                cause=f"The file can't be read: {error.strerror}.",
                hint="Check that it exists and who may read it.",
            ),
            exit_code=Exit.MISSING,
        ) from error
    except UnicodeDecodeError as error:
        raise StairgateError(
            Problem(
                code="not-utf-8",
                place=shown,
                cause=f"Byte {error.start} is not UTF-8 text.",
                hint="Save the file as UTF-8.",
            )
        ) from error


def _refuse_depth(text: str, file: str) -> None:
    """Refuse deep nesting before anything recurses: libyaml's composer overflows the stack of the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise StairgateError(
                Problem(
                    code="yaml-too-deep",
                    place=f"{file}:{line}",
                    cause=f"Values are nested more than {_DEEPEST} deep.",
                    hint="Flatten the file.",
                )
            )


class _Reader:
    """Turns composed nodes into plain data, remembering lines and collecting problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Keys, int] = {}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    def read(self, node: Any, path: Keys) -> Any:
        line = node.start_mark.line + 1
        self.lines[path] = line
        if id(node) in self._seen:
            return self._complain(
                "yaml-alias",
                line,
                "An alias (`*name`) repeats a value from elsewhere.",
                "Write the value out.",
            )
        self._seen.add(id(node))
        if node.tag not in _TAGS:
            return self._complain(
                "yaml-tag",
                line,
                f"The tag {node.tag!r} is not allowed.",
                "Write plain text, numbers, true, false or null.",
            )
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(child, (*path, index)) for index, child in enumerate(node.value)]
        # The C parser says "" for a plain scalar, the Python one None.
        return _scalar(node.value, plain=not node.style)

    def _mapping(self, node: Any, path: Keys) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._complain("yaml-key", line, "A key must be one word or text.", "Write `key: value`.")
                continue
            key = key_node.value
            if key in result:
                first = self.lines[(*path, key)]
                self._complain(
                    "yaml-duplicate",
                    line,
                    f"The key {key!r} is already there on line {first}.",
                    "Keep one of the two.",
                )
                continue
            result[key] = self.read(value_node, (*path, key))
            self.lines[(*path, key)] = line
        return result

    def _complain(self, code: str, line: int, cause: str, hint: str) -> None:
        self.problems.append(Problem(code=code, place=f"{self.file}:{line}", cause=cause, hint=hint))


def _scalar(text: str, *, plain: bool) -> str | int | float | bool | None:
    if not plain:
        return text
    match text:
        case "" | "~" | "null":
            return None
        case "true":
            return True
        case "false":
            return False
    # Long digit strings stay text: int() of thousands of digits is slow and refused by Python anyway.
    if len(text) <= 18 and _WHOLE.match(text):
        return int(text)
    if len(text) <= 32 and _DECIMAL.match(text):
        return float(text)
    return text
