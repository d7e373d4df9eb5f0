# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The operations of Amazon Chime SDK Voice that this collection uses, one function each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import NOT_FOUND_NAMES
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import NoTags
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import NotFound
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import VoiceError
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import error_of
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import sdk_lacks
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import unreadable

# Looser than today's pattern of the service, so that a new form of ID does not wait for a release of this collection.
_VOICE_CONNECTOR_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,127}")


def check_voice_connector_id(option: str, value: str) -> None:
    """Raise VoiceError unless *value*, from the module option *option*, can be a Voice Connector ID.

    botocore would send an empty ID or ``..`` as it is, signed for another path.
    """
    if not _VOICE_CONNECTOR_ID.fullmatch(value):
        shown = value if len(value) <= 200 else value[:200] + "..."
        raise VoiceError(
            f"{option} is {shown!r}, which cannot be a Voice Connector ID: give 1 to 128 letters, digits and "
            "hyphens that begin with a letter or a digit, such as 'abcdef1ghij2klmno3pqr4', not a name or an ARN."
        )


def reading_proxy(voice_connector_id: str) -> str:
    """Return what ``get_proxy`` is about to do, for messages."""
    return f"get the proxy configuration of Voice Connector {voice_connector_id}"


def get_proxy(client: Any, voice_connector_id: str, known_to_exist: bool = False) -> dict[str, Any] | None:
    """Return the ``Proxy`` structure of a Voice Connector, or None when the service says that it has none.

    Operation: GetVoiceConnectorProxy, and GetVoiceConnector to settle what a 404 means.

    :param known_to_exist: whether the Voice Connector was just listed or read; a 404 then needs no second request.
    :returns: members of the service's ``Proxy`` that botocore knows, without the unset ones; possibly empty.
    :raises VoiceError: for every other answer, and for none.
    """
    doing = reading_proxy(voice_connector_id)
    try:
        answer = _call(client, "get_voice_connector_proxy", doing, VoiceConnectorId=voice_connector_id)
    except NotFound as missing:
        if not known_to_exist:
            _require_voice_connector(client, voice_connector_id, missing)
        _require_answer_of_aws(client, doing, missing)
        return None
    return _member(client, doing, "GetVoiceConnectorProxy", answer, "Proxy")


def put_proxy(client: Any, voice_connector_id: str, proxy: dict[str, Any]) -> dict[str, Any]:
    """Replace the whole proxy configuration of a Voice Connector, or make one. Operation: PutVoiceConnectorProxy.

    :param proxy: a ``Proxy`` structure; a member that the operation does not take is an error, and nothing is sent.
    :returns: the ``Proxy`` structure that the service answers.
    :raises VoiceError: for every other answer, and for none; the service may have done it unless ``refused``.
    """
    doing = f"set the proxy configuration of Voice Connector {voice_connector_id}"
    # The one member that the operation takes under another name.
    members = {("PhoneNumberPoolCountries" if k == "PhoneNumberCountries" else k): v for k, v in proxy.items()}
    answer = _call(client, "put_voice_connector_proxy", doing, VoiceConnectorId=voice_connector_id, **members)
    answered = _member(client, doing, "PutVoiceConnectorProxy", answer, "Proxy")
    if answered is None:
        raise unreadable(client, doing, "PutVoiceConnectorProxy", "it does not show the proxy configuration")
    return answered


def delete_proxy(client: Any, voice_connector_id: str) -> bool:
    """Delete the proxy configuration of a Voice Connector. Operation: DeleteVoiceConnectorProxy.

    :returns: whether this deleted it; False when there was none any more.
    :raises VoiceError: for every other answer, and for none; the service may have done it unless ``refused``.
    """
    doing = f"delete the proxy configuration of Voice Connector {voice_connector_id}"
    operation = "DeleteVoiceConnectorProxy"
    try:
        answer = _call(client, "delete_voice_connector_proxy", doing, VoiceConnectorId=voice_connector_id)
    except NotFound as missing:
        _require_answer_of_aws(client, doing, missing)
        # After an attempt of which no answer came, it is that attempt which has deleted it.
        return not missing.refused
    if not answer["ResponseMetadata"].get("RequestId"):
        raise unreadable(client, doing, operation, "it has no request ID, which every answer of AWS has")
    return True


def get_voice_connector(client: Any, voice_connector_id: str) -> dict[str, Any]:
    """Return the ``VoiceConnector`` structure with this ID. Operation: GetVoiceConnector.

    :raises NotFound: there is none.
    :raises VoiceError: for every other answer, one about another Voice Connector among them, and for none.
    """
    doing = f"get Voice Connector {voice_connector_id}"
    answer = _call(client, "get_voice_connector", doing, VoiceConnectorId=voice_connector_id)
    found = answer.get("VoiceConnector") or {}
    if found.get("VoiceConnectorId") != voice_connector_id:
        raise unreadable(client, doing, "GetVoiceConnector", "it does not show this Voice Connector")
    return found


