# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what the module chime_voice_connector_info returned to the records of an audit."""

from __future__ import annotations

DOCUMENTATION = r"""
name: proxy_audit
version_added: 0.1.0
short_description: Make one audit of what was read in several accounts and Regions
description:
  - Makes one record of each Voice Connector from what M(chime_sdk.voice.chime_voice_connector_info) returned, and says of
    each account and Region whether it was read. The role P(chime_sdk.voice.proxy_audit#role) uses it.
  - A Voice Connector that several Regions show has one record. Where they disagree, V(configured) wins, then the Region to
    which the Voice Connector belongs, then V(could not be read) over V(not configured).
positional: _input
options:
  _input:
    description:
      - A list of dictionaries with the keys C(account), C(region) and C(result). The last is what the module returned, in
        success or failure, with V(proxy) in its O(chime_sdk.voice.chime_voice_connector_info#module:include). A dictionary
        that has nothing but C(msg) says why the module did not run.
    type: list
    elements: dict
    required: true
  created:
    description: The time of the audit.
    type: str
    required: true
  show_phone_numbers:
    description: Whether fall-back phone numbers are shown. Otherwise all but their last two digits are masked.
    type: bool
    default: false
  voice_connector_ids:
    description: The Voice Connectors that were asked for. One that was found nowhere gets a record which says so.
    type: list
    elements: str
seealso:
  - plugin: chime_sdk.voice.proxy_audit_csv
    plugin_type: filter
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Read a Region
  chime_sdk.voice.chime_voice_connector_info:
    region: us-east-1
    include:
      - proxy
  register: voice_read
  ignore_errors: true

- name: Say how many are left
  ansible.builtin.debug:
    msg: "{{ audit.counts.with_proxy }} of {{ audit.counts.voice_connectors }}, all read: {{ audit.complete }}"
  vars:
    reads:
      - account: "111122223333"
        region: us-east-1
        result: "{{ voice_read }}"
    audit: "{{ reads | chime_sdk.voice.proxy_audit(created=now(utc=true).isoformat()) }}"
"""

RETURN = r"""
_value:
  description:
    - The audit, a dictionary.
    - C(created) is the given time. C(complete) is V(true) when every Region, of one at least, and every Voice Connector was read.
    - C(counts) has the numbers of C(voice_connectors), of those C(with_proxy), those of them that are C(disabled),
      those C(without_proxy) and those C(unreadable), of C(regions), a Region of each account counting as one, and of
      those C(skipped).
    - C(regions) has a dictionary for each account and Region with C(account), C(region), C(status), which is V(complete)
      or V(skipped), the C(reason) for the latter, and the numbers of C(voice_connectors), C(with_proxy) and
      C(unreadable) there.
    - C(voice_connectors) has a dictionary for each Voice Connector with C(account), C(region), the one that was asked,
      C(aws_region), the one that the service shows, C(voice_connector_id), C(name), C(status), which is V(configured),
      V(configured, disabled), V(not configured) or V(could not be read), C(default_session_expiry_minutes), C(disabled),
      C(fall_back_phone_number), C(phone_number_countries), C(tags), if they were read, and the C(reason) why something
      could not be read.
  type: dict
"""

from collections.abc import Iterable
from typing import Any

CONFIGURED = "configured"
DISABLED = "configured, disabled"
NOT_CONFIGURED = "not configured"
UNREADABLE = "could not be read"

# What counts when several Regions show the same Voice Connector.
_PRECEDENCE = (CONFIGURED, DISABLED, UNREADABLE, NOT_CONFIGURED)

_NOT_FOUND = ("NotFoundException", "NotFound")


def mask(phone_number: str | None) -> str | None:
    """Return a phone number with all but its last two digits masked."""
    return phone_number and "*" * (len(phone_number) - 2) + phone_number[-2:]


def status_of(connector: dict[str, Any]) -> str:
    """Return the status of a Voice Connector as chime_voice_connector_info returns it."""
    proxy = connector["proxy"]
    if proxy["exists"] is None:
        return UNREADABLE
    if not proxy["exists"]:
        return NOT_CONFIGURED
    return DISABLED if proxy["disabled"] else CONFIGURED


