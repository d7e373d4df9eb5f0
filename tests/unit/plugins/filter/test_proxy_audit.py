# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From readings to an audit and its table."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
import yaml

from ansible_collections.chime_sdk.voice.plugins.filter import proxy_audit as audit_plugin
from ansible_collections.chime_sdk.voice.plugins.filter import proxy_audit_csv as csv_plugin
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.conftest import MISSING
from ansible_collections.chime_sdk.voice.tests.unit.conftest import STATE
from ansible_collections.chime_sdk.voice.tests.unit.conftest import WITH_PROXY
from ansible_collections.chime_sdk.voice.tests.unit.conftest import WITHOUT_PROXY
from ansible_collections.chime_sdk.voice.tests.unit.conftest import connection_to
from ansible_collections.chime_sdk.voice.tests.unit.conftest import run_main

ACCOUNT = "111122223333"
NOW = "2026-11-23T08:00:00Z"

make_audit = audit_plugin.FilterModule().filters()["proxy_audit"]
make_table = csv_plugin.FilterModule().filters()["proxy_audit_csv"]


def read(*faults: Fault, region: str = "us-east-1", state: Any = None, **options: Any) -> dict[str, Any]:
    """Return one reading, with what the real module returns."""
    with Emulator(state or STATE) as emulator:
        emulator.faults = list(faults)
        given = {**connection_to(emulator), "include": ["proxy"], **options, "region": region}
        return {"account": ACCOUNT, "region": region, "result": run_main("chime_voice_connector_info", given)}


def seen_from_both_regions(**members: Any) -> dict[str, Any]:
    connector = {"VoiceConnectorId": WITH_PROXY, "SeenFrom": ["us-west-2"], **members}
    return {**STATE, "voice_connectors": [connector]}


def statuses(audit: dict[str, Any]) -> dict[str, str]:
    return {entry["voice_connector_id"]: entry["status"] for entry in audit["voice_connectors"]}


# The audit


def test_every_voice_connector_has_a_record() -> None:
    audit = make_audit([read()], NOW)
    assert audit == {
        "created": NOW,
        "complete": True,
        "counts": {
            "voice_connectors": 2,
            "with_proxy": 1,
            "disabled": 0,
            "without_proxy": 1,
            "unreadable": 0,
            "regions": 1,
            "skipped": 0,
        },
        "regions": [
            {
                "account": ACCOUNT,
                "region": "us-east-1",
                "status": "complete",
                "reason": None,
                "voice_connectors": 2,
                "with_proxy": 1,
                "disabled": 0,
                "without_proxy": 1,
                "unreadable": 0,
            }
        ],
        "voice_connectors": [
            {
                "account": ACCOUNT,
                "region": "us-east-1",
                "aws_region": "us-east-1",
                "voice_connector_id": WITH_PROXY,
                "name": "reception",
                "status": "configured",
                "default_session_expiry_minutes": 60,
                "disabled": False,
                "fall_back_phone_number": "**********00",
                "phone_number_countries": ["US", "CA"],
                "reason": None,
            },
            {
                "account": ACCOUNT,
                "region": "us-east-1",
                "aws_region": "us-east-1",
                "voice_connector_id": WITHOUT_PROXY,
                "name": "warehouse",
                "status": "not configured",
                "default_session_expiry_minutes": None,
                "disabled": None,
                "fall_back_phone_number": None,
                "phone_number_countries": [],
                "reason": None,
            },
        ],
    }


def test_the_documentation_names_every_key() -> None:
    text = " ".join(yaml.safe_load(audit_plugin.RETURN)["_value"]["description"])
    audit = make_audit([read(include=["proxy", "tags"])], NOW)
    keys = {*audit, *audit["counts"], *audit["regions"][0], *audit["voice_connectors"][0]}
    # Those two of a Region are said with the counts.
    assert [key for key in keys if f"C({key})" not in text] == []
    for status in ("configured", "configured, disabled", "not configured", "could not be read", "complete", "skipped"):
        assert f"V({status})" in text


@pytest.mark.parametrize(
    ("disabled", "status"), [(True, "configured, disabled"), (False, "configured"), (None, "configured")]
)
def test_a_proxy_that_is_disabled_is_told_apart(disabled: bool | None, status: str) -> None:
    proxy = {"DefaultSessionExpiryMinutes": 5, **({} if disabled is None else {"Disabled": disabled})}
    state = {**STATE, "voice_connectors": [{"VoiceConnectorId": WITH_PROXY, "Proxy": proxy}]}
    audit = make_audit([read(state=state)], NOW)
    assert statuses(audit) == {WITH_PROXY: status}
    assert audit["counts"]["with_proxy"] == 1
    assert audit["counts"]["disabled"] == (disabled is True)


