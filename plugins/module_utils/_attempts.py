# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Retries, deadlines, and the rate limit of a client.

``_client`` explains why botocore's own are not used. Here, a fault is a server error or a broken connection.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from queue import Empty
from queue import SimpleQueue
from typing import Any
from typing import Callable

try:
    from botocore.exceptions import ConnectionClosedError
    from botocore.exceptions import ConnectionError as BotoConnectionError
    from botocore.exceptions import ProxyConnectionError
    from botocore.exceptions import ReadTimeoutError
    from botocore.exceptions import SSLError
except ImportError:
    pass  # AnsibleAWSModule reports the missing SDK before anything here is used.

from ansible_collections.chime_sdk.voice.plugins.module_utils._responses import TRUNCATED

MAX_FAULTS = 3  # faults of one operation
MAX_THROTTLES = 10  # throttled requests of one operation
THROTTLE_WINDOW = 45  # seconds after which a throttled operation is not retried
MAX_BACKOFF = 5  # seconds between two requests
BOTOCORE_MAX_BACKOFF = 20  # seconds, with botocore's own retries

# A bulk run allows more faults, because a few of its thousands of operations have several faults in a row.
BULK_MAX_FAULTS = 6
# A bulk run gives up if the service throttles all of its requests for this long.
BULK_THROTTLE_WINDOW = 60  # seconds

# The lowest rate of a bulk run starts at FIRST_FLOOR. While the service throttles requests even at the lowest rate,
# that rate is lowered, but never below MIN_RATE.
FIRST_FLOOR = 0.5  # requests per second
MIN_RATE = 0.1  # requests per second

# Error names, as canonical_name() returns them, and HTTP statuses.
THROTTLE_NAMES = frozenset(
    (
        "BandwidthLimitExceeded",
        "EC2Throttled",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "Throttled",
        "Throttling",
        "TooManyRequests",
    )
)
FAULT_NAMES = frozenset(
    (
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "RequestTimeout",
        "ServiceFailure",
        "ServiceUnavailable",
    )
)
FAULT_STATUSES = frozenset((408, 500, 502, 503, 504))

# Words that OpenSSL and urllib3 use in errors that a retry cannot fix: a bad certificate, a server without TLS, or a
# bad CA bundle.
_UNVERIFIED = ("CERTIFICATE_VERIFY_FAILED", "DOESN'T_MATCH")
_PERMANENT = (
    *_UNVERIFIED,
    "WRONG_VERSION_NUMBER",
    "UNKNOWN_PROTOCOL",
    "HTTP_REQUEST",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
    "NO_CERTIFICATE_OR_CRL_FOUND",
    "PEM_LIB",
)

_POLL = 1  # seconds


class DeadlineExceeded(Exception):
    """An operation did not end in time."""


class ThrottledTooLong(Exception):
    """A bulk run gave up, because the service throttled all of its requests."""


def canonical_name(code: Any) -> str:
    """Return the short name of an AWS error: ``Throttled`` for ``ThrottledClientException``."""
    return str(code).removesuffix("Exception").removesuffix("Client")


def connect_status(exception: Exception | None) -> int | None:
    """Return the HTTP status from a proxy server that refused a tunnel, or None."""
    if not isinstance(exception, ProxyConnectionError):
        return None
    words = str(exception.kwargs.get("error")).partition("Tunnel connection failed: ")[2][:3]
    return int(words) if words.isdecimal() else None


def is_broken_connection(exception: BaseException | None) -> bool:
    """Whether botocore could not connect, or lost the connection."""
    return isinstance(exception, (BotoConnectionError, ConnectionClosedError, ReadTimeoutError))


def is_permanent_tls_error(exception: Exception | None, reasons: tuple[str, ...] = _PERMANENT) -> bool:
    """Whether a retry would end with the same TLS error. A closed connection or an alert may be temporary."""
    words = str(exception).upper().replace(" ", "_")
    return isinstance(exception, SSLError) and any(reason in words for reason in reasons)


def is_unverified(exception: Exception) -> bool:
    """Whether the certificate of the server could not be verified."""
    return is_permanent_tls_error(exception, _UNVERIFIED)


