# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that every playbook runs on the control node, even if the inventory has a different connection to localhost."""

from __future__ import annotations

import json
import pathlib
import shlex
from typing import Any

from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.playbooks.runner import ROOT
from ansible_collections.chime_sdk.voice.tests.unit.helpers import run

STATE = json.loads((ROOT / "tests/demo/state.json").read_text(encoding="utf-8"))
# For each playbook: its variables, and a part of its module's output. proxy_restore comes last:
# its backup does not exist, so it fails and ends the run.
PLAYBOOKS: dict[str, tuple[dict[str, Any], str]] = {
    "audit": (
        {"voice_audit_policy": {"required_tags": ["team"]}, "voice_audit_regions": "us-east-1"},
        "All 3 Voice Connectors in account 111122223333 comply with the policy",
    ),
    "proxy_retire": (
        {
            "proxy_retire_confirm_account_id": "111122223333",
            "proxy_retire_voice_connector_ids": "all",
            "proxy_retire_regions": "us-east-1",
        },
        '"already_absent": false',
    ),
    "proxy_restore": (
        {
            "proxy_restore_confirm_account_id": "111122223333",
            "proxy_restore_voice_connector_ids": "all",
            "proxy_restore_backup_file": "missing.json",
        },
        "missing.json",
    ),
}


def test_all_playbooks_run_on_the_control_node(tmp_path: pathlib.Path) -> None:
    """The other tests run ansible-playbook in forks of one process. This test starts the command itself."""
    (tmp_path / "hosts").write_text(
        "localhost ansible_connection=no_such_plugin ansible_python_interpreter=/no/such/python "
        "ansible_become=true ansible_become_user=nobody\n",
        encoding="utf-8",
    )
    assert sorted(PLAYBOOKS) == sorted(path.stem for path in ROOT.glob("playbooks/*.yml"))
    names = " ".join(f"chime_sdk.voice.{name}" for name in PLAYBOOKS)
    variables: dict[str, Any] = {}
    for needed, _words in PLAYBOOKS.values():
        variables |= needed
    with Emulator(STATE) as emulator:
        command = f"ansible-playbook {names} --inventory hosts --extra-vars {shlex.quote(json.dumps(variables))}"
        result = run(command, tmp_path, **emulator.environment)
    for _variables, words in PLAYBOOKS.values():
        assert words in result.stdout, result.stdout + result.stderr
    assert "no_such_plugin" not in result.stdout + result.stderr
