# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Call STS: find the account to which the credentials of a connection belong, and assume a role."""

from __future__ import annotations

from typing import Any, Callable
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ._operation import Operation, VoiceClient
from ._responses import UnreadableResponse, is_truncated
from ._selection import ACCOUNT_ID

_ELEMENTS = (b"<AssumeRole", b"<ErrorResponse", b"<GetCallerIdentity")


def get_account_id(client: VoiceClient) -> str:
    """Return the ID of the account that the credentials in use belong to. Operation: GetCallerIdentity.

    :param client: a client for STS.
    :raises VoiceError: the request failed, the response contains no account ID, or the account ID differs from the one
        in ``assume_role_arn``.
    """
    operation = Operation(client, "GetCallerIdentity", "get the AWS account ID")
    response = operation()
    account_id = response.get("Account")
    if not isinstance(account_id, str) or not ACCOUNT_ID.fullmatch(account_id):
        raise operation.failure("unreadable", reason="it does not contain an account")
    operation.require_request_id(response)
    role = client.settings["assume_role_arn"]
    if role and role.split(":")[4] != account_id:
        raise operation.failure("unreadable", reason="it contains a different account than assume_role_arn")
    return account_id


def assume_role(create_client: Callable[..., Any], source: Any, params: dict[str, Any]) -> Any:
    """Return the credentials of a role. They are requested on first use, and again before they expire.

    Operation: AssumeRole. This function replaces botocore's own provider, which would accept the credentials of a
    different role.

    :param create_client: a function that creates a client, such as ``create_client`` of a botocore session.
    :param source: the SigningCredentials with which to assume the role.
    :param params: the options of the module.
    """
    from botocore.credentials import DeferredRefreshableCredentials

    session = params["assume_role_session_name"] or "chime_sdk.voice"
    arguments = {"RoleArn": params["assume_role_arn"], "RoleSessionName": session}
    if params["assume_role_external_id"]:
        arguments["ExternalId"] = params["assume_role_external_id"]
    _arn, partition, _service, _region, account, role = params["assume_role_arn"].split(":", 5)
    expected = f"arn:{partition}:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{session}"

    def fetch() -> dict[str, str]:
        keys = source.renew()
        client = create_client(
            "sts",
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.token,
        )
        client.meta.events.register("before-parse.sts", check_sts_response)
        try:
            response = client.assume_role(**arguments)
            user, new = response["AssumedRoleUser"]["Arn"], response["Credentials"]
            credentials = {
                "access_key": new["AccessKeyId"],
                "secret_key": new["SecretAccessKey"],
                "token": new["SessionToken"],
                "expiry_time": new["Expiration"].isoformat(),
            }
        except (AttributeError, LookupError, TypeError):  # botocore's parser can also raise KeyError
            raise UnreadableResponse("it does not contain credentials") from None
        if str(user).lower() != expected.lower():  # the names of roles are not case-sensitive
            raise UnreadableResponse("it contains the credentials of a different role or session")
        return credentials

    return DeferredRefreshableCredentials(fetch, "assume-role")


def check_sts_response(response_dict: dict[str, Any], **kwargs: Any) -> None:
    """If the complete body of an error response is not XML, replace it with XML, which botocore can parse.

    The XML contains the HTTP status as the error code, and the beginning of the replaced body as the message.

    This is a handler for botocore's event ``before-parse``.

    :raises UnreadableResponse: the status is a success, and the body is complete, but not XML.
    """
    body, status = response_dict["body"], response_dict["status_code"]
    try:
        ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError):
        if is_truncated(response_dict, body) or body.lstrip().startswith(_ELEMENTS):
            return  # the body is cut, so botocore fails to parse it, and the request is sent again
        if status < 301:  # if the status is 301 or higher, botocore parses the response as an error
            raise UnreadableResponse(f"its body ({len(body)} bytes) is not XML") from None
        message = escape("".join(c for c in body.decode("utf-8", "replace")[:10_000] if c.isprintable() or c.isspace()))
        error = f"<Error><Code>{status}</Code><Message>{message}</Message></Error>"
        response_dict["body"] = f"<ErrorResponse>{error}</ErrorResponse>".encode()
