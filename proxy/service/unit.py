"""The texts of the systemd units. Pure: settings in, text out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MARK = "# Written by `stairgate service install`; `stairgate service remove` takes it away."
USER = "stairgate"
HOME = Path("/var/lib/stairgate")

PAGES = ("192.0.2.1", "100::1")
"""The addresses a gateway gives for blocked names: what is sent there comes to the gate and gets its page.

Nobody's (RFC 5737, RFC 6666): they lead out of the home, and so to the gateway, on every device.
"""

type Place = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What is installed.

    Attributes:
        command: the program `stairgate`.
        nft: the program `nft`.
        home: the service's home folder.
        listen: where the proxy listens.
        console: where the console listens.
        dns: where DNS questions are answered, on the same port everywhere; empty: not at all.
        inside: with `--gateway`, the interfaces towards the home's devices; else empty.
    """

    command: Path
    nft: Path
    home: Path = HOME
    listen: Place = ("127.0.0.1", 8080)
    console: Place = ("127.0.0.1", 8081)
    dns: tuple[Place, ...] = ()
    inside: tuple[str, ...] = ()

    @property
    def start(self) -> tuple[str, ...]:
        """The words that start the gate."""
        words = ["up", "--home", str(self.home)]
        words += ["--listen", join(self.listen), "--console", join(self.console)]
        for place in self.dns:
            words += ["--dns", join(place)]
        if self.inside:
            for page in PAGES:
                words += ["--dns-page", page]
        return (str(self.command), *words)


def join(place: Place) -> str:
    """`host:port`, IPv6 in brackets."""
    host, port = place
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def gate_unit(settings: ServiceSettings) -> str:
    """`stairgate.service`: the gate, with an account of its own and nothing it does not need."""
    ports = [port for _, port in (settings.listen, settings.console, *settings.dns)]
    # Ports below 1024 are the one thing an account of its own may not have.
    right = "CAP_NET_BIND_SERVICE" if any(0 < port < 1024 for port in ports) else ""
    return f"""{MARK}
[Unit]
Description=Stairgate, the web filter of this home
After=network.target nss-lookup.target
# However often it fails it is started again: without it there is no way out.
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={" ".join(_quoted(word) for word in settings.start)}
User={USER}
Group={USER}
UMask=0077
Restart=always
RestartSec=1
# The supervisor says ten times in this span that it lives.
WatchdogSec=10
TimeoutStartSec=120
TimeoutStopSec=30
# The supervisor ends its parts in order; what is left after that is killed.
KillMode=mixed
# One part that ran out of memory is replaced; the others stay.
OOMPolicy=continue
LimitNOFILE=65536

CapabilityBoundingSet={right}
AmbientCapabilities={right}
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={_quoted(str(settings.home))}
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


def gateway_unit(settings: ServiceSettings, table: Path) -> str:
    """`stairgate-gateway.service`: loads the table of `table.py`, and does not mind whether the gate runs."""
    return f"""{MARK}
[Unit]
Description=Stairgate's rules for what leaves this home
# In force before there is a network, and whatever becomes of the gate: without it, nothing passes.
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target shutdown.target
After=nftables.service
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={_quoted(str(settings.nft))} -f {_quoted(str(table))}
ExecStop={_quoted(str(settings.nft))} delete table inet stairgate
CapabilityBoundingSet=CAP_NET_ADMIN
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
RestrictAddressFamilies=AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
"""


def account(settings: ServiceSettings) -> str:
    """The account of the gate, as sysusers.d(5) wants it."""
    return f'{MARK}\nu {USER} - "Stairgate" {settings.home}\n'


def _quoted(word: str) -> str:
    """A word of an ExecStart line: systemd expands % and $, and splits at blanks."""
    word = word.replace("%", "%%").replace("$", "$$")
    if any(letter in word for letter in " \t\"'\\;"):
        return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return word
