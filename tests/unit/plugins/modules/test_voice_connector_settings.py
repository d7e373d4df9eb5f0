# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every setting that chime_voice_connector_info reads, through the real main()."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from typing import Callable

import boto3
import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils import _bulk
from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import SETTINGS
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.emulator.service import MODEL
from ansible_collections.chime_sdk.voice.tests.unit.cases import FAULTS
from ansible_collections.chime_sdk.voice.tests.unit.helpers import STATE
from ansible_collections.chime_sdk.voice.tests.unit.helpers import connection_to
from ansible_collections.chime_sdk.voice.tests.unit.helpers import run_main
from ansible_collections.chime_sdk.voice.tests.unit.helpers import track_peak_in_flight

FULL, EMPTY = "abcdef1ghij2klmno3pqr4", "bcdefg2hijk3lmnop4qrs5"
CONNECTOR = "GetVoiceConnector"
ARN = "arn:aws:chime:us-east-1:111122223333:media-insights-pipeline-configuration/example"

# By name: the structure of the service, and what the module returns for it beside exists.
VALUES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "proxy": (
        {
            "DefaultSessionExpiryMinutes": 60,
            "Disabled": False,
            "FallBackPhoneNumber": "+12065550100",
            "PhoneNumberCountries": ["US"],
        },
        {
            "default_session_expiry_minutes": 60,
            "disabled": False,
            "fall_back_phone_number": "+12065550100",
            "phone_number_countries": ["US"],
        },
    ),
    "termination": (
        {
            "CpsLimit": 2,
            "DefaultPhoneNumber": "+12065550101",
            "CallingRegions": ["US", "CA"],
            "CidrAllowedList": ["203.0.113.0/28", "2001:db8::/64"],
            "Disabled": True,
        },
        {
            "cps_limit": 2,
            "default_phone_number": "+12065550101",
            "calling_regions": ["US", "CA"],
            "cidr_allowed_list": ["203.0.113.0/28", "2001:db8::/64"],
            "disabled": True,
        },
    ),
    "termination_health": (
        {"Timestamp": "2026-11-24T16:45:55Z", "Source": "203.0.113.5"},
        {"timestamp": "2026-11-24T16:45:55+00:00", "source": "203.0.113.5"},
    ),
    "termination_credentials": (
        {"Usernames": [f"pbx-{number}" for number in range(12)]},
        {"usernames": [f"pbx-{number}" for number in range(12)]},
    ),
    "origination": (
        {
            "Routes": [{"Host": "198.51.100.10", "Port": 5061, "Protocol": "TCP", "Priority": 1, "Weight": 7}],
            "Disabled": False,
        },
        {
            "routes": [{"host": "198.51.100.10", "port": 5061, "protocol": "TCP", "priority": 1, "weight": 7}],
            "disabled": False,
        },
    ),
    "logging": (
        {"EnableSIPLogs": True, "EnableMediaMetricLogs": False},
        {"enable_sip_logs": True, "enable_media_metric_logs": False},
    ),
    "streaming": (
        {
            "DataRetentionInHours": 24,
            "Disabled": False,
            "StreamingNotificationTargets": [{"NotificationTarget": "SNS"}, {"NotificationTarget": "SQS"}],
            "MediaInsightsConfiguration": {"Disabled": False, "ConfigurationArn": ARN},
        },
        {
            "data_retention_in_hours": 24,
            "disabled": False,
            "streaming_notification_targets": [{"notification_target": "SNS"}, {"notification_target": "SQS"}],
            "media_insights_configuration": {"disabled": False, "configuration_arn": ARN},
        },
    ),
    "emergency_calling": (
        {
            "DNIS": [
                {
                    "EmergencyPhoneNumber": "+12065550110",
                    "TestPhoneNumber": "+12065550111",
                    "CallingCountry": "US",
                }
            ]
        },
        {
            "dnis": [
                {
                    "emergency_phone_number": "+12065550110",
                    "test_phone_number": "+12065550111",
                    "calling_country": "US",
                }
            ]
        },
    ),
    "external_systems": (
        {
            "SessionBorderControllerTypes": ["RIBBON_SBC", "AVAYA_SBCE"],
            "ContactCenterSystemTypes": ["AVAYA_AURA_CONTACT_CENTER"],
        },
        {
            "session_border_controller_types": ["RIBBON_SBC", "AVAYA_SBCE"],
            "contact_center_system_types": ["AVAYA_AURA_CONTACT_CENTER"],
        },
    ),
}
# Those that this botocore has; the oldest does not have external_systems.
NAMES = [name for name, setting in SETTINGS.items() if setting.operation in MODEL.operation_names]
EACH = pytest.mark.parametrize("name", NAMES)
LISTS = {name for name in NAMES if isinstance(VALUES[name][0].get(SETTINGS[name].member), list)}


