# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Parse the results of chime_voice_connector_info, and find everything that was not read."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.chime_sdk.voice.plugins.module_utils._options import ROLE_ARN
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._policy import (
    MAX_SHOWN,
    SELECTORS,
    AuditError,
    Errors,
    as_text,
    enumerate_items,
    plain,
    shorten,
    show,
)

_MAX_DEPTH = 10  # the maximum number of levels of lists and loops in the input

# Keys that the result of a task can have, but a Voice Connector never has. The module sets some of these keys, and
# Ansible sets the others.
_RESULT_KEYS = frozenset(
    ("voice_connectors", "errors", "results", "changed", "failed", "unreachable", "skipped", "msg", "exception", "rc")
    + ("failed_when_suppressed_exception", "module_stderr", "censored", "complete", "assume_role_arn")
)
_FAILED_KEYS = ("failed", "unreachable", "skipped", "exception", "failed_when_suppressed_exception")
_REASON_KEYS = ("msg", "skip_reason", "skipped_reason", "failed_when_suppressed_exception", "exception", "censored")


class Gap(NamedTuple):
    """Something that was not read: an account, a Region, or Voice Connectors selected by ID, name, or tags."""

    region: str | None
    identifier: str | None
    reason: str
    # The selected name or the selected tags that no Voice Connector matches, in the form that find_matched() returns
    selected: tuple[str, str] | None = None


class Read(NamedTuple):
    """The content of one result of chime_voice_connector_info, or of one list of Voice Connectors."""

    account_id: str | None
    connectors: list[dict[str, Any]]
    errors: Errors
    unread: dict[str, tuple[str | None, str]]  # for each Voice Connector ID, the Region and message of its first error
    gaps: list[Gap]
    summary: dict[str, Any]  # the entry for this result in Judgment.accounts


def is_connector(value: Any) -> bool:
    return isinstance(value, dict) and bool(as_text(value.get("voice_connector_id"))) and _RESULT_KEYS.isdisjoint(value)


def is_set(result: dict[str, Any], key: str) -> bool:
    return result.get(key) not in (None, False)


def has_failed(result: dict[str, Any]) -> bool:
    """Return whether a task failed, was skipped, or did not reach its host, even if the play ignores the failure."""
    return any(is_set(result, key) for key in _FAILED_KEYS)


def find_reads(value: Any) -> list[Read]:
    """Return the results in the input; raise AuditError if it contains something else."""
    if isinstance(value, list) and not value:
        return []
    reads: list[Read] = []
    collect_reads(value, (), None, reads)
    return reads


def collect_reads(value: Any, path: tuple[int, ...], item: Any, reads: list[Read]) -> None:
    """Append each result in *value* to *reads*.

    :param path: the position of *value* in the nested lists of the input: for each level, the number of the item,
        counted from 1. Error messages show this position.
    :param item: the loop item for which a task returned *value*, if any.
    """
    where = f" (item {'.'.join(map(str, path))})" if path else ""
    if len(path) > _MAX_DEPTH:
        raise AuditError(f"The input has more than {_MAX_DEPTH} levels of lists{where}.")
    is_loop = isinstance(value, dict) and "voice_connectors" not in value and isinstance(value.get("results"), list)
    values = value["results"] if is_loop else value
    before = len(reads)
    if isinstance(values, list) and values:
        connectors = [each for each in values if is_connector(each)]
        if connectors:
            reads.append(parse_connectors(connectors))
        for number, each in enumerate(values, 1):
            if not is_connector(each):
                collect_reads(each, (*path, number), find_item(each), reads)
        if is_loop and has_failed(value) and all(read.summary["complete"] for read in reads[before:]):
            reads.append(parse_result(value, item))  # the loop failed, but none of its items did
    elif is_connector(value):
        reads.append(parse_connectors([value]))
    elif value is None or isinstance(values, list) or (isinstance(value, dict) and not _RESULT_KEYS.isdisjoint(value)):
        reads.append(parse_result(value if isinstance(value, dict) else {}, item))
    else:
        kind = "neither a result nor a Voice Connector"
        raise AuditError(f"The input is {kind}{where}. Pass the result of chime_voice_connector_info.")


def find_item(result: Any) -> Any:
    """Return the loop item for which a task returned a result, or None."""
    if not isinstance(result, dict):
        return None
    return result.get(as_text(result.get("ansible_loop_var")) or "item")


