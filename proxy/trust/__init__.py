"""Our CA into and out of the certificate stores of this machine."""

from __future__ import annotations

from .place import Outcome, Place, State
from .places import find_places

__all__ = ["Outcome", "Place", "State", "find_places"]
