"""What we ship: the wheel, installed into empty environments, does its work far from the source tree.

Needs the package registry (any that pip or uv is set up for); without one the tests say so and are skipped.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("wheel")]


@dataclass(frozen=True)
class Installer:
    """uv: it links what it has in its cache, and takes a third of pip's time where it has nothing."""

    uv: str

    def build(self, out: Path) -> subprocess.CompletedProcess[str]:
        return run(self.uv, "-q", "build", "--wheel", "-o", str(out), str(ROOT))

    def environment(self, folder: Path) -> None:
        done = run(self.uv, "-q", "venv", "--python", sys.executable, str(folder))
        assert done.returncode == 0, done.stderr

    def install(self, folder: Path, what: str) -> subprocess.CompletedProcess[str]:
        return run(self.uv, "-q", "pip", "install", "--python", str(folder / "bin" / "python"), what)


def run(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        capture_output=True,
        check=False,
        text=True,
        timeout=500,
        cwd=folder,
        env={key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}},
    )


@pytest.fixture(scope="module")
def installer(tmp_path_factory: pytest.TempPathFactory) -> Installer:
    private = ROOT / ".tools" / "bin" / "uv"
    folder = tmp_path_factory.mktemp("probe")
    uv = shutil.which("uv") or (str(private) if private.exists() else None)
    if uv is None:
        run(sys.executable, "-m", "venv", str(folder / "uv"))
        run(str(folder / "uv" / "bin" / "python"), "-m", "pip", "-q", "install", "uv")
        uv = str(folder / "uv" / "bin" / "uv")
        if not Path(uv).exists():
            pytest.skip("uv is not here and no package registry can be reached to get it")
    found = Installer(uv)
    found.environment(folder / "venv")
    # The package the wheel is built with: if it can't be had, nothing can.
    if found.install(folder / "venv", "hatchling").returncode != 0:
        pytest.skip("no package registry can be reached from here")
    return found


@pytest.fixture(scope="module")
def wheel(installer: Installer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    done = installer.build(out)
    assert done.returncode == 0, done.stderr
    (made,) = out.glob("*.whl")
    return made


def environment(installer: Installer, wheel: Path, extra: str, folder: Path) -> Path:
    """The folder of the programs of an environment with nothing but our wheel and one extra."""
    installer.environment(folder)
    done = installer.install(folder, f"{wheel}[{extra}]")
    assert done.returncode == 0, done.stderr
    return folder / "bin"


def test_the_wheel_holds_the_four_rooms_and_their_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"stairgate.py", "rules", "proxy", "standard", "conformance_tests"}
    for needed in (
        "rules/taxonomy.yaml",
        "rules/starter/gambling.txt",
        "proxy/console/templates/today.html",
        "proxy/console/static/style.css",
        "proxy/journal/migrations/versions/records_0001.py",
    ):
        assert needed in names


def test_with_the_gate_alone_explain_and_up_run_from_another_folder(
    installer: Installer, wheel: Path, tmp_path: Path
) -> None:
    programs = environment(installer, wheel, "gate", tmp_path / "venv")
    stairgate, home = str(programs / "stairgate"), str(tmp_path / "home")
    explained = run(stairgate, "explain", "--home", home, "https://bet365.com/", folder=tmp_path)
    assert explained.returncode == 0, explained.stderr
    assert explained.stdout.startswith("block")
    with subprocess.Popen(
        [stairgate, "up", "--home", home, "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as up:
        assert up.stdout is not None
        printed = ""
        for line in up.stdout:
            printed += line
            if found := re.search(r"proxy +(http://\S+)", line):
                proxy = found[1]
            if "Stop with" in line:
                break
        else:
            raise AssertionError(printed)
        code = "import httpx, sys; print(httpx.get('http://bet365.com/', proxy=sys.argv[1], trust_env=False))"
        asked = run(str(programs / "python"), "-c", code, proxy, folder=tmp_path)
        up.send_signal(signal.SIGTERM)
        assert up.wait(15) == 0
    assert "403" in asked.stdout, asked.stderr


def test_with_the_examiner_alone_the_standard_is_there_and_mitmproxy_is_not(
    installer: Installer, wheel: Path, tmp_path: Path
) -> None:
    programs = environment(installer, wheel, "examiner", tmp_path / "venv")
    helped = run(str(programs / "stairgate"), "standard", "--help", folder=tmp_path)
    assert helped.returncode == 0, helped.stderr
    assert "lint" in helped.stdout
    missing = run(str(programs / "python"), "-c", "import mitmproxy", folder=tmp_path)
    assert "No module named 'mitmproxy'" in missing.stderr
    refused = run(str(programs / "stairgate"), "up", "--home", str(tmp_path / "home"), folder=tmp_path)
    assert refused.returncode == 69
    assert "stairgate[gate]" in refused.stderr
