# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the result for each response from the service, through the real main()."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import socket
import sys
import threading
import time
import types
from typing import Any, Callable

import botocore
import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils import _client, _operation, _responses
from ansible_collections.chime_sdk.voice.plugins.module_utils._module import VoiceModule
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.cases import (
    BAD_IDS,
    BAD_OPTIONS,
    ERRORS,
    FAULTS,
    RETRY_MODES,
    THROTTLES,
    UNREADABLE,
)
from ansible_collections.chime_sdk.voice.tests.unit.helpers import (
    EMPTY_PROXY,
    MISSING,
    NO_PROXY,
    OVER_TLS,
    WITH_PROXY,
    WITHOUT_PROXY,
    edit_model,
    run_main,
)

Read = Callable[..., "dict[str, Any]"]

PROXY = "GetVoiceConnectorProxy"
CONNECTOR = "GetVoiceConnector"


def response_with(body: Any, **changes: Any) -> Fault:
    return Fault(PROXY, body=body if isinstance(body, str) else json.dumps(body), **changes)


def assert_failed(result: dict[str, Any], *words: str, connector: str = WITH_PROXY) -> None:
    """Assert a failure whose message is one line with the action, the connector, the Region, and *words*."""
    assert result["failed"] is True
    assert "exists" not in result and "proxy" not in result
    for word in ("get the proxy configuration", connector, "us-east-1", *words):
        assert word in result["msg"]
    assert "\n" not in result["msg"]


# Results


def test_a_proxy_is_returned_with_every_documented_key(read_proxy: Read, emulator: Emulator) -> None:
    result = read_proxy()
    assert result == {
        "changed": False,
        "voice_connector_id": WITH_PROXY,
        "region": "us-east-1",
        "exists": True,
        "proxy": {
            "exists": True,
            "default_session_expiry_minutes": 60,
            "disabled": False,
            "fall_back_phone_number": "+12065550100",
            "phone_number_countries": ["US", "CA"],
        },
    }
    assert emulator.operations() == [PROXY]


def test_check_mode_returns_the_same_result(read_proxy: Read) -> None:
    assert read_proxy(_ansible_check_mode=True) == read_proxy()


def test_a_proxy_that_is_not_set_is_returned_with_the_same_keys(read_proxy: Read, emulator: Emulator) -> None:
    result = read_proxy(WITHOUT_PROXY)
    assert result == {
        "changed": False,
        "voice_connector_id": WITHOUT_PROXY,
        "region": "us-east-1",
        "exists": False,
        "proxy": NO_PROXY,
    }
    assert emulator.operations() == [PROXY, CONNECTOR]


@pytest.mark.parametrize("body", [{}, {"Proxy": None}, {"Proxy": {}}, {"Proxy": None, "Unknown": 1}])
def test_an_empty_response_from_aws_means_absence(read_proxy: Read, emulator: Emulator, body: Any) -> None:
    result = read_proxy(WITH_PROXY, response_with(body))
    assert (result["exists"], result["proxy"]) == (False, NO_PROXY)
    assert emulator.operations() == [PROXY]


@pytest.mark.parametrize(
    ("member", "value", "key"),
    [
        ("DefaultSessionExpiryMinutes", 0, "default_session_expiry_minutes"),
        ("DefaultSessionExpiryMinutes", 90, "default_session_expiry_minutes"),
        ("Disabled", False, "disabled"),
        ("Disabled", True, "disabled"),
        ("FallBackPhoneNumber", "+12065550101", "fall_back_phone_number"),
        ("PhoneNumberCountries", ["US"], "phone_number_countries"),
        ("PhoneNumberCountries", [], "phone_number_countries"),
    ],
)
@pytest.mark.parametrize("nulls", [True, False])
def test_members_that_aws_does_not_return_are_never_guessed(
    read_proxy: Read, member: str, value: Any, key: str, nulls: bool
) -> None:
    others = ("DefaultSessionExpiryMinutes", "Disabled", "FallBackPhoneNumber", "PhoneNumberCountries")
    proxy = {**(dict.fromkeys(others) if nulls else {}), member: value}
    result = read_proxy(WITH_PROXY, response_with({"Proxy": proxy}))
    assert result["exists"] is True
    assert result["proxy"] == {**EMPTY_PROXY, key: value}


def test_a_proxy_with_only_null_members_still_exists(read_proxy: Read) -> None:
    result = read_proxy(WITH_PROXY, response_with({"Proxy": {"Disabled": None}}))
    assert (result["exists"], result["proxy"]) == (True, EMPTY_PROXY)


def test_a_proxy_in_a_response_without_a_request_id_is_returned(read_proxy: Read) -> None:
    assert (
        read_proxy(WITH_PROXY, response_with({"Proxy": {"Disabled": True}}, request_id=False))["proxy"]["disabled"]
        is True
    )


@pytest.mark.parametrize(
    "members",
    [
        {"RecordingMode": {"ForCalls": "ALL"}, "NotSet": None},
        {"Exists": False, "exists": False},
        {"disabled": "maybe", "phone_number_countries": 5, "FallbackPhoneNumber": "+12065550199"},
    ],
)
def test_only_documented_members_are_returned(read_proxy: Read, members: dict[str, Any]) -> None:
    result = read_proxy(WITH_PROXY, response_with({"Proxy": members}))
    assert result == {
        "changed": False,
        "voice_connector_id": WITH_PROXY,
        "region": "us-east-1",
        "exists": True,
        "proxy": EMPTY_PROXY,
    }


