# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the JSON, CSV, and JUnit XML of a report, including values that look like formulas."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from typing import Any
from xml.etree import ElementTree

import pytest

from ansible_collections.chime_sdk.voice.plugins.plugin_utils._render import COLUMNS, cell, to_csv, to_json, to_junit
from ansible_collections.chime_sdk.voice.tests.unit.plugins.plugin_utils.cases import (
    ACCOUNT,
    EAST,
    OTHER_ACCOUNT,
    account,
    envelope,
    finding,
    judgment,
)

STATUSES = ("pass", "fail", "unknown", "not_applicable", "excepted")
FINDINGS = [finding(status, f"trunk{number}") for number, status in enumerate(STATUSES)]


def rows(report: dict[str, Any]) -> list[dict[str, str]]:
    text = to_csv(report)
    assert text.startswith("\ufeff") and text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


# JSON


def test_the_json_is_the_report_with_a_line_for_each_finding() -> None:
    report = envelope(judgment([*FINDINGS, finding(name="\u00fc\u202e\n")]))
    text = to_json(report)
    assert json.loads(text) == report
    assert (
        sum(line.startswith('  {"account_id"') and '"check"' in line for line in text.splitlines()) == len(FINDINGS) + 1
    )
    assert "\u00fc" in text


# CSV


def test_the_csv_has_a_row_for_each_finding() -> None:
    table = rows(envelope(judgment(FINDINGS)))
    assert tuple(table[0]) == COLUMNS
    assert [row["status"] for row in table] == list(STATUSES)
    assert table[1] == {
        "account_id": f"'{ACCOUNT}",
        "region": EAST,
        "voice_connector_id": "trunk1",
        "name": "name of trunk1",
        "check": "require_encryption",
        "status": "fail",
        "expected": "true",
        "actual": "false",
        "reason": "Reason for fail.",
        "fix": "require_encryption: true",
        "exception": "",
        "last_known_status": "",
    }
    assert table[4]["exception"] == "Planned. (until 2027-01-31)"


def test_a_report_without_findings_has_a_row_with_the_verdict() -> None:
    (row,) = rows(envelope(judgment([], [])))
    assert (row["status"], row["reason"]) == ("incomplete", "Nothing was read, because there are no results")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (24, "24"),
        (-1.5, "-1.5"),
        (["a", None, 7], "a null 7"),
        ({"team": ["x"], "stage": None}, "team=['x']; stage=None"),
        ([], ""),
    ],
)
def test_values_become_cells(value: Any, text: str) -> None:
    assert cell(value) == text


def test_an_exception_without_a_date_is_its_reason() -> None:
    entry = finding("excepted", exception={"reason": "Planned.", "until": None, "expired": False})
    assert rows(envelope(judgment([entry])))[0]["exception"] == "Planned."


FORMULAS = [f"{start}1+1" for start in "=+-@\uff1d\uff0b\uff0d\uff20"]
FORMULAS += ["= 1+1", "+ 1+1", "-  1"]
PREFIXES = ["", " ", "\t", "\r", "\n", "\0", '"', "'", "\ufeff", "\u200b", "\u00a0", "=", "+"]
PREFIXES += [
    "a;",
    "a,",
    "a\t",
    "a\n",
    "a\r\n",
    "a\0",
    'a"; "',
    "a|",
    "a:",
    "a ",
    "a\u00a0",
    "a_",
    "a/",
    "a#",
    "a(",
    "a'; '",
]
SEPARATORS = ",;\t| :_/#"


@pytest.mark.parametrize("prefix", PREFIXES)
def test_no_cell_is_a_formula_with_any_separator(prefix: str) -> None:
    entries = []
    for formula in FORMULAS:
        text = prefix + formula
        entry = finding("excepted", text, name=text, account_id=text, region=text, reason=text, check=text)
        entries.append(
            {**entry, "expected": [text] * 2, "actual": {text: text}, "exception": {"reason": text, "until": text}}
        )
    table = to_csv(envelope(judgment(entries)))
    assert all(formula[1:].strip() in table for formula in FORMULAS)
    for separator in SEPARATORS:
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            lines = csv.reader(io.StringIO(table, newline=""), delimiter=separator, quoting=quoting)
            for part in (part for line in lines for part in line):
                start = part.strip(' \t\r\n\0"\ufeff\u200b\u00a0')
                # A cell that begins with = @ + or - can be a formula only if this character is followed by text.
                assert not re.match("[=@+\\-\uff1d\uff20\uff0b\uff0d]\\s*\\S", start), (separator, part)


