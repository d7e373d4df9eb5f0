# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test comparing and changing settings in the form that the service returns."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import SETTINGS
from ansible_collections.chime_sdk.voice.plugins.module_utils._structures import (
    apply_options,
    different_members,
    lost_members,
)

ROUTE = {"Host": "a.example.com", "Port": 5060, "Priority": 1}
TARGETS = "streaming_notification_targets"


@pytest.mark.parametrize(
    ("name", "one", "other", "expected"),
    [
        ("termination", {"Disabled": False, "CallingRegions": []}, {"DefaultPhoneNumber": ""}, set()),
        ("termination", None, {}, {"Termination"}),
        ("logging", None, {"EnableSIPLogs": False}, set()),
        ("logging", {"EnableSIPLogs": True}, None, {"EnableSIPLogs"}),
        ("termination", {"CidrAllowedList": ["2001:DB8::5/32"]}, {"CidrAllowedList": ["2001:db8::/32"]}, set()),
        ("termination", {"CidrAllowedList": ["198.51.100.7"]}, {"CidrAllowedList": ["198.51.100.7/32"]}, set()),
        ("termination", {"CallingRegions": ["US", "us"]}, {"CallingRegions": ["US"]}, set()),
        ("termination", {"CpsLimit": 1, "NewMember": 1}, {"CpsLimit": 1}, {"NewMember"}),
        ("origination", {"Routes": [ROUTE, ROUTE]}, {"Routes": [ROUTE]}, {"Routes"}),
        ("origination", {"Routes": [ROUTE, {}]}, {"Routes": [{}, {**ROUTE, "Host": "A.example.com"}]}, set()),
    ],
)
def test_members_in_different_spellings_are_equal(name: str, one: Any, other: Any, expected: set[str]) -> None:
    assert different_members(SETTINGS[name], one, other) == expected
    assert different_members(SETTINGS[name], other, one) == expected


@pytest.mark.parametrize(
    ("name", "stored", "sent", "expected"),
    [
        ("termination", {"CpsLimit": 1, "Disabled": False}, {"Disabled": False}, set()),
        ("termination", {"DefaultPhoneNumber": "+12065550100"}, {"CpsLimit": None}, {"DefaultPhoneNumber"}),
        ("termination", {"CpsLimit": 2}, {"CpsLimit": 1}, {"CpsLimit"}),
        ("termination", None, {"CpsLimit": 1}, {"CpsLimit"}),
        ("origination", {"Routes": [{**ROUTE, "Weight": 1}]}, {"Routes": [ROUTE]}, set()),
        ("origination", {"Routes": [ROUTE, ROUTE]}, {"Routes": [ROUTE]}, {"Routes"}),
        # The first route in the request matches both stored routes, but the second route in the request matches only
        # ROUTE. So the second route must be matched before the first one.
        (
            "origination",
            {"Routes": [ROUTE, {"Host": "a.example.com"}]},
            {"Routes": [{"Host": "a.example.com"}, ROUTE]},
            set(),
        ),
    ],
)
def test_the_service_may_add_defaults_but_not_change_what_was_sent(
    name: str, stored: Any, sent: Any, expected: set[str]
) -> None:
    assert lost_members(SETTINGS[name], stored, sent) == expected


@pytest.mark.parametrize(
    ("name", "options", "current", "expected"),
    [
        ("termination", {"exists": False}, {"CpsLimit": 1}, None),
        ("termination", {"cps_limit": None}, None, None),
        ("termination", {"exists": True}, None, {}),
        ("termination", {"disabled": False}, None, None),
        (
            "termination",
            {"calling_regions": ["mx", "us"]},
            {"CallingRegions": ["US", "CA"]},
            {"CallingRegions": ["MX", "US"]},
        ),
        ("termination", {"cidr_allowed_list": ["198.51.100.7"]}, {}, {"CidrAllowedList": ["198.51.100.7/32"]}),
        ("termination", {"cps_limit": 2}, {"CpsLimit": 1, "NewMember": 1}, {"CpsLimit": 2, "NewMember": 1}),
        ("origination", {"routes": [{"host": "A.example.com"}]}, {"Routes": [ROUTE]}, {"Routes": [ROUTE]}),
        ("streaming", {TARGETS: []}, {"StreamingNotificationTargets": [{}]}, {"StreamingNotificationTargets": []}),
    ],
)
def test_options_change_the_current_setting(name: str, options: Any, current: Any, expected: Any) -> None:
    assert apply_options(SETTINGS[name], options, current) == expected
