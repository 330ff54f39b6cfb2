"""A run that names made-up domains is found out, before and after it is signed."""

from __future__ import annotations

from copy import replace
from typing import TYPE_CHECKING

import pytest

from standard.errors import StairgateError
from standard.register import bundle, signing, verification
from tests.standard.register.runs import ON, drawn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from standard.record import Header


def test_a_made_up_domain_in_a_run_is_refused_by_declare_and_by_verify(
    signed: Path,
    home: Path,
    forge: Callable[..., Path],
    write: Callable[..., Path],
    header: Header,
    key: Ed25519PrivateKey,
) -> None:
    """One site asked two hundred times, each time under another domain; chain and signature are sound."""
    one_site = [
        replace(one, draw=replace(one.draw, address=f"http://bets0.example/{at}")) if one.draw else one
        for at, one in enumerate(drawn(0))
    ]
    results = write(header, one_site, name="one-site.jsonl")
    with pytest.raises(StairgateError) as caught:
        signing.sign(results, key, on=ON, home=home)
    forged = forge(signed, {bundle.RESULTS: results.read_bytes()}, sign_with=key)
    codes = {problem.code for problem in verification.verify(forged, on=ON, published=home).problems}

    assert [problem.code for problem in caught.value.problems] == ["forged-domain", "not-shown"]
    assert {"forged-domain", "not-shown", "other-verdict"} <= codes
