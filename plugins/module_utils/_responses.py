# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""What counts as a response of the service, judged by its raw bytes before botocore parses them.

botocore reads an HTML page, a truncated body or an empty one as ``{}``, spells a string out as a list, drops members that
it does not know, fails on JSON that is not an object, and parses the names of errors differently by version.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import printable

# Keys that check_response adds to botocore's parsed response.
RAW_JSON = "RawJson"  # the JSON document of a success
TRUNCATED = "Truncated"  # True if the body is shorter than its Content-Length

# The JSON types that each type of the service model allows; a type that is not listed allows any.
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
    """A response with a status of success that the service does not return; the message is the reason."""


def check_response(
    operation_model: Any,
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **kwargs: Any,
) -> None:
    """Check an HTTP response, and add its JSON or the mark of a truncated body to what botocore returns.

    A handler of botocore's event ``before-parse``.

    :raises UnreadableResponse: if the status is a success and the body is not what the service model describes.
    """
    status = response_dict["status_code"]
    if _is_truncated(response_dict):
        customized_response_dict[TRUNCATED] = True
        response_dict["body"] = b"{}"
    if status >= 301:  # from here on botocore parses an error
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
    # What botocore would make of it is not used: it fails on timestamps that the service writes in a format of its own.
    response_dict["body"] = b"{}"


def _is_truncated(response_dict: dict[str, Any]) -> bool:
    """Whether the body is shorter than announced, which botocore no longer notices since it reads with urllib3 2.8."""
    if response_dict["status_code"] in (204, 304):  # which have no body, whatever they announce
        return False
    announced = response_dict["headers"].get("content-length", "")
    return announced.isdecimal() and len(response_dict["body"]) < int(announced)


def _check_type(shape: Any, value: Any, where: str) -> None:
    """Raise UnreadableResponse unless JSON *value* is what the botocore *shape* describes; the value is never shown."""
    # Compare types exactly: isinstance() accepts a bool as an int.
    if type(value) not in _JSON_TYPES.get(shape.type_name, (type(value),)):
        raise UnreadableResponse(f"{where} is not of the type {shape.type_name}")
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            inner = value.get(member.serialization.get("name", name))
            if inner is not None:  # the service writes null for what is not set
                _check_type(member, inner, name)
    elif shape.type_name == "list":
        for inner in value:
            _check_type(shape.member, inner, f"an item of {where}")


def _rewrite_error(response_dict: dict[str, Any]) -> None:
    """Make an error response one that every botocore parses alike: its name in the header, its message in JSON.

    The name may come from the header, with a namespace and a URI, from ``code`` or ``__type`` in the body, or from XML,
    which is how AWS names an operation that does not exist. The message is shortened to one printable line.
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
    """Return the name of an error without its namespace and URI, or None if it is not a name."""
    if not isinstance(value, str):
        return None
    name = value.partition(":")[0].rpartition("#")[2].strip()
    return name if _ERROR_NAME.fullmatch(name) else None
