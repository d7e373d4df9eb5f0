# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the real main() with random responses, none of which may cause a traceback, a false report, or invalid output."""

from __future__ import annotations

import collections
import json
import pathlib
import random
import re
import time
from collections.abc import Iterator
from typing import Any, Callable, NamedTuple

import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils import _rate_limit
from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import CONNECTOR, SETTINGS
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.emulator.service import MODEL
from ansible_collections.chime_sdk.voice.tests.unit.helpers import EMPTY_PROXY, WITH_PROXY, WITHOUT_PROXY, run_main

# Do not measure the coverage of random responses: tracing would take longer than the requests.
unmeasured = pytest.mark.no_cover

LIST, GET, TAGS = "ListVoiceConnectors", "GetVoiceConnector", "ListTagsForResource"
GET_PROXY, PUT_PROXY, DELETE_PROXY = (f"{verb}VoiceConnectorProxy" for verb in ("Get", "Put", "Delete"))

SECRETS = ["emulator-temporary-key", "emulator-session-token", "proxy-password"]
PROXY_SERVER = "http://operator:proxy-password@proxy.example:8080"
SEEN = "seen"  # a request ID that an earlier response of the run had
SURROGATE = "\ud83d"  # half an emoji, which UTF-8 cannot encode
LONG_NAME = "x" * 200_000

# JSON, some of it invalid
VALUES = ["null", "true", "0", "60", "-1", "1.5", "1e999", "NaN", "9" * 5000, '""', '"US"', '"false"', '"\\u0000"']
VALUES += [f'"{SURROGATE}"', '"\\ud83d"', '"\\ude00\\ud83d"', "[]", '["US", null]', "[[]]", "{}", '{"a": 1}']
VALUES += ['{"a": 1, "a": 2}', "[" * 1500 + "]" * 1500, "[" * 100_000, '{"a":' * 1500 + "1" + "}" * 1500]
VALUES += [f'"{".1" * 100_000}"']
MEMBERS = ["Exists", "exists", "disabled", "Region", "region", "name", "voice_connector_id", "proxy", "code", "\\ud83d"]
MEMBERS += ["\\u0045xists", SURROGATE, LONG_NAME]
PAGES = ["", " ", "<html>", "<html><body>404 Not Found</body></html>", "\x00{}", "[" * 100_000, "{} {}", "\ufeff{}"]
PAGES += ["<UnknownOperationException/>\n", SURROGATE]
NOT_FOUND = ["NotFoundException", "NotFound", "aws.chime#NotFoundException", "NotFoundException:http://chime.example/"]
OTHER_NAMES = ["NotFoundExceptional", "notfound", "ForbiddenException", "Throttled", "UnknownOperationException"]
OTHER_NAMES += ["", ":", "#", "a:b#c", "emulator-session-token"]
MESSAGES = ["", " ", "Not found", '\\"' * 1000, "\\ud83d", SURROGATE, f"Cannot connect to {PROXY_SERVER}"]
MESSAGES += [f"{'x' * count}{secret}" for secret in SECRETS[:2] for count in (0, 490)]
STATUSES = [201, 202, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 403]
STATUSES += [404, 404, 404, 404, 407, 408, 410, 429, 500]


class Response(NamedTuple):
    raw: bytes
    status: int
    request_id: str | None
    error_type: str  # the value of the header x-amzn-errortype, or an empty string
    body: bytes | None  # the part that Content-Length covers, or None if the body is incomplete

    def fault(self, operation: str, request_has: str = "") -> Fault:
        return Fault(operation, request_has, raw=self.raw.decode("latin-1"))

    @property
    def is_new(self) -> bool:
        return self.request_id not in (None, "", SEEN)


def sample(kind: Any) -> Any:
    """Return a sample value of a type in ``Setting.members``."""
    if isinstance(kind, dict):
        return {name: sample(inner) for name, inner in kind.values()}
    if isinstance(kind, list):
        return [sample(kind[0])]
    samples = {bool: False, int: 60, str: "US"}
    return next((samples[base] for base in getattr(kind, "__mro__", ()) if base in samples), "2026-01-02T03:04:05Z")


def listed(identifier: str) -> dict[str, Any]:
    return {**sample(CONNECTOR), "VoiceConnectorId": identifier, "AwsRegion": "us-east-1"}


