# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the rate limit of a bulk run, usually with a fake clock."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils import _rate_limit
from ansible_collections.chime_sdk.voice.plugins.module_utils._rate_limit import RateLimit, ThrottledTooLong
from ansible_collections.chime_sdk.voice.tests.emulator import faults


class Clock:
    """A fake clock for one thread. Instead of waiting, the rate limit advances it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def waits(self, limit: RateLimit, count: int) -> list[float]:
        """Return the number of seconds that each of *count* requests waits."""
        starts = [self.now]
        for _request in range(count):
            limit.wait()
            starts.append(self.now)
        return [end - start for start, end in zip(starts, starts[1:])]

    def record(self, limit: RateLimit, throttled: bool, seconds: int) -> None:
        """Advance the clock by *seconds*, and record one response for each second."""
        for _second in range(seconds):
            self.now += 1
            limit.record(throttled)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()

    class Event(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            clock.now += timeout or 0
            return self.is_set()

    monkeypatch.setattr(_rate_limit, "threading", SimpleNamespace(Event=Event, Lock=threading.Lock))
    monkeypatch.setattr(_rate_limit, "time", clock)
    monkeypatch.setattr(faults, "time", clock)
    return clock


def make_limit(count: int) -> RateLimit:
    """Return a rate limit that recorded *count* accepted responses in one second, and then one throttled response."""
    limit = RateLimit()
    for _response in range(count):
        limit.record(False)
    limit.record(True)
    return limit


def test_nothing_waits_before_the_service_throttles(clock: Clock) -> None:
    limit = RateLimit()
    assert clock.waits(limit, 5000) == [0] * 5000
    limit.record(False)
    assert clock.waits(limit, 5000) == [0] * 5000


def test_the_rate_after_a_throttled_response_is_below_the_rate_that_the_service_accepted(clock: Clock) -> None:
    assert clock.waits(make_limit(20), 50) == pytest.approx([1 / 19] * 50)


def test_responses_of_an_earlier_second_do_not_count(clock: Clock) -> None:
    limit = RateLimit()
    for _response in range(50):
        limit.record(False)
    clock.now += 1
    for _response in range(20):
        limit.record(False)
    limit.record(True)
    assert clock.waits(limit, 2) == pytest.approx([1 / 19] * 2)


def test_responses_that_arrive_after_the_first_throttled_response_count(clock: Clock) -> None:
    limit = make_limit(0)
    for _response in range(20):
        limit.record(False)
    assert clock.waits(limit, 2)[1] == pytest.approx(1 / 19)


@pytest.mark.parametrize(("accepted", "burst"), [(20, 19), (1, 1)])
def test_after_a_pause_one_second_of_requests_is_sent_at_once(clock: Clock, accepted: int, burst: int) -> None:
    limit = make_limit(accepted)
    clock.now += 100
    waits = clock.waits(limit, burst + 2)
    assert waits == pytest.approx([0] * burst + [1 / (0.95 * accepted)] * 2)


def test_responses_to_requests_sent_at_the_old_rate_do_not_lower_the_rate_again(clock: Clock) -> None:
    limit = make_limit(20)
    for _response in range(10):
        clock.now += 0.1
        limit.record(True)
    assert clock.waits(limit, 20)[-1] == pytest.approx(1 / 19)
    limit.record(True)
    assert clock.waits(limit, 20)[-1] == pytest.approx(1 / 0.95)


def test_the_rate_falls_below_one_per_second_while_the_service_throttles_all_requests(clock: Clock) -> None:
    limit = make_limit(0)
    clock.record(limit, True, 30)
    assert 1.5 < clock.waits(limit, 2)[-1] < 3


@pytest.mark.parametrize(("seconds", "lowest", "highest"), [(1, 19, 19.1), (5, 19.5, 22), (15, 40, 100)])
def test_the_rate_rises_slowly_at_first_and_then_fast(
    clock: Clock, seconds: int, lowest: float, highest: float
) -> None:
    limit = make_limit(20)
    end = clock.now + seconds
    while clock.now < end:
        limit.wait()
        limit.record(False)
    assert lowest < 1 / clock.waits(limit, 200)[-1] < highest


@pytest.mark.parametrize(("rate", "share"), [(1, 0.7), (2, 0.85), (5, 0.9), (20, 0.9), (100, 0.9), (500, 0.9)])
def test_the_service_is_used_at_the_rate_that_it_accepts(clock: Clock, rate: int, share: float) -> None:
    service = faults.RateLimit(rate)
    limit = RateLimit()
    accepted = throttled = 0
    while clock.now < 1030:
        clock.now += 0.0001  # the service takes this long to respond
        limit.wait()
        if service.allows():
            accepted += 1
            limit.record(False)
        else:
            throttled += 1
            limit.record(True)
    assert accepted > share * 30 * rate
    assert throttled < accepted / 2


def test_a_run_gives_up_if_the_service_throttles_all_requests_in_the_window(clock: Clock) -> None:
    limit = RateLimit()
    limit.record(False)
    clock.now += 1000
    clock.record(limit, True, 60)
    assert not limit.gave_up
    clock.record(limit, True, 1)
    assert limit.gave_up
    with pytest.raises(ThrottledTooLong):
        limit.wait()


def test_a_response_that_is_not_throttled_restarts_the_window(clock: Clock) -> None:
    limit = RateLimit()
    clock.record(limit, True, 59)
    clock.record(limit, False, 1)
    clock.record(limit, True, 60)
    assert not limit.gave_up
    clock.record(limit, True, 1)
    assert limit.gave_up


def test_one_throttled_response_after_a_silence_does_not_end_a_run(clock: Clock) -> None:
    limit = RateLimit()
    limit.record(True)
    clock.now += 1000
    limit.record(True)
    assert not limit.gave_up
    limit.wait()


def test_requests_are_sent_in_order() -> None:
    limit = make_limit(100)
    order: list[int] = []

    def wait(number: int) -> None:
        limit.wait()
        order.append(number)

    threads = []
    for number in range(20):
        threads.append(threading.Thread(target=wait, args=(number,), daemon=True))
        threads[-1].start()
        while len(limit._line) + len(order) <= number:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_all_waits_end_at_once_when_the_run_gives_up() -> None:
    limit = RateLimit(window=0.01)
    limit.record(True)  # the next request may be sent after 1.1 seconds
    ended: list[int] = []

    def wait(number: int) -> None:
        try:
            limit.wait()
        except ThrottledTooLong:
            ended.append(number)

    threads = [threading.Thread(target=wait, args=(number,), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    assert not ended
    limit.record(True)
    deadline = time.monotonic() + 10
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    assert sorted(ended) == list(range(8))
