# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that every playbook runs on the control node, even if the inventory has a different connection to localhost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.chime_sdk.voice.tests.playbooks.runner import ROOT, PlaybookRunner

STATE = json.loads((ROOT / "tests/demo/state.json").read_text(encoding="utf-8"))
RETIRE = {"proxy_retire_confirm_account_id": "111122223333", "proxy_retire_voice_connector_ids": "all"}
RESTORE = {
    "proxy_restore_confirm_account_id": "111122223333",
    "proxy_restore_voice_connector_ids": "all",
    "proxy_restore_backup_file": "missing.json",
}
# The variables of each playbook, and words that it prints after a module has run.
PLAYBOOKS: dict[str, tuple[dict[str, Any], str]] = {
    "audit": ({"voice_audit_policy": {"required_tags": ["team"]}}, "7 Voice Connectors in account 111122223333"),
    "proxy_restore": (RESTORE, "missing.json"),
    "proxy_retire": (RETIRE, '"already_absent": false'),
}


@pytest.mark.parametrize("playbook", sorted(path.stem for path in ROOT.glob("playbooks/*.yml")))
def test_a_playbook_runs_on_the_control_node(runner: PlaybookRunner, playbook: str) -> None:
    (runner.folder / "hosts").write_text(
        "localhost ansible_connection=no_such_plugin ansible_python_interpreter=/no/such/python "
        "ansible_become=true ansible_become_user=nobody\n",
        encoding="utf-8",
    )
    variables, words = PLAYBOOKS[playbook]
    result = runner.run(f"chime_sdk.voice.{playbook}", variables, "--inventory", "hosts")
    assert words in result.stdout, result.stdout + result.stderr
    assert "no_such_plugin" not in result.stdout + result.stderr
