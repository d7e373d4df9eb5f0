# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the real main() with TLS, and with HTTP proxy servers between the module and the service."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import threading
from collections.abc import Iterator
from typing import Any, Callable

import pytest

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.proxy import ProxyServer
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.emulator.tls import Tls
from ansible_collections.chime_sdk.voice.tests.unit.helpers import OVER_TLS, WITH_PROXY, connection_to, run_main

Read = Callable[..., "dict[str, Any]"]


def assert_failed(result: dict[str, Any], *words: str) -> None:
    assert result["failed"] is True
    for word in ("get the proxy configuration", WITH_PROXY, "us-east-1", *words):
        assert word in result["msg"], result["msg"]
    assert "exists" not in result and "proxy" not in result


# TLS


@OVER_TLS
def test_a_proxy_configuration_is_read_over_tls(read_proxy: Read, emulator: Emulator) -> None:
    assert read_proxy()["exists"] is True
    assert emulator.connections == 1


@OVER_TLS
@pytest.mark.parametrize("drop", ["handshake_close", "handshake_alert"])
def test_a_handshake_that_ends_early_is_reported_as_a_broken_connection(
    read_proxy: Read, emulator: Emulator, sleeps: list[float], drop: str
) -> None:
    result = read_proxy(WITH_PROXY, Fault(drop=drop))
    assert_failed(result, "the connection failed after 3 requests. Check the network")
    assert emulator.connections == 3
    assert read_proxy(WITH_PROXY, Fault(drop=drop, times=2))["exists"] is True
    assert emulator.connections == 6