# Identifiers


@pytest.mark.parametrize("value", BAD_IDS)
def test_an_invalid_id_fails_before_a_client_is_created(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setattr(
        "ansible_collections.chime_sdk.voice.plugins.modules.chime_voice_connector_proxy_info.Connection",
        lambda *args: pytest.fail("a client was created"),
    )
    result = read_proxy(value)
    assert result["failed"] is True
    assert (result["voice_connector_id"], result["region"]) == (value, "us-east-1")
    assert result["msg"].startswith(
        f"voice_connector_id is {value!r}, which cannot be a Voice Connector ID. Specify an ID"
    )
    assert "abcdef1ghij2klmno3pqr4" in result["msg"]
    assert emulator.operations() == []


def test_an_id_with_a_null_character_fails_without_a_request(read_proxy: Read, emulator: Emulator) -> None:
    # ansible-core 2.21 and newer fail earlier, because they cannot log the value.
    assert read_proxy("a\x00b")["failed"] is True
    assert emulator.operations() == []


@pytest.mark.parametrize("value", ["a", "7", "a" * 128, "A-1", "123e4567-e89b-12d3-a456-426614174000"])
def test_any_id_in_a_valid_format_is_requested(read_proxy: Read, emulator: Emulator, value: str) -> None:
    assert read_proxy(value, response_with({"Proxy": {"Disabled": True}}))["voice_connector_id"] == value
    assert emulator.requests[0]["path"] == f"/voice-connectors/{value}/programmable-numbers/proxy"


def test_a_long_invalid_id_is_truncated_in_the_message(read_proxy: Read) -> None:
    assert len(read_proxy("!" * 10_000)["msg"]) < 500


# Values that YAML converted to a different type


@pytest.mark.parametrize(("value", "kind"), [(12345, "number"), (True, "boolean"), (1.5, "number")])
def test_an_id_without_quotes_is_refused(read_proxy: Read, emulator: Emulator, value: Any, kind: str) -> None:
    result = read_proxy(value)
    assert (
        result["msg"] == f"voice_connector_id contains a {kind} where a string is required. Write a string in quotes."
    )
    assert emulator.operations() == []


# 404


def test_a_missing_connector_fails_and_names_it(read_proxy: Read, emulator: Emulator) -> None:
    result = read_proxy(MISSING)
    assert_failed(
        result, "this Voice Connector does not exist in this Region", "minute", "outside us-east-1", connector=MISSING
    )
    assert result["error"]["code"] == "NotFoundException"
    assert "AWS said: An error occurred (NotFoundException)" in result["msg"]
    assert emulator.operations() == [PROXY, CONNECTOR]


@pytest.mark.parametrize("style", ["full", "header", "body", "type", "uri"])
def test_a_404_that_names_not_found_means_absence(read_proxy: Read, style: str) -> None:
    fault = Fault(PROXY, status=404, error="NotFoundException", style=style)
    assert read_proxy(WITH_PROXY, fault)["exists"] is False


@pytest.mark.parametrize(
    "fault",
    [
        *(
            {"error": "NotFoundException", "style": style, "request_id": False}
            for style in ("full", "header", "body", "type", "uri")
        ),
        {"body": '{"code": "NotFound", "message": "/x does not exist"}', "request_id": False},
        {"body": "<NotFoundException/>"},
        {"body": '{"Code": "Forbidden"}', "headers": {"x-amzn-errortype": "NotFoundException"}},
        {"body": '{"Code": "NotFound"}', "headers": {"x-amzn-errortype": "ForbiddenException"}},
        {"body": '{"Code": "NotFound", "__type": "Forbidden"}'},
        {"body": '{"Code": "Forbidden", "Code": "NotFound"}'},
        {"body": '{"a": 1, "a": 2}', "headers": {"x-amzn-errortype": "NotFoundException"}},
        {"error": "NotFoundException", "status": 400},
        {"error": "NotFoundException", "status": 410},
    ],
)
def test_only_a_404_from_aws_with_one_name_means_absence(
    read_proxy: Read, emulator: Emulator, fault: dict[str, Any]
) -> None:
    assert_failed(read_proxy(WITH_PROXY, Fault(PROXY, **{"status": 404, **fault})))
    assert emulator.operations() == [PROXY]


UNNAMED = [
    "",
    "<html><body>Not Found</body></html>",
    "<UnknownOperationException/>\n",
    '{"message":"Missing Authentication Token"}',
    '{"message":"no Route matched with those values"}',
    '{"Message": "NotFoundException"}',
    '{"Code": "NotFoundExceptional"}',
    '{"Code": ["NotFound"]}',
    "[]",
]


@pytest.mark.parametrize("request_id", [True, False])
@pytest.mark.parametrize("body", UNNAMED)
def test_a_404_without_the_error_name_notfoundexception_does_not_mean_absence(
    read_proxy: Read, emulator: Emulator, body: str, request_id: bool
) -> None:
    result = read_proxy(WITH_PROXY, response_with(body, status=404, request_id=request_id))
    words = "was rejected" if "Exceptional" in body else "does not offer this operation"
    words = "in a form that AWS does not use" if "[" in body and "Code" in body else words
    assert_failed(result, words if request_id else "may not come from AWS")
    assert emulator.operations() == [PROXY]


@pytest.mark.parametrize("style", ["full", "header", "body", "type", "uri"])
def test_a_404_for_an_unknown_operation_does_not_mean_absence(read_proxy: Read, emulator: Emulator, style: str) -> None:
    """AWS returns this error for an operation that was removed from the service."""
    fault = Fault(PROXY, status=404, error="UnknownOperationException", style=style)
    result = read_proxy(WITH_PROXY, fault)
    assert_failed(result, "does not offer this operation", "2026-04-07")
    assert result["error"]["code"].startswith("UnknownOperation")
    assert emulator.operations() == [PROXY]


@pytest.mark.parametrize("error", sorted(set(ERRORS) - {"NotFoundException"}))
def test_a_404_that_cannot_be_confirmed_fails(read_proxy: Read, sleeps: list[float], error: str) -> None:
    result = read_proxy(WITHOUT_PROXY, Fault(CONNECTOR, error=error))
    assert_failed(result, "does not show whether", "(GetVoiceConnector): ", connector=WITHOUT_PROXY)
    denied = error in ("ForbiddenException", "UnauthorizedClientException")
    assert ("IAM action chime:GetVoiceConnector." in result["msg"]) == denied
    assert result["error"]["code"] == error


@pytest.mark.parametrize(
    "body",
    ["", "<html>", "{}", "[]", '{"VoiceConnector": null}', '{"VoiceConnector": {"VoiceConnectorId": "other"}}']
    + ['{"VoiceConnector": {"VoiceConnectorId": 7}}', '{"VoiceConnector": {"CreatedTimestamp": "yesterday-ish"}}'],
)
def test_a_404_is_confirmed_only_by_a_response_about_the_same_connector(read_proxy: Read, body: str) -> None:
    result = read_proxy(WITHOUT_PROXY, Fault(CONNECTOR, body=body))
    assert_failed(result, "does not show whether", "unreadable", connector=WITHOUT_PROXY)


@pytest.mark.parametrize("region", ["eu-west-1", None])
def test_a_404_for_a_connector_in_a_different_region_does_not_mean_absence(read_proxy: Read, region: Any) -> None:
    body = {"VoiceConnector": {"VoiceConnectorId": WITHOUT_PROXY, "AwsRegion": region}}
    result = read_proxy(WITHOUT_PROXY, Fault(CONNECTOR, body=json.dumps(body)))
    assert_failed(result, f"belongs to {region or 'a Region that AWS did not return'}", connector=WITHOUT_PROXY)


# Credentials, and errors from other operations


def profile(monkeypatch: pytest.MonkeyPatch, folder: pathlib.Path, text: str) -> dict[str, Any]:
    """Write *text* to the profile ``telephony``, and return the options that use it."""
    (folder / "config").write_text(f"[profile telephony]\nregion = us-east-1\n{text}", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    return {"access_key": None, "secret_key": None, "profile": "telephony"}


ROLE = (
    "role_arn = arn:aws:iam::111122223333:role/reader\nsource_profile = base\n"
    "[profile base]\naws_access_key_id = AKIDEMULATOR\naws_secret_access_key = emulator-secret-key\n"
)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 403, "error": "AccessDenied"},
        {"status": 404, "error": "NotFoundException"},
        {"status": 404, "error": "NoSuchEntity"},
        {"status": 400, "error": "ValidationError"},
    ],
)
def test_an_error_from_assume_role_is_reported_as_a_credentials_error(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, fault: Any
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", emulator.url)
    options = profile(monkeypatch, tmp_path, ROLE)
    assert read_proxy(**options)["exists"] is True
    emulator.requests.clear()
    result = read_proxy(WITH_PROXY, Fault("AssumeRole", **fault), **options)
    assert_failed(result, "the AWS credentials could not be obtained: AssumeRole failed", "AWS said", fault["error"])
    assert result["error"]["code"] == fault["error"]
    assert set(emulator.operations()) == {"AssumeRole"}


SSO = "sso_start_url = https://example.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 111122223333\n"


@pytest.mark.parametrize(
    "text",
    [
        "credential_process = /bin/false\n",
        "credential_process = /bin/echo {}\n",
        "credential_process = /nonexistent\n",
        SSO + "sso_role_name = reader\n",
        "sso_session = work\nsso_account_id = 111122223333\nsso_role_name = reader\n"
        "[sso-session work]\nsso_start_url = https://example.awsapps.com/start\nsso_region = us-east-1\n",
        "role_arn = arn:aws:iam::111122223333:role/reader\nweb_identity_token_file = /nonexistent\n",
        "role_arn = arn:aws:iam::111122223333:role/reader\nsource_profile = telephony\n",
        ROLE.replace("source_profile", "mfa_serial = arn:aws:iam::111122223333:mfa/reader\nsource_profile"),
    ],
    ids=[
        "process-fails",
        "process-output-empty",
        "process-missing",
        "sso",
        "sso-session",
        "web-identity",
        "loop",
        "mfa",
    ],
)
def test_credentials_that_cannot_be_obtained_fail_with_a_clear_message(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, text: str
) -> None:
    def no_terminal(*args: Any) -> str:
        raise EOFError("EOF when reading a line")

    monkeypatch.setattr("getpass.getpass", no_terminal)
    result = read_proxy(**profile(monkeypatch, tmp_path, text))
    assert_failed(result, "the AWS credentials could not be obtained", "aws sso login", "MFA")
    assert emulator.operations() == []


@pytest.mark.parametrize("when", ["creating the client", "signing"])
def test_a_credential_process_that_hangs_times_out(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, when: str
) -> None:
    ran = tmp_path / "ran"
    expired = json.dumps(
        {
            "Version": 1,
            "AccessKeyId": "AKIDEMULATOR",
            "SecretAccessKey": "emulator-secret-key",
            "Expiration": "2020-01-01T00:00:00Z",
        }
    )
    valid = expired.replace("2020", "2120")
    script = tmp_path / "process"
    returns = f"[ -e {ran} ] || {{ touch {ran}; echo '{expired}'; exit; }}" if when == "signing" else ""
    waits = f"for turn in $(seq 100); do [ -e {tmp_path}/resume ] && break; sleep 0.1; done"
    script.write_text(f"#!/bin/sh\n{returns}\n{waits}\necho '{valid}'\n", encoding="utf-8")
    script.chmod(0o755)
    shorten_time_limits(monkeypatch)
    result = read_proxy(**profile(monkeypatch, tmp_path, f"credential_process = {script}\n"))
    assert_failed(result, "the AWS credentials could not be obtained in time", "credential_process")
    (tmp_path / "resume").touch()
    for thread in threading.enumerate():
        if isinstance(thread, _operation.Attempt):
            thread.join(10)
    assert emulator.operations() == [], "a request was sent after the failure was reported"


# Refusals


@pytest.mark.parametrize("style", ["full", "header", "body", "bare", "type", "uri"])
@pytest.mark.parametrize("error", sorted(set(ERRORS) - {"NotFoundException"}))
def test_each_modeled_error_fails_and_keeps_its_code(
    read_proxy: Read, sleeps: list[float], error: str, style: str
) -> None:
    short, status = ERRORS[error]
    result = read_proxy(WITH_PROXY, Fault(PROXY, status=status, error=error, style=style, message="Message from AWS."))
    assert_failed(result, PROXY)
    assert result["error"]["code"] == {"body": short, "bare": str(status)}.get(style, error)
    assert result["response_metadata"]["http_status_code"] == status
    assert style == "bare" or "AWS said: An error occurred" in result["msg"] and "Message from AWS." in result["msg"]
    assert (result["voice_connector_id"], result["region"]) == (WITH_PROXY, "us-east-1")
    assert {"boto3_version", "botocore_version"} <= set(result)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "the request was rejected"),
        (401, "the credentials were rejected"),
        (402, "the request was rejected"),
        (403, "Grant these credentials the IAM action chime:GetVoiceConnectorProxy"),
        (405, "the request was rejected"),
        (407, "user name and password"),
        (409, "the request was rejected"),
        (410, "2026-04-07"),
        (413, "the request was rejected"),
        (418, "the request was rejected"),
    ],
)
@pytest.mark.parametrize("request_id", [True, False])
@pytest.mark.parametrize("body", ["", '{"Code": 7, "Message": [1]}'])
def test_other_error_statuses_fail_without_a_retry(
    read_proxy: Read, emulator: Emulator, status: int, words: str, body: str, request_id: bool
) -> None:
    result = read_proxy(WITH_PROXY, response_with(body, status=status, request_id=request_id))
    from_aws = request_id or status == 407
    assert_failed(result, words if from_aws else f"the response (status {status}) has no request ID")
    assert ("AWS said" in result["msg"]) == request_id
    assert result["error"]["code"] == str(status)
    assert emulator.operations() == [PROXY]


