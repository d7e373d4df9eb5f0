#!/usr/bin/python
# -*- coding: utf-8 -*-

# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: chime_voice_connector
version_added: 1.0.0
short_description: Manage an Amazon Chime SDK Voice Connector with its settings and tags
description:
  - Creates, changes, or deletes one Amazon Chime SDK Voice Connector. The module sends a write request only if a
    specified value differs from the current value. Omitted options do not change anything.
  - Each setting, such as O(termination), accepts the dictionary that M(chime_sdk.voice.chime_voice_connector_info)
    returns for it. So you can copy a setting from one Voice Connector to another, except O(termination_credentials),
    whose passwords AWS never returns. A key that is omitted or V(null) keeps its current
    value. Therefore, a value that is V(null) in the source does not change in the target. To unset a value, specify an
    empty string or an empty list.
  - Except for O(termination_credentials.credentials), a list replaces the whole current list. In each item of a list,
    such as a route, specify all keys. If an existing item has the specified value for each specified key, the module
    keeps the whole item, including its other keys. Otherwise, the module writes an item that contains only the
    specified keys. If an item that you specify matches several different existing items, and the new list would remove
    one of them, the task fails.
  - C(exists=false) deletes a setting. C(exists=true) creates a missing setting even if all of its other keys are
    omitted or empty, unless one of these keys is required. If you specify C(exists=null), which
    M(chime_sdk.voice.chime_voice_connector_info) returns for a setting that could not be read, the task fails.
  - The module reads an existing Voice Connector before the first write. If a read fails, or if the module knows that
    AWS would reject the options, nothing is written. For example, AWS rejects termination credentials if there are no
    termination settings. AWS also rejects emergency calling unless termination and origination are both enabled.
