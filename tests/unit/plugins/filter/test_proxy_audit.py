# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test audits built from reads, and their summaries."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars

from ansible_collections.chime_sdk.voice.plugins.filter import proxy_audit as plugin
from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit_summary import FilterModule as Summary
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.unit.helpers import MISSING, STATE, WITH_PROXY, WITHOUT_PROXY
from ansible_collections.chime_sdk.voice.tests.unit.plugins.filter.conftest import (
    ACCOUNT,
    EAST,
    NOW,
    WEST,
    read,
    statuses,
)

ROOT = pathlib.Path(__file__).resolve().parents[4]
ALL_REGIONS = list(plugin.SERVICE_REGIONS)

make_audit = plugin.FilterModule().filters()["proxy_audit"]
summarize = Summary().filters()["proxy_audit_summary"]


def connectors(*members: dict[str, Any]) -> dict[str, Any]:
    return {**STATE, "voice_connectors": [{"VoiceConnectorId": f"{n:022}", **m} for n, m in enumerate(members)]}


def in_both_regions(**members: Any) -> dict[str, Any]:
    return connectors({"VoiceConnectorId": WITH_PROXY, "SeenFrom": [WEST], **members})


# The audit


def test_every_voice_connector_has_a_record() -> None:
    audit = make_audit([read()], NOW)
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    counts = {"voice_connectors": 2, "with_proxy": 1, "disabled": 0, "without_proxy": 1, "unreadable": 0}
    assert audit == {
        "created": NOW,
        "collection_version": version,
        "headline": "1 of 2 Voice Connectors in us-east-1 still has a proxy configuration",
        "selection": {"names": None, "tags": None, "voice_connector_ids": None, "regions": [EAST]},
        "complete": True,
        "counts": {**counts, "regions": 1, "partial": 0, "skipped": 0},
        "warnings": [],
        "regions": [{"account": ACCOUNT, "region": EAST, "host": None, "status": "complete", "reason": None, **counts}],
        "voice_connectors": [
            {
                "account": ACCOUNT,
                "region": EAST,
                "aws_region": EAST,
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
                "region": EAST,
                "aws_region": EAST,
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
    text = " ".join(yaml.safe_load(plugin.RETURN)["_value"]["description"])
    audit = make_audit([read(include=["proxy", "tags"])], NOW)
    keys = {*audit, *audit["counts"], *audit["selection"], *audit["regions"][0], *audit["voice_connectors"][0]}
    assert [key for key in keys if f"C({key})" not in text] == []
    all_statuses = (
        "configured",
        "configured, disabled",
        "not configured",
        "could not be read",
        "complete",
        "partial",
        "skipped",
    )
    for status in all_statuses:
        assert f"V({status})" in text


def test_the_default_time_is_the_current_time() -> None:
    assert make_audit([read()])["created"].endswith("Z")


@pytest.mark.parametrize(
    ("disabled", "status"), [(True, "configured, disabled"), (False, "configured"), (None, "configured")]
)
def test_a_disabled_proxy_has_its_own_status(disabled: bool | None, status: str) -> None:
    proxy = {"DefaultSessionExpiryMinutes": 5, **({} if disabled is None else {"Disabled": disabled})}
    audit = make_audit([read(state=connectors({"Proxy": proxy}))], NOW)
    assert statuses(audit) == {f"{0:022}": status}
    assert (audit["counts"]["with_proxy"], audit["counts"]["disabled"]) == (1, disabled is True)


def test_phone_numbers_are_shown_on_request() -> None:
    assert make_audit([read()], NOW, True)["voice_connectors"][0]["fall_back_phone_number"] == "+12065550100"


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+12065550100", "**********00"),
        ("+123456", "*****56"),
        ("+12345", "******"),
        ("1", "*"),
        ("", ""),
        (None, None),
    ],
)
def test_short_phone_numbers_are_masked_entirely(number: str | None, masked: str | None) -> None:
    assert plugin.mask(number) == masked


def test_a_record_has_the_tags_or_the_reason_why_they_could_not_be_read() -> None:
    options: dict[str, Any] = {"include": ["proxy", "tags"]}
    assert make_audit([read(**options)], NOW)["voice_connectors"][0]["tags"] == {"team": "voice"}
    audit = make_audit([read(Fault("ListTagsForResource", error="BadRequestException"), **options)], NOW)
    assert audit["voice_connectors"][0]["tags"] is None
    assert "ListTagsForResource" in audit["voice_connectors"][0]["reason"]


@pytest.mark.parametrize("packaged", [True, False])
def test_the_version_of_the_collection_is_reported(tmp_path: pathlib.Path, packaged: bool) -> None:
    assert plugin.collection_version(tmp_path) is None
    (tmp_path / "galaxy.yml").write_text("version: 1.2.3\n")
    if packaged:
        (tmp_path / "MANIFEST.json").write_text(json.dumps({"collection_info": {"version": "1.2.4"}}))
    assert plugin.collection_version(tmp_path) == ("1.2.4" if packaged else "1.2.3")


# Failed reads


def test_a_region_with_an_unreadable_voice_connector_is_partial() -> None:
    fault = Fault("GetVoiceConnectorProxy", request_has=WITH_PROXY, error="BadRequestException")
    audit = make_audit([read(fault)], NOW)
    assert statuses(audit) == {WITH_PROXY: "could not be read", WITHOUT_PROXY: "not configured"}
    assert "BadRequestException" in audit["voice_connectors"][0]["reason"]
    counts = audit["counts"]
    assert (audit["complete"], counts["unreadable"], counts["partial"], counts["skipped"]) == (False, 1, 1, 0)
    assert audit["regions"][0]["status"] == "partial" and "BadRequestException" in audit["regions"][0]["reason"]


def test_a_region_that_denies_access_is_skipped_and_the_others_are_complete() -> None:
    fault = Fault(error="ForbiddenException", request_has="/us-west-2/")
    audit = make_audit([read(fault, regions=(EAST, WEST))], NOW)
    assert [region["status"] for region in audit["regions"]] == ["complete", "skipped"]
    assert "chime:ListVoiceConnectors" in audit["regions"][1]["reason"]
    assert (audit["complete"], audit["counts"]["skipped"], len(audit["voice_connectors"])) == (False, 1, 2)


def test_a_region_in_which_reading_stopped_is_partial() -> None:
    audit = make_audit([read(Fault("GetVoiceConnectorProxy", error="UnauthorizedClientException"), concurrency=1)], NOW)
    assert audit["regions"][0]["status"] == "partial"
    assert set(statuses(audit).values()) == {"could not be read"}


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"msg": "No role."}, "No role."),
        ({"msg": "", "exception": "Traceback:\n  ...\nValueError: bad"}, "ValueError: bad"),
        ({"failed_when_suppressed_exception": "(traceback unavailable)"}, "Run it again with -vvv"),
        ({"failed": True, "module_stdout": "Killed"}, "Killed"),
        ({"skipped": True}, "Run it again with -vvv"),
        ("undecodable", "Run it again with -vvv"),
        (None, "Run it again with -vvv"),
        ({"voice_connectors": [{}], "stopped": False, "errors": [], "regions": []}, "is not from"),
        ({"voice_connectors": [None], "stopped": False, "errors": [], "regions": []}, "is not from"),
        ({"voice_connectors": []}, "is not from"),
    ],
)
def test_any_failed_result_skips_its_regions_with_the_reason(result: Any, reason: str) -> None:
    broken = {"account": "444455556666", "host": "support", "regions": [EAST, WEST], "result": result}
    audit = make_audit([read(), broken], NOW)
    assert [region["status"] for region in audit["regions"]] == ["complete", "skipped", "skipped"]
    assert reason in audit["regions"][1]["reason"]
    assert (audit["regions"][1]["account"], audit["regions"][1]["host"]) == ("444455556666", "support")
    assert audit["complete"] is False and len(audit["voice_connectors"]) == 2


