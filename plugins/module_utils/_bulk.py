# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Many Voice Connectors at a time: which are selected, and reading them with several threads."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any
from typing import Callable
from typing import NamedTuple

from ansible_collections.chime_sdk.voice.plugins.module_utils._client import VoiceClient
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import NotFound
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import VoiceError
from ansible_collections.chime_sdk.voice.plugins.module_utils._shapes import connector_result
from ansible_collections.chime_sdk.voice.plugins.module_utils._shapes import proxy_result
from ansible_collections.chime_sdk.voice.plugins.module_utils._voice import get_proxy
from ansible_collections.chime_sdk.voice.plugins.module_utils._voice import get_tags
from ansible_collections.chime_sdk.voice.plugins.module_utils._voice import get_voice_connector
from ansible_collections.chime_sdk.voice.plugins.module_utils._voice import has_no_tags
from ansible_collections.chime_sdk.voice.plugins.module_utils._voice import list_voice_connectors

# Give up if the first reads all fail, this many at least.
_ENOUGH_FAILURES = 8


class Selection(NamedTuple):
    """Which Voice Connectors are selected, and what to read of each. None means no condition."""

    ids: list[str] | None
    names: list[str] | None
    tags: dict[str, str | None]  # by key; None for any value
    include_proxy: bool
    include_tags: bool


class ConnectorRead(NamedTuple):
    """The result of one Voice Connector; no connector if it does not exist, or is not selected or unknown to be."""

    connector: dict[str, Any] | None
    errors: list[VoiceError]
    tried: bool = True


class BulkRead(NamedTuple):
    """The results of all selected Voice Connectors."""

    reads: list[tuple[str, ConnectorRead]]  # with the ID of each
    stopped_by: VoiceError | None  # what ended it before everything was tried
    listing_failed: bool  # whether there may be more Voice Connectors than were found


def read_voice_connectors(client: VoiceClient, selection: Selection, concurrency: int) -> BulkRead:
    """Read the selected Voice Connectors, in the order of the given IDs or of the service.

    Operations: ListVoiceConnectors, GetVoiceConnector, ListTagsForResource, GetVoiceConnectorProxy.

    :param concurrency: the largest number of requests in flight.
    :raises VoiceError: nothing could be listed.
    """
    if selection.names == []:
        return BulkRead([], None, False)
    listing_error = None
    if selection.ids is None:
        listed, listing_error = _list_all(client)
        wanted = list(listed)
    else:
        wanted = list(dict.fromkeys(selection.ids))
        listed = _list_while_cheaper(client, wanted)
    wanted = [identifier for identifier in wanted if _has_name(listed.get(identifier), selection.names)]

    def read(identifier: str) -> ConnectorRead:
        return _read(client, identifier, listed.get(identifier), selection)

    done, stopped_by = ({}, listing_error) if listing_error else _read_all(client, read, wanted, concurrency)
    reads = [(i, done.get(i) or _not_tried(listed.get(i), selection)) for i in wanted]
    return BulkRead(reads, stopped_by, listing_error is not None)


def _list_all(client: VoiceClient) -> tuple[dict[str, dict[str, Any]], VoiceError | None]:
    """Return all entries by ID, with the error that has ended the listing before its end."""
    listed: dict[str, dict[str, Any]] = {}
    try:
        for page in list_voice_connectors(client):
            listed.update((entry["VoiceConnectorId"], entry) for entry in page)
    except VoiceError as e:
        if not listed:
            raise
        return listed, e
    return listed, None


def _list_while_cheaper(client: VoiceClient, wanted: list[str]) -> dict[str, dict[str, Any]]:
    """Return the wanted entries that a listing finds before reading the others one by one takes fewer requests.

    How many pages a listing has is unknown before its end. It ends as soon as it has taken as many requests as
    the entries that it has not found; at worst this takes twice the requests of the better way.
    """
    missing = set(wanted)
    found: dict[str, dict[str, Any]] = {}
    if len(wanted) > 1:
        try:
            for number, page in enumerate(list_voice_connectors(client), 1):
                found.update({e["VoiceConnectorId"]: e for e in page if e["VoiceConnectorId"] in missing})
                missing.difference_update(found)
                if len(missing) <= number:
                    break
        except VoiceError as e:
            # Credentials may permit reading but not listing.
            if e.affects_all:
                raise
    return found


