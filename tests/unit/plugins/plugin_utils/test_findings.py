# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the checks of Voice Connectors against a policy."""

from __future__ import annotations

import copy
import datetime
import json
import re
import time
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.chime_sdk.voice.plugins.filter import voice_connector_findings as plugin
from ansible_collections.chime_sdk.voice.plugins.filter.voice_connector_policy_includes import FilterModule as Includes
from ansible_collections.chime_sdk.voice.tests.unit.helpers import MISSING, WITH_PROXY, WITHOUT_PROXY
from ansible_collections.chime_sdk.voice.tests.unit.plugins.filter.conftest import EAST, WEST, read

make_findings = plugin.FilterModule().filters()["voice_connector_findings"]
list_includes = Includes().filters()["voice_connector_policy_includes"]

NOW = "2026-11-23T08:00:00+00:00"
PASS, FAIL, UNKNOWN, NOT_APPLICABLE = "pass", "fail", "unknown", "not_applicable"

# All settings of an ordinary Voice Connector, as the module returns them.
SETTINGS: dict[str, dict[str, Any]] = {
    "proxy": {"exists": False, "disabled": None, "phone_number_countries": []},
    "termination": {
        "exists": True,
        "calling_regions": ["US", "CA"],
        "cidr_allowed_list": ["203.0.113.0/28", "2001:db8:1::/48"],
        "disabled": False,
    },
    "termination_health": {"exists": True, "timestamp": "2026-11-23T06:00:00+00:00", "source": "203.0.113.5"},
    "termination_credentials": {"exists": True, "usernames": ["pbx"]},
    "origination": {
        "exists": True,
        "routes": [{"host": "198.51.100.10", "protocol": "TCP"}, {"host": "198.51.100.11", "protocol": "UDP"}],
        "disabled": False,
    },
    "logging": {"exists": True, "enable_sip_logs": True, "enable_media_metric_logs": False},
    "streaming": {"exists": True, "data_retention_in_hours": 24, "disabled": False},
}
CONNECTOR: dict[str, Any] = {
    "voice_connector_id": WITH_PROXY,
    "name": "reception",
    "region": EAST,
    "require_encryption": True,
    "tags": {"team": "voice", "stage": "prod"},
    "tags_error": None,
    **SETTINGS,
}

# A policy that this Voice Connector meets.
POLICY: dict[str, Any] = {
    "require_encryption": True,
    "sip_logs": True,
    "media_metric_logs": False,
    "termination_cidrs_within": ["203.0.113.0/24", "2001:db8::/32"],
    "termination_calling_regions_within": ["CA", "US", "MX"],
    "termination_credentials": True,
    "termination_health_max_age_hours": 2,
    "origination_protocols": ["TCP", "UDP"],
    "streaming_min_retention_hours": 24,
    "no_proxy_configuration": True,
    "required_tags": ["team", "stage"],
}


def connector(**changes: Any) -> dict[str, Any]:
    """Return CONNECTOR with changes. Changes to a setting replace only the given members."""
    merged = {
        name: {**CONNECTOR[name], **change} if name in SETTINGS and isinstance(change, dict) else change
        for name, change in changes.items()
    }
    return {**CONNECTOR, **merged}


def check_connector(check: str, value: Any, **changes: Any) -> dict[str, Any]:
    """Run one check of CONNECTOR with changes, and return its only finding."""
    (finding,) = make_findings([connector(**changes)], {check: value}, NOW)
    assert finding["check"] == check
    assert finding["expected"] == value
    assert (finding["reason"] is None) == (finding["status"] == PASS)
    return finding


def cidrs(*blocks: Any) -> dict[str, Any]:
    return {"termination": {"cidr_allowed_list": list(blocks)}}


def routes(*protocols: Any) -> dict[str, Any]:
    return {"origination": {"routes": [{"host": "198.51.100.10", "protocol": p} for p in protocols]}}


def last_seen(timestamp: Any) -> dict[str, Any]:
    return {"termination_health": {"timestamp": timestamp}}