class Attempts:
    """The progress of one operation. The thread that runs it writes this object, and the thread that waits reads it."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds  # the time limit, excluding the time in the queue; None for no limit
        self.started = time.monotonic()
        self.queued_since: float | None = None  # set while the operation waits in the queue
        self.signing = False  # set while a request is signed; signing may obtain credentials
        self.sent = 0  # requests
        self.throttles = 0  # requests that were throttled
        self.faults = 0  # requests that ended with a fault
        self.unknown = 0  # requests that the service may have applied
        self.last: str | None = None  # the name of the last error

    def remaining(self) -> float | None:
        """Return the seconds until the deadline, or None for no limit."""
        if self.seconds is None:
            return None
        now = self.queued_since or time.monotonic()
        return self.started + self.seconds - now


class Policy:
    """Retries, deadline, and rate limit of all operations of one client."""

    def __init__(
        self,
        seconds: float | None,
        retries: bool = True,
        max_faults: int = MAX_FAULTS,
        rate_limit: RateLimit | None = None,
    ) -> None:
        """Make a policy.

        :param seconds: the limit of one operation; None for no limit.
        :param retries: whether this policy retries, instead of botocore.
        :param rate_limit: the limit that all requests of a bulk run share.
        """
        self.seconds = seconds
        self.retries = retries
        self._max_faults = max_faults
        self._rate_limit = rate_limit
        self._thread = threading.local()

    def register(self, events: Any, service: str) -> None:
        """Register the handlers of this policy for the events of a client."""
        # Call this handler first, so that a request waits before it is signed, not after.
        events.register_first(f"request-created.{service}", self._before_signing)
        events.register(f"before-send.{service}", self._before_sending)
        events.register(f"needs-retry.{service}", self._after_attempt)

    def run(self, function: Callable[[], Any], attempts: Attempts) -> Any:
        """Run *function* in a second thread, and return its result. Abandon the thread at the deadline.

        :raises DeadlineExceeded: the deadline has passed.
        """

        def prepared() -> Any:
            self._thread.attempts = attempts
            return function()

        return run_with_deadline(prepared, attempts.remaining)

    def _before_signing(self, request: Any, **kwargs: Any) -> None:
        attempts = self._thread.attempts
        attempts.signing = True
        if self._rate_limit is not None:
            attempts.queued_since = time.monotonic()
            self._rate_limit.wait(request)
            attempts.started += time.monotonic() - attempts.queued_since
            attempts.queued_since = None

    def _before_sending(self, **kwargs: Any) -> None:
        attempts = self._thread.attempts
        remaining = attempts.remaining()
        if remaining is not None and remaining <= 0:
            raise DeadlineExceeded  # the caller has already reported a failure, so nothing more may be sent
        attempts.signing = False
        attempts.sent += 1

    def _after_attempt(
        self, response: tuple[Any, dict[str, Any]] | None, caught_exception: Exception | None, **kwargs: Any
    ) -> float | None:
        """Return the seconds to wait before the next attempt, or None to make no further attempt.

        Throttled requests and faults are counted separately, across all attempts of one operation.
        """
        attempts = self._thread.attempts
        throttled = _is_throttled(response)
        if self._rate_limit is not None:
            self._rate_limit.record(throttled, response)
        if response is not None and response[0].status_code >= 301:
            attempts.last = str(response[1].get("Error", {}).get("Code"))
        elif caught_exception is not None:
            attempts.last = type(caught_exception).__name__
        if throttled:
            attempts.throttles += 1
            delay = _backoff(attempts.throttles) if self._may_retry_throttled(attempts) else None
        elif _is_fault(response, caught_exception):
            attempts.faults += 1
            attempts.unknown += 1
            delay = None if attempts.faults >= self._max_faults else _backoff(attempts.faults)
        else:
            delay = None
        remaining = attempts.remaining()
        late = delay is not None and remaining is not None and delay >= remaining
        return delay if self.retries and not late else None

    def _may_retry_throttled(self, attempts: Attempts) -> bool:
        """Whether to retry a throttled operation."""
        if attempts.throttles >= MAX_THROTTLES:
            return False
        if self._rate_limit is not None:
            return self._rate_limit.may_retry()
        return time.monotonic() < attempts.started + THROTTLE_WINDOW


class _Worker:
    """A thread that runs functions for the thread that created it, until that thread ends or abandons this one."""

    def __init__(self) -> None:
        """Start the thread; raise RuntimeError if the system has none left."""
        self.inbox: SimpleQueue[Any] = SimpleQueue()
        threading.Thread(target=self._work, args=(self.inbox,), daemon=True).start()

    @staticmethod
    def _work(inbox: SimpleQueue[Any]) -> None:
        for function, ended in iter(inbox.get, None):
            result: tuple[Any, BaseException | None]
            try:
                result = function(), None
            except BaseException as e:  # passed on to the waiting thread
                result = None, e
            ended.put(result)
            del function, ended, result

    def __del__(self) -> None:
        self.inbox.put(None)


_this_thread = threading.local()


def run_with_deadline(function: Callable[[], Any], remaining: Callable[[], float | None]) -> Any:
    """Run *function* in a second thread, and return its result. Abandon the thread when no time remains.

    Socket timeouts limit neither a whole operation nor a ``credential_process`` that hangs.

    :param remaining: a function that returns the seconds that remain, or None for no limit. The seconds may increase.
    :raises DeadlineExceeded: no time remains.
    """
    worker = getattr(_this_thread, "worker", None)
    if worker is None:
        try:
            worker = _this_thread.worker = _Worker()
        except RuntimeError:  # the system has no thread left, so run it without a deadline
            return function()
    ended: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
    worker.inbox.put((function, ended))
    while True:
        seconds = remaining()
        if seconds is not None and seconds <= 0:
            _this_thread.worker = None
            raise DeadlineExceeded
        try:
            result, error = ended.get(timeout=_POLL if seconds is None else min(seconds, _POLL))
        except Empty:
            continue
        if error is not None:
            raise error
        return result


class RateLimit:
    """The rate limit of a bulk run. Once the service throttles, requests are limited to the rate that it accepts.

    botocore's rate limiter computes the rate, but FairBucket replaces its token bucket. botocore's bucket does not
    serve requests in order, never goes below one request in two seconds, and uses the system clock, which can jump.
    """

    def __init__(self) -> None:
        from botocore.retries import adaptive
        from botocore.retries import throttling

        self._bucket = FairBucket()
        self._throttled = threading.local()
        self._last_success = time.monotonic()
        self._limiter = adaptive.ClientRateLimiter(
            rate_adjustor=throttling.CubicCalculator(starting_max_rate=0, start_time=time.monotonic()),
            rate_clocker=adaptive.RateClocker(self._bucket),
            token_bucket=self._bucket,
            throttling_detector=self,
            clock=self._bucket,
        )

    def wait(self, request: Any) -> None:
        """Wait until a request may be sent.

        :raises ThrottledTooLong: the bulk run has given up, because the service throttled all of its requests.
        """
        self._limiter.on_sending_request(request)

    def record(self, throttled: bool, response: Any) -> None:
        """Adjust the rate after a request. *response* is None if no response arrived."""
        if throttled:
            self._bucket.lower_floor()
        self._throttled.now = throttled
        self._limiter.on_receiving_response()
        if response is not None and not throttled:
            self._last_success = time.monotonic()

    def may_retry(self) -> bool:
        """Whether to retry a throttled request. If not, all waiting requests fail."""
        if time.monotonic() < self._last_success + BULK_THROTTLE_WINDOW:
            return True
        self._bucket.close()
        return False

    def is_throttling_error(self, **kwargs: Any) -> bool:
        """Return whether the last response in this thread was throttled. botocore's limiter calls this."""
        return bool(self._throttled.now)