def empty_result(name: str, exists: bool | None) -> dict[str, Any]:
    """Return the result of a setting that is not set."""
    nothing: dict[str, Any] = {key: [] if isinstance(value, list) else None for key, value in VALUES[name][1].items()}
    if name == "streaming":
        nothing["media_insights_configuration"] = {"disabled": None, "configuration_arn": None}
    return {"exists": exists, **nothing}


def state(*names: str) -> dict[str, Any]:
    """Return the state of the emulator: a Voice Connector with these settings, and one without any."""
    full: dict[str, Any] = {"VoiceConnectorId": FULL, "Name": "reception"}
    for name in names:
        # The state has the member names of the operations, except for the user names.
        structure = VALUES[name][0]
        seed = "TerminationCredentials" if name in LISTS else SETTINGS[name].member
        full[seed] = structure["Usernames"] if name in LISTS else structure
    return {**STATE, "voice_connectors": [full, {"VoiceConnectorId": EMPTY, "Name": "warehouse"}]}


@pytest.fixture
def everything() -> Iterator[Emulator]:
    with Emulator(state(*NAMES)) as running:
        yield running


@pytest.fixture
def nothing() -> Iterator[Emulator]:
    with Emulator(state()) as running:
        yield running


def read_from(emulator: Emulator, *include: str, **options: Any) -> dict[str, Any]:
    return run_main("chime_voice_connector_info", {**connection_to(emulator), "include": list(include), **options})


def read_one(emulator: Emulator, name: str, *faults: Fault, **options: Any) -> dict[str, Any]:
    """Return one setting of the first Voice Connector; the task must succeed."""
    emulator.faults = list(faults)
    result = read_from(emulator, name, voice_connector_ids=[FULL], **options)
    assert "failed" not in result, result["msg"]
    (connector,) = result["voice_connectors"]
    setting: dict[str, Any] = connector[name]
    return setting


def answer_with(name: str, body: Any, **changes: Any) -> Fault:
    text = body if isinstance(body, str) else json.dumps(body)
    return Fault(SETTINGS[name].operation, body=text, **changes)


# What is set


def client_of(emulator: Emulator) -> Any:
    return boto3.client(
        "chime-sdk-voice",
        region_name="us-east-1",
        endpoint_url=emulator.url,
        aws_access_key_id="AKIDEMULATOR",
        aws_secret_access_key="emulator-secret-key",
    )


def put(client: Any, name: str) -> None:
    """Set a setting as boto3 does."""
    structure = VALUES[name][0]
    if name == "proxy":
        proxy = {**structure, "PhoneNumberPoolCountries": structure["PhoneNumberCountries"]}
        del proxy["PhoneNumberCountries"]
        client.put_voice_connector_proxy(VoiceConnectorId=FULL, **proxy)
    elif name == "termination_credentials":
        put(client, "termination")
        for number in range(0, 12, 10):
            credentials = [{"Username": user, "Password": "x" * 8} for user in structure["Usernames"][number:][:10]]
            client.put_voice_connector_termination_credentials(VoiceConnectorId=FULL, Credentials=credentials)
    elif name == "external_systems":
        client.put_voice_connector_external_systems_configuration(VoiceConnectorId=FULL, **structure)
    else:
        operation = getattr(client, "put_voice_connector_" + MEMBERS_TO_PUT[name])
        operation(VoiceConnectorId=FULL, **{SETTINGS[name].member: structure})


MEMBERS_TO_PUT = {
    "termination": "termination",
    "origination": "origination",
    "logging": "logging_configuration",
    "streaming": "streaming_configuration",
    "emergency_calling": "emergency_calling_configuration",
}


@EACH
def test_every_member_makes_the_round_trip_from_boto3_to_the_result(name: str) -> None:
    # AWS writes the health itself, so there is no operation that sets it.
    with Emulator(state(*(["termination_health"] if name == "termination_health" else []))) as emulator:
        if name != "termination_health":
            put(client_of(emulator), name)
        assert read_one(emulator, name) == {"exists": True, **VALUES[name][1]}


def test_the_values_of_these_tests_have_every_member_with_a_value() -> None:
    for name, setting in SETTINGS.items():
        structure, result = VALUES[name]
        assert set(result) == set(setting.members)
        assert len(structure) == len(result)
        assert None not in result.values() and [] not in result.values()


