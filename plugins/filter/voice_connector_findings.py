# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check Voice Connectors against a policy."""

from __future__ import annotations

DOCUMENTATION = r"""
name: voice_connector_findings
version_added: 1.1.0
short_description: Check Voice Connectors against a policy
description:
  - Compares a result of M(chime_sdk.voice.chime_voice_connector_info) with a policy, and returns one finding for each
    Voice Connector and check. Only the checks that the policy sets are run.
  - If a check cannot be decided, for example because its setting was not read, its status is V(unknown), never V(pass).
    To read all settings that a policy needs, use P(chime_sdk.voice.voice_connector_policy_includes#filter).
  - Termination checks are V(not_applicable) if termination is missing or disabled. The origination check is
    V(not_applicable) if origination is missing or disabled, or has no routes. If AWS did not return whether termination
    or origination is disabled, it counts as enabled.
positional: _input, policy
options:
  _input:
    description:
      - The result of M(chime_sdk.voice.chime_voice_connector_info), or its list C(voice_connectors).
      - If the task may fail, pass the whole result, because it also contains the errors. Each check of a Voice
        Connector that could not be read is then V(unknown). A Region that could not be listed, or where reading
        stopped, gets one finding whose RV(_value[].voice_connector_id) and RV(_value[].check) are V(null).
    type: raw
    required: true
  policy:
    description: The checks. Set at least one. Lists must not be empty.
    type: dict
    required: true
    suboptions:
      require_encryption:
        description:
          - Whether the Voice Connector must require encryption. If V(false), encryption must not be required.
          - Needs no C(include).
        type: bool
      sip_logs:
        description:
          - Whether SIP messages must be logged. If V(false), they must not be logged. If logging was never configured,
            they count as not logged.
          - Needs V(logging) in C(include).
        type: bool
      media_metric_logs:
        description:
          - Whether media metrics must be logged. If V(false), they must not be logged. If logging was never configured,
            they count as not logged.
          - Needs V(logging) in C(include).
        type: bool
      termination_cidrs_within:
        description:
          - The IPv4 or IPv6 networks that the Voice Connector may accept calls from, as CIDR blocks. Each CIDR block in
            its allowed list must be within one of these networks.
          - An empty allowed list passes, because AWS rejects calls from addresses that are not in the list.
          - Needs V(termination) in C(include).
        type: list
        elements: str
      termination_calling_regions_within:
        description:
          - The countries that the Voice Connector may allow calls to, as ISO 3166-1 alpha-2 codes. Put V(NO) in quotes,
            because YAML reads it as a boolean.
          - Needs V(termination) in C(include).
        type: list
        elements: str
      termination_credentials:
        description:
          - Whether termination credentials must be set. If V(false), none may be set.
          - Needs V(termination) and V(termination_credentials) in C(include).
        type: bool
      termination_health_max_age_hours:
        description:
          - The maximum age of the last SIP OPTIONS message from your SIP infrastructure, in hours. Must be greater than
            V(0).
          - The check fails if AWS has no record of such a message. If the time of the message is more than an hour in
            the future, the status is V(unknown).
          - Needs V(termination) and V(termination_health) in C(include).
        type: float
      origination_protocols:
        description:
          - The protocols that routes may use. Set V(TCP), V(UDP), or both.
          - Needs V(origination) in C(include).
        type: list
        elements: str
      streaming_min_retention_hours:
        description:
          - The minimum number of hours that streamed data must be kept, V(0) or more.
          - The check fails if streaming is missing or disabled.
          - Needs V(streaming) in C(include).
        type: int
      no_proxy_configuration:
        description:
          - Require that no proxy configuration exists. Only V(true) is valid.
          - Needs V(proxy) in C(include).
        type: bool
      required_tags:
        description:
          - The keys of the tags that must be set. Their values are not checked.
          - Needs V(tags) in C(include).
        type: list
        elements: str
  now:
    description: The time of the checks, in ISO 8601 format with a UTC offset. If omitted, the current time.
    type: str
seealso:
  - plugin: chime_sdk.voice.voice_connector_policy_includes
    plugin_type: filter
  - plugin: chime_sdk.voice.voice_connector_findings_csv
    plugin_type: filter
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Require encryption, SIP logs, and known addresses
  vars:
    policy:
      require_encryption: true
      sip_logs: true
      termination_cidrs_within:
        - 203.0.113.0/24
        - 2001:db8::/32
      required_tags:
        - team
  block:
    - name: Read the settings that the policy needs
      chime_sdk.voice.chime_voice_connector_info:
        region: us-east-1
        include: "{{ policy | chime_sdk.voice.voice_connector_policy_includes }}"
      register: voice
      failed_when: false
      no_log: true

    - name: Require that every check passes or does not apply
      ansible.builtin.assert:
        that: problems | length == 0
        fail_msg: "{{ problems }}"
      vars:
        findings: "{{ voice | chime_sdk.voice.voice_connector_findings(policy) }}"
        problems: "{{ findings | rejectattr('status', 'in', ['pass', 'not_applicable']) | list }}"
"""

RETURN = r"""
_value:
  description:
    - The findings, in the order of the Voice Connectors. The findings for each Voice Connector are in the documented
      order of the keys of O(policy).
    - Voice Connectors and Regions that could not be read come last.
  type: list
  elements: dict
  contains:
    voice_connector_id:
      description: The ID of the Voice Connector, or V(null) if the finding is about a Region. See O(_input).
      type: str
      sample: abcdef1ghij2klmno3pqr4
    name:
      description: The name of the Voice Connector, or V(null) if it is unknown.
      type: str
      sample: reception
    region:
      description: The AWS Region where the Voice Connector was found, or V(null) if it was not found.
      type: str
      sample: us-east-1
    check:
      description: The key of O(policy), or V(null) if the finding is about a Region. See O(_input).
      type: str
      sample: termination_cidrs_within
    status:
      description: V(pass), V(fail), V(unknown), or V(not_applicable).
      type: str
      sample: fail
    expected:
      description: The value of this key in O(policy), or V(null) if RV(_value[].check) is V(null).
      type: raw
      sample:
        - 203.0.113.0/24
    actual:
      description:
        - The value that was found, or V(null) if there is none. If RV(_value[].expected) is a boolean, this value is a
          boolean too.
        - Depending on the check, other values are the allowed CIDR blocks, the allowed countries, the time of the last
          SIP OPTIONS message, the protocol of each route, the number of hours that data is kept, or the tag keys.
      type: raw
      sample:
        - 203.0.113.0/28
        - 198.51.100.0/24
    reason:
      description: Why the check did not pass, or V(null) if it did.
      type: str
      sample: Calls are accepted from 198.51.100.0/24.
"""

import datetime
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.chime_sdk.voice.plugins.plugin_utils._findings import AuditError, judge, parse_time


def voice_connector_findings(results: Any, policy: Any, now: Any = None) -> list[dict[str, Any]]:
    """Return the findings described in RETURN."""
    try:
        time = datetime.datetime.now(datetime.timezone.utc) if now is None else parse_time(now)
    except AuditError as e:
        raise AnsibleFilterError(f"The option now {e}")
    try:
        return judge(results, policy, time).findings
    except AuditError as e:
        raise AnsibleFilterError(str(e))


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"voice_connector_findings": voice_connector_findings}
