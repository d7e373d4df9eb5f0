# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Read many Voice Connectors with several threads."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any, Callable, NamedTuple, TypeVar

from ._api import get_setting, require_operations
from ._connectors import (
    are_tags_withheld,
    find_owner,
    get_tags,
    get_voice_connector,
    list_phone_numbers,
    list_voice_connectors,
)
from ._errors import NotFound, VoiceError
from ._operation import Operation, VoiceClient
from ._redact import redact
from ._settings import PHONE_NUMBERS
from ._shapes import Setting, setting_result

_T = TypeVar("_T")
_END = object()

# Stop reading a Region after this many failures without a success. If the maximum number of concurrent requests is
# higher, that maximum is the limit instead.
_ENOUGH_FAILURES = 8


class Selection(NamedTuple):
    """Criteria that select Voice Connectors, and the values to read for each of them.

    A Voice Connector is selected if it matches ``ids``, ``names``, and ``tags``. If ``ids`` is None, every ID matches.
    If ``names`` is None, every name matches.
    """

    ids: list[str] | None
    names: list[str] | None
    tags: dict[str, str | None]  # values by the keys of the tags; a value of None matches any value
    include_tags: bool
    settings: list[Setting]
    phone_numbers: bool = False
    # Whether to skip listed Voice Connectors that belong to a Region that is not read. If true, one Voice Connector can
    # have several results. If several Regions list a Voice Connector as their own (``aws_region`` is the Region that
    # lists it), there is a result from each of these Regions. If no Region lists a selected ID, the Voice Connector is
    # read by its ID in each Region for which ``RegionRead.listed_all`` is false. There is a result from each of these
    # Regions that returns the Voice Connector.
    own_regions_only: bool = False
    # Whether ``ConnectorRead.structures`` contains the settings as AWS returned them.
    keep_structures: bool = False


class ConnectorRead(NamedTuple):
    """The result for one Voice Connector.

    ``connector`` is None if the Voice Connector does not exist, could not be read, belongs to a different account, or
    is not selected. It is also None if it is unknown whether the Voice Connector is selected.
    """

    voice_connector_id: str
    region: str | None  # the Region of the read; None if several Regions were searched without success
    connector: dict[str, Any] | None
    errors: list[VoiceError]
    tried: bool = True
    structures: dict[str, dict[str, Any] | None] = {}  # by setting; empty unless keep_structures is true


class RegionRead:
    """The progress of reading one Region."""

    def __init__(self, client: VoiceClient) -> None:
        self.client = client
        # The documented keys of each listed Voice Connector, by ID; None if a value does not have its documented type
        self.listed: dict[str, dict[str, Any] | None] = {}
        self.listing_error: VoiceError | None = None
        # The phone numbers, by Voice Connector ID; None if they were not listed
        self.numbers: dict[str, list[str]] | None = None
        self.numbers_error: VoiceError | None = None
        self.listed_all = False  # whether to read only the IDs that this Region listed
        self.stopped_by: VoiceError | None = None  # the error after which no more was read in this Region
        self._failures: list[VoiceError] = []
        self._succeeded = False

    @property
    def name(self) -> str:
        return self.client.region

    def record(self, result: ConnectorRead, concurrency: int) -> None:
        """Record a result, and stop reading this Region if the result shows that further reads would fail too."""
        # Do not count the error NotFound as a failure, because further reads can still succeed. For the same reason, do
        # not count an error that means that AWS does not return the tags of this Voice Connector.
        failed = [e for e in result.errors if not isinstance(e, NotFound) and not are_tags_withheld(e)]
        self._failures.extend(failed)
        self._succeeded = self._succeeded or not failed
        ends = [error for error in failed if error.affects_all]
        if not self._succeeded and len(self._failures) >= max(_ENOUGH_FAILURES, concurrency):
            ends.append(self._failures[0])
        if ends and self.stopped_by is None:
            self.stopped_by = ends[0]


class Unknown(NamedTuple):
    """An error about a Voice Connector or one of its settings. If the ID is None, the error is about a listing."""

    voice_connector_id: str | None
    region: str | None
    error: VoiceError


