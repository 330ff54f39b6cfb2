"""What the examiner's tests share: a way to play a scene in a sealed lab of its own."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SCENE = Path(__file__).with_name("scene.py")


def _can_seal() -> str:
    """Why no lab can be built here; empty where one can."""
    if shutil.which("ip") is None:
        return "the lab needs iproute2 (`ip`)"
    tried = subprocess.run(["unshare", "-rnm", "true"], check=False, capture_output=True)
    return "" if tried.returncode == 0 else "this system refuses user namespaces"


@pytest.fixture(scope="session")
def play() -> Callable[[Callable[..., Any]], Any]:
    """Plays an `async def scene(internet)` of the test's own module inside the seal; gives its JSON value."""
    if why := _can_seal():
        pytest.skip(why)

    def run(scene: Callable[..., Any]) -> Any:
        command = [sys.executable, str(SCENE), inspect.getfile(scene), scene.__name__]
        root = str(SCENE.parents[2])
        done = subprocess.run(
            command, check=False, capture_output=True, timeout=90, env={**os.environ, "PYTHONPATH": root}
        )
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout.decode().splitlines()[-1])

    return run
