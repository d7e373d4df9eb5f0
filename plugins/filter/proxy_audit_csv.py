# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convert an audit to CSV."""

from __future__ import annotations

DOCUMENTATION = r"""
name: proxy_audit_csv
version_added: 0.1.0
short_description: Convert an audit to CSV
description:
  - Returns comma-separated values in UTF-8, with a byte order mark for spreadsheets. The table has a row for each Voice
    Connector. For each account, it also has a row for each Region that was skipped or only partially read. If there is
    nothing to list, one row reports this. The role P(chime_sdk.voice.proxy_audit#role) uses this filter.
  - Cells are escaped so that no spreadsheet treats them as formulas, whatever separator the spreadsheet uses. An
    apostrophe is inserted in front of C(=), C(+), C(-), or C(@) at the start of a cell, or after a character that may
    separate cells. Line breaks and control characters become spaces.
  - A string that a spreadsheet would treat as a number or a date, such as an account ID, gets an apostrophe too.
positional: _input
options:
  _input:
    description: The result of P(chime_sdk.voice.proxy_audit#filter).
    type: dict
    required: true
seealso:
  - plugin: chime_sdk.voice.proxy_audit
    plugin_type: filter
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Write the audit of the role proxy_audit as CSV
  ansible.builtin.copy:
    content: "{{ proxy_audit | chime_sdk.voice.proxy_audit_csv }}"
    dest: /srv/reports/proxies.csv
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The CSV text.
  type: str
"""

import csv
import io
import re
import unicodedata
from typing import Any

from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit import describe, describe_selection

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
    "created",
    "selection",
    "collection_version",
)

# Matches a character that starts a formula, in its normal or full-width form. It must be at the start of a string, or
# after a character that may separate cells. Quotes and blanks may precede it.
_FORMULA = re.compile(
    "(^|[,;|:^~])([\\s\"'`\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*)([=+\\-@\uff1d\uff0b\uff0d\uff20])"
)

# Strings that a spreadsheet treats as a number or a date.
_NUMBER = re.compile(r"[\s\d.,:/eE%$()-]*\d[\s\d.,:/eE%$()-]*")


def cell(value: Any) -> str:
    """Return the text of a cell, so that no spreadsheet treats it as a formula, or treats a string as a number."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        value = " ".join(value)
    elif isinstance(value, dict):
        value = "; ".join(f"{key}={inner}" for key, inner in value.items())
    text = str(value)
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") else c for c in text)
    text = _FORMULA.sub(r"\1\2'\3", text)
    return f"'{text}" if _NUMBER.fullmatch(text) else text


def proxy_audit_csv(audit: dict[str, Any]) -> str:
    """Return the CSV text of an audit."""
    selection = audit["selection"]
    common = {
        "created": audit["created"],
        "selection": "; ".join([*describe_selection(selection), describe("regions", selection["regions"])]),
        "collection_version": audit["collection_version"],
    }
    incomplete = [
        # Omit the counts, because the count "disabled" would fill the column with the same name.
        {key: region[key] for key in ("account", "region", "status", "reason")}
        for region in audit["regions"]
        if region["status"] != "complete"
    ]
    nothing = {"status": "nothing to list", "reason": audit["headline"]}
    text = io.StringIO()
    text.write("\ufeff")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for entry in [*audit["voice_connectors"], *incomplete] or [nothing]:
        rows.writerow([cell({**entry, **common}.get(column)) for column in COLUMNS])
    return text.getvalue()


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_audit_csv": proxy_audit_csv}
