# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the action voice_connector_report through ansible-playbook."""

from __future__ import annotations

import json
import pathlib
import subprocess
from typing import Any

import pytest
import yaml

from ansible_collections.chime_sdk.voice.tests.playbooks.runner import ForkServer
from ansible_collections.chime_sdk.voice.tests.unit.plugins.action.test_voice_connector_report import (
    PRIVATE,
    read,
    trunk,
)

OPTIONS: dict[str, Any] = {"results": "{{ reads }}", "policy": {"require_encryption": True}}


def play(
    server: ForkServer,
    folder: pathlib.Path,
    *arguments: str,
    reads: Any,
    variables: dict[str, Any] | None = None,
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """Run a play with the action. The playbook is in a subfolder of the working directory *folder*."""
    tasks = [
        {"chime_sdk.voice.voice_connector_report": {**OPTIONS, **options}, "register": "report"},
        {"ansible.builtin.debug": {"var": "report"}},
    ]
    content = [{"hosts": "all", "gather_facts": False, "vars": variables or {}, "tasks": tasks}]
    playbook = folder / "playbooks/report.yml"
    playbook.parent.mkdir(exist_ok=True)
    playbook.write_text(yaml.safe_dump(content))
    # Keep *reads* out of the playbook, because an error message shows the lines of the playbook around the task. The
    # output must contain no private value from *reads*.
    (playbook.parent / "reads.json").write_text(json.dumps({"reads": reads}))
    command = ["playbooks/report.yml", "-i", "trunks,", "-e", "@playbooks/reads.json"]
    return server.run([*command, *arguments], folder)


def stored(folder: pathlib.Path) -> dict[str, Any]:
    envelope: dict[str, Any] = json.loads((folder / "voice-audit/voice-audit.json").read_text(encoding="utf-8"))
    return envelope


def test_the_report_is_on_the_control_node_whatever_the_host_and_the_variables(
    server: ForkServer, tmp_path: pathlib.Path
) -> None:
    variables = {
        "ansible_connection": "ssh",
        "ansible_host": "host.invalid",
        "ansible_python_interpreter": "/no/such/python",
        "report_dir": "elsewhere",
        "policy": {"no_proxy_configuration": True},
        "voice_audit_report_dir": "elsewhere",
    }
    arguments = ("--check", "--diff")
    result = play(server, tmp_path, *arguments, reads=[read(trunk())], variables=variables, report_dir="", formats="")
    assert result.returncode == 0, result.stdout + result.stderr
    verdict = "The Voice Connector in account 111122223333 complies with the policy (1 Region read)"
    assert f"\n{verdict}\nrequire_encryption: no violations\n" in result.stdout
    assert sorted(path.name for path in tmp_path.iterdir() if path.name[0] != ".") == ["playbooks", "voice-audit"]
    assert len(list((tmp_path / "voice-audit").iterdir())) == 3
    assert stored(tmp_path)["policy"] == {"require_encryption": True}
    assert "changed=0" in result.stdout


def test_a_violation_fails_after_the_reports_are_written_and_shows_nothing_private(
    server: ForkServer, tmp_path: pathlib.Path
) -> None:
    results = {"results": [read(trunk("a", False)), {"failed": True, "msg": "Denied for +12065550101."}]}
    result = play(
        server, tmp_path, "-vvv", reads=results, formats="json\ncsv\nhtml\njunit", policy="require_encryption: true"
    )
    assert result.returncode == 2, result.stdout + result.stderr
    verdict = "1 of 1 Voice Connector in account 111122223333 violates the policy; 1 account could not be read"
    assert f'"msg": "{verdict}"' in result.stdout
    assert "Not read: an unknown account. Denied for **********01." in result.stdout
    assert stored(tmp_path)["verdict"] == verdict
    texts = [path.read_text(encoding="utf-8") for path in (tmp_path / "voice-audit").iterdir()]
    assert len(texts) == 4
    for text in (*texts, result.stdout, result.stderr):
        assert not [value for value in PRIVATE if value in text]


@pytest.mark.parametrize("options", [{"results": "{{ my_results }}"}, {"policy": {"require_encryption": "{{ x }}"}}])
def test_an_undefined_variable_fails_and_never_writes_a_report(
    server: ForkServer, tmp_path: pathlib.Path, options: dict[str, Any]
) -> None:
    result = play(server, tmp_path, reads=[read(trunk())], fail_on=[], **options)
    assert result.returncode == 2
    assert "is undefined" in result.stdout + result.stderr
    assert not (tmp_path / "voice-audit").exists()


def test_a_bad_option_fails_with_one_message(server: ForkServer, tmp_path: pathlib.Path) -> None:
    result = play(server, tmp_path, reads=[read(trunk())], report_dri="x")
    assert result.returncode == 2
    assert "report_dri. Supported parameters include" in result.stdout + result.stderr
    assert "No report was written or updated." in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
