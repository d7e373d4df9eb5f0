# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Check the raw bytes of a response before botocore parses them.

botocore parses an HTML page, a truncated body, and an empty body as ``{}``. If a response contains a string instead of
a list, botocore splits the string into characters. It drops members that it does not know, and fails on JSON that is
not an object. Its names for errors depend on its version.
"""

from __future__ import annotations

import json
import re
from typing import Any

MAX_BODY = 16_000_000  # bytes; a page of a listing has fewer than 200,000 bytes

# Keys that check_response adds to botocore's parsed response.
RAW_JSON = "RawJson"  # the JSON document of a successful response
TRUNCATED = "Truncated"  # True if the body is shorter than its Content-Length
CONTRADICTION = "Contradiction"  # why an error response contradicts itself

# If a JSON body names an error, the name is the value of one of these keys.
_NAME_KEYS = ("code", "Code", "__type")
_ERROR_NAME = re.compile(r"[\w.-]{1,128}", re.ASCII)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_UNKNOWN_OPERATION = re.compile(r"\s*<UnknownOperationException\s*/?>")


class UnreadableResponse(Exception):
    """A response with a success status is invalid. The message of the exception states why."""


class RepeatedKey(ValueError):
    """A JSON object contains a key twice. Parsers differ in which of the two values they use."""


def canonical_name(code: Any) -> str:
    """Return the short name of an AWS error: ``Throttled`` for ``ThrottledClientException``."""
    return str(code).removesuffix("Exception").removesuffix("Client")


def read_body(response: Any) -> bytes:
    """Return the body of an AWSResponse. Stop reading after MAX_BODY bytes, because a body can be endless."""
    if response._content is None:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.raw.stream():
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_BODY:
                response.raw.close()
                break
        response._content = b"".join(chunks)
    body: bytes = response._content
    return body


def check_response(
    operation_model: Any,
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **kwargs: Any,
) -> None:
    """Check an HTTP response, and add RAW_JSON, TRUNCATED, or CONTRADICTION to the response that botocore returns.

    This is a handler for botocore's event ``before-parse``.

    :raises UnreadableResponse: a response that is not an error has an unexpected status or an invalid body.
    """
    body = response_dict["body"]
    response_dict["body"] = b"{}"  # leave nothing for botocore to parse
    status = response_dict["status_code"]
    if len(body) > MAX_BODY and status < 300:
        raise UnreadableResponse(f"it is larger than {MAX_BODY // 1_000_000} MB")
    truncated = is_truncated(response_dict, body)
    if truncated:
        customized_response_dict[TRUNCATED] = True
    if status >= 301:  # botocore parses these as errors
        contradiction = _rewrite_error(response_dict, b"" if truncated else body)
        if contradiction:
            customized_response_dict[CONTRADICTION] = contradiction
        return
    # If the status is 300, do not return here, because botocore would then raise a ClientError without an error name.
    # Instead, the next check raises UnreadableResponse for this status.
    if truncated and status < 300:
        return
    expected = operation_model.http.get("responseCode", 200)
    if status != expected:
        raise UnreadableResponse(f"its HTTP status is {status}, not {expected}")
    if operation_model.output_shape is None:
        return
    try:
        document = parse_json(body.decode("utf-8"))
    except RepeatedKey:
        raise UnreadableResponse("its JSON contains the same key twice") from None
    except (ValueError, RecursionError):
        content_type = response_dict["headers"].get("content-type", "an unknown type")
        reason = f"its body ({len(body)} bytes of {content_type[:100]}) is not readable JSON"
        raise UnreadableResponse(reason) from None
    if not isinstance(document, dict):
        raise UnreadableResponse("the body is not of the type structure")
    if "x-amzn-errortype" in response_dict["headers"] or not set(_NAME_KEYS).isdisjoint(document):
        raise UnreadableResponse("it names an error, although its HTTP status is a success")
    customized_response_dict[RAW_JSON] = document


def parse_json(text: str) -> Any:
    """Return a JSON document. Lone surrogates are replaced, because Ansible rejects a result with a lone surrogate.

    :raises RepeatedKey: an object has a key twice.
    :raises ValueError: the text is not JSON.
    :raises RecursionError: the text is nested too deeply.
    """
    document = json.loads(text, object_pairs_hook=_to_dict)
    if _SURROGATE.search(text):
        text = json.dumps(document, ensure_ascii=False)
        document = json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    return document


def _to_dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise RepeatedKey
    return members


def is_truncated(response_dict: dict[str, Any], body: bytes) -> bool:
    """Whether the body is shorter than its Content-Length. With urllib3 2.8, botocore does not detect this."""
    if response_dict["status_code"] in (204, 304):  # responses with these statuses have no body
        return False
    length = response_dict["headers"].get("content-length", "")
    return length.isdecimal() and len(body) < int(length[:18])


def _rewrite_error(response_dict: dict[str, Any], body: bytes) -> str | None:
    """Rewrite an error response so that all versions of botocore parse it alike.

    The name of the error is put into a header, and the message into a JSON body. The name comes from the header, from
    ``code``, ``Code``, or ``__type`` in the body, or from XML, which AWS returns for an unknown operation. Any
    namespace and URI are removed from the name.

    :returns: why the response contradicts itself, or None.
    """
    text = body.decode("utf-8", "replace")
    contradiction = None
    try:
        document = parse_json(text)
    except RepeatedKey:
        document = {"message": text}
        contradiction = "it contains the same key twice"
    except (ValueError, RecursionError):
        document = None
    headers = response_dict["headers"]
    places = [headers.get("x-amzn-errortype")]
    if isinstance(document, dict):
        nested = document.get("Error", document.get("error"))
        for members in (document, nested if isinstance(nested, dict) else {}):
            places += [members.get(key) for key in _NAME_KEYS]
    else:
        document = {"message": text, "code": "UnknownOperationException" if _UNKNOWN_OPERATION.match(text) else None}
        places.append(document["code"])
        if places[0] and not places[1] and text.strip():
            # If AWS sends the name of the error in the header, the body is always a JSON object. Treat any other body
            # as a second name, so that the checks below find a contradiction in a 404 response with such a body.
            places.append(text)
    given = [place for place in places if place is not None]
    names = list(filter(None, map(_bare_name, given)))
    if len(set(map(canonical_name, names))) > 1:
        contradiction = f"it names the errors {' and '.join(dict.fromkeys(names))}"
    elif response_dict["status_code"] == 404 and (len(names) < len(given) or "x-amzn-query-error" in headers):
        contradiction = contradiction or "it names its error in a form that AWS does not use"
    if "x-amzn-errortype" in headers:
        del headers["x-amzn-errortype"]
    if names:
        headers["x-amzn-errortype"] = names[0]
    messages = (document.get(key) for key in ("message", "Message"))
    message = next((m for m in messages if m and isinstance(m, str) and not m.isspace()), None)
    message = message or f"HTTP status {response_dict['status_code']} without a message"
    response_dict["body"] = json.dumps({"message": message}).encode()
    return contradiction


def _bare_name(value: Any) -> str | None:
    """Return the name of an error without its namespace and URI, or None if *value* is not a name."""
    if not isinstance(value, str):
        return None
    name = value[:1000].partition(":")[0].rpartition("#")[2].strip()
    return name if _ERROR_NAME.fullmatch(name) else None
