# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test repeated and abandoned attempts through the real main(): unknown outcomes, renewed credentials, and limits."""

from __future__ import annotations

import collections
import datetime
import json
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import types
from collections.abc import Iterator
from typing import Any, Callable

import pytest
from urllib3 import PoolManager

from ansible_collections.chime_sdk.voice.plugins.module_utils import _client, _operation, _rate_limit
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import (
    CREDENTIALS,
    STATE,
    WITH_PROXY,
    connection_to,
    run_main,
)

ONE = "chime_voice_connector_proxy"  # the module that writes one proxy configuration
CALLER, LIST, CONNECTOR = "GetCallerIdentity", "ListVoiceConnectors", "GetVoiceConnector"
GET, PUT, DELETE = "GetVoiceConnectorProxy", "PutVoiceConnectorProxy", "DeleteVoiceConnectorProxy"
ACCOUNT = CREDENTIALS["account"]
EAST, WEST = "us-east-1", "us-west-2"
BEFORE: dict[str, Any] = STATE["voice_connectors"][0]["Proxy"]
DISABLED = {**BEFORE, "Disabled": True}


def fleet_ids(size: int) -> list[str]:
    return [f"a{number:021d}" for number in range(size)]


def fleet(size: int) -> dict[str, Any]:
    """Return the state of an emulator with *size* Voice Connectors that have a proxy configuration."""
    return {**STATE, "voice_connectors": [{"VoiceConnectorId": i, "Name": i, "Proxy": BEFORE} for i in fleet_ids(size)]}


def read_fleet(emulator: Emulator, *faults: Fault, **options: Any) -> dict[str, Any]:
    """Run chime_voice_connector_info. An option that is None is omitted."""
    emulator.faults = list(faults)
    args = {**connection_to(emulator), "include": ["proxy"], **options}
    return run_main("chime_voice_connector_info", {name: value for name, value in args.items() if value is not None})


