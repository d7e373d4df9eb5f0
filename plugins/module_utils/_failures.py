# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""All failures of a request: their messages, whether a retry can help, and whether later requests would fail too."""

from __future__ import annotations

from typing import Any, NamedTuple

try:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConfigParseError,
        ConnectionClosedError,
        CredentialRetrievalError,
        EndpointConnectionError,
        HTTPClientError,
        NoCredentialsError,
        NoRegionError,
        ProxyConnectionError,
        ReadTimeoutError,
        ResponseStreamingError,
        SSLError,
        UnknownServiceError,
    )
    from botocore.exceptions import ConnectionError as BotoConnectionError
    from botocore.parsers import ResponseParserError
except ImportError:
    pass  # AnsibleAWSModule reports the missing SDK before anything here is used.

from ._blame import blame, find_bad_pem, find_suspects
from ._operation import BadCredentials, DeadlineExceeded, NoThread
from ._responses import CONTRADICTION, TRUNCATED, UnreadableResponse, canonical_name

FAULT = "fault"  # a server error or a broken connection: retried a few times
THROTTLE = "throttle"  # a throttled request: retried more times than a fault, for at most about a minute


class Failure(NamedTuple):
    """A kind of failure: its message, and its consequences for this request and for later requests."""

    message: str  # the cause, and then what to do
    retry: str | None = None  # FAULT or THROTTLE: how the request is retried; None: it is not retried
    affects_all: bool = False  # whether every further request will fail for the same reason
    rejected: bool = True  # whether it is certain that the service did not apply the request


_CREDENTIALS = (
    "the AWS credentials could not be obtained{source}. Check {settings}the profile, role, token file, or "
    "credential_process that provides them. If an IAM Identity Center (SSO) session has expired, run 'aws sso login'. "
    "If the role requires an MFA code, provide session credentials, because Ansible cannot prompt for the code"
)
_REFUSED = (
    "the HTTP proxy server refused the request with status {status}. Check its rules, and HTTPS_PROXY, HTTP_PROXY, "
    "and NO_PROXY in the environment of the managed node"
)
_FOREIGN = (
    "the response (status {status}) has no request ID, unlike every response from AWS, so it may not come from AWS. "
    "Check endpoint_url, and any proxy server or firewall in front of the service"
)

