# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Write many proxy configurations, and report the changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable, NamedTuple, TypeVar

from ._bulk import run_all
from ._errors import VoiceError
from ._options import COUNTRY, MAX_COUNTRIES, PHONE_NUMBER
from ._shapes import proxy_result
from ._structures import FOREIGN
from ._writes import Change, WriteError

_T = TypeVar("_T")


class Record(NamedTuple):
    """One Voice Connector with its proxy configuration."""

    voice_connector_id: str
    region: str
    name: str | None
    proxy: dict[str, Any]  # a ``Proxy`` structure

    def describe(self) -> dict[str, Any]:
        """Return the record as modules return it: without the proxy configuration."""
        return {"voice_connector_id": self.voice_connector_id, "name": self.name, "region": self.region}


def find_problem(proxy: Any) -> str | None:
    """Return the reason why a ``Proxy`` structure cannot be set, or None if it can be set.

    The reason does not contain the phone number in the structure.

    chime_voice_connector_proxy_retire does not delete a proxy configuration with such a problem, because
    chime_voice_connector_proxy_restore could not restore it.

    :returns: the end of a sentence, such as "has no PhoneNumberCountries, which the service requires".
    """
    if not isinstance(proxy, dict):
        return "has a value for proxy that is not an object"
    foreign = sorted(FOREIGN & set(proxy))
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
    # This also rejects a phone number with masked digits, such as "+1********42".
    if number != "" and not (isinstance(number, str) and PHONE_NUMBER.fullmatch(number)):
        return "has a value for FallBackPhoneNumber that is not a phone number"
    return None


def run_each(
    records: Iterable[Record], action: str, function: Callable[[Record], _T], concurrency: int
) -> dict[str, _T | VoiceError]:
    """Call *function* for each record, with several calls at the same time.

    Return, by ID, the result of the call, or a VoiceError if the call failed or was skipped.

    A failure does not stop the other calls, except in a Region where every further request would fail.

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
        except Exception as e:  # a bug in this collection; keep the results of other calls
            result = VoiceError("internal", prefix, exception=f"{type(e).__name__}: {e}")
        results[record.voice_connector_id] = result

    run_all(run, records, concurrency)
    return results


def report_changes(module: Any, result: dict[str, Any], records: list[Record], changes: dict[str, Any]) -> None:
    """Add ``failures``, ``changed``, and, in diff mode, ``diff`` to the *result* of a module.

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
    """Raise VoiceError if *failures* is not empty.

    :param name: the name of the error message in ``MESSAGES``.
    :param count: the number of writes that were planned.
    """
    if failures:
        first = failures[0]["reason"].removesuffix(".")
        raise VoiceError(name, prefix, failed=len(failures), count=count, first=first, **fields)