def set_timeouts(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Set the socket timeouts, and shorten the waits between attempts to 0.01 seconds."""
    monkeypatch.setattr(_client, "CONNECT_TIMEOUT", seconds)
    monkeypatch.setattr(_client, "READ_TIMEOUT", seconds)
    for module in (_client, _operation):
        monkeypatch.setattr(module, "MAX_BACKOFF", 0.01)


def limit_operations(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Set the time limit of each operation, but not the socket timeouts."""
    monkeypatch.setattr(_client, "longest_operation", lambda *args: seconds)


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition was never true"
        time.sleep(0.01)


# Writes that are abandoned


class Write:
    """A run of a module that sends one write."""

    def __init__(self, module: str, operation: str, reads: list[str], **options: Any) -> None:
        self.module = module
        self.operation = operation
        self.after = None if operation == DELETE else DISABLED  # the proxy configuration after the write
        self.max_faults = 3 if module == ONE else 6  # how many times a failing write is sent
        self.reads = reads  # the operations that the module requests before the write
        self._options = options

    def run(self, emulator: Emulator, folder: pathlib.Path, **options: Any) -> dict[str, Any]:
        """Run the module. An option that is None is omitted."""
        record = {"voice_connector_id": WITH_PROXY, "region": EAST, "name": "reception", "proxy": DISABLED}
        backup = {"format": 1, "account": ACCOUNT, "created": "2026-01-02T03:04:05Z", "voice_connectors": [record]}
        (folder / "backup.json").write_text(json.dumps(backup), encoding="utf-8")
        paths = {"backup_file": str(folder / "backup.json"), "backup_dir": str(folder / "backups")}
        args = {**connection_to(emulator), **self._options, **options}
        args.update((name, path) for name, path in paths.items() if name in args)
        emulator.requests.clear()
        return run_main(self.module, {name: value for name, value in args.items() if value is not None})

    def message(self, result: dict[str, Any]) -> str:
        """Check that the write failed, and return the reason."""
        assert result["failed"] is True and not result.get("changed")
        return str(result["failures"][0]["reason"] if "failures" in result else result["msg"])


EVERYTHING: dict[str, Any] = {"account_id": ACCOUNT, "all": True}
RESTORING: dict[str, Any] = {**EVERYTHING, "overwrite": True, "backup_file": ""}
RETIRING: dict[str, Any] = {**EVERYTHING, "regions": [EAST], "backup_dir": ""}
WRITES = [
    pytest.param(Write(ONE, PUT, [GET], voice_connector_id=WITH_PROXY, disabled=True), id="present"),
    pytest.param(Write(ONE, DELETE, [GET], voice_connector_id=WITH_PROXY, state="absent"), id="absent"),
    pytest.param(Write(f"{ONE}_restore", PUT, [CALLER, CONNECTOR, GET], **RESTORING), id="restore"),
    pytest.param(Write(f"{ONE}_retire", DELETE, [CALLER, LIST, GET, GET], **RETIRING), id="retire"),
]
EACH_WRITE = pytest.mark.parametrize("write", WRITES)
BOTH_OPERATIONS = pytest.mark.parametrize("write", WRITES[1:3])


@pytest.fixture
def one() -> Iterator[Emulator]:
    """Run an emulator with one Voice Connector."""
    with Emulator({**STATE, "voice_connectors": STATE["voice_connectors"][:1]}) as running:
        yield running


def stored(emulator: Emulator) -> Any:
    """Return the proxy configuration in the emulator, or None."""
    return emulator.voice._connectors[ACCOUNT, EAST][WITH_PROXY]["settings"].get("Proxy")


def assert_pending(write: Write, result: dict[str, Any]) -> None:
    message = write.message(result)
    assert "it is unknown whether the service will apply the change" in message
    assert "did not take effect" not in message


@EACH_WRITE
@pytest.mark.parametrize(("limit", "arrives"), [("operation", True), ("operation", False), ("socket", True)])
def test_an_abandoned_write_has_an_unknown_outcome(
    one: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, write: Write, limit: str, arrives: bool
) -> None:
    if limit == "operation":
        limit_operations(monkeypatch, 0.4)
    else:
        set_timeouts(monkeypatch, 0.25)
        for name in ("MAX_FAULTS", "BULK_MAX_FAULTS"):
            monkeypatch.setattr(_client, name, 2)
    fault: dict[str, Any] = {"delay": 0.8} if arrives else {"drop": "hang"}
    one.faults = [Fault(write.operation, **fault)]
    assert_pending(write, write.run(one, tmp_path))
    assert one.operations() == [*write.reads, *[write.operation, GET] * (1 if limit == "operation" else 2)]
    assert stored(one) == BEFORE
    if arrives:
        wait_until(lambda: stored(one) == write.after)


@EACH_WRITE
@pytest.mark.parametrize("second", [{"status": 403}, {"status": 503}])
def test_an_abandoned_write_has_an_unknown_outcome_whatever_its_retry_returns(
    one: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    sleeps: list[float],
    tmp_path: pathlib.Path,
    write: Write,
    second: dict[str, Any],
) -> None:
    set_timeouts(monkeypatch, 0.1)
    one.faults = [Fault(write.operation, drop="hang", times=1), Fault(write.operation, **second)]
    assert_pending(write, write.run(one, tmp_path))


@EACH_WRITE
def test_an_abandoned_write_that_was_applied_is_a_success(
    one: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, write: Write
) -> None:
    """The write is applied 0.1 seconds after the module abandons it, and before the emulator runs the next read."""
    limit_operations(monkeypatch, 0.4)
    before = [Fault(GET, times=1) for _read in range(write.reads.count(GET))]
    one.faults = [Fault(write.operation, delay=0.5), *before, Fault(GET, delay=0.25)]
    result = write.run(one, tmp_path)
    assert "failed" not in result and result["changed"] is True
    assert stored(one) == write.after


@BOTH_OPERATIONS
def test_a_write_that_connects_after_it_was_abandoned_has_an_unknown_outcome(
    one: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, write: Write
) -> None:
    """The write needs a new connection, for which the lookup of the host name takes longer than the limit."""
    limit_operations(monkeypatch, 0.4)
    look_up = socket.getaddrinfo
    slow = threading.Event()

    def look_up_slowly(*args: Any, **kwargs: Any) -> Any:
        if one.operations() == write.reads and not slow.is_set():
            slow.set()
            time.sleep(1)
        return look_up(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_slowly)
    one.faults = [Fault(GET, headers={"connection": "close"})]
    assert_pending(write, write.run(one, tmp_path))
    assert slow.is_set() and write.operation not in one.operations()
    wait_until(lambda: stored(one) == write.after)


@BOTH_OPERATIONS
def test_a_write_that_botocore_prepares_too_slowly_is_never_sent(
    one: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, write: Write
) -> None:
    limit_operations(monkeypatch, 0.4)
    sign = _client.SigningCredentials.get_frozen_credentials

    def sign_slowly(credentials: Any) -> Any:
        if one.operations() == write.reads:
            time.sleep(0.8)
        return sign(credentials)

    monkeypatch.setattr(_client.SigningCredentials, "get_frozen_credentials", sign_slowly)
    message = write.message(write.run(one, tmp_path))
    assert "no complete response arrived within 0 seconds, after 0 requests. Check the network" in message
    time.sleep(0.5)
    assert one.operations() == write.reads


# Credentials


def provide(folder: pathlib.Path, minutes: float, script: str = "") -> str:
    """Write a program, and return the setting ``credential_process`` for it. Each of its runs adds a line to ``runs``.

    :param minutes: the lifetime of the credentials.
    :param script: shell commands that run before the credentials are printed.
    """
    expiry = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    key = {"Version": 1, "Expiration": f"{expiry:%Y-%m-%dT%H:%M:%SZ}"}
    old = {**key, "AccessKeyId": "AKIDEMULATOR", "SecretAccessKey": "emulator-secret-key"}
    new = {**key, "AccessKeyId": "ASIDEMULATOR", "SecretAccessKey": "emulator-temporary-key"}
    for name, value in (("old", old), ("new", {**new, "SessionToken": "emulator-session-token"})):
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
    process = folder / "process"
    process.write_text(f"#!/bin/sh\ncd {folder}\necho run >> runs\nused=old\n{script}\ncat $used\n", encoding="utf-8")
    process.chmod(0o755)
    return f"credential_process = {process}\n"


def use_profile(monkeypatch: pytest.MonkeyPatch, folder: pathlib.Path, text: str) -> dict[str, Any]:
    """Write *text* to the profile ``telephony``, and return the options that use it."""
    (folder / "config").write_text(f"[profile telephony]\n{text}", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    return {"access_key": None, "secret_key": None, "profile": "telephony"}


def read_once(emulator: Emulator, **options: Any) -> dict[str, Any]:
    """Run chime_voice_connector_proxy_info. An option that is None is omitted."""
    args = {"voice_connector_id": fleet_ids(1)[0], **connection_to(emulator), **options}
    given = {name: value for name, value in args.items() if value is not None}
    return run_main("chime_voice_connector_proxy_info", given)


@pytest.mark.parametrize("read", [read_once, read_fleet])
@pytest.mark.parametrize("source", ["credential_process", "role"])
@pytest.mark.parametrize("minutes", [12, 15, 60])
def test_credentials_are_obtained_once_or_at_most_once_per_request_if_they_expire_soon(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, read: Any, source: str, minutes: int
) -> None:
    """In the last 15 minutes before credentials expire, botocore tries to renew them for each request."""
    role = (
        f"role_arn = arn:aws:iam::{ACCOUNT}:role/reader\nduration_seconds = {max(minutes, 15) * 60}\n"
        "source_profile = base\n[profile base]\n"
        "aws_access_key_id = AKIDEMULATOR\naws_secret_access_key = emulator-secret-key\n"
    )
    with Emulator(fleet(30)) as emulator:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", emulator.url)
        text = role if source == "role" else provide(tmp_path, minutes)
        result = read(emulator, **use_profile(monkeypatch, tmp_path, text))
        assert "failed" not in result
        operations = emulator.operations()
    obtained = operations.count("AssumeRole")
    requests = len(operations) - obtained
    assert requests == (1 if read == read_once else 31)
    if source == "credential_process":
        obtained = len((tmp_path / "runs").read_text(encoding="utf-8").splitlines())
    assert 1 <= obtained <= (1 if minutes == 60 else requests + 1)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_renewed_credentials_are_used_from_then_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, concurrency: int
) -> None:
    """At the tenth request, the emulator creates a file that makes ``credential_process`` return new credentials.

    From then on, it delays requests with the old credentials until a request with the new ones arrives. Otherwise, the
    run could end before credential_process returns the new ones.
    """
    with Emulator(fleet(30)) as emulator:
        find_fault = emulator.next_fault
        is_renewed = threading.Event()

        def renew(operation: str, request: str) -> Fault | None:
            if "ASIDEMULATOR" in request:
                is_renewed.set()
            elif (tmp_path / "renewed").exists():
                is_renewed.wait(2)
            elif len(emulator.requests) >= 10:
                (tmp_path / "renewed").touch()
            return find_fault(operation, request)

        monkeypatch.setattr(emulator, "next_fault", renew)
        profile = use_profile(monkeypatch, tmp_path, provide(tmp_path, 12, "[ ! -e renewed ] || used=new"))
        result = read_fleet(emulator, concurrency=concurrency, **profile)
        assert result["errors"] == [] and len(result["voice_connectors"]) == 30
        keys = [r["headers"]["authorization"].partition("Credential=")[2].partition("/")[0] for r in emulator.requests]
    assert keys[:9] == ["AKIDEMULATOR"] * 9
    assert keys[-10:] == ["ASIDEMULATOR"] * 10


@BOTH_OPERATIONS
def test_a_write_whose_credentials_arrive_too_late_is_never_sent(
    one: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, write: Write
) -> None:
    limit_operations(monkeypatch, 0.5)
    # credential_process runs once when the module starts, and once for each request. The module obtains the credentials
    # for the write before it sends the last read. So the first len(write.reads) runs are for the start and for all
    # reads except the last one, and the next run is for the write. That run and all later runs are slow.
    slow = f"[ $(wc -l < runs) -le {len(write.reads)} ] || sleep 0.8"
    profile = use_profile(monkeypatch, tmp_path, provide(tmp_path, 12, slow))
    message = write.message(write.run(one, tmp_path, **profile))
    assert "the AWS credentials could not be obtained in time" in message
    time.sleep(0.6)
    assert write.operation not in one.operations()


# Retries of botocore


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
@pytest.mark.parametrize("options", [{"disabled": True}, {"state": "absent"}])
@pytest.mark.parametrize(
    ("fault", "attempts"),
    [({"status": 503}, 3), ({"drop": "lost"}, 1), ({"status": 429, "error": "TooManyRequestsException"}, 10), ({}, 1)],
)
def test_botocore_retries_reads_and_never_writes(
    one: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    sleeps: list[float],
    mode: str,
    options: dict[str, Any],
    fault: dict[str, Any],
    attempts: int,
) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", "legacy" if mode != "legacy" else "adaptive")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "7")
    made: list[str] = []
    attempt = _operation.Operation._attempt

    def count(operation: _operation.Operation, function: Any) -> Any:
        made.append(operation._name)
        return attempt(operation, function)

    monkeypatch.setattr(_operation.Operation, "_attempt", count)
    operation = DELETE if "state" in options else PUT
    one.faults = [Fault(GET, status=503, times=2), Fault(operation, **fault)]
    args = {**connection_to(one), "voice_connector_id": WITH_PROXY, **options}
    result = run_main(ONE, {**args, "aws_config": {"retries": {"mode": mode, "total_max_attempts": 4}}})
    assert bool(result.get("changed")) is (fault in ({}, {"drop": "lost"}))
    counts = collections.Counter(one.operations())
    assert counts[operation] == made.count(operation) == attempts
    assert one.operations()[:3] == [GET] * 3 and made[0] == GET and made[1] == operation


def test_a_request_that_waits_in_adaptive_mode_is_not_sent_after_it_is_abandoned(
    one: Emulator, monkeypatch: pytest.MonkeyPatch, sleeps: list[float]
) -> None:
    """After throttling, botocore's adaptive mode delays the next request by two seconds in a before-send handler."""
    limit_operations(monkeypatch, 0.5)
    retries = {"retries": {"mode": "adaptive", "total_max_attempts": 9}}
    one.faults = [Fault(GET, status=400, error="ThrottlingException")]
    result = read_once(one, voice_connector_id=WITH_PROXY, aws_config=retries)
    assert "no complete response arrived within 0 seconds, after 1 request. Check the network" in result["msg"]
    time.sleep(2)
    assert one.operations() == [GET]


# Limits


def throttled_and_failing(operation: str, throttles: int, faults: int, **more: Any) -> list[Fault]:
    """Return a list that evenly mixes *throttles* throttling errors and *faults* server errors."""
    kinds = [("ThrottledClientException", throttles), ("ServiceFailureException", faults)]
    turns = [((turn + 1) / count, error) for error, count in kinds for turn in range(count)]
    return [Fault(operation, error=error, times=1, **more) for _when, error in sorted(turns)]


@pytest.mark.parametrize(
    ("throttles", "faults", "requests", "words"),
    [
        (9, 2, 12, None),
        (10, 2, 12, "throttled 10 requests"),
        (9, 3, 11, "a server error, and 11 requests failed"),
    ],
)
def test_throttled_requests_and_faults_have_limits_of_their_own(
    emulator: Emulator, sleeps: list[float], throttles: int, faults: int, requests: int, words: str | None
) -> None:
    emulator.faults = throttled_and_failing(GET, throttles, faults)
    result = read_once(emulator, voice_connector_id=WITH_PROXY)
    assert words in result["msg"] if words else result["exists"]
    assert len(emulator.operations()) == requests
    assert sum(sleeps) < 45


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize(("throttles", "faults", "requests"), [(9, 5, 15), (10, 5, 15), (9, 6, 14)])
def test_a_bulk_run_allows_more_faults(sleeps: list[float], throttles: int, faults: int, requests: int) -> None:
    with Emulator(fleet(2)) as emulator:
        first, second = fleet_ids(2)
        result = read_fleet(emulator, *throttled_and_failing(GET, throttles, faults, request_has=first))
        assert [error["voice_connector_id"] for error in result["errors"]] == (
            [] if (throttles, faults) == (9, 5) else [first]
        )
        read = [r["path"].split("/")[2] for r in emulator.requests if r["operation"] == GET]
        assert collections.Counter(read) == {first: requests, second: 1}


@pytest.mark.parametrize(
    ("delay", "requests", "words"),
    [(0.7, 1, "a server error, and 1 request failed"), (0, 2, "no complete response arrived")],
)
def test_a_retry_that_would_be_too_late_is_not_begun(
    one: Emulator, monkeypatch: pytest.MonkeyPatch, delay: float, requests: int, words: str
) -> None:
    """The limit is 1.4 seconds. The error arrives after 0.8 seconds, so a retry 0.7 seconds later would be too late."""
    monkeypatch.setattr(_operation, "random", types.SimpleNamespace(uniform=lambda *args: delay))
    limit_operations(monkeypatch, 1.4)
    one.faults = [Fault(GET, status=503, delay=0.8)]
    result = read_once(one, voice_connector_id=WITH_PROXY)
    assert words in result["msg"]
    assert one.operations() == [GET] * requests


def test_the_message_about_the_limit_shows_how_the_last_attempt_ended(
    one: Emulator, monkeypatch: pytest.MonkeyPatch, sleeps: list[float]
) -> None:
    limit_operations(monkeypatch, 1)
    monkeypatch.setattr(_operation, "random", types.SimpleNamespace(uniform=lambda *args: 0))
    cases: list[tuple[dict[str, Any], str]] = [
        ({"error": "ServiceUnavailableException"}, "with ServiceUnavailableException. Check the network"),
        ({"drop": "reset"}, "with ConnectionClosedError. Check the network"),
        ({"drop": "truncate"}, "after 2 requests"),
    ]
    for fault, words in cases:
        one.faults = [Fault(GET, times=1, **fault), Fault(GET, drop="hang")]
        assert words in read_once(one, voice_connector_id=WITH_PROXY)["msg"]


# If a shell runs the tests in the background, their child processes ignore SIGINT. So this script handles it itself.
SCRIPT = """
import json, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from ansible.module_utils.testing import patch_module_args
from ansible_collections.chime_sdk.voice.plugins.modules import {module} as module
with patch_module_args(json.loads(sys.argv[1])):
    module.main()
"""


BULK_RETIRE = {"account_id": ACCOUNT, "all": True, "regions": [EAST], "concurrency": 4}


@pytest.mark.parametrize(
    ("number", "module", "operation", "options"),
    [
        (signal.SIGINT, f"{ONE}_info", GET, {"voice_connector_id": fleet_ids(1)[0]}),
        (signal.SIGINT, "chime_voice_connector_info", GET, {"include": ["proxy"], "concurrency": 4}),
        (signal.SIGTERM, f"{ONE}_retire", DELETE, BULK_RETIRE),
    ],
)
def test_a_signal_ends_the_process_at_once(
    tmp_path: pathlib.Path, number: int, module: str, operation: str, options: dict[str, Any]
) -> None:
    in_flight = options.get("concurrency", 1)
    with Emulator(fleet(12)) as emulator:
        emulator.faults = [Fault(operation, drop="hang")]
        given = {**connection_to(emulator), **options, **({"backup_dir": str(tmp_path)} if operation == DELETE else {})}
        command = [sys.executable, "-c", SCRIPT.format(module=module), json.dumps(given)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            try:
                wait_until(lambda: emulator.operations().count(operation) == in_flight, 30)
                process.send_signal(number)
                printed, _errors = process.communicate(timeout=30)
            finally:
                process.kill()
        assert (process.returncode, printed) == (-number, b"")
        assert emulator.operations().count(operation) == in_flight


# Throttling in bulk runs


def test_one_throttled_request_after_a_slow_listing_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rate_limit, "WINDOW", 0.2)
    monkeypatch.setattr(_rate_limit, "SHARE", 50)  # keeps the rate limit high after throttling, so that waits are short
    with Emulator(fleet(5)) as emulator:
        throttle: dict[str, Any] = {"error": "ThrottledClientException", "times": 1}
        result = read_fleet(emulator, Fault(LIST, **throttle), Fault(LIST, delay=0.5), Fault(GET, **throttle))
        assert (result["errors"], result["stopped"], len(result["voice_connectors"])) == ([], False, 5)


def test_throttled_requests_before_and_after_a_hanging_connector_do_not_end_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_rate_limit, "WINDOW", 0.6)
    monkeypatch.setattr(_rate_limit, "SILENCE", 0.5)
    monkeypatch.setattr(_rate_limit, "SHARE", 50)  # keeps the rate limit high after throttling, so that waits are short
    set_timeouts(monkeypatch, 0.1)
    with Emulator(fleet(6)) as emulator:
        first, second = fleet_ids(6)[:2]
        throttle: dict[str, Any] = {"error": "ThrottledClientException", "times": 1}
        result = read_fleet(
            emulator,
            Fault(GET, request_has=first, **throttle),
            Fault(GET, request_has=first, drop="hang"),
            Fault(GET, request_has=second, **throttle),
            concurrency=1,
        )
        assert [error["voice_connector_id"] for error in result["errors"]] == [first]
        assert "the connection failed after 7 requests" in result["errors"][0]["message"]
        assert result["stopped"] is False
        assert emulator.operations().count(GET) == 7 + 2 + 4


