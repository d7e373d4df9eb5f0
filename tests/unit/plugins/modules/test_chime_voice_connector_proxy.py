# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Set, change, and delete a proxy configuration, through the real main()."""

from __future__ import annotations

import json
import pathlib
import re
import sys
from typing import Any, Callable

import botocore
import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils._shapes import PROXY
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.cases import ERRORS
from ansible_collections.chime_sdk.voice.tests.unit.helpers import (
    EMPTY_PROXY,
    MISSING,
    NO_PROXY,
    WITH_PROXY,
    WITHOUT_PROXY,
    connection_to,
    edit_model,
    run,
    run_main,
)

GET, PUT, DELETE = "GetVoiceConnectorProxy", "PutVoiceConnectorProxy", "DeleteVoiceConnectorProxy"
CONNECTOR = "GetVoiceConnector"
WRITES = {PUT, DELETE}

# A few failures of each kind. The tests for chime_voice_connector_proxy_info cover more failures. That module and
# chime_voice_connector_proxy use the same code to handle failures.
THROTTLED: dict[str, Any] = {"error": "ThrottledClientException"}
FAULTS: list[dict[str, Any]] = [
    {"error": "ServiceFailureException"},
    {"drop": "reset"},
    {"raw": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{"},
]
UNREADABLE = [
    *("", "<html>", '{"Proxy": {"Disabled": fal', "[]", "null", "[" * 200_000, '{"proxy": {"Disabled": false}}'),
    *('{"Proxy": []}', '{"Proxy": "None"}', '{"Proxy": {"Disabled": 0}}', '{"Proxy": {"PhoneNumberCountries": [1]}}'),
]

Manage = Callable[..., "dict[str, Any]"]

BEFORE = {
    "exists": True,
    "default_session_expiry_minutes": 60,
    "disabled": False,
    "fall_back_phone_number": "+12065550100",
    "phone_number_countries": ["US", "CA"],
}
NEW: dict[str, Any] = {"default_session_expiry_minutes": 30, "phone_number_countries": ["GB"]}

# For each of the two writes: the operation, and options that make the module request it.
EACH_WRITE = pytest.mark.parametrize(
    ("operation", "options"), [(PUT, {"disabled": True}), (DELETE, {"state": "absent"})]
)


@pytest.fixture
def manage(emulator: Emulator) -> Manage:
    """Return a function that runs chime_voice_connector_proxy. An option that is None is omitted."""

    def manage_proxy(voice_connector_id: str = WITH_PROXY, *faults: Fault, **options: Any) -> dict[str, Any]:
        emulator.faults = list(faults)
        emulator.requests.clear()
        args = {"voice_connector_id": voice_connector_id, **connection_to(emulator), **options}
        keep_null = args.pop("_keep_null", False)
        given = {name: value for name, value in args.items() if value is not None or keep_null}
        return run_main("chime_voice_connector_proxy", given)

    return manage_proxy


@pytest.fixture
def read(read_proxy: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """Return a function that reads a proxy configuration with chime_voice_connector_proxy_info."""
    return lambda voice_connector_id=WITH_PROXY: read_proxy(voice_connector_id)["proxy"]


def options_of(proxy: dict[str, Any]) -> dict[str, Any]:
    """Convert the key ``proxy`` of a result to options that set the same proxy configuration."""
    return {key: value for key, value in proxy.items() if key != "exists"}


def assert_failed(result: dict[str, Any], *words: str, connector: str = WITH_PROXY) -> None:
    assert result["failed"] is True
    assert "exists" not in result and "proxy" not in result
    assert (result["voice_connector_id"], result["region"]) == (connector, "us-east-1")
    assert {"boto3_version", "botocore_version"} <= set(result)
    for word in ("the proxy configuration of Voice Connector", connector, "us-east-1", *words):
        assert word in result["msg"], result["msg"]
    assert "\n" not in result["msg"]


# state: present


def test_a_proxy_is_created_with_the_required_values(manage: Manage, emulator: Emulator, read: Any) -> None:
    result = manage(WITHOUT_PROXY, **NEW)
    assert result == {
        "changed": True,
        "voice_connector_id": WITHOUT_PROXY,
        "region": "us-east-1",
        "exists": True,
        "proxy": {**EMPTY_PROXY, **NEW, "disabled": False},  # NEW omits disabled, whose default is false
    }
    assert emulator.operations() == [GET, CONNECTOR, GET, PUT]
    assert read(WITHOUT_PROXY) == result["proxy"]


@pytest.mark.parametrize(
    "given", [{}, *({name: value} for name, value in NEW.items()), {**NEW, "phone_number_countries": []}]
)
def test_a_proxy_is_not_created_without_the_required_values(
    manage: Manage, emulator: Emulator, given: dict[str, Any]
) -> None:
    result = manage(WITHOUT_PROXY, **given)
    missing = [option for option in NEW if not given.get(option)]
    assert_failed(result, f"the service requires {' and '.join(missing)}, which", connector=WITHOUT_PROXY)
    assert not [option for option in set(NEW) - set(missing) if option in result["msg"]]
    assert emulator.operations() == [GET, CONNECTOR, GET]


@pytest.mark.parametrize("member", ["DefaultSessionExpiryMinutes", "PhoneNumberCountries"])
def test_a_required_value_that_aws_does_not_return_must_be_set(manage: Manage, emulator: Emulator, member: str) -> None:
    proxy = {"DefaultSessionExpiryMinutes": 60, "PhoneNumberCountries": ["US"]}
    del proxy[member]
    result = manage(WITH_PROXY, Fault(GET, body=json.dumps({"Proxy": proxy})), disabled=True)
    (option,) = [option for option, (name, _kind) in PROXY.members.items() if name == member]
    assert_failed(result, f"the service requires {option}, which")
    assert emulator.operations() == [GET]


def test_the_countries_cannot_be_emptied(manage: Manage, emulator: Emulator) -> None:
    result = manage(phone_number_countries=[])
    assert_failed(result, "requires phone_number_countries, which cannot be empty")
    assert emulator.operations() == [GET]


@pytest.mark.parametrize(
    ("options", "change"),
    [
        ({"default_session_expiry_minutes": 1}, {"default_session_expiry_minutes": 1}),
        ({"phone_number_countries": ["US"]}, {"phone_number_countries": ["US"]}),
        ({"phone_number_pool_countries": ["GB", "GB"]}, {"phone_number_countries": ["GB"]}),
        ({"fall_back_phone_number": "+12065550101"}, {"fall_back_phone_number": "+12065550101"}),
        ({"fall_back_phone_number": ""}, {"fall_back_phone_number": None}),
        ({"disabled": True}, {"disabled": True}),
    ],
)
def test_omitted_options_keep_their_current_values(
    manage: Manage, emulator: Emulator, read: Any, options: dict[str, Any], change: dict[str, Any]
) -> None:
    result = manage(**options)
    assert result["changed"] is True
    assert result["proxy"] == {**BEFORE, **change}
    assert emulator.operations() == [GET, PUT]
    assert read() == result["proxy"]
    assert manage(**options)["changed"] is False
    assert emulator.operations() == [GET]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"default_session_expiry_minutes": 60},
        {"phone_number_countries": ["CA", "US", "CA"]},
        {"phone_number_pool_countries": ["US", "CA"]},
        {"fall_back_phone_number": "+12065550100"},
        {"disabled": False},
    ],
)
def test_unchanged_values_are_not_written(manage: Manage, emulator: Emulator, options: dict[str, Any]) -> None:
    result = manage(**options)
    assert (result["changed"], result["exists"], result["proxy"]) == (False, True, BEFORE)
    assert emulator.operations() == [GET]


