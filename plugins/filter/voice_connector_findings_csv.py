# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convert findings to CSV."""

from __future__ import annotations

DOCUMENTATION = r"""
name: voice_connector_findings_csv
version_added: 1.1.0
short_description: Convert findings to CSV
description:
  - Returns comma-separated values in UTF-8 with a byte order mark. The table has a header and one row for each finding.
    The items of a list are separated by spaces.
  - Cells are escaped so that no spreadsheet treats a cell as a formula, or a string as a number or a date. For details,
    see P(chime_sdk.voice.proxy_audit_csv#filter).
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
- name: Write the findings as CSV
  ansible.builtin.copy:
    content: "{{ findings | chime_sdk.voice.voice_connector_findings_csv }}"
    dest: /srv/reports/findings.csv
    mode: "0600"
  vars:
    findings: "{{ voice | chime_sdk.voice.voice_connector_findings({'require_encryption': true}) }}"
"""

RETURN = r"""
_value:
  description: The CSV text.
  type: str
"""

import csv
import io
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit_csv import cell

COLUMNS = (
    *("account_id", "region", "voice_connector_id", "name", "check"),
    *("status", "expected", "actual", "reason", "exception"),
)


def voice_connector_findings_csv(findings: Any) -> str:
    """Return the CSV text of findings."""
    if not isinstance(findings, list) or not all(isinstance(f, dict) and set(COLUMNS) <= set(f) for f in findings):
        raise AnsibleFilterError("The input is not a list of findings. Pass the result of voice_connector_findings.")
    text = io.StringIO()
    text.write("\ufeff")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for finding in findings:
        values = [finding[column] for column in COLUMNS]
        rows.writerow(
            [
                cell(["null" if i is None else str(i) for i in value] if isinstance(value, list) else value)
                for value in values
            ]
        )
    return text.getvalue()


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"voice_connector_findings_csv": voice_connector_findings_csv}
