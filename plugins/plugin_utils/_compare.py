# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Compare an audit with the previous report."""

from __future__ import annotations

import json
import os
import re
import stat
from typing import Any, NamedTuple

from ansible_collections.chime_sdk.voice.plugins.plugin_utils._findings import Judgment, is_narrowed
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._mask import Mask

FORMAT = 1
# Matches a phone number except its last two digits. Masked digits, which are asterisks, also match.
_NUMBER = re.compile(r"[+]?[0-9*(](?:[\s().\-/]{0,3}[0-9*]){4,}(?=[0-9]{2}(?![0-9]))")
_CREATED = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+]00:00")
MAX_BYTES = 64 * 1024 * 1024
_KNOWN = ("pass", "fail", "not_applicable", "excepted")
_HOLDS = ("pass", "not_applicable")

# Identifies a check of a Voice Connector: the account ID, the ID of the Voice Connector, and the name of the check
Key = tuple[Any, str, str]


class Seen(NamedTuple):
    """The last known status of one check of one Voice Connector, from earlier reports."""

    status: str | None  # None if it was never known
    region: str | None
    name: str | None


class Previous(NamedTuple):
    """The parts of the previous report that a comparison needs."""

    created: str
    policy: dict[str, Any]
    seen: dict[Key, Seen]
    complete: set[tuple[str, str]]  # the accounts and Regions that were completely read


class Comparison(NamedTuple):
    findings: list[dict[str, Any]]  # all findings of this audit, each with the key ``last_known_status``
    new: list[dict[str, Any]]
    fixed: list[dict[str, Any]]
    carried_forward: list[dict[str, Any]]  # the last known status of Voice Connectors that this audit did not read


def _as_string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def find_complete(accounts: list[Any]) -> set[tuple[str, str]]:
    """Return each pair of an account and a Region in which everything was read. Omit accounts without an ID."""
    return {
        (account["account_id"], region["region"])
        for account in accounts
        if isinstance(account, dict) and _as_string(account.get("account_id"))
        if not is_narrowed(account.get("selection")) and isinstance(account.get("regions"), list)
        for region in account["regions"]
        if isinstance(region, dict) and region.get("complete") is True and _as_string(region.get("region"))
    }


def _read_file(path: str) -> bytes:
    # Without O_NONBLOCK, opening a named pipe would wait forever.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is not a file")
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES >> 20} MB")
    return content


def _parse(envelope: Any) -> Previous:
    """Return the parts of *envelope*, the content of a JSON report, that a comparison needs.

    :raises ValueError: *envelope* is not a report in the current format.
    """
    kinds = {"policy": dict, "accounts": list, "findings": list}
    if (
        not isinstance(envelope, dict)
        or repr(envelope.get("format")) != repr(FORMAT)  # repr(), because 1.0 and True also equal 1
        or not _CREATED.fullmatch(str(envelope.get("created")))
        or not all(isinstance(envelope.get(key), kind) for key, kind in kinds.items())
    ):
        raise ValueError("it is not a report in the current format")
    seen: dict[Key, Seen] = {}
    complete = find_complete(envelope["accounts"])
    carried = envelope.get("carried_forward")
    for entry in [*(carried if isinstance(carried, list) else ()), *envelope["findings"]]:
        entry = entry if isinstance(entry, dict) else {}
        account, identifier, check = entry.get("account_id"), entry.get("voice_connector_id"), entry.get("check", "")
        if check is None:
            continue
        if not isinstance(identifier, str) or not check or not isinstance(check, str):
            # This invalid entry may be about any Voice Connector. Treat no Region as completely read. Otherwise, the
            # Voice Connector of this entry could seem to be new.
            complete = set()
            continue
        status = entry.get("status") if entry.get("status") in _KNOWN else entry.get("last_known_status")
        seen[_as_string(account), identifier, check] = Seen(
            status if status in _KNOWN else None, _as_string(entry.get("region")), _as_string(entry.get("name"))
        )
    return Previous(str(envelope["created"]), envelope["policy"], seen, complete)


def read_previous(path: str) -> tuple[Previous | None, str | None]:
    """Return the previous report, and a warning if the file exists but cannot be used. Raise no exception."""
    try:
        return _parse(json.loads(_read_file(path))), None
    except FileNotFoundError:
        return None, None
    except UnicodeError:
        problem = "it is not UTF-8 text"
    except json.JSONDecodeError:
        problem = "it is truncated or not JSON"
    except ValueError as e:
        problem = str(e)
    except (RecursionError, MemoryError):
        problem = "it is nested too deeply or too large"
    except OSError as e:
        problem = e.strerror or type(e).__name__
    return None, f"The previous report {path} cannot be used: {problem}. It is unknown what is new and what is fixed."


def _comparable(name: str, value: Any) -> Any:
    """Return the value of a policy key, converted so that a phone number equals the same number with masked digits."""
    value = Mask(()).value(value, name)
    return _NUMBER.sub("", json.dumps(value)) if name == "allowed_tag_values" else value


def _finding(key: Key, seen: Seen) -> dict[str, Any]:
    account_id, identifier, check = key
    where = {"account_id": account_id, "region": seen.region, "voice_connector_id": identifier, "name": seen.name}
    return {**where, "check": check}


def compare(judgment: Judgment, previous: Previous | None) -> Comparison:
    """Return all findings of this audit, and three separate lists: new, fixed, and carried-forward findings.

    A check is compared only if its value is the same in the policy of the previous report and in the current policy. A
    finding is not listed as new or fixed if it is unknown now, is excepted now, or was excepted in the previous report.
    If it was unknown in the previous report, the comparison uses the last known status from that report. A
    carried-forward finding contains the last known status of a Voice Connector that this audit did not read.
    """
    findings = [{**finding, "last_known_status": None} for finding in judgment.findings]
    result = Comparison(findings, [], [], [])
    if previous is None:
        return result
    then, policy = previous.policy, judgment.policy
    same = {
        name for name in policy if name in then and _comparable(name, then[name]) == _comparable(name, policy[name])
    }
    existed = {identifier for _account, identifier, _check in previous.seen}
    found: set[Key] = set()
    for finding in findings:
        account, identifier, check = finding["account_id"], finding["voice_connector_id"], finding["check"]
        if identifier is None or check not in same:
            continue
        # The account ID may have been unknown in the previous report.
        key = next(
            (key for key in ((account, identifier, check), (None, identifier, check)) if key in previous.seen), None
        )
        status = None
        if key:
            found.add(key)
            status = previous.seen[key].status
        elif identifier not in existed and (account, finding["region"]) in previous.complete:
            status = "not_applicable"  # the Voice Connector did not exist at the time of the previous report
        if finding["status"] == "unknown":
            finding["last_known_status"] = status if key else None
        elif finding["status"] == "fail" and status in _HOLDS:
            result.new.append(finding)
        elif finding["status"] in _HOLDS and status == "fail":
            result.fixed.append(finding)
    present = {entry["voice_connector_id"] for entry in [*findings, *judgment.voice_connectors]}
    complete = find_complete(judgment.accounts)
    for key, seen in previous.seen.items():
        account, identifier, check = key
        if key in found or check not in same or seen.status is None:
            continue
        if identifier in present or (account, seen.region) not in complete:
            result.carried_forward.append({**_finding(key, seen), "last_known_status": seen.status})
        elif seen.status == "fail":
            gone = {"status": "not_applicable", "expected": policy[check], "actual": None}
            gone["reason"] = "The Voice Connector no longer exists."
            result.fixed.append(
                {**_finding(key, seen), **gone, "fix": None, "exception": None, "last_known_status": None}
            )
    return result