def test_all_settings_are_read_together_with_one_request_each(everything: Emulator) -> None:
    result = read_from(everything, *NAMES, "tags")
    assert result["errors"] == []
    full, empty = result["voice_connectors"]
    assert {name: full[name] for name in NAMES} == {name: {"exists": True, **VALUES[name][1]} for name in NAMES}
    assert {name: empty[name] for name in NAMES} == {name: empty_result(name, False) for name in NAMES}
    # One listing, and the tags and settings of both.
    assert len(everything.operations()) == 1 + 2 + 2 * len(NAMES)


def test_only_what_is_asked_for_is_read_and_returned(everything: Emulator) -> None:
    (full,) = read_from(everything, "logging", voice_connector_ids=[FULL])["voice_connectors"]
    assert set(SETTINGS) & set(full) == {"logging"}
    assert everything.operations() == [CONNECTOR, "GetVoiceConnectorLoggingConfiguration"]


def test_unusual_values_of_the_service_are_returned(everything: Emulator) -> None:
    termination = read_one(everything, "termination", answer_with("termination", {"Termination": {"CpsLimit": 0}}))
    assert termination == {**empty_result("termination", True), "cps_limit": 0}
    for given, expected in (
        ("Fri Aug 23 16:45:55 UTC 2019", "2019-08-23T16:45:55+00:00"),
        ("yesterday", "yesterday"),
        (1_780_000_000, "2026-05-28T20:26:40+00:00"),
        (None, None),
    ):
        fault = answer_with("termination_health", {"TerminationHealth": {"Timestamp": given, "Source": None}})
        health = read_one(everything, "termination_health", fault)
        assert health == {"exists": True, "timestamp": expected, "source": None}


# What is not set


@pytest.mark.parametrize("form", ["NotFoundException", "without the member", "null", "empty"])
def test_what_was_never_set_does_not_exist_in_any_form_of_the_response(nothing: Emulator, form: str) -> None:
    for name in NAMES:
        member = SETTINGS[name].member
        bodies = {"without the member": {}, "null": {member: None}, "empty": {member: [] if name in LISTS else {}}}
        operation = SETTINGS[name].operation
        nothing.faults.append(Fault(operation, error=form) if form not in bodies else answer_with(name, bodies[form]))
    result = read_from(nothing, *NAMES, voice_connector_ids=[FULL])
    (connector,) = result["voice_connectors"]
    assert result["errors"] == []
    assert {name: connector[name] for name in NAMES} == {name: empty_result(name, False) for name in NAMES}
    assert sorted(nothing.operations()) == sorted([CONNECTOR, *(SETTINGS[name].operation for name in NAMES)])


# What cannot be read


def assert_all_unknown(result: dict[str, Any], *words: str) -> None:
    """Every setting of the first Voice Connector is unknown, with an error of its own that has the words."""
    connector = result["voice_connectors"][0]
    assert {name: connector[name] for name in NAMES} == {name: empty_result(name, None) for name in NAMES}
    errors = [error for error in result["errors"] if error["voice_connector_id"] == FULL]
    assert [error["action"] for error in errors] == [SETTINGS[name].operation for name in NAMES]
    for name, error in zip(NAMES, errors):
        assert f"Failed to get the {SETTINGS[name].title} of Voice Connector {FULL} in us-east-1" in error["message"]
        for word in words:
            assert word.format(SETTINGS[name].operation) in error["message"]


def test_an_empty_response_without_a_request_id_is_no_proof(nothing: Emulator) -> None:
    nothing.faults = [answer_with(name, "{}", request_id=False) for name in NAMES]
    assert_all_unknown(read_from(nothing, *NAMES, voice_connector_ids=[FULL]), "unreadable")


def test_a_404_is_no_proof_for_a_connector_of_a_region_that_is_not_read(nothing: Emulator) -> None:
    foreign = {"VoiceConnectors": [{"VoiceConnectorId": FULL, "AwsRegion": "us-west-2"}]}
    nothing.faults = [Fault(SETTINGS[name].operation, error="NotFoundException") for name in NAMES]
    nothing.faults.append(Fault("ListVoiceConnectors", body=json.dumps(foreign)))
    assert_all_unknown(read_from(nothing, *NAMES), "because the Voice Connector belongs to us-west-2")


