# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put secrets where they can reach a message, run the real main(), and search its output for parts of them.

Most secrets come from a profile, because Ansible itself hides secrets in options and in the environment.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
from typing import Any, Callable

import pytest

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import WITH_PROXY

Read = Callable[..., "dict[str, Any]"]

NO_KEYS = {"access_key": None, "secret_key": None}
KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEDoaCXVzLWVhc3QtMSJHMEUCIQ"


@pytest.fixture(autouse=True)
def skip_waits(sleeps: list[float]) -> None:
    """Skip the waits between attempts."""


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> dict[str, Any]:
    """Write credentials to a profile, and return the options that select the profile."""
    path = tmp_path / "credentials"
    path.write_text(
        f"[work]\naws_access_key_id = AKIDEMULATOR\naws_secret_access_key = {KEY}\naws_session_token = {TOKEN}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    return {**NO_KEYS, "profile": "work"}


def assert_hidden(result: dict[str, Any], *secrets: str) -> None:
    """Assert that the task failed, and that its output contains no eight consecutive characters of a secret."""
    assert result["failed"] is True
    printed = json.dumps(result, ensure_ascii=False)
    for secret in secrets:
        parts = [secret[start : start + 8] for start in range(max(1, len(secret) - 7))]
        found = [part for part in parts if part in printed or json.dumps(part)[1:-1] in printed]
        assert not found, printed


# Credentials that no request can contain

BAD_VALUES = {
    "session token": [f"{TOKEN}\n{KEY}", f"{TOKEN}\n", f"{TOKEN} ", f"{TOKEN}\udcff"],
    "secret access key": [f"{KEY}\r\n", f"{KEY[:20]} {KEY[20:]}", f"{KEY}\xe9"],
    "access key ID": ["AKID EMULATOR", "AKIDEMULATOR\n", "AKID\xc9MULATOR"],
}
NAMES = {
    "access key ID": ("access_key", "AWS_ACCESS_KEY_ID"),
    "secret access key": ("secret_key", "AWS_SECRET_ACCESS_KEY"),
    "session token": ("session_token", "AWS_SESSION_TOKEN"),
}


def can_contain(place: str, value: str) -> bool:
    """Return whether *place* can contain *value*, which may not be valid in YAML or in a configuration file."""
    return place == "environment" or ("\udcff" not in value and (place == "option" or value.strip() == value))


@pytest.mark.parametrize(
    ("place", "part", "value"),
    [
        (place, part, value)
        for place in ("option", "environment", "profile")
        for part, values in BAD_VALUES.items()
        for value in values
        if can_contain(place, value)
    ],
)
def test_credentials_with_an_impossible_character_are_refused_before_a_request(
    read_proxy: Read,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    place: str,
    part: str,
    value: str,
) -> None:
    good = {"access key ID": "AKIDEMULATOR", "secret access key": KEY, "session token": TOKEN}
    values = {NAMES[name]: text for name, text in {**good, part: value}.items()}
    options: dict[str, Any] = {**NO_KEYS}
    if place == "option":
        options = {option: text for (option, _variable), text in values.items()}
    elif place == "environment":
        for (_option, variable), text in values.items():
            monkeypatch.setenv(variable, text)
    else:
        lines = [f"{variable.lower()} = {text}" for (_option, variable), text in values.items()]
        path = tmp_path / "credentials"
        path.write_text("\n".join(["[work]", *(line.replace("\n", "\n  ") for line in lines)]), encoding="utf-8")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
        options["profile"] = "work"
    result = read_proxy(**options)
    assert_hidden(result, KEY, TOKEN)
    assert f"the {part} contains a space, a line break, or another character" in result["msg"]
    assert emulator.requests == []


# Responses that contain secrets


@pytest.mark.parametrize("variable", ["AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_OTHER_SECRET_ACCESS_KEY"])
def test_a_secret_in_the_environment_is_hidden_even_if_it_is_not_used(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, KEY)
    fault = Fault("GetVoiceConnectorProxy", error="BadRequestException", message=f"not {KEY}")
    assert_hidden(read_proxy(WITH_PROXY, fault), KEY)


CANONICAL = (
    "The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this "
    f"request should have been\n'GET\n/\n\nhost:voice.example\nx-amz-security-token:{TOKEN}\n\n'"
)
ECHOES: dict[str, dict[str, Any]] = {
    "canonical string": {"status": 403, "error": "SignatureDoesNotMatch", "message": CANONICAL},
    "message": {"error": "BadRequestException", "message": f"{TOKEN} and {KEY} are not valid"},
    "repr": {"status": 400, "body": json.dumps({"message": f"bad value {TOKEN.encode() + b'!'!r}"})},
    "code": {"status": 400, "body": json.dumps({"code": TOKEN, "message": KEY})},
    "header": {"status": 400, "body": "{}", "headers": {"x-amzn-errortype": TOKEN}},
    "two codes": {"status": 400, "body": json.dumps({"code": TOKEN}), "headers": {"x-amzn-errortype": "Foo"}},
    "content type": {"body": "text", "headers": {"content-type": TOKEN}},
    "request ID": {"status": 400, "body": "{}", "headers": {"x-amzn-requestid": TOKEN}, "request_id": False},
    "location": {"status": 302, "body": "", "headers": {"location": f"https://portal.example/{TOKEN}?key={KEY}"}},
    "page": {"status": 502, "body": f"<html>{TOKEN}</html>", "request_id": False},
    **{
        f"cut after {room}": {"error": "BadRequestException", "message": "x" * (500 - room) + TOKEN}
        for room in range(60, 140, 8)
    },
}


@pytest.mark.parametrize("place", ECHOES)
def test_a_secret_that_the_response_repeats_is_hidden(
    read_proxy: Read, credentials: dict[str, Any], place: str
) -> None:
    assert_hidden(read_proxy(WITH_PROXY, Fault(**ECHOES[place]), **credentials), KEY, TOKEN)


@pytest.mark.parametrize("status", [302, 303, 307])
@pytest.mark.parametrize("password", [KEY, KEY.replace("/", "%2F")])
def test_only_the_status_and_the_request_id_of_a_redirect_are_returned(
    read_proxy: Read, status: int, password: str
) -> None:
    headers = {
        "location": f"https://user:{password}@portal.example/sign-in",
        "set-cookie": f"session={TOKEN}",
        "x-session": TOKEN,
    }
    result = read_proxy(WITH_PROXY, Fault(status=status, headers=headers, body=""))
    assert_hidden(result, password, TOKEN)
    # urllib3 itself fails for status 303, or if it cannot parse the location. Then the message contains no location.
    location = "https://(hidden)@portal.example/sign-in" if status != 303 else "a different location"
    words = f"was redirected with status {status} to {location}, but" if "%" in password else "Check endpoint_url"
    assert words in result["msg"]
    assert set(result.get("response_metadata", {})) <= {"http_status_code", "request_id"}


# URLs that contain a password

PASSWORDS = [f"user:{KEY}@", f"user:p#{KEY}@", f"user:p?{KEY}@", f"us er:{KEY}@", f"user:{KEY}\\@", f"user:{KEY}@@"]
HOSTS = ["127.0.0.1:1", "127.0.0.1:99999"]
URLS = [f"{scheme}{user}{host}" for scheme in ("http://", "socks5://", "") for user in PASSWORDS for host in HOSTS]


@pytest.mark.parametrize("place", ["HTTPS_PROXY", "aws_config"])
@pytest.mark.parametrize("url", URLS)
def test_the_password_in_the_url_of_a_proxy_server_is_hidden(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, url: str, place: str
) -> None:
    options: dict[str, Any] = {"endpoint_url": "https://voice.example"}
    if place == "aws_config":
        options["aws_config"] = {"proxies": {"https": url}}
    else:
        monkeypatch.setenv("HTTPS_PROXY", url)
    result = read_proxy(**options)
    assert_hidden(result, KEY)
    assert place in result["msg"]
    assert "credentials" not in result["msg"]


@pytest.mark.parametrize("place", ["endpoint_url", "AWS_ENDPOINT_URL", "AWS_URL", "file"])
@pytest.mark.parametrize("url", [url for url in URLS if not url.startswith("socks")])
def test_the_password_in_the_url_of_an_endpoint_is_hidden(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, url: str, place: str
) -> None:
    if place == "file":
        path = tmp_path / "config"
        path.write_text(f"[default]\nendpoint_url = {url}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    elif place != "endpoint_url":
        monkeypatch.setenv(place, url)
    result = read_proxy(endpoint_url=url if place == "endpoint_url" else None)
    assert_hidden(result, KEY)
    assert "endpoint" in result["msg"] or f"the file {tmp_path}" in result["msg"] or place in result["msg"]


# Sources of credentials

ROLE = (
    "[profile telephony]\nrole_arn = arn:aws:iam::111122223333:role/reader\nsource_profile = user\n"
    "[profile user]\naws_access_key_id = AKIDEMULATOR\naws_secret_access_key = emulator-secret-key\n"
)
ASSUMED = (
    '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>'
    f"<AccessKeyId>ASIDROLE</AccessKeyId><SecretAccessKey>{KEY}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken>"
    "<Expiration>soon</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
)


@pytest.mark.parametrize(
    "fault",
    [
        *({"body": ASSUMED[:length]} for length in range(160, len(ASSUMED) + 1, 12)),
        {"body": ASSUMED, "drop": "truncate"},
        {"body": json.dumps({"SecretAccessKey": KEY, "SessionToken": TOKEN})},
        {"body": f"{KEY} {TOKEN}"},
        {"body": ASSUMED, "status": 403},
        {"body": ASSUMED, "status": 500},
        {
            "body": ASSUMED,
            "status": 302,
            "headers": {"location": f"https://user:{KEY}@portal.example", "set-cookie": TOKEN},
        },
        {"raw": f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{ASSUMED}"},
    ],
)
def test_credentials_in_a_response_that_cannot_be_parsed_are_hidden(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, fault: dict[str, Any]
) -> None:
    path = tmp_path / "config"
    path.write_text(ROLE)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", emulator.url)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    result = read_proxy(WITH_PROXY, Fault("AssumeRole", **fault), profile="telephony", **NO_KEYS)
    assert_hidden(result, KEY, TOKEN)
    assert "the AWS credentials could not be obtained" in result["msg"]


JSON_CREDENTIALS = json.dumps({"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": KEY, "SessionToken": TOKEN})


@pytest.mark.parametrize(
    "script",
    [
        f"echo 'the password {KEY} was refused' >&2; exit 1",
        f"echo '{JSON_CREDENTIALS}' >&2; exit 1",
        f"echo '{KEY} {TOKEN}'",
        f"echo '{JSON_CREDENTIALS[:-1]}'",
        f"echo '{JSON_CREDENTIALS.replace('1', '2', 1)}'",
        f'echo \'{JSON_CREDENTIALS[:-1]}, "Expiration": "soon"}}\'',
        f"echo '{JSON_CREDENTIALS.replace(KEY, KEY + ' ')}'",
    ],
)
def test_the_output_of_a_credential_process_is_hidden(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, script: str
) -> None:
    (tmp_path / "get-credentials").write_text(script)
    path = tmp_path / "config"
    path.write_text(f"[profile telephony]\ncredential_process = sh {tmp_path}/get-credentials\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    result = read_proxy(profile="telephony", **NO_KEYS)
    assert_hidden(result, KEY, TOKEN)
    assert "credential" in result["msg"] or "secret access key" in result["msg"]
    assert emulator.requests == []


JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
SSO_TOKEN = "hunter2SsoTokenAAAABBBBCCCC"


@pytest.mark.parametrize("echo", [JWT, f"WebIdentityToken={JWT}&x=1", f"the token '{JWT}' has expired"])
def test_a_web_identity_token_that_sts_repeats_is_hidden(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, echo: str
) -> None:
    (tmp_path / "token").write_text(JWT)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/reader")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", emulator.url)
    error = f"<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>{echo.replace('&', '&amp;')}</Message></Error>"
    result = read_proxy(
        WITH_PROXY, *(Fault(name, status=400, body=f"{error}</ErrorResponse>") for name in STS_NAMES), **NO_KEYS
    )
    assert_hidden(result, JWT)
    assert "AssumeRoleWithWebIdentity failed" in result["msg"]


STS_NAMES = ("AssumeRoleWithWebIdentity", "")


def test_an_sso_token_that_the_portal_repeats_is_hidden(
    read_proxy: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    url = "https://example.awsapps.com/start"
    (tmp_path / "config").write_text(
        f"[profile telephony]\nsso_start_url = {url}\nsso_region = us-east-1\nsso_account_id = 111122223333\n"
        "sso_role_name = reader\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    cache = tmp_path / ".aws/sso/cache"
    cache.mkdir(parents=True)
    name = hashlib.sha1(url.encode()).hexdigest()
    token = {"startUrl": url, "region": "us-east-1", "accessToken": SSO_TOKEN, "expiresAt": "2099-01-01T00:00:00Z"}
    (cache / f"{name}.json").write_text(json.dumps(token))
    monkeypatch.setattr("botocore.credentials.SSOProvider._SSO_TOKEN_CACHE_DIR", str(cache))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", emulator.url)
    body = json.dumps({"message": f"{{'x-amz-sso_bearer_token': '{SSO_TOKEN}'}} and {SSO_TOKEN}"})
    result = read_proxy(WITH_PROXY, Fault("", status=400, body=body), profile="telephony", **NO_KEYS)
    assert_hidden(result, SSO_TOKEN)
    assert "GetRoleCredentials failed" in result["msg"]


@pytest.mark.parametrize("change", [{"Expiration": KEY}, {"AccessKeyId": 5}, {"SessionToken": [TOKEN]}])
def test_invalid_values_from_a_credential_process_are_hidden(
    read_proxy: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, change: dict[str, Any]
) -> None:
    output = {**json.loads(JSON_CREDENTIALS), **change}
    (tmp_path / "output").write_text(json.dumps(output))
    (tmp_path / "config").write_text(f"[profile telephony]\ncredential_process = cat {tmp_path / 'output'}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    result = read_proxy(profile="telephony", **NO_KEYS)
    assert_hidden(result, KEY, TOKEN)
    assert "credentials" in result["msg"] or "contains a space" in result["msg"]
    assert "endpoint_url" not in result["msg"]
