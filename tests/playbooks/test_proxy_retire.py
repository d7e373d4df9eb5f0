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

from ansible_collections.chime_sdk.voice.tests.playbooks.runner import FILES, PlaybookRunner
from ansible_collections.chime_sdk.voice.tests.unit.helpers import CREDENTIALS, OTHER_CREDENTIALS

FIRST = "aaaaaaaaaaaaaaaaaaaaa1"
SECOND = "aaaaaaaaaaaaaaaaaaaaa2"
PHONE_NUMBER = "+12065550142"
STATE: dict[str, Any] = {
    "credentials": [CREDENTIALS, OTHER_CREDENTIALS],
    "voice_connectors": [
        {
            "VoiceConnectorId": FIRST,
            "Name": "reception",
            "Tags": {"team": "voice"},
            "Proxy": {
                "DefaultSessionExpiryMinutes": 60,
                "Disabled": False,
                "FallBackPhoneNumber": PHONE_NUMBER,
                "PhoneNumberCountries": ["US"],
            },
        },
        {
            "VoiceConnectorId": SECOND,
            "Name": "warehouse",
            "Proxy": {"DefaultSessionExpiryMinutes": 30, "Disabled": True, "PhoneNumberCountries": ["GB"]},
        },
        {
            "VoiceConnectorId": "bbbbbbbbbbbbbbbbbbbbb1",
            "Name": "canteen",
            "Account": "444455556666",
            "Proxy": {"DefaultSessionExpiryMinutes": 90, "Disabled": False, "PhoneNumberCountries": ["US"]},
        },
    ],
}
ALL = {"proxy_retire_confirm_account_id": "111122223333", "proxy_retire_voice_connector_ids": "all"}
RETIRE = "chime_sdk.voice.proxy_retire"
RESTORE = "chime_sdk.voice.proxy_restore"


def read_backup(folder: pathlib.Path) -> tuple[pathlib.Path, dict[str, Any]]:
    """Return the path and content of the only backup in a folder."""
    (path,) = folder.iterdir()
    return path, json.loads(path.read_text(encoding="utf-8"))


def backed_up_ids(document: dict[str, Any]) -> list[str]:
    return [connector["voice_connector_id"] for connector in document["voice_connectors"]]


def test_check_mode_with_empty_survey_values_shows_the_plan_and_writes_nothing(runner: PlaybookRunner) -> None:
    """An empty value means the default. The endpoint comes from the older environment variable AWS_URL."""
    empty = ["regions", "exclude_regions", "exclude_voice_connector_ids", "exclude_tags", "max", "concurrency"]
    survey = {f"proxy_retire_{name}": "" for name in [*empty, "backup_dir"]}
    result = runner.run(
        RETIRE,
        {**ALL, **survey, "proxy_retire_exclude_names": "warehouse"},
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


def test_misspelled_variables_and_variables_from_release_1_0_0_are_rejected(runner: PlaybookRunner) -> None:
    unknown = {
        "proxy_retire_exclude_name": "reception",
        "proxy_retire_leave_out_regions": "us-west-2",
        "proxy_retire_result": {"selected": []},
    }
    result = runner.run(RETIRE, {**ALL, **unknown})
    assert result.returncode == 2
    for name in unknown:
        assert f"This playbook has no variable {name}." in result.stdout
    assert runner.emulator.requests == []


def test_variables_for_a_different_playbook_are_rejected(runner: PlaybookRunner) -> None:
    unknown = {"proxy_retire_exclude_names": "reception", "proxy_restore_backup_file": "backup.json"}
    result = runner.run(RESTORE, {**ALL, "proxy_retire_backup_file": "backup.json", **unknown})
    assert result.returncode == 2
    for name in unknown:
        assert f"This playbook has no variable {name}." in result.stdout
    assert runner.emulator.requests == []


@pytest.mark.parametrize(
    ("playbook", "missing"),
    [
        (RETIRE, ["confirm_account_id", "voice_connector_ids"]),
        (RESTORE, ["confirm_account_id", "voice_connector_ids", "backup_file"]),
    ],
)
def test_each_missing_variable_is_named(runner: PlaybookRunner, playbook: str, missing: list[str]) -> None:
    result = runner.run(playbook, {"proxy_retire_confirm_account_id": ""})
    assert result.returncode == 2
    named = re.findall(r"Set proxy_retire_(\w+)\. Nothing was changed\.", result.stdout + result.stderr)
    assert list(dict.fromkeys(named)) == missing
    assert runner.emulator.requests == []


def test_a_maximum_of_zero_prevents_every_deletion(runner: PlaybookRunner) -> None:
    ids = {"proxy_retire_voice_connector_ids": ["all"]}
    result = runner.run(RETIRE, {**ALL, **ids, "proxy_retire_regions": "us-east-1", "proxy_retire_max": 0})
    assert result.returncode == 2
    assert "but max_deletions is 0" in result.stdout
    assert runner.writes() == []


def test_clashing_extra_variables_have_no_effect_and_retired_proxies_can_be_restored(runner: PlaybookRunner) -> None:
    """The clashing names are those that the role used in release 1.0.0.

    The backup has a relative path, which is relative to the working directory.
    """
    clashing = {
        "ids": [],
        "records": [],
        "candidates": [],
        "all": False,
        "selected": [],
        "proxy_audit": {"complete": True, "voice_connectors": []},
        "voice_connector_ids": ["bbbbbbbbbbbbbbbbbbbbb1"],
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
        **ALL,
        "proxy_retire_backup_file": f"relative/backups/{path.name}",
        "proxy_retire_overwrite": "",
        "proxy_retire_concurrency": "",
        "records": [],
    }
    result = runner.run(RESTORE, restore_variables, "--check", "--diff")
    assert result.returncode == 0, result.stdout + result.stderr
    assert FIRST in result.stdout
    assert PHONE_NUMBER in result.stdout
    assert runner.writes() == []

    result = runner.run(RESTORE, {**restore_variables, "proxy_retire_voice_connector_ids": FIRST})
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
    """The play also sets variables that the role used in release 1.0.0. Its module defaults have the credentials."""
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