def test_a_failed_read_without_known_regions_is_one_skipped_region() -> None:
    audit = make_audit([{"result": {"msg": "No role."}}], NOW)
    assert [(region["region"], region["status"]) for region in audit["regions"]] == [(None, "skipped")]


def test_a_region_shows_why_its_account_is_unknown() -> None:
    audit = make_audit([read(Fault("GetCallerIdentity", error="AccessDenied"))], NOW)
    assert audit["regions"][0]["account"] is None
    assert "GetCallerIdentity" in audit["regions"][0]["reason"]


def test_an_audit_without_reads_is_incomplete() -> None:
    assert make_audit([], NOW)["complete"] is False


# Several Regions, accounts, and hosts


def test_the_account_id_in_a_result_takes_precedence() -> None:
    audit = make_audit([{**read(), "account": "999999999999"}], NOW)
    assert {entry["account"] for entry in audit["voice_connectors"] + audit["regions"]} == {ACCOUNT}


def test_a_voice_connector_in_two_reads_has_one_record_from_its_own_region() -> None:
    state = in_both_regions(AwsRegion=WEST, SeenFrom=[EAST], Name="both")
    (entry,) = make_audit([read(state=state), read(state=state, regions=(WEST,))], NOW)["voice_connectors"]
    assert (entry["region"], entry["aws_region"], entry["name"]) == (WEST, WEST, "both")