# For each operation: a member of its response, and a typical value of this member
TYPICAL: dict[str, tuple[str, Any]] = {
    LIST: ("VoiceConnectors", [listed(WITH_PROXY), listed(WITHOUT_PROXY)]),
    GET: ("VoiceConnector", listed(WITH_PROXY)),
    TAGS: ("Tags", [{"Key": "team", "Value": "voice"}]),
}
READS = {setting.operation: setting for setting in SETTINGS.values() if setting.operation in MODEL.operation_names}
for name, setting in READS.items():
    structure = sample(setting.members)
    TYPICAL[name] = (setting.member, structure[setting.member] if setting.kind is list else structure)


def write_json(rng: random.Random, value: Any) -> str:
    """Return *value* as JSON, in which a few members are replaced, missing, unknown, or repeated."""
    if rng.random() < 0.03:
        return rng.choice(VALUES)
    if isinstance(value, list):
        return f"[{', '.join(write_json(rng, inner) for inner in value)}]"
    if not isinstance(value, dict):
        return json.dumps(value)
    members = [f'"{name}": {write_json(rng, inner)}' for name, inner in value.items() if rng.random() < 0.95]
    if rng.random() < 0.2:
        members.append(f'"{rng.choice(MEMBERS)}": {rng.choice(VALUES)}')
    if members and rng.random() < 0.05:
        members.append(rng.choice([rng.choice(members), rng.choice(members).partition(":")[0] + ": null"]))
    return f"{{{', '.join(members)}}}"


def draw_body(rng: random.Random, operation: str) -> bytes:
    kind = rng.random()
    if kind < 0.1:
        text = rng.choice(PAGES + VALUES)
    elif kind < 0.35:
        keys = [key for key in ("code", "Code", "__type") if rng.random() < 0.4]
        members = [f'"{key}": "{rng.choice(NOT_FOUND * 4 + OTHER_NAMES)}"' for key in keys]
        members.append(f'"{rng.choice(["message", "Message"])}": "{rng.choice(MESSAGES)}"')
        text = f"{{{', '.join(members)}}}"
    else:
        member, value = TYPICAL.get(operation, TYPICAL[GET_PROXY])
        empty = type(value)()
        text = write_json(rng, rng.choice([{member: value}] * 6 + [{}, {member: None}, {member: empty}]))
    body = text.encode("utf-8", "surrogatepass")
    if 0.9 < kind < 0.95:
        return body[: rng.randrange(len(body) + 1)]
    if kind > 0.95 and body:
        changed = bytearray(body)
        changed[rng.randrange(len(body))] = rng.randrange(256)
        return bytes(changed)
    return body


def draw(rng: random.Random, operation: str, success: int = 200, seen: str = "") -> Response:
    """Return a random response. It sometimes has the request ID *seen*."""
    body = draw_body(rng, operation)
    successful = rng.random() < 0.6
    status = success if successful else rng.choice(STATUSES)
    new_id = f"id-{rng.random()}"
    headers = {"x-amzn-requestid": rng.choice([new_id] * 7 + [seen, "", SECRETS[1]]) if rng.random() < 0.8 else None}
    if rng.random() < (0.1 if successful else 0.5):
        headers["x-amzn-errortype"] = rng.choice(NOT_FOUND * 4 + OTHER_NAMES)
    if rng.random() < 0.1:
        headers["content-type"] = rng.choice(["application/json", "text/html", ";", SECRETS[0]])
    if rng.random() < 0.03:
        headers["content-encoding"] = rng.choice(["gzip", "nonsense"])
    if 300 < status < 400 and rng.random() < 0.7:
        headers["location"] = rng.choice(["/sign-in", "http://127.0.0.1:1/", "\xe9", PROXY_SERVER])
    readable: bytes | None = b"" if status in (204, 304) else body
    framing = rng.random()
    if framing < 0.04:
        headers["transfer-encoding"] = "chunked"  # although the body is not in chunks
        readable = b"" if body == b"0" else None  # 0 is the chunk that ends a body, so this body is empty
    elif framing < 0.9:
        length = max(0, len(body) + (rng.choice([-1, 1, 1000]) if framing < 0.12 else 0))
        headers["content-length"] = str(length)
        readable = readable and (readable[:length] if length <= len(body) else None)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
    raw = f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode("latin-1") + body
    return Response(raw, status, headers["x-amzn-requestid"], headers.get("x-amzn-errortype") or "", readable)


# What a response proves. These functions do not use the code under test.


