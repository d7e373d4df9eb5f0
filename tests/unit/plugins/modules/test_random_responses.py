# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give the real main() thousands of random responses. None causes a traceback or a false report of absence."""

from __future__ import annotations

import collections
import json
import random
import re
from typing import Any, Callable

import boto3
import pytest

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import WITH_PROXY, connection_to, run_main

# Do not measure coverage here: tracing would take longer than the requests, and the purpose is to find defects.
pytestmark = pytest.mark.no_cover

CHUNKS = 2
RESPONSES_PER_CHUNK = 1000

VALUES: list[Any] = [None, True, False, 0, 60, -1, 1.5, 10**30, "", "US", "false", "+12065550100"]
VALUES += [[], ["US"], ["US", None], [[]], {}, {"a": 1}, float("nan")]
MEMBERS = ["DefaultSessionExpiryMinutes", "Disabled", "FallBackPhoneNumber", "PhoneNumberCountries", "Unheard", "proxy"]
PAGES = [b"", b" ", b"<html>", b"<html><body>404 Not Found</body></html>", b"\xff\xfe{\x00}\x00", b"[" * 5000, b"{} {}"]
PAGES += [b"<UnknownOperationException/>\n"]
NAMES = [
    "NotFoundException",
    "NotFound",
    "aws.chime#NotFoundException",
    "NotFoundException:http://internal.amazon.com/coral/com.amazonaws.chime/",
    "NotFoundExceptional",
    "notfound",
    "ForbiddenException",
    "Throttled",
    "UnknownOperationException",
    "",
    ":",
    "#",
    "a:b#c",
]
STATUSES = [201, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 403, 404, 404, 404, 404, 408, 410, 429, 500, 503]


def random_proxy(rng: random.Random) -> Any:
    if rng.random() < 0.2:
        return rng.choice(VALUES)
    typical = {
        "DefaultSessionExpiryMinutes": 60,
        "Disabled": False,
        "FallBackPhoneNumber": "+12065550100",
        "PhoneNumberCountries": ["US"],
    }
    proxy: dict[str, Any] = {name: value for name, value in typical.items() if rng.random() < 0.6}
    if rng.random() < 0.3:
        proxy[rng.choice(MEMBERS)] = rng.choice(VALUES)
    return proxy


