"""The mitmproxy addon as stock mitmdump loads it: `mitmdump -s proxy/addon.py`.

Put together from the home folder, as `stairgate up` does it. What it does is in `proxy.hooks`.
"""

from __future__ import annotations

from proxy.hooks import StairgateAddon
from proxy.standalone import Standalone

__all__ = ["StairgateAddon"]

if __name__.startswith("__mitmproxy_script__"):
    addons = [Standalone()]