options:
  state:
    description:
      - V(present) creates the Voice Connector if it does not exist, and applies the specified options.
      - V(absent) deletes the Voice Connector with all of its settings, and confirms the deletion. Only
        O(voice_connector_id), O(name), O(wait_timeout), and the connection options are used. Other options are ignored.
      - With V(absent), the task fails if phone numbers are associated with the Voice Connector. The error message shows
        up to ten of these numbers in masked form. The module never disassociates phone numbers.
    type: str
    choices:
      - present
      - absent
    default: present
  voice_connector_id:
    description:
      - The ID of the Voice Connector, not its name or ARN.
      - With O(state=present), the task fails if the Voice Connector does not exist.
      - Either this option or O(name) is required.
    type: str
  name:
    description:
      - The name of the Voice Connector. It must have 1 to 256 characters. Valid characters are letters, digits, spaces,
        underscores, periods, and hyphens.
      - Without O(voice_connector_id), the module searches for this exact name among the Voice Connectors that belong to
        the Region. If several Voice Connectors have this name, the task fails and lists their IDs.
      - With O(voice_connector_id) and O(state=present), this option is the new name.
      - With O(voice_connector_id) and O(state=absent), the task fails if the Voice Connector has a different name.
    type: str
  require_encryption:
    description:
      - Whether the Voice Connector requires encryption.
      - If omitted, the value does not change. For a new Voice Connector, the default is V(true).
    type: bool
  network_type:
    description:
      - The network type, V(IPV4_ONLY) or V(DUAL_STACK).
      - The type can be set only at creation. If an existing Voice Connector has a different value, the task fails.
      - Requires botocore 1.40.70 or newer.
    type: str
  integration_type:
    description:
      - The type of integration with Amazon Connect, V(CONNECT_CALL_TRANSFER_CONNECTOR) or
        V(CONNECT_ANALYTICS_CONNECTOR).
      - The type can be set only at creation. If an existing Voice Connector has a different value, the task fails.
      - Requires botocore 1.35.99 or newer.
    type: str
  termination:
    description: The termination settings, for calls from your SIP infrastructure to the telephone network.
    type: dict
    suboptions:
      exists:
        description: V(false) deletes the termination settings.
        type: bool
      cps_limit:
        description: The maximum number of calls per second, from V(1) to the quota of the account.
        type: int
      default_phone_number:
        description: The default caller ID, in E.164 format with a plus sign. Write the number in quotes.
        type: str
      calling_regions:
        description:
          - The countries to which calls are allowed, in ISO 3166-1 alpha-2 format. Write V('NO') in quotes, because
            otherwise YAML reads it as a boolean.
        type: list
        elements: str
      cidr_allowed_list:
        description: The addresses from which calls are accepted, in CIDR format.
        type: list
        elements: str
      disabled:
        description: Whether termination is disabled.
        type: bool
  termination_credentials:
    description: The SIP credentials with which your SIP infrastructure authenticates.
    type: dict
    suboptions:
      exists:
        description: V(false) deletes all credentials.
        type: bool
      usernames:
        description:
          - The existing user names, as M(chime_sdk.voice.chime_voice_connector_info) returns them. If the list differs
            from the existing user names, the task fails, because AWS cannot set a user name without its password.
          - To set user names, use O(termination_credentials.credentials).
        type: list
        elements: str
      credentials:
        description:
          - The credentials to set. Existing credentials that are not in this list remain, unless
            O(purge_termination_credentials=true).
          - O(update_password) controls when the passwords in this list are sent.
        type: list
        elements: dict
        suboptions:
          username:
            description: The user name.
            type: str
            required: true
          password:
            description:
              - The password. No result, diff, or log contains it. If an error message from AWS repeats the password, in
                plain text or in a common encoding, the module hides it.
            type: str
            required: true
  update_password:
    description:
      - With V(on_create), the module sends passwords only if O(termination_credentials.credentials) contains a user
        name that does not exist yet. Usually, it sends only the passwords of these new user names. However, AWS does
        not document whether new credentials replace all stored credentials. Therefore, if
        O(termination_credentials.credentials) contains every user name that the Voice Connector will have after the
        task, the module sends all passwords, so that none can be lost.
      - With V(always), the module sends all passwords in every run. AWS never returns passwords, so the module cannot
        compare them, and the task always reports a change.
    type: str
    choices:
      - on_create
      - always
    default: on_create
  purge_termination_credentials:
    description:
      - Whether to delete the user names that are not in O(termination_credentials.credentials). If
        O(termination_credentials.credentials) is omitted, this option has no effect.
    type: bool
    default: false
  origination:
    description: The origination settings, for calls from the telephone network to your SIP infrastructure.
    type: dict
    suboptions:
      exists:
        description: V(false) deletes the origination settings.
        type: bool
      routes:
        description:
          - Where calls are sent. AWS documents both 10 and 20 as the maximum number of routes.
          - Set all keys of each route, because AWS may add values for missing keys.
        type: list
        elements: dict
        suboptions:
          host:
            description: The host name or IP address.
            type: str
          port:
            description: The port, from V(0) to V(65535).
            type: int
          protocol:
            description: V(TCP) or V(UDP).
            type: str
          priority:
            description: The priority, from V(1) to V(100). V(1) is the highest priority.
            type: int
          weight:
            description: The weight among routes of the same priority, from V(1) to V(100).
            type: int
      disabled:
        description: Whether origination is disabled.
        type: bool
  logging:
    description: The logging configuration. Logs are sent to Amazon CloudWatch Logs.
    type: dict
    suboptions:
      exists:
        description:
          - V(false) disables the logs of SIP messages and media metrics, because AWS cannot delete a logging
            configuration. V(true) without other keys has no effect.
        type: bool
      enable_sip_logs:
        description: Whether to log SIP messages.
        type: bool
      enable_media_metric_logs:
        description: Whether to log media metrics.
        type: bool
  streaming:
    description: The configuration for streaming to Amazon Kinesis Video Streams.
    type: dict
    suboptions:
      exists:
        description: V(false) deletes the streaming configuration.
        type: bool
      data_retention_in_hours:
        description: How many hours the data is kept, V(0) or more. Required in a new streaming configuration.
        type: int
      disabled:
        description: Whether streaming is disabled. Required in a new streaming configuration.
        type: bool
      streaming_notification_targets:
        description: Where notifications are sent. At most three targets are allowed.
        type: list
        elements: dict
        suboptions:
          notification_target:
            description: V(EventBridge), V(SNS), or V(SQS).
            type: str
      media_insights_configuration:
        description: The configuration of call analytics.
        type: dict
        suboptions:
          disabled:
            description: Whether call analytics are disabled.
            type: bool
          configuration_arn:
            description: The ARN of the media insights pipeline configuration.
            type: str
  emergency_calling:
    description: The emergency calling configuration.
    type: dict
    suboptions:
      exists:
        description: V(false) deletes the emergency calling configuration.
        type: bool
      dnis:
        description: The phone numbers for emergency calls.
        type: list
        elements: dict
        suboptions:
          emergency_phone_number:
            description: The phone number that receives emergency calls, in E.164 format. Write the number in quotes.
            type: str
          test_phone_number:
            description: The phone number for test calls, in E.164 format. Write the number in quotes.
            type: str
          calling_country:
            description: The country from which emergency calls are allowed, in ISO 3166-1 alpha-2 format.
            type: str
  external_systems:
    description: The external systems that the Voice Connector works with. Requires botocore 1.35.99 or newer.
    type: dict
    suboptions:
      exists:
        description: V(false) deletes the external systems configuration.
        type: bool
      session_border_controller_types:
        description:
          - The types of the session border controllers. The valid types are V(RIBBON_SBC), V(ORACLE_ACME_PACKET_SBC),
            V(AVAYA_SBCE), V(CISCO_UNIFIED_BORDER_ELEMENT), and V(AUDIOCODES_MEDIANT_SBC).
        type: list
        elements: str
      contact_center_system_types:
        description:
          - The types of the contact center systems. The valid types are V(GENESYS_ENGAGE_ON_PREMISES),
            V(AVAYA_AURA_CALL_CENTER_ELITE), V(AVAYA_AURA_CONTACT_CENTER), and
            V(CISCO_UNIFIED_CONTACT_CENTER_ENTERPRISE).
        type: list
        elements: str
  proxy:
    description:
      - The proxy configuration. AWS ended support for proxy sessions on 2026-04-07, and may reject every change except
        the deletion of the configuration.
      - M(chime_sdk.voice.chime_voice_connector_proxy_retire) backs up proxy configurations before it deletes them. This
        module writes no backup.
    type: dict
    suboptions:
      exists:
        description: V(false) deletes the proxy configuration.
        type: bool
      default_session_expiry_minutes:
        description:
          - The default number of minutes allowed for proxy sessions, V(1) or more. Required in a new proxy
            configuration.
        type: int
      disabled:
        description: Whether to block new proxy sessions.
        type: bool
      fall_back_phone_number:
        description:
          - The phone number, in E.164 format, to which calls are routed after a proxy session expires. Write the number
            in quotes.
        type: str
      phone_number_countries:
        description:
          - The countries from which proxy phone numbers are selected, in ISO 3166-1 alpha-2 format. Specify 1 to 100
            countries. Required in a new proxy configuration.
        type: list
        elements: str
  termination_health:
    description:
      - The last SIP OPTIONS message that the Voice Connector received from your SIP infrastructure. This setting is
        read-only. If the specified values differ from the values that AWS returns, the task fails.
    type: dict
    suboptions:
      exists:
        description: Whether AWS has a record of a SIP OPTIONS message.
        type: bool
      timestamp:
        description: The time of the last SIP OPTIONS message, in ISO 8601 format.
        type: str
      source:
        description: The source IP address of the last SIP OPTIONS message.
        type: str
  phone_numbers:
    description:
      - The phone numbers that are associated with the Voice Connector. This setting is read-only. If the specified
        numbers differ from the numbers that AWS returns, the task fails.
    type: dict
    suboptions:
      exists:
        description: Whether any phone numbers are associated with the Voice Connector.
        type: bool
      e164_phone_numbers:
        description: The numbers in E.164 format. Write them in quotes.
        type: list
        elements: str
  wait_timeout:
    description:
      - The maximum number of seconds to wait for AWS to return a new Voice Connector, or to stop returning a deleted
        Voice Connector. After this time, the task fails. The minimum is 1.
    type: int
    default: 120
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags.modules
  - chime_sdk.voice.common.writing_module
  - chime_sdk.voice.common.concurrent_requests
  - chime_sdk.voice.common.assume_role
  - chime_sdk.voice.common.option_values
  - chime_sdk.voice.common.action_groups
  - chime_sdk.voice.common.sdk
