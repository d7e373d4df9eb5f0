# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook settings_audit, run by ansible-playbook against the emulator with the state of the demo."""

from __future__ import annotations

import csv
import json
import pathlib
import re
from typing import Any

import yaml

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.service import MODEL
from ansible_collections.chime_sdk.voice.tests.playbooks.prompt import ROOT
from ansible_collections.chime_sdk.voice.tests.playbooks.prompt import Prompt

STATE = json.loads((ROOT / "tests/demo/state.json").read_text(encoding="utf-8"))


PLAYBOOK = "chime_sdk.voice.settings_audit"


def findings_in(folder: pathlib.Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    return found


def test_a_policy_that_holds_passes_and_all_regions_are_read(prompt: Prompt) -> None:
    # The values of an empty survey of AWX mean the defaults.
    variables = {"settings_audit_regions": "", "settings_audit_report_dir": ""}
    ran = prompt.run(PLAYBOOK, {**variables, "settings_audit_policy": {"required_tags": ["team"]}}, "--check")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "7 Voice Connectors, 7 checks: 7 passed, 0 failed, 0 unknown, 0 not applicable" in ran.stdout
    folder = prompt.folder / "settings-audit"
    assert [path.stat().st_mode & 0o777 for path in (folder, *sorted(folder.iterdir()))] == [0o700, 0o600, 0o600]
    assert {finding["status"] for finding in findings_in(folder)} == {"pass"}
    with (folder / "findings.csv").open(encoding="utf-8-sig", newline="") as table:
        assert len(list(csv.DictReader(table))) == 7
    signed = (
        r["headers"]["authorization"] for r in prompt.emulator.requests if r["operation"] == "ListVoiceConnectors"
    )
    regions = {authorization.split("/")[2] for authorization in signed}
    assert regions == set(MODEL.shape_for("VoiceConnectorAwsRegion").enum)
    assert prompt.writes() == []


def test_failed_and_unknown_checks_are_shown_and_fail_the_playbook_at_its_end(prompt: Prompt) -> None:
    prompt.emulator.faults = [
        Fault(
            "GetVoiceConnectorLoggingConfiguration", request_has="hijklm8nopqr9stuvw0xy1", error="ForbiddenException"
        ),
        Fault("ListVoiceConnectors", request_has="/us-west-2/", error="ForbiddenException"),
    ]
    policy = {"sip_logs": True, "termination_cidrs_within": ["203.0.113.0/24"], "termination_credentials": True}
    folder = prompt.folder / "reports"
    variables = {
        "settings_audit_policy": policy,
        "settings_audit_regions": "us-east-1,us-west-2,eu-central-1",
        "settings_audit_report_dir": str(folder),
    }
    ran = prompt.run(PLAYBOOK, variables, "-vvv")
    assert ran.returncode == 2, ran.stdout + ran.stderr
    printed = " ".join(ran.stdout.split())
    assert "Calls are accepted from 198.51.100.0/27." in printed
    assert "unknown: Lager Bremen (hijklm8nopqr9stuvw0xy1, eu-central-1), sip_logs" in printed
    assert "unknown: us-west-2: Failed to list the Voice Connectors in us-west-2" in printed
    assert "Some settings do not comply with the policy" in printed
    statuses = {(finding["check"], finding["status"]) for finding in findings_in(folder)}
    assert {("termination_cidrs_within", "fail"), ("sip_logs", "unknown"), (None, "unknown")} <= statuses
    # Phone numbers and user names are in no output and in no report.
    shown = ran.stdout + "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
    private = [re.escape(name) for c in STATE["voice_connectors"] for name in c.get("TerminationCredentials", [])]
    assert private and not re.findall("|".join([r"2065550\d{3}", *private]), shown)


def test_a_missing_policy_is_refused_before_a_request(prompt: Prompt) -> None:
    ran = prompt.run(PLAYBOOK, {})
    assert ran.returncode == 2
    assert "The policy is empty: set at least one of require_encryption" in " ".join((ran.stdout + ran.stderr).split())
    assert prompt.emulator.requests == []


def test_the_regions_of_the_playbook_are_those_of_the_service() -> None:
    (play,) = yaml.safe_load((ROOT / "playbooks/settings_audit.yml").read_text(encoding="utf-8"))
    regions = play["vars"]["_settings_audit_regions"]
    assert sorted(regions) == sorted(MODEL.shape_for("VoiceConnectorAwsRegion").enum)
