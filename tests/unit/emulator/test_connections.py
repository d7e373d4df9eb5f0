# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections to the emulator: TLS, and responses that are slow, cut off or never come."""

from __future__ import annotations

import pathlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from botocore.exceptions import SSLError

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.conftest import STATE
from ansible_collections.chime_sdk.voice.tests.unit.conftest import WITH_PROXY
from ansible_collections.chime_sdk.voice.tests.unit.emulator.conftest import client_for

READ = {"VoiceConnectorId": WITH_PROXY}


@pytest.fixture
def secure() -> Iterator[Emulator]:
    with Emulator(STATE, tls=True) as running:
        yield running


def port_of(emulator: Emulator) -> int:
    return int(emulator.url.rpartition(":")[2])


def test_tls_is_trusted_with_the_ca_bundle_only(secure: Emulator) -> None:
    assert secure.url.startswith("https://127.0.0.1:")
    client_for(secure, verify=secure.ca_bundle).get_voice_connector(**READ)
    with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        client_for(secure).get_voice_connector(**READ)
    by_name = client_for(secure, verify=secure.ca_bundle, endpoint_url=secure.url.replace("127.0.0.1", "localhost"))
    by_name.get_voice_connector(**READ)
    assert secure.operations() == ["GetVoiceConnector"] * 2
    assert secure.connections == 3


def test_the_ca_bundle_is_removed_at_the_end() -> None:
    with Emulator(tls=True) as emulator:
        bundle = pathlib.Path(emulator.ca_bundle)
        assert bundle.exists()
    assert not bundle.parent.exists()


def test_an_unfinished_handshake_does_not_block_other_connections(secure: Emulator) -> None:
    with socket.create_connection(("127.0.0.1", port_of(secure))):
        client_for(secure, verify=secure.ca_bundle).get_voice_connector(**READ)


@pytest.mark.parametrize(
    ("drop", "error", "message"),
    [
        ("handshake_close", SSLError, "EOF"),
        ("handshake_alert", SSLError, "(?i)TLSV1_ALERT_INTERNAL_ERROR|tlsv1 alert internal error"),
    ],
)
def test_a_handshake_can_be_refused(secure: Emulator, drop: str, error: Any, message: str) -> None:
    secure.faults = [Fault("DeleteVoiceConnector", request_has="nothing", drop=drop, times=2)]
    client = client_for(secure, verify=secure.ca_bundle)
    for _time in range(2):
        with pytest.raises(error, match=message):
            client.get_voice_connector(**READ)
    client.get_voice_connector(**READ)
    assert (secure.connections, secure.operations()) == (3, ["GetVoiceConnector"])


def test_a_tls_connection_can_be_reset(secure: Emulator) -> None:
    secure.faults = [Fault(drop="reset")]
    with pytest.raises((ConnectionClosedError, SSLError)):
        client_for(secure, verify=secure.ca_bundle).get_voice_connector(**READ)