attributes:
  check_mode:
    details:
      - In check mode, the module sends read requests, but no write requests. It returns the values that the real run
        would return, as far as they can be predicted. If the installed botocore cannot send a change, the task also
        fails in check mode.
  diff_mode:
    details:
      - The diff contains the name, O(require_encryption), O(network_type), O(integration_type), and, if specified, the
        tags and the settings. It shows unmasked phone numbers, but no passwords. In the diff,
        C(termination_credentials.new_passwords) lists the user names whose passwords are sent.
      - To hide the phone numbers, set C(diff=false) on the task, which overrides C(--diff) and C(ANSIBLE_DIFF_ALWAYS).
  idempotent:
    details:
      - With O(update_password=always), a task with O(termination_credentials.credentials) always reports a change. If
        AWS withholds the current tags, a task with O(tags) and O(purge_tags=false) always reports a change.
notes:
  - Unless O(voice_connector_id) is set, the AWS credentials need the IAM action C(chime:ListVoiceConnectors) on the
    resource C(*), and for O(state=present) also C(chime:CreateVoiceConnector). On the resource
    C(arn:aws:chime:REGION:ACCOUNT:vc/VOICE_CONNECTOR_ID), the credentials need C(chime:GetVoiceConnector),
    C(chime:UpdateVoiceConnector) for O(state=present), and C(chime:DeleteVoiceConnector) for O(state=absent). For each
    specified setting, they also need the actions that get, put, and delete the setting, such as
    C(chime:GetVoiceConnectorProxy), C(chime:PutVoiceConnectorProxy), and C(chime:DeleteVoiceConnectorProxy). To check
    whether AWS would reject a change, the module may also read O(termination), O(origination), and
    O(emergency_calling), which requires the actions that get these settings.
  - For O(tags), the AWS credentials need C(chime:ListTagsForResource), C(chime:TagResource), and
    C(chime:UntagResource). For O(phone_numbers), and for O(state=absent), they need C(chime:ListPhoneNumbers) on the
    resource C(*). The complete IAM policy is in the guide "Check every SIP trunk against a policy", in the file
    C(docs/docsite/rst/settings.rst) of this collection.
  - When the module enables logs, AWS uses the permissions of your AWS credentials to set up log delivery. Therefore,
    these credentials need the IAM actions C(logs:CreateLogDelivery), C(logs:GetLogDelivery), C(logs:ListLogDeliveries),
    C(logs:PutResourcePolicy), C(logs:DescribeResourcePolicies), and C(logs:DescribeLogGroups). The module itself sends
    no requests to CloudWatch Logs.
  - The module sends only the necessary write requests, in an order that AWS accepts. If necessary, it first deletes the
    emergency calling configuration, and turns off encryption. Next, it changes termination and the termination
    credentials, and then origination. After that, it turns on encryption if necessary. Finally, it changes emergency
    calling, streaming, logging, external systems, the proxy configuration, and the tags.
  - If a write fails, the module stops. RV(steps) lists the completed operations. RV(voice_connector_id) contains the ID
    of the Voice Connector, even if the task just created it. To complete the changes, run the task again.
  - AWS cannot recognize a repeated request to create a Voice Connector, so the module sends this request only once. If
    the outcome of the request is unknown, the module lists the Voice Connectors until a new one with the specified
    O(name) appears, and continues with that Voice Connector. If no new Voice Connector appears within O(wait_timeout),
    or if several appear, the task fails. You can run the task again, because the module searches for the O(name) before
    it creates a Voice Connector. However, the module can create a second Voice Connector if AWS does not list the first
    one yet, or if two tasks with the same O(name) run at the same time.
  - AWS always replaces a setting as a whole, so a write can overwrite a change that someone else has just made.
    Therefore, the module reads a setting again immediately before it writes the setting, and fails if the setting has
    changed since the first read. If someone else changes the setting between the second read and the write, that change
    is lost.
  - If a stored setting contains a key that the installed botocore cannot send, the module cannot replace the setting
    without losing this key, so the task fails. The task also fails if you change or remove an item of a list, such as a
    route, and the stored item contains a key that this module does not know.
  - AWS may normalize values. Therefore, when the module compares settings, it ignores the order of lists, the plus sign
    in front of phone numbers, the letter case of country codes and host names, and different notations of the same CIDR
    block. It treats a missing value as equal to V(false), V(''), and V([]).
  - For some Voice Connectors, AWS returns the error C(Invalid resource) instead of the tags. In this case, a task with
    O(tags) fails before the first write. With O(purge_tags=false), the task does not fail, but sends the tags in every
    run. If AWS withholds the tags after the module wrote them, the module shows a warning.
  - Ansible hides a password wherever the password occurs in a result, even as part of a different value, such as a
    name. If an option contains a value that Ansible has hidden, such as C(********), the task fails.
  - Phone numbers and user names are returned unmasked, but are not written to the system log of the managed node. To
    keep them out of Ansible's output and logs, set C(no_log) on the task.
