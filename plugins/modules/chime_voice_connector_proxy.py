#!/usr/bin/python
# -*- coding: utf-8 -*-

# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: chime_voice_connector_proxy
version_added: 1.0.0
short_description: Manage the proxy configuration of an Amazon Chime SDK Voice Connector
description:
  - Sets, changes, or deletes the proxy configuration of one Amazon Chime SDK Voice Connector. The module does not
    change the Voice Connector itself.
  - The module reads the current configuration immediately before each attempt to write, and applies the options to this
    configuration. If the configuration cannot be read, nothing is written.
  - After it sets a configuration, the module compares the configuration in the response with the configuration that it
    sent. If the outcome of the write is unknown, for example because the connection broke, the module reads the
    configuration again. If the change did not take effect or cannot be confirmed, the task fails. If the service stored
    a different configuration, the task also fails, but its result contains the stored configuration and
    C(changed=true).
options:
  state:
    description:
      - V(present) sets the proxy configuration, and V(absent) deletes it.
      - If the Voice Connector does not exist, the task fails, whether O(state) is V(present) or V(absent).
    type: str
    choices:
      - present
      - absent
    default: present
  default_session_expiry_minutes:
    description:
      - The default number of minutes allowed for proxy sessions, 1 or more.
      - Required if there is no proxy configuration yet. If omitted, the number does not change.
    type: int
  phone_number_countries:
    description:
      - The countries from which proxy phone numbers are selected, in ISO 3166-1 alpha-2 format. Specify 1 to 100
        countries, in any order. Write V('NO') in quotes, because otherwise YAML reads it as a boolean.
      - Required if there is no proxy configuration yet. If omitted, the countries do not change.
    type: list
    elements: str
    aliases:
      - phone_number_pool_countries
  fall_back_phone_number:
    description:
      - The phone number, in E.164 format, to which calls are routed after a proxy session expires. An empty string
        removes the phone number.
      - Write the phone number in quotes, because otherwise YAML reads it as a number.
      - If omitted, the phone number does not change.
    type: str
  disabled:
    description:
      - Whether to block new proxy sessions.
      - If omitted, the value does not change.
    type: bool
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - chime_sdk.voice.common.writing_proxies
  - chime_sdk.voice.common.writing_module
  - chime_sdk.voice.common.one_voice_connector
  - chime_sdk.voice.common.assume_role
  - chime_sdk.voice.common.option_values
  - chime_sdk.voice.common.action_groups
  - chime_sdk.voice.common.sdk
attributes:
  check_mode:
    details:
      - In check mode, the module reads the configuration, but sends no change. If the installed botocore cannot send
        the change, the task fails as in the real run.
  diff_mode:
    details:
      - The diff shows the unmasked fall-back phone number. To hide the phone number, set C(diff=false) on the task,
        which overrides C(--diff) and C(ANSIBLE_DIFF_ALWAYS).
notes:
  - The credentials need the IAM actions C(chime:GetVoiceConnectorProxy) and C(chime:GetVoiceConnector) on
    C(arn:aws:chime:REGION:ACCOUNT:vc/VOICE_CONNECTOR_ID). On the same resource, they also need
    C(chime:PutVoiceConnectorProxy) for O(state=present), and C(chime:DeleteVoiceConnectorProxy) for O(state=absent).
  - A write always replaces or deletes the whole proxy configuration. The service does not check whether someone else
    has changed the configuration since the module read it. If someone else changes the configuration after the last
    read, but before the write arrives, that change is lost. The time between these two requests is short, because the
    write follows the read immediately.
  - If the stored configuration contains a key that the installed botocore cannot send, replacing the configuration
    would remove this key. Therefore, the module does not replace the configuration, and the task fails.
  - The service may normalize values. Therefore, when the module compares configurations, it ignores the order and case
    of the countries, and a plus sign in front of the phone number. An empty phone number is the same as no phone
    number.
  - The fall-back phone number is returned unmasked, but is not written to the system log of the managed node. To keep
    the phone number out of Ansible's output and logs, set C(no_log) on the task.
seealso:
  - module: chime_sdk.voice.chime_voice_connector_proxy_info
  - module: chime_sdk.voice.chime_voice_connector_info
  - name: PutVoiceConnectorProxy
    description: The operation in the API reference of the Amazon Chime SDK.
    link: https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_voice-chime_PutVoiceConnectorProxy.html
  - name: DeleteVoiceConnectorProxy
    description: The operation in the API reference of the Amazon Chime SDK.
    link: https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_voice-chime_DeleteVoiceConnectorProxy.html
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Save the proxy configuration before deleting it
  chime_sdk.voice.chime_voice_connector_proxy_info:
    voice_connector_id: abcdef1ghij2klmno3pqr4
    region: us-east-1
  register: kept_proxy

- name: Delete the proxy configuration of a Voice Connector
  chime_sdk.voice.chime_voice_connector_proxy:
    voice_connector_id: abcdef1ghij2klmno3pqr4
    region: us-east-1
    state: absent

