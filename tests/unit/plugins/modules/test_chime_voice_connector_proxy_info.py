# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every answer of the service becomes, through the real main()."""

from __future__ import annotations

import json
import pathlib
import socket
import sys
import threading
import time
import types
from typing import Any
from typing import Callable

import botocore
import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils._amazon_aws import AnsibleAWSModule
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.conftest import MISSING
from ansible_collections.chime_sdk.voice.tests.unit.conftest import NOTHING_SAID
from ansible_collections.chime_sdk.voice.tests.unit.conftest import WITH_PROXY
from ansible_collections.chime_sdk.voice.tests.unit.conftest import WITHOUT_PROXY
from ansible_collections.chime_sdk.voice.tests.unit.conftest import edit_model
from ansible_collections.chime_sdk.voice.tests.unit.conftest import run_main
from ansible_collections.chime_sdk.voice.tests.unit.trouble import BAD_IDS
from ansible_collections.chime_sdk.voice.tests.unit.trouble import BAD_OPTIONS
from ansible_collections.chime_sdk.voice.tests.unit.trouble import ERRORS
from ansible_collections.chime_sdk.voice.tests.unit.trouble import FAULTS
from ansible_collections.chime_sdk.voice.tests.unit.trouble import RETRY_MODES
from ansible_collections.chime_sdk.voice.tests.unit.trouble import THROTTLES
from ansible_collections.chime_sdk.voice.tests.unit.trouble import UNREADABLE

Read = Callable[..., "dict[str, Any]"]

PROXY = "GetVoiceConnectorProxy"
CONNECTOR = "GetVoiceConnector"


def said(body: Any, **changes: Any) -> Fault:
    return Fault(PROXY, body=body if isinstance(body, str) else json.dumps(body), **changes)


def assert_failed(result: dict[str, Any], *words: str, connector: str = WITH_PROXY) -> None:
    """A failure is one message that names the action, the connector and the Region, and says *words*."""
    assert result["failed"] is True
    assert "exists" not in result and "proxy" not in result
    for word in ("get the proxy configuration", connector, "us-east-1", *words):
        assert word in result["msg"]
    assert "\n" not in result["msg"]


# What is returned


def test_a_proxy_is_returned_with_every_documented_key(read_proxy: Read, emulator: Emulator) -> None:
    result = read_proxy()
    assert result == {
        "changed": False,
        "voice_connector_id": WITH_PROXY,
        "region": "us-east-1",
        "exists": True,
        "proxy": {
            "default_session_expiry_minutes": 60,
            "disabled": False,
            "fall_back_phone_number": "+12065550100",
            "phone_number_countries": ["US", "CA"],
        },
    }
    assert emulator.operations() == [PROXY]


def test_check_mode_returns_the_same(read_proxy: Read) -> None:
    assert read_proxy(_ansible_check_mode=True) == read_proxy()


def test_absence_is_returned_with_the_same_keys(read_proxy: Read, emulator: Emulator) -> None:
    result = read_proxy(WITHOUT_PROXY)
    assert result == {
        "changed": False,
        "voice_connector_id": WITHOUT_PROXY,
        "region": "us-east-1",
        "exists": False,
        "proxy": None,
    }
    assert emulator.operations() == [PROXY, CONNECTOR]


@pytest.mark.parametrize("body", [{}, {"Proxy": None}, {"Proxy": {}}, {"Proxy": None, "Another": 1}])
def test_an_empty_answer_of_aws_is_absence(read_proxy: Read, emulator: Emulator, body: Any) -> None:
    result = read_proxy(WITH_PROXY, said(body))
    assert (result["exists"], result["proxy"]) == (False, None)
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
def test_members_that_are_not_said_are_never_guessed(
    read_proxy: Read, member: str, value: Any, key: str, nulls: bool
) -> None:
    others = ("DefaultSessionExpiryMinutes", "Disabled", "FallBackPhoneNumber", "PhoneNumberCountries")
    proxy = {**(dict.fromkeys(others) if nulls else {}), member: value}
    result = read_proxy(WITH_PROXY, said({"Proxy": proxy}))
    assert result["exists"] is True
    assert result["proxy"] == {**NOTHING_SAID, key: value}


