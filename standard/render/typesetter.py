"""PDF from a Typst template and plain data: tagged, fonts embedded, the same bytes for the same input."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

_FOLDER = Path(__file__).parent / "typeset"

# What the embedded fonts hold: Latin, Greek, Cyrillic and Hebrew letters, punctuation, currency, arrows.
_SETTABLE = (
    "\n\u0020-\u007e\u00a0-\u00ac\u00ae-\u024f\u0391-\u03a1\u03a3-\u03ce\u0400-\u0482\u048a-\u04ff\u05d0-\u05ea"
    "\u1e00-\u1eff\u2010-\u2027\u202f\u2030-\u2034\u2039\u203a\u2044\u2074-\u2079\u2080-\u2089\u20a0-\u20bf"
    "\u2190-\u21ff\u2200-\u22ff\u2500-\u25ff\u2714\u2718"
)
_OTHER = re.compile(f"[^{_SETTABLE}]")


def typeset(template: str, data: dict[str, Any], *, at: str) -> bytes:
    """Fill a template and set it.

    Args:
        template: a file name in `typeset/`.
        data: what it shows; text is placed as text and never read as markup.
        at: UTC text; stands in the file as its date of making, so that the same input gives the same bytes.

    Returns:
        A PDF that follows PDF/UA-1: tagged, titled, with described pictures.
    """
    moment = datetime.fromisoformat(at) if at else datetime.fromtimestamp(0, tz=UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    data = {**data, "date": [moment.year, moment.month, moment.day]}
    pdf: bytes = typst.compile(
        _FOLDER / template,
        root=_FOLDER,
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(settable(data), ensure_ascii=False)},
        timestamp=int(moment.timestamp()),
        pdf_standards="ua-1",
    )
    return pdf


def settable(data: Any) -> Any:
    """`data` with every character that no embedded font has written as its code point: `[U+3002]`.

    A blank box would hide what an address looks like; its code point does not.
    """
    match data:
        case str():
            return _OTHER.sub(lambda found: f"[U+{ord(found[0]):04X}]", data)
        case dict():
            return {key: settable(value) for key, value in data.items()}
        case list() | tuple():
            return [settable(value) for value in data]
        case _:
            return data