def test_what_is_denied_is_unknown_and_the_other_connector_is_read(everything: Emulator) -> None:
    everything.faults = [
        Fault(SETTINGS[name].operation, request_has=FULL, error="ForbiddenException") for name in NAMES
    ]
    result = read_from(everything, *NAMES)
    assert result["failed"] is True and result["stopped"] is False
    assert_all_unknown(result, "Grant these credentials the IAM action chime:{}")
    assert result["voice_connectors"][1]["logging"] == empty_result("logging", False)


@EACH
def test_a_setting_that_is_denied_leaves_the_others_known(everything: Emulator, name: str) -> None:
    everything.faults = [Fault(SETTINGS[name].operation, error="ForbiddenException")]
    result = read_from(everything, *NAMES, voice_connector_ids=[FULL])
    (connector,) = result["voice_connectors"]
    assert [other for other in NAMES if connector[other]["exists"] is not True] == [name]
    assert [error["action"] for error in result["errors"]] == [SETTINGS[name].operation]


@pytest.mark.parametrize("kind", ["page", "cut", "type", "members"])
def test_an_unreadable_response_is_unknown(everything: Emulator, kind: str) -> None:
    for name in NAMES:
        member = SETTINGS[name].member
        body = {
            "page": "<html><body>Sign in</body></html>",
            "cut": json.dumps({member: VALUES[name][0]})[:-5],
            "type": json.dumps({member: {} if name in LISTS else []}),
            "members": '{"Message": "Not Found"}',
        }[kind]
        everything.faults.append(answer_with(name, body))
    assert_all_unknown(read_from(everything, *NAMES, voice_connector_ids=[FULL]), "unreadable")


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
def test_a_member_of_a_wrong_type_is_unreadable(everything: Emulator, name: str, body: dict[str, Any]) -> None:
    everything.faults = [answer_with(name, body)]
    result = read_from(everything, name, voice_connector_ids=[FULL])
    assert "unreadable" in result["msg"] and "is not of the type" in result["msg"]
    assert result["voice_connectors"][0][name]["exists"] is None


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_is_not_seen_and_one_that_stays_is_unknown(
    everything: Emulator, sleeps: list[float], fault: dict[str, Any]
) -> None:
    operation = SETTINGS["termination"].operation
    assert read_one(everything, "termination", Fault(operation, **fault, times=2))["exists"] is True
    everything.faults = [Fault(operation, **fault)]
    result = read_from(everything, "termination", voice_connector_ids=[FULL])
    assert result["failed"] is True
    assert result["voice_connectors"][0]["termination"] == empty_result("termination", None)


@pytest.mark.parametrize(
    "fault", [{"status": 410, "style": "bare"}, {"status": 404, "body": "<UnknownOperationException/>"}]
)
def test_only_messages_about_proxies_mention_the_end_of_support(everything: Emulator, fault: dict[str, Any]) -> None:
    everything.faults = [Fault(SETTINGS[name].operation, **fault) for name in NAMES]
    result = read_from(everything, *NAMES, voice_connector_ids=[FULL])
    assert_all_unknown(result, "the service does not offer this operation")
    ended = [error["action"] for error in result["errors"] if "2026-04-07" in error["message"]]
    assert ended == ["GetVoiceConnectorProxy"]


def test_a_defect_in_one_setting_loses_nothing_else(everything: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    read: Callable[..., Any] = getattr(_bulk, "get_setting")  # noqa: B009

    def break_one(client: Any, setting: Any, *arguments: Any) -> Any:
        return 1 / 0 if setting.name == "logging" else read(client, setting, *arguments)

    monkeypatch.setattr(_bulk, "get_setting", break_one)
    result = read_from(everything, "logging", "streaming", voice_connector_ids=[FULL])
    (error,) = result["errors"]
    assert "This is a defect of the collection" in error["message"]
    (full,) = result["voice_connectors"]
    assert full["logging"] == empty_result("logging", None)
    assert full["streaming"]["exists"] is True


# How many requests run at the same time


@pytest.mark.parametrize(
    ("ids", "concurrency", "expected"),
    [([FULL], 1, 1), ([FULL], 4, 4), ([FULL, EMPTY], 7, 6), ([FULL, EMPTY], 2, 2), ([FULL], 64, len(NAMES))],
)
def test_the_settings_of_few_connectors_are_read_at_the_same_time_within_the_limit(
    everything: Emulator, monkeypatch: pytest.MonkeyPatch, ids: list[str], concurrency: int, expected: int
) -> None:
    peak = track_peak_in_flight(monkeypatch, everything, 0.1)
    result = read_from(everything, *NAMES, voice_connector_ids=ids, concurrency=concurrency)
    assert result["errors"] == []
    assert expected - 1 <= peak() <= concurrency