FAILURES = {
    # The SDK
    "no_operation": Failure(
        "botocore {version}, which is installed for {python}, does not have the operation {operation}. Upgrade boto3 "
        "for that Python, or, in the task, remove the setting that needs the operation",
        affects_all=True,
    ),
    "no_proxy_operation": Failure(
        "botocore {version}, which is installed for {python}, does not have the operation {operation}. Install a "
        "version that has the operation. You may need an older version, because AWS ended support for proxy sessions "
        "on 2026-04-07",
        affects_all=True,
    ),
    "no_thread": Failure(
        "no thread could be started. Reduce concurrency, or raise the process limit of the managed node", FAULT
    ),
    # Connection settings
    "bad_config_file": Failure(
        "the file {path} is not a valid AWS configuration file. Check its syntax, and save it as UTF-8 without a byte "
        "order mark",
        affects_all=True,
    ),
    "bad_setting": Failure("a connection setting is not valid. Check {settings}", affects_all=True),
    # Credentials
    "no_credentials": Failure(
        "no AWS credentials were found on the managed node. Set access_key and secret_key, a profile, or "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or give that node an IAM role",
        affects_all=True,
    ),
    "bad_credentials": Failure(
        "the {part} contains a space, a line break, or another character that is not allowed in credentials. Correct "
        "the value at its source; it is not shown here, because it may be a secret",
        affects_all=True,
    ),
    "credentials_unavailable": Failure(_CREDENTIALS, affects_all=True),
    "credentials_fault": Failure(_CREDENTIALS, FAULT, affects_all=True),
    "credentials_throttled": Failure(_CREDENTIALS, THROTTLE, affects_all=True),
    "credentials_rejected": Failure(
        "the credentials were rejected. Check that they are complete (including the session token), have not expired, "
        "and have permission for the IAM action {permission}",
        affects_all=True,
    ),
    "wrong_clock": Failure(
        "the time of the request was rejected. Check the clock of the managed node, and check that the credentials "
        "have not expired",
        affects_all=True,
    ),
    "account_not_authorized": Failure(
        "this AWS account is not allowed to use the service. Sign up for the service, or contact AWS Support. This "
        "error can occur even if the credentials and IAM policies are correct",
        affects_all=True,
    ),
    "access_denied": Failure("access is denied. Grant these credentials the IAM action {permission}{ended}"),
    "log_delivery_denied": Failure(
        "the service could not set up the delivery of logs with these credentials. Grant the credentials {permission} "
        "and the IAM actions logs:CreateLogDelivery, logs:GetLogDelivery, logs:ListLogDeliveries, "
        "logs:PutResourcePolicy, logs:DescribeResourcePolicies, and logs:DescribeLogGroups"
    ),
    # Network
    "no_endpoint": Failure(
        "the endpoint cannot be reached. Check the network, endpoint_url, and the Region{proxy}{offered}",
        FAULT,
        rejected=False,
    ),
    "no_response": Failure(
        "the connection failed after {requests}. Check the network and endpoint_url{proxy}", FAULT, rejected=False
    ),
    "not_sent": Failure("the request could not be sent. Check {settings}", rejected=False),
    "deadline": Failure(
        "no complete response arrived within {seconds} seconds, after {requests}{last}. Check the network and "
        "endpoint_url, or try again later{proxy}",
        rejected=False,
    ),
    "truncated": Failure(
        "the response ended in the middle of its body, after {requests}. Check the network, "
        "endpoint_url, and any proxy server or firewall in front of the service",
        FAULT,
        rejected=False,
    ),
    "proxy_unreachable": Failure(
        "the HTTP proxy server cannot be reached. Check HTTPS_PROXY, HTTP_PROXY, and NO_PROXY in the environment of "
        "the managed node, and 'proxies' in aws_config",
        FAULT,
    ),
    "proxy_refused": Failure(_REFUSED),
    "proxy_failed": Failure(_REFUSED, FAULT),
    "proxy_password": Failure(
        "the HTTP proxy server requires a valid user name and password (status 407). Check the user name and password "
        "in HTTPS_PROXY, or in 'proxies' in aws_config",
        affects_all=True,
    ),
    "proxy_certificate": Failure(
        "the TLS certificate of the HTTP proxy server could not be verified. Check HTTPS_PROXY. Set the option "
        "aws_ca_bundle, or proxy_ca_bundle in proxies_config in aws_config, to the path of the CA certificate",
        affects_all=True,
    ),
    "proxy_no_tls": Failure(
        "the HTTP proxy server does not support TLS. Its URL in HTTPS_PROXY, HTTP_PROXY, or 'proxies' in aws_config "
        "must begin with http://",
        affects_all=True,
    ),
    "bad_certificate": Failure(
        "the TLS certificate of the server could not be verified. Check endpoint_url, and set aws_ca_bundle or "
        "AWS_CA_BUNDLE to the path of the CA certificate",
        affects_all=True,
    ),
    "bad_pem": Failure(
        "the file {path} does not contain a valid certificate or key in PEM format. Correct {settings}",
        affects_all=True,
    ),
    "no_tls": Failure("the server does not support TLS. Check endpoint_url{proxy}", affects_all=True),
    # Responses that are not from AWS, or that belong to a different request
    "redirected": Failure(
        "the request was redirected with status {status} to {location}, but AWS does not redirect requests. Check "
        "endpoint_url, and whether a captive portal or a proxy server requires you to sign in",
        affects_all=True,
        rejected=False,
    ),
    "not_from_aws": Failure(_FOREIGN, rejected=False),
    "gateway_error": Failure(_FOREIGN, FAULT, rejected=False),
    "contradictory": Failure(
        "the response contradicts itself: {reason}. Check endpoint_url, and any proxy server in front of the service",
        rejected=False,
    ),
    "repeated_response": Failure(
        "an earlier response had the same request ID, so this response belongs to a different request. Check the "
        "network and endpoint_url{proxy}",
        FAULT,
        rejected=False,
    ),
    "unreadable": Failure(
        "the response is unreadable: {reason}. Check endpoint_url, and any proxy server or captive portal in front "
        "of the service",
        rejected=False,
    ),
    # The service
    "throttled": Failure(
        "the service throttled {requests} from this account. Try again later, or with fewer requests at a time",
        THROTTLE,
    ),
    "all_throttled": Failure(
        "the service throttled every request to this Region for {seconds} seconds, so the module stopped sending "
        "requests to it. Try again later, or with fewer requests at a time",
        affects_all=True,
    ),
    "not_found": Failure("the resource does not exist. Check the ID, the Region, and the account"),
    "not_offered": Failure("the service does not offer this operation. Check endpoint_url"),
    "proxies_not_offered": Failure(
        "the service does not offer this operation. AWS ended support for proxy sessions on 2026-04-07; only AWS "
        "Support can tell you which proxy configurations remain. Check endpoint_url"
    ),
    "server_error": Failure(
        "the service returned a server error, and {requests} failed. Try again later", FAULT, rejected=False
    ),
    "rejected": Failure(
        "the request was rejected. Check the values of the options. A voice_connector_id must be an ID, not a "
        "name{ended}"
    ),
}

