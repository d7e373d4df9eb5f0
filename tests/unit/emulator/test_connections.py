# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections to the emulator: TLS, and slow, truncated, or missing responses."""

from __future__ import annotations

import http.client
import pathlib
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError, SSLError

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.emulator.conftest import ONCE, client_for, port_of
from ansible_collections.chime_sdk.voice.tests.unit.helpers import STATE, WITH_PROXY

READ = {"VoiceConnectorId": WITH_PROXY}


@pytest.fixture
def tls_emulator() -> Iterator[Emulator]:
    with Emulator(STATE, tls=True) as running:
        yield running


def test_a_tls_client_needs_the_ca_bundle(tls_emulator: Emulator) -> None:
    assert tls_emulator.url.startswith("https://127.0.0.1:")
    client_for(tls_emulator, verify=tls_emulator.ca_bundle).get_voice_connector(**READ)
    with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        client_for(tls_emulator).get_voice_connector(**READ)
    by_name = client_for(
        tls_emulator, verify=tls_emulator.ca_bundle, endpoint_url=tls_emulator.url.replace("127.0.0.1", "localhost")
    )
    by_name.get_voice_connector(**READ)
    assert tls_emulator.operations() == ["GetVoiceConnector"] * 2
    assert tls_emulator.connections == 3


def test_the_ca_bundle_is_removed_when_the_emulator_stops() -> None:
    with Emulator(tls=True) as emulator:
        bundle = pathlib.Path(emulator.ca_bundle)
        assert bundle.exists()
    assert not bundle.parent.exists()


def test_an_unfinished_handshake_does_not_block_other_connections(tls_emulator: Emulator) -> None:
    with socket.create_connection(("127.0.0.1", port_of(tls_emulator))):
        client_for(tls_emulator, verify=tls_emulator.ca_bundle).get_voice_connector(**READ)


@pytest.mark.parametrize(
    ("drop", "error", "message"),
    [
        ("handshake_close", SSLError, "EOF"),
        ("handshake_alert", SSLError, "(?i)TLSV1_ALERT_INTERNAL_ERROR|tlsv1 alert internal error"),
    ],
)
def test_a_handshake_can_be_refused(tls_emulator: Emulator, drop: str, error: Any, message: str) -> None:
    tls_emulator.faults = [Fault("DeleteVoiceConnector", request_has="nothing", drop=drop, times=2)]
    client = client_for(tls_emulator, verify=tls_emulator.ca_bundle)
    for _attempt in range(2):
        with pytest.raises(error, match=message):
            client.get_voice_connector(**READ)
    client.get_voice_connector(**READ)
    assert (tls_emulator.connections, tls_emulator.operations()) == (3, ["GetVoiceConnector"])


@pytest.mark.parametrize("tls", [False, True])
def test_a_body_can_arrive_byte_by_byte(tls: bool) -> None:
    with Emulator(STATE, tls=tls) as emulator:
        client = client_for(emulator, verify=emulator.ca_bundle if tls else None)
        emulator.faults = [Fault(drip=0.05, body='{"Voi', times=1)]
        started = time.monotonic()
        client.get_voice_connector(**READ)
        assert 0.25 <= time.monotonic() - started < 2
        client.get_voice_connector(**READ)


def test_the_status_and_headers_arrive_before_a_slow_body(emulator: Emulator) -> None:
    emulator.faults = [Fault(drip=60, body="{}")]
    with urllib.request.urlopen(emulator.url + "/voice-connectors", timeout=0.3) as response:
        assert response.status == 200
        with pytest.raises(TimeoutError):
            response.read(1)


def count_serving_threads() -> int:
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


def wait_until_idle(emulator: Emulator) -> None:
    deadline = time.monotonic() + 2
    while count_serving_threads() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert count_serving_threads() == 0


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("fault", [{"drip": 60}, {"drop": "hang"}])
def test_a_slow_response_ends_when_the_client_disconnects(tls: bool, fault: dict[str, Any]) -> None:
    with Emulator(STATE, tls=tls) as emulator:
        emulator.faults = [Fault(**fault)]
        impatient = ONCE.merge(Config(read_timeout=0.2))
        client = client_for(emulator, verify=emulator.ca_bundle if tls else None, config=impatient)
        with pytest.raises(ReadTimeoutError):
            client.get_voice_connector(**READ)
        client.close()
        wait_until_idle(emulator)


def test_a_slow_body_ends_when_the_emulator_stops() -> None:
    with Emulator(STATE) as emulator:
        emulator.faults = [Fault(drip=60, body="{}")]
        with socket.create_connection(("127.0.0.1", port_of(emulator))) as connection:
            connection.sendall(b"GET /voice-connectors HTTP/1.1\r\nHost: x\r\n\r\n")
            while b"HTTP/1.1 200" not in connection.recv(65536):
                pass
            emulator.stopping.set()
            wait_until_idle(emulator)


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    "fault", [{}, {"body": "{}"}, {"body": "<html>", "status": 502}, {"error": "NotFoundException"}, {"status": 503}]
)
def test_a_truncated_body_is_shorter_than_its_content_length(tls: bool, fault: dict[str, Any]) -> None:
    with Emulator(STATE, tls=tls) as emulator:
        emulator.faults = [Fault(**fault, drop="truncate")]
        context = ssl.create_default_context(cafile=emulator.ca_bundle) if tls else None
        with pytest.raises((http.client.IncompleteRead, urllib.request.HTTPError)) as error:
            urllib.request.urlopen(emulator.url + "/voice-connectors", context=context).read()
        if isinstance(error.value, urllib.request.HTTPError):
            with pytest.raises(http.client.IncompleteRead):
                error.value.read()


def test_an_empty_body_can_be_truncated(emulator: Emulator) -> None:
    emulator.faults = [Fault(body="", drop="truncate")]
    with pytest.raises(http.client.IncompleteRead):
        urllib.request.urlopen(emulator.url + "/voice-connectors").read()
