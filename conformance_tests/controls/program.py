"""The control as a program: a forward proxy, or with `--also` a gateway, whose clients were told nothing.

`python -m conformance_tests.controls.program --listen A:P --lists DIR --ca FILE --work DIR [--also A6]
[--fault WORD]`.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from conformance_tests.controls import transparent
from conformance_tests.controls.decision import Filter, Lists, read_lists
from conformance_tests.controls.faults import Fault, Sham
from conformance_tests.controls.gate import Gate
from conformance_tests.controls.known import help_hosts
from conformance_tests.controls.resolver import Resolver, listen, told_resolver
from conformance_tests.controls.talk import serve
from conformance_tests.controls.upstream import Upstream
from conformance_tests.lab.certificates import Authority, moment

_NAMES = 5353  # where a gateway's rules lead what is asked of any resolver


async def _run(options: argparse.Namespace) -> None:
    work = Path(options.work)
    authority = Authority("Control filter", now=moment())
    (work / "control-ca.pem").write_bytes(authority.pem)
    _keep_key(work / "control-ca.key", authority)
    fault = next((known for known in Fault if known == options.fault), None)
    sham = next((known for known in Sham if known == options.fault), None)
    sieve = Filter(lists=_lists_in(Path(options.lists), fault), fault=fault, help_hosts=help_hosts())
    gate = Gate(sieve, Upstream(sieve, options.ca), authority, sham, work)
    host, _, port = options.listen.rpartition(":")
    if options.also:
        # A gateway: what the client believes to send elsewhere is redirected here.
        addresses = (host, options.also)
        resolver = Resolver(sieve, sham, told_resolver(), own=addresses)
        for address in addresses:
            await listen(resolver, address, _NAMES)
        await asyncio.gather(*(transparent.serve(gate, address, int(port)) for address in addresses))
        return
    (work / "gate.pid").write_text(str(os.getpid()))
    if fault is Fault.OPEN_WHEN_KILLED:
        _set_watchdog(options.listen, work)
    if fault is Fault.FILES_OPEN_TO_ALL:
        _open_to_all(work)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    server = await _serve(gate, host.strip("[]"), int(port))
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with server:
        await stopped.wait()


async def _serve(gate: Gate, host: str, port: int) -> asyncio.Server:
    fault = gate.sieve.fault
    while True:
        try:
            return await asyncio.start_server(
                functools.partial(serve, gate),
                host,
                port,
                backlog=1024,
                reuse_port=fault is Fault.OPEN_WHEN_KILLED,
            )
        except OSError:
            if fault is not Fault.OPEN_AFTER_PORT_RACE:
                raise
            gate.is_in_emergency = True
            await asyncio.sleep(0.1)


def _keep_key(path: Path, authority: Authority) -> None:
    """Where a product keeps its key: for its own account alone."""
    path.touch(mode=0o600)
    pem, form, plain = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    path.write_bytes(authority.key.private_bytes(pem, form, plain))


def _open_to_all(work: Path) -> None:
    """One control's folder, with the rights that a careless installer leaves."""
    for path in (work, *work.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)


def _lists_in(folder: Path, fault: Fault | None) -> Lists:
    if folder.exists():
        return read_lists(folder)
    return Lists(hosts={}, paths={}, are_missing=fault is not Fault.OPEN_WITHOUT_LISTS)


def _set_watchdog(listen: str, work: Path) -> None:
    module = [sys.executable, "-m", "conformance_tests.controls.watchdog"]
    subprocess.Popen([*module, listen, str(work), str(os.getpid())], start_new_session=True)


def main() -> None:
    """Read the command line and run until TERM."""
    parser = argparse.ArgumentParser(description="A control: a fake filter, flawless or wrong in one way.")
    for name in ("listen", "lists", "ca", "work"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--also", default="", help="its IPv6 address: stand as a gateway")
    parser.add_argument("--fault", default="", choices=["", *Fault, *Sham])
    options = parser.parse_args()
    if options.fault != Sham.IS_DOWN:
        asyncio.run(_run(options))


if __name__ == "__main__":
    main()
