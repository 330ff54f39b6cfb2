"""The published JSON Schemas, and complaints in words when a file does not fit one.

The schemas in `standard/schemas/` are the ones that validate: there is no second set of rules in code. Reads
those files and nothing else.
"""

from __future__ import annotations

import difflib
import functools
import json
from enum import StrEnum
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from .errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .strict_yaml import Document


class FileKind(StrEnum):
    """Every kind of file that has a schema; the value is the schema's name."""

    CLAUSE = "clause"
    SET = "set"
    POPULATIONS = "populations"
    CAPABILITIES = "capabilities"
    EDITION = "edition"
    CATEGORIES = "categories"
    HELP_SERVICES = "help-services"
    SIGNALS = "signals"
    LAB_PROCESS = "lab-process"
    DECISION_RULE = "decision-rule"
    FRONT = "front"
    DRAFT_NUMBERS = "draft-numbers"
    CAPABILITY_STATEMENT = "capability-statement"
    RESULT = "result"


@functools.cache
def text(kind: FileKind) -> str:
    """The published schema of `kind`, as JSON text."""
    return (resources.files(__package__) / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8")


@functools.cache
def _plain(kind: FileKind) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(text(kind))
    return schema


@functools.cache
def validator(kind: FileKind) -> jsonschema_rs.Draft202012Validator:
    """The compiled validator of `kind` (JSON Schema 2020-12)."""
    return jsonschema_rs.Draft202012Validator(_plain(kind))


def check(document: Document, kind: FileKind) -> list[Problem]:
    """Everything in `document` that its schema refuses, each with file, line, cause and next step."""
    return list(complaints(document.data, kind, document.place))


def complaints(data: Any, kind: FileKind, place: Callable[..., str]) -> Iterator[Problem]:
    """What the schema of `kind` refuses in `data`; as `complaints_of`."""
    return complaints_of(validator(kind), data, place, schema=_plain(kind))


def complaints_of(
    checker: jsonschema_rs.Draft202012Validator,
    data: Any,
    place: Callable[..., str],
    *,
    schema: Mapping[str, Any] | None = None,
) -> Iterator[Problem]:
    """What a compiled schema refuses in `data`, in words; for the examiner's own file kinds as well.

    Args:
        checker: the schema.
        data: plain data, as YAML or JSON gives it.
        place: turns a path of keys into `file:line`.
        schema: what `checker` was made of: names the keys allowed where an unknown one stands.

    Yields:
        One problem for each thing refused.
    """
    for error in checker.iter_errors(data):
        path = tuple(error.instance_path)
        code, cause, hint = _words(error, path, schema or {})
        told = isinstance(error.instance, dict)  # the line says enough
        shown = "" if told else json.dumps(error.instance, ensure_ascii=False)
        excerpt = shown if len(shown) <= 100 else ""  # one terminal line
        unexpected = getattr(error.kind, "unexpected", ())
        where = place(*path, unexpected[0]) if unexpected else place(*path)
        yield Problem(code=code, place=where, cause=cause, hint=hint, excerpt=excerpt)


# How a kind of value is called in a complaint.
_KINDS: Final = {
    "object": "keys with values",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}


def _keys_known(error: Any, schema: Mapping[str, Any]) -> list[str]:
    """The keys allowed where an unknown one stands; none where the schema does not lead there directly."""
    place: Any = schema
    for key in error.schema_path[:-1]:
        place = place.get(key) if isinstance(place, dict) else None
    return sorted(place.get("properties", {})) if isinstance(place, dict) else []


def _words(error: Any, path: tuple[str | int, ...], schema: Mapping[str, Any]) -> tuple[str, str, str]:
    """Code, cause and hint of one schema error, in the words a writer of the file would use."""
    name = ".".join(str(key) for key in path) or "this file"
    kinds = jsonschema_rs.ValidationErrorKind
    match error.kind:
        case kinds.Required():
            key = error.kind.property
            return "missing-key", f"{name} has no {key!r}.", f"Write `{key}:` there."
        case kinds.AdditionalProperties():
            unexpected = ", ".join(repr(key) for key in error.kind.unexpected)
            known = _keys_known(error, schema)
            close = difflib.get_close_matches(error.kind.unexpected[0], known, n=1)
            hint = "Take it out, or mend its spelling."
            if close:
                hint = f"Did you mean {close[0]!r}?"
            elif known:
                hint = f"Take it out, or write one of: {', '.join(known)}."
            return "unknown-key", f"{name} has {unexpected}, which nothing reads.", hint
        case kinds.Enum():
            options = [str(option) for option in error.kind.options]
            close = difflib.get_close_matches(str(error.instance), options, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else "Write one of: " + ", ".join(options) + "."
            return "unknown-word", f"{name} is none of the words allowed there.", hint
        case kinds.Type():
            wanted = " or ".join(_KINDS.get(kind, kind) for kind in error.kind.types)
            if error.instance is None:
                return "wrong-type", f"{name} is empty, and must be {wanted}.", "Write it, or take it out."
            hint = "Mend its form."
            if error.kind.types == ["string"] and not isinstance(error.instance, (dict, list)):
                hint = "Put it in quotes: it looks like a number or a word of YAML's own."
            return "wrong-type", f"{name} must be {wanted}.", hint
        case kinds.Constant():
            wanted = json.dumps(error.kind.expected_value)
            return "unknown-word", f"{name} must be {wanted}.", f"Write {wanted}."
        case kinds.Pattern():
            return (
                "wrong-form",
                f"{name} does not have the form {error.kind.pattern}",
                "Write it in that form.",
            )
        case kinds.OneOfNotValid() | kinds.OneOfMultipleValid():
            return (
                "one-of",
                f"{name} must have exactly one of the keys that exclude each other there.",
                f"Write one of them; the schema lists them at {'/'.join(map(str, error.schema_path))}.",
            )
        case _:
            return (
                "schema",
                f"{name}: {error.message}.",
                f"See the schema: {'/'.join(map(str, error.schema_path))}",
            )