@pytest.mark.parametrize("reverse", [False, True])
def test_a_proxy_in_only_one_of_two_reads_counts_as_configured(reverse: bool) -> None:
    with_proxy = in_both_regions(Proxy={"DefaultSessionExpiryMinutes": 5})
    reads = [read(state=in_both_regions()), read(state=with_proxy, regions=(WEST,))]
    audit = make_audit(reads[::-1] if reverse else reads, NOW)
    assert statuses(audit) == {WITH_PROXY: "configured"}


def test_the_same_id_in_two_accounts_has_two_records() -> None:
    other = read()
    other["result"]["account_id"] = "444455556666"
    audit = make_audit([read(), other], NOW)
    assert len(audit["voice_connectors"]) == 4 and audit["counts"]["regions"] == 2


def test_a_region_that_two_hosts_read_is_counted_once_with_a_warning() -> None:
    skipped = read(Fault(error="ForbiddenException"))
    audit = make_audit([{**skipped, "host": "a"}, {**read(), "host": "b"}], NOW)
    assert audit["counts"]["regions"] == 1 and audit["complete"]
    assert audit["warnings"] == [
        f"The hosts a, b read the same account, {ACCOUNT}. If each host should read a different account, set "
        "proxy_audit_assume_role_arn for each host."
    ]


def test_hosts_with_different_selections_are_refused() -> None:
    reads = [{**read(), "host": host, "selection": {"names": [host], "regions": [EAST]}} for host in "ab"]
    with pytest.raises(AnsibleFilterError, match="Hosts a and b have different values for proxy_audit_names"):
        make_audit(reads, NOW)


def test_hosts_may_read_different_regions() -> None:
    reads = [{**read(), "selection": {"regions": [region]}} for region in (EAST, WEST)]
    assert make_audit(reads, NOW)["selection"]["regions"] == [EAST, WEST]


# The selection


def audit_selection(*faults: Fault, state: Any = None, **selection: Any) -> dict[str, Any]:
    reads = [read(*faults, regions=(EAST, WEST), state=state, **selection)]
    return dict(make_audit(reads, NOW, selection={**selection, "regions": [EAST, WEST]}))


def test_an_id_is_found_in_the_region_that_has_it() -> None:
    audit = audit_selection(voice_connector_ids=[WITHOUT_PROXY, WITH_PROXY])
    assert statuses(audit) == {WITHOUT_PROXY: "not configured", WITH_PROXY: "configured"}
    assert audit["complete"] and audit["warnings"] == []


def test_a_missing_id_has_the_could_not_be_read_status() -> None:
    audit = audit_selection(voice_connector_ids=[WITH_PROXY, MISSING, MISSING])
    assert statuses(audit) == {WITH_PROXY: "configured", MISSING: "could not be read"}
    assert f"{MISSING} was not found in any account or Region" in audit["voice_connectors"][1]["reason"]
    assert [region["status"] for region in audit["regions"]] == ["complete", "complete"]
    assert not audit["complete"]


