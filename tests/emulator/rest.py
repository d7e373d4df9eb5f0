# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wire protocol of Amazon Chime SDK Voice: AWS's rest-json, with routes from the service model."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, unquote

from ansible_collections.chime_sdk.voice.tests.emulator.api import Request, Response, ServiceError
from ansible_collections.chime_sdk.voice.tests.emulator.service import MODEL, Voice
from ansible_collections.chime_sdk.voice.tests.emulator.signature import Refused


class VoiceApi:
    """One request to the service."""

    content_type = "application/json"

    def __init__(self, voice: Voice, request: Request) -> None:
        self._voice = voice
        self._request = request
        self._route = _find_operation(request.method, request.path, request.query)
        self.operation = self._route[0].name if self._route else ""

    def respond(self, request_id: str | None) -> Response:
        """Run the operation.

        :raises ServiceError: if the service would return an error.
        """
        if self._route is None:
            # For this error, AWS returns no x-amzn-errortype header.
            return Response(404, {"content-type": "application/xml"}, b"<UnknownOperationException/>\n")
        operation, uri, query = self._route
        try:
            credential, region = self._request.check_signature(self._voice.credentials, MODEL.signing_name)
        except Refused as e:
            raise ServiceError(e.code, str(e), 403) from None
        if region not in self._voice.regions:
            raise ServiceError("InvalidSignatureException", "Credential should be scoped to a valid region.", 403)
        members = _read_request(operation, uri, query, self._request.body)
        output = self._voice.handle(operation, members, credential["account"], region)
        status = operation.http.get("responseCode", 200)
        if output is None:
            return Response(status, {}, b"")
        body = json.dumps(_to_json(operation.output_shape, output)).encode()
        return Response(status, {"content-type": self.content_type}, body)

    def to_error(self, error: ServiceError, style: str, request_id: str | None) -> Response:
        status = error.status or MODEL.shape_for(error.name).metadata["error"]["httpStatusCode"]
        headers = {"content-type": self.content_type}
        members: dict[str, str] = {}
        if error.name and style in ("full", "header"):
            headers["x-amzn-errortype"] = error.name
        elif error.name and style == "uri":
            headers["x-amzn-errortype"] = f"{error.name}:http://internal.amazon.com/coral/com.amazonaws.chime/"
        if error.name and style in ("full", "body"):
            members["Code"] = _to_short_code(error.name)
        elif error.name and style == "type":
            members["__type"] = f"aws.chime#{error.name}"
        if style != "bare":
            members["Message"] = str(error)
        return Response(status, headers, json.dumps(members).encode() if members else b"")


def _to_short_code(name: str) -> str:
    """Return the short code for an exception if the service model has one, or else its full name."""
    for suffix in ("ClientException", "EntityException", "Exception"):
        short = name[: -len(suffix)]
        if name in MODEL.shape_names and name.endswith(suffix) and short in MODEL.shape_for("ErrorCode").enum:
            return short
    return name


def _list_routes() -> list[tuple[str, re.Pattern[str], dict[str, str], Any]]:
    """Return the method, path pattern, fixed query parameters, and model for each supported operation."""
    routes = []
    for name in MODEL.operation_names:
        operation = MODEL.operation_model(name)
        if Voice.find_method(name):
            path, _separator, query = operation.http["requestUri"].partition("?")
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]*)", re.escape(path))
            routes.append((operation.http["method"], re.compile(pattern), dict(parse_qsl(query)), operation))
    return sorted(routes, key=lambda route: len(route[2]), reverse=True)


ROUTES = _list_routes()


def _find_operation(method: str, path: str, query: str) -> tuple[Any, dict[str, str], dict[str, list[str]]] | None:
    """Return the operation, decoded path parameters, and query of an HTTP request, or None for an unknown route."""
    given: dict[str, list[str]] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        given.setdefault(key, []).append(value)
    for route_method, pattern, fixed, operation in ROUTES:
        match = pattern.fullmatch(path)
        if method == route_method and match and all(given.get(key) == [value] for key, value in fixed.items()):
            return operation, {key: unquote(value) for key, value in match.groupdict().items()}, given
    return None


def _read_request(operation: Any, uri: dict[str, str], query: dict[str, list[str]], body: bytes) -> dict[str, Any]:
    """Return the input of an operation, with the member names from the service model.

    :raises ServiceError: BadRequestException if the body is not a JSON object.
    """
    try:
        members = json.loads(body, object_hook=_drop_nulls) if body else {}
        assert isinstance(members, dict)
    except (ValueError, AssertionError):
        raise ServiceError("BadRequestException", "The request body is not a JSON object.") from None
    request: dict[str, Any] = {}
    shapes = operation.input_shape.members if operation.input_shape else {}
    for name, shape in shapes.items():
        wire_name = shape.serialization.get("name", name)
        location = shape.serialization.get("location")
        value: Any
        if location == "uri":
            value = uri.get(wire_name)
        elif location == "querystring":
            values = query.get(wire_name)
            value = values and (values if shape.type_name == "list" else values[-1])
            if value is not None and shape.type_name == "integer":
                value = int(value) if value.isdecimal() else value
        else:
            value = members.get(wire_name)
        if value is not None:
            request[name] = value
    return request


def _drop_nulls(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _to_json(shape: Any, value: Any) -> Any:
    """Return *value* in its JSON form. Members that are not set are null, as in responses from AWS.

    Values of the wrong type, which an unchecked initial state can contain, are returned unchanged.
    """
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            member.serialization.get("name", name): _to_json(member, value[name]) if name in value else None
            for name, member in shape.members.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_to_json(shape.member, item) for item in value]
    return value
