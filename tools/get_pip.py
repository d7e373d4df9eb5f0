# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install pip in a virtual environment of ansible-test, which would otherwise download a script for this.

All environments share one copy of pip, because installing it in ten environments takes about 40 seconds.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import sysconfig

packages = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
shared = pathlib.Path.home() / ".ansible/test/pip" / "-".join(packages)
if not shared.exists():
    subprocess.run(["pip", "install", "--quiet", "--target", str(shared), *packages], check=True)
pathlib.Path(sysconfig.get_path("purelib"), "shared-pip.pth").write_text(f"{shared}\n", encoding="utf-8")
