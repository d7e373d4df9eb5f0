#!/usr/bin/python
# -*- coding: utf-8 -*-

# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: chime_voice_connector_info
version_added: 0.1.0
short_description: Find Amazon Chime SDK Voice Connectors and read their proxy configurations in bulk
description:
  - Lists the Amazon Chime SDK Voice Connectors of an account in one Region, or reads those with given IDs, together with their
    proxy configurations and tags. Several requests run at a time.
  - If some Voice Connectors cannot be read, the others still are, and then the task fails. The failure contains everything that
    is known in RV(voice_connectors), and what is not in RV(errors), so that a C(rescue) can use it.
  - If every further read would fail too, because the credentials are rejected, or if the first reads all fail, the task stops
    and fails. RV(stopped) tells so, and the message counts what was not tried.
options:
  voice_connector_ids:
    description:
      - Only these Voice Connectors. One that does not exist is an error.
      - If omitted, all are read. An empty list selects none, and sends no request.
      - They are taken from a listing if that can take fewer requests, otherwise read one by one.
    type: list
    elements: str
  names:
    description:
      - Only Voice Connectors with one of these names. An empty list selects none, and sends no request.
      - A name that no Voice Connector has is not an error.
    type: list
    elements: str
  tags:
    description:
      - Only Voice Connectors with all of these tags. The value V(null) matches any value.
      - This reads the tags of each Voice Connector. If they cannot be read, it is unknown whether the Voice Connector is
        selected, which is an error.
    type: dict
  include:
    description:
      - What to read of each Voice Connector in addition to the listing, with one request each.
    type: list
    elements: str
    choices:
      - proxy
      - tags
    default: []
  concurrency:
    description:
      - The largest number of requests in flight, from 1 to 64.
    type: int
    default: 8
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - chime_sdk.voice.attributes.info_module
  - chime_sdk.voice.attributes.action_groups
requirements:
  - python >= 3.9
  - boto3 >= 1.35.16
  - botocore >= 1.35.16
notes:
  - AWS ended support for proxy sessions on 2026-04-07. Proxy configurations that were set before may still exist.
  - The credentials need the IAM action C(chime:ListVoiceConnectors) on the resource C(*), and on
    C(arn:aws:chime:REGION:ACCOUNT:vc/VOICE_CONNECTOR_ID), C(chime:GetVoiceConnector) for O(voice_connector_ids),
    C(chime:GetVoiceConnectorProxy) for proxies, and C(chime:ListTagsForResource) for tags.
  - The fall-back phone numbers are returned unmasked. To keep them out of output and logs, set C(no_log) on the task.
  - AWS does not document whether it also lists the Voice Connectors of other Regions. Check C(aws_region) of each, and
    count each RV(voice_connectors[].voice_connector_id) once if you read several Regions. For one that belongs to a different
    Region, a proxy configuration that is not found is unknown, and an error.
  - A Voice Connector that is deleted after it was listed and before its proxy is read counts as one without a proxy.
  - If the service throttles, all requests slow down together to the rate that it grants, first come, first served. A throttled
    request is sent at most ten times, and one that meets a server error, a broken connection or a timeout at most six times.
    An operation takes at most 120 seconds, without waiting for its turn; the task stops if no request succeeds for 60 seconds
    of throttling. O(aws_config) replaces these bounds, C(connect_timeout), C(read_timeout), C(retries) and
    C(max_pool_connections) each on its own.
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

- name: List those that still have a proxy configuration
  ansible.builtin.debug:
    msg: "{{ voice.voice_connectors | selectattr('proxy.exists') | map(attribute='name') | list }}"

- name: Find Voice Connectors by tag, with any value of 'stage'
  chime_sdk.voice.chime_voice_connector_info:
    region: us-east-1
    tags:
      team: voice
      stage:

- name: Read these two, with more requests at a time
  chime_sdk.voice.chime_voice_connector_info:
    region: us-east-1
    voice_connector_ids:
      - abcdef1ghij2klmno3pqr4
      - bcdefg2hijk3lmnop4qrs5
    include:
      - proxy
    concurrency: 16

- name: Continue with what could be read
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
  description: The AWS Region that was read, V(null) in a failure if it is unknown.
  returned: always
  type: str
  sample: us-east-1