@pytest.mark.parametrize(
    "proxy",
    [
        {
            "DefaultSessionExpiryMinutes": 60,
            "Disabled": True,
            "FallBackPhoneNumber": "+12065550100",
            "PhoneNumberCountries": ["US"],
        },
        {"DefaultSessionExpiryMinutes": 60, "PhoneNumberCountries": ["US", "CA"]},
        {"DefaultSessionExpiryMinutes": 60},
        {"FallBackPhoneNumber": "12065550100"},
        {"PhoneNumberCountries": []},
        {"Disabled": None},
    ],
)
def test_values_returned_by_the_info_module_change_nothing(
    manage: Manage, read_proxy: Any, emulator: Emulator, proxy: dict[str, Any]
) -> None:
    fault = Fault(GET, body=json.dumps({"Proxy": proxy}))
    shown = read_proxy(WITH_PROXY, fault)
    result = manage(WITH_PROXY, fault, _keep_null=True, **options_of(shown["proxy"]))
    assert (result["changed"], result["exists"], result["proxy"]) == (False, True, shown["proxy"])
    assert emulator.operations() == [GET]


def test_a_deleted_proxy_can_be_restored_from_its_result(manage: Manage, read: Any) -> None:
    before = read()
    assert manage(state="absent")["changed"] is True
    assert manage(**options_of(before))["proxy"] == before
    assert read() == before