@pytest.mark.parametrize(
    "text",
    [
        *("111122223333", "012345678901", "1e10", "1E+5", "1e-5", "10-12", "3/4", "1 1/2", "12:30", "12:30 PM", "9a"),
        *("5%", "$5", "\u20ac5", "5 \u20ac", "1.0", "1,000", "(5)", "MAR1", "Mar 1", "1-Mar", "SEPT2", "March 1, 2026"),
        *("2026-11-27", "2026-11-27T18:00:00Z", "2026-11-27T18:00:00+00:00", "TRUE", "false", " 1E5", "1E5\u00a0"),
        *("\u0661\u0662\u0663", "\uff11\uff12", " " * 200 + "1E5"),
    ],
)
def test_a_string_that_looks_like_a_number_a_date_or_a_boolean_stays_text(text: str) -> None:
    (row,) = rows(envelope(judgment([finding(name=text)])))
    assert row["name"] == f"'{text}"


HARMLESS = [
    'a"b',
    "a,b",
    "a;b",
    "\u05d0\u202e",
    "a=b",
    "\U0001f4de",
    " ",
    "line - 2",
    "a+b",
    "us-east-1",
    "",
    "e",
]


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_names_are_unchanged(name: str) -> None:
    assert rows(envelope(judgment([finding(name=name)])))[0]["name"] == name


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\0", "\x85", "\u2028", "\x1b", "\ud800"])
def test_line_breaks_and_control_characters_become_spaces(end: str) -> None:
    assert cell(f"a{end}b") == f"a{' ' * len(end)}b"


@pytest.mark.parametrize(
    "text", ["dec" * 30_000 + "9!", "e1" * 50_000 + "!", "1a" * 50_000 + "!", " =" * 50_000, "'" * 99_999]
)
@pytest.mark.one_sdk
def test_a_cell_takes_linear_time(text: str) -> None:
    begin = time.process_time()
    cell(text)
    assert time.process_time() - begin < 2


# JUnit


def test_junit_has_a_suite_for_each_account_and_a_case_for_each_trunk_and_check() -> None:
    findings = [
        *FINDINGS,
        finding("pass", account_id=OTHER_ACCOUNT),
        finding("unknown", None, account_id=None, region=None),
    ]
    accounts = [account(ACCOUNT, EAST), account(OTHER_ACCOUNT, EAST), account("777788889999", EAST), account(None)]
    root = ElementTree.fromstring(to_junit(envelope(judgment(findings, accounts))))
    assert (root.tag, root.get("name")) == ("testsuites", "Audit")
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == [ACCOUNT, OTHER_ACCOUNT, "777788889999", "unknown account"]
    keys = ("tests", "failures", "errors", "skipped")
    assert [[suite.get(key) for key in keys] for suite in root] == [
        list("5112"),
        list("1000"),
        list("0000"),
        list("1010"),
    ]
    cases = [(case.get("classname"), case.get("name"), [part.tag for part in case]) for case in suites[ACCOUNT]]
    tags = [[], ["failure"], ["error"], ["skipped"], ["skipped"]]
    assert cases == [
        (f"{ACCOUNT}.{EAST}.name of trunk{number} (trunk{number})", "require_encryption", tags[number])
        for number in range(5)
    ]
    messages = [part.get("message") for case in suites[ACCOUNT] for part in case]
    assert messages == [
        "Reason for fail. Fix: require_encryption: true",
        "Reason for unknown.",
        "Reason for not_applicable.",
        "Reason for excepted. Exception: Planned.",
    ]
    (case,) = suites["unknown account"]
    assert (case.get("classname"), case.get("name")) == ("audit", "read")


def test_a_trunk_without_a_name_is_named_by_its_id() -> None:
    (suite,) = ElementTree.fromstring(to_junit(envelope(judgment([finding(name=None)]))))
    assert suite[0].get("classname") == f"{ACCOUNT}.{EAST}.trunk1"


@pytest.mark.parametrize(
    "judged", [judgment([], []), judgment([]), judgment([finding("pass")], complete=False)], ids=str
)
def test_a_junit_report_that_is_incomplete_or_without_trunks_never_passes(judged: Any) -> None:
    report = envelope(judged)
    errors = list(ElementTree.fromstring(to_junit(report)).iter("error"))
    assert [error.get("message") for error in errors] == [report["verdict"]]


@pytest.mark.parametrize("odd", ['<a b="c">&amp;', "\0\x1b\ud800\ufffe", "]]>", "\u202e", "a\nb"])
def test_junit_is_well_formed_with_any_text(odd: str) -> None:
    entry = finding("excepted", odd, name=odd, account_id=odd, region=odd, check=odd, reason=odd)
    entry["exception"] = {"reason": odd, "until": None, "expired": False}
    text = to_junit(envelope(judgment([entry, finding("fail", reason=odd)], [account(odd, EAST)]), title=odd))
    (_first, suite) = ElementTree.fromstring(text.encode("utf-8"))
    assert suite[0][0].tag == "failure"
    if "\0" not in odd:
        assert suite[0][0].get("message") == f"{odd} Fix: require_encryption: true"
