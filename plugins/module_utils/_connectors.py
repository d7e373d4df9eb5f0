# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The operations that find Voice Connectors, one function each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._errors import VoiceError
from ._operation import Operation, VoiceClient
from ._options import VOICE_CONNECTOR_ID
from ._responses import RAW_JSON, canonical_name
from ._settings import CONNECTOR
from ._shapes import MistypedValue, pick

# Give up on a listing after this many pages in a row without a new Voice Connector.
_MAX_STALE_PAGES = 10


def connector_result(entry: dict[str, Any], region: str) -> dict[str, Any]:
    """Return the documented keys of a Voice Connector that was found in *region*.

    :param entry: a ``VoiceConnector`` structure from ListVoiceConnectors or GetVoiceConnector.
    :raises MistypedValue: a documented member has a different type.
    """
    return {"region": region, **pick(entry, CONNECTOR, "VoiceConnector")}


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
