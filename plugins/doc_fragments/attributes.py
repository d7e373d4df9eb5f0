# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation that the modules of this collection share."""

from __future__ import annotations


class ModuleDocFragment:
    # For modules that only read.
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the same result without changing the target.
    support: full
    details:
      - This module never changes anything, so it does the same in check mode.
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), when in C(diff) mode.
    support: N/A
    details:
      - This module changes nothing, so there is no diff to show.
  idempotent:
    description: When run twice in a row with the same options and no other changes, the second run changes nothing.
    support: full
    details:
      - This module changes nothing.
"""

    # For modules that write. Each module adds its own details.
    WRITING_MODULE = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what would change without changing it.
    support: full
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), when in C(diff) mode.
    support: full
  idempotent:
    description: When run twice in a row with the same options and no other changes, the second run changes nothing.
    support: full
"""

    # For every module: the oldest SDK and Python.
    SDK = r"""
options: {}
requirements:
  - python >= 3.9
  - boto3 >= 1.35.16
  - botocore >= 1.35.16
"""

    # For every module: the action groups of meta/runtime.yml.
    ACTION_GROUPS = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/chime_sdk.voice.aws) or C(group/chime_sdk.voice.all) in C(module_defaults).
    support: full
    membership:
      - chime_sdk.voice.aws
      - chime_sdk.voice.all
"""
