# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Many Voice Connectors in one go: which are meant, and reading them with several threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from typing import Callable
from typing import NamedTuple

from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import NoTags
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import NotFound
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import VoiceError
from ansible_collections.chime_sdk.voice.plugins.module_utils._shapes import UNKNOWN_PROXY
from ansible_collections.chime_sdk.voice.plugins.module_utils._shapes import connector_result
from ansible_collections.chime_sdk.voice.plugins.module_utils._shapes import proxy_result
from ansible_collections.chime_sdk.voice.plugins.module_utils._voice import get_proxy
from ansible_collections.chime_sdk.voice.plugins.module_utils._voice import get_tags
from ansible_collections.chime_sdk.voice.plugins.module_utils._voice import get_voice_connector
from ansible_collections.chime_sdk.voice.plugins.module_utils._voice import list_voice_connectors

# So many first results that are all failures are taken to mean that nothing can be read.
_ENOUGH_FAILURES = 8


class Selection(NamedTuple):
    """Which Voice Connectors are meant, and what to read of each. None stands for no condition."""

    ids: list[str] | None
    names: list[str] | None
    tags: dict[str, str | None]  # by key; None for any value
    include_proxy: bool
    include_tags: bool


class Outcome(NamedTuple):
    """What came of one Voice Connector; no connector when it is not there, not read, or not meant."""

    connector: dict[str, Any] | None
    errors: list[tuple[str, VoiceError]]  # each with the ID of the Voice Connector


NOT_READ = Outcome(None, [])


class Reading(NamedTuple):
    """What came of all; with the error that every further read would have met too, when it was ended by one."""

    outcomes: list[Outcome]
    stopped_by: VoiceError | None


def read_voice_connectors(client: Any, selection: Selection, concurrency: int) -> Reading:
    """Read the selected Voice Connectors, in the order of the given IDs or of the service.

    Operations: ListVoiceConnectors, GetVoiceConnector, ListTagsForResource, GetVoiceConnectorProxy.

    :param concurrency: requests in flight at most.
    :raises VoiceError: the listing failed.
    """
    if selection.names == []:
        return Reading([], None)
    if selection.ids is None:
        listed = {entry["VoiceConnectorId"]: entry for page in list_voice_connectors(client) for entry in page}
        wanted = list(listed)
    else:
        wanted = list(dict.fromkeys(selection.ids))
        listed = _list_while_cheaper(client, wanted)
    wanted = [identifier for identifier in wanted if _has_name(listed.get(identifier), selection.names)]

    def read(identifier: str) -> Outcome:
        return _read(client, identifier, listed.get(identifier), selection)

    return _fan_out(read, wanted, concurrency)


def _list_while_cheaper(client: Any, wanted: list[str]) -> dict[str, dict[str, Any]]:
    """Return the wanted entries that a listing finds before reading the others one by one takes fewer requests.

    How many pages a listing has is not known before its end. It is left as soon as it has taken as many requests as
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
            # Who may read these Voice Connectors need not be allowed to list them all.
            if e.hopeless:
                raise
    return found


def _has_name(entry: dict[str, Any] | None, names: list[str] | None) -> bool:
    """Whether an entry can be one of those with these names; one that has not been read yet can."""
    return names is None or entry is None or entry.get("Name") in names


def _read(client: Any, identifier: str, entry: dict[str, Any] | None, selection: Selection) -> Outcome:
    errors: list[tuple[str, VoiceError]] = []
    try:
        entry = entry or get_voice_connector(client, identifier)
    except VoiceError as e:
        return Outcome(None, [(identifier, e)])
    if not _has_name(entry, selection.names):
        return NOT_READ

    connector = connector_result(entry)
    if selection.tags or selection.include_tags:
        tags, reason, error = _read_tags(client, identifier, entry)
        if error is not None and (selection.tags or not isinstance(error, NoTags)):
            errors.append((identifier, error))
        if selection.tags and not (tags is not None and _has_tags(tags, selection.tags)):
            return Outcome(None, errors)
        if selection.include_tags:
            connector.update(tags=tags, tags_error=reason)
    if selection.include_proxy:
        try:
            connector.update(proxy_result(get_proxy(client, identifier, known_to_exist=True)))
        except VoiceError as e:
            connector.update(UNKNOWN_PROXY)
            errors.append((identifier, e))
    return Outcome(connector, errors)


def _read_tags(
    client: Any, identifier: str, entry: dict[str, Any]
) -> tuple[dict[str, str] | None, str | None, VoiceError | None]:
    """Return the tags, or None with the reason and the error."""
    try:
        if not entry.get("VoiceConnectorArn"):
            raise NoTags(
                f"Failed to get the tags of Voice Connector {identifier} in {client.meta.region_name}: "
                "the service does not show its ARN.",
                operation="ListTagsForResource",
            )
        return get_tags(client, identifier, entry["VoiceConnectorArn"]), None, None
    except VoiceError as e:
        return None, str(e), e


def _has_tags(tags: dict[str, str], wanted: dict[str, str | None]) -> bool:
    return all(key in tags and value in (None, tags[key]) for key, value in wanted.items())


def _fan_out(read: Callable[[str], Outcome], identifiers: list[str], concurrency: int) -> Reading:
    """Return what *read* makes of each identifier, in their order, until an error shows that it is in vain."""
    lock = threading.Lock()
    answered = threading.Event()
    failures: list[VoiceError] = []
    stopped: list[VoiceError] = []

    def guarded(identifier: str) -> Outcome:
        if stopped:
            return NOT_READ
        outcome = read(identifier)
        # That something is not there is an answer too.
        failed = [error for _identifier, error in outcome.errors if not isinstance(error, (NotFound, NoTags))]
        with lock:
            failures.extend(failed)
            if not failed:
                answered.set()
            hopeless = [error for error in failed if error.hopeless]
            if not hopeless and not answered.is_set() and len(failures) >= max(_ENOUGH_FAILURES, concurrency):
                hopeless = failures[:1]
            stopped.extend(hopeless)
        return outcome

    if concurrency == 1:
        outcomes = list(map(guarded, identifiers))
    else:
        with ThreadPoolExecutor(concurrency) as pool:
            outcomes = list(pool.map(guarded, identifiers))
    return Reading(outcomes, stopped[0] if stopped else None)
