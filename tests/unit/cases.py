# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Data shared by the tests for the modules: IDs, options, errors, unreadable responses, and proxy configurations."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.chime_sdk.voice.tests.unit.helpers import WITH_PROXY

# The exceptions in the service model, each with its short code and status.
ERRORS = {
    "UnauthorizedClientException": ("Unauthorized", 401),
    "NotFoundException": ("NotFound", 404),
    "ForbiddenException": ("Forbidden", 403),
    "BadRequestException": ("BadRequest", 400),
    "ThrottledClientException": ("Throttled", 429),
    "ServiceUnavailableException": ("ServiceUnavailable", 503),
    "ServiceFailureException": ("ServiceFailure", 500),
}

RETRY_MODES = [None, "legacy", "standard", "adaptive"]

THROTTLES: list[dict[str, Any]] = [
    {"error": "ThrottledClientException"},
    {"error": "ThrottledClientException", "style": "header"},
    {"error": "ThrottledClientException", "style": "body"},
    {"status": 429, "style": "bare"},
    {"status": 429, "body": "<html>Slow down</html>", "request_id": False},
    {"status": 429, "error": "TooManyRequestsException"},
    {"status": 400, "error": "ThrottlingException"},
    {"status": 503, "error": "RequestLimitExceeded"},
]

FAULTS: list[dict[str, Any]] = [
    *({"status": status, "style": "bare"} for status in (500, 502, 503, 504)),
    {"error": "ServiceFailureException"},
    {"error": "ServiceUnavailableException", "style": "body"},
    {"status": 503, "body": "[]"},
    {"status": 502, "body": "<html><body>Bad Gateway</body></html>", "request_id": False},
    {"drop": "reset"},
    {"raw": ""},
    {"raw": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{"},
]

# A phone number, and proxy configurations in the form that the service returns
PHONE_NUMBER = "+12065550142"
RECEPTION_PROXY: dict[str, Any] = {
    "DefaultSessionExpiryMinutes": 60,
    "Disabled": False,
    "FallBackPhoneNumber": PHONE_NUMBER,
    "PhoneNumberCountries": ["US", "CA"],
}
OTHER_PROXY: dict[str, Any] = {"DefaultSessionExpiryMinutes": 30, "Disabled": True, "PhoneNumberCountries": ["GB"]}


def ids(records: list[dict[str, Any]]) -> list[str]:
    return [record["voice_connector_id"] for record in records]


# Unreadable bodies of a 200 response to GetVoiceConnectorProxy or PutVoiceConnectorProxy.
UNREADABLE = [
    *("", " ", "<html><body>Sign in to the network</body></html>", "[]", "[{}]", '"text"', "null", "true", "7"),
    *(
        '{"Proxy": {"Disabled": fal',
        '{"Proxy": {"Disabled": false}',
        '{"Proxy": null',
        "\udcff",
        "\ufeff{}",
        "[" * 200_000,
    ),
    *('{"proxy": {"Disabled": false}}', '{"Message": "Not Found"}'),
    *(f'{{"Proxy": {value}}}' for value in ("[]", '""', "0", "false", '"None"')),
    *(f'{{"Proxy": {{"Disabled": {value}}}}}' for value in ('"false"', "0")),
    *(f'{{"Proxy": {{"DefaultSessionExpiryMinutes": {value}}}}}' for value in ('"60"', "true", "1.5", "NaN")),
    *(f'{{"Proxy": {{"FallBackPhoneNumber": {value}}}}}' for value in ("12065550100", '["+12065550100"]')),
    *(f'{{"Proxy": {{"PhoneNumberCountries": {value}}}}}' for value in ('"US"', '{"US": true}', '["US", null]', "[1]")),
]

BAD_IDS = [
    *(
        "..",
        ".",
        "a/b",
        "a b",
        " abc",
        "abc\n",
        "a\tb",
        "a\x07b",
        "{{ voice_connector_id }}",
        "-abc",
        "a_b",
        "é",
        "a%2Fb",
    ),
    *("a" * 129, "arn:aws:chime:us-east-1:111122223333:vc/" + WITH_PROXY),
]

# Invalid connection options, each with a part of the expected message.
BAD_OPTIONS = [
    pytest.param(
        {"aws_config": {"no_such_key": 1}},
        "aws_config contains 'no_such_key', which botocore does not know",
        id="unknown-key",
    ),
    pytest.param({"aws_config": {"retries": "many"}}, "aws_config", id="retries-wrong-type"),
    pytest.param({"aws_config": {"retries": {"max_attempts": "many"}}}, "aws_config", id="attempts-wrong-type"),
    pytest.param({"aws_config": {"read_timeout": "long"}}, "aws_config", id="timeout-wrong-type"),
    pytest.param({"aws_config": {"max_pool_connections": "many"}}, "aws_config", id="pool-wrong-type"),
    pytest.param({"aws_config": {"proxies": "http://127.0.0.1:1"}}, "aws_config", id="proxies-wrong-type"),
    pytest.param(
        {"aws_config": {"read_timeout": 5}, "endpoint_url": "voice.example"},
        "a connection setting is not valid. Check endpoint_url. ",
        id="invalid-endpoint-valid-config",
    ),
    pytest.param({"endpoint_url": "voice.example"}, "voice.example", id="endpoint-without-scheme"),
    pytest.param({"endpoint_url": "http://"}, "http://", id="endpoint-without-host"),
    pytest.param({"endpoint_url": "http://[::1"}, "", id="endpoint-with-truncated-address"),
    pytest.param({"endpoint_url": "http://127.0.0.1:99999"}, "", id="endpoint-with-invalid-port"),
    pytest.param({"endpoint_url": "ftp://127.0.0.1:1"}, "", id="endpoint-with-ftp-scheme"),
    pytest.param({"profile": "nobody", "access_key": None, "secret_key": None}, "nobody", id="unknown-profile"),
    pytest.param({"profile": "nobody"}, "'profile' cannot be combined", id="profile-and-keys"),
    pytest.param({"access_key": None, "secret_key": None}, "no AWS credentials", id="no-credentials"),
    pytest.param({"secret_key": None}, "only one of access_key and secret_key is set", id="no-secret-key"),
]
