# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the conversion of Voice Connectors and their settings from the form of the service to the form of a result."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils._connectors import connector_result
from ansible_collections.chime_sdk.voice.plugins.module_utils._shapes import PROXY, proxy_result, setting_result
from ansible_collections.chime_sdk.voice.tests.unit.helpers import EMPTY_PROXY, NO_PROXY, UNKNOWN_PROXY


@pytest.mark.parametrize(
    ("proxy", "expected"),
    [
        ({}, EMPTY_PROXY),
        ({"Disabled": False}, {**EMPTY_PROXY, "disabled": False}),
        ({"DefaultSessionExpiryMinutes": 0}, {**EMPTY_PROXY, "default_session_expiry_minutes": 0}),
        ({"PhoneNumberCountries": ["US"]}, {**EMPTY_PROXY, "phone_number_countries": ["US"]}),
        ({"SomethingNew": {"InsideIt": 1}, "exists": False, "Exists": False, "disabled": "maybe"}, EMPTY_PROXY),
    ],
)
def test_a_proxy_has_every_key_and_no_guessed_value(proxy: dict[str, Any], expected: dict[str, Any]) -> None:
    original = copy.deepcopy(proxy)
    assert proxy_result(proxy) == expected
    assert proxy == original


def test_an_absent_or_unknown_proxy_has_every_key() -> None:
    assert proxy_result(None) == NO_PROXY
    assert setting_result(PROXY, None, known=False) == UNKNOWN_PROXY


def test_results_do_not_share_lists() -> None:
    proxy_result({})["phone_number_countries"].append("US")
    assert proxy_result({})["phone_number_countries"] == []


def test_a_connector_has_every_key_and_timestamps_in_iso_8601() -> None:
    entry = {
        "VoiceConnectorId": "abcdef1ghij2klmno3pqr4",
        "RequireEncryption": False,
        "CreatedTimestamp": "2026-01-02T03:04:05.000Z",
        "Name": None,
        "SomethingNew": "yes",
        "Region": "us-west-2",
        "name": "reception",
    }
    original = copy.deepcopy(entry)
    assert connector_result(entry, "us-east-1") == {
        "region": "us-east-1",
        "voice_connector_id": "abcdef1ghij2klmno3pqr4",
        "voice_connector_arn": None,
        "name": None,
        "aws_region": None,
        "outbound_host_name": None,
        "require_encryption": False,
        "created_timestamp": "2026-01-02T03:04:05+00:00",
        "updated_timestamp": None,
        "integration_type": None,
        "network_type": None,
    }
    assert entry == original
