# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Find Voice Connectors, phone numbers, tags, and the Regions of the service. Each operation has its own function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

from ._errors import VoiceError
from ._operation import Operation, VoiceClient
from ._options import REGION, VOICE_CONNECTOR_ID
from ._responses import RAW_JSON, canonical_name
from ._settings import CONNECTOR
from ._shapes import MistypedValue, pick

# The Region whose endpoint lists the Regions of the service. Every supported botocore version knows this endpoint.
FIRST_REGION = "us-east-1"

_ASSOCIATIONS = [{"name": ("Name", str), "value": ("Value", str)}]

# Stop listing after this many pages in a row without a new entry.
_MAX_STALE_PAGES = 10
_MAX_PAGES = 1000  # of 100 items
_MAX_REGIONS = 100


def connector_result(entry: dict[str, Any], region: str) -> dict[str, Any]:
    """Return a Voice Connector as modules return it: a dictionary with its documented keys, such as ``aws_region``.

    :param entry: a ``VoiceConnector`` structure from a response.
    :param region: the Region that returned the structure.
    :raises MistypedValue: a member does not have its documented type.
    """
    return {"region": region, **pick(entry, CONNECTOR, "VoiceConnector")}


def find_owner(connector: dict[str, Any]) -> str | None:
    """Return the AWS account in the ARN of a Voice Connector, or None if AWS did not return the ARN."""
    parts = (connector["voice_connector_arn"] or "").split(":", 5)
    return parts[4] if len(parts) == 6 else None


def get_voice_connector(client: VoiceClient, voice_connector_id: str, needs_name: bool = False) -> dict[str, Any]:
    """Return the documented keys of the Voice Connector with this ID. Operation: GetVoiceConnector.

    :raises NotFound: the Voice Connector does not exist.
    :raises VoiceError: the request failed, or the response is about a different Voice Connector. Also raised if
        *needs_name* is true, and the response does not contain the name.
    """
    operation = Operation(client, "GetVoiceConnector", f"get Voice Connector {voice_connector_id}")
    found = operation.member(operation(VoiceConnectorId=voice_connector_id), "VoiceConnector")
    connector = operation.check(connector_result, found or {}, client.region)
    if connector["voice_connector_id"] != voice_connector_id:
        raise operation.failure("unreadable", reason="it does not contain this Voice Connector")
    if needs_name and not connector["name"]:
        raise operation.failure("unreadable", reason="it does not contain the name")
    return connector


def list_voice_connectors(client: VoiceClient) -> Iterator[dict[str, dict[str, Any] | None]]:
    """Yield a dictionary for each page of a listing. Operation: ListVoiceConnectors.

    Each key is the ID of a Voice Connector. Each value contains the documented keys of the Voice Connector, or is
    None if a member of the Voice Connector does not have its documented type. If the value is None, the caller can get
    the Voice Connector by its ID.

    :raises VoiceError: a page is missing or unreadable, or the listing does not end.
    """
    pages = _list_pages(
        lambda: Operation(client, "ListVoiceConnectors", "list the Voice Connectors"),
        "VoiceConnectors",
        "VoiceConnectorId",
    )
    for operation, entries in pages:
        page: dict[str, dict[str, Any] | None] = {}
        for identifier, entry in entries:
            if not VOICE_CONNECTOR_ID.fullmatch(identifier):
                raise operation.failure("unreadable", reason="it contains an item whose VoiceConnectorId is not valid")
            try:
                connector = connector_result(entry, client.region)
            except MistypedValue:
                connector = None
            if page.setdefault(identifier, connector) != connector:
                raise operation.failure(
                    "unreadable", reason="it contains a Voice Connector twice, with different values"
                )
        yield page


def list_phone_numbers(client: VoiceClient) -> dict[str, list[str]]:
    """Return the phone numbers that are associated with each Voice Connector, by its ID. Operation: ListPhoneNumbers.

    :returns: the numbers in E.164 format. A Voice Connector without numbers has no entry.
    :raises VoiceError: a page is missing or unreadable, or the listing does not end.
    """
    numbers: dict[str, list[str]] = {}
    pages = _list_pages(
        lambda: Operation(client, "ListPhoneNumbers", "list the phone numbers"), "PhoneNumbers", "E164PhoneNumber"
    )
    for operation, entries in pages:
        for number, entry in entries:
            associations = operation.check(pick, entry.get("Associations"), _ASSOCIATIONS, "Associations")
            if not associations and entry.get("Status") in (None, "Assigned"):
                raise operation.failure(
                    "unreadable", reason="it contains an assigned phone number without an association"
                )
            for association in associations:
                name, value = association["name"], association["value"]
                is_connector = str(name).lower() == "voiceconnectorid"
                if not name or (is_connector and not VOICE_CONNECTOR_ID.fullmatch(value or "")):
                    raise operation.failure("unreadable", reason="it contains an association that is not valid")
                if is_connector:
                    numbers.setdefault(value, []).append(number)
    return {identifier: list(dict.fromkeys(listed)) for identifier, listed in numbers.items()}


