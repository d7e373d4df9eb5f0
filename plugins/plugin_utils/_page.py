# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Render a report as a self-contained HTML page."""

from __future__ import annotations

import base64
import collections
import hashlib
import json
import pathlib
import re
from typing import Any

import jinja2
import markupsafe

from ansible_collections.chime_sdk.voice.plugins.plugin_utils._report import describe_fix

TEMPLATE = pathlib.Path(__file__).with_name("report.html.j2")

# Each status, worst first, and the CSS class of its cells. A status that is not listed counts as unknown.
STATUSES = {"fail": "f", "unknown": "u", "excepted": "e", "pass": "p", "not_applicable": "n"}

_ORDER = list(STATUSES)
_RANKS = {status: rank for rank, status in enumerate(_ORDER)}
_UNKNOWN, _EXCEPTED = _RANKS["unknown"], _RANKS["excepted"]

# Takes the place of a finding if the report contains no finding for a check of a Voice Connector
_MISSING = {
    **dict.fromkeys(("expected", "actual", "fix", "exception", "last_known_status")),
    "status": "unknown",
    "reason": "The report contains no finding for this check.",
}

_ACRONYMS = {"sip": "SIP", "cidrs": "CIDRs"}
_IDENTITY = ("account_id", "region", "voice_connector_id", "name")
_MAX_CHARACTERS = 1000
_MAX_DEPTH = 5

# Characters that HTML cannot contain, and surrogates, which cannot be encoded.
_INVALID = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def clean(value: Any) -> Any:
    """Return a value as the template prints it: as text of limited length that HTML can contain."""
    if value is None or isinstance(value, (markupsafe.Markup, int)):
        return "" if value is None else value
    text = _INVALID.sub("\N{REPLACEMENT CHARACTER}", str(value))
    return text if len(text) <= _MAX_CHARACTERS else text[:_MAX_CHARACTERS] + "…"


def show(value: Any, depth: int = 0) -> str:
    """Return a setting, or the value of a check, in one line."""
    if depth > _MAX_DEPTH:
        return "…"
    if isinstance(value, dict):
        if depth == 0 and value.get("exists", True) is not True:
            return "not set" if value["exists"] is False else "unknown"
        members = [f"{key}: {show(item, depth + 1)}" for key, item in value.items() if depth or key != "exists"]
        return "{" + ", ".join(members) + "}" if depth else "; ".join(members) or "set"
    if isinstance(value, (list, tuple)):
        items = ", ".join(show(item, depth + 1) for item in value)
        return f"[{items}]" if depth else items or "none"
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)


def label(check: Any) -> str:
    """Return the heading of a check: sip_logs becomes SIP logs."""
    words = " ".join(_ACRONYMS.get(word, word) for word in str(check).split("_"))
    return words[:1].upper() + words[1:]


def group_rows(envelope: dict[str, Any], checks: list[Any]) -> list[dict[str, Any]]:
    """Return the accounts, each with a row for each Voice Connector.

    The accounts with the most failed checks come first. In each account, the rows with the most failed checks come
    first.

    A row has a cell for each check. The cell contains the status of the check, and whether its finding is new. A check
    without findings is unknown. A check with several findings has the worst status of these findings. A row also
    contains the findings with the status fail, unknown, or excepted, and the number of cells with each status.
    """

    def identify(item: dict[str, Any]) -> tuple[str, ...]:
        return tuple(str(item.get(key)) for key in _IDENTITY[:3])

    new = {(*identify(finding), finding["check"]) for finding in envelope["new"]}
    settings = {identify(item): item for item in envelope["voice_connectors"]}
    found: dict[tuple[str, ...], dict[Any, list[dict[str, Any]]]] = {key: {} for key in settings}
    for finding in envelope["findings"]:
        if finding["check"] is not None:
            found.setdefault(identify(finding), {}).setdefault(finding["check"], []).append(finding)
    accounts: dict[str, dict[str, Any]] = {}
    for key, by_check in found.items():
        findings = [item for check in checks for item in by_check.get(check, [{**_MISSING, "check": check}])]
        ranked = sorted((_RANKS.get(item["status"], _UNKNOWN), number) for number, item in enumerate(findings))
        ranks = {findings[number]["check"]: rank for rank, number in reversed(ranked)}
        item = {**settings.get(key, {}), **next(iter(by_check.values()), [{}])[0]}
        row = {
            **{name: item.get(name) for name in _IDENTITY},
            "cells": [(_ORDER[ranks[check]], (*key, check) in new) for check in checks],
            "findings": [findings[number] for rank, number in ranked if rank <= _EXCEPTED],
            "settings": [(name, show(value)) for name, value in settings.get(key, {}).items() if name not in _IDENTITY],
            "counts": [list(ranks.values()).count(rank) for rank in range(len(_ORDER))],
        }
        accounts.setdefault(key[0], {"account_id": row["account_id"], "rows": []})["rows"].append(row)
    for account in accounts.values():
        account["rows"].sort(key=lambda row: ([-count for count in row["counts"]], str(row["name"]).casefold()))
        account["counts"] = [sum(column) for column in zip(*(row["counts"] for row in account["rows"]))]
        account["violating"] = sum(row["counts"][0] > 0 for row in account["rows"])
    return sorted(
        accounts.values(), key=lambda account: ([-count for count in account["counts"]], str(account["account_id"]))
    )


