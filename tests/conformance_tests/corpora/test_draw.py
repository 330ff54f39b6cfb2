"""Draws: the same seed draws the same, one address of each domain, strata in proportion, overlap counted."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from conformance_tests.corpora import draw as drawing

LABELS = st.text("abcdefghij", min_size=1, max_size=6)
NAMES = st.builds(
    lambda below, word, ending: f"{below}.{word}.{ending}",
    LABELS,
    LABELS,
    st.sampled_from(["com", "net", "co.uk", "de", "museum"]),
)


@given(st.lists(NAMES, min_size=1, max_size=60), st.integers(1, 30), st.integers(0, 5))
def test_a_draw_holds_each_domain_once_and_never_more_than_asked_for(
    names: list[str], count: int, seed: int
) -> None:
    frame = drawing.make_frame([("", names)])
    drawn = drawing.draw(frame, count, str(seed))
    assert len(drawn) == min(count, frame.size)
    assert len({one.domain for one in drawn}) == len(drawn)
    assert [one.position for one in drawn] == list(range(1, len(drawn) + 1))
    assert all(one.name in names for one in drawn)


@given(st.lists(NAMES, min_size=5, max_size=60), st.integers(1, 30))
def test_the_same_seed_draws_the_same_whatever_the_order_of_the_list(names: list[str], count: int) -> None:
    one = drawing.draw(drawing.make_frame([("", names)]), count, "7")
    other = drawing.draw(drawing.make_frame([("", sorted(names))]), count, "7")
    assert one == other


def test_strata_are_drawn_in_proportion_to_their_size() -> None:
    """Three quarters of the frame are three quarters of the draw."""
    frame = drawing.make_frame(
        [("press", (f"press{n}.com" for n in range(300))), ("banks", (f"bank{n}.com" for n in range(100)))]
    )
    assert Counter(one.stratum for one in drawing.draw(frame, 40, "1")) == {"press": 30, "banks": 10}


def test_two_seeds_draw_differently() -> None:
    frame = drawing.make_frame([("", (f"site{n}.com" for n in range(200)))])
    assert drawing.draw(frame, 20, "1") != drawing.draw(frame, 20, "2")


def test_the_overlap_counts_domains_that_the_product_holds_by_any_of_their_names() -> None:
    """A held parent holds what is below it; a held sibling does not."""
    frame = drawing.make_frame([("", ["a.one.com", "two.com", "b.three.com", "four.com"])])
    assert drawing.overlap(frame, {"one.com", "www.two.com", "b.three.com"}) == 2
