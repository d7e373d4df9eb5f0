# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Judge the results of chime_voice_connector_info. Stand-in."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

import yaml


class AuditError(ValueError):
    """The policy or the input is not valid. The message is for the user."""


class Judgement(NamedTuple):
    findings: list[dict[str, Any]]
    accounts: list[dict[str, Any]]
    voice_connectors: list[dict[str, Any]]
    policy: dict[str, Any]
    unused_exceptions: list[dict[str, Any]]
    narrowed: bool
    complete: bool


def parse_policy(policy: Any) -> dict[str, Any]:
    parsed = yaml.safe_load(policy) if isinstance(policy, str) else policy
    if not isinstance(parsed, dict) or not parsed:
        raise AuditError("The policy is not a dictionary with at least one check.")
    for key in parsed:
        if key not in ("require_encryption", "no_proxy_configuration", "exceptions"):
            raise AuditError(f"The policy key {key} does not exist.")
    return parsed


def judge(results: Any, policy: Any, now: datetime.datetime) -> Judgement:
    parsed = parse_policy(policy)
    if isinstance(results, dict) and isinstance(results.get("results"), list):
        results = results["results"]
    results = results if isinstance(results, list) else [results]
    findings: list[dict[str, Any]] = []
    accounts: list[dict[str, Any]] = []
    connectors: list[dict[str, Any]] = []
    for result in results:
        result = result if isinstance(result, dict) else {}
        account_id, role = result.get("account_id"), result.get("assume_role_arn")
        common = {"account_id": account_id, "region": None, "voice_connector_id": None, "name": None}
        tail = {"expected": None, "actual": None, "reason": None, "exception": None}
        reason = None if result.get("complete") else result.get("msg") or "There is no result."
        if reason:
            subject = f"account {account_id}" if account_id else "an unknown account"
            reason = f"Not read: {subject}. {reason}"
            findings.append({**common, "check": None, "status": "unknown", **tail, "reason": reason})
        for connector in result.get("voice_connectors") or []:
            connectors.append({"account_id": account_id, **connector})
            where = {key: connector.get(key) for key in ("region", "voice_connector_id", "name")}
            for check, expected in parsed.items():
                if check == "exceptions":
                    continue
                if check == "require_encryption":
                    actual = connector.get("require_encryption")
                else:
                    exists = (connector.get("proxy") or {}).get("exists")
                    actual = None if exists is None else not exists
                status = "unknown" if actual is None else "pass" if actual == expected else "fail"
                why = {"pass": None, "fail": "It differs.", "unknown": "It could not be read."}[status]
                values = {"status": status, "expected": expected, "actual": actual, "reason": why, "exception": None}
                findings.append({**common, **where, "check": check, **values})
        accounts.append(
            {
                "account_id": account_id,
                "assume_role_arn": role,
                "complete": not reason,
                "reason": reason,
                "regions": result.get("regions") or [],
                "selection": result.get("selection"),
                "regions_source": result.get("regions_source"),
                "voice_connectors": len(result.get("voice_connectors") or []),
            }
        )
    selections = [account["selection"] or {} for account in accounts]
    narrowed = any(s.get(key) is not None for s in selections for key in ("voice_connector_ids", "names", "tags"))
    complete = bool(accounts) and all(account["complete"] for account in accounts)
    return Judgement(findings, accounts, connectors, parsed, parsed.get("exceptions") or [], narrowed, complete)
