# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the command ansible-playbook in forks of this process, which imports Ansible once.

Each line of the standard input is a JSON object with the arguments for one call of run(). Each line of the standard
output is the exit status of one run.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import warnings
from typing import Any

# Do not read from sys.stdin, because a run reads its own input from there.
requests = open(os.dup(0), encoding="utf-8")  # noqa: SIM115
sys.argv = ["ansible-playbook"]

from ansible.cli.playbook import main
from ansible.plugins.loader import init_plugin_loader

# Initialize the plugin loader and import modules before the forks, because every run needs them.
init_plugin_loader()
warnings.filterwarnings("ignore", "AnsibleCollectionFinder has already been configured")
importlib.import_module("ansible_collections.ansible.builtin")
for name in (
    "executor.module_common",
    "executor.playbook_executor",
    "executor.task_queue_manager",
    "plugins.callback.default",
    "plugins.connection.local",
    "plugins.filter.core",
    "plugins.strategy.linear",
):
    importlib.import_module(f"ansible.{name}")


def run(arguments: list[str], folder: str, environment: dict[str, str], streams: list[str]) -> Any:
    """Run ansible-playbook in *folder* with the files *streams* as standard streams, and return its exit status."""
    signal.alarm(600)
    os.chdir(folder)
    os.environ.update(environment)
    for stream, path in enumerate(streams):
        os.dup2(os.open(path, os.O_RDWR), stream)
    sys.argv += arguments
    try:
        return main()
    except SystemExit as stopped:
        return stopped.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


for line in requests:
    pid = os.fork()
    if pid == 0:
        status = 250
        try:
            status = run(**json.loads(line)) or 0
        finally:
            # Exit without cleanup, because the cleanup would delete the temporary folder that all runs share.
            os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