# For each failure, the names of the AWS errors that cause it, in the form that canonical_name() returns.
_NAMES = {
    "throttled": (
        "BandwidthLimitExceeded EC2Throttled PriorRequestNotComplete ProvisionedThroughputExceeded "
        "RequestLimitExceeded RequestThrottled SlowDown Throttled Throttling TooManyRequests"
    ),
    "server_error": (
        "InternalError InternalFailure InternalServerError RequestTimeout ServiceFailure ServiceUnavailable"
    ),
    "wrong_clock": "RequestExpired RequestInTheFuture RequestTimeTooSkewed",
    "account_not_authorized": "NotSignedUp OptInRequired SubscriptionRequired",
    "credentials_rejected": (
        "AuthFailure ExpiredToken IncompleteSignature InvalidAccessKeyId InvalidClientTokenId InvalidSignature "
        "InvalidToken MissingAuthenticationToken SignatureDoesNotMatch TokenRefreshRequired Unauthorized Unrecognized"
    ),
    "access_denied": "AccessDenied Forbidden",
    "not_found": "NotFound",
    "not_offered": "UnknownOperation",
}
_BY_NAME = {name: failure for failure, names in _NAMES.items() for name in names.split()}
# Words in the message of an error that identify the failure more precisely than the name of the error.
_BY_WORDS = {
    "Signature expired": "wrong_clock",
    "Signature not yet current": "wrong_clock",
    "Not authorized to call Chime SDK with Account Id": "account_not_authorized",
    "Subscription check failed": "account_not_authorized",
    "LogDestination": "log_delivery_denied",
}
# The failure for an HTTP status. It is used if the error has no name, or if its name is not in _NAMES.
_BY_STATUS = {401: "credentials_rejected", 403: "access_denied", 408: "server_error", 410: "not_offered"}

# Words that OpenSSL and urllib3 use in errors that a retry cannot fix: a certificate that cannot be verified, and a
# server without TLS.
_UNVERIFIED = ("CERTIFICATE_VERIFY_FAILED", "DOESN'T_MATCH")
_NO_TLS = (
    "WRONG_VERSION_NUMBER",
    "UNKNOWN_PROTOCOL",
    "HTTP_REQUEST",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
)

# For some failures, the text that follows "the AWS credentials could not be obtained" in the message.
# explain_credentials() replaces this text for some exceptions, such as an error response from AWS.
_SOURCES = {
    "deadline": " in time",
    "redirected": ": a request was redirected",
    "truncated": ": a response was incomplete or unreadable",
}


class Failed(NamedTuple):
    """A failed attempt. Its strings come from AWS, botocore, or a proxy server, and may still contain secrets."""

    name: str  # a key of FAILURES
    words: str = ""  # the original error after "AWS said: ", "The response was: ", or "botocore reported: "
    fields: dict[str, Any] = {}  # values for placeholders in the message, as far as they are known here
    error: dict[str, str] | None = None  # ``code`` and ``message`` of an error response
    metadata: dict[str, Any] | None = None  # ``http_status_code`` and ``request_id`` of a response
    last: str = ""  # the name of the error or exception that ended the attempt
    answered: bool = False  # whether a response arrived
    sent: bool = True  # whether the request may have been sent
    pending: bool = False  # whether the service may still apply the request, because it was sent and then abandoned

    @property
    def row(self) -> Failure:
        return FAILURES[self.name]

    @property
    def rejected(self) -> bool:
        """Whether it is certain that the service did not apply the request."""
        return self.row.rejected or not self.sent

    @property
    def request_id(self) -> str | None:
        return (self.metadata or {}).get("request_id")


def explain(exception: BaseException, settings: dict[str, Any], sent: bool) -> Failed:
    """Return the failure for an exception that occurred during a request.

    :param settings: the connection options, one of which may be the cause.
    :param sent: whether the request may have been sent.
    """
    if isinstance(exception, ClientError):
        return _explain_error(exception)
    name, fields = _explain_exception(exception, settings, sent)
    answered = name in ("redirected", "truncated", "unreadable")
    words = "" if answered else _quote(exception)
    pending = sent and isinstance(exception, (DeadlineExceeded, ReadTimeoutError))
    return Failed(name, words, fields, last=type(exception).__name__, answered=answered, sent=sent, pending=pending)


