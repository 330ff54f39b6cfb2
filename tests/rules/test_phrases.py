"""Phrases: what they find, what softens them, and how often they are wrong, in six languages."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import StairgateError
from rules.phrases import CONTEXTS, FOLDER, Matcher, Phrase, Score, load, matcher
from rules.phrases.weighing import SOFTENED
from rules.prose import fold, read_page

LANGUAGES = ("de", "en", "es", "fr", "it", "pl")
LIMIT = 50
TEXTS = Path(__file__).parent / "content_texts"
MANUALS = Path("/usr/share/man")

PAGE = """language: en
categories:
  gambling:
    "30": [free spins]
contexts:
  news: [police]
"""


def paragraphs() -> list[tuple[str, str, str]]:
    return [
        (file.stem, heading, text)
        for file in sorted(TEXTS.glob("*.txt"))
        for heading, _, text in (
            part.partition("\n") for part in file.read_text(encoding="utf-8").split("== ")[1:]
        )
    ]


HARMFUL = [
    (language, heading, text)
    for language, heading, text in paragraphs()
    if not heading.startswith("innocent")
]
INNOCENT = [
    (language, heading, text) for language, heading, text in paragraphs() if heading.startswith("innocent")
]


def scores_of(text: str) -> dict[str, int]:
    return {score.category: score.points for score in matcher().score(read_page(text.encode()))}


def score_of(phrases: list[Phrase], text: str) -> Score | None:
    return next(iter(Matcher(phrases).score(fold(text.lower().encode()))), None)


def phrase(text: str, points: int = 30, topic: str = "gambling", language: str = "en") -> Phrase:
    return Phrase(text=text, language=language, topic=topic, points=points)


def test_there_are_phrases_in_six_languages_for_the_same_categories() -> None:
    found = load(FOLDER)
    topics = {language: {item.topic for item in found if item.language == language} for language in LANGUAGES}
    assert {item.language for item in found} == set(LANGUAGES)
    assert all(topics[language] == topics["en"] for language in LANGUAGES)
    assert set(CONTEXTS) <= topics["en"]
    assert len(found) >= 1_500


@pytest.mark.parametrize(
    ("language", "heading", "text"), HARMFUL, ids=[f"{item[0]}-{item[1]}" for item in HARMFUL]
)
def test_a_harmful_paragraph_written_before_the_phrases_is_found(
    language: str, heading: str, text: str
) -> None:
    (first, *_) = matcher().score(read_page(text.encode()))
    assert (first.category, first.language) == (heading, language)
    assert first.points >= LIMIT


@pytest.mark.parametrize(
    ("language", "heading", "text"), INNOCENT, ids=[f"{item[0]}-{item[1]}" for item in INNOCENT]
)
def test_medical_school_news_and_recipe_texts_raise_no_alarm(language: str, heading: str, text: str) -> None:
    assert max(scores_of(text).values(), default=0) < LIMIT, (language, heading)


@pytest.mark.parametrize("language", LANGUAGES)
def test_manual_pages_raise_no_alarm(language: str) -> None:
    folder = MANUALS if language == "en" else MANUALS / language
    files = sorted(folder.glob("man[1578]/*.gz"))
    if len(files) < 20:
        pytest.skip(f"this system has {len(files)} manual pages in {language}")
    random.Random(74).shuffle(files)  # noqa: S311 - a seeded sample, no secret
    texts = [gzip.decompress(file.read_bytes()) for file in files[:60]]
    alarms = [s for text in texts for s in matcher().score(read_page(text)) if s.points >= LIMIT]
    assert alarms == []


@pytest.mark.parametrize(
    "text",
    [
        "Essex, Sussex and Middlesex welcome you to Scunthorpe, Penistone and Cockermouth.",
        "Dick Assman, a sextant, an analyst, a shiitake cocktail and the peacock of Bangkok.",
        "The Grand Casino hotel offers rooms with a view, a spa and a restaurant for families.",
        "Chicken breast, naked oats, virgin olive oil and sticky toffee pudding.",
        "The Russian roulette of climate policy, said the columnist, is a gamble.",
    ],
)
def test_innocent_look_alikes_raise_no_alarm(text: str) -> None:
    assert max(scores_of(text).values(), default=0) < LIMIT


def test_a_phrase_counts_as_a_whole_word_only() -> None:
    assert score_of([phrase("free spins")], "a free spinster, carefree spins") is None
    assert score_of([phrase("free spins")], "Free spins!") is not None


def test_a_star_stands_for_any_ending() -> None:
    found = score_of([phrase("casin*")], "casinos")
    assert found is not None
    assert found.points == 30


@pytest.mark.parametrize("spelling", ["décapitation", "DÉCAPITATION", "Décapitation", "decapitation"])
def test_accents_may_be_capital_or_missing(spelling: str) -> None:
    (score,) = Matcher([phrase("décapitation")]).score(read_page(spelling.encode()))
    assert score.points == 30


@pytest.mark.parametrize("spelling", ["école libre", "École libre", "ÉCOLE LIBRE", "ecole libre"])
def test_a_phrase_may_begin_with_an_accent(spelling: str) -> None:
    assert Matcher([phrase("école libre")]).score(read_page(spelling.encode()))


def test_a_phrase_inside_a_longer_one_is_not_counted_again() -> None:
    found = score_of([phrase("casino", 15), phrase("online casino", 30)], "online casino")
    assert found is not None
    assert [part.text for part in found.contributions] == ["online casino"]


def test_two_phrases_may_share_a_word() -> None:
    found = score_of([phrase("online casino"), phrase("casino bonus")], "online casino bonus")
    assert found is not None
    assert found.points == 60


def test_a_repetition_counts_twice_at_most() -> None:
    found = score_of([phrase("free spins")], "free spins, " * 9)
    assert found is not None
    assert (found.points, found.contributions[0].count) == (60, 9)


def test_weak_phrases_alone_say_nothing_and_at_most_double_strong_ones() -> None:
    weak = [phrase(word, 6) for word in ("poker", "odds", "bingo", "payout", "lottery")]
    text = "poker odds bingo payout lottery"
    assert score_of(weak, text) is None
    found = score_of([*weak, phrase("casino", 15)], f"{text} casino")
    assert found is not None
    assert found.points == 30


def test_languages_are_not_added_up() -> None:
    found = score_of(
        [phrase("casino", 15), phrase("casino", 15, language="de"), phrase("bonus", 15, language="de")],
        "casino bonus",
    )
    assert found is not None
    assert (found.language, found.points) == ("de", 30)


def test_one_phrase_may_speak_for_two_categories() -> None:
    both = [phrase("sugar daddy"), phrase("sugar daddy", topic="dating")]
    assert {score.category for score in Matcher(both).score(b" sugar daddy ")} == {"gambling", "dating"}


def test_a_context_softens_from_three_different_phrases_on_and_is_explained() -> None:
    context = [phrase(word, 0, topic="news") for word in ("police", "court", "minister")]
    phrases = [phrase("free spins"), phrase("online casino"), *context]
    plain = score_of(phrases, "free spins online casino police court")
    softened = score_of(phrases, "free spins online casino police court minister")
    assert plain is not None
    assert softened is not None
    assert (plain.points, softened.points) == (60, 45)
    assert softened.contributions[-1].context == "news"
    assert softened.contributions[-1].text == "police, court, minister"


def test_contexts_take_away_three_quarters_at_most() -> None:
    words = [f"word{index}" for index in range(40)]
    phrases = [
        phrase("free spins"),
        *(phrase(word, 0, topic="news") for word in words),
        *(phrase(word, 0, topic="education") for word in words),
    ]
    found = score_of(phrases, "free spins " + " ".join(words))
    assert found is not None
    assert found.points == 8


def test_a_context_softens_only_what_it_may_speak_of() -> None:
    context = [phrase(word, 0, topic="medical") for word in ("doctor", "nurse", "clinic")]
    found = score_of([phrase("free spins"), *context], "free spins doctor nurse clinic")
    assert found is not None
    assert found.points == 30


def test_a_long_page_needs_more() -> None:
    found = score_of([phrase("free spins")], "free spins " + "word " * 10_000)
    assert found is not None
    assert found.points == 15


@given(
    st.lists(
        st.sampled_from(["online casino", "free spins", "jackpot", "police", "doctor", "chapter", "and"]),
        max_size=12,
    )
)
def test_what_is_explained_adds_up_and_nothing_is_negative(parts: list[str]) -> None:
    for score in matcher().score(fold(" ".join(parts).encode())):
        assert score.points >= 0
        assert score.contributions
        assert score.points <= sum(part.points for part in score.contributions if not part.context)


@given(st.permutations(["online casino", "free spins", "blackjack", "the police", "court", "chapter"]))
def test_the_order_of_sentences_does_not_matter(parts: list[str]) -> None:
    assert scores_of(". ".join(parts)) == scores_of(". ".join(sorted(parts)))


def test_a_correct_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "en.yaml").write_text(PAGE, encoding="utf-8")
    assert [(item.text, item.topic, item.points) for item in load(tmp_path)] == [
        ("free spins", "gambling", 30),
        ("police", "news", 0),
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("language: en\n", "", "en.yaml:1"),
        ("contexts:", "others: 1\ncontexts:", "en.yaml:5"),
        ("gambling", "gamling", "en.yaml:3"),
        ('"30"', '"300"', "en.yaml:4"),
        ('"30"', '"x"', "en.yaml:4"),
        ("[free spins]", "free spins", "en.yaml:4"),
        ("free spins", "free*spins", "en.yaml:4"),
        ("free spins", "1", "en.yaml:4"),
        ("free spins", "'!'", "en.yaml:4"),
        ("free spins", "free spins, free spins", "en.yaml:4"),
        ("news", "sport", "en.yaml:6"),
        ('    "30": [free spins]', "", "en.yaml:3"),
    ],
)
def test_a_slip_is_found_with_its_line(tmp_path: Path, right: str, wrong: str, place: str) -> None:
    (tmp_path / "en.yaml").write_text(PAGE.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(StairgateError) as caught:
        load(tmp_path)
    assert place in [problem.place for problem in caught.value.problems]


def test_every_context_softens_something() -> None:
    assert set(SOFTENED) == set(CONTEXTS)