SENT = {
    "DefaultSessionExpiryMinutes": 60,
    "Disabled": True,
    "FallBackPhoneNumber": "+12065550100",
    "PhoneNumberCountries": ["US", "CA"],
}


@pytest.mark.parametrize(
    ("stored", "options"),
    [
        ({"DefaultSessionExpiryMinutes": 45}, "default_session_expiry_minutes"),
        ({"Disabled": False}, "disabled"),
        ({"Disabled": None}, "disabled"),
        ({"FallBackPhoneNumber": "+12065550101"}, "fall_back_phone_number"),
        ({"FallBackPhoneNumber": None}, "fall_back_phone_number"),
        ({"PhoneNumberCountries": ["US"]}, "phone_number_countries"),
        ({"Disabled": False, "PhoneNumberCountries": []}, "disabled, phone_number_countries"),
    ],
)
def test_a_response_with_different_values_fails_and_reports_them(
    manage: Manage, emulator: Emulator, stored: dict[str, Any], options: str
) -> None:
    body = json.dumps({"Proxy": {**SENT, **stored}})
    result = manage(WITH_PROXY, Fault(PUT, body=body), disabled=True)
    assert result["failed"] is True
    assert f"({PUT}): the service stored values for {options} that differ from the values sent" in result["msg"]
    assert (result["changed"], result["exists"]) == (True, True)
    assert result["proxy"] == shown_as({**SENT, **stored})
    assert "555" not in result["msg"]
    assert emulator.operations() == [GET, PUT]


def shown_as(proxy: dict[str, Any]) -> dict[str, Any]:
    return {
        "exists": True,
        "default_session_expiry_minutes": proxy["DefaultSessionExpiryMinutes"],
        "disabled": proxy["Disabled"],
        "fall_back_phone_number": proxy["FallBackPhoneNumber"] and re.sub("^(?=1)", "+", proxy["FallBackPhoneNumber"]),
        "phone_number_countries": proxy["PhoneNumberCountries"],
    }


NORMALIZED = [
    ({"fall_back_phone_number": "+12065550100"}, {"FallBackPhoneNumber": "12065550100"}),
    ({"fall_back_phone_number": "12065550100"}, {"FallBackPhoneNumber": "+12065550100"}),
    ({"fall_back_phone_number": ""}, {"FallBackPhoneNumber": ""}),
    ({"fall_back_phone_number": ""}, {"FallBackPhoneNumber": None}),
    ({"phone_number_countries": ["US", "CA"]}, {"PhoneNumberCountries": ["ca", "us"]}),
]


@pytest.mark.parametrize(("options", "stored"), NORMALIZED)
def test_a_normalized_value_is_not_a_change(
    manage: Manage, emulator: Emulator, options: dict[str, Any], stored: dict[str, Any]
) -> None:
    fault = Fault(GET, body=json.dumps({"Proxy": {**SENT, **stored}}))
    result = manage(WITH_PROXY, fault, **options)
    assert result["changed"] is False
    assert emulator.operations() == [GET]


@pytest.mark.parametrize(("options", "stored"), NORMALIZED)
def test_a_normalized_value_in_the_response_is_accepted(
    manage: Manage, options: dict[str, Any], stored: dict[str, Any]
) -> None:
    result = manage(WITH_PROXY, Fault(PUT, body=json.dumps({"Proxy": {**SENT, **stored}})), disabled=True, **options)
    assert result["changed"] is True
    assert result["proxy"] == shown_as({**SENT, **stored})


def test_a_phone_number_without_a_plus_sign_is_equivalent_and_returned_with_one(
    manage: Manage, emulator: Emulator
) -> None:
    shown = Fault(GET, body=json.dumps({"Proxy": {**SENT, "FallBackPhoneNumber": "12065550100"}}))
    result = manage(WITH_PROXY, shown, fall_back_phone_number="+12065550100", disabled=False, _ansible_check_mode=True)
    assert result["proxy"]["fall_back_phone_number"] == "+12065550100"


@pytest.mark.parametrize("known", [False, True], ids=["unknown", "read-only"])
def test_a_member_that_botocore_cannot_send_is_not_lost(
    manage: Manage, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, known: bool
) -> None:
    def add(model: dict[str, Any]) -> None:
        model["shapes"]["Proxy"]["members"]["RecordingMode"] = {"shape": "String"}

    if known:
        edit_model(monkeypatch, tmp_path, add)
    fault = Fault(GET, body=json.dumps({"Proxy": {**SENT, "RecordingMode": "ALL", "NotSet": None}}))
    result = manage(WITH_PROXY, fault, disabled=False)
    assert_failed(
        result,
        f"botocore {botocore.__version__}, which is installed for",
        "cannot send RecordingMode",
        "nothing was sent",
    )
    assert emulator.operations() == [GET]
    assert manage(WITH_PROXY, fault)["changed"] is False
    assert "recording_mode" not in manage(WITH_PROXY, fault)["proxy"]
    assert manage(WITH_PROXY, fault, state="absent")["changed"] is True


