"""A control's block page and its reading of age labels, each fault in one place. Pure."""

from __future__ import annotations

import gzip
import html
import json
import re
import zlib
from typing import TYPE_CHECKING

from conformance_tests.controls.faults import Fault
from conformance_tests.controls.known import help_for

if TYPE_CHECKING:
    from collections.abc import Mapping

RTA = "rta-5042-1996-1400-1577-rta"
_META = re.compile(rb"<meta\s[^>]*>", re.IGNORECASE)
_QUOTED = re.compile(
    rb"<!--.*?-->|<(script|style|textarea|pre|code|title|xmp|noscript|template|svg)\b.*?</\1\s*>",
    re.IGNORECASE | re.DOTALL,
)
_AGE = re.compile(rb"<age>\s*(\d{1,2})\s*</age>")
_ADULT = 18  # years
_NAME = re.compile(rb"""\bname\s*=\s*(?:"rating"|'rating'|rating\b)""", re.IGNORECASE)
_CONTENT = re.compile(rb"""\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)


def block_page(
    url: str, category: str, accept: str, fault: Fault | None, *, country: str = "gb"
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a control's block: a page, or JSON where only that is accepted."""
    shown = url if fault is Fault.REFLECTS else html.escape(url, quote=True)
    reason = (
        ""
        if fault is Fault.NO_REASON
        else f"<p>Why: this page belongs to the category {html.escape(category)}.</p>"
    )
    picture = (
        '<img src="http://pictures.elsewhere.example/logo.png" alt="">' if fault is Fault.THIRD_PARTY else ""
    )
    helpful = [] if fault is Fault.NO_HELP_SHOWN else help_for(category, country)
    if fault is Fault.HELP_OF_ELSEWHERE:
        helpful = help_for(category, "gb")
    links = "".join(f'<p><a href="{web}">{html.escape(name)}</a></p>' for name, web in helpful)
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<title>Blocked by the Control filter</title></head>"
        f"<body><main><h1>Blocked by the Control filter</h1><p>Asked for: {shown}</p>{reason}"
        "<p>What to do: ask the adult who looks after this filter, or go back.</p>"
        f"{links}{picture}</main></body></html>"
    ).encode()
    headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
    if accept.startswith("application/json"):
        told = {
            "title": "Blocked by the Control filter",
            "why": f"this page belongs to the category {category}",
            "next": "What to do: ask the adult who looks after this filter.",
        }
        if fault is Fault.NO_REASON:
            told.pop("why")
        body = json.dumps({} if fault is Fault.NO_ELEMENTS_IN_JSON else told).encode()
        headers["content-type"] = "application/json"
    if fault is Fault.CACHEABLE:
        headers["cache-control"] = "public, max-age=86400"
    return (200 if fault is Fault.STATUS_200 else 403), headers, body


def is_labelled(headers: Mapping[str, str], body: bytes, fault: Fault | None) -> bool:
    """Whether an answer carries an adults-only label: RTA or `rating` adult or mature, in header or meta."""
    if fault is Fault.LABELS_IGNORED:
        return False
    if _says_adult(headers.get("rating", "")):
        return True
    if "html" not in headers.get("content-type", ""):
        return False
    text = body if fault is Fault.COMPRESSED_PASSES else decoded(headers, body)
    if fault is Fault.QUOTED_LABEL and RTA.encode() in text.lower():
        return True
    for tag in _META.findall(_QUOTED.sub(b"", text)):
        value = _CONTENT.search(tag)
        if _NAME.search(tag) and value and _says_adult(b"".join(value.groups(b"")).decode("latin-1")):
            return True
    return False


def stated_age(text: bytes, fault: Fault | None) -> int:
    """The age that a site's label file states, in years; 0 for none."""
    found = _AGE.search(text)
    age = int(found.group(1)) if found else 0
    return _ADULT if age and fault is Fault.LEVELS_CONFUSED else age


def decoded(headers: Mapping[str, str], body: bytes) -> bytes:
    """The body without its content coding; as it came where that can't be done."""
    try:
        match headers.get("content-encoding", ""):
            case "gzip":
                return gzip.decompress(body)
            case "deflate":
                return zlib.decompress(body)
    except (OSError, zlib.error, EOFError):
        return body
    return body


def _says_adult(value: str) -> bool:
    return value.strip().lower() in {RTA, "adult", "mature", "restricted"}
