"""The JSON Schema of `policy.yaml`, for editors that complete and check while one types."""

from __future__ import annotations

import json
from typing import Any

from .shape import PolicyShape


def build_schema() -> dict[str, Any]:
    """The schema as a dict, made from the models that check the file."""
    schema = PolicyShape.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:stairgate:policy:1",
        **schema,
        "title": "Stairgate policy",
    }


def write_schema() -> str:
    """The schema as text, the same for the same models."""
    return json.dumps(build_schema(), indent=2, ensure_ascii=False) + "\n"