seealso:
  - module: chime_sdk.voice.chime_voice_connector_info
  - module: chime_sdk.voice.chime_voice_connector_proxy_retire
  - name: CreateVoiceConnector
    description: The operation in the API reference of the Amazon Chime SDK.
    link: https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_voice-chime_CreateVoiceConnector.html
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Create or update the Voice Connector with the name reception
  chime_sdk.voice.chime_voice_connector:
    region: us-east-1
    name: reception
    require_encryption: true
    tags:
      team: voice
    termination:
      cps_limit: 1
      calling_regions:
        - US
        - CA
      cidr_allowed_list:
        - 203.0.113.0/27
      default_phone_number: "+12065550100"
      disabled: false
    termination_credentials:
      credentials:
        - username: pbx
          password: "{{ vault_reception_password }}"
    origination:
      routes:
        - host: sbc.example.com
          port: 5061
          protocol: TCP
          priority: 1
          weight: 1
      disabled: false
    logging:
      enable_sip_logs: true
  register: trunk

- name: Show the operations that changed something
  ansible.builtin.debug:
    msg: "{{ trunk.voice_connector_id }}: {{ trunk.steps | join(', ') }}"

- name: Rename a Voice Connector
  chime_sdk.voice.chime_voice_connector:
    region: us-east-1
    voice_connector_id: abcdef1ghij2klmno3pqr4
    name: front desk

