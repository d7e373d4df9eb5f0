#!/usr/bin/python
# -*- coding: utf-8 -*-

# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: chime_voice_connector_proxy_restore
version_added: 1.0.0
short_description: Restore the proxy configurations of Amazon Chime SDK Voice Connectors from a backup
description:
  - Restores proxy configurations from a backup, several at a time. The backup must be from
    M(chime_sdk.voice.chime_voice_connector_proxy_retire).
  - Before the first write, the module checks that the backup has a valid record for each selected Voice Connector, and
    that the backup, the credentials, and the Voice Connectors belong to the account O(account_id). It also checks that
    each existing Voice Connector belongs to the Region in its record. If a check fails, nothing is written.
  - The backup contains the Region of each Voice Connector. If a Voice Connector no longer exists in its Region,
    RV(failures) contains the Voice Connector, and the module restores the other proxy configurations.
  - The module reads each proxy configuration immediately before each attempt to write it. If the configuration already
    matches the backup, it is not written. If the configuration differs from the backup, it is overwritten only with
    O(overwrite=true). In this comparison, a missing value, V(false), and an empty value are the same.
  - If a proxy configuration cannot be restored, the module continues with the other proxy configurations, and the task
    fails at the end. If every further request in a Region would fail, for example because the credentials are rejected,
    the module skips the other proxy configurations in that Region.
options:
  account_id:
    description: The ID of the AWS account, 12 digits in quotes.
    type: str
    required: true
  backup_file:
    description:
      - The backup file, on the managed node. It must be a regular file of at most 64 MB.
      - Specify an absolute path, or a path that begins with V(~). How a relative path is resolved depends on the
        connection. With a local connection, the path is relative to the folder of the playbook.
    type: path
    required: true
  voice_connector_ids:
    description:
      - The IDs of the Voice Connectors whose proxy configurations are restored. If an ID is not in the backup, the task
        fails.
      - Either this option or O(all=true) is required.
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
      - The overwritten configuration is not backed up. To see the change beforehand, run the task in check mode with
        C(--diff).
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - chime_sdk.voice.common.writing_proxies
  - chime_sdk.voice.common.writing_module
  - chime_sdk.voice.common.many_voice_connectors
  - chime_sdk.voice.common.concurrent_requests
  - chime_sdk.voice.common.assume_role
  - chime_sdk.voice.common.option_values
  - chime_sdk.voice.common.action_groups
  - chime_sdk.voice.common.sdk
attributes:
  check_mode:
    details:
      - In check mode, the module reads and checks the backup and the current configurations, but sends no change.
        RV(failures) and C(changed) are the same as in the real run, as far as they can be predicted without a write.
  diff_mode:
    details:
      - The diff shows the unmasked fall-back phone numbers. To hide the phone numbers, set C(diff=false) on the task,
        which overrides C(--diff) and C(ANSIBLE_DIFF_ALWAYS).
notes:
  - The credentials need the IAM actions C(chime:GetVoiceConnectorProxy), C(chime:GetVoiceConnector), and
    C(chime:PutVoiceConnectorProxy) on C(arn:aws:chime:REGION:ACCOUNT:vc/VOICE_CONNECTOR_ID).
  - The module uses the Regions in the backup, regardless of O(region).
  - A write always replaces the whole proxy configuration. The service does not check whether someone else has changed
    the configuration since the module read it. If someone else changes a proxy configuration after the last read, but
    before the write arrives, that change is overwritten. The time between these two requests is short, because the
    write follows the read immediately.
  - Apart from the diff, the result contains no phone number, so C(no_log) is not needed. In the result, V((hidden\))
    replaces all phone numbers that the module read, and anything that looks like a phone number.
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

- name: Restore all proxy configurations in the backup
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
  description: The ID of the AWS account, as in the option O(account_id).
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
  description:
    - The Voice Connectors whose proxy configuration could not be restored, or V([]) on success. Any failure fails the
      task.
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
      description: The error message, which describes the cause and how to fix it.
      returned: always
      type: str
      sample: Failed to set the proxy configuration of Voice Connector abcdef1ghij2klmno3pqr4 in us-east-1 ...