def list_voice_connectors(client: Any) -> Iterator[list[dict[str, Any]]]:
    """Yield the pages of ``VoiceConnector`` structures, up to 100 on each. Operation: ListVoiceConnectors.

    :raises VoiceError: when a page cannot be had or read, or when the listing begins to go in circles.
    """
    doing = "list the Voice Connectors"
    operation = "ListVoiceConnectors"
    tokens: set[str] = set()
    where: dict[str, str] = {}
    while True:
        answer = _call(client, "list_voice_connectors", doing, MaxResults=100, **where)
        page = _member(client, doing, operation, answer, "VoiceConnectors") or []
        if not all(entry.get("VoiceConnectorId") for entry in page):
            raise unreadable(client, doing, operation, "it shows a Voice Connector without an ID")
        yield page
        token = answer.get("NextToken")
        if not token:
            return
        if token in tokens:
            raise unreadable(client, doing, operation, "it repeats the token of an earlier page")
        tokens.add(token)
        where = {"NextToken": token}


def get_tags(client: Any, voice_connector_id: str, arn: str) -> dict[str, str]:
    """Return the tags of a Voice Connector. Operation: ListTagsForResource.

    :raises NoTags: the service does not tell the tags of this resource, though it may well exist.
    :raises VoiceError: for every other answer, and for none.
    """
    doing = f"get the tags of Voice Connector {voice_connector_id}"
    try:
        answer = _call(client, "list_tags_for_resource", doing, ResourceARN=arn)
    except VoiceError as e:
        if isinstance(e, NotFound) or e.code in ("BadRequestException", "BadRequest"):
            raise NoTags(e.message, exception=e.exception, operation=e.operation) from e
        raise
    tags = _member(client, doing, "ListTagsForResource", answer, "Tags") or []
    if not all("Key" in tag for tag in tags):
        raise unreadable(client, doing, "ListTagsForResource", "it shows a tag without a key")
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


def _member(client: Any, doing: str, operation: str, answer: dict[str, Any], name: str) -> Any:
    """Return the member *name* of an answer, or None when AWS said that there is nothing.

    :raises VoiceError: the answer has other members only, or is empty and may not come from AWS.
    """
    unparsed = answer["Unparsed"]
    if unparsed.get(name):
        return answer[name]
    if unparsed and name not in unparsed:
        reason = f"it has members, but no {name} among them"
    elif not answer["ResponseMetadata"].get("RequestId"):
        reason = "it is empty and has no request ID, which every answer of AWS has"
    else:
        return None
    raise unreadable(client, doing, operation, reason)


def _require_voice_connector(client: Any, voice_connector_id: str, missing: NotFound) -> None:
    """Raise VoiceError unless the Voice Connector is known to exist, so that only its proxy can be what is missing."""
    region = client.meta.region_name
    try:
        get_voice_connector(client, voice_connector_id)
    except NotFound as e:
        raise NotFound(
            f"Failed to {reading_proxy(voice_connector_id)} in {region}: there is no such Voice Connector in this "
            "Region, neither GetVoiceConnectorProxy nor GetVoiceConnector finds it. Check the ID, the Region and the "
            "account; a new Voice Connector can take a minute to appear outside us-east-1. The answer was",
            exception=e.exception,
            operation=e.operation,
        ) from e
    except VoiceError as e:
        raise VoiceError(
            f"Failed to {reading_proxy(voice_connector_id)} in {region}: GetVoiceConnectorProxy answers 404, and it "
            "cannot be told whether the proxy configuration is missing or the Voice Connector. To settle it, the "
            f"IAM action chime:GetVoiceConnector has to be allowed and to succeed. {e.message}",
            exception=e.exception,
            operation=e.operation,
        ) from e


def _require_answer_of_aws(client: Any, doing: str, missing: NotFound) -> None:
    """Raise VoiceError for a 404 that anybody could have given."""
    response = missing.exception.response
    if not response["ResponseMetadata"].get("RequestId") and response["Error"]["Code"] not in NOT_FOUND_NAMES:
        raise VoiceError(
            f"Failed to {doing} in {client.meta.region_name}: the 404 to {missing.operation} has neither a request ID "
            "nor the service's name for the error, so it is not known to come from AWS. Check what lies between: "
            "endpoint_url, a proxy server, a firewall. The answer was",
            exception=missing.exception,
            operation=missing.operation,
        )


def _call(client: Any, method: str, doing: str, **parameters: Any) -> Any:
    """Call one operation; return botocore's answer, with the JSON it was read from as ``Unparsed``.

    :param method: the client's method, such as ``get_voice_connector``.
    :param doing: the action with its object, as in "Failed to DOING in REGION".
    :raises NotFound: the service answered 404 and meant it.
    :raises VoiceError: everything else that is not an answer.
    """
    operation = "".join(word.capitalize() for word in method.split("_"))
    failed = f"Failed to {doing} in {client.meta.region_name} ({operation}): "
    if not hasattr(client, method):
        lacking = (
            f"it does not have the operation {operation}; install one that has, which may be an older one, because AWS "
            "ended support for proxy sessions on 2026-04-07"
        )
        raise VoiceError(failed + sdk_lacks(lacking), operation=operation, hopeless=True)
    try:
        return getattr(client, method)(**parameters)
    except Exception as e:  # the SDK lets ValueError, TypeError, OSError and others through
        raise error_of(e, client, doing, operation) from e
