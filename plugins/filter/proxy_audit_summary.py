# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Summarize an audit in a few lines."""

from __future__ import annotations

DOCUMENTATION = r"""
name: proxy_audit_summary
version_added: 1.1.0
short_description: Summarize an audit for the console
description:
  - Returns lines with the result of an audit, the selection, the remaining proxy configurations, and anything that
    could not be read, with the reason. The lines have no phone numbers. The role P(chime_sdk.voice.proxy_audit#role)
    and the playbook C(chime_sdk.voice.proxy_report) show them.
positional: _input
options:
  _input:
    description: The result of P(chime_sdk.voice.proxy_audit#filter).
    type: dict
    required: true
  limit:
    description:
      - The maximum number of Voice Connectors or reasons in each part. The rest are only counted. V(null) means no
        limit.
    type: int
seealso:
  - plugin: chime_sdk.voice.proxy_audit
    plugin_type: filter
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Show the result of the role proxy_audit
  ansible.builtin.debug:
    msg: "{{ proxy_audit | chime_sdk.voice.proxy_audit_summary(limit=10) }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from typing import Any

from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit import (
    DISABLED,
    NOT_CONFIGURED,
    UNREADABLE,
    describe_selection,
    with_noun,
)


def truncate(items: list[str], limit: int | None) -> list[str]:
    """Return at most *limit* items, followed by the number of items that were omitted."""
    if limit is None or len(items) <= limit:
        return items
    return [*items[:limit], f"and {len(items) - limit} more"]


def name_of(record: dict[str, Any], several_accounts: bool) -> str:
    """Return the name of a Voice Connector with the details that identify it."""
    details = [record["voice_connector_id"] if record["name"] else None, record["region"]]
    details.append(record["account"] if several_accounts else None)
    details.append("disabled" if record["status"] == DISABLED else None)
    inside = ", ".join(detail for detail in details if detail)
    return f"{record['name'] or record['voice_connector_id']}{f' ({inside})' if inside else ''}"


def group_regions(regions: list[dict[str, Any]]) -> list[str]:
    """Return a line for each group of incomplete Regions with the same account, host, status, and reason."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for entry in regions:
        if entry["status"] != "complete":
            key = (entry["account"], entry["host"], entry["status"], entry["reason"])
            groups.setdefault(key, []).append(entry["region"] or "")
    lines = []
    for (account, host, status, reason), names in groups.items():
        owner = f"account {account}" if account else f"host {host}" if host else "unknown account"
        lines.append(f"{owner}, {', '.join(filter(None, names)) or 'all Regions'}: {status}. {reason}")
    return lines


def proxy_audit_summary(audit: dict[str, Any], limit: int | None = None) -> list[str]:
    """Return the summary of an audit."""
    counts, records = audit["counts"], audit["voice_connectors"]
    several = len({record["account"] for record in records if record["account"]}) > 1
    regions = with_noun(counts["regions"], "Region")
    parts = [f"{counts['skipped']} skipped"] if counts["skipped"] else []
    parts += [f"{counts['partial']} partially read"] if counts["partial"] else []
    lines = [
        f"{audit['headline']}.",
        f"{with_noun(counts['voice_connectors'], 'Voice Connector')}, "
        f"{counts['with_proxy']} with a proxy configuration, {counts['unreadable']} could not be read; "
        f"{regions}{', ' if parts else ''}{', '.join(parts)}",
    ]
    conditions = describe_selection(audit["selection"])
    if conditions:
        lines.append(f"Selected by {'; '.join(conditions)}")
    lines += [f"Warning: {warning}" for warning in audit["warnings"]]
    unreadable = [record for record in records if record["status"] == UNREADABLE]
    without_proxy = [record for record in records if record["status"] == NOT_CONFIGURED]
    with_proxy = [record for record in records if record["status"] not in (UNREADABLE, NOT_CONFIGURED)]
    for label, group in (("Proxy configuration", with_proxy), ("No proxy configuration", without_proxy)):
        if group:
            names = truncate([name_of(record, several) for record in group], limit)
            lines.append(f"{label}: {', '.join(names)}")
    reasons = [f"{name_of(record, several)}: {record['reason'] or 'unknown reason'}" for record in unreadable]
    lines += [f"Could not be read: {line}" for line in truncate(reasons, limit)]
    lines += [f"Incomplete: {line}" for line in truncate(group_regions(audit["regions"]), limit)]
    return lines


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_audit_summary": proxy_audit_summary}
