#!/usr/bin/python
# -*- coding: utf-8 -*-

# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: chime_voice_connector_proxy_retire
version_added: 1.0.0
short_description: Back up and delete the proxy configurations of Amazon Chime SDK Voice Connectors
description:
  - Reads the Voice Connectors of one AWS account in one or more Regions, backs up the selected proxy configurations,
    and then deletes these proxy configurations, several at a time. The module does not change the Voice Connectors
    themselves.
  - Before the first deletion, the module checks that the credentials and the Voice Connectors belong to O(account_id),
    that everything was read, and that every excluded ID, name, and tag matches a Voice Connector. It also checks that
    each Voice Connector with a proxy configuration belongs to exactly one of the Regions that were read, that the
    number of deletions is at most O(max_deletions), and that the backup was written and verified. If a check fails,
    nothing is deleted.
  - The module does not delete a proxy configuration that M(chime_sdk.voice.chime_voice_connector_proxy_restore) could
    not restore, for example because the configuration contains a key that the installed botocore cannot send. The
    module continues with the other proxy configurations, and the task fails at the end.
  - The module reads each proxy configuration again immediately before each attempt to delete it. If the configuration
    differs from the backup, it is not deleted, and the task fails.
  - If a proxy configuration cannot be deleted, the module continues with the other proxy configurations, and the task
    fails at the end. If every further request in a Region would fail, for example because the credentials are rejected,
    the module skips the other proxy configurations in that Region. Run the task again to delete the remaining proxy
    configurations. Each run writes its own backup, so every deleted configuration is in a backup, even if a run was
    killed.
options:
  account_id:
    description:
      - The ID of the AWS account, 12 digits in quotes. The credentials must belong to this account. The ARN of every
        Voice Connector that is not excluded must contain this account.
      - The module warns if the partition in an ARN is not C(aws), or if the Region in the ARN is not the Region in
        which the Voice Connector was found.
    type: str
    required: true
  voice_connector_ids:
    description:
      - The IDs of the Voice Connectors whose proxy configurations are deleted. If a Voice Connector does not exist, the
        task fails.
      - Either this option or O(all=true) is required.
    type: list
    elements: str
  all:
    description:
      - Whether to delete the proxy configurations of all Voice Connectors in O(regions). The options that exclude Voice
        Connectors, such as O(exclude_names), still apply.
    type: bool
    default: false
  regions:
    description:
      - The AWS Regions to read. If omitted or V(all), the module reads every Region in which AWS offers the service.
        The module gets these Regions from AWS, and adds the Regions that are listed in the installed botocore. If AWS
        does not return the Regions, the module uses only the Regions in botocore, and shows a warning.
      - O(region) does not select the Regions to read. If you set O(region) without O(regions), the task fails.
    type: list
    elements: str
  exclude_regions:
    description:
      - The Regions to skip, for example because they cannot be read. Each must be one of the Regions that O(regions)
        selects.
      - If a Voice Connector belongs to a skipped Region, its proxy configuration is not deleted, even if a different
        Region lists the Voice Connector.
    type: list
    elements: str
    default: []
  exclude_voice_connector_ids:
    description:
      - The IDs of Voice Connectors that keep their proxy configuration.
      - If an exclusion matches no Voice Connector, the task fails, because the exclusion may be misspelled. This also
        applies to O(exclude_names) and O(exclude_tags).
    type: list
    elements: str
    default: []
  exclude_names:
    description: Voice Connectors with one of these names keep their proxy configuration.
    type: list
    elements: str
    default: []
  exclude_tags:
    description:
      - Voice Connectors with any of these tags keep their proxy configuration. Keys and values are strings. The value
        V(null) matches any value.
      - If the tags of a Voice Connector cannot be read, the task fails, unless the Voice Connector is excluded by its
        ID or name.
    type: dict
    default: {}
  max_deletions:
    description:
      - The maximum number of proxy configurations to delete. If more are selected, the task fails, and nothing is
        deleted.
    type: int
    default: 50
  backup_dir:
    description:
      - The folder for the backup, on the managed node. The module creates the folder if it is missing.
      - Specify an absolute path, or a path that begins with V(~). How a relative path is resolved depends on the
        connection. With a local connection, the path is relative to the folder of the playbook.
      - The backup is a file that only its owner can read, because it contains the unmasked fall-back phone numbers.
    type: path
    default: proxy-backup
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
      - In check mode, the module reads and checks everything, including whether O(backup_dir) is writable, and returns
        the plan in RV(selected). The module writes no backup and deletes nothing. RV(retired), RV(failures), and
        C(changed) are the same as in the real run, as far as they can be predicted without a deletion.
  diff_mode:
    details:
      - The diff shows the unmasked fall-back phone numbers. To hide the phone numbers, set C(diff=false) on the task,
        which overrides C(--diff) and C(ANSIBLE_DIFF_ALWAYS).