def record(
    read: dict[str, Any], connector: dict[str, Any], reason: str | None, show_phone_numbers: bool
) -> dict[str, Any]:
    """Return the record of a Voice Connector as chime_voice_connector_info returns it."""
    proxy = connector["proxy"]
    phone_number = proxy.get("fall_back_phone_number")
    shaped = {
        "account": read["account"],
        "region": read["region"],
        "aws_region": connector["aws_region"],
        "voice_connector_id": connector["voice_connector_id"],
        "name": connector["name"],
        "status": status_of(connector),
        "default_session_expiry_minutes": proxy.get("default_session_expiry_minutes"),
        "disabled": proxy.get("disabled"),
        "fall_back_phone_number": phone_number if show_phone_numbers else mask(phone_number),
        "phone_number_countries": proxy.get("phone_number_countries", []),
    }
    if "tags" in connector:
        shaped["tags"] = connector["tags"]
    return {**shaped, "reason": reason or connector.get("tags_error")}


def unreadable(read: dict[str, Any], voice_connector_id: str, reason: str) -> dict[str, Any]:
    """Return the record of a Voice Connector of which nothing but its ID is known."""
    nothing = {
        "voice_connector_id": voice_connector_id,
        "aws_region": None,
        "name": None,
        "proxy": {"exists": None},
    }
    return record(read, nothing, reason, False)


def records_of(read: dict[str, Any], show_phone_numbers: bool) -> list[dict[str, Any]]:
    """Return a record for each Voice Connector that one reading showed or failed to read."""
    connectors = read["result"].get("voice_connectors", [])
    reasons: dict[str, str] = {}
    for error in read["result"].get("errors", []):
        if error["voice_connector_id"] is None:  # of the listing, which is the reason of the Region
            continue
        reasons.setdefault(error["voice_connector_id"], error["message"])
    shown = {connector["voice_connector_id"] for connector in connectors}
    # One that was asked for by ID and is not there may be in another Region.
    elsewhere = {
        error["voice_connector_id"]
        for error in read["result"].get("errors", [])
        if error["action"] == "GetVoiceConnector" and error["code"] in _NOT_FOUND
    }
    return [
        record(read, connector, reasons.get(connector["voice_connector_id"]), show_phone_numbers)
        for connector in connectors
    ] + [
        unreadable(read, identifier, reason)
        for identifier, reason in reasons.items()
        if identifier not in shown | elsewhere
    ]


def merge(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one record for each Voice Connector of an account, in the order of their first ones."""

    def rank(entry: dict[str, Any]) -> tuple[bool, bool, int]:
        configured = entry["status"] in (CONFIGURED, DISABLED)
        return not configured, entry["region"] != entry["aws_region"], _PRECEDENCE.index(entry["status"])

    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in records:
        key = (entry["account"], entry["voice_connector_id"])
        if key not in merged or rank(entry) < rank(merged[key]):
            merged[key] = entry
    return list(merged.values())


def region_of(read: dict[str, Any], records: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is said of an account and Region; *records* are those of this reading, before merging."""
    skipped = "voice_connectors" not in read["result"] or read["result"]["stopped"]
    return {
        "account": read["account"],
        "region": read["region"],
        "status": "skipped" if skipped else "complete",
        "reason": read["result"]["msg"] if skipped else None,
        **count(records),
    }


def count(records: list[dict[str, Any]]) -> dict[str, int]:
    statuses = [entry["status"] for entry in records]
    return {
        "voice_connectors": len(statuses),
        "with_proxy": statuses.count(CONFIGURED) + statuses.count(DISABLED),
        "disabled": statuses.count(DISABLED),
        "without_proxy": statuses.count(NOT_CONFIGURED),
        "unreadable": statuses.count(UNREADABLE),
    }


def proxy_audit(
    reads: list[dict[str, Any]],
    created: str,
    show_phone_numbers: bool = False,
    voice_connector_ids: list[str] | None = None,
) -> dict[str, Any]:
    """Return the audit that the documentation above describes."""
    read_records = [records_of(read, show_phone_numbers) for read in reads]
    records = merge(entry for entries in read_records for entry in entries)
    found = {entry["voice_connector_id"] for entry in records}
    nowhere = {"account": None, "region": None}
    records += [
        unreadable(
            nowhere, identifier, f"Voice Connector {identifier} was found in no account and Region that was read."
        )
        for identifier in dict.fromkeys(voice_connector_ids or ())
        if identifier not in found
    ]
    regions = [region_of(read, entries) for read, entries in zip(reads, read_records)]
    skipped = sum(region["status"] == "skipped" for region in regions)
    counts = {**count(records), "regions": len(regions), "skipped": skipped}
    return {
        "created": created,
        "complete": bool(regions) and not skipped and not counts["unreadable"],
        "counts": counts,
        "regions": regions,
        "voice_connectors": records,
    }


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_audit": proxy_audit}
