# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the checks of Voice Connectors against a policy."""

from __future__ import annotations

import copy
import datetime
import json
import random
import re
import time
from typing import Any

import pytest
import yaml

from ansible_collections.chime_sdk.voice.plugins.filter import voice_connector_findings as plugin
from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import SETTINGS as TABLE
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._findings import Judgment, judge
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._policy import (
    CHECKS,
    AuditError,
    find_includes,
    parse_policy,
    parse_time,
)
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import (
    MISSING,
    WITH_PROXY,
    WITHOUT_PROXY,
    connection_to,
    run_main,
)

ACCOUNT = "111122223333"
EAST, WEST = "us-east-1", "us-west-2"
NOW = "2026-11-23T08:00:00+00:00"
OTHER = "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/audit"
SUBJECT = f"account {ACCOUNT}, role {ROLE}"
EARLY = datetime.timezone(datetime.timedelta(hours=14))
PASS, FAIL, UNKNOWN, NOT_APPLICABLE, EXCEPTED = "pass", "fail", "unknown", "not_applicable", "excepted"

# All settings of CONNECTOR, as chime_voice_connector_info returns them.
SETTINGS: dict[str, dict[str, Any]] = {
    "proxy": {"exists": False, "disabled": None, "phone_number_countries": []},
    "termination": {
        "exists": True,
        "calling_regions": ["US", "CA"],
        "cidr_allowed_list": ["203.0.113.0/28", "2001:db8:1::/48"],
        "cps_limit": 5,
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
    "emergency_calling": {"exists": True, "dnis": [{"emergency_phone_number": "+12065550110"}]},
}
CONNECTOR: dict[str, Any] = {
    "voice_connector_id": WITH_PROXY,
    "name": "reception",
    "region": EAST,
    "aws_region": EAST,
    "require_encryption": True,
    "tags": {"team": "voice", "stage": "prod"},
    "tags_error": None,
    **SETTINGS,
}

# A policy that CONNECTOR meets.
POLICY: dict[str, Any] = {
    "require_encryption": True,
    "sip_logs": True,
    "media_metric_logs": False,
    "termination_cidrs_within": ["203.0.113.0/24", "2001:db8::/32"],
    "termination_min_prefix_length": 28,
    "termination_calling_regions_within": ["CA", "US", "MX"],
    "termination_max_cps": 5,
    "termination_credentials": True,
    "termination_health_max_age_hours": 2,
    "origination_protocols": ["TCP", "UDP"],
    "streaming_min_retention_hours": 24,
    "emergency_calling": True,
    "no_proxy_configuration": True,
    "required_tags": ["team", "stage"],
    "allowed_tag_values": {"stage": ["prod", "test"], "owner": ["voice"]},
}


def make_findings(results: Any, policy: Any, now: Any = NOW) -> list[dict[str, Any]]:
    return judge(results, policy, parse_time(now)).findings


def connector(**changes: Any) -> dict[str, Any]:
    """Return CONNECTOR with changes. In a setting, only the given keys change."""
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


EXIST_UNKNOWN, MISSING_SETTING, DISABLED = {"exists": None}, {"exists": False, "disabled": None}, {"disabled": True}

# For each check, its cases: the value in the policy, changes to CONNECTOR, and the expected status, value, and reason.
ROWS = r"""
require_encryption:
  - [true, {}, pass, true]
  - [false, {}, fail, true, Encryption is required.]
  - [true, {require_encryption: false}, fail, false, Encryption is not required.]
  - [false, {require_encryption: null}, unknown, null, AWS did not return a valid value for require_encryption.]
sip_logs:
  - [true, {}, pass, true]
  - [false, {}, fail, true, SIP logs are enabled.]
  - [true, {logging: {exists: false, disabled: null}}, fail, false, SIP logs are not enabled.]
  - [false, {logging: {exists: false, disabled: null}}, pass, false]
  - [false, {logging: {exists: null}}, unknown, null, The setting logging could not be read.]
  - [false, {logging: {enable_sip_logs: null}}, unknown, null, AWS did not return a valid value for enable_sip_logs.]
media_metric_logs:
  - [false, {}, pass, false]
  - [true, {}, fail, false, Media metric logs are not enabled.]
  - [false, {logging: {enable_media_metric_logs: true}}, fail, true, Media metric logs are enabled.]
  - [true, {logging: {exists: false, disabled: null}}, fail, false, Media metric logs are not enabled.]
  - [false, {logging: {exists: null}}, unknown, null, The setting logging could not be read.]
  - [false, {logging: {enable_media_metric_logs: null}}, unknown, null,
     AWS did not return a valid value for enable_media_metric_logs.]
termination_cidrs_within:
  - [[203.0.113.0/24, '2001:db8::/32'], {}, pass, [203.0.113.0/28, '2001:db8:1::/48']]
  - [[203.0.113.0/24, '2001:db8::/32'], {termination: {disabled: null}}, pass, [203.0.113.0/28, '2001:db8:1::/48']]
  - [[203.0.113.0/24, '2001:db8::/32'], {termination: {cidr_allowed_list: [203.0.113.0/24, 203.0.113.9/32]}}, pass,
     [203.0.113.0/24, 203.0.113.9/32]]
  - [[203.0.113.0/24, '2001:db8::/32'], {termination: {cidr_allowed_list: []}}, pass, []]
  - [[203.0.113.0/24, '2001:db8::/32'], {termination: {cidr_allowed_list: [203.0.112.0/23]}}, fail, [203.0.112.0/23],
     Calls are accepted from 203.0.112.0/23.]
  - [[203.0.113.0/24, '2001:db8::/32'], {termination: {cidr_allowed_list: [203.0.113.0/28, '2001:db9::/32']}}, fail,
     [203.0.113.0/28, '2001:db9::/32'], 'Calls are accepted from 2001:db9::/32.']
  - [[203.0.112.0/24, 203.0.113.0/24], {termination: {cidr_allowed_list: [203.0.112.0/23]}}, pass, [203.0.112.0/23]]
  - [[203.0.113.128/25, 10.0.0.0/8, '2001:db8::/33', 203.0.113.0/25, '2001:db8:8000::/33'],
     {termination: {cidr_allowed_list: [203.0.113.0/24, '2001:db8::/32']}}, pass, [203.0.113.0/24, '2001:db8::/32']]
  - [[203.0.113.0/25, 203.0.114.0/25], {termination: {cidr_allowed_list: [203.0.113.0/24]}}, fail, [203.0.113.0/24],
     Calls are accepted from 203.0.113.0/24.]
  - [[203.0.113.0/24], {termination: {cidr_allowed_list: [203.0.112.0/24]}}, fail, [203.0.112.0/24],
     Calls are accepted from 203.0.112.0/24.]
  - [[0.0.0.0/0], {termination: {cidr_allowed_list: ['2001:db9::/32']}}, fail, ['2001:db9::/32'],
     'Calls are accepted from 2001:db9::/32.']
  - [['::/0'], {termination: {cidr_allowed_list: ['2001:db9::/32']}}, pass, ['2001:db9::/32']]
  - [[203.0.113.0/24, '2001:db8::/32'],
     {termination: {cidr_allowed_list: [10.0.0.0/32, 10.0.0.1/32, 10.0.0.1/32, 10.0.0.2/32, 10.0.0.3/32, 10.0.0.4/32]}},
     fail, [10.0.0.0/32, 10.0.0.1/32, 10.0.0.1/32, 10.0.0.2/32, 10.0.0.3/32, 10.0.0.4/32],
     'Calls are accepted from 10.0.0.0/32, 10.0.0.1/32, 10.0.0.2/32 and 2 more.']
  - [[203.0.113.0/24, '2001:db8::/32'], {termination: {cidr_allowed_list: [any]}}, unknown, [any],
     'AWS returned any, which is not valid.']
  - [[203.0.113.0/24, '2001:db8::/32'], {termination: {cidr_allowed_list: [203.0.113.5/24]}}, unknown, [203.0.113.5/24],
     'AWS returned 203.0.113.5/24, which is not valid.']
  - [[203.0.113.0/24, '2001:db8::/32'], {termination: {cidr_allowed_list: [203.0.113.0/24, null]}}, unknown,
     [203.0.113.0/24, null], 'AWS returned null, which is not valid.']
  - [[203.0.113.0/24, '2001:db8::/32'], {termination: {cidr_allowed_list: [any, '2001:db9::/32']}}, fail,
     [any, '2001:db9::/32'], 'Calls are accepted from 2001:db9::/32.']
  - [[203.0.113.0/24, '2001:db8::/32'], {termination: {cidr_allowed_list: null}}, unknown, null,
     AWS did not return a valid value for cidr_allowed_list.]
  - [[203.0.113.0/24, '2001:db8::/32'], {termination: {disabled: 'yes'}}, unknown, 'yes',
     AWS did not return a valid value for disabled.]
termination_min_prefix_length:
  - [28, {}, pass, [203.0.113.0/28, '2001:db8:1::/48']]
  - [1, {}, pass, [203.0.113.0/28, '2001:db8:1::/48']]
  - [32, {termination: {cidr_allowed_list: []}}, pass, []]
  - [32, {termination: {cidr_allowed_list: [203.0.113.5, '::/0']}}, pass, [203.0.113.5, '::/0']]
  - [28, {termination: {cidr_allowed_list: [203.0.113.0/27, 203.0.113.0/28, any]}}, fail,
     [203.0.113.0/27, 203.0.113.0/28, any], 'Prefixes shorter than /28: 203.0.113.0/27.']
  - [28, {termination: {cidr_allowed_list: [any]}}, unknown, [any], 'AWS returned any, which is not valid.']
  - [28, {termination: {cidr_allowed_list: [[203.0.113.0/28]]}}, unknown, ['["203.0.113.0/28"]'],
     'AWS returned ["203.0.113.0/28"], which is not valid.']
  - [28, {termination: {disabled: 'yes'}}, unknown, 'yes', AWS did not return a valid value for disabled.]
termination_calling_regions_within:
  - [[CA, US, MX], {}, pass, [US, CA]]
  - [[CA, US, MX], {termination: {calling_regions: []}}, pass, []]
  - [[US], {}, fail, [US, CA], Calls are allowed to CA.]
  - [[CA, US, MX], {termination: {calling_regions: [US, null]}}, unknown, [US, null],
     'AWS returned null, which is not valid.']
  - [[CA, US, MX], {termination: {calling_regions: null}}, unknown, null,
     AWS did not return a valid value for calling_regions.]
termination_max_cps:
  - [1, {termination: {cps_limit: 1}}, pass, 1]
  - [5, {}, pass, 5]
  - [4, {}, fail, 5, '5 calls per second are allowed, more than 4.']
  - [5, {termination: {cps_limit: null}}, unknown, null, AWS did not return a valid value for cps_limit.]
  - [5, {termination: {cps_limit: true}}, unknown, true, AWS did not return a valid value for cps_limit.]
  - [5, {termination: {cps_limit: '5'}}, unknown, '5', AWS did not return a valid value for cps_limit.]
  - [5, {termination: {cps_limit: 1.5}}, unknown, 1.5, AWS did not return a valid value for cps_limit.]
  - [5, {termination: {cps_limit: 100000000000000000000}}, unknown, '100000000000000000000',
     AWS did not return a valid value for cps_limit.]
  - [5, {termination: {cps_limit: {a: 1}}}, unknown, '{"a": 1}', AWS did not return a valid value for cps_limit.]
termination_credentials:
  - [true, {}, pass, true]
  - [false, {}, fail, true, Termination credentials are set.]
  - [false, {termination_credentials: {exists: false, disabled: null}}, pass, false]
  - [true, {termination_credentials: {exists: false, disabled: null}}, fail, false, No termination credentials are set.]
  - [false, {termination_credentials: {exists: null}}, unknown, null,
     The setting termination_credentials could not be read.]
termination_health_max_age_hours:
  - [0.5, {termination_health: {timestamp: '2026-11-23T07:30:00+00:00'}}, pass, '2026-11-23T07:30:00+00:00']
  - [2, {}, pass, '2026-11-23T06:00:00+00:00']
  - [2, {termination_health: {timestamp: '2026-11-23T09:00:00+02:00'}}, pass, '2026-11-23T09:00:00+02:00']
  - [2, {termination_health: {timestamp: '2026-11-23T05:59:59+00:00'}}, fail, '2026-11-23T05:59:59+00:00',
     'The last SIP OPTIONS message was at 2026-11-23T05:59:59+00:00, more than 2 hours ago.']
  - [2.5, {termination_health: {timestamp: '2026-11-23T05:30:00+00:00'}}, pass, '2026-11-23T05:30:00+00:00']
  - [2, {termination_health: {timestamp: '2026-11-23T09:00:00+00:00'}}, pass, '2026-11-23T09:00:00+00:00']
  - [2, {termination_health: {timestamp: '2026-11-23T09:00:01+00:00'}}, unknown, '2026-11-23T09:00:01+00:00',
     The time of the last SIP OPTIONS message is in the future.]
  - [2, {termination_health: {timestamp: '0001-01-01T00:00:00+14:00'}}, fail, '0001-01-01T00:00:00+14:00',
     'The last SIP OPTIONS message was at 0001-01-01T00:00:00+14:00, more than 2 hours ago.']
  - [2, {termination_health: {timestamp: yesterday}}, unknown, yesterday,
     The time of the last SIP OPTIONS message is not valid.]
  - [2, {termination_health: {timestamp: '2026-11-23T07:00:00'}}, unknown, '2026-11-23T07:00:00',
     The time of the last SIP OPTIONS message is not valid.]
  - [2, {termination_health: {timestamp: null}}, unknown, null, AWS did not return a valid value for timestamp.]
  - [2, {termination_health: {timestamp: 1764}}, unknown, 1764, AWS did not return a valid value for timestamp.]
  - [2, {termination_health: {exists: false, timestamp: null}}, fail, null, AWS has no record of a SIP OPTIONS message.]
  - [2, {termination_health: {exists: null}}, unknown, null, The setting termination_health could not be read.]
origination_protocols:
  - [[UDP, TCP], {}, pass, [TCP, UDP]]
  - [[TCP], {origination: {routes: [{host: 198.51.100.10, protocol: TCP}, {host: 198.51.100.10, protocol: TCP}]}}, pass,
     [TCP, TCP]]
  - [[TCP], {}, fail, [TCP, UDP], Calls are sent over UDP.]
  - [[TCP], {origination: {disabled: null}}, fail, [TCP, UDP], Calls are sent over UDP.]
  - [[TCP], {origination: {routes: [{host: 198.51.100.10, protocol: TCP}, {host: 198.51.100.10, protocol: null}]}},
     unknown, [TCP, null], 'AWS returned null, which is not valid.']
  - [[TCP], {origination: {routes: [{host: 198.51.100.10, protocol: null}, {host: 198.51.100.10, protocol: UDP}]}},
     fail, [null, UDP], Calls are sent over UDP.]
  - [[TCP], {origination: {routes: [null]}}, unknown, [null], 'AWS returned null, which is not valid.']
  - [[TCP], {origination: {routes: null}}, unknown, null, AWS did not return a valid value for routes.]
  - [[TCP], {origination: {routes: []}}, not_applicable, null, Origination has no routes.]
  - [[TCP], {origination: {disabled: true}}, not_applicable, null, Origination is disabled.]
  - [[TCP], {origination: {exists: false, disabled: null}}, not_applicable, null, Origination is not configured.]
  - [[TCP], {origination: {exists: null}}, unknown, null, The setting origination could not be read.]
streaming_min_retention_hours:
  - [24, {}, pass, 24]
  - [0, {streaming: {data_retention_in_hours: 0}}, pass, 0]
  - [24, {streaming: {disabled: null}}, pass, 24]
  - [25, {}, fail, 24, 'Data is kept for 24 hours, less than 25.']
  - [0, {streaming: {exists: false, disabled: null}}, fail, null, Streaming is not configured.]
  - [0, {streaming: {disabled: true}}, fail, null, Streaming is disabled.]
  - [0, {streaming: {exists: null}}, unknown, null, The setting streaming could not be read.]
  - [0, {streaming: {data_retention_in_hours: null}}, unknown, null,
     AWS did not return a valid value for data_retention_in_hours.]
  - [0, {streaming: {data_retention_in_hours: true}}, unknown, true,
     AWS did not return a valid value for data_retention_in_hours.]
emergency_calling:
  - [true, {}, pass, true]
  - [false, {}, fail, true, Emergency calling is configured.]
  - [true, {emergency_calling: {exists: false, disabled: null}}, fail, false, Emergency calling is not configured.]
  - [false, {emergency_calling: {exists: false, disabled: null}}, pass, false]
  - [true, {emergency_calling: {dnis: []}}, fail, false, Emergency calling is not configured.]
  - [true, {emergency_calling: {dnis: null}}, unknown, null, AWS did not return a valid value for dnis.]
  - [false, {emergency_calling: {exists: null}}, unknown, null, The setting emergency_calling could not be read.]
no_proxy_configuration:
  - [true, {}, pass, true]
  - [true, {proxy: {exists: true}}, fail, false, A proxy configuration is set.]
  - [true, {proxy: {exists: true, disabled: true}}, fail, false, A proxy configuration is set.]
  - [true, {proxy: {exists: null}}, unknown, null, The setting proxy could not be read.]
  - [true, {proxy: null}, unknown, null, The setting proxy could not be read.]
required_tags:
  - [[team], {}, pass, [team, stage]]
  - [[team], {tags: {team: ''}}, pass, [team]]
  - [[team, owner, cost], {}, fail, [team, stage], 'Missing tags: owner, cost.']
  - [[team], {tags: {}}, fail, [], 'Missing tags: team.']
  - [[a, b, c], {tags: {}}, fail, [], 'Missing tags: a, b, c.']
  - [[a, b, c, d], {tags: {}}, fail, [], 'Missing tags: a, b, c and 1 more.']
  - [[team], {tags: null, tags_error: Failed to get the tags.}, unknown, null, Failed to get the tags.]
  - [[team], {tags: null}, unknown, null, The tags could not be read.]
  - [[team], {tags: {team: '', 1: ''}}, unknown, null, The tags could not be read.]
allowed_tag_values:
  - [{stage: [test, prod]}, {}, pass, {stage: prod}]
  - [{stage: [prod], owner: [x]}, {}, pass, {stage: prod}]
  - [{owner: [x]}, {}, not_applicable, null, 'Missing tags: owner.']
  - [{stage: [PROD], owner: [x], team: [voice]}, {}, fail, {stage: prod, team: voice},
     'Values that are not allowed: stage=prod.']
  - [{stage: ['']}, {tags: {stage: ''}}, pass, {stage: ''}]
  - [{stage: [prod]}, {tags: {stage: [prod]}}, unknown, {stage: '["prod"]'},
     AWS did not return a valid value for the tag stage.]
  - [{stage: [prod], team: [x]}, {tags: {stage: null, team: y}}, fail, {stage: 'null', team: y},
     'Values that are not allowed: team=y.']
  - [{stage: [prod]}, {tags: null}, unknown, null, The tags could not be read.]
"""
CASES: list[tuple[str, Any, dict[str, Any], str, Any, str | None]] = [
    *((check, *row, *[None] * (5 - len(row))) for check, rows in yaml.safe_load(ROWS).items() for row in rows),
    *(
        (check, value, {"termination": state}, status, None, reason)
        for check, value in [*POLICY.items(), ("termination_credentials", False)]
        if check.startswith("termination_")
        for state, status, reason in (
            (EXIST_UNKNOWN, UNKNOWN, "The setting termination could not be read."),
            (MISSING_SETTING, NOT_APPLICABLE, "Termination is not configured."),
            (DISABLED, NOT_APPLICABLE, "Termination is disabled."),
        )
    ),
    (
        "termination_max_cps",
        5,
        {"termination": {"cps_limit": 10**5000}},
        UNKNOWN,
        "a value of the type int",
        "AWS did not return a valid value for cps_limit.",
    ),
]


# The fix for a failure in CASES, by the check and its value in the policy. Other failures have no fix.
FIXES: dict[str, dict[str, Any]] = {
    "require_encryption: true": {"require_encryption": True},
    "require_encryption: false": {"require_encryption": False},
    "sip_logs: true": {"logging": {"enable_sip_logs": True}},
    "sip_logs: false": {"logging": {"enable_sip_logs": False}},
    "media_metric_logs: true": {"logging": {"enable_media_metric_logs": True}},
    "media_metric_logs: false": {"logging": {"enable_media_metric_logs": False}},
    "termination_max_cps: 4": {"termination": {"cps_limit": 4}},
    "termination_credentials: false": {"termination_credentials": {"exists": False}},
    "streaming_min_retention_hours: 25": {"streaming": {"data_retention_in_hours": 25}},
    "emergency_calling: false": {"emergency_calling": {"exists": False}},
    "no_proxy_configuration: true": {"proxy": {"exists": False}},
}


# The checks


@pytest.mark.parametrize(("check", "value", "changes", "status", "actual", "reason"), CASES)
def test_each_check_has_the_documented_outcome(
    check: str, value: Any, changes: dict[str, Any], status: str, actual: Any, reason: str | None
) -> None:
    finding = check_connector(check, value, **changes)
    assert (finding["status"], finding["actual"], finding["reason"]) == (status, actual, reason)
    assert type(finding["actual"]) is type(actual)
    fix = FIXES.get(f"{check}: {json.dumps(value)}") if status == FAIL else None
    assert json.dumps(finding["fix"]) == json.dumps(fix)


def test_each_fix_is_one_option_that_makes_the_check_pass() -> None:
    tested = set()
    for check, value, changes, _status, _actual, _reason in CASES:
        fix = check_connector(check, value, **changes)["fix"]
        if fix is None:
            continue
        ((option, given),) = fix.items()
        if option != "require_encryption":
            (member,) = given
            assert member in {"exists", *TABLE[option].members}
            given = {**connector(**changes)[option], "exists": True, **given}
        assert check_connector(check, value, **{**changes, option: given})["status"] == PASS
        tested.add(f"{check}: {json.dumps(value)}")
    assert tested == set(FIXES)


def test_every_possible_status_of_every_check_is_tested() -> None:
    tested: dict[str, set[str]] = {}
    for check, _value, _changes, status, _actual, _reason in CASES:
        tested.setdefault(check, set()).add(status)
    for check, statuses in tested.items():
        can_be_inactive = check.startswith(("termination_", "origination_", "allowed_"))
        assert statuses - {NOT_APPLICABLE} == {PASS, FAIL, UNKNOWN}, check
        assert NOT_APPLICABLE in statuses or not can_be_inactive, check


def test_the_documentation_and_the_tests_have_the_same_checks_as_the_table() -> None:
    options = yaml.safe_load(plugin.DOCUMENTATION)["options"]["policy"]["suboptions"]
    names = list(CHECKS)
    assert list(options) == [*POLICY, "exceptions"]
    assert list(POLICY) == list(dict.fromkeys(case[0] for case in CASES)) == names
    for name, check in CHECKS.items():
        description = options[name]["description"]
        last = description if isinstance(description, str) else description[-1]
        required = " and ".join(f"V({include})" for include in check.includes)
        how = f"must be read with {required} in" if required else "can be read with any"
        assert last == f"The Voice Connectors {how} C(include).", name
        kinds: dict[str, Any] = {"bool": bool, "int": int, "float": (int, float), "list": list, "dict": dict}
        assert isinstance(POLICY[name], kinds[options[name]["type"]]), name


def test_a_finding_has_the_documented_keys_and_samples() -> None:
    documented = yaml.safe_load(plugin.RETURN)["_value"]["contains"]
    values = connector(**cidrs("203.0.113.0/28", "198.51.100.0/24"))
    exception = {
        "check": "termination_cidrs_within",
        "names": ["reception"],
        "reason": "The carrier is moving.",
        "until": datetime.date(2026, 12, 31),
    }
    policy = {"termination_cidrs_within": ["203.0.113.0/24"], "exceptions": [exception]}
    (finding,) = make_findings(result([values]), policy)
    assert finding.pop("exception") == {
        key: entry["sample"] for key, entry in documented.pop("exception")["contains"].items()
    }
    assert list(finding) == list(documented)
    (gap,) = make_findings(result(unmatched={"names": ["lobby"]}), policy)
    assert [key for key in gap if key != "exception"] == list(finding)
    assert finding.pop("fix") is None  # it is excepted
    (failed,) = make_findings([connector(logging=MISSING_SETTING)], {"sip_logs": True})
    assert failed["fix"] == documented.pop("fix")["sample"]
    assert finding == {key: entry["sample"] for key, entry in documented.items()}


def test_findings_are_in_the_order_of_voice_connectors_and_checks() -> None:
    connectors = [CONNECTOR, {**CONNECTOR, "voice_connector_id": WITHOUT_PROXY}]
    findings = make_findings(connectors, dict(reversed(list(POLICY.items()))), NOW)
    expected = [(identifier, check) for identifier in (WITH_PROXY, WITHOUT_PROXY) for check in POLICY]
    assert [(finding["voice_connector_id"], finding["check"]) for finding in findings] == expected
    assert {finding["status"] for finding in findings} == {PASS}


def test_only_checks_in_the_policy_run() -> None:
    assert make_findings([], POLICY) == []
    assert [finding["check"] for finding in make_findings([CONNECTOR], {"sip_logs": True})] == ["sip_logs"]


@pytest.mark.parametrize(("check", "include"), [(n, i) for n, check in CHECKS.items() for i in check.includes])
def test_a_setting_that_was_not_read_is_unknown_and_names_the_include(check: str, include: str) -> None:
    values = {key: value for key, value in CONNECTOR.items() if key != include}
    (finding,) = make_findings([values], {check: POLICY[check]}, NOW)
    assert (finding["status"], finding["actual"]) == (UNKNOWN, None)
    assert finding["reason"] == f"Not read. Add {include} to the include option of chime_voice_connector_info."


def test_every_missing_include_is_named() -> None:
    (finding,) = make_findings([{"voice_connector_id": WITH_PROXY}], {"termination_credentials": True}, NOW)
    assert "Add termination and termination_credentials to the include option" in finding["reason"]
    assert (finding["name"], finding["region"]) == (None, None)


def test_the_input_is_not_changed() -> None:
    given = result([connector(), connector(**cidrs("any"))], errors=[error(MISSING)], unmatched={"names": ["x"]})
    exception = {
        "check": "require_encryption",
        "names": ["reception"],
        "reason": "x",
        "until": datetime.date(2026, 1, 1),
    }
    policy = {**POLICY, "required_tags": ["owner"], "exceptions": [exception]}
    before = copy.deepcopy(([given, {"results": [given, None]}], policy))
    make_findings([given, {"results": [given, None]}], policy)
    assert ([given, {"results": [given, None]}], policy) == before


def test_a_time_can_be_a_string_or_a_yaml_timestamp() -> None:
    for text in (
        "2026-11-23T08:00:00+00:00",
        "2026-11-23T08:00:00Z",
        "2026-11-23 09:00:00+01:00",
        "2026-11-23 08:00:00",
    ):
        assert parse_time(yaml.safe_load(text)).isoformat() == NOW
    assert parse_time(yaml.safe_load("2026-11-23")).isoformat() == "2026-11-23T00:00:00+00:00"
    assert parse_time("2026-11-23T08:00:00Z").isoformat() == NOW
    assert judge([CONNECTOR], POLICY, datetime.datetime(2026, 11, 23, 8)).findings[8]["status"] == PASS


@pytest.mark.parametrize(
    "now",
    ["2026-11-23T08:00:00", "yesterday", "", 1764, True, None, [], datetime.datetime.min.replace(tzinfo=EARLY)],
)
def test_an_invalid_time_fails(now: Any) -> None:
    with pytest.raises(AuditError) as raised:
        parse_time(now)
    shown = json.dumps(now, default=str)
    assert str(raised.value) == f"must be a time such as 2026-01-02T03:04:05+00:00, not {shown}."


# Results of one account


def result(connectors: Any = (), **changes: Any) -> dict[str, Any]:
    """Return a result of chime_voice_connector_info with *changes*. If these contain errors, ``failed`` is true."""
    selection: dict[str, Any] = {"voice_connector_ids": None, "names": None, "tags": None}
    unmatched = {"voice_connector_ids": [], "names": [], "tags": None, **changes.pop("unmatched", {})}
    errors = changes.get("errors", [])
    return {
        "changed": False,
        "failed": bool(errors),
        "assume_role_arn": None,
        "account_id": ACCOUNT,
        "region": EAST,
        "regions": [{"region": EAST, "complete": True, "reason": None}],
        "regions_source": "options",
        "selection": {**selection, "unmatched": unmatched},
        "complete": not errors,
        "stopped": False,
        "errors": [],
        "voice_connectors": list(connectors),
        **changes,
    }


def error(
    identifier: str | None, region: str | None = EAST, setting: str | None = None, message: str = "Failed."
) -> dict[str, Any]:
    return {
        "voice_connector_id": identifier,
        "region": region,
        "setting": setting,
        "action": "GetVoiceConnector",
        "code": None,
        "message": message,
    }


def summarize(findings: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    keys = ("account_id", "voice_connector_id", "region", "check", "status", "reason")
    return [tuple(finding[key] for key in keys) for finding in findings]


def gaps(results: Any) -> list[str]:
    """Return the reasons of the findings about unread accounts or Regions, and about selected values not found."""
    judgment = judge(results, {"require_encryption": True}, parse_time(NOW))
    found = [finding for finding in judgment.findings if finding["check"] is None]
    assert judgment.complete is False
    assert {(f["status"], f["name"], f["expected"], f["actual"], f["exception"]) for f in found} <= {
        (UNKNOWN, None, None, None, None)
    }
    return [finding["reason"] for finding in found]


def test_a_message_about_an_unknown_account_names_no_account() -> None:
    errors, unmatched = [error(None)], {"names": ["lobby"]}
    assert gaps(result(account_id=None, errors=errors, unmatched=unmatched)) == [
        f"Not read completely: Region {EAST}. Failed.",
        "Not found: a Voice Connector with the name lobby.",
    ]


def test_a_complete_result_is_complete() -> None:
    judgment = judge(result([CONNECTOR]), POLICY, parse_time(NOW))
    assert {finding["status"] for finding in judgment.findings} == {PASS}
    assert {finding["account_id"] for finding in judgment.findings} == {ACCOUNT}
    assert list(judgment.voice_connectors[0]) == ["account_id", *CONNECTOR]
    assert judgment == Judgment(
        findings=judgment.findings,
        accounts=[
            {
                "account_id": ACCOUNT,
                "assume_role_arn": None,
                "complete": True,
                "reason": None,
                "regions": [{"region": EAST, "complete": True, "reason": None}],
                "selection": result()["selection"],
                "regions_source": "options",
                "voice_connectors": 1,
            }
        ],
        voice_connectors=[{"account_id": ACCOUNT, **CONNECTOR}],
        policy=POLICY,
        unused_exceptions=[],
        narrowed=False,
        complete=True,
    )


def test_an_audit_without_results_is_incomplete() -> None:
    judgment = judge([], POLICY, parse_time(NOW))
    assert (judgment.findings, judgment.accounts, judgment.complete) == ([], [], False)


def test_an_audit_of_a_list_of_voice_connectors_is_incomplete() -> None:
    judgment = judge([CONNECTOR], {"sip_logs": True}, parse_time(NOW))
    assert [finding["status"] for finding in judgment.findings] == [PASS]
    assert judgment.complete is False
    assert judgment.accounts[0]["voice_connectors"] == 1
    assert "it is unknown whether anything was not read" in judgment.accounts[0]["reason"]


def test_the_account_in_a_list_is_the_one_in_the_voice_connector() -> None:
    arn = f"arn:aws-us-gov:chime:us-east-1:{ACCOUNT}:vc/x"
    for members, account in (
        ({"voice_connector_arn": arn}, ACCOUNT),
        ({"voice_connector_arn": arn, "account_id": OTHER}, OTHER),
        ({"voice_connector_arn": "arn"}, None),
        ({"voice_connector_arn": [], "account_id": 1}, None),
    ):
        judgment = judge([{**CONNECTOR, **members}], {"sip_logs": True}, parse_time(NOW))
        assert judgment.findings[0]["account_id"] == account
        assert judgment.voice_connectors[0]["account_id"] == account


@pytest.mark.parametrize("check", [name for name, check in CHECKS.items() if check.includes])
def test_a_setting_that_could_not_be_read_is_unknown_with_the_reason_of_aws(check: str) -> None:
    setting = CHECKS[check].includes[-1]
    unread = {**CONNECTOR, setting: None if setting == "tags" else {"exists": None}}
    # If the result contains several of these errors, the reason is the message of the first one in this list.
    errors = [
        error(WITH_PROXY, EAST, setting, "1"),
        error(WITH_PROXY, None, setting, "2"),
        error(None, EAST, setting, "3"),
        error(WITH_PROXY, EAST, None, "4"),
        error(WITH_PROXY, None, None, "5"),
        error(None, EAST, None, "6"),
    ]
    others = [error(MISSING, EAST, setting), error(None, WEST, setting), error(WITH_PROXY, EAST, "external_systems")]
    for number in range(len(errors)):
        for values in (unread, {key: value for key, value in unread.items() if key != setting}):
            given = result([values], errors=[*others, *reversed(errors[number:])])
            finding = next(f for f in make_findings(given, {check: POLICY[check]}) if f["check"])
            assert (finding["status"], finding["actual"], finding["reason"]) == (UNKNOWN, None, str(number + 1))
    given = result([unread], errors=others)
    assert make_findings(given, {check: POLICY[check]})[0]["reason"].endswith("could not be read.")


def test_a_setting_with_an_error_is_unknown_even_if_it_has_a_value() -> None:
    given = result([CONNECTOR], errors=[error(WITH_PROXY, EAST, "logging"), error(WITH_PROXY, EAST, "tags")])
    policy = {"sip_logs": True, "streaming_min_retention_hours": 24, "required_tags": ["team"]}
    assert [finding["status"] for finding in make_findings(given, policy)] == [UNKNOWN, PASS, UNKNOWN]


def test_an_error_in_a_setting_that_no_check_needs_makes_only_the_audit_incomplete() -> None:
    for unneeded in (error(WITH_PROXY, EAST, "tags"), error(None, EAST, "phone_numbers")):
        regions = [{"region": EAST, "complete": False, "reason": "Failed."}]
        given = result([{**CONNECTOR, "tags": None}], errors=[unneeded], regions=regions)
        judgment = judge(given, {"sip_logs": True}, parse_time(NOW))
        assert [finding["status"] for finding in judgment.findings] == [PASS]
        assert (judgment.complete, judgment.accounts[0]["reason"]) == (False, "Failed.")


def test_every_check_of_an_unread_voice_connector_is_unknown() -> None:
    policy = {"sip_logs": True, "require_encryption": True}
    errors = [
        error(MISSING, message="Denied."),
        error(MISSING, message="Again."),
        error(WITH_PROXY),
        error("x", None, "tags"),
    ]
    passed, _logs, *unread = make_findings(result([CONNECTOR], errors=errors), policy)
    assert (passed["voice_connector_id"], passed["status"]) == (WITH_PROXY, PASS)
    assert summarize(unread) == [
        (ACCOUNT, MISSING, EAST, "require_encryption", UNKNOWN, "Denied."),
        (ACCOUNT, MISSING, EAST, "sip_logs", UNKNOWN, "Denied."),
        (ACCOUNT, "x", None, "require_encryption", UNKNOWN, "Failed."),
        (ACCOUNT, "x", None, "sip_logs", UNKNOWN, "Failed."),
    ]
    assert {(finding["expected"], finding["actual"]) for finding in unread} == {(True, None)}


def test_a_region_that_was_not_read_is_one_unknown_finding() -> None:
    regions = [
        {"region": EAST, "complete": False, "reason": "Denied."},
        {"region": WEST, "complete": False, "reason": None},
        {"region": "eu-west-1", "complete": True, "reason": None},
    ]
    errors = [error(None), error(None, message="Again.")]
    given = result(errors=errors, regions=regions, assume_role_arn=ROLE)
    assert summarize(make_findings(given, POLICY)) == [
        (ACCOUNT, None, region, None, UNKNOWN, f"Not read completely: Region {region} of {SUBJECT}. {why}")
        for region, why in ((EAST, "Failed."), (WEST, "Not everything was read."))
    ]


def test_a_region_without_unread_voice_connectors_needs_no_finding_of_its_own() -> None:
    regions = [{"region": EAST, "complete": False, "reason": "Failed."}]
    given = result([CONNECTOR], errors=[error(MISSING)], regions=regions, stopped=True)
    assert [finding["check"] for finding in make_findings(given, {"sip_logs": True})] == ["sip_logs", "sip_logs"]
    # If the key ``complete`` is missing, there may be unread Voice Connectors for which the result has no error, so the
    # Region gets a finding.
    del given["complete"]
    assert [f["check"] for f in make_findings(given, {"sip_logs": True})] == ["sip_logs", "sip_logs", None]


def test_each_selected_value_without_a_match_is_an_unknown_finding() -> None:
    unmatched = {
        "voice_connector_ids": [MISSING, "x"],
        "names": ["lobby", "door"],
        "tags": {"team": "voice", "a": None},
    }
    given = result([CONNECTOR], errors=[error("x")], unmatched=unmatched)
    where = f"Not found in account {ACCOUNT}: "
    assert summarize(make_findings(given, {"sip_logs": True}))[2:] == [
        (ACCOUNT, MISSING, None, None, UNKNOWN, f"{where}the Voice Connector {MISSING}."),
        (ACCOUNT, None, None, None, UNKNOWN, f"{where}a Voice Connector with the name lobby."),
        (ACCOUNT, None, None, None, UNKNOWN, f"{where}a Voice Connector with the name door."),
        (ACCOUNT, None, None, None, UNKNOWN, f"{where}a Voice Connector with the tags team=voice, a=any value."),
    ]


def test_a_selection_makes_the_audit_narrowed() -> None:
    empty = {"voice_connector_ids": None, "names": None, "tags": None}
    for selection, narrowed in (
        (None, False),
        (empty, False),
        ({**empty, "names": ["reception"]}, True),
        ({**empty, "voice_connector_ids": [WITH_PROXY]}, True),
        ({**empty, "tags": {"team": "voice"}}, True),
    ):
        judgment = judge([result(), result(selection=selection)], POLICY, parse_time(NOW))
        assert (judgment.narrowed, judgment.complete) == (narrowed, True)
        assert judgment.accounts[1]["selection"] == (selection and {**selection, "unmatched": empty})


# Results of several accounts


def test_a_role_that_failed_is_a_finding_even_if_its_account_was_read_otherwise() -> None:
    denied = result(errors=[error(None, None, None, "Denied.")], assume_role_arn=ROLE, regions=[], regions_source=None)
    judgment = judge([result([CONNECTOR]), denied], {"sip_logs": True}, parse_time(NOW))
    assert summarize(judgment.findings) == [
        (ACCOUNT, WITH_PROXY, EAST, "sip_logs", PASS, None),
        (ACCOUNT, None, None, None, UNKNOWN, f"Not read: {SUBJECT}. Denied."),
    ]
    assert [account["complete"] for account in judgment.accounts] == [True, False]
    assert judgment.accounts[1]["assume_role_arn"] == ROLE
    assert judgment.accounts[1]["reason"] == "Denied."
    assert judgment.complete is False


TROUBLE: list[tuple[Any, str]] = [
    (None, "The task did not return a reason."),
    ({"failed": True, "msg": "No."}, "No."),
    ({"unreachable": True, "msg": "Timed out.", "changed": False}, "Timed out."),
    (
        {"changed": False, "skipped": True, "skip_reason": "Conditional result was False"},
        "Conditional result was False",
    ),
    (
        {"changed": False, "skipped": True, "skipped_reason": "No items in the list", "results": []},
        "No items in the list",
    ),
    ({"failed": False, "failed_when_suppressed_exception": "(traceback unavailable)"}, "(traceback unavailable)"),
    ({"rc": 1, "module_stderr": "Traceback: secret", "msg": "MODULE FAILURE", "failed": True}, "MODULE FAILURE"),
    ({"failed": True, "msg": ["a", {"b": 1}]}, '["a", {"b": 1}]'),
    ({"failed": True, "msg": ""}, "The task did not return a reason."),
    ({"failed": True, "msg": "x" * 5000}, "x" * 2000 + "..."),
    ({"changed": False, "failed": False, "voice_connectors": "x"}, "The task did not return a reason."),
    ([], "The task did not return a reason."),
]


@pytest.mark.parametrize(("trouble", "message"), TROUBLE)
def test_a_task_without_a_result_of_the_module_is_an_unread_account(trouble: Any, message: str) -> None:
    unknown = f"Not read: an unknown account. {message}"
    for results in ([result([CONNECTOR]), trouble], {"results": [trouble]}, [[[trouble]]]):
        assert gaps(results) == [unknown]
    if not isinstance(trouble, list):
        assert gaps(trouble) == [unknown]
    if isinstance(trouble, dict):
        for known in (
            {"assume_role_arn": ROLE},
            {"invocation": {"module_args": {"assume_role_arn": ROLE}}},
            {"item": ROLE},
            {"role": ROLE, "ansible_loop_var": "role"},
        ):
            named = {**trouble, **known}
            given = named if trouble.get("results") == [] else {"results": [result([CONNECTOR]), named]}
            if "results" not in trouble:
                assert gaps(given) == [f"Not read: {SUBJECT}. {message}"]
        assert gaps([{**trouble, "item": "x", "invocation": None}]) == [unknown]


def test_a_loop_that_failed_without_a_failed_item_is_an_unread_account() -> None:
    complete = result([CONNECTOR])
    loop = {"results": [complete], "failed": True, "msg": "No."}
    assert gaps(loop) == ["Not read: an unknown account. No."]
    denied = result(errors=[error(None, None, None, "Denied.")])
    assert gaps({**loop, "results": [complete, denied]}) == [f"Not read: account {ACCOUNT}. Denied."]


def test_an_unreachable_or_skipped_task_is_an_unread_account_whatever_it_contains() -> None:
    for flag in ("unreachable", "skipped"):
        given = result([CONNECTOR], errors=[error(WITH_PROXY, EAST, "tags")], msg="No.", **{flag: True})
        assert gaps(given) == [f"Not read: account {ACCOUNT}. No."]


def test_a_failed_task_with_an_id_is_not_a_voice_connector() -> None:
    failed = {**CONNECTOR, "failed": True, "msg": "No."}
    assert gaps([result([CONNECTOR]), failed]) == ["Not read: an unknown account. No."]
    assert gaps(failed) == ["Not read: an unknown account. No."]


def test_a_failure_that_contains_no_error_is_an_unread_account() -> None:
    why = f"Not read: account {ACCOUNT}. No."
    flags: list[dict[str, Any]] = [
        {"failed": True},
        {"complete": False},
        {"complete": "yes"},
        {"stopped": True},
        {"unreachable": True},
        {"skipped": True},
    ]
    for changes in flags:
        assert gaps(result([CONNECTOR], msg="No.", **changes)) == [why]
    assert gaps(result([CONNECTOR], exception="Trace")) == [f"Not read: account {ACCOUNT}. Trace"]
    for changes in ({"regions": []}, {"regions": None}):
        assert gaps(result([CONNECTOR], **changes)) == [
            f"Not read: account {ACCOUNT}. The result does not contain the Regions that were read."
        ]


def test_a_result_without_the_key_complete_can_be_complete() -> None:
    given = result([CONNECTOR])
    del given["complete"]
    assert judge(given, {"sip_logs": True}, parse_time(NOW)).complete is True


def test_a_result_with_an_error_is_not_complete_whatever_else_it_contains() -> None:
    given = result([CONNECTOR], errors=[error(WITH_PROXY, setting="logging")], failed=False, complete=True)
    judgment = judge(given, {"require_encryption": True}, parse_time(NOW))
    assert [finding["status"] for finding in judgment.findings] == [PASS]
    assert (judgment.complete, judgment.accounts[0]["complete"]) == (False, False)


def test_an_error_that_is_not_valid_does_not_hide_the_errors_after_it() -> None:
    findings = make_findings(result(errors=["x", error(MISSING)]), {"sip_logs": True})
    assert (MISSING, UNKNOWN, "Failed.") in [(f["voice_connector_id"], f["status"], f["reason"]) for f in findings]


BAD_PARTS: list[tuple[dict[str, Any], str]] = [
    ({"voice_connectors": [CONNECTOR, "x"]}, "Item 2 of voice_connectors is not a Voice Connector."),
    ({"voice_connectors": [{"voice_connector_id": 1}]}, "Item 1 of voice_connectors is not a Voice Connector."),
    ({"errors": "x"}, "The value of errors is not valid."),
    ({"errors": ["x", None]}, "An item of errors is not valid."),
    ({"regions": [{"region": EAST, "complete": True}, {}]}, "An item of regions is not valid."),
    ({"regions": [{"region": EAST, "complete": True}, "x"]}, "An item of regions is not valid."),
    ({"selection": "x"}, "The selection is not valid."),
    ({"selection": {"unmatched": "x"}}, "The selection is not valid."),
    ({"selection": {"unmatched": {"names": "x"}}}, "The value of names in the selection is not valid."),
    (
        {"selection": {"unmatched": {"voice_connector_ids": {"x": 1}}}},
        "The value of voice_connector_ids in the selection is not valid.",
    ),
    ({"selection": {"unmatched": {"tags": "x"}}}, "The value of tags in the selection is not valid."),
]


@pytest.mark.parametrize(("changes", "problem"), BAD_PARTS)
def test_an_invalid_part_of_a_result_is_an_unknown_finding_and_the_rest_is_judged(
    changes: dict[str, Any], problem: str
) -> None:
    given = {**result([CONNECTOR], msg="No."), **changes, "failed": False, "complete": True}
    assert f"Not read completely: account {ACCOUNT}. {problem}" in gaps([given])
    valid = [value for value in given["voice_connectors"] if isinstance(value, dict) and value.get("name")]
    assert len([f for f in make_findings(given, {"sip_logs": True}) if f["check"]]) == len(valid)


def test_odd_errors_and_selections_are_unknown() -> None:
    assert gaps(result(errors=[{}])) == [f"Not read: account {ACCOUNT}. The error has no message."]
    assert gaps(result(errors=[{"region": EAST, "message": 1, "voice_connector_id": {}}])) == [
        f"Not read completely: Region {EAST} of account {ACCOUNT}. The error has no message."
    ]
    assert gaps(result(unmatched={"names": [None], "voice_connector_ids": [[1]]})) == [
        f"Not found in account {ACCOUNT}: the Voice Connector [1].",
        f"Not found in account {ACCOUNT}: a Voice Connector with the name null.",
    ]


def test_all_forms_of_input_are_accepted() -> None:
    other = {**CONNECTOR, "voice_connector_id": WITHOUT_PROXY}
    one, two = result([CONNECTOR]), result([other], account_id=OTHER)
    results: Any
    for results in ([one, two], {"results": [one, two]}, [{"results": [one]}, {"results": [two]}], [[one], [[two]]]):
        judgment = judge(results, {"sip_logs": True}, parse_time(NOW))
        assert [(f["account_id"], f["voice_connector_id"]) for f in judgment.findings] == [
            (ACCOUNT, WITH_PROXY),
            (OTHER, WITHOUT_PROXY),
        ]
        assert judgment.complete is True
    for results in ([CONNECTOR, other], [[CONNECTOR], [other]], [CONNECTOR, {"results": [result([other])]}]):
        assert [finding["voice_connector_id"] for finding in make_findings(results, {"sip_logs": True})] == [
            WITH_PROXY,
            WITHOUT_PROXY,
        ]
    assert [
        entry["voice_connectors"] for entry in judge([CONNECTOR, one, other], POLICY, parse_time(NOW)).accounts
    ] == [2, 1]
    assert [finding["status"] for finding in make_findings(CONNECTOR, {"sip_logs": True})] == [PASS]


@pytest.mark.parametrize(
    ("results", "item"),
    [
        ("x", ""),
        (1, ""),
        ({}, ""),
        ({"name": "x"}, ""),
        ([CONNECTOR, "x"], " (item 2)"),
        ([CONNECTOR, {"name": "x"}], " (item 2)"),
        ([result(), {}], " (item 2)"),
        ([{"results": [result(), result(), True]}], " (item 1.3)"),
    ],
)
def test_input_that_is_not_a_result_fails_and_names_the_item(results: Any, item: str) -> None:
    expected = (
        f"The input is neither a result nor a Voice Connector{item}. Pass the result of chime_voice_connector_info."
    )
    with pytest.raises(AuditError, match=f"^{re.escape(expected)}$"):
        make_findings(results, POLICY)


def test_deep_and_endless_input_fails() -> None:
    deep: Any = result()
    for _level in range(10):
        deep = [deep]
    assert [account["complete"] for account in judge(deep, POLICY, parse_time(NOW)).accounts] == [True]
    endless: list[Any] = [result()]
    endless.append(endless)
    for results in ([deep], endless):
        with pytest.raises(AuditError, match=r"^The input has more than 10 levels of lists \(item [0-9.]+\)\.$"):
            make_findings(results, POLICY)


# The same Voice Connector in several results

UNREAD_LOGS = {**CONNECTOR, "logging": {"exists": None}}
FROM_WEST = {**CONNECTOR, "region": WEST, "logging": {"exists": False}}


@pytest.mark.parametrize(
    ("worse", "better", "status"),
    [
        (UNREAD_LOGS, CONNECTOR, PASS),
        (UNREAD_LOGS, FROM_WEST, FAIL),
        (FROM_WEST, CONNECTOR, PASS),
        ({**FROM_WEST, "region": None, "aws_region": None}, CONNECTOR, PASS),
        ({key: value for key, value in CONNECTOR.items() if key != "logging"}, FROM_WEST, FAIL),
    ],
)
def test_the_best_read_of_a_voice_connector_is_judged_once(
    worse: dict[str, Any], better: dict[str, Any], status: str
) -> None:
    for pair in ([worse, better], [better, worse]):
        for results in (
            [result([pair[0]]), result([pair[1]])],
            [result([pair[0]]), result([pair[1]], account_id=None)],
        ):
            judgment = judge(results, {"sip_logs": True}, parse_time(NOW))
            assert [(f["account_id"], f["region"], f["status"]) for f in judgment.findings] == [
                (ACCOUNT, better["region"], status)
            ]
            assert judgment.voice_connectors == [{"account_id": ACCOUNT, **better}]


def test_the_same_id_in_two_accounts_is_judged_twice() -> None:
    results = [result([CONNECTOR]), result([FROM_WEST], account_id=OTHER), result([UNREAD_LOGS], account_id=None)]
    assert [(f["account_id"], f["status"]) for f in make_findings(results, {"sip_logs": True})] == [
        (ACCOUNT, PASS),
        (OTHER, FAIL),
        (None, UNKNOWN),
    ]


def test_an_error_is_not_judged_if_a_different_result_contains_the_voice_connector() -> None:
    policy = {"sip_logs": True}
    unread = result(errors=[error(WITH_PROXY)], unmatched={"voice_connector_ids": [WITH_PROXY]})
    unmatched = result(unmatched={"voice_connector_ids": [WITH_PROXY]})
    for account in (ACCOUNT, None):
        for other in ({**unread, "account_id": account}, {**unmatched, "account_id": account}):
            judgment = judge([other, result([CONNECTOR])], policy, parse_time(NOW))
            assert [finding["status"] for finding in judgment.findings] == [PASS]
            assert judgment.complete is False
    for other, check in ((unread, "sip_logs"), (unmatched, None)):
        findings = make_findings([result([CONNECTOR]), {**other, "account_id": OTHER}], policy)
        assert [(f["account_id"], f["check"], f["status"]) for f in findings] == [
            (ACCOUNT, "sip_logs", PASS),
            (OTHER, check, UNKNOWN),
        ]
    assert len(make_findings([unread, unread], policy)) == 1


def selecting(account: str, connectors: list[Any], unmatched: dict[str, Any], **selected: Any) -> dict[str, Any]:
    selection = {"voice_connector_ids": None, "names": None, "tags": None, **selected}
    nothing: dict[str, Any] = {"voice_connector_ids": [], "names": [], "tags": None}
    return {
        **result(connectors),
        "account_id": account,
        "selection": {**selection, "unmatched": {**nothing, **unmatched}},
    }


@pytest.mark.parametrize(
    ("key", "selected", "missing"), [("names", ["reception"], ["reception"]), ("tags", {"a": None}, {"a": None})]
)
def test_a_selection_with_a_match_in_a_different_account_is_found(key: str, selected: Any, missing: Any) -> None:
    here = selecting(ACCOUNT, [{**CONNECTOR, "name": "reception"}], {}, **{key: selected})
    there = selecting(OTHER, [], {key: missing}, **{key: selected})
    judged = judge([here, there], {"sip_logs": True}, datetime.datetime.now())
    assert [finding["status"] for finding in judged.findings] == [PASS]
    assert judged.complete and [account["complete"] for account in judged.accounts] == [True, True]
    nowhere = judge([there, {**there, "account_id": ACCOUNT}], {"sip_logs": True}, datetime.datetime.now())
    assert [(f["account_id"], f["check"], f["status"]) for f in nowhere.findings] == [
        (OTHER, None, UNKNOWN),
        (ACCOUNT, None, UNKNOWN),
    ]
    assert not nowhere.complete
    # A match in an account that was read without a selection does not count.
    unselected = judge([there, selecting(ACCOUNT, [CONNECTOR], {})], {"sip_logs": True}, datetime.datetime.now())
    assert not unselected.complete and [f["check"] for f in unselected.findings] == ["sip_logs", None]


def test_a_module_result_can_be_checked(emulator: Emulator) -> None:
    def read(**options: Any) -> dict[str, Any]:
        return run_main("chime_voice_connector_info", {**connection_to(emulator), **options})

    policy = {"no_proxy_configuration": True, "required_tags": ["team"]}
    given = read(include=find_includes(policy), include_account_id=True)
    findings = make_findings(given, policy)
    assert [(f["voice_connector_id"], f["check"], f["status"]) for f in findings] == [
        (WITH_PROXY, "no_proxy_configuration", FAIL),
        (WITH_PROXY, "required_tags", PASS),
        (WITHOUT_PROXY, "no_proxy_configuration", PASS),
        (WITHOUT_PROXY, "required_tags", FAIL),
    ]
    failure = read(include=["proxy"], voice_connector_ids=[MISSING])
    (finding,) = make_findings(failure, {"no_proxy_configuration": True})
    assert (finding["voice_connector_id"], finding["status"]) == (MISSING, UNKNOWN)
    assert MISSING in finding["reason"]


# Exceptions


def exception(**changes: Any) -> dict[str, Any]:
    """Return a policy exception for the check that fails in judge_exceptions()."""
    selector = {} if {"names", "tags", "voice_connector_ids"} & set(changes) else {"names": ["reception"]}
    return {"check": "sip_logs", "reason": "The carrier is moving.", **selector, **changes}


def judge_exceptions(*exceptions: Any, now: str = NOW, **changes: Any) -> Judgment:
    failing = connector(logging={"enable_sip_logs": False}, **changes)
    policy = {"sip_logs": True, "media_metric_logs": True, "exceptions": list(exceptions)}
    return judge(result([failing]), policy, parse_time(now))


@pytest.mark.parametrize(
    ("selector", "applies"),
    [
        ({"names": ["x", "reception"]}, True),
        ({"names": ["Reception"]}, False),
        ({"voice_connector_ids": [WITH_PROXY]}, True),
        ({"voice_connector_ids": [WITHOUT_PROXY, "reception"]}, False),
        ({"tags": {"stage": "prod"}}, True),
        ({"tags": {"stage": None, "team": "voice"}}, True),
        ({"tags": {"stage": "prod", "team": "x"}}, False),
        ({"tags": {"owner": None}}, False),
        ({"names": ["reception"], "account_ids": [OTHER, ACCOUNT]}, True),
        ({"names": ["reception"], "account_ids": [OTHER]}, False),
    ],
)
def test_an_exception_applies_to_what_it_selects(selector: dict[str, Any], applies: bool) -> None:
    given = exception(**selector)
    judgment = judge_exceptions(given)
    logs, media = judgment.findings
    assert (logs["reason"], logs["actual"]) == ("SIP logs are not enabled.", False)
    assert logs["status"] == (EXCEPTED if applies else FAIL)
    assert logs["exception"] == ({"reason": given["reason"], "until": None, "expired": False} if applies else None)
    assert (media["status"], media["exception"]) == (FAIL, None)
    assert judgment.unused_exceptions == ([] if applies else [given])


def test_only_a_failure_is_excepted() -> None:
    for changes, status in (({}, PASS), ({"logging": {"exists": None}}, UNKNOWN)):
        policy = {"sip_logs": True, "exceptions": [exception()]}
        judgment = judge(result([connector(**changes)]), policy, parse_time(NOW))
        assert [(f["status"], f["exception"]) for f in judgment.findings] == [(status, None)]
        assert judgment.unused_exceptions == []
    unread = judge(
        result(errors=[error(MISSING)]),
        {"sip_logs": True, "exceptions": [exception(voice_connector_ids=[MISSING])]},
        parse_time(NOW),
    )
    assert ([f["status"] for f in unread.findings], unread.unused_exceptions) == ([UNKNOWN], [])


def test_unknown_tags_and_an_unknown_account_are_not_selected() -> None:
    by_tags = exception(tags={"stage": "prod"})
    assert judge_exceptions(by_tags, tags=None).unused_exceptions == [by_tags]
    by_account = exception(account_ids=[ACCOUNT])
    failing = connector(logging={"enable_sip_logs": False})
    (finding,) = make_findings([failing], {"sip_logs": True, "exceptions": [by_account]})
    assert finding["status"] == FAIL


@pytest.mark.parametrize(
    "until",
    [
        "2026-11-23",
        datetime.date(2026, 11, 23),
        datetime.datetime(2026, 11, 23, 1),
        "2026-11-23T23:00:00Z",
        "2026-11-24T01:00:00+02:00",
        datetime.datetime(2026, 11, 24, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
    ],
)
def test_an_exception_includes_its_last_day_and_then_fails(until: Any) -> None:
    for now, status, expired, reason in (
        ("2026-11-23T23:59:59+00:00", EXCEPTED, False, "SIP logs are not enabled."),
        ("2026-11-24T00:59:59+01:00", EXCEPTED, False, "SIP logs are not enabled."),
        (
            "2026-11-24T00:00:00+00:00",
            FAIL,
            True,
            "SIP logs are not enabled. The exception expired on 2026-11-23.",
        ),
    ):
        judgment = judge_exceptions(exception(until=until), now=now)
        logs = judgment.findings[0]
        assert (logs["status"], logs["reason"]) == (status, reason)
        assert logs["fix"] == ({"logging": {"enable_sip_logs": True}} if status == FAIL else None)
        assert logs["exception"] == {"reason": "The carrier is moving.", "until": "2026-11-23", "expired": expired}
        assert judgment.unused_exceptions == []
        assert judgment.policy["exceptions"][0]["until"] == "2026-11-23"


def test_a_valid_exception_is_preferred_to_an_expired_one() -> None:
    expired, valid = exception(until="2026-01-01"), exception(until="2026-12-31", reason="New.")
    for exceptions in ((expired, valid), (valid, expired)):
        judgment = judge_exceptions(*exceptions)
        assert judgment.findings[0]["status"] == EXCEPTED
        assert judgment.findings[0]["exception"]["reason"] == "New."
        assert judgment.unused_exceptions == []


@pytest.mark.parametrize("until", ["2026-12-31", "2026-01-01"])
def test_the_first_of_several_exceptions_is_in_the_finding(until: str) -> None:
    judgment = judge_exceptions(exception(until=until), exception(until=until, reason="New."))
    assert judgment.findings[0]["exception"]["reason"] == "The carrier is moving."


# The policy


LISTS = (
    ("termination_cidrs_within", "CIDR blocks"),
    ("termination_calling_regions_within", "country codes"),
    ("origination_protocols", "protocols"),
    ("required_tags", "tag keys"),
)
BAD_VALUES: list[tuple[str, Any, str]] = [
    *(
        ("termination_min_prefix_length", value, f"must be a whole number from 1 to 32, without a slash, not {shown}.")
        for value, shown in ((0, "0"), (33, "33"), ("/24", '"/24"'), (True, "true"), (24.0, "24.0"), (None, "null"))
    ),
    *(
        ("termination_max_cps", value, f"must be a whole number of calls, 1 or more, not {shown}.")
        for value, shown in ((0, "0"), (10**13, str(10**13)), ("1", '"1"'))
    ),
    *(
        ("allowed_tag_values", value, f"must be a dictionary of tag keys and lists of values, not {shown}.")
        for value, shown in (({}, "{}"), (["a"], '["a"]'), ({1: ["a"]}, '{"1": ["a"]}'), ({"": ["a"]}, '{"": ["a"]}'))
    ),
    ("emergency_calling", "yes", 'must be true or false, not "yes".'),
    *(
        (name, value, f"must be true or false, not {shown}.")
        for name in ("require_encryption", "sip_logs", "media_metric_logs", "termination_credentials")
        for value, shown in (("yes", '"yes"'), (1, "1"), (None, "null"), ([True], "[true]"))
    ),
    *(
        (
            "no_proxy_configuration",
            value,
            f"must be true, or removed to skip the check, not {shown}.",
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
    for call in (lambda policy: make_findings([], policy), find_includes, parse_policy):
        with pytest.raises(AuditError) as raised:
            call({"require_encryption": True, name: value})
        message = str(raised.value)
        assert message.startswith(f"The policy key {name} ")
        assert problem.replace("\n", "\\n") in message
        assert message.endswith(".")


def test_every_policy_key_is_tested_with_bad_values() -> None:
    assert {name for name, _value, _problem in BAD_VALUES} == set(CHECKS)


def test_an_unknown_policy_key_fails_and_suggests_a_valid_one() -> None:
    for name, nearest in (
        ("sip_log", "sip_logs"),
        ("termination_cidr_within", "termination_cidrs_within"),
        ("exception", "exceptions"),
    ):
        with pytest.raises(AuditError, match=f"^The policy key {name} does not exist\\. Use {nearest}\\.$"):
            make_findings([], {"sip_logs": True, name: True})
    for other in ("x", True, ("a",)):
        with pytest.raises(
            AuditError, match=r"^The policy key .* does not exist\. Use one of require_.*, exceptions\.$"
        ):
            make_findings([], {other: True})


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        ({}, "is empty"),
        ("{}", "is empty"),
        (None, "is not a dictionary"),
        ([], "is not a dictionary"),
        (1, "is not a dictionary"),
        ("", "is not a dictionary"),
        ("- sip_logs", "is not a dictionary"),
        ({"exceptions": []}, "has no checks"),
    ],
)
def test_a_policy_without_checks_fails(policy: Any, problem: str) -> None:
    expected = f"The policy {problem}. Set at least one of {', '.join(CHECKS)}."
    with pytest.raises(AuditError, match=f"^{re.escape(expected)}$"):
        make_findings([], policy)


def test_a_policy_under_the_name_of_its_variable_fails_and_names_the_fix() -> None:
    policies: list[Any] = [{"voice_audit_policy": {"sip_logs": True}}, "voice_audit_policy:\n  sip_logs: true\n"]
    for policy in policies:
        with pytest.raises(AuditError) as raised:
            parse_policy(policy)
        assert str(raised.value) == (
            "Checks such as sip_logs must be top-level keys of the policy. "
            'Remove the key "voice_audit_policy", and move its contents up one level.'
        )


def test_a_bad_list_of_tag_values_fails_and_names_the_tag() -> None:
    for values, shown in (("prod", '"prod"'), ([], "[]"), ([1], "[1]"), (None, "null"), ([True, "x"], '[true, "x"]')):
        with pytest.raises(AuditError) as raised:
            parse_policy({"allowed_tag_values": {"team": ["x"], "stage": values}})
        assert str(raised.value) == (
            "The policy key allowed_tag_values.stage must be a non-empty list of values, each a string in quotes, "
            f"not {shown}."
        )


WHERE = "The policy key exceptions (item 2)"
IN = "In the policy key exceptions (item 2), "
BAD_DATES: list[Any] = ["soon", 1, True, "2026-02-30", "2026-11-23T08:00:00", []]
BAD_DATES.append(datetime.datetime.min.replace(tzinfo=EARLY))
BAD_EXCEPTIONS: list[tuple[Any, str]] = [
    ("x", f'{WHERE} must be a dictionary, not "x".'),
    ({**exception(), "untill": 1}, f"{IN}the key untill does not exist. Use until."),
    ({**exception(), 5: 1}, f"{IN}the key 5 does not exist. Use one of check, voice_connector_ids, names, tags, "),
    *(
        (exception(check=check), f"{IN}the check {problem}")
        for check, problem in (
            ("sip_log", "sip_log does not exist. Use sip_logs."),
            (None, "null does not exist. Use one of require_encryption, "),
            (["sip_logs"], '["sip_logs"] does not exist. Use sip_logs.'),
            ("require_encryption", "require_encryption is not in the policy. Add the check, or remove the exception."),
        )
    ),
    (exception(names=["a"], tags={"a": "b"}), f"{IN}set exactly one of voice_connector_ids, names, tags."),
    ({"check": "sip_logs", "reason": "x"}, f"{IN}set exactly one of voice_connector_ids, names, tags."),
    *(
        (exception(**{name: value}), f"{WHERE}.{name} must be {problem}")
        for name, value, problem in (
            ("names", [], "a non-empty list of names, not []."),
            ("names", None, "a non-empty list of names, not null."),
            ("names", [1], "a list of names, each a string in quotes, not [1]."),
            ("voice_connector_ids", "x", 'a non-empty list of IDs, not "x".'),
            ("account_ids", [1111], "a list of account IDs, each a string in quotes, not [1111]."),
            ("account_ids", ["1111"], 'a list of account IDs, each with 12 digits in quotes, not "1111".'),
            ("account_ids", None, "a non-empty list of account IDs, not null."),
            ("tags", {}, "a dictionary of tags, not {}."),
            ("tags", ["a"], 'a dictionary of tags, not ["a"].'),
            ("tags", {1: "a"}, 'a dictionary of tags, not {"1": "a"}.'),
            ("tags", {"a": 1}, "a dictionary of tags, each value a string in quotes, or null for "),
        )
    ),
    *(
        (exception(reason=reason), f"{WHERE}.reason must be a string that is not empty, not {shown}.")
        for reason, shown in (("", '""'), (" \n", '" \\n"'), (None, "null"), (1, "1"))
    ),
    *(
        (
            exception(until=until),
            f"{WHERE}.until must be a date such as 2026-12-31, not {json.dumps(until, default=str)}.",
        )
        for until in BAD_DATES
    ),
]


@pytest.mark.parametrize(("given", "problem"), BAD_EXCEPTIONS)
def test_a_bad_exception_fails_and_names_the_item(given: Any, problem: str) -> None:
    for call in (lambda policy: make_findings([], policy), find_includes, parse_policy):
        with pytest.raises(AuditError) as raised:
            call({"sip_logs": True, "exceptions": [exception(), given]})
        assert str(raised.value).startswith(problem)
        assert str(raised.value).endswith(".")


def test_exceptions_that_are_not_a_list_fail() -> None:
    for value, shown in ((None, "null"), (exception(), '{"check": ')):
        with pytest.raises(AuditError, match=f"^The policy key exceptions must be a list, not {re.escape(shown)}"):
            parse_policy({"sip_logs": True, "exceptions": value})


# The policy as a string

TEXT = """
sip_logs: true
allowed_tag_values:
  stage: [prod]
exceptions:
  - check: sip_logs
    names: [reception]
    reason: The carrier is moving.
    until: 2026-12-31
"""


@pytest.mark.parametrize("tag", ["\U00020bb7", "\U0001f4de", "\x7f", "a\tb", "k" * 1100])
def test_a_json_string_means_the_same_as_the_dictionary(tag: str) -> None:
    policy = {"allowed_tag_values": {tag: ["x"]}}
    assert parse_policy(json.dumps(policy)) == parse_policy(json.dumps(policy, ensure_ascii=False)) == policy


def test_a_policy_can_be_a_yaml_or_json_string() -> None:
    expected = {
        "sip_logs": True,
        "allowed_tag_values": {"stage": ["prod"]},
        "exceptions": [exception(until="2026-12-31")],
    }
    for text in (TEXT, json.dumps(expected), json.dumps(expected, indent="\t"), f"---{TEXT}", f"\ufeff{TEXT}"):
        assert parse_policy(text) == expected
        assert [f["status"] for f in make_findings(result([CONNECTOR]), text)] == [PASS, PASS]
    assert parse_policy(expected) == judge([], TEXT, parse_time(NOW)).policy == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sip_logs: true\nsip_logs: false", "line 2: the key sip_logs is set twice."),
        ('{"sip_logs": true,\n"sip_logs": true}', "line 2: the key sip_logs is set twice."),
        ("a: &a [x]\nb: *a", "line 2: aliases are not supported; write the value out."),
        ("a: &a [*a]", "line 1: aliases are not supported; write the value out."),
        ("sip_logs: true\n  x: y", "line 2: mapping values are not allowed here."),
        ('{"sip_logs": true', "line 1: expected ',' or '}', but got '<stream end>'."),
        ("a: 1\nb: !!python/object:x {}", "line 2: could not determine a constructor for the tag "),
        ("a: 1\nb: 2026-02-30", "line 2: the value is not valid."),
        ("a: !!bool x", "line 1: the value is not valid."),
        ("a: !!timestamp x", "line 1: the value is not valid."),
        ("a: !!map [b]", "line 1: expected a mapping node, but found sequence."),
        ("a: !!set x", "line 1: expected a mapping node, but found scalar."),
        (f"a: {'9' * 5000}", "line 1: the value is not valid."),
        (f"a: {':'.join('1' * 250)}.0", "line 1: the value is not valid."),
        ("? [a]\n: b", "line 1: found unhashable key."),
        ("a: 1\n---\nb: 1", "line 2: but found another document."),
        ("a: 1\nb: \x00", "line 2: a character is not allowed."),
        ("\na: \x00", "line 2: a character is not allowed."),
        ("a: %", "line 1: found character '%' that cannot start any token."),
        ("[" * 10_000, "it is nested too deeply."),
    ],
)
def test_a_policy_that_is_not_valid_yaml_fails_and_names_the_line(text: str, problem: str) -> None:
    with pytest.raises(AuditError) as raised:
        parse_policy(text)
    assert str(raised.value).startswith(f"The policy is not valid YAML or JSON: {problem}")


def test_a_long_policy_string_fails() -> None:
    with pytest.raises(AuditError, match=r"^The policy is longer than 1000000 characters\.$"):
        parse_policy("sip_logs: true".ljust(1_000_001))


def test_a_message_shows_only_the_start_of_a_value() -> None:
    endless: list[Any] = []
    endless.append(endless)
    deep: Any = []
    for _level in range(100_000):
        deep = [deep]
    for value in (endless, deep, ["x" * 10**6], ["x"] * 10**6, 10**5000, {"x": 10**5000}, {("a",): 1}, "x" * 10**6):
        for policy in ({"sip_logs": value}, {"x" * 10**6: value}, {"termination_cidrs_within": value}):
            with pytest.raises(AuditError) as raised:
                parse_policy(policy)
            assert len(str(raised.value)) < 2000


# Includes


def test_the_includes_for_a_policy_are_sorted_and_unique() -> None:
    assert find_includes({"require_encryption": True}) == []
    assert find_includes({"sip_logs": True, "media_metric_logs": True}) == ["logging"]
    assert find_includes(dict(reversed(list(POLICY.items())))) == sorted([*SETTINGS, "tags"])
    assert find_includes("sip_logs: true") == ["logging"]


def test_an_exception_by_tags_needs_the_tags() -> None:
    by_tags = {"check": "sip_logs", "tags": {"stage": "test"}, "reason": "x"}
    by_name = {"check": "sip_logs", "names": ["reception"], "reason": "x"}
    assert find_includes({"sip_logs": True, "exceptions": [by_name]}) == ["logging"]
    assert find_includes({"sip_logs": True, "exceptions": [by_name, by_tags]}) == ["logging", "tags"]


# Values of any type

ODD: list[Any] = [None, True, 0, -1, 10**5000, float("nan"), "", "x", EAST, WITH_PROXY, [], {}, [[]], {"exists": True}]
ODD += [{"x": [None]}, [{}], ["x", 1], {1: 2}, datetime.date(2026, 1, 1), {"exists": None}, "x" * 10**5]


def spoil(value: Any, choose: random.Random) -> Any:
    """Return a copy of *value* with random parts removed, added, or replaced."""
    if choose.random() < 0.02:
        return choose.choice(ODD)
    if isinstance(value, dict):
        spoiled = {key: spoil(inner, choose) for key, inner in value.items() if choose.random() > 0.01}
        return {**spoiled, "failed": choose.choice(ODD)} if choose.random() < 0.02 else spoiled
    if isinstance(value, list):
        return [spoil(item, choose) for item in value] + [choose.choice(ODD)] * (choose.random() < 0.02)
    return value


@pytest.mark.no_cover
def test_no_odd_value_causes_a_traceback_or_an_audit_that_passes() -> None:
    choose = random.Random(20)
    failing = connector(voice_connector_id=WITHOUT_PROXY, require_encryption=False)
    good: Any = [
        result([CONNECTOR, failing], errors=[error(MISSING), error(WITH_PROXY, EAST, "logging")]),
        {"results": [result([{**CONNECTOR, "voice_connector_id": "x"}], account_id=OTHER, assume_role_arn=ROLE)]},
    ]
    outcomes = set()
    for _round in range(400):
        given = spoil(good, choose)
        try:
            judgment = judge(given, POLICY, parse_time(NOW))
        except AuditError:
            outcomes.add("error")
            continue
        statuses = {finding["status"] for finding in judgment.findings}
        # The error for MISSING leads to a finding with the status UNKNOWN, even if spoil() changed the error.
        assert UNKNOWN in statuses or given == []
        assert judgment.complete is False
        json.dumps([judgment.findings, judgment.accounts])
        outcomes |= statuses
    assert outcomes == {"error", PASS, FAIL, UNKNOWN, NOT_APPLICABLE}


@pytest.mark.no_cover
def test_an_odd_value_in_one_result_never_makes_the_audit_compliant() -> None:
    choose = random.Random(21)
    policy = {"require_encryption": True, "sip_logs": True, "termination_max_cps": 5, "required_tags": ["team"]}
    bad = connector(
        require_encryption=False, logging={"enable_sip_logs": False}, termination={"cps_limit": 6}, tags={"x": "y"}
    )
    for _round in range(1500):
        given = spoil(result([bad]), choose)
        try:
            judgment = judge(given, policy, parse_time(NOW))
        except AuditError:
            continue
        statuses = {finding["status"] for finding in judgment.findings}
        assert statuses & {FAIL, UNKNOWN} or given == [] or given["voice_connectors"] == []


# Performance


@pytest.mark.no_cover
@pytest.mark.one_sdk
def test_5000_voice_connectors_are_judged_in_two_seconds() -> None:
    policy = {
        **POLICY,
        "termination_cidrs_within": [f"10.{n}.0.0/16" for n in range(0, 200, 2)],
        "termination_min_prefix_length": 24,
        "exceptions": [
            {"check": check, "names": [f"trunk-{n}" for n in range(100)], "reason": "x", "until": "2027-01-01"}
            for check in POLICY
        ],
    }
    connectors = [
        {
            **connector(**cidrs(f"10.{n % 100 * 2}.{n // 100}.0/28", f"10.{n % 100 * 2}.{n // 100}.16/28")),
            "voice_connector_id": f"{n:022}",
            "name": f"trunk-{n}",
        }
        for n in range(5000)
    ]
    results = {"results": [result(connectors[n::10], account_id=f"{n:012}") for n in range(10)]}
    start = time.process_time()
    findings = make_findings(results, policy, NOW)
    elapsed = time.process_time() - start
    assert len(findings) == 5000 * len(POLICY)
    assert {finding["status"] for finding in findings} == {PASS}
    assert elapsed < 2