class BulkRead(NamedTuple):
    """The results of a bulk read.

    If IDs are selected, ``reads`` is in the order of these IDs. Otherwise, it is in the order in which the Regions
    listed the Voice Connectors. If ``own_regions_only`` is true, a Voice Connector can have further results. If no IDs
    are selected, these further results are at the end of ``reads``.
    """

    regions: list[RegionRead]
    reads: list[ConnectorRead]

    def unknowns(self) -> list[Unknown]:
        """Return an error for each failed or skipped read. If the list is empty, the read is complete."""
        found = [
            Unknown(None, region.name, error)
            for region in self.regions
            for error in (region.listing_error, region.numbers_error)
            if error
        ]
        stops = {region.name: region.stopped_by for region in self.regions if region.stopped_by}
        for read in self.reads:
            found += [Unknown(read.voice_connector_id, error.region, error) for error in read.errors]
            if not read.tried:
                stop = stops.get(read.region or "") or next(iter(stops.values()))
                where = f"{read.voice_connector_id} in {read.region}" if read.region else read.voice_connector_id
                first = stop.message.removesuffix(".")
                error = VoiceError("not_tried", f"Failed to read Voice Connector {where}: ", first=first)
                found.append(Unknown(read.voice_connector_id, read.region, error))
        return found


def without_foreign(read: BulkRead, account_id: str | None) -> BulkRead:
    """Return *read* with an error in place of each Voice Connector that belongs to a different account.

    :param account_id: the account to which all Voice Connectors must belong, according to their ARNs. If it is None,
        all accounts are accepted.
    """

    def check(result: ConnectorRead) -> ConnectorRead:
        owner = find_owner(result.connector) if result.connector else None
        if account_id is None or owner in (None, account_id):
            return result
        prefix = f"Failed to read Voice Connector {result.voice_connector_id} in {result.region}: "
        account = redact(owner, limit=50)
        error = VoiceError("foreign_connector", prefix, region=result.region, account=account, account_id=account_id)
        return result._replace(connector=None, errors=[*result.errors, error])

    return read._replace(reads=list(map(check, read.reads)))


