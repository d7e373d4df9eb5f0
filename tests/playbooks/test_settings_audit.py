# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the playbook settings_audit with the state from the demo."""

from __future__ import annotations

import csv
import json
import pathlib
import re
from typing import Any

import pytest
import yaml

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.service import MODEL
from ansible_collections.chime_sdk.voice.tests.playbooks.runner import ROOT, PlaybookRunner

STATE = json.loads((ROOT / "tests/demo/state.json").read_text(encoding="utf-8"))
PLAYBOOK = "chime_sdk.voice.settings_audit"
POLICY = {"settings_audit_policy": {"required_tags": ["team"]}}


def read_findings(folder: pathlib.Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    return found


def test_the_playbook_reads_all_regions_and_succeeds_if_the_policy_is_met(runner: PlaybookRunner) -> None:
    # Empty values, as in an AWX survey without input, mean the defaults.
    variables = {"settings_audit_regions": "", "settings_audit_report_dir": ""}
    result = runner.run(PLAYBOOK, {**variables, "settings_audit_policy": {"required_tags": ["team"]}}, "--check")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "7 Voice Connectors, 7 checks: 7 passed, 0 failed, 0 unknown, 0 not applicable" in result.stdout
    folder = runner.folder / "settings-audit"
    assert [path.stat().st_mode & 0o777 for path in (folder, *sorted(folder.iterdir()))] == [0o700, 0o600, 0o600]
    assert {finding["status"] for finding in read_findings(folder)} == {"pass"}
    with (folder / "findings.csv").open(encoding="utf-8-sig", newline="") as table:
        assert len(list(csv.DictReader(table))) == 7
    signed = (
        r["headers"]["authorization"] for r in runner.emulator.requests if r["operation"] == "ListVoiceConnectors"
    )
    regions = {authorization.split("/")[2] for authorization in signed}
    assert regions == set(MODEL.shape_for("VoiceConnectorAwsRegion").enum)
    assert runner.writes() == []


def test_the_playbook_shows_failed_and_unknown_checks_and_then_fails(runner: PlaybookRunner) -> None:
    runner.emulator.faults = [
        Fault(
            "GetVoiceConnectorLoggingConfiguration", request_has="hijklm8nopqr9stuvw0xy1", error="ForbiddenException"
        ),
        Fault("ListVoiceConnectors", request_has="/us-west-2/", error="ForbiddenException"),
    ]
    policy = {"sip_logs": True, "termination_cidrs_within": ["203.0.113.0/24"], "termination_credentials": True}
    folder = runner.folder / "reports"
    variables = {
        "settings_audit_policy": policy,
        "settings_audit_regions": "us-east-1,us-west-2,eu-central-1",
        "settings_audit_report_dir": str(folder),
    }
    result = runner.run(PLAYBOOK, variables, "-vvv")
    assert result.returncode == 2, result.stdout + result.stderr
    printed = " ".join(result.stdout.split())
    assert "Calls are accepted from 198.51.100.0/27." in printed
    assert "unknown: Lager Bremen (hijklm8nopqr9stuvw0xy1, eu-central-1), sip_logs" in printed
    assert "unknown: Not read completely: Region us-west-2. Failed to list the Voice Connectors in us-west-2" in printed
    assert "Some settings do not comply with the policy" in printed
    statuses = {(finding["check"], finding["status"]) for finding in read_findings(folder)}
    assert {("termination_cidrs_within", "fail"), ("sip_logs", "unknown"), (None, "unknown")} <= statuses
    # Neither the output nor the reports contain phone numbers or user names.
    shown = result.stdout + "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
    private = [re.escape(name) for c in STATE["voice_connectors"] for name in c.get("TerminationCredentials", [])]
    assert private and not re.findall("|".join([r"2065550\d{3}", *private]), shown)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "Set settings_audit_policy, for example with -e @policy.yml."),
        ({"settings_audit_policy": {"sip_log": True}}, "The policy key sip_log does not exist. Use sip_logs."),
        ({**POLICY, "settings_audit_region": "us-east-1"}, "This playbook has no variable settings_audit_region."),
    ],
)
def test_a_mistake_in_the_variables_is_shown_before_any_request(
    runner: PlaybookRunner, variables: dict[str, Any], message: str
) -> None:
    result = runner.run(PLAYBOOK, variables)
    assert result.returncode == 2
    assert message in " ".join((result.stdout + result.stderr).split())
    assert "censored" not in result.stdout + result.stderr
    assert runner.emulator.requests == []


def test_the_playbook_lists_all_regions_of_the_service() -> None:
    (play,) = yaml.safe_load((ROOT / "playbooks/settings_audit.yml").read_text(encoding="utf-8"))
    regions = play["vars"]["_settings_audit_regions"]
    assert sorted(regions) == sorted(MODEL.shape_for("VoiceConnectorAwsRegion").enum)
