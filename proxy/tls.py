"""TLS towards devices: one context a name, its certificate signed by our authority, kept for the next visit.

mitmproxy loads certificate and key into every connection (80 µs) and keeps 100 names; here a name's context
is made once and kept in a bounded cache. Without tickets: resumption gains nothing on inspected connections.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from mitmproxy.addons.tlsconfig import AppData, alpn_select_callback
from mitmproxy.connection import Client
from OpenSSL import SSL

if TYPE_CHECKING:
    from mitmproxy.tls import TlsData

    from proxy.authority import Authority, Leaf

_CAPACITY = 4096
_TLS_OPTIONS = (
    SSL.OP_NO_TICKET | SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE
)


class Contexts:
    """OpenSSL contexts by name, newest last."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._kept: OrderedDict[str, tuple[float, SSL.Context]] = OrderedDict()

    def context(self, name: str) -> SSL.Context:
        """The server-side context that shows a certificate for `name` (a host in A-labels, or an address)."""
        kept = self._kept.get(name)
        if kept is not None and kept[0] > time.time():
            self._kept.move_to_end(name)
            return kept[1]
        leaf = self._authority.leaf(name)
        context = self._make(leaf)
        self._kept[name] = leaf.renew_at, context
        while len(self._kept) > _CAPACITY:
            self._kept.popitem(last=False)
        return context

    def _make(self, leaf: Leaf) -> SSL.Context:
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(_TLS_OPTIONS)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.use_certificate(leaf.certificate)
        context.use_privatekey(leaf.key)
        context.set_alpn_select_callback(alpn_select_callback)
        return context


class TlsContexts:
    """The addon: hands mitmproxy a ready connection before its own TlsConfig would make one."""

    name = "stairgate_tls"

    def __init__(self, authority: Authority) -> None:
        self._contexts = Contexts(authority)

    def tls_start_client(self, data: TlsData) -> None:
        """Give the client's side of a TLS connection its certificate."""
        client = data.conn
        server = data.context.server
        if data.ssl_conn is not None or data.is_dtls or not isinstance(client, Client):
            return
        name = client.sni or (server.address[0] if server.address else None)
        if not name:
            return
        connection = SSL.Connection(self._contexts.context(name.rstrip(".")))
        connection.set_app_data(AppData(client_alpn=client.alpn, server_alpn=server.alpn, http2=True))
        connection.set_accept_state()
        data.ssl_conn = connection

    def tls_start_server(self, data: TlsData) -> None:
        """Greet a site by its name without the final dot, which no greeting may have (RFC 6066 section 3)."""
        if data.conn.sni:
            data.conn.sni = data.conn.sni.rstrip(".")