def random_body(rng: random.Random) -> bytes:
    kind = rng.random()
    if kind < 0.1:
        return rng.choice(PAGES)
    if kind < 0.2:
        return json.dumps(rng.choice(VALUES)).encode()
    if kind < 0.35:
        values = NAMES if rng.random() < 0.7 else VALUES
        return json.dumps({rng.choice(["Code", "code", "__type", "Message"]): rng.choice(values)}).encode()
    body = json.dumps({"Proxy": random_proxy(rng)} if rng.random() < 0.9 else {}).encode()
    if kind < 0.42:
        return body[: rng.randrange(len(body))]
    if kind < 0.55:
        changed = bytearray(body)
        for _change in range(rng.randint(1, 4)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        return bytes(changed)
    return body


def random_response(rng: random.Random, success: int = 200) -> tuple[bytes, int, dict[str, str], bytes | None]:
    """Return a raw HTTP response, its status, its headers, and the body that a client can read (None if incomplete)."""
    body = random_body(rng)
    successful = rng.random() < 0.65
    status = success if successful else rng.choice(STATUSES)
    headers: dict[str, str] = {}
    if rng.random() < 0.6:
        headers["x-amzn-requestid"] = rng.choice(["", "1", "r", "r\xe9"])
    if rng.random() < (0.1 if successful else 0.6):
        headers["x-amzn-errortype"] = rng.choice(NAMES)
    if rng.random() < 0.2:
        headers["content-type"] = rng.choice(["application/json", "text/html", ";", ""])
    if rng.random() < 0.05:
        headers["content-encoding"] = rng.choice(["gzip", "br", "nonsense"])
    if status in (302, 303) and rng.random() < 0.7:
        headers["location"] = rng.choice(["/sign-in", "http://127.0.0.1:1/", "\xe9"])
    readable: bytes | None = body
    if status in (204, 304):
        readable = b""
    framing = rng.random()
    if framing < 0.05:
        headers["transfer-encoding"] = "chunked"  # but the body has no chunks
        readable = b"" if body == b"0" else None  # 0 is a valid last chunk
    elif framing < 0.9:
        length = len(body)
        if framing < 0.2:
            length += rng.choice([-1, 1, 1000])
        headers["content-length"] = str(max(0, length))
        if readable:
            readable = readable[: max(0, length)] if length <= len(body) else None
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode("latin-1") + body, status, headers, readable


def parse_body(body: bytes | None) -> Any:
    """Return the parsed JSON body, or 'unreadable'."""
    try:
        return "unreadable" if body is None else json.loads(body.decode())
    except (ValueError, RecursionError):
        return "unreadable"


def proxy_of(status: int, body: bytes | None) -> Any:
    """Return the ``Proxy`` in the body of a 200 response.

    Return None if ``Proxy`` is null or the body is an empty object, and 'unreadable' for anything else.
    """
    document = parse_body(body)
    if status != 200 or not isinstance(document, dict):
        return "unreadable"
    if "Proxy" not in document:
        return "unreadable" if document else None
    return document["Proxy"] if isinstance(document["Proxy"], (dict, type(None))) else "unreadable"


def is_named_not_found(status: int, headers: dict[str, str], body: bytes | None) -> bool:
    """Return whether a response is a 404 that names NotFound in its header or, if the header is empty, in its body."""
    document = parse_body(body)
    members = document if isinstance(document, dict) else {}
    values = [headers.get("x-amzn-errortype"), *(members.get(key) for key in ("code", "Code", "__type"))]
    names = [re.split("[:]", value)[0].split("#")[-1] for value in values if isinstance(value, str)]
    first = next((name for name in names if name), "")
    return status == 404 and body is not None and first in ("NotFound", "NotFoundException")


def may_be_absence(status: int, headers: dict[str, str], body: bytes | None) -> bool:
    """Return whether a response to GetVoiceConnectorProxy can mean that no proxy configuration is set."""
    empty = proxy_of(status, body) in (None, {}) and bool(headers.get("x-amzn-requestid"))
    return empty or is_named_not_found(status, headers, body)


def share_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share one client among all runs, because creating a client is slow and is not under test here."""
    from ansible_collections.chime_sdk.voice.plugins.module_utils import _client
    from ansible_collections.chime_sdk.voice.plugins.module_utils._client import Connection

    create_client = Connection.client
    clients: dict[str | None, Any] = {}

    def create_client_once(self: Connection, region: str | None = None) -> Any:
        if region not in clients:
            self._session = boto3.session.Session()
            clients[region] = create_client(self, region)
        return clients[region]

    monkeypatch.setattr(Connection, "client", create_client_once)
    monkeypatch.setattr(_client, "Session", lambda **options: None)


@pytest.mark.parametrize("chunk", [0, *(pytest.param(chunk, marks=pytest.mark.one_sdk) for chunk in range(1, CHUNKS))])
def test_random_responses_never_cause_a_false_report_of_absence_or_a_traceback(
    read_proxy: Callable[..., dict[str, Any]], sleeps: list[float], monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    share_client(monkeypatch)
    rng = random.Random(chunk)
    outcomes: collections.Counter[Any] = collections.Counter()
    for number in range(RESPONSES_PER_CHUNK):
        raw, status, headers, body = random_response(rng)
        result = read_proxy(WITH_PROXY, Fault("GetVoiceConnectorProxy", raw=raw.decode("latin-1")))
        outcome = "failed" if result.get("failed") else result["exists"]
        outcomes[outcome] += 1
        context = f"response {number} of chunk {chunk}: {raw[:300]!r} became {result}"
        proxy = proxy_of(status, body)
        if outcome is False:
            assert may_be_absence(status, headers, body), context
        elif outcome is True:
            assert isinstance(proxy, dict) and proxy, context
        else:
            assert result["failed"] and WITH_PROXY in result["msg"] and "us-east-1" in result["msg"], context
    assert all(outcomes[outcome] >= RESPONSES_PER_CHUNK / 100 for outcome in (True, False, "failed")), outcomes


@pytest.mark.parametrize("operation", ["GetVoiceConnectorProxy", "DeleteVoiceConnectorProxy"])
def test_random_responses_never_cause_a_false_report_of_deletion(
    emulator: Emulator, sleeps: list[float], monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """The emulator applies none of these requests, so the proxy configuration always remains."""
    share_client(monkeypatch)
    rng = random.Random(operation)
    reading = operation == "GetVoiceConnectorProxy"
    outcomes: collections.Counter[Any] = collections.Counter()
    options = {
        **connection_to(emulator),
        "voice_connector_id": WITH_PROXY,
        "state": "absent",
        "_ansible_check_mode": reading,
    }
    for number in range(300):
        raw, status, headers, body = random_response(rng, 200 if reading else 204)
        emulator.faults = [Fault(operation, raw=raw.decode("latin-1"))]
        result = run_main("chime_voice_connector_proxy", options)
        outcome = "failed" if result.get("failed") else result["changed"]
        outcomes[outcome] += 1
        context = f"response {number}: {raw[:300]!r} became {result}"
        if reading:
            assert outcome is not False or may_be_absence(status, headers, body), context
        else:
            confirmed = status == 204 and bool(headers.get("x-amzn-requestid"))
            assert outcome == (True if confirmed and body is not None else "failed"), context
    assert set(outcomes) == ({True, False, "failed"} if reading else {True, "failed"}), outcomes


# The other operations in the bulk read, each with a typical response.
BULK_RESPONSES = {
    "ListVoiceConnectors": {
        "VoiceConnectors": [{"VoiceConnectorId": WITH_PROXY, "Name": "a", "CreatedTimestamp": "2026-01-02T03:04:05Z"}],
        "NextToken": None,
    },
    "GetVoiceConnector": {"VoiceConnector": {"VoiceConnectorId": WITH_PROXY, "RequireEncryption": True}},
    "ListTagsForResource": {"Tags": [{"Key": "team", "Value": "voice"}]},
}


def mutate(rng: random.Random, value: Any) -> Any:
    """Return a copy of a document in which a few values are replaced or missing."""
    if rng.random() < 0.1:
        return rng.choice(VALUES)
    if isinstance(value, dict):
        return {key: mutate(rng, inner) for key, inner in value.items() if rng.random() < 0.95}
    if isinstance(value, list):
        return [mutate(rng, inner) for inner in value]
    return value


@pytest.mark.parametrize("operation", BULK_RESPONSES)
def test_random_responses_to_the_bulk_read_never_cause_a_traceback_or_an_empty_account(
    emulator: Emulator, sleeps: list[float], monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    share_client(monkeypatch)
    rng = random.Random(operation)
    options = {**connection_to(emulator), "include": ["tags"], "concurrency": 1}
    if operation == "GetVoiceConnector":
        options["voice_connector_ids"] = [WITH_PROXY]
    outcomes: collections.Counter[bool] = collections.Counter()
    for _response in range(250):
        body = json.dumps(mutate(rng, BULK_RESPONSES[operation]))
        if rng.random() < 0.2:
            body = body[: rng.randrange(len(body))]
        request_id = rng.random() < 0.7
        emulator.faults = [Fault(operation, body=body, request_id=request_id, times=2)]
        result = run_main("chime_voice_connector_info", options)
        outcomes[bool(result.get("failed"))] += 1
        if not result.get("failed"):
            document = json.loads(body)
            if operation == "ListVoiceConnectors" and not result["voice_connectors"]:
                assert request_id
                assert document == {} or not document["VoiceConnectors"]
            if operation == "GetVoiceConnector":
                assert [entry["voice_connector_id"] for entry in result["voice_connectors"]] == [WITH_PROXY]
    assert min(outcomes[True], outcomes[False]) > 25, outcomes
