# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Additions to AnsibleAWSModule.

They are a function that returns the options before Ansible converts them, and a class that does not log its options.
"""

from __future__ import annotations

from typing import Any

from ansible.module_utils import basic

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def given_options() -> dict[str, Any]:
    """Return the options as the control node sent them, with the types that they have in YAML."""
    return basic._load_params()


class _UnloggedModule(basic.AnsibleModule):
    def log(self, msg: Any, log_args: Any = None) -> None:
        """Write nothing to the system log. Setting ``no_log`` has no effect, because the control node overrides it."""


class UnloggedAWSModule(AnsibleAWSModule):
    """An AnsibleAWSModule that keeps its options out of the managed node's system log, and does not mask its results."""

    def __init__(self, **kwargs: Any) -> None:
        settings = AnsibleAWSModule.default_settings
        AnsibleAWSModule.default_settings = {**settings, "module_class": _UnloggedModule}
        try:
            super().__init__(**kwargs)
        finally:
            AnsibleAWSModule.default_settings = settings