EXIST_UNKNOWN, MISSING_SETTING, DISABLED = {"exists": None}, {"exists": False, "disabled": None}, {"disabled": True}
WITHIN = {key: value for key, value in POLICY.items() if key.endswith("_within")}
CIDRS, REGIONS = WITHIN["termination_cidrs_within"], WITHIN["termination_calling_regions_within"]
OUTSIDE_V6 = "Calls are accepted from 2001:db9::/32."
NO_TIMESTAMP = "AWS did not return a valid value for timestamp."
INVALID_TIME = "The time of the last SIP OPTIONS message is not valid."
OLD = "The last SIP OPTIONS message was at {}, more than 2 hours ago."

# In each case: the check, its policy value, changes to the Voice Connector, and the expected status, actual value, and
# reason.
CASES: list[tuple[str, Any, dict[str, Any], str, Any, str | None]] = [
    ("require_encryption", True, {}, PASS, True, None),
    ("require_encryption", False, {}, FAIL, True, "Encryption is required."),
    ("require_encryption", True, {"require_encryption": False}, FAIL, False, "Encryption is not required."),
    (
        "require_encryption",
        False,
        {"require_encryption": None},
        UNKNOWN,
        None,
        "AWS did not return a valid value for require_encryption.",
    ),
    ("sip_logs", True, {}, PASS, True, None),
    ("sip_logs", False, {}, FAIL, True, "SIP logs are enabled."),
    ("sip_logs", True, {"logging": MISSING_SETTING}, FAIL, False, "SIP logs are not enabled."),
    ("sip_logs", False, {"logging": MISSING_SETTING}, PASS, False, None),
    ("sip_logs", False, {"logging": EXIST_UNKNOWN}, UNKNOWN, None, "The setting logging could not be read."),
    (
        "sip_logs",
        False,
        {"logging": {"enable_sip_logs": None}},
        UNKNOWN,
        None,
        "AWS did not return a valid value for enable_sip_logs.",
    ),
    ("media_metric_logs", False, {}, PASS, False, None),
    ("media_metric_logs", True, {}, FAIL, False, "Media metric logs are not enabled."),
    ("media_metric_logs", True, {"logging": MISSING_SETTING}, FAIL, False, "Media metric logs are not enabled."),
    ("media_metric_logs", False, {"logging": EXIST_UNKNOWN}, UNKNOWN, None, "The setting logging could not be read."),
    (
        "media_metric_logs",
        False,
        {"logging": {"enable_media_metric_logs": None}},
        UNKNOWN,
        None,
        "AWS did not return a valid value for enable_media_metric_logs.",
    ),
    *(
        case
        for check, value in (
            ("termination_cidrs_within", CIDRS),
            ("termination_calling_regions_within", REGIONS),
            ("termination_credentials", True),
            ("termination_credentials", False),
            ("termination_health_max_age_hours", 2),
        )
        for case in (
            (check, value, {"termination": EXIST_UNKNOWN}, UNKNOWN, None, "The setting termination could not be read."),
            (check, value, {"termination": MISSING_SETTING}, NOT_APPLICABLE, None, "Termination is not configured."),
            (check, value, {"termination": DISABLED}, NOT_APPLICABLE, None, "Termination is disabled."),
        )
    ),
    ("termination_cidrs_within", CIDRS, {}, PASS, ["203.0.113.0/28", "2001:db8:1::/48"], None),
    (
        "termination_cidrs_within",
        CIDRS,
        {"termination": {"disabled": None}},
        PASS,
        ["203.0.113.0/28", "2001:db8:1::/48"],
        None,
    ),
    (
        "termination_cidrs_within",
        CIDRS,
        cidrs("203.0.113.0/24", "203.0.113.9/32"),
        PASS,
        ["203.0.113.0/24", "203.0.113.9/32"],
        None,
    ),
    ("termination_cidrs_within", CIDRS, cidrs(), PASS, [], None),
    (
        "termination_cidrs_within",
        CIDRS,
        cidrs("203.0.112.0/23"),
        FAIL,
        ["203.0.112.0/23"],
        "Calls are accepted from 203.0.112.0/23.",
    ),
    (
        "termination_cidrs_within",
        CIDRS,
        cidrs("203.0.113.0/28", "2001:db9::/32"),
        FAIL,
        ["203.0.113.0/28", "2001:db9::/32"],
        OUTSIDE_V6,
    ),
    ("termination_cidrs_within", ["0.0.0.0/0"], cidrs("2001:db9::/32"), FAIL, ["2001:db9::/32"], OUTSIDE_V6),
    ("termination_cidrs_within", ["::/0"], cidrs("2001:db9::/32"), PASS, ["2001:db9::/32"], None),
    (
        "termination_cidrs_within",
        CIDRS,
        cidrs("10.0.0.0/32", "10.0.0.1/32", "10.0.0.1/32", "10.0.0.2/32", "10.0.0.3/32", "10.0.0.4/32"),
        FAIL,
        ["10.0.0.0/32", "10.0.0.1/32", "10.0.0.1/32", "10.0.0.2/32", "10.0.0.3/32", "10.0.0.4/32"],
        "Calls are accepted from 10.0.0.0/32, 10.0.0.1/32, 10.0.0.2/32 and 2 more.",
    ),
    ("termination_cidrs_within", CIDRS, cidrs("any"), UNKNOWN, ["any"], "AWS returned any, which is not valid."),
    (
        "termination_cidrs_within",
        CIDRS,
        cidrs("203.0.113.5/24"),
        UNKNOWN,
        ["203.0.113.5/24"],
        "AWS returned 203.0.113.5/24, which is not valid.",
    ),
    (
        "termination_cidrs_within",
        CIDRS,
        cidrs("203.0.113.0/24", None),
        UNKNOWN,
        ["203.0.113.0/24", None],
        "AWS returned null, which is not valid.",
    ),
    ("termination_cidrs_within", CIDRS, cidrs("any", "2001:db9::/32"), FAIL, ["any", "2001:db9::/32"], OUTSIDE_V6),
    (
        "termination_cidrs_within",
        CIDRS,
        {"termination": {"cidr_allowed_list": None}},
        UNKNOWN,
        None,
        "AWS did not return a valid value for cidr_allowed_list.",
    ),
    ("termination_calling_regions_within", REGIONS, {}, PASS, ["US", "CA"], None),
    ("termination_calling_regions_within", REGIONS, {"termination": {"calling_regions": []}}, PASS, [], None),
    ("termination_calling_regions_within", ["US"], {}, FAIL, ["US", "CA"], "Calls are allowed to CA."),
    (
        "termination_calling_regions_within",
        REGIONS,
        {"termination": {"calling_regions": ["US", None]}},
        UNKNOWN,
        ["US", None],
        "AWS returned null, which is not valid.",
    ),
    (
        "termination_calling_regions_within",
        REGIONS,
        {"termination": {"calling_regions": None}},
        UNKNOWN,
        None,
        "AWS did not return a valid value for calling_regions.",
    ),
    ("termination_credentials", True, {}, PASS, True, None),
    ("termination_credentials", False, {}, FAIL, True, "Termination credentials are set."),
    ("termination_credentials", False, {"termination_credentials": MISSING_SETTING}, PASS, False, None),
    (
        "termination_credentials",
        True,
        {"termination_credentials": MISSING_SETTING},
        FAIL,
        False,
        "No termination credentials are set.",
    ),
    (
        "termination_credentials",
        False,
        {"termination_credentials": EXIST_UNKNOWN},
        UNKNOWN,
        None,
        "The setting termination_credentials could not be read.",
    ),
    ("termination_health_max_age_hours", 2, {}, PASS, "2026-11-23T06:00:00+00:00", None),
    (
        "termination_health_max_age_hours",
        2,
        last_seen("2026-11-23T09:00:00+02:00"),
        PASS,
        "2026-11-23T09:00:00+02:00",
        None,
    ),
    (
        "termination_health_max_age_hours",
        2,
        last_seen("2026-11-23T05:59:59+00:00"),
        FAIL,
        "2026-11-23T05:59:59+00:00",
        OLD.format("2026-11-23T05:59:59+00:00"),
    ),
    (
        "termination_health_max_age_hours",
        2.5,
        last_seen("2026-11-23T05:30:00+00:00"),
        PASS,
        "2026-11-23T05:30:00+00:00",
        None,
    ),
    (
        "termination_health_max_age_hours",
        2,
        last_seen("2026-11-23T09:00:00+00:00"),
        PASS,
        "2026-11-23T09:00:00+00:00",
        None,
    ),
    (
        "termination_health_max_age_hours",
        2,
        last_seen("2026-11-23T09:00:01+00:00"),
        UNKNOWN,
        "2026-11-23T09:00:01+00:00",
        "The time of the last SIP OPTIONS message is in the future.",
    ),
    (
        "termination_health_max_age_hours",
        2,
        last_seen("0001-01-01T00:00:00+14:00"),
        FAIL,
        "0001-01-01T00:00:00+14:00",
        OLD.format("0001-01-01T00:00:00+14:00"),
    ),
    ("termination_health_max_age_hours", 2, last_seen("yesterday"), UNKNOWN, "yesterday", INVALID_TIME),
    (
        "termination_health_max_age_hours",
        2,
        last_seen("2026-11-23T07:00:00"),
        UNKNOWN,
        "2026-11-23T07:00:00",
        INVALID_TIME,
    ),
    ("termination_health_max_age_hours", 2, last_seen(None), UNKNOWN, None, NO_TIMESTAMP),
    ("termination_health_max_age_hours", 2, last_seen(1764), UNKNOWN, 1764, NO_TIMESTAMP),
    (
        "termination_health_max_age_hours",
        2,
        {"termination_health": {"exists": False, "timestamp": None}},
        FAIL,
        None,
        "AWS has no record of a SIP OPTIONS message.",
    ),
    (
        "termination_health_max_age_hours",
        2,
        {"termination_health": EXIST_UNKNOWN},
        UNKNOWN,
        None,
        "The setting termination_health could not be read.",
    ),
    ("origination_protocols", ["UDP", "TCP"], {}, PASS, ["TCP", "UDP"], None),
    ("origination_protocols", ["TCP"], routes("TCP", "TCP"), PASS, ["TCP", "TCP"], None),
    ("origination_protocols", ["TCP"], {}, FAIL, ["TCP", "UDP"], "Calls are sent over UDP."),
    (
        "origination_protocols",
        ["TCP"],
        {"origination": {"disabled": None}},
        FAIL,
        ["TCP", "UDP"],
        "Calls are sent over UDP.",
    ),
    (
        "origination_protocols",
        ["TCP"],
        routes("TCP", None),
        UNKNOWN,
        ["TCP", None],
        "AWS returned null, which is not valid.",
    ),
    ("origination_protocols", ["TCP"], routes(None, "UDP"), FAIL, [None, "UDP"], "Calls are sent over UDP."),
    (
        "origination_protocols",
        ["TCP"],
        {"origination": {"routes": [None]}},
        UNKNOWN,
        [None],
        "AWS returned null, which is not valid.",
    ),
    (
        "origination_protocols",
        ["TCP"],
        {"origination": {"routes": None}},
        UNKNOWN,
        None,
        "AWS did not return a valid value for routes.",
    ),
    ("origination_protocols", ["TCP"], routes(), NOT_APPLICABLE, None, "Origination has no routes."),
    ("origination_protocols", ["TCP"], {"origination": DISABLED}, NOT_APPLICABLE, None, "Origination is disabled."),
    (
        "origination_protocols",
        ["TCP"],
        {"origination": MISSING_SETTING},
        NOT_APPLICABLE,
        None,
        "Origination is not configured.",
    ),
    (
        "origination_protocols",
        ["TCP"],
        {"origination": EXIST_UNKNOWN},
        UNKNOWN,
        None,
        "The setting origination could not be read.",
    ),
    ("streaming_min_retention_hours", 24, {}, PASS, 24, None),
    ("streaming_min_retention_hours", 0, {"streaming": {"data_retention_in_hours": 0}}, PASS, 0, None),
    ("streaming_min_retention_hours", 24, {"streaming": {"disabled": None}}, PASS, 24, None),
    ("streaming_min_retention_hours", 25, {}, FAIL, 24, "Data is kept for 24 hours, less than 25."),
    ("streaming_min_retention_hours", 0, {"streaming": MISSING_SETTING}, FAIL, None, "Streaming is not configured."),
    ("streaming_min_retention_hours", 0, {"streaming": DISABLED}, FAIL, None, "Streaming is disabled."),
    (
        "streaming_min_retention_hours",
        0,
        {"streaming": EXIST_UNKNOWN},
        UNKNOWN,
        None,
        "The setting streaming could not be read.",
    ),
    *(
        (
            "streaming_min_retention_hours",
            0,
            {"streaming": {"data_retention_in_hours": hours}},
            UNKNOWN,
            hours,
            "AWS did not return a valid value for data_retention_in_hours.",
        )
        for hours in (None, True)
    ),
    ("no_proxy_configuration", True, {}, PASS, True, None),
    ("no_proxy_configuration", True, {"proxy": {"exists": True}}, FAIL, False, "A proxy configuration is set."),
    (
        "no_proxy_configuration",
        True,
        {"proxy": {"exists": True, "disabled": True}},
        FAIL,
        False,
        "A proxy configuration is set.",
    ),
    ("no_proxy_configuration", True, {"proxy": EXIST_UNKNOWN}, UNKNOWN, None, "The setting proxy could not be read."),
    ("no_proxy_configuration", True, {"proxy": None}, UNKNOWN, None, "The setting proxy could not be read."),
    ("required_tags", ["team"], {}, PASS, ["team", "stage"], None),
    ("required_tags", ["team"], {"tags": {"team": ""}}, PASS, ["team"], None),
    ("required_tags", ["team", "owner", "cost"], {}, FAIL, ["team", "stage"], "Missing tags: owner, cost."),
    ("required_tags", ["team"], {"tags": {}}, FAIL, [], "Missing tags: team."),
    ("required_tags", ["a", "b", "c"], {"tags": {}}, FAIL, [], "Missing tags: a, b, c."),
    ("required_tags", ["a", "b", "c", "d"], {"tags": {}}, FAIL, [], "Missing tags: a, b, c and 1 more."),
    (
        "required_tags",
        ["team"],
        {"tags": None, "tags_error": "Failed to get the tags."},
        UNKNOWN,
        None,
        "Failed to get the tags.",
    ),
    ("required_tags", ["team"], {"tags": None}, UNKNOWN, None, "The tags could not be read."),
]


