# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the playbooks proxy_retire and proxy_restore, and a play that calls the retire module directly."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import pytest
import yaml
from ansible.parsing.splitter import parse_kv

from ansible_collections.chime_sdk.voice.tests.playbooks.runner import FILES, ROOT, PlaybookRunner
from ansible_collections.chime_sdk.voice.tests.unit.helpers import CREDENTIALS, OTHER_CREDENTIALS

FIRST = "aaaaaaaaaaaaaaaaaaaaa1"
SECOND = "aaaaaaaaaaaaaaaaaaaaa2"
PHONE_NUMBER = "+12065550142"
PROXY = {"DefaultSessionExpiryMinutes": 60, "Disabled": False, "PhoneNumberCountries": ["US"]}
STATE: dict[str, Any] = {
    "credentials": [CREDENTIALS, OTHER_CREDENTIALS],
    "voice_connectors": [
        {"VoiceConnectorId": FIRST, "Name": "reception", "Proxy": {**PROXY, "FallBackPhoneNumber": PHONE_NUMBER}},
        {"VoiceConnectorId": SECOND, "Name": "warehouse", "Proxy": PROXY},
        {"VoiceConnectorId": "b" * 22, "Name": "canteen", "Account": "444455556666", "Proxy": PROXY},
    ],
}
RETIRE = "chime_sdk.voice.proxy_retire"
RESTORE = "chime_sdk.voice.proxy_restore"
ALL = {"proxy_retire_confirm_account_id": "111122223333", "proxy_retire_voice_connector_ids": "all"}
RESTORE_ALL = {
    "proxy_restore_confirm_account_id": "111122223333",
    "proxy_restore_voice_connector_ids": "all",
    "proxy_restore_backup_file": "backup.json",
}
RETIRE_TASK = "Back up and delete the proxy configurations"
RESTORE_TASK = "Restore the proxy configurations"


def read_backup(folder: pathlib.Path) -> tuple[pathlib.Path, dict[str, Any]]:
    """Return the path and content of the only backup in a folder."""
    (path,) = folder.iterdir()
    return path, json.loads(path.read_text(encoding="utf-8"))


def write_backup(folder: pathlib.Path) -> None:
    """Write a backup with one record, which differs from the proxy configuration in STATE."""
    proxy = {**STATE["voice_connectors"][0]["Proxy"], "DefaultSessionExpiryMinutes": 61}
    record = {"voice_connector_id": FIRST, "region": "us-east-1", "name": "reception", "proxy": proxy}
    document = {
        "format": 1,
        "account": "111122223333",
        "created": "2026-01-02T03:04:05Z",
        "voice_connectors": [record],
    }
    (folder / "backup.json").write_text(json.dumps(document), encoding="utf-8")


def backed_up_ids(document: dict[str, Any]) -> list[str]:
    return [connector["voice_connector_id"] for connector in document["voice_connectors"]]


