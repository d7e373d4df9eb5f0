# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Write proxy configurations, and confirm what the service stored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

from ._api import delete_proxy, get_proxy, put_proxy
from ._bulk import run_all
from ._errors import NotFound, VoiceError
from ._operation import VoiceClient
from ._shapes import PROXY, proxy_result

# The members of a ``Proxy`` structure, by option.
MEMBERS = {option: member for option, (member, _type) in PROXY.members.items()}


def different_members(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """Return the members in which two ``Proxy`` structures differ.

    The service may normalize values, so these count as equal: a phone number with and without a plus sign, an empty
    phone number and none, and countries in any order and case.
    """

    def normalize(proxy: dict[str, Any], member: str) -> Any:
        value = proxy.get(member)
        if member == "FallBackPhoneNumber":
            return (value or "").removeprefix("+")
        if member == "PhoneNumberCountries":
            return {country.upper() for country in value or ()}
        return value

    return {member for member in {*one, *other} if normalize(one, member) != normalize(other, member)}


def lost_members(stored: dict[str, Any] | None, desired: dict[str, Any] | None) -> set[str]:
    """Return the members whose *stored* value is not the *desired* one. None means no proxy configuration.

    If a member was not sent, the service may set it to a default. It must remove a phone number that was not sent.
    """
    if stored is None or desired is None:
        return set(stored or desired or {"Proxy"}) if stored is not desired else set()
    return {m for m in different_members(stored, desired) if m in desired or m == "FallBackPhoneNumber"}


def write_failure(client: VoiceClient, voice_connector_id: str, desired: Any, name: str, **fields: Any) -> VoiceError:
    """Return the error with the message *name* about a write, which is a deletion if *desired* is None."""
    action, operation = (
        ("delete", "DeleteVoiceConnectorProxy") if desired is None else ("set", "PutVoiceConnectorProxy")
    )
    prefix = (
        f"Failed to {action} the proxy configuration of Voice Connector {voice_connector_id} in {client.region} "
        f"({operation}): "
    )
    return VoiceError(name, prefix, operation=operation, region=client.region, **fields)


def write_proxy(client: VoiceClient, voice_connector_id: str, desired: dict[str, Any] | None) -> tuple[bool, Any]:
    """Set a proxy configuration, or delete it if *desired* is None.

    :returns: whether this changed anything, and the ``Proxy`` structure that is set now.
    :raises VoiceError: the change was rejected, did not take effect as desired, or has an unknown outcome.
    """
    try:
        if desired is None:
            delete_proxy(client, voice_connector_id)
            return True, None
        stored = put_proxy(client, voice_connector_id, desired)
    except VoiceError as e:
        deleting = desired is None and isinstance(e, NotFound)
        if e.rejected and not deleting:
            raise
        # If a delete returns NotFound, read again, because the previous read found the configuration. If ``rejected``
        # is false for this error, an earlier attempt may have deleted the configuration, so this counts as a change.
        return not (deleting and e.rejected), confirm_write(client, voice_connector_id, desired, e)
    lost = lost_members(stored, desired)
    if lost:
        options = [option for option, member in MEMBERS.items() if member in lost] or sorted(lost)
        error = write_failure(client, voice_connector_id, desired, "stored_differently", options=", ".join(options))
        error.details = {"changed": True, "exists": True, "proxy": proxy_result(stored)}
        raise error
    return True, stored


def confirm_write(
    client: VoiceClient, voice_connector_id: str, desired: dict[str, Any] | None, write_error: VoiceError
) -> dict[str, Any] | None:
    """Return the ``Proxy`` structure after a write with an unknown outcome; raise VoiceError if it is not *desired*."""
    fields = {
        "error": write_error.error,
        "metadata": write_error.metadata,
        "write": write_error.message.rstrip("."),
    }
    try:
        proxy = get_proxy(client, voice_connector_id)
    except VoiceError as e:
        read = e.message.rstrip(".")
        raise write_failure(client, voice_connector_id, desired, "write_unknown", read=read, **fields) from e
    if lost_members(proxy, desired):
        name = "write_pending" if write_error.pending else "write_failed"
        raise write_failure(client, voice_connector_id, desired, name, **fields)
    return proxy


def name_members(members: set[str]) -> str:
    """Return the names of members for a message. If an option sets a member, use the name of the option."""
    options = {member: option for option, member in MEMBERS.items()}
    return ", ".join(sorted(options.get(member, member) for member in members))


def run_each(records: Iterable[Any], action: str, function: Callable[[Any], Any], concurrency: int) -> dict[str, Any]:
    """Call *function* for each record, several at a time; return its results or VoiceErrors by ID.

    A failure does not stop the others, except in a Region where every further request would fail too.

    :param records: objects with ``voice_connector_id``, ``region``, and ``proxy``.
    :param action: the action, as in "Failed to ACTION Voice Connector".
    """
    results: dict[str, Any] = {}
    stops: dict[str, VoiceError] = {}

    def run(record: Any) -> None:
        prefix = f"Failed to {action} Voice Connector {record.voice_connector_id} in {record.region}: "
        stop = stops.get(record.region)
        result: Any
        try:
            if stop:
                raise VoiceError("not_tried", prefix, first=stop.message.rstrip("."))
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


def build_diff(record: Any, before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any]:
    """Return a change in the form that ``--diff`` shows. None means no proxy configuration."""
    header = f"{record.voice_connector_id} in {record.region}"
    return {
        "before_header": header,
        "after_header": header,
        "before": proxy_result(before),
        "after": proxy_result(after),
    }


def require_no_failures(failures: list[dict[str, Any]], name: str, count: int, prefix: str) -> None:
    """Raise VoiceError with the message *name* if any of *count* writes has failed."""
    if failures:
        raise VoiceError(name, prefix, failed=len(failures), count=count, first=failures[0]["reason"].rstrip("."))


def describe_failure(record: Any, error: VoiceError) -> dict[str, Any]:
    """Return a failure as modules return it. Hide the phone number, which AWS and botocore may repeat."""
    number = (record.proxy.get("FallBackPhoneNumber") or "").lstrip("+")
    reason = error.message.replace(number, "(hidden)") if number else error.message
    return {**record.describe(), "reason": reason}