notes:
  - The credentials need the IAM action C(chime:ListVoiceConnectors) on the resource C(*). If O(regions) is omitted or
    V(all), they also need C(chime:ListAvailableVoiceConnectorRegions) on the resource C(*). On the resource
    C(arn:aws:chime:REGION:ACCOUNT:vc/VOICE_CONNECTOR_ID), they need C(chime:GetVoiceConnectorProxy),
    C(chime:GetVoiceConnector), and C(chime:DeleteVoiceConnectorProxy). For O(exclude_tags), they also need
    C(chime:ListTagsForResource) on this resource.
  - When the service deletes a proxy configuration, it does not check whether someone else has changed the configuration
    since the module read it. If someone else changes a proxy configuration after the last read, but before the deletion
    arrives, the changed configuration is deleted without a backup. The time between these two requests is short,
    because the deletion follows the read immediately.
  - Do not set C(until) or C(retries) on the task. Ansible keeps only the result of the last attempt, so you lose the
    paths of the earlier backups and the lists of deleted proxy configurations. You do not need these keywords, because
    the module itself retries requests. If some proxy configurations could not be deleted, the error message contains
    the path of the backup.
  - Apart from the diff, the result contains no phone number, so C(no_log) is not needed. In the result, V((hidden\))
    replaces all phone numbers that the module read, and anything that looks like a phone number.
seealso:
  - module: chime_sdk.voice.chime_voice_connector_proxy_restore
  - module: chime_sdk.voice.chime_voice_connector_info
  - module: chime_sdk.voice.chime_voice_connector_proxy
  - name: DeleteVoiceConnectorProxy
    description: The operation in the API reference of the Amazon Chime SDK.
    link: https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_voice-chime_DeleteVoiceConnectorProxy.html
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Preview the deletions in all Regions
  chime_sdk.voice.chime_voice_connector_proxy_retire:
    account_id: "111122223333"
    all: true
  check_mode: true
  register: plan

- name: Show the plan
  ansible.builtin.debug:
    var: plan.selected

- name: Delete the proxy configurations in two Regions, except those of one team
  chime_sdk.voice.chime_voice_connector_proxy_retire:
    account_id: "111122223333"
    all: true
    regions:
      - us-east-1
      - us-west-2
    exclude_tags:
      team: voice
    max_deletions: 200
    backup_dir: ~/proxy-backup
  register: retired

- name: Delete one proxy configuration
  chime_sdk.voice.chime_voice_connector_proxy_retire:
    account_id: "111122223333"
    voice_connector_ids:
      - abcdef1ghij2klmno3pqr4
    regions:
      - us-east-1
    backup_dir: ~/proxy-backup
"""

RETURN = r"""
account_id:
  description: The ID of the AWS account, as in the option O(account_id).
  returned: always
  type: str
  sample: "111122223333"
selected:
  description:
    - The Voice Connectors whose proxy configuration was selected for deletion. If a restore of a proxy configuration
      would fail, the module does not delete the proxy configuration. In this case, RV(failures) contains the Voice
      Connector, and this list does not. In check mode, this list is the plan, and contains everything that a real run
      would delete.
    - V([]) if the task failed before the Voice Connectors were selected.
  returned: always
  type: list
  elements: dict
  contains:
    voice_connector_id:
      description: The ID of the Voice Connector.
      returned: always
      type: str
      sample: abcdef1ghij2klmno3pqr4
    name:
      description: The name, or V(null) if AWS did not return it.
      returned: always
      type: str
      sample: reception
    region:
      description: The AWS Region.
      returned: always
      type: str
      sample: us-east-1
