# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Judge the results of chime_voice_connector_info by a policy. All functions are pure.

Everything that was not read has a finding with the status ``unknown``. Input and policy can be of any type, size, and
depth. Invalid input leads to an unknown finding or to an AuditError.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from ansible_collections.chime_sdk.voice.plugins.plugin_utils._policy import (
    CHECKS,
    EXCEPTED,
    FAIL,
    SELECTORS,
    UNKNOWN,
    CheckResult,
    Connector,
    Exemption,
    as_text,
    compile_policy,
    evaluate,
    parse_time,
)
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._reads import find_matched, find_reads

_CONNECTOR_ARN = re.compile(r"arn:[a-z0-9-]+:chime:[a-z0-9-]*:([0-9]{12}):.+")


class Judgment(NamedTuple):
    """The return value of judge(). It can be converted to JSON if the argument *results* of judge() can."""

    findings: list[dict[str, Any]]
    accounts: list[dict[str, Any]]  # an entry for each result
    voice_connectors: list[dict[str, Any]]  # each Voice Connector once, as read, with its account_id
    policy: dict[str, Any]  # as given, except that dates are strings
    unused_exceptions: list[dict[str, Any]]  # the exceptions that match no finding, whatever its status
    narrowed: bool  # whether any result is limited to IDs, names, or tags
    complete: bool  # whether there is at least one result, and nothing is missing from the results


def find_account(values: dict[str, Any]) -> str | None:
    """Return the account of a Voice Connector, or None if the account is unknown."""
    arn = _CONNECTOR_ARN.fullmatch(as_text(values.get("voice_connector_arn")) or "")
    return as_text(values.get("account_id")) or (arn[1] if arn else None)


def is_same(account: str | None, other: str | None) -> bool:
    """Return whether two accounts are or could be the same. They could be the same if at least one is unknown."""
    return account == other or account is None or other is None


def group_by_account(found: list[tuple[str | None, Connector]]) -> dict[str | None, list[Connector]]:
    """Group Voice Connectors by account. All of them have the same ID.

    If exactly one account is known, Voice Connectors whose account is unknown are also in the group of this account.
    """
    known = {account for account, _connector in found if account}
    groups: dict[str | None, list[Connector]] = {}
    for account, connector in found:
        groups.setdefault(account or (next(iter(known)) if len(known) == 1 else None), []).append(connector)
    return groups