class FairBucket:
    """A token bucket that serves requests in order, at any rate, by the monotonic clock."""

    current_time = staticmethod(time.monotonic)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Condition] = deque()
        self._closed = False
        self._floor = FIRST_FLOOR
        self._at_floor_since: float | None = None
        self._rate = 1.0
        self._tokens = 0.0
        self._filled_at = time.monotonic()

    @property
    def available_capacity(self) -> float:
        return self._tokens

    @property
    def max_rate(self) -> float:
        """Requests per second. The bucket's capacity is one second's worth of tokens, but at least one token."""
        return self._rate

    @max_rate.setter
    def max_rate(self, rate: float) -> None:
        with self._lock:
            self._fill()
            self._rate = max(rate, self._floor)
            self._tokens = min(self._tokens, max(self._rate, 1.0))
            self._notify_first()

    def lower_floor(self) -> None:
        """After a throttled request, halve the lowest rate if requests at that rate are still throttled.

        The first throttled responses may be for requests from an earlier burst, so they do not count.
        """
        with self._lock:
            now = time.monotonic()
            if self._rate > self._floor:
                self._at_floor_since = None
            elif self._at_floor_since is None:
                self._at_floor_since = now
            elif now - self._at_floor_since > 1 / self._floor:
                self._floor = max(self._floor / 2, MIN_RATE)
                self._at_floor_since = now

    def acquire(self) -> None:
        """Wait for a token.

        :raises ThrottledTooLong: the bucket was closed.
        """
        with self._lock:
            turn = threading.Condition(self._lock)
            self._waiting.append(turn)
            while not self._closed:
                self._fill()
                first = self._waiting[0] is turn
                if first and self._tokens >= 1:
                    break
                turn.wait((1 - self._tokens) / self._rate if first else None)
            self._waiting.remove(turn)
            if self._closed:
                raise ThrottledTooLong
            self._tokens -= 1
            self._notify_first()

    def close(self) -> None:
        """Make all waiting calls fail."""
        with self._lock:
            self._closed = True
            for turn in self._waiting:
                turn.notify()

    def _fill(self) -> None:
        now = time.monotonic()
        self._tokens = min(max(self._rate, 1.0), self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now

    def _notify_first(self) -> None:
        if self._waiting:
            self._waiting[0].notify()


def _backoff(failures: int) -> float:
    """Return a random delay: at most 0.5 seconds after the first failure, then at most 1, 2, 4, and 5 seconds."""
    return random.uniform(0, min(MAX_BACKOFF, 2 ** (failures - 2)))


def _is_throttled(response: tuple[Any, dict[str, Any]] | None) -> bool:
    if response is None:
        return False
    http, parsed = response
    return http.status_code == 429 or (http.status_code >= 400 and _error_name(parsed) in THROTTLE_NAMES)


def _is_fault(response: tuple[Any, dict[str, Any]] | None, exception: Exception | None) -> bool:
    if response is not None:
        http, parsed = response
        failed = http.status_code >= 400 and _error_name(parsed) in FAULT_NAMES
        return failed or http.status_code in FAULT_STATUSES or TRUNCATED in parsed
    status = connect_status(exception)
    if status is not None and 400 <= status < 500 and status not in (408, 429):
        return False
    return is_broken_connection(exception) and not is_permanent_tls_error(exception)


def _error_name(parsed: dict[str, Any]) -> str:
    return canonical_name(parsed.get("Error", {}).get("Code"))
