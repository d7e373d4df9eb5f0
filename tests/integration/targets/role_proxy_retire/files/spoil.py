# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change one digit of the first file that appears in a folder.

Usage: spoil.py FOLDER
"""

from __future__ import annotations

import pathlib
import sys
import time

until = time.monotonic() + 60
while time.monotonic() < until:
    for path in pathlib.Path(sys.argv[1]).glob("proxy-backup-*.json"):
        path.write_text(path.read_text(encoding="utf-8").replace("60", "61"), encoding="utf-8")
        sys.exit()
    time.sleep(0.005)