# The checks


@pytest.mark.parametrize(("check", "value", "changes", "status", "actual", "reason"), CASES)
def test_each_check_has_the_documented_outcome(
    check: str, value: Any, changes: dict[str, Any], status: str, actual: Any, reason: str | None
) -> None:
    finding = check_connector(check, value, **changes)
    assert (finding["status"], finding["actual"], finding["reason"]) == (status, actual, reason)
    assert type(finding["actual"]) is type(actual)


def test_every_possible_status_of_every_check_is_tested() -> None:
    tested: dict[str, set[str]] = {}
    for check, _value, _changes, status, _actual, _reason in CASES:
        tested.setdefault(check, set()).add(status)
    for check, statuses in tested.items():
        can_be_inactive = check.startswith(("termination_", "origination_"))
        assert statuses == {PASS, FAIL, UNKNOWN} | ({NOT_APPLICABLE} if can_be_inactive else set()), check


def test_the_documentation_and_the_tests_have_the_same_checks_as_the_table() -> None:
    options = yaml.safe_load(plugin.DOCUMENTATION)["options"]["policy"]["suboptions"]
    names = list(plugin.CHECKS)
    assert list(options) == list(POLICY) == list(dict.fromkeys(case[0] for case in CASES)) == names
    for name, check in plugin.CHECKS.items():
        description = options[name]["description"]
        needs = (description if isinstance(description, str) else description[-1]).rpartition("Needs ")[2]
        expected = f"{' and '.join(f'V({include})' for include in check.includes) or 'no'} "
        assert needs in (f"{expected}in C(include).", f"{expected}C(include)."), name
        kinds: dict[str, Any] = {"bool": bool, "int": int, "float": (int, float), "list": list}
        assert isinstance(POLICY[name], kinds[options[name]["type"]]), name


