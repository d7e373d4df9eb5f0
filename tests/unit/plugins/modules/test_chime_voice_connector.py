# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create, change, and delete a Voice Connector with its settings and tags, through the real main()."""

from __future__ import annotations

import base64
import copy
import functools
import json
import pathlib
import time
import types
from collections import Counter
from typing import Any, Callable
from urllib.parse import quote

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.chime_sdk.voice.plugins.module_utils import _desired, _operation
from ansible_collections.chime_sdk.voice.plugins.module_utils._plan import GIVEN, STRUCTURES
from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import SETTINGS
from ansible_collections.chime_sdk.voice.plugins.modules import chime_voice_connector
from ansible_collections.chime_sdk.voice.tests.emulator import server, service
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.rest import VoiceApi
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import (
    MISSING,
    WITH_PROXY,
    WITHOUT_PROXY,
    connection_to,
    edit_model,
    run_main,
)

CREATE, UPDATE, DELETE = "CreateVoiceConnector", "UpdateVoiceConnector", "DeleteVoiceConnector"
GET, LIST = "GetVoiceConnector", "ListVoiceConnectors"
PUT = {name: str(setting.put) for name, setting in SETTINGS.items() if setting.put}
REMOVE = {name: str(setting.delete) for name, setting in SETTINGS.items() if setting.delete}
READ = {name: setting.operation for name, setting in GIVEN.items()}
# False for the oldest supported botocore, which lacks network types and external systems.
HAS_ALL = PUT["external_systems"] in service.MODEL.operation_names
NAME = "termination_credentials"
FORBIDDEN: dict[str, Any] = {"status": 403, "error": "ForbiddenException"}

FULL: dict[str, Any] = {
    "VoiceConnectorId": WITH_PROXY,
    "Name": "reception",
    "NetworkType": "IPV4_ONLY",
    "Tags": {"team": "voice", "aws:cloudformation:stack-name": "trunks"},
    "Termination": {
        "CpsLimit": 1,
        "DefaultPhoneNumber": "+12065550100",
        "CallingRegions": ["US", "CA"],
        "CidrAllowedList": ["203.0.113.0/27", "198.51.100.0/24"],
        "Disabled": False,
    },
    "TerminationCredentials": ["pbx", "fax"],
    "TerminationHealth": {"Timestamp": "2026-11-24T16:45:55Z", "Source": "203.0.113.5"},
    "Origination": {
        "Routes": [
            {"Host": "sbc.example.com", "Port": 5061, "Protocol": "TCP", "Priority": 1, "Weight": 1},
            {"Host": "198.51.100.7", "Port": 5060, "Protocol": "UDP", "Priority": 2, "Weight": 5},
        ],
        "Disabled": False,
    },
    "LoggingConfiguration": {"EnableSIPLogs": True, "EnableMediaMetricLogs": False},
    "StreamingConfiguration": {
        "DataRetentionInHours": 24,
        "Disabled": False,
        "StreamingNotificationTargets": [{"NotificationTarget": "SQS"}, {"NotificationTarget": "EventBridge"}],
        "MediaInsightsConfiguration": {"Disabled": False, "ConfigurationArn": "arn:aws:chime:us-east-1:1:mipc/example"},
    },
    "EmergencyCallingConfiguration": {
        "DNIS": [
            {"EmergencyPhoneNumber": "+12065550110", "TestPhoneNumber": "+12065550111", "CallingCountry": "US"},
            {"EmergencyPhoneNumber": "+12065550112", "CallingCountry": "CA"},
        ]
    },
    "ExternalSystemsConfiguration": {
        "SessionBorderControllerTypes": ["RIBBON_SBC", "AVAYA_SBCE"],
        "ContactCenterSystemTypes": ["AVAYA_AURA_CONTACT_CENTER"],
    },
    "Proxy": {
        "DefaultSessionExpiryMinutes": 60,
        "Disabled": False,
        "FallBackPhoneNumber": "+12065550100",
        "PhoneNumberCountries": ["US", "CA"],
    },
    "PhoneNumbers": ["+12065550102", "+12065550103"],
}
if not HAS_ALL:
    del FULL["NetworkType"], FULL["ExternalSystemsConfiguration"]
EMPTY = {"VoiceConnectorId": WITHOUT_PROXY, "Name": "warehouse"}
ROUTE = {"host": "sbc.example.com", "port": 5061, "protocol": "TCP", "priority": 1, "weight": 1}
TERMINATION: dict[str, Any] = {
    "cps_limit": 1,
    "calling_regions": ["US"],
    "cidr_allowed_list": ["203.0.113.0/27"],
    "disabled": False,
}
ORIGINATION = {"routes": [ROUTE], "disabled": False}
EMERGENCY = {"dnis": [{"emergency_phone_number": "+12065550110", "calling_country": "US"}]}
CREDENTIALS = {"credentials": [{"username": "pbx", "password": "a-password"}]}
# The options for a new Voice Connector with tags and all settings that it can have.
ALL: dict[str, Any] = {
    "termination": TERMINATION,
    NAME: CREDENTIALS,
    "origination": ORIGINATION,
    "emergency_calling": EMERGENCY,
    "logging": {"enable_sip_logs": True, "enable_media_metric_logs": False},
    "streaming": {"data_retention_in_hours": 24, "disabled": False},
    "external_systems": {"session_border_controller_types": ["RIBBON_SBC"]},
    "proxy": {"disabled": False, "default_session_expiry_minutes": 60, "phone_number_countries": ["US"]},
    "tags": {"team": "voice"},
}
if not HAS_ALL:
    del ALL["external_systems"]
# The write operations that create a Voice Connector with the options ALL, in order.
STEPS = [
    CREATE,
    *(PUT[n] for n in ("termination", NAME, "origination", "emergency_calling")),
    *(PUT[n] for n in ("streaming", "logging", "external_systems", "proxy") if n in ALL),
]


