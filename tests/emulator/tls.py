# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS for a loopback server, with a certificate authority created by this process."""

from __future__ import annotations

import functools
import pathlib
import socket
import ssl
import tempfile
from typing import Any, Callable

_RECORD_HEADER_SIZE = 5
_INTERNAL_ERROR = bytes([21, 3, 3, 0, 2, 2, 80])  # a TLS 1.2 alert record: fatal, internal_error


@functools.lru_cache(maxsize=1)
def _issue(make_authority: Callable[[], Any]) -> tuple[Any, Any]:
    """Return a certificate authority and a certificate, which all servers of this process share."""
    authority = make_authority()
    return authority, authority.issue_cert("127.0.0.1", "localhost")


class Tls:
    """A certificate for 127.0.0.1 and localhost, and a file with the CA certificate."""

    def __init__(self) -> None:
        import trustme  # imported only here, so that an emulator without TLS does not require trustme

        authority, certificate = _issue(trustme.CA)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self._context)
        self._folder = tempfile.TemporaryDirectory(prefix="emulator-ca-")
        self.ca_bundle = str(pathlib.Path(self._folder.name, "ca.pem"))
        authority.cert_pem.write_to_path(self.ca_bundle)

    def wrap(self, connection: socket.socket) -> ssl.SSLSocket:
        """Perform the server side of the handshake."""
        return self._context.wrap_socket(connection, server_side=True)

    def close(self) -> None:
        self._folder.cleanup()


def refuse_handshake(connection: socket.socket, alert: bool) -> None:
    """Read the ClientHello, and send a fatal alert if *alert* is true. The caller must close the connection."""
    with connection.makefile("rb") as stream:
        header = stream.read(_RECORD_HEADER_SIZE)
        stream.read(int.from_bytes(header[3:], "big"))
    if alert:
        connection.sendall(_INTERNAL_ERROR)
