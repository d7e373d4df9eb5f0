# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the CSV of an audit, including names and reasons that look like formulas."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit import proxy_audit
from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit_csv import FilterModule
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.unit.helpers import WITH_PROXY
from ansible_collections.chime_sdk.voice.tests.unit.plugins.filter.conftest import ACCOUNT, EAST, NOW, WEST, read

make_csv = FilterModule().filters()["proxy_audit_csv"]

FORMULAS = [f"{start}1+1" for start in "=+-@\uff1d\uff0b\uff0d\uff20"]
PREFIXES = [
    "",
    " ",
    "\t",
    "\r",
    "\n",
    "\0",
    '"',
    "'",
    "\ufeff",
    "\u200b",
    "a;",
    "a,",
    "a\t",
    "a\n",
    "a\r\n",
    "a\0",
    'a"; "',
    "a|",
]


def rows(audit: dict[str, Any]) -> list[dict[str, str]]:
    text = make_csv(audit)
    assert text.startswith("\ufeff") and text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


@pytest.fixture(scope="module")
def audit() -> dict[str, Any]:
    fault = Fault(error="ForbiddenException", request_has="/us-west-2/")
    return proxy_audit([read(fault, regions=(EAST, WEST), include=["proxy", "tags"])], NOW, True)


def test_the_csv_has_a_row_for_each_voice_connector_and_each_incomplete_region(audit: dict[str, Any]) -> None:
    table = rows({**audit, "collection_version": "1.0.0"})
    assert len(table) == 3
    assert table[0] == {
        "account": f"'{ACCOUNT}",
        "region": EAST,
        "aws_region": EAST,
        "voice_connector_id": WITH_PROXY,
        "name": "reception",
        "status": "configured",
        "default_session_expiry_minutes": "60",
        "disabled": "false",
        "fall_back_phone_number": "'+12065550100",
        "phone_number_countries": "US CA",
        "tags": "team=voice",
        "reason": "",
        "created": NOW,
        "selection": "regions: us-east-1, us-west-2",
        "collection_version": "'1.0.0",
    }
    assert (table[2]["region"], table[2]["status"], table[2]["voice_connector_id"]) == (WEST, "skipped", "")
    assert "chime:ListVoiceConnectors" in table[2]["reason"]
    assert table[2]["disabled"] == ""


def test_an_empty_audit_has_a_row_with_the_headline_and_the_selection() -> None:
    (row,) = rows(proxy_audit([read(names=["x"])], NOW, selection={"names": ["x"], "regions": [EAST]}))
    assert row["reason"] == "No Voice Connector in us-east-1 matches names: x"
    assert row["selection"] == "names: x; regions: us-east-1"


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_no_cell_becomes_a_formula_with_any_separator(audit: dict[str, Any], prefix: str, formula: str) -> None:
    text = prefix + formula
    record = {**audit["voice_connectors"][0], "name": text, "tags": {text: text}, "account": text, "reason": text}
    table = make_csv({**audit, "voice_connectors": [record]})
    for separator in ",;\t|":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            lines = csv.reader(io.StringIO(table, newline=""), delimiter=separator, quoting=quoting)
            for cell in (cell for line in lines for cell in line):
                assert not cell.lstrip(" \t\r\n\0\"'\ufeff\u200b").startswith(formula[0]) or "'" + formula[0] in cell
                assert not cell.strip(' "').startswith(formula[0])


@pytest.mark.parametrize("text", ["111122223333", "012345678901", "1e10", "10-12", "12:30", "50%", "1.0"])
def test_a_string_that_looks_like_a_number_or_a_date_stays_text(audit: dict[str, Any], text: str) -> None:
    record = {**audit["voice_connectors"][0], "name": text}
    assert rows({**audit, "voice_connectors": [record]})[0]["name"] == f"'{text}"


@pytest.mark.parametrize("name", ['a"b', "a,b", "a;b", "\u05d0\u202e", "a=b", "\U0001f4de", " ", "line - 2", "a+b"])
def test_harmless_names_are_unchanged(audit: dict[str, Any], name: str) -> None:
    record = {**audit["voice_connectors"][0], "name": name, "disabled": True}
    row = rows({**audit, "voice_connectors": [record]})[0]
    assert (row["name"], row["disabled"]) == (name, "true")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\0", "\x85", "\u2028", "\x1b"])
def test_line_breaks_and_control_characters_become_spaces(audit: dict[str, Any], end: str) -> None:
    record = {**audit["voice_connectors"][0], "name": f"a{end}b"}
    assert rows({**audit, "voice_connectors": [record]})[0]["name"] == f"a{' ' * len(end)}b"