@pytest.mark.parametrize("member", [{"VoiceConnectorId": WITHOUT_PROXY}, {"PhoneNumberPoolCountries": ["FR"]}])
def test_a_member_named_like_a_parameter_is_not_sent(
    manage: Manage, emulator: Emulator, read: Any, member: dict[str, Any]
) -> None:
    fault = Fault(GET, body=json.dumps({"Proxy": {**SENT, **member}}))
    assert_failed(manage(WITH_PROXY, fault, disabled=False), f"cannot send {next(iter(member))}")
    assert emulator.operations() == [GET]
    emulator.faults = []
    assert read(WITHOUT_PROXY) == NO_PROXY


# state: absent


def test_the_proxy_is_deleted_and_the_connector_remains(manage: Manage, emulator: Emulator, read: Any) -> None:
    result = manage(state="absent")
    assert result == {
        "changed": True,
        "voice_connector_id": WITH_PROXY,
        "region": "us-east-1",
        "exists": False,
        "proxy": NO_PROXY,
    }
    assert emulator.operations() == [GET, DELETE]
    assert read() == NO_PROXY


def test_state_absent_without_a_proxy_changes_nothing(manage: Manage, emulator: Emulator) -> None:
    result = manage(WITHOUT_PROXY, state="absent")
    assert (result["changed"], result["exists"], result["proxy"]) == (False, False, NO_PROXY)
    assert emulator.operations() == [GET, CONNECTOR]


@pytest.mark.parametrize("style", ["full", "type"])
def test_deleting_a_proxy_that_was_deleted_in_the_meantime_is_not_a_change(
    manage: Manage, emulator: Emulator, style: str
) -> None:
    faults = [
        Fault(GET, body=json.dumps({"Proxy": SENT}), times=1),
        Fault(DELETE, status=404, error="NotFoundException", style=style),
    ]
    result = manage(WITHOUT_PROXY, *faults, state="absent")
    assert (result["changed"], result["exists"], result["proxy"]) == (False, False, NO_PROXY)
    assert emulator.operations() == [GET, DELETE, GET, CONNECTOR]


def test_a_delete_that_returns_404_fails_if_the_proxy_still_exists(
    manage: Manage, emulator: Emulator, read: Any
) -> None:
    result = manage(WITH_PROXY, Fault(DELETE, error="NotFoundException"), state="absent")
    assert_failed(result, "the change did not take effect", "read again", "the resource does not exist")
    assert emulator.operations() == [GET, DELETE, GET]
    assert read() == BEFORE


def test_deleting_the_proxy_of_a_connector_deleted_in_the_meantime_fails(manage: Manage, emulator: Emulator) -> None:
    faults = [Fault(GET, body=json.dumps({"Proxy": SENT}), times=1)]
    assert_failed(manage(MISSING, *faults, state="absent"), "it is unknown whether", connector=MISSING)
    assert emulator.operations() == [GET, DELETE, GET, CONNECTOR]


def test_a_404_after_a_throttled_delete_is_not_a_change(
    manage: Manage, emulator: Emulator, sleeps: list[float]
) -> None:
    faults = [
        Fault(GET, body=json.dumps({"Proxy": SENT}), times=1),
        Fault(DELETE, error="ThrottledClientException", times=1),
        Fault(DELETE, error="NotFoundException"),
    ]
    assert manage(WITHOUT_PROXY, *faults, state="absent")["changed"] is False
    assert emulator.operations() == [GET, DELETE, GET, CONNECTOR]


@pytest.mark.parametrize("request_id", [True, False])
@pytest.mark.parametrize("body", ["", '{"message": "Not Found"}'])
def test_a_delete_that_returns_404_without_an_error_name_fails(
    manage: Manage, emulator: Emulator, read: Any, body: str, request_id: bool
) -> None:
    fault = Fault(DELETE, status=404, body=body, request_id=request_id)
    words = "does not offer this operation" if request_id else "may not come from AWS"
    assert_failed(manage(WITH_PROXY, fault, state="absent"), words, DELETE)
    assert emulator.operations() == [GET, DELETE] if request_id else [GET, DELETE, GET]
    assert read() == BEFORE


