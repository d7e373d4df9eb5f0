# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check Voice Connectors against a policy."""

from __future__ import annotations

DOCUMENTATION = r"""
name: voice_connector_findings
version_added: 1.0.0
short_description: Check Voice Connectors against a policy
description:
  - Compares results of M(chime_sdk.voice.chime_voice_connector_info) with a policy, and returns one finding for each
    Voice Connector and check. Only the checks in the policy are run.
  - If a check cannot be decided, for example because a setting was not read, its status is V(unknown), never V(pass).
    To find the settings that M(chime_sdk.voice.chime_voice_connector_info) must read for a policy, use
    P(chime_sdk.voice.voice_connector_policy_includes#filter).
  - If an account, a role, or a Region was not read completely, the filter also returns a finding about it, with the
    status V(unknown).
  - If M(chime_sdk.voice.chime_voice_connector_info) was run with IDs, names, or tags as options, the filter also
    returns a finding with the status V(unknown) for each of these IDs or names that matches no Voice Connector. It
    returns one such finding for the tags if no Voice Connector has all of them.
  - Termination checks are V(not_applicable) if termination is missing or disabled. The origination check is
    V(not_applicable) if origination is missing or disabled, or has no routes. If AWS did not return whether a setting
    is disabled, the setting counts as enabled.
  - If several results contain the same Voice Connector, the filter uses only one of them, so that each check has one
    finding. It uses the result in which the fewest checks of this Voice Connector are V(unknown). In a tie, the filter
    prefers the result from the Region that the Voice Connector belongs to, then the first result. Voice Connectors with
    the same ID count as the same Voice Connector unless they are known to belong to different accounts.
positional: _input, policy
options:
  _input:
    description:
      - A result of M(chime_sdk.voice.chime_voice_connector_info), its list C(voice_connectors), a list of results, or
        the registered variable of a loop.
      - If the task that reads the Voice Connectors can fail, pass its whole result, because the list
        C(voice_connectors) does not contain the errors. If a Voice Connector could not be read, each of its checks is
        V(unknown), and the reason is the error message. A result without the key C(voice_connectors), such as that of a
        skipped task or an unreachable host, counts as an account that was not read.
      - For an empty list, the filter returns V([]).
    type: raw
    required: true
  policy:
    description:
      - The checks, as a dictionary, or as a string in YAML or JSON format. Set at least one check. If the value of a
        check is a list, the list must not be empty.
      - If the policy is a string, it can have up to 1,000,000 characters, and must not contain YAML aliases.
      - In the descriptions of the checks, C(include) is the option of M(chime_sdk.voice.chime_voice_connector_info)
        that selects the settings to read.
    type: raw
    required: true
    suboptions:
      require_encryption:
        description:
          - Whether the Voice Connector must require encryption. If V(false), encryption must not be required.
          - The Voice Connectors can be read with any C(include).
        type: bool
      sip_logs:
        description:
          - Whether SIP messages must be logged. If V(false), they must not be logged. Without a logging configuration,
            SIP messages count as not logged.
          - The Voice Connectors must be read with V(logging) in C(include).
        type: bool
      media_metric_logs:
        description:
          - Whether media metrics must be logged. If V(false), they must not be logged. Without a logging configuration,
            media metrics count as not logged.
          - The Voice Connectors must be read with V(logging) in C(include).
        type: bool
      termination_cidrs_within:
        description:
          - The IPv4 or IPv6 networks that the Voice Connector may accept calls from, as CIDR blocks. Each CIDR block in
            the list C(cidr_allowed_list) of the termination setting must be within the union of these networks.
          - An empty C(cidr_allowed_list) passes, because AWS rejects calls from addresses that are not in this list.
          - The Voice Connectors must be read with V(termination) in C(include).
        type: list
        elements: str
      termination_min_prefix_length:
        description:
          - The minimum prefix length, from V(1) to V(32), of each IPv4 CIDR block in the list C(cidr_allowed_list) of
            the termination setting. For example, V(24) allows blocks of up to 256 addresses. IPv6 CIDR blocks always
            pass.
          - The Voice Connectors must be read with V(termination) in C(include).
        type: int
      termination_calling_regions_within:
        description:
          - The countries to which the Voice Connector may allow calls, as ISO 3166-1 alpha-2 codes. Write V('NO') in
            quotes, because otherwise YAML reads it as a boolean.
          - The Voice Connectors must be read with V(termination) in C(include).
        type: list
        elements: str
      termination_max_cps:
        description:
          - The maximum number of calls per second that the Voice Connector may allow, V(1) or more.
          - The Voice Connectors must be read with V(termination) in C(include).
        type: int
      termination_credentials:
        description:
          - Whether termination credentials must be set. If V(false), they must not be set.
          - The Voice Connectors must be read with V(termination) and V(termination_credentials) in C(include).
        type: bool
      termination_health_max_age_hours:
        description:
          - The maximum age of the last SIP OPTIONS message from your SIP infrastructure, in hours. Must be greater than
            V(0).
          - The check fails if AWS has no record of a SIP OPTIONS message. If the time of the message is more than an
            hour in the future, the status is V(unknown).
          - The Voice Connectors must be read with V(termination) and V(termination_health) in C(include).
        type: float
      origination_protocols:
        description:
          - The protocols that routes may use. Set V(TCP), V(UDP), or both.
          - The Voice Connectors must be read with V(origination) in C(include).
        type: list
        elements: str
      streaming_min_retention_hours:
        description:
          - The minimum number of hours that streamed data must be kept, V(0) or more.
          - The check fails if streaming is missing or disabled.
          - The Voice Connectors must be read with V(streaming) in C(include).
        type: int
      emergency_calling:
        description:
          - Whether emergency calling must be configured, with at least one number. If V(false), emergency calling must
            not be configured.
          - The Voice Connectors must be read with V(emergency_calling) in C(include).
        type: bool
      no_proxy_configuration:
        description:
          - Require that no proxy configuration exists. Only V(true) is valid. To skip this check, omit it.
          - The Voice Connectors must be read with V(proxy) in C(include).
        type: bool
      required_tags:
        description:
          - The keys of the tags that must be set. Their values are not checked.
          - The Voice Connectors must be read with V(tags) in C(include).
        type: list
        elements: str
      allowed_tag_values:
        description:
          - The allowed values of certain tags, as a dictionary with a list of values for each tag key. Values are
            case-sensitive.
          - If one of these tags is not set on the Voice Connector, the check ignores this tag. If none of them is set,
            the check is V(not_applicable).
          - The Voice Connectors must be read with V(tags) in C(include).
        type: dict
      exceptions:
        description:
          - Exceptions, which permit certain Voice Connectors to fail a check. If an exception applies, the status of
            the finding is V(excepted) instead of V(fail). Other statuses do not change.
          - In each exception, set exactly one of O(policy.exceptions[].voice_connector_ids),
            O(policy.exceptions[].names), and O(policy.exceptions[].tags).
        type: list
        elements: dict
        suboptions:
          check:
            description: The key of a check in O(policy). The policy must contain this check.
            type: str
            required: true
          voice_connector_ids:
            description: The exception applies to Voice Connectors with one of these IDs.
            type: list
            elements: str
          names:
            description: The exception applies to Voice Connectors with one of these names. Names are case-sensitive.
            type: list
            elements: str
          tags:
            description:
              - The exception applies to Voice Connectors that have all of these tags. The value V(null) matches any
                value.
              - The Voice Connectors must be read with V(tags) in C(include).
            type: dict
          account_ids:
            description:
              - The exception applies only in the AWS accounts with these IDs. Write each ID in quotes. If omitted, the
                exception applies in all accounts.
            type: list
            elements: str
          reason:
            description: Why the failure is permitted.
            type: str
            required: true
          until:
            description:
              - The last day of the exception, in UTC. If omitted, the exception does not expire.
              - After this day, the check fails again.
            type: str
  now:
    description:
      - The time of the checks, in ISO 8601 format with a UTC offset. The default is the current time.
      - An unquoted YAML timestamp without an offset counts as UTC. In a template, use V(now(utc=true\)), because
        V(now(\)) returns local time.
    type: raw
seealso:
  - plugin: chime_sdk.voice.voice_connector_policy_includes
    plugin_type: filter
  - module: chime_sdk.voice.voice_connector_report
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Check the Voice Connectors of several accounts
  hosts: localhost
  gather_facts: false
  vars:
    policy:
      require_encryption: true
      sip_logs: true
      termination_cidrs_within:
        - 203.0.113.0/24
        - 2001:db8::/32
      required_tags:
        - team
      exceptions:
        - check: sip_logs
          names:
            - reception
          reason: The carrier is moving.
          until: "2026-12-31"
  tasks:
    - name: Read the settings that the policy needs
      chime_sdk.voice.chime_voice_connector_info:
        region: us-east-1
        assume_role_arn: "{{ item }}"
        include: "{{ policy | chime_sdk.voice.voice_connector_policy_includes }}"
      loop:
        - arn:aws:iam::111122223333:role/audit
        - arn:aws:iam::444455556666:role/audit
      register: voice
      failed_when: false
      no_log: true

    - name: Require that everything was read, and that no check fails
      ansible.builtin.assert:
        that: problems | length == 0
        fail_msg: "{{ problems }}"
      vars:
        findings: "{{ voice | chime_sdk.voice.voice_connector_findings(policy) }}"
        problems: "{{ findings | selectattr('status', 'in', ['fail', 'unknown']) | list }}"
"""

