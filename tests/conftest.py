"""Settings of the property tests: quick by default, long on demand (HYPOTHESIS_PROFILE=long)."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: a busy machine is no finding. The quick profile keeps the whole suite within minutes.
settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("long", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