def _quote(exception: BaseException) -> str:
    """Return "botocore reported: " and the message of an exception; "" if this message is empty or must be hidden."""
    if isinstance(exception, HTTPClientError) and type(exception.kwargs["error"]).__name__ == "LocationParseError":
        return ""  # its message is a part of a URL, often with a part of a password
    kind = "KeyError: " if isinstance(exception, KeyError) else ""  # the message of a KeyError is only the key
    return f"botocore reported: {kind}{exception}" if str(exception) else ""


def _explain_exception(exception: BaseException, settings: dict[str, Any], sent: bool) -> tuple[str, dict[str, Any]]:
    if isinstance(exception, DeadlineExceeded):
        return "deadline", {}
    if isinstance(exception, NoThread):
        return "no_thread", {}
    if isinstance(exception, UnreadableResponse):
        return "unreadable", {"reason": str(exception)}
    if isinstance(exception, (ResponseParserError, ResponseStreamingError)):
        return "truncated", {}
    if isinstance(exception, ProxyConnectionError):
        words = str(exception.kwargs.get("error"))
        status = words.partition("Tunnel connection failed: ")[2][:3]
        if status == "407":
            return "proxy_password", {}
        if status.isdecimal():
            permanent = "400" <= status < "500" and status not in ("408", "429")
            return "proxy_refused" if permanent else "proxy_failed", {"status": status}
        if _has_words(words, _NO_TLS):
            return "proxy_no_tls", {}
        return "proxy_certificate" if _has_words(words, _UNVERIFIED) else "proxy_unreachable", {}
    if isinstance(exception, SSLError):
        words = str(exception)
        if _has_words(words, _UNVERIFIED):
            return "bad_certificate", {}
        path = find_bad_pem(settings)
        if path:
            return "bad_pem", {"path": path, "settings": blame(path, settings)}
        # Other TLS errors, such as a closed connection, may be temporary. They become no_response, which is retried.
        return "no_tls" if _has_words(words, _NO_TLS) else "no_response", {}
    if isinstance(exception, EndpointConnectionError):
        return "no_endpoint", {}
    if isinstance(exception, (BotoConnectionError, ConnectionClosedError, ReadTimeoutError)):
        return "no_response", {}
    if isinstance(exception, HTTPClientError):
        error = exception.kwargs["error"]
        if isinstance(error, TypeError) and "bytes found" in str(error):
            # The server redirected the request. urllib3 tried to follow the redirect, and failed because botocore
            # passes the headers as bytes.
            return "redirected", {"status": 303, "location": "a different location"}
        # ClosedPoolError means that a different thread has closed the connections. InvalidHeader and DecodeError mean
        # that urllib3 rejects the response.
        if type(error).__name__ in ("ClosedPoolError", "InvalidHeader", "DecodeError"):
            return "no_response", {}
    if isinstance(exception, BotoCoreError) or not sent:
        return "not_sent", {"settings": blame(str(exception), settings)}
    return "unreadable", {"reason": f"botocore cannot parse it ({type(exception).__name__})"}


def _has_words(text: str, reasons: tuple[str, ...]) -> bool:
    text = text.upper().replace(" ", "_")
    return any(reason in text for reason in reasons)


def _explain_error(exception: ClientError) -> Failed:
    """Return the failure for an error response."""
    response = exception.response
    metadata = response["ResponseMetadata"]
    status, request_id = metadata["HTTPStatusCode"], metadata.get("RequestId")
    error = response.get("Error", {})  # STS can return a body that describes no error
    code, message = str(error.get("Code", status)), str(error.get("Message", f"HTTP status {status} without a message"))
    name, fields = _name_error(response, status, request_id, canonical_name(code), message)
    words = f"An error occurred ({code}) when calling the {exception.operation_name} operation: {message}"
    return Failed(
        name,
        f"{'AWS said' if request_id else 'The response was'}: {words}",
        fields,
        error={"code": code, "message": message},
        metadata={"http_status_code": status, "request_id": request_id},
        last=code,
        answered=True,
    )


