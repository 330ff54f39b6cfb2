"""Places in a policy (allow and block rules, `reach`, devices) and `until`; each checked, with a hint."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from rules.address import AddressError
from rules.address import parse as parse_address

from .rulebook import words_of
from .terms import complain

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_PASSWORD = re.compile(
    r"\$argon2id\$v=19\$m=\d{4,7},t=\d{1,2},p=\d{1,2}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}\Z"
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_HARDWARE = re.compile(r"[0-9a-f]{2}([:-][0-9a-f]{2}){5}\Z")
_PORT = re.compile(r"port:[1-9]\d{0,4}\Z")
_WIREGUARD = re.compile(r"wireguard:[\w.-]{1,40}\Z")


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
            if 2000 <= moment.year < 9000:  # far from where dates end, so that zones can be reckoned with
                return moment + timedelta(days=1) if _DAY.match(value) else moment  # a day lasts to its end
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


def fold_device(word: str) -> str | None:
    """A device in the one spelling in which devices are compared; None where it is none.

    Args:
        word: an IP address, a hardware address, `port:8081` (the gate's port it uses) or `wireguard:NAME`.
    """
    folded = word.strip().casefold()
    if _HARDWARE.match(folded):
        return folded.replace("-", ":")
    if _PORT.match(folded) or _WIREGUARD.match(folded):
        return folded
    try:
        address = ip_address(folded.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def is_hardware(device: str) -> bool:
    """Whether a device (folded) is a hardware address."""
    return _HARDWARE.match(device) is not None


def check_device(word: str) -> str:
    """A device that `fold_device` knows."""
    if fold_device(word) is None:
        raise complain(
            "device-form",
            f"{word!r} is not a device.",
            "Write 192.168.1.20, aa:bb:cc:dd:ee:ff, port:8081 or wireguard:NAME.",
        )
    return word


def check_password(word: str) -> str:
    """A hash of a password, never the password: the file is read by people."""
    if not _PASSWORD.match(word):
        raise complain(
            "password-form",
            "This is not what `stairgate policy password` prints.",
            "Run `stairgate policy password` and put the line it prints here.",
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
