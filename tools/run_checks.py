# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run checks of tox.ini, two at a time, and print how many passed and failed, which tox does not.

Usage: tools/run_checks.py [-m LABEL]
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / ".build/results.json"

environment = {name: value for name, value in os.environ.items() if not name.startswith("TOX")}
if os.environ.get("CHROMIUM_REQUIRED") != "1" and not any(
    map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
):
    print("run_checks: Chromium was not found, so the HTML report is not tested in a browser", flush=True)
    environment["TOX_SKIP_ENV"] = "browser"

RESULTS.parent.mkdir(exist_ok=True)
RESULTS.unlink(missing_ok=True)
tox = [
    sys.executable,
    "-m",
    "tox",
    "run-parallel",
    "--parallel",
    "2",
    "--parallel-no-spinner",
    "--result-json",
    str(RESULTS),
]
status = subprocess.run(
    [*tox, *sys.argv[1:]], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False
).returncode

checks = [check for check in json.loads(RESULTS.read_text())["testenvs"].values() if "result" in check]
# A check without commands, or whose environment cannot be created, has no test.
passed = [check["result"]["success"] and not check["result"]["skipped"] and bool(check.get("test")) for check in checks]
print(f"{sum(passed)} passed, {len(passed) - sum(passed)} failed")
sys.exit(status or not all(passed) or not passed)