RETURN = r"""
_value:
  description:
    - The findings, in the order of the Voice Connectors in the input. The findings for each Voice Connector are in the
      order in which the keys of O(policy) are documented.
    - Next come the findings for Voice Connectors that could not be read. The input contains these Voice Connectors only
      in the list C(errors) of a result. Last come the findings for accounts and Regions that could not be read, and for
      selected IDs, names, and tags that match no Voice Connector.
  type: list
  elements: dict
  contains:
    account_id:
      description: The ID of the AWS account, or V(null) if it is unknown.
      type: str
      sample: "111122223333"
    region:
      description:
        - The AWS Region where the Voice Connector was found. V(null) if the Voice Connector was not found, or if the
          finding is about an account, a name, or tags.
      type: str
      sample: us-east-1
    voice_connector_id:
      description:
        - The ID of the Voice Connector, or V(null) if the finding is about an account, a Region, a name, or tags.
      type: str
      sample: abcdef1ghij2klmno3pqr4
    name:
      description: The name of the Voice Connector, or V(null) if it is unknown.
      type: str
      sample: reception
    check:
      description:
        - The key of O(policy), or V(null) if the finding is about an account or a Region, or about an ID, a name, or
          tags that match no Voice Connector.
      type: str
      sample: termination_cidrs_within
    status:
      description: V(pass), V(fail), V(unknown), V(not_applicable), or V(excepted).
      type: str
      sample: excepted
    expected:
      description: The value of the check in O(policy), or V(null) if RV(_value[].check) is V(null).
      type: raw
      sample:
        - 203.0.113.0/24
    actual:
      description:
        - The value that was found, or V(null) if no value was found. If RV(_value[].expected) is a boolean, this value
          is also a boolean.
        - Otherwise, the value depends on the check. Possible values are the allowed CIDR blocks, the allowed countries,
          the number of calls per second, the time of the last SIP OPTIONS message, the protocol of each route, the
          number of hours that data is kept, the tag keys, and the checked tags with their values.
      type: raw
      sample:
        - 203.0.113.0/28
        - 198.51.100.0/24
    reason:
      description: Why the check did not pass, or V(null) if the check passed.
      type: str
      sample: Calls are accepted from 198.51.100.0/24.
    fix:
      description:
        - A dictionary with one option of M(chime_sdk.voice.chime_voice_connector) and the value with which the check
          passes. The value depends only on the policy, so it is the same for all Voice Connectors.
        - V(null) if RV(_value[].status) is not V(fail), if several options are necessary, or if several values are
          possible.
      type: dict
      sample:
        logging:
          enable_sip_logs: true
    exception:
      description:
        - The exception that applies, or V(null) if no exception applies. Exceptions apply only to checks that fail, so
          the value is V(null) if RV(_value[].status) is V(pass), V(unknown), or V(not_applicable).
      type: dict
      contains:
        reason:
          description: Why the failure is permitted, as stated in the policy.
          type: str
          sample: The carrier is moving.
        until:
          description: The last day of the exception, or V(null) if it does not expire.
          type: str
          sample: "2026-12-31"
        expired:
          description: Whether the exception has expired. If V(true), the status is V(fail).
          type: bool
          sample: false
"""

import datetime
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.chime_sdk.voice.plugins.plugin_utils._findings import judge
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._policy import AuditError, parse_time


def voice_connector_findings(results: Any, policy: Any, now: Any = None) -> list[dict[str, Any]]:
    """Return the findings described in RETURN."""
    try:
        time = datetime.datetime.now(datetime.timezone.utc) if now is None else parse_time(now)
    except AuditError as e:
        raise AnsibleFilterError(f"The option 'now' {e}")
    try:
        return judge(results, policy, time).findings
    except AuditError as e:
        raise AnsibleFilterError(str(e))


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"voice_connector_findings": voice_connector_findings}
