"""The shape of `policy.yaml`: pydantic models that check it and from which the JSON Schema is made.

A field's description is what an editor shows. What a policy *means* is compiled in `rules.policy.compiling`.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic needs it at run time
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema  # noqa: TC002 - pydantic reads the annotation at run time

from rules.presets import Action, Profile
from rules.services import services
from rules.taxonomy import CATEGORIES, ILLEGAL

from . import places, terms, windows
from .people import JournalLevel  # noqa: TC001 - pydantic reads the annotation at run time

type Shape = Annotated[Action, Field(strict=False)]

# Editors offer the words of an `enum`; ours are told to them here and checked, with a hint, by `terms`.
_CATEGORIES = [category for category in CATEGORIES if category != ILLEGAL]
Category = Annotated[
    str, AfterValidator(terms.check_category), WithJsonSchema({"type": "string", "enum": _CATEGORIES})
]
Service = Annotated[
    str, AfterValidator(terms.check_service), WithJsonSchema({"type": "string", "enum": list(services())})
]
Target = Annotated[
    str,
    AfterValidator(terms.check_target),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": [terms.EVERYTHING, *_CATEGORIES]},
                {"type": "string", "enum": [f"service:{service}" for service in services()]},
                {"type": "string", "pattern": "^list:.+$"},
            ]
        }
    ),
]
WindowText = Annotated[str, AfterValidator(windows.check_window)]
MinutesNumber = Annotated[int, Field(ge=0, le=24 * 60)]


class Table(BaseModel):
    """A mapping with known keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RuleShape(Table):
    """One line of an `allow` or `block` list; a plain text means `address`."""

    address: Annotated[str, AfterValidator(places.check_place)] | None = Field(
        None,
        description="example.com and below, *.example.com (below only), example.com/path, 203.0.113.0/24",
        examples=["example.com", "*.example.com", "example.com/videos"],
    )
    covers: Literal["name-and-below", "name", "below"] | None = Field(
        None, description="name-and-below (the default), name (it alone) or below (not it)"
    )
    search: Annotated[str, AfterValidator(places.check_search)] | None = Field(
        None, description="Words of a search, in any order, instead of an address"
    )
    until: Annotated[datetime | None, BeforeValidator(places.read_until)] = Field(
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


RuleLine = Annotated[RuleShape, BeforeValidator(_spread), AfterValidator(places.check_rule), _TextOrTable]


class ScheduleShape(Table):
    """When some things are closed."""

    name: str = Field("", description="What you call it: Bedtime")
    on: tuple[Target, ...] = Field(
        description="What it is about: everything, category ids, service:ID, list:NAME",
        strict=False,
        min_length=1,
    )
    spare: tuple[Target, ...] = Field(
        (), description="What it leaves alone although `on` names it", strict=False
    )
    block: tuple[WindowText, ...] = Field(
        (),
        description="Times in which it is closed: `before-school 20:00-07:00`, `mon-fri 08:00-13:00`",
        strict=False,
    )
    allow: tuple[WindowText, ...] = Field(
        (), description="Times in which it is open; outside all of them it is closed", strict=False
    )


class BudgetShape(Table):
    """Minutes a day; a plain number means `minutes`."""

    minutes: MinutesNumber = Field(description="Minutes on a school day, and on others unless `free` says so")
    free: MinutesNumber | None = Field(None, description="Minutes on a day without school")
    rollover: MinutesNumber = Field(
        0, description="Minutes left over that may be carried to the next day, at most"
    )


def _spread_minutes(value: Any) -> Any:
    """A plain number is minutes."""
    return {"minutes": value} if isinstance(value, int) and not isinstance(value, bool) else value


class _NumberOrTable:
    """Tells the JSON Schema that a budget may be a plain number too."""

    @staticmethod
    def __get_pydantic_json_schema__(schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 24 * 60}, handler(schema)]}


BudgetLine = Annotated[BudgetShape, BeforeValidator(_spread_minutes), _NumberOrTable]


