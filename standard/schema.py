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
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from .errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
def validator(kind: FileKind) -> jsonschema_rs.Draft202012Validator:
    """The compiled validator of `kind` (JSON Schema 2020-12)."""
    return jsonschema_rs.Draft202012Validator(json.loads(text(kind)))


def check(document: Document, kind: FileKind) -> list[Problem]:
    """Everything in `document` that its schema refuses, each with file, line, cause and next step."""
    return list(complaints(document.data, kind, document.place))


def complaints(data: Any, kind: FileKind, place: Callable[..., str]) -> Iterator[Problem]:
    """What the schema of `kind` refuses in `data`; as `complaints_of`."""
    return complaints_of(validator(kind), data, place)


def complaints_of(
    checker: jsonschema_rs.Draft202012Validator, data: Any, place: Callable[..., str]
) -> Iterator[Problem]:
    """What a compiled schema refuses in `data`, in words; for the examiner's own file kinds as well.

    Args:
        checker: the schema.
        data: plain data, as YAML or JSON gives it.
        place: turns a path of keys into `file:line`.

    Yields:
        One problem for each thing refused.
    """
    for error in checker.iter_errors(data):
        path = tuple(error.instance_path)
        code, cause, hint = _words(error, path)
        shown = json.dumps(error.instance, ensure_ascii=False)
        excerpt = shown if len(shown) <= 100 else ""  # one terminal line
        yield Problem(code=code, place=place(*path), cause=cause, hint=hint, excerpt=excerpt)


def _words(error: Any, path: tuple[str | int, ...]) -> tuple[str, str, str]:
    """Code, cause and hint of one schema error, in the words a writer of the file would use."""
    name = ".".join(str(key) for key in path) or "this file"
    kinds = jsonschema_rs.ValidationErrorKind
    match error.kind:
        case kinds.Required():
            key = error.kind.property
            return "missing-key", f"{name} has no {key!r}.", f"Write `{key}:` there."
        case kinds.AdditionalProperties():
            unexpected = ", ".join(repr(key) for key in error.kind.unexpected)
            return (
                "unknown-key",
                f"{name} has {unexpected}, which nothing reads.",
                "Take it out, or mend its spelling (names are in the schema).",
            )
        case kinds.Enum():
            options = [str(option) for option in error.kind.options]
            close = difflib.get_close_matches(str(error.instance), options, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else "Write one of: " + ", ".join(options) + "."
            return "unknown-word", f"{name} is none of the words allowed there.", hint
        case kinds.Type():
            wanted = " or ".join(error.kind.types)
            return "wrong-type", f"{name} must be {wanted}.", "Quote text that looks like a number or a word."
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
