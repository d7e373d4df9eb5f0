# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build an audit from results of the module chime_voice_connector_info."""

from __future__ import annotations

DOCUMENTATION = r"""
name: proxy_audit
version_added: 0.1.0
short_description: Build one audit from reads of several accounts and Regions
description:
  - Builds one record for each Voice Connector from the results of M(chime_sdk.voice.chime_voice_connector_info), and
    reports whether each account and Region was read. The role P(chime_sdk.voice.proxy_audit#role) uses this filter.
  - A Voice Connector that appears in several reads gets one record. If the reads disagree, a read that found a proxy
    configuration takes precedence. Next comes a read from the Region that the Voice Connector belongs to. Otherwise,
    V(could not be read) takes precedence over V(not configured).
  - Fails if an extra variable has the prefix C(_proxy_audit_). The prefix is private to the role, and such a variable
    would replace the results of the role's tasks.
positional: _input
options:
  _input:
    description:
      - A list of dictionaries. C(result) is the result of the module, successful or failed. The module must run with
        V(proxy) in O(chime_sdk.voice.chime_voice_connector_info#module:include). If nothing was read, C(result) needs
        only C(msg), which gives the reason.
      - All other keys are optional. C(account) is the account ID if the result has no C(account_id), C(host) is the
        inventory host that ran the module, C(regions) lists the requested Regions, and C(selection) has the same keys
        as O(selection).
    type: list
    elements: dict
    required: true
  created:
    description: The time of the audit. If omitted, the current time.
    type: str
  show_phone_numbers:
    description: Whether to show fall-back phone numbers in full. Otherwise, all but their last two digits are masked.
    type: bool
    default: false
  selection:
    description:
      - The selection of the audit, a dictionary with any of the keys C(names), C(tags), C(voice_connector_ids), and
        C(regions).
      - If omitted, it is taken from the reads, which must agree on everything except the Regions.
    type: dict
seealso:
  - plugin: chime_sdk.voice.proxy_audit_csv
    plugin_type: filter
  - plugin: chime_sdk.voice.proxy_audit_summary
    plugin_type: filter
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Read two Regions
  chime_sdk.voice.chime_voice_connector_info:
    regions:
      - us-east-1
      - us-west-2
    include:
      - proxy
    include_account_id: true
  register: voice_read
  failed_when: false
  no_log: true

- name: Report how many proxy configurations remain
  ansible.builtin.debug:
    msg: "{{ audit.headline }}, everything read: {{ audit.complete }}"
  vars:
    audit: "{{ [{'result': voice_read}] | chime_sdk.voice.proxy_audit }}"
"""

RETURN = r"""
_value:
  description:
    - The audit, a dictionary.
    - C(created) is the time of the audit, and C(collection_version) the version of this collection.
    - C(headline) is the result in one sentence.
    - C(selection) has C(regions), and the conditions C(names), C(tags), and C(voice_connector_ids). A condition that
      was not set is V(null).
    - C(complete) is V(true) if at least one Region was read and everything selected was read in every Region.
    - C(counts) has the number of all C(voice_connectors), and how many of them are C(with_proxy), C(without_proxy), or
      C(unreadable). C(disabled) is the number of disabled proxy configurations. They are also counted in C(with_proxy).
      C(counts) also has the number of all C(regions), and how many of them are C(partial) or C(skipped). A Region is
      counted once for each account.
    - C(warnings) is a list of strings. For example, it lists names that match no Voice Connector.
    - C(regions) has a dictionary for each account and Region. C(account) and C(region) identify it, and C(host) is the
      inventory host that read it. C(status) is V(complete), V(partial), or V(skipped). If the Region is not complete,
      C(reason) explains why. C(voice_connectors), C(with_proxy), C(disabled), C(without_proxy), and C(unreadable) are
      the counts for that Region.
    - C(voice_connectors) has a dictionary for each Voice Connector. C(account), C(voice_connector_id), and C(name)
      identify it. C(region) is the Region where it was found, and C(aws_region) the Region to which it belongs.
      C(status) is V(configured), V(configured, disabled), V(not configured), or V(could not be read). The proxy
      configuration has C(default_session_expiry_minutes), C(disabled), C(fall_back_phone_number), and
      C(phone_number_countries). C(tags) is present if tags were requested. C(reason) explains why something could not
      be read.
  type: dict
"""