def test_a_finding_has_the_documented_keys_and_samples() -> None:
    documented = yaml.safe_load(plugin.RETURN)["_value"]["contains"]
    changes = cidrs("203.0.113.0/28", "198.51.100.0/24")
    finding = check_connector("termination_cidrs_within", ["203.0.113.0/24"], **changes)
    assert finding == {key: entry["sample"] for key, entry in documented.items()}
    assert list(finding) == list(documented)


def test_findings_are_in_the_order_of_voice_connectors_and_checks() -> None:
    connectors = [CONNECTOR, {**CONNECTOR, "voice_connector_id": WITHOUT_PROXY}]
    findings = make_findings(connectors, dict(reversed(list(POLICY.items()))), NOW)
    expected = [(identifier, check) for identifier in (WITH_PROXY, WITHOUT_PROXY) for check in POLICY]
    assert [(finding["voice_connector_id"], finding["check"]) for finding in findings] == expected
    assert {finding["status"] for finding in findings} == {PASS}


def test_only_checks_in_the_policy_run() -> None:
    assert make_findings([], POLICY) == []
    assert [finding["check"] for finding in make_findings([CONNECTOR], {"sip_logs": True})] == ["sip_logs"]


@pytest.mark.parametrize(("check", "include"), [(n, i) for n, check in plugin.CHECKS.items() for i in check.includes])
def test_a_setting_that_was_not_read_is_unknown_and_names_the_include(check: str, include: str) -> None:
    values = {key: value for key, value in CONNECTOR.items() if key != include}
    (finding,) = make_findings([values], {check: POLICY[check]}, NOW)
    assert (finding["status"], finding["actual"]) == (UNKNOWN, None)
    assert finding["reason"] == f"Not read. Add {include} to the include option of chime_voice_connector_info."


