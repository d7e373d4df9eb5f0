# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the rate limit of bulk reads, and the threads that run operations with a deadline."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils import _attempts
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import FairBucket
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import RateLimit
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import ThrottledTooLong
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import canonical_name


def test_waiting_requests_are_served_in_order() -> None:
    bucket = FairBucket()
    bucket.max_rate = 50
    order: list[int] = []
    threads = []

    def wait(number: int) -> None:
        bucket.acquire()
        order.append(number)

    for number in range(20):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(bucket._waiting) + len(order) <= number:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_a_new_bucket_grants_its_rate_without_a_burst() -> None:
    bucket = FairBucket()
    bucket.max_rate = 20
    started = time.monotonic()
    for _request in range(10):
        bucket.acquire()
    assert 0.45 <= time.monotonic() - started < 0.8


@pytest.mark.parametrize(("rate", "seconds"), [(0.2, 5), (0.1, 10), (0.01, 10)])
def test_rates_below_one_request_per_two_seconds_are_possible(
    rate: float, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float | None] = []
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    bucket = FairBucket()
    bucket._floor = _attempts.MIN_RATE
    bucket.max_rate = rate

    def pass_time(condition: threading.Condition, timeout: float | None = None) -> bool:
        nonlocal now
        waits.append(timeout)
        now += timeout or 0
        return True

    monkeypatch.setattr(threading.Condition, "wait", pass_time)
    bucket.acquire()
    bucket.acquire()
    assert waits == pytest.approx([seconds, seconds], abs=0.01)


def test_the_lowest_rate_falls_only_if_requests_at_that_rate_are_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    bucket = FairBucket()
    floors = []
    for seconds in (0, 0, 0, 2.1, 0, 4.1, 8.1, 10.1, 10.1):  # a burst, then requests at the lowest rate
        now += seconds
        bucket.max_rate = 0
        floors.append(bucket.max_rate)
        bucket.lower_floor()
    assert floors == [0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.1, 0.1]


def test_a_higher_rate_shortens_the_wait() -> None:
    bucket = FairBucket()
    bucket.max_rate = 0.1
    waiting = threading.Thread(target=bucket.acquire)
    waiting.start()
    bucket.max_rate = 100
    waiting.join(2)
    assert not waiting.is_alive()


def test_closing_a_bucket_ends_all_waits() -> None:
    bucket = FairBucket()
    bucket.max_rate = 0.1
    ended: list[int] = []

    def wait(number: int) -> None:
        try:
            bucket.acquire()
        except ThrottledTooLong:
            ended.append(number)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    bucket.close()
    for thread in threads:
        thread.join(2)
    assert sorted(ended) == list(range(5))


def test_the_wall_clock_is_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: pytest.fail("the wall clock was read"))
    limit = RateLimit()
    for throttled in (False, True, False):
        limit.wait(None)
        limit.record(throttled, object())
    assert limit.may_retry()


def test_a_bulk_run_gives_up_if_the_service_throttles_all_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = RateLimit()
    limit.record(True, object())
    assert limit.may_retry()
    monkeypatch.setattr(_attempts, "BULK_THROTTLE_WINDOW", 0)
    assert not limit.may_retry()
    with pytest.raises(ThrottledTooLong):
        limit.wait(None)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("ThrottledClientException", "Throttled"),
        ("Throttled", "Throttled"),
        ("NotFoundException", "NotFound"),
        ("InvalidClientTokenId", "InvalidClientTokenId"),
        (404, "404"),
        (None, "None"),
    ],
)
def test_an_error_code_has_one_canonical_name(code: object, name: str) -> None:
    assert canonical_name(code) == name


def test_operations_in_a_thread_share_a_worker_that_ends_with_the_thread() -> None:
    names: list[str] = []

    def work() -> None:
        for _operation in range(3):
            names.append(_attempts.run_with_deadline(lambda: threading.current_thread().name, lambda: 5))

    working = threading.Thread(target=work)
    working.start()
    working.join()
    assert len(set(names)) == 1
    deadline = time.monotonic() + 5
    while names[0] in {thread.name for thread in threading.enumerate()} and time.monotonic() < deadline:
        time.sleep(0.01)
    assert names[0] not in {thread.name for thread in threading.enumerate()}


def test_an_abandoned_worker_is_not_reused() -> None:
    held = threading.Event()
    with pytest.raises(_attempts.DeadlineExceeded):
        _attempts.run_with_deadline(held.wait, iter([0.05, 0]).__next__)
    assert _attempts.run_with_deadline(lambda: "done", lambda: 5) == "done"
    held.set()
