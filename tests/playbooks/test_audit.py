# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the playbook audit, including variables, inventories, and options that could hide a problem from its report."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest
import yaml

from ansible_collections.chime_sdk.voice.plugins.plugin_utils._policy import CHECKS
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.playbooks.runner import ROOT, PlaybookRunner

HERE, THERE = "111122223333", "444455556666"
ROLES = [f"arn:aws:iam::{account}:role/voice-audit" for account in (HERE, THERE)]
DENIED = f"arn:aws:iam::{THERE}:role/denied"
EAST, WEST = "us-east-1", "us-west-2"
AUDIT = "chime_sdk.voice.audit"
PLAYBOOK = (ROOT / "playbooks/audit.yml").read_text(encoding="utf-8")
LOGS = {"LoggingConfiguration": {"EnableSIPLogs": True}}
POLICY = {"sip_logs": True}

STATE: dict[str, Any] = {
    "voice_connectors": [
        {"VoiceConnectorId": "abcdef1ghij2klmno3pqr4", "Name": "reception", **LOGS},
        {
            "VoiceConnectorId": "bcdefg2hijk3lmnop4qrs5",
            "Name": "1E+5 \U0001f4de \u202ewarehouse",
            "AwsRegion": WEST,
            "Unchecked": True,
        },
        {"VoiceConnectorId": "cdefgh3ijkl4mnopq5rst6", "Name": "support", "Account": THERE, **LOGS},
    ],
}


def audit(runner: PlaybookRunner, *arguments: str, **variables: Any) -> tuple[int, str]:
    """Run the playbook, and return its status and output. The names of *variables* omit the prefix ``voice_audit_``."""
    result = runner.run(AUDIT, {f"voice_audit_{name}": value for name, value in variables.items()}, *arguments)
    return result.returncode, result.stdout + result.stderr


