# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A forward proxy on the loopback interface."""

from __future__ import annotations

import select
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class ProxyServer:
    """An HTTP proxy server that accepts only requests for loopback addresses, or refuses all requests.

    It opens a tunnel for each CONNECT request, and forwards all other requests that it accepts. Use the server as a
    context manager, which runs it in a thread.
    """

    def __init__(self, connect_status: int | None = None) -> None:
        """Listen on 127.0.0.1.

        :param connect_status: refuse every request with this status and an HTML page; if None, let requests through.
        """
        self.requests: list[str] = []  # the method and target of each request, oldest first
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.connect_status = connect_status

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> ProxyServer:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    proxy: ProxyServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print no traceback for an exception, because a client that disconnects also causes one."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin
        """Log nothing, because ProxyServer.requests contains the requests."""

    def do_GET(self) -> None:
        """Serve one request, then close the connection."""
        self.close_connection = True
        proxy = self.server.proxy
        proxy.requests.append(f"{self.command} {self.path}")
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if proxy.connect_status is not None:
            self.send_error(proxy.connect_status)
            return
        tunnel = self.command == "CONNECT"
        target = urlsplit(f"//{self.path}" if tunnel else self.path)
        if target.hostname not in ("127.0.0.1", "localhost"):
            self.send_error(502)
            return
        with socket.create_connection((target.hostname, target.port or 80)) as upstream:
            if tunnel:
                self.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                del self.headers["connection"]
                lines = [
                    f"{self.command} {target._replace(scheme='', netloc='').geturl()} HTTP/1.1",
                    *(f"{name}: {value}" for name, value in self.headers.items()),
                    "Connection: close",
                ]
                upstream.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
            self._relay(upstream)

    do_CONNECT = do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

    def _relay(self, upstream: socket.socket) -> None:
        """Copy data in both directions until one side closes the connection."""
        other = {self.connection: upstream, upstream: self.connection}
        while True:
            for source in select.select(list(other), [], [])[0]:
                data = source.recv(65536)
                if not data:
                    return
                other[source].sendall(data)
