# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ansible-playbook against the emulator."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from typing import Any

from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import minimal_environment

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ROOT / "tests/playbooks/files"


class ForkServer:
    """Runs ansible-playbook in forks of one process, because starting Ansible and packing modules are slow."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.streams = [folder / name for name in ("stdin", "stdout", "stderr")]
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "tests/playbooks/fork_server.py"],
            cwd=folder,
            env=minimal_environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.communicate()

    def run(
        self, arguments: list[str], folder: pathlib.Path, answers: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run ansible-playbook in *folder*, which is also the home folder. *answers* is the standard input."""
        assert self.process.stdin
        assert self.process.stdout
        for path, content in zip(self.streams, (answers, "", "")):
            path.write_text(content, encoding="utf-8")
        request = {
            "arguments": arguments,
            "folder": str(folder),
            "environment": {"HOME": str(folder), **environment},
            "streams": [str(path) for path in self.streams],
        }
        print(json.dumps(request), file=self.process.stdin, flush=True)
        status = int(self.process.stdout.readline())
        stdout, stderr = (path.read_text(encoding="utf-8") for path in self.streams[1:])
        return subprocess.CompletedProcess(["ansible-playbook", *arguments], status, stdout, stderr)


class PlaybookRunner:
    """Runs ansible-playbook in a folder, with the endpoint and credentials of an emulator."""

    def __init__(self, server: ForkServer, emulator: Emulator, folder: pathlib.Path) -> None:
        self.server = server
        self.emulator = emulator
        self.folder = folder

    def run(
        self, playbook: str, variables: dict[str, Any], *arguments: str, answers: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a playbook with *variables* as extra variables. *answers* is the standard input."""
        return self.server.run(
            [playbook, "--extra-vars", json.dumps(variables), *arguments],
            self.folder,
            answers,
            **{**self.emulator.environment, **environment},
        )

    def writes(self) -> list[str]:
        """Return the names of the write operations requested so far."""
        return [name for name in self.emulator.operations() if not name.startswith(("Get", "List", "AssumeRole"))]