@pytest.mark.parametrize("concurrency", [1, 16])
def test_a_region_that_throttles_everything_is_given_up_and_the_others_are_read(
    monkeypatch: pytest.MonkeyPatch, concurrency: int
) -> None:
    monkeypatch.setattr(_rate_limit, "WINDOW", 0.6)
    monkeypatch.setattr(_operation, "MAX_BACKOFF", 0.05)
    monkeypatch.setattr(_rate_limit, "SHARE", 50)
    state = fleet(20)
    for number, connector in enumerate(state["voice_connectors"]):
        connector["AwsRegion"] = WEST if number % 2 else EAST
    with Emulator(state) as emulator:
        fault = Fault(GET, request_has=f"/{WEST}/", error="ThrottledClientException", delay=0.1)
        result = read_fleet(emulator, fault, region=None, regions=[WEST, EAST], concurrency=concurrency)
    exists = [(c["region"], c["proxy"]["exists"]) for c in result["voice_connectors"]]
    assert collections.Counter(exists) == {(WEST, None): 10, (EAST, True): 10}
    assert result["failed"] is True
    (west, east) = result["regions"]
    assert (west["complete"], east["complete"]) == (False, True)
    given_up = (
        "the service throttled every request to this Region for 1 seconds, so the module stopped sending requests to it"
    )
    for message in (west["reason"], *(error["message"] for error in result["errors"])):
        assert given_up in message
    assert "throttled 0" not in json.dumps(result)