def audits(
    runner: PlaybookRunner, variables: list[dict[str, Any]], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run the playbook once for each item of *variables*, all in one run of Ansible.

    The names of the variables omit the prefix ``voice_audit_``.
    """
    site = [
        {"ansible.builtin.import_playbook": AUDIT, "vars": {f"voice_audit_{name}": v for name, v in item.items()}}
        for item in variables
    ]
    (runner.folder / "site.yml").write_text(json.dumps(site), encoding="utf-8")
    return runner.run("site.yml", {}, *arguments)


def report(runner: PlaybookRunner, folder: str = "voice-audit") -> dict[str, Any]:
    document: dict[str, Any] = json.loads((runner.folder / folder / "voice-audit.json").read_text(encoding="utf-8"))
    return document


def inventory(runner: PlaybookRunner, hosts: dict[str, Any], **variables: Any) -> tuple[str, str]:
    """Write an inventory, and return the arguments that use it."""
    (runner.folder / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}), encoding="utf-8")
    return "--inventory", "hosts.yml"


def found(document: dict[str, Any]) -> list[tuple[Any, Any, str]]:
    return [(f["account_id"], f["name"], f["status"]) for f in document["findings"]]


def test_all_accounts_and_regions_are_judged_and_the_next_report_says_what_was_fixed(runner: PlaybookRunner) -> None:
    status, output = audit(runner, policy=POLICY, assume_role_arns=ROLES, formats="json, junit")
    assert status == 2
    verdict = "1 of 3 Voice Connectors in 2 accounts violates the policy"
    first = report(runner)
    assert (first["verdict"], first["outcome"], first["complete"]) == (verdict, "violated", True)
    assert output.count(verdict) >= 1 and "PLAY RECAP" in output
    assert len(output.splitlines()) < 60
    assert [account["account_id"] for account in first["accounts"]] == [HERE, THERE]
    assert sorted(path.name for path in (runner.folder / "voice-audit").iterdir()) == [
        "voice-audit.json",
        "voice-audit.xml",
    ]
    connectors = runner.emulator.voice._connectors[HERE, WEST]
    connectors["bcdefg2hijk3lmnop4qrs5"]["settings"].update(LOGS)
    status, output = audit(runner, "--check", policy=json.dumps(POLICY), assume_role_arns="\n".join(ROLES))
    assert status == 0, output
    second = report(runner)
    assert (second["outcome"], second["previous_created"]) == ("compliant", first["created"])
    assert [finding["voice_connector_id"] for finding in second["fixed"]] == ["bcdefg2hijk3lmnop4qrs5"]
    assert "0 new and 1 fixed" in output
    assert not (runner.folder / "voice-audit/voice-audit.xml").exists()


def test_hosts_with_different_regions_are_all_read(runner: PlaybookRunner) -> None:
    hosts = {
        "one": {"voice_audit_regions": [EAST], "voice_audit_assume_role_arns": [ROLES[0]]},
        "two": {"voice_audit_regions": WEST, "voice_audit_assume_role_arns": [ROLES[0]]},
        "three": {"voice_audit_assume_role_arns": ROLES[1]},
    }
    # An inventory can define variables for other plays, such as the following ones. They must not affect the audit.
    noise = {"regions": ["none"], "policy": {}, "item": 1, "results": [], "omit": "x", "ansible_connection": "no_such"}
    noise |= {"ansible_become": True, "ansible_become_user": "nobody"}
    noise |= {"ansible_python_interpreter": "/no/such/python", "nothing": "{{ not_defined }}", "names": ["x"]}
    arguments = inventory(runner, hosts, **noise)
    status, output = audit(runner, *arguments, "--forks", "3", policy=POLICY, hosts="all")
    assert status == 2, output
    assert [status for *_identity, status in found(report(runner))] == ["pass", "fail", "pass"]
    assert report(runner)["complete"] is True


def test_a_host_cannot_silence_the_others(runner: PlaybookRunner) -> None:
    arguments = inventory(runner, {"one": {"voice_audit_fail_on": []}, "two": {}})
    status, output = audit(runner, *arguments, "--start-at-task", "Report", policy=POLICY, hosts="all")
    assert status == 2
    assert "The hosts have different values of voice_audit_policy" in output
    assert not (runner.folder / "voice-audit").exists()


def test_hosts_that_are_set_in_the_inventory_fail_with_a_clear_message(runner: PlaybookRunner) -> None:
    arguments = inventory(runner, {"one": {}}, voice_audit_hosts="one")
    status, output = audit(runner, *arguments, policy=POLICY)
    assert status == 2
    assert "voice_audit_hosts is set in the inventory, where it has no effect" in output
    assert runner.emulator.operations() == []
    assert audit(runner, *arguments, policy=POLICY, hosts=["one"], regions=EAST)[0] == 0


@pytest.mark.parametrize("invalid", [None, "one,twoo", "group:nowhere"])
def test_every_part_of_a_pattern_must_match(runner: PlaybookRunner, invalid: str | None) -> None:
    content = {"all": {"hosts": {"one": {}}, "children": {"group": {"hosts": {"two": {}, "three": {}}}}}}
    (runner.folder / "hosts.yml").write_text(json.dumps(content), encoding="utf-8")
    patterns = [invalid] if invalid else ["one,two", "one:two", "all:!two", "o*,group", "group[0]"]
    result = audits(runner, [{"hosts": pattern} for pattern in patterns], "--inventory", "hosts.yml", "--list-hosts")
    assert (result.returncode == 0) == (invalid is None), result.stdout + result.stderr
    if invalid:
        assert (
            f"voice_audit_hosts is {invalid}, but a part of this pattern matches no host"
            in result.stdout + result.stderr
        )
    else:
        assert re.findall(r"hosts \((\d)\):", result.stdout) == ["2", "2", "2", "3", "1"]


def test_an_empty_role_is_an_error_and_does_not_select_the_current_credentials(runner: PlaybookRunner) -> None:
    lists: list[Any] = [[None], [ROLES[0], None], " - ", [""]]
    variables = {"policy": POLICY, "regions": EAST, "fail_on": []}
    result = audits(
        runner,
        [{**variables, "assume_role_arns": roles, "report_dir": f"{n}"} for n, roles in enumerate(lists)],
    )
    assert result.returncode == 0, result.stdout + result.stderr
    for number in range(len(lists)):
        document = report(runner, str(number))
        assert document["outcome"] == "incomplete"
        assert "assume_role_arn is an empty string" in json.dumps(document["accounts"])


def test_a_host_that_cannot_be_reached_is_an_unread_account(runner: PlaybookRunner) -> None:
    variables = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    result = runner.run(AUDIT, {"voice_audit_policy": POLICY, "voice_audit_regions": EAST, **variables})
    assert result.returncode == 2
    assert report(runner)["outcome"] == "incomplete"
    assert "could not be read" in result.stdout


def test_a_role_that_cannot_be_assumed_is_reported_even_if_its_account_was_read(runner: PlaybookRunner) -> None:
    status, output = audit(runner, policy=POLICY, assume_role_arns=[DENIED, ROLES[1]], regions=EAST)
    assert status == 2
    document = report(runner)
    assert document["outcome"] == "incomplete"
    unread, role = (account for account in document["accounts"])
    assert (unread["complete"], unread["assume_role_arn"], role["complete"]) == (False, DENIED, True)
    assert [name for _account, name, status in found(document) if status == "pass"] == ["support"]
    assert any(f["status"] == "unknown" and DENIED in f["reason"] for f in document["findings"])
    assert "AssumeRole failed" in output


SITE = """
- ansible.builtin.import_playbook: chime_sdk.voice.audit
  vars: {voice_audit_policy: {sip_logs: true}, voice_audit_regions: us-west-2, voice_audit_fail_on: [],
         voice_audit_report_dir: first}
- ansible.builtin.import_playbook: chime_sdk.voice.audit
  vars: {voice_audit_policy: {sip_logs: true}, voice_audit_regions: us-east-1, voice_audit_report_dir: second}
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.debug: {msg: "later plays see {{ voice_audit.outcome }}"}
- ansible.builtin.import_playbook: chime_sdk.voice.audit
  vars: {voice_audit_hosts: nowhere, voice_audit_report_dir: third}
"""


def test_audits_in_one_run_report_only_their_own_reads(runner: PlaybookRunner) -> None:
    (runner.folder / "site.yml").write_text(SITE, encoding="utf-8")
    result = runner.run("site.yml", {})
    assert [status for *_identity, status in found(report(runner, "first"))] == ["fail"]
    assert [status for *_identity, status in found(report(runner, "second"))] == ["pass"]
    assert "later plays see compliant" in result.stdout
    # An audit of hosts that do not exist fails, and does not report the result of an earlier audit.
    assert result.returncode != 0
    assert "voice_audit_hosts is nowhere, but a part of this pattern matches no host" in result.stdout + result.stderr
    assert not (runner.folder / "third").exists()
    # If the read of the second audit is skipped, the second report does not contain the result of the first read.
    runner.emulator.requests.clear()
    answers = "y\ny\nn\ny\ny\n"
    stepped = runner.run("site.yml", {}, "--step", answers=answers)
    assert stepped.returncode == 2
    assert report(runner, "second")["outcome"] == "incomplete"


def test_credentials_that_cannot_be_used_replace_an_old_report(runner: PlaybookRunner) -> None:
    status, _output = audit(runner, policy=POLICY, regions=EAST)
    assert status == 0 and report(runner)["outcome"] == "compliant"
    variables = {"voice_audit_policy": POLICY, "voice_audit_regions": EAST}
    keys = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "no-such-profile"}
    result = runner.run(AUDIT, variables, **keys)
    assert result.returncode == 2
    document = report(runner)
    assert (document["outcome"], document["complete"]) == ("incomplete", False)
    assert "no-such-profile" in json.dumps(document["accounts"])
    assert "no-such-profile" in result.stdout


def test_an_account_without_trunks_is_empty_and_fails(runner: PlaybookRunner) -> None:
    status, output = audit(runner, regions="eu-west-1, eu-west-2")
    assert status == 2
    assert report(runner)["outcome"] == "empty"
    assert f"No Voice Connectors in account {HERE} (2 Regions read). Only proxy configurations were checked" in output


MISTAKES: dict[str, tuple[list[str], str]] = {
    "misspelled": (["-e", "voice_audit_polcy=x"], "This playbook has no variable voice_audit_polcy."),
    "upper-case": (["-e", "Voice_Audit_policy=x"], "This playbook has no variable Voice_Audit_policy."),
    "unquoted-blank": (["-e", "voice_audit_regions=us-east-1, us-west-2"], "_raw_params"),
    "file-without-@": (["-e", "policy.yml"], "To read variables from a file, write -e @FILE."),
    "undefined": (["-e", '{"voice_audit_policy": "{{ my_policy }}"}'], "'my_policy' is undefined"),
    "undefined-in-a-list": (["-e", '{"voice_audit_names": ["{{ my_name }}"]}'], "'my_name' is undefined"),
    "policy-without-its-key": (["-e", "sip_logs=true"], "Begin the file with the line voice_audit_policy:"),
    "unknown-check": (["-e", '{"voice_audit_policy": {"sip_log": true}}'], "The policy key sip_log does not exist."),
}


STARTS: list[list[str]] = [[], ["--start-at-task", "Report"], ["--tags", "nothing"]]


@pytest.mark.parametrize(
    ("mistake", "start"), [(mistake, STARTS[number % 3]) for number, mistake in enumerate(MISTAKES)]
)
def test_a_mistake_ends_the_run_and_is_named(runner: PlaybookRunner, mistake: str, start: list[str]) -> None:
    arguments, words = MISTAKES[mistake]
    result = runner.run(AUDIT, {}, *arguments, *start)
    output = re.sub(r"\s+", " ", result.stdout + result.stderr)
    assert result.returncode == 2, output
    assert words in output
    assert not (runner.folder / "voice-audit").exists()
    if mistake != "unknown-check":
        assert runner.emulator.operations() == []


def condition(number: int) -> str:
    """Return item *number* of ``when`` in the playbook's first task. Join string literals connected by ``~``."""
    (play,) = yaml.safe_load(PLAYBOOK)
    return re.sub(r"'\s*~\s*'", "", play["tasks"][0]["when"][number])


def test_every_check_at_the_top_level_of_a_file_is_recognized() -> None:
    (pattern,) = re.findall(r"'(\^\(require[^']*)'", condition(3))
    assert [check for check in CHECKS if not re.fullmatch(pattern, check)] == []


def test_empty_answers_are_the_defaults(runner: PlaybookRunner) -> None:
    known, repeated = re.findall(r"voice_audit\(_\(([^)]*)\)", condition(0))
    names = known.split("|")
    assert known == repeated and len(names) == 14
    status, output = audit(runner, **dict.fromkeys(names, ""))
    assert status == 0, output
    assert "Only proxy configurations were checked" in output
    assert len(report(runner)["accounts"][0]["regions"]) == 10


@pytest.mark.parametrize("value", [{"voice_connectors": [], "complete": True}, {"results": []}])
def test_an_extra_variable_with_the_name_of_the_result_is_never_reported(runner: PlaybookRunner, value: Any) -> None:
    result = runner.run(AUDIT, {"voice_audit": value, "voice_audit_regions": EAST})
    assert result.returncode == 2
    assert report(runner)["outcome"] == "incomplete"


def test_settings_that_cannot_be_read_make_the_audit_incomplete(runner: PlaybookRunner) -> None:
    runner.emulator.faults = [
        Fault("GetVoiceConnectorLoggingConfiguration", request_has="abcdef1ghij2klmno3pqr4", error="ForbiddenException")
    ]
    status, output = audit(runner, policy=POLICY, regions=[EAST, WEST], fail_on="unknown")
    assert status == 2
    assert "chime:GetVoiceConnectorLoggingConfiguration" in output
    assert sorted(status for *_identity, status in found(report(runner))) == ["fail", "unknown"]
    assert audit(runner, policy=POLICY, regions=[EAST, WEST], fail_on="empty")[0] == 0
    assert report(runner)["outcome"] == "incomplete"


def test_no_region_is_hard_coded() -> None:
    """The code may contain no Region except us-east-1, from which the modules request the list of Regions."""
    region = re.compile(r"\b(?:us|ca|eu|ap|sa|af|me|il|mx)-(?:[a-z]+)-\d\b")
    assert region.findall(PLAYBOOK) == []
    for path in [*ROOT.glob("plugins/**/*.py"), *ROOT.glob("playbooks/*.yml")]:
        text = path.read_text(encoding="utf-8")
        code = re.sub(r'r"""\n.*?\n"""', "", text, flags=re.DOTALL)  # documentation
        code = re.sub(r"^\s*#.*$", "", code, flags=re.MULTILINE)
        allowed = {"_connectors.py": {EAST}, "_messages.py": {EAST}, "_options.py": {EAST}}.get(path.name, set())
        assert set(region.findall(code)) <= allowed, path


def test_the_tasks_run_whatever_tags_are_given() -> None:
    (play,) = yaml.safe_load(PLAYBOOK)
    assert [task["tags"] for task in play["tasks"]] == ["always", "always"]
