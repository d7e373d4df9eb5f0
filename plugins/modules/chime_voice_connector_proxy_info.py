#!/usr/bin/python
# -*- coding: utf-8 -*-

# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: chime_voice_connector_proxy_info
version_added: 1.0.0
short_description: Read the proxy configuration of an Amazon Chime SDK Voice Connector
description:
  - Reads the proxy configuration of one Amazon Chime SDK Voice Connector, for facts, audits, and conditional tasks.
  - RV(exists) is V(false) only if AWS confirms that no proxy configuration is set. If the request is denied or
    throttled, or if the response is missing or unreadable, the task fails instead.
  - If AWS returns the error C(NotFoundException), a second request checks whether the Voice Connector exists. If the
    Voice Connector does not exist, the task fails. The task also fails if a response has the HTTP status 404, but does
    not contain the error C(NotFoundException), because such a response may not come from AWS.
options: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - chime_sdk.voice.common.info_module
  - chime_sdk.voice.common.one_voice_connector
  - chime_sdk.voice.common.assume_role
  - chime_sdk.voice.common.option_values
  - chime_sdk.voice.common.action_groups
  - chime_sdk.voice.common.sdk
notes:
  - The credentials need the IAM actions C(chime:GetVoiceConnectorProxy) and C(chime:GetVoiceConnector) on
    C(arn:aws:chime:REGION:ACCOUNT:vc/VOICE_CONNECTOR_ID). The module uses
    C(chime:GetVoiceConnector) to distinguish a Voice Connector without a proxy configuration from a Voice Connector
    that does not exist.
  - The fall-back phone number is returned unmasked. To keep the phone number out of output and logs, set C(no_log) on
    the task.
seealso:
  - name: GetVoiceConnectorProxy
    description: The operation in the API reference of the Amazon Chime SDK.
    link: https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_voice-chime_GetVoiceConnectorProxy.html
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Read the proxy configuration of a Voice Connector
  chime_sdk.voice.chime_voice_connector_proxy_info:
    voice_connector_id: abcdef1ghij2klmno3pqr4
    region: us-east-1
  register: voice_proxy

- name: Report a proxy configuration that is still set
  ansible.builtin.debug:
    msg: >-
      {{ voice_proxy.voice_connector_id }} in {{ voice_proxy.region }} still has a proxy configuration
      for {{ voice_proxy.proxy.phone_number_countries | join(', ') }}
  when: voice_proxy.exists

# An info module returns its result, but sets no facts. To keep values as facts, set them in a separate task.
- name: Store the result in facts and in the fact cache
  ansible.builtin.set_fact:
    voice_proxy_exists: "{{ voice_proxy.exists }}"
    voice_proxy_settings: "{{ voice_proxy.proxy }}"
    cacheable: true

- name: Read several Voice Connectors
  chime_sdk.voice.chime_voice_connector_proxy_info:
    voice_connector_id: "{{ item }}"
    region: us-east-1
  loop:
    - abcdef1ghij2klmno3pqr4
    - bcdefg2hijk3lmnop4qrs5
  register: voice_proxies
  ignore_errors: true

# A failed item has no 'exists', so exclude the failed items first.
- name: List the remaining proxy configurations, and the Voice Connectors that could not be read
  ansible.builtin.debug:
    msg:
      set: "{{ voice_proxies.results | rejectattr('failed') | selectattr('exists') | map(attribute='item') | list }}"
      unknown: "{{ voice_proxies.results | selectattr('failed') | map(attribute='item') | list }}"

- name: Set the connection options once, for this collection and amazon.aws
  module_defaults:
    group/chime_sdk.voice.all:
      region: us-east-1
      profile: telephony
  block:
    - name: Read with the shared connection options
      chime_sdk.voice.chime_voice_connector_proxy_info:
        voice_connector_id: abcdef1ghij2klmno3pqr4

- name: Read without showing the fall-back phone number in output or logs
  chime_sdk.voice.chime_voice_connector_proxy_info:
    voice_connector_id: abcdef1ghij2klmno3pqr4
    region: us-east-1
  no_log: true
  register: private_voice_proxy

- name: Distinguish 'not set' from 'could not be read'
  block:
    - name: Read the proxy configuration
      chime_sdk.voice.chime_voice_connector_proxy_info:
        voice_connector_id: abcdef1ghij2klmno3pqr4
        region: us-east-1
      register: known_voice_proxy

    - name: Report that no proxy configuration is set
      ansible.builtin.debug:
        msg: No proxy configuration is set
      when: not known_voice_proxy.exists
  rescue:
    - name: Report why the proxy configuration could not be read
      ansible.builtin.debug:
        msg: "{{ ansible_failed_result.error.code | default('no response') }}: {{ ansible_failed_result.msg }}"
"""

RETURN = r"""
voice_connector_id:
  description: The ID of the Voice Connector.
  returned: always
  type: str
  sample: abcdef1ghij2klmno3pqr4
region:
  description: The AWS Region that was read. On failure, V(null) if the Region is unknown.
  returned: always
  type: str
  sample: us-east-1
exists:
  description:
    - Whether a proxy configuration is set on the Voice Connector. Use this key in C(when).
    - V(true) if the response from AWS contains a C(Proxy) object with at least one key, even if the value of the key is
      V(null).
    - V(false) if the response is empty, if its C(Proxy) object is empty or V(null), or if AWS returned the error
      C(NotFoundException) and the Voice Connector exists in this Region.
  returned: success
  type: bool
  sample: true
proxy:
  description:
    - The proxy configuration.
    - All keys are always present, so you can use each key in a condition.
  returned: success
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

from ..module_utils._api import describe_read, get_setting
from ..module_utils._client import Connection
from ..module_utils._errors import VoiceError
from ..module_utils._module import VoiceModule
from ..module_utils._options import check_values
from ..module_utils._shapes import PROXY

OPTIONS: dict[str, dict[str, Any]] = {"voice_connector_id": {"type": "str", "required": True}}


def main() -> None:
    module = VoiceModule(argument_spec=OPTIONS, supports_check_mode=True)
    voice_connector_id = module.params["voice_connector_id"]
    try:
        check_values(OPTIONS, module.given, module.params)
        client = Connection(module, describe_read(PROXY, voice_connector_id)).client()
        proxy = get_setting(client, PROXY, voice_connector_id).result
    except VoiceError as e:
        module.fail_json(**e.failure(voice_connector_id=voice_connector_id, region=module.params["region"]))
    module.exit_json(
        changed=False,
        voice_connector_id=voice_connector_id,
        region=client.region,
        exists=proxy["exists"],
        proxy=proxy,
    )


if __name__ == "__main__":
    main()
