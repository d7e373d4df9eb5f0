# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the CSV of findings, including values that look like formulas."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.chime_sdk.voice.plugins.filter import voice_connector_findings
from ansible_collections.chime_sdk.voice.plugins.filter.voice_connector_findings_csv import FilterModule
from ansible_collections.chime_sdk.voice.tests.unit.helpers import WITH_PROXY
from ansible_collections.chime_sdk.voice.tests.unit.plugins.filter.conftest import EAST

make_findings = voice_connector_findings.FilterModule().filters()["voice_connector_findings"]
make_csv = FilterModule().filters()["voice_connector_findings_csv"]


def rows(findings: list[dict[str, Any]]) -> list[dict[str, str]]:
    text = make_csv(findings)
    assert text.startswith("\ufeff") and text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def connector(**members: Any) -> dict[str, Any]:
    return {"voice_connector_id": WITH_PROXY, "name": "reception", "region": EAST, **members}


def test_the_csv_has_a_row_for_each_finding() -> None:
    termination = {"exists": True, "disabled": False, "cidr_allowed_list": ["203.0.113.0/28", "any"]}
    policy = {"require_encryption": True, "termination_cidrs_within": ["203.0.113.0/24", "2001:db8::/32"]}
    first, second = rows(make_findings([connector(require_encryption=True, termination=termination)], policy))
    common = {"account_id": "", "voice_connector_id": WITH_PROXY, "name": "reception", "region": EAST, "exception": ""}
    assert first == {
        **common,
        "check": "require_encryption",
        "status": "pass",
        "expected": "true",
        "actual": "true",
        "reason": "",
    }
    assert second == {
        **common,
        "check": "termination_cidrs_within",
        "status": "unknown",
        "expected": "203.0.113.0/24 2001:db8::/32",
        "actual": "203.0.113.0/28 any",
        "reason": "AWS returned any, which is not valid.",
    }


def test_the_columns_are_the_documented_keys_even_without_findings() -> None:
    documented = yaml.safe_load(voice_connector_findings.RETURN)["_value"]["contains"]
    assert make_csv([]) == f"\ufeff{','.join(documented)}\r\n"


def test_nulls_numbers_and_lists_become_cells() -> None:
    origination = {"exists": True, "disabled": None, "routes": [{"protocol": None}, {"protocol": "TCP"}]}
    streaming = {"exists": True, "disabled": None, "data_retention_in_hours": 24}
    policy = {"origination_protocols": ["UDP"], "streaming_min_retention_hours": 1}
    table = rows(make_findings([connector(name=None, origination=origination, streaming=streaming)], policy))
    assert [(row["name"], row["expected"], row["actual"]) for row in table] == [
        ("", "UDP", "null TCP"),
        ("", "1", "24"),
    ]


@pytest.mark.parametrize("formula", ["=1+1", "+1+1", "-1+1", "@x", "a;=1+1", " =1+1", "\uff1d1+1"])
def test_no_cell_is_a_formula(formula: str) -> None:
    finding = {
        "account_id": formula,
        "voice_connector_id": formula,
        "name": formula,
        "region": formula,
        "check": formula,
        "status": formula,
        "expected": [formula],
        "actual": ["TCP", formula],
        "reason": formula,
        "exception": formula,
    }
    (row,) = rows([finding])
    for column in ("name", "expected", "reason"):
        start = next(index for index, character in enumerate(formula) if character in "=+-@\uff1d")
        assert row[column] == f"{formula[:start]}'{formula[start:]}"
    assert len(row) == len(finding)


@pytest.mark.parametrize("text", ["111122223333", "10-12", "1e10"])
def test_a_string_that_looks_like_a_number_or_a_date_stays_text(text: str) -> None:
    (row,) = rows(make_findings([connector(name=text)], {"require_encryption": True}))
    assert row["name"] == f"'{text}"


@pytest.mark.parametrize("value", [None, "x", {}, ["x"], [{}], [{"name": "x"}]])
def test_input_that_is_not_a_list_of_findings_fails(value: Any) -> None:
    with pytest.raises(
        AnsibleFilterError,
        match=r"^The input is not a list of findings\. Pass the result of voice_connector_findings\.$",
    ):
        make_csv(value)
