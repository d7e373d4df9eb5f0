# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judgments (the results of checking Voice Connectors against a policy) and findings for the tests of the report."""

from __future__ import annotations

import datetime
from typing import Any

from ansible_collections.chime_sdk.voice.plugins.plugin_utils._compare import Previous, _parse
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._findings import Judgment
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._report import build_envelope

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
EAST, WEST = "us-east-1", "us-west-2"
NOW = datetime.datetime(2026, 11, 27, 18, tzinfo=datetime.timezone.utc)


def finding(status: str = "fail", trunk: str | None = "trunk1", **changes: Any) -> dict[str, Any]:
    """Return a finding about a Voice Connector, or about an account if *trunk* is None."""
    return {
        "account_id": ACCOUNT,
        "region": EAST,
        "voice_connector_id": trunk,
        "name": trunk and f"name of {trunk}",
        "check": "require_encryption" if trunk else None,
        "status": status,
        "expected": True if trunk else None,
        "actual": {"pass": True, "fail": False}.get(status),
        "reason": None if status == "pass" else f"Reason for {status}.",
        "fix": {"require_encryption": True} if status == "fail" else None,
        "exception": {"reason": "Planned.", "until": "2027-01-31", "expired": False} if status == "excepted" else None,
        **changes,
    }


def account(account_id: str | None = ACCOUNT, *regions: str, unread: tuple[str, ...] = (), **changes: Any) -> Any:
    """Return an account in which *regions* were completely read, and *unread* Regions were not."""
    read = [{"region": region, "complete": True, "reason": None} for region in regions]
    read += [{"region": region, "complete": False, "reason": "Denied."} for region in unread]
    complete = bool(regions) and not unread
    return {
        "account_id": account_id,
        "assume_role_arn": None,
        "complete": complete,
        "reason": None if complete else "Denied.",
        "regions": read,
        "selection": None,
        "regions_source": "options",
        "voice_connectors": 0,
        **changes,
    }


def judgment(findings: list[dict[str, Any]], accounts: list[Any] | None = None, **changes: Any) -> Judgment:
    """Return a judgment of the Voice Connectors that the findings name."""
    accounts = [account(ACCOUNT, EAST)] if accounts is None else accounts
    connectors = {f["voice_connector_id"]: f for f in findings if f["voice_connector_id"]}
    values: dict[str, Any] = {
        "findings": findings,
        "accounts": accounts,
        "voice_connectors": [
            {key: f[key] for key in ("account_id", "region", "voice_connector_id", "name")} for f in connectors.values()
        ],
        "policy": {"require_encryption": True},
        "unused_exceptions": [],
        "narrowed": False,
        "complete": bool(accounts) and all(entry["complete"] for entry in accounts),
        **changes,
    }
    return Judgment(**values)


def envelope(judged: Judgment, previous: Previous | None = None, **options: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"warnings": [], "now": NOW, "title": "Audit", "show_phone_numbers": False, **options}
    return build_envelope(judged, previous, **given)


def as_previous(report: dict[str, Any]) -> Previous:
    return _parse(report)
