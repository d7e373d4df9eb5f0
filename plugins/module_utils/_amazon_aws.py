# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The imports from amazon.aws, with a clear message if that collection is missing.

Ansible sends a module to the managed node together with its imports. An import that may be missing must be in a
``try``.
"""

from __future__ import annotations

try:
    from ansible_collections.amazon.aws.plugins.module_utils.botocore import gather_sdk_versions
    from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info
    from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
except ImportError as e:
    raise ImportError(
        "The modules of chime_sdk.voice require the collection amazon.aws, 10.1.0 or newer, but older than 13.0.0. "
        "Ansible did not find it. Install it on the control node or in the execution environment: "
        "ansible-galaxy collection install 'amazon.aws:>=10.1.0,<13.0.0'"
    ) from e

__all__ = [
    "AnsibleAWSError",
    "AnsibleAWSModule",
    "gather_sdk_versions",
    "get_aws_connection_info",
]
