"""Turns what pydantic finds into Problems: file and line, one sentence, a hint, all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

from rules.errors import Problem

from .terms import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rules.strict_yaml import Document

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a table of `key: value` lines",
    "tuple_type": "a list of `- ` lines",
    "model_type": "a table of `key: value` lines",
}


def read_problems(error: ValidationError, document: Document, shape: type[BaseModel]) -> list[Problem]:
    """Every complaint of `error`.

    Args:
        error: what validating `document.data` as `shape` raised.
        document: the file with its lines.
        shape: the model, to know which keys were possible where.
    """
    items = error.errors(include_url=False)
    places = [item["loc"] for item in items]
    return [
        _read_one(item, document, shape)
        for item in items
        # A list that is empty because what stands in it is wrong was complained of already.
        if item["type"] != "too_short" or not any(_is_inside(place, item["loc"]) for place in places)
    ]


def _is_inside(place: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(place) > len(outer) and place[: len(outer)] == outer


def in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Problems in the order of the file's lines."""
    return sorted(problems, key=lambda problem: _line(problem.place))


def _line(place: str) -> int:
    return int(place.rpartition(":")[2])


def _read_one(item: Any, document: Document, shape: type[BaseModel]) -> Problem:
    path: tuple[str | int, ...] = item["loc"]
    keys = tuple(key for key in path if key != "[key]")
    place = document.place(*keys)
    name = str(keys[-1]) if keys else "the file"
    context: dict[str, Any] = item.get("ctx", {})
    match item["type"]:
        case "stairgate":
            return Problem(code=context["code"], place=place, cause=context["cause"], hint=context["hint"])
        case "extra_forbidden":
            known = sorted(_keys_at(shape, keys[:-1]))
            hint = suggest(name, known, otherwise="Possible here: " + ", ".join(known) + ".")
            return Problem(
                code="unknown-setting", place=place, cause=f"There is no setting {name!r} here.", hint=hint
            )
        case "missing":
            return Problem(
                code="missing-setting",
                place=place,
                cause=f"The setting {name!r} is missing.",
                hint=f"Add `{name}: …` there.",
            )
        case "enum" | "literal_error":
            expected = context["expected"].replace("'", "").replace(" or ", ", ")
            hint = suggest(str(item["input"]), expected.split(", "), otherwise=f"Write one of: {expected}.")
            return Problem(
                code="unknown-word",
                place=place,
                cause=f"{item['input']!r} is not possible for {name!r}.",
                hint=hint,
            )
        case kind if kind in _WANTED:
            return Problem(
                code="wrong-kind",
                place=place,
                cause=f"{name!r} is not {_WANTED[kind]}.",
                hint=f"Write {_WANTED[kind]} there, or remove the line.",
            )
        case "greater_than_equal" | "less_than_equal":
            low, high = context.get("ge"), context.get("le")
            bound = f"at least {low}" if high is None else f"at most {high}"
            return Problem(
                code="bad-value",
                place=place,
                cause=f"{item['input']} is not possible for {name!r}.",
                hint=f"Write {bound}; see docs/write-a-policy.md.",
            )
        case "too_short":
            return Problem(
                code="bad-value",
                place=place,
                cause=f"{name!r} names nothing.",
                hint="Name at least one; see docs/write-a-policy.md.",
            )
        case _:
            return Problem(
                code="bad-value",
                place=place,
                cause=f"{name!r}: {item['msg']}.",
                hint="See docs/write-a-policy.md.",
            )


def _keys_at(shape: type[BaseModel], keys: Sequence[str | int]) -> set[str]:
    """The keys possible at a path: follows field names, and steps over list indices and free keys."""
    here = shape
    for key in keys:
        field = here.model_fields.get(str(key))
        if field is not None:
            here = _model_in(field.annotation) or here
    return {field.alias or name for name, field in here.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first model inside a type such as `tuple[Annotated[Model, …], ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _model_in(inner)
        if found is not None:
            return found
    return None