def test_phone_numbers_are_shown_where_that_is_asked_for() -> None:
    assert make_audit([read()], NOW, True)["voice_connectors"][0]["fall_back_phone_number"] == "+12065550100"


def test_what_could_not_be_read_is_said_with_the_reason() -> None:
    fault = Fault("GetVoiceConnectorProxy", request_has=WITH_PROXY, error="BadRequestException")
    audit = make_audit([read(fault)], NOW)
    assert statuses(audit) == {WITH_PROXY: "could not be read", WITHOUT_PROXY: "not configured"}
    assert "BadRequestException" in audit["voice_connectors"][0]["reason"]
    assert (audit["complete"], audit["counts"]["unreadable"], audit["counts"]["skipped"]) == (False, 1, 0)
    assert audit["regions"][0]["status"] == "complete"


def test_a_region_that_refuses_is_skipped_with_the_reason() -> None:
    audit = make_audit([read(Fault(error="ForbiddenException")), read(region="eu-west-1")], NOW)
    assert [region["status"] for region in audit["regions"]] == ["skipped", "complete"]
    assert "chime:ListVoiceConnectors" in audit["regions"][0]["reason"]
    assert audit["regions"][1]["reason"] is None
    assert (audit["complete"], audit["counts"]["skipped"], audit["voice_connectors"]) == (False, 1, [])


def test_a_region_that_was_not_asked_is_skipped_with_the_reason() -> None:
    audit = make_audit([{"account": None, "region": "us-east-1", "result": {"msg": "No role."}}], NOW)
    assert audit["regions"][0]["status"] == "skipped" and audit["regions"][0]["reason"] == "No role."
    assert not audit["complete"]


def test_a_region_in_which_reading_ended_before_its_end_is_skipped() -> None:
    faults = [Fault("GetVoiceConnectorProxy", error="UnauthorizedClientException")]
    audit = make_audit([read(*faults, concurrency=1)], NOW)
    assert audit["regions"][0]["status"] == "skipped"
    assert "every other read would fail too" in audit["regions"][0]["reason"]
    assert "not configured" not in statuses(audit).values()


def test_an_audit_of_nothing_is_not_complete() -> None:
    assert make_audit([], NOW)["complete"] is False


def test_tags_are_told_and_why_they_could_not_be_read() -> None:
    options: dict[str, Any] = {"include": ["proxy", "tags"]}
    assert make_audit([read(**options)], NOW)["voice_connectors"][0]["tags"] == {"team": "voice"}
    audit = make_audit([read(Fault("ListTagsForResource", error="BadRequestException"), **options)], NOW)
    assert audit["voice_connectors"][0]["tags"] is None
    assert "ListTagsForResource" in audit["voice_connectors"][0]["reason"]
    assert audit["complete"]


# Several Regions


def test_a_connector_that_two_regions_show_has_one_record_that_of_its_own_region() -> None:
    state = seen_from_both_regions(AwsRegion="us-west-2", SeenFrom=["us-east-1"], Name="both")
    reads = [read(state=state), read(state=state, region="us-west-2")]
    (entry,) = make_audit(reads, NOW)["voice_connectors"]
    assert (entry["region"], entry["aws_region"], entry["name"]) == ("us-west-2", "us-west-2", "both")


@pytest.mark.parametrize("reverse", [False, True])
def test_a_proxy_that_one_region_shows_is_there_whatever_the_others_say(reverse: bool) -> None:
    without = read(state=seen_from_both_regions())
    proxy = {"DefaultSessionExpiryMinutes": 5}
    reads = [without, read(state=seen_from_both_regions(Proxy=proxy), region="us-west-2")]
    audit = make_audit(reads[::-1] if reverse else reads, NOW)
    assert statuses(audit) == {WITH_PROXY: "configured"}
    assert audit["voice_connectors"][0]["region"] == "us-west-2"


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("failing", "status"), [("us-east-1", "could not be read"), ("us-west-2", "not configured")])
def test_without_a_proxy_the_region_of_the_connector_decides(failing: str, status: str, reverse: bool) -> None:
    fault = Fault("GetVoiceConnectorProxy", error="BadRequestException")
    empty = Fault("GetVoiceConnectorProxy", body="{}")
    state = seen_from_both_regions()
    reads = [
        read(fault if region == failing else empty, state=state, region=region) for region in ("us-east-1", "us-west-2")
    ]
    audit = make_audit(reads[::-1] if reverse else reads, NOW)
    assert statuses(audit) == {WITH_PROXY: status}
    assert audit["complete"] == (failing == "us-west-2")


