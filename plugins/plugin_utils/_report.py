# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Build the report of an audit: the envelope, and the lines on the console.

The envelope is a dictionary with the verdict and everything else that a report shows.
"""

from __future__ import annotations

import collections
import datetime
import json
import pathlib
import re
import unicodedata
from typing import Any

import yaml

from ansible_collections.chime_sdk.voice.plugins.plugin_utils._compare import FORMAT, Comparison, Previous, compare
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._findings import Judgment
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._mask import Mask
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._policy import MAX_LISTED, enumerate_items

INCOMPLETE, VIOLATED, COMPLIANT, EMPTY = "incomplete", "violated", "compliant", "empty"

MAX_VERDICT = 200  # characters
MAX_LINES = 50
_MAX_LINE = 500  # characters
_MAX_REGIONS = 12

_DEFAULT_POLICY = {"no_proxy_configuration": True}
# Control characters for the writing direction, which can change how a line appears
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# The beginning of a reason that already names what was not read
_NOT_READ = re.compile("Not read(?: completely)?: ")
_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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


def is_control(character: str) -> bool:
    """Return whether a character is a control character, a line separator, or half of a surrogate pair."""
    return unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs")


def clean(text: Any, limit: int = 80) -> str:
    """Return *text* for use in a line: without control characters, and with at most *limit* characters."""
    text = "".join(" " if is_control(c) or c in _DIRECTION else c for c in str(text)[: 4 * limit])
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def with_noun(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless the number is 1."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


# Counts


def _identify(entry: dict[str, Any], number: int) -> Any:
    """Return the key that identifies the account of a result."""
    return entry["account_id"] or entry["assume_role_arn"] or number


def _was_read(entry: dict[str, Any]) -> bool:
    read = any(region["complete"] for region in entry["regions"])
    return bool(entry["complete"] or read or entry["voice_connectors"])


class Reads:
    """All accounts and Regions in the results.

    In ``accounts``, the value is true if the account was at least partly read in any result. In ``regions``, the value
    is true if the Region was completely read in any result.
    """

    def __init__(self, accounts: list[dict[str, Any]]) -> None:
        self.accounts: dict[Any, bool] = {}
        self.regions: dict[tuple[Any, str], bool] = {}
        for number, entry in enumerate(accounts):
            identity = _identify(entry, number)
            self.accounts[identity] = self.accounts.get(identity, False) or _was_read(entry)
            for region in entry["regions"]:
                key = (identity, region["region"])
                self.regions[key] = self.regions.get(key, False) or bool(region["complete"])
        self.known = {entry["account_id"] for entry in accounts if entry["account_id"]}

    @property
    def partly_read(self) -> int:
        """The number of Regions that were not completely read, in accounts that were at least partly read."""
        return sum(not read and self.accounts[identity] for (identity, _region), read in self.regions.items())


def count(judgment: Judgment, reads: Reads) -> dict[str, int]:
    statuses = collections.Counter(finding["status"] for finding in judgment.findings)
    violating = {(f["account_id"], f["voice_connector_id"]) for f in judgment.findings if f["status"] == "fail"}
    return {
        "accounts": len(reads.accounts),
        "unread_accounts": list(reads.accounts.values()).count(False),
        "regions": len(reads.regions),
        "unread_regions": list(reads.regions.values()).count(False),
        "voice_connectors": len(judgment.voice_connectors),
        "violating_voice_connectors": len(violating),
        **{status: statuses[status] for status in ("pass", "fail", "unknown", "not_applicable", "excepted")},
    }


def decide_outcome(complete: bool, counts: dict[str, int]) -> str:
    """Return the outcome. The outcome is incomplete if the results contain no Voice Connectors and no Regions."""
    if not complete or counts["unknown"] or not (counts["voice_connectors"] or counts["regions"]):
        return INCOMPLETE
    if counts["fail"]:
        return VIOLATED
    return COMPLIANT if counts["voice_connectors"] else EMPTY


# The verdict


def _describe_unread(reads: Reads, counts: dict[str, int], unread_parts: int) -> list[str]:
    parts = []
    if counts["unread_accounts"]:
        one = len(reads.accounts) == 1 and reads.known
        subject = (
            f"account {clean(next(iter(reads.known)), 40)}" if one else with_noun(counts["unread_accounts"], "account")
        )
        parts.append(f"{subject} could not be read")
    if reads.partly_read:
        verb = "was" if reads.partly_read == 1 else "were"
        parts.append(f"{with_noun(reads.partly_read, 'Region')} {verb} not completely read")
    checks = counts["unknown"] - unread_parts
    if checks:
        parts.append(f"{with_noun(checks, 'check')} {'is' if checks == 1 else 'are'} unknown")
    if not parts and unread_parts:
        parts.append(f"{with_noun(unread_parts, 'part')} of the audit could not be read")
    return parts or ["it is unknown what was read"]


def build_verdict(judgment: Judgment, reads: Reads, counts: dict[str, int], outcome: str) -> str:
    """Return the verdict: a summary of the audit in at most MAX_VERDICT characters."""
    total, violating = counts["voice_connectors"], counts["violating_voice_connectors"]
    read = [identity for identity, was_read in reads.accounts.items() if was_read]
    where = with_noun(len(read), "account")
    if len(read) == 1 and read[0] in reads.known:
        where = f"account {clean(read[0], 40)}"
    noun = f"{'selected ' if judgment.narrowed else ''}Voice Connector{'' if total == 1 else 's'}"
    regions = f" ({with_noun(counts['regions'], 'Region')} read)" if counts["regions"] else ""
    if violating:
        verdict = f"{violating} of {total} {noun} in {where} {'violates' if violating == 1 else 'violate'} the policy"
    elif not judgment.accounts:
        verdict = "Nothing was read, because there are no results"
    elif outcome == INCOMPLETE:
        verdict = f"No violations are known among {total} {noun} in {where}" if total else f"No {noun} were read"
    elif outcome == EMPTY:
        verdict = f"No {noun} in {where}{regions}"
    elif total == 1:
        verdict = f"The {noun} in {where} complies with the policy{regions}"
    else:
        verdict = f"All {total} {noun} in {where} comply with the policy{regions}"
    if outcome == INCOMPLETE and judgment.accounts:
        parts = sum(f["status"] == "unknown" and f["check"] is None for f in judgment.findings)
        verdict = "; ".join([verdict, *_describe_unread(reads, counts, parts)])
    if counts["excepted"]:
        verdict += f"; {with_noun(counts['excepted'], 'exception')}"
    if {name: value for name, value in judgment.policy.items() if name != "exceptions"} == _DEFAULT_POLICY:
        verdict += ". Only proxy configurations were checked"
    return clean(verdict, MAX_VERDICT)


# The envelope


def build_warnings(judgment: Judgment) -> list[str]:
    warnings = []
    if judgment.complete and not judgment.narrowed:
        for exception in judgment.unused_exceptions:
            warnings.append(
                f"The exception {json.dumps(exception, default=str, ensure_ascii=False)} matches no finding."
            )
    guessed = sum(account.get("regions_source") == "botocore" for account in judgment.accounts)
    if guessed:
        warnings.append(
            f"AWS did not return the Regions for {with_noun(guessed, 'read')}. Regions that the installed botocore does "
            "not know were not read."
        )
    return warnings


def build_envelope(
    judgment: Judgment,
    previous: Previous | None,
    warnings: list[str],
    now: datetime.datetime,
    title: str,
    show_phone_numbers: bool,
) -> dict[str, Any]:
    """Return everything that a report contains. All values can be converted to JSON.

    Phone numbers and user names are masked unless *show_phone_numbers* is true.

    :param previous: the previous report, if there is one.
    :param warnings: warnings about the previous report.
    """
    mask = Mask(judgment.voice_connectors, show_phone_numbers)
    reads = Reads(judgment.accounts)
    counts = count(judgment, reads)
    outcome = decide_outcome(judgment.complete, counts)
    compared: Comparison = compare(judgment, previous)
    keys = ("account_id", "assume_role_arn", "complete", "reason", "regions", "voice_connectors", "selection")
    return {
        "format": FORMAT,
        "created": now.isoformat(timespec="seconds"),
        "collection_version": collection_version(pathlib.Path(__file__).resolve().parents[2]),
        "title": clean(title, MAX_VERDICT),
        "verdict": build_verdict(judgment, reads, counts, outcome),
        "outcome": outcome,
        "complete": outcome != INCOMPLETE,
        "policy": mask.value(judgment.policy),
        "accounts": [mask.value({key: account[key] for key in keys}) for account in judgment.accounts],
        "counts": counts,
        "findings": [mask.finding(finding) for finding in compared.findings],
        "new": [mask.finding(finding) for finding in compared.new],
        "fixed": [mask.finding(finding) for finding in compared.fixed],
        "carried_forward": mask.value(compared.carried_forward),
        "previous_created": previous.created if previous else None,
        "warnings": mask.value([*warnings, *build_warnings(judgment)]),
        "voice_connectors": [mask.connector(connector) for connector in judgment.voice_connectors],
    }


# The lines on the console


def describe_connector(finding: dict[str, Any], several_accounts: bool) -> str:
    """Return the name of a Voice Connector with the details that identify it."""
    details = [finding["voice_connector_id"] if finding["name"] else None, finding["region"]]
    details.append(finding["account_id"] if several_accounts else None)
    inside = ", ".join(clean(detail) for detail in details if detail)
    name = clean(finding["name"] or finding["voice_connector_id"])
    return f"{name} ({inside})" if inside else name


def describe_fix(fix: dict[str, Any]) -> str:
    """Return a fix in one line: {"proxy": {"exists": False}} becomes proxy.exists: false."""
    path, value = [], fix
    while isinstance(value, dict):
        ((name, value),) = value.items()
        path.append(name)
    return f"{'.'.join(path)}: {json.dumps(value)}"


def _list_checks(envelope: dict[str, Any]) -> list[str]:
    """Return a line for each check. The checks with the most violations come first."""
    several = envelope["counts"]["accounts"] > 1
    checks: dict[str, dict[str, list[dict[str, Any]]]] = {
        name: collections.defaultdict(list) for name in envelope["policy"] if name != "exceptions"
    }
    for finding in envelope["findings"]:
        if finding["check"] in checks:
            checks[finding["check"]][finding["status"]].append(finding)
    lines = []
    for name, statuses in sorted(checks.items(), key=lambda item: -len(item[1]["fail"])):
        failed = statuses["fail"]
        none = "no violations" if envelope["complete"] else "no known violations"
        parts = [with_noun(len(failed), "violation") if failed else none]
        parts += [f"{len(statuses[status])} {status}" for status in ("unknown", "excepted") if statuses[status]]
        names = [describe_connector(finding, several) for finding in failed[:MAX_LISTED]]
        more = f" and {len(failed) - MAX_LISTED} more" if len(failed) > MAX_LISTED else ""
        fixes = {describe_fix(finding["fix"]) if finding["fix"] else "" for finding in failed}
        fix = fixes.pop() if len(fixes) == 1 else ""
        line = f"{clean(name)}: {', '.join(parts)}{': ' if failed else ''}{', '.join(names)}{more}"
        lines.append(f"{line}. Fix: {fix}" if fix else line)
    return lines


def _list_unread(envelope: dict[str, Any]) -> list[str]:
    """Return a line for each reason why something is unknown, with the accounts and Regions that the reason affects.

    Reasons that differ only in a Region, or in the ID of an account, a Voice Connector, or a request, share a line.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for finding in envelope["findings"]:
        if finding["status"] == "unknown":
            reason = _UUID.sub("ID", finding["reason"] or "The reason is unknown.")
            for word in ("voice_connector_id", "account_id", "region"):
                if finding[word]:
                    reason = reason.replace(finding[word], word.partition("_id")[0].upper())
            groups.setdefault(reason, []).append(finding)
    lines = []
    for general, findings in groups.items():
        reasons = {finding["reason"] or general for finding in findings}
        connectors = {(f["account_id"], f["voice_connector_id"]) for f in findings if f["voice_connector_id"]}
        accounts = enumerate_items(clean(f["account_id"]) for f in findings if f["account_id"])
        regions = enumerate_items((clean(f["region"]) for f in findings if f["region"]), _MAX_REGIONS)
        where = [f"account {accounts}" if accounts else "unknown account", regions]
        where.append(with_noun(len(connectors), "Voice Connector") if connectors else "")
        same = len(reasons) == 1
        reason = reasons.pop() if same else general
        if not (same and _NOT_READ.match(reason)):
            reason = f"Not read: {'; '.join(filter(None, where))}: {_NOT_READ.sub('', reason)}"
        lines.append(clean(reason, _MAX_LINE))
    return lines


def build_lines(envelope: dict[str, Any]) -> list[str]:
    """Return at most MAX_LINES lines for the console: the verdict, the changes, the checks, and the unread parts."""
    lines = [envelope["verdict"]]
    if envelope["previous_created"]:
        changes = f"{len(envelope['new'])} new and {len(envelope['fixed'])} fixed"
        lines.append(f"{changes} since {clean(envelope['previous_created'])}")
    lines += _list_checks(envelope)
    unread = _list_unread(envelope)
    room = MAX_LINES - len(lines)
    if len(unread) > room:
        unread = [*unread[: room - 1], f"Not read: {len(unread) - room + 1} more reasons, which are in the report"]
    return [*lines, *unread]
