"""JSON Schemas of what we write, made from the frozen dataclasses themselves so that they can't disagree.

The schemas of what we read are written by hand in `standard/schemas/`; the ones made here lie beside them,
and a test keeps them fresh.
"""

from __future__ import annotations

import collections.abc
import json
import types
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, TypeAliasType, get_args, get_origin, get_type_hints

from standard import clause, criterion, facts, figures, report, words
from standard.catalogue import ANNEXES
from standard.schema import FileKind, text

from . import comparison
from .data import FORMAT

# The report's modules import each other's names for type checking only; this is where they are found again.
_NAMES: dict[str, Any] = {
    **{name: getattr(collections.abc, name) for name in collections.abc.__all__},
    **{
        name: value
        for module in (words, figures, facts, criterion, clause, report, comparison)
        for name, value in vars(module).items()
    },
}
_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
}


def of_report() -> dict[str, Any]:
    """The schema of `data.as_data(report)`."""
    about = "One product, one run, one edition: every number and verdict of a report."
    return _record(report.Report, FORMAT, about)


def of_comparison() -> dict[str, Any]:
    """The schema of `comparison.as_data(comparison)`."""
    about = "Several reports side by side, clause by clause: different products, or one over time."
    return _record(comparison.Comparison, comparison.FORMAT, about)


def of_exported_edition() -> dict[str, Any]:
    """The schema of `data.edition_as_data(known, edition)`."""
    about = "An edition with all it selects: clauses, sets, populations, capabilities, front matter, annexes."
    schema = _record(clause.Edition, FORMAT, about)
    stated = _bare(_object(clause.Clause))
    stated["properties"]["criteria"]["items"] = _with_asked(_bare(_object(criterion.Criterion)))
    kinds = (FileKind.FRONT, *ANNEXES)
    held = {
        "clauses": _many(stated),
        "sets": _many(_bare(_object(clause.EnumeratedSet))),
        "populations": _many(_bare(_object(clause.Term))),
        "capabilities": _many(_bare(_object(clause.Term))),
        # As they lie in the standard: the published schema of each file, whole.
        "matter": {
            "type": "object",
            "properties": {kind.value: json.loads(text(kind)) for kind in kinds},
            "additionalProperties": False,
        },
    }
    schema = _bare(schema)
    schema["$id"] = f"urn:stairgate:schema:exported-edition:{FORMAT}"
    schema["properties"] |= held
    schema["required"] += [name for name in held if name not in schema["required"]]
    return schema


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    """An object's schema without `place`: where it was read from is nobody else's business."""
    properties = {name: kind for name, kind in schema["properties"].items() if name != "place"}
    return {**schema, "properties": properties, "required": [n for n in schema["required"] if n != "place"]}


def _with_asked(schema: dict[str, Any]) -> dict[str, Any]:
    """A criterion's schema with its measure in words."""
    return {
        **schema,
        "properties": {**schema["properties"], "asked": _PLAIN[str]},
        "required": [*schema["required"], "asked"],
    }


def _many(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def _record(kind: type, version: int, description: str) -> dict[str, Any]:
    """The schema of a whole file: `kind`, with the marks `record` and `format` before its fields."""
    schema, name = _object(kind), kind.__name__
    heading = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:stairgate:schema:{name.lower()}:{version}",
        "title": name,
        "description": description,
    }
    marks = {"record": {"const": name.lower()}, "format": {"const": version}}
    return {
        **heading,
        **schema,
        "properties": {**marks, **schema["properties"]},
        "required": [*marks, *schema["required"]],
    }


def _object(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind, localns=_NAMES)
    summary = (kind.__doc__ or "").strip().splitlines()[0]
    names = [field.name for field in fields(kind)]
    return {
        "description": summary,
        "type": "object",
        "properties": {name: _schema(hints[name]) for name in names},
        "required": names,
        "additionalProperties": False,
    }


def _schema(kind: Any) -> dict[str, Any]:
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"enum": [member.value for member in kind]}
    if is_dataclass(kind) and isinstance(kind, type):
        return _object(kind)
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _schema(get_args(kind)[0])}
    if get_origin(kind) is collections.abc.Mapping:
        return {"type": "object", "additionalProperties": _schema(get_args(kind)[1])}
    if isinstance(kind, TypeAliasType):
        return _schema(kind.__value__)
    if get_origin(kind) is types.UnionType:
        return {
            "anyOf": [
                {"type": "null"} if option is types.NoneType else _schema(option) for option in get_args(kind)
            ]
        }
    message = f"no schema for {kind!r}"
    raise TypeError(message)