# Repeated responses


def repeated(operation: str, times: int | None = None, request_has: str = "", **changes: Any) -> Fault:
    """Return a fault whose responses all have the same request ID."""
    headers = {"x-amzn-requestid": "11111111-2222-3333-4444-555555555555"}
    return Fault(operation, times=times, request_has=request_has, headers=headers, **changes)


def test_a_repeated_response_is_discarded_and_the_request_is_sent_again_on_a_new_connection(
    sleeps: list[float],
) -> None:
    with Emulator(fleet(3)) as emulator:
        stale = json.dumps({"Proxy": {**BEFORE, "DefaultSessionExpiryMinutes": 999}})
        faults = [repeated(LIST), repeated(GET, 1, fleet_ids(3)[1], body=stale)]
        result = read_fleet(emulator, *faults, concurrency=1)
        assert result["errors"] == []
        assert [c["proxy"]["default_session_expiry_minutes"] for c in result["voice_connectors"]] == [60] * 3
        assert emulator.operations() == [LIST, *[GET] * 4]
        ports = [request["port"] for request in emulator.requests]
        assert len(set(ports[:3])) == len(set(ports[3:])) == 1 and ports[2] != ports[3]


def test_repeated_responses_do_not_harm_the_requests_of_other_threads(sleeps: list[float]) -> None:
    with Emulator(fleet(40)) as emulator:
        faults = [
            repeated(LIST),
            *(repeated(GET, 2, identifier) for identifier in fleet_ids(40)[::4]),
            Fault(GET, delay=0.02),
        ]
        result = read_fleet(emulator, *faults, concurrency=8)
        assert result["errors"] == [] and len(result["voice_connectors"]) == 40
        assert emulator.operations().count(GET) == 40 + 2 * 10


