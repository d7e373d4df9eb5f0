# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rate limit of a bulk run: fair, at any rate, by a clock that cannot be set."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils import _attempts
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import FairBucket
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import RateLimit
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import ThrottledTooLong
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import canonical_name


def test_waiting_is_first_come_first_served() -> None:
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


def test_a_bucket_grants_its_rate_and_no_burst_beyond_a_second() -> None:
    bucket = FairBucket()
    bucket.max_rate = 20
    started = time.monotonic()
    for _request in range(10):
        bucket.acquire()
    assert 0.45 <= time.monotonic() - started < 0.8


@pytest.mark.parametrize(("rate", "seconds"), [(0.2, 5), (0.1, 10), (0.01, 10)])
def test_rates_below_one_request_in_two_seconds_are_kept(
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


def test_the_lowest_rate_falls_only_while_the_service_throttles_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    bucket = FairBucket()
    floors = []
    for seconds in (0, 0, 0, 2.1, 0, 4.1, 8.1, 10.1, 10.1):  # a burst, and then requests at the lowest rate
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


def test_a_closed_bucket_lets_nobody_wait() -> None:
    bucket = FairBucket()
    bucket.max_rate = 0.1
    refused: list[int] = []

    def wait(number: int) -> None:
        try:
            bucket.acquire()
        except ThrottledTooLong:
            refused.append(number)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    bucket.close()
    for thread in threads:
        thread.join(2)
    assert sorted(refused) == list(range(5))


def test_the_clock_of_the_wall_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: pytest.fail("a clock that can be set was read"))
    limit = RateLimit()
    for throttled in (False, True, False):
        limit.wait(None)
        limit.record(throttled, object())
    assert limit.may_retry()


def test_a_service_that_grants_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_names_are_the_same_however_they_come(code: object, name: str) -> None:
    assert canonical_name(code) == name


def test_operations_of_one_thread_share_a_second_one_that_ends_with_it() -> None:
    names: list[str] = []

    def work() -> None:
        for _turn in range(3):
            names.append(_attempts.run_with_deadline(lambda: threading.current_thread().name, lambda: 5))

    working = threading.Thread(target=work)
    working.start()
    working.join()
    assert len(set(names)) == 1
    until = time.monotonic() + 5
    while names[0] in {thread.name for thread in threading.enumerate()} and time.monotonic() < until:
        time.sleep(0.01)
    assert names[0] not in {thread.name for thread in threading.enumerate()}


def test_an_abandoned_thread_is_not_used_again() -> None:
    held = threading.Event()
    with pytest.raises(_attempts.DeadlineExceeded):
        _attempts.run_with_deadline(held.wait, iter([0.05, 0]).__next__)
    assert _attempts.run_with_deadline(lambda: "done", lambda: 5) == "done"
    held.set()