voice_connectors:
  description:
    - The Voice Connectors, in the order of the service, or of O(voice_connector_ids).
    - A member that AWS adds is also returned, in snake_case, as soon as the installed botocore knows it.
    - In a failure, also those that were listed but not read.
  returned: always, if the Voice Connectors could be listed
  type: list
  elements: dict
  contains:
    voice_connector_id:
      description: The ID.
      returned: always
      type: str
      sample: abcdef1ghij2klmno3pqr4
    voice_connector_arn:
      description: The ARN, V(null) if AWS did not return it.
      returned: always
      type: str
      sample: arn:aws:chime:us-east-1:111122223333:vc/abcdef1ghij2klmno3pqr4
    name:
      description: The name, V(null) if AWS did not return it.
      returned: always
      type: str
      sample: reception
    aws_region:
      description: The AWS Region in which the Voice Connector was created, V(null) if AWS did not return it.
      returned: always
      type: str
      sample: us-east-1
    outbound_host_name:
      description: The outbound host name, V(null) if AWS did not return it.
      returned: always
      type: str
      sample: abcdef1ghij2klmno3pqr4.voiceconnector.chime.aws
    require_encryption:
      description: Whether encryption is required, V(null) if AWS did not return it.
      returned: always
      type: bool
      sample: true
    created_timestamp:
      description: When it was created, in ISO 8601 format, V(null) if AWS did not return it.
      returned: always
      type: str
      sample: "2026-01-02T03:04:05+00:00"
    updated_timestamp:
      description: When it was last changed, in ISO 8601 format, V(null) if AWS did not return it.
      returned: always
      type: str
      sample: "2026-02-03T04:05:06+00:00"
    integration_type:
      description: What it integrates with Amazon Connect, V(null) if AWS did not return it or botocore does not know it.
      returned: always
      type: str
      sample: CONNECT_ANALYTICS_CONNECTOR
    network_type:
      description: The type of network, V(null) if AWS did not return it or botocore does not know it.
      returned: always
      type: str
      sample: IPV4_ONLY
    tags:
      description: The tags, V(null) if they could not be read.
      returned: if O(include) contains V(tags)
      type: dict
      sample:
        team: voice
    tags_error:
      description: Why the tags could not be read, V(null) if they were.
      returned: if O(include) contains V(tags)
      type: str
      sample: null
    proxy:
      description:
        - The proxy configuration.
        - All of its keys are always there, so that a condition on one never fails.
        - A member that AWS adds is also returned, in snake_case.
      returned: if O(include) contains V(proxy)
      type: dict
      contains:
        exists:
          description: Whether a proxy configuration is set; V(null), in a failure only, if it is unknown.
          returned: always
          type: bool
          sample: true
        default_session_expiry_minutes:
          description: The default number of minutes allowed for proxy sessions, V(null) if AWS did not return it.
          returned: always
          type: int
          sample: 60
        disabled:
          description: Whether no new proxy sessions can be created, V(null) if AWS did not return it.
          returned: always
          type: bool
          sample: false
        fall_back_phone_number:
          description:
            - The phone number, in E.164 format, to which calls are routed after a proxy session expires, V(null) if none is set.
          returned: always
          type: str
          sample: "+12065550100"
        phone_number_countries:
          description: The countries from which proxy phone numbers are selected, V([]) if AWS did not return them.
          returned: always
          type: list
          elements: str
          sample:
            - US
            - CA
stopped:
  description:
    - Whether reading ended before every Voice Connector was tried or listed, for example because the credentials were rejected.
    - Always V(false) on success.
  returned: always, if the Voice Connectors could be listed
  type: bool
  sample: false
errors:
  description: What could not be read, V([]) on success. A task with errors has failed.
  returned: always, if the Voice Connectors could be listed
  type: list
  elements: dict
  sample: []
  contains:
    voice_connector_id:
      description: The Voice Connector, V(null) for an error of the listing.
      returned: always
      type: str
      sample: cdefgh3ijkl4mnopq5rst6
    action:
      description: The operation that failed, which is an IAM action with C(chime:) in front of it.
      returned: always
      type: str
      sample: GetVoiceConnector
    code:
      description: The error code of AWS, V(null) if there was no response with one.
      returned: always
      type: str
      sample: NotFoundException
    message:
      description: What failed and what to do.
      returned: always
      type: str
      sample: "Failed to get Voice Connector cdefgh3ijkl4mnopq5rst6 in us-east-1 (GetVoiceConnector): ..."