retired:
  description:
    - The Voice Connectors whose proxy configuration no longer exists or, in check mode, would not exist after the run.
  returned: always
  type: list
  elements: dict
  contains:
    voice_connector_id:
      description: The ID of the Voice Connector.
      returned: always
      type: str
      sample: abcdef1ghij2klmno3pqr4
    name:
      description: The name, or V(null) if AWS did not return it.
      returned: always
      type: str
      sample: reception
    region:
      description: The AWS Region.
      returned: always
      type: str
      sample: us-east-1
    already_absent:
      description: Whether someone else deleted the proxy configuration after the backup was written.
      returned: always
      type: bool
      sample: false
failures:
  description:
    - An entry for each Region or Voice Connector that could not be read, and for each Voice Connector whose proxy
      configuration the module failed or refused to delete. V([]) on success. Any failure fails the task.
  returned: always
  type: list
  elements: dict
  sample: []
  contains:
    voice_connector_id:
      description: The ID of the Voice Connector, or V(null) for a Region whose Voice Connectors could not be listed.
      returned: always
      type: str
      sample: abcdef1ghij2klmno3pqr4
    name:
      description: The name, or V(null) if it is unknown.
      returned: always
      type: str
      sample: reception
    region:
      description:
        - The AWS Region, or V(null) if several Regions were read, but none of them contains the Voice Connector.
      returned: always
      type: str
      sample: us-east-1
    reason:
      description: The error message, which describes the cause and how to fix it.
      returned: always
      type: str
      sample: Failed to delete the proxy configuration of Voice Connector abcdef1ghij2klmno3pqr4 in us-east-1 ...
backup_file:
  description: The absolute path of the backup, or V(null) if no backup was written.
  returned: always
  type: str
  sample: /home/operator/proxy-backup/proxy-backup-111122223333-20260102T030405.000000Z.json
