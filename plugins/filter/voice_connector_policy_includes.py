# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the settings that a policy needs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: voice_connector_policy_includes
version_added: 1.0.0
short_description: List the settings that a policy needs
description:
  - Returns a list of settings for the option O(chime_sdk.voice.chime_voice_connector_info#module:include). With this
    list, M(chime_sdk.voice.chime_voice_connector_info) reads everything that the checks of a policy need. If an
    exception selects Voice Connectors by tags, the list contains V(tags).
positional: _input
options:
  _input:
    description: A policy, as a dictionary or a string. See O(chime_sdk.voice.voice_connector_findings#filter:policy).
    type: raw
    required: true
seealso:
  - plugin: chime_sdk.voice.voice_connector_findings
    plugin_type: filter
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Read the settings that the policy needs
  chime_sdk.voice.chime_voice_connector_info:
    region: us-east-1
    include: "{{ policy | chime_sdk.voice.voice_connector_policy_includes }}"
  register: voice
  vars:
    policy:
      sip_logs: true
      required_tags:
        - team
"""

RETURN = r"""
_value:
  description:
    - The value for O(chime_sdk.voice.chime_voice_connector_info#module:include), in alphabetical order. V([]) if the
      policy needs none of the settings that this option selects.
  type: list
  elements: str
  sample:
    - logging
    - tags
"""

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.chime_sdk.voice.plugins.plugin_utils._policy import AuditError, find_includes


def voice_connector_policy_includes(policy: Any) -> list[str]:
    """Return the value for the option ``include``, as described in RETURN."""
    try:
        return find_includes(policy)
    except AuditError as e:
        raise AnsibleFilterError(str(e))


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"voice_connector_policy_includes": voice_connector_policy_includes}