@pytest.mark.parametrize("proxy", [{"Disabled": None}, {"NotKnownToThisBotocore": 1}])
def test_a_proxy_of_which_nothing_is_known_still_exists(read_proxy: Read, proxy: Any) -> None:
    result = read_proxy(WITH_PROXY, said({"Proxy": proxy}))
    assert (result["exists"], result["proxy"]) == (True, NOTHING_SAID)


def test_a_proxy_without_a_request_id_is_still_a_proxy(read_proxy: Read) -> None:
    assert read_proxy(WITH_PROXY, said({"Proxy": {"Disabled": True}}, request_id=False))["proxy"]["disabled"] is True


def test_a_member_that_a_newer_botocore_adds_passes_through(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    def add(model: dict[str, Any]) -> None:
        model["shapes"]["Proxy"]["members"]["RecordingMode"] = {"shape": "String"}

    edit_model(monkeypatch, tmp_path, add)
    result = read_proxy(WITH_PROXY, said({"Proxy": {"RecordingMode": "ALL"}}))
    assert result["proxy"] == {**NOTHING_SAID, "recording_mode": "ALL"}


# Identifiers


@pytest.mark.parametrize("value", BAD_IDS)
def test_a_bad_id_fails_before_a_client_is_made(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setattr(
        "ansible_collections.chime_sdk.voice.plugins.modules.chime_voice_connector_proxy_info.connect",
        lambda *args: pytest.fail("a client was made"),
    )
    result = read_proxy(value)
    assert result["failed"] is True
    assert result["msg"].startswith(f"voice_connector_id is {value!r}, which cannot be a Voice Connector ID: give 1 to")
    assert "abcdef1ghij2klmno3pqr4" in result["msg"]
    assert emulator.operations() == []


def test_an_id_with_a_null_character_fails_without_a_request(read_proxy: Read, emulator: Emulator) -> None:
    # Here ansible-core from 2.21 on fails already, when it cannot log the value.
    assert read_proxy("a\x00b")["failed"] is True
    assert emulator.operations() == []


@pytest.mark.parametrize("value", ["a", "7", "a" * 128, "A-1", "123e4567-e89b-12d3-a456-426614174000"])
def test_any_id_of_a_possible_form_is_asked_for(read_proxy: Read, emulator: Emulator, value: str) -> None:
    assert read_proxy(value, said({"Proxy": {"Disabled": True}}))["voice_connector_id"] == value
    assert emulator.requests[0]["path"] == f"/voice-connectors/{value}/programmable-numbers/proxy"


def test_a_long_bad_id_is_shown_in_part(read_proxy: Read) -> None:
    assert len(read_proxy("!" * 10_000)["msg"]) < 500


# 404


def test_a_missing_connector_fails_and_names_it(read_proxy: Read, emulator: Emulator) -> None:
    result = read_proxy(MISSING)
    assert_failed(result, "no such Voice Connector", "minute", "outside us-east-1", connector=MISSING)
    assert result["error"]["code"] == "NotFoundException"
    assert emulator.operations() == [PROXY, CONNECTOR]


@pytest.mark.parametrize("style", ["full", "header", "body", "bare"])
def test_a_404_is_absence_however_it_is_named(read_proxy: Read, style: str) -> None:
    fault = Fault(PROXY, status=404, error="NotFoundException", style=style)
    assert read_proxy(WITH_PROXY, fault)["exists"] is False


@pytest.mark.parametrize("style", ["full", "header", "body"])
def test_a_404_that_the_service_named_needs_no_request_id(read_proxy: Read, style: str) -> None:
    fault = Fault(PROXY, status=404, error="NotFoundException", style=style, request_id=False)
    assert read_proxy(WITH_PROXY, fault)["exists"] is False


@pytest.mark.parametrize("body", ["", "<html><body>Not Found</body></html>", "[]"])
def test_a_404_of_somebody_else_is_not_absence(read_proxy: Read, body: str) -> None:
    result = read_proxy(WITH_PROXY, said(body, status=404, request_id=False))
    assert_failed(result, "not known to come from AWS", "endpoint_url")


def test_a_404_for_the_operation_is_not_absence(read_proxy: Read, emulator: Emulator) -> None:
    """A front end answers like this for an operation that has been removed."""
    fault = Fault(PROXY, status=404, error="UnknownOperationException")
    result = read_proxy(WITH_PROXY, fault)
    assert_failed(result, "no longer offers this", "2026-04-07")
    assert result["error"]["code"] == "UnknownOperationException"
    assert emulator.operations() == [PROXY]


@pytest.mark.parametrize("error", sorted(set(ERRORS) - {"NotFoundException"}))
def test_a_404_that_cannot_be_settled_fails(read_proxy: Read, naps: list[float], error: str) -> None:
    result = read_proxy(WITHOUT_PROXY, Fault(CONNECTOR, error=error))
    assert_failed(result, "cannot be told whether", "chime:GetVoiceConnector has", connector=WITHOUT_PROXY)
    assert result["error"]["code"] == error


@pytest.mark.parametrize(
    "body",
    ["", "<html>", "{}", "[]", '{"VoiceConnector": null}', '{"VoiceConnector": {"VoiceConnectorId": "another"}}']
    + ['{"VoiceConnector": {"VoiceConnectorId": 7}}', '{"VoiceConnector": {"CreatedTimestamp": "yesterday-ish"}}'],
)
def test_a_404_is_not_settled_by_an_answer_about_something_else(read_proxy: Read, body: str) -> None:
    result = read_proxy(WITHOUT_PROXY, Fault(CONNECTOR, body=body))
    assert_failed(result, "cannot be told whether", connector=WITHOUT_PROXY)


# Refusals


@pytest.mark.parametrize("style", ["full", "header", "body", "bare"])
@pytest.mark.parametrize("error", sorted(set(ERRORS) - {"NotFoundException"}))
def test_each_modelled_error_fails_and_keeps_its_code(
    read_proxy: Read, naps: list[float], error: str, style: str
) -> None:
    short, status = ERRORS[error]
    result = read_proxy(WITH_PROXY, Fault(PROXY, status=status, error=error, style=style, message="Words of AWS."))
    assert_failed(result, PROXY)
    assert result["error"]["code"] == {"full": error, "header": error, "body": short, "bare": str(status)}[style]
    assert result["response_metadata"]["http_status_code"] == status
    assert style == "bare" or "Words of AWS." in result["msg"]
    assert {"boto3_version", "botocore_version"} <= set(result)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "refused"),
        (401, "credentials"),
        (402, "refused"),
        (403, "chime:GetVoiceConnectorProxy"),
        (405, "refused"),
        (409, "refused"),
        (410, "2026-04-07"),
        (418, "refused"),
        (301, "refused"),
        (501, "fault"),
    ],
)
@pytest.mark.parametrize(
    "body", ["", "<html><body>No</body></html>", "[1]", '"no"', "null", '{"Code": 7, "Message": [1]}']
)
def test_other_refusals_fail_at_once(read_proxy: Read, emulator: Emulator, status: int, words: str, body: str) -> None:
    result = read_proxy(WITH_PROXY, said(body, status=status))
    assert_failed(result, words)
    assert result["error"]["code"] == str(status)
    assert emulator.operations() == [PROXY]


