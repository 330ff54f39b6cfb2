"""Plays a scene in a sealed lab: `python scene.py FILE FUNCTION` runs the coroutine and prints its value.

Run as a program of its own: sealing forks and moves into new namespaces, which a test process must not do.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys

from conformance_tests.lab import plan, seal
from conformance_tests.lab.internet import Internet, fresh_folder


def main() -> int:
    """Enter the seal, build the internet, play, print JSON."""
    file, name = sys.argv[1:3]
    spec = importlib.util.spec_from_file_location("scene_under_test", file)
    if spec is None or spec.loader is None:
        return 65
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    scene = getattr(module, name)

    async def play() -> object:
        async with Internet(plan.draw(7), fresh_folder(), routed=getattr(scene, "routed", False)) as internet:
            return await scene(internet)

    def inside() -> int:
        sys.stdout.write(json.dumps(asyncio.run(play())) + "\n")
        return 0

    return seal.enter(inside)


if __name__ == "__main__":
    sys.exit(main())
