# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take a full-page screenshot in light mode for the documentation.

Usage: .venv/default/bin/python tools/screenshot.py PAGE.html PICTURE.png
"""

from __future__ import annotations

import os
import pathlib
import shutil
import sys

from playwright.sync_api import sync_playwright

chromium = shutil.which("chromium")
if len(sys.argv) != 3 or chromium is None:
    sys.exit(__doc__ if chromium else "screenshot: chromium was not found on the path")
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path=chromium, args=["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    )
    # The viewport is high enough for all rows, because the browser does not render rows that are out of view.
    page = browser.new_page(viewport={"width": 1280, "height": 3000}, color_scheme="light")
    page.goto(pathlib.Path(sys.argv[1]).resolve().as_uri())
    page.locator("body").screenshot(path=sys.argv[2])
    browser.close()