class Task:
    """Runs the module against an emulator, with a clock that only sleep() advances."""

    def __init__(self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        self.emulator = emulator
        self.sent: list[tuple[str, Any]] = []  # the operation and the body of each request
        self.slept = 0.0
        self.hooks: dict[str, Callable[[], object]] = {}  # functions to call when an operation is next requested
        task = self

        class Api(VoiceApi):
            def __init__(self, voice: Any, request: Any) -> None:
                super().__init__(voice, request)
                task.sent.append((self.operation, json.loads(request.body or b"null")))
                task.hooks.pop(self.operation, lambda: None)()

        def sleep(seconds: float) -> None:
            self.slept += seconds

        clock = types.SimpleNamespace(sleep=sleep, monotonic=lambda: self.slept)
        monkeypatch.setattr(server, "VoiceApi", Api)
        monkeypatch.setattr(_desired, "time", clock)
        monkeypatch.setattr(service, "time", clock)
        monkeypatch.setattr(_operation, "time", types.SimpleNamespace(sleep=lambda s: None, monotonic=time.monotonic))

    def __call__(self, *faults: Fault, **options: Any) -> dict[str, Any]:
        module = options.pop("_module", "chime_voice_connector")
        self.emulator.faults = list(faults)
        self.sent.clear()
        self.slept = 0
        if not {"voice_connector_id", "name", "names"} & set(options):
            options["name"] = "reception"
        return run_main(module, {**connection_to(self.emulator), **options})

    def start(self, *connectors: dict[str, Any], **state: Any) -> None:
        self.emulator.voice = service.Voice({"voice_connectors": connectors, **state})

    def count(self) -> Counter[str]:
        return Counter(operation for operation, _body in self.sent)

    @property
    def writes(self) -> list[str]:
        return [operation for operation, _body in self.sent if not operation.startswith(("Get", "List"))]

    def body(self, operation: str) -> Any:
        """Return the body of the only request for *operation*."""
        (found,) = [body for name, body in self.sent if name == operation]
        return found

    def stored(self, name: str = "reception") -> dict[str, Any]:
        """Return the only Voice Connector named *name*, as the emulator stores it."""
        (found,) = [entry for entry in self.emulator.voice.snapshot().values() if entry["Name"] == name]
        return found

    def options(self) -> dict[str, Any]:
        """Read the Voice Connector named reception. Return only the keys that are options of chime_voice_connector."""
        include = [*GIVEN, "tags"]
        read = self(_module="chime_voice_connector_info", names=["reception"], include=include)
        (connector,) = [entry for entry in read["voice_connectors"] if entry["name"] == "reception"]
        tags = {key: value for key, value in connector["tags"].items() if not key.startswith("aws:")}
        kept = {key: connector[key] for key in (*GIVEN, "name", "require_encryption", "network_type")}
        return {**kept, "tags": tags}


@pytest.fixture
def task(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Task:
    started = Task(emulator, monkeypatch)
    started.start(FULL, EMPTY)
    return started


def assert_refused(task: Task, result: dict[str, Any], message: str) -> None:
    """Check that a task failed with *message*, and that it sent no write."""
    assert result.get("failed") and message in result["msg"], result
    assert (result["changed"], result["steps"], task.writes) == (False, [], [])


# Creation


@pytest.mark.parametrize(
    ("fault", "visible_after"),
    [
        pytest.param({"status": 500, "after": True}, 0, id="server-error"),
        pytest.param({"status": 503, "after": True}, 20, id="appears-later"),
        pytest.param({"drop": "lost"}, 0, id="connection-lost"),
        pytest.param({"after": True, "status": 201, "body": '{"VoiceConnector": {}}'}, 0, id="unreadable"),
    ],
)
def test_a_creation_with_an_unknown_outcome_is_found_and_not_repeated(
    task: Task, fault: Any, visible_after: int
) -> None:
    task.start(visible_after=visible_after)
    result = task(Fault(CREATE, **fault), termination=TERMINATION, tags={"team": "voice"})
    assert not result.get("failed"), result
    assert result["steps"] == [CREATE, PUT["termination"]] == task.writes
    assert result["voice_connector_id"] == task.stored()["VoiceConnectorId"]
    assert (task.stored()["RequireEncryption"], task.stored()["Tags"]) == (True, {"team": "voice"})
    assert task.slept >= visible_after


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        pytest.param([Fault(CREATE, status=500)], "in 120 seconds, no new Voice Connector of this name", id="500"),
        pytest.param([Fault(CREATE, drop="reset")], "in 120 seconds, no new Voice Connector of this name", id="reset"),
        pytest.param(
            [Fault(CREATE, status=503, error="ServiceUnavailableException")], "(CreateVoiceConnector)", id="503"
        ),
        pytest.param([Fault(CREATE, status=429, error="ThrottledClientException")], "(CreateVoiceConnector)", id="429"),
        pytest.param([Fault(CREATE, **FORBIDDEN)], "chime:CreateVoiceConnector", id="403"),
    ],
)
def test_a_creation_that_fails_is_not_repeated(task: Task, faults: list[Fault], message: str) -> None:
    task.start()
    result = task(*faults)
    assert result["failed"] and message in result["msg"]
    assert (result["changed"], result["steps"], result["failed_step"]) == (False, [], CREATE)
    assert task.writes == [CREATE]
    assert result["voice_connector_id"] is None
    assert task()["steps"] == [CREATE], "the second run did not create it"


@pytest.mark.parametrize("fault", [FORBIDDEN, {"status": 401, "error": "UnauthorizedClientException"}])
def test_a_creation_has_an_unknown_outcome_if_listing_fails(task: Task, fault: dict[str, Any]) -> None:
    task.start()
    task.hooks[CREATE] = lambda: task.emulator.faults.append(Fault(LIST, **fault))
    result = task(Fault(CREATE, status=500, after=True))
    assert "it is unknown whether the Voice Connector was created: Failed to list" in result["msg"]
    assert (result["failed_step"], task.writes) == (CREATE, [CREATE])
    assert task.slept == (120 if fault is FORBIDDEN else 0)
    again = task()
    assert (again["changed"], again["voice_connector_id"]) == (False, task.stored()["VoiceConnectorId"])


def test_the_message_lists_several_new_voice_connectors_with_the_name(task: Task) -> None:
    task.start(EMPTY)
    add = task.emulator.voice._add
    task.hooks[CREATE] = lambda: add("111122223333", "us-east-1", {"Name": "new", "AwsRegion": "us-east-1"}, {}, {}, [])
    result = task(Fault(CREATE, status=500, after=True), name="new")
    identifiers = [i for i, entry in task.emulator.voice.snapshot().items() if entry["Name"] == "new"]
    assert len(identifiers) == 2 and ", ".join(sorted(identifiers)) in result["msg"]
    assert (result["voice_connector_id"], task.writes) == (None, [CREATE])


def test_a_new_voice_connector_that_is_not_visible_yet_is_waited_for(task: Task) -> None:
    task.start(visible_after=40)
    result = task(**ALL)
    assert result["steps"] == STEPS == task.writes and task.slept >= 40
    task.start(visible_after=40)
    failed = task(wait_timeout=5, **ALL)
    assert "failed with NotFound for 5 seconds" in failed["msg"] and 5 <= task.slept < 10
    assert (failed["changed"], failed["steps"], failed.get("exists")) == (True, [CREATE], None)
    assert failed["voice_connector_id"] == task.stored()["VoiceConnectorId"]
    assert "set voice_connector_id to the returned ID" in failed["msg"]
    task.emulator.voice.visible_after = 0
    assert task(**ALL)["steps"] == STEPS[1:]


@pytest.mark.parametrize("stored", ["Front Desk", "front desk"])
def test_a_new_voice_connector_with_a_normalized_name_is_reported(
    task: Task, monkeypatch: pytest.MonkeyPatch, stored: str
) -> None:
    def add(account: str, region: str, entry: dict[str, Any], *rest: Any) -> Any:
        return add_unchanged(account, region, {**entry, "Name": stored}, *rest)

    add_unchanged = task.emulator.voice._add
    monkeypatch.setattr(task.emulator.voice, "_add", add)
    result = task(name="Front  desk", tags={"team": "voice"})
    assert f"is {stored}" in result["msg"] and task.writes == [CREATE]
    created = task.stored(stored)["VoiceConnectorId"]
    assert (result["changed"], result["steps"], result["voice_connector_id"]) == (True, [CREATE], created)


def test_a_new_voice_connector_in_a_different_region_is_reported(task: Task) -> None:
    task.start()
    entry = {"VoiceConnectorId": MISSING, "Name": "reception", "AwsRegion": "us-west-2"}
    result = task(
        Fault(CREATE, after=True, status=201, body=json.dumps({"VoiceConnector": entry})), termination=TERMINATION
    )
    assert "belongs to us-west-2" in result["msg"] and task.writes == [CREATE]
    assert (result["changed"], result["steps"], result["voice_connector_id"]) == (True, [CREATE], MISSING)


# Reading


def test_an_id_that_does_not_exist_fails_without_a_wait(task: Task) -> None:
    assert_refused(
        task,
        task(voice_connector_id=MISSING, termination=TERMINATION),
        "(GetVoiceConnector): the resource does not exist",
    )
    assert task.slept == 0


@pytest.mark.one_sdk
def test_a_read_that_is_denied_prevents_all_writes(task: Task) -> None:
    options = task.options()
    changed = {**options, "tags": {"team": "fax"}, "termination": {"cps_limit": 9}, "require_encryption": False}
    for operation in (LIST, GET, "ListTagsForResource", *READ.values()):
        assert_refused(task, task(Fault(operation, **FORBIDDEN), **changed), f"({operation})")
    assert_refused(task, task(Fault(READ["phone_numbers"], **FORBIDDEN), state="absent"), "(ListPhoneNumbers)")


@pytest.mark.one_sdk
def test_options_equal_to_a_result_of_the_info_module_need_no_write(task: Task) -> None:
    task.start(*({"Name": f"trunk {number}"} for number in range(100)), FULL)
    options = task.options()
    for reorders in (True, False):
        task.emulator.voice.reorders = reorders
        result = task(**options)
        assert not result["changed"] and result["steps"] == task.writes == []
        assert task.count() == dict.fromkeys((GET, "ListTagsForResource", *READ.values()), 1) | {LIST: 2}
    assert {name: result["voice_connector"][name] for name in GIVEN} == {name: options[name] for name in GIVEN}
    empty = {name: {"exists": False} for name in GIVEN}
    assert not task(voice_connector_id=task.stored("trunk 7")["VoiceConnectorId"], **empty)["changed"]
    assert task.count() == {GET: 1, **dict.fromkeys(READ.values(), 1)}


