# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Summarize findings in a few lines."""

from __future__ import annotations

DOCUMENTATION = r"""
name: voice_connector_findings_summary
version_added: 1.1.0
short_description: Summarize findings in a few lines
description:
  - Returns a line with the counts, and a line for each finding with the status V(fail) or V(unknown), failures first.
positional: _input
options:
  _input:
    description: The result of P(chime_sdk.voice.voice_connector_findings#filter).
    type: list
    elements: dict
    required: true
seealso:
  - plugin: chime_sdk.voice.voice_connector_findings
    plugin_type: filter
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Show what needs attention
  ansible.builtin.debug:
    msg: "{{ findings | chime_sdk.voice.voice_connector_findings_summary }}"
  vars:
    findings: "{{ voice | chime_sdk.voice.voice_connector_findings({'require_encryption': true}) }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
  sample:
    - "2 Voice Connectors, 4 checks: 2 passed, 1 failed, 1 unknown, 0 not applicable"
    - "fail: reception (abcdef1ghij2klmno3pqr4, us-east-1), sip_logs: SIP logs are not enabled."
    - "unknown: warehouse (bcdefg2hijk3lmnop4qrs5, us-east-1), sip_logs: The setting logging could not be read."
"""

import collections
from typing import Any

from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit import with_noun
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._findings import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)


def describe(finding: dict[str, Any]) -> str:
    """Return the line for one finding."""
    if not finding["check"]:
        return f"{finding['status']}: {finding['reason']}"
    region = finding["region"] or "no Region"
    identifier = finding["voice_connector_id"]
    name = f"{finding['name']} ({identifier}, {region})" if finding["name"] else f"{identifier} ({region})"
    return f"{finding['status']}: {name}, {finding['check']}: {finding['reason']}"


def voice_connector_findings_summary(findings: list[dict[str, Any]]) -> list[str]:
    """Return the summary of findings."""
    statuses = collections.Counter(finding["status"] for finding in findings)
    connectors = {finding["voice_connector_id"] for finding in findings} - {None}
    counts = f"{with_noun(len(connectors), 'Voice Connector')}, {with_noun(len(findings), 'check')}"
    results = ((PASS, "passed"), (FAIL, "failed"), (UNKNOWN, "unknown"), (NOT_APPLICABLE, "not applicable"))
    lines = [f"{counts}: {', '.join(f'{statuses[status]} {word}' for status, word in results)}"]
    for status in (FAIL, UNKNOWN):
        lines += [describe(finding) for finding in findings if finding["status"] == status]
    return lines


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"voice_connector_findings_summary": voice_connector_findings_summary}