@pytest.mark.parametrize("body", ["<html><body>No</body></html>", "[1]", '"no"', "null"])
def test_a_403_with_a_body_that_names_no_error_is_access_denied(read_proxy: Read, body: str) -> None:
    result = read_proxy(WITH_PROXY, response_with(body, status=403))
    assert_failed(result, "Grant these credentials the IAM action chime:GetVoiceConnectorProxy")
    assert result["error"]["code"] == "403"


@pytest.mark.parametrize("status", [301, 302, 303, 305, 307, 308])
@pytest.mark.parametrize("location", ["https://portal.example/sign-in?from=\x1b[31m" + "x" * 1000, None])
def test_a_redirect_fails_and_shows_its_target(
    read_proxy: Read, emulator: Emulator, status: int, location: str | None
) -> None:
    headers = {"location": location} if location else {}
    result = read_proxy(WITH_PROXY, Fault(PROXY, status=status, body="<html>", headers=headers, request_id=False))
    assert_failed(result, f"the request was redirected with status {status}", "captive portal", "endpoint_url")
    # For status 303, urllib3 itself fails, and the message cannot show the location.
    shown = bool(location) and status != 303
    assert ("to https://portal.example/sign-in?from=\\x1b[31mxxx" in result["msg"]) == shown
    assert "\x1b" not in result["msg"] and len(result["msg"]) < 1000
    assert emulator.operations() == [PROXY]


