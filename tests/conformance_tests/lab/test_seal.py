"""The seal is the kernel's, and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance_tests.lab import seal
from standard.words import Seal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance_tests.lab.internet import Internet

type Play = Callable[[Callable[..., Any]], Any]


async def proofs_after_routes(_: Internet) -> dict[str, object]:
    return seal.prove().as_json()


def test_a_process_that_never_entered_is_not_sealed() -> None:
    assert seal.prove().seal is Seal.NONE


def test_proofs_taken_after_the_routes_are_laid_no_longer_hold(play: Play) -> None:
    """With routes the whole world is this machine, so the proof must be taken before."""
    assert play(proofs_after_routes)["seal"] == "none"


def test_every_namespace_is_a_new_one(play: Play) -> None:
    held = play(proofs_after_routes)["proofs"]
    assert all(held[f"own {kind} namespace"] for kind in ("user", "net", "mnt", "pid", "ipc"))