- name: Read the termination settings of one Voice Connector
  chime_sdk.voice.chime_voice_connector_info:
    region: us-east-1
    voice_connector_ids:
      - abcdef1ghij2klmno3pqr4
    include:
      - termination
  register: source

- name: Copy the termination settings to another Voice Connector
  chime_sdk.voice.chime_voice_connector:
    region: us-east-1
    name: warehouse
    termination: "{{ source.voice_connectors[0].termination }}"

- name: Delete only the emergency calling configuration
  chime_sdk.voice.chime_voice_connector:
    region: us-east-1
    voice_connector_id: abcdef1ghij2klmno3pqr4
    emergency_calling:
      exists: false

- name: Preview a change without applying it
  chime_sdk.voice.chime_voice_connector:
    region: us-east-1
    voice_connector_id: abcdef1ghij2klmno3pqr4
    require_encryption: false
  check_mode: true
  diff: true

- name: Set the password of one user name, and delete all other user names
  chime_sdk.voice.chime_voice_connector:
    region: us-east-1
    name: reception
    termination_credentials:
      credentials:
        - username: pbx
          password: "{{ vault_reception_password }}"
    update_password: always
    purge_termination_credentials: true

- name: Delete a Voice Connector, but fail if its name is not reception
  chime_sdk.voice.chime_voice_connector:
    region: us-east-1
    voice_connector_id: abcdef1ghij2klmno3pqr4
    name: reception
    state: absent