def parse(body: bytes | None) -> Any:
    """Return the value of a JSON document, 'repeated' if an object contains a key twice, or 'unreadable'."""

    def pairs_to_dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise KeyError
        return dict(pairs)

    try:
        return "unreadable" if body is None else json.loads(body.decode(), object_pairs_hook=pairs_to_dict)
    except KeyError:
        return "repeated"
    except (ValueError, RecursionError):
        return "unreadable"


def fits(value: Any, typical: Any) -> bool:
    """Return whether *value*, and all values in it, have the same JSON types as in *typical*."""
    if isinstance(typical, dict) and isinstance(value, dict):
        return all(value.get(name) is None or fits(value[name], inner) for name, inner in typical.items())
    if isinstance(typical, list) and isinstance(value, list):
        return all(fits(item, typical[0]) for item in value)
    is_timestamp = isinstance(typical, str) and typical.endswith("Z")
    return type(value) is type(typical) or is_timestamp and type(value) in (int, float)


def proves_presence(response: Response, operation: str) -> bool:
    member, typical = TYPICAL.get(operation, TYPICAL[GET_PROXY])
    document = parse(response.body)
    value = document.get(member) if response.status == 200 and isinstance(document, dict) else None
    return bool(value) and fits(value, typical) and response.request_id != SEEN