"""

from typing import Any

from ansible_collections.chime_sdk.voice.plugins.module_utils._amazon_aws import AnsibleAWSModule
from ansible_collections.chime_sdk.voice.plugins.module_utils._bulk import BulkRead
from ansible_collections.chime_sdk.voice.plugins.module_utils._bulk import Selection
from ansible_collections.chime_sdk.voice.plugins.module_utils._bulk import read_voice_connectors
from ansible_collections.chime_sdk.voice.plugins.module_utils._client import connect
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import VoiceError
from ansible_collections.chime_sdk.voice.plugins.module_utils._module import given_options
from ansible_collections.chime_sdk.voice.plugins.module_utils._options import check_types
from ansible_collections.chime_sdk.voice.plugins.module_utils._options import check_voice_connector_id

OPTIONS: dict[str, dict[str, Any]] = {
    "voice_connector_ids": {"type": "list", "elements": "str"},
    "names": {"type": "list", "elements": "str"},
    "tags": {"type": "dict"},
    "include": {"type": "list", "elements": "str", "choices": ["proxy", "tags"], "default": []},
    "concurrency": {"type": "int", "default": 8},
}


def parse_selection(params: dict[str, Any]) -> Selection:
    """Return what the options *params* select; raise VoiceError for impossible values."""
    for identifier in params["voice_connector_ids"] or []:
        check_voice_connector_id("an item of voice_connector_ids", identifier)
    if not 1 <= params["concurrency"] <= 64:
        raise VoiceError("bad_concurrency", value=params["concurrency"])
    return Selection(
        ids=params["voice_connector_ids"],
        names=params["names"],
        tags=params["tags"] or {},
        include_proxy="proxy" in params["include"],
        include_tags="tags" in params["include"],
    )


def build_result(read: BulkRead, region: str) -> dict[str, Any]:
    """Return the documented result, and what a failed task returns beside it if something was not read."""
    errors = [(identifier, error) for identifier, result in read.reads for error in result.errors]
    if read.stopped_by is not None and read.listing_failed:
        errors.append((None, read.stopped_by))
    not_tried = sum(not result.tried for _identifier, result in read.reads)
    result: dict[str, Any] = {
        "changed": False,
        "region": region,
        "voice_connectors": [result.connector for _identifier, result in read.reads if result.connector is not None],
        "stopped": bool(not_tried or read.listing_failed),
        "errors": [
            {"voice_connector_id": identifier, "action": error.operation, "code": error.code, "message": error.message}
            for identifier, error in errors
        ],
    }
    if errors:
        first = read.stopped_by or errors[0][1]
        failure = VoiceError("bulk", summary=summarize(read, not_tried, region), first=first.message.rstrip("."))
        result = {**first.failure(), **result, "msg": failure.message}
    return result


def summarize(read: BulkRead, not_tried: int, region: str) -> str:
    """Return in words how much could not be read."""
    if read.listing_failed:
        return (
            f"The listing of the Voice Connectors in {region} failed after {len(read.reads)} of them, which were not read, "
            "and there may be more"
        )
    failed = sum(bool(result.errors) for _identifier, result in read.reads)
    summary = f"{failed} of {len(read.reads)} Voice Connectors in {region} could not be read"
    if not_tried and read.stopped_by is not None:
        why = "every other read would fail too" if read.stopped_by.affects_all else "the first reads all failed"
        return f"{summary}, and {not_tried} were not tried, because {why}"
    return f"{summary}; the others were read" if failed < len(read.reads) else summary


def main() -> None:
    module = AnsibleAWSModule(argument_spec=OPTIONS, supports_check_mode=True)
    try:
        check_types(OPTIONS, given_options())
        selection = parse_selection(module.params)
        client = connect(module, "read the Voice Connectors", module.params["concurrency"])
        read = read_voice_connectors(client, selection, module.params["concurrency"])
    except VoiceError as e:
        module.fail_json(**e.failure(region=module.params["region"]))
    result = build_result(read, client.region)
    if result["errors"]:
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