def test_every_missing_include_is_named() -> None:
    (finding,) = make_findings([{"voice_connector_id": WITH_PROXY}], {"termination_credentials": True})
    assert "Add termination and termination_credentials to the include option" in finding["reason"]
    assert (finding["name"], finding["region"]) == (None, None)


def test_the_input_is_not_changed() -> None:
    result = {"voice_connectors": [connector(), connector(**cidrs("any"))], "errors": [error(MISSING)]}
    policy = {**POLICY, "required_tags": ["owner"]}
    before = copy.deepcopy((result, policy))
    make_findings(result, policy, NOW)
    assert (result, policy) == before


def test_the_default_time_is_the_current_time() -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    for hours, status in ((0.5, PASS), (1.5, FAIL)):
        timestamp = (now - datetime.timedelta(hours=hours)).isoformat()
        (finding,) = make_findings([connector(**last_seen(timestamp))], {"termination_health_max_age_hours": 1})
        assert finding["status"] == status


@pytest.mark.parametrize("now", ["2026-11-23T08:00:00", "yesterday", "", 1764, datetime.datetime(2026, 11, 23)])
def test_an_invalid_time_fails(now: Any) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        make_findings([CONNECTOR], {"sip_logs": True}, now)
    shown = json.dumps(now, default=str)
    assert str(raised.value) == f"The option now must be a time such as 2026-01-02T03:04:05+00:00, not {shown}."


