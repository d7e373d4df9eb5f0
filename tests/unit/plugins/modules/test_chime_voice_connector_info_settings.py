# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read every setting with chime_voice_connector_info, through the real main()."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.chime_sdk.voice.plugins.module_utils import _bulk
from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import SETTINGS
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.emulator.service import MODEL
from ansible_collections.chime_sdk.voice.tests.unit.cases import FAULTS
from ansible_collections.chime_sdk.voice.tests.unit.helpers import STATE, connection_to, run_main, track_peak_in_flight

FULL, EMPTY = "abcdef1ghij2klmno3pqr4", "bcdefg2hijk3lmnop4qrs5"
CONNECTOR = "GetVoiceConnector"

# For each setting: a value that the service returns, and the result of the module for it, except the key ``exists``.
VALUES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = yaml.safe_load("""
proxy:
  - {DefaultSessionExpiryMinutes: 60, Disabled: false, FallBackPhoneNumber: "+12065550100", PhoneNumberCountries: [US]}
  - default_session_expiry_minutes: 60
    disabled: false
    fall_back_phone_number: "+12065550100"
    phone_number_countries: [US]
termination:
  - {CpsLimit: 2, DefaultPhoneNumber: "+12065550101", CallingRegions: [US, CA], Disabled: true,
     CidrAllowedList: [203.0.113.0/28, "2001:db8::/64"]}
  - {cps_limit: 2, default_phone_number: "+12065550101", calling_regions: [US, CA], disabled: true,
     cidr_allowed_list: [203.0.113.0/28, "2001:db8::/64"]}
termination_health:
  - {Timestamp: "2026-11-24T16:45:55Z", Source: 203.0.113.5}
  - {timestamp: "2026-11-24T16:45:55+00:00", source: 203.0.113.5}
termination_credentials:
  - {Usernames: [pbx-0, pbx-1, pbx-2]}
  - {usernames: [pbx-0, pbx-1, pbx-2]}
origination:
  - {Routes: [{Host: 198.51.100.10, Port: 5061, Protocol: TCP, Priority: 1, Weight: 7}], Disabled: false}
  - {routes: [{host: 198.51.100.10, port: 5061, protocol: TCP, priority: 1, weight: 7}], disabled: false}
logging:
  - {EnableSIPLogs: true, EnableMediaMetricLogs: false}
  - {enable_sip_logs: true, enable_media_metric_logs: false}
streaming:
  - DataRetentionInHours: 24
    Disabled: false
    StreamingNotificationTargets: [{NotificationTarget: SNS}, {NotificationTarget: SQS}]
    MediaInsightsConfiguration: {Disabled: false, ConfigurationArn: "arn:aws:chime:us-east-1:111122223333:example"}
  - data_retention_in_hours: 24
    disabled: false
    streaming_notification_targets: [{notification_target: SNS}, {notification_target: SQS}]
    media_insights_configuration: {disabled: false, configuration_arn: "arn:aws:chime:us-east-1:111122223333:example"}
emergency_calling:
  - DNIS: [{EmergencyPhoneNumber: "+12065550110", TestPhoneNumber: "+12065550111", CallingCountry: US}]
  - dnis: [{emergency_phone_number: "+12065550110", test_phone_number: "+12065550111", calling_country: US}]
external_systems:
  - {SessionBorderControllerTypes: [RIBBON_SBC, AVAYA_SBCE], ContactCenterSystemTypes: [AVAYA_AURA_CONTACT_CENTER]}
  - session_border_controller_types: [RIBBON_SBC, AVAYA_SBCE]
    contact_center_system_types: [AVAYA_AURA_CONTACT_CENTER]
""")
# The settings that this botocore supports. The oldest supported botocore lacks external_systems.
NAMES = [name for name, setting in SETTINGS.items() if setting.operation in MODEL.operation_names]
EACH_SETTING = pytest.mark.parametrize("name", NAMES)
LISTS = {name for name in NAMES if isinstance(VALUES[name][0].get(SETTINGS[name].member), list)}


