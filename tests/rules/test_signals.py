"""Names by which a device asks whether it may look names up past the gate."""

from __future__ import annotations

import pytest

from rules.policy import parse
from rules.signals import Negative, minds, signal_at


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("use-application-dns.net", Negative.NOTHING),
        ("mask.icloud.com", Negative.NOTHING),
        ("mask-h2.icloud.com", Negative.NOTHING),
        ("a.mask.apple-dns.net", Negative.NOTHING),
        ("_dns.resolver.arpa", Negative.EMPTY),
        ("resolver.arpa", Negative.EMPTY),
        ("_dns.dns.example", Negative.EMPTY),
        ("a.mask.icloud.com", None),
        ("icloud.com", None),
        ("dns.example", None),
        ("com", None),
    ],
)
def test_a_signal_is_known_by_its_name_and_no_other_name_is_one(name: str, answer: Negative | None) -> None:
    assert signal_at(name) is answer


@pytest.mark.parametrize(
    ("action", "kept"), [("block", True), ("warn", True), ("ask", True), ("allow", False)]
)
def test_who_may_not_look_names_up_past_the_gate_is_kept_from_it(action: str, *, kept: bool) -> None:
    policy = parse(
        f"country: GB\npeople: {{everyone: {{profile: tween}}}}\ncategories: {{encrypted_dns: {action}}}\n"
    )
    assert minds(policy.people["everyone"]) is kept
