# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the table of settings matches botocore's service model."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict

from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import SETTINGS, Setting, to_iso_8601
from ansible_collections.chime_sdk.voice.plugins.module_utils._shapes import setting_result
from ansible_collections.chime_sdk.voice.tests.emulator.service import MODEL

# Operations that do not read a setting of one Voice Connector.
NOT_SETTINGS = {"GetVoiceConnector", "GetVoiceConnectorGroup", "ListVoiceConnectors", "ListVoiceConnectorGroups"}


def members_of(shape: Any) -> Any:
    """Return the members that the table must have for a botocore shape."""
    if shape.type_name == "structure":
        return {
            next(iter(camel_dict_to_snake_dict({name: None}))): members_of(inner)
            for name, inner in shape.members.items()
        }
    if shape.type_name == "list":
        item = members_of(shape.member)
        return [item] if item else []
    return to_iso_8601 if shape.type_name == "timestamp" else None


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_every_setting_has_the_members_in_the_service_model(setting: Setting) -> None:
    if setting.operation not in MODEL.operation_names:
        assert setting.name == "external_systems", "the oldest botocore lacks only this setting"
        return
    output = MODEL.operation_model(setting.operation).output_shape
    shape = output.members[setting.member]
    if shape.type_name == "list":
        assert setting.members == {setting.member.lower(): members_of(shape)}
    else:
        assert setting.members == members_of(shape)


def test_every_setting_of_the_service_is_in_the_table() -> None:
    known = {setting.operation for setting in SETTINGS.values()} | NOT_SETTINGS
    reading = {name for name in MODEL.operation_names if name.startswith(("GetVoiceConnector", "ListVoiceConnector"))}
    assert reading <= known


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_a_setting_without_values_has_every_key(setting: Setting) -> None:
    for structure, known, exists in ((None, True, False), (None, False, None), ({}, True, True)):
        result = setting_result(setting, structure, known)
        assert result.pop("exists") is exists
        assert list(result) == list(setting.members)
        for key, value in result.items():
            inner = setting.members[key]
            expected: Any = [] if isinstance(inner, list) else dict.fromkeys(inner) if isinstance(inner, dict) else None
            assert value == expected


def test_list_items_have_every_key_and_keep_unknown_members() -> None:
    structure = {"Routes": [{"Host": "198.51.100.10", "Weight": None, "ViaSIPTrunk": True}], "Disabled": None}
    assert setting_result(SETTINGS["origination"], structure) == {
        "exists": True,
        "routes": [
            {
                "host": "198.51.100.10",
                "port": None,
                "protocol": None,
                "priority": None,
                "weight": None,
                "via_sip_trunk": True,
            }
        ],
        "disabled": None,
    }


def test_acronyms_become_one_word() -> None:
    logging = {"EnableSIPLogs": True, "EnableMediaMetricLogs": False}
    assert setting_result(SETTINGS["logging"], logging)["enable_sip_logs"] is True
    number = {"EmergencyPhoneNumber": "+12065550110", "CallingCountry": "US"}
    result = setting_result(SETTINGS["emergency_calling"], {"DNIS": [number]})
    assert result["dnis"] == [
        {"emergency_phone_number": "+12065550110", "test_phone_number": None, "calling_country": "US"}
    ]


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T03:04:05.678-08:00", "2026-01-02T11:04:05.678000+00:00"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05+00:00"),
        ("Fri Aug 23 16:45:55 UTC 2019", "2019-08-23T16:45:55+00:00"),
        (0, "1970-01-01T00:00:00+00:00"),
        ("yesterday", "yesterday"),
        ("", ""),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (10**30, str(10**30)),
    ],
)
def test_timestamps_become_iso_8601_and_other_values_become_strings(timestamp: Any, expected: str) -> None:
    assert to_iso_8601(timestamp) == expected
