"""Compiled lists: build, open (memory-mapped), look up. Every hit names its list, file and line."""

from __future__ import annotations

from .building import BuildReport, PartReport, Source, build
from .origin import Match
from .pack import EMPTY, Pack, verify

__all__ = ["EMPTY", "BuildReport", "Match", "Pack", "PartReport", "Source", "build", "verify"]