def test_a_page_of_an_intermediary_is_quoted_in_part_and_in_one_line(read_proxy: Read) -> None:
    page = "<html>\n<body>" + "Blocked by policy. " * 1000
    result = read_proxy(WITH_PROXY, said(page, status=403, request_id=False))
    assert_failed(result, "Blocked by policy.")
    assert len(result["msg"]) < 800


def test_a_wrong_secret_fails_as_denied(read_proxy: Read) -> None:
    result = read_proxy(secret_key="another")
    assert_failed(result, "does not match")
    assert result["error"]["code"] == "InvalidSignatureException"


# Throttling and faults


def set_retry_mode(monkeypatch: pytest.MonkeyPatch, mode: str | None) -> None:
    if mode:
        monkeypatch.setenv("AWS_RETRY_MODE", mode)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "7")


@pytest.mark.parametrize("mode", RETRY_MODES)
@pytest.mark.parametrize("fault", THROTTLES)
def test_throttling_is_retried_ten_times_at_most(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, naps: list[float], mode: Any, fault: Any
) -> None:
    set_retry_mode(monkeypatch, mode)
    result = read_proxy(WITH_PROXY, Fault(PROXY, **fault))
    assert_failed(result, "throttle", "10 requests were answered so")
    assert emulator.operations() == [PROXY] * 10
    assert len(naps) == 9 and len(set(naps)) > 1
    assert sum(naps) < 45