def judge(results: Any, policy: Any, now: datetime.datetime) -> Judgment:
    """Judge the results of chime_voice_connector_info by a policy.

    Judge each Voice Connector once. If several results contain it, use the result with the fewest unknown checks. In a
    tie, prefer the result from the Region that the Voice Connector belongs to, then the first result. Two Voice
    Connectors are the same if their IDs and their accounts are the same. If exactly one account is known for an ID, an
    unknown account counts as this account. If a Voice Connector is only in the errors of a result, each of its checks
    is unknown, unless a different result contains it.

    :param results: a result, its list ``voice_connectors``, the registered variable of a loop, or a list of these.
    :param policy: a dictionary, or YAML or JSON text.
    :param now: the time of the checks. Without a UTC offset, it is in UTC.
    :raises AuditError: the policy is invalid, or the input contains something that is not a result.
    """
    now = parse_time(now)
    parsed = compile_policy(policy)
    reads = find_reads(results)
    checks = [(name, CHECKS[name], wanted) for name, wanted in parsed.checks.items()]
    findings: list[dict[str, Any]] = []
    used: set[int] = set()

    def add(account: str | None, values: dict[str, Any], outcomes: Iterable[tuple[str, CheckResult]]) -> None:
        identifier, name, region = (as_text(values.get(key)) for key in ("voice_connector_id", "name", "region"))
        for check, result in outcomes:
            status, actual, reason = result
            exception = None
            if parsed.by_selector:
                keys = ((check, identifier, None), (check, None, name or ""), (check, None, None))
                found = [e for key in keys for e in parsed.by_selector.get(key, ()) if e.applies_to(account, values)]
                used.update(e.number for e in found)
                if found and status == FAIL:
                    status, reason, exception = apply_exception(found, reason, now.date())
            findings.append(
                {
                    "account_id": account,
                    "region": region,
                    "voice_connector_id": identifier,
                    "name": name,
                    "check": check,
                    "status": status,
                    "expected": parsed.given[check],
                    "actual": actual,
                    "reason": reason,
                    "fix": CHECKS[check].fix(parsed.given[check], actual) if status == FAIL else None,
                    "exception": exception,
                }
            )

    by_id: dict[str, list[tuple[str | None, Connector]]] = {}
    for read in reads:
        for values in read.connectors:
            account = read.account_id or find_account(values)
            connector = Connector(values, read.errors, now)
            by_id.setdefault(connector.identifier, []).append((account, connector))
    voice_connectors = []
    accounts: dict[str, set[str | None]] = {}  # maps the ID of each Voice Connector to the accounts in its findings
    for identifier, candidates in by_id.items():
        for account, group in group_by_account(candidates).items():
            judged = [(c, [(name, evaluate(check, wanted, c)) for name, check, wanted in checks]) for c in group]
            connector, outcomes = min(judged, key=rank) if len(judged) > 1 else judged[0]
            add(account, connector.values, outcomes)
            known = {key: value for key, value in connector.values.items() if key != "account_id"}
            voice_connectors.append({"account_id": account, **known})
            accounts.setdefault(identifier, set()).add(account)
    for read in reads:
        for identifier, (region, message) in read.unread.items():
            if not any(is_same(read.account_id, account) for account in accounts.get(identifier, ())):
                unknown = CheckResult(UNKNOWN, None, message)
                values = {"voice_connector_id": identifier, "region": region}
                add(read.account_id, values, [(name, unknown) for name, _check, _wanted in checks])
                accounts.setdefault(identifier, set()).add(read.account_id)
    # Add a finding for each gap, which is something that was not read. Skip a gap for a selected ID if its Voice
    # Connector already has findings. Skip a gap for a selected name or selected tags if any result contains a match.
    matched = set().union(*map(find_matched, reads))
    gaps = [
        {
            "account_id": read.account_id,
            "region": gap.region,
            "voice_connector_id": gap.identifier,
            "name": None,
            "check": None,
            "status": UNKNOWN,
            "expected": None,
            "actual": None,
            "reason": gap.reason,
            "fix": None,
            "exception": None,
        }
        for read in reads
        for gap in read.gaps
        if gap.selected not in matched
        and not any(is_same(read.account_id, account) for account in accounts.get(gap.identifier or "", ()))
    ]
    return Judgment(
        findings + gaps,
        [read.summary for read in reads],
        voice_connectors,
        parsed.given,
        [exception.given for exception in parsed.exceptions if exception.number not in used],
        any(is_narrowed(read.summary["selection"]) for read in reads),
        bool(reads) and not gaps and all(read.summary["complete"] for read in reads),
    )


def rank(judged: tuple[Connector, list[tuple[str, CheckResult]]]) -> tuple[int, bool]:
    """Return the sort key of a result for a Voice Connector. The result with the lowest key is used."""
    connector, outcomes = judged
    unknown = sum(result.status == UNKNOWN for _name, result in outcomes)
    return unknown, connector.region is None or connector.values.get("aws_region") != connector.region


def apply_exception(
    found: list[Exemption], reason: str | None, today: datetime.date
) -> tuple[str, str | None, dict[str, Any]]:
    """Apply exceptions to a failed check. Return its status, its reason, and one of the exceptions.

    The returned exception is the first that has not expired. If all have expired, the check still fails, and the first
    exception is returned.
    """
    valid = [exemption for exemption in found if exemption.until is None or exemption.until >= today]
    exemption = (valid or found)[0]
    exception = {
        "reason": exemption.given["reason"],
        "until": exemption.until and exemption.until.isoformat(),
        "expired": not valid,
    }
    if valid:
        return EXCEPTED, reason, exception
    return FAIL, f"{reason} The exception expired on {exemption.until}.", exception


def is_narrowed(selection: Any) -> bool:
    """Return whether a read was limited to IDs, names, or tags."""
    return isinstance(selection, dict) and any(selection.get(key) is not None for key in SELECTORS)
