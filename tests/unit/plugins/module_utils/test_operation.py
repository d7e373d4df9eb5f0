# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test attempts and operations without a module."""

from __future__ import annotations

import signal
import threading
import time
import types
from typing import Any, Callable

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.chime_sdk.voice.plugins.module_utils import _client, _operation, _rate_limit
from ansible_collections.chime_sdk.voice.plugins.module_utils._api import get_setting
from ansible_collections.chime_sdk.voice.plugins.module_utils._client import Connection
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import NotFound, VoiceError
from ansible_collections.chime_sdk.voice.plugins.module_utils._module import VoiceModule
from ansible_collections.chime_sdk.voice.plugins.module_utils._operation import (
    Attempt,
    DeadlineExceeded,
    Operation,
    VoiceClient,
    stop_abandoned,
)
from ansible_collections.chime_sdk.voice.plugins.module_utils._rate_limit import RateLimit
from ansible_collections.chime_sdk.voice.plugins.module_utils._shapes import PROXY
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import WITH_PROXY, connection_to

GET, DELETE = "GetVoiceConnectorProxy", "DeleteVoiceConnectorProxy"


def connect(emulator: Emulator, service: str = _client.SERVICE) -> VoiceClient:
    """Return a client with a rate limit, as a bulk run uses it."""
    with patch_module_args(connection_to(emulator)):
        return Connection(VoiceModule({}), "test", concurrency=2).client(service=service)


# Attempts


def send(sent: list[str], wait: Callable[[], Any] = lambda: None) -> None:
    """Call *wait*. Then add a request to *sent*, unless the attempt that runs in this thread was abandoned."""
    wait()
    stop_abandoned()
    sent.append("request")


def test_a_request_that_is_sent_while_it_is_abandoned_is_counted() -> None:
    """The attempt is abandoned too late to stop the request, so ``attempt.sent`` must already count it."""

    class Interrupted(Attempt):
        """An attempt whose thread reads ``abandoned``, and then waits until the test lets it continue."""

        @property
        def abandoned(self) -> bool:
            value = self._abandoned
            if threading.current_thread() is self:
                reached.set()
                abandoned.wait(5)
            return value

        @abandoned.setter
        def abandoned(self, value: bool) -> None:
            self._abandoned = value

    reached, abandoned = threading.Event(), threading.Event()
    sent: list[str] = []
    attempt = Interrupted(lambda: send(sent))
    with pytest.raises(DeadlineExceeded):
        attempt.result(1)
    assert reached.is_set()
    noticed = attempt.sent
    abandoned.set()
    attempt.join()
    assert noticed == 1 and sent == ["request"]


def test_a_request_that_was_not_begun_when_its_attempt_was_abandoned_is_never_sent() -> None:
    prepared = threading.Event()
    sent: list[str] = []
    attempt = Attempt(lambda: send(sent, lambda: prepared.wait(5)))
    with pytest.raises(DeadlineExceeded):
        attempt.result(0.05)
    assert attempt.sent == 0
    prepared.set()
    attempt.join()
    assert sent == []


def test_an_attempt_is_abandoned_if_a_signal_ends_the_wait() -> None:
    resume, ended = threading.Event(), threading.Event()
    sent: list[str] = []

    def work() -> None:
        try:
            send(sent, lambda: resume.wait(5))
        finally:
            ended.set()

    attempt = Attempt(work)

    def interrupt(*args: Any) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            attempt.result(5)
    finally:
        signal.signal(signal.SIGALRM, previous)
    resume.set()
    assert ended.wait(5) and sent == []  # do not use join(), which can return too early after a signal


# The check before each attempt


class Slots(RateLimit):
    """A rate limit whose ``wait`` blocks until a request may be sent, and then adds "slot" to *events*."""

    def __init__(self, events: list[str]) -> None:
        super().__init__()
        self._events = events

    def wait(self) -> None:
        super().wait()
        self._events.append("slot")


class Recorder:
    """A wrapper for the credentials of a client. ``resolve`` resolves them, and then adds "credentials" to *events*."""

    def __init__(self, credentials: Any, events: list[str]) -> None:
        self._credentials = credentials
        self._events = events

    def resolve(self, run: Callable[..., Any]) -> None:
        self._credentials.resolve(run)
        self._events.append("credentials")


def delete(client: VoiceClient, check: Callable[[], Any], told: list[bool] | None = None) -> None:
    """Delete a proxy configuration. Before each attempt, append ``may_be_applied`` to *told*, and call *check*."""

    def prepare(may_be_applied: bool) -> dict[str, Any]:
        if told is not None:
            told.append(may_be_applied)
        check()
        return {"VoiceConnectorId": WITH_PROXY}

    Operation(client, DELETE, "delete")(prepare)


@pytest.fixture
def events() -> list[str]:
    """Return the list of events to which the client and the tests append."""
    return []


