# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify AWS Signature Version 4 signatures."""

from __future__ import annotations

import datetime
import hmac
import re
from collections.abc import Mapping

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, ?"
    r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)

_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
    "signing method. Consult the service documentation for details."
)
_DATE = "%Y%m%dT%H%M%SZ"


class Refused(Exception):
    """A signature that AWS would refuse with status 403; ``code`` is the name of the error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check_signature(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    secrets: Mapping[str, tuple[str, str | None]],
    service: str,
    now: datetime.datetime,
    max_skew: datetime.timedelta,
) -> tuple[str, str]:
    """Return the access key that signed a request, and the Region in the signature.

    :param url: the scheme, host, path, and query as received, percent-encoded.
    :param headers: the headers, with names in lower case.
    :param secrets: the secret key and the session token (or None) for each access key.
    :param service: the signing name that the credential scope must have.
    :param now: the time at which the request arrived.
    :param max_skew: the largest allowed difference between *now* and the time of signing.
    :raises Refused: if the signature is missing, wrong, too old, dated in the future, or for a different service.
    """
    match = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    date = headers.get("x-amz-date", "")
    if match is None or not date:
        raise Refused("MissingAuthenticationTokenException", "Missing Authentication Token")
    if match["key"] not in secrets:
        raise Refused("UnrecognizedClientException", "The security token included in the request is invalid.")
    secret, token = secrets[match["key"]]
    if headers.get("x-amz-security-token") != token:
        raise Refused("UnrecognizedClientException", "The security token included in the request is invalid.")
    if match["service"] != service:
        raise Refused("InvalidSignatureException", f"Credential should be scoped to correct service: '{service}'.")
    try:
        signed_at = datetime.datetime.strptime(date, _DATE).replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        raise Refused("InvalidSignatureException", f"Date must be in ISO-8601 'basic format'. Got '{date}'.") from None
    if not date.startswith(match["date"]):
        raise Refused("InvalidSignatureException", "Date in Credential scope does not match YYYYMMDD of X-Amz-Date.")
    minutes = f"{max_skew.total_seconds() / 60:g} min."
    earliest, latest = now - max_skew, now + max_skew
    if signed_at < earliest:
        limit = f"now earlier than {earliest:{_DATE}} ({now:{_DATE}} - {minutes})"
        raise Refused("InvalidSignatureException", f"Signature expired: {date} is {limit}")
    if signed_at > latest:
        limit = f"still later than {latest:{_DATE}} ({now:{_DATE}} + {minutes})"
        raise Refused("InvalidSignatureException", f"Signature not yet current: {date} is {limit}")

    signed = match["headers"].split(";")
    required = {"host", "x-amz-date"} | ({"x-amz-security-token"} if token else set())
    if not required <= set(signed):
        raise Refused("InvalidSignatureException", "Required headers are not signed.")
    request = AWSRequest(method, url, {name: headers.get(name, "") for name in signed}, body)
    request.context["timestamp"] = date
    signer = SigV4Auth(Credentials(match["key"], secret), service, match["region"])
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    if not hmac.compare_digest(expected, match["signature"]):
        raise Refused("InvalidSignatureException", _MISMATCH)
    return match["key"], match["region"]
