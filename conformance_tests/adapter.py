"""An adapter: one YAML file that says how to set a product up, start and stop it, and what it claims.

The suite fills `$WORK $LISTEN $LISTS $CA` into it (with `$LISTEN_HOST` and `$LISTEN_PORT`, the two halves of
`$LISTEN`, `$LISTEN_HOST6`, the same machine's IPv6 address, and `$PROFILE`, the product's own word for the
profile asked for), and nothing else. `$$` stands for a dollar.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from standard import capability, schema, strict_yaml
from standard.errors import Problem, StairgateError
from standard.words import Stand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standard.capability import Statement
    from standard.catalogue import Catalogue

PROTOCOL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFailure:
    """A failure announced beforehand; it changes no verdict and expires."""

    case: str
    because: str
    expires: str
    see: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """What an adapter file says.

    Attributes:
        id: the product's short name.
        name: its full name.
        vendor: who makes it.
        homepage: where it lives.
        version: the command that says its version.
        version_pattern: a pattern whose one group is the version.
        stands: stand -> the command that starts it there.
        statement: its capability statement.
        statement_data: the same as plain data, for the result file's header.
        is_stated: whether the vendor wrote that statement; else the examiner did.
        rules: nftables rules that the lab lays on the product's machine at the gateway stand; `lan0` is the
            client's side, `wan0` the internet's.
        file: the name of its file, for complaints; empty for one made in code.
        home: the folder the file lies in.
        build: the product's own files and folders, relative to `home`; empty for the program it starts.
        prepare: commands run once before the start, in order.
        files: path below `$WORK` -> template.
        categories: the standard's category -> the product's own word for it.
        profiles: the suite's profile -> the product's own word for it.
        authority: template of the file with its own certificate authority; empty for none.
        marks: element of a block -> pattern found in its block page (`parts.ELEMENTS`).
        filters: whether it filters at all; bare mitmdump does not.
        loads: public lists it comes with: nothing is drawn from them.
        signal: the name of the signal that stops it, without SIG.
        grace: seconds before its group is killed.
        patience: seconds it may take to be ready.
        known_failures: announced beforehand.
        driver: the command of its driver, for what a command, a port and a template can't do; empty for none.
        driver_patience: seconds its driver may take for one answer.
        order: conflict of rules (set precedence-cases) -> `allowed` or `blocked`, as its guide says.
        largest_list: the most entries its lists can hold and stay usable; 0 for no limit stated.
        keeps: kind (`settings lists compiled journal trust-anchor`) -> patterns of the product's own files of
            that kind below `$WORK`.
    """

    id: str
    name: str
    vendor: str
    homepage: str
    version: tuple[str, ...]
    version_pattern: str
    stands: Mapping[Stand, tuple[str, ...]]
    statement: Statement
    statement_data: Mapping[str, Any]
    is_stated: bool = True
    rules: str = ""
    file: str = ""
    home: Path = Path()
    build: tuple[str, ...] = ()
    prepare: tuple[tuple[str, ...], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, str] = field(default_factory=dict)
    authority: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)
    filters: bool = True
    loads: tuple[str, ...] = ()
    signal: str = "TERM"
    grace: float = 1.0
    patience: float = 15.0
    known_failures: tuple[KnownFailure, ...] = ()
    driver: tuple[str, ...] = ()
    driver_patience: float = 20.0
    largest_list: int = 0
    order: Mapping[str, str] = field(default_factory=dict)
    keeps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def settings(self) -> tuple[str, ...]:
        """Its settings files below `$WORK`: by default those it is given, without programs of the shell."""
        given = tuple(name for name in self.files if not name.endswith(".sh"))
        return self.keeps.get("settings", given)

    def place(self, key: str = "") -> str:
        """Where a complaint points: its file, and the key in it."""
        return ", ".join(word for word in (self.file or self.id, key) if word)


def load(path: Path, catalogue: Catalogue) -> Adapter:
    """Read an adapter file.

    Raises:
        StairgateError: everything wrong with it at once, with file and line.
    """
    document = strict_yaml.load_file(path)
    problems = list(schema.complaints_of(_validator(), document.data, document.place, schema=_schema()))
    if problems:
        raise StairgateError(*problems)
    data = document.data
    described = {
        "format": 1,
        "product": {"id": data["id"], "name": data["name"], "vendor": data["vendor"]},
        "stands": list(data["stands"]),
        **data["statement"],
    }
    statement = capability.parse(described, catalogue, place=lambda *keys: document.place("statement", *keys))
    if re.compile(data["version"]["pattern"]).groups != 1:
        cause = "The version's pattern must have exactly one group."
        raise StairgateError(
            Problem(
                code="version-pattern",
                place=document.place("version", "pattern"),
                cause=cause,
                hint=r"Write something like 'Version (\S+)'.",
            )
        )
    stop, ready, driver = data.get("stop", {}), data.get("ready", {}), data.get("driver", {})
    return Adapter(
        id=data["id"],
        name=data["name"],
        vendor=data["vendor"],
        homepage=data["homepage"],
        version=tuple(data["version"]["ask"]),
        version_pattern=data["version"]["pattern"],
        stands={Stand(stand): tuple(command) for stand, command in data["stands"].items()},
        statement=statement,
        statement_data=described,
        is_stated=data.get("stated_by", "vendor") == "vendor",
        rules=data.get("rules", ""),
        file=str(path),
        home=path.resolve().parent,
        build=tuple(data.get("build", ())),
        prepare=tuple(tuple(step) for step in data.get("prepare", ())),
        files=data.get("files", {}),
        categories=data.get("categories", {}),
        profiles=data.get("profiles", {}),
        authority=data.get("authority", ""),
        marks=data.get("block_page", {}),
        filters=data.get("filters", True),
        loads=tuple(data.get("loads", ())),
        signal=stop.get("signal", "TERM"),
        grace=float(stop.get("within_seconds", 1.0)),
        patience=float(ready.get("within_seconds", 15.0)),
        known_failures=tuple(KnownFailure(**known) for known in data.get("known_failures", ())),
        driver=tuple(_beside(path, word) for word in driver.get("start", ())),
        driver_patience=float(driver.get("within_seconds", 20.0)),
        largest_list=data.get("largest_list", 0),
        order=data.get("order", {}),
        keeps={kind: tuple(names) for kind, names in data.get("keeps", {}).items()},
    )


def _beside(path: Path, word: str) -> str:
    """A word of a driver's command; `./name` is the file of that name beside the adapter."""
    return str(path.parent.resolve() / word) if word.startswith("./") else word


def fill(text: str, values: Mapping[str, str], place: str) -> str:
    """A template with its variables in place.

    Raises:
        StairgateError: for a variable the suite does not give.
    """
    try:
        return Template(text).substitute(values)
    except (KeyError, ValueError) as error:
        raise StairgateError(
            Problem(
                code="unknown-variable",
                place=place,
                cause=f"The template asks for something the suite does not give: {error}.",
                hint=f"Given are: {', '.join('$' + name for name in sorted(values))}; write $$ for a dollar.",
                excerpt=next((line for line in text.splitlines() if _asks_for(line, error)), text[:80]),
            )
        ) from error


def _asks_for(line: str, error: KeyError | ValueError) -> bool:
    """Whether this is the line of a template that asked for what `error` names."""
    asked = f"${error.args[0]}"
    return asked in line or asked.replace("$", "${", 1) in line


@functools.cache
def _schema() -> dict[str, Any]:
    text = (resources.files(__package__) / "schemas" / "adapter.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@functools.cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schema())