@pytest.mark.parametrize("options", [NEW, {"state": "absent"}])
def test_a_missing_connector_fails(manage: Manage, emulator: Emulator, options: dict[str, Any]) -> None:
    assert_failed(manage(MISSING, **options), "this Voice Connector does not exist", connector=MISSING)
    assert emulator.operations() == [GET, CONNECTOR]


# Check mode and diff


@pytest.mark.parametrize(
    ("connector", "options", "exists", "proxy"),
    [
        (WITH_PROXY, {"disabled": True}, True, {**BEFORE, "disabled": True}),
        (WITH_PROXY, {"fall_back_phone_number": ""}, True, {**BEFORE, "fall_back_phone_number": None}),
        (WITHOUT_PROXY, NEW, True, {**EMPTY_PROXY, **NEW}),
        (WITH_PROXY, {"state": "absent"}, False, NO_PROXY),
    ],
)
def test_check_mode_returns_the_planned_result_without_a_write(
    manage: Manage, emulator: Emulator, connector: str, options: dict[str, Any], exists: bool, proxy: Any
) -> None:
    result = manage(connector, _ansible_check_mode=True, **options)
    assert (result["changed"], result["exists"], result["proxy"]) == (True, exists, proxy)
    assert not WRITES & set(emulator.operations())
    assert manage(connector, **options)["changed"] is True


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "after"),
    [
        ({"disabled": True}, {**BEFORE, "disabled": True}),
        ({"state": "absent"}, NO_PROXY),
        ({}, BEFORE),
    ],
)
def test_the_diff_shows_before_and_after(
    manage: Manage, options: dict[str, Any], after: dict[str, Any], check: bool
) -> None:
    result = manage(_ansible_diff=True, _ansible_check_mode=check, **options)
    assert result["diff"] == {"before": BEFORE, "after": after}


# Options


@pytest.mark.parametrize("value", ["..", "a b", "{{ voice_connector_id }}"])
def test_an_invalid_id_fails_before_a_request(manage: Manage, emulator: Emulator, value: str) -> None:
    result = manage(value, state="absent")
    assert result["failed"] is True
    assert result["msg"].startswith(f"voice_connector_id is {value!r}, which cannot be a Voice Connector ID")
    assert emulator.operations() == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"default_session_expiry_minutes": 0}, "the value of default_session_expiry_minutes is not valid"),
        ({"default_session_expiry_minutes": -1}, "Specify 1 or more"),
        ({"phone_number_countries": ["USA"]}, "such as 'US'"),
        ({"phone_number_countries": ["US\n"]}, "the value of phone_number_countries is not valid"),
        ({"default_session_expiry_minutes": True}, "is a boolean, but a number is required"),
        (
            {"phone_number_countries": ["US", False]},
            "contains a boolean where a string is required. Write a string in quotes",
        ),
        ({"phone_number_pool_countries": [1]}, "phone_number_pool_countries contains a number where"),
        (
            {"fall_back_phone_number": 12065550177},
            "contains a number where a string is required. Write a string in quotes",
        ),
        ({"fall_back_phone_number": "206-555-0177"}, "E.164"),
        ({"fall_back_phone_number": "+02065550177"}, "E.164"),
        ({"fall_back_phone_number": "+1206555017712345"}, "E.164"),
        ({"fall_back_phone_number": "+12065550177\n"}, "E.164"),
    ],
)
@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_invalid_value_fails_before_a_request(
    manage: Manage, emulator: Emulator, options: dict[str, Any], words: str, state: str
) -> None:
    result = manage(state=state, **options)
    assert result["failed"] is True and words in result["msg"]
    assert "0177" not in result["msg"]
    assert emulator.operations() == []


def test_a_hundred_countries_are_accepted(manage: Manage, emulator: Emulator) -> None:
    countries = [f"{first}{second}" for first in "ABCDEFGHIJ" for second in "KLMNOPQRST"]
    assert manage(phone_number_countries=countries)["proxy"]["phone_number_countries"] == countries


