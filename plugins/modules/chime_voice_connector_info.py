#!/usr/bin/python
# -*- coding: utf-8 -*-

# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: chime_voice_connector_info
version_added: 1.0.0
short_description: Find Amazon Chime SDK Voice Connectors and read their settings in bulk
description:
  - Lists the Amazon Chime SDK Voice Connectors of an account in one or more Regions, or reads Voice Connectors by ID.
    The module can also read their tags and settings. It sends several requests at a time.
  - If some Voice Connectors cannot be read, the module still reads the others, and then the task fails. In this case,
    RV(voice_connectors) contains everything that was read, and RV(errors) lists everything that could not be read. You
    can use these return values in a C(rescue) section.
  - The module stops reading a Region if every further read in that Region would fail, for example because the
    credentials are rejected. It also stops reading a Region if the first reads in that Region all fail. The module
    still reads the other Regions, and then the task fails. In this case, RV(stopped) is V(true). If the module skipped
    a Voice Connector whose ID it knows, RV(errors) contains an error for this Voice Connector.
options:
  regions:
    description:
      - The AWS Regions to read. The module reads them in parallel. If this option is omitted, the module reads
        O(region). A Region that is listed twice is read only once.
      - The single item V(all) means every Region in which AWS offers the service. The module gets these Regions from
        AWS, and adds the Regions that are listed in the installed botocore. If AWS does not return the Regions, the
        module uses only the Regions in botocore, and shows a warning.
      - If several Regions list the same Voice Connector, the module returns it only once. The module prefers the result
        from the Region that the Voice Connector belongs to.
    type: list
    elements: str
  voice_connector_ids:
    description:
      - Read only the Voice Connectors with these IDs. If an ID is not found in the selected Regions, the task fails.
      - If omitted, all Voice Connectors are read. If the list is empty, no Voice Connector is read. In this case, the
        module sends no requests to the Amazon Chime SDK, except the request that gets the Regions for O(regions=all).
      - To save requests, the module may list the Voice Connectors instead of reading each one by its ID.
    type: list
    elements: str
  names:
    description:
      - Read only Voice Connectors with one of these names. If the list is empty, no Voice Connector is read. In this
        case, the module sends no requests to the Amazon Chime SDK, except the request that gets the Regions for
        O(regions=all).
      - A name without a match is not an error. RV(selection.unmatched) lists such names.
    type: list
    elements: str
  tags:
    description:
      - Read only Voice Connectors with all of these tags. Keys and values are strings. The value V(null) matches any
        value.
      - To find the matches, the module reads the tags of every Voice Connector that the other options select. If the
        tags of one of them cannot be read, the task fails.
    type: dict
  include:
    description:
      - The settings to read for each Voice Connector. Other values, such as the name and the Region, are always
        returned. Each item takes one request for each Voice Connector, except V(phone_numbers), for which the module
        lists the phone numbers of each Region.
      - Each setting is returned as a dictionary with all of its keys. Values that are not set are V(null) or V([]). In
        a condition, use the key C(exists) to check whether a setting is set. V(tags) does not have this key.
    type: list
    elements: str
    choices:
      - proxy
      - termination
      - termination_health
      - termination_credentials
      - origination
      - logging
      - streaming
      - emergency_calling
      - external_systems
      - phone_numbers
      - tags
    default: []
  include_account_id:
    description:
      - Whether to return the ID of the AWS account that the credentials belong to. This takes one more request, for the
        STS operation C(GetCallerIdentity).
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - chime_sdk.voice.common.info_module
  - chime_sdk.voice.common.many_voice_connectors
  - chime_sdk.voice.common.concurrent_requests
  - chime_sdk.voice.common.assume_role
  - chime_sdk.voice.common.option_values
  - chime_sdk.voice.common.action_groups
  - chime_sdk.voice.common.sdk
