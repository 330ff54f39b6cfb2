#!/bin/sh
# Finds or gets Python 3.13, makes .venv and installs Stairgate into it: `sh setup.sh gate|dev`.
# Order: uv where present, python3.13, pyenv, else uv into a private folder (.tools) with the Python at hand.
set -eu
cd "$(dirname "$0")"
extras=${1:?usage: sh setup.sh gate|dev}
version=$(cat .python-version)

say() { printf 'stairgate setup: %s\n' "$1"; }
fail() { printf 'stairgate setup: %s\n  next step: %s\n' "$1" "$2" >&2; exit 69; }

suits() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1; }

private_uv() {
    for python in python3 python; do
        command -v "$python" >/dev/null 2>&1 || continue
        say "no Python $version here; getting uv into .tools with $python" >&2
        if "$python" -m venv .tools >/dev/null 2>&1 && .tools/bin/python -m pip -q install uv >/dev/null 2>&1; then
            echo .tools/bin/uv
            return 0
        fi
        if "$python" -m pip -q install --target .tools/lib uv >/dev/null 2>&1; then
            echo .tools/lib/bin/uv
            return 0
        fi
    done
    return 1
}

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    for candidate in python3.13 "$(command -v pyenv >/dev/null 2>&1 && pyenv prefix "$version" 2>/dev/null || true)/bin/python"; do
        if command -v "$candidate" >/dev/null 2>&1 && suits "$candidate"; then
            python=$candidate
            break
        fi
    done
fi

if [ -z "$uv" ] && [ -z "${python:-}" ]; then
    uv=$(private_uv) || fail "found neither Python $version nor a way to get it" \
        "install Python $version (with its venv module) or uv, then run make again"
fi

if [ -n "$uv" ]; then
    say "using $uv; making .venv and installing Stairgate [$extras]"
    if ! { [ -x .venv/bin/python ] && suits .venv/bin/python; }; then
        "$uv" -q venv --clear --seed --python "$version" .venv \
            || fail "uv could not find or get Python $version" "install Python $version, then run make again"
    fi
    "$uv" -q pip install --compile-bytecode --python .venv/bin/python -e ".[$extras]" \
        || fail "the packages could not be installed" "see the lines above; is the package registry reachable?"
else
    say "using $python; making .venv and installing Stairgate [$extras]"
    if ! { [ -x .venv/bin/python ] && suits .venv/bin/python; }; then
        "$python" -m venv --clear .venv || fail "$python could not make .venv" "install Python $version with its venv module, then run make again"
    fi
    .venv/bin/python -m pip -q --disable-pip-version-check install -e ".[$extras]" \
        || fail "the packages could not be installed" "see the lines above; is the package registry reachable?"
fi
say "ready"