CREDENTIALS = [
    *("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "SignatureDoesNotMatch", "IncompleteSignature"),
    *("MissingAuthenticationToken", "MissingAuthenticationTokenException", "UnrecognizedClientException"),
    *("InvalidSignatureException", "AuthFailure", "InvalidAccessKeyId", "UnauthorizedClientException"),
]
CLOCK = ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"]


@pytest.mark.parametrize(
    ("error", "style"),
    [
        *((error, "header") for error in (*CREDENTIALS, *CLOCK)),
        *((CREDENTIALS[0], style) for style in ("body", "type", "uri")),
    ],
)
def test_rejected_credentials_are_recognized_by_each_error_name(read_proxy: Read, error: str, style: str) -> None:
    result = read_proxy(WITH_PROXY, Fault(PROXY, status=403, error=error, style=style))
    assert_failed(result, "Check the clock" if error in CLOCK else "the credentials were rejected")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"error": "InvalidSignatureException", "message": "Signature expired: 2026"}, "Check the clock"),
        ({"error": "InvalidSignatureException", "message": "Signature not yet current: 2026"}, "Check the clock"),
        ({"error": "OptInRequired"}, "this AWS account is not allowed"),
        (
            {"error": "ForbiddenException", "message": "Not authorized to call Chime SDK with Account Id 1"},
            "this AWS account is not allowed",
        ),
        ({"error": "ForbiddenException", "message": "Subscription check failed"}, "this AWS account is not allowed"),
        ({"error": "ForbiddenException", "message": "AWS authorization failed"}, "access is denied"),
        ({"error": "AccessDenied"}, "access is denied"),
        ({"error": "AccessDeniedException", "style": "uri"}, "access is denied"),
    ],
)
def test_the_message_for_a_403_depends_on_its_cause(read_proxy: Read, fault: dict[str, Any], words: str) -> None:
    assert_failed(read_proxy(WITH_PROXY, Fault(PROXY, status=403, **fault)), words)


