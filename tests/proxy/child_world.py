"""A curious child at a device behind the gate: `unshare -rnm python child_world.py PROFILE [--browser]`.

This namespace is the gate and the internet behind it, where every way round would work: a blocked site with
all its spellings, relays that show it, open proxies, resolvers. In a second one inside it is the device, with
one cable to the gate and no other way out. Thirty steps, fixed, low in skill, with curl; prints as JSON which
of them brought the blocked page, and whether a harmless one could be reached before and after. With
`--browser` it is Chromium, set to look names up itself, and a script in it that may read every answer.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import json
import ssl
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dns.message
from cabled_world import (
    BEHIND,
    GATE,
    SITE,
    Judge,
    NameServer,
    insist_on_own_network,
    start_device,
    take_numbers,
)
from child_browser import be_browser

RESOLVERS = ("1.1.1.1", "8.8.8.8")
MARK = b"FORBIDDEN"
BAD = ("bad.example.com", "www.bad.example.com", "m.bad.example.com")
NAMES = (
    tuple(f"{name}.example" for name in ("good", "relay", "bad-example-com.relay", "openproxy", "short"))
    + BAD
)
HIDDEN = (
    base64.urlsafe_b64encode(b"\0\0\1\0\0\1\0\0\0\0\0\0\3bad\7example\3com\0\0\1\0\1").decode().rstrip("=")
)
CODED = base64.b64encode(b"http://bad.example.com/").decode()

# What the child does, in words, and the arguments of curl; -k everywhere: warnings are clicked away.
STEPS: dict[str, str] = {
    "types the address": "https://bad.example.com/",
    "leaves out the s": "http://bad.example.com/",
    "puts www before it": "https://www.bad.example.com/",
    "takes the mobile site": "https://m.bad.example.com/",
    "writes it in capitals": "http://BAD.EXAMPLE.COM/",
    "puts a dot behind it": "http://bad.example.com./",
    "takes another page of it": "https://bad.example.com/some/other/page?x=1",
    "takes another port": "http://bad.example.com:8080/",
    "takes another port with TLS": "https://bad.example.com:8443/",
    "puts a name and an at sign before it": "http://good.example@bad.example.com/",
    "writes letters as numbers": "http://%62ad.example/",
    "takes its number": f"http://{SITE}/",
    "takes its number in one piece": "http://3325256784/",
    "has it translated": "http://relay.example/translate?u=http://bad.example.com/",
    "takes the translator's own name for it": "https://bad-example-com.relay.example/",
    "takes an archive's copy": "http://relay.example/web/2026/http://bad.example.com/",
    "takes a web proxy": f"http://relay.example/browse?q={CODED}",
    "sends the address in a form": "-d url=http%3A%2F%2Fbad.example.com%2F http://relay.example/open",
    "follows a short link": "-L http://short.example/x",
    "shows it inside another page": "-H Sec-Fetch-Dest:iframe -e http://good.example/ http://bad.example.com/",
    "takes a private window": "-b none -H Cache-Control:no-cache https://bad.example.com/",
    "takes another browser": "-A OldBrowser/1.0 --http1.0 http://bad.example.com/",
    "switches the proxy off": "--noproxy * http://bad.example.com/",
    "switches the proxy off and takes the number": f"--noproxy * http://{SITE}/",
    "sets another name server": "DNS 8.8.8.8",
    "lets the browser look names up itself": f"https://dns.google/dns-query?dns={HIDDEN}",
    "lets it do so by number": f"https://1.1.1.1/dns-query?dns={HIDDEN}",
    "lets an unknown site do so": f"https://good.example/q?dns={HIDDEN}",
    "sets a free proxy behind this one": "PROXY openproxy.example:3128",
    "asks again and again": "http://bad.example.com/ http://bad.example.com/ http://bad.example.com/ http://bad.example.com/",
}


def judge_for(folder: Path, profile: str) -> Judge:
    """The real rules: the starter lists and one listed site."""
    from rules import pack as packs
    from rules import starter

    (folder / "gambling.txt").write_text("bad.example.com\n")
    (folder / "education.txt").write_text("\n".join(f"{name}.example" for name in ("good", "relay", "short")))
    sources = [
        packs.Source(list="test", path=folder / "gambling.txt", category="gambling"),
        packs.Source(list="test", path=folder / "education.txt", category="education_reference"),
        *starter.sources(),
    ]
    lines = ["country: GB", "names:"]
    lines += [f"  {name}: {SITE}" for name in NAMES]
    lines += ["  dns.google: 8.8.8.8", f"trust: [{folder}/origin.pem]"]
    lines += [f"people: {{everyone: {{profile: {profile}}}}}"]
    return Judge("\n".join(lines) + "\n", sources, folder / "pack")


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The whole internet: whatever leads to the bad site brings its page."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
    body = await reader.readexactly(int(length)) if length else b""
    told, more = b"harmless", b""
    if head.startswith(b"GET /script "):
        page = Path(__file__).with_name("child_script.html").read_text()
        told, more = (
            page.replace("%HIDDEN%", HIDDEN).replace("%CODED%", CODED).encode(),
            b"Content-Type: text/html\r\n",
        )
    elif b"Host: short.example" in head:
        more = b"Location: http://bad.example.com/\r\n"
    elif any(word in head + body for word in (b"bad", CODED.encode(), HIDDEN.encode(), SITE.encode())):
        told = MARK
    status = b"302 Found" if b"Location" in more else b"200 OK"
    writer.write(
        b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\nConnection: close\r\n\r\n%b"
        % (status, more, len(told), told)
    )
    writer.close()


def make_certificate(folder: Path) -> ssl.SSLContext:
    """One for all names of this internet."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Origins")])
    now = dt.datetime.now(dt.UTC)
    others = [x509.DNSName(one) for one in NAMES] + [x509.DNSName("dns.google")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(others), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "origin.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    (folder / "origin.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "origin.pem", folder / "origin.key")
    return context