def _has_name(entry: dict[str, Any] | None, names: list[str] | None) -> bool:
    """Whether an entry can have one of these names; one that has not been read yet can."""
    return names is None or entry is None or entry.get("Name") in names


def _read(client: VoiceClient, identifier: str, entry: dict[str, Any] | None, selection: Selection) -> ConnectorRead:
    try:
        entry = entry or get_voice_connector(client, identifier)
    except VoiceError as e:
        return ConnectorRead(None, [e])
    if not _has_name(entry, selection.names):
        return ConnectorRead(None, [])

    errors: list[VoiceError] = []
    connector = connector_result(entry)
    if selection.tags or selection.include_tags:
        tags: dict[str, str] | None = None
        reason = None
        try:
            tags = get_tags(client, entry)
        except VoiceError as e:
            reason = e.message
            if selection.tags or not has_no_tags(e):
                errors.append(e)
        if selection.tags and (tags is None or not _has_tags(tags, selection.tags)):
            return ConnectorRead(None, errors)
        if selection.include_tags:
            connector.update(tags=tags, tags_error=reason)
    if selection.include_proxy:
        try:
            connector["proxy"] = proxy_result(get_proxy(client, identifier, entry))
        except VoiceError as e:
            connector["proxy"] = proxy_result(None, known=False)
            errors.append(e)
    return ConnectorRead(connector, errors)


def _not_tried(entry: dict[str, Any] | None, selection: Selection) -> ConnectorRead:
    """Return what is known of a Voice Connector that was listed but not read, if it is known to be selected."""
    if entry is None or selection.tags:
        return ConnectorRead(None, [], tried=False)
    connector = connector_result(entry)
    if selection.include_tags:
        connector.update(tags=None, tags_error="The tags were not read, because reading stopped.")
    if selection.include_proxy:
        connector["proxy"] = proxy_result(None, known=False)
    return ConnectorRead(connector, [], tried=False)


def _has_tags(tags: dict[str, str], wanted: dict[str, str | None]) -> bool:
    return all(key in tags and value in (None, tags[key]) for key, value in wanted.items())


def _read_all(
    client: VoiceClient, read: Callable[[str], ConnectorRead], identifiers: Sequence[str], concurrency: int
) -> tuple[dict[str, ConnectorRead], VoiceError | None]:
    """Return what *read* returns by identifier, and the error that has ended it, because others would fail as well."""
    lock = threading.Lock()
    remaining = iter(identifiers)
    done: dict[str, ConnectorRead] = {}
    failures: list[VoiceError] = []
    succeeded = False
    stopped_by: VoiceError | None = None

    def work() -> None:
        nonlocal succeeded, stopped_by
        while True:
            with lock:
                identifier = None if stopped_by else next(remaining, None)
            if identifier is None:
                return
            try:
                result = read(identifier)
            except Exception as e:  # a defect, which must not lose what the others have read
                prefix = f"Failed to read Voice Connector {identifier} in {client.region}: "
                error = VoiceError("internal", prefix, region=client.region, error=f"{type(e).__name__}: {e}")
                result = ConnectorRead(None, [error])
            # That something does not exist is a result too.
            failed = [e for e in result.errors if not isinstance(e, NotFound) and not has_no_tags(e)]
            with lock:
                done[identifier] = result
                failures.extend(failed)
                succeeded = succeeded or not failed
                ends = [error for error in failed if error.affects_all]
                if not succeeded and len(failures) >= max(_ENOUGH_FAILURES, concurrency):
                    ends.append(failures[0])
                if ends and stopped_by is None:
                    stopped_by = ends[0]

    threads: list[threading.Thread] = []
    for number in range(min(concurrency, len(identifiers)) - 1):
        thread = threading.Thread(target=work, name=f"reader-{number}")
        try:
            thread.start()
        except RuntimeError:  # no more threads: fewer requests in flight
            break
        threads.append(thread)
    work()
    for thread in threads:
        thread.join()
    return done, stopped_by
