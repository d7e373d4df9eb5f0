# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Write proxy configurations: read and compare immediately before each attempt, and confirm what the service stored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable, NamedTuple, NoReturn, TypeVar

from ._api import get_proxy, without_nulls
from ._bulk import run_all
from ._errors import NotFound, VoiceError
from ._operation import Operation, VoiceClient
from ._options import COUNTRY, MAX_COUNTRIES, PHONE_NUMBER
from ._shapes import PROXY, proxy_result

_T = TypeVar("_T")

# The members of a ``Proxy`` structure, by option.
MEMBERS = {option: member for option, (member, _type) in PROXY.members.items()}

# The parameters of PutVoiceConnectorProxy that are not members of a ``Proxy`` structure. The countries have a different
# name there.
NOT_IN_A_PROXY = {"VoiceConnectorId", "PhoneNumberPoolCountries"}


class Record(NamedTuple):
    """One Voice Connector with its proxy configuration."""

    voice_connector_id: str
    region: str
    name: str | None
    proxy: dict[str, Any]  # a ``Proxy`` structure

    def describe(self) -> dict[str, Any]:
        """Return the record as modules return it, without the phone number."""
        return {"voice_connector_id": self.voice_connector_id, "name": self.name, "region": self.region}


class Change(NamedTuple):
    """The ``Proxy`` structures before and after a write; None means no proxy configuration."""

    before: dict[str, Any] | None
    after: dict[str, Any] | None
    changed: bool


class WriteError(VoiceError):
    """A write failed, although it changed something."""

    change: Change