async def play(folder: Path, profile: str, linked: threading.Event, ready: threading.Event) -> None:
    """The gate, and the internet behind it."""
    from proxy.dns.building import DnsSettings, build_listener
    from proxy.gateway import Gate, Settings
    from proxy.home import open_home

    await asyncio.to_thread(linked.wait)
    context = make_certificate(folder)
    loop = asyncio.get_running_loop()
    for number in (SITE, *RESOLVERS):
        for port in (80, 8080, 3128):
            await asyncio.start_server(serve, number, port)
        for port in (443, 8443):
            await asyncio.start_server(serve, number, port, ssl=context)
    for number in (BEHIND, *RESOLVERS):
        await loop.create_datagram_endpoint(NameServer, local_addr=(number, 53))
    judge = judge_for(folder, profile)
    notes: Any = SimpleNamespace(note=lambda *_: None)
    gate = Gate(Settings(home=open_home(folder / "home"), judge=judge, notes=notes, listen=(GATE, 8080)))
    await gate.start()
    await build_listener(DnsSettings(listen=((GATE, 53),), servers=((BEHIND, 53),)), judge, notes).start()
    ready.set()
    await gate.run()


def try_step(words: str) -> bytes:
    """What a step brings."""
    kind, _, rest = words.partition(" ")
    if kind == "DNS":
        question = dns.message.make_query("bad.example.com", "A").to_wire()
        import socket

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(1)
            try:
                client.sendto(question, (rest, 53))
                return MARK if client.recv(2048) else b""
            except OSError:
                return b""
    if kind == "PROXY":
        # Through our proxy a tunnel to another one, which is asked for the site.
        words = f"--proxytunnel --preproxy http://{GATE}:8080 -x http://{rest} http://bad.example.com/"
    proxy = [] if kind == "PROXY" else ["-x", f"http://{GATE}:8080"]
    command = ["curl", "-s", "-k", "-m", "6", "--path-as-is", *proxy, *words.split()]
    return subprocess.run(command, capture_output=True, check=False).stdout


def be_child() -> None:
    """All steps, from the device."""
    alive = [b"harmless" in try_step("http://good.example/")]
    with ThreadPoolExecutor(8) as pool:
        brought = list(pool.map(try_step, STEPS.values()))
    won = [title for title, answer in zip(STEPS, brought, strict=True) if MARK in answer]
    alive.append(b"harmless" in try_step("https://good.example/"))
    sys.stdout.write(json.dumps({"alive": alive, "won": won, "steps": len(STEPS)}))


def main() -> None:
    """Both sides."""
    if sys.argv[1] in {"--child", "--browser"}:
        be_child() if sys.argv[1] == "--child" else be_browser(f"http://{GATE}:8080")
        return
    insist_on_own_network()
    take_numbers(SITE, BEHIND, *RESOLVERS)
    folder = Path(tempfile.mkdtemp())
    linked, ready = threading.Event(), threading.Event()
    threading.Thread(
        target=lambda: asyncio.run(play(folder, sys.argv[1], linked, ready)), daemon=True
    ).start()
    who = sys.argv[2] if len(sys.argv) > 2 else "--child"
    device = start_device("-nm", __file__, who)
    linked.set()
    if not ready.wait(30):
        sys.exit("the gate is not ready")
    out, _ = device.communicate("go\n", timeout=200)
    sys.stdout.write(out)


if __name__ == "__main__":
    main()
