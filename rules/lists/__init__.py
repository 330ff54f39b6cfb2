"""One small reader a list format; each turns text into entries that keep their file and line."""

from __future__ import annotations

from .entry import Covers, Entry, Kind, Skipped, Tally
from .reader import detect, read, readings
from .reading import Reading

__all__ = ["Covers", "Entry", "Kind", "Reading", "Skipped", "Tally", "detect", "read", "readings"]