def _name_error(
    response: dict[str, Any], status: int, request_id: str | None, name: str, message: str
) -> tuple[str, dict[str, Any]]:
    """Return the key in ``FAILURES`` for an error response, and values for placeholders in the message of this key."""
    by_name = _BY_NAME.get(name)
    if TRUNCATED in response:
        return "truncated", {}
    if status == 407:
        return "proxy_password", {}
    if status == 429 or by_name == "throttled":
        return "throttled", {}
    if 300 <= status < 400 and status != 304:
        location = response["ResponseMetadata"].get("HTTPHeaders", {}).get("location")
        return "redirected", {"status": status, "location": location or "an unnamed location"}
    if not request_id:
        return "gateway_error" if status >= 500 or status == 408 else "not_from_aws", {"status": status}
    if CONTRADICTION in response and status < 500:
        return "contradictory", {"reason": response[CONTRADICTION]}
    by_words = next((failure for words, failure in _BY_WORDS.items() if words in message), None)
    if status == 304:
        return "unreadable", {"reason": "its HTTP status is 304, which the service never returns"}
    if by_words or by_name:
        # Only a 404 with the error NotFound proves that the resource does not exist.
        return by_words or ("rejected" if by_name == "not_found" and status != 404 else str(by_name)), {}
    if status == 404:
        # If the response has no error name, *name* is the status. Such a 404 means that the service does not know
        # the URL path of the operation.
        return "not_offered" if name.isdecimal() else "rejected", {}
    return _BY_STATUS.get(status, "server_error" if status >= 500 else "rejected"), {}


def explain_credentials(exception: BaseException, settings: dict[str, Any]) -> Failed:
    """Return the failure for an exception that prevented the credentials from being obtained."""
    if isinstance(exception, BadCredentials):
        return Failed("bad_credentials", fields={"part": str(exception)})
    if isinstance(exception, NoCredentialsError):
        return Failed("no_credentials")
    if isinstance(exception, NoThread):
        return Failed("no_thread")
    if isinstance(exception, ConfigParseError):
        name, words, fields = explain_settings(exception, settings)
        return Failed(name, words, fields, sent=False)
    cause = explain(exception, settings, sent=False)
    retries = {FAULT: "credentials_fault", THROTTLE: "credentials_throttled"}
    suspects = find_suspects(str(exception), settings)
    source, words = _SOURCES.get(cause.name, ""), cause.words
    if isinstance(exception, ClientError):
        source, suspects = f": {exception.operation_name} failed", []
        if exception.operation_name == "AssumeRole" and settings.get("assume_role_arn"):
            suspects = ["assume_role_arn"]
    if isinstance(exception, UnreadableResponse):  # of all sources of credentials, only assume_role() raises it
        source, suspects = f": the response of AssumeRole cannot be used, because {exception}", ["assume_role_arn"]
    if isinstance(exception, CredentialRetrievalError) and exception.kwargs["provider"] == "custom-process":
        source, suspects = ": credential_process failed", []
        words = (
            "The output of the command can contain secrets, so it is not shown here; to see the output, run the "
            "command on the managed node"
        )
    elif type(exception).__module__.startswith("dateutil") or str(exception).startswith("Invalid timestamp"):
        # Do not show the message of the exception, because it quotes the invalid value, which could be a secret.
        source, words = ": the time at which they expire cannot be read", ""
    # Omit the profile, because the text of _CREDENTIALS already mentions it.
    names = "".join(f"{name}, " for name in suspects if "profile" not in name.lower())
    return cause._replace(
        name=retries.get(cause.row.retry or "", "credentials_unavailable"),
        words=words,
        fields={"source": source, "settings": names},
    )


def explain_settings(exception: BaseException, settings: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Choose the message for an exception that a connection setting caused.

    :returns: the key of the message, the original error ("" to omit it), and values for placeholders in the message.
    """
    words = _quote(exception)
    if isinstance(exception, NoRegionError):
        return "no_region", "", {}
    if isinstance(exception, UnknownServiceError):
        from ._client import SERVICE, installed_sdk

        return "no_service", words, {"service": SERVICE, **installed_sdk()}
    if isinstance(exception, ConfigParseError):
        return "bad_config_file", "", {"path": exception.kwargs.get("path")}
    return "bad_setting", words, {"settings": blame(str(exception), settings)}


def describe_regions(client: Any) -> str:
    """Return a sentence that lists the Regions of Amazon Chime SDK Voice, or "" for a client of a different service."""
    if "VoiceConnectorAwsRegion" not in client.meta.service_model.shape_names:
        return ""
    regions = client.meta.service_model.shape_for("VoiceConnectorAwsRegion").enum
    return f". Amazon Chime SDK Voice is available in {', '.join(sorted(regions))}"


def describe_proxy(client: Any) -> str:
    """Return advice about the HTTP proxy server if a botocore client sends its requests through one, otherwise ""."""
    from botocore.utils import get_environ_proxies

    url = client.meta.endpoint_url
    proxies = client.meta.config.proxies or get_environ_proxies(url)
    if not isinstance(proxies, dict) or url.partition(":")[0] not in proxies:
        return ""
    return "; also check the HTTP proxy server, and its URL in HTTPS_PROXY, HTTP_PROXY, or 'proxies' in aws_config"