@pytest.mark.parametrize("options", [{}, {"state": "absent"}, {"disabled": True}])
def test_a_request_whose_connection_pool_is_closed_in_the_meantime_is_sent_again(
    one: Emulator, monkeypatch: pytest.MonkeyPatch, sleeps: list[float], options: dict[str, Any]
) -> None:
    find_pool = PoolManager.connection_from_url
    closed = 0

    def find_and_close(manager: PoolManager, *args: Any, **kwargs: Any) -> Any:
        nonlocal closed
        pool = find_pool(manager, *args, **kwargs)
        if closed < 2:
            closed += 1
            manager.clear()  # another thread could clear the pools at this time
            pool.close()  # in urllib3 2, clear() does not close a pool that is in use
        return pool

    monkeypatch.setattr(PoolManager, "connection_from_url", find_and_close)
    args = {**connection_to(one), "voice_connector_id": WITH_PROXY, **options}
    result = run_main(ONE if options else f"{ONE}_info", args)
    assert "failed" not in result and closed == 2


def test_a_write_whose_responses_are_all_repeated_fails_with_the_reason(one: Emulator, sleeps: list[float]) -> None:
    one.faults = [repeated(GET)]
    # This run of the module receives only one response, so no request ID is repeated.
    assert read_once(one, voice_connector_id=WITH_PROXY)["exists"] is True
    options = {**connection_to(one), "voice_connector_id": WITH_PROXY, "state": "absent"}
    one.faults = [repeated(GET, 1), repeated(CONNECTOR), repeated(DELETE)]
    one.requests.clear()
    result = run_main(ONE, options)
    assert result["failed"] is True and "an earlier response had the same request ID" in result["msg"]
    assert one.operations() == [GET, DELETE, GET, *[CONNECTOR] * 3]


@EACH_WRITE
@pytest.mark.parametrize("applied", [True, False])
def test_a_write_with_a_repeated_response_is_confirmed_by_reading(
    one: Emulator, sleeps: list[float], tmp_path: pathlib.Path, write: Write, applied: bool
) -> None:
    """If *applied* is false, the emulator does not run the write, as if a cache had returned an earlier response."""
    lost: dict[str, Any] = {"body": json.dumps({"Proxy": DISABLED})} if write.after else {"body": "", "status": 204}
    reads = [Fault(GET, times=1)] * (write.reads.count(GET) - 1)
    one.faults = [*reads, repeated(GET, 1), repeated(write.operation, **({} if applied else lost))]
    result = write.run(one, tmp_path)
    writes = [write.operation, GET] * (1 if applied else write.max_faults)
    assert one.operations()[: len(write.reads + writes)] == write.reads + writes
    if applied:
        assert "failed" not in result and result["changed"] is True
    else:
        assert "the change did not take effect" in write.message(result)
        assert "an earlier response had the same request ID" in write.message(result)
        assert stored(one) == BEFORE
