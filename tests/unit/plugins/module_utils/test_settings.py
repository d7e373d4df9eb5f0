# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that SETTINGS matches botocore's service model."""

from __future__ import annotations

import datetime
import random
import re
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from botocore.utils import parse_timestamp

from ansible_collections.chime_sdk.voice.plugins.module_utils._plan import GIVEN
from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import CONNECTOR, SETTINGS, to_iso_8601
from ansible_collections.chime_sdk.voice.plugins.module_utils._shapes import Setting, setting_result
from ansible_collections.chime_sdk.voice.plugins.modules import chime_voice_connector
from ansible_collections.chime_sdk.voice.plugins.modules.chime_voice_connector import OPTIONS
from ansible_collections.chime_sdk.voice.tests.emulator.service import MODEL

# The operations that do not read a setting, although their names begin with GetVoiceConnector or ListVoiceConnector.
NOT_SETTINGS = {"GetVoiceConnector", "GetVoiceConnectorGroup", "ListVoiceConnectors", "ListVoiceConnectorGroups"}


TYPES = {"boolean": bool, "integer": int, "string": str, "timestamp": to_iso_8601}


def kind_of(shape: Any) -> Any:
    """Convert a shape of the service model to a type in the form that ``Setting.members`` contains."""
    if shape.type_name == "structure":
        return {
            next(iter(camel_dict_to_snake_dict({name: None}))): (
                inner.serialization.get("name", name),
                kind_of(inner),
            )
            for name, inner in shape.members.items()
        }
    return [kind_of(shape.member)] if shape.type_name == "list" else TYPES[shape.type_name]


def without_rules(kind: Any) -> Any:
    """In a type of ``Setting.members``, replace each class that checks values, such as Minutes, with its base class."""
    if isinstance(kind, dict):
        return {key: (name, without_rules(inner)) for key, (name, inner) in kind.items()}
    if isinstance(kind, list):
        return [without_rules(kind[0])]
    return kind.__base__ if isinstance(kind, type) and kind not in (bool, int, str) else kind


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_every_setting_has_the_members_in_the_service_model(setting: Setting) -> None:
    if setting.operation not in MODEL.operation_names:
        assert setting.name == "external_systems", "botocore lacks this setting"
        return
    shape = MODEL.operation_model(setting.operation).output_shape.members[setting.member]
    if setting.kind is list:
        assert setting.members == {setting.member.lower(): (setting.member, kind_of(shape))}
    else:
        assert without_rules(setting.members) == kind_of(shape)


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_every_setting_has_the_writes_in_the_service_model(setting: Setting) -> None:
    name = re.sub("^(Get|List)", "", setting.operation)
    if setting.operation in MODEL.operation_names:
        verbs = {"Put": setting.put, "Delete": setting.delete}
        assert {v: f"{v}{name}" if f"{v}{name}" in MODEL.operation_names else None for v in verbs} == verbs
    if setting.put in MODEL.operation_names and setting.name != "termination_credentials":
        sent = dict(MODEL.operation_model(setting.put).input_shape.members)
        del sent["VoiceConnectorId"]
        members = {name for name, _kind in setting.members.values()}
        assert set(sent) == {setting.member} or {n.replace("NumberPool", "Number") for n in sent} == members


@pytest.mark.parametrize("setting", GIVEN.values(), ids=GIVEN)
def test_every_setting_has_its_keys_as_documented_options(setting: Setting) -> None:
    documented = yaml.safe_load(chime_voice_connector.DOCUMENTATION)["options"][setting.name]["suboptions"]
    assert keys_of(documented, "suboptions") == keys_of(OPTIONS[setting.name]["options"], "options")
    added = {"exists", "credentials"} if setting.name == "termination_credentials" else {"exists"}
    assert set(documented) == {*setting.members} | added


def keys_of(options: dict[str, Any], inner: str) -> dict[str, Any]:
    """Return the names and types of options and their suboptions."""
    return {
        name: (option["type"], option.get("elements"), keys_of(option.get(inner, {}), inner))
        for name, option in options.items()
    }


def test_a_connector_has_the_members_in_the_service_model() -> None:
    members = kind_of(MODEL.shape_for("VoiceConnector"))
    # The oldest supported botocore lacks integration_type and network_type.
    assert members == {key: CONNECTOR[key] for key in members}
    assert set(CONNECTOR) - set(members) <= {"integration_type", "network_type"}


def test_every_setting_of_the_service_is_in_settings() -> None:
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
            kind = inner[1]
            expected: Any = [] if isinstance(kind, list) else dict.fromkeys(kind) if isinstance(kind, dict) else None
            assert value == expected


def test_list_items_have_every_documented_key_and_no_other() -> None:
    structure = {"Routes": [{"Host": "198.51.100.10", "Weight": None, "host": 5}], "Disabled": None, "routes": 5}
    assert setting_result(SETTINGS["origination"], structure) == {
        "exists": True,
        "routes": [
            {
                "host": "198.51.100.10",
                "port": None,
                "protocol": None,
                "priority": None,
                "weight": None,
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
        ("2026-13-02T03:04:05Z", "2026-13-02T03:04:05Z"),
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


def test_usual_timestamps_are_converted_as_botocore_would() -> None:
    generator = random.Random(18)
    for _number in range(500):
        seconds, fraction = generator.randrange(4 * 10**9), generator.randrange(10**6)
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds, microseconds=fraction)
        for precision in ("seconds", "milliseconds", "microseconds"):
            timestamp = moment.isoformat(timespec=precision) + "Z"
            assert to_iso_8601(timestamp) == parse_timestamp(timestamp).isoformat()