def _list_pages(
    start: Callable[[], Operation], member: str, key: str
) -> Iterator[tuple[Operation, list[tuple[str, dict[str, Any]]]]]:
    """Yield the operation and the entries of each page of a listing.

    :param start: a function that returns the operation for a page.
    :param member: the member of the response that contains the entries.
    :param key: the member that identifies an entry. Each entry is yielded as a pair: the value of this member, and the
        structure of the entry.
    :raises VoiceError: a page is missing or unreadable, or the listing does not end.
    """
    tokens: set[str] = set()
    seen: set[str] = set()
    stale = 0
    position: dict[str, Any] = {}
    for _number in range(_MAX_PAGES):
        operation = start()
        response = operation(MaxResults=100, **position)
        operation.require_request_id(response)
        entries = operation.member(response, member, list) or []
        token = operation.check(pick, response[RAW_JSON].get("NextToken"), str, "NextToken")
        page = [(entry[key], entry) for entry in entries if isinstance(entry, dict) and _is_text(entry.get(key))]
        if len(page) < len(entries):
            raise operation.failure("unreadable", reason=f"it contains an item without a valid {key}")
        names = {name for name, _entry in page}
        if not token and names and names <= seen:
            raise operation.failure("unreadable", reason="the last page of the listing only repeats earlier pages")
        yield operation, page
        if not token:
            return
        stale = stale + 1 if names <= seen else 0
        seen |= names
        if token in tokens or stale >= _MAX_STALE_PAGES:
            reason = "the listing does not end, because the service repeats pages or page tokens"
            raise operation.failure("unreadable", reason=reason)
        tokens.add(token)
        position = {"NextToken": token}
    raise operation.failure("unreadable", reason=f"the listing does not end after {_MAX_PAGES} pages")


def find_regions(connection: Any, warn: Callable[[str], None]) -> tuple[list[str], str]:
    """Return the Regions of the service, and where the list comes from: ``service`` or ``botocore``.

    Operation: ListAvailableVoiceConnectorRegions. The Regions that the installed botocore knows are always included. If
    the operation fails, warn, and return only the Regions that botocore knows.

    :param connection: the Connection.
    :param warn: a function that shows a warning.
    :raises VoiceError: the operation failed for a reason that affects every further request.
    """
    client = connection.client(FIRST_REGION)
    regions = list(client.model.shape_for("VoiceConnectorAwsRegion").enum)
    operation = Operation(client, "ListAvailableVoiceConnectorRegions", "list the Regions of the service")
    try:
        listed = operation.member(operation(), "VoiceConnectorRegions", list)
        listed = operation.check(pick, listed, [str], "VoiceConnectorRegions")
        if not 0 < len(listed) <= _MAX_REGIONS or not all(map(REGION.fullmatch, listed)):
            reason = f"it contains no Region, more than {_MAX_REGIONS} Regions, or an item that is not a Region"
            raise operation.failure("unreadable", reason=reason)
    except VoiceError as e:
        if e.affects_all:
            raise
        warn(f"{e.message} The module uses the Regions that the installed botocore lists.")
        return regions, "botocore"
    return list(dict.fromkeys([*regions, *listed])), "service"


def get_tags(client: VoiceClient, voice_connector: dict[str, Any]) -> dict[str, str]:
    """Return the tags of a Voice Connector. Operation: ListTagsForResource.

    :param voice_connector: the documented keys of the Voice Connector.
    :raises VoiceError: the tags could not be read.
    """
    identifier, arn = voice_connector["voice_connector_id"], voice_connector["voice_connector_arn"]
    operation = Operation(client, "ListTagsForResource", f"get the tags of Voice Connector {identifier}")
    if not arn:
        raise operation.failure("no_arn")
    if arn.rpartition(":")[2] != f"vc/{identifier}":
        raise operation.failure("other_arn")
    tags = operation.member(operation(ResourceARN=arn), "Tags", list)
    tags = operation.check(pick, tags, [{"key": ("Key", str), "value": ("Value", str)}], "Tags")
    if any(tag["key"] is None for tag in tags):
        raise operation.failure("unreadable", reason="it contains a tag without a key")
    values = {tag["key"]: tag["value"] or "" for tag in tags}
    if len(values) < len(tags):
        raise operation.failure("unreadable", reason="it contains the same tag twice")
    return values


def are_tags_withheld(error: VoiceError) -> bool:
    """Whether an error from ``get_tags`` means that the service does not return the tags of the Voice Connector.

    For some existing Voice Connectors, the service returns BadRequest with "Invalid resource".
    """
    withheld = error.name in ("no_arn", "not_found") or canonical_name(error.code) == "BadRequest"
    return error.operation == "ListTagsForResource" and withheld


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""
