"""Rows of the YAML data we ship: each field checked for kind, every complaint with file and line.

Knows kinds of values only, not what any of them means. The household's own file is `rules.policy`'s business.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .errors import Problem, StairgateError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from .strict_yaml import Document

_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]\Z")
_ID = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*\Z")


class Row:
    """One table of a document, read field by field; problems are gathered, not raised.

    After the fields were read, `close` complains of the ones nobody asked for.
    """

    def __init__(self, document: Document, keys: tuple[str | int, ...], problems: list[Problem]) -> None:
        self._document = document
        self._keys = keys
        self._problems = problems
        self._asked: set[str] = set()
        data: Any = document.data
        for key in keys:
            data = data[key]
        if not isinstance(data, dict):
            self.complain(
                None, "wrong-kind", "This is not a table of `key: value` lines.", "Write one there."
            )
            data = None
        self._data: dict[str, Any] = data or {}
        self._readable = data is not None

    def complain(self, key: str | None, code: str, cause: str, hint: str) -> None:
        """Note a problem at a field, or at the row itself."""
        keys = self._keys if key is None else (*self._keys, key)
        self._problems.append(
            Problem(code=code, place=self._document.place(*keys), cause=cause, hint=hint),
        )

    def text(self, key: str) -> str:
        """A field that must hold text; empty text after a complaint."""
        value = self.text_or_none(key)
        if value is None and self._readable:
            self.complain(key, "missing-field", f"`{key}` is missing.", f"Add `{key}: …` there.")
        return value or ""

    def text_or_none(self, key: str) -> str | None:
        """A field that may be absent or null; digits need quotes to be text."""
        self._asked.add(key)
        value = self._data.get(key)
        if value is None or (isinstance(value, str) and value):
            return value
        self.complain(key, "wrong-kind", f"`{key}` is not text.", "Write text there; put digits in quotes.")
        return None

    def word(self, key: str, possible: Collection[str]) -> str:
        """A field that holds one of a few words; the first of them after a complaint."""
        value = self.text(key)
        if value and value not in possible:
            listed = ", ".join(sorted(possible))
            self.complain(key, "unknown-word", f"{value!r} is not possible here.", f"Use one of: {listed}.")
        return value

    def texts(self, key: str, *, required: bool = True) -> tuple[str, ...]:
        """A field that holds a list of text without repetitions."""
        self._asked.add(key)
        value = self._data.get(key)
        if value is None:
            if required and self._readable:
                self.complain(key, "missing-field", f"`{key}` is missing.", f"Add `{key}: […]` there.")
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.complain(key, "wrong-kind", f"`{key}` is not a list of text.", "Write `[one, two]`.")
            return ()
        if len(set(value)) != len(value):
            self.complain(key, "repeated", f"`{key}` names something twice.", "Keep one of the two.")
        return tuple(value)

    def words(self, key: str, possible: Collection[str]) -> tuple[str, ...]:
        """A list of words, each out of a known few."""
        values = self.texts(key)
        for value in values:
            if value not in possible:
                listed = ", ".join(sorted(possible))
                self.complain(
                    key, "unknown-word", f"{value!r} is not possible here.", f"Use some of: {listed}."
                )
        return values

    def hosts(self, key: str, *, required: bool = True) -> tuple[str, ...]:
        """A list of host names in the one form addresses have: lower case, A-labels, no trailing dot."""
        values = self.texts(key, required=required)
        for value in values:
            if not is_host(value):
                self.complain(
                    key, "bad-host", f"{value!r} is no host name.", "Write it like `www.example.org`."
                )
        return values

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """A table of text that may be absent."""
        self._asked.add(key)
        value = self._data.get(key)
        if value is None:
            return ()
        if not isinstance(value, dict) or not all(isinstance(item, str) and item for item in value.values()):
            self.complain(key, "wrong-kind", f"`{key}` is not a table of text.", "Write `{name: value}`.")
            return ()
        return tuple(value.items())

    def flag(self, key: str) -> bool:
        """A field that is true or false; false where it is absent."""
        self._asked.add(key)
        value = self._data.get(key, False)
        if not isinstance(value, bool):
            self.complain(key, "wrong-kind", f"`{key}` is neither true nor false.", "Write true or false.")
            return False
        return value

    def id(self, key: str = "id") -> str:
        """A permanent id: lower case, digits, hyphens or underscores."""
        value = self.text(key)
        if value and not _ID.match(value):
            self.complain(
                key, "bad-id", f"{value!r} is no id.", "Use lower case letters, digits and hyphens."
            )
        return value

    def rows(self, key: str) -> Iterator[Row]:
        """A list of tables."""
        self._asked.add(key)
        value = self._data.get(key)
        if not isinstance(value, list):
            self.complain(key, "wrong-kind", f"`{key}` is not a list of tables.", "Write `- id: …` lines.")
            return
        for index in range(len(value)):
            yield Row(self._document, (*self._keys, key, index), self._problems)

    def row_or_none(self, key: str) -> Row | None:
        """A table that may be absent."""
        self._asked.add(key)
        if self._data.get(key) is None:
            return None
        return Row(self._document, (*self._keys, key), self._problems)

    def close(self) -> None:
        """Complain of every field that was not asked for."""
        for key in self._data.keys() - self._asked:
            known = ", ".join(sorted(self._asked))
            self.complain(key, "unknown-field", f"There is no field {key!r}.", f"Possible here: {known}.")


def is_host(text: str) -> bool:
    """Whether a text is a host name in the one form addresses have."""
    return _HOST.match(text) is not None


def settle(problems: list[Problem]) -> None:
    """Raise everything found, in the order of files and lines.

    Raises:
        StairgateError: where there is any problem.
    """
    if problems:
        raise StairgateError(*sorted(problems, key=_position))


def _position(problem: Problem) -> tuple[str, int]:
    file, _, line = problem.place.rpartition(":")
    return file, int(line)


def repeated_ids(pairs: Collection[tuple[str, str]]) -> list[Problem]:
    """Complain of ids met twice.

    Args:
        pairs: `(id, file:line)`.
    """
    first: dict[str, str] = {}
    problems = []
    for name, place in pairs:
        if name in first:
            problems.append(
                Problem(
                    code="repeated-id",
                    place=place,
                    cause=f"The id {name!r} is already used at {first[name]}.",
                    hint="Choose another id.",
                )
            )
        first.setdefault(name, place)
    return problems


def data_files(folder: Path) -> list[Path]:
    """The YAML files of a data folder in a fixed order.

    Raises:
        StairgateError: there are none.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise StairgateError(
            Problem(
                code="no-data",
                place=str(folder),
                cause="No YAML file lies in this folder.",
                hint="Install Stairgate again; its data is missing.",
            )
        )
    return files