def empty_result(name: str, exists: bool | None) -> dict[str, Any]:
    """Return the result for a setting without values. *exists* is None if it is unknown whether the setting exists."""
    values: dict[str, Any] = {key: [] if isinstance(value, list) else None for key, value in VALUES[name][1].items()}
    if name == "streaming":
        values["media_insights_configuration"] = {"disabled": None, "configuration_arn": None}
    return {"exists": exists, **values}


def state(*names: str) -> dict[str, Any]:
    """Return a state with two Voice Connectors: FULL with the settings *names*, and EMPTY without settings."""
    full: dict[str, Any] = {"VoiceConnectorId": FULL, "Name": "reception"}
    for name in names:
        # A setting has the same key in the state as in a response. The only exception is the list of usernames.
        structure = VALUES[name][0]
        seed = "TerminationCredentials" if name in LISTS else SETTINGS[name].member
        full[seed] = structure["Usernames"] if name in LISTS else structure
    return {**STATE, "voice_connectors": [full, {"VoiceConnectorId": EMPTY, "Name": "warehouse"}]}


@pytest.fixture
def full_emulator() -> Iterator[Emulator]:
    with Emulator(state(*NAMES)) as running:
        yield running


@pytest.fixture
def empty_emulator() -> Iterator[Emulator]:
    with Emulator(state()) as running:
        yield running


def read_from(emulator: Emulator, *include: str, **options: Any) -> dict[str, Any]:
    return run_main("chime_voice_connector_info", {**connection_to(emulator), "include": list(include), **options})


def read_one(emulator: Emulator, name: str, *faults: Fault, **options: Any) -> dict[str, Any]:
    """Check that reading a setting of the Voice Connector FULL succeeds, and return the setting."""
    emulator.faults = list(faults)
    result = read_from(emulator, name, voice_connector_ids=[FULL], **options)
    assert "failed" not in result, result["msg"]
    (connector,) = result["voice_connectors"]
    setting: dict[str, Any] = connector[name]
    return setting


def response_with(name: str, body: Any, **changes: Any) -> Fault:
    text = body if isinstance(body, str) else json.dumps(body)
    return Fault(SETTINGS[name].operation, body=text, **changes)


# Settings that are set


def test_the_test_data_has_a_value_for_every_member() -> None:
    for name, setting in SETTINGS.items():
        structure, result = VALUES[name]
        assert set(result) == set(setting.members)
        assert len(structure) == len(result)
        assert None not in result.values() and [] not in result.values()


def test_all_settings_are_read_with_one_request_each(full_emulator: Emulator) -> None:
    result = read_from(full_emulator, *NAMES, "tags")
    assert result["errors"] == []
    full, empty = result["voice_connectors"]
    assert {name: full[name] for name in NAMES} == {name: {"exists": True, **VALUES[name][1]} for name in NAMES}
    assert {name: empty[name] for name in NAMES} == {name: empty_result(name, False) for name in NAMES}
    # One request lists both connectors. Each connector also needs one request for its tags and one for each setting.
    assert len(full_emulator.operations()) == 1 + 2 + 2 * len(NAMES)


def test_only_included_settings_are_read_and_returned(full_emulator: Emulator) -> None:
    (full,) = read_from(full_emulator, "logging", voice_connector_ids=[FULL])["voice_connectors"]
    assert set(SETTINGS) & set(full) == {"logging"}
    assert full_emulator.operations() == [CONNECTOR, "GetVoiceConnectorLoggingConfiguration"]


def test_unusual_values_from_the_service_are_returned(full_emulator: Emulator) -> None:
    termination = read_one(full_emulator, "termination", response_with("termination", {"Termination": {"CpsLimit": 0}}))
    assert termination == {**empty_result("termination", True), "cps_limit": 0}
    for given, expected in (
        ("Fri Aug 23 16:45:55 UTC 2019", "2019-08-23T16:45:55+00:00"),
        ("yesterday", "yesterday"),
        (1_780_000_000, "2026-05-28T20:26:40+00:00"),
        (None, None),
    ):
        fault = response_with("termination_health", {"TerminationHealth": {"Timestamp": given, "Source": None}})
        health = read_one(full_emulator, "termination_health", fault)
        assert health == {"exists": True, "timestamp": expected, "source": None}


# Settings that are not set


