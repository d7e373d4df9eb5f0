# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the role proxy_audit and the reporting playbooks, including plays that try to change the audit."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.playbooks.runner import FILES, ROOT, PlaybookRunner

PHONE_NUMBER = "2065550142"
# Voice Connectors in two accounts. The credentials belong to the first account and assume a role in the second.
STATE: dict[str, Any] = {
    "voice_connectors": [
        {
            "VoiceConnectorId": "aaaaaaaaaaaaaaaaaaaaa1",
            # AWS rejects this name, but reports must be safe even if it occurs.
            "Name": '=HYPERLINK("http://voice.invalid";"reception") {{ 7 * 7 }}',
            "Unchecked": True,
            "Tags": {"team": "voice"},
            # The listings in both Regions return this Voice Connector.
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


def read_report(runner: PlaybookRunner) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((runner.folder / "proxy-audit/proxy-audit.json").read_text(encoding="utf-8"))
    return report


def values(records: list[dict[str, Any]], key: str) -> list[Any]:
    return [record[key] for record in records]


def run_with_records(
    runner: PlaybookRunner, playbook: str, variables: dict[str, Any], *arguments: str, **environment: str
) -> tuple[int, str]:
    """Run a playbook with callbacks that write files. Return its exit status and everything printed or written."""
    records = str(runner.folder / "records")
    result = runner.run(
        playbook,
        variables,
        *arguments,
        ANSIBLE_CALLBACKS_ENABLED="ansible.builtin.junit,ansible.builtin.tree",
        JUNIT_OUTPUT_DIR=records,
        ANSIBLE_CALLBACK_TREE_DIR=records,
        **environment,
    )
    recorded = [path.read_text(encoding="utf-8") for path in (runner.folder / "records").iterdir()]
    assert len(recorded) > 1
    return result.returncode, "\n".join([result.stdout, result.stderr, *recorded])


def test_an_incomplete_audit_with_empty_survey_values_is_reported_without_phone_numbers(
    runner: PlaybookRunner,
) -> None:
    runner.emulator.faults = [
        Fault(request_has="/ca-central-1/chime/", error="ForbiddenException"),
        Fault("GetVoiceConnectorProxy", request_has="aaaaaaaaaaaaaaaaaaaaa4", error="BadRequestException"),
    ]
    specification = yaml.safe_load((ROOT / "roles/proxy_audit/meta/argument_specs.yml").read_text(encoding="utf-8"))
    survey = dict.fromkeys(specification["argument_specs"]["main"]["options"], "")
    status, output = run_with_records(runner, AUDIT, {**survey, "proxy_audit_include_tags": True}, "--check", "-vvv")
    assert status == 2
    assert "The audit is incomplete" in output
    assert "chime:ListVoiceConnectors" in output
    assert "aaaaaaaaaaaaaaaaaaaaa4" in output
    assert PHONE_NUMBER not in output

    report = read_report(runner)
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
    folder = runner.folder / "proxy-audit"
    files = [folder / f"proxy-audit.{format_name}" for format_name in ("json", "csv", "html")]
    assert [path.stat().st_mode & 0o777 for path in (folder, *files)] == [0o700, 0o600, 0o600, 0o600]
    assert runner.writes() == []


def test_the_report_on_one_region_shows_voice_connectors_but_no_phone_numbers(runner: PlaybookRunner) -> None:
    status, output = run_with_records(
        runner,
        "chime_sdk.voice.proxy_report",
        {"region": "us-east-1"},
        "-v",
        ANSIBLE_STDOUT_CALLBACK="ansible.builtin.oneline",
    )
    assert status == 0
    assert "aaaaaaaaaaaaaaaaaaaaa1" in output
    assert PHONE_NUMBER not in output


def test_old_reports_in_formats_that_are_no_longer_requested_are_removed(runner: PlaybookRunner) -> None:
    result = runner.run(AUDIT, {"proxy_audit_regions": "us-east-1", "proxy_audit_formats": "json,html"})
    assert result.returncode == 0, result.stdout + result.stderr
    variables = {
        "proxy_audit_show_phone_numbers": "true",
        "proxy_audit_formats": "csv",
        "proxy_audit_regions": "us-east-1",
    }
    result = runner.run(AUDIT, variables)
    assert result.returncode == 0, result.stdout + result.stderr
    (table,) = (runner.folder / "proxy-audit").iterdir()
    assert table.name == "proxy-audit.csv"
    assert f"60,false,'+1{PHONE_NUMBER}," in table.read_text(encoding="utf-8")


def test_one_report_covers_all_accounts_including_a_denied_role_and_a_failed_host(runner: PlaybookRunner) -> None:
    variables = {"proxy_audit_hosts": "voice_accounts", "proxy_audit_regions": "us-east-1,us-west-2"}
    result = runner.run(AUDIT, variables, *ACCOUNTS, "--forks", "4")
    assert result.returncode == 2
    assert "secret-key" not in result.stdout
    report = read_report(runner)
    regions, connectors = report["regions"], report["voice_connectors"]
    assert values(regions, "status") == ["complete"] * 4 + ["skipped"] * 4
    assert values(regions, "host") == [host for host in ("first", "second", "denied", "broken") for _region in range(2)]
    accounts = ["111122223333", "444455556666", "777788889999", None]
    assert values(regions, "account") == [account for account in accounts for _region in range(2)]
    assert "role/denied cannot be assumed" in regions[4]["reason"]
    assert "The host broken failed, so it is not in this audit" in regions[6]["reason"]
    assert set(values(connectors, "account")) == {"111122223333", "444455556666"}
    assert len(connectors) == 5


def test_an_audit_in_batches_reports_all_accounts_in_the_limit(runner: PlaybookRunner) -> None:
    result = runner.run(PLAYS, {}, *ACCOUNTS, "--limit", "first,second", "--tags", "serial")
    assert result.returncode == 0, result.stdout + result.stderr
    report = read_report(runner)
    assert report["complete"]
    assert values(report["regions"], "host") == ["first", "second"]
    assert report["selection"]["regions"] == ["us-east-1"]


def test_a_misspelled_variable_is_rejected_before_any_request(runner: PlaybookRunner) -> None:
    result = runner.run(AUDIT, {"proxy_audit_region": "us-east-1"})
    assert result.returncode == 2
    assert "This playbook has no variable proxy_audit_region." in result.stdout
    assert runner.emulator.requests == []


def test_every_variable_of_the_role_is_accepted() -> None:
    play = yaml.safe_load((ROOT / "playbooks/proxy_audit.yml").read_text(encoding="utf-8"))[0]
    pattern = "".join(re.findall("'([^']*)'", play["tasks"][0]["loop"])[1:])
    specification = yaml.safe_load((ROOT / "roles/proxy_audit/meta/argument_specs.yml").read_text(encoding="utf-8"))
    options = specification["argument_specs"]["main"]["options"]
    assert [name for name in [*options, "proxy_audit_hosts"] if re.search(pattern, name)] == []
    assert all(re.search(pattern, f"{name}x") for name in options)


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [({}, ["--limit", "first"]), ({"proxy_audit_hosts": "nobody"}, [])],
    ids=["limit", "group"],
)
def test_a_limit_or_group_that_leaves_no_account_to_audit_fails(
    runner: PlaybookRunner, variables: dict[str, Any], arguments: list[str]
) -> None:
    result = runner.run(AUDIT, variables, *ACCOUNTS, *arguments)
    assert result.returncode == 2
    assert "No account was audited" in result.stdout


def test_variables_and_module_defaults_in_a_play_do_not_change_the_audit(runner: PlaybookRunner) -> None:
    forged = {"proxy_audit": {"complete": True, "voice_connectors": []}}
    result = runner.run(PLAYS, forged, *ACCOUNTS, "--limit", "first", "--tags", "hostile")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "The extra variable proxy_audit hides the fact" in result.stderr
    report = read_report(runner)
    assert values(report["voice_connectors"], "account") == ["111122223333"] * 4
    assert report["selection"]["names"] is None


@pytest.mark.parametrize(("tag", "status"), [("serial", 2), ("ignore_errors", 0)])
def test_an_extra_variable_with_a_private_name_stops_the_role_even_if_errors_are_ignored(
    runner: PlaybookRunner, tag: str, status: int
) -> None:
    forged = {"_proxy_audit_reads": [], "proxy_audit_report_dir": "forged"}
    result = runner.run(PLAYS, forged, *ACCOUNTS, "--limit", "first", "--tags", tag)
    assert result.returncode == status, result.stdout + result.stderr
    assert "is private to the role proxy_audit" in result.stdout + result.stderr
    assert not (runner.folder / "forged").exists()
    assert not (runner.folder / "proxy-audit").exists()