def test_check_mode_with_empty_survey_values_shows_the_plan_and_writes_nothing(runner: PlaybookRunner) -> None:
    """An extra variable ``omit`` has no effect, although it replaces Ansible's placeholder for an omitted option.

    The endpoint comes from the older environment variable AWS_URL.
    """
    empty = ["regions", "exclude_regions", "exclude_voice_connector_ids", "exclude_tags", "max", "concurrency"]
    survey = {f"proxy_retire_{name}": "" for name in [*empty, "backup_dir"]}
    result = runner.run(
        RETIRE,
        {**ALL, **survey, "proxy_retire_exclude_names": "warehouse", "omit": ["us-west-2"]},
        "--check",
        "--diff",
        AWS_ENDPOINT_URL="",
        AWS_URL=runner.emulator.url,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert FIRST in result.stdout
    assert PHONE_NUMBER in result.stdout
    assert SECOND not in result.stdout
    assert runner.writes() == []
    assert not list(runner.folder.rglob("proxy-backup-*"))


def test_misspelled_and_unknown_variables_are_rejected(runner: PlaybookRunner) -> None:
    unknown = {
        "proxy_retire_exclude_name": "reception",
        "proxy_retire_leave_out_regions": "us-west-2",
        "proxy_retire_result": {"selected": []},
    }
    result = runner.run(RETIRE, {**ALL, **unknown}, "--start-at-task", RETIRE_TASK)
    assert result.returncode == 2
    message = (
        rf"This playbook has no variable ({'|'.join(unknown)})(, ({'|'.join(unknown)})){{2}}\. Check its spelling\."
    )
    assert re.search(message, result.stdout)
    assert runner.emulator.requests == []


def test_a_value_that_ansible_splits_and_a_name_that_is_nearly_right_are_rejected(runner: PlaybookRunner) -> None:
    split = [
        "proxy_retire_exclude_names=reception ,warehouse",
        "proxy_retire_exclude_names = reception",
        "proxy_retire_regions= us-east-1",
        "proxy_retire_max= 1",
        "variables.yml",
    ]
    assert [argument for argument in split if "_raw_params" not in parse_kv(argument)] == []
    result = runner.run(RETIRE, ALL, "-e", split[0], "-e", "proxy-retire-max=1", "-e", "PROXY_RETIRE_MAX=1")
    assert result.returncode == 2
    (names,) = set(re.findall(r"This playbook has no variable ([^.]*)\.", result.stdout))
    assert sorted(names.split(", ")) == ["PROXY_RETIRE_MAX", "_raw_params", "proxy-retire-max"]
    assert runner.emulator.requests == []


def test_misspelled_variables_do_not_restore_anything(runner: PlaybookRunner) -> None:
    write_backup(runner.folder)
    variables = {**RESTORE_ALL, "proxy_restore_overwrite": True, "proxy_restore_regions": "us-west-2"}
    result = runner.run(RESTORE, variables, "--start-at-task", RESTORE_TASK)
    assert result.returncode == 2
    assert "This playbook has no variable proxy_restore_regions. Check its spelling." in result.stdout
    assert runner.emulator.requests == []


def test_answering_step_only_for_the_last_tasks_does_not_accept_misspelled_variables(runner: PlaybookRunner) -> None:
    variables = {**ALL, "proxy_retire_exclude_name": "reception"}
    result = runner.run(RETIRE, variables, "--step", answers="n\ny\nc\n")
    assert "Perform task: TASK: Back up and delete the proxy configurations" in result.stdout
    assert "This playbook has no variable proxy_retire_exclude_name. Check its spelling." in result.stdout
    assert runner.emulator.requests == []


@pytest.mark.parametrize(("playbook", "variables"), [(RETIRE, ALL), (RESTORE, RESTORE_ALL)], ids=["retire", "restore"])
def test_tags_that_match_no_task_change_nothing(
    runner: PlaybookRunner, playbook: str, variables: dict[str, Any]
) -> None:
    write_backup(runner.folder)
    result = runner.run(playbook, {**variables, "proxy_restore_overwrite": True}, "--tags", "no_such_tag")
    assert result.returncode == 0, result.stdout + result.stderr
    assert runner.emulator.requests == []


UNDEFINED = "{{ no_such_variable }}"
OPTIONS = "confirm_account_id voice_connector_ids regions exclude_regions exclude_voice_connector_ids exclude_names exclude_tags"
RETIRE_VALUES: list[tuple[str, Any]] = [
    *((name, UNDEFINED) for name in (*OPTIONS.split(), "max", "concurrency", "backup_dir")),
    ("voice_connector_ids", [FIRST, UNDEFINED]),
    ("exclude_names", ["reception", UNDEFINED]),
    ("exclude_names", "{{ ['reception', no_such_variable] }}"),
    ("exclude_tags", {"team": UNDEFINED}),
]
RESTORE_VALUES: list[tuple[str, Any]] = [(name, UNDEFINED) for name in ("backup_file", "overwrite", "concurrency")]


@pytest.mark.parametrize(
    ("playbook", "task", "variables", "values"),
    [
        ("proxy_retire", RETIRE_TASK, ALL, RETIRE_VALUES),
        ("proxy_restore", RESTORE_TASK, RESTORE_ALL, RESTORE_VALUES),
    ],
    ids=["retire", "restore"],
)
def test_a_variable_with_an_undefined_value_changes_nothing(
    runner: PlaybookRunner, playbook: str, task: str, variables: dict[str, Any], values: list[tuple[str, Any]]
) -> None:
    """Run a copy of the playbook whose only tasks are copies of *task*, one for each value."""
    write_backup(runner.folder)
    (play,) = yaml.safe_load((ROOT / f"playbooks/{playbook}.yml").read_text(encoding="utf-8"))
    (original,) = (entry for entry in play["tasks"] if entry["name"] == task)
    play["tasks"] = [
        {**original, "vars": {**variables, f"{playbook}_{name}": value}, "ignore_errors": True}
        for name, value in values
    ]
    (runner.folder / "copies.yml").write_text(json.dumps([play]), encoding="utf-8")
    result = runner.run("copies.yml", {})
    assert f"ignored={len(values)} " in result.stdout, result.stdout + result.stderr
    failures = re.findall(r"^fatal: .*", result.stdout, re.MULTILINE)
    assert len(failures) == len(values)
    assert [failure for failure in failures if "'no_such_variable' is undefined" not in failure] == []
    assert runner.emulator.requests == []


def test_a_different_configuration_is_kept_unless_overwrite_is_set(runner: PlaybookRunner) -> None:
    write_backup(runner.folder)
    result = runner.run(RESTORE, {**RESTORE_ALL, "proxy_restore_voice_connector_ids": FIRST, "omit": 1})
    assert result.returncode == 2
    assert "GetVoiceConnectorProxy" in runner.emulator.operations()
    assert runner.writes() == []


def test_one_file_of_variables_works_for_both_playbooks_which_can_be_imported_repeatedly(
    runner: PlaybookRunner,
) -> None:
    write_backup(runner.folder)
    playbooks = [RETIRE, RESTORE, RETIRE, RESTORE]
    site = [{"name": "Import", "ansible.builtin.import_playbook": playbook} for playbook in playbooks]
    (runner.folder / "site.yml").write_text(json.dumps(site), encoding="utf-8")
    variables = {**ALL, **RESTORE_ALL, "proxy_retire_regions": "us-east-1", "proxy_restore_concurrency": 2}
    result = runner.run("site.yml", variables)
    assert result.returncode == 0, result.stdout + result.stderr
    delete, put = "DeleteVoiceConnectorProxy", "PutVoiceConnectorProxy"
    assert runner.writes() == [delete, delete, put, delete, put]


@pytest.mark.parametrize(
    ("playbook", "missing"),
    [(RETIRE, list(ALL)), (RESTORE, list(RESTORE_ALL))],
)
def test_each_missing_variable_is_named(runner: PlaybookRunner, playbook: str, missing: list[str]) -> None:
    result = runner.run(playbook, {missing[0]: ""})
    assert result.returncode == 2
    named = re.findall(r"Set (\w+)\. Nothing was changed\.", result.stdout + result.stderr)
    assert list(dict.fromkeys(named)) == missing
    assert runner.emulator.requests == []


def test_a_maximum_of_zero_prevents_every_deletion(runner: PlaybookRunner) -> None:
    ids = {"proxy_retire_voice_connector_ids": ["all"]}
    result = runner.run(RETIRE, {**ALL, **ids, "proxy_retire_regions": "us-east-1", "proxy_retire_max": 0})
    assert result.returncode == 2
    assert "but max_deletions is 0" in result.stdout
    assert runner.writes() == []


def test_clashing_extra_variables_have_no_effect_and_retired_proxies_can_be_restored(runner: PlaybookRunner) -> None:
    """Some variables in ``clashing`` have the names of module options or return values. The backup path is relative."""
    clashing = {
        "ids": [],
        "records": [],
        "candidates": [],
        "all": False,
        "selected": [],
        "proxy_audit": {"complete": True, "voice_connectors": []},
        "voice_connector_ids": ["b" * 22],
        "proxy_audit_show_phone_numbers": False,
    }
    retire_variables = {
        **ALL,
        "proxy_retire_voice_connector_ids": f"{FIRST},{SECOND}",
        "proxy_retire_regions": "us-east-1,us-west-2",
        "proxy_retire_exclude_regions": "us-west-2",
        "proxy_retire_backup_dir": "relative/backups",
    }
    result = runner.run(RETIRE, {**retire_variables, **clashing})
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{runner.folder}/relative/backups/proxy-backup-111122223333-" in result.stdout
    assert PHONE_NUMBER not in result.stdout
    assert runner.writes() == ["DeleteVoiceConnectorProxy"] * 2

    path, document = read_backup(runner.folder / "relative/backups")
    assert path.stat().st_mode & 0o777 == 0o600
    assert document["account"] == "111122223333"
    assert backed_up_ids(document) == [FIRST, SECOND]
    assert document["voice_connectors"][0]["proxy"]["FallBackPhoneNumber"] == PHONE_NUMBER

    runner.emulator.requests.clear()
    restore_variables = {
        **RESTORE_ALL,
        "proxy_restore_backup_file": f"relative/backups/{path.name}",
        "proxy_restore_overwrite": "",
        "proxy_restore_concurrency": "",
        "records": [],
    }
    result = runner.run(RESTORE, restore_variables, "--check", "--diff")
    assert result.returncode == 0, result.stdout + result.stderr
    assert FIRST in result.stdout
    assert PHONE_NUMBER in result.stdout
    assert runner.writes() == []

    result = runner.run(RESTORE, {**restore_variables, "proxy_restore_voice_connector_ids": FIRST})
    assert result.returncode == 0, result.stdout + result.stderr
    assert FIRST in result.stdout
    assert SECOND not in result.stdout
    assert PHONE_NUMBER not in result.stdout
    assert runner.writes() == ["PutVoiceConnectorProxy"]


@pytest.mark.parametrize(
    ("credentials", "retired"),
    [(OTHER_CREDENTIALS, False), (CREDENTIALS, True)],
    ids=["a different account", "the confirmed account"],
)
def test_a_play_that_ignores_errors_retires_only_with_credentials_for_the_confirmed_account(
    runner: PlaybookRunner, credentials: dict[str, str], retired: bool
) -> None:
    """The play also sets variables with the names of return values. Its module defaults contain the credentials."""
    backups = runner.folder / "backups"
    result = runner.run(str(FILES / "retire.yml"), {**credentials, "backup_dir": str(backups)})
    assert result.returncode == 0, result.stdout + result.stderr
    if retired:
        assert "ignored=0" in result.stdout
        assert runner.writes() == ["DeleteVoiceConnectorProxy"]
        assert backed_up_ids(read_backup(backups)[1]) == [FIRST]
    else:
        assert "the credentials belong to the AWS account 444455556666, but account_id is 111122223333" in result.stdout
        assert "ignored=1" in result.stdout
        assert runner.writes() == []
        assert not backups.exists()