"""

RETURN = r"""
voice_connector_id:
  description:
    - The ID of the Voice Connector. V(null) if the ID is unknown, for example because no Voice Connector has this
      O(name), or because check mode does not create the Voice Connector.
  returned: always
  type: str
  sample: abcdef1ghij2klmno3pqr4
region:
  description: The AWS Region of the Voice Connector. On failure, V(null) if the Region is unknown.
  returned: always
  type: str
  sample: us-east-1
steps:
  description:
    - The AWS operations that changed something, in order. In check mode, the operations that would be sent.
  returned: always
  type: list
  elements: str
  sample:
    - CreateVoiceConnector
    - PutVoiceConnectorTermination
    - PutVoiceConnectorTerminationCredentials
    - PutVoiceConnectorOrigination
    - PutVoiceConnectorLoggingConfiguration
failed_step:
  description:
    - The write operation at which the task stopped, even if the operation was not sent. V(null) if the task succeeded,
      stopped before the first write operation, or could not read the Voice Connector after a write operation.
  returned: always
  type: str
  sample: null
exists:
  description: Whether the Voice Connector exists after the task. In check mode, whether it would exist.
  returned: on success
  type: bool
  sample: true
voice_connector:
  description:
    - The Voice Connector after the task, or V(null) if it does not exist. In check mode, the predicted Voice Connector.
      If the task would create it, values that only AWS can set are V(null).
    - The keys are the same as in M(chime_sdk.voice.chime_voice_connector_info), which documents the keys in detail.
      Only the settings that the task specifies are returned, each with all of its keys.
  returned: on success
  type: dict
  contains:
    region:
      description: The AWS Region in which the Voice Connector was found.
      returned: always
      type: str
      sample: us-east-1
    voice_connector_id:
      description: The ID.
      returned: always
      type: str
      sample: abcdef1ghij2klmno3pqr4
    voice_connector_arn:
      description: The ARN, or V(null) if AWS did not return it.
      returned: always
      type: str
      sample: arn:aws:chime:us-east-1:111122223333:vc/abcdef1ghij2klmno3pqr4
    name:
      description: The name.
      returned: always
      type: str
      sample: reception
    aws_region:
      description: The AWS Region in which the Voice Connector was created, or V(null) if AWS did not return it.
      returned: always
      type: str
      sample: us-east-1
    outbound_host_name:
      description: The outbound host name, or V(null) if AWS did not return it.
      returned: always
      type: str
      sample: abcdef1ghij2klmno3pqr4.voiceconnector.chime.aws
    require_encryption:
      description: Whether encryption is required, or V(null) if AWS did not return it.
      returned: always
      type: bool
      sample: true
    created_timestamp:
      description: The time of creation, in UTC and ISO 8601 format, or V(null) if AWS did not return it.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05+00:00"
    updated_timestamp:
      description: The time of the last change, in UTC and ISO 8601 format, or V(null) if AWS did not return it.
      returned: always
      type: str
      sample: "2026-02-03T04:05:06+00:00"
    integration_type:
      description: The type of integration with Amazon Connect, or V(null) if AWS did not return it.
      returned: always
      type: str
      sample: CONNECT_ANALYTICS_CONNECTOR
    network_type:
      description: The network type, or V(null) if AWS did not return it.
      returned: always
      type: str
      sample: IPV4_ONLY
    tags:
      description: The tags, or V(null) if AWS withholds them.
      returned: if O(tags) is given
      type: dict
      sample:
        team: voice
    tags_error:
      description: The reason that the tags could not be read, or V(null) if they were read.
      returned: if O(tags) is given
      type: str
      sample: null
    proxy:
      description: The proxy configuration.
      returned: if O(proxy) is given
      type: dict
      sample:
        exists: true
        default_session_expiry_minutes: 60
        disabled: false
        fall_back_phone_number: "+12065550100"
        phone_number_countries:
          - US
          - CA
    termination:
      description: The termination settings.
      returned: if O(termination) is given
      type: dict
      sample:
        exists: true
        cps_limit: 1
        default_phone_number: "+12065550100"
        calling_regions:
          - US
          - CA
        cidr_allowed_list:
          - 203.0.113.0/27
        disabled: false
    termination_health:
      description: The last SIP OPTIONS message that the Voice Connector received from your SIP infrastructure.
      returned: if O(termination_health) is given
      type: dict
      sample:
        exists: true
        timestamp: "2026-11-24T16:45:55+00:00"
        source: 203.0.113.5
    termination_credentials:
      description: The user names of the termination credentials.
      returned: if O(termination_credentials) is given
      type: dict
      sample:
        exists: true
        usernames:
          - pbx
    origination:
      description: The origination settings.
      returned: if O(origination) is given
      type: dict
      sample:
        exists: true
        routes:
          - host: sbc.example.com
            port: 5061
            protocol: TCP
            priority: 1
            weight: 1
        disabled: false
    logging:
      description: The logging configuration.
      returned: if O(logging) is given
      type: dict
      sample:
        exists: true
        enable_sip_logs: true
        enable_media_metric_logs: false
    streaming:
      description: The configuration for streaming to Amazon Kinesis Video Streams.
      returned: if O(streaming) is given
      type: dict
      sample:
        exists: true
        data_retention_in_hours: 24
        disabled: false
        streaming_notification_targets:
          - notification_target: EventBridge
        media_insights_configuration:
          disabled: false
          configuration_arn: arn:aws:chime:us-east-1:111122223333:media-insights-pipeline-configuration/example
    emergency_calling:
      description: The emergency calling configuration.
      returned: if O(emergency_calling) is given
      type: dict
      sample:
        exists: true
        dnis:
          - emergency_phone_number: "+12065550110"
            test_phone_number: "+12065550111"
            calling_country: US
    external_systems:
      description: The external systems that the Voice Connector works with.
      returned: if O(external_systems) is given
      type: dict
      sample:
        exists: true
        session_border_controller_types:
          - RIBBON_SBC
        contact_center_system_types:
          - AVAYA_AURA_CONTACT_CENTER
    phone_numbers:
      description: The phone numbers that are associated with the Voice Connector.
      returned: if O(phone_numbers) is given
      type: dict
      sample:
        exists: true
        e164_phone_numbers:
          - "+12065550102"