@pytest.mark.parametrize("form", ["NotFoundException", "without the member", "null", "empty"])
def test_every_form_of_response_for_an_unset_setting_means_that_it_does_not_exist(
    empty_emulator: Emulator, form: str
) -> None:
    for name in NAMES:
        member = SETTINGS[name].member
        bodies = {"without the member": {}, "null": {member: None}, "empty": {member: [] if name in LISTS else {}}}
        operation = SETTINGS[name].operation
        empty_emulator.faults.append(
            Fault(operation, error=form) if form not in bodies else response_with(name, bodies[form])
        )
    result = read_from(empty_emulator, *NAMES, voice_connector_ids=[FULL])
    (connector,) = result["voice_connectors"]
    assert result["errors"] == []
    assert {name: connector[name] for name in NAMES} == {name: empty_result(name, False) for name in NAMES}
    assert sorted(empty_emulator.operations()) == sorted([CONNECTOR, *(SETTINGS[name].operation for name in NAMES)])


# Settings that cannot be read


def assert_all_unknown(result: dict[str, Any], *words: str) -> None:
    """Assert that all settings of the Voice Connector FULL are unknown, and that each error contains *words*."""
    connector = result["voice_connectors"][0]
    assert {name: connector[name] for name in NAMES} == {name: empty_result(name, None) for name in NAMES}
    errors = [error for error in result["errors"] if error["voice_connector_id"] == FULL]
    assert [error["action"] for error in errors] == [SETTINGS[name].operation for name in NAMES]
    for name, error in zip(NAMES, errors):
        assert f"Failed to get the {SETTINGS[name].title} of Voice Connector {FULL} in us-east-1" in error["message"]
        for word in words:
            assert word.format(SETTINGS[name].operation) in error["message"]


def test_an_empty_response_without_a_request_id_makes_a_setting_unknown(empty_emulator: Emulator) -> None:
    empty_emulator.faults = [response_with(name, "{}", request_id=False) for name in NAMES]
    assert_all_unknown(read_from(empty_emulator, *NAMES, voice_connector_ids=[FULL]), "unreadable")


def test_a_404_for_a_connector_in_an_unread_region_makes_a_setting_unknown(empty_emulator: Emulator) -> None:
    other_region = {"VoiceConnectors": [{"VoiceConnectorId": FULL, "AwsRegion": "us-west-2"}]}
    empty_emulator.faults = [Fault(SETTINGS[name].operation, error="NotFoundException") for name in NAMES]
    empty_emulator.faults.append(Fault("ListVoiceConnectors", body=json.dumps(other_region)))
    assert_all_unknown(read_from(empty_emulator, *NAMES), "because the Voice Connector belongs to us-west-2")


def test_denied_settings_are_unknown_and_the_other_connector_is_read(full_emulator: Emulator) -> None:
    full_emulator.faults = [
        Fault(SETTINGS[name].operation, request_has=FULL, error="ForbiddenException") for name in NAMES
    ]
    result = read_from(full_emulator, *NAMES)
    assert result["failed"] is True and result["stopped"] is False
    assert_all_unknown(result, "Grant these credentials the IAM action chime:{}")
    assert result["voice_connectors"][1]["logging"] == empty_result("logging", False)


@EACH_SETTING
def test_a_denied_setting_does_not_affect_the_others(full_emulator: Emulator, name: str) -> None:
    full_emulator.faults = [Fault(SETTINGS[name].operation, error="ForbiddenException")]
    result = read_from(full_emulator, *NAMES, voice_connector_ids=[FULL])
    (connector,) = result["voice_connectors"]
    assert [other for other in NAMES if connector[other]["exists"] is not True] == [name]
    assert [error["action"] for error in result["errors"]] == [SETTINGS[name].operation]


