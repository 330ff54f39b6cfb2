"""The shape of `policy.yaml`: pydantic models that check it and from which the JSON Schema is made.

A field's description is what an editor shows. What a policy *means* is compiled in `rules.policy`.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic needs it at run time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema  # noqa: TC002 - pydantic reads the annotation at run time

from . import policy_terms as terms
from .presets import Action, Profile

type Shape = Annotated[Action, Field(strict=False)]


class Table(BaseModel):
    """A mapping with known keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RuleShape(Table):
    """One line of an `allow` or `block` list; a plain text means `address`."""

    address: Annotated[str, AfterValidator(terms.check_place)] | None = Field(
        None,
        description="example.com and below, *.example.com (below only), example.com/path, 203.0.113.0/24",
        examples=["example.com", "*.example.com", "example.com/videos"],
    )
    covers: Literal["name-and-below", "name", "below"] | None = Field(
        None, description="name-and-below (the default), name (it alone) or below (not it)"
    )
    search: Annotated[str, AfterValidator(terms.check_search)] | None = Field(
        None, description="Words of a search, in any order, instead of an address"
    )
    until: Annotated[datetime | None, BeforeValidator(terms.read_until)] = Field(
        None, description="When the rule ends: 2026-12-24 or 2026-12-24T18:00, in the household's time zone"
    )
    why: str = Field("", description="A note for yourselves")


def _spread(value: Any) -> Any:
    """A plain text is an address."""
    return {"address": value} if isinstance(value, str) else value


class _TextOrTable:
    """Tells the JSON Schema that a rule may be a plain text too."""

    @staticmethod
    def __get_pydantic_json_schema__(schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(schema)]}


RuleLine = Annotated[RuleShape, BeforeValidator(_spread), AfterValidator(terms.check_rule), _TextOrTable]
Category = Annotated[str, AfterValidator(terms.check_category)]


class PersonShape(Table):
    """One person, or a group that shares rules."""

    profile: Annotated[Profile, Field(strict=False)] = Field(
        description="early to 6, child 7-9, tween 10-12, teen 13-15, young-adult 16-17, adult"
    )
    name: str = Field("", description="The name to show; by default the key")
    allow: tuple[RuleLine, ...] = Field((), description="Always allowed for this person", strict=False)
    block: tuple[RuleLine, ...] = Field((), description="Always blocked for this person", strict=False)
    categories: dict[Category, Shape] = Field(
        default_factory=dict, description="What to do with a category instead of what the profile does"
    )


class PolicyShape(Table):
    """A household's policy."""

    version: Literal[1] = Field(1, description="The version of this format")
    country: Annotated[str, AfterValidator(terms.check_country)] = Field(
        description="Two letters (ISO 3166): whose help services are shown", examples=["GB"]
    )
    zone: Annotated[str, AfterValidator(terms.check_zone)] = Field(
        "UTC", description="The time zone of schedules and dates", examples=["Europe/London"]
    )
    people: Annotated[dict[str, PersonShape], AfterValidator(terms.check_people)] = Field(
        description="Who lives here; `everyone` is who is meant where nobody is named"
    )
    allow: tuple[RuleLine, ...] = Field((), description="Always allowed for everyone", strict=False)
    block: tuple[RuleLine, ...] = Field((), description="Always blocked for everyone", strict=False)
    categories: dict[Category, Shape] = Field(
        default_factory=dict, description="What to do with a category for everyone, whatever the profile"
    )
    reach: tuple[Annotated[str, AfterValidator(terms.check_reach)], ...] = Field(
        (),
        description="host:port or address:port in the home network that may be reached through the gate",
        examples=[["192.168.1.20:8123"]],
        strict=False,
    )
    names: dict[
        Annotated[str, AfterValidator(terms.check_own_name)], Annotated[str, AfterValidator(terms.check_ip)]
    ] = Field(
        default_factory=dict,
        description="Names of your own and their addresses, asked before any name server: a NAS, a printer",
        examples=[{"nas.home.arpa": "192.168.1.20"}],
    )
    trust: tuple[str, ...] = Field(
        (), description="Files with further certificate authorities that sites may use", strict=False
    )
