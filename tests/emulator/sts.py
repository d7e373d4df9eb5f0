# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two operations from AWS Security Token Service, in AWS's query protocol."""

from __future__ import annotations

import datetime
import hashlib
import re
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from botocore.loaders import Loader
from botocore.model import ServiceModel

from ansible_collections.chime_sdk.voice.tests.emulator.api import Request, Response, ServiceError
from ansible_collections.chime_sdk.voice.tests.emulator.model import find_problems
from ansible_collections.chime_sdk.voice.tests.emulator.service import Voice
from ansible_collections.chime_sdk.voice.tests.emulator.signature import Refused

MODEL = ServiceModel(Loader().load_service_model("sts", "service-2"), "sts")

_STATUSES = {
    "AccessDenied": 403,
    "ExpiredToken": 403,
    "InternalFailure": 500,
    "InvalidAction": 400,
    "InvalidClientTokenId": 403,
    "MissingAuthenticationToken": 403,
    "RegionDisabledException": 403,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "Throttling": 400,
    "ValidationError": 400,
}
_CODES = {
    "ExpiredTokenException": "ExpiredToken",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "UnrecognizedClientException": "InvalidClientTokenId",
}
_ROLE_ARN = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}):role/(?:[^/]+/)*(?P<role>[^/]+)")


class Sts:
    """One request to STS. Only GetCallerIdentity and AssumeRole are supported."""

    content_type = "text/xml"

    def __init__(self, voice: Voice, request: Request) -> None:
        self._voice = voice
        self._request = request
        self._form = dict(parse_qsl(f"{request.query}&{request.body.decode('utf-8', 'replace')}"))
        self.operation = self._form.get("Action", "")

    def respond(self, request_id: str | None) -> Response:
        """Run the action.

        :raises ServiceError: if STS would return an error.
        """
        try:
            caller, _region = self._request.check_signature(self._voice.credentials, MODEL.signing_name)
        except Refused as e:
            raise ServiceError(_CODES[e.code], str(e)) from None
        action = {"AssumeRole": self._assume_role, "GetCallerIdentity": self._get_caller_identity}.get(self.operation)
        if action is None:
            raise ServiceError("InvalidAction", f"Could not find operation {self.operation} for version 2011-06-15")
        members: dict[str, Any] = {f"{self.operation}Result": action(caller)}
        if request_id:
            members["ResponseMetadata"] = {"RequestId": request_id}
        return self._to_response(200, f"{self.operation}Response", members)

    def to_error(self, error: ServiceError, style: str, request_id: str | None) -> Response:
        status = error.status or _STATUSES[error.name]
        if style == "bare":
            return Response(status, {}, b"")
        kind = "Sender" if status < 500 else "Receiver"
        members: dict[str, Any] = {"Error": {"Type": kind, "Code": error.name, "Message": str(error)}}
        if request_id:
            members["RequestId"] = request_id
        return self._to_response(status, "ErrorResponse", members)

    def _to_response(self, status: int, name: str, members: dict[str, Any]) -> Response:
        element = _to_element(name, members)
        element.set("xmlns", MODEL.metadata["xmlNamespace"])
        return Response(status, {"content-type": self.content_type}, ElementTree.tostring(element, "utf-8"))

    @staticmethod
    def _get_caller_identity(caller: dict[str, Any]) -> dict[str, Any]:
        return {"Arn": caller["arn"], "UserId": caller["user_id"], "Account": caller["account"]}

    def _assume_role(self, caller: dict[str, Any]) -> dict[str, Any]:
        shape = MODEL.operation_model("AssumeRole").input_shape
        given: dict[str, Any] = {name: value for name, value in self._form.items() if name in shape.members}
        duration = given.get("DurationSeconds", "3600")
        if duration.isdecimal():
            given["DurationSeconds"] = int(duration)
        problems = list(find_problems(shape, given))
        if problems:
            noun = "error" if len(problems) == 1 else "errors"
            message = f"{len(problems)} validation {noun} detected: {'; '.join(problems)}"
            raise ServiceError("ValidationError", message)
        role_arn, session = given["RoleArn"], given["RoleSessionName"]
        match = _ROLE_ARN.fullmatch(role_arn)
        if match is None:
            raise ServiceError("ValidationError", f"{role_arn} is invalid")
        external_id = self._voice.external_ids.get(role_arn)
        if match["role"] == "denied" or external_id not in (None, given.get("ExternalId")):
            message = f"User: {caller['arn']} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
            raise ServiceError("AccessDenied", message)

        assumed_arn = f"arn:{match['partition']}:sts::{match['account']}:assumed-role/{match['role']}/{session}"
        assumed_id = f"AROA{hashlib.sha256(role_arn.encode()).hexdigest()[:17].upper()}:{session}"
        seconds = self._voice.role_seconds or given["DurationSeconds"]
        expiration = self._request.arrived.replace(microsecond=0) + datetime.timedelta(seconds=seconds)
        new = self._voice.issue_credential(match["account"], assumed_arn, assumed_id, expiration)
        return {
            "Credentials": {
                "AccessKeyId": new["access_key"],
                "SecretAccessKey": new["secret_key"],
                "SessionToken": new["session_token"],
                "Expiration": f"{expiration:%Y-%m-%dT%H:%M:%SZ}",
            },
            "AssumedRoleUser": {"AssumedRoleId": assumed_id, "Arn": assumed_arn},
        }


def _to_element(name: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(value, dict):
        element.extend(_to_element(*item) for item in value.items())
    else:
        element.text = value
    return element