notes:
  - The credentials need the IAM action C(chime:ListVoiceConnectors) on the resource C(*). On the resource
    C(arn:aws:chime:REGION:ACCOUNT:vc/VOICE_CONNECTOR_ID), they need C(chime:GetVoiceConnector) for
    O(voice_connector_ids), and C(chime:ListTagsForResource) for tags. On the same resource, they need one action for
    each other setting in O(include), such as C(chime:GetVoiceConnectorProxy) for V(proxy). The only exception is
    V(phone_numbers), for which they need C(chime:ListPhoneNumbers) on the resource C(*). For O(regions=all), they also
    need C(chime:ListAvailableVoiceConnectorRegions) on the resource C(*). The complete IAM policy is in the guide
    "Check every SIP trunk against a policy", in the file C(docs/docsite/rst/settings.rst) of this collection.
  - AWS does not document what it returns for a setting that was never set. The module reports C(exists=false) for a
    setting if the response is empty, or if the setting in the response is empty. It also reports C(exists=false) if AWS
    returns the error C(NotFoundException) for a Voice Connector that exists.
  - Phone numbers and user names are returned unmasked. To keep them out of output and logs, set C(no_log) on the task.
  - AWS does not document whether a Region also lists the Voice Connectors of other Regions. If the value C(aws_region)
    of a Voice Connector differs from the Region that you read, also read the Region in C(aws_region). In a Region that
    the Voice Connector does not belong to, the response C(NotFoundException) does not show whether a setting exists, so
    the task fails.
  - If a Voice Connector is deleted after it is listed, but before its settings are read, the module returns the Voice
    Connector, and reports that its settings do not exist.
seealso:
  - module: chime_sdk.voice.chime_voice_connector_proxy_info
  - name: ListVoiceConnectors
    description: The operation in the API reference of the Amazon Chime SDK.
    link: https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_voice-chime_ListVoiceConnectors.html
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Read all Voice Connectors of the Region with their proxy configurations and tags
  chime_sdk.voice.chime_voice_connector_info:
    region: us-east-1
    include:
      - proxy
      - tags
  register: voice

- name: List the Voice Connectors that still have a proxy configuration
  ansible.builtin.debug:
    msg: "{{ voice.voice_connectors | selectattr('proxy.exists') | map(attribute='name') | list }}"

- name: Read the Voice Connectors of three Regions
  chime_sdk.voice.chime_voice_connector_info:
    regions:
      - us-east-1
      - us-west-2
      - eu-central-1
    include:
      - proxy
  register: voice_everywhere

- name: Read all Regions of two accounts
  chime_sdk.voice.chime_voice_connector_info:
    regions: all
    assume_role_arn: "{{ item }}"
    include:
      - logging
  loop:
    - arn:aws:iam::111122223333:role/voice-audit
    - arn:aws:iam::444455556666:role/voice-audit
  register: voice_accounts

- name: Read everything about one Voice Connector
  chime_sdk.voice.chime_voice_connector_info:
    region: us-east-1
    voice_connector_ids:
      - abcdef1ghij2klmno3pqr4
    include:
      - termination
      - termination_health
      - termination_credentials
      - origination
      - logging
      - streaming
      - emergency_calling
      - external_systems
      - phone_numbers
      - tags
  register: trunk

- name: Report missing SIP logs
  ansible.builtin.debug:
    msg: "{{ trunk.voice_connectors[0].name }} does not log SIP messages"
  when: trunk.voice_connectors[0].logging.enable_sip_logs is not true

- name: Find the Voice Connectors with the tag team=voice, and with a tag stage of any value
  chime_sdk.voice.chime_voice_connector_info:
    region: us-east-1
    tags:
      team: voice
      stage:

- name: Read two Voice Connectors with a higher concurrency
  chime_sdk.voice.chime_voice_connector_info:
    region: us-east-1
    voice_connector_ids:
      - abcdef1ghij2klmno3pqr4
      - bcdefg2hijk3lmnop4qrs5
    include:
      - proxy
    concurrency: 16

- name: Continue if some Voice Connectors cannot be read
  block:
    - name: Read the Voice Connectors with one of these names
      chime_sdk.voice.chime_voice_connector_info:
        region: us-east-1
        names:
          - reception
          - warehouse
        include:
          - proxy
  rescue:
    - name: Report what could not be read, and why
      ansible.builtin.debug:
        msg: "{{ ansible_failed_result.errors | default([ansible_failed_result.msg]) }}"
"""

RETURN = r"""
region:
  description: The AWS Region that was read. V(null) if several Regions were read, or if the Region is unknown.
  returned: always
  type: str
  sample: us-east-1