@pytest.fixture
def wrong_host_url(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a URL for the emulator with a host name that is not in its certificate."""
    address = ("127.0.0.1", int(emulator.url.rpartition(":")[2]))
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    return f"https://voice.example:{address[1]}"


@OVER_TLS
@pytest.mark.parametrize("fault", ["unknown CA", "wrong host"])
def test_a_certificate_that_cannot_be_verified_fails_without_a_retry(
    read_proxy: Read, wrong_host_url: str, sleeps: list[float], fault: str
) -> None:
    options = {"aws_ca_bundle": None} if fault == "unknown CA" else {"endpoint_url": wrong_host_url}
    result = read_proxy(WITH_PROXY, **options)
    assert_failed(result, "the TLS certificate of the server could not be verified", "aws_ca_bundle")
    assert sleeps == []


@OVER_TLS
@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_an_unverified_certificate_is_accepted_on_request(read_proxy: Read) -> None:
    assert read_proxy(validate_certs=False, aws_ca_bundle=None)["exists"] is True


@pytest.mark.parametrize("emulator", [False], ids=["http"], indirect=True)
def test_a_server_that_does_not_speak_tls_fails_without_a_retry(
    read_proxy: Read, emulator: Emulator, sleeps: list[float]
) -> None:
    result = read_proxy(endpoint_url=emulator.url.replace("http:", "https:"))
    assert_failed(result, "the server does not support TLS", "endpoint_url")
    assert sleeps == []


@pytest.mark.parametrize("banner", [b"SSH-2.0-OpenSSH_9.9\r\n", b"220 mail ESMTP\r\n", b"\x00" * 32])
def test_a_server_with_a_different_protocol_fails_without_a_retry(
    read_proxy: Read, sleeps: list[float], banner: bytes
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def respond() -> None:
            connection, _address = listener.accept()
            with connection:
                connection.sendall(banner)
                connection.recv(65536)

        responding = threading.Thread(target=respond)
        responding.start()
        result = read_proxy(endpoint_url=f"https://127.0.0.1:{listener.getsockname()[1]}")
        responding.join()
    assert_failed(result, "the server does not support TLS")
    assert sleeps == []


def test_a_missing_ca_bundle_fails_without_a_retry(
    read_proxy: Read, tmp_path: pathlib.Path, sleeps: list[float]
) -> None:
    missing = str(tmp_path / "bundle.pem")
    result = read_proxy(endpoint_url="https://127.0.0.1:1", aws_ca_bundle=missing)
    assert_failed(result, "aws_ca_bundle", missing)
    assert sleeps == []


# For each kind of TLS file: a function that returns the options for a path, and the name of the setting in messages.
FILES: dict[str, tuple[Callable[[str], dict[str, Any]], str]] = {
    "CA bundle": (lambda path: {"aws_ca_bundle": path}, "aws_ca_bundle"),
    "AWS_CA_BUNDLE": (lambda path: {"aws_ca_bundle": None}, "the environment variable AWS_CA_BUNDLE"),
    "certificate": (lambda path: {"aws_config": {"client_cert": path}}, "client_cert in aws_config"),
    "CA bundle of the proxy server": (
        lambda path: {"aws_config": {"proxies_config": {"proxy_ca_bundle": path}}},
        "proxy_ca_bundle in proxies_config in aws_config",
    ),
    "certificate for the proxy server": (
        lambda path: {"aws_config": {"proxies_config": {"proxy_client_cert": path}}},
        "proxy_client_cert in proxies_config in aws_config",
    ),
}


@OVER_TLS
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("content", ["missing", "a folder", "not PEM", "not a certificate"])
def test_a_file_for_tls_that_cannot_be_loaded_is_named(
    read_proxy: Read,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    sleeps: list[float],
    file: str,
    content: str,
) -> None:
    path = tmp_path / "file.pem"
    if content == "a folder":
        path.mkdir()
    elif content != "missing":
        path.write_text(
            "-----BEGIN CERTIFICATE-----\nabcd\n-----END CERTIFICATE-----\n" if "a cert" in content else "no"
        )
    make_options, place = FILES[file]
    if file == "AWS_CA_BUNDLE":
        monkeypatch.setenv(file, str(path))
    if "proxy" in file:
        monkeypatch.setenv("HTTPS_PROXY", "https://127.0.0.1:1")
        monkeypatch.delenv("NO_PROXY")
    result = read_proxy(**make_options(str(path)))
    if content in ("missing", "a folder"):
        words = f"'{path}' does not exist, or is not a file. Correct {place}."
    elif "proxy" in file:
        words = f"the request could not be sent. Check {place}. "
    else:
        words = f"the file {path} does not contain a valid certificate or key in PEM format. Correct {place}. "
    assert_failed(result, words)
    assert sleeps == [] and emulator.requests == []


@pytest.mark.parametrize("content", ["", "not a certificate"])
def test_an_invalid_ca_bundle_fails_without_a_retry(
    read_proxy: Read, tmp_path: pathlib.Path, sleeps: list[float], content: str
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(content)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=listener.accept)
        accepting.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        result = read_proxy(endpoint_url=url, aws_ca_bundle=str(bundle))
        accepting.join()
    assert_failed(result, "aws_ca_bundle")
    assert sleeps == []


# HTTP proxy servers


@pytest.fixture
def start_proxy_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int | None], ProxyServer]]:
    """Return a function that starts a proxy server. If *status* is not None, the server returns it for all requests."""
    running: list[ProxyServer] = []

    def start(status: int | None) -> ProxyServer:
        server = ProxyServer(status)
        running.append(server)
        server.__enter__()
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, server.url)
        monkeypatch.delenv("NO_PROXY")
        return server

    yield start
    for server in running:
        server.__exit__()


@pytest.mark.parametrize("emulator", [False, True], ids=["http", "tls"], indirect=True)
def test_requests_go_through_the_proxy_server(read_proxy: Read, emulator: Emulator, start_proxy_server: Any) -> None:
    server = start_proxy_server(None)
    assert read_proxy()["exists"] is True
    path = f"/voice-connectors/{WITH_PROXY}/programmable-numbers/proxy"
    tunnel = f"CONNECT {emulator.url.removeprefix('https://')}"
    assert server.requests == [tunnel if emulator.tls else f"GET {emulator.url}{path}"]


def test_the_proxy_server_of_these_tests_reaches_only_loopback_addresses(
    read_proxy: Read, start_proxy_server: Any, sleeps: list[float]
) -> None:
    start_proxy_server(None)
    assert_failed(read_proxy(endpoint_url="http://voice.example"), "(status 502) has no request ID")


# A proxy server refuses all requests. For each case: the status that it returns, a part of the module's error message,
# and the number of requests that the module sends.
REFUSALS = [
    (407, "requires a valid user name and password (status 407)", 1),
    (403, "refused the request with status 403", 1),
    (405, "refused the request with status 405", 1),
    (502, "refused the request with status 502", 3),
    (503, "refused the request with status 503", 3),
]


@OVER_TLS
@pytest.mark.parametrize(("status", "words", "requests"), REFUSALS)
def test_a_tunnel_refused_by_the_proxy_server_is_reported(
    read_proxy: Read,
    emulator: Emulator,
    sleeps: list[float],
    start_proxy_server: Any,
    status: int,
    words: str,
    requests: int,
) -> None:
    server = start_proxy_server(status)
    assert_failed(read_proxy(), f"the HTTP proxy server {words}", "HTTPS_PROXY")
    assert len(server.requests) == requests
    assert emulator.connections == 0


@pytest.mark.parametrize(
    ("status", "words", "requests"),
    [
        (407, "requires a valid user name and password (status 407)", 1),
        *((status, f"(status {status}) has no request ID", 1) for status in (403, 404, 405, 413)),
        (502, "(status 502) has no request ID", 3),
    ],
)
def test_a_page_from_a_proxy_server_is_not_taken_for_a_response_from_aws(
    read_proxy: Read, sleeps: list[float], start_proxy_server: Any, status: int, words: str, requests: int
) -> None:
    server = start_proxy_server(status)
    result = read_proxy()
    assert_failed(result, words)
    assert result["error"]["code"] == str(status)
    assert not {"IAM", "no such", "does not exist"} & set(result["msg"].split())
    assert len(server.requests) == requests


def test_an_unreachable_proxy_server_is_named(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, sleeps: list[float]
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed.getsockname()[1]}")
        result = read_proxy(endpoint_url=None)
    assert_failed(result, "the HTTP proxy server cannot be reached", "HTTPS_PROXY", "NO_PROXY")


@contextlib.contextmanager
def run_server(respond: Callable[[socket.socket], None]) -> Iterator[int]:
    """Run a server that calls *respond* with one connection at a time, and yield its port."""
    stopping = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                connection, _address = listener.accept()
                with connection, contextlib.suppress(OSError):  # for example, a failed handshake
                    if stopping.is_set():
                        return
                    respond(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            # End the thread before its listener is closed. It would otherwise accept connections for a later listener.
            stopping.set()
            with socket.socket() as waker:
                waker.connect(listener.getsockname())
            thread.join(10)
            assert not thread.is_alive()


def send(data: bytes) -> Callable[[socket.socket], None]:
    def respond(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)

    return respond


def hang(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def test_an_endless_body_is_not_read_to_its_end(read_proxy: Read) -> None:
    def respond(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nx-amzn-requestid: 1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n")
        while True:
            connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")

    with run_server(respond) as port:
        result = read_proxy(endpoint_url=f"http://127.0.0.1:{port}")
    assert_failed(result, "the response is unreadable: it is larger than 16 MB")


IN_USE = "; also check the HTTP proxy server, and its URL in HTTPS_PROXY, HTTP_PROXY, or 'proxies' in aws_config"


@pytest.mark.parametrize("place", ["environment", "aws_config"])
@pytest.mark.parametrize(
    ("scheme", "respond", "words"),
    [
        ("https", lambda connection: Tls().wrap(connection).recv(1), "the TLS certificate of the HTTP proxy server"),
        (
            "https",
            send(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            "the HTTP proxy server does not support TLS. Its URL in HTTPS_PROXY",
        ),
        ("https", send(b""), "the HTTP proxy server cannot be reached"),
        ("http", hang, IN_USE),
        ("http", send(b""), IN_USE),
        ("http", send(b"garbage\r\n\r\n"), IN_USE),
        ("http", send(b"SSH-2.0-OpenSSH_9.9\r\n"), IN_USE),
        ("http", send(b"HTTP/1.1 200 Connection established\r\n\r\ngarbage"), IN_USE),
        (
            "http",
            send(b"HTTP/1.1 302 Found\r\nLocation: http://portal.example\r\n\r\n"),
            "the HTTP proxy server refused",
        ),
    ],
)
def test_a_proxy_server_that_fails_is_blamed(
    read_proxy: Read,
    monkeypatch: pytest.MonkeyPatch,
    sleeps: list[float],
    scheme: str,
    respond: Callable[[socket.socket], None],
    words: str,
    place: str,
) -> None:
    monkeypatch.delenv("NO_PROXY")
    with run_server(respond) as port:
        url = f"{scheme}://127.0.0.1:{port}"
        config: dict[str, Any] = {"read_timeout": 0.3, "connect_timeout": 0.3}
        if place == "environment":
            monkeypatch.setenv("HTTPS_PROXY", url)
        else:
            config["proxies"] = {"https": url}
        result = read_proxy(endpoint_url="https://voice.example", aws_config=config)
    assert_failed(result, words, "HTTPS_PROXY")


def test_a_proxy_server_that_botocore_does_not_use_is_not_blamed(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, sleeps: list[float]
) -> None:
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    result = read_proxy(WITH_PROXY, Fault(drop="reset"))
    assert_failed(result, "the connection failed after 3 requests")
    assert "HTTPS_PROXY" not in result["msg"]


@OVER_TLS
def test_a_certificate_that_cannot_be_verified_ends_a_bulk_read(
    emulator: Emulator, wrong_host_url: str, sleeps: list[float]
) -> None:
    options = {**connection_to(emulator), "endpoint_url": wrong_host_url}
    result = run_main("chime_voice_connector_info", {**options, "voice_connector_ids": [WITH_PROXY] * 2 + ["a", "b"]})
    assert "could not be verified" in result["msg"]
    assert emulator.connections == 1
