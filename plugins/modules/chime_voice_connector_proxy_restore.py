#!/usr/bin/python
# -*- coding: utf-8 -*-

# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: chime_voice_connector_proxy_restore
version_added: 1.1.0
short_description: Restore the proxy configurations of Amazon Chime SDK Voice Connectors from a backup
description:
  - Sets proxy configurations as they are in a backup that M(chime_sdk.voice.chime_voice_connector_proxy_retire) or release 1.0.0
    of this collection wrote, several at a time.
  - Nothing is written unless every record of the backup is valid, it contains all selected Voice Connectors, and the account of
    the backup, of the credentials and of each Voice Connector is the confirmed one.
  - Each proxy configuration is read immediately before it is set. What is set already is not written, and what is set
    differently is only overwritten with O(overwrite=true).
  - If one cannot be restored, the others still are, and then the task fails.
options:
  account_id:
    description: The ID of the AWS account, 12 digits in quotes.
    type: str
    required: true
  backup_file:
    description:
      - The backup, on the host where the module runs.
      - Specify an absolute path, or one that begins with V(~). A relative path depends on the connection; with a local one it
        begins in the folder of the playbook.
    type: path
    required: true
  voice_connector_ids:
    description:
      - The Voice Connectors to restore. One that is not in the backup fails the task.
      - Either this or O(all=true) is required.
    type: list
    elements: str
  all:
    description: Whether everything in the backup is restored.
    type: bool
    default: false
  overwrite:
    description:
      - Whether to overwrite a proxy configuration that is set and different. If not, it stays as it is and fails the task.
      - What is overwritten is in no backup. Preview it in check mode with C(--diff).
    type: bool
    default: false
  concurrency:
    description: The largest number of requests in flight, from 1 to 64.
    type: int
    default: 8
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - chime_sdk.voice.attributes.writing_module
  - chime_sdk.voice.attributes.action_groups
  - chime_sdk.voice.attributes.sdk
attributes:
  check_mode:
    details:
      - In check mode the backup and the current configurations are read and checked, and no change is sent.
  diff_mode:
    details:
      - The fall-back phone numbers are shown unmasked, in the diff only. To hide them, set C(diff=false) on the task.
notes:
  - AWS ended support for proxy sessions on 2026-04-07. It is unknown whether AWS still accepts a new proxy configuration. If it
    does not, the task fails with the words of AWS.
  - The credentials need the IAM actions C(chime:GetVoiceConnectorProxy), C(chime:GetVoiceConnector) and
    C(chime:PutVoiceConnectorProxy) on C(arn:aws:chime:REGION:ACCOUNT:vc/VOICE_CONNECTOR_ID).
  - The Regions are those in the backup. O(region) is not used.
  - The result contains no phone number, so C(no_log) is not needed.
  - Requests are retried within the bounds that M(chime_sdk.voice.chime_voice_connector_info) documents.
seealso:
  - module: chime_sdk.voice.chime_voice_connector_proxy_retire
  - module: chime_sdk.voice.chime_voice_connector_proxy
  - name: PutVoiceConnectorProxy
    description: The operation in the API reference of the Amazon Chime SDK.
    link: https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_voice-chime_PutVoiceConnectorProxy.html
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Delete the proxy configurations of a Region
  chime_sdk.voice.chime_voice_connector_proxy_retire:
    account_id: "111122223333"
    all: true
    regions:
      - us-east-1
    backup_dir: ~/proxy-backup
  register: retired

- name: Restore all of them
  chime_sdk.voice.chime_voice_connector_proxy_restore:
    account_id: "111122223333"
    all: true
    backup_file: "{{ retired.backup_file }}"

- name: Preview how one would be restored over what is set now
  chime_sdk.voice.chime_voice_connector_proxy_restore:
    account_id: "111122223333"
    voice_connector_ids:
      - abcdef1ghij2klmno3pqr4
    backup_file: "{{ retired.backup_file }}"
    overwrite: true
  check_mode: true
  diff: true
