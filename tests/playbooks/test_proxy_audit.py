# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role proxy_audit and the playbooks that report, with several accounts and with plays that try to change the audit."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.playbooks.prompt import FILES
from ansible_collections.chime_sdk.voice.tests.playbooks.prompt import ROOT
from ansible_collections.chime_sdk.voice.tests.playbooks.prompt import Prompt

PHONE_NUMBER = "2065550142"
# Voice Connectors of two accounts; the credentials belong to the first, and assume a role in the second.
STATE: dict[str, Any] = {
    "voice_connectors": [
        {
            "VoiceConnectorId": "aaaaaaaaaaaaaaaaaaaaa1",
            # AWS does not accept such a name, but reports must not rely on that.
            "Name": '=HYPERLINK("http://voice.invalid";"reception") {{ 7 * 7 }}',
            "Unchecked": True,
            "Tags": {"team": "voice"},
            # Seen from two Regions, as a listing of all Regions would show it.
            "SeenFrom": ["us-west-2"],
            "Proxy": {
                "DefaultSessionExpiryMinutes": 60,
                "Disabled": False,
                "FallBackPhoneNumber": f"+1{PHONE_NUMBER}",
                "PhoneNumberCountries": ["US", "CA"],
            },
        },
        {
            "VoiceConnectorId": "aaaaaaaaaaaaaaaaaaaaa2",
            "Name": '<script>alert("2")</script>',
            "Unchecked": True,
            "Proxy": {"DefaultSessionExpiryMinutes": 30, "Disabled": True, "PhoneNumberCountries": ["GB"]},
        },
        {"VoiceConnectorId": "aaaaaaaaaaaaaaaaaaaaa3", "Name": "warehouse"},
        {"VoiceConnectorId": "aaaaaaaaaaaaaaaaaaaaa4", "Name": "workshop", "AwsRegion": "us-west-2"},
        {
            "VoiceConnectorId": "bbbbbbbbbbbbbbbbbbbbb1",
            "Account": "444455556666",
            "AwsRegion": "us-west-2",
            "Proxy": {"DefaultSessionExpiryMinutes": 90, "PhoneNumberCountries": ["US"]},
        },
    ],
}
AUDIT = "chime_sdk.voice.proxy_audit"
ACCOUNTS = ("--inventory", str(FILES / "accounts.yml"))
PLAYS = str(FILES / "audits.yml")


def read_report(prompt: Prompt) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((prompt.folder / "proxy-audit/proxy-audit.json").read_text(encoding="utf-8"))
    return report


def values(records: list[dict[str, Any]], key: str) -> list[Any]:
    return [record[key] for record in records]


def run_with_records(
    prompt: Prompt, playbook: str, variables: dict[str, Any], *arguments: str, **environment: str
) -> tuple[int, str]:
    """Run a playbook with callbacks that keep records; return its status, and all that is printed and recorded."""
    records = str(prompt.folder / "records")
    ran = prompt.run(
        playbook,
        variables,
        *arguments,
        ANSIBLE_CALLBACKS_ENABLED="ansible.builtin.junit,ansible.builtin.tree",
        JUNIT_OUTPUT_DIR=records,
        ANSIBLE_CALLBACK_TREE_DIR=records,
        **environment,
    )
    kept = [path.read_text(encoding="utf-8") for path in (prompt.folder / "records").iterdir()]
    assert len(kept) > 1
    return ran.returncode, "\n".join([ran.stdout, ran.stderr, *kept])


def test_an_incomplete_audit_with_the_answers_of_an_empty_survey_is_reported_without_phone_numbers(
    prompt: Prompt,
) -> None:
    prompt.emulator.faults = [
        Fault(request_has="/ca-central-1/chime/", error="ForbiddenException"),
        Fault("GetVoiceConnectorProxy", request_has="aaaaaaaaaaaaaaaaaaaaa4", error="BadRequestException"),
    ]
    specification = yaml.safe_load((ROOT / "roles/proxy_audit/meta/argument_specs.yml").read_text(encoding="utf-8"))
    survey = dict.fromkeys(specification["argument_specs"]["main"]["options"], "")
    status, told = run_with_records(prompt, AUDIT, {**survey, "proxy_audit_include_tags": True}, "--check", "-vvv")
    assert status == 2
    assert "The audit is incomplete" in told
    assert "chime:ListVoiceConnectors" in told
    assert "aaaaaaaaaaaaaaaaaaaaa4" in told
    assert PHONE_NUMBER not in told

    report = read_report(prompt)
    assert report["counts"] == {
        "voice_connectors": 4,
        "with_proxy": 2,
        "disabled": 1,
        "without_proxy": 1,
        "unreadable": 1,
        "regions": 10,
        "partial": 1,
        "skipped": 1,
    }
    assert values(report["regions"], "status") == ["complete", "partial", "skipped"] + ["complete"] * 7
    connectors = report["voice_connectors"]
    assert sorted(values(connectors, "voice_connector_id")) == [
        f"aaaaaaaaaaaaaaaaaaaaa{number}" for number in range(1, 5)
    ]
    assert connectors[0]["tags"] == {"team": "voice"}
    assert connectors[0]["name"] == STATE["voice_connectors"][0]["Name"]
    assert "**42" in connectors[0]["fall_back_phone_number"]
    folder = prompt.folder / "proxy-audit"
    files = [folder / f"proxy-audit.{format_name}" for format_name in ("json", "csv", "html")]
    assert [path.stat().st_mode & 0o777 for path in (folder, *files)] == [0o700, 0o600, 0o600, 0o600]
    assert prompt.writes() == []


