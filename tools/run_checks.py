# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the checks in tox.ini, and print how many passed and failed.

Usage: python tools/run_checks.py [-m LABEL]

Without a label, all checks run. Two checks run at a time, and each prints its output when it ends. If Chromium is not
installed, the check browser is skipped with a message, unless the environment variable CHROMIUM_REQUIRED is 1.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

LABELS_OF_ONE_CHECK = {"units", "sanity", "integration", "playbooks", "browser", "build"}
RESULTS = pathlib.Path(__file__).resolve().parents[1] / ".build/results.json"


def main() -> int:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOX")}
    runs_all = len(sys.argv) == 1
    if runs_all:
        # One process for the unit tests. The other checks keep the second processor busy.
        environment["PROCESSES"] = "0"
    has_chromium = any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    if runs_all and not has_chromium and os.environ.get("CHROMIUM_REQUIRED") != "1":
        print("run_checks: the HTML report is not tested, because Chromium was not found", flush=True)
        environment["TOX_SKIP_ENV"] = "browser"

    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text('{"testenvs": {}}', encoding="utf-8")
    several = ["run-parallel", "--parallel", "2", "--parallel-no-spinner"]
    run = ["run"] if LABELS_OF_ONE_CHECK & set(sys.argv[1:]) else several
    command = [sys.executable, "-m", "tox", *run, "--result-json", str(RESULTS), *sys.argv[1:]]
    status = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode

    checks = [check for check in json.loads(RESULTS.read_text(encoding="utf-8"))["testenvs"].values() if check]
    # Count a check that ran no command as failed.
    passed = [check for check in checks if check.get("test") and check["result"]["success"]]
    print(f"{len(passed)} passed, {len(checks) - len(passed)} failed")
    return 1 if status or len(passed) < len(checks) or not checks else 0


if __name__ == "__main__":
    sys.exit(main())