@pytest.mark.parametrize(
    "options",
    [
        {"calling_regions": ["ca", "US"]},
        {"default_phone_number": "12065550100"},
        {"cidr_allowed_list": ["198.51.100.99/24", "203.0.113.5/27"]},
        {"cps_limit": 1},
        {"cps_limit": None, "exists": True},
        {"routes": [{**ROUTE, "host": "SBC.Example.COM"}, {"host": "198.51.100.7"}]},
        {"dnis": [{"emergency_phone_number": "12065550112"}, {"emergency_phone_number": "+12065550110"}]},
        {"enable_sip_logs": True},
        {"enable_media_metric_logs": None},
        {"streaming_notification_targets": [{"notification_target": t} for t in ("EventBridge", "SQS")]},
        {"media_insights_configuration": {"disabled": False}},
        {"contact_center_system_types": None, "session_border_controller_types": ["AVAYA_SBCE", "RIBBON_SBC"]},
        {"phone_number_countries": ["ca", "us"], "fall_back_phone_number": "12065550100"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_different_spellings_and_omitted_values_are_not_changes(task: Task, options: dict[str, Any]) -> None:
    (name,) = [n for n, s in STRUCTURES.items() if set(options) - {"exists"} <= set(s.members) | {"exists"}]
    result = task(**{name: options})
    assert not result["changed"] and task.writes == [], result


# Changes to FULL: the name of the setting, its options, and the members of the request that differ from FULL.
CHANGES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("termination", {"cps_limit": 2}, {"CpsLimit": 2}),
    ("termination", {"default_phone_number": ""}, {"DefaultPhoneNumber": None}),
    ("termination", {"calling_regions": ["us", "mx"]}, {"CallingRegions": ["US", "MX"]}),
    ("origination", {"routes": [ROUTE]}, {"Routes": [FULL["Origination"]["Routes"][0]]}),
    ("logging", {"enable_sip_logs": False}, {"EnableSIPLogs": False}),
    ("logging", {"exists": False}, {"EnableSIPLogs": False, "EnableMediaMetricLogs": False}),
    ("streaming", {"streaming_notification_targets": []}, {"StreamingNotificationTargets": None}),
    (
        "streaming",
        {"media_insights_configuration": {"disabled": True}},
        {
            "MediaInsightsConfiguration": {
                **FULL["StreamingConfiguration"]["MediaInsightsConfiguration"],
                "Disabled": True,
            }
        },
    ),
    ("emergency_calling", EMERGENCY, {"DNIS": [FULL["EmergencyCallingConfiguration"]["DNIS"][0]]}),
    *[("external_systems", {"contact_center_system_types": []}, {"ContactCenterSystemTypes": []})] * HAS_ALL,
    ("proxy", {"disabled": True}, {"Disabled": True}),
]


def predict(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result without ``updated_timestamp``, which check mode cannot predict."""
    connector = {k: v for k, v in (result["voice_connector"] or {}).items() if k != "updated_timestamp"}
    return {**result, "voice_connector": connector}


@pytest.mark.parametrize(("name", "options", "sent"), CHANGES, ids=[f"{c[0]}-{next(iter(c[1]))}" for c in CHANGES])
def test_a_setting_is_sent_whole_without_nulls(
    task: Task, name: str, options: dict[str, Any], sent: dict[str, Any]
) -> None:
    setting = STRUCTURES[name]
    before = task(**{name: {}}, _ansible_diff=True)
    assert not before["changed"]
    checked = task(**{name: options}, _ansible_check_mode=True, _ansible_diff=True)
    assert task.writes == [] and checked["diff"]["before"] != checked["diff"]["after"]
    assert checked["diff"]["before_header"] == checked["diff"]["after_header"] == "reception in us-east-1"
    result = task(**{name: {**dict.fromkeys(setting.members), **options}}, _ansible_diff=True)
    assert result["steps"] == task.writes == [setting.put], result
    assert predict(checked) == predict(result)
    expected = {k: v for k, v in {**FULL[setting.member], **sent}.items() if v is not None}
    body = task.body(str(setting.put))
    if name == "proxy":
        expected["PhoneNumberPoolCountries"] = expected.pop("PhoneNumberCountries")
    assert body.get(setting.member, body) == expected
    assert not task(**{name: options})["changed"]


# Tasks: the ID of the test, the options, and the expected steps.
TASKS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("rename", {"voice_connector_id": WITH_PROXY, "name": "front desk"}, [UPDATE]),
    ("decrypt", {"require_encryption": False}, [UPDATE]),
    ("tags", {"tags": {"team": "fax", "site": ""}}, ["TagResource"]),
    ("purge tags", {"tags": {"site": "1"}}, ["TagResource", "UntagResource"]),
    ("keep tags", {"tags": {"site": "1"}, "purge_tags": False}, ["TagResource"]),
    ("no tags", {"tags": {}}, ["UntagResource"]),
    ("unset", {"streaming": {"exists": False}, "proxy": {"exists": False}}, [REMOVE["streaming"], REMOVE["proxy"]]),
    (
        "emergency calling with what it needs",
        {"name": "warehouse", "emergency_calling": EMERGENCY, "termination": TERMINATION, "origination": ORIGINATION},
        [PUT["termination"], PUT["origination"], PUT["emergency_calling"]],
    ),
    (
        "no emergency calling, and then no termination",
        {"emergency_calling": {"exists": False}, "termination": {"disabled": True}, "origination": {"exists": False}},
        [REMOVE["emergency_calling"], PUT["termination"], REMOVE["origination"]],
    ),
    (
        "encryption on",
        {"name": "udp", "require_encryption": True, "origination": ORIGINATION},
        [PUT["origination"], UPDATE],
    ),
    (
        "encryption off",
        {"require_encryption": False, "origination": {"routes": [{**ROUTE, "protocol": "UDP"}]}},
        [UPDATE, PUT["origination"]],
    ),
    ("new user name", {NAME: {"credentials": [{"username": "new", "password": "a-password"}]}}, [PUT[NAME]]),
    ("purge user names", {NAME: CREDENTIALS, "purge_termination_credentials": True}, [REMOVE[NAME]]),
    (
        "purge after put",
        {
            NAME: {"credentials": [{"username": "new", "password": "a-password"}]},
            "purge_termination_credentials": True,
        },
        [PUT[NAME], REMOVE[NAME]],
    ),
    ("no user names", {NAME: {"exists": False}}, [REMOVE[NAME]]),
    (
        "no user names, and then no termination",
        {"emergency_calling": {"exists": False}, "termination": {"exists": False}, NAME: {"exists": False}},
        [REMOVE["emergency_calling"], REMOVE[NAME], REMOVE["termination"]],
    ),
    (
        "termination without purge",
        {"name": "warehouse", "termination": TERMINATION, NAME: CREDENTIALS},
        [PUT["termination"], PUT[NAME]],
    ),
    (
        "create",
        {"name": "new", "require_encryption": False, **({"network_type": "DUAL_STACK"} if HAS_ALL else {}), **ALL},
        STEPS,
    ),
    ("delete", {"name": "warehouse", "state": "absent"}, [DELETE]),
    ("already absent", {"name": "new", "state": "absent"}, []),
]


@pytest.mark.parametrize(("options", "steps"), [t[1:] for t in TASKS], ids=[t[0] for t in TASKS])
def test_check_mode_predicts_the_result_and_a_second_run_changes_nothing(
    task: Task, options: dict[str, Any], steps: list[str]
) -> None:
    task.start(FULL, EMPTY, {"Name": "udp", "RequireEncryption": False, "Origination": FULL["Origination"]})
    checked = task(**options, _ansible_check_mode=True, _ansible_diff=True)
    assert task.writes == [] and not checked.get("failed"), checked
    result = task(**options, _ansible_diff=True)
    assert result["steps"] == task.writes == steps, result
    assert result["exists"] is (options.get("state") != "absent")
    if CREATE in steps:  # check mode returns null for the values that AWS assigns
        assert {k for k, v in checked["voice_connector"].items() if v is None} == {
            *("voice_connector_id", "voice_connector_arn", "outbound_host_name", "integration_type", "tags_error"),
            *("created_timestamp", "updated_timestamp", *["network_type"] * (not HAS_ALL)),
        }
        known = {k for k, v in checked["voice_connector"].items() if v is not None}
        result["voice_connector"] = {k: v if k in known else None for k, v in result["voice_connector"].items()}
        checked["voice_connector_id"] = result["voice_connector_id"]
    assert predict(checked) == predict(result)
    assert checked["changed"] == bool(steps)
    again = task(**options)
    assert (again["changed"], task.writes) == (False, []), again


# Names and IDs


@pytest.mark.parametrize("state", ["present", "absent"])
def test_several_voice_connectors_with_the_same_name_are_refused(task: Task, state: str) -> None:
    task.start(FULL, {**EMPTY, "Name": "reception"}, {**EMPTY, "VoiceConnectorId": MISSING, "Name": "Reception"})
    assert_refused(task, task(state=state, require_encryption=False), f"name reception: {WITH_PROXY}, {WITHOUT_PROXY}.")


def test_a_voice_connector_of_a_different_region_is_refused(task: Task) -> None:
    task.start({**EMPTY, "AwsRegion": "us-west-2", "SeenFrom": ["us-east-1"]})
    for options in ({}, {"termination": {"cps_limit": 2}}, {"state": "absent"}):
        result = task(voice_connector_id=WITHOUT_PROXY, require_encryption=False, **options)
        assert_refused(task, result, "belongs to us-west-2")
    assert task(name="warehouse", state="absent")["steps"] == [], "a name selected a connector of another Region"


def test_a_connector_without_a_name_in_the_listing_is_read_by_id(task: Task) -> None:
    listing = json.dumps({"VoiceConnectors": [{"VoiceConnectorId": WITH_PROXY}]})
    assert not task(Fault(LIST, body=listing))["changed"]
    item = {"VoiceConnectorId": WITH_PROXY, "Name": "reception"}
    other = {"VoiceConnectorId": WITHOUT_PROXY, "Name": "warehouse"}

    def pages(*last: dict[str, str]) -> list[Fault]:
        listed = ({"VoiceConnectors": [item], "NextToken": "1"}, {"VoiceConnectors": last})
        return [Fault(LIST, body=json.dumps(page), times=1) for page in listed]

    assert not task(*pages(item, other))["changed"], "an ID that was listed twice was two Voice Connectors"
    assert_refused(task, task(*pages(item), name="new"), "the last page of the listing only repeats earlier pages")
    entry = json.dumps({"VoiceConnector": {"VoiceConnectorId": WITH_PROXY, "AwsRegion": "us-east-1"}})
    assert_refused(
        task, task(Fault(LIST, body=listing), Fault(GET, body=entry)), f"the name of Voice Connector {WITH_PROXY}"
    )


# Deletion


def test_phone_numbers_on_every_page_prevent_the_deletion(task: Task) -> None:
    others = [f"+1206555{number:04}" for number in range(1000, 1100)]
    task.start({**EMPTY, "PhoneNumbers": others}, FULL)
    for check_mode in (True, False):
        result = task(state="absent", _ansible_check_mode=check_mode)
        assert_refused(task, result, "with the Voice Connector (total: 2), for example +1...02, +1...03.")
        assert (result["failed_step"], task.count()["ListPhoneNumbers"]) == (None if check_mode else DELETE, 2)


@pytest.mark.parametrize(
    ("fault", "changed"),
    [
        ({"status": 500, "after": True}, True),
        ({"drop": "lost"}, True),
        ({"status": 404, "error": "NotFoundException", "after": True}, False),
    ],
)
def test_a_deletion_is_confirmed(task: Task, fault: dict[str, Any], changed: bool) -> None:
    result = task(Fault(DELETE, times=1, **fault), voice_connector_id=WITHOUT_PROXY, state="absent", name="warehouse")
    assert (result.get("failed"), result["changed"], result["exists"], task.count()[DELETE]) == (
        None,
        changed,
        False,
        1,
    )
    again = task(voice_connector_id=WITHOUT_PROXY, state="absent")
    assert (again["changed"], again["voice_connector"], task.count()) == (False, None, {GET: 1})


def test_a_deletion_by_someone_else_is_not_a_change(task: Task) -> None:
    connectors = task.emulator.voice._connectors["111122223333", "us-east-1"]
    second = {GET: functools.partial(connectors.pop, WITHOUT_PROXY)}
    task.hooks[GET] = functools.partial(task.hooks.update, second)
    result = task(voice_connector_id=WITHOUT_PROXY, state="absent")
    assert (result["changed"], result["exists"], task.writes) == (False, False, [])


def test_a_deletion_that_is_not_visible_fails(task: Task) -> None:
    result = task(Fault(DELETE, status=204, body=""), name="warehouse", state="absent", wait_timeout=5)
    assert "still returns the Voice Connector after 5 seconds" in result["msg"] and task.slept >= 5
    assert (result["changed"], result["steps"], result["failed_step"]) == (True, [DELETE], DELETE)
    wrong = task(voice_connector_id=WITHOUT_PROXY, name="reception", state="absent")
    assert_refused(task, wrong, f"the name of Voice Connector {WITHOUT_PROXY} is warehouse")


@pytest.mark.parametrize(
    "identity", [{"name": "warehouse"}, {"voice_connector_id": WITHOUT_PROXY, "name": "warehouse"}]
)
def test_a_voice_connector_that_was_just_renamed_is_not_deleted(task: Task, identity: dict[str, str]) -> None:
    entry = task.emulator.voice._connectors["111122223333", "us-east-1"][WITHOUT_PROXY]["entry"]
    second = {GET: lambda: entry.update(Name="front desk")}
    task.hooks[GET] = functools.partial(task.hooks.update, second)
    assert_refused(task, task(**identity, state="absent"), "is front desk")


def test_a_name_that_only_the_listing_contains_is_not_reported_as_absent(task: Task) -> None:
    result = task(Fault(GET, error="NotFoundException", times=1), name="warehouse", state="absent")
    assert (result["changed"], result["exists"], task.writes) == (True, False, [DELETE])
    result = task(Fault(GET, error="NotFoundException"), name="reception", state="absent")
    assert_refused(task, result, "reading the Voice Connector failed with NotFound for 120 seconds")
    connectors = task.emulator.voice._connectors["111122223333", "us-east-1"]

    def replace() -> None:
        connectors[MISSING] = connectors.pop(WITH_PROXY)
        connectors[MISSING]["entry"]["VoiceConnectorId"] = MISSING

    task.hooks[GET] = replace
    task.emulator.voice._connectors["111122223333", "us-east-1"][WITH_PROXY]["numbers"] = []
    result = task(name="reception", state="absent")
    assert (result["steps"], result["voice_connector_id"], connectors) == ([DELETE], MISSING, {})


def test_a_voice_connector_that_a_read_did_not_find_only_once_is_not_reported_as_deleted(task: Task) -> None:
    missing = Fault(GET, error="NotFoundException", times=1)
    task.hooks[GET] = lambda: task.hooks.update({GET: lambda: task.emulator.faults.append(missing)})
    result = task(voice_connector_id=WITHOUT_PROXY, state="absent")
    assert_refused(task, result, "No delete request was sent")


# Tags

WITHHELD = Fault("ListTagsForResource", error="BadRequestException", message="Invalid resource")


def test_tags_that_aws_does_not_return_are_never_purged(task: Task) -> None:
    result = task(copy.copy(WITHHELD), tags={"team": "voice"}, require_encryption=False)
    assert_refused(task, result, "Set purge_tags to false")
    for check_mode in (True, False):
        result = task(copy.copy(WITHHELD), tags={"team": "voice"}, purge_tags=False, _ansible_check_mode=check_mode)
        assert (result["changed"], result["steps"]) == (True, ["TagResource"]), result
    assert task.body("TagResource")["Tags"] == [{"Key": "team", "Value": "voice"}]
    created = task(copy.copy(WITHHELD), name="new", tags={"team": "voice"})
    assert (created["steps"], created["voice_connector"]["tags"]) == ([CREATE], None)
    assert task.stored("new")["Tags"] == {"team": "voice"} and "could not be read" in str(created["warnings"])


# Emergency calling and credentials: options that cannot succeed


DISABLED = {**FULL, "Termination": {**FULL["Termination"], "Disabled": True}}


@pytest.mark.parametrize(
    ("connector", "options", "message"),
    [
        (EMPTY, {"emergency_calling": EMERGENCY}, "but termination and origination would be missing"),
        (EMPTY, {"emergency_calling": EMERGENCY, "origination": ORIGINATION}, "but termination would be missing"),
        (
            EMPTY,
            {
                "emergency_calling": EMERGENCY,
                "termination": TERMINATION,
                "origination": {**ORIGINATION, "disabled": True},
            },
            "but origination would be missing",
        ),
        (FULL, {"termination": {"disabled": True}}, "but termination would be missing"),
        (
            FULL,
            {"termination": {"exists": False}, "origination": {"exists": False}},
            "but termination and origination would be missing",
        ),
        (EMPTY, {NAME: CREDENTIALS}, "credentials require termination settings"),
        (
            FULL,
            {NAME: CREDENTIALS, "termination": {"exists": False}, "emergency_calling": {"exists": False}},
            "credentials require",
        ),
    ],
)
def test_options_that_cannot_succeed_are_refused(
    task: Task, connector: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    task.start(connector)
    for check_mode in (True, False):
        assert_refused(task, task(name=connector["Name"], **options, _ansible_check_mode=check_mode), message)
    if connector is EMPTY:
        assert_refused(task, task(name="new", **options), message)


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({"require_encryption": False}, [UPDATE]),
        ({"logging": {"enable_media_metric_logs": True}}, [PUT["logging"]]),
        (
            {"emergency_calling": {"exists": False}, "termination": {"cps_limit": 3}},
            [REMOVE["emergency_calling"], PUT["termination"]],
        ),
    ],
)
def test_an_existing_combination_of_settings_is_not_refused(
    task: Task, options: dict[str, Any], steps: list[str]
) -> None:
    task.start(DISABLED)
    assert task(**options)["steps"] == steps


# Credentials


@pytest.mark.parametrize(
    ("names", "options", "sent", "message"),
    [
        # By default, the module sends only the new user names. However, if the option ``credentials`` also lists all
        # existing user names, the module sends the whole list.
        (["pbx", "fax"], {"credentials": ["new", "pbx"]}, ["new"], None),
        (["pbx"], {"credentials": ["new", "pbx"]}, ["new", "pbx"], None),
        (["pbx", "fax"], {"credentials": ["pbx"]}, None, None),
        (["pbx", "fax"], {"credentials": []}, None, None),
        (["pbx", "fax"], {"credentials": ["pbx"], "always": True}, ["pbx"], None),
        (["pbx", "fax"], {"credentials": [], "always": True}, None, None),
        (["pbx", "fax"], {"usernames": ["fax", "pbx"], "exists": True}, None, None),
        (["pbx", "fax"], {"exists": True}, None, None),
        (["pbx", "fax"], {"usernames": ["pbx"]}, None, "no passwords"),
        ([], {"exists": True}, None, "no passwords"),
        (["pbx"], {"usernames": ["pbx"], "credentials": ["pbx"]}, None, "contradict"),
        (["pbx"], {"exists": False, "credentials": ["pbx"]}, None, "contradict"),
        (["pbx"], {"exists": False, "usernames": ["pbx"]}, None, "contradict"),
        (["pbx"], {"exists": True, "credentials": [], "purge": True}, None, "contradict"),
    ],
)
def test_only_needed_passwords_are_sent(
    task: Task, names: list[str], options: dict[str, Any], sent: list[str] | None, message: str | None
) -> None:
    task.start({**FULL, "TerminationCredentials": names})
    given = {key: value for key, value in options.items() if key not in ("always", "purge")}
    if "credentials" in given:
        given["credentials"] = [{"username": name, "password": f"secret-of-{name}"} for name in given["credentials"]]
    more: dict[str, Any] = {"purge_termination_credentials": "purge" in options}
    more["update_password"] = "always" if "always" in options else "on_create"
    checked = task(**{NAME: given}, **more, _ansible_check_mode=True, _ansible_diff=True)
    result = task(**{NAME: given}, **more, _ansible_diff=True)
    if message:
        assert_refused(task, result, message)
        return
    assert result["steps"] == task.writes == ([PUT[NAME]] if sent else []), result
    assert predict(result) == predict(checked)
    if sent:
        expected = [{"Username": name, "Password": f"secret-of-{name}"} for name in sent]
        assert task.body(PUT[NAME]) == {"Credentials": expected}
        assert result["diff"]["after"][NAME]["new_passwords"] == sent
    assert sorted(task.emulator.voice.passwords(WITH_PROXY)) == sorted({*names, *(sent or [])})


def test_a_user_name_that_the_service_deletes_is_reported(task: Task) -> None:
    task.emulator.voice.credentials_put = "replace"
    result = task(**{NAME: {"credentials": [{"username": "new", "password": "a-password"}]}})
    assert "the user names fax, pbx are missing after the write" in result["msg"]
    assert (result["changed"], result["steps"], result["failed_step"]) == (True, [PUT[NAME]], PUT[NAME])
    # If the task lists all existing user names, the service deletes none of them.
    every = {"credentials": [{"username": name, "password": "a-password"} for name in ("new", "pbx", "fax")]}
    assert task(**{NAME: every})["steps"] == [PUT[NAME]]


@pytest.mark.parametrize("always", [True, False])
def test_only_a_response_confirms_passwords(task: Task, always: bool) -> None:
    names = ["pbx", "fax", "new"] if always else ["new"]
    given = {NAME: {"credentials": [{"username": name, "password": f"secret-of-{name}"} for name in names]}}
    options = {**given, "update_password": "always" if always else "on_create"}
    settings = task.emulator.voice._connectors["111122223333", "us-east-1"][WITH_PROXY]["settings"]

    def lose_passwords() -> None:
        task.hooks[READ[NAME]] = lambda: settings.update(
            TerminationCredentials=dict.fromkeys(settings["TerminationCredentials"], "lost")
        )

    task.hooks[PUT[NAME]] = lose_passwords
    result = task(Fault(PUT[NAME], status=500, after=True, times=1), **options)
    assert result["changed"] and result["steps"] == [PUT[NAME]] and task.count()[PUT[NAME]] == 2, result["msg"]
    stored = settings["TerminationCredentials"]
    assert {name: stored[name] for name in names} == {name: f"secret-of-{name}" for name in names}
    task.start(FULL)
    result = task(Fault(PUT[NAME], status=200, body="<html>", after=True), **options)
    assert "it is unknown whether the service stored the passwords" in result["msg"]
    assert "Set update_password to 'always'" in result["msg"]
    assert (result["changed"], result["failed_step"]) == (True, PUT[NAME])


# The lengths after which text is cut inside a password: in ``error.message``, and after the words of botocore in ``msg``
BEFORE = f"AWS said: An error occurred (BadRequestException) when calling the {PUT[NAME]} operation: rejected: "
CUTS = (500 - len("rejected: ") - 1, 500 - len(BEFORE) - 1)


@pytest.mark.parametrize("password", ['p@ss w/\u00f6"rd&<1>%20', "Q7"])
def test_a_password_is_in_no_output(task: Task, password: str) -> None:
    spellings = list(
        dict.fromkeys([password, quote(password, ""), quote(quote(password, "")), json.dumps(password)[1:-1]])
    )
    given = {NAME: {"credentials": [{"username": "new", "password": password}]}, "update_password": "always"}
    # Text from AWS is cut after 500 characters. Some texts have the password at this position.
    texts = [*spellings, " ".join(spellings), *("." * n + spelling for n in CUTS for spelling in spellings)]
    results = [task(**given, _ansible_diff=True, _ansible_check_mode=check) for check in (True, False)]
    assert not any(result.get("failed") for result in results)
    for text in texts:
        fault = Fault(PUT[NAME], error="BadRequestException", message=f"rejected: {text} is weak", times=1)
        result = task(fault, **given, _ansible_diff=True)
        assert result["failed"] and "rejected" in result["msg"] and result["error"]["code"]
        results.append(result)
        # An error of a different operation becomes a warning, which can contain the password too.
        other = Fault("ListTagsForResource", error="BadRequestException", message=text)
        results.append(task(other, tags={"a": "b"}, name=f"new {len(results)}", termination=TERMINATION, **given))
        assert results[-1]["warnings"]
    printed = json.dumps(results, ensure_ascii=False)
    for spelling in (*spellings, *(json.dumps(s, ensure_ascii=False)[1:-1] for s in spellings)):
        assert spelling not in printed
    assert not (password != "Q7" and "p@ss" in printed), "the output contains the beginning of a password"


# Steps that fail


@pytest.mark.one_sdk
def test_a_step_that_fails_is_reported_and_the_next_run_continues_with_it(task: Task) -> None:
    gone = {name: {"exists": False} for name in STRUCTURES}
    cases = [
        ({"name": "new", **ALL}, [*STEPS]),
        (
            {"require_encryption": False, **gone, NAME: {"exists": False}, "tags": {"site": "1"}},
            [
                *(REMOVE["emergency_calling"], UPDATE, REMOVE[NAME], REMOVE["termination"], REMOVE["origination"]),
                *(REMOVE["streaming"], PUT["logging"], *[REMOVE["external_systems"]] * HAS_ALL, REMOVE["proxy"]),
                *("TagResource", "UntagResource"),
            ],
        ),
    ]

    def fail(operation: str, applied: list[str]) -> None:
        result = task(Fault(operation, times=1, **FORBIDDEN), **options)
        assert result["failed"] and f"({operation})" in result["msg"] and result["error"]["code"]
        assert (result["steps"], result["failed_step"]) == (applied, operation)
        assert result["changed"] is bool(applied) and "exists" not in result
        known = WITH_PROXY if "name" not in options else None
        if known is None and operation != CREATE:
            known = task.stored("new")["VoiceConnectorId"]
        assert (result["voice_connector_id"], result["region"]) == (known, "us-east-1")

    for options, steps in cases:
        task.start(FULL)
        for number, operation in enumerate(steps):  # each run continues with the step that failed in the previous run
            fail(operation, steps[max(number - 1, 0) : number])
        assert task(**options)["steps"] == steps[-1:]
        assert not task(**options)["changed"]
        for number in (len(steps) // 2, len(steps) - 1):
            task.start(FULL)
            fail(steps[number], steps[:number])
            assert task(**options)["steps"] == steps[number:]
            assert not task(**options)["changed"]


T = {"termination": {"cps_limit": 2}}
STORED = {**FULL["Termination"], "CpsLimit": 2}


def fault(operation: str, status: int = 500, **kwargs: Any) -> Fault:
    return Fault(operation, status=status, **kwargs)


@pytest.mark.parametrize(
    ("options", "faults", "later", "message", "steps"),
    [
        pytest.param(
            T,
            [Fault(PUT["termination"], after=True, body=json.dumps({"Termination": {**STORED, "CpsLimit": 9}}))],
            [],
            "the service stored values for cps_limit that differ",
            [PUT["termination"]],
            id="stored-differently",
        ),
        pytest.param(
            T,
            [Fault(PUT["termination"], body=json.dumps({"Termination": STORED}))],
            [],
            "the service returned values for cps_limit that differ",
            [PUT["termination"]],
            id="read-differently",
        ),
        pytest.param(
            T,
            [fault(PUT["termination"], times=1)],
            [Fault(READ["termination"], body=json.dumps({"Termination": {**STORED, "CpsLimit": 7}}))],
            "cps_limit changed while the outcome",
            [PUT["termination"]],
            id="changed-meanwhile",
        ),
        pytest.param(
            T,
            [fault(PUT["termination"], times=1)],
            [Fault(READ["termination"], **FORBIDDEN)],
            "it is unknown whether the service applied the change",
            [],
            id="write-unknown",
        ),
        pytest.param(T, [fault(PUT["termination"])], [], "the change did not take effect", [], id="write-failed"),
        pytest.param(
            {NAME: CREDENTIALS, "update_password": "always"},
            [fault(PUT[NAME])],
            [],
            "it is unknown whether the service stored the passwords",
            [],
            id="write-unreadable",
        ),
        pytest.param(
            {NAME: CREDENTIALS, "update_password": "always"},
            [],
            [Fault(READ[NAME], **FORBIDDEN)],
            "the service applied the change, but the configuration could not be read after the change",
            [PUT[NAME]],
            id="stored-unread",
        ),
        pytest.param(
            T,
            [],
            [Fault(GET, **FORBIDDEN)],
            "(GetVoiceConnector)",
            [PUT["termination"]],
            id="last-read",
        ),
        pytest.param(
            {"require_encryption": False},
            [Fault(UPDATE, after=True, body=json.dumps({"VoiceConnector": {"VoiceConnectorId": WITH_PROXY}}))],
            [],
            "stored values for name, require_encryption",
            [UPDATE],
            id="update-stored-differently",
        ),
        pytest.param(
            {"tags": {"team": "fax"}},
            [Fault("TagResource", status=204, body="")],
            [],
            "the service returned values for the tag team that differ",
            ["TagResource"],
            id="tag-read-differently",
        ),
        pytest.param(
            {"tags": {"team": "fax"}, "purge_tags": False},
            [fault("TagResource")],
            [copy.copy(WITHHELD)],
            "it is unknown whether the service applied the change",
            [],
            id="tag-unknown",
        ),
        pytest.param(
            {"logging": {"enable_media_metric_logs": True}},
            [Fault(PUT["logging"], **FORBIDDEN, message="Access Denied for LogDestination: example")],
            [],
            "logs:CreateLogDelivery",
            [],
            id="log-delivery-denied",
        ),
    ],
)
def test_a_write_without_the_expected_result_fails(
    task: Task, options: dict[str, Any], faults: list[Fault], later: list[Fault], message: str, steps: list[str]
) -> None:
    write = (
        next(f.operation for f in faults if not f.operation.startswith("Get")) if faults else PUT[next(iter(options))]
    )
    task.hooks[write] = lambda: task.emulator.faults.extend(copy.copy(f) for f in later)
    result = task(*(copy.copy(f) for f in faults), **options)
    assert result.get("failed") and message in result["msg"], result
    assert (result["steps"], result["changed"]) == (steps, bool(steps))
    assert result["voice_connector_id"] == WITH_PROXY and "exists" not in result


def test_a_change_that_somebody_else_makes_first_needs_no_write(task: Task) -> None:
    """Somebody makes the same change after the first read. The second read returns it, so the module sends no write."""
    settings = task.emulator.voice._connectors["111122223333", "us-east-1"][WITH_PROXY]["settings"]
    second = {READ["termination"]: lambda: settings["Termination"].update(CpsLimit=2)}
    task.hooks[READ["termination"]] = lambda: task.hooks.update(second)
    result = task(**T)
    assert (result["changed"], result["voice_connector"]["termination"]["cps_limit"], task.writes) == (False, 2, [])


# Options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": None}, "neither voice_connector_id nor 'name' is set"),
        ({"name": "bad/name"}, "the value of name is not valid"),
        ({"name": "a" * 257}, "the value of name is not valid. Specify 256 characters or less"),
        ({"wait_timeout": 0}, "wait_timeout is not valid. Specify 1 or more seconds"),
        ({"tags": {"a": 1}}, "tags contains a number"),
        ({"tags": {"a": None}}, "tags is not valid. Specify a string for each key"),
        ({"tags": {"a" * 200: "1"}}, "128 characters or less"),
        ({"termination": {"exists": None}}, "the key 'exists' of termination is null"),
        ({"phone_numbers": {"exists": None, "e164_phone_numbers": []}}, "the key 'exists' of phone_numbers"),
        ({"termination": "cps_limit=1"}, "termination contains a value that is not a dictionary"),
        ({"logging": True}, "logging contains a value that is not a dictionary"),
        ({"termination": [None]}, "termination contains a value that is not a dictionary"),
        (
            {"streaming": {"media_insights_configuration": False}},
            "streaming.media_insights_configuration contains a value",
        ),
        ({"tags": {"team": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"}}, "tags contains a value that Ansible has hidden"),
        ({"tags": {"a********": "x"}}, "tags contains a value that Ansible has hidden"),
        ({"name": "new", "emergency_calling": {"exists": True}}, "emergency calling requires"),
        (
            {"origination": {"routes": [{**ROUTE, "host": "sbc.********.com"}]}},
            "origination contains a value that Ansible",
        ),
        (
            {"tags": {"aws:cloudformation:stack-name": "other"}},
            "the option 'tags' would change aws:cloudformation:stack-name",
        ),
        (
            {"termination": {"calling_regions": {"US": True}}},
            "'calling_regions' is of type dict found in 'termination'",
        ),
        ({"termination": {"calling_regions": 5}}, "termination.calling_regions is not a list"),
        *[({"name": "new", "network_type": "DUAL_STACK"}, "cannot send NetworkType")] * (not HAS_ALL),
        ({"termination": {"calling_regions": ["US", False]}}, "termination.calling_regions contains a boolean"),
        ({"termination": {"calling_regions": ["US", ""]}}, "termination.calling_regions"),
        ({"termination": {"calling_regions": ["USA"]}}, "termination.calling_regions is not valid. Specify country"),
        ({"termination": {"default_phone_number": 12065550100}}, "termination.default_phone_number contains a number"),
        (
            {"termination": {"default_phone_number": "+1 206"}},
            "default_phone_number is not valid. Specify a phone number",
        ),
        (
            {"termination": {"default_phone_number": "12065550199"}},
            "default_phone_number is not valid. Specify a phone",
        ),
        ({"termination": {"cps_limit": True}}, "termination.cps_limit is a boolean"),
        ({"termination": {"cps_limit": 0}}, "termination.cps_limit is not valid. Specify 1 or more"),
        ({"termination": {"cidr_allowed_list": ["203.0.113.0.0/27"]}}, "termination.cidr_allowed_list is not valid"),
        ({"termination": {"cidr_allowed_list": ["fe80::1%eth0"]}}, "termination.cidr_allowed_list is not valid"),
        ({"termination": {"exists": False, "cps_limit": 1}}, "termination contains values that contradict"),
        ({"logging": {"exists": False, "enable_sip_logs": True}}, "logging contains values that contradict"),
        ({"origination": {"routes": ["host=a"]}}, "origination.routes contains a value that is not a dictionary"),
        ({"origination": {"routes": [{"host": 5}]}}, "origination.routes.host contains a number"),
        ({"origination": {"routes": [{**ROUTE, "host": "a b"}]}}, "origination.routes.host is not valid"),
        ({"origination": {"routes": [{**ROUTE, "protocol": "TLS"}]}}, "routes.protocol is not valid. Specify one of"),
        ({"origination": {"routes": [{**ROUTE, "port": 65536}]}}, "routes.port is not valid. Specify 65535 or less"),
        ({"proxy": {"default_session_expiry_minutes": 0}}, "proxy.default_session_expiry_minutes is not valid"),
        ({"proxy": {"phone_number_countries": []}}, "requires proxy.phone_number_countries"),
        ({"name": "warehouse", "streaming": {"disabled": True}}, "requires streaming.data_retention_in_hours"),
        (
            {"name": "warehouse", "emergency_calling": {"dnis": [{"calling_country": "US"}]}},
            "dnis.emergency_phone_number",
        ),
        (
            {"emergency_calling": {"dnis": [{"emergency_phone_number": "", "calling_country": "US"}]}},
            "requires emergency_calling.dnis.emergency_phone_number",
        ),
        ({NAME: {"credentials": [{"username": "a", "password": "b"}] * 2}}, "each user name once"),
        ({NAME: {"credentials": [{"username": "a", "password": ""}]}}, "each user name once, with a password"),
        ({NAME: {"credentials": [{"username": "a"}]}}, "missing required arguments: password"),
        ({NAME: {"credentials": [{"username": "a\n", "password": "secret"}]}}, "without line breaks and other control"),
        ({NAME: {"credentials": [{"username": "a", "password": "secret\0"}]}}, "without line breaks and other control"),
        ({"name": "new ", "tags": {}}, "Specify a name without spaces at its beginning and end"),
        ({"name": "new", "tags": {"aws:team": "voice"}}, "the option 'tags' would change aws:team"),
        ({"tags": {"AWS:team": "voice"}}, "the option 'tags' would change AWS:team"),
        ({"name": "warehouse", "origination": {"routes": [{"host": None}]}}, "Specify at least one value in each item"),
        ({"origination": {"routes": [{"host": ""}]}}, "Specify at least one value in each item"),
        ({"emergency_calling": {"dnis": [{}]}}, "because an item matches several current items"),
        ({"integration_type": "CONNECT_ANALYTICS_CONNECTOR"}, "the current value is different: not returned by AWS"),
        ({"termination_health": {"source": "203.0.113.6"}}, "termination_health differs from the value that AWS"),
        ({"phone_numbers": {"e164_phone_numbers": ["+12065550102"]}}, "phone_numbers differs from the value"),
        ({"name": "new", "phone_numbers": {"exists": True}}, "phone_numbers differs from the value that AWS returned"),
        ({"voice_connector_id": WITH_PROXY, "name": ""}, "name is an empty string"),
        *[
            ({"name": "new", "network_type": "IPV5"}, "network_type is not valid. Specify one of"),
            ({"name": "new", "integration_type": "NONE"}, "integration_type is not valid. Specify one of"),
            ({"external_systems": {"contact_center_system_types": ["A"]}}, "contact_center_system_types is not valid"),
            ({"network_type": "DUAL_STACK"}, "the current value is different: IPV4_ONLY"),
        ]
        * HAS_ALL,
    ],
    ids=lambda value: None if isinstance(value, dict) else value[:40],
)
def test_bad_options_are_refused_before_a_write(task: Task, options: dict[str, Any], message: str) -> None:
    result = task(**options)
    assert result["failed"] and message in result["msg"], result
    assert task.writes == [] and not result.get("changed")


def test_read_only_settings_that_are_equal_are_accepted(task: Task) -> None:
    equal = {
        "termination_health": {"timestamp": "2026-11-24T16:45:55+00:00", "exists": True},
        "phone_numbers": {"e164_phone_numbers": ["12065550103", "12065550102"]},
        **({"network_type": "IPV4_ONLY"} if HAS_ALL else {}),
    }
    result = task(**equal)
    assert (result.get("failed"), result["changed"]) == (None, False)


# botocore


@pytest.mark.one_sdk
def test_a_botocore_that_lacks_a_member_refuses_only_its_use(
    task: Task, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    def edit(model: dict[str, Any]) -> None:
        shapes = model["shapes"]
        del shapes["CreateVoiceConnectorRequest"]["members"]["NetworkType"]
        del shapes["Termination"]["members"]["DefaultPhoneNumber"]
        del shapes["PutVoiceConnectorExternalSystemsConfigurationRequest"]["members"]["ContactCenterSystemTypes"]
        for name in ("PutVoiceConnectorStreamingConfiguration", "DeleteVoiceConnectorStreamingConfiguration"):
            del model["operations"][name]

    edit_model(monkeypatch, tmp_path, edit)
    for check_mode in (True, False):
        for options, message in (
            ({"name": "new", "network_type": "DUAL_STACK"}, "cannot send NetworkType"),
            ({"name": "warehouse", "termination": {"default_phone_number": "+12065550100"}}, "cannot send"),
            ({"require_encryption": False, **T}, "would remove this part of the current configuration"),
            ({"external_systems": {"session_border_controller_types": []}}, "cannot send ContactCenterSystemTypes"),
            ({"streaming": {"disabled": True}}, "does not have the operation PutVoiceConnectorStreamingConfiguration"),
            ({"streaming": {"exists": False}}, "does not have the operation DeleteVoiceConnectorStreaming"),
        ):
            assert_refused(task, task(**options, _ansible_check_mode=check_mode), message)
    assert not task(termination={"cps_limit": 1}, streaming={"disabled": False})["changed"]
    assert task(name="new")["steps"] == [CREATE]


# Responses that contradict each other


def body(**members: Any) -> str:
    return json.dumps(members)


def test_the_listing_and_the_response_to_a_creation_are_not_trusted_alone(task: Task) -> None:
    stale = [{"VoiceConnectorId": WITH_PROXY, "Name": "new", "AwsRegion": "us-east-1"}]
    for state in ("present", "absent"):
        result = task(Fault(LIST, body=body(VoiceConnectors=stale)), name="new", state=state, require_encryption=False)
        assert_refused(task, result, f"the name of Voice Connector {WITH_PROXY} is reception")
    twice = [*stale, {**stale[0], "Name": "reception"}]
    assert_refused(task, task(Fault(LIST, body=body(VoiceConnectors=twice)), name="new"), "a Voice Connector twice")
    old = {"VoiceConnectorId": WITHOUT_PROXY, "Name": "new", "AwsRegion": "us-east-1"}
    lie = Fault(CREATE, after=True, status=201, body=body(VoiceConnector=old))
    result = task(lie, name="new", termination=TERMINATION)
    assert result["voice_connector_id"] == task.stored("new")["VoiceConnectorId"]
    assert result["voice_connector_id"] not in (WITH_PROXY, WITHOUT_PROXY)
    assert (task.writes, task.stored("warehouse").get("Termination")) == ([CREATE, PUT["termination"]], None)


def test_a_new_voice_connector_requires_encryption_even_if_the_service_stores_something_else(task: Task) -> None:
    connectors = task.emulator.voice._connectors["111122223333", "us-east-1"]
    task.hooks[GET] = lambda: next(reversed(connectors.values()))["entry"].update(RequireEncryption=False)
    result = task(name="new")
    assert (result["steps"], task.stored("new")["RequireEncryption"]) == ([CREATE, UPDATE], True)
    assert task(Fault(GET, error="NotFoundException", times=1), name="other", tags={"a": "b"})["steps"] == [CREATE]


def test_every_option_is_verified_at_the_end(task: Task) -> None:
    result = task(Fault("TagResource", status=204, body=""), tags={"site": "1"})
    assert "returned values for the tag site that differ" in result["msg"]
    assert (result["changed"], result["failed_step"]) == (True, "TagResource")
    settings = task.emulator.voice._connectors["111122223333", "us-east-1"][WITH_PROXY]["settings"]
    task.hooks[REMOVE[NAME]] = lambda: settings["TerminationCredentials"].pop("new")
    result = task(**{NAME: {"credentials": [{"username": "new", "password": "x"}]}}, purge_termination_credentials=True)
    assert result["failed"] and "new" in result["msg"] and result["changed"]
    entry = task.emulator.voice._connectors["111122223333", "us-east-1"][WITH_PROXY]["entry"]
    task.hooks[PUT["termination"]] = lambda: entry.update(RequireEncryption=False)
    result = task(require_encryption=True, **T)
    assert "returned values for require_encryption that differ" in result["msg"]
    withheld = Fault("ListTagsForResource", error="BadRequestException", message="Invalid resource")
    task.hooks["TagResource"] = lambda: task.emulator.faults.append(withheld)
    result = task(tags={"site": "2"}, purge_tags=False)
    assert (result["changed"], result["voice_connector"]["tags"]) == (True, None)
    assert "The tags were set, but could not be read again" in str(result["warnings"])


def test_nothing_is_written_if_the_second_read_contradicts_the_first(task: Task) -> None:
    """The second read lacks a member that the first one returned. A write based on the second read would remove it."""
    for name, missing, options in (
        ("termination", "CidrAllowedList", T),
        ("origination", "Routes", {"origination": {"disabled": True}}),
        ("streaming", "StreamingNotificationTargets", {"streaming": {"data_retention_in_hours": 48}}),
    ):
        task.start({**FULL, "EmergencyCallingConfiguration": None})
        settings = task.emulator.voice._connectors["111122223333", "us-east-1"][WITH_PROXY]["settings"]
        member = SETTINGS[name].member
        second = {READ[name]: functools.partial(settings[member].pop, missing)}
        task.hooks[READ[name]] = functools.partial(task.hooks.update, second)
        result = task(**options)
        assert_refused(task, result, "changed after the Voice Connector was read")
        assert result["failed_step"] == PUT[name]


def test_an_item_that_would_lose_an_unknown_member_is_not_replaced(task: Task) -> None:
    routes = [
        {
            "Host": "sbc.example.com",
            "Port": 5061,
            "Protocol": "TCP",
            "Priority": 1,
            "Weight": 1,
            "TlsPolicy": "strict",
            "Empty": None,
        }
    ]
    read = Fault(READ["origination"], body=body(Origination={"Routes": routes, "Disabled": False}))
    result = task(read, origination={"routes": [{**ROUTE, "weight": 2}]})
    assert_refused(task, result, "would remove TlsPolicy from an item of origination.routes")
    assert not task(read, origination={"routes": [ROUTE], "disabled": False})["changed"]


def test_the_message_about_a_throttled_creation_counts_its_request(task: Task) -> None:
    result = task(Fault(CREATE, status=429, error="ThrottledClientException"), name="new")
    assert "the service throttled 1 request" in result["msg"]


# Mistakes in plays


def test_a_password_in_a_wrong_place_is_hidden(task: Task, capsys: pytest.CaptureFixture[str]) -> None:
    secret, number = "Sup3rSecretPw1", "98127364512"
    for options in (
        {NAME: [{"username": "u", "password": secret}]},
        {NAME: {"credentials": {"u": secret}}},
        {NAME: {"username": "u", "password": secret}},
        {NAME: {"credentials": [{"username": "u", "passwd": secret}]}},
        {NAME: {"credentials": [f"u={secret}"]}},
        {NAME: {"usernames": [{"username": "u", "password": secret}]}},
        {NAME: {"usernames": {"u": secret}}},
        {"credentials": [{"username": "u", "password": secret}]},
        {"password": secret},
        {NAME: {"credentials": [{"username": "u", "pasword": int(number)}]}},
        {"aws_config": {"proxies": {"https": f"http://u:{secret}@127.0.0.1:1"}}, "termination": {"x": 1}},
        {"aws_config": {"proxies": {"https": f"http://u:p@/{secret}@127.0.0.1:1"}}, "termination": {"x": 1}},
    ):
        arguments = {**connection_to(task.emulator), "name": "reception", **options}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            chime_voice_connector.main()
        printed = capsys.readouterr().out
        assert '"failed": true' in printed and "invocation" in printed
        assert secret not in printed and number not in printed


def test_base64_of_a_password_is_hidden(task: Task) -> None:
    plain, basic = (base64.b64encode(text).decode() for text in (b"a-password", b"pbx:a-password"))
    fault = Fault(PUT[NAME], error="BadRequestException", message=f"rejected: {plain} {basic}")
    result = task(fault, **{NAME: CREDENTIALS}, update_password="always")
    assert "rejected: (hidden) (hidden)" in result["msg"]


def test_state_absent_ignores_options_that_it_does_not_use(task: Task) -> None:
    for options in (
        {"tags": {"a": 1}},
        {"termination": {"exists": None}},
        {"termination": {"cidr_allowed_list": ["bad"], "calling_regions": "US,CA"}},
        {NAME: {"credentials": [{"username": "a", "password": ""}]}},
        {"integration_type": ""},
    ):
        assert task(name="nobody", state="absent", **options) == task(name="nobody", state="absent")


def test_nested_lists_and_dictionaries_can_be_strings(task: Task) -> None:
    task(name="warehouse", termination=TERMINATION)
    for termination in ({"calling_regions": "US, us"}, {"cidr_allowed_list": "- 203.0.113.0/27"}, '{"cps_limit": 1}'):
        assert task(name="warehouse", termination=termination)["changed"] is False
    assert task(name="warehouse", termination='{"cps_limit": 2}')["voice_connector"]["termination"]["cps_limit"] == 2
    assert_refused(task, task(termination='{"cps_limit": 1, "cps_limit": 2}'), "is not a dictionary")
