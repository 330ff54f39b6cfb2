"""What an answer says of itself becomes findings that a decision can use and a person can follow."""

from __future__ import annotations

import pytest

from rules.content import LIMITS, examine, of_label, of_score
from rules.labels import Label, Scheme
from rules.phrases import Contribution, Score
from rules.presets import Profile
from rules.taxonomy import CATEGORIES

CASINO = b"<p>Our online casino: free spins, blackjack and a welcome bonus for your first deposit.</p>"
RTA = "RTA-5042-1996-1400-1577-RTA"


def test_words_become_a_finding_that_names_them() -> None:
    (finding,) = examine([], CASINO, profile=Profile.TWEEN)
    assert (finding.category, finding.label) == ("gambling", False)
    assert finding.because.startswith("96 points of words: free spins 30, online casino 30, blackjack 15")


def test_a_label_comes_before_words() -> None:
    findings = examine([("Rating", RTA)], CASINO, profile=Profile.TWEEN)
    assert [(finding.category, finding.label) for finding in findings] == [
        ("pornography", True),
        ("gambling", False),
    ]
    assert RTA in findings[0].because


@pytest.mark.parametrize(
    ("age", "category"), [(0, None), (6, None), (12, None), (16, "nudity"), (18, "pornography")]
)
def test_a_label_speaks_for_a_category_from_sixteen_years_on(age: int, category: str | None) -> None:
    finding = of_label(Label(scheme=Scheme.AGE_DE, age=age, source="meta", value=f"age={age}"))
    assert (finding.category if finding else None) == category


def test_an_age_is_said_in_years() -> None:
    finding = of_label(Label(scheme=Scheme.AGE_DE, age=16, source="meta", value="age=16 hash: x"))
    assert finding is not None
    assert finding.because == "the site labels itself for older people (age-de, meta: from 16 years)"


def test_a_stricter_profile_hears_at_least_as_much() -> None:
    body = b"online casino with free spins, police, court and minister"
    heard = [len(examine([], body, profile=profile)) for profile in Profile]
    assert heard == sorted(heard, reverse=True)
    assert (heard[0], heard[-1]) == (1, 0)


def test_adults_words_are_not_weighed_but_labels_are_read() -> None:
    findings = examine([("Rating", "adult")], CASINO, profile=Profile.ADULT)
    assert [finding.label for finding in findings] == [True]


def test_every_profile_has_a_limit() -> None:
    assert set(LIMITS) == set(Profile)


def test_an_ordinary_page_says_nothing() -> None:
    assert examine([("Content-Type", "text/html")], b"<h1>Our garden</h1>", profile=Profile.EARLY) == ()


def test_the_charset_is_used() -> None:
    body = "Décapitation, vidéos gore".encode("latin-1")
    assert examine([], body, charset="latin-1", profile=Profile.CHILD)[0].category == "violence_gore"


def test_a_long_explanation_is_cut_and_says_what_was_taken_off() -> None:
    parts = [Contribution(text=f"p{index}", count=1 + index, points=10) for index in range(7)]
    parts.append(Contribution(text="police, court", count=2, points=-20, context="news"))
    finding = of_score(Score(category="gambling", language="en", points=50, contributions=tuple(parts)))
    assert finding.because == (
        "50 points of words: p0 10, p1 10 (2 times), p2 10 (3 times), p3 10 (4 times), p4 10 (5 times), "
        "and 2 more; less 20 as news"
    )


def test_findings_speak_for_categories_that_exist() -> None:
    assert {"pornography", "nudity"} <= CATEGORIES.keys()
