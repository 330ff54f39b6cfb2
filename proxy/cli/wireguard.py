"""`stairgate wireguard`: tunnels into the gate for devices, at home and away."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from proxy.cli.options import HomeOption, JsonOption, show_when_alone

app = typer.Typer(add_completion=False, help="Tunnels into the gate: add, list and remove devices.")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A name for the device: anns-phone.")],
    *,
    endpoint: Annotated[
        str,
        typer.Option(
            help="The name or address under which devices find the gate; needed once.", metavar="HOST"
        ),
    ] = "",
    qr: Annotated[bool, typer.Option("--qr/--no-qr", help="Draw the QR code as well.")] = True,
    home: HomeOption = None,
) -> None:
    """Make a tunnel for a device and show its configuration, once: the device's key is kept nowhere.

    Whose device it is stands in the policy: devices: [wireguard:anns-phone]. A name that is there already
    gets a new key.

    Example:  stairgate wireguard add anns-phone --endpoint home.example.org
    """
    from proxy.home import open_home
    from proxy.wireguard.conf import draw_qr, write_conf
    from proxy.wireguard.peers import add_peer, load_peers, save_peers

    opened = open_home(home)
    peers, peer, private = add_peer(load_peers(opened), name.lower(), endpoint=endpoint)
    save_peers(opened, peers)
    text = write_conf(peers, peer, private)
    typer.echo(text)
    if qr:
        typer.echo(draw_qr(text))
    typer.echo(f"Scan the code with the WireGuard app. Then say whose it is, in {opened.policy}:", err=True)
    typer.echo(f"    devices: [wireguard:{peer.name}]", err=True)
    typer.echo(
        f"Its UDP port is {peer.port}: let the router pass it on; start with up --wireguard.", err=True
    )


@app.command(name="list")
def show(*, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Show the devices that have a tunnel.

    Example:  stairgate wireguard list
    """
    from proxy.home import open_home
    from proxy.wireguard.peers import load_peers

    peers = load_peers(open_home(home))
    for peer in peers.by_name.values():
        if as_json:
            typer.echo(json.dumps({"name": peer.name, "key": peer.key, "port": peer.port}))
        else:
            typer.echo(f"{peer.name:<24} port {peer.port}")
    if not peers.by_name and not as_json:
        typer.echo("No device has a tunnel. Make one:  stairgate wireguard add anns-phone --endpoint HOST")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The device's name.")], *, home: HomeOption = None
) -> None:
    """Close a device's tunnel for good.

    Example:  stairgate wireguard remove anns-phone
    """
    from proxy.home import open_home
    from proxy.wireguard.peers import load_peers, remove_peer, save_peers

    opened = open_home(home)
    save_peers(opened, remove_peer(load_peers(opened), name.lower()))
    typer.echo(f"removed {name.lower()}")


show_when_alone(app, show)
