"""The exit codes of every verb, from BSD sysexits where one fits.

One twin in each house; a test keeps them equal.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the shell is told."""

    GOOD = 0
    """Everything asked for was done and nothing was found wrong."""
    FINDING = 1
    """It ran, and something is not as it should be."""
    NOT_SHOWN = 2
    """It ran, and there was too little evidence to say."""
    USAGE = 64
    """The command line is wrong, or nothing was selected (EX_USAGE)."""
    DATA = 65
    """A file's content is wrong (EX_DATAERR)."""
    MISSING = 69
    """Something it needs is not there: a port, a folder, a browser, a product (EX_UNAVAILABLE)."""