regions:
  description:
    - The selected AWS Regions, in the order of O(regions). On failure, V([]) if the Regions are unknown.
  returned: always
  type: list
  elements: dict
  contains:
    region:
      description: The AWS Region.
      returned: always
      type: str
      sample: us-east-1
    complete:
      description: Whether the module read everything that was selected in this Region.
      returned: always
      type: bool
      sample: true
    reason:
      description: Why part of the selection was not read, or V(null) if everything was read.
      returned: always
      type: str
      sample: null
regions_source:
  description:
    - The source of RV(regions). V(options) means that the Regions come from the options of the task, from the
      environment, or from the profile. With O(regions=all), V(service) means that AWS returned the Regions. V(botocore)
      means that AWS did not return the Regions, so the module used the Regions in the installed botocore, and some
      Regions may be missing. V(null) means that the task failed before the Regions were known.
  returned: always
  type: str
  sample: options
assume_role_arn:
  description: The ARN from O(assume_role_arn), or V(null) if this option was omitted.
  returned: always
  type: str
  sample: null
account_id:
  description:
    - The ID of the AWS account. If O(include_account_id) is V(true), the ID comes from STS. Otherwise, it comes from
      O(assume_role_arn), or is V(null) if O(assume_role_arn) is omitted.
  returned: always
  type: str
  sample: "111122223333"
selection:
  description:
    - The values of the options that select Voice Connectors. RV(selection.unmatched) contains the values that matched
      no Voice Connector.
  returned: always
  type: dict
  contains:
    voice_connector_ids:
      description: The IDs from O(voice_connector_ids), or V(null) if this option was omitted.
      returned: always
      type: list
      elements: str
      sample: null
    names:
      description: The names from O(names), or V(null) if this option was omitted.
      returned: always
      type: list
      elements: str
      sample:
        - reception
    tags:
      description: The tags from O(tags), or V(null) if this option was omitted or empty.
      returned: always
      type: dict
      sample: null
    unmatched:
      description:
        - The selected IDs, names, and tags that match no Voice Connector in RV(voice_connectors). If RV(complete) is
          V(false), a match may still exist.
      returned: always
      type: dict
      contains:
        voice_connector_ids:
          description: The IDs without a match.
          returned: always
          type: list
          elements: str
          sample: []
        names:
          description: The names without a match.
          returned: always
          type: list
          elements: str
          sample: []
        tags:
          description: The tags from O(tags) if RV(voice_connectors) is empty. Otherwise, V(null).
          returned: always
          type: dict
          sample: null
complete:
  description:
    - Whether the module read everything that was selected. If V(true), RV(errors) is empty.
    - If the task succeeds, V(false) means that AWS did not return the tags of some Voice Connectors.
  returned: always
  type: bool
  sample: true
