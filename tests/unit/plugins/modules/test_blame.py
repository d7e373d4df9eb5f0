# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the real main() with a wrong setting, and check that the message names only this setting."""

from __future__ import annotations

import json
import pathlib
import re
import socket
import sys
from collections.abc import Iterator
from typing import Any, Callable

import pytest

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import WITH_PROXY, connection_to, run, run_main

Read = Callable[..., "dict[str, Any]"]

NO_KEYS = {"access_key": None, "secret_key": None}
TWO_ACCOUNTS = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account><Account>2</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
NO_CREDENTIALS = "the AWS credentials could not be obtained"
ROLE = (
    "[profile role]\nrole_arn = arn:aws:iam::111122223333:role/reader\nsource_profile = user\n"
    "[profile user]\naws_access_key_id = AKIDEMULATOR\naws_secret_access_key = emulator-secret-key\n"
)


@pytest.fixture(params=["refused", "unknown host"])
def unreachable_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the URL of a port that refuses connections, or a URL with an unknown host name."""
    if request.param == "unknown host":
        yield "http://sts.invalid"
        return
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{closed.getsockname()[1]}"


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> pathlib.Path:
    """Return the path of a configuration file that does not exist yet."""
    path = tmp_path / "config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    return path


def assert_failed(result: dict[str, Any], *words: str) -> None:
    assert result["failed"] is True
    for word in words:
        assert word in result["msg"], result["msg"]
    assert "exists" not in result and "proxy" not in result


# Network errors of an STS operation

MODULES_THAT_CALL_STS: dict[str, dict[str, Any]] = {
    "chime_voice_connector_info": {"include_account_id": True, "region": "us-east-1"},
    "chime_voice_connector_proxy_retire": {
        "all": True,
        "regions": ["us-east-1"],
        "account_id": "111122223333",
        "backup_dir": "backups",
        "max_deletions": 1,
    },
}


@pytest.mark.parametrize("module", MODULES_THAT_CALL_STS)
def test_an_unreachable_sts_endpoint_is_reported_without_the_regions_of_the_voice_service(
    module: str, emulator: Emulator, unreachable_url: str, monkeypatch: pytest.MonkeyPatch, sleeps: list[float]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", unreachable_url)
    keys = {name: connection_to(emulator)[name] for name in ("access_key", "secret_key")}
    result = run_main(module, {**keys, **MODULES_THAT_CALL_STS[module]})
    assert_failed(result, "(GetCallerIdentity): the endpoint cannot be reached. Check the network", unreachable_url)
    assert "available in" not in result["msg"]
    assert not re.search("Traceback|Error|Errno", result["msg"])


@pytest.mark.parametrize("module", MODULES_THAT_CALL_STS)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"drop": "reset"}, "the connection failed after 6 requests. Check the network"),
        ({"drop": "hang"}, "the connection failed after 6 requests. Check the network"),
        ({"raw": ""}, "the connection failed after 6 requests. Check the network"),
        ({"error": "ServiceUnavailable"}, "the service returned a server error, and 6 requests failed"),
        ({"error": "Throttling"}, "the service throttled 10 requests from this account"),
        ({"error": "AccessDenied"}, "Grant these credentials the IAM action sts:GetCallerIdentity"),
        ({"error": "ExpiredToken"}, "the credentials were rejected"),
        ({"body": ""}, "the response is unreadable: its body (0 bytes) is not XML"),
        ({"body": "<html><br></html>"}, "the response is unreadable: its body (17 bytes) is not XML"),
        ({"body": "<GetCallerIdentityResponse><Get"}, "the response ended in the middle of its body, after 6 requests"),
        ({"body": TWO_ACCOUNTS}, "it does not contain an account"),
        ({"status": 302, "body": "<br>", "headers": {"location": "/x"}}, "was redirected with status 302 to /x, but"),
        ({"status": 403, "body": "{}", "request_id": False}, "the response (status 403) has no request ID"),
        ({"status": 407, "body": "no"}, "requires a valid user name and password (status 407)"),
        ({"status": 429, "body": "slow"}, "the service throttled 10 requests from this account"),
        ({"status": 503, "body": "<br>", "request_id": False}, "the response (status 503) has no request ID"),
        ({"status": 500, "body": "<GetCallerIdentityResponse/>"}, "the service returned a server error"),
    ],
)
@pytest.mark.usefixtures("unlimited")
def test_each_failure_of_sts_keeps_its_reason(
    module: str, emulator: Emulator, sleeps: list[float], fault: dict[str, Any], reason: str
) -> None:
    emulator.faults = [Fault("GetCallerIdentity", **fault)]
    options = {**connection_to(emulator), "aws_config": {"read_timeout": 0.2}, **MODULES_THAT_CALL_STS[module]}
    if "regions" in options:
        del options["region"]
    result = run_main(module, options)
    if fault.get("status") == 500 and "request ID" in result["msg"]:
        reason = "has no request ID"
    assert_failed(result, "Failed to get the AWS account ID in us-east-1 (GetCallerIdentity): ", reason)


# Settings that botocore cannot use


@pytest.mark.parametrize(
    ("options", "blamed"),
    [
        *(
            ({"endpoint_url": url}, "endpoint_url")
            for url in (
                "http://127.0.0.1:99999",
                "http://127.0.0.1:-1",
                "http://127.0.0.1:abc",
                "http://[::1",
                "127.0.0.1:443",
                "https:127.0.0.1",
                "http:///path",
                "http://a..b",
                "http://voice example",
            )
        ),
        ({"aws_config": {"signature_version": "nonsense"}}, "signature_version in aws_config"),
        ({"aws_config": {"signature_version": ""}}, "aws_config"),
        ({"aws_config": {"signature_version": 5}}, "aws_config"),
        ({"aws_config": {"signature_version": "bearer"}}, "aws_config"),
        ({"aws_config": {"user_agent": "a\nb"}}, "aws_config"),
        ({"aws_config": {"user_agent_extra": 5}}, "aws_config"),
        ({"aws_config": {"defaults_mode": "fast"}}, "defaults_mode in aws_config"),
        ({"aws_config": {"retries": {"mode": "fast"}}}, "mode in retries in aws_config"),
        ({"aws_config": {"retries": {"max_attempts": -1}}}, "max_attempts in retries in aws_config"),
        ({"aws_config": {"connect_timeout": -1}}, "connect_timeout in aws_config"),
        ({"aws_config": {"read_timeout": 0}}, "read_timeout in aws_config"),
        ({"aws_config": {"connect_timeout": "5"}}, "aws_config"),
        (
            {"aws_config": {"read_timeout": 5, "signature_version": "nonsense"}, "endpoint_url": "http://127.0.0.1:1"},
            "signature_version in aws_config",
        ),
    ],
)
def test_only_a_setting_that_is_wrong_is_named(
    read_proxy: Read, emulator: Emulator, sleeps: list[float], options: dict[str, Any], blamed: str
) -> None:
    result = read_proxy(**options)
    assert_failed(result, f" Check {blamed}. botocore reported: ")
    assert "credentials" not in result["msg"]
    assert emulator.operations() == [] and sleeps == []


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CHIME_SDK_VOICE", "AWS_URL"])
@pytest.mark.parametrize("url", ["voice.example", "http://127.0.0.1:99999", "http://[::1"])
def test_an_invalid_endpoint_in_the_environment_is_named(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, name: str, url: str
) -> None:
    monkeypatch.setenv(name, url)
    assert_failed(read_proxy(endpoint_url=None), f" Check the environment variable {name}. botocore reported: ")


VARIABLES = {
    "AWS_DEFAULTS_MODE": "defaults_mode",
    "AWS_STS_REGIONAL_ENDPOINTS": "sts_regional_endpoints",
    "AWS_REQUEST_CHECKSUM_CALCULATION": "request_checksum_calculation",
    "AWS_RESPONSE_CHECKSUM_VALIDATION": "response_checksum_validation",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "account_id_endpoint_mode",
    "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": "request_min_compression_size_bytes",
    "AWS_METADATA_SERVICE_TIMEOUT": "metadata_service_timeout",
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "metadata_service_num_attempts",
    # The collection overrides the following two settings.
    "AWS_RETRY_MODE": "retry_mode",
    "AWS_MAX_ATTEMPTS": "max_attempts",
}


@pytest.mark.parametrize("place", ["environment", "file"])
@pytest.mark.parametrize("name", VARIABLES)
def test_an_invalid_setting_outside_the_task_is_named(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, config: pathlib.Path, name: str, place: str
) -> None:
    credentials = NO_KEYS if "METADATA" in name else {}
    if place == "environment":
        monkeypatch.setenv(name, "foo")
    else:
        config.write_text(f"[default]\n{VARIABLES[name]} = foo\n")
    result = read_proxy(**credentials)
    if not result.get("failed"):
        # The module succeeds if the collection overrides the setting, or if this botocore does not have it.
        assert name in ("AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS") or not _botocore_knows(VARIABLES[name])
        return
    named = f"the environment variable {name}" if place == "environment" else f"the file {config}"
    assert re.search(rf" Check {re.escape(named)}(\.|, the profile, role).* botocore reported: .*foo", result["msg"])
    assert "endpoint_url" not in result["msg"]


def _botocore_knows(setting: str) -> bool:
    from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES

    return setting in BOTOCORE_DEFAUT_SESSION_VARIABLES


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_a_profile_in_the_environment_that_does_not_exist_is_named(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "missing")
    assert_failed(read_proxy(**NO_KEYS), f" Check the environment variable {name}. ", "(missing) could not be found")


@pytest.mark.parametrize(
    ("content", "quoted"),
    [
        ("endpoint_url = voice.example", "Invalid endpoint: voice.example"),
        ("services = missing", '"missing" services configuration does not exist'),
    ],
)
def test_a_setting_in_the_configuration_file_is_named(
    read_proxy: Read, config: pathlib.Path, content: str, quoted: str
) -> None:
    config.write_text(f"[default]\n{content}\n")
    assert_failed(read_proxy(endpoint_url=None), f" Check the file {config}. ", quoted)


GOOD_FILE = "[default]\nregion = us-east-1\n"


@pytest.mark.parametrize("place", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "config", "credentials"])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + GOOD_FILE.encode(), id="byte-order-mark"),
        pytest.param(GOOD_FILE.encode() + b"nonsense\n", id="syntax"),
        pytest.param(GOOD_FILE.encode("utf-16"), id="utf-16"),
        pytest.param(GOOD_FILE.encode() + b"# caf\xe9\n", id="latin-1"),
    ],
)
def test_a_configuration_file_that_cannot_be_parsed_is_named(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, place: str, content: bytes
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / ".aws" / place
    path.parent.mkdir()
    if place.startswith("AWS_"):
        monkeypatch.setenv(place, str(path))
    path.write_bytes(content)
    assert_failed(
        read_proxy(**(NO_KEYS if "red" in place.lower() else {})),
        f": the file {path} is not a valid AWS configuration file. Check its syntax, and save it as UTF-8 without a "
        "byte order mark.",
    )


def test_a_configuration_file_that_only_the_search_for_credentials_parses_is_named(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "boto.cfg"
    path.write_text("nonsense\n")
    monkeypatch.setenv("BOTO_CONFIG", str(path))
    assert_failed(read_proxy(**NO_KEYS), f"the file {path} is not a valid AWS configuration file")


# Responses


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"error": "ForbiddenException"}, "Grant these credentials the IAM action chime:GetVoiceConnector."),
        ({"status": 403, "error": "AccessDeniedException"}, "Grant these credentials the IAM action chime:GetVoice"),
        ({"error": "ThrottledClientException"}, "requests from this account"),
        ({"error": "ServiceUnavailableException"}, "the service returned a server error"),
        ({"status": 302, "body": "Sign in"}, "the request was redirected with status 302"),
        ({"status": 403, "error": "ExpiredTokenException"}, "the credentials were rejected"),
        ({"drop": "hang"}, "the connection failed after 3 requests"),
        ({"status": 404, "body": "Not found", "request_id": False}, "has no request ID"),
    ],
)
def test_a_404_that_cannot_be_confirmed_has_the_reason_of_the_second_request(
    read_proxy: Read, sleeps: list[float], fault: dict[str, Any], reason: str
) -> None:
    missing = Fault("GetVoiceConnectorProxy", error="NotFoundException")
    options = {"aws_config": {"read_timeout": 0.2}} if "drop" in fault else {}
    result = read_proxy(WITH_PROXY, missing, Fault("GetVoiceConnector", **fault), **options)
    assert_failed(
        result, "whether the proxy configuration or the Voice Connector is missing. Failed to get Voice", reason
    )
    assert ("Grant" in result["msg"]) == reason.startswith("Grant")


NOT_OFFERED = "does not offer this operation"


@pytest.mark.parametrize(
    ("fault", "words", "absent"),
    [
        ({"status": 304}, "the response is unreadable: its HTTP status is 304", "redirect"),
        ({"status": 304, "request_id": False}, "it may not come from AWS", "redirect"),
        ({"status": 303, "headers": {"location": "/sign-in"}}, "was redirected with status 303", "bytes"),
        ({"status": 303, "headers": {"location": "http://portal.example/"}}, "was redirected with status 303", "bytes"),
        ({"status": 303}, "the request was redirected with status 303", "bytes"),
        (
            {"status": 302, "headers": {"location": "http://a:b/"}},
            "the request could not be sent. Check endpoint_url",
            "a:b",
        ),
        ({"status": 404, "error": "ForbiddenException"}, "Grant these credentials the IAM action", NOT_OFFERED),
        ({"status": 404, "error": "AccessDeniedException"}, "Grant these credentials the IAM action", NOT_OFFERED),
        ({"status": 404, "error": "ResourceNotFoundException"}, "the request was rejected", NOT_OFFERED),
        ({"status": 404, "body": ""}, NOT_OFFERED, "rejected"),
        ({"status": 404, "body": "", "request_id": False}, "it may not come from AWS", NOT_OFFERED),
    ],
)
def test_an_unusual_status_is_not_mistaken_for_a_different_one(
    read_proxy: Read, sleeps: list[float], fault: dict[str, Any], words: str, absent: str
) -> None:
    result = read_proxy(WITH_PROXY, Fault(**fault))
    assert_failed(result, words)
    assert absent not in result["msg"]
    assert sleeps == []


# The SDK


@pytest.mark.parametrize(
    ("package", "module"),
    [
        ("boto3", "chime_voice_connector_proxy_info -a 'voice_connector_id=a'"),
        ("urllib3", "chime_voice_connector_info"),
    ],
)
def test_a_package_that_cannot_be_imported_is_reported_with_its_python(
    tmp_path: pathlib.Path, package: str, module: str
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / f"{package}.py").write_text("import ssl\nssl.no_such_name\n")
    (tmp_path / "inventory").write_text(f"localhost ansible_python_interpreter={sys.executable}\n")
    command = f"ansible localhost -i inventory -c local -m chime_sdk.voice.{module}"
    ran = run(command, tmp_path, PYTHONPATH=str(tmp_path / "broken"))
    message = json.loads(ran.stdout.partition("FAILED! => ")[2])["msg"]
    assert f"boto3, installed for {sys.executable}, cannot be imported (AttributeError: " in message
    assert "set ansible_python_interpreter to a different Python" in message
    assert "Traceback" not in ran.stdout + ran.stderr


# Credentials


@pytest.fixture
def read_with_role(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, config: pathlib.Path, sleeps: list[float]
) -> Read:
    """Return a function that reads a proxy configuration with a role. Its arguments describe a fault for AssumeRole."""
    config.write_text(ROLE)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", emulator.url)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # so that botocore itself does not retry

    def read(**fault: Any) -> dict[str, Any]:
        return read_proxy(WITH_PROXY, Fault("AssumeRole", **fault), profile="role", **NO_KEYS)

    return read


CREDENTIALS = "<AssumeRoleResponse><AssumeRoleResult><Credentials><SecretAccessKey>key</SecretAccessKey>"


@pytest.mark.parametrize(
    ("fault", "words", "requests"),
    [
        ({"body": CREDENTIALS}, ": a response was incomplete or unreadable. ", 3),
        ({"body": ""}, ": a response was incomplete or unreadable. ", 3),
        ({"body": f"{CREDENTIALS}</Credentials></AssumeRoleResult></AssumeRoleResponse>", "drop": "truncate"}, "", 3),
        ({"raw": ""}, "botocore reported: Connection was closed", 3),
        ({"raw": f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{CREDENTIALS}"}, "", 3),
        ({"drop": "reset"}, "botocore reported: Connection was closed", 3),
        ({"error": "ServiceUnavailable"}, ": AssumeRole failed. ", 3),
        ({"status": 500, "style": "bare"}, ": AssumeRole failed. ", 3),
        ({"status": 500, "body": "<AssumeRoleResponse/>"}, ": AssumeRole failed. ", 3),
        ({"status": 403, "body": "<AssumeRoleResponse/>"}, ": AssumeRole failed. ", 1),
        ({"error": "Throttling"}, ": AssumeRole failed. ", 10),
        ({"error": "AccessDenied", "message": "is not authorized"}, "AWS said: An error occurred (AccessDenied)", 1),
        ({"error": "ExpiredToken"}, "AWS said: An error occurred (ExpiredToken)", 1),
        (
            {"status": 303, "headers": {"location": "http://portal.example/"}, "body": ""},
            ": a request was redirected. ",
            1,
        ),
    ],
)
def test_a_fault_of_assume_role_is_retried_and_a_refusal_is_not(
    read_with_role: Read, emulator: Emulator, fault: dict[str, Any], words: str, requests: int
) -> None:
    result = read_with_role(**fault)
    assert_failed(result, NO_CREDENTIALS, words)
    assert emulator.operations() == ["AssumeRole"] * requests
    assert "Further retries" not in result["msg"] and "bytes" not in result["msg"]


@pytest.mark.parametrize("fault", [{"drop": "truncate"}, {"error": "ServiceUnavailable"}, {"raw": ""}])
def test_reading_succeeds_after_temporary_faults_of_assume_role(read_with_role: Read, fault: dict[str, Any]) -> None:
    assert read_with_role(**fault, times=2)["exists"] is True


@pytest.mark.parametrize("url", ["sts.example", "http://127.0.0.1:99999", "http://127.0.0.1:1"])
def test_a_wrong_endpoint_of_sts_is_named(read_with_role: Read, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
    assert_failed(
        read_with_role(), f"{NO_CREDENTIALS}. Check the environment variable AWS_ENDPOINT_URL_STS, the profile"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("credential_process = sh -c 'exit 3'", ": credential_process failed. "),
        ("credential_process = echo '{\"Version\": 2}'", ": credential_process failed. "),
        ("credential_process = echo garbage", "botocore reported: Expecting value"),
        ("credential_process = printf '\\377\\376'", "botocore reported: 'utf-8' codec can't decode"),
        ("credential_process = /nonexistent/tool", "Check the file {config}, the profile"),
        ("credential_process = sh -c 'unbalanced", "botocore reported: No closing quotation"),
        (
            "sso_session = work\nsso_account_id = 111122223333\nsso_role_name = reader\n[sso-session work]\n"
            "sso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start",
            "Token for work does not exist",
        ),
        (
            "role_arn = arn:aws:iam::111122223333:role/reader\nweb_identity_token_file = /nonexistent/token",
            "Check the file {config}, the profile",
        ),
        ("role_arn = arn:aws:iam::111122223333:role/reader\nsource_profile = other", 'source_profile "other" ref'),
    ],
)
def test_a_source_of_credentials_that_fails_is_reported(
    read_proxy: Read, emulator: Emulator, config: pathlib.Path, sleeps: list[float], content: str, words: str
) -> None:
    config.write_text(f"[profile telephony]\n{content}\n")
    assert_failed(read_proxy(profile="telephony", **NO_KEYS), NO_CREDENTIALS, words.format(config=config))
    assert emulator.operations() == [] and sleeps == []


@pytest.mark.parametrize("region", ["fips-us-east-1", "us-east-1-fips"])
def test_a_region_in_the_configuration_file_that_botocore_replaces_is_refused(
    read_proxy: Read, emulator: Emulator, config: pathlib.Path, region: str
) -> None:
    config.write_text(f"[default]\nregion = {region}\n")
    result = read_proxy(region=None)
    assert_failed(
        result,
        f"'{region}' is not the name of an AWS Region; botocore would use us-east-1 instead. "
        "Correct the option 'region'",
    )
    assert emulator.requests == []


@pytest.mark.parametrize(
    ("fault", "requests"), [({"error": "Throttling", "status": 400}, 10), ({"status": 500}, 3), ({"drop": "reset"}, 3)]
)
@pytest.mark.usefixtures("unlimited")
def test_the_attempts_of_botocore_do_not_multiply_those_of_the_collection(
    read_proxy: Read,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    fault: dict[str, Any],
    requests: int,
) -> None:
    (tmp_path / "config").write_text(
        "[profile telephony]\nrole_arn = arn:aws:iam::111122223333:role/reader\nsource_profile = base\n[profile base]\n"
        "aws_access_key_id = AKIDEMULATOR\naws_secret_access_key = emulator-secret-key\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", emulator.url)
    result = read_proxy(WITH_PROXY, Fault("AssumeRole", **fault), profile="telephony", **NO_KEYS)
    assert "the AWS credentials could not be obtained" in result["msg"]
    assert emulator.operations() == ["AssumeRole"] * requests


def test_a_profile_with_a_short_name_that_does_not_exist_is_named(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "r")
    assert "Check the environment variable AWS_PROFILE. " in read_proxy(**NO_KEYS)["msg"]


def test_a_tag_that_is_returned_twice_is_unreadable(emulator: Emulator) -> None:
    tags = [{"Key": "team", "Value": "voice"}, {"Key": "team", "Value": "video"}]
    emulator.faults = [Fault("ListTagsForResource", body=json.dumps({"Tags": tags}))]
    result = run_main("chime_voice_connector_info", {**connection_to(emulator), "include": ["tags"]})
    assert "it contains the same tag twice" in result["errors"][0]["message"]
