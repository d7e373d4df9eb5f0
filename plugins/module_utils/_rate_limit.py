# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The rate limit of a bulk run, in which several threads share a client."""

from __future__ import annotations

import math
import threading
import time
from collections import deque

WINDOW = 60  # seconds after which a run gives up if the service throttles all of its requests

# After a throttled response, the new rate is this share of the rate that the service accepted in the last second.
SHARE = 0.95
# Each response that is not throttled raises the rate by this number times the square of the seconds since the rate was
# last lowered. So the rate rises slowly at first, and fast if it has been too low for some time.
RISE = 0.001
LATENCY = 1  # most responses arrive within this many seconds of the request
# If no response arrives for this many seconds, for example because connections hang, the count of the WINDOW seconds
# starts again.
SILENCE = 20


class ThrottledTooLong(Exception):
    """A bulk run gave up, because the service throttled all of its requests."""


class RateLimit:
    """The rate limit of one client, which all threads that use this client share.

    Until the service throttles, there is no limit. From then on, requests are sent in order, at the rate that the
    service accepts. Each request takes one slot: the time from which this request may be sent. After a pause, a burst
    is permitted: at most as many requests as the rate permits in one second.
    """

    def __init__(self, window: float | None = None) -> None:
        """Create a rate limit. The run gives up if the service throttles all requests for *window* seconds."""
        self.window = WINDOW if window is None else window
        self._gave_up = threading.Event()
        self._lock = threading.Lock()  # for all attributes below
        self._line: deque[threading.Event] = deque()  # one event per waiting request; only the first is set
        self._rate = math.inf  # requests per second
        self._next_slot = 0.0  # when the next request may be sent
        self._new_rate_from = 0.0  # the time of the first slot since the rate was last lowered
        self._accepted: deque[float] = deque()  # when each unthrottled response of the last second arrived
        # When the first and the last response in the current series of throttled responses arrived. The series ends
        # when a response is not throttled, or after SILENCE seconds without any response.
        self._first_throttled = self._last_throttled = -math.inf

    @property
    def gave_up(self) -> bool:
        """Whether the run has given up."""
        return self._gave_up.is_set()

    def wait(self) -> None:
        """Wait until a request may be sent.

        :raises ThrottledTooLong: the run has given up.
        """
        turn = threading.Event()
        with self._lock:
            self._line.append(turn)
            self._line[0].set()
        try:
            turn.wait()
            if self._gave_up.wait(self._take_slot()):
                raise ThrottledTooLong
        finally:
            with self._lock:
                self._line.remove(turn)
                if self._line:
                    self._line[0].set()

    def _take_slot(self) -> float:
        """Take the next slot, and return the seconds until this slot begins."""
        with self._lock:
            now = time.monotonic()
            burst = max(0, 1 - 1 / self._rate)  # a slot can be at most this many seconds in the past
            slot = max(self._next_slot, now - burst)
            self._next_slot = slot + 1 / self._rate
            return max(0, slot - now)

    def record(self, throttled: bool) -> None:
        """Adjust the rate after a response. Call this only if a response arrived."""
        with self._lock:
            now = time.monotonic()
            while self._accepted and self._accepted[0] <= now - 1:
                self._accepted.popleft()
            if throttled:
                self._record_throttled(now)
                return
            self._last_throttled = -math.inf
            self._accepted.append(now)
            if now >= self._new_rate_from:
                self._rate += RISE * (now - self._new_rate_from) ** 2
            else:  # the request was sent before the rate was last lowered
                self._rate = max(self._rate, SHARE * len(self._accepted))

    def _record_throttled(self, now: float) -> None:
        if now > self._last_throttled + SILENCE:
            self._first_throttled = now
        self._last_throttled = now
        if now >= self._first_throttled + self.window:
            self._gave_up.set()
        if now >= self._new_rate_from + LATENCY:  # otherwise, the request was probably sent at the old rate
            # A service that accepts about one request per second may have accepted none in the last second, but
            # the rate must not become zero.
            self._rate = SHARE * max(len(self._accepted), min(1, self._rate))
            self._new_rate_from = self._next_slot = max(self._next_slot, now + 1 / self._rate)
