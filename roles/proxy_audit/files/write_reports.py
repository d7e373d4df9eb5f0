# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write all reports of an audit as one set.

Usage: write_reports.py FOLDER < {"NAME": "CONTENT" or null, ...}

A file whose content is null is removed. The folder is created if it does not exist. Only the owner can read the files.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib
import sys


def write_reports(folder: pathlib.Path, contents: dict[str, str | None]) -> None:
    """Write all files under temporary names, then remove the old files and rename the new ones.

    :raises OSError: writing failed and the old files are unchanged, or replacing them failed and the set is incomplete.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    written: dict[pathlib.Path, pathlib.Path] = {}
    try:
        # Concurrent runs wait for each other.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for name, content in contents.items():
            if content is not None:
                temporary = folder / f".{name}.partial"
                written[temporary] = folder / name
                temporary.unlink(missing_ok=True)
                opened = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with open(opened, "w", encoding="utf-8", errors="replace", newline="") as file:
                    file.write(content if content.endswith("\n") else f"{content}\n")
                    file.flush()
                    os.fsync(file.fileno())
        # First remove all old files, because an incomplete set is better than a mix of old and new files.
        for name in contents:
            (folder / name).unlink(missing_ok=True)
        for temporary, path in written.items():
            temporary.rename(path)
        os.fsync(descriptor)
    finally:
        for temporary in written:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        os.close(descriptor)


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    try:
        write_reports(folder, json.load(sys.stdin))
    except OSError as e:
        sys.exit(f"Failed to write the reports to {folder}: {e.strerror} ({e.filename or folder}).")


if __name__ == "__main__":
    main()
