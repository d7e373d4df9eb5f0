# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Map exceptions from the SDK to messages for the user."""

from __future__ import annotations

import traceback
from typing import Any
from typing import NamedTuple

try:
    from botocore.exceptions import BotoCoreError
    from botocore.exceptions import ClientError
    from botocore.exceptions import EndpointConnectionError
    from botocore.exceptions import HTTPClientError
    from botocore.exceptions import NoCredentialsError
    from botocore.exceptions import ProxyConnectionError
except ImportError:
    pass  # AnsibleAWSModule reports the missing SDK before anything here is used.

from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import FAULT_NAMES
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import THROTTLE_NAMES
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import Attempts
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import DeadlineExceeded
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import ThrottledTooLong
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import canonical_name
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import connect_status
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import is_broken_connection
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import is_permanent_tls_error
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import is_unverified
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import printable

# Error names, as canonical_name() returns them.
_CREDENTIAL_NAMES = frozenset(
    (
        "AuthFailure",
        "ExpiredToken",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignature",
        "InvalidToken",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "Unauthorized",
        "Unrecognized",
    )
)
_CLOCK_NAMES = frozenset(("RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"))
_CLOCK_WORDS = ("Signature expired", "Signature not yet current")
_ACCOUNT_NAMES = frozenset(("NotSignedUp", "OptInRequired", "SubscriptionRequired"))
_ACCOUNT_WORDS = ("Not authorized to call Chime SDK with Account Id", "Subscription check failed")


class Explanation(NamedTuple):
    """The name of a message in ``MESSAGES``, and the values of its fields."""

    name: str
    values: dict[str, Any]
    affects_all: bool = False  # whether every further request will fail for the same reason


def count_requests(number: int) -> str:
    return f"{number} request" if number == 1 else f"{number} requests"


def explain_credentials(exception: BaseException) -> str | None:
    """Return the words that follow "could not be obtained", or None if *exception* is not about credentials.

    Credential providers do not wrap errors from files, processes, JSON, or other services. The traceback shows whether
    the exception came from a credential provider.
    """
    if isinstance(exception, DeadlineExceeded):
        return " in time"
    modules = (frame.f_globals.get("__name__") for frame, _line in traceback.walk_tb(exception.__traceback__))
    return "" if any(module in ("botocore.credentials", "botocore.tokens") for module in modules) else None


def explain_exception(exception: BaseException, attempts: Attempts, client: Any) -> Explanation:
    """Explain any exception except an error response to the operation itself.

    :param client: the VoiceClient.
    """
    if isinstance(exception, NoCredentialsError):
        return Explanation("no_credentials", {}, True)
    if isinstance(exception, ClientError):
        return Explanation("credentials_unavailable", {"source": f": {exception.operation_name} failed"}, True)
    if attempts.signing and not isinstance(exception, ThrottledTooLong):
        return Explanation("credentials_unavailable", {"source": explain_credentials(exception) or ""}, True)
    requests = count_requests(attempts.sent)
    if isinstance(exception, ThrottledTooLong):
        return Explanation("throttled", {"requests": count_requests(attempts.throttles)}, True)
    if isinstance(exception, DeadlineExceeded):
        last = f", the last of which ended with {attempts.last}" if attempts.last else ""
        return Explanation("deadline", {"seconds": round(attempts.seconds or 0), "requests": requests, "last": last})
    if isinstance(exception, ProxyConnectionError):
        status = connect_status(exception)
        name = {None: "proxy_unreachable", 407: "proxy_password"}.get(status, "proxy_refused")
        return Explanation(name, {"status": status}, status == 407)
    if isinstance(exception, Exception) and is_permanent_tls_error(exception):
        return Explanation("bad_certificate" if is_unverified(exception) else "no_tls", {}, True)
    if isinstance(exception, EndpointConnectionError):
        regions = client.boto3.meta.service_model.shape_for("VoiceConnectorAwsRegion").enum
        return Explanation("no_endpoint", {"regions": ", ".join(sorted(regions))})
    if not isinstance(exception, BotoCoreError):
        return Explanation("unreadable", {"reason": f"botocore cannot parse it ({type(exception).__name__})"})
    location = _unfollowed_redirect(exception)
    if location is not None:
        return Explanation("redirected", {"status": 303, "location": _to_location(location)}, True)
    if not is_broken_connection(exception) or not attempts.sent:
        return Explanation(
            "not_sent", {"options": "endpoint_url and aws_config" if client.has_config else "endpoint_url"}
        )
    return Explanation("no_response", {"requests": requests})


def explain_error(error: Any, attempts: Attempts, ended: str) -> Explanation:
    """Explain an error response to the operation itself.

    :param error: the ClientError.
    :param ended: a note on the end of support, for requests that AWS may reject because of it.
    """
    metadata = error.response["ResponseMetadata"]
    status = metadata["HTTPStatusCode"]
    code = error.response["Error"]["Code"]
    message = error.response["Error"].get("Message", "")
    name = canonical_name(code)
    requests = count_requests(max(1, attempts.sent))
    if 300 <= status < 400:
        location = _to_location(metadata.get("HTTPHeaders", {}).get("location"))
        return Explanation("redirected", {"status": status, "location": location}, True)
    if status == 407:
        return Explanation("proxy_password", {}, True)
    if status == 429 or name in THROTTLE_NAMES:
        return Explanation("throttled", {"requests": count_requests(max(1, attempts.throttles))})
    if not is_from_aws(error):
        return Explanation("not_from_aws", {"status": status})
    if name in _CLOCK_NAMES or any(words in message for words in _CLOCK_WORDS):
        return Explanation("wrong_clock", {}, True)
    if name in _ACCOUNT_NAMES or any(words in message for words in _ACCOUNT_WORDS):
        return Explanation("account_not_authorized", {}, True)
    if status == 401 or name in _CREDENTIAL_NAMES:
        return Explanation("credentials_rejected", {}, True)
    if is_named_not_found(error):
        return Explanation("not_found", {})
    if status in (404, 410) or name == "UnknownOperation":
        return Explanation("not_offered", {})
    if status == 403:
        return Explanation("access_denied", {"ended": ended})
    if status >= 500 or status == 408 or name in FAULT_NAMES:
        return Explanation("server_error", {"requests": requests})
    return Explanation("rejected", {"ended": ended})


def _unfollowed_redirect(exception: BaseException) -> str | None:
    """Return the target of a redirect that urllib3 failed to follow, or None.

    urllib3 tries to follow a 303, and fails because botocore passes the headers as bytes.
    """
    cause = exception.kwargs.get("error") if isinstance(exception, HTTPClientError) else None
    for frame, _line in traceback.walk_tb(getattr(cause, "__traceback__", None)):
        if frame.f_locals.get("redirect_location"):
            return str(frame.f_locals["redirect_location"])
    return None


def _to_location(location: str | None) -> str:
    return f" to {printable(location, 200)}" if location else ""


def is_from_aws(error: Any) -> bool:
    """Whether an error response has a request ID or an error name, which only AWS returns."""
    code = str(error.response["Error"]["Code"])
    return bool(error.response["ResponseMetadata"].get("RequestId")) or not code.isdecimal()


def is_named_not_found(error: Any) -> bool:
    """Whether AWS returned the error NotFound. A 404 without that name proves nothing."""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status == 404 and canonical_name(error.response["Error"]["Code"]) == "NotFound"