@pytest.fixture
def client(emulator: Emulator, events: list[str]) -> VoiceClient:
    made = connect(emulator)
    return made._replace(rate_limit=Slots(events), credentials=Recorder(made.credentials, events))


@pytest.mark.parametrize("fault", [{"status": 503}, {"error": "ThrottledClientException"}, {"drop": "lost"}])
def test_the_check_comes_last_before_each_attempt(
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    client: VoiceClient,
    events: list[str],
    sleeps: list[float],
    fault: dict[str, Any],
) -> None:
    monkeypatch.setattr(_rate_limit, "SHARE", 50)  # so that each wait for a slot is short
    emulator.faults = [Fault(DELETE, times=2, **fault)]
    delete(client, lambda: events.append(f"check after {len(emulator.operations())} requests"))
    assert emulator.operations() == [DELETE] * 3
    assert events == [event for sent in range(3) for event in ("slot", "credentials", f"check after {sent} requests")]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (None, [False]),
        ({"error": "ThrottledClientException"}, [False, False]),
        ({"drop": "lost"}, [False, True]),
        ({"status": 503}, [False, True]),
        ({"drop": "hang"}, [False, True]),
    ],
)
def test_the_check_is_told_whether_the_write_may_be_applied_and_its_error_ends_the_operation(
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    sleeps: list[float],
    fault: dict[str, Any] | None,
    told: list[bool],
) -> None:
    monkeypatch.setattr(_client, "READ_TIMEOUT", 0.2)
    monkeypatch.setattr(_rate_limit, "SHARE", 50)  # so that each wait for a slot is short
    emulator.faults = [Fault(DELETE, **fault)] if fault else []
    error = NotFound("no_regions")
    heard: list[bool] = []

    def check() -> None:
        if emulator.operations() or not fault:
            raise error

    with pytest.raises(VoiceError) as raised:
        delete(connect(emulator), check, heard)
    assert raised.value is error
    assert heard == told
    assert emulator.operations() == ([DELETE] if fault else [])


def test_any_other_exception_from_the_check_ends_the_operation(emulator: Emulator) -> None:
    with pytest.raises(ZeroDivisionError):
        delete(connect(emulator), lambda: 1 / 0)
    assert emulator.operations() == []


def test_the_time_of_the_check_does_not_count_towards_the_limit(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, client: VoiceClient
) -> None:
    passed = [0]
    clock = types.SimpleNamespace(monotonic=lambda: time.monotonic() + sum(passed), sleep=time.sleep)
    monkeypatch.setattr(_operation, "time", clock)
    delete(client._replace(seconds=10), lambda: passed.append(11))
    assert emulator.operations() == [DELETE]


def test_a_read_in_the_check_uses_the_slot_of_the_write(
    emulator: Emulator, client: VoiceClient, events: list[str]
) -> None:
    """The recorded responses lower the rate limit. The read in the check must not wait for a slot of its own."""
    for _response in range(4):
        client.rate_limit.record(False)
    client.rate_limit.record(True)
    delete(client, lambda: get_setting(client._replace(holds_slot=True), PROXY, WITH_PROXY))
    assert emulator.operations() == [GET, DELETE]
    assert events == ["slot", "credentials", "credentials"]


def test_a_retry_of_a_read_in_the_check_waits_for_a_slot(
    emulator: Emulator, client: VoiceClient, events: list[str], sleeps: list[float]
) -> None:
    for _response in range(50):
        client.rate_limit.record(False)
    client.rate_limit.record(True)
    emulator.faults = [Fault(GET, status=503, times=2)]
    delete(client, lambda: get_setting(client._replace(holds_slot=True), PROXY, WITH_PROXY))
    assert emulator.operations() == [GET] * 3 + [DELETE]
    assert events.count("slot") == 3


# Messages


def test_an_error_code_is_one_short_line_in_a_later_message(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, sleeps: list[float]
) -> None:
    monkeypatch.setattr(_operation, "random", types.SimpleNamespace(uniform=lambda *args: 0))
    code = f"Internal\n{'x' * 5000}"
    body = f"<ErrorResponse><Error><Code>{code}</Code></Error><RequestId>1</RequestId></ErrorResponse>"
    emulator.faults = [
        Fault("GetCallerIdentity", status=500, body=body, times=1),
        Fault("GetCallerIdentity", drop="hang"),
    ]
    client = connect(emulator, "sts")._replace(seconds=1)
    with pytest.raises(VoiceError) as raised:
        Operation(client, "GetCallerIdentity", "get the AWS account ID")()
    assert "after 2 requests, one of which ended with Internal" in raised.value.message
    assert "\n" not in raised.value.message and len(raised.value.message) < 1000


def test_a_request_id_is_new_only_once(emulator: Emulator) -> None:
    operation = Operation(connect(emulator), GET, "get")
    new = [operation._is_new(value) for value in ("a", "b", "a", None, None, "b")]
    assert new == [True, True, False, True, True, False]
