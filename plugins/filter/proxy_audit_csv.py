# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an audit to a table for spreadsheets."""

from __future__ import annotations

DOCUMENTATION = r"""
name: proxy_audit_csv
version_added: 0.1.0
short_description: Make a table for spreadsheets from an audit
description:
  - Makes a table of comma-separated values, in UTF-8 with a byte order mark as spreadsheets want it. It has a line for each
    Voice Connector, and one with the status V(skipped) for each account and Region that was not read. The role
    P(chime_sdk.voice.proxy_audit#role) uses it.
  - A cell that begins with C(=), C(+), C(-), C(@), a tab or a carriage return gets an apostrophe before it, so that a
    spreadsheet shows it as text and does not run it as a formula.
positional: _input
options:
  _input:
    description: What P(chime_sdk.voice.proxy_audit#filter) returns.
    type: dict
    required: true
seealso:
  - plugin: chime_sdk.voice.proxy_audit
    plugin_type: filter
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Write what the role proxy_audit found as a table
  ansible.builtin.copy:
    content: "{{ proxy_audit | chime_sdk.voice.proxy_audit_csv }}"
    dest: /srv/reports/proxies.csv
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The table.
  type: str
"""

import csv
import io
from typing import Any

COLUMNS = (
    "account",
    "region",
    "aws_region",
    "voice_connector_id",
    "name",
    "status",
    "default_session_expiry_minutes",
    "disabled",
    "fall_back_phone_number",
    "phone_number_countries",
    "tags",
    "reason",
)


def cell(value: Any) -> str:
    """Return a value as text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = " ".join(value)
    elif isinstance(value, dict):
        value = "; ".join(f"{key}={inner}" for key, inner in value.items())
    text = str(value)
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def proxy_audit_csv(audit: dict[str, Any]) -> str:
    """Return the table that the documentation above describes."""
    skipped = [
        # Without the counts, of which one has the name of a column.
        {key: region[key] for key in ("account", "region", "status", "reason")}
        for region in audit["regions"]
        if region["status"] == "skipped"
    ]
    text = io.StringIO()
    text.write("\ufeff")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for entry in (*audit["voice_connectors"], *skipped):
        rows.writerow([cell(entry.get(column)) for column in COLUMNS])
    return text.getvalue()


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_audit_csv": proxy_audit_csv}