def test_an_id_in_a_different_account_is_found() -> None:
    ids = [WITH_PROXY]
    other = read(voice_connector_ids=ids, state=connectors({"Name": "other"}))
    audit = make_audit([other, read(voice_connector_ids=ids)], NOW, selection={"voice_connector_ids": ids})
    assert statuses(audit) == {WITH_PROXY: "configured"} and audit["complete"]


def test_a_missing_id_is_reported_even_if_the_selection_is_unknown() -> None:
    assert statuses(make_audit([read(voice_connector_ids=[MISSING])], NOW)) == {MISSING: "could not be read"}


@pytest.mark.parametrize("condition", [{"names": ["reception"]}, {"tags": {"team": "voice"}}])
def test_an_id_excluded_by_name_or_tag_causes_a_warning(condition: dict[str, Any]) -> None:
    audit = audit_selection(voice_connector_ids=[WITH_PROXY, WITHOUT_PROXY], **condition)
    assert statuses(audit) == {WITH_PROXY: "configured"} and audit["complete"]
    assert audit["warnings"] == [
        f"Voice Connector {WITHOUT_PROXY} exists, but the selection by name or tag excludes it."
    ]


def test_an_id_that_cannot_be_read_makes_the_audit_incomplete() -> None:
    audit = audit_selection(Fault("GetVoiceConnector", error="BadRequestException"), voice_connector_ids=[MISSING])
    assert set(statuses(audit).values()) <= {"could not be read"}
    assert not audit["complete"]


def test_a_region_that_denies_access_to_all_ids_is_skipped() -> None:
    faults = [
        Fault(operation, error="ForbiddenException") for operation in ("ListVoiceConnectors", "GetVoiceConnector")
    ]
    audit = make_audit([read(*faults, voice_connector_ids=[WITH_PROXY])], NOW)
    assert [region["status"] for region in audit["regions"]] == ["skipped"]


def test_unreadable_tags_that_decide_the_selection_are_reported() -> None:
    audit = audit_selection(Fault("ListTagsForResource", error="BadRequestException"), tags={"team": "voice"})
    assert set(statuses(audit).values()) == {"could not be read"}
    assert audit["regions"][0]["status"] == "partial"


def test_a_name_or_tag_that_matches_nothing_causes_a_warning() -> None:
    audit = audit_selection(names=["reception", "Receptoin"])
    assert audit["warnings"] == ["No Voice Connector matches names: Receptoin."]
    assert audit["complete"]
    audit = audit_selection(names=["Receptoin"])
    assert audit["headline"] == "No Voice Connector in us-east-1, us-west-2 matches names: Receptoin"
    assert audit_selection(tags={"team": None})["warnings"] == []
    assert audit_selection(tags={"team": "x", "y": None})["warnings"] == ["No Voice Connector matches tags: team=x, y."]
    audit = audit_selection(Fault(error="ForbiddenException", request_has="/us-west-2/"), names=["Receptoin"])
    assert audit["warnings"] == ["No Voice Connector that was read matches names: Receptoin."]


# The headline


@pytest.mark.parametrize(
    ("with_proxy", "total", "complete", "selection", "headline"),
    [
        (4, 8, True, {}, "4 of 8 Voice Connectors still have a proxy configuration"),
        (1, 1, False, {}, "At least 1 of 1 Voice Connector still has a proxy configuration"),
        (1, 2, True, {"names": ["a"]}, "1 of 2 selected Voice Connectors still has a proxy configuration"),
        (0, 2, True, {}, "No proxy configurations remain"),
        (0, 2, True, {"regions": [EAST]}, "No proxy configurations remain in us-east-1"),
        (0, 2, True, {"regions": ALL_REGIONS[:9]}, "No proxy configurations remain in 9 Regions"),
        (0, 2, True, {"tags": {"a": "b"}}, "None of the 2 selected Voice Connectors has a proxy configuration"),
        (0, 1, True, {"tags": {"a": "b"}}, "The selected Voice Connector has no proxy configuration"),
        (0, 0, True, {}, "There are no Voice Connectors"),
        (0, 0, True, {"names": ["a"], "tags": {"b": None}}, "No Voice Connector matches names: a; tags: b"),
        (0, 0, True, {"voice_connector_ids": []}, "No Voice Connector matches IDs: none"),
        (0, 2, False, {}, "It is unknown whether any proxy configurations remain"),
        (
            0,
            2,
            False,
            {"names": ["a"]},
            "It is unknown whether any proxy configurations remain on the selected Voice Connectors",
        ),
    ],
)
def test_the_headline_covers_only_what_is_known(
    with_proxy: int, total: int, complete: bool, selection: dict[str, Any], headline: str
) -> None:
    selected = {"names": None, "tags": None, "voice_connector_ids": None, "regions": ALL_REGIONS, **selection}
    counts = {"voice_connectors": total, "with_proxy": with_proxy}
    assert plugin.build_headline(selected, counts, complete) == headline


