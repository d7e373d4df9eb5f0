# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Check the raw bytes of a response before botocore parses them.

botocore parses an HTML page, a truncated body, and an empty body as ``{}``, splits a string into a list of characters,
drops members that it does not know, fails on JSON that is not an object, and names errors differently by version.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import printable

# Keys that check_response adds to botocore's parsed response.
RAW_JSON = "RawJson"  # the JSON document of a successful response
TRUNCATED = "Truncated"  # True if the body is shorter than its Content-Length

# The JSON types for each type of the service model. A type that is not listed allows any JSON type.
_JSON_TYPES = {
    "structure": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "timestamp": (str, int, float),
}
_ERROR_NAME = re.compile(r"[\w.-]{1,128}", re.ASCII)
_XML_ERROR = re.compile(r"\s*<(\w+Exception)\s*/?>", re.ASCII)


class UnreadableResponse(Exception):
    """An invalid response with a success status. The message is the reason."""


def check_response(
    operation_model: Any,
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **kwargs: Any,
) -> None:
    """Check an HTTP response, and add RAW_JSON or TRUNCATED to the response that botocore returns.

    This is a handler for botocore's event ``before-parse``.

    :raises UnreadableResponse: the status is a success, but the body does not match the service model.
    """
    status = response_dict["status_code"]
    if _is_truncated(response_dict):
        customized_response_dict[TRUNCATED] = True
        response_dict["body"] = b"{}"
    if status >= 301:  # botocore parses these as errors
        _rewrite_error(response_dict)
        return
    if TRUNCATED in customized_response_dict:
        return
    expected = operation_model.http.get("responseCode", 200)
    if status != expected:
        raise UnreadableResponse(f"its HTTP status is {status}, not {expected}")
    if operation_model.output_shape is None:
        return
    try:
        document = json.loads(response_dict["body"].decode("utf-8"))
    except (ValueError, RecursionError):
        content_type = printable(response_dict["headers"].get("content-type", "an unknown type"), 100)
        size = len(response_dict["body"])
        raise UnreadableResponse(f"its body ({size} bytes of {content_type}) is not complete JSON") from None
    _check_type(operation_model.output_shape, document, "the body")
    customized_response_dict[RAW_JSON] = document
    # Leave nothing for botocore to parse, because it fails on timestamps in an unexpected format.
    response_dict["body"] = b"{}"


def _is_truncated(response_dict: dict[str, Any]) -> bool:
    """Whether the body is shorter than its Content-Length, which botocore does not notice with urllib3 2.8."""
    if response_dict["status_code"] in (204, 304):  # these have no body, whatever the header claims
        return False
    length = response_dict["headers"].get("content-length", "")
    return length.isdecimal() and len(response_dict["body"]) < int(length)


def _check_type(shape: Any, value: Any, where: str) -> None:
    """Raise UnreadableResponse unless a JSON value matches a botocore shape. The message never shows the value."""
    # Compare types exactly: isinstance() accepts a bool as an int.
    if type(value) not in _JSON_TYPES.get(shape.type_name, (type(value),)):
        raise UnreadableResponse(f"{where} is not of the type {shape.type_name}")
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            inner = value.get(member.serialization.get("name", name))
            if inner is not None:  # the service returns null for a member that is not set
                _check_type(member, inner, name)
    elif shape.type_name == "list":
        for inner in value:
            _check_type(shape.member, inner, f"an item of {where}")


def _rewrite_error(response_dict: dict[str, Any]) -> None:
    """Rewrite an error response so that all versions of botocore parse it alike: name in the header, message in JSON.

    The name comes from the header, from ``code`` or ``__type`` in the body, or from XML, which AWS returns for an
    unknown operation. Any namespace and URI are removed from the name. The message is shortened to one printable line.
    """
    text = response_dict["body"].decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        xml = _XML_ERROR.match(text)
        document = {"message": text, "code": xml[1] if xml else None}
    headers = response_dict["headers"]
    names = (headers.get("x-amzn-errortype"), *(document.get(key) for key in ("code", "Code", "__type")))
    name = next(filter(None, map(_bare_name, names)), None)
    if "x-amzn-errortype" in headers:
        del headers["x-amzn-errortype"]
    if name:
        headers["x-amzn-errortype"] = name
    messages = (document.get(key) for key in ("message", "Message"))
    message = next((m for m in messages if m and isinstance(m, str) and not m.isspace()), "")
    message = printable(message) or f"HTTP status {response_dict['status_code']} without a message"
    response_dict["body"] = json.dumps({"message": message}).encode()


def _bare_name(value: Any) -> str | None:
    """Return the name of an error without its namespace and URI, or None if *value* is not a name."""
    if not isinstance(value, str):
        return None
    name = value.partition(":")[0].rpartition("#")[2].strip()
    return name if _ERROR_NAME.fullmatch(name) else None