voice_connectors:
  description:
    - The Voice Connectors, in the order of O(voice_connector_ids). If O(voice_connector_ids) is omitted, they are in
      the order of O(regions), and within a Region in the order in which AWS lists them.
    - On failure, this can include Voice Connectors whose settings were not read.
  returned: always
  type: list
  elements: dict
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
      description: The name, or V(null) if AWS did not return it.
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
      description: The tags, or V(null) if they could not be read.
      returned: if O(include) contains V(tags)
      type: dict
      sample:
        team: voice
    tags_error:
      description: The reason that the tags could not be read, or V(null) if they were read.
      returned: if O(include) contains V(tags)
      type: str
      sample: null
    proxy:
      description:
        - The proxy configuration.
        - All keys are always present, so you can use each key in a condition.
      returned: if O(include) contains V(proxy)
      type: dict
      contains:
        exists:
          description: Whether a proxy configuration is set. V(null) if unknown, in which case the task fails.
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
            - The phone number, in E.164 format, to which calls are routed after a proxy session expires, or V(null) if
              no number is set.
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
    termination:
      description: The termination settings, for calls from your SIP infrastructure to the telephone network.
      returned: if O(include) contains V(termination)
      type: dict
      contains:
        exists:
          description: Whether termination is configured. V(null) if unknown, in which case the task fails.
          returned: always
          type: bool
          sample: true
        cps_limit:
          description: The maximum number of calls per second, or V(null) if AWS did not return it.
          returned: always
          type: int
          sample: 1
        default_phone_number:
          description: The default caller ID, in E.164 format, or V(null) if no number is set.
          returned: always
          type: str
          sample: "+12065550100"
        calling_regions:
          description: The countries to which calls are allowed, or V([]) if AWS did not return them.
          returned: always
          type: list
          elements: str
          sample:
            - US
            - CA
        cidr_allowed_list:
          description: The addresses from which calls are accepted, in CIDR format, or V([]) if no address is set.
          returned: always
          type: list
          elements: str
          sample:
            - 203.0.113.0/28
        disabled:
          description: Whether termination is disabled, or V(null) if AWS did not return it.
          returned: always
          type: bool
          sample: false
    termination_health:
      description: The last SIP OPTIONS message that the Voice Connector received from your SIP infrastructure.
      returned: if O(include) contains V(termination_health)
      type: dict
      contains:
        exists:
          description:
            - Whether AWS has a record of a SIP OPTIONS message. V(null) if unknown, in which case the task fails.
          returned: always
          type: bool
          sample: true
        timestamp:
          description:
            - The time of the last SIP OPTIONS message, in UTC and ISO 8601 format, or V(null) if AWS did not return it.
            - A time in an unknown format is returned unchanged.
          returned: always
          type: str
          sample: "2026-11-24T16:45:55+00:00"
        source:
          description: The source IP address of the last SIP OPTIONS message, or V(null) if AWS did not return it.
          returned: always
          type: str
          sample: 203.0.113.5
    termination_credentials:
      description: The user names of the termination credentials. AWS never returns their passwords.
      returned: if O(include) contains V(termination_credentials)
      type: dict
      contains:
        exists:
          description: Whether termination credentials are set. V(null) if unknown, in which case the task fails.
          returned: always
          type: bool
          sample: true
        usernames:
          description: The user names, or V([]) if there are none.
          returned: always
          type: list
          elements: str
          sample:
            - pbx
    origination:
      description: The origination settings, for calls from the telephone network to your SIP infrastructure.
      returned: if O(include) contains V(origination)
      type: dict
      contains:
        exists:
          description: Whether origination is configured. V(null) if unknown, in which case the task fails.
          returned: always
          type: bool
          sample: true
        routes:
          description: The routes, which define where calls are sent. V([]) if no route is set.
          returned: always
          type: list
          elements: dict
          contains:
            host:
              description: The host name or IP address, or V(null) if AWS did not return it.
              returned: always
              type: str
              sample: 198.51.100.10
            port:
              description: The port, or V(null) if AWS did not return it.
              returned: always
              type: int
              sample: 5060
            protocol:
              description: The protocol, C(TCP) or C(UDP). V(null) if AWS did not return it.
              returned: always
              type: str
              sample: TCP
            priority:
              description: The priority, or V(null) if AWS did not return it. V(1) is the highest priority.
              returned: always
              type: int
              sample: 1
            weight:
              description: The weight among routes of the same priority, or V(null) if AWS did not return it.
              returned: always
              type: int
              sample: 1
        disabled:
          description: Whether origination is disabled, or V(null) if AWS did not return it.
          returned: always
          type: bool
          sample: false
    logging:
      description: The logging configuration. Logs are sent to Amazon CloudWatch Logs.
      returned: if O(include) contains V(logging)
      type: dict
      contains:
        exists:
          description: Whether a logging configuration is set. V(null) if unknown, in which case the task fails.
          returned: always
          type: bool
          sample: true
        enable_sip_logs:
          description: Whether SIP messages are logged, or V(null) if AWS did not return it.
          returned: always
          type: bool
          sample: true
        enable_media_metric_logs:
          description: Whether media metrics are logged, or V(null) if AWS did not return it.
          returned: always
          type: bool
          sample: false
    streaming:
      description: The configuration for streaming to Amazon Kinesis Video Streams.
      returned: if O(include) contains V(streaming)
      type: dict
      contains:
        exists:
          description: Whether a streaming configuration is set. V(null) if unknown, in which case the task fails.
          returned: always
          type: bool
          sample: true
        data_retention_in_hours:
          description: How many hours the data is kept, or V(null) if AWS did not return it.
          returned: always
          type: int
          sample: 24
        disabled:
          description: Whether streaming is disabled, or V(null) if AWS did not return it.
          returned: always
          type: bool
          sample: false
        streaming_notification_targets:
          description: The targets of notifications, or V([]) if AWS did not return any.
          returned: always
          type: list
          elements: dict
          contains:
            notification_target:
              description: The target, C(EventBridge), C(SNS), or C(SQS). V(null) if AWS did not return it.
              returned: always
              type: str
              sample: EventBridge
        media_insights_configuration:
          description: The configuration of call analytics.
          returned: always
          type: dict
          contains:
            disabled:
              description: Whether call analytics are disabled, or V(null) if AWS did not return it.
              returned: always
              type: bool
              sample: false
            configuration_arn:
              description: The ARN of the media insights pipeline configuration, or V(null) if AWS did not return it.
              returned: always
              type: str
              sample: arn:aws:chime:us-east-1:111122223333:media-insights-pipeline-configuration/example
    emergency_calling:
      description: The emergency calling configuration.
      returned: if O(include) contains V(emergency_calling)
      type: dict
      contains:
        exists:
          description: Whether emergency calling is configured. V(null) if unknown, in which case the task fails.
          returned: always
          type: bool
          sample: true
        dnis:
          description: The phone numbers for emergency calls, or V([]) if no number is set.
          returned: always
          type: list
          elements: dict
          contains:
            emergency_phone_number:
              description:
                - The phone number that receives emergency calls, in E.164 format, or V(null) if AWS did not return it.
              returned: always
              type: str
              sample: "+12065550110"
            test_phone_number:
              description: The phone number for test calls, in E.164 format, or V(null) if AWS did not return it.
              returned: always
              type: str
              sample: "+12065550111"
            calling_country:
              description: The country from which emergency calls are allowed, or V(null) if AWS did not return it.
              returned: always
              type: str
              sample: US
    external_systems:
      description: The external systems that the Voice Connector works with. Requires botocore 1.35.99 or newer.
      returned: if O(include) contains V(external_systems)
      type: dict
      contains:
        exists:
          description: Whether external systems are configured. V(null) if unknown, in which case the task fails.
          returned: always
          type: bool
          sample: true
        session_border_controller_types:
          description: The types of the session border controllers, or V([]) if AWS did not return any.
          returned: always
          type: list
          elements: str
          sample:
            - RIBBON_SBC
        contact_center_system_types:
          description: The types of the contact center systems, or V([]) if AWS did not return any.
          returned: always
          type: list
          elements: str
          sample:
            - AVAYA_AURA_CONTACT_CENTER
    phone_numbers:
      description: The phone numbers that are associated with the Voice Connector.
      returned: if O(include) contains V(phone_numbers)
      type: dict
      contains:
        exists:
          description:
            - Whether any phone numbers are associated with the Voice Connector. V(null) if unknown, in which case the
              task fails.
          returned: always
          type: bool
          sample: true
        e164_phone_numbers:
          description: The numbers in E.164 format.
          returned: always
          type: list
          elements: str
          sample:
            - "+12065550102"