class _Settled(Exception):
    """No attempt, or no further attempt, is needed."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self.change = change


def different_members(one: dict[str, Any] | None, other: dict[str, Any] | None) -> set[str]:
    """Return the members in which two ``Proxy`` structures differ. None means no proxy configuration.

    The service may normalize values, so these count as equal: a phone number with and without a plus sign, countries in
    any order and case, and a member that is missing and one that is false or empty.
    """
    if one is None or other is None:
        return set() if one is other else set(one or other or {"Proxy"})

    def normalize(proxy: dict[str, Any], member: str) -> Any:
        value = proxy.get(member)
        if member == "FallBackPhoneNumber":
            return (value or "").removeprefix("+")
        if member == "PhoneNumberCountries":
            return {country.upper() for country in value or ()}
        return value or None

    return {member for member in {*one, *other} if normalize(one, member) != normalize(other, member)}


def lost_members(stored: dict[str, Any] | None, sent: dict[str, Any] | None) -> set[str]:
    """Return the members whose *stored* value is not the one that was *sent*. None means no proxy configuration.

    If a member was not sent, the service may set it to a default. It must remove a phone number that was not sent.
    """
    different = different_members(stored, sent)
    return {m for m in different if not sent or not stored or m in sent or m == "FallBackPhoneNumber"}


def name_members(members: set[str]) -> str:
    """Return the names of members for a message. If an option sets a member, use the name of the option."""
    options = {member: option for option, member in MEMBERS.items()}
    return ", ".join(sorted(options.get(member, member) for member in members))


def find_problem(proxy: Any) -> str | None:
    """Return why a ``Proxy`` structure cannot be set, as in "it PROBLEM", or None. Show no values.

    What is not deleted because a backup of it could not be restored, and what is not restored, depends on this rule.
    """
    if not isinstance(proxy, dict):
        return "has a value for proxy that is not an object"
    foreign = sorted(NOT_IN_A_PROXY & set(proxy))
    if foreign:
        return f"has {foreign[0]}, which is not a member of a proxy configuration"
    for member in ("DefaultSessionExpiryMinutes", "PhoneNumberCountries"):
        if proxy.get(member) in (None, []):
            return f"has no {member}, which the service requires"
    minutes, countries = proxy["DefaultSessionExpiryMinutes"], proxy["PhoneNumberCountries"]
    if not isinstance(minutes, int) or isinstance(minutes, bool) or minutes < 1:
        return "has a value for DefaultSessionExpiryMinutes that is not a positive number"
    if (
        not isinstance(countries, list)
        or len(countries) > MAX_COUNTRIES
        or not all(isinstance(country, str) and COUNTRY.fullmatch(country) for country in countries)
    ):
        return f"has a value for PhoneNumberCountries that is not a list of 1 to {MAX_COUNTRIES} country codes"
    if not isinstance(proxy.get("Disabled", False), bool):
        return "has a value for Disabled that is not a boolean"
    number = proxy.get("FallBackPhoneNumber", "")
    # A masked phone number is not valid.
    if number != "" and not (isinstance(number, str) and PHONE_NUMBER.fullmatch(number)):
        return "has a value for FallBackPhoneNumber that is not a phone number"
    return None


def _put(client: VoiceClient, voice_connector_id: str, prepare: Callable[[bool], Any]) -> dict[str, Any]:
    """Replace the whole proxy configuration of a Voice Connector, or create one. Operation: PutVoiceConnectorProxy.

    :param prepare: returns the ``Proxy`` structure to send, as ``Operation`` calls it before each attempt. If the
        operation does not accept one of its members, nothing is sent.
    :returns: the ``Proxy`` structure that the service returned.
    :raises VoiceError: any other response, or none. If its ``rejected`` is false, the change may have been applied.
    """

    def prepare_parameters(may_be_applied: bool) -> dict[str, Any]:
        proxy = prepare(may_be_applied)
        check_put(client, voice_connector_id, proxy)
        parameters = {**proxy, "VoiceConnectorId": voice_connector_id}
        parameters["PhoneNumberPoolCountries"] = parameters.pop("PhoneNumberCountries")
        return parameters

    operation = _writing(client, voice_connector_id, False)
    stored = operation.member(operation(prepare_parameters), "Proxy")
    if stored is None:
        raise operation.failure("unreadable", reason="it does not contain the proxy configuration")
    operation.check(proxy_result, stored)
    return without_nulls(stored) or {}


def check_put(
    client: VoiceClient, voice_connector_id: str, proxy: dict[str, Any], message: str = "unknown_members"
) -> None:
    """Raise VoiceError if this botocore lacks PutVoiceConnectorProxy, or a member of a ``Proxy`` structure.

    :param message: the name of the message about a member.
    """
    operation = _writing(client, voice_connector_id, False)
    operation.require()
    unknown = find_unsendable(client, proxy)
    if unknown:
        raise operation.failure(message, rejected=True, members=", ".join(unknown))


def find_unsendable(client: VoiceClient, proxy: dict[str, Any]) -> list[str]:
    """Return the members of a ``Proxy`` structure that PutVoiceConnectorProxy in this botocore does not accept."""
    name = "PutVoiceConnectorProxy"
    if name not in client.model.operation_names:
        return []
    accepted = {*client.model.operation_model(name).input_shape.members, "PhoneNumberCountries"}
    return sorted(set(proxy) - (accepted - NOT_IN_A_PROXY))


def _delete(client: VoiceClient, voice_connector_id: str, prepare: Callable[[bool], Any]) -> None:
    """Delete the proxy configuration of a Voice Connector. Operation: DeleteVoiceConnectorProxy.

    :param prepare: called before each attempt, as ``Operation`` does.
    :raises NotFound: the service found none. If its ``rejected`` is false, an earlier attempt may have deleted it.
    :raises VoiceError: any other response, or none. If its ``rejected`` is false, the change may have been applied.
    """

    def prepare_parameters(may_be_applied: bool) -> dict[str, Any]:
        prepare(may_be_applied)
        return {"VoiceConnectorId": voice_connector_id}

    operation = _writing(client, voice_connector_id, True)
    operation.require_request_id(operation(prepare_parameters))


def _writing(client: VoiceClient, voice_connector_id: str, deletes: bool) -> Operation:
    configuration = f"the proxy configuration of Voice Connector {voice_connector_id}"
    if deletes:
        return Operation(client, "DeleteVoiceConnectorProxy", f"delete {configuration}")
    return Operation(client, "PutVoiceConnectorProxy", f"set {configuration}")


def write_proxy(
    client: VoiceClient,
    voice_connector_id: str,
    decide: Callable[[dict[str, Any] | None], dict[str, Any] | None],
    deletes: bool,
    check_mode: bool = False,
    voice_connector: dict[str, Any] | None = None,
) -> Change:
    """Set or delete a proxy configuration. It is read again immediately before each attempt.

    Operations: GetVoiceConnectorProxy, and PutVoiceConnectorProxy or DeleteVoiceConnectorProxy.

    :param decide: a function from the current ``Proxy`` structure to the desired one, each None if there is none. It
        raises VoiceError to refuse the write.
    :param deletes: whether the desired one is None.
    :param check_mode: whether to send no write, and return the predicted change.
    :param voice_connector: the documented keys of the Voice Connector, if it was read.
    :raises WriteError: the service stored something different, or somebody else changed it meanwhile.
    :raises VoiceError: the write was refused or rejected, did not take effect, or has an unknown outcome.
    """
    write = _Write(client, voice_connector_id, decide, deletes, voice_connector)
    try:
        if check_mode:
            desired = write.prepare(False)
            if desired is None:
                _writing(client, voice_connector_id, True).require()
            else:
                check_put(client, voice_connector_id, desired)
            return Change(write.before, desired, True)
        return write.run()
    except _Settled as e:
        return e.change


class _Write:
    """One write: its last read, and what was sent after that."""

    def __init__(
        self,
        client: VoiceClient,
        voice_connector_id: str,
        decide: Callable[..., Any],
        deletes: bool,
        voice_connector: dict[str, Any] | None,
    ) -> None:
        self._client = client
        self._voice_connector = voice_connector
        self._id = voice_connector_id
        self._decide = decide
        self._deletes = deletes
        self.before: dict[str, Any] | None = None
        self._desired: dict[str, Any] | None = None
        self._sending = False  # whether the last call of prepare() has returned

    def run(self) -> Change:
        stored = None
        try:
            if self._deletes:
                _delete(self._client, self._id, self.prepare)
            else:
                stored = _put(self._client, self._id, self.prepare)
        except VoiceError as e:
            if not self._sending:
                raise
            error: VoiceError | None = e
        else:
            error = None
        if error is not None:
            return self._confirm(error)
        lost = lost_members(stored, self._desired)
        if lost:
            self._fail_changed("stored_differently", stored, lost)
        return Change(self.before, stored, True)

    def prepare(self, may_be_applied: bool) -> dict[str, Any] | None:
        """Read the configuration, and return the one to send, or None to delete it.

        :param may_be_applied: whether the service may have applied an earlier attempt.
        :raises _Settled: there is nothing to send.
        """
        self._sending = False
        try:
            # This read takes the place of the write in the queue.
            client = self._client._replace(holds_slot=True)
            current = get_proxy(client, self._id, self._voice_connector)
            if current is None and not self._deletes and self._voice_connector is None:
                # A second request confirmed that none was set. Somebody may have set one meanwhile.
                self._voice_connector = {"aws_region": client.region}
                current = get_proxy(client, self._id, self._voice_connector)
        except VoiceError as e:
            if not may_be_applied:
                raise
            write = "an attempt failed without a known outcome"
            raise self.failure("write_unknown", write=write, read=e.message.removesuffix(".")) from None
        if may_be_applied:
            self._judge(current)
        self.before = current
        self._desired = self._decide(current)
        if not different_members(current, self._desired):
            raise _Settled(Change(current, current, False))
        self._sending = True
        return self._desired

    def _judge(self, current: dict[str, Any] | None) -> None:
        """Compare what is set after an attempt that may have been applied. Return if that is what was set before."""
        different = different_members(current, self.before)
        if different and not lost_members(current, self._desired):
            raise _Settled(Change(self.before, current, True))
        if different:
            self._fail_changed("changed_meanwhile", current, different)

    def _confirm(self, error: VoiceError) -> Change:
        """Return the change after a write that failed; raise VoiceError unless it was applied."""
        missing = self._deletes and isinstance(error, NotFound)
        if error.rejected and not missing:
            raise error
        response: dict[str, Any] = {
            "error": error.error,
            "metadata": error.metadata,
            "write": error.message.removesuffix("."),
        }
        try:
            current = get_proxy(self._client, self._id, self._voice_connector)
        except VoiceError as e:
            reason: str | None = e.message.removesuffix(".")
        else:
            reason = None
        if reason is not None:
            raise self.failure("write_unknown", read=reason, **response)
        if missing and current is None:
            # If every earlier attempt was rejected, somebody else has deleted it.
            return Change(self.before, None, not error.rejected)
        self._judge(current)
        # A request that was abandoned while it was sent may still arrive.
        raise self.failure("write_pending" if error.pending else "write_failed", **response)

    def _fail_changed(self, name: str, current: dict[str, Any] | None, members: set[str]) -> NoReturn:
        error: Any = self.failure(name, WriteError, options=name_members(members))
        error.change = Change(self.before, current, True)
        raise error

    def failure(self, name: str, kind: type[VoiceError] = VoiceError, **fields: Any) -> VoiceError:
        return write_failure(self._client, self._id, self._deletes, name, kind, **fields)


def write_failure(
    client: VoiceClient,
    voice_connector_id: str,
    deletes: bool,
    name: str,
    kind: type[VoiceError] = VoiceError,
    **fields: Any,
) -> VoiceError:
    """Return the error with the message *name* about a write."""
    return _writing(client, voice_connector_id, deletes).failure(name, kind, **fields)


def run_each(
    records: Iterable[Record], action: str, function: Callable[[Record], _T], concurrency: int
) -> dict[str, _T | VoiceError]:
    """Call *function* for each record, several at a time; return its results or VoiceErrors by ID.

    A failure does not stop the others, except in a Region where every further request would fail too.

    :param action: the action, as in "Failed to ACTION Voice Connector".
    """
    results: dict[str, _T | VoiceError] = {}
    stops: dict[str, VoiceError] = {}

    def run(record: Record) -> None:
        prefix = f"Failed to {action} Voice Connector {record.voice_connector_id} in {record.region}: "
        stop = stops.get(record.region)
        result: _T | VoiceError
        try:
            if stop:
                raise VoiceError("not_tried", prefix, first=stop.message.removesuffix("."))
            result = function(record)
        except VoiceError as e:
            if e.affects_all:
                stops.setdefault(record.region, e)
            result = e.detach()
        except Exception as e:  # a bug; keep the other results
            result = VoiceError("internal", prefix, exception=f"{type(e).__name__}: {e}")
        results[record.voice_connector_id] = result

    run_all(run, records, concurrency)
    return results


def report_changes(module: Any, result: dict[str, Any], records: list[Record], changes: dict[str, Any]) -> None:
    """Add the failures, the diff, and whether anything changed to the result of a module.

    :param changes: a Change or a VoiceError for each ID.
    """
    made: list[tuple[Record, Change]] = []
    for record in records:
        change = changes[record.voice_connector_id]
        if isinstance(change, VoiceError):
            result["failures"].append({**record.describe(), "reason": change.message})
        change = change.change if isinstance(change, WriteError) else change
        if isinstance(change, Change) and change.changed:
            made.append((record, change))
    result["changed"] = bool(made)
    if module._diff:
        result["diff"] = [
            {
                "before_header": f"{record.voice_connector_id} in {record.region}",
                "after_header": f"{record.voice_connector_id} in {record.region}",
                "before": proxy_result(change.before),
                "after": proxy_result(change.after),
            }
            for record, change in made
        ]


def require_no_failures(failures: list[dict[str, Any]], name: str, count: int, prefix: str, **fields: Any) -> None:
    """Raise VoiceError with the message *name* if any of *count* writes has failed."""
    if failures:
        first = failures[0]["reason"].removesuffix(".")
        raise VoiceError(name, prefix, failed=len(failures), count=count, first=first, **fields)
