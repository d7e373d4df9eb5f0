# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test masking phone numbers and user names."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from ansible_collections.chime_sdk.voice.plugins.plugin_utils._mask import Mask, mask
from ansible_collections.chime_sdk.voice.tests.unit.plugins.plugin_utils.cases import ACCOUNT, finding

CONNECTOR: dict[str, Any] = {
    "account_id": ACCOUNT,
    "region": "us-east-1",
    "voice_connector_id": "trunk1",
    "name": "+1 206 555 0100",
    "tags": {"owner": "+1 (206) 555-0109", "+12065550108": "x", "cost": "4711"},
    "proxy": {"exists": True, "fall_back_phone_number": "+12065550101", "phone_number_countries": ["US", "CA"]},
    "termination": {"default_phone_number": "12065550102", "cidr_allowed_list": ["203.0.113.0/24"]},
    "termination_credentials": {"exists": True, "usernames": ["pbx", "bob.smith"]},
    "emergency_calling": {
        "dnis": [
            {"emergency_phone_number": "+12065550103", "test_phone_number": "2065550104", "calling_country": "US"},
            "112",
        ]
    },
    "phone_numbers": {"exists": True, "e164_phone_numbers": ["+12065550105", "911"]},
    "created_timestamp": "2026-01-02T03:04:05+00:00",
}


@pytest.mark.parametrize(
    ("number", "masked"), [("+12065550100", "**********00"), ("12345678", "******78"), ("1234567", "*******"), ("", "")]
)
def test_all_but_the_last_two_digits_of_a_number_are_masked(number: str, masked: str) -> None:
    assert mask(number) == masked


def test_every_phone_number_and_user_name_of_the_settings_is_masked_and_nothing_else() -> None:
    masked = Mask([CONNECTOR]).value(CONNECTOR)
    assert masked == {
        **CONNECTOR,
        "tags": {"owner": "***************09", "**********08": "x", "cost": "4711"},
        "proxy": {"exists": True, "fall_back_phone_number": "**********01", "phone_number_countries": ["US", "CA"]},
        "termination": {"default_phone_number": "*********02", "cidr_allowed_list": ["203.0.113.0/24"]},
        "termination_credentials": {"exists": True, "usernames": ["****", "****"]},
        "emergency_calling": {
            "dnis": [
                {"emergency_phone_number": "**********03", "test_phone_number": "********04", "calling_country": "US"},
                "***",
            ]
        },
        "phone_numbers": {"exists": True, "e164_phone_numbers": ["**********05", "***"]},
    }


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Calls go to +12065550199.", "Calls go to **********99."),
        ("Calls go to +1 (206) 555-0199.", "Calls go to ***************99."),
        ("The start of +1206555...", "The start of ******55..."),
        ("Known: 12065550102, x", "Known: *********02, x"),
        ("Known: 206-555-0102", "Known: **********02"),
        ("Unknown: (206) 555-0177 or 12065550177", "Unknown: (***********77 or *********77"),
        ("sip:12065550105@example.com", "sip:*********05@example.com"),
        ("tel12065550105", "tel*********05"),
        ("203.0.113.0/24, 2001:db8::/32, 111122223333", "203.0.113.0/24, 2001:db8::/32, 111122223333"),
        ("2026-11-27T18:00:00+00:00", "2026-11-27T18:00:00+00:00"),
        ("arn:aws:chime:us-east-1:111122223333:vc/abc", "arn:aws:chime:us-east-1:111122223333:vc/abc"),
    ],
)
def test_phone_numbers_in_text_are_masked_and_other_digits_are_not(text: str, masked: str) -> None:
    assert Mask([CONNECTOR]).finding(finding(reason=text))["reason"] == masked


@pytest.mark.parametrize("key", ["expected", "actual"])
def test_values_of_findings_are_masked(key: str) -> None:
    value: Any = ["+12065550101", {"e164_phone_numbers": ["2065550105"], "x": "1.206.555.0102"}]
    masked = Mask([CONNECTOR]).finding({**finding(), key: value})
    assert masked[key] == ["**********01", {"e164_phone_numbers": ["********05"], "x": "************02"}]


