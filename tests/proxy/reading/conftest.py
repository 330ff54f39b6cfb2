"""A gate that reads answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def profile_gate(origins: Any, start_gate: Callable[..., Any]) -> Callable[..., Any]:
    """A gate for one person of the given profile."""

    def start(profile: str = "tween", more: str = "", **listed: list[str]) -> Any:
        policy = origins.policy(names=("good.example",), more=more)
        return start_gate(policy.replace("profile: tween", f"profile: {profile}, decrypt: true"), listed)

    return start
