# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the emulator: print its URL, and serve until a signal or POST /_emulator/stop.

For instance: python tests/emulator --state state.json --url-file emulator.url
"""

from __future__ import annotations

import argparse
import contextlib
import json
import pathlib
import signal
import sys
import time
import types


def _find_collection() -> None:
    """Make this checkout importable as ansible_collections.chime_sdk.voice, wherever it lies."""
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


def main() -> None:
    parser = argparse.ArgumentParser(description="Emulate Amazon Chime SDK Voice on the loopback interface.")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on; default: a free one")
    parser.add_argument("--state", type=pathlib.Path, help="a JSON file with credentials and voice_connectors")
    parser.add_argument("--url-file", type=pathlib.Path, help="where to write the URL as soon as it is served")
    parser.add_argument("--seconds", type=float, default=3600, help="stop after this time; default: an hour")
    arguments = parser.parse_args()

    _find_collection()
    from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator

    state = json.loads(arguments.state.read_text(encoding="utf-8")) if arguments.state else None
    emulator = Emulator(state, arguments.port)
    # An exception, because a handler that sets the event can deadlock with the wait that it interrupts.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), emulator:
        if arguments.url_file:
            # Renamed into place, so that whoever waits for the file never reads half of it.
            partial = arguments.url_file.with_suffix(".partial")
            partial.write_text(emulator.url, encoding="utf-8")
            partial.rename(arguments.url_file)
        print(emulator.url, flush=True)
        # In slices: a signal that comes just before a wait begins is seen when it ends.
        until = time.monotonic() + arguments.seconds
        while time.monotonic() < until and not emulator.ended.wait(0.2):
            pass


if __name__ == "__main__":
    main()
