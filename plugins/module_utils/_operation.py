# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Call a service operation within the limits of a VoiceClient, and raise every failure as a VoiceError."""

from __future__ import annotations

import functools
import random
import threading
import time
from typing import Any, Callable, NamedTuple, TypeVar

from ._errors import NotFound, VoiceError, fields_of
from ._responses import RAW_JSON, TRUNCATED
from ._shapes import MistypedValue, require_type

_T = TypeVar("_T")

MAX_THROTTLES = 10  # an operation fails after this many throttled attempts
THROTTLE_WINDOW = 45  # in seconds: after this time, a throttled operation is not retried, except in a bulk run
MAX_BACKOFF = 5  # the longest delay between two attempts, in seconds

# This text is added to the message if AWS rejects a new proxy configuration. The reason may be that AWS ended support
# for proxy sessions, but the error from AWS may state a different reason.
_ENDED = "; note that AWS ended support for proxy sessions on 2026-04-07 and may refuse this"

# Only for operations on proxy configurations: maps the name of a message to the name of the message that replaces it.
# The replacement also mentions that AWS ended support for proxy sessions.
_ENDED_FAILURES = {"no_operation": "no_proxy_operation", "not_offered": "proxies_not_offered"}

# The placeholders whose values can contain secrets, because their text comes from responses or from file paths.
_OUTSIDE = ("location", "path", "reason")


class BadCredentials(Exception):
    """The credentials cannot be sent. The message names the invalid part, such as "session token"."""


class DeadlineExceeded(Exception):
    """An attempt did not end in time, and was abandoned."""


class NoThread(Exception):
    """The system cannot start a thread."""


class VoiceClient(NamedTuple):
    """The botocore clients for one Region, and the limits of their operations."""

    reads: Any
    writes: Any  # a client like ``reads``, but botocore does not retry its requests
    credentials: Any  # the SigningCredentials of both clients
    seconds: float | None  # the time limit of one operation, excluding the wait for the rate limit; None for no limit
    own_retries: bool  # whether Operation retries reads; otherwise, botocore retries them
    max_faults: int  # an operation fails after this many server errors and broken connections
    rate_limit: Any  # the RateLimit in a bulk run, in which several threads share this client; otherwise, None
    request_ids: dict[str, object] | None  # the request IDs of all responses so far; None if they are not checked
    settings: dict[str, Any]  # the connection options
    clean: Callable[..., str]  # returns text from AWS, botocore, or a proxy server, with secrets hidden
    numbers: Any  # the PhoneNumbers to hide, or None; the fallback phone number of each proxy configuration is added
    holds_slot: bool = False  # whether the caller has waited for the rate limit, so the first request need not wait

    @property
    def region(self) -> str:
        return self.reads.meta.region_name

    @property
    def model(self) -> Any:
        return self.reads.meta.service_model


