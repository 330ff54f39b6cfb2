"""The words a policy is written in: categories, places, times, zones; each checked, with a hint."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic_core import PydanticCustomError

from .address import AddressError
from .address import parse as parse_address
from .taxonomy import CATEGORIES, ILLEGAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_PERSON = re.compile(r"[\w.-]{1,40}\Z")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def complain(code: str, cause: str, hint: str) -> PydanticCustomError:
    """An error pydantic keeps with its place: `code`, cause and hint become a Problem's."""
    return PydanticCustomError("stairgate", "{cause}", {"code": code, "cause": cause, "hint": hint})


def suggest(word: str, known: Iterable[str], *, otherwise: str) -> str:
    """`Did you mean …?` where a known word is near, else `otherwise`."""
    near = difflib.get_close_matches(word.casefold(), list(known), n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}?" if near else otherwise


def check_category(word: str) -> str:
    """A category whose action a policy may set."""
    if word not in CATEGORIES:
        hint = suggest(word, CATEGORIES, otherwise="The category ids are in docs/categories.md.")
        raise complain("unknown-category", f"There is no category {word!r}.", hint)
    if word == ILLEGAL:
        raise complain(
            "fixed-category",
            f"What happens to {word!r} can't be changed: it is blocked for everyone.",
            "Remove the line.",
        )
    return word


def check_country(word: str) -> str:
    """Two capital letters."""
    if not _COUNTRY.match(word):
        raise complain(
            "unknown-country", f"{word!r} is not a country.", "Write two capital letters, such as GB or DE."
        )
    return word


def check_zone(word: str) -> str:
    """A time zone of the IANA database."""
    try:
        ZoneInfo(word)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = suggest_zone(word)
        raise complain("unknown-zone", f"There is no time zone {word!r}.", hint) from None
    return word


def suggest_zone(word: str) -> str:
    """A hint for a zone's name; compared without case."""
    known = {zone.casefold(): zone for zone in available_timezones()}
    near = difflib.get_close_matches(word.casefold(), list(known), n=1, cutoff=0.6)
    return f"Did you mean {known[near[0]]!r}?" if near else "Write it as in Europe/Berlin."


def check_people(people: Mapping[str, Any]) -> Mapping[str, Any]:
    """At least one person, and names that fit in an address and a log line."""
    if not people:
        raise complain("nobody", "The policy has no people.", "Add one: `everyone: {profile: tween}`.")
    for name in people:
        if not _PERSON.match(name):
            raise complain(
                "person-name",
                f"{name!r} can't be a person's key.",
                "Use letters, digits, `.`, `_` and `-`, at most 40; the shown name may be set by `name`.",
            )
    return people


def check_place(word: str) -> str:
    """What an allow or block rule may be about: a name, a path, an address, a network."""
    bare = word.removeprefix("*.")
    if is_network(bare):
        return word
    if "*" in bare:
        raise complain(
            "rule-star",
            f"{word!r} has a `*` where none can be.",
            "Only `*.example.com` is possible; a plain name covers all below it.",
        )
    if "?" in bare or "#" in bare:
        raise complain(
            "rule-query",
            f"{word!r} has a `?` or `#` part.",
            "Rules look at host and path only; leave that off.",
        )
    try:
        parse_address(bare)
    except AddressError as error:
        raise complain(
            "rule-address",
            f"{word!r} is not an address: {error.reason}.",
            "Write it as in example.com, example.com/path or 203.0.113.0/24.",
        ) from None
    return word


def is_network(word: str) -> bool:
    """Whether a word is a network as in 203.0.113.0/24 (not a name with a path)."""
    try:
        ip_network(word)
    except ValueError:
        return False
    return "/" in word


def check_search(word: str) -> str:
    """At least one word to look for."""
    if not words_of(word):
        raise complain(
            "rule-search", "A search rule needs at least one word.", "Write it as in `search: dogs`."
        )
    return word


def words_of(text: str) -> frozenset[str]:
    """The words of a search, folded; order, case and punctuation do not matter."""
    return frozenset(re.findall(r"\w+", text.casefold()))


def check_rule(rule: Any) -> Any:
    """A rule is about an address or about a search, not both."""
    if (rule.address is None) == (rule.search is None):
        raise complain(
            "rule-subject",
            "A rule needs either `address` or `search`.",
            "Keep one of the two.",
        )
    if rule.covers is not None and (rule.search is not None or rule.address.startswith("*.")):
        raise complain(
            "rule-covers",
            "`covers` goes with a plain name only.",
            "Remove it.",
        )
    return rule


def read_until(value: Any) -> datetime | None:
    """A day or a minute; one without an offset is meant in the household's zone."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            # A day lasts to its end.
            return moment.replace(hour=23, minute=59, second=59) if _DAY.match(value) else moment
    raise complain(
        "not-a-time", f"{value!r} is not a day or a time.", "Write it as in 2026-12-24 or 2026-12-24T18:00."
    )


def in_utc(moment: datetime, zone: ZoneInfo) -> datetime:
    """A moment in UTC; one without an offset is read in `zone`."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    return aware.astimezone(UTC)


def check_reach(word: str) -> str:
    """`host:port` or `[address]:port`, without a scheme or path."""
    try:
        address = parse_address(word)
    except AddressError:
        address = None
    if (
        address is None
        or address.port is None
        or address.scheme
        or address.path not in {"", "/"}
        or address.query
    ):
        raise complain(
            "reach-form",
            f"{word!r} is not host:port.",
            "Write it as in 192.168.1.20:8123 or printer.home:80.",
        )
    return word


def check_own_name(word: str) -> str:
    """A host name in its canonical form, not an address."""
    try:
        address = parse_address(word)
    except AddressError:
        address = None
    if address is None or address.ip is not None or address.host != word:
        raise complain(
            "name-form",
            f"{word!r} is not a name in lower case.",
            "Write it as in nas.home.arpa: 192.168.1.20.",
        )
    return word


def check_ip(word: str) -> str:
    """An IP address in its usual form."""
    try:
        ip = parse_address(f"[{word}]" if ":" in word else word).ip
    except AddressError:
        ip = None
    if ip is None or str(ip) != word:
        raise complain(
            "ip-form", f"{word!r} is not an IP address.", "Write it as in nas.home.arpa: 192.168.1.20."
        )
    return word
