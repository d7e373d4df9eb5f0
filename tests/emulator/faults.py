# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults and rate limits that tests configure in the emulator."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field

HANDSHAKE_DROPS = ("handshake_close", "handshake_alert")


@dataclass
class Fault:
    """A change to some responses. A field with its default value changes nothing."""

    # The operation to which the fault applies. * means all operations of Amazon Chime SDK Voice, but none of STS.
    operation: str = "*"
    request_has: str = ""  # a string that the path, query, or Authorization header must contain, such as an ID
    times: int | None = None  # how many times the fault applies; None for no limit
    probability: float = 1.0  # the probability that the fault applies to a matching request
    seed: int = 0  # the seed of the random number generator for probability
    delay: float = 0.0  # seconds before the response
    drip: float = 0.0  # seconds before each byte of the body; the status line and the headers are sent at once
    # How the connection fails:
    # - reset: close with RST instead of responding.
    # - hang: never respond.
    # - truncate: announce the whole body in Content-Length, but send half of it.
    # - lost: run the operation, then close with RST instead of responding.
    # - handshake_close: close a new TLS connection after its ClientHello.
    # - handshake_alert: after the ClientHello, send the fatal alert internal_error, then close the connection.
    # The handshake faults ignore operation and request_has, and have no effect without TLS.
    drop: str | None = None
    status: int | None = None
    error: str | None = None  # an exception in the model, such as ThrottledClientException, or an STS error code
    # If true, run the operation first, and return the status, error, or body of this fault only if the operation
    # succeeds. To let the connection fail after the operation, set drop to lost instead.
    after: bool = False
    # Where the response names the error:
    # - full: in the header x-amzn-errortype, and in the body as the short code (such as Throttled).
    # - header: only in this header.
    # - body: only in the body, as the short code.
    # - type: only in the body, in the member __type.
    # - uri: only in this header, followed by a URI.
    # - bare: nowhere, and the body of the response is empty.
    # For STS, all styles except bare give the same response.
    style: str = "full"
    message: str = ""  # by default, AWS's own message for ForbiddenException, and a placeholder for other errors
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    request_id: bool = True  # whether the response has a request ID
    raw: str | None = None  # the complete response, including the status line, in Latin-1

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        if not self.message:
            forbidden = self.error == "ForbiddenException"
            self.message = (
                "AWS authorization failed" if forbidden else "The emulator was configured to return this error."
            )

    def applies_to(self, operation: str, request: str, is_sts: bool = False) -> bool:
        """Return whether the fault applies to a request. If it does, also decrement ``times`` (if set)."""
        return (
            self.drop not in HANDSHAKE_DROPS
            and (self.operation == operation or (self.operation == "*" and not is_sts))
            and self.request_has in request
            and self._applies()
        )

    def applies_to_handshake(self) -> bool:
        """Return whether the fault applies to a new TLS connection. If it does, also decrement ``times`` (if set)."""
        return self.drop in HANDSHAKE_DROPS and self._applies()

    def _applies(self) -> bool:
        if self.times == 0:
            return False
        if self.probability < 1 and self._random.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class RateLimit:
    """A token bucket whose capacity is the number of requests allowed in one second."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._tokens = self._capacity = max(1.0, per_second)
        self._last = time.monotonic()
        self._lock = threading.Lock()

    def allows(self) -> bool:
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self._capacity, self._tokens + (now - self._last) * self._per_second)
            self._last = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
