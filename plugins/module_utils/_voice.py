# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The operations of Amazon Chime SDK Voice that this collection uses, one function each."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import canonical_name
from ansible_collections.chime_sdk.voice.plugins.module_utils._client import VoiceClient
from ansible_collections.chime_sdk.voice.plugins.module_utils._client import installed_sdk
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import NotFound
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import VoiceError
from ansible_collections.chime_sdk.voice.plugins.module_utils._operation import Operation
from ansible_collections.chime_sdk.voice.plugins.module_utils._options import VOICE_CONNECTOR_ID
from ansible_collections.chime_sdk.voice.plugins.module_utils._responses import RAW_JSON
from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import PROXY
from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import Setting

# Give up on a listing after this many pages in a row without a new Voice Connector.
_MAX_STALE_PAGES = 10


def reading(setting: Setting, voice_connector_id: str) -> str:
    """Return the action that messages about ``get_setting`` contain."""
    return f"get the {setting.title} of Voice Connector {voice_connector_id}"


def get_setting(
    client: VoiceClient, setting: Setting, voice_connector_id: str, voice_connector: dict[str, Any] | None = None
) -> dict[str, Any] | None:
    """Return a setting of a Voice Connector, or None if AWS confirms that it is not set.

    Operations: that of the setting, and GetVoiceConnector if it is needed to interpret a 404.

    :param voice_connector: the ``VoiceConnector`` structure, if it was just listed or read.
    :returns: the members that the service returned, including any that botocore does not know; nulls are dropped.
    :raises VoiceError: any other response, or no response.
    """
    operation = Operation(client, setting.operation, reading(setting, voice_connector_id))
    try:
        response = operation(VoiceConnectorId=voice_connector_id)
    except NotFound as missing:
        _confirm_absence(client, operation, setting, voice_connector_id, voice_connector or {}, missing)
        return None
    value = operation.member(response, setting.member)
    return {setting.member: value} if isinstance(value, list) else _without_nulls(value)


def get_proxy(
    client: VoiceClient, voice_connector_id: str, voice_connector: dict[str, Any] | None = None
) -> dict[str, Any] | None:
    """Return the ``Proxy`` structure of a Voice Connector, as ``get_setting`` does. Operation: GetVoiceConnectorProxy."""
    return get_setting(client, PROXY, voice_connector_id, voice_connector)


def require_operations(client: VoiceClient, settings: Iterable[Setting]) -> None:
    """Raise VoiceError if this botocore does not have the operation of a setting."""
    for setting in settings:
        Operation(client, setting.operation, f"get the {setting.title}").require()


def put_proxy(client: VoiceClient, voice_connector_id: str, proxy: dict[str, Any]) -> dict[str, Any]:
    """Replace the whole proxy configuration of a Voice Connector, or create one. Operation: PutVoiceConnectorProxy.

    :param proxy: a ``Proxy`` structure; if the operation does not accept one of its members, nothing is sent.
    :returns: the ``Proxy`` structure that the service returned.
    :raises VoiceError: any other response, or none. If its ``rejected`` is false, the change may have been applied.
    """
    require_sendable(client, voice_connector_id, proxy)
    operation = _putting(client, voice_connector_id)
    response = operation(VoiceConnectorId=voice_connector_id, **_to_put(proxy))
    stored = _without_nulls(operation.member(response, "Proxy"))
    if stored is None:
        raise operation.unreadable("it does not contain the proxy configuration")
    return stored


def require_sendable(
    client: VoiceClient, voice_connector_id: str, proxy: dict[str, Any], message: str = "unknown_members"
) -> None:
    """Raise VoiceError if PutVoiceConnectorProxy in this botocore does not accept a member of a ``Proxy`` structure.

    :param message: the name of the message.
    """
    name = "PutVoiceConnectorProxy"
    if name in client.boto3.meta.service_model.operation_names:
        known = client.boto3.meta.service_model.operation_model(name).input_shape.members
        unknown = sorted(set(_to_put(proxy)) - set(known))
        if unknown:
            fields: dict[str, Any] = {"members": ", ".join(unknown), **installed_sdk()}
            raise _putting(client, voice_connector_id).failure(message, rejected=True, **fields)


def delete_proxy(client: VoiceClient, voice_connector_id: str) -> None:
    """Delete the proxy configuration of a Voice Connector. Operation: DeleteVoiceConnectorProxy.

    :raises NotFound: the service found none. If its ``rejected`` is false, an earlier attempt may have deleted it.
    :raises VoiceError: any other response, or none. If its ``rejected`` is false, the change may have been applied.
    """
    action = f"delete the proxy configuration of Voice Connector {voice_connector_id}"
    operation = Operation(client, "DeleteVoiceConnectorProxy", action)
    operation.require_request_id(operation(VoiceConnectorId=voice_connector_id))


