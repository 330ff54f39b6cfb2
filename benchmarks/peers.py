"""Whom the gate is measured beside: Squid three ways, and mitmdump, bare and with a set of names."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from stands import Proxy, free_port, run_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

SQUID = shutil.which("squid") or "/usr/sbin/squid"
_COMMON = """
http_access allow all
cache deny all
access_log none
cache_log /dev/null
cache_store_log none
pid_filename none
shutdown_lifetime 0 seconds
max_filedescriptors 8192
client_db off
via off
forwarded_for delete
"""
_SET = """
from mitmproxy import http
NAMES = set(open({path!r}).read().split())
PAGE = b"x" * 4000
def requestheaders(flow):
    host = flow.request.pretty_host
    while host:
        if host in NAMES:
            flow.response = http.Response.make(403, PAGE, {{"content-type": "text/html"}})
            return
        host = host.partition(".")[2]
def http_connect(flow):
    pass
"""


def here() -> bool:
    """Whether Squid, with TLS, and squidGuard are installed."""
    return Path(SQUID).exists() and shutil.which("squidGuard") is not None


@contextlib.contextmanager
def squid(folder: Path, name: str = "squid", lines: str = "", port_words: str = "") -> Iterator[Proxy]:
    """Squid as a plain proxy and tunnel."""
    port = free_port()
    home = folder / name.replace(" ", "-")
    home.mkdir()
    home.chmod(0o777)
    configuration = home / "squid.conf"
    configuration.write_text(
        f"http_port 127.0.0.1:{port} {port_words}\ncoredump_dir {home}\n{_COMMON}{lines}\n"
    )
    yield from run_proxy(name, [SQUID, "-N", "-f", configuration], port)


@contextlib.contextmanager
def squid_guard(folder: Path, listed: Path) -> Iterator[Proxy]:
    """Squid that asks squidGuard about every address, names compiled; what is blocked is redirected."""
    guard = folder / "guard"
    (guard / "db" / "bad").mkdir(parents=True)
    shutil.copy(listed, guard / "db" / "bad" / "domains")
    configuration = guard / "squidGuard.conf"
    configuration.write_text(
        f"dbhome {guard}/db\nlogdir {guard}\ndest bad {{\n domainlist bad/domains\n}}\n"
        "acl {\n default {\n  pass !bad all\n  redirect 302:http://refused.example/\n }\n}\n"
    )
    subprocess.run(["squidGuard", "-c", configuration, "-C", "all"], check=True, capture_output=True)
    for one in (guard, *guard.rglob("*")):
        one.chmod(0o777)
    lines = f"url_rewrite_program {shutil.which('squidGuard')} -c {configuration}\n"
    lines += "url_rewrite_children 4 startup=4"
    with squid(folder, "squid + squidGuard", lines) as proxy:
        yield proxy


@contextlib.contextmanager
def squid_bump(folder: Path, ca_file: Path) -> Iterator[Proxy]:
    """Squid that looks inside TLS."""
    own = folder / "bump"
    own.mkdir()
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=bump"]
    command += ["-keyout", str(own / "ca.key"), "-out", str(own / "ca.pem")]
    command += ["-addext", "keyUsage=critical,keyCertSign"]
    subprocess.run(command, check=True, capture_output=True)
    helper = "/usr/lib/squid/security_file_certgen"
    subprocess.run([helper, "-c", "-s", own / "certificates", "-M", "16MB"], check=True, capture_output=True)
    for one in (own, *own.rglob("*")):
        one.chmod(0o777)
    words = f"ssl-bump tls-cert={own}/ca.pem tls-key={own}/ca.key generate-host-certificates=on"
    lines = f"sslcrtd_program {helper} -s {own}/certificates -M 16MB\nsslcrtd_children 4 startup=2\n"
    # The origin first, as with us: what it shows is checked before the client is answered.
    lines += "acl greeting at_step SslBump1\nssl_bump peek greeting\nssl_bump bump all\n"
    lines += f"tls_outgoing_options cafile={ca_file}"
    with squid(folder, "squid ssl-bump", lines, words + " dynamic_cert_mem_cache_size=16MB") as proxy:
        yield proxy


@contextlib.contextmanager
def mitmdump(folder: Path, ca_file: Path, listed: Path | None = None) -> Iterator[Proxy]:
    """Mitmdump as it comes, quiet; with an addon that blocks by a set of names where some are listed."""
    port = free_port()
    name = "bare mitmdump" if listed is None else "bare mitmdump + set"
    command = [Path(sys.executable).parent / "mitmdump", "-q", "--listen-host", "127.0.0.1", "-p", str(port)]
    command += ["--set", f"confdir={folder}/mitm", "--set", f"ssl_verify_upstream_trusted_ca={ca_file}"]
    if listed is not None:
        addon = folder / "set_of_names.py"
        addon.write_text(_SET.format(path=str(listed)))
        # Its fastest way to a page: never ask the site.
        command += ["-s", str(addon), "--set", "connection_strategy=lazy", "--set", "upstream_cert=false"]
    yield from run_proxy(name, command, port)