def parse_connectors(connectors: list[dict[str, Any]]) -> Read:
    """Return a Read for a list of Voice Connectors. It is incomplete, because a list does not show what is missing."""
    summary: dict[str, Any] = {
        "account_id": None,
        "assume_role_arn": None,
        "complete": False,
        "reason": "This is a list of Voice Connectors, so it is unknown whether anything was not read.",
        "regions": [],
        "selection": None,
        "regions_source": None,
        "voice_connectors": len(connectors),
    }
    return Read(None, connectors, {}, {}, [], summary)


def find_role(result: dict[str, Any], item: Any) -> str | None:
    """Return the ARN of the role that a result was read with, or None."""
    invocation = result.get("invocation")
    options = invocation.get("module_args") if isinstance(invocation, dict) else None
    given = (result.get("assume_role_arn"), options.get("assume_role_arn") if isinstance(options, dict) else None)
    role = next((text for text in map(as_text, given) if text), None)
    return role or (item if isinstance(item, str) and ROLE_ARN.fullmatch(item) else None)


def find_message(result: dict[str, Any]) -> str:
    """Return why a task did not return a complete result."""
    value = next((result[key] for key in _REASON_KEYS if result.get(key)), "The task did not return a reason.")
    return shorten(value if isinstance(value, str) else show(value))


def parse_result(result: dict[str, Any], item: Any) -> Read:
    """Return the content of a result, and a gap for everything that was not read."""
    role = find_role(result, item)
    arn = ROLE_ARN.fullmatch(role or "")
    account = as_text(result.get("account_id")) or (arn[1] if arn else None)
    names = [f"account {account}"] * bool(account) + [f"role {shorten(role or '', MAX_SHOWN)}"] * bool(role)
    subject = ", ".join(names)
    parts: list[str] = []  # why parts of the result are not valid

    given = result.get("voice_connectors")
    connectors = [each for each in given if is_connector(each)] if isinstance(given, list) else []
    if isinstance(given, list) and len(connectors) < len(given):
        number = next(number for number, each in enumerate(given, 1) if not is_connector(each))
        parts.append(f"Item {number} of voice_connectors is not a Voice Connector.")

    errors: Errors = {}
    unread: dict[str, tuple[str | None, str]] = {}
    for error in as_list(result.get("errors"), "errors", parts):
        if not isinstance(error, dict):
            parts.append("An item of errors is not valid.")
            continue
        identifier, region, setting = (as_text(error.get(key)) for key in ("voice_connector_id", "region", "setting"))
        message = shorten(as_text(error.get("message")) or "The error has no message.")
        errors.setdefault((identifier, region, setting), message)
        if identifier:
            errors.setdefault((identifier, None, setting), message)
            unread.setdefault(identifier, (region, message))
    regions: list[dict[str, Any]] = []
    for region in as_list(result.get("regions"), "regions", parts):
        name = as_text(region.get("region")) if isinstance(region, dict) else None
        if name:
            complete = region.get("complete") is True
            reason = None if complete else shorten(as_text(region.get("reason")) or "Not everything was read.")
            regions.append({"region": name, "complete": complete, "reason": reason})
        else:
            parts.append("An item of regions is not valid.")

    # The whole account
    whole = errors.get((None, None, None))
    incomplete = has_failed(result) or is_set(result, "stopped") or result.get("complete", True) is not True
    absent = not isinstance(given, list) or is_set(result, "unreachable") or is_set(result, "skipped")
    # Whether the result is incomplete, but does not show what is missing
    unexplained = incomplete and not errors and all(region["complete"] for region in regions)
    if whole is None and (absent or unexplained):
        whole = find_message(result)
    elif whole is None and not regions:
        whole = "The result does not contain the Regions that were read."
    gaps = [Gap(None, None, f"Not read: {subject or 'an unknown account'}. {whole}")] if whole is not None else []
    partly = f"Not read completely: {subject or 'an unknown account'}."
    gaps += [Gap(None, None, f"{partly} {part}") for part in dict.fromkeys(parts)]

    # Maps each Region that was not read completely to the reason
    missing: dict[str, str] = {}
    for (identifier, region, setting), message in errors.items():
        if region and not identifier and not setting:
            missing.setdefault(region, message)
    if whole is None:
        named = {region for _identifier, region, _setting in errors}
        # If reading stopped, and the result has no key ``complete``, its errors omit the Voice Connectors that the
        # module did not try to read. In this case, report every incomplete Region, even if it is named in an error.
        stopped = is_set(result, "stopped") and "complete" not in result
        for entry in regions:
            if not entry["complete"] and (stopped or entry["region"] not in named):
                missing.setdefault(entry["region"], entry["reason"] or "")
    place = f" of {subject}" * bool(subject)
    gaps += [Gap(name, None, f"Not read completely: Region {name}{place}. {why}") for name, why in missing.items()]

    # Check the selection. If a selected name or tag has no match in this result, it may still have a match in a
    # different account. So a missing match for a name or a tag does not make this result incomplete.
    selection = result.get("selection")
    unmatched: list[Gap] = []
    if isinstance(selection, dict) and whole is None:
        unmatched = find_unmatched(selection.get("unmatched"), f" in {subject}" * bool(subject), partly)
    elif selection is not None and whole is None:
        gaps.append(Gap(None, None, f"{partly} The selection is not valid."))
    gaps += [gap for gap in unmatched if not gap.selected]

    complete = not (gaps or errors or incomplete) and all(region["complete"] for region in regions)
    why = whole or next(iter(errors.values()), None) or (gaps[0].reason if gaps else find_message(result))
    summary = {
        "account_id": account,
        "assume_role_arn": role,
        "complete": complete,
        "reason": None if complete else why,
        "regions": regions,
        "selection": parse_selection(selection) if isinstance(selection, dict) else None,
        "regions_source": as_text(result.get("regions_source")),
        "voice_connectors": len(connectors),
    }
    return Read(account, connectors, errors, unread, gaps + [gap for gap in unmatched if gap.selected], summary)