stopped:
  description:
    - Whether the module stopped early, for example because the credentials were rejected. If V(true), the module did
      not list all Voice Connectors, or it skipped at least one Voice Connector whose ID it knows.
    - Always V(false) on success.
  returned: always
  type: bool
  sample: false
errors:
  description:
    - An error for each Region, Voice Connector, or setting that could not be read, or that the module did not try to
      read. An error fails the task, unless O(tags) is omitted and the error only means that AWS withholds (does not
      return) the tags of a Voice Connector.
  returned: always
  type: list
  elements: dict
  sample: []
  contains:
    voice_connector_id:
      description: The ID of the Voice Connector, or V(null) if the error affects a whole Region or the whole task.
      returned: always
      type: str
      sample: cdefgh3ijkl4mnopq5rst6
    region:
      description:
        - The AWS Region. V(null) if the error affects the whole task, or if the module searched several Regions and
          found the Voice Connector in none of them.
      returned: always
      type: str
      sample: us-east-1
    setting:
      description:
        - The name of the setting that could not be read, as in O(include). V(null) if the error affects the whole Voice
          Connector, Region, or task.
      returned: always
      type: str
      sample: null
    action:
      description:
        - The AWS operation that failed, or V(null) if no operation failed. To get the IAM action, add the prefix
          C(chime:), or C(sts:) for C(GetCallerIdentity).
      returned: always
      type: str
      sample: GetVoiceConnector
    code:
      description: The AWS error code, or V(null) if AWS did not return one.
      returned: always
      type: str
      sample: NotFoundException
    message:
      description: The error message, which describes the cause and how to fix it.
      returned: always
      type: str
      sample: "Failed to get Voice Connector cdefgh3ijkl4mnopq5rst6 in us-east-1 (GetVoiceConnector): ..."
