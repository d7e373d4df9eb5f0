# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A forward proxy between a real boto3 client and the emulator."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ProxyConnectionError

from ansible_collections.chime_sdk.voice.tests.emulator.proxy import ProxyServer
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.emulator.conftest import ONCE, client_for
from ansible_collections.chime_sdk.voice.tests.unit.helpers import STATE, WITHOUT_PROXY

PUT = {
    "VoiceConnectorId": WITHOUT_PROXY,
    "DefaultSessionExpiryMinutes": 5,
    "PhoneNumberPoolCountries": ["US"],
}


def client_through(proxy: ProxyServer, emulator: Emulator) -> Any:
    config = Config(proxies={"http": proxy.url, "https": proxy.url})
    return client_for(emulator, config=ONCE.merge(config), verify=emulator.ca_bundle if emulator.tls else None)


def test_http_requests_are_forwarded(emulator: Emulator) -> None:
    with ProxyServer() as proxy:
        client = client_through(proxy, emulator)
        client.put_voice_connector_proxy(**PUT)
        client.get_voice_connector_proxy(VoiceConnectorId=WITHOUT_PROXY)
        client.close()
    path = f"{emulator.url}/voice-connectors/{WITHOUT_PROXY}/programmable-numbers/proxy"
    assert proxy.requests == [f"PUT {path}", f"GET {path}"]
    assert emulator.operations() == ["PutVoiceConnectorProxy", "GetVoiceConnectorProxy"]


def test_tls_is_tunneled() -> None:
    with Emulator(STATE, tls=True) as emulator, ProxyServer() as proxy:
        client = client_through(proxy, emulator)
        client.put_voice_connector_proxy(**PUT)
        client.close()
        assert proxy.requests == [f"CONNECT {emulator.url.removeprefix('https://')}"]
        assert emulator.operations() == ["PutVoiceConnectorProxy"]


@pytest.mark.parametrize("status", [403, 407, 502])
def test_an_http_request_can_be_refused_with_an_html_page(emulator: Emulator, status: int) -> None:
    with ProxyServer(status) as proxy, pytest.raises(ClientError) as error:
        client_through(proxy, emulator).put_voice_connector_proxy(**PUT)
    metadata = error.value.response["ResponseMetadata"]
    assert (metadata["HTTPStatusCode"], metadata["HTTPHeaders"]["content-type"]) == (status, "text/html;charset=utf-8")
    assert "RequestId" not in metadata
    assert (len(proxy.requests), emulator.operations()) == (1, [])


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_tunnel_can_be_refused(status: int) -> None:
    with Emulator(STATE, tls=True) as emulator, ProxyServer(status) as proxy:
        with pytest.raises(ProxyConnectionError) as error:
            client_through(proxy, emulator).put_voice_connector_proxy(**PUT)
        assert f"Tunnel connection failed: {status}" in str(error.value.kwargs["error"])
        assert (len(proxy.requests), emulator.connections) == (1, 0)


def test_only_loopback_addresses_are_reachable(emulator: Emulator) -> None:
    with ProxyServer() as proxy:
        config = Config(proxies={"http": proxy.url})
        client = client_for(emulator, config=ONCE.merge(config), endpoint_url="http://voice.example")
        with pytest.raises(ClientError, match="502"):
            client.list_voice_connectors()