def read_voice_connectors(clients: list[VoiceClient], selection: Selection, concurrency: int) -> BulkRead:
    """Read the selected Voice Connectors in one or more Regions.

    A Voice Connector that several Regions list is read only once: in the Region to which it belongs or, if that Region
    does not list it, in the first Region that lists it. If ``Selection.own_regions_only`` is true, it can be read in
    several Regions.

    Operations: ListVoiceConnectors, GetVoiceConnector, ListTagsForResource, ListPhoneNumbers, and an operation for each
    selected setting.

    :param clients: a client for each Region.
    :param concurrency: the maximum number of requests in flight, in all Regions together.
    :raises VoiceError: the installed botocore cannot read one of the settings. In this case, no request was sent.
    """
    require_operations(clients[0], selection.settings)
    regions = [RegionRead(client) for client in clients]
    if selection.names == [] or selection.ids == []:
        return BulkRead(regions, [])
    ids = None if selection.ids is None else list(dict.fromkeys(selection.ids))
    alone = len(regions) == 1
    run_all(lambda region: _list(region, ids, alone, selection.phone_numbers), regions, concurrency)

    homes = _find_homes(regions)
    wanted = set(homes if ids is None else ids)
    work = [(i, region) for i, region in homes.items() if i in wanted]
    for identifier in ids or ():
        if identifier not in homes:
            work += [(identifier, region) for region in regions if not region.listed_all]
    work = [(i, region) for i, region in work if _has_name(region.listed.get(i), selection.names)]
    if selection.own_regions_only:
        foreign = foreign_homes(regions)
        work = [(i, region) for i, region in work if i not in foreign]
        owners = [
            (i, region) for region in regions for i, entry in region.listed.items() if _home(entry) == region.name
        ]
        work += [(i, region) for i, region in owners if i in wanted and region is not homes[i]]
    # If there are few Voice Connectors, read several settings of each at the same time.
    share = max(1, concurrency // max(1, len(work)))
    lock = threading.Lock()
    done: dict[tuple[str, str], ConnectorRead] = {}

    def read(item: tuple[str, RegionRead]) -> None:
        identifier, region = item
        if region.stopped_by:
            return
        result = _read_guarded(region, identifier, selection, share)
        with lock:
            done[identifier, region.name] = result
            region.record(result, concurrency)

    run_all(read, _interleave(work), concurrency)
    reads = [done.get((i, region.name)) or _not_tried(region, i, selection) for i, region in work]
    if ids is not None:
        reads = _by_id(ids, homes, reads, regions, None if selection.own_regions_only else 1)
    return BulkRead(regions, reads)


def run_all(function: Callable[[_T], None], items: Iterable[_T], concurrency: int) -> None:
    """Call *function* for each item, in this thread and up to *concurrency* - 1 other threads."""
    items = list(items)
    remaining = iter(items)
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                item = next(remaining, _END)
            if item is _END:
                return
            function(item)  # type: ignore[arg-type]

    threads: list[threading.Thread] = []
    started = threading.Event()
    # Each worker sends its requests in a second thread. To verify that the system permits this second thread, also
    # start one waiting thread per worker. The waiting threads end when all workers have started.
    reserved: list[threading.Thread] = []
    try:
        for number in range(min(concurrency, len(items)) - 1):
            for target, started_threads in ((started.wait, reserved), (work, threads)):
                # Use a daemon thread, because Ctrl+C stops only the main thread, and Python would then wait for a
                # non-daemon thread to finish.
                thread = threading.Thread(target=target, name=f"worker-{number}", daemon=True)
                thread.start()
                started_threads.append(thread)
    except RuntimeError:  # the system cannot start another thread, so continue with fewer
        pass
    started.set()
    for thread in reserved:
        thread.join()
    work()
    for thread in threads:
        thread.join()


def _list(region: RegionRead, ids: list[str] | None, alone: bool, phone_numbers: bool) -> None:
    """List the Voice Connectors of a Region. If *phone_numbers* is true, also list the phone numbers of the Region.

    Skip unnecessary requests.
    """
    _list_voice_connectors(region, ids, alone)
    if phone_numbers and region.stopped_by is None:
        try:
            region.numbers = list_phone_numbers(region.client)
        except VoiceError as e:
            region.numbers_error = e.detach()
            if e.affects_all:
                region.stopped_by = region.numbers_error


def _list_voice_connectors(region: RegionRead, ids: list[str] | None, alone: bool) -> None:
    missing = set(ids or ())
    if ids is not None and len(missing) == 1 and alone:
        return
    try:
        for number, page in enumerate(list_voice_connectors(region.client), 1):
            region.listed.update(page)
            missing.difference_update(region.listed)
            # With several Regions, stop listing as soon as the listing contains all selected IDs. With one Region, also
            # stop as soon as the number of missing IDs is at most the number of pages requested so far. Each missing ID
            # is later read with one request. It is unknown how many pages remain, but with this rule, there are at most
            # twice as many requests as necessary.
            if ids is not None and len(missing) <= (number if alone else 0):
                return
        region.listed_all = not alone or ids is None
    except VoiceError as e:
        # If IDs are selected, ignore an error that may affect only the listing, because the credentials may permit
        # reading, but not listing.
        if ids is None or e.affects_all:
            region.listing_error = region.stopped_by = e.detach()


def _find_homes(regions: list[RegionRead]) -> dict[str, RegionRead]:
    """Return, by ID, the Region in which to read each listed Voice Connector."""
    homes: dict[str, RegionRead] = {}
    for region in regions:
        for identifier, entry in region.listed.items():
            if identifier not in homes or _home(entry) == region.name:
                homes[identifier] = region
    return homes


def foreign_homes(regions: list[RegionRead]) -> dict[str, str]:
    """Return, by ID, the Region of each listed Voice Connector that belongs to a Region outside *regions*.

    The result omits a Voice Connector if two listings contain different values for its Region.
    """
    names = {region.name for region in regions}
    claims = {i: claimed_homes(regions, i) for region in regions for i in region.listed}
    return {i: homes[0] for i, homes in claims.items() if len(homes) == 1 and homes[0] not in names}


def claimed_homes(regions: list[RegionRead], identifier: str) -> list[str]:
    """Return the Regions to which a Voice Connector belongs, according to the listings."""
    homes = (_home(region.listed.get(identifier)) for region in regions)
    return sorted({home for home in homes if home})


def _home(connector: dict[str, Any] | None) -> str | None:
    return connector["aws_region"] if connector else None


def _by_id(
    ids: list[str],
    homes: dict[str, RegionRead],
    reads: list[ConnectorRead],
    regions: list[RegionRead],
    limit: int | None,
) -> list[ConnectorRead]:
    """Return at most *limit* successful results for each ID, or all of them if *limit* is None.

    If an ID has no successful result, return the results from the Regions where the read was skipped, and from the
    Regions where an error occurred that is not NotFound, because the Voice Connector may exist there. If there are no
    such Regions, and no Region listed the ID, return one result with the error NotFound.
    """
    found: dict[str, list[ConnectorRead]] = {identifier: [] for identifier in ids}
    for result in reads:
        found[result.voice_connector_id].append(result)
    merged: list[ConnectorRead] = []
    for identifier, results in found.items():
        usable = [r for r in results if r.connector is not None or not r.errors and r.tried]
        unknown = [r for r in results if not r.tried or any(not isinstance(e, NotFound) for e in r.errors)]
        if usable or unknown:
            merged += usable[:limit] or unknown
        elif len(regions) == 1 or identifier in homes:
            # If there is only one Region, *results* contains the error NotFound of that Region. If the Voice Connector
            # was listed, but skipped because of its name or its Region, *results* is empty.
            merged += results
        else:
            merged.append(ConnectorRead(identifier, None, None, [_not_anywhere(identifier, regions)]))
    return merged


def _interleave(work: list[tuple[str, RegionRead]]) -> list[tuple[str, RegionRead]]:
    """Return the items with alternating Regions, so that a slow Region does not occupy all threads."""
    counts: dict[str, int] = {}
    ranked = []
    for item in work:
        counts[item[1].name] = counts.get(item[1].name, 0) + 1
        ranked.append((counts[item[1].name], item))
    return [item for _rank, item in sorted(ranked, key=lambda entry: entry[0])]


def _not_anywhere(identifier: str, regions: list[RegionRead]) -> VoiceError:
    names = ", ".join(region.name for region in regions)
    prefix = f"Failed to get Voice Connector {identifier} in {names} (GetVoiceConnector): "
    return NotFound("not_anywhere", prefix, operation="GetVoiceConnector", affects_all=False)


def _has_name(connector: dict[str, Any] | None, names: list[str] | None) -> bool:
    """Return whether *names* contains the name of a Voice Connector.

    The result is also true if *names* is None, or if the name is not known yet.
    """
    return names is None or connector is None or _lacks_name(connector, names) or connector["name"] in names


def _lacks_name(connector: dict[str, Any], names: list[str] | None) -> bool:
    """Return whether a Voice Connector has no name, although *names* are selected."""
    return names is not None and not connector["name"]


def _read_guarded(region: RegionRead, identifier: str, selection: Selection, concurrency: int) -> ConnectorRead:
    try:
        return _read(region, identifier, selection, concurrency)
    except Exception as e:  # a bug in this collection; keep the results of other reads
        return ConnectorRead(identifier, region.name, None, [_to_internal_error(region, identifier, e)])


def _to_internal_error(
    region: RegionRead, identifier: str, exception: Exception, operation: str | None = None
) -> VoiceError:
    """Return the error for an exception that only a bug in this collection can raise."""
    prefix = f"Failed to read Voice Connector {identifier} in {region.name}: "
    reason = f"{type(exception).__name__}: {exception}"
    return VoiceError("internal", prefix, region=region.name, operation=operation, exception=reason)


def _read(region: RegionRead, identifier: str, selection: Selection, concurrency: int) -> ConnectorRead:
    client = region.client
    try:
        listed = region.listed.get(identifier)
        if listed is None or _lacks_name(listed, selection.names):
            listed = get_voice_connector(client, identifier, needs_name=selection.names is not None)
    except VoiceError as e:
        return ConnectorRead(identifier, region.name, None, [e.detach()])
    if not _has_name(listed, selection.names):
        return ConnectorRead(identifier, region.name, None, [])

    errors: list[VoiceError] = []
    connector = dict(listed)
    if selection.tags or selection.include_tags:
        tags: dict[str, str] | None = None
        reason = None
        try:
            tags = get_tags(client, listed)
        except VoiceError as e:
            reason = e.message
            errors.append(e.detach())
        if selection.tags and (tags is None or not matches_tags(tags, selection.tags)):
            return ConnectorRead(identifier, region.name, None, errors)
        if selection.include_tags:
            connector.update(tags=tags, tags_error=reason)
    results: dict[str, dict[str, Any]] = {}
    structures: dict[str, dict[str, Any] | None] = {}
    failed: dict[str, VoiceError] = {}

    def read(setting: Setting) -> None:
        try:
            results[setting.name], structure = get_setting(client, setting, identifier, listed)
            if selection.keep_structures:
                structures[setting.name] = structure
        except VoiceError as e:
            failed[setting.name] = e.detach()
        except Exception as e:  # a bug in this collection; an uncaught exception in a worker thread would be lost
            failed[setting.name] = _to_internal_error(region, identifier, e, setting.operation)

    run_all(read, selection.settings, concurrency)
    for setting in selection.settings:
        connector[setting.name] = results.get(setting.name) or setting_result(setting, None, known=False)
    errors += [failed[setting.name] for setting in selection.settings if setting.name in failed]
    if selection.phone_numbers:
        connector[PHONE_NUMBERS.name], error = _numbers_of(region, listed)
        errors += [error] if error else []
    return ConnectorRead(identifier, region.name, connector, errors, structures=structures)


def _numbers_of(region: RegionRead, connector: dict[str, Any]) -> tuple[dict[str, Any], VoiceError | None]:
    """Return a pair: the phone numbers of a Voice Connector, and an error or None.

    The error means that the listing in this Region may omit the phone numbers, because the Voice Connector is not known
    to belong to this Region.
    """
    identifier, home = connector["voice_connector_id"], connector["aws_region"]
    known = region.numbers is not None
    numbers = (region.numbers or {}).get(identifier)
    error = None
    if known and not numbers and home != region.name:
        operation = Operation(
            region.client, "ListPhoneNumbers", f"get the phone numbers of Voice Connector {identifier}"
        )
        shown = region.client.clean(home, 100) if home else "a Region that AWS did not return"
        error = operation.failure("numbers_elsewhere", home=shown)
    structure = {PHONE_NUMBERS.member: numbers} if numbers else None
    return setting_result(PHONE_NUMBERS, structure, known=known and error is None), error


def _not_tried(region: RegionRead, identifier: str, selection: Selection) -> ConnectorRead:
    """Return the result for a Voice Connector that was not read, because reading its Region stopped early.

    The result contains the values from the listing if they show that the Voice Connector is selected.
    """
    listed = region.listed.get(identifier)
    if listed is None or selection.tags or _lacks_name(listed, selection.names):
        return ConnectorRead(identifier, region.name, None, [], tried=False)
    connector = dict(listed)
    if selection.include_tags:
        connector.update(tags=None, tags_error="The tags were not read, because reading stopped.")
    connector.update((setting.name, setting_result(setting, None, known=False)) for setting in selection.settings)
    if selection.phone_numbers:
        connector[PHONE_NUMBERS.name] = setting_result(PHONE_NUMBERS, None, known=False)
    return ConnectorRead(identifier, region.name, connector, [], tried=False)


def matches_tags(tags: dict[str, str], wanted: dict[str, str | None]) -> bool:
    """Whether *tags* contains all *wanted* tags. A wanted value of None matches any value."""
    return all(key in tags and value in (None, tags[key]) for key, value in wanted.items())