"""

RETURN = r"""
account_id:
  description: The confirmed AWS account.
  returned: always
  type: str
  sample: "111122223333"
restored:
  description: What was restored, or would be, in check mode.
  returned: always
  type: list
  elements: dict
  contains: &record
    voice_connector_id:
      description: The Voice Connector.
      returned: always
      type: str
      sample: abcdef1ghij2klmno3pqr4
    name:
      description: Its name in the backup, V(null) if there is none.
      returned: always
      type: str
      sample: reception
    region:
      description: The AWS Region.
      returned: always
      type: str
      sample: us-east-1
unchanged:
  description: What is set as in the backup already.
  returned: always
  type: list
  elements: dict
  contains: *record
failures:
  description: What could not be restored, V([]) on success. A task with failures has failed.
  returned: always
  type: list
  elements: dict
  sample: []
  contains:
    voice_connector_id:
      description: The Voice Connector.
      returned: always
      type: str
      sample: abcdef1ghij2klmno3pqr4
    name:
      description: Its name in the backup, V(null) if there is none.
      returned: always
      type: str
      sample: reception
    region:
      description: The AWS Region.
      returned: always
      type: str
      sample: us-east-1
    reason:
      description: What failed and what to do.
      returned: always
      type: str
      sample: Failed to set the proxy configuration of Voice Connector abcdef1ghij2klmno3pqr4 in us-east-1 ...
