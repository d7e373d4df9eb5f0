# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""What can go wrong, as sentences for the user: what was to be done, what happened, and what to do about it."""

from __future__ import annotations

import sys
from typing import Any

try:
    from botocore.exceptions import ClientError
    from botocore.exceptions import EndpointConnectionError
    from botocore.exceptions import NoCredentialsError
    from botocore.exceptions import ParamValidationError
    from botocore.exceptions import ProxyConnectionError
    from botocore.exceptions import SSLError
except ImportError:
    pass  # AnsibleAWSModule says so, before anything here is used.

from ansible_collections.chime_sdk.voice.plugins.module_utils._amazon_aws import AnsibleAWSError
from ansible_collections.chime_sdk.voice.plugins.module_utils._amazon_aws import gather_sdk_versions

THROTTLE_CODES = frozenset(
    ("ThrottledClientException", "Throttled", "Throttling", "ThrottlingException", "TooManyRequestsException")
)
NOT_FOUND_NAMES = frozenset(("NotFoundException", "NotFound"))
_CREDENTIAL_CODES = frozenset(
    (
        "ExpiredTokenException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnauthorizedClientException",
        "UnrecognizedClientException",
    )
)


class VoiceError(AnsibleAWSError):
    """What cannot be done; ``message`` is a sentence for the user, ``exception`` the SDK's error or None."""

    def __init__(
        self,
        message: str,
        exception: Exception | None = None,
        operation: str | None = None,
        hopeless: bool = False,
    ) -> None:
        """Say also which *operation* failed, and whether every other request is bound to fail as well."""
        super().__init__(message=message, exception=exception)
        self.operation = operation
        self.hopeless = hopeless

    @property
    def code(self) -> str | None:
        """The error code of AWS, or None when the failure is not an answer with one."""
        response = getattr(self.exception, "response", None) or {}
        return response.get("Error", {}).get("Code")

    @property
    def refused(self) -> bool:
        """Whether the service has certainly done nothing: nothing was sent, or the first attempt was refused."""
        if self.exception is None:
            return self.hopeless
        metadata = (getattr(self.exception, "response", None) or {}).get("ResponseMetadata", {})
        return 400 <= metadata.get("HTTPStatusCode", 0) < 500 and not metadata.get("RetryAttempts")


class NotFound(VoiceError):
    """The service answered 404 and meant that what was asked for is not there."""


class NoTags(VoiceError):
    """The service does not tell the tags of a resource."""


class UnreadableAnswer(Exception):
    """The answer says success, but it is not one that the service gives; the text says why."""


def sdk_lacks(what: str) -> str:
    """Return the sentence for an SDK that lacks something; *what* names it."""
    return f"botocore {gather_sdk_versions()['botocore_version']} is installed for {sys.executable}, but {what}"


def error_of(exception: Exception, client: Any, doing: str, operation: str) -> VoiceError:
    """Return the error that a call of the SDK has raised, as one for the user: a NotFound when it is a 404 that means it.

    :param doing: the action with its object, as in "Failed to DOING in REGION".
    """
    failed = f"Failed to {doing} in {client.meta.region_name} ({operation}): "
    if isinstance(exception, ClientError):
        kind = NotFound if _is_not_found(exception) else VoiceError
        hopeless = _is_about_credentials(exception)
        return kind(failed + _refusal(exception, operation), exception, operation, hopeless)
    if isinstance(exception, UnreadableAnswer):
        return unreadable(client, doing, operation, str(exception))
    if isinstance(exception, ParamValidationError):
        needed = (
            f"a version that knows the whole request is needed, nothing was sent: {' '.join(str(exception).split())}"
        )
        return VoiceError(failed + sdk_lacks(needed), operation=operation, hopeless=True)
    return VoiceError(
        failed + _no_answer(exception, client), exception, operation, isinstance(exception, NoCredentialsError)
    )


def unreadable(client: Any, doing: str, operation: str, reason: str) -> VoiceError:
    """Return the error for an answer that says success and is none of the service's; *reason* says why."""
    return VoiceError(
        f"Failed to {doing} in {client.meta.region_name} ({operation}): the answer is unreadable, {reason}. "
        "Check what lies between: endpoint_url, a proxy server, a captive portal.",
        operation=operation,
    )


def _no_answer(exception: Exception, client: Any) -> str:
    """Return the words between "Failed to ...: " and botocore's own, when there is no answer."""
    if isinstance(exception, NoCredentialsError):
        return (
            "no AWS credentials were found where the task runs; give access_key and secret_key, a profile, "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or that machine a role"
        )
    if isinstance(exception, EndpointConnectionError):
        regions = client.meta.service_model.shape_for("VoiceConnectorAwsRegion").enum
        return (
            "the endpoint cannot be reached; check the network, endpoint_url and the Region. Amazon Chime SDK Voice is "
            f"offered in {', '.join(sorted(regions))}"
        )
    if isinstance(exception, ProxyConnectionError):
        return (
            "the HTTP proxy server cannot be reached; check HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the environment where "
            "the task runs, and proxies in aws_config"
        )
    if isinstance(exception, SSLError):
        return (
            "no TLS connection; check that the server of endpoint_url speaks TLS, and the CA certificates, which "
            "aws_ca_bundle or AWS_CA_BUNDLE may name"
        )
    return (
        f"no answer ({type(exception).__name__}); check the network and the connection options, "
        "endpoint_url and aws_config among them"
    )


def _is_not_found(error: Any) -> bool:
    """Whether a ClientError is a 404 about the resource: an UnknownOperationException, say, is a 404 too."""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status == 404 and error.response["Error"]["Code"] in NOT_FOUND_NAMES | {"404"}


def _is_about_credentials(error: Any) -> bool:
    """Whether a ClientError refuses the credentials themselves, and so would refuse every other request."""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status == 401 or error.response["Error"]["Code"] in _CREDENTIAL_CODES


def _refusal(error: Any, operation: str) -> str:
    """Return the words between "Failed to ...: " and botocore's own: what the error means and what to do."""
    metadata = error.response["ResponseMetadata"]
    status = metadata["HTTPStatusCode"]
    code = error.response["Error"]["Code"]
    attempts = metadata.get("RetryAttempts", 0) + 1
    # A new configuration may be refused for another reason than what the answer seems to say.
    putting = operation == "PutVoiceConnectorProxy"
    ended = "; AWS ended support for proxy sessions on 2026-04-07 and may refuse this" if putting else ""
    if status == 429 or code in THROTTLE_CODES:
        return (
            f"the service throttles this account, {attempts} requests were answered so; try later, or with fewer "
            "at a time. The answer was"
        )
    if _is_about_credentials(error):
        return (
            "the credentials are not accepted; check that they are complete and have not expired, and then that the "
            f"IAM action chime:{operation} is allowed to them. The answer was"
        )
    if status == 403:
        return (
            f"access is denied; the IAM action chime:{operation} has to be allowed to these credentials{ended}. "
            "The answer was"
        )
    if _is_not_found(error):
        return "it is not there; check the ID, the Region and the account. The answer was"
    if status == 410 or code == "UnknownOperationException":
        return (
            "the service no longer offers this; AWS ended support for proxy sessions on 2026-04-07, and only AWS Support "
            "can say what is left. The answer was"
        )
    if status >= 500:
        return f"the service has a fault, {attempts} requests were answered so; try later. The answer was"
    return f"the request is refused; check its values, an ID is neither a name nor an ARN{ended}. The answer was"
