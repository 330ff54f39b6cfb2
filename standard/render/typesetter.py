"""PDF from a Typst template and plain data: tagged, fonts embedded, the same bytes for the same input."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

_FOLDER = Path(__file__).parent / "typeset"


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
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=int(moment.timestamp()),
        pdf_standards="ua-1",
    )
    return pdf