"""

from typing import Any
from typing import NamedTuple

from ansible_collections.chime_sdk.voice.plugins.module_utils._account import get_account_id
from ansible_collections.chime_sdk.voice.plugins.module_utils._amazon_aws import AnsibleAWSModule
from ansible_collections.chime_sdk.voice.plugins.module_utils._backup import Record
from ansible_collections.chime_sdk.voice.plugins.module_utils._backup import choose_records
from ansible_collections.chime_sdk.voice.plugins.module_utils._backup import read_backup
from ansible_collections.chime_sdk.voice.plugins.module_utils._client import Connection
from ansible_collections.chime_sdk.voice.plugins.module_utils._client import VoiceClient
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import VoiceError
from ansible_collections.chime_sdk.voice.plugins.module_utils._module import given_options
from ansible_collections.chime_sdk.voice.plugins.module_utils._options import check_confirmed_selection
from ansible_collections.chime_sdk.voice.plugins.module_utils._options import check_types
from ansible_collections.chime_sdk.voice.plugins.module_utils._retire import require_account
from ansible_collections.chime_sdk.voice.plugins.module_utils._retire import require_owner
from ansible_collections.chime_sdk.voice.plugins.module_utils._voice import get_proxy
from ansible_collections.chime_sdk.voice.plugins.module_utils._voice import get_voice_connector
from ansible_collections.chime_sdk.voice.plugins.module_utils._voice import require_sendable
from ansible_collections.chime_sdk.voice.plugins.module_utils._writes import build_diff
from ansible_collections.chime_sdk.voice.plugins.module_utils._writes import describe_failure
from ansible_collections.chime_sdk.voice.plugins.module_utils._writes import lost_members
from ansible_collections.chime_sdk.voice.plugins.module_utils._writes import name_members
from ansible_collections.chime_sdk.voice.plugins.module_utils._writes import require_no_failures
from ansible_collections.chime_sdk.voice.plugins.module_utils._writes import run_each
from ansible_collections.chime_sdk.voice.plugins.module_utils._writes import write_failure
from ansible_collections.chime_sdk.voice.plugins.module_utils._writes import write_proxy

OPTIONS: dict[str, dict[str, Any]] = {
    "account_id": {"type": "str", "required": True},
    "backup_file": {"type": "path", "required": True},
    "voice_connector_ids": {"type": "list", "elements": "str"},
    "all": {"type": "bool", "default": False},
    "overwrite": {"type": "bool", "default": False},
    "concurrency": {"type": "int", "default": 8},
}

PURPOSE = "restore the proxy configurations"
PREFIX = f"Failed to {PURPOSE}: "


class Change(NamedTuple):
    """A proxy configuration before and after, the same if nothing was to be changed."""

    before: dict[str, Any] | None
    after: dict[str, Any]
    changed: bool


def read_records(params: dict[str, Any]) -> list[Record]:
    """Return what to restore, from the backup.

    :raises VoiceError: the options or the backup are not valid.
    """
    check_confirmed_selection(params)
    backup = read_backup(params["backup_file"], params["account_id"], PREFIX)
    return choose_records(backup, params["voice_connector_ids"], params["backup_file"], PREFIX)


def read_connectors(
    records: list[Record], clients: dict[str, VoiceClient], account_id: str, concurrency: int
) -> dict[str, Any]:
    """Return the ``VoiceConnector`` structures, or the VoiceErrors, by ID.

    :raises VoiceError: one of them belongs to a different account.
    """
    found = run_each(
        records, "get", lambda r: get_voice_connector(clients[r.region], r.voice_connector_id), concurrency
    )
    for record in records:
        connector = found[record.voice_connector_id]
        if not isinstance(connector, VoiceError):
            place: dict[str, Any] = {"voice_connector_id": record.voice_connector_id, "found_in": record.region}
            require_owner(connector.get("VoiceConnectorArn"), account_id, place, PREFIX)
    return found


def restore_one(client: VoiceClient, connector: Any, record: Record, overwrite: bool, check_mode: bool) -> Change:
    """Set the proxy configuration of one Voice Connector, if that changes something.

    :param connector: the ``VoiceConnector`` structure, or the VoiceError that was raised instead.
    """
    if isinstance(connector, VoiceError):
        raise connector
    identifier = record.voice_connector_id
    # An empty phone number means none, and the service does not accept it.
    desired = {member: value for member, value in record.proxy.items() if value != ""}
    current = get_proxy(client, identifier, connector)
    different = lost_members(current, desired)
    if not different:
        return Change(current, desired, False)
    if current is not None and not overwrite:
        raise write_failure(client, identifier, desired, "would_overwrite", options=name_members(different))
    require_sendable(client, identifier, desired, "unknown_backup_members")
    if not check_mode:
        write_proxy(client, identifier, desired)
    return Change(current, desired, True)


def restore(module: Any, result: dict[str, Any]) -> None:
    """Apply the options, and record everything that is known in *result*.

    :raises VoiceError: nothing was restored, or not everything.
    """
    params = module.params
    check_types(OPTIONS, given_options())
    records = read_records(params)
    connection = Connection(module, PURPOSE, params["concurrency"])
    require_account(get_account_id(connection, records[0].region), params["account_id"], PREFIX)
    clients = {region: connection.client(region) for region in dict.fromkeys(r.region for r in records)}
    connectors = read_connectors(records, clients, params["account_id"], params["concurrency"])

    def restore_record(record: Record) -> Change:
        connector = connectors[record.voice_connector_id]
        return restore_one(clients[record.region], connector, record, params["overwrite"], module.check_mode)

    changes = run_each(records, "set the proxy configuration of", restore_record, params["concurrency"])
    diff = []
    for record in records:
        change = changes[record.voice_connector_id]
        if isinstance(change, VoiceError):
            result["failures"].append(describe_failure(record, change))
            continue
        result["restored" if change.changed else "unchanged"].append(record.describe())
        if change.changed:
            diff.append(build_diff(record, change.before, change.after))
    result["changed"] = bool(result["restored"])
    if module._diff:
        result["diff"] = diff
    require_no_failures(result["failures"], "partly_restored", len(records), PREFIX)


def main() -> None:
    module = AnsibleAWSModule(argument_spec=OPTIONS, supports_check_mode=True)
    result: dict[str, Any] = {
        "changed": False,
        "account_id": module.params["account_id"],
        "restored": [],
        "unchanged": [],
        "failures": [],
    }
    try:
        restore(module, result)
    except VoiceError as e:
        module.fail_json(**e.failure(**result))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
