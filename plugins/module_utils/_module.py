# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""AnsibleAWSModule with normalized options, which are never logged."""

from __future__ import annotations

import functools
from typing import Any

from ansible.module_utils import basic

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ._options import (
    ASSUME_ROLE_OPTIONS,
    find_misplaced_secrets,
    find_url_passwords,
    keep_dictionaries,
    normalize_options,
)


class _Module(basic.AnsibleModule):
    def __init__(self, spec: dict[str, Any], **kwargs: Any) -> None:
        self._spec = spec
        super().__init__(**kwargs)

    def _load_params(self) -> None:
        """Load and normalize the options. Keep them in ``given``, because Ansible converts the values in ``params``."""
        self.given = normalize_options(self._spec, basic._load_params())
        self.params = keep_dictionaries(self._spec, self.given)
        self.no_log_values.update(find_url_passwords(self.given))
        if "termination_credentials" in self._spec:
            self.no_log_values.update(find_misplaced_secrets(self.given))

    def log(self, msg: Any, log_args: Any = None) -> None:
        """Do not write options to the system log, because options can contain phone numbers.

        Setting ``no_log`` on the module has no effect, because the control node overrides it. Setting ``no_log`` on
        options would also hide their values in results.
        """


class VoiceModule(AnsibleAWSModule):
    """An AnsibleAWSModule that can assume a role, normalizes its options, and does not log them.

    ``given`` contains the normalized options before Ansible converts them.
    """

    def __init__(self, argument_spec: dict[str, Any], **kwargs: Any) -> None:
        settings = AnsibleAWSModule.default_settings
        AnsibleAWSModule.default_settings = {**settings, "module_class": functools.partial(_Module, argument_spec)}
        try:
            super().__init__(argument_spec={**ASSUME_ROLE_OPTIONS, **argument_spec}, **kwargs)
        finally:
            AnsibleAWSModule.default_settings = settings

    def warn(self, *args: Any, **kwargs: Any) -> None:
        """Show a warning. The replaced method also passes it to exit_json(), and Ansible deprecates that."""
        self._module.warn(*args, **kwargs)

    @property
    def given(self) -> dict[str, Any]:
        return self._module.given