"""

import datetime
from typing import Any, Callable

from ..module_utils._backup import check_folder, write_backup
from ..module_utils._bulk import Selection, read_voice_connectors
from ..module_utils._bulk_writes import Record, find_problem, report_changes, require_no_failures, run_each
from ..module_utils._client import Connection
from ..module_utils._connectors import find_regions
from ..module_utils._errors import VoiceError
from ..module_utils._module import VoiceModule
from ..module_utils._operation import VoiceClient
from ..module_utils._options import check_values
from ..module_utils._redact import PhoneNumbers, redact
from ..module_utils._retire import Exclusions, Plan, choose_regions, plan_deletions, require_account
from ..module_utils._selection import check_confirmed_selection
from ..module_utils._shapes import PROXY
from ..module_utils._sts import get_account_id
from ..module_utils._writes import Change, SettingWrite

OPTIONS: dict[str, dict[str, Any]] = {
    "account_id": {"type": "str", "required": True},
    "voice_connector_ids": {"type": "list", "elements": "str"},
    "all": {"type": "bool", "default": False},
    "regions": {"type": "list", "elements": "str"},
    "exclude_regions": {"type": "list", "elements": "str", "default": []},
    "exclude_voice_connector_ids": {"type": "list", "elements": "str", "default": []},
    "exclude_names": {"type": "list", "elements": "str", "default": []},
    "exclude_tags": {"type": "dict", "default": {}},
    "max_deletions": {"type": "int", "default": 50},
    "backup_dir": {"type": "path", "default": "proxy-backup"},
    "concurrency": {"type": "int", "default": 8},
}

PURPOSE = "retire the proxy configurations"
PREFIX = f"Failed to {PURPOSE}: "


def check_options(params: dict[str, Any], given: dict[str, Any]) -> None:
    """Raise VoiceError for invalid values, and for values that YAML may have converted to a different type."""
    check_values(OPTIONS, given, params)
    check_confirmed_selection(params)
    if params["max_deletions"] < 0:
        raise VoiceError("bad_max_deletions", value=params["max_deletions"])
    if params["regions"] == []:
        raise VoiceError("no_regions")
    if params["regions"] is None and any(given.get(name) for name in ("region", "aws_region", "ec2_region")):
        raise VoiceError("region_only")


def plan(
    connection: Connection, params: dict[str, Any], warn: Callable[[str], None]
) -> tuple[Plan, dict[str, VoiceClient]]:
    """Read the Voice Connectors of the account. Return the plan, and a dictionary of clients by Region."""
    regions = params["regions"]
    if regions in (None, ["all"]):
        regions, _source = find_regions(connection, warn)
    chosen = choose_regions(regions, params["exclude_regions"])
    clients = {client.region: client for client in map(connection.client, chosen)}
    require_account(get_account_id(connection.client(next(iter(clients)), "sts")), params["account_id"], PREFIX)
    ids = None if params["all"] else params["voice_connector_ids"]
    exclusions = Exclusions(params["exclude_voice_connector_ids"], params["exclude_names"], params["exclude_tags"])
    selection = Selection(
        ids=ids,
        names=None,
        tags={},
        include_tags=bool(exclusions.tags),
        settings=[PROXY],
        own_regions_only=True,
        keep_structures=True,
    )
    read = read_voice_connectors(list(clients.values()), selection, params["concurrency"])

    def find_restore_problem(record: Record) -> str | None:
        write = SettingWrite(clients[record.region], PROXY, record.voice_connector_id, deletes=False)
        unsendable = write.find_unsendable(record.proxy)
        if unsendable:
            return f"has {', '.join(unsendable)}, which the installed botocore cannot send"
        return find_problem(record.proxy)

    return plan_deletions(read, ids, exclusions, params["account_id"], PREFIX, find_restore_problem), clients


def delete_unchanged(client: VoiceClient, record: Record, check_mode: bool) -> Change:
    """Delete a proxy configuration. If it was changed after the backup, raise VoiceError instead."""
    write = SettingWrite(client, PROXY, record.voice_connector_id, deletes=True)

    def decide(current: dict[str, Any] | None) -> None:
        changed = write.different(current, record.proxy)
        if current is not None and changed:
            again = write.different(write.read(client), current)
            name = "changes_at_each_reading" if again else "changed_since_backup"
            raise write.failure(name, options=write.name(again or changed))

    write.decide = decide
    return write.run(check_mode)


def retire(module: Any, result: dict[str, Any], numbers: PhoneNumbers) -> None:
    """Delete the selected proxy configurations, and record the outcome in *result*.

    :param numbers: the phone numbers to hide.
    :raises VoiceError: at least one of the proxy configurations could not be deleted.
    """
    params = module.params
    check_options(params, module.given)
    planned, clients = plan(Connection(module, PURPOSE, params["concurrency"], numbers), params, module.warn)
    records = planned.records
    for warning in planned.warnings:
        module.warn(numbers.hide(warning))
    result["selected"] = [record.describe() for record in records]
    if len(records) > params["max_deletions"]:
        raise VoiceError("too_many_deletions", PREFIX, count=len(records), maximum=params["max_deletions"])
    for record, problem in planned.unrestorable:
        write = SettingWrite(clients[record.region], PROXY, record.voice_connector_id, deletes=True)
        error = write.failure("unrestorable", problem=problem)
        result["failures"].append({**record.describe(), "reason": error.message})
    now = datetime.datetime.now(datetime.timezone.utc)
    if records and module.check_mode:
        check_folder(params["backup_dir"], params["account_id"], now, PREFIX)
    elif records:
        result["backup_file"] = write_backup(params["backup_dir"], params["account_id"], records, now, PREFIX)

    def delete(record: Record) -> Change:
        return delete_unchanged(clients[record.region], record, module.check_mode)

    changes = run_each(records, "delete the proxy configuration of", delete, params["concurrency"])
    for record in records:
        change = changes[record.voice_connector_id]
        if isinstance(change, Change):
            result["retired"].append({**record.describe(), "already_absent": not change.changed})
    report_changes(module, result, records, changes)
    count = len(records) + len(planned.unrestorable)
    backup = f"The backup is {redact(result['backup_file'])}. " if result["backup_file"] else ""
    require_no_failures(result["failures"], "partly_retired", count, PREFIX, backup=backup)


def main() -> None:
    module = VoiceModule(argument_spec=OPTIONS, supports_check_mode=True)
    result: dict[str, Any] = {
        "changed": False,
        "account_id": module.params["account_id"],
        "selected": [],
        "retired": [],
        "failures": [],
        "backup_file": None,
    }
    numbers = PhoneNumbers()
    try:
        retire(module, result, numbers)
    except VoiceError as e:
        module.fail_json(**numbers.hide(e.failure(**result)))
    module.exit_json(**numbers.hide(result))


if __name__ == "__main__":
    main()
