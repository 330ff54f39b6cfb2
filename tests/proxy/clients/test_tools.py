"""Programs that fetch: `git` clones and `pip` installs through the gate, in every way it serves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

ALONE = {"HOME": "/nonexistent", "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}


@pytest.mark.skipif(shutil.which("git") is None, reason="no git here: apt-get install git")
@pytest.mark.parametrize("kind", ["smart", "dumb"])
def test_git_clones(each_way: Any, tmp_path: Path, kind: str) -> None:
    def git(*words: str) -> str:
        command = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@home.example", *words]
        done = subprocess.run(command, env=ALONE, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    made = tmp_path / "made"
    git("init", "-q", "-b", "main", str(made))
    (made / "poem.txt").write_text("roses are red\n" * 5000)
    git("-C", str(made), "add", ".")
    git("-C", str(made), "commit", "-qm", "A poem")
    bare = each_way.site.folder / "poems.git"
    git("clone", "-q", "--bare", str(made), str(bare))
    git("-C", str(bare), "update-server-info")
    settings = ["-c", f"http.proxy={each_way.gate.url}", "-c", f"http.sslCAInfo={each_way.ca}"]
    address = f"{each_way.base}/{'smart/' if kind == 'smart' else ''}poems.git"
    git(*settings, "clone", "-q", address, str(tmp_path / "cloned"))
    assert (tmp_path / "cloned" / "poem.txt").read_text() == "roses are red\n" * 5000
    assert any("git-upload-pack" in path for path in each_way.site.seen)


@pytest.mark.skipif(find_spec("pip") is None, reason="no pip in this environment")
def test_pip_installs(each_way: Any, tmp_path: Path) -> None:
    folder = each_way.site.folder / "simple" / "poems"
    folder.mkdir(parents=True)
    wheel = "poems-1.0-py3-none-any.whl"
    info = "poems-1.0.dist-info"
    with zipfile.ZipFile(folder / wheel, "w") as archive:
        archive.writestr("poems.py", "FIRST = 'roses are red'\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: poems\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    (folder / "index.html").write_text(f'<!doctype html><a href="{wheel}">{wheel}</a>')
    command = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "--no-cache-dir"]
    command += ["--proxy", each_way.gate.url, "--cert", each_way.ca, "--retries", "0"]
    command += ["install", "-q", "--no-deps", "--target", str(tmp_path / "installed")]
    command += ["--index-url", f"{each_way.base}/simple/", "--trusted-host", "nobody.example", "poems"]
    if each_way.way == "plain":
        command[-2] = each_way.base.removeprefix("http://").partition(":")[0]
    done = subprocess.run(command, env=ALONE, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "installed" / "poems.py").read_text() == "FIRST = 'roses are red'\n"
