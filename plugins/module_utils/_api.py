# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The operations of Amazon Chime SDK Voice that read, one function each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ._errors import NotFound, VoiceError
from ._operation import Operation, VoiceClient
from ._options import VOICE_CONNECTOR_ID
from ._responses import RAW_JSON, canonical_name
from ._shapes import PROXY, MistypedValue, Setting, connector_result, pick, setting_result

# Give up on a listing after this many pages in a row without a new Voice Connector.
_MAX_STALE_PAGES = 10


class SettingRead(NamedTuple):
    """A setting that was read."""

    result: dict[str, Any]  # as setting_result() returns it
    structure: dict[str, Any] | None  # as AWS returned it, without nulls; None if AWS confirms that it is not set


def describe_read(setting: Setting, voice_connector_id: str) -> str:
    """Return the action that messages about ``get_setting`` contain."""
    return f"get the {setting.title} of Voice Connector {voice_connector_id}"


def get_setting(
    client: VoiceClient, setting: Setting, voice_connector_id: str, voice_connector: dict[str, Any] | None = None
) -> SettingRead:
    """Return a setting of a Voice Connector.

    Operations: that of the setting, and GetVoiceConnector if it is needed to interpret a 404.

    :param voice_connector: the documented keys of the Voice Connector, if it was just listed or read.
    :raises VoiceError: any other response, or no response.
    """
    operation = Operation(client, setting.operation, describe_read(setting, voice_connector_id))
    try:
        response = operation(VoiceConnectorId=voice_connector_id)
    except NotFound as e:
        missing = e.detach()
    else:
        value = operation.member(response, setting.member, setting.kind)
        structure = {setting.member: value} if isinstance(value, list) else value
        if client.numbers is not None:
            client.numbers.add(structure)
        return SettingRead(operation.check(setting_result, setting, structure), without_nulls(structure))
    _confirm_absence(client, operation, setting, voice_connector_id, voice_connector or {}, missing)
    return SettingRead(setting_result(setting, None), None)


def get_proxy(
    client: VoiceClient, voice_connector_id: str, voice_connector: dict[str, Any] | None = None
) -> dict[str, Any] | None:
    """Return the ``Proxy`` structure of a Voice Connector, or None if AWS confirms that none is set.

    Operations and errors are those of ``get_setting``.

    :returns: the members that the service returned, including any that botocore does not know; nulls are dropped.
    """
    return get_setting(client, PROXY, voice_connector_id, voice_connector).structure


def require_operations(client: VoiceClient, settings: Iterable[Setting]) -> None:
    """Raise VoiceError if this botocore does not have the operation of a setting."""
    for setting in settings:
        Operation(client, setting.operation, f"get the {setting.title}").require()


def get_voice_connector(client: VoiceClient, voice_connector_id: str) -> dict[str, Any]:
    """Return the documented keys of the Voice Connector with this ID. Operation: GetVoiceConnector.

    :raises NotFound: there is none.
    :raises VoiceError: any other response, including one about a different Voice Connector, or no response.
    """
    operation = Operation(client, "GetVoiceConnector", f"get Voice Connector {voice_connector_id}")
    found = operation.member(operation(VoiceConnectorId=voice_connector_id), "VoiceConnector")
    connector = operation.check(connector_result, found or {}, client.region)
    if connector["voice_connector_id"] != voice_connector_id:
        raise operation.failure("unreadable", reason="it does not contain this Voice Connector")
    return connector


def list_voice_connectors(client: VoiceClient) -> Iterator[dict[str, dict[str, Any] | None]]:
    """Yield the pages of Voice Connectors: for each ID, the documented keys. Operation: ListVoiceConnectors.

    The keys of an entry are None if a value in it is not of the documented type. Get that Voice Connector by its ID.

    :raises VoiceError: a page is missing or unreadable, or the listing does not end.
    """
    tokens: set[str] = set()
    seen: set[str] = set()
    stale = 0
    position: dict[str, Any] = {}
    while True:
        operation = Operation(client, "ListVoiceConnectors", "list the Voice Connectors")
        response = operation(MaxResults=100, **position)
        entries = operation.member(response, "VoiceConnectors", list) or []
        token = operation.check(pick, response[RAW_JSON].get("NextToken"), str, "NextToken")
        page: dict[str, dict[str, Any] | None] = {}
        for entry in entries:
            identifier = entry.get("VoiceConnectorId") if isinstance(entry, dict) else None
            if not isinstance(identifier, str) or not VOICE_CONNECTOR_ID.fullmatch(identifier):
                raise operation.failure("unreadable", reason="it contains a Voice Connector without a valid ID")
            try:
                page[identifier] = connector_result(entry, client.region)
            except MistypedValue:
                page[identifier] = None
        yield page
        if not token:
            return
        stale = stale + 1 if set(page) <= seen else 0
        seen.update(page)
        if token in tokens or stale >= _MAX_STALE_PAGES:
            reason = "the listing does not end, because the service repeats pages or page tokens"
            raise operation.failure("unreadable", reason=reason)
        tokens.add(token)
        position = {"NextToken": token}


def list_regions(client: VoiceClient) -> list[str]:
    """Return the service's Regions, according to the installed botocore."""
    return list(client.model.shape_for("VoiceConnectorAwsRegion").enum)


def get_tags(client: VoiceClient, voice_connector: dict[str, Any]) -> dict[str, str]:
    """Return the tags of a Voice Connector. Operation: ListTagsForResource.

    :param voice_connector: its documented keys.
    :raises VoiceError: any other response, or no response.
    """
    action = f"get the tags of Voice Connector {voice_connector['voice_connector_id']}"
    operation = Operation(client, "ListTagsForResource", action)
    if not voice_connector["voice_connector_arn"]:
        raise operation.failure("no_arn")
    tags = operation.member(operation(ResourceARN=voice_connector["voice_connector_arn"]), "Tags", list)
    tags = operation.check(pick, tags, [{"key": ("Key", str), "value": ("Value", str)}], "Tags")
    if any(tag["key"] is None for tag in tags):
        raise operation.failure("unreadable", reason="it contains a tag without a key")
    values = {tag["key"]: tag["value"] or "" for tag in tags}
    if len(values) < len(tags):
        raise operation.failure("unreadable", reason="it contains the same tag twice")
    return values


def are_tags_withheld(error: VoiceError) -> bool:
    """Whether an error from ``get_tags`` means that the service does not return the tags of this resource.

    The Voice Connector may exist: for some, the service returns BadRequest with "Invalid resource".
    """
    withheld = error.name in ("no_arn", "not_found") or canonical_name(error.code) == "BadRequest"
    return error.operation == "ListTagsForResource" and withheld


def without_nulls(structure: dict[str, Any] | None) -> dict[str, Any] | None:
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
    home = voice_connector.get("aws_region")
    if home is None:
        try:
            home = get_voice_connector(client, voice_connector_id)["aws_region"]
        except VoiceError as e:
            error: VoiceError | None = e.detach()
        else:
            error = None
        if error is not None:
            response: dict[str, Any] = {"error": error.error, "metadata": error.metadata}
            if isinstance(error, NotFound):
                raise operation.failure("no_voice_connector", NotFound, error.words, **response)
            reason = error.message.removesuffix(".")
            response["affects_all"] = error.affects_all
            raise operation.failure("absence_unknown", setting=setting.title, reason=reason, **response)
    if home != client.region:
        shown = client.clean(home, 100) if home else "a Region that AWS did not return"
        response = {"error": missing.error, "metadata": missing.metadata}
        raise operation.failure("different_region", words=missing.words, home=shown, **response)
