"""Public lists as sources of draws: which lie in a folder, and the names each file holds.

Reads names only, one a line or after an address as in a hosts file; everything else is left.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema_rs

from standard import domain, schema, strict_yaml
from standard.errors import Problem, StairgateError
from standard.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

HARMLESS = ("ordinary-sites", "childrens-sites", "health-identity-abuse-support")
"""Populations that must stay open; whatever else a file holds is a category to be blocked."""
_HERE = Path(__file__).with_name("sources.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a list: where it lies, what it holds, and which stratum of that."""

    path: Path
    holds: str
    stratum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A public list that is at hand."""

    id: str
    title: str
    files: tuple[File, ...]

    @property
    def sha256(self) -> str:
        """Over its files in their order: the name of each and its bytes."""
        total = hashlib.sha256()
        for file in self.files:
            total.update(file.path.name.encode() + b"\0")
            with file.path.open("rb") as stream:
                total.update(hashlib.file_digest(stream, "sha256").digest())
        return total.hexdigest()

    def of(self, population: str) -> tuple[File, ...]:
        """Its files that hold a population."""
        return tuple(file for file in self.files if file.holds == population)


def load(folder: Path) -> tuple[Source, ...]:
    """The lists that lie in a folder, by its own `sources.yaml` or by the one that comes with the suite.

    Raises:
        StairgateError: there is no such folder, nothing known in it, or its `sources.yaml` has another form.
    """
    own = folder / "sources.yaml"
    document = strict_yaml.load_file(own if own.is_file() else _HERE)
    made_of = json.loads((Path(__file__).parents[1] / "schemas" / "corpus.schema.json").read_text("utf-8"))
    checker = jsonschema_rs.Draft202012Validator(made_of)
    if problems := list(schema.complaints_of(checker, document.data, document.place, schema=made_of)):
        raise StairgateError(*problems)
    found = []
    for entry in document.data["lists"]:
        files = tuple(
            File(path=folder / file["path"], holds=file["holds"], stratum=file.get("stratum", ""))
            for file in entry["files"]
            if (folder / file["path"]).is_file()
        )
        if files:
            found.append(Source(id=entry["id"], title=entry["title"], files=files))
    if not found:
        raise StairgateError(
            Problem(
                code="no-corpus",
                place=str(folder),
                cause="None of the lists to draw from lies in this folder.",
                hint="Name a folder with lists; conformance_tests/corpora/sources.yaml says where each lies.",
            ),
            exit_code=Exit.MISSING,
        )
    return tuple(found)


def names(file: File) -> Iterator[str]:
    """The names in a list file, lower case, in its order; addresses and comments are left out."""
    with file.path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            words = line.partition("#")[0].split()
            if not words:
                continue
            name = domain.host(words[-1])
            if "." in name and ":" not in name and domain.registrable(name) != name.rpartition(".")[2]:
                if name.replace(".", "").isdigit():
                    continue
                yield name
