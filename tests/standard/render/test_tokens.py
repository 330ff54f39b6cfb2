"""Every colour that carries text can be read on everything it stands on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from standard.render import tokens

TEXT = ("ink", "quiet", "good", "bad", "unsure", "apart", "link")
THEMES = {"light": tokens.LIGHT, "dark": tokens.DARK}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", TEXT)
def test_text_meets_wcag_aa_on_paper_panel_and_its_own_tint(theme: str, name: str) -> None:
    colours = THEMES[theme]
    grounds = [colours["paper"], colours["panel"], colours.get(f"{name}-tint", colours["paper"])]

    assert min(tokens.contrast(colours[name], ground) for ground in grounds) >= tokens.LEAST_CONTRAST


@pytest.mark.parametrize("tint", ["good-tint", "bad-tint", "unsure-tint", "apart-tint"])
@pytest.mark.parametrize("theme", THEMES)
def test_ink_can_be_read_on_every_tint(theme: str, tint: str) -> None:
    colours = THEMES[theme]

    assert tokens.contrast(colours["ink"], colours[tint]) >= tokens.LEAST_CONTRAST


def test_the_contrast_written_beside_a_colour_is_the_contrast_it_has() -> None:
    source = Path(tokens.__file__).read_text(encoding="utf-8")
    themes = re.split(r"^DARK", source, flags=re.MULTILINE)
    noted = [
        (colours, name, float(ratio))
        for colours, text in zip((tokens.LIGHT, tokens.DARK), themes, strict=True)
        for name, ratio in re.findall(r'"([a-z]+)": "#[0-9a-f]{6}",  # ([0-9.]+) on paper', text)
    ]

    assert len(noted) == 2 * len(TEXT)
    for colours, name, ratio in noted:
        assert tokens.contrast(colours[name], colours["paper"]) == pytest.approx(ratio, abs=0.05)


def test_black_on_white_is_twenty_one() -> None:
    assert tokens.contrast("#000000", "#ffffff") == pytest.approx(21.0)