def test_user_names_of_the_trunk_are_masked_in_its_findings_and_whole_words_only() -> None:
    actual = ["bob.smith", {"pbx": "pbx", "number": 7}]
    masked = Mask([CONNECTOR]).finding(finding(reason="User pbx (bob.smith), not pbx2 or apbx.", actual=actual))
    assert masked["reason"] == "User **** (****), not pbx2 or apbx."
    assert masked["actual"] == ["****", {"pbx": "****", "number": 7}]
    other = Mask([CONNECTOR]).finding(finding("fail", "trunk2", reason="The pbx is offline."))
    assert other["reason"] == "The pbx is offline."


def test_nothing_is_masked_if_phone_numbers_are_shown() -> None:
    shown = Mask([CONNECTOR], show=True)
    assert shown.value(CONNECTOR) == CONNECTOR
    text = "User pbx calls +12065550101"
    assert shown.finding(finding(reason=text))["reason"] == text


def test_digits_in_a_host_are_not_masked_but_phone_numbers_in_tags_are() -> None:
    settings = {"origination": {"routes": [{"host": "4155550177"}]}}
    assert Mask([CONNECTOR]).value(settings) == settings
    tags = {"tags": {"4155550178": "(415) 555-0177", "order": "1234567"}}
    masked = {"tags": {"********78": "*************7", "order": "1234567"}}
    assert list(Mask([CONNECTOR]).value(tags)["tags"]) == list(masked["tags"])
    assert "0177" not in str(Mask([CONNECTOR]).value(tags))
    assert Mask([CONNECTOR]).value(tags)["tags"]["order"] == "1234567"


def test_a_short_user_name_hides_no_other_word() -> None:
    connector = {**CONNECTOR, "termination_credentials": {"exists": True, "usernames": ["US"]}}
    assert Mask([connector]).finding(finding(reason="Calls are allowed to US."))["reason"] == "Calls are allowed to US."
    assert Mask([connector]).value(connector)["termination_credentials"]["usernames"] == ["****"]


def test_names_and_identifiers_are_not_masked() -> None:
    values = {"name": "+12065550101", "names": ["+12065550101"], "voice_connector_id": "12065550101"}
    assert Mask([CONNECTOR]).value(values) == values


def deep(levels: int) -> Any:
    value: Any = "x"
    for _level in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("show", [False, True])
def test_every_value_becomes_valid_json(show: bool) -> None:
    odd: dict[Any, Any] = {
        "nan": float("nan"),
        "infinite": float("-inf"),
        "large": 10**5000,
        "tuple": (1, 2.5),
        "set": {1},
        7: None,
        "deep": deep(100_000),
    }
    plain = Mask([odd, {"proxy": odd, "termination_credentials": {"usernames": [7, None, ""]}}], show).value(odd)
    text = json.dumps(plain, allow_nan=False)
    expected = {"nan": "nan", "infinite": "-inf", "large": "...", "tuple": [1, 2.5], "set": "{1}", "7": None}
    assert {key: value for key, value in plain.items() if key != "deep"} == expected
    assert '"..."' in text.partition('"deep"')[2]


@pytest.mark.parametrize("text", ["1" * 100_000, "1 " * 50_000, "+1-(" * 25_000, "+" * 100_000, "+1..." * 20_000])
@pytest.mark.one_sdk
def test_masking_takes_linear_time(text: str) -> None:
    begin = time.process_time()
    Mask([CONNECTOR]).text(text)
    assert time.process_time() - begin < 2


def test_phone_numbers_and_user_names_are_masked_in_a_tag_with_any_key() -> None:
    tags = {"name": "Bob +12065550177", "status": "206-555-0177", "region": "pbx", "account_id": "2065550177"}
    connector = {**CONNECTOR, "tags": tags}
    masked = Mask([connector]).connector(connector)
    assert "0177" not in str(masked["tags"]) and masked["tags"]["region"] == "****"
    assert masked["name"] == CONNECTOR["name"]
    allowed = finding(check="allowed_tag_values", expected={"name": ["+12065550177"]}, actual={"name": "+12065550177"})
    assert "0177" not in str(Mask([connector]).finding(allowed))