def proves_absence(response: Response, operation: str, exists_here: bool = True) -> bool:
    """Return whether a response proves that a setting is not set, or that there are no Voice Connectors or tags.

    :param exists_here: whether the Voice Connector is known to exist in this Region.
    """
    member, typical = TYPICAL[operation]
    document = parse(response.body)
    if response.body is None or not response.is_new or document == "repeated":
        return False
    if response.status == 200:
        return document == {} or isinstance(document, dict) and document.get(member, ...) in (None, type(typical)())
    members = document if isinstance(document, dict) else {}
    places = [response.error_type, *(members.get(key) for key in ("code", "Code", "__type"))]
    names = [re.sub("^.*#", "", place.partition(":")[0]) for place in places if isinstance(place, str)]
    names = [name for name in names if name]
    named = bool(names) and set(names) <= {"NotFound", "NotFoundException"}
    return response.status == 404 and named and exists_here and operation in READS


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Write the secrets to a file, because Ansible itself hides secrets in options and in the environment."""
    keys = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    lines = map(" = ".join, zip(keys, ("ASIDEMULATOR", *SECRETS)))
    path = tmp_path_factory.mktemp("aws") / "credentials"
    path.write_text("\n".join(["[default]", *lines]))
    return path


@pytest.fixture(autouse=True)
def use_secrets(monkeypatch: pytest.MonkeyPatch, credentials: pathlib.Path) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    monkeypatch.setenv("HTTPS_PROXY", PROXY_SERVER)


@pytest.fixture(autouse=True)
def skip_waits(monkeypatch: pytest.MonkeyPatch, sleeps: list[float]) -> None:
    """Skip the waits between attempts, and let bulk reads give up at the first throttled response."""
    monkeypatch.setattr(_rate_limit, "WINDOW", 0)


Run = Callable[..., "dict[str, Any]"]


@pytest.fixture
def run(emulator: Emulator) -> Iterator[Run]:
    """Return a function that runs a module with faults, and checks that the output is valid and shows no secrets.

    Each run must take less than a second of processor time, and the average of many runs must be at most 0.1 seconds.
    """
    spent: list[float] = []

    def run_with(module: str, *faults: Fault, **options: Any) -> dict[str, Any]:
        emulator.faults = list(faults)
        began = time.process_time()
        result = run_main(module, {"region": "us-east-1", "endpoint_url": emulator.url, **options})
        spent.append(time.process_time() - began)
        assert spent[-1] < 1
        printed = json.dumps(result, ensure_ascii=False).encode().decode()  # ansible-core refuses lone surrogates
        assert not [secret for secret in SECRETS if secret in printed]
        assert "This is a bug" not in printed
        return result

    yield run_with
    assert sum(spent) < 1 + 0.1 * len(spent)


@unmeasured
def test_random_responses_to_a_read_never_cause_a_false_report(run: Run) -> None:
    rng = random.Random(1)
    outcomes: collections.Counter[Any] = collections.Counter()
    for number in range(120):
        response = draw(rng, GET_PROXY)
        confirmation = draw(rng, GET) if rng.random() < 0.3 else None
        faults = [response.fault(GET_PROXY), *([confirmation.fault(GET)] if confirmation else [])]
        result = run("chime_voice_connector_proxy_info", *faults, voice_connector_id=WITH_PROXY)
        outcome = "failed" if result.get("failed") else result["exists"]
        outcomes[outcome] += 1
        context = f"response {number}: {response.raw[:500]!r}, {confirmation}, became {result}"
        if outcome is False:
            found = parse(confirmation.body).get("VoiceConnector") if response.status == 404 and confirmation else None
            exists_here = found is None or (found["VoiceConnectorId"], found["AwsRegion"]) == (WITH_PROXY, "us-east-1")
            assert proves_absence(response, GET_PROXY, exists_here), context
        elif outcome is True:
            assert proves_presence(response, GET_PROXY), context
        else:
            assert WITH_PROXY in result["msg"] and "us-east-1" in result["msg"], context
    assert all(outcomes[outcome] > 5 for outcome in (True, False, "failed")), outcomes


@unmeasured
@pytest.mark.parametrize(("state", "operation"), [("present", PUT_PROXY), ("absent", DELETE_PROXY)])
def test_random_responses_to_a_write_never_cause_a_false_report_of_a_change(
    run: Run, state: str, operation: str
) -> None:
    """The emulator never applies the write, so a read cannot confirm it.

    The module may report a change only if the response to the write proves one.
    """
    rng = random.Random(operation)
    outcomes: collections.Counter[bool] = collections.Counter()
    options: dict[str, Any] = {"voice_connector_id": WITH_PROXY, "state": state}
    if state == "present":
        options["disabled"] = True
    for number in range(60):
        response = draw(rng, operation, 204 if state == "absent" else 200, SEEN)
        earlier = Fault(GET_PROXY, times=1, headers={"x-amzn-requestid": SEEN})
        result = run("chime_voice_connector_proxy", earlier, response.fault(operation), **options)
        changed = result.get("changed", False)
        outcomes[changed] += 1
        context = f"response {number}: {response.raw[:500]!r} became {result}"
        assert changed or result.get("failed"), context
        if state == "absent":
            assert not changed or response.status == 204 and response.is_new, context
        else:
            assert not changed or proves_presence(response, operation), context
    assert min(outcomes[True], outcomes[False]) > 5, outcomes


def ids_in(connectors: Any) -> list[str]:
    return [entry.get("VoiceConnectorId") or entry.get("voice_connector_id") for entry in connectors]


@unmeasured
@pytest.mark.parametrize("operation", TYPICAL)
def test_random_responses_to_a_bulk_read_never_cause_a_false_report(run: Run, operation: str) -> None:
    rng = random.Random(operation)
    outcomes: collections.Counter[bool] = collections.Counter()
    options: dict[str, Any] = {"concurrency": 1}
    if operation == GET:
        options["voice_connector_ids"] = [WITH_PROXY, WITHOUT_PROXY]
        listing = Fault(LIST, error="ForbiddenException", headers={"x-amzn-requestid": SEEN})
    else:
        listing = Fault(LIST, headers={"x-amzn-requestid": SEEN})
    if operation in READS:
        options["include"] = [READS[operation].name]
    if operation == TAGS:
        options["include"] = ["tags"]
    for number in range(16):
        response = draw(rng, operation, seen="" if operation == LIST else SEEN)
        odd = response.fault(operation, WITH_PROXY if operation != LIST else "")
        result = run("chime_voice_connector_info", *([odd] if operation == LIST else [listing, odd]), **options)
        outcomes[bool(result.get("failed"))] += 1
        context = f"response {number}: {response.raw[:500]!r} became {result}"
        found = {entry["voice_connector_id"]: entry for entry in result["voice_connectors"]}
        if operation == LIST:
            if not result.get("failed"):
                entries = parse(response.body).get("VoiceConnectors") or []
                assert ids_in(result["voice_connectors"]) == list(dict.fromkeys(ids_in(entries))), context
                assert entries or proves_absence(response, LIST), context
            continue
        assert result["stopped"] or WITHOUT_PROXY in found, context
        if operation == GET:
            assert WITH_PROXY not in found or proves_presence(response, GET), context
            continue
        key = options["include"][0]
        for identifier, entry in found.items():
            value = entry[key] if operation == TAGS else entry[key]["exists"]
            if identifier == WITHOUT_PROXY:
                assert result["stopped"] or value is not None, context
            elif value:
                assert proves_presence(response, operation), context
            elif value is not None:
                assert proves_absence(response, operation), context
    assert outcomes[True] and outcomes[False], outcomes


# One odd value


def in_proxy(**members: Any) -> str:
    return json.dumps({"Proxy": {"Disabled": True, **members}})


@pytest.mark.parametrize(
    "body",
    [
        in_proxy(Exists=False),
        in_proxy(exists=False, disabled="maybe", phone_number_countries=5),
        in_proxy(**{SURROGATE: SURROGATE, "proxy": None}),
        in_proxy(**{LONG_NAME: LONG_NAME}),
        json.dumps({"Proxy": {"Disabled": True}, "exists": False, "region": "x", "failed": True, "Message": "x"}),
    ],
    ids=["Exists", "lower-case", "surrogate", "long", "outside"],
)
def test_an_unknown_member_changes_nothing(run: Run, body: str) -> None:
    result = run("chime_voice_connector_proxy_info", Fault(GET_PROXY, body=body), voice_connector_id=WITH_PROXY)
    assert result == {
        "changed": False,
        "voice_connector_id": WITH_PROXY,
        "region": "us-east-1",
        "exists": True,
        "proxy": {**EMPTY_PROXY, "disabled": True},
    }


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"Proxy": {"Disabled": true}, "Proxy": null}', "its JSON contains the same key twice"),
        ('{"Proxy": null, "Pro\\u0078y": {"Disabled": true}}', "its JSON contains the same key twice"),
        ('{"Proxy": {}, "Unknown": [{"a": {"b": 1, "b": 1}}]}', "its JSON contains the same key twice"),
        ('{"Proxy": {"Disabled": true, "Unknown": "\udced\udca0\udcbd"}}', "is not readable JSON"),
        (f'{{"Proxy": {{}}, "Unknown": {"[" * 100_000}{"]" * 100_000}}}', "is not readable JSON"),
    ],
    ids=["twice", "twice-escaped", "twice-deep", "surrogate-in-utf-8", "deep"],
)
def test_ambiguous_json_is_unreadable(run: Run, body: str, words: str) -> None:
    result = run("chime_voice_connector_proxy_info", Fault(GET_PROXY, body=body), voice_connector_id=WITH_PROXY)
    assert words in result["msg"] and "exists" not in result


def test_a_truncated_response_with_status_300_fails(run: Run) -> None:
    fault = Fault(GET_PROXY, raw="HTTP/1.1 300 X\r\ncontent-length: 9\r\nx-amzn-requestid: 1\r\n\r\n{}")
    result = run("chime_voice_connector_proxy_info", fault, voice_connector_id=WITH_PROXY)
    # Old versions of botocore detect the truncation, and raise a connection error ("failed after").
    assert "is 300, not 200" in result["msg"] or "failed after" in result["msg"]


def test_a_secret_in_a_request_id_is_hidden(run: Run) -> None:
    fault = Fault(GET_PROXY, error="BadRequestException", headers={"x-amzn-requestid": f"a {SECRETS[1]}"})
    result = run("chime_voice_connector_proxy_info", fault, voice_connector_id=WITH_PROXY)
    assert result["response_metadata"] == {"http_status_code": 400, "request_id": "a (hidden)"}


def listing(odd: dict[str, Any]) -> Fault:
    return Fault(LIST, body=json.dumps({"VoiceConnectors": [{**listed(WITH_PROXY), **odd}, listed(WITHOUT_PROXY)]}))


@pytest.mark.parametrize(
    ("odd", "name"),
    [
        ({"Region": "eu-west-1", "region": "eu-west-1", "name": "x", "voice_connector_id": "x", "Tags": 5}, "US"),
        ({"Name": SURROGATE}, "\N{REPLACEMENT CHARACTER}"),
        ({"Name": "\N{TELEPHONE RECEIVER}", "Unknown": SURROGATE}, "\N{TELEPHONE RECEIVER}"),
        ({"CreatedTimestamp": ".1" * 100_000}, "US"),
    ],
    ids=["unknown", "half-an-emoji", "emoji", "long-timestamp"],
)
def test_an_odd_entry_of_a_listing_is_returned_with_the_others(
    run: Run, emulator: Emulator, odd: dict[str, Any], name: str
) -> None:
    found = run("chime_voice_connector_info", listing(odd))["voice_connectors"]
    assert [(c["voice_connector_id"], c["region"], c["name"]) for c in found] == [
        (WITH_PROXY, "us-east-1", name),
        (WITHOUT_PROXY, "us-east-1", "US"),
    ]
    assert emulator.operations() == [LIST]


@pytest.mark.parametrize("odd", [{"Name": 5}, {"Name": ["a"], "RequireEncryption": "yes"}, {"CreatedTimestamp": True}])
def test_an_entry_of_a_listing_with_a_mistyped_member_is_read_alone(
    run: Run, emulator: Emulator, odd: dict[str, Any]
) -> None:
    found = run("chime_voice_connector_info", listing(odd))["voice_connectors"]
    assert [c["name"] for c in found] == ["reception", "US"]
    assert emulator.operations() == [LIST, GET]

    still_odd = Fault(GET, body=json.dumps({"VoiceConnector": {**listed(WITH_PROXY), **odd}}))
    result = run("chime_voice_connector_info", listing(odd), still_odd)
    assert [c["voice_connector_id"] for c in result["voice_connectors"]] == [WITHOUT_PROXY]
    assert [error["voice_connector_id"] for error in result["errors"]] == [WITH_PROXY]
    assert "is not of the type" in result["errors"][0]["message"]


def test_an_unknown_member_that_resembles_a_known_one_is_ignored(run: Run) -> None:
    fault = Fault("GetVoiceConnectorOrigination", body='{"Origination": {"routes": 5}}')
    found = run("chime_voice_connector_info", fault, include=["origination"])["voice_connectors"]
    assert [c["origination"] for c in found] == [{"exists": True, "routes": [], "disabled": None}] * 2


# Request IDs


def test_a_read_whose_response_has_a_repeated_request_id_is_retried_on_a_new_connection(
    run: Run, emulator: Emulator
) -> None:
    """Like a faulty proxy server, the emulator returns the response for WITHOUT_PROXY to the read of WITH_PROXY."""
    first = Fault(GET_PROXY, WITHOUT_PROXY, headers={"x-amzn-requestid": SEEN}, body="{}")
    stale = Fault(GET_PROXY, WITH_PROXY, headers={"x-amzn-requestid": SEEN}, body="{}", times=1)
    ids = [WITHOUT_PROXY, WITH_PROXY]
    options = {"voice_connector_ids": ids, "include": ["proxy"], "concurrency": 1}
    denied = Fault(LIST, error="ForbiddenException")
    result = run("chime_voice_connector_info", denied, first, stale, **options)
    assert [c["proxy"]["exists"] for c in result["voice_connectors"]] == [False, True]
    *_others, repeated, retried = (request["port"] for request in emulator.requests)
    assert repeated != retried


def test_a_read_whose_responses_all_have_the_same_request_id_fails(run: Run) -> None:
    same = Fault(headers={"x-amzn-requestid": SEEN})
    result = run("chime_voice_connector_info", same, include=["proxy"])
    assert [c["proxy"]["exists"] for c in result["voice_connectors"]] == [None, None]
    assert "an earlier response had the same request ID" in result["msg"]


def test_empty_request_ids_do_not_count_as_repeated(run: Run) -> None:
    fault = Fault(GET_PROXY, body=in_proxy(), headers={"x-amzn-requestid": ""})
    result = run("chime_voice_connector_info", fault, include=["proxy"])
    assert [c["proxy"]["exists"] for c in result["voice_connectors"]] == [True, True]


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize(("state", "operation"), [("present", PUT_PROXY), ("absent", DELETE_PROXY)])
def test_a_write_whose_response_has_a_repeated_request_id_is_checked_by_reading(
    run: Run, emulator: Emulator, state: str, operation: str, applied: bool
) -> None:
    earlier = Fault(GET_PROXY, headers={"x-amzn-requestid": SEEN}, times=1)
    body = None if applied else in_proxy()
    status = None if applied or state == "present" else 204
    repeated = Fault(operation, headers={"x-amzn-requestid": SEEN}, body=body, status=status)
    options = {"state": "present", "disabled": True} if state == "present" else {"state": "absent"}
    result = run("chime_voice_connector_proxy", earlier, repeated, voice_connector_id=WITH_PROXY, **options)
    assert GET_PROXY in emulator.operations()[-2:]  # after a 404, one more request reads the Voice Connector
    if applied:
        assert result["changed"] is True
    else:
        assert result["failed"] and "changed" not in result