import datetime
import json
import pathlib
from collections.abc import Iterable
from typing import Any, Callable

import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars

CONFIGURED = "configured"
DISABLED = "configured, disabled"
NOT_CONFIGURED = "not configured"
UNREADABLE = "could not be read"

# The order of precedence if several reads contain the same Voice Connector.
_PRECEDENCE = (CONFIGURED, DISABLED, UNREADABLE, NOT_CONFIGURED)

_NOT_FOUND = ("NotFoundException", "NotFound")

# The Regions of Amazon Chime SDK Voice.
SERVICE_REGIONS = (
    "us-east-1",
    "us-west-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
)

# A shorter phone number is masked entirely, because two of its digits would reveal too much.
_MIN_PARTLY_MASKED = 7

CONDITIONS = ("names", "tags", "voice_connector_ids")


def mask(phone_number: str | None) -> str | None:
    """Mask all but the last two digits of a phone number, or every character of a short one."""
    if not phone_number:
        return phone_number
    shown = phone_number[-2:] if len(phone_number) >= _MIN_PARTLY_MASKED else ""
    return "*" * (len(phone_number) - len(shown)) + shown


def refuse_private_extra_variables() -> None:
    """Raise AnsibleFilterError for an extra variable with the private prefix, which would override the role's data."""
    extra = getattr(load_extra_vars, "extra_vars", None) or {}
    private = sorted(name for name in extra if name.startswith("_proxy_audit_"))
    if private:
        raise AnsibleFilterError(
            f"The prefix _proxy_audit_ is private to the role proxy_audit. Remove the extra variable {private[0]}."
        )
    if "proxy_audit" in extra:
        Display().warning(
            "The extra variable proxy_audit hides the fact of the same name that the role proxy_audit sets. The audit "
            "and its reports do not use the variable. Remove it so that your tasks use this audit, not an earlier one."
        )


def collection_version(root: pathlib.Path) -> str | None:
    """Return the version of the installed collection or checkout in the folder *root*, or None if it is unknown."""
    try:
        return str(json.loads((root / "MANIFEST.json").read_text("utf-8"))["collection_info"]["version"])
    except (OSError, ValueError, LookupError):
        pass
    try:
        return str(yaml.safe_load((root / "galaxy.yml").read_text("utf-8"))["version"])
    except (OSError, ValueError, LookupError):
        return None


def find_reason(result: Any) -> str:
    """Return why a task failed, as far as its result shows."""
    if isinstance(result, dict):
        for key in ("msg", "exception", "failed_when_suppressed_exception", "module_stderr", "module_stdout"):
            lines = str(result.get(key) or "").strip().splitlines()
            if lines and lines[-1] != "(traceback unavailable)":
                return lines[-1] if key == "exception" else " ".join(lines)
    return "The task failed and Ansible returned no reason. Run it again with -vvv."


def status_of(connector: dict[str, Any]) -> str:
    """Return the status of a Voice Connector from chime_voice_connector_info."""
    proxy = connector["proxy"]
    if proxy["exists"] is None:
        return UNREADABLE
    if not proxy["exists"]:
        return NOT_CONFIGURED
    return DISABLED if proxy["disabled"] else CONFIGURED