@pytest.mark.parametrize("state", ["gone", ""])
def test_an_unknown_state_fails(manage: Manage, emulator: Emulator, state: str) -> None:
    assert "present, absent" in manage(state=state)["msg"]
    assert emulator.operations() == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"aws_config": {"no_such_key": 1}}, "aws_config contains 'no_such_key', which botocore does not know"),
        ({"endpoint_url": "voice.example"}, "voice.example"),
        ({"access_key": None, "secret_key": None}, "no AWS credentials"),
    ],
)
def test_invalid_connection_options_fail_with_a_clear_message(
    manage: Manage, emulator: Emulator, sleeps: list[float], options: dict[str, Any], words: str
) -> None:
    result = manage(state="absent", **options)
    assert result["failed"] is True
    for word in ("Failed to", "the proxy configuration", WITH_PROXY, options.get("region", "us-east-1"), words):
        assert word in result["msg"]
    assert emulator.operations() == []


SYSLOG_REPLACEMENT = """
import syslog
def receive(*arguments):
    with open({log!r}, "a") as log:
        log.write(str(arguments[-1]) + "\\n")
syslog.syslog = receive
"""


def test_the_phone_number_is_not_in_the_system_log(emulator: Emulator, tmp_path: pathlib.Path) -> None:
    """Run Ansible itself, and let each Python process that it starts write to a file instead of the system log."""
    log = tmp_path / "log"
    (tmp_path / "sitecustomize.py").write_text(SYSLOG_REPLACEMENT.format(log=str(log)), encoding="utf-8")
    options = {"voice_connector_id": WITH_PROXY, "fall_back_phone_number": "+12065550199", **connection_to(emulator)}
    tasks = [
        {"chime_sdk.voice.chime_voice_connector_proxy": options},
        {"ansible.builtin.ping": {"data": "+12065550199"}},
    ]
    play = {"hosts": "localhost", "gather_facts": False, "vars": {"ansible_python_interpreter": sys.executable}}
    (tmp_path / "play.yml").write_text(json.dumps([{**play, "tasks": tasks}]), encoding="utf-8")
    ran = run("ansible-playbook -v play.yml", tmp_path, PYTHONPATH=str(tmp_path))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    logged = log.read_text(encoding="utf-8")
    assert "data=+12065550199" in logged, "the file does not replace the system log"
    assert WITH_PROXY not in logged and logged.count("0199") == 1
    assert ran.stdout.count("+12065550199") == 2, "the results are masked"


# Nothing is written if reading fails


@pytest.mark.parametrize("fault", [*FAULTS, THROTTLED, {"error": "ForbiddenException"}, {"status": 410}])
def test_nothing_is_written_if_reading_fails(
    manage: Manage, emulator: Emulator, read: Any, sleeps: list[float], fault: Any
) -> None:
    assert_failed(manage(WITH_PROXY, Fault(GET, **fault), state="absent"), "get the proxy configuration")
    assert set(emulator.operations()) == {GET}
    assert read() == BEFORE


@pytest.mark.parametrize("body", UNREADABLE[:4])
def test_nothing_is_written_after_an_unreadable_response(manage: Manage, emulator: Emulator, body: str) -> None:
    assert_failed(manage(WITH_PROXY, Fault(GET, body=body), state="absent"), "unreadable")
    assert emulator.operations() == [GET]


@pytest.mark.parametrize("options", [NEW, {"state": "absent"}])
def test_nothing_is_written_if_a_404_cannot_be_confirmed(manage: Manage, emulator: Emulator, options: Any) -> None:
    result = manage(WITHOUT_PROXY, Fault(CONNECTOR, error="ForbiddenException"), **options)
    assert_failed(result, "does not show whether", connector=WITHOUT_PROXY)
    assert emulator.operations() == [GET, CONNECTOR]


# Writes that fail


@EACH_WRITE
@pytest.mark.parametrize(
    "error", [name for name, (_short, status) in ERRORS.items() if status not in (404, 429, 500, 503)]
)
def test_a_rejected_write_fails_without_a_retry(
    manage: Manage, emulator: Emulator, operation: str, options: Any, error: str
) -> None:
    status = ERRORS[error][1]
    result = manage(WITH_PROXY, Fault(operation, error=error, message="Message from AWS."), **options)
    assert_failed(result, operation, "Message from AWS.")
    assert result["error"]["code"] == error
    assert status != 403 or f"chime:{operation}" in result["msg"]
    assert emulator.operations() == [GET, operation]


@EACH_WRITE
def test_a_write_fails_if_the_service_no_longer_offers_it(manage: Manage, operation: str, options: Any) -> None:
    result = manage(WITH_PROXY, Fault(operation, status=410, style="bare"), **options)
    assert_failed(result, operation, "2026-04-07")
    assert result["error"]["code"] == "410"