# Whole results from the module


def error(identifier: str | None, region: str | None = EAST, message: str = "Failed.") -> dict[str, Any]:
    return {"voice_connector_id": identifier, "region": region, "action": "GetVoiceConnector", "message": message}


def summarize(findings: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(finding[key] for key in ("voice_connector_id", "region", "check", "reason")) for finding in findings]


def test_every_check_of_an_unread_voice_connector_is_unknown() -> None:
    policy = {"sip_logs": True, "require_encryption": True}
    errors = [error(MISSING, message="Denied."), error(MISSING, message="Again."), error(WITH_PROXY), error("x", None)]
    passed, _logs, *unread = make_findings({"voice_connectors": [CONNECTOR], "errors": errors}, policy)
    assert (passed["voice_connector_id"], passed["status"]) == (WITH_PROXY, PASS)
    assert summarize(unread) == [
        (MISSING, EAST, "require_encryption", "Denied."),
        (MISSING, EAST, "sip_logs", "Denied."),
        ("x", None, "require_encryption", "Failed."),
        ("x", None, "sip_logs", "Failed."),
    ]
    assert {(finding["status"], finding["expected"], finding["actual"]) for finding in unread} == {
        (UNKNOWN, True, None)
    }


def test_a_region_that_could_not_be_listed_is_one_unknown_finding() -> None:
    result = {"voice_connectors": [], "errors": [error(None), error(None, WEST)], "regions": [], "stopped": True}
    findings = make_findings(result, POLICY)
    assert summarize(findings) == [(None, EAST, None, "Failed."), (None, WEST, None, "Failed.")]
    assert {(finding["status"], finding["expected"], finding["name"]) for finding in findings} == {
        (UNKNOWN, None, None)
    }


