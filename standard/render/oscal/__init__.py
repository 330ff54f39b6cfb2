"""The standard and its results in NIST OSCAL 1.2.1: plain JSON that an OSCAL tool's own models accept."""
