# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A loopback endpoint with the wire protocol of Amazon Chime SDK Voice, and with two operations from STS.

Tests control it from Python, or over HTTP:

====== ======================= ===========================================================
PUT    /_emulator/faults       replace the faults with a JSON list; see faults.Fault
PUT    /_emulator/state        replace the state (see service.Voice) and faults (key ``faults``); delete the requests
PUT    /_emulator/settings     set ``latency`` (seconds), ``rate_limit`` (requests per second), ``max_skew`` (seconds)
GET    /_emulator/requests     return the requests so far, oldest first
DELETE /_emulator/requests     delete the requests so far
====== ======================= ===========================================================
"""

from __future__ import annotations

import datetime
import json
import math
import select
import socket
import struct
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ansible_collections.chime_sdk.voice.tests.emulator import sts
from ansible_collections.chime_sdk.voice.tests.emulator.api import Request, Response, ServiceError
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault, RateLimit
from ansible_collections.chime_sdk.voice.tests.emulator.rest import VoiceApi
from ansible_collections.chime_sdk.voice.tests.emulator.service import DEFAULT_STATE, Voice
from ansible_collections.chime_sdk.voice.tests.emulator.tls import Tls, refuse_handshake


class Emulator:
    """The server. As a context manager, it runs in a thread of its own; ``serve`` runs it in the calling thread."""

    def __init__(self, state: dict[str, Any] | None = None, port: int = 0, tls: bool = False) -> None:
        """Listen on 127.0.0.1. If *tls* is true, use TLS with a certificate signed by the CA in ``ca_bundle``."""
        self.voice = Voice(state)
        self.faults: list[Fault] = []
        self.requests: list[dict[str, Any]] = []
        self.latency = 0.0
        self.rate_limit: RateLimit | None = None
        self.max_skew = datetime.timedelta(minutes=15)  # the largest allowed difference between signing and arrival
        self.lock = threading.Lock()
        self.stopping = threading.Event()  # set to stop the server, and to end the delays of its responses
        self.connections = 0  # the number accepted so far, including failed TLS handshakes
        self.tls = Tls() if tls else None
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.emulator = self
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables for an SDK client, with the first credentials in DEFAULT_STATE."""
        credential = DEFAULT_STATE["credentials"][0]
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": credential["access_key"],
            "AWS_SECRET_ACCESS_KEY": credential["secret_key"],
        }

    @property
    def ca_bundle(self) -> str:
        """The path of the PEM file with the CA. Only an emulator that uses TLS has one."""
        assert self.tls is not None, "the emulator does not use TLS"
        return self.tls.ca_bundle

    def __enter__(self) -> Emulator:
        self._thread = threading.Thread(target=self.serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stopping.set()
        # The thread waits for a connection, so connect to wake it up. Do not use socket.create_connection(), because it
        # calls getaddrinfo(), which some tests replace.
        with socket.socket() as waker:
            waker.connect(("127.0.0.1", self._server.server_port))
        assert self._thread is not None
        self._thread.join()
        self._server.server_close()
        if self.tls:
            self.tls.close()

    def serve(self) -> None:
        while not self.stopping.is_set():
            self._server.handle_request()

    def operations(self) -> list[str]:
        """Return the names of the operations requested so far."""
        with self.lock:
            return [request["operation"] for request in self.requests]

    def configure(
        self, latency: float | None = None, rate_limit: float | None = None, max_skew: float | None = None
    ) -> None:
        if latency is not None:
            self.latency = latency
        if rate_limit is not None:
            self.rate_limit = RateLimit(rate_limit) if rate_limit else None
        if max_skew is not None:
            self.max_skew = datetime.timedelta(seconds=max_skew)

    def next_fault(self, operation: str, request: str) -> Fault | None:
        is_sts = operation in sts.MODEL.operation_names
        with self.lock:
            return next((fault for fault in self.faults if fault.applies_to(operation, request, is_sts)), None)

    def next_handshake_fault(self) -> Fault | None:
        with self.lock:
            return next((fault for fault in self.faults if fault.applies_to_handshake()), None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    emulator: Emulator

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return not self.emulator.stopping.is_set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.emulator.connections += 1
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection. This runs in its own thread, so a TLS handshake does not block other connections."""
        tls = self.emulator.tls
        if tls is None:
            super().finish_request(request, client_address)
        elif fault := self.emulator.next_handshake_fault():
            refuse_handshake(request, alert=fault.drop == "handshake_alert")
        else:
            with tls.wrap(request) as secured:
                super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print no traceback if a connection fails. For an error in the emulator itself, _Handler sends status 500."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin
        """Log nothing, because Emulator.requests contains the requests."""

    def do_GET(self) -> None:
        emulator = self.server.emulator
        arrived = datetime.datetime.now(datetime.timezone.utc)
        path = self.path.partition("?")[0]
        try:
            body = self._read_body()
            if path.startswith("/_emulator/"):
                self._control(emulator, path, body)
            else:
                headers = {name.lower(): value for name, value in self.headers.items()}
                origin = f"{emulator.url.partition(':')[0]}://{self.headers['host']}"
                self._emulate(
                    emulator, Request(self.command, origin, self.path, headers, body, arrived, emulator.max_skew)
                )
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception as e:  # a bug in the emulator must not look like a network fault
            self._send(500, {"x-emulator-error": "yes"}, f"The emulator failed: {e!r}".encode())

    do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = do_GET

    def _read_body(self) -> bytes:
        length = int(self.headers.get("content-length", "0"))
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionError("The client disconnected before the end of its request.")
        return body

    def _control(self, emulator: Emulator, path: str, body: bytes) -> None:
        action = (self.command, path.rpartition("/")[2])
        result: Any = {}
        with emulator.lock:
            if action == ("PUT", "faults"):
                emulator.faults = [Fault(**fault) for fault in json.loads(body)]
            elif action == ("PUT", "state"):
                state = json.loads(body)
                faults = [Fault(**fault) for fault in state.pop("faults", [])]
                emulator.voice, emulator.faults = Voice(state), faults
                emulator.requests.clear()
            elif action == ("PUT", "settings"):
                emulator.configure(**json.loads(body))
            elif action == ("GET", "requests"):
                result = emulator.requests
            elif action == ("DELETE", "requests"):
                emulator.requests.clear()
            else:
                self._send(404, {}, b"")
                return
            response = json.dumps(result).encode()
        self._send(200, {"content-type": "application/json"}, response)

    def _emulate(self, emulator: Emulator, request: Request) -> None:
        api = (sts.Sts if request.path == "/" else VoiceApi)(emulator.voice, request)
        record = {
            "operation": api.operation,
            "method": request.method,
            "path": request.target,
            "port": self.client_address[1],  # the client's port, the same for all requests on a connection
            "headers": request.headers,
            "time": request.arrived.timestamp(),
        }
        with emulator.lock:
            emulator.requests.append(record)
        fault = (
            emulator.next_fault(api.operation, f"{request.target} {request.headers.get('authorization')}") or Fault()
        )
        if emulator.latency + fault.delay:
            emulator.stopping.wait(emulator.latency + fault.delay)
        if fault.drop == "hang":
            self._pause(math.inf)
        if fault.drop in ("hang", "reset"):
            self._reset()
            return
        if fault.raw is not None:
            self.wfile.write(fault.raw.encode("latin-1"))
            self.wfile.flush()
            self.close_connection = True
            return

        request_id = str(uuid.uuid4()) if fault.request_id else None
        response = self._respond(emulator, api, fault, request_id)
        if fault.drop == "lost":
            self._reset()
            return
        record["status"] = response.status
        id_header = {"x-amzn-requestid": request_id} if request_id else {}
        self._send(response.status, {**response.headers, **id_header, **fault.headers}, response.body, fault)

    @staticmethod
    def _respond(emulator: Emulator, api: sts.Sts | VoiceApi, fault: Fault, request_id: str | None) -> Response:
        try:
            response = api.respond(request_id) if fault.after else None
            if fault.body is not None:
                body = fault.body.encode("utf-8", "surrogateescape")
                return Response(fault.status or 200, {"content-type": api.content_type}, body)
            if fault.error or (fault.status or 200) >= 300:
                raise ServiceError(fault.error or "", fault.message, fault.status)
            if emulator.rate_limit and isinstance(api, VoiceApi) and not emulator.rate_limit.allows():
                raise ServiceError("ThrottledClientException", "Rate exceeded")
            response = response or api.respond(request_id)
        except ServiceError as e:
            return api.to_error(e, fault.style, request_id)
        return response._replace(status=fault.status or response.status)

    def _send(self, status: int, headers: dict[str, str], body: bytes, fault: Fault | None = None) -> None:
        truncate = fault is not None and fault.drop == "truncate"
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("content-length", str(max(len(body), 1) if truncate else len(body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            body = b""
        if truncate:
            body = body[: len(body) // 2]
            self.close_connection = True
        if fault is not None and fault.drip:
            self._drip(body, fault.drip)
        else:
            self.wfile.write(body)
        self.wfile.flush()

    def _drip(self, body: bytes, seconds: float) -> None:
        for byte in body:
            self.wfile.flush()
            if not self._pause(seconds):
                self.close_connection = True
                return
            self.wfile.write(bytes([byte]))

    def _pause(self, seconds: float) -> bool:
        """Wait and return True, or return False early if the emulator stops or the client disconnects.

        A client that waits for a response sends nothing, so its connection is readable only after the client closes it.
        """
        deadline = time.monotonic() + seconds
        while (remaining := deadline - time.monotonic()) > 0:
            readable, _writable, _failed = select.select([self.connection], [], [], min(remaining, 0.05))
            if readable or self.server.emulator.stopping.is_set():
                return False
        return True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