"""

from typing import Any

from ..module_utils._client import Connection
from ..module_utils._desired import CONCURRENCY, Manager, Progress
from ..module_utils._errors import VoiceError
from ..module_utils._module import VoiceModule
from ..module_utils._options import build_suboptions, check_values
from ..module_utils._plan import GIVEN, STRUCTURES
from ..module_utils._writes import require_valid

CREDENTIALS = {
    "type": "list",
    "elements": "dict",
    "options": {
        "username": {"type": "str", "required": True},
        "password": {"type": "str", "required": True, "no_log": True},
    },
}

OPTIONS: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "voice_connector_id": {"type": "str"},
    "name": {"type": "str"},
    "require_encryption": {"type": "bool"},
    "network_type": {"type": "str"},
    "integration_type": {"type": "str"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
    **{name: {"type": "dict", "options": build_suboptions(setting)} for name, setting in GIVEN.items()},
    "update_password": {"type": "str", "choices": ["on_create", "always"], "default": "on_create", "no_log": False},
    "purge_termination_credentials": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 120},
}
OPTIONS["termination_credentials"]["options"].update(credentials=CREDENTIALS)


# With state=absent, all other keys of OPTIONS are ignored.
IDENTITY = ("state", "voice_connector_id", "name", "wait_timeout")


def contains_masked(value: Any) -> bool:
    """Return whether a value contains the text that Ansible shows instead of a secret."""
    if isinstance(value, dict):
        return any(map(contains_masked, [*value, *value.values()]))
    if isinstance(value, list):
        return any(map(contains_masked, value))
    return isinstance(value, str) and ("VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in value or "********" in value)


def check_options(params: dict[str, Any], given: dict[str, Any]) -> None:
    """Raise VoiceError for options that can never be valid.

    :param given: the options before Ansible converted them.
    """
    check_values(OPTIONS, given, params)
    for option in OPTIONS:
        if contains_masked(given.get(option)):
            raise VoiceError("masked_value", option=option)
    if params["voice_connector_id"] is None and params["name"] is None:
        raise VoiceError("no_identity")
    if params["wait_timeout"] < 1:
        raise VoiceError("bad_value", option="wait_timeout", requirement="1 or more seconds")
    if any(not isinstance(value, str) for value in (params["tags"] or {}).values()):
        raise VoiceError("bad_value", option="tags", requirement="a string for each key, which can be empty")
    for name in GIVEN:
        if "exists" in given.get(name, {}) and given[name]["exists"] is None:
            raise VoiceError("unread_setting", option=name)
    for name, setting in STRUCTURES.items():
        require_valid(setting, params[name] or {}, name)
    credentials = (params["termination_credentials"] or {}).get("credentials") or []
    names = [credential["username"] for credential in credentials]
    option = "termination_credentials.credentials"
    if not all(names) or len(set(names)) < len(names) or not all(item["password"] for item in credentials):
        raise VoiceError("bad_value", option=option, requirement="each user name once, with a password")
    if not all(value.isprintable() for item in credentials for value in item.values()):
        requirement = "user names and passwords without line breaks and other control characters"
        raise VoiceError("bad_value", option=option, requirement=requirement)


def main() -> None:
    module = VoiceModule(argument_spec=OPTIONS, supports_check_mode=True)
    params = module.params
    given = module.given
    if params["state"] == "absent":
        ignored = set(OPTIONS) - {*IDENTITY}
        given = {option: value for option, value in given.items() if option not in {*ignored, "resource_tags"}}
        params.update(dict.fromkeys(ignored))
    progress = Progress(params, params["region"])
    credentials = (params["termination_credentials"] or {}).get("credentials") or []
    passwords = [credential["password"] for credential in credentials if credential["password"]]
    # HTTP basic authentication encodes the string "username:password", so hide this string too.
    passwords += [f"{credential['username']}:{credential['password']}" for credential in credentials]
    try:
        check_options(params, given)
        purpose = f"manage Voice Connector {params['voice_connector_id'] or params['name']}"
        client = Connection(module, purpose, CONCURRENCY, passwords=passwords).client()
        progress.region = client.region
        manager = Manager(client, progress, module.check_mode, module.warn)
        if params["state"] == "absent":
            manager.ensure_absent()
        else:
            manager.ensure_present()
    except VoiceError as e:
        module.fail_json(**e.failure(**progress.describe_failure()))
    module.exit_json(**progress.describe(module._diff))


if __name__ == "__main__":
    main()