"""

from typing import Any

from ..module_utils._bulk import (
    BulkRead,
    RegionRead,
    Selection,
    Unknown,
    read_voice_connectors,
    without_foreign,
)
from ..module_utils._client import Connection
from ..module_utils._connectors import are_tags_withheld, find_regions
from ..module_utils._errors import VoiceError
from ..module_utils._module import VoiceModule
from ..module_utils._options import ROLE_ARN, check_values
from ..module_utils._selection import check_concurrency
from ..module_utils._settings import PHONE_NUMBERS, READ_BY, SETTINGS
from ..module_utils._sts import get_account_id

OPTIONS: dict[str, dict[str, Any]] = {
    "regions": {"type": "list", "elements": "str"},
    "voice_connector_ids": {"type": "list", "elements": "str"},
    "names": {"type": "list", "elements": "str"},
    "tags": {"type": "dict"},
    "include": {"type": "list", "elements": "str", "choices": [*SETTINGS, PHONE_NUMBERS.name, "tags"], "default": []},
    "include_account_id": {"type": "bool", "default": False},
    "concurrency": {"type": "int", "default": 8},
}


def parse_selection(params: dict[str, Any]) -> Selection:
    """Return the selection that the options *params* describe; raise VoiceError for invalid values."""
    check_concurrency(params["concurrency"])
    if params["regions"] == []:
        raise VoiceError("no_regions")
    return Selection(
        ids=params["voice_connector_ids"],
        names=params["names"],
        tags=params["tags"] or {},
        include_tags="tags" in params["include"],
        settings=[setting for name, setting in SETTINGS.items() if name in params["include"]],
        phone_numbers=PHONE_NUMBERS.name in params["include"],
    )


def build_unread(regions: list[str], error: VoiceError) -> dict[str, Any]:
    """Return the documented result of a read of *regions* that failed with *error* before it read anything."""
    return {
        "region": regions[0] if len(regions) == 1 else None,
        "regions": [{"region": region, "complete": False, "reason": error.message} for region in regions],
        "voice_connectors": [],
        "stopped": True,
        "complete": False,
        "errors": [build_error(Unknown(None, None, error))],
    }


def build_result(read: BulkRead, by_tags: bool) -> dict[str, Any]:
    """Return the documented result of a read. If the task must fail, add ``msg`` and the other keys of a failed task.

    :param by_tags: whether Voice Connectors are selected by their tags. If not, tags that AWS withholds
        (does not return) are not a failure.
    """
    unknowns = read.unknowns()
    result: dict[str, Any] = {
        "region": read.regions[0].name if len(read.regions) == 1 else None,
        "regions": [build_region(region, unknowns) for region in read.regions],
        "voice_connectors": [r.connector for r in read.reads if r.connector is not None],
        "stopped": any(region.listing_error for region in read.regions) or not all(r.tried for r in read.reads),
        "complete": not unknowns,
        "errors": [build_error(unknown) for unknown in unknowns],
    }
    failures = [unknown.error for unknown in unknowns if is_failure(unknown.error, by_tags)]
    if failures:
        first = next((region.stopped_by for region in read.regions if region.stopped_by), failures[0])
        failure = VoiceError("bulk", summary=summarize(read, by_tags), first=first.message.removesuffix("."))
        result = {**first.failure(), **result, "msg": failure.message}
    return result


def is_failure(error: VoiceError, by_tags: bool) -> bool:
    """Whether an error fails the task."""
    return by_tags or not are_tags_withheld(error)


def build_error(unknown: Unknown) -> dict[str, Any]:
    """Return an entry for the list ``errors`` in the result."""
    error = unknown.error
    return {
        "voice_connector_id": unknown.voice_connector_id,
        "region": unknown.region,
        "setting": READ_BY.get(error.operation or ""),
        "action": error.operation,
        "code": error.code,
        "message": error.message,
    }


def build_region(region: RegionRead, unknowns: list[Unknown]) -> dict[str, Any]:
    """Return the entry for a Region in the key ``regions`` of the result."""
    reasons = [unknown.error.message for unknown in unknowns if unknown.region == region.name]
    stops = [error.message for error in (region.listing_error, region.stopped_by) if error]
    return {"region": region.name, "complete": not reasons, "reason": next(iter([*stops, *reasons]), None)}


def build_selection(params: dict[str, Any], connectors: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the value of the key ``selection`` in the result."""
    ids, names, tags = params["voice_connector_ids"], params["names"], params["tags"] or None
    found = {key: {connector[key] for connector in connectors} for key in ("voice_connector_id", "name")}
    return {
        "voice_connector_ids": ids,
        "names": names,
        "tags": tags,
        "unmatched": {
            "voice_connector_ids": [i for i in dict.fromkeys(ids or ()) if i not in found["voice_connector_id"]],
            "names": [name for name in dict.fromkeys(names or ()) if name not in found["name"]],
            "tags": None if connectors else tags,
        },
    }


