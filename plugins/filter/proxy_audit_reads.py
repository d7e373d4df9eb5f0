# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reduce the registered results of the role proxy_audit to the data that the audit needs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: proxy_audit_reads
version_added: 1.1.0
short_description: Reduce registered results to the data that an audit needs
description:
  - Returns the input for P(chime_sdk.voice.proxy_audit#filter), without credentials. Phone numbers are masked unless
    the options show them. The role P(chime_sdk.voice.proxy_audit#role) uses this filter.
positional: _input
options:
  _input:
    description: The registered result of M(chime_sdk.voice.chime_voice_connector_info) in a loop over the accounts.
    type: raw
    required: true
  assumed:
    description: The registered result of C(amazon.aws.sts_assume_role) in a loop over C(role_arns).
    type: raw
    required: true
  options:
    description: The result of P(chime_sdk.voice.proxy_audit_options#filter).
    type: dict
    required: true
  host:
    description: The inventory host that ran the tasks.
    type: str
    required: true
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Build an audit from registered results
  ansible.builtin.set_fact:
    voice_audit: "{{ reads | chime_sdk.voice.proxy_audit }}"
  vars:
    reads: "{{ registered | chime_sdk.voice.proxy_audit_reads(assumed, options, inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description:
    - A list of dictionaries, one for each account, with C(host), C(account), C(regions), C(selection), and C(result).
  type: list
  elements: dict
"""

from typing import Any

from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit import find_reason, mask
from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit_accounts import item_results, proxy_audit_accounts

_RESULT_KEYS = ("account_id", "msg", "regions", "stopped", "errors")
_CONNECTOR_KEYS = ("region", "aws_region", "voice_connector_id", "name", "tags", "tags_error")
_PROXY_KEYS = ("exists", "default_session_expiry_minutes", "disabled", "phone_number_countries")


def reduce_result(result: Any, show_phone_numbers: bool) -> dict[str, Any]:
    """Return the parts of a result of chime_voice_connector_info that an audit needs."""
    try:
        return {
            **{key: result[key] for key in _RESULT_KEYS if key in result},
            "voice_connectors": [
                reduce_connector(connector, show_phone_numbers) for connector in result["voice_connectors"]
            ],
        }
    except (LookupError, TypeError, AttributeError):
        return {"msg": find_reason(result)}


def reduce_connector(connector: dict[str, Any], show_phone_numbers: bool) -> dict[str, Any]:
    proxy = connector["proxy"]
    number = proxy["fall_back_phone_number"]
    return {
        **{key: connector[key] for key in _CONNECTOR_KEYS if key in connector},
        "proxy": {
            **{key: proxy[key] for key in _PROXY_KEYS},
            "fall_back_phone_number": number if show_phone_numbers else mask(number),
        },
    }


def proxy_audit_reads(read: Any, assumed: Any, options: dict[str, Any], host: str) -> list[dict[str, Any]]:
    """Return the reads described in RETURN."""
    accounts = proxy_audit_accounts(options, assumed)
    return [
        {
            "host": host,
            "account": account["account"],
            "regions": options["regions"],
            "selection": options["selection"],
            "result": reduce_result(result, options["show_phone_numbers"])
            if account["readable"]
            else {"msg": account["reason"]},
        }
        for account, result in zip(accounts, item_results(read, len(accounts)))
    ]


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_audit_reads": proxy_audit_reads}
