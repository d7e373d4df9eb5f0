# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the filters that judge Voice Connectors. test_findings.py tests the utility that they call."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.chime_sdk.voice.plugins.filter.voice_connector_findings import FilterModule as Findings
from ansible_collections.chime_sdk.voice.plugins.filter.voice_connector_policy_includes import FilterModule as Includes
from ansible_collections.chime_sdk.voice.tests.unit.helpers import WITH_PROXY

make_findings = Findings().filters()["voice_connector_findings"]
list_includes = Includes().filters()["voice_connector_policy_includes"]

HEALTH = {"termination_health_max_age_hours": 1}


def last_seen(time: datetime.datetime) -> list[dict[str, Any]]:
    health = {"exists": True, "timestamp": time.isoformat()}
    return [{"voice_connector_id": WITH_PROXY, "termination": {"exists": True}, "termination_health": health}]


def test_the_filters_return_findings_and_includes() -> None:
    (finding,) = make_findings(
        [{"voice_connector_id": WITH_PROXY, "require_encryption": True}], "require_encryption: true"
    )
    assert (finding["voice_connector_id"], finding["status"]) == (WITH_PROXY, "pass")
    assert list_includes("sip_logs: true") == ["logging"]


def test_the_default_time_is_the_current_time() -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    for hours, status in ((0.5, "pass"), (1.5, "fail")):
        (finding,) = make_findings(last_seen(now - datetime.timedelta(hours=hours)), HEALTH)
        assert finding["status"] == status


def test_the_time_can_be_a_string_or_a_yaml_timestamp() -> None:
    seen = last_seen(datetime.datetime(2026, 11, 23, tzinfo=datetime.timezone.utc))
    for now, status in (
        ("2026-11-23T00:30:00Z", "pass"),
        (datetime.date(2026, 11, 23), "pass"),
        (datetime.datetime(2026, 11, 23, 1, 30), "fail"),
    ):
        (finding,) = make_findings(seen, HEALTH, now)
        assert finding["status"] == status


def test_bad_options_fail_with_the_message_of_the_utility() -> None:
    unknown = "The policy key sip_log does not exist. Use sip_logs."
    calls: list[tuple[Any, list[Any], str]] = [
        (make_findings, [[], {"sip_log": True}], unknown),
        (list_includes, [{"sip_log": True}], unknown),
        (make_findings, ["x", {"sip_logs": True}], "The input is neither a result nor a Voice Connector. "),
        (
            make_findings,
            [[], {"sip_logs": True}, "soon"],
            "The option 'now' must be a time such as 2026-01-02T03:04:05+00:00, not \"soon\".",
        ),
    ]
    for call, values, message in calls:
        with pytest.raises(AnsibleFilterError) as raised:
            call(*values)
        assert str(raised.value).startswith(message)