class SchoolShape(Table):
    """School days and holidays."""

    days: tuple[Annotated[str, AfterValidator(windows.check_weekday)], ...] = Field(
        ("mon", "tue", "wed", "thu", "fri"), description="Days of the week with school", strict=False
    )
    holidays: tuple[Annotated[str, AfterValidator(windows.check_dates)], ...] = Field(
        (),
        description="Days without school: 2026-12-19..2027-01-04, or 2026-11-18 for a sick day",
        strict=False,
    )


class RulesShape(Table):
    """What both the household and each person may set."""

    allow: tuple[RuleLine, ...] = Field((), description="Always allowed", strict=False)
    block: tuple[RuleLine, ...] = Field((), description="Always blocked", strict=False)
    categories: dict[Category, Shape] = Field(
        default_factory=dict, description="What to do with a category instead of what the profile does"
    )
    services: dict[Service, Shape] = Field(
        default_factory=dict, description="What to do with a service instead of what its category says"
    )
    lists: dict[str, Literal["allow", "warn", "ask", "block", "ignore"]] = Field(
        default_factory=dict,
        description="What to do with all a list names, whatever the category; or ignore it",
    )
    schedules: tuple[ScheduleShape, ...] = Field((), description="When something is closed", strict=False)
    budgets: dict[Target, BudgetLine] = Field(
        default_factory=dict, description="Minutes a day, for each person apart"
    )


class PersonShape(RulesShape):
    """One person, or a group that shares rules."""

    profile: Annotated[Profile, Field(strict=False)] = Field(
        description="early to 6, child 7-9, tween 10-12, teen 13-15, young-adult 16-17, adult"
    )
    name: str = Field("", description="The name to show; by default the key")
    devices: tuple[Annotated[str, AfterValidator(places.check_device)], ...] = Field(
        (),
        description="Whose requests these are: 192.168.1.20, aa:bb:cc:dd:ee:ff, port:8081, wireguard:NAME",
        strict=False,
    )
    password: Annotated[str, AfterValidator(places.check_password)] = Field(
        "",
        description="What `stairgate policy password` prints; the name to go with it is the person's key",
    )
    journal: Annotated[JournalLevel, Field(strict=False)] | None = Field(
        None, description="How much the journal keeps; by default address to 12 years, then category"
    )
    decrypt: bool | None = Field(
        None, description="Whether pages that are served may be looked into; by default not for adults"
    )


class PolicyShape(RulesShape):
    """A household's policy."""

    version: Literal[1] = Field(1, description="The version of this format")
    country: Annotated[str, AfterValidator(terms.check_country)] = Field(
        description="Two letters (ISO 3166): whose help services are shown", examples=["GB"]
    )
    zone: Annotated[str, AfterValidator(terms.check_zone)] = Field(
        "UTC", description="The time zone of schedules and dates", examples=["Europe/London"]
    )
    school: SchoolShape = Field(default_factory=SchoolShape, description="School days and holidays")
    people: Annotated[dict[str, PersonShape], AfterValidator(terms.check_people)] = Field(
        description="Who lives here; `everyone` is who is meant where nobody is named"
    )
    unknown_device: str = Field(
        "",
        description="Whom an unknown device is taken for; `nobody`: it gets nothing; `login`: it is asked "
        "for a password. By default `everyone`",
    )
    reach: tuple[Annotated[str, AfterValidator(places.check_reach)], ...] = Field(
        (),
        description="host:port or address:port in the home network that may be reached through the gate",
        examples=[["192.168.1.20:8123"]],
        strict=False,
    )
    names: dict[
        Annotated[str, AfterValidator(places.check_own_name)], Annotated[str, AfterValidator(places.check_ip)]
    ] = Field(
        default_factory=dict,
        description="Names of your own and their addresses, asked before any name server: a NAS, a printer",
        examples=[{"nas.home.arpa": "192.168.1.20"}],
    )
    trust: tuple[str, ...] = Field(
        (), description="Files with further certificate authorities that sites may use", strict=False
    )