class Attempt(threading.Thread):
    """A thread that runs a function, and that can be abandoned, because socket timeouts do not limit the total time."""

    def __init__(self, function: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.sent = 0  # the number of requests so far
        self.abandoned = False
        self._function: Any = function  # None after the function has ended
        self._result: Any = None
        self._exception: BaseException | None = None

    def run(self) -> None:
        try:
            self._result = self._function()
        except BaseException as e:  # result() raises it in the waiting thread
            self._exception = e
        self._function = None

    def result(self, seconds: float | None) -> Any:
        """Start the thread, and return the result of the function.

        :raises DeadlineExceeded: the function did not end within *seconds*, and was abandoned.
        :raises NoThread: the system cannot start a thread.
        """
        try:
            self.start()
        except RuntimeError:
            raise NoThread from None
        try:
            self.join(seconds)
        finally:
            # Run this even if a signal interrupts join(). Do not use is_alive(), which can be wrong after an interrupt.
            self.abandoned = self._function is not None
        if self.abandoned:
            raise DeadlineExceeded
        exception, self._exception = self._exception, None
        try:
            if exception is not None:
                raise exception
        finally:
            del exception  # otherwise, its traceback and this frame would keep each other in memory for too long
        return self._result


def stop_abandoned(**kwargs: Any) -> None:
    """Count a request that is about to be sent, and stop the request if its attempt was abandoned.

    This is a handler for botocore's event ``before-send``.
    """
    attempt: Any = threading.current_thread()  # an Attempt
    # Count before the check, so that no uncounted request is sent. If an attempt is abandoned, _attempt() reads the
    # count only after ``abandoned`` is set. So if _attempt() has already read the count, the check stops this request.
    attempt.sent += 1
    if attempt.abandoned:
        raise DeadlineExceeded


class Operation:
    """One call to a service operation."""

    def __init__(self, client: VoiceClient, name: str, action: str) -> None:
        """Prepare a call.

        :param name: the name of the operation, such as ``GetVoiceConnector``.
        :param action: the action, as in "Failed to ACTION in REGION".
        """
        self._client = client
        self._name = name
        self._action = action
        self._is_write = not name.startswith(("Get", "List"))
        self._retries = client.own_retries or self._is_write
        # Whether to send only one request. A Create request has no client token, so a second one could create a second
        # resource.
        self._once = name.startswith("Create")
        self._started = 0.0
        # Three counts: requests, throttled attempts, and attempts that ended with a fault, such as a server error or a
        # broken connection
        self._sent = self._throttles = self._faults = 0
        self._last = ""  # the error that ended the previous attempt, as words to insert into a message; may be empty

    def require(self) -> Any:
        """Return botocore's method for this operation; raise VoiceError if botocore does not have the operation."""
        client = self._client.writes if self._is_write else self._client.reads
        for method, name in client.meta.method_to_api_mapping.items():
            if name == self._name:
                return getattr(client, method)
        raise self.failure("no_operation")

    def __call__(self, prepare: Callable[[bool], dict[str, Any]] | None = None, **parameters: Any) -> Any:
        """Call the operation, and return botocore's response. Its key ``RawJson`` contains the output, if there is any.

        :param prepare: a function to call immediately before each attempt. Its argument is whether the service may have
            applied an earlier attempt. It returns further parameters. An exception in this function ends the operation.
        :raises NotFound: the service returned the error NotFound.
        :raises VoiceError: the operation failed for a reason that is not the error NotFound.
        """
        if prepare is None:
            self.require()
        clean = self._client.clean
        holds_slot = self._client.holds_slot
        rejected = True  # whether it is certain that the service applied no attempt so far
        pending = False  # whether the service may still apply an attempt
        self._started = time.monotonic()
        while True:
            response = None
            failed = (None if holds_slot else self._wait_for_slot()) or self._resolve_credentials()
            holds_slot = False
            if failed is None:
                prepared = self._pause(functools.partial(prepare, not rejected)) if prepare else {}
                call = functools.partial(self.require(), **parameters, **prepared)
                response, failed = self._attempt(call)
            if failed is None:
                return response
            rejected = rejected and failed.rejected
            pending = pending or failed.pending
            delay = self._delay(failed)
            if delay is None:
                break
            self._last = f", one of which ended with {clean(failed.last, 200)}" if failed.last else ""
            time.sleep(delay)
        error = self.failure(
            failed.name,
            NotFound if failed.name == "not_found" else VoiceError,
            words=failed.words and clean(failed.words),
            error=failed.error and {key: clean(value) for key, value in failed.error.items()},
            metadata=failed.metadata
            and {**failed.metadata, "request_id": failed.request_id and clean(failed.request_id, 100)},
            **{key: clean(value, 200) if key in _OUTSIDE else value for key, value in failed.fields.items()},
        )
        error.rejected, error.pending = rejected, pending
        error.affects_all = error.affects_all or getattr(self._client.rate_limit, "gave_up", False)
        raise error

    def member(self, response: dict[str, Any], name: str, kind: type = dict) -> Any:
        """Return the value of the member *name* of a response, or None if AWS confirms that it is not set.

        :param kind: the type of the value, ``dict`` or ``list``.
        :raises VoiceError: the value has a different type, or the response contains members, but not this member. Also
            raised if the value is missing or empty, and the response has no request ID.
        """
        document = response[RAW_JSON]
        value = document.get(name)
        if value is not None:
            self.check(require_type, value, kind, name)
        if value:
            return value
        if document and name not in document:
            raise self.failure("unreadable", reason=f"it has other members, but not {name}")
        self.require_request_id(response)
        return None

    def check(self, function: Callable[..., _T], *args: Any) -> _T:
        """Return the result of *function*; raise VoiceError if it raises MistypedValue."""
        try:
            return function(*args)
        except MistypedValue as e:
            reason = str(e)
        raise self.failure("unreadable", reason=reason)

    def require_request_id(self, response: dict[str, Any]) -> None:
        """Raise VoiceError if a response has no request ID, because every response from AWS has one."""
        if not response["ResponseMetadata"].get("RequestId"):
            raise self.failure("unreadable", reason="it has no request ID, unlike every response from AWS")

    def failure(self, name: str, kind: type[VoiceError] = VoiceError, words: str = "", **fields: Any) -> VoiceError:
        """Return an error about this operation, with the message that has the name *name*.

        :param fields: further arguments of VoiceError, and values for placeholders in the message. This function adds
            the values that it knows, such as the version of botocore.
        """
        from ._client import installed_sdk
        from ._failures import FAILURES, describe_proxy, describe_regions

        if self._name.endswith("VoiceConnectorProxy"):
            name = _ENDED_FAILURES.get(name, name)
        client = self._client.reads
        known: dict[str, Callable[[], Any]] = {
            "permission": lambda: f"{client.meta.service_model.signing_name}:{self._name}",
            "requests": lambda: count_requests(
                self._throttles if name == "throttled" and self._retries else self._sent
            ),
            "seconds": lambda: round(self._client.seconds or 0),
            "last": lambda: self._last,
            "ended": lambda: _ENDED if self._name == "PutVoiceConnectorProxy" else "",
            "proxy": lambda: describe_proxy(client),
            "offered": lambda: describe_regions(client),
            "version": lambda: installed_sdk()["version"],
            "python": lambda: installed_sdk()["python"],
        }
        fields.update((field, known[field]()) for field in fields_of(name) - set(fields))
        prefix = f"Failed to {self._action} in {self._client.region} ({self._name}): "
        error = kind(name, prefix, words, operation=self._name, region=self._client.region, **fields)
        if name in FAILURES:
            error.affects_all = error.affects_all or FAILURES[name].affects_all
            error.rejected = error.rejected or FAILURES[name].rejected
        return error

    def _wait_for_slot(self) -> Any:
        """Wait until the rate limit permits a request; return a Failed if the bulk run has given up."""
        rate_limit = self._client.rate_limit
        if rate_limit is None:
            return None
        from ._rate_limit import ThrottledTooLong

        try:
            self._pause(rate_limit.wait)
        except ThrottledTooLong:
            from ._failures import Failed

            return Failed("all_throttled", fields={"seconds": round(rate_limit.window)})
        return None

    def _resolve_credentials(self) -> Any:
        """Obtain the credentials for the next request; return a Failed if they could not be obtained."""
        try:
            self._client.credentials.resolve(lambda function: Attempt(function).result(self._left()))
        except Exception as e:  # botocore does not wrap errors from files, processes, JSON, and other services
            from ._failures import explain_credentials

            return explain_credentials(e, self._client.settings)
        return None

    def _attempt(self, function: Callable[[], Any]) -> tuple[Any, Any]:
        """Call botocore once. Return the response, if there is one, and a Failed if the attempt failed.

        A Failed describes the failure: a bad response or an exception.
        """
        attempt = Attempt(function)
        response = failed = None
        try:
            response = attempt.result(self._left())
            request_id = response["ResponseMetadata"].get("RequestId")
            problem = "truncated" if TRUNCATED in response else None
        except Exception as e:  # the SDK does not wrap ValueError, TypeError, OSError, and others
            from ._failures import explain

            failed = explain(e, self._client.settings, sent=attempt.sent > 0)
            request_id = failed.request_id
            problem = None
        self._sent += attempt.sent
        if not self._is_new(request_id):
            problem = "repeated_response"
        if problem:
            from ._failures import Failed

            failed = Failed(problem, answered=True)
        rate_limit = self._client.rate_limit
        if rate_limit is not None and (failed is None or failed.answered):
            rate_limit.record(failed is not None and failed.row.retry == "throttle")
        return response, failed

    def _is_new(self, request_id: str | None) -> bool:
        """Remember a request ID, and return whether it is new. A response without a request ID counts as new.

        If the ID is not new, a faulty proxy server may have returned the response to an earlier request. Therefore,
        close the connections.
        """
        seen = self._client.request_ids
        if seen is None or not request_id:
            return True
        own = object()
        new = seen.setdefault(request_id, own) is own  # one atomic step, because several threads share the dictionary
        if not new:
            self._client.reads.close()
            self._client.writes.close()
        return new

    def _delay(self, failed: Any) -> float | None:
        """Count a failed attempt. Return the seconds to wait before the next attempt, or None to stop."""
        rate_limit = self._client.rate_limit
        if failed.row.retry == "throttle":
            self._throttles += 1
            failures, more = self._throttles, self._throttles < MAX_THROTTLES
            # In a bulk run, the window of the RateLimit applies instead of THROTTLE_WINDOW.
            more = more and (time.monotonic() < self._started + THROTTLE_WINDOW if rate_limit is None else True)
        elif failed.row.retry == "fault":
            self._faults += 1
            failures, more = self._faults, self._faults < self._client.max_faults
        else:
            return None
        # Wait at most 0.5 seconds after the first failure, then at most 1, 2, and 4 seconds, then at most 5 seconds.
        delay = random.uniform(0, min(MAX_BACKOFF, 2 ** (failures - 2)))
        left = self._left()
        if self._once and self._sent:
            return None
        # If botocore retries reads, retry here only in the two cases that botocore does not retry: if the request was
        # not sent, or if the response has the request ID of an earlier response.
        retries = self._retries or not failed.sent or failed.name == "repeated_response"
        return delay if more and retries and (left is None or delay < left) else None

    def _pause(self, function: Callable[[], _T]) -> _T:
        """Call a function whose time does not count toward the limit of this operation."""
        began = time.monotonic()
        result = function()
        self._started += time.monotonic() - began
        return result

    def _left(self) -> float | None:
        """Return how many seconds remain until the time limit of this operation, or None if there is no limit."""
        seconds = self._client.seconds
        return None if seconds is None else max(0.0, self._started + seconds - time.monotonic())


def count_requests(number: int) -> str:
    return f"{number} request" if number == 1 else f"{number} requests"
