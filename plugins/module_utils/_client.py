# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""How this collection talks to the service: the client, its retries, and what counts as an answer.

Three botocore events carry the policy, so that every operation of a client keeps it and no call has to:

* ``before-call`` notes when an operation began;
* ``before-parse`` judges an answer by its raw bytes, because botocore turns what it cannot read into ``{}``;
* ``needs-retry`` decides about the next attempt, in place of botocore's own retry modes.
"""

from __future__ import annotations

import json
import os
import random
import time
from typing import Any

try:
    from botocore.config import Config
    from botocore.exceptions import ConnectionClosedError
    from botocore.exceptions import ConnectionError as BotoConnectionError
    from botocore.exceptions import NoRegionError
    from botocore.exceptions import ReadTimeoutError
    from botocore.exceptions import SSLError
    from botocore.exceptions import UnknownServiceError
except ImportError:
    pass  # AnsibleAWSModule says so, before anything here is used.

from ansible.module_utils.compat.version import LooseVersion

from ansible_collections.chime_sdk.voice.plugins.module_utils._amazon_aws import boto3_inventory_conn
from ansible_collections.chime_sdk.voice.plugins.module_utils._amazon_aws import gather_sdk_versions
from ansible_collections.chime_sdk.voice.plugins.module_utils._amazon_aws import get_aws_connection_info
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import THROTTLE_CODES
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import UnreadableAnswer
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import VoiceError
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import sdk_lacks

SERVICE = "chime-sdk-voice"

# The oldest botocore that emits before-parse.
MINIMUM_BOTOCORE_VERSION = "1.35.16"

# An endpoint that accepts and never answers costs 3 x 10 s and at most 1.5 s of waiting.
CONNECT_TIMEOUT = 5  # seconds
READ_TIMEOUT = 10  # seconds

MAX_FAULTS = 3  # requests that meet a server fault or a broken connection
MAX_THROTTLES = 10  # requests that the service answers with 429
THROTTLE_WINDOW = 45  # seconds in which a throttled attempt may start; it then takes at most 15 more

# Of thousands of reads none is to be lost to a fault that passes; and all of them wait for one rate limit.
BULK_MAX_FAULTS = 6

FAULT_CODES = frozenset(
    ("ServiceFailureException", "ServiceFailure", "ServiceUnavailableException", "ServiceUnavailable")
)
FAULT_STATUSES = frozenset((500, 502, 503, 504))

_STATE = "chime_sdk_voice_retries"

# What JSON has to hold where the service model says so; anything does where it says something else.
_JSON_TYPES = {
    "structure": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "timestamp": (str, int, float),
}


def connect(module: Any, purpose: str, concurrency: int | None = None) -> Any:
    """Return a boto3 client for Amazon Chime SDK Voice, with this collection's bounds on time and retries.

    The one function that sees the module. What the user sets in ``aws_config`` wins over the bounds here;
    ``retries`` there switches this collection's retries off in favour of botocore's own.

    :param module: the AnsibleAWSModule with the connection options.
    :param purpose: what the client is for, as in "Failed to PURPOSE".
    :param concurrency: for a bulk read, how many threads share the client; they then keep to one rate together.
    :raises VoiceError: when the options, the environment or the SDK do not make a client.
    """
    params = module.params
    failed = f"Failed to {purpose} in {params.get('region') or 'the default Region'}"
    # The check of AnsibleAWSModule says yes to every version where the package packaging is missing.
    if LooseVersion(gather_sdk_versions()["botocore_version"]) < LooseVersion(MINIMUM_BOTOCORE_VERSION):
        needed = (
            f"{MINIMUM_BOTOCORE_VERSION} or newer is needed; upgrade boto3 there, or name another Python in "
            "ansible_python_interpreter"
        )
        raise VoiceError(f"{failed}: {sdk_lacks(needed)}")
    if params.get("profile") and any(params.get(key) for key in ("access_key", "secret_key", "session_token")):
        raise VoiceError(
            f"{failed}: profile cannot be combined with access_key, secret_key or session_token. "
            "Leave one of the two out; the environment variables AWS_PROFILE, AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN count as well."
        )
    if params.get("validate_certs") and params.get("aws_ca_bundle") and not os.path.exists(params["aws_ca_bundle"]):
        raise VoiceError(
            f"{failed}: aws_ca_bundle, or AWS_CA_BUNDLE, is {params['aws_ca_bundle']}, and there is no such file."
        )
    bounds = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        # One attempt: the needs-retry handler asks for the others, whatever retry mode the environment sets.
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=concurrency or 1,
    )
    try:
        region, endpoint_url, connection = get_aws_connection_info(module)
        client = boto3_inventory_conn(
            "client", SERVICE, region=region, endpoint=endpoint_url, config=bounds, **connection
        )
    except NoRegionError:
        raise VoiceError(
            f"Failed to {purpose}: no AWS Region is set. "
            "Give the region option, AWS_REGION in the environment, or a profile that has one."
        ) from None
    except UnknownServiceError as e:
        raise VoiceError(f"{failed}: {sdk_lacks(f'it has no service {SERVICE}; install one that has')}") from e
    except Exception as e:  # botocore checks little here: ValueError, TypeError, AttributeError all mean bad options
        about = "aws_config" if params.get("aws_config") else "a connection option"
        raise VoiceError(f"{failed}: {about} is not accepted; correct what botocore names", exception=e) from e

    events = client.meta.events
    events.register(f"before-parse.{SERVICE}", check_answer)
    if "retries" not in (params.get("aws_config") or {}):
        # botocore's handler would do nothing but call every error the last of its one attempt.
        events.unregister(f"needs-retry.{SERVICE}", unique_id=f"retry-config-{SERVICE}")
        retries = Retries() if concurrency is None else Retries(BULK_MAX_FAULTS, float("inf"))
        events.register(f"before-call.{SERVICE}", retries.note_start)
        events.register(f"needs-retry.{SERVICE}", retries.delay)
        if concurrency is not None:
            _limit_rate(events)
    return client


def _limit_rate(events: Any) -> None:
    """Register botocore's client-side rate limiter, taught to see this service's way of throttling.

    It lets everything pass until the first 429, and from then on no more than what the service grants.
    """
    from botocore.retries import adaptive
    from botocore.retries import bucket
    from botocore.retries import throttling

    class Detector:
        @staticmethod
        def is_throttling_error(response: Any = None, **kwargs: Any) -> bool:
            return _is_throttled(response)

    clock = bucket.Clock()
    limiter = adaptive.ClientRateLimiter(
        rate_adjustor=throttling.CubicCalculator(starting_max_rate=0, start_time=clock.current_time()),
        rate_clocker=adaptive.RateClocker(clock),
        token_bucket=bucket.TokenBucket(max_rate=1, clock=clock),
        throttling_detector=Detector,
        clock=clock,
    )
    events.register(f"before-send.{SERVICE}", limiter.on_sending_request)
    events.register(f"needs-retry.{SERVICE}", limiter.on_receiving_response)


class Retries:
    """The needs-retry handler. Its state lives in each request, so that threads share none."""

    def __init__(self, max_faults: int = MAX_FAULTS, throttle_window: float = THROTTLE_WINDOW) -> None:
        self._max_faults = max_faults
        self._throttle_window = throttle_window  # seconds

    def note_start(self, params: dict[str, Any], **kwargs: Any) -> None:
        """Start the clock of an operation."""
        params["context"][_STATE] = {"started": time.monotonic(), "throttles": 0, "faults": 0}

    def delay(
        self,
        response: tuple[Any, dict[str, Any]] | None,
        caught_exception: Exception | None,
        request_dict: dict[str, Any],
        **kwargs: Any,
    ) -> float | None:
        """Return the seconds to wait before the next attempt, or None when there is to be none.

        Throttling and faults are counted apart over all attempts of one operation.
        """
        state = request_dict["context"][_STATE]
        if _is_throttled(response):
            state["throttles"] += 1
            delay = _jitter(state["throttles"])
            late = time.monotonic() + delay > state["started"] + self._throttle_window
            return None if late or state["throttles"] >= MAX_THROTTLES else delay
        if _is_fault(response, caught_exception):
            state["faults"] += 1
            return None if state["faults"] >= self._max_faults else _jitter(state["faults"])
        return None


def _jitter(failures: int) -> float:
    """Return a random time of up to 0.5, 1, 2, 4 and then always 5 seconds."""
    return random.uniform(0, min(5, 2 ** (failures - 2)))


def _is_throttled(response: tuple[Any, dict[str, Any]] | None) -> bool:
    if response is None:
        return False
    http, parsed = response
    return http.status_code == 429 or (http.status_code >= 400 and _error_code(parsed) in THROTTLE_CODES)


def _is_fault(response: tuple[Any, dict[str, Any]] | None, exception: Exception | None) -> bool:
    if response is not None:
        http, parsed = response
        return http.status_code in FAULT_STATUSES or (http.status_code >= 400 and _error_code(parsed) in FAULT_CODES)
    # A certificate that does not verify will not verify the next time.
    return isinstance(exception, (BotoConnectionError, ConnectionClosedError, ReadTimeoutError)) and not isinstance(
        exception, SSLError
    )


def _error_code(parsed: dict[str, Any]) -> Any:
    return parsed.get("Error", {}).get("Code")


def check_answer(
    operation_model: Any,
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **kwargs: Any,
) -> None:
    """Judge an HTTP answer before botocore parses it, and hand its JSON on as ``Unparsed``.

    botocore reads an HTML page, a truncated body or an empty one as ``{}``, spells a string out as a list,
    drops members that it does not know, and breaks on JSON that is not an object.

    :raises UnreadableAnswer: when the status says success and the body is not what the service model says.
    """
    status = response_dict["status_code"]
    if status >= 301:  # from here on botocore reads an error
        response_dict["body"] = _error_body(status, response_dict["body"])
        return
    expected = operation_model.http.get("responseCode", 200)
    if status != expected:
        raise UnreadableAnswer(f"its HTTP status is {status}, not {expected}")
    if operation_model.output_shape is None:
        return
    try:
        body = json.loads(response_dict["body"].decode("utf-8"))
    except (ValueError, RecursionError):
        content_type = response_dict["headers"].get("content-type", "an unknown type")
        size = len(response_dict["body"])
        raise UnreadableAnswer(f"its body ({size} bytes of {content_type}) is not complete JSON") from None
    _check_type(operation_model.output_shape, body, "the body")
    customized_response_dict["Unparsed"] = body


def _check_type(shape: Any, value: Any, where: str) -> None:
    """Raise UnreadableAnswer unless JSON *value* is what the botocore *shape* says; the value is never shown."""
    # The very type: to isinstance() a bool is an int.
    if type(value) not in _JSON_TYPES.get(shape.type_name, (type(value),)):
        raise UnreadableAnswer(f"{where} is not of the type {shape.type_name}")
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            inner = value.get(member.serialization.get("name", name))
            if inner is not None:  # the service writes null for what is not set
                _check_type(member, inner, name)
    elif shape.type_name == "list":
        for inner in value:
            _check_type(shape.member, inner, f"an item of {where}")


def _error_body(status: int, body: bytes) -> bytes:
    """Return an error's body as a JSON object with text members only, all that botocore can read."""
    text = body.decode("utf-8", "replace")
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        parsed = {"message": " ".join(text.split())[:200]}
    kept = {
        key: parsed[key]
        for key in ("__type", "code", "Code", "message", "Message")
        if isinstance(parsed.get(key), str) and parsed[key]
    }
    if not {"message", "Message"} & set(kept):
        kept["message"] = f"HTTP status {status} without a message"
    return json.dumps(kept).encode()