def build_record(
    account: str | None, connector: dict[str, Any], reason: str | None, show_phone_numbers: bool
) -> dict[str, Any]:
    """Return the record of a Voice Connector from chime_voice_connector_info."""
    proxy = connector["proxy"]
    phone_number = proxy.get("fall_back_phone_number")
    record = {
        "account": account,
        "region": connector["region"],
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
        record["tags"] = connector["tags"]
    return {**record, "reason": reason or connector.get("tags_error")}


def build_unreadable(account: str | None, region: str | None, voice_connector_id: str, reason: str) -> dict[str, Any]:
    """Return the record of a Voice Connector that is known only by its ID."""
    connector = {
        "voice_connector_id": voice_connector_id,
        "region": region,
        "aws_region": None,
        "name": None,
        "proxy": {"exists": None},
    }
    return build_record(account, connector, reason, False)


class AccountRead:
    """The result of one read: records, Regions, and the requested IDs that were not found."""

    def __init__(self, read: dict[str, Any], show_phone_numbers: bool) -> None:
        self.host = read.get("host")
        self.account = read.get("account")
        self.records: list[dict[str, Any]] = []
        self.regions: list[dict[str, Any]] = []
        self.not_found: set[str] = set()
        self.listed_all = False
        self._requested = list(read.get("regions") or [])
        result = read.get("result")
        if not isinstance(result, dict) or not isinstance(result.get("voice_connectors"), list):
            self._skip(find_reason(result))
            return
        try:
            self._build(result, show_phone_numbers)
        except (LookupError, TypeError, AttributeError) as e:
            self.records = []
            self._skip(f"The task result is not from chime_voice_connector_info ({type(e).__name__}: {e}).")

    def _skip(self, reason: str) -> None:
        self.listed_all = False
        self.regions = [self._region(name, "skipped", reason, []) for name in self._requested or [None]]

    def _region(
        self, name: str | None, status: str, reason: str | None, records: list[dict[str, Any]]
    ) -> dict[str, Any]:
        return {
            "account": self.account,
            "region": name,
            "host": self.host,
            "status": status,
            "reason": reason,
            **count(records),
        }

    def _build(self, result: dict[str, Any], show_phone_numbers: bool) -> None:
        self.account = result.get("account_id") or self.account
        self.listed_all = not result["stopped"]
        reasons: dict[str, tuple[str | None, str]] = {}
        failed: dict[str | None, list[dict[str, Any]]] = {}
        for error in result["errors"]:
            identifier = error["voice_connector_id"]
            in_no_region = identifier is not None and error["region"] is None
            if in_no_region or (error["action"] == "GetVoiceConnector" and error["code"] in _NOT_FOUND):
                # It may exist in a different account or Region.
                self.not_found.add(identifier)
                continue
            failed.setdefault(error["region"], []).append(error)
            if identifier is not None:
                reasons.setdefault(identifier, (error["region"], error["message"]))
        connectors = result["voice_connectors"]
        known = {connector["voice_connector_id"] for connector in connectors}
        self.not_found -= known
        self.records = [
            build_record(
                self.account,
                connector,
                reasons.get(connector["voice_connector_id"], (None, None))[1],
                show_phone_numbers,
            )
            for connector in connectors
        ] + [
            build_unreadable(self.account, region, identifier, reason)
            for identifier, (region, reason) in reasons.items()
            if identifier not in known
        ]
        for region in result["regions"]:
            name = region["region"]
            records = [record for record in self.records if record["region"] == name]
            problems = failed.get(name, [])
            # A Region that does not contain a requested ID can still be complete.
            complete = region["complete"] or not (problems or result["stopped"] or failed)
            listed = any(connector["region"] == name for connector in connectors)
            settings_requested = any(
                error["action"] not in ("ListVoiceConnectors", "GetVoiceConnector") for error in problems
            )
            status = "complete" if complete else "partial" if listed or settings_requested else "skipped"
            reason = None if complete else region["reason"] or find_reason(result)
            self.regions.append(self._region(name, status, reason, records))


def count(records: list[dict[str, Any]]) -> dict[str, int]:
    statuses = [entry["status"] for entry in records]
    return {
        "voice_connectors": len(statuses),
        "with_proxy": statuses.count(CONFIGURED) + statuses.count(DISABLED),
        "disabled": statuses.count(DISABLED),
        "without_proxy": statuses.count(NOT_CONFIGURED),
        "unreadable": statuses.count(UNREADABLE),
    }


def merge_records(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one record for each Voice Connector in each account, in the order of first appearance."""

    def rank(entry: dict[str, Any]) -> tuple[bool, bool, int]:
        configured = entry["status"] in (CONFIGURED, DISABLED)
        return not configured, entry["region"] != entry["aws_region"], _PRECEDENCE.index(entry["status"])

    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in records:
        key = (entry["account"], entry["voice_connector_id"])
        if key not in merged or rank(entry) < rank(merged[key]):
            merged[key] = entry
    return list(merged.values())


def merge_regions(regions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the most complete entry for each account and Region, and every entry without a known account or Region."""
    order = ("complete", "partial", "skipped")
    merged: dict[Any, dict[str, Any]] = {}
    for number, entry in enumerate(regions):
        key = (entry["account"], entry["region"]) if entry["account"] and entry["region"] else number
        if key not in merged or order.index(entry["status"]) < order.index(merged[key]["status"]):
            merged[key] = entry
    return list(merged.values())


def merge_selections(reads: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the common selection of the reads; raise AnsibleFilterError if they disagree."""
    selections = [(read.get("host"), read["selection"]) for read in reads if read.get("selection")]
    merged: dict[str, Any] = dict.fromkeys(CONDITIONS)
    regions: dict[str, None] = {}
    for host, selection in selections:
        for name in CONDITIONS:
            if selection.get(name) != selections[0][1].get(name):
                raise AnsibleFilterError(
                    f"Hosts {selections[0][0]} and {host} have different values for proxy_audit_{name}. A report can "
                    "have only one selection. Use the same value for all hosts, or run the role once per selection."
                )
            merged[name] = selection.get(name)
        regions.update(dict.fromkeys(selection.get("regions") or ()))
    return {**merged, "regions": list(regions)}


def describe(name: str, value: Any) -> str:
    """Return a condition in words, such as "names: reception, warehouse"."""
    label = {"voice_connector_ids": "IDs"}.get(name, name)
    if isinstance(value, dict):
        value = [key if wanted is None else f"{key}={wanted}" for key, wanted in value.items()]
    return f"{label}: {', '.join(map(str, value)) or 'none'}"


def describe_selection(selection: dict[str, Any]) -> list[str]:
    """Return the conditions of a selection in words. The Regions are not included."""
    return [describe(name, selection[name]) for name in CONDITIONS if selection[name] is not None]


def with_noun(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless the number is 1."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def build_headline(selection: dict[str, Any], counts: dict[str, int], complete: bool) -> str:
    """Return the result in one sentence that covers only what was selected and read."""
    conditions = describe_selection(selection)
    regions = selection["regions"]
    everywhere = not regions or set(SERVICE_REGIONS) <= set(regions)
    where = "" if everywhere else f" in {', '.join(regions)}" if len(regions) <= 3 else f" in {len(regions)} Regions"
    selected = "selected " if conditions else ""
    total, with_proxy = counts["voice_connectors"], counts["with_proxy"]
    noun = f"{selected}Voice Connector{'' if total == 1 else 's'}"
    if with_proxy:
        at_least = "" if complete else "At least "
        verb = "has" if with_proxy == 1 else "have"
        return f"{at_least}{with_proxy} of {total} {noun}{where} still {verb} a proxy configuration"
    if not complete:
        on = " on the selected Voice Connectors" if conditions else ""
        return f"It is unknown whether any proxy configurations remain{on}{where}"
    if conditions and total:
        return (
            f"The selected Voice Connector{where} has no proxy configuration"
            if total == 1
            else f"None of the {total} {noun}{where} has a proxy configuration"
        )
    if conditions:
        return f"No Voice Connector{where} matches {'; '.join(conditions)}"
    return f"No proxy configurations remain{where}" if total else f"There are no Voice Connectors{where}"


def build_warnings(
    selection: dict[str, Any], records: list[dict[str, Any]], accounts: list[AccountRead], excluded: list[str]
) -> list[str]:
    """Return warnings about input that is valid, but probably unintended."""
    warnings = []
    that_was_read = "" if all(account.listed_all for account in accounts) else " that was read"
    found = {entry["name"] for entry in records}
    names = [name for name in selection["names"] or () if name not in found]
    if names:
        warnings.append(f"No Voice Connector{that_was_read} matches {describe('names', names)}.")
    if selection["tags"] and not records and not names:
        warnings.append(f"No Voice Connector{that_was_read} matches {describe('tags', selection['tags'])}.")
    warnings += [f"Voice Connector {i} exists, but the selection by name or tag excludes it." for i in excluded]
    hosts: dict[str, dict[str, None]] = {}
    for read in accounts:
        if read.account and read.host:
            hosts.setdefault(read.account, {})[read.host] = None
    for account, readers in hosts.items():
        if len(readers) > 1:
            warnings.append(
                f"The hosts {', '.join(readers)} read the same account, {account}. If each host should read a "
                "different account, set proxy_audit_assume_role_arn for each host."
            )
    return warnings


def find_missing(
    voice_connector_ids: list[str] | None, records: list[dict[str, Any]], accounts: list[AccountRead]
) -> tuple[list[str], list[str]]:
    """Return the requested IDs that were not found, and those that exist but are excluded by name or tag."""
    found = {entry["voice_connector_id"] for entry in records}
    not_found: list[str] = []
    excluded: list[str] = []
    requested = (
        sorted({i for account in accounts for i in account.not_found})
        if voice_connector_ids is None
        else voice_connector_ids
    )
    for identifier in dict.fromkeys(requested):
        if identifier in found:
            continue
        exists = any(account.listed_all and identifier not in account.not_found for account in accounts)
        (excluded if exists else not_found).append(identifier)
    return not_found, excluded


def proxy_audit(
    reads: list[dict[str, Any]],
    created: str | None = None,
    show_phone_numbers: bool = False,
    selection: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the audit described in RETURN."""
    accounts = [AccountRead(read, show_phone_numbers) for read in reads]
    given = merge_selections(reads) if selection is None else selection
    records = merge_records(entry for account in accounts for entry in account.records)
    regions = merge_regions(entry for account in accounts for entry in account.regions)
    selected = {name: given.get(name) for name in CONDITIONS}
    selected["regions"] = given.get("regions") or list(
        dict.fromkeys(entry["region"] for entry in regions if entry["region"])
    )
    not_found, excluded = find_missing(selected["voice_connector_ids"], records, accounts)
    records += [
        build_unreadable(
            None,
            None,
            identifier,
            f"Voice Connector {identifier} was not found in any account or Region that was read.",
        )
        for identifier in not_found
    ]
    statuses = [entry["status"] for entry in regions]
    counts = {
        **count(records),
        "regions": len(regions),
        "partial": statuses.count("partial"),
        "skipped": statuses.count("skipped"),
    }
    complete = bool(regions) and set(statuses) == {"complete"} and not counts["unreadable"]
    return {
        "created": created or datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "collection_version": collection_version(pathlib.Path(__file__).resolve().parents[2]),
        "headline": build_headline(selected, counts, complete),
        "selection": selected,
        "complete": complete,
        "counts": counts,
        "warnings": build_warnings(selected, records, accounts, excluded),
        "regions": regions,
        "voice_connectors": records,
    }


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that refuses extra variables with the private prefix, and then calls *function*."""

    def call(*args: Any, **kwargs: Any) -> Any:
        refuse_private_extra_variables()
        return function(*args, **kwargs)

    return call


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_audit": guarded(proxy_audit)}
