# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ansible-playbook against the emulator."""

from __future__ import annotations

import json
import pathlib
import shlex
import subprocess
from typing import Any

from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import run

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ROOT / "tests/playbooks/files"


class PlaybookRunner:
    """Runs ansible-playbook in a folder, with the endpoint and credentials of an emulator."""

    def __init__(self, emulator: Emulator, folder: pathlib.Path) -> None:
        self.emulator = emulator
        self.folder = folder

    def run(
        self, playbook: str, variables: dict[str, Any], *arguments: str, answers: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a playbook with *variables* as extra variables, with further *arguments*, and with *answers* to prompts."""
        command = ["ansible-playbook", playbook, "--extra-vars", json.dumps(variables), *arguments]
        command_line = f"{shlex.join(command)} <<< {shlex.quote(answers)}"
        return run(command_line, self.folder, **{**self.emulator.environment, **environment})

    def writes(self) -> list[str]:
        """Return the names of the write operations requested so far."""
        return [name for name in self.emulator.operations() if not name.startswith(("Get", "List", "AssumeRole"))]