def get_voice_connector(client: VoiceClient, voice_connector_id: str) -> dict[str, Any]:
    """Return the ``VoiceConnector`` structure with this ID. Operation: GetVoiceConnector.

    :raises NotFound: there is none.
    :raises VoiceError: any other response, including one about a different Voice Connector, or no response.
    """
    operation = Operation(client, "GetVoiceConnector", f"get Voice Connector {voice_connector_id}")
    found = operation(VoiceConnectorId=voice_connector_id)[RAW_JSON].get("VoiceConnector") or {}
    if found.get("VoiceConnectorId") != voice_connector_id:
        raise operation.unreadable("it does not contain this Voice Connector")
    return found


def list_voice_connectors(client: VoiceClient) -> Iterator[list[dict[str, Any]]]:
    """Yield the pages of ``VoiceConnector`` structures, up to 100 on each. Operation: ListVoiceConnectors.

    :raises VoiceError: a page is missing or unreadable, or the listing does not end.
    """
    tokens: set[str] = set()
    seen: set[str] = set()
    stale = 0
    position: dict[str, str] = {}
    while True:
        operation = Operation(client, "ListVoiceConnectors", "list the Voice Connectors")
        response = operation(MaxResults=100, **position)
        page = operation.member(response, "VoiceConnectors") or []
        identifiers = {entry.get("VoiceConnectorId") or "" for entry in page}
        if not all(map(VOICE_CONNECTOR_ID.fullmatch, identifiers)):
            raise operation.unreadable("it contains a Voice Connector without a valid ID")
        yield page
        token = response[RAW_JSON].get("NextToken")
        if not token:
            return
        stale = stale + 1 if identifiers <= seen else 0
        seen |= identifiers
        if token in tokens or stale >= _MAX_STALE_PAGES:
            raise operation.unreadable("the listing does not end, because the service repeats pages or page tokens")
        tokens.add(token)
        position = {"NextToken": token}


def list_regions(client: VoiceClient) -> list[str]:
    """Return the service's Regions, according to the installed botocore."""
    return list(client.boto3.meta.service_model.shape_for("VoiceConnectorAwsRegion").enum)


def get_tags(client: VoiceClient, voice_connector: dict[str, Any]) -> dict[str, str]:
    """Return the tags of a Voice Connector. Operation: ListTagsForResource.

    :param voice_connector: the ``VoiceConnector`` structure.
    :raises VoiceError: any other response, or no response.
    """
    action = f"get the tags of Voice Connector {voice_connector['VoiceConnectorId']}"
    operation = Operation(client, "ListTagsForResource", action)
    if not voice_connector.get("VoiceConnectorArn"):
        raise operation.failure("no_arn")
    tags = operation.member(operation(ResourceARN=voice_connector["VoiceConnectorArn"]), "Tags") or []
    if not all(isinstance(tag.get("Key"), str) for tag in tags):
        raise operation.unreadable("it contains a tag without a key")
    return {tag["Key"]: tag.get("Value") or "" for tag in tags}


def has_no_tags(error: VoiceError) -> bool:
    """Whether an error from ``get_tags`` means that the service does not return the tags of this resource.

    The Voice Connector may exist: for some, the service returns BadRequest with "Invalid resource".
    """
    withheld = error.name in ("no_arn", "not_found") or canonical_name(error.code) == "BadRequest"
    return error.operation == "ListTagsForResource" and withheld


def _putting(client: VoiceClient, voice_connector_id: str) -> Operation:
    action = f"set the proxy configuration of Voice Connector {voice_connector_id}"
    return Operation(client, "PutVoiceConnectorProxy", action)


def _to_put(proxy: dict[str, Any]) -> dict[str, Any]:
    """Convert a ``Proxy`` structure to the parameters of PutVoiceConnectorProxy, one of which has a different name."""
    return {("PhoneNumberPoolCountries" if k == "PhoneNumberCountries" else k): v for k, v in proxy.items()}


def _without_nulls(structure: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a structure without its nulls, which the service returns for members that are not set."""
    return structure and {name: value for name, value in structure.items() if value is not None}


def _confirm_absence(
    client: VoiceClient,
    operation: Operation,
    setting: Setting,
    voice_connector_id: str,
    voice_connector: dict[str, Any],
    missing: NotFound,
) -> None:
    """Raise VoiceError unless the Voice Connector exists in this Region: only then is its setting absent after a 404."""
    if not voice_connector.get("AwsRegion"):
        try:
            voice_connector = get_voice_connector(client, voice_connector_id)
        except VoiceError as e:
            fields: dict[str, Any] = {"response": e.response, "affects_all": e.affects_all}
            if isinstance(e, NotFound):
                raise operation.failure("no_voice_connector", kind=NotFound, words=e.words, **fields) from e
            raise operation.failure("absence_unknown", setting=setting.title, reason=e.message, **fields) from e
    home = voice_connector.get("AwsRegion")
    if home != client.region:
        shown = home or "a Region that AWS did not return"
        raise operation.failure("different_region", words=missing.words, response=missing.response, home=shown)