@pytest.mark.parametrize("mode", RETRY_MODES)
def test_throttling_that_passes_is_not_seen(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, naps: list[float], mode: Any
) -> None:
    set_retry_mode(monkeypatch, mode)
    assert read_proxy(WITH_PROXY, Fault(PROXY, error="ThrottledClientException", times=9))["exists"] is True
    assert emulator.operations() == [PROXY] * 10


def test_the_rate_limiter_of_another_retry_mode_does_not_slow_the_module_down(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, naps: list[float]
) -> None:
    set_retry_mode(monkeypatch, "adaptive")
    started = time.monotonic()
    assert read_proxy(WITH_PROXY, Fault(PROXY, error="TooManyRequestsException", status=429, times=9))["exists"] is True
    assert time.monotonic() - started < 2


def test_throttling_is_given_up_in_time(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, naps: list[float]
) -> None:
    clock = iter(range(0, 1000, 12))
    stand_in = types.SimpleNamespace(monotonic=lambda: next(clock))
    monkeypatch.setattr("ansible_collections.chime_sdk.voice.plugins.module_utils._client.time", stand_in)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    result = read_proxy(WITH_PROXY, Fault(PROXY, error="ThrottledClientException"))
    assert_failed(result, "throttle")
    # Attempts answered after 12, 24 and 36 seconds; one more after 48 could take until 63.
    assert len(emulator.operations()) == 4