- name: Restore the proxy configuration
  chime_sdk.voice.chime_voice_connector_proxy:
    voice_connector_id: abcdef1ghij2klmno3pqr4
    region: us-east-1
    default_session_expiry_minutes: "{{ kept_proxy.proxy.default_session_expiry_minutes }}"
    phone_number_countries: "{{ kept_proxy.proxy.phone_number_countries }}"
    fall_back_phone_number: "{{ kept_proxy.proxy.fall_back_phone_number or '' }}"
    disabled: "{{ kept_proxy.proxy.disabled }}"
  when: kept_proxy.exists

- name: Block new proxy sessions, and keep the other values
  chime_sdk.voice.chime_voice_connector_proxy:
    voice_connector_id: abcdef1ghij2klmno3pqr4
    region: us-east-1
    disabled: true

- name: Remove the fall-back phone number, without showing it in a diff
  chime_sdk.voice.chime_voice_connector_proxy:
    voice_connector_id: abcdef1ghij2klmno3pqr4
    region: us-east-1
    fall_back_phone_number: ""
  diff: false

- name: Set a proxy configuration
  chime_sdk.voice.chime_voice_connector_proxy:
    voice_connector_id: abcdef1ghij2klmno3pqr4
    region: us-east-1
    default_session_expiry_minutes: 60
    phone_number_countries:
      - US
      - CA
    fall_back_phone_number: "+12065550100"
    disabled: false
  register: voice_proxy
"""

RETURN = r"""
voice_connector_id:
  description: The ID of the Voice Connector.
  returned: always
  type: str
  sample: abcdef1ghij2klmno3pqr4
region:
  description: The AWS Region of the Voice Connector. On failure, V(null) if the Region is unknown.
  returned: always
  type: str
  sample: us-east-1
exists:
  description:
    - Whether a proxy configuration is set after the run. In check mode, whether a proxy configuration would be set
      after a real run.
  returned: on success, and if the task fails although the configuration changed
  type: bool
  sample: true
proxy:
  description:
    - The proxy configuration that is set after the run, as the service returned it. In check mode, the proxy
      configuration that would be set after a real run.
    - All keys are always present, so you can use each key in a condition.
  returned: on success, and if the task fails although the configuration changed
  type: dict
  contains:
    exists:
      description: The same as RV(exists).
      returned: always
      type: bool
      sample: true
    default_session_expiry_minutes:
      description: The default number of minutes allowed for proxy sessions, or V(null) if AWS did not return it.
      returned: always
      type: int
      sample: 60
    disabled:
      description: Whether new proxy sessions are blocked, or V(null) if AWS did not return it.
      returned: always
      type: bool
      sample: false
    fall_back_phone_number:
      description:
        - The phone number, in E.164 format, to which calls are routed after a proxy session expires, or V(null) if no
          number is set.
      returned: always
      type: str
      sample: "+12065550100"
    phone_number_countries:
      description: The countries from which proxy phone numbers are selected, or V([]) if AWS did not return them.
      returned: always
      type: list
      elements: str
      sample:
        - US
        - CA
"""

from typing import Any

from ..module_utils._client import Connection
from ..module_utils._errors import VoiceError
from ..module_utils._module import VoiceModule
from ..module_utils._options import check_values
from ..module_utils._shapes import PROXY, proxy_result
from ..module_utils._writes import Change, SettingWrite, WriteError, require_valid

OPTIONS: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "voice_connector_id": {"type": "str", "required": True},
    "default_session_expiry_minutes": {"type": "int"},
    "phone_number_countries": {"type": "list", "elements": "str", "aliases": ["phone_number_pool_countries"]},
    "fall_back_phone_number": {"type": "str"},
    "disabled": {"type": "bool"},
}


def describe(change: Change, with_diff: bool) -> dict[str, Any]:
    """Return the part of the module's result that describes a change."""
    before, after = proxy_result(change.before), proxy_result(change.after)
    result = {"changed": change.changed, "exists": after["exists"], "proxy": after}
    return {**result, "diff": {"before": before, "after": after}} if with_diff else result


def main() -> None:
    module = VoiceModule(argument_spec=OPTIONS, supports_check_mode=True)
    params = module.params
    voice_connector_id = params["voice_connector_id"]
    known = {"voice_connector_id": voice_connector_id, "region": params["region"]}
    wanted = {**params, "exists": params["state"] == "present"}
    try:
        check_values(OPTIONS, module.given, params, may_be_empty="fall_back_phone_number")
        require_valid(PROXY, wanted)
        client = Connection(module, f"manage the proxy configuration of Voice Connector {voice_connector_id}").client()
        write = SettingWrite(client, PROXY, voice_connector_id, deletes=not wanted["exists"], options=wanted)
        change = write.run(module.check_mode)
    except WriteError as e:
        module.fail_json(**e.failure(**known, **describe(e.change, module._diff)))
    except VoiceError as e:
        module.fail_json(**e.failure(**known))
    module.exit_json(**{**known, "region": client.region}, **describe(change, module._diff))


if __name__ == "__main__":
    main()
