# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command against the emulator, or run the emulator on its own.

Usage: python tests/emulator --state state.json -- ansible-playbook play.yml

The environment of the command has the endpoint and credentials of the emulator, and none of your own AWS settings.
When the command ends, this program exits with the status of the command. Without a command, it prints the URL of the
emulator, and serves until it is interrupted or until --seconds have passed (default: an hour).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import types


def _register_collection() -> None:
    """Make this checkout importable as ansible_collections.chime_sdk.voice from any folder."""
    root = pathlib.Path(__file__).resolve().parents[2]
    for name, path in (
        ("ansible_collections", None),
        ("ansible_collections.chime_sdk", None),
        ("ansible_collections.chime_sdk.voice", root),
        ("ansible_collections.chime_sdk.voice.tests", root / "tests"),
    ):
        package = types.ModuleType(name)
        package.__path__ = [str(path)] if path else []
        sys.modules[name] = package


def _run(command: list[str], connection: dict[str, str]) -> int:
    """Run a command with *connection* in its environment, and return its exit status."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **connection,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1",
    }
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 130


def main() -> None:
    parser = argparse.ArgumentParser(description="Emulate Amazon Chime SDK Voice on the loopback interface.")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on; default: any free port")
    parser.add_argument("--state", type=pathlib.Path, help="a JSON file with credentials and voice_connectors")
    parser.add_argument(
        "--seconds", type=float, default=3600, help="without a command, stop after this time; default: an hour"
    )
    parser.add_argument("command", nargs="*", help="the command to run against the emulator, after --")
    arguments = parser.parse_args()

    _register_collection()
    from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator

    state = json.loads(arguments.state.read_text(encoding="utf-8")) if arguments.state else None
    emulator = Emulator(state, arguments.port)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), emulator:
        if arguments.command:
            if sys.stdin.isatty():
                print(f"emulator: running at {emulator.url} until this command ends", file=sys.stderr)
            sys.exit(_run(arguments.command, emulator.environment))
        print(emulator.url, flush=True)
        # Sleep in short intervals, because a signal just before a sleep has no effect until the sleep ends.
        deadline = time.monotonic() + arguments.seconds
        while time.monotonic() < deadline:
            time.sleep(0.2)


if __name__ == "__main__":
    main()
