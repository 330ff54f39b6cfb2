"""The colours of every rendering, with the contrast each was chosen for.

One table, two themes. The stylesheet and the charts are filled from it; a test recomputes every ratio.
No meaning is carried by colour alone: a word and a mark always stand beside it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#ffffff",
        "panel": "#f5f6f4",
        "ink": "#1b1f23",  # 16.6 on paper
        "quiet": "#57606a",  # 6.4 on paper, 5.9 on panel
        "line": "#d3d8d4",  # decoration only, never the only mark of anything
        "good": "#1a6b3c",  # 6.5 on paper, 5.7 on its tint
        "good-tint": "#e7f3eb",
        "bad": "#b42318",  # 6.6 on paper, 5.7 on its tint
        "bad-tint": "#fceceb",
        "unsure": "#7d5200",  # 6.8 on paper, 6.1 on its tint
        "unsure-tint": "#faf1de",
        "apart": "#57606a",  # 6.4 on paper, 5.6 on its tint
        "apart-tint": "#eff1f3",
        "link": "#1f5199",  # 7.8 on paper, 7.2 on panel
    }
)

DARK: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#15181b",
        "panel": "#1d2125",
        "ink": "#e8ebee",  # 14.9 on paper
        "quiet": "#a3adb7",  # 7.8 on paper, 7.1 on panel
        "line": "#3a4148",  # decoration only
        "good": "#7cd4a0",  # 10.0 on paper, 7.7 on its tint
        "good-tint": "#173324",
        "bad": "#ff9f96",  # 9.0 on paper, 7.4 on its tint
        "bad-tint": "#40201d",
        "unsure": "#eec069",  # 10.5 on paper, 7.8 on its tint
        "unsure-tint": "#3a2e12",
        "apart": "#a3adb7",  # 7.8 on paper, 6.3 on its tint
        "apart-tint": "#262b30",
        "link": "#97bff5",  # 9.4 on paper, 8.6 on panel
    }
)

LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3 (AA) for text of any size; every text colour above meets it wherever it is used."""


def stylesheet() -> str:
    """Both themes as CSS custom properties; dark where the reader's system asks for it, light in print."""
    return (
        f":root{{color-scheme:light dark;{_properties(LIGHT)}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{_properties(DARK)}}}}}\n"
    )


def contrast(first: str, second: str) -> float:
    """The WCAG contrast ratio of two `#rrggbb` colours, from 1 (none) to 21 (black on white)."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def _properties(theme: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in theme.items())


def _luminance(colour: str) -> float:
    # WCAG 2.2, relative luminance.
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
