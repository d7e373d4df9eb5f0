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
  - Restores proxy configurations from a backup, several at a time. The backup must be from
    M(chime_sdk.voice.chime_voice_connector_proxy_retire) or from release 1.0.0 of this collection.
  - Nothing is written unless every record of the backup is valid, the backup contains all selected Voice Connectors,
    and the backup, the credentials, and the Voice Connectors belong to the account O(account_id).
  - The module reads each proxy configuration immediately before it writes it. If the configuration already matches the
    backup, it is not written. If it is different, it is overwritten only with O(overwrite=true).
  - If a proxy configuration cannot be restored, the module continues with the others, and the task fails at the end.
    The module stops in a Region only if every further request there would fail.
options:
  account_id:
    description: The ID of the AWS account, 12 digits in quotes.
    type: str
    required: true
  backup_file:
    description:
      - The backup file, on the managed node.
      - Specify an absolute path, or one that begins with V(~). How a relative path is resolved depends on the
        connection. With a local connection, it is relative to the folder of the playbook.
    type: path
    required: true
  voice_connector_ids:
    description:
      - The Voice Connectors to restore. If one of them is not in the backup, the task fails.
      - Either this or O(all=true) is required.
    type: list
    elements: str
  all:
    description: Whether to restore everything in the backup.
    type: bool
    default: false
  overwrite:
    description:
      - Whether to overwrite a proxy configuration that differs from the backup. If V(false), that configuration is not
        changed, and the task fails.
      - The overwritten configuration is not backed up. Preview the change in check mode with C(--diff).
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - chime_sdk.voice.common.writing_module
  - chime_sdk.voice.common.many_voice_connectors
  - chime_sdk.voice.common.option_values
  - chime_sdk.voice.common.action_groups
  - chime_sdk.voice.common.sdk
attributes:
  check_mode:
    details:
      - In check mode, the module reads and checks the backup and the current configurations, and sends no change.
  diff_mode:
    details:
      - The diff shows the fall-back phone numbers unmasked. To hide them, set C(diff=false) on the task.
notes:
  - The credentials need the IAM actions C(chime:GetVoiceConnectorProxy), C(chime:GetVoiceConnector), and
    C(chime:PutVoiceConnectorProxy) on C(arn:aws:chime:REGION:ACCOUNT:vc/VOICE_CONNECTOR_ID).
  - The module uses the Regions in the backup, and ignores O(region).
  - Apart from the diff, the result contains no phone number, so C(no_log) is not needed.
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
- name: Delete the proxy configurations in a Region
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

- name: Preview overwriting one proxy configuration with the backup
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
  description: The AWS account in O(account_id).
  returned: always
  type: str
  sample: "111122223333"
restored:
  description: The Voice Connectors whose proxy configuration was restored or, in check mode, would be restored.
  returned: always
  type: list
  elements: dict
  contains: &record
    voice_connector_id:
      description: The ID of the Voice Connector.
      returned: always
      type: str
      sample: abcdef1ghij2klmno3pqr4
    name:
      description: The name in the backup, or V(null) if there is none.
      returned: always
      type: str
      sample: reception
    region:
      description: The AWS Region.
      returned: always
      type: str
      sample: us-east-1
unchanged:
  description: The Voice Connectors whose proxy configuration already matches the backup.
  returned: always
  type: list
  elements: dict
  contains: *record
failures:
  description: What could not be restored, or V([]) on success. Any failure fails the task.
  returned: always
  type: list
  elements: dict
  sample: []
  contains:
    voice_connector_id:
      description: The ID of the Voice Connector.
      returned: always
      type: str
      sample: abcdef1ghij2klmno3pqr4
    name:
      description: The name in the backup, or V(null) if there is none.
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

from typing import Any, NamedTuple

from ..module_utils._api import get_account_id, get_proxy, get_voice_connector, require_sendable
from ..module_utils._backup import Record, choose_records, read_backup
from ..module_utils._client import Connection
from ..module_utils._errors import VoiceError
from ..module_utils._module import VoiceModule
from ..module_utils._operation import VoiceClient
from ..module_utils._options import check_values
from ..module_utils._retire import require_account, require_owner
from ..module_utils._selection import check_confirmed_selection
from ..module_utils._writes import (
    build_diff,
    describe_failure,
    lost_members,
    name_members,
    require_no_failures,
    run_each,
    write_failure,
    write_proxy,
)

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
    """A proxy configuration before and after it is restored. The two are equivalent unless ``changed``."""

    before: dict[str, Any] | None
    after: dict[str, Any]
    changed: bool


def read_records(params: dict[str, Any]) -> list[Record]:
    """Return the records to restore.

    :raises VoiceError: the options or the backup are not valid.
    """
    check_confirmed_selection(params)
    backup = read_backup(params["backup_file"], params["account_id"], PREFIX)
    return choose_records(backup, params["voice_connector_ids"], params["backup_file"], PREFIX)


def read_connectors(
    records: list[Record], clients: dict[str, VoiceClient], account_id: str, concurrency: int
) -> dict[str, Any]:
    """Return the documented keys of the Voice Connectors, or the VoiceErrors, by ID.

    :raises VoiceError: one of them belongs to a different account.
    """
    found = run_each(
        records, "get", lambda r: get_voice_connector(clients[r.region], r.voice_connector_id), concurrency
    )
    for record in records:
        connector = found[record.voice_connector_id]
        if not isinstance(connector, VoiceError):
            place: dict[str, Any] = {"voice_connector_id": record.voice_connector_id, "found_in": record.region}
            require_owner(connector["voice_connector_arn"], account_id, place, PREFIX)
    return found


def restore_one(client: VoiceClient, connector: Any, record: Record, overwrite: bool, check_mode: bool) -> Change:
    """Set the proxy configuration of one Voice Connector, unless it already matches the backup.

    :param connector: its documented keys, or the VoiceError that was raised instead.
    """
    if isinstance(connector, VoiceError):
        raise connector
    identifier = record.voice_connector_id
    # In a backup, an empty phone number means none. The service does not accept an empty one.
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
    """Restore the selected proxy configurations, and record the outcome in *result*.

    :raises VoiceError: some or all of them could not be restored.
    """
    params = module.params
    check_values(OPTIONS, module.given, params)
    records = read_records(params)
    connection = Connection(module, PURPOSE, params["concurrency"])
    require_account(get_account_id(connection.client(records[0].region, "sts")), params["account_id"], PREFIX)
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
    module = VoiceModule(argument_spec=OPTIONS, supports_check_mode=True)
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