def summarize(read: BulkRead, by_tags: bool) -> str:
    """Return a message that states how much could not be read."""
    parts = []
    for region in read.regions:
        if region.listing_error and region.listed:
            parts.append(
                f"The listing of the Voice Connectors in {region.name} failed after {len(region.listed)} entries; "
                "the listed Voice Connectors were not read, and there may be more"
            )
        elif region.listing_error:
            parts.append(f"The Voice Connectors in {region.name} could not be listed")
        if region.numbers_error:
            skipped = ", and its Voice Connectors were not read" if region.stopped_by is region.numbers_error else ""
            parts.append(f"The phone numbers in {region.name} could not be listed{skipped}")
    failed = sum(any(is_failure(error, by_tags) for error in result.errors) for result in read.reads)
    if failed:
        place = read.regions[0].name if len(read.regions) == 1 else f"{len(read.regions)} Regions"
        summary = f"{failed} of {len(read.reads)} Voice Connectors in {place} could not be read"
        stopped = [region for region in read.regions if region.stopped_by and not region.listing_error]
        names = {region.name for region in stopped}
        not_tried = sum(not result.tried for result in read.reads if result.region in names)
        if not_tried:
            affects_all = all(region.stopped_by.affects_all for region in stopped if region.stopped_by)
            reason = "every further read would fail too" if affects_all else "the first reads all failed"
            summary += f", and {not_tried} were not tried, because {reason}"
        elif failed < len(read.reads) and not parts:
            summary += "; the others were read"
        parts.append(summary)
    return "; ".join(parts)


def main() -> None:
    module = VoiceModule(argument_spec=OPTIONS, supports_check_mode=True)
    params = module.params
    role = ROLE_ARN.fullmatch(params["assume_role_arn"] or "")
    all_regions = params["regions"] == ["all"]
    result: dict[str, Any] = {
        "changed": False,
        "assume_role_arn": params["assume_role_arn"],
        "account_id": role and role[1],
        "regions_source": None if all_regions else "options",
    }
    regions = [] if all_regions else list(dict.fromkeys(params["regions"] or filter(None, [params["region"]])))
    try:
        check_values(OPTIONS, module.given, params)
        selection = parse_selection(params)
        connection = Connection(module, "read the Voice Connectors", params["concurrency"])
        if all_regions:
            regions, result["regions_source"] = find_regions(connection, module.warn)
        clients = [connection.client(region) for region in regions or [None]]
        regions = [client.region for client in clients]
        if params["include_account_id"]:
            result["account_id"] = get_account_id(connection.client(regions[0], "sts"))
        read = without_foreign(read_voice_connectors(clients, selection, params["concurrency"]), result["account_id"])
        result.update(build_result(read, bool(selection.tags)))
    except VoiceError as e:
        result.update({**e.failure(), **build_unread(regions, e)})
    result["selection"] = build_selection(params, result["voice_connectors"])
    if "msg" in result:
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
