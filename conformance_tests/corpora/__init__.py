"""Public samples drawn with a printed seed; sealed sets known by hash only."""