def test_a_skewed_clock_is_reported(read_proxy: Read, emulator: Emulator) -> None:
    emulator.configure(max_skew=-1)
    assert_failed(read_proxy(), "Check the clock of the managed node")


def test_text_from_a_response_is_truncated_and_printable(read_proxy: Read) -> None:
    message = "red \x1b[31m\u202e\r\n" + "x" * 1_000_000
    result = read_proxy(WITH_PROXY, Fault(PROXY, error="ForbiddenException", message=message))
    assert_failed(result, "red \\x1b[31m\\u202e x")
    assert "\x1b" not in json.dumps(result, ensure_ascii=False)
    assert len(json.dumps(result)) < 5000


def test_an_html_page_is_truncated_and_quoted_in_one_line(read_proxy: Read) -> None:
    page = "<html>\n<body>" + "Blocked by policy. " * 1000
    result = read_proxy(WITH_PROXY, response_with(page, status=403, request_id=False))
    assert_failed(result, "Blocked by policy.")
    assert len(result["msg"]) < 1000


def test_a_wrong_secret_key_fails(read_proxy: Read) -> None:
    result = read_proxy(secret_key="wrong")
    assert_failed(result, "does not match")
    assert result["error"]["code"] == "InvalidSignatureException"


# Throttling and faults


def set_retry_mode(monkeypatch: pytest.MonkeyPatch, mode: str | None) -> None:
    if mode:
        monkeypatch.setenv("AWS_RETRY_MODE", mode)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "7")


@pytest.mark.parametrize(
    ("mode", "fault"), [*((None, fault) for fault in THROTTLES), *((mode, THROTTLES[3]) for mode in RETRY_MODES[1:])]
)
def test_a_throttled_request_is_sent_at_most_ten_times(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, sleeps: list[float], mode: Any, fault: Any
) -> None:
    set_retry_mode(monkeypatch, mode)
    result = read_proxy(WITH_PROXY, Fault(PROXY, **fault))
    assert_failed(result, "throttled 10 requests from this account")
    assert emulator.operations() == [PROXY] * 10
    assert len(sleeps) == 9 and len(set(sleeps)) > 1
    assert sum(sleeps) < 45


@pytest.mark.parametrize("mode", RETRY_MODES)
def test_temporary_throttling_is_retried(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, sleeps: list[float], mode: Any
) -> None:
    set_retry_mode(monkeypatch, mode)
    assert read_proxy(WITH_PROXY, Fault(PROXY, error="ThrottledClientException", times=9))["exists"] is True
    assert emulator.operations() == [PROXY] * 10


def test_the_rate_limiter_of_adaptive_mode_does_not_slow_the_module_down(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, sleeps: list[float]
) -> None:
    set_retry_mode(monkeypatch, "adaptive")
    started = time.monotonic()
    assert read_proxy(WITH_PROXY, Fault(PROXY, error="TooManyRequestsException", status=429, times=9))["exists"] is True
    assert time.monotonic() - started < 5


def test_retries_of_throttled_requests_end_with_the_retry_window(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, sleeps: list[float]
) -> None:
    """Responses arrive after 0.2, 0.4, and 0.6 seconds, and the retry window ends after 0.5 seconds."""
    monkeypatch.setattr(_operation, "THROTTLE_WINDOW", 0.5)
    assert_failed(read_proxy(WITH_PROXY, Fault(PROXY, error="ThrottledClientException", delay=0.2)), "throttle")
    assert len(emulator.operations()) == 3