def test_setting_the_proxy_of_a_connector_deleted_in_the_meantime_fails(manage: Manage, emulator: Emulator) -> None:
    result = manage(WITH_PROXY, Fault(PUT, error="NotFoundException"), disabled=True)
    assert_failed(result, "the resource does not exist")
    assert emulator.operations() == [GET, PUT]


@EACH_WRITE
def test_a_throttled_write_is_sent_at_most_ten_times(
    manage: Manage, emulator: Emulator, read: Any, sleeps: list[float], operation: str, options: Any
) -> None:
    result = manage(WITH_PROXY, Fault(operation, **THROTTLED), **options)
    assert_failed(result, operation, "throttled 10 requests from this account")
    assert emulator.operations() == [GET, operation] * 10
    assert read() == BEFORE
    assert manage(WITH_PROXY, Fault(operation, **THROTTLED, times=9), **options)["changed"] is True
    assert emulator.operations() == [GET, operation] * 10


@EACH_WRITE
@pytest.mark.parametrize("fault", FAULTS)
def test_a_write_with_a_lasting_fault_is_sent_at_most_three_times_and_then_checked(
    manage: Manage, emulator: Emulator, read: Any, sleeps: list[float], operation: str, options: Any, fault: Any
) -> None:
    result = manage(WITH_PROXY, Fault(operation, **fault), **options)
    assert_failed(result, operation, "the change did not take effect", "The error from the change: Failed to")
    assert emulator.operations() == [GET, operation] * 3 + [GET]
    assert read() == BEFORE


@pytest.mark.parametrize(("status", "code"), [(400, "RequestTimeout"), (400, "RequestTimeoutException"), (408, "")])
def test_a_timeout_status_is_retried_like_a_server_error(
    manage: Manage, emulator: Emulator, sleeps: list[float], status: int, code: str
) -> None:
    result = manage(
        WITH_PROXY, Fault(PUT, status=status, error=code, style="header" if code else "bare"), disabled=True
    )
    assert_failed(result, "the change did not take effect", "read again", "server error")
    assert emulator.operations() == [GET, PUT] * 3 + [GET]


@EACH_WRITE
@pytest.mark.parametrize("fault", FAULTS)
def test_a_write_is_retried_after_a_temporary_fault(
    manage: Manage, sleeps: list[float], operation: str, options: Any, fault: Any
) -> None:
    assert manage(WITH_PROXY, Fault(operation, **fault, times=2), **options)["changed"] is True


# Writes with an unknown outcome


def expected_result(operation: str) -> dict[str, Any]:
    proxy = {**BEFORE, "disabled": True} if operation == PUT else NO_PROXY
    return {
        "changed": True,
        "voice_connector_id": WITH_PROXY,
        "region": "us-east-1",
        "exists": operation == PUT,
        "proxy": proxy,
    }


@EACH_WRITE
def test_an_applied_write_without_a_response_is_confirmed_by_reading(
    manage: Manage, emulator: Emulator, sleeps: list[float], operation: str, options: Any
) -> None:
    assert manage(WITH_PROXY, Fault(operation, drop="lost"), **options) == expected_result(operation)
    proxy_reads = [GET] if operation == PUT else [GET, CONNECTOR]
    assert emulator.operations() == [GET, operation, *proxy_reads]


def test_a_new_proxy_without_a_response_is_confirmed_by_reading(manage: Manage, sleeps: list[float]) -> None:
    result = manage(WITHOUT_PROXY, Fault(PUT, drop="lost"), **NEW)
    assert (result["changed"], result["proxy"]) == (True, {**EMPTY_PROXY, **NEW, "disabled": False})


@EACH_WRITE
def test_a_change_by_somebody_else_after_a_write_without_a_response_fails_and_is_reported(
    manage: Manage,
    emulator: Emulator,
    read: Any,
    monkeypatch: pytest.MonkeyPatch,
    sleeps: list[float],
    operation: str,
    options: Any,
) -> None:
    edited = {"DefaultSessionExpiryMinutes": 7, "PhoneNumberCountries": ["GB"]}
    edit_after(monkeypatch, emulator, WITH_PROXY, operation, edited)
    result = manage(WITH_PROXY, Fault(operation, drop="lost"), **options, _ansible_diff=True)
    assert result["failed"] is True and result["changed"] is True
    assert "changed while the outcome of the request was unknown" in result["msg"]
    assert result["diff"]["before"]["default_session_expiry_minutes"] == 60
    assert result["diff"]["after"] == result["proxy"] == read()
    assert result["proxy"]["default_session_expiry_minutes"] == 7
    assert emulator.operations().count(operation) == 1