def test_a_stopped_read_adds_an_unknown_finding_for_each_incomplete_region() -> None:
    regions = [
        {"region": EAST, "complete": False, "reason": None},
        {"region": WEST, "complete": False, "reason": "Denied."},
        {"region": "eu-west-1", "complete": True, "reason": None},
    ]
    result = {"voice_connectors": [CONNECTOR], "errors": [error(WITH_PROXY)], "regions": regions, "stopped": True}
    passed, *unread = make_findings(result, {"require_encryption": True})
    assert passed["status"] == PASS
    assert summarize(unread) == [
        (None, EAST, None, "Not every Voice Connector was read."),
        (None, WEST, None, "Denied."),
    ]
    assert len(make_findings({**result, "stopped": False}, {"require_encryption": True})) == 1


def test_a_module_result_can_be_checked() -> None:
    policy = {"no_proxy_configuration": True, "required_tags": ["team"]}
    result = read(include=list_includes(policy))["result"]
    findings = make_findings(result, policy)
    assert [(f["voice_connector_id"], f["check"], f["status"]) for f in findings] == [
        (WITH_PROXY, "no_proxy_configuration", FAIL),
        (WITH_PROXY, "required_tags", PASS),
        (WITHOUT_PROXY, "no_proxy_configuration", PASS),
        (WITHOUT_PROXY, "required_tags", FAIL),
    ]
    failure = read(include=["proxy"], voice_connector_ids=[MISSING])["result"]
    (finding,) = make_findings(failure, {"no_proxy_configuration": True})
    assert (finding["voice_connector_id"], finding["status"]) == (MISSING, UNKNOWN)
    assert MISSING in finding["reason"]


BAD_INPUT: dict[str, list[Any]] = {
    "has no list of Voice Connectors": [None, "x", 1, {}, {"voice_connectors": None}, {"results": []}],
    "has no list of Voice Connectors (No credentials.)": [{"msg": "No credentials.", "failed": True}],
    "has an item that is not a Voice Connector (item 2)": [[CONNECTOR, bad] for bad in ("x", None, {}, {"name": "x"})],
    "has invalid errors or regions": [
        {"voice_connectors": [], "errors": ["x"]},
        {"voice_connectors": [], "errors": [{}]},
        {"voice_connectors": [], "stopped": True},
        {"voice_connectors": [], "stopped": True, "regions": [{}]},
    ],
}


@pytest.mark.parametrize(
    ("problem", "value"), [(problem, value) for problem, each in BAD_INPUT.items() for value in each]
)
def test_bad_input_fails(problem: str, value: Any) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        make_findings(value, POLICY)
    assert str(raised.value) == f"The input {problem}. Pass the result of chime_voice_connector_info."


# The policy


LISTS = (
    ("termination_cidrs_within", "CIDR blocks"),
    ("termination_calling_regions_within", "country codes"),
    ("origination_protocols", "protocols"),
    ("required_tags", "tag keys"),
)
BAD_VALUES: list[tuple[str, Any, str]] = [
    *(
        (name, value, f"must be true or false, not {shown}.")
        for name in ("require_encryption", "sip_logs", "media_metric_logs", "termination_credentials")
        for value, shown in (("yes", '"yes"'), (1, "1"), (None, "null"), ([True], "[true]"))
    ),
    *(
        (
            "no_proxy_configuration",
            value,
            f"must be true (to skip the check, remove the key), not {shown}.",
        )
        for value, shown in ((False, "false"), (1, "1"), ("true", '"true"'))
    ),
    *(
        (name, value, f"must be a non-empty list of {items}, not {shown}.")
        for name, items in LISTS
        for value, shown in (("US", '"US"'), (True, "true"), ([], "[]"), (None, "null"), ({"US": 1}, '{"US": 1}'))
    ),
    *(
        (name, ["x", item], f"must be a list of {items}, each a string in quotes, not {shown}.")
        for name, items in LISTS
        for item, shown in ((False, '["x", false]'), (1, '["x", 1]'), ("", '["x", ""]'))
    ),
    (
        "termination_cidrs_within",
        ["203.0.113.0/24", "203.0.113.5/24"],
        "contains an invalid CIDR block: 203.0.113.5/24 has host bits set. Use 203.0.113.0/24.",
    ),
    ("termination_cidrs_within", ["2001:db8::1/32"], "2001:db8::1/32 has host bits set. Use 2001:db8::/32."),
    *(
        ("termination_cidrs_within", [cidr], f"contains an invalid CIDR block: '{cidr}' does not appear to be ")
        for cidr in ("any", "203.0.113.0/33", "203.0.113/24")
    ),
    *(
        (
            "termination_calling_regions_within",
            ["US", country],
            f'contains "{country}". Write a country as two capital letters, such as US.',
        )
        for country in ("us", "USA", "U", "U1", "US\n", "ÄÖ")
    ),
    ("origination_protocols", ["TCP", "TLS"], 'must be a list of TCP or UDP, not ["TCP", "TLS"].'),
    ("origination_protocols", ["tcp"], 'must be a list of TCP or UDP, not ["tcp"].'),
    *(
        ("termination_health_max_age_hours", value, "must be a number of hours greater than 0, not ")
        for value in (0, -1, True, "24", None, float("nan"), float("inf"))
    ),
    *(
        ("streaming_min_retention_hours", value, "must be a whole number of hours, 0 or more, not ")
        for value in (-1, True, False, "24", 1.5, None)
    ),
]


