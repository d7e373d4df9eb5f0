# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the tests and checks, two at a time, and say what came of each.

Usage: python tools/check.py [GROUP...]

Without a group it runs all that use the default Python. The group matrix runs the tests with the other Pythons, where
they are found: with the newest packages, pre-releases included, and with the oldest SDK. The group browser is left out
where no Chromium is found, unless CHROMIUM_REQUIRED is 1 in the environment. What each printed is in .build/logs, and
shown when it failed.
"""

from __future__ import annotations

import concurrent.futures
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv/default/bin"
BUILD = ROOT / ".build"

PYTEST = "{bin}/python -m pytest -q -n 2"
PLAYBOOKS = "{bin}/python -m pytest -q tests/playbooks"
COVERAGE = "--cov --cov-report=term-missing:skip-covered --cov-fail-under=100"
# Without rstcheck: it fails if the random name of a temporary folder ends in an underscore. Sphinx checks the same files.
DOCUMENTATION = "antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=all --skip-rstcheck ."
ANSIBLE_TEST = "tools/ansible-test {name}"

# Group, name and command. Checks that wait come first, to keep both processors busy; of the others, the slow ones.
CHECKS = [
    ("units", "units", PYTEST),
    ("browser", "browser", "{bin}/python -m pytest -q tests/browser"),
    ("playbooks", "playbooks", PLAYBOOKS),
    ("sanity", "sanity", f"{ANSIBLE_TEST} sanity"),
    ("integration", "integration", f"{ANSIBLE_TEST} integration"),
    ("build", "package", "tools/package"),
    ("docs", "documentation", DOCUMENTATION),
    ("demo", "demo", "tools/check-demo"),
    ("lint", "ansible-lint", "ansible-lint --strict"),
    (
        "lint",
        "types",
        "mypy -p ansible_collections.chime_sdk.voice.plugins -p ansible_collections.chime_sdk.voice.tests",
    ),
    ("lint", "style", "ruff check ."),
    ("lint", "format", "ruff format --check ."),
    ("docs", "site", "tools/docs"),
    ("lint", "licences", "reuse lint"),
    ("lint", "github", "tools/check-github"),
]
# Each other Python has a different ansible-core and amazon.aws. "newest" has the newest of these and the newest SDK,
# pre-releases included. It runs the integration tests, the playbooks, and the sanity tests that depend on Python and ansible-core.
# "oldest" has a stable ansible-core and the oldest SDK. It runs the unit tests, except those marked as one_sdk and the
# code in the guides, and measures their coverage. Name, Python, packages and commands:
SANITY = "ansible-doc compile import runtime-metadata validate-modules"
MATRIX = [
    (
        "newest",
        "3.13",
        "newest",
        {
            "integration": f"{ANSIBLE_TEST} integration",
            "playbooks": PLAYBOOKS,
            "sanity": f"{ANSIBLE_TEST} sanity {' '.join(f'--test {test}' for test in SANITY.split())}",
        },
    ),
    (
        "oldest",
        "3.12",
        "oldest",
        {"units": f"{PYTEST} --ignore tests/unit/test_guides.py -m 'not one_sdk' {COVERAGE}"},
    ),
]


def find_python(version: str) -> str | None:
    """Return a Python of that version, from the path or from pyenv, or None."""
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    for candidate in (
        f"python{version}",
        *map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)),
    ):
        # A shim of pyenv is there and does not work.
        try:
            subprocess.run([candidate, "-m", "venv", "--help"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return candidate
    return None


def has_browser() -> bool:
    """Whether the tests that need a Chromium are to run: where it is required they do, and fail without one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM_REQUIRED") == "1" or any(map(shutil.which, names))


def set_up(name: str, packages: str, python: str) -> bool:
    return subprocess.run(["tools/setup", name, packages, python], cwd=ROOT, check=False).returncode == 0


def matrix() -> list[tuple[str, str]] | None:
    """Make the other environments, and return names and commands of their checks; None when one cannot be made."""
    checks: list[tuple[str, str]] = []
    for name, version, packages, commands in MATRIX:
        python = find_python(version)
        if python is None:
            print(f"check: no Python {version} is found, so the default one is taken for the {name} packages")
            python = sys.executable
        if not set_up(name, packages, python):
            return None
        bin_folder = ROOT / ".venv" / name / "bin"
        checks += [
            (f"{group} {name}", command.format(name=name, bin=bin_folder)) for group, command in commands.items()
        ]
    return checks


def environment() -> dict[str, str]:
    """Return what the checks see: the tools, and nothing of the credentials and settings of whoever runs this."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))}
    return {
        **kept,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "MYPYPATH": str(BUILD / "types"),
        "ANSIBLE_HOME": str(BUILD / "ansible"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "LC_ALL": "C.UTF-8",
    }


def run(name: str, command: str) -> tuple[str, bool, float, pathlib.Path]:
    log = BUILD / "logs" / f"{name.replace(' ', '-')}.log"
    started = time.monotonic()
    with log.open("wb") as output:
        ended = subprocess.run(
            shlex.split(command),
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return name, ended.returncode == 0, time.monotonic() - started, log


def main() -> int:
    wanted = sys.argv[1:]
    unknown = set(wanted) - {group for group, _name, _command in CHECKS} - {"matrix"}
    if unknown:
        print(f"check: there is no group {' '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    if not set_up("default", "check", sys.executable):
        return 1
    checks: list[tuple[str, str]] | None
    if wanted == ["matrix"]:
        checks = matrix()
        if checks is None:
            return 1
    else:
        groups = set(wanted) or {group for group, _name, _command in CHECKS}
        if "browser" in groups and not has_browser():
            print("check: no Chromium is found, so the HTML report is not tried in a browser", flush=True)
            groups.remove("browser")
        checks = [(name, command.format(name="default", bin=BIN)) for group, name, command in CHECKS if group in groups]
    (BUILD / "logs").mkdir(parents=True, exist_ok=True)
    types = BUILD / "types/ansible_collections/chime_sdk"
    types.mkdir(parents=True, exist_ok=True)
    if not (types / "voice").exists():
        (types / "voice").symlink_to(ROOT)

    print(f"check: running {', '.join(name for name, _command in checks)}", flush=True)
    failed = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for ended in concurrent.futures.as_completed([pool.submit(run, *check) for check in checks]):
            name, passed, seconds, log = ended.result()
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            if not passed:
                failed.append(name)
                print(*(f"{name}: {line}" for line in lines[-200:]), sep="\n")
            counts = [line for line in lines if line.rstrip(" =").endswith(("s", ")")) and " passed in " in line]
            detail = counts[-1].strip(" =") if counts else ""
            print(f"{'passed' if passed else 'FAILED'}  {name:16} {seconds:4.0f} s  {detail}".rstrip(), flush=True)
    print(f"{len(checks) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