@pytest.mark.parametrize("mode", RETRY_MODES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_costs_three_requests_at_most(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, naps: list[float], mode: Any, fault: Any
) -> None:
    set_retry_mode(monkeypatch, mode)
    assert_failed(read_proxy(WITH_PROXY, Fault(PROXY, **fault)), PROXY)
    assert emulator.operations() == [PROXY] * 3
    assert len(naps) == 2 and sum(naps) <= 1.5


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_is_not_seen(read_proxy: Read, naps: list[float], fault: Any) -> None:
    assert read_proxy(WITH_PROXY, Fault(PROXY, **fault, times=2))["exists"] is True


def test_throttling_and_faults_do_not_multiply(read_proxy: Read, emulator: Emulator, naps: list[float]) -> None:
    read_proxy(
        WITH_PROXY,
        *(
            fault
            for _turn in range(9)
            for fault in (
                Fault(PROXY, error="ThrottledClientException", times=1),
                Fault(PROXY, error="ServiceFailureException", times=1),
            )
        ),
    )
    assert emulator.operations() == [PROXY] * 6


def test_a_server_fault_says_how_many_requests_were_answered_so(read_proxy: Read, naps: list[float]) -> None:
    result = read_proxy(WITH_PROXY, Fault(PROXY, error="ServiceFailureException"))
    assert_failed(result, "the service has a fault, 3 requests were answered so")


def test_a_refused_connection_fails_and_says_where(read_proxy: Read, naps: list[float]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    result = read_proxy(endpoint_url=url)
    assert_failed(result, "cannot be reached", url)
    assert len(naps) == 2


def test_a_name_that_does_not_resolve_fails(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, naps: list[float]
) -> None:
    def unknown(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert_failed(read_proxy(endpoint_url="http://voice.invalid"), "cannot be reached")
    assert len(naps) == 2


@pytest.mark.parametrize("mode", RETRY_MODES)
def test_an_endpoint_that_never_answers_is_given_up(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, naps: list[float], mode: Any
) -> None:
    """With a tenth of the real read timeout; the sum of the real bounds is checked beside it."""
    from ansible_collections.chime_sdk.voice.plugins.module_utils import _client

    assert _client.MAX_FAULTS * (_client.CONNECT_TIMEOUT + _client.READ_TIMEOUT) + 1.5 < 60
    set_retry_mode(monkeypatch, mode)
    monkeypatch.setattr(_client, "READ_TIMEOUT", _client.READ_TIMEOUT / 50)
    started = time.monotonic()
    assert_failed(read_proxy(WITH_PROXY, Fault(PROXY, drop="hang")), "ReadTimeoutError")
    assert time.monotonic() - started < 5
    assert emulator.operations() == [PROXY] * 3


@pytest.mark.parametrize("setting", [{"max_attempts": 1}, {"total_max_attempts": 2, "mode": "standard"}])
def test_retries_of_the_user_win(read_proxy: Read, emulator: Emulator, naps: list[float], setting: Any) -> None:
    read_proxy(WITH_PROXY, Fault(PROXY, error="ServiceUnavailableException"), aws_config={"retries": setting})
    assert emulator.operations() == [PROXY] * 2


def test_timeouts_of_the_user_win(read_proxy: Read, emulator: Emulator, naps: list[float]) -> None:
    started = time.monotonic()
    result = read_proxy(WITH_PROXY, Fault(PROXY, drop="hang"), aws_config={"read_timeout": 0.1})
    assert_failed(result, "ReadTimeoutError")
    assert time.monotonic() - started < 5
    assert emulator.operations() == [PROXY] * 3


# Unreadable answers


@pytest.mark.parametrize("request_id", [True, False])
@pytest.mark.parametrize("body", UNREADABLE)
def test_an_unreadable_answer_fails(read_proxy: Read, emulator: Emulator, body: str, request_id: bool) -> None:
    result = read_proxy(WITH_PROXY, said(body, request_id=request_id))
    assert_failed(result, "unreadable")
    assert "2065550100" not in json.dumps(result)
    assert emulator.operations() == [PROXY]


@pytest.mark.parametrize("body", ["{}", '{"Proxy": null}', '{"Proxy": {}}'])
def test_an_empty_answer_without_a_request_id_is_unreadable(read_proxy: Read, body: str) -> None:
    assert_failed(read_proxy(WITH_PROXY, said(body, request_id=False)), "unreadable", "request ID")


@pytest.mark.parametrize("status", [201, 202, 204, 206, 300])
def test_another_success_than_the_modelled_one_is_unreadable(read_proxy: Read, status: int) -> None:
    assert_failed(read_proxy(WITH_PROXY, said("{}", status=status)), "unreadable", str(status))


def test_an_answer_of_headers_alone_is_unreadable(read_proxy: Read) -> None:
    answer = "HTTP/1.1 200 OK\r\nx-amzn-requestid: 1\r\nContent-Length: nonsense\r\n\r\n"
    assert_failed(read_proxy(WITH_PROXY, Fault(PROXY, raw=answer)), "unreadable", "0 bytes")


def test_a_truncated_answer_fails(read_proxy: Read, naps: list[float]) -> None:
    result = read_proxy(WITH_PROXY, Fault(PROXY, drop="truncate"))
    assert_failed(result)
    # Old versions of botocore compare what came with the Content-Length, and see a broken connection.
    assert "not complete JSON" in result["msg"] or "ConnectionClosedError" in result["msg"]


# The SDK, the options and the environment


def test_a_botocore_without_the_operation_fails_and_says_which_is_needed(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    edit_model(monkeypatch, tmp_path, lambda model: model["operations"].pop(PROXY))
    assert_failed(
        read_proxy(),
        f"botocore {botocore.__version__} is installed",
        sys.executable,
        f"does not have the operation {PROXY}",
    )


def test_a_botocore_without_the_service_fails_and_says_which_is_needed(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    from botocore.loaders import Loader

    shipped = pathlib.Path(Loader.BUILTIN_DATA_PATH)
    for file in shipped.glob("*.json*"):
        (tmp_path / file.name).symlink_to(file)
    monkeypatch.setattr(Loader, "BUILTIN_DATA_PATH", str(tmp_path))
    assert_failed(read_proxy(), f"botocore {botocore.__version__} is installed", "has no service chime-sdk-voice")


def test_a_proxy_server_that_does_not_answer_is_named(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, naps: list[float]
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed.getsockname()[1]}")
        result = read_proxy(endpoint_url=None)
    assert_failed(result, "the HTTP proxy server cannot be reached", "HTTPS_PROXY", "NO_PROXY")


def test_a_botocore_that_is_too_old_fails_and_says_which_is_needed(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(botocore, "__version__", "1.35.15")
    # As where the package packaging is missing.
    monkeypatch.setattr(AnsibleAWSModule, "botocore_at_least", lambda *args: True)
    assert_failed(
        read_proxy(), "botocore 1.35.15 is installed", sys.executable, "1.35.16 or newer", "ansible_python_interpreter"
    )


@pytest.mark.parametrize(("options", "words"), BAD_OPTIONS)
def test_bad_connection_options_fail_in_one_sentence(
    read_proxy: Read, emulator: Emulator, naps: list[float], options: dict[str, Any], words: str
) -> None:
    result = read_proxy(WITH_PROXY, **options)
    assert result["failed"] is True
    for word in ("Failed to get the proxy configuration", WITH_PROXY, options.get("region", "us-east-1"), words):
        assert word in result["msg"]
    assert emulator.operations() == []


def test_no_region_fails_and_says_where_to_set_it(read_proxy: Read) -> None:
    result = read_proxy(region=None)
    assert "no AWS Region is set" in result["msg"] and WITH_PROXY in result["msg"]


def test_a_missing_ca_bundle_fails_at_once(read_proxy: Read, tmp_path: pathlib.Path, naps: list[float]) -> None:
    missing = str(tmp_path / "bundle.pem")
    result = read_proxy(endpoint_url="https://127.0.0.1:1", aws_ca_bundle=missing)
    assert_failed(result, "aws_ca_bundle", missing)
    assert naps == []


@pytest.mark.parametrize("content", ["", "not a certificate"])
def test_a_ca_bundle_that_is_none_fails_at_once(
    read_proxy: Read, tmp_path: pathlib.Path, naps: list[float], content: str
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(content)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=listener.accept)
        accepting.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        result = read_proxy(endpoint_url=url, aws_ca_bundle=str(bundle))
        accepting.join()
    assert_failed(result, "aws_ca_bundle")
    assert naps == []


def test_the_region_of_the_environment_is_asked(read_proxy: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    result = read_proxy(WITH_PROXY, said({"Proxy": {"Disabled": True}}), region=None)
    assert result["region"] == "eu-central-1"


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_CHIME_SDK_VOICE", "AWS_ENDPOINT_URL", "AWS_URL"])
def test_the_endpoint_of_the_environment_is_asked(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, emulator.url)
    assert read_proxy(endpoint_url=None)["exists"] is True


def test_a_profile_gives_region_and_credentials(
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


def test_the_option_is_required() -> None:
    assert "voice_connector_id" in run_main("chime_voice_connector_proxy_info", {"region": "us-east-1"})["msg"]