@pytest.mark.parametrize(
    ("mode", "fault"), [*((None, fault) for fault in FAULTS), *((mode, FAULTS[2]) for mode in RETRY_MODES[1:])]
)
def test_a_request_with_a_lasting_fault_is_sent_at_most_three_times(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, sleeps: list[float], mode: Any, fault: Any
) -> None:
    set_retry_mode(monkeypatch, mode)
    assert_failed(read_proxy(WITH_PROXY, Fault(PROXY, **fault)), PROXY)
    assert emulator.operations() == [PROXY] * 3
    assert len(sleeps) == 2 and sum(sleeps) <= 1.5


@OVER_TLS
@pytest.mark.parametrize("fault", FAULTS)
def test_a_temporary_fault_is_retried(read_proxy: Read, sleeps: list[float], fault: Any) -> None:
    assert read_proxy(WITH_PROXY, Fault(PROXY, **fault, times=2))["exists"] is True


def test_a_refused_connection_fails_and_shows_the_url(read_proxy: Read, sleeps: list[float]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    result = read_proxy(endpoint_url=url)
    assert_failed(result, "cannot be reached", url)
    assert len(sleeps) == 2


# Deadlines


def shorten_time_limits(monkeypatch: pytest.MonkeyPatch, factor: float = 50) -> float:
    """Divide the time limits by *factor*, and return the new limit of one operation in seconds."""
    assert _client.longest_operation(_client.CONNECT_TIMEOUT, _client.READ_TIMEOUT) == 60
    monkeypatch.setattr(_client, "READ_TIMEOUT", _client.READ_TIMEOUT / factor)
    monkeypatch.setattr(_client, "CONNECT_TIMEOUT", _client.CONNECT_TIMEOUT / factor)
    for module in (_client, _operation):
        monkeypatch.setattr(module, "MAX_BACKOFF", 5 / factor)
    return 60 / factor


@pytest.mark.parametrize("mode", RETRY_MODES)
def test_an_endpoint_that_never_responds_times_out(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, sleeps: list[float], mode: Any
) -> None:
    set_retry_mode(monkeypatch, mode)
    shorten_time_limits(monkeypatch)
    assert_failed(read_proxy(WITH_PROXY, Fault(PROXY, drop="hang")), "after 3 requests", "Read timeout")
    assert emulator.operations() == [PROXY] * 3


@pytest.mark.parametrize("fault", [{}, {"status": 503}, {"status": 404, "error": "NotFoundException"}])
def test_a_response_that_arrives_too_slowly_times_out(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, sleeps: list[float], fault: dict[str, Any]
) -> None:
    longest = shorten_time_limits(monkeypatch)
    started = time.monotonic()
    result = read_proxy(WITH_PROXY, Fault(PROXY, drip=0.1, **fault))
    assert_failed(result, "no complete response arrived within 1 seconds, after 1 request. Check the network")
    assert longest <= time.monotonic() - started < longest + 8


def test_the_time_spent_on_throttling_counts_toward_the_deadline(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is 6 seconds. Each of the four waits between attempts advances a fake clock by 1.2 seconds."""
    longest = shorten_time_limits(monkeypatch, 10)
    waits: list[float] = []
    clock = types.SimpleNamespace(sleep=waits.append, monotonic=lambda: time.monotonic() + 1.2 * len(waits))
    monkeypatch.setattr(_operation, "time", clock)
    faults = [Fault(PROXY, error="ThrottledClientException", times=4), Fault(PROXY, drip=0.1)]
    started = clock.monotonic()
    assert_failed(read_proxy(WITH_PROXY, *faults), "no complete response arrived within 6 seconds, after ")
    assert longest <= clock.monotonic() - started < longest + 4
    assert len(emulator.operations()) == 5


def test_a_host_name_with_many_unreachable_addresses_times_out(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, sleeps: list[float]
) -> None:
    """The queue of the listener is full, so every attempt to connect to one of the addresses times out."""
    longest = shorten_time_limits(monkeypatch)
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _number in range(4):
            filling = stack.enter_context(socket.socket())
            filling.setblocking(False)
            filling.connect_ex(address)
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)] * 40
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
        started = time.monotonic()
        result = read_proxy(endpoint_url=f"http://voice.example:{address[1]}")
        assert_failed(result, "no complete response arrived within")
        assert longest <= time.monotonic() - started < 4  # seconds, for 40 addresses


def test_timeouts_in_aws_config_extend_the_deadline(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, sleeps: list[float]
) -> None:
    shorten_time_limits(monkeypatch)
    slow = Fault(PROXY, drip=0.01)
    assert_failed(read_proxy(WITH_PROXY, slow), "no complete response arrived within")
    for timeout in (30, None):
        assert read_proxy(WITH_PROXY, slow, aws_config={"read_timeout": timeout})["exists"] is True


@pytest.mark.parametrize("times", [2, 99])
def test_a_request_for_which_no_thread_can_be_started_is_not_sent(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, sleeps: list[float], times: int
) -> None:
    start = threading.Thread.start
    refused = 0

    def refuse(thread: threading.Thread) -> None:
        nonlocal refused
        if isinstance(thread, _operation.Attempt) and refused < times:
            refused += 1
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    result = read_proxy()
    if times == 2:
        assert result["exists"] is True
    else:
        assert_failed(result, "no thread could be started. Reduce concurrency")
        assert emulator.operations() == []


@pytest.mark.parametrize("setting", [{"max_attempts": 1}, {"total_max_attempts": 2, "mode": "standard"}])
def test_retries_in_aws_config_take_precedence(
    read_proxy: Read, emulator: Emulator, sleeps: list[float], setting: Any
) -> None:
    read_proxy(WITH_PROXY, Fault(PROXY, error="ServiceUnavailableException"), aws_config={"retries": setting})
    assert emulator.operations() == [PROXY] * 2


# Unreadable responses


@pytest.mark.parametrize("request_id", [True, False])
@pytest.mark.parametrize("body", UNREADABLE)
def test_an_unreadable_response_fails(read_proxy: Read, emulator: Emulator, body: str, request_id: bool) -> None:
    result = read_proxy(WITH_PROXY, response_with(body, request_id=request_id))
    assert_failed(result, "unreadable")
    assert "2065550100" not in json.dumps(result)
    assert emulator.operations() == [PROXY]


@pytest.mark.parametrize("body", ["{}", '{"Proxy": null}', '{"Proxy": {}}'])
def test_an_empty_response_without_a_request_id_is_unreadable(read_proxy: Read, body: str) -> None:
    assert_failed(read_proxy(WITH_PROXY, response_with(body, request_id=False)), "unreadable", "request ID")


@pytest.mark.parametrize("status", [201, 202, 204, 206, 300])
def test_a_response_with_an_unexpected_success_status_is_unreadable(read_proxy: Read, status: int) -> None:
    assert_failed(read_proxy(WITH_PROXY, response_with("{}", status=status)), "unreadable", str(status))


def test_a_response_with_only_headers_is_unreadable(read_proxy: Read) -> None:
    response = "HTTP/1.1 200 OK\r\nx-amzn-requestid: 1\r\nContent-Length: nonsense\r\n\r\n"
    assert_failed(read_proxy(WITH_PROXY, Fault(PROXY, raw=response)), "unreadable", "0 bytes")


@pytest.mark.parametrize("fault", [{}, {"body": '{"Proxy": {}} '}, {"status": 404, "error": "NotFoundException"}])
def test_a_truncated_response_is_retried_like_a_broken_connection(
    read_proxy: Read, emulator: Emulator, sleeps: list[float], fault: dict[str, Any]
) -> None:
    result = read_proxy(WITHOUT_PROXY, Fault(PROXY, drop="truncate", **fault))
    assert_failed(result, connector=WITHOUT_PROXY)
    # Old versions of botocore detect the truncation, and raise a connection error.
    assert re.search(
        "(the response ended in the middle of its body,|the connection failed) after 3 requests", result["msg"]
    )
    assert emulator.operations() == [PROXY] * 3


@pytest.mark.parametrize("fault", [{"body": "{}"}, {"status": 403, "error": "ForbiddenException"}])
def test_a_truncated_response_fails_with_every_botocore(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, sleeps: list[float], fault: dict[str, Any]
) -> None:
    """Simulate the truncation, because old versions of botocore never return a truncated body."""
    monkeypatch.setattr(_responses, "is_truncated", lambda *args: True)
    assert_failed(read_proxy(WITH_PROXY, Fault(PROXY, **fault)), "ended in the middle of its body")


def test_a_temporarily_truncated_response_is_retried(read_proxy: Read, sleeps: list[float]) -> None:
    assert read_proxy(WITH_PROXY, Fault(PROXY, drop="truncate", times=2))["exists"] is True


# The SDK, the options, and the environment


def test_a_botocore_without_the_operation_fails_and_names_its_version(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    edit_model(monkeypatch, tmp_path, lambda model: model["operations"].pop(PROXY))
    assert_failed(
        read_proxy(),
        f"botocore {botocore.__version__}, which is installed for {sys.executable}",
        f"does not have the operation {PROXY}",
    )


def test_a_request_that_botocore_rejects_is_not_sent(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    def lengthen(model: dict[str, Any]) -> None:
        member = model["shapes"]["GetVoiceConnectorProxyRequest"]["members"]["VoiceConnectorId"]
        model["shapes"][member["shape"]]["min"] = 100

    edit_model(monkeypatch, tmp_path, lengthen)
    assert_failed(read_proxy(), "the request could not be sent. Check ", "endpoint_url", "Parameter validation failed")
    assert emulator.operations() == []


def test_a_botocore_without_the_service_fails_and_names_its_version(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    from botocore.loaders import Loader

    shipped = pathlib.Path(Loader.BUILTIN_DATA_PATH)
    for file in shipped.glob("*.json*"):
        (tmp_path / file.name).symlink_to(file)
    monkeypatch.setattr(Loader, "BUILTIN_DATA_PATH", str(tmp_path))
    assert_failed(read_proxy(), f"botocore {botocore.__version__}", "does not support the service chime-sdk-voice")


def test_a_botocore_that_is_too_old_fails_and_names_the_minimum_version(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(botocore, "__version__", "1.35.15")
    # Simulate that the package ``packaging`` is missing: botocore_at_least() then returns True for every version.
    monkeypatch.setattr(VoiceModule, "botocore_at_least", lambda *args: True)
    assert_failed(
        read_proxy(), "botocore 1.35.15 is installed", sys.executable, "1.35.16 or newer", "ansible_python_interpreter"
    )


@pytest.mark.parametrize(("options", "words"), BAD_OPTIONS)
def test_invalid_connection_options_fail_with_a_clear_message(
    read_proxy: Read, emulator: Emulator, sleeps: list[float], options: dict[str, Any], words: str
) -> None:
    result = read_proxy(WITH_PROXY, **options)
    assert result["failed"] is True
    for word in ("Failed to get the proxy configuration", WITH_PROXY, options.get("region", "us-east-1"), words):
        assert word in result["msg"]
    assert emulator.operations() == []


def test_a_missing_region_fails(read_proxy: Read) -> None:
    result = read_proxy(region=None)
    assert "no AWS Region is set" in result["msg"] and WITH_PROXY in result["msg"]


def test_the_region_in_the_environment_is_used(read_proxy: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    result = read_proxy(WITH_PROXY, response_with({"Proxy": {"Disabled": True}}), region=None)
    assert result["region"] == "eu-central-1"


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_CHIME_SDK_VOICE", "AWS_ENDPOINT_URL", "AWS_URL"])
def test_the_endpoint_in_the_environment_is_used(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, emulator.url)
    assert read_proxy(endpoint_url=None)["exists"] is True


def test_a_profile_provides_region_and_credentials(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile telephony]\nregion = us-east-1\nretry_mode = legacy\nmax_attempts = 9\n"
        "aws_access_key_id = ASIDEMULATOR\naws_secret_access_key = emulator-temporary-key\n"
        "aws_session_token = emulator-session-token\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    result = read_proxy(region=None, access_key=None, secret_key=None, profile="telephony")
    assert result["region"] == "us-east-1" and result["exists"] is True


def test_a_session_token_is_sent(read_proxy: Read) -> None:
    keys = {"access_key": "ASIDEMULATOR", "secret_key": "emulator-temporary-key"}
    assert read_proxy(**keys, session_token="emulator-session-token")["exists"] is True
    assert_failed(read_proxy(**keys), "security token")


def test_voice_connector_id_is_required() -> None:
    assert "voice_connector_id" in run_main("chime_voice_connector_proxy_info", {"region": "us-east-1"})["msg"]


# Responses from a hostile service


UNCLEAR_NAMES: list[dict[str, Any]] = [
    {"headers": {"x-amzn-errortype": "ForbiddenException, UnauthorizedClientException"}},
    {"headers": {"x-amzn-errortype": "Forbidden Exception"}},
    {"headers": {"x-amzn-errortype": "ForbiddenException;x"}},
    {"headers": {"x-amzn-errortype": "NotFoundException", "x-amzn-query-error": "ForbiddenException;Sender"}},
    *(
        {"headers": {"x-amzn-errortype": "NotFoundException"}, "body": body}
        for body in (
            "<Error><Code>Forbidden</Code></Error>",
            '\ufeff{"Code": "Forbidden"}',
            '{"Code": "Forbidden"',
            '{"Code": ["Forbidden"]}',
            '{"Code": {"Code": "Forbidden"}}',
            '{"Error": {"Code": "Forbidden"}}',
        )
    ),
    {"body": '{"Code": "NotFound", "__type": "Forbidden Exception"}'},
    {"body": '{"Code": "NotFound", "Error": {"Code": "Forbidden"}}'},
]


@pytest.mark.parametrize("fault", UNCLEAR_NAMES)
def test_a_404_whose_error_name_is_unclear_does_not_mean_absence(
    read_proxy: Read, emulator: Emulator, fault: dict[str, Any]
) -> None:
    result = read_proxy(WITHOUT_PROXY, Fault(PROXY, **{"status": 404, "body": '{"Code": "NotFound"}', **fault}))
    assert_failed(result, "the response contradicts itself", connector=WITHOUT_PROXY)
    assert emulator.operations() == [PROXY]


@pytest.mark.parametrize(
    "fault",
    [
        {"body": '{"Proxy": {}, "Code": "Forbidden"}'},
        {"body": '{"Proxy": {}, "__type": "ForbiddenException"}'},
        {"body": "{}", "headers": {"x-amzn-errortype": "ForbiddenException"}},
    ],
)
def test_a_success_that_names_an_error_does_not_mean_absence(read_proxy: Read, fault: dict[str, Any]) -> None:
    assert_failed(read_proxy(WITH_PROXY, Fault(PROXY, **fault)), "it names an error, although its HTTP status")


@pytest.mark.parametrize(
    "fault",
    [{"body": "<html></html>", "request_id": False}, {"body": '{"Code": "ServiceFailure", "__type": "Forbidden"}'}],
)
def test_a_500_without_a_clear_name_is_retried(
    read_proxy: Read, emulator: Emulator, sleeps: list[float], fault: dict[str, Any]
) -> None:
    result = read_proxy(WITH_PROXY, Fault(PROXY, status=500, times=2, **fault))
    assert result["proxy"]["exists"] is True
    assert emulator.operations() == [PROXY] * 3


def test_a_response_with_two_lengths_is_a_broken_connection(
    read_proxy: Read, emulator: Emulator, sleeps: list[float]
) -> None:
    raw = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 63\r\n\r\n{}"
    assert_failed(read_proxy(WITH_PROXY, Fault(PROXY, raw=raw)), "the connection failed after 3 requests")
    assert emulator.operations() == [PROXY] * 3
