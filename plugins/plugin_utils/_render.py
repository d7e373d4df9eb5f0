# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Convert a report to JSON, CSV, and JUnit XML. All functions are pure, and take the return value of build_envelope."""

from __future__ import annotations

import csv
import functools
import io
import json
import re
from typing import Any
from xml.sax.saxutils import quoteattr

from ansible_collections.chime_sdk.voice.plugins.plugin_utils._report import INCOMPLETE, describe_fix, is_control

COLUMNS = (
    "account_id",
    "region",
    "voice_connector_id",
    "name",
    "check",
    "status",
    "expected",
    "actual",
    "reason",
    "fix",
    "exception",
    "last_known_status",
)

# Whitespace, quotation marks, and invisible characters, for use in a character class
_BLANKS = "\\s\"'`\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
# Matches a character that starts a formula, in its normal or full-width form. The character is at the start of a
# string, or after a character that could separate cells. Characters from _BLANKS may be in front of it.
_FORMULA = re.compile(f"(^|_|[^\\w{_BLANKS}])([{_BLANKS}]*)([=+\\-@\uff1d\uff0b\uff0d\uff20])")
# A character that starts a formula, after whitespace or any other character that is not a letter or a digit. A
# spreadsheet could split a string at such a separator, so that the formula is at the start of a cell. A formula with an
# apostrophe in front of it does not match, because it is already escaped.
_INNER_FORMULA = re.compile("(?<![^\\W_])(?<!')([=+\\-@\uff1d\uff0b\uff0d\uff20])(?=\\S)")
# A word in a time or a date: AM, PM, or the name of a month, each of which can be abbreviated. A word matches only if
# no letter is next to it. So a string can be divided into words in only one way, and matching takes linear time.
_WORD = "(?<![a-z])(?:[ap]m?|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6})(?![a-z])"
_SIGNS = r"\s\d.,:/()%$+\u00a2-\u00a5\u20a0-\u20cf-"
# Strings that a spreadsheet treats as a number, an amount, a time, or a date
_NUMBER = re.compile(rf"(?:[{_SIGNS}]|e|(?<=\d)[tz](?![a-z])|{_WORD})*", re.IGNORECASE)
_BOOLEAN = re.compile(r"\s*(?:true|false)\s*", re.IGNORECASE)
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_json(envelope: dict[str, Any]) -> str:
    """Return the report as JSON with a line for each list item."""

    def dump(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))

    members = []
    for key, value in envelope.items():
        items = ",\n  ".join(map(dump, value)) if isinstance(value, list) else ""
        members.append(f"{dump(key)}: [\n  {items}\n]" if items else f"{dump(key)}: {dump(value)}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def cell(value: Any) -> str:
    """Return the text of a cell. Strings are escaped, so that no spreadsheet treats them as formulas or numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        value = " ".join("null" if item is None else str(item) for item in value)
    elif isinstance(value, dict):
        value = "; ".join(f"{key}={inner}" for key, inner in value.items())
    return _escape(value)


@functools.lru_cache(1024)  # many findings contain the same strings
def _escape(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        value = "".join(" " if is_control(c) else c for c in value)
    text: str = _INNER_FORMULA.sub(r"'\1", _FORMULA.sub(r"\1\2'\3", value))
    number = re.search(r"\d", text) and _NUMBER.fullmatch(text)
    return f"'{text}" if number or _BOOLEAN.fullmatch(text) else text


def to_csv(envelope: dict[str, Any]) -> str:
    """Return the findings as CSV with a byte order mark. If there are none, one row contains the verdict."""
    text = io.StringIO()
    text.write("\ufeff")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    nothing = {"status": envelope["outcome"], "reason": envelope["verdict"]}
    for finding in envelope["findings"] or [nothing]:
        exception = finding.get("exception")
        if exception:
            until = f" (until {exception['until']})" if exception["until"] else ""
            finding = {**finding, "exception": f"{exception['reason']}{until}"}
        if finding.get("fix"):
            finding = {**finding, "fix": describe_fix(finding["fix"])}
        rows.writerow([cell(finding.get(column)) for column in COLUMNS])
    return text.getvalue()


def _attribute(value: Any) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", str(value)))


_ELEMENTS = {"fail": "failure", "unknown": "error", "excepted": "skipped", "not_applicable": "skipped"}


def _to_case(finding: dict[str, Any]) -> str:
    identifier, name = finding["voice_connector_id"], finding["name"]
    connector = f"{name} ({identifier})" if name and identifier else identifier or name
    group = ".".join(filter(None, (finding["account_id"], finding["region"], connector))) or "audit"
    start = f"<testcase classname={_attribute(group)} name={_attribute(finding['check'] or 'read')}"
    element = _ELEMENTS.get(finding["status"])
    if not element:
        return f"{start}/>"
    exception = finding.get("exception")
    reason = finding["reason"] or finding["status"]
    if finding["status"] == "excepted" and exception:
        reason = f"{reason} Exception: {exception['reason']}"
    if finding.get("fix"):
        reason = f"{reason} Fix: {describe_fix(finding['fix'])}"
    kind = "" if element == "skipped" else f" type={_attribute(finding['status'])}"
    return f"{start}><{element} message={_attribute(reason)}{kind}/></testcase>"


def to_junit(envelope: dict[str, Any]) -> str:
    """Return the findings as JUnit XML. A report that is incomplete or without findings never counts as passed."""
    findings = envelope["findings"]
    suites: dict[str, list[dict[str, Any]]] = {}
    for account in envelope["accounts"]:
        suites.setdefault(account["account_id"] or "unknown account", [])
    for finding in findings:
        suites.setdefault(finding["account_id"] or "unknown account", []).append(finding)
    if not findings or (envelope["outcome"] == INCOMPLETE and not envelope["counts"]["unknown"]):
        keys = ("account_id", "region", "voice_connector_id", "name", "check")
        suites["audit"] = [{**dict.fromkeys(keys), "status": "unknown", "reason": envelope["verdict"]}]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites name={_attribute(envelope['title'])}>"]
    for name, members in suites.items():
        elements = [_ELEMENTS.get(finding["status"]) for finding in members]
        numbers = {"tests": len(members), "failures": elements.count("failure"), "errors": elements.count("error")}
        numbers["skipped"] = elements.count("skipped")
        counts = " ".join(f'{key}="{number}"' for key, number in numbers.items())
        lines.append(f"<testsuite name={_attribute(name)} {counts} timestamp={_attribute(envelope['created'])}>")
        lines += map(_to_case, members)
        lines.append("</testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])