def group_unread(envelope: dict[str, Any]) -> dict[str, dict[str, list[Any]]]:
    """Return the accounts and Regions that were not completely read, for each reason: {reason: {account: [region]}}."""
    groups: dict[str, dict[str, list[Any]]] = {}
    known: dict[tuple[Any, Any], list[str]] = {}

    def add(account_id: Any, name: Any, region: Any, reason: str | None) -> None:
        reason = reason or "The reason is unknown."
        regions = groups.setdefault(reason, {}).setdefault(str(name or account_id or ""), [])
        if region is not None and region not in regions:
            regions.append(region)
        known.setdefault((account_id, region), []).append(reason)

    for account in envelope["accounts"]:
        name = account["account_id"] or account["assume_role_arn"]
        unread = [region for region in account["regions"] if not region["complete"]]
        for region in unread:
            add(account["account_id"], name, region["region"], region["reason"])
        if not account["complete"] and not (
            unread and account["reason"] in {None, *(item["reason"] for item in unread)}
        ):
            add(account["account_id"], name, None, account["reason"])
    # Also add the findings that belong to no check. Skip such a finding if its reason contains a reason that has been
    # added for the same account and Region.
    for finding in envelope["findings"]:
        if finding["check"] is None:
            place = finding["account_id"], finding["region"]
            if not any(reason in str(finding["reason"]) for reason in known.get(place, ())):
                add(finding["account_id"], None, finding["region"], finding["reason"])
    return groups


def hash_source(text: str) -> str:
    """Return the source expression of an inline script or style for the Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def render_page(envelope: dict[str, Any]) -> str:
    """Return the HTML text of a report. The *envelope* is the content of the JSON report. Its text is untrusted."""
    policy = envelope["policy"]
    checks = list(
        dict.fromkeys(
            [name for name in policy if name != "exceptions"]
            + [finding["check"] for finding in envelope["findings"] if finding["check"] is not None]
        )
    )
    environment = jinja2.Environment(
        autoescape=True,
        finalize=clean,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(show=show, label=label, fix=describe_fix, hash=hash_source)
    environment.filters.update(bytes=lambda text: len(text.encode()))
    groups = group_rows(envelope, checks)
    rows = [row for group in groups for row in group["rows"]]
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        report=envelope,
        policy={name: policy[name] for name in policy if name != "exceptions"},
        exceptions=policy.get("exceptions") or [],
        checks=checks,
        statuses=STATUSES,
        groups=groups,
        # worst: for each status, the number of rows in which it is the worst status.
        # fails: for each check, the number of rows in which the check fails.
        worst=collections.Counter(min(row["cells"], key=lambda cell: _RANKS[cell[0]])[0] for row in rows),
        fails=[sum(row["cells"][column][0] == "fail" for row in rows) for column in range(len(checks))],
        unread=group_unread(envelope),
    )