@pytest.mark.parametrize("kind", ["page", "cut", "type", "members"])
def test_an_unreadable_response_makes_a_setting_unknown(full_emulator: Emulator, kind: str) -> None:
    for name in NAMES:
        member = SETTINGS[name].member
        body = {
            "page": "<html><body>Sign in</body></html>",
            "cut": json.dumps({member: VALUES[name][0]})[:-5],
            "type": json.dumps({member: {} if name in LISTS else []}),
            "members": '{"Message": "Not Found"}',
        }[kind]
        full_emulator.faults.append(response_with(name, body))
    assert_all_unknown(read_from(full_emulator, *NAMES, voice_connector_ids=[FULL]), "unreadable")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("termination", {"Termination": {"CpsLimit": "2"}}),
        ("termination", {"Termination": {"CidrAllowedList": "203.0.113.0/28"}}),
        ("origination", {"Origination": {"Routes": [{"Port": "5060"}]}}),
        ("origination", {"Origination": {"Routes": ["198.51.100.10"]}}),
        ("streaming", {"StreamingConfiguration": {"MediaInsightsConfiguration": []}}),
        ("termination_health", {"TerminationHealth": {"Timestamp": True}}),
        ("termination_credentials", {"Usernames": [1]}),
        ("logging", {"LoggingConfiguration": {"EnableSIPLogs": "true"}}),
    ],
)
def test_a_member_with_a_wrong_type_makes_the_response_unreadable(
    full_emulator: Emulator, name: str, body: dict[str, Any]
) -> None:
    full_emulator.faults = [response_with(name, body)]
    result = read_from(full_emulator, name, voice_connector_ids=[FULL])
    assert "unreadable" in result["msg"] and "is not of the type" in result["msg"]
    assert result["voice_connectors"][0][name]["exists"] is None


@pytest.mark.parametrize("fault", FAULTS)
def test_a_temporary_fault_is_retried_and_a_lasting_fault_makes_the_setting_unknown(
    full_emulator: Emulator, sleeps: list[float], fault: dict[str, Any]
) -> None:
    operation = SETTINGS["termination"].operation
    assert read_one(full_emulator, "termination", Fault(operation, **fault, times=2))["exists"] is True
    full_emulator.faults = [Fault(operation, **fault)]
    result = read_from(full_emulator, "termination", voice_connector_ids=[FULL])
    assert result["failed"] is True
    assert result["voice_connectors"][0]["termination"] == empty_result("termination", None)


@pytest.mark.parametrize(
    "fault", [{"status": 410, "style": "bare"}, {"status": 404, "body": "<UnknownOperationException/>"}]
)
def test_only_messages_about_proxies_mention_the_end_of_support(full_emulator: Emulator, fault: dict[str, Any]) -> None:
    full_emulator.faults = [Fault(SETTINGS[name].operation, **fault) for name in NAMES]
    result = read_from(full_emulator, *NAMES, voice_connector_ids=[FULL])
    assert_all_unknown(result, "the service does not offer this operation")
    ended = [error["action"] for error in result["errors"] if "2026-04-07" in error["message"]]
    assert ended == ["GetVoiceConnectorProxy"]


def test_a_defect_in_one_setting_does_not_affect_the_others(
    full_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: Callable[..., Any] = getattr(_bulk, "get_setting")  # noqa: B009

    def break_one(client: Any, setting: Any, *arguments: Any) -> Any:
        return 1 / 0 if setting.name == "logging" else read(client, setting, *arguments)

    monkeypatch.setattr(_bulk, "get_setting", break_one)
    result = read_from(full_emulator, "logging", "streaming", voice_connector_ids=[FULL])
    (error,) = result["errors"]
    assert "This is a bug in the collection" in error["message"]
    (full,) = result["voice_connectors"]
    assert full["logging"] == empty_result("logging", None)
    assert full["streaming"]["exists"] is True


# Concurrency


@pytest.mark.parametrize(
    ("ids", "concurrency", "expected"),
    [([FULL], 1, 1), ([FULL], 4, 4), ([FULL, EMPTY], 7, 6), ([FULL, EMPTY], 2, 2), ([FULL], 64, len(NAMES))],
)
def test_the_settings_of_a_few_connectors_are_read_concurrently_within_the_limit(
    full_emulator: Emulator, monkeypatch: pytest.MonkeyPatch, ids: list[str], concurrency: int, expected: int
) -> None:
    peak = track_peak_in_flight(monkeypatch, full_emulator, 0.1)
    result = read_from(full_emulator, *NAMES, voice_connector_ids=ids, concurrency=concurrency)
    assert result["errors"] == []
    assert expected - 1 <= peak() <= concurrency