"""

import functools
from typing import Any

from ..module_utils._backup import read_backup
from ..module_utils._bulk_writes import Record, report_changes, require_no_failures, run_each
from ..module_utils._client import Connection
from ..module_utils._connectors import get_voice_connector
from ..module_utils._errors import VoiceError
from ..module_utils._module import VoiceModule
from ..module_utils._operation import VoiceClient
from ..module_utils._options import check_values
from ..module_utils._redact import PhoneNumbers
from ..module_utils._retire import check_arn, require_account, require_home, require_owner
from ..module_utils._selection import check_confirmed_selection
from ..module_utils._shapes import PROXY
from ..module_utils._sts import get_account_id
from ..module_utils._writes import Change, SettingWrite

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


def read_connectors(
    records: list[Record], clients: dict[str, VoiceClient], account_id: str, concurrency: int
) -> tuple[dict[str, dict[str, Any] | VoiceError], list[str]]:
    """Read the Voice Connector of each record. Return a dictionary of results by ID, and a list of warnings.

    A result is the documented keys of the Voice Connector, or the VoiceError if it could not be read.

    :raises VoiceError: a Voice Connector belongs to a different account or Region.
    """
    found = run_each(
        records, "get", lambda r: get_voice_connector(clients[r.region], r.voice_connector_id), concurrency
    )
    warnings = []
    for connector in found.values():
        if not isinstance(connector, VoiceError):
            require_home(connector, PREFIX)
            require_owner(connector, account_id, PREFIX)
            warnings += check_arn(connector, PREFIX)
    return found, warnings


def desired_proxy(
    write: SettingWrite, record: Record, overwrite: bool, current: dict[str, Any] | None
) -> dict[str, Any]:
    """Return the ``Proxy`` structure to restore from *record*; raise VoiceError if it must not replace *current*."""
    # In a backup, an empty phone number means that no number is set. The service does not accept an empty phone number.
    desired = {member: value for member, value in record.proxy.items() if value != ""}
    desired.setdefault("Disabled", False)  # otherwise, the service could keep the current value
    different = write.different(current, desired)
    if different and current is not None and not overwrite:
        raise write.failure("would_overwrite", options=write.name(different))
    if different:
        write.check_members(desired, "unknown_backup_members")
        write.check_members(current or {})  # raises VoiceError if the write would remove a member unknown to botocore
    return desired


def restore(module: Any, result: dict[str, Any], numbers: PhoneNumbers) -> None:
    """Restore the selected proxy configurations, and record the outcome in *result*.

    :param numbers: the phone numbers to hide.
    :raises VoiceError: at least one of the proxy configurations could not be restored.
    """
    params = module.params
    check_values(OPTIONS, module.given, params)
    check_confirmed_selection(params)
    account_id, concurrency = params["account_id"], params["concurrency"]
    records = read_backup(params["backup_file"], account_id, params["voice_connector_ids"], numbers, PREFIX)
    connection = Connection(module, PURPOSE, concurrency, numbers)
    require_account(get_account_id(connection.client(records[0].region, "sts")), account_id, PREFIX)
    clients = {region: connection.client(region) for region in dict.fromkeys(r.region for r in records)}
    connectors, warnings = read_connectors(records, clients, account_id, concurrency)
    for warning in warnings:
        module.warn(numbers.hide(warning))

    def restore_record(record: Record) -> Change:
        connector = connectors[record.voice_connector_id]
        if isinstance(connector, VoiceError):
            raise connector
        client, identifier = clients[record.region], record.voice_connector_id
        write = SettingWrite(client, PROXY, identifier, deletes=False, voice_connector=connector)
        write.decide = functools.partial(desired_proxy, write, record, params["overwrite"])
        return write.run(module.check_mode)

    changes = run_each(records, "set the proxy configuration of", restore_record, concurrency)
    for record in records:
        change = changes[record.voice_connector_id]
        if not isinstance(change, VoiceError):
            result["restored" if change.changed else "unchanged"].append(record.describe())
    report_changes(module, result, records, changes)
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
    numbers = PhoneNumbers()
    try:
        restore(module, result, numbers)
    except VoiceError as e:
        module.fail_json(**numbers.hide(e.failure(**result)))
    module.exit_json(**numbers.hide(result))


if __name__ == "__main__":
    main()