def edit_after(
    monkeypatch: pytest.MonkeyPatch, emulator: Emulator, voice_connector_id: str, operation: str, proxy: Any
) -> None:
    """Store the proxy configuration *proxy* after the first *operation*, before the emulator responds."""
    handle = emulator.voice.handle
    edited = False

    def handle_and_edit(model: Any, *args: Any) -> Any:
        nonlocal edited
        output = handle(model, *args)
        if model.name == operation and not edited:
            edited = True
            store(emulator, voice_connector_id, proxy)
        return output

    monkeypatch.setattr(emulator.voice, "handle", handle_and_edit)


def store(emulator: Emulator, voice_connector_id: str, proxy: dict[str, Any] | None) -> None:
    for (_account, _region), connectors in emulator.voice._connectors.items():
        if voice_connector_id in connectors:
            connectors[voice_connector_id]["settings"].pop("Proxy", None)
            if proxy is not None:
                connectors[voice_connector_id]["settings"]["Proxy"] = proxy


@pytest.mark.parametrize("body", [*UNREADABLE, "{}", '{"Proxy": null}', '{"Proxy": {}}'])
def test_an_unreadable_response_to_a_put_is_checked_by_reading(
    manage: Manage, emulator: Emulator, read: Any, body: str
) -> None:
    assert_failed(
        manage(WITH_PROXY, Fault(PUT, body=body), disabled=True),
        "unreadable",
        "the change did not take effect",
    )
    assert emulator.operations() == [GET, PUT, GET]
    assert read() == BEFORE


def test_a_truncated_response_to_a_put_is_confirmed_by_reading(manage: Manage, sleeps: list[float]) -> None:
    assert manage(WITH_PROXY, Fault(PUT, drop="truncate"), disabled=True) == expected_result(PUT)


@pytest.mark.parametrize(
    "fault", [{"request_id": False}, {"status": 200}, {"status": 202}, {"status": 200, "body": "<html>"}]
)
def test_an_unexpected_response_to_a_delete_is_checked_by_reading(
    manage: Manage, emulator: Emulator, fault: Any
) -> None:
    result = manage(WITH_PROXY, Fault(DELETE, **fault), state="absent")
    assert emulator.operations()[:3] == [GET, DELETE, GET]
    if "body" in fault:  # the emulator returns this body instead of running the operation
        assert_failed(result, "unreadable", "the change did not take effect")
    else:
        assert result == expected_result(DELETE)


@EACH_WRITE
@pytest.mark.parametrize(
    "second_read", [{"error": "ForbiddenException"}, {"body": "<html>"}, {"error": "ServiceFailureException"}]
)
def test_a_write_that_cannot_be_confirmed_fails(
    manage: Manage, emulator: Emulator, sleeps: list[float], operation: str, options: Any, second_read: Any
) -> None:
    passing = Fault(GET, body=json.dumps({"Proxy": {**SENT, "Disabled": False}}), times=1)
    result = manage(WITH_PROXY, passing, Fault(operation, drop="lost"), Fault(GET, **second_read), **options)
    assert_failed(result, "it is unknown whether the service applied the change", "Run the task again", operation, GET)
    assert emulator.operations().count(operation) == 1


def test_the_order_of_countries_does_not_matter_when_a_write_is_confirmed(
    manage: Manage, sleeps: list[float], emulator: Emulator
) -> None:
    def shown(times: int | None, *countries: str) -> Fault:
        proxy = {"DefaultSessionExpiryMinutes": 60, "PhoneNumberCountries": countries}
        return Fault(GET, body=json.dumps({"Proxy": proxy}), times=times)

    faults = [shown(1, "US"), shown(None, "GB", "US", "CA"), Fault(PUT, drop="lost")]
    result = manage(WITH_PROXY, *faults, phone_number_countries=["CA", "GB", "US"])
    assert result["changed"] is True
    assert result["proxy"]["phone_number_countries"] == ["GB", "US", "CA"]


@pytest.mark.parametrize("error", ["ForbiddenException", "BadRequestException"])
def test_a_rejected_put_mentions_the_end_of_support(manage: Manage, error: str) -> None:
    assert_failed(manage(WITH_PROXY, Fault(PUT, error=error), disabled=True), "2026-04-07", "may refuse this")
    assert "2026-04-07" not in manage(WITH_PROXY, Fault(DELETE, error=error), state="absent")["msg"]


def test_other_connectors_are_not_changed(manage: Manage, emulator: Emulator, read: Any) -> None:
    manage(WITHOUT_PROXY, **NEW)
    manage(WITHOUT_PROXY, state="absent")
    assert read() == BEFORE