def test_the_same_id_in_two_accounts_has_two_records() -> None:
    reads = [read(), {**read(), "account": "444455556666"}]
    assert len(make_audit(reads, NOW)["voice_connectors"]) == 4


# Chosen by ID


def test_an_id_is_found_in_the_region_that_has_it() -> None:
    ids = [WITHOUT_PROXY, WITH_PROXY]
    reads = [read(region="eu-west-1", voice_connector_ids=ids), read(voice_connector_ids=ids)]
    audit = make_audit(reads, NOW, False, ids)
    assert statuses(audit) == {WITHOUT_PROXY: "not configured", WITH_PROXY: "configured"}
    assert audit["complete"]


def test_an_id_that_is_found_nowhere_is_reported_as_not_read() -> None:
    ids = [WITH_PROXY, MISSING, MISSING]
    audit = make_audit([read(voice_connector_ids=ids)], NOW, False, ids)
    assert statuses(audit) == {WITH_PROXY: "configured", MISSING: "could not be read"}
    assert len(audit["voice_connectors"]) == 2
    assert f"{MISSING} was found in no account and Region" in audit["voice_connectors"][1]["reason"]
    assert audit["voice_connectors"][1]["region"] is None
    assert not audit["complete"]


def test_an_id_that_could_not_be_asked_for_is_reported_with_the_reason() -> None:
    ids = [WITH_PROXY]
    audit = make_audit(
        [read(Fault("GetVoiceConnector", error="BadRequestException"), voice_connector_ids=ids)], NOW, False, ids
    )
    assert statuses(audit) == {WITH_PROXY: "could not be read"}
    assert "BadRequestException" in audit["voice_connectors"][0]["reason"]


def test_a_connector_of_which_it_is_not_known_whether_it_is_meant_is_reported() -> None:
    audit = make_audit([read(Fault("ListTagsForResource", error="BadRequestException"), tags={"team": "voice"})], NOW)
    assert set(statuses(audit).values()) == {"could not be read"}


# The table


def rows(audit: dict[str, Any]) -> list[dict[str, str]]:
    text = make_table(audit)
    assert text.startswith("\ufeff") and text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_the_table_has_a_row_for_each_voice_connector_and_each_skipped_region() -> None:
    reads = [read(include=["proxy", "tags"]), read(Fault(error="ForbiddenException"), region="eu-west-1")]
    table = rows(make_audit(reads, NOW))
    assert len(table) == 3
    assert table[0] == {
        "account": ACCOUNT,
        "region": "us-east-1",
        "aws_region": "us-east-1",
        "voice_connector_id": WITH_PROXY,
        "name": "reception",
        "status": "configured",
        "default_session_expiry_minutes": "60",
        "disabled": "false",
        "fall_back_phone_number": "**********00",
        "phone_number_countries": "US CA",
        "tags": "team=voice",
        "reason": "",
    }
    assert (table[2]["region"], table[2]["status"], table[2]["voice_connector_id"]) == ("eu-west-1", "skipped", "")
    assert {name for name, value in table[2].items() if value} == {"account", "region", "status", "reason"}
    assert "chime:ListVoiceConnectors" in table[2]["reason"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(start: str) -> None:
    audit = make_audit([read()], NOW, True)
    audit["voice_connectors"][0].update(name=f"{start}1+1", reason=f"{start}x", tags={f"{start}a": "b"})
    row = rows(audit)[0]
    assert (row["name"], row["reason"], row["tags"]) == (f"'{start}1+1", f"'{start}x", f"'{start}a=b")
    assert row["fall_back_phone_number"] == "'+12065550100"


@pytest.mark.parametrize("name", ['a"b', "a,b", "a\nb", "a;b", "\u05d0\u202e", "a=b", "\U0001f4de", " "])
def test_any_name_comes_back_as_it_was(name: str) -> None:
    audit = make_audit([read()], NOW)
    audit["voice_connectors"][0].update(name=name, disabled=True)
    assert (rows(audit)[0]["name"], rows(audit)[0]["disabled"]) == (name, "true")