@pytest.mark.parametrize(("name", "value", "problem"), BAD_VALUES)
def test_a_bad_value_for_a_policy_key_fails_and_names_the_key(name: str, value: Any, problem: str) -> None:
    for call in (lambda policy: make_findings([], policy), list_includes):
        with pytest.raises(AnsibleFilterError) as raised:
            call({"require_encryption": True, name: value})
        message = str(raised.value)
        assert message.startswith(f"The policy key {name} ")
        assert problem.replace("\n", "\\n") in message
        assert message.endswith(".")


def test_every_policy_key_is_tested_with_bad_values() -> None:
    assert {name for name, _value, _problem in BAD_VALUES} == set(plugin.CHECKS)


def test_an_unknown_policy_key_fails_and_suggests_a_valid_one() -> None:
    for name, nearest in (("sip_log", "sip_logs"), ("termination_cidr_within", "termination_cidrs_within")):
        with pytest.raises(AnsibleFilterError, match=f"^The policy key {name} does not exist\\. Use {nearest}\\.$"):
            make_findings([], {"sip_logs": True, name: True})
    for other in ("x", True):
        with pytest.raises(
            AnsibleFilterError, match=f"^The policy key {other} .*\\. Use one of require_.*, required_tags\\.$"
        ):
            make_findings([], {other: True})


@pytest.mark.parametrize(
    ("policy", "problem"),
    [({}, "empty"), (None, "not a dictionary"), ([], "not a dictionary"), ("x", "not a dictionary")],
)
def test_a_policy_without_checks_fails(policy: Any, problem: str) -> None:
    expected = f"The policy is {problem}. Set at least one of {', '.join(plugin.CHECKS)}."
    with pytest.raises(AnsibleFilterError, match=f"^{re.escape(expected)}$"):
        make_findings([], policy)


# Includes


def test_the_includes_for_a_policy_are_sorted_and_unique() -> None:
    assert list_includes({"require_encryption": True}) == []
    assert list_includes({"sip_logs": True, "media_metric_logs": True}) == ["logging"]
    assert list_includes(dict(reversed(list(POLICY.items())))) == sorted([*SETTINGS, "tags"])


# Performance


@pytest.mark.no_cover
def test_5000_voice_connectors_are_checked_in_two_seconds() -> None:
    policy = {**POLICY, "termination_cidrs_within": [f"10.{n}.0.0/16" for n in range(20)]}
    connectors = [
        {**connector(**cidrs(f"10.{n % 20}.{n // 20}.0/28", "10.0.0.0/24")), "voice_connector_id": f"{n:022}"}
        for n in range(5000)
    ]
    start = time.perf_counter()
    findings = make_findings(connectors, policy, NOW)
    elapsed = time.perf_counter() - start
    assert len(findings) == 5000 * len(POLICY)
    assert {finding["status"] for finding in findings} == {PASS}
    assert elapsed < 2
