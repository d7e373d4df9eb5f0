# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pair each account in an audit with the credentials of its assumed IAM role."""

from __future__ import annotations

DOCUMENTATION = r"""
name: proxy_audit_accounts
version_added: 1.1.0
short_description: Pair the accounts of an audit with their credentials
description:
  - Returns one dictionary for each account to audit. The role P(chime_sdk.voice.proxy_audit#role) uses this filter.
positional: _input
options:
  _input:
    description: The result of P(chime_sdk.voice.proxy_audit_options#filter).
    type: dict
    required: true
  assumed:
    description: The registered result of C(amazon.aws.sts_assume_role) in a loop over C(role_arns).
    type: raw
    required: true
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Report the roles that could not be assumed
  ansible.builtin.debug:
    msg: "{{ accounts | rejectattr('readable') | map(attribute='reason') | list }}"
  vars:
    options: "{{ {'assume_role_arns': role_arns} | chime_sdk.voice.proxy_audit_options }}"
    accounts: "{{ options | chime_sdk.voice.proxy_audit_accounts(assumed) }}"
"""

RETURN = r"""
_value:
  description:
    - A list of dictionaries. C(role_arn) is the role, or V(null) for the credentials in use. C(account) is its account
      ID, and C(credentials) are the credentials of the assumed role. C(readable) is V(true) if there are credentials to
      read the account with. If not, C(reason) explains why. C(options) are the options of the audit.
  type: list
  elements: dict
"""

from typing import Any

from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit import find_reason

_KEYS = ("access_key", "secret_key", "session_token")


def build_account(role_arn: str, result: Any) -> dict[str, Any]:
    """Return the account of a role from the result of sts_assume_role."""
    given = result.get("sts_creds") if isinstance(result, dict) else None
    credentials = {key: given.get(key) for key in _KEYS} if isinstance(given, dict) else {}
    readable = bool(credentials) and all(credentials.values())
    parts = role_arn.split(":")
    return {
        "role_arn": role_arn,
        "account": parts[4] if len(parts) > 5 else None,
        "credentials": credentials if readable else {},
        "readable": readable,
        "reason": None if readable else f"The role {role_arn} cannot be assumed. {find_reason(result)}",
    }


def item_results(registered: Any, number: int) -> list[Any]:
    """Return a result for each of the *number* items of a loop; if the whole task failed, repeat its result."""
    results = registered.get("results") if isinstance(registered, dict) else None
    found = results if isinstance(results, list) else []
    return [*found, *[registered] * number][:number]


def proxy_audit_accounts(options: dict[str, Any], assumed: Any) -> list[dict[str, Any]]:
    """Return the accounts described in RETURN."""
    if not options["role_arns"]:
        in_use: dict[str, Any] = {
            "role_arn": None,
            "account": None,
            "credentials": {},
            "readable": True,
            "reason": None,
        }
        return [{**in_use, "options": options}]
    role_arns = options["role_arns"]
    results = item_results(assumed, len(role_arns))
    return [{**build_account(role_arn, result), "options": options} for role_arn, result in zip(role_arns, results)]


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_audit_accounts": proxy_audit_accounts}
