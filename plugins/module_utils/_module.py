# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""AnsibleAWSModule with options that mean what was written, and a variant that does not log its options."""

from __future__ import annotations

import functools
from typing import Any

from ansible.module_utils import basic

from ansible_collections.chime_sdk.voice.plugins.module_utils._amazon_aws import AnsibleAWSModule
from ansible_collections.chime_sdk.voice.plugins.module_utils._options import normalize_options


class _Module(basic.AnsibleModule):
    def __init__(self, spec: dict[str, Any], **kwargs: Any) -> None:
        self._spec = spec
        super().__init__(**kwargs)

    def _load_params(self) -> None:
        """Load the options, and keep them in ``given``, with the types that they have in YAML."""
        self.params = normalize_options(self._spec, basic._load_params())
        self.given = dict(self.params)


class _UnloggedModule(_Module):
    def log(self, msg: Any, log_args: Any = None) -> None:
        """Write nothing to the system log. Setting ``no_log`` has no effect, because the control node overrides it."""


class VoiceModule(AnsibleAWSModule):
    """An AnsibleAWSModule that normalizes its options. ``given`` has them as they were before Ansible converted them."""

    _class: type[_Module] = _Module

    def __init__(self, argument_spec: dict[str, Any], **kwargs: Any) -> None:
        settings = AnsibleAWSModule.default_settings
        module_class = functools.partial(self._class, argument_spec)
        AnsibleAWSModule.default_settings = {**settings, "module_class": module_class}
        try:
            super().__init__(argument_spec=argument_spec, **kwargs)
        finally:
            AnsibleAWSModule.default_settings = settings


class UnloggedVoiceModule(VoiceModule):
    """A VoiceModule that keeps its options out of the managed node's system log, and does not mask its results."""

    _class = _UnloggedModule