def test_the_report_of_one_region_shows_what_is_left_and_no_phone_number(prompt: Prompt) -> None:
    status, told = run_with_records(
        prompt,
        "chime_sdk.voice.proxy_report",
        {"region": "us-east-1"},
        "-v",
        ANSIBLE_STDOUT_CALLBACK="ansible.builtin.oneline",
    )
    assert status == 0
    assert "aaaaaaaaaaaaaaaaaaaaa1" in told
    assert PHONE_NUMBER not in told


def test_reports_of_formats_that_are_no_longer_asked_for_are_removed(prompt: Prompt) -> None:
    ran = prompt.run(AUDIT, {"proxy_audit_regions": "us-east-1", "proxy_audit_formats": "json,html"})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    variables = {
        "proxy_audit_show_phone_numbers": "true",
        "proxy_audit_formats": "csv",
        "proxy_audit_regions": "us-east-1",
    }
    ran = prompt.run(AUDIT, variables)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (table,) = (prompt.folder / "proxy-audit").iterdir()
    assert table.name == "proxy-audit.csv"
    assert f"60,false,'+1{PHONE_NUMBER}," in table.read_text(encoding="utf-8")


def test_one_report_has_all_accounts_also_one_that_cannot_be_entered_and_one_that_fails(prompt: Prompt) -> None:
    variables = {"proxy_audit_hosts": "voice_accounts", "proxy_audit_regions": "us-east-1,us-west-2"}
    ran = prompt.run(AUDIT, variables, *ACCOUNTS, "--forks", "4")
    assert ran.returncode == 2
    assert "secret-key" not in ran.stdout
    report = read_report(prompt)
    regions, connectors = report["regions"], report["voice_connectors"]
    assert values(regions, "status") == ["complete"] * 4 + ["skipped"] * 4
    assert values(regions, "host") == [host for host in ("first", "second", "denied", "broken") for _region in range(2)]
    accounts = ["111122223333", "444455556666", "777788889999", None]
    assert values(regions, "account") == [account for account in accounts for _region in range(2)]
    assert "role/denied cannot be assumed" in regions[4]["reason"]
    assert "The host broken failed, so it is not in this audit" in regions[6]["reason"]
    assert set(values(connectors, "account")) == {"111122223333", "444455556666"}
    assert len(connectors) == 5


def test_an_audit_in_batches_under_a_limit_reports_the_accounts_of_the_limit(prompt: Prompt) -> None:
    ran = prompt.run(PLAYS, {}, *ACCOUNTS, "--limit", "first,second", "--tags", "serial")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    report = read_report(prompt)
    assert report["complete"]
    assert values(report["regions"], "host") == ["first", "second"]
    assert report["selection"]["regions"] == ["us-east-1"]


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [({}, ["--limit", "first"]), ({"proxy_audit_hosts": "nobody"}, [])],
    ids=["limit", "group"],
)
def test_a_limit_or_a_group_that_leaves_nothing_to_audit_fails(
    prompt: Prompt, variables: dict[str, Any], arguments: list[str]
) -> None:
    ran = prompt.run(AUDIT, variables, *ACCOUNTS, *arguments)
    assert ran.returncode == 2
    assert "No account was audited" in ran.stdout


def test_variables_and_defaults_of_a_play_do_not_change_the_audit(prompt: Prompt) -> None:
    forged = {"proxy_audit": {"complete": True, "voice_connectors": []}}
    ran = prompt.run(PLAYS, forged, *ACCOUNTS, "--limit", "first", "--tags", "hostile")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "The extra variable proxy_audit hides the fact" in ran.stderr
    report = read_report(prompt)
    assert values(report["voice_connectors"], "account") == ["111122223333"] * 4
    assert report["selection"]["names"] is None


@pytest.mark.parametrize(("tag", "status"), [("serial", 2), ("ignoring", 0)])
def test_an_extra_variable_that_is_private_to_the_role_stops_it_also_where_errors_are_ignored(
    prompt: Prompt, tag: str, status: int
) -> None:
    forged = {"_proxy_audit_reads": [], "proxy_audit_report_dir": "forged"}
    ran = prompt.run(PLAYS, forged, *ACCOUNTS, "--limit", "first", "--tags", tag)
    assert ran.returncode == status, ran.stdout + ran.stderr
    assert "is private to the role proxy_audit" in ran.stdout + ran.stderr
    assert not (prompt.folder / "forged").exists()
    assert not (prompt.folder / "proxy-audit").exists()