# The summary


def test_the_summary_shows_the_result_and_reasons_without_phone_numbers() -> None:
    faults = [
        Fault(error="ForbiddenException", request_has="/us-west-2/"),
        Fault("GetVoiceConnectorProxy", request_has=WITHOUT_PROXY, error="BadRequestException"),
    ]
    lines = summarize(make_audit([read(*faults, regions=(EAST, WEST))], NOW, True))
    assert lines[:3] == [
        "At least 1 of 2 Voice Connectors in us-east-1, us-west-2 still has a proxy configuration.",
        "2 Voice Connectors, 1 with a proxy configuration, 1 could not be read; 2 Regions, 1 skipped, 1 partially read",
        f"Proxy configuration: reception ({WITH_PROXY}, us-east-1)",
    ]
    assert lines[3].startswith(f"Could not be read: warehouse ({WITHOUT_PROXY}, us-east-1): Failed to")
    assert lines[4].startswith("Incomplete: account 111122223333, us-east-1: partial. Failed to")
    assert lines[5].startswith("Incomplete: account 111122223333, us-west-2: skipped. Failed to")
    assert len(lines) == 6 and "+1206" not in "".join(lines)


def test_the_summary_shows_the_selection_warnings_hosts_and_accounts() -> None:
    other = read(state=connectors({"Proxy": {"Disabled": True}}, {"Name": "z"}))
    other["result"]["account_id"] = "444455556666"
    missing = {"host": "support", "regions": [EAST, WEST], "result": {"msg": "Gone."}}
    lines = summarize(
        make_audit([read(), other, missing, {"result": {"msg": "Lost."}}], NOW, selection={"names": ["x"]}), limit=1
    )
    assert lines[1] == "4 Voice Connectors, 2 with a proxy configuration, 0 could not be read; 5 Regions, 3 skipped"
    assert lines[2:] == [
        "Selected by names: x",
        "Warning: No Voice Connector that was read matches names: x.",
        f"Proxy configuration: reception ({WITH_PROXY}, us-east-1, {ACCOUNT}), and 1 more",
        f"No proxy configuration: warehouse ({WITHOUT_PROXY}, us-east-1, {ACCOUNT}), and 1 more",
        "Incomplete: host support, us-east-1, us-west-2: skipped. Gone.",
        "Incomplete: and 1 more",
    ]
    assert summarize(make_audit([read(voice_connector_ids=[MISSING])], NOW))[2].startswith(
        f"Could not be read: {MISSING}: Voice Connector {MISSING} was not found in any account"
    )


# Extra variables


@pytest.fixture
def extra_variables(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    variables: dict[str, Any] = {"other": 1}
    monkeypatch.setattr(load_extra_vars, "extra_vars", variables, raising=False)
    return variables


def test_an_extra_variable_with_the_private_prefix_is_refused(extra_variables: dict[str, Any]) -> None:
    make_audit([], NOW)
    extra_variables["_proxy_audit_reads"] = []
    with pytest.raises(AnsibleFilterError, match="Remove the extra variable _proxy_audit_reads"):
        make_audit([], NOW)


def test_an_extra_variable_that_hides_the_fact_causes_a_warning(
    extra_variables: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda self, text: warnings.append(text))
    extra_variables["proxy_audit"] = {"complete": True}
    assert make_audit([], NOW)["complete"] is False
    assert "The extra variable proxy_audit hides the fact" in warnings[0]