def find_matched(read: Read) -> set[tuple[str, str]]:
    """Return the selected names and tags that match a Voice Connector in the read."""
    selection = read.summary["selection"] or {}
    names = {as_text(connector.get("name")) for connector in read.connectors}
    matched = {
        ("name", name) for name in as_list(selection.get("names"), "names", []) if as_text(name) and name in names
    }
    return matched | ({("tags", show(selection["tags"]))} if read.connectors and selection.get("tags") else set())


def as_list(value: Any, name: str, problems: list[str]) -> list[Any]:
    """Return the value if it is a list, otherwise []. Add a problem if it is neither a list nor null."""
    if value is not None and not isinstance(value, list):
        problems.append(f"The value of {name} is not valid.")
    return value if isinstance(value, list) else []


def parse_selection(selection: dict[str, Any]) -> dict[str, Any]:
    """Return the known keys of a selection, with their values converted by ``plain``."""
    unmatched = selection.get("unmatched")
    parsed, parsed_unmatched = (
        {key: plain(source.get(key), tags=key == "tags") for key in SELECTORS}
        for source in (selection, unmatched if isinstance(unmatched, dict) else {})
    )
    return {**parsed, "unmatched": parsed_unmatched}


def find_unmatched(unmatched: Any, place: str, partly: str) -> list[Gap]:
    """Return a gap for each selected ID or name that matches no Voice Connector.

    Also return a gap for the selected tags if no Voice Connector matches them.
    """
    if unmatched is None:
        return []
    problems: list[str] = []
    if not isinstance(unmatched, dict):
        problems.append("The selection is not valid.")
        unmatched = {}
    identifiers = as_list(unmatched.get("voice_connector_ids"), "voice_connector_ids in the selection", problems)
    names = as_list(unmatched.get("names"), "names in the selection", problems)
    tags = unmatched.get("tags")
    gaps = []
    for value in identifiers:
        text = shorten(value if isinstance(value, str) else show(value), MAX_SHOWN)
        gaps.append(Gap(None, as_text(value), f"Not found{place}: the Voice Connector {text}."))
    for value in names:
        text = shorten(value if isinstance(value, str) else show(value), MAX_SHOWN)
        gaps.append(Gap(None, None, f"Not found{place}: a Voice Connector with the name {text}.", ("name", text)))
    if isinstance(tags, dict) and tags:
        shown = enumerate_items(f"{key}={'any value' if value is None else value}" for key, value in tags.items())
        reason = f"Not found{place}: a Voice Connector with the tags {shown}."
        gaps.append(Gap(None, None, reason, ("tags", show(tags))))
    elif tags:
        problems.append("The value of tags in the selection is not valid.")
    return gaps + [Gap(None, None, f"{partly} {problem}") for problem in problems]
