"""The console's colours: text can be read on its ground, in the light and in the dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import proxy.console

STYLE = (Path(proxy.console.__file__).parent / "static" / "style.css").read_text(encoding="utf-8")
LIGHT, DARK = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
PAIRS = [
    *((text, "card") for text in ("ink", "quiet", "green", "clay", "amber", "link")),
    *((text, "ground") for text in ("ink", "quiet", "link")),
    *((text, ground) for ground in ("green-ground", "amber-ground") for text in ("ink", "link")),
    ("green", "green-ground"),
    ("amber", "amber-ground"),
]


def colour(scheme: str, name: str) -> tuple[float, float, float]:
    found = re.search(rf"--{name}: #([0-9a-f]{{6}});", scheme)
    assert found is not None
    red, green, blue = bytes.fromhex(found[1])
    return red / 255, green / 255, blue / 255


def luminance(rgb: tuple[float, float, float]) -> float:
    """WCAG 2.2, "relative luminance"."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_has_the_contrast_that_wcag_asks_for(scheme: str, text: str, ground: str) -> None:
    lighter, darker = sorted(
        (luminance(colour(scheme, text)), luminance(colour(scheme, ground))), reverse=True
    )
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5  # success criterion 1.4.3
