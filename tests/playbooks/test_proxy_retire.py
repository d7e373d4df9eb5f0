# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks proxy_retire and proxy_restore, and a play with the modules that they use."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from ansible_collections.chime_sdk.voice.tests.playbooks.prompt import FILES
from ansible_collections.chime_sdk.voice.tests.playbooks.prompt import Prompt
from ansible_collections.chime_sdk.voice.tests.unit.helpers import CREDENTIALS
from ansible_collections.chime_sdk.voice.tests.unit.helpers import OTHER_CREDENTIALS

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


def backup_in(folder: pathlib.Path) -> tuple[pathlib.Path, dict[str, Any]]:
    """Return the one backup in a folder: its path and content."""
    (path,) = folder.iterdir()
    return path, json.loads(path.read_text(encoding="utf-8"))


def ids_in(document: dict[str, Any]) -> list[str]:
    return [connector["voice_connector_id"] for connector in document["voice_connectors"]]


def test_check_mode_with_the_answers_of_an_empty_survey_shows_the_plan_and_writes_nothing(prompt: Prompt) -> None:
    """An empty answer means the default. The credentials and the endpoint may also come from older variables."""
    empty = ["regions", "exclude_regions", "exclude_voice_connector_ids", "exclude_tags", "max", "concurrency"]
    answers = {f"proxy_retire_{name}": "" for name in [*empty, "backup_dir"]}
    ran = prompt.run(
        RETIRE,
        {**ALL, **answers, "proxy_retire_exclude_names": "warehouse"},
        "--check",
        "--diff",
        AWS_ENDPOINT_URL="",
        AWS_URL=prompt.emulator.url,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert FIRST in ran.stdout
    assert PHONE_NUMBER in ran.stdout
    assert SECOND not in ran.stdout
    assert prompt.writes() == []
    assert not list(prompt.folder.rglob("proxy-backup-*"))


def test_a_misspelled_variable_and_one_of_release_1_0_0_are_refused(prompt: Prompt) -> None:
    unknown = {
        "proxy_retire_exclude_name": "reception",
        "proxy_retire_leave_out_regions": "us-west-2",
        "proxy_retire_result": {"selected": []},
    }
    ran = prompt.run(RETIRE, {**ALL, **unknown})
    assert ran.returncode == 2
    for name in unknown:
        assert f"This playbook has no variable {name}." in ran.stdout
    assert prompt.emulator.requests == []


def test_a_variable_of_the_other_playbook_is_refused(prompt: Prompt) -> None:
    variables = {**ALL, "proxy_retire_backup_file": "backup.json", "proxy_retire_exclude_names": "reception"}
    ran = prompt.run(RESTORE, variables)
    assert ran.returncode == 2
    assert "This playbook has no variable proxy_retire_exclude_names." in ran.stdout
    assert prompt.emulator.requests == []


def test_a_limit_of_none_is_kept(prompt: Prompt) -> None:
    ids = {"proxy_retire_voice_connector_ids": ["all"]}
    ran = prompt.run(RETIRE, {**ALL, **ids, "proxy_retire_regions": "us-east-1", "proxy_retire_max": 0})
    assert ran.returncode == 2
    assert "but max_deletions is 0" in ran.stdout
    assert prompt.writes() == []


def test_extra_variables_with_clashing_names_change_nothing_and_what_is_retired_can_be_restored(prompt: Prompt) -> None:
    """The role of release 1.0.0 used these names. Relative paths begin where ansible-playbook was started."""
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
    retiring = {
        **ALL,
        "proxy_retire_voice_connector_ids": f"{FIRST},{SECOND}",
        "proxy_retire_regions": "us-east-1,us-west-2",
        "proxy_retire_exclude_regions": "us-west-2",
        "proxy_retire_backup_dir": "relative/backups",
    }
    ran = prompt.run(RETIRE, {**retiring, **clashing})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{prompt.folder}/relative/backups/proxy-backup-111122223333-" in ran.stdout
    assert PHONE_NUMBER not in ran.stdout
    assert prompt.writes() == ["DeleteVoiceConnectorProxy"] * 2

    path, document = backup_in(prompt.folder / "relative/backups")
    assert path.stat().st_mode & 0o777 == 0o600
    assert document["account"] == "111122223333"
    assert ids_in(document) == [FIRST, SECOND]
    assert document["voice_connectors"][0]["proxy"]["FallBackPhoneNumber"] == PHONE_NUMBER

    prompt.emulator.requests.clear()
    restoring = {
        **ALL,
        "proxy_retire_backup_file": f"relative/backups/{path.name}",
        "proxy_retire_overwrite": "",
        "proxy_retire_concurrency": "",
        "records": [],
    }
    ran = prompt.run(RESTORE, restoring, "--check", "--diff")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert FIRST in ran.stdout
    assert PHONE_NUMBER in ran.stdout
    assert prompt.writes() == []

    ran = prompt.run(RESTORE, {**restoring, "proxy_retire_voice_connector_ids": FIRST})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert FIRST in ran.stdout
    assert SECOND not in ran.stdout
    assert PHONE_NUMBER not in ran.stdout
    assert prompt.writes() == ["PutVoiceConnectorProxy"]


@pytest.mark.parametrize(
    ("credentials", "retired"),
    [(OTHER_CREDENTIALS, False), (CREDENTIALS, True)],
    ids=["a different account", "the confirmed account"],
)
def test_a_play_that_ignores_errors_retires_with_the_credentials_of_the_confirmed_account_only(
    prompt: Prompt, credentials: dict[str, str], retired: bool
) -> None:
    """The play also sets facts and registers a variable with clashing names; its credentials are module defaults."""
    backups = prompt.folder / "backups"
    ran = prompt.run(str(FILES / "retire.yml"), {**credentials, "backup_dir": str(backups)})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    if retired:
        assert "ignored=0" in ran.stdout
        assert prompt.writes() == ["DeleteVoiceConnectorProxy"]
        assert ids_in(backup_in(backups)[1]) == [FIRST]
    else:
        assert "the credentials belong to the AWS account 444455556666, but account_id is 111122223333" in ran.stdout
        assert "ignored=1" in ran.stdout
        assert prompt.writes() == []
        assert not backups.exists()
