# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the content of voice-audit.json for the tests of the HTML report, without running an audit."""

from __future__ import annotations

from typing import Any

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
POLICY: dict[str, Any] = {
    "require_encryption": True,
    "sip_logs": True,
    "media_metric_logs": True,
    "termination_cidrs_within": ["203.0.113.0/24"],
    "termination_calling_regions_within": ["US", "CA"],
    "termination_credentials": True,
    "termination_health_max_age_hours": 24,
    "origination_protocols": ["TCP"],
    "streaming_min_retention_hours": 24,
    "no_proxy_configuration": True,
    "required_tags": ["team"],
    "emergency_calling": True,
}
REASONS = {
    "fail": "Calls are accepted from 198.51.100.0/24.",
    "unknown": "The setting could not be read: access is denied; allow chime:GetVoiceConnectorTermination.",
    "not_applicable": "Termination is not configured.",
    "excepted": "SIP messages are not logged.",
}


def connector(voice_connector_id: str, **values: Any) -> dict[str, Any]:
    """Return the settings of a Voice Connector as a report contains them."""
    return {
        "account_id": ACCOUNT,
        "region": "us-east-1",
        "voice_connector_id": voice_connector_id,
        "name": None,
        "aws_region": "us-east-1",
        "require_encryption": True,
        "created_timestamp": "2026-01-02T03:04:05+00:00",
        "tags": {"team": "voice", "cost center": "4711"},
        "proxy": {"exists": False, "disabled": None, "fall_back_phone_number": None, "phone_number_countries": []},
        "termination": {
            "exists": True,
            "cps_limit": 1,
            "default_phone_number": "**********01",
            "calling_regions": ["US"],
            "cidr_allowed_list": ["203.0.113.0/28", "198.51.100.0/24"],
            "disabled": False,
        },
        "origination": {
            "exists": True,
            "routes": [{"host": "203.0.113.4", "port": 5061, "protocol": "TCP", "priority": 1, "weight": 1}],
            "disabled": False,
        },
        "logging": {"exists": None, "enable_sip_logs": None, "enable_media_metric_logs": None},
        **values,
    }


def finding(of: dict[str, Any], check: str | None, status: str, **values: Any) -> dict[str, Any]:
    exception = {"reason": "Replaced in spring (TEL-42)", "until": "2027-03-31", "expired": False}
    return {
        **{key: of.get(key) for key in ("account_id", "region", "voice_connector_id", "name")},
        "check": check,
        "status": status,
        "expected": POLICY.get(check or ""),
        "actual": None,
        "reason": REASONS.get(status),
        "fix": {"require_encryption": True} if (check, status) == ("require_encryption", "fail") else None,
        "exception": exception if status == "excepted" else None,
        "last_known_status": None,
        **values,
    }


def account(account_id: str | None = ACCOUNT, unread: dict[str, str] | None = None, **values: Any) -> dict[str, Any]:
    """Return an account. *unread* contains the Regions that were not read, each with the reason."""
    reasons = {"us-east-1": None, "eu-central-1": None, **(unread or {})}
    return {
        "account_id": account_id,
        "assume_role_arn": None,
        "complete": not unread,
        "reason": None,
        "regions": [{"region": name, "complete": not reason, "reason": reason} for name, reason in reasons.items()],
        "voice_connectors": 0,
        **values,
    }


def envelope(
    findings: list[dict[str, Any]],
    connectors: list[dict[str, Any]] | None = None,
    accounts: list[dict[str, Any]] | None = None,
    **values: Any,
) -> dict[str, Any]:
    """Return a report on the findings. Its counts and outcome match the findings and accounts."""
    connectors, accounts = connectors or [], [account()] if accounts is None else accounts
    regions = [region for item in accounts for region in item["regions"]]
    statuses = [item["status"] for item in findings]
    counts = {
        "accounts": len(accounts),
        "unread_accounts": sum(not any(region["complete"] for region in item["regions"]) for item in accounts),
        "regions": len(regions),
        "unread_regions": sum(not region["complete"] for region in regions),
        "voice_connectors": len(connectors),
        "violating_voice_connectors": len(
            {item["voice_connector_id"] for item in findings if item["status"] == "fail"}
        ),
        **{status: statuses.count(status) for status in ("pass", "fail", "unknown", "not_applicable", "excepted")},
    }
    complete = bool(accounts) and all(item["complete"] for item in accounts) and not counts["unknown"]
    outcome = "compliant" if connectors else "empty"
    outcome = "incomplete" if not complete else "violated" if counts["fail"] else outcome
    verdict = f"{counts['violating_voice_connectors']} of {len(connectors)} Voice Connectors violate the policy"
    if outcome in ("compliant", "empty"):
        verdict = f"{len(connectors) or 'No'} Voice Connectors in account {ACCOUNT} ({len(regions)} Regions read)"
    elif not complete:
        verdict += f"; {counts['unread_accounts']} of {len(accounts)} accounts could not be read completely"
    return {
        "format": 1,
        "created": "2026-11-27T18:00:00+00:00",
        "collection_version": "1.2.3",
        "title": "Voice audit",
        "verdict": verdict,
        "outcome": outcome,
        "complete": complete,
        "policy": POLICY,
        "accounts": accounts,
        "counts": counts,
        "findings": findings,
        "new": [],
        "fixed": [],
        "previous_created": None,
        "warnings": [],
        "voice_connectors": connectors,
        **values,
    }


def fleet(count: int, accounts: int = 1, failing: int = 5, **values: Any) -> dict[str, Any]:
    """Return a report on *count* Voice Connectors. If *failing* is 5, every fifth one fails some checks."""
    identifiers = [f"{111122223333 + number * 1111}" for number in range(accounts)]
    words = ("reception", "warehouse", "workshop", "support hotline", "fax gateway", "Zentrale Köln", "Lager Bremen")
    connectors = [
        connector(
            f"{number:022}",
            account_id=identifiers[number % accounts],
            name=f"{words[number % 7]} {number}",
            region=("us-east-1", "eu-central-1")[number % 2],
        )
        for number in range(count)
    ]
    findings = []
    for number, item in enumerate(connectors):
        for column, check in enumerate(POLICY):
            status = "pass" if column % 5 else ("pass", "not_applicable")[number % 4 == 1]
            if number % failing == 0:
                status = ("fail", "pass", "unknown", "pass", "excepted", "fail", "pass")[(number + column * 3) % 7]
            findings.append(finding(item, check, status))
    return envelope(findings, connectors, [account(identifier) for identifier in identifiers], **values)
