# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collect the reads of all hosts of a play for one audit."""

from __future__ import annotations

DOCUMENTATION = r"""
name: proxy_audit_hosts
version_added: 1.1.0
short_description: Collect what all hosts of a play have read
description:
  - Collects what each host of a play has read, and returns it as input for P(chime_sdk.voice.proxy_audit#filter). For a
    host without a result, it adds a failed read with the reason. The role P(chime_sdk.voice.proxy_audit#role) uses this
    filter.
positional: _input
options:
  _input:
    description:
      - An item for each of O(play_hosts), in the same order. It is the result of
        P(chime_sdk.voice.proxy_audit_reads#filter) on that host, or V(false) if the host has no result.
    type: list
    elements: raw
    required: true
  play_hosts:
    description: All hosts of the play. Use C(ansible_play_hosts_all).
    type: list
    elements: str
    required: true
  active_hosts:
    description: The hosts of the play that have not failed. Use C(ansible_play_hosts).
    type: list
    elements: str
    required: true
  batch:
    description: The hosts in the current C(serial) batch. Use C(ansible_play_batch).
    type: list
    elements: str
    required: true
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Build one audit from the reads of all hosts
  ansible.builtin.set_fact:
    voice_audit: "{{ all_reads | chime_sdk.voice.proxy_audit }}"
  vars:
    hosts: "{{ ansible_play_hosts_all | map('extract', hostvars) }}"
    all_reads: >-
      {{ hosts | map(attribute='voice_reads', default=false)
         | chime_sdk.voice.proxy_audit_hosts(ansible_play_hosts_all, ansible_play_hosts, ansible_play_batch) }}
  run_once: true
"""

RETURN = r"""
_value:
  description: The reads of all hosts.
  type: list
  elements: dict
"""

from collections.abc import Iterable
from typing import Any


def proxy_audit_hosts(
    reads: Iterable[Any], play_hosts: list[str], active_hosts: list[str], batch: list[str]
) -> list[dict[str, Any]]:
    """Return the reads of all hosts."""
    collected: list[dict[str, Any]] = []
    missing: list[tuple[str, str]] = []
    last = max((play_hosts.index(host) for host in batch if host in play_hosts), default=len(play_hosts))
    active = set(active_hosts)
    for number, (host, host_reads) in enumerate(zip(play_hosts, reads)):
        # The reads of a failed host may be from an earlier audit.
        if host not in active:
            missing.append(
                (host, f"The host {host} failed, so it is not in this audit. See Ansible's output for the reason.")
            )
        elif number > last:
            missing.append((host, f"The host {host} has not run yet. It is in a later batch of the play."))
        elif not isinstance(host_reads, list):
            missing.append(
                (
                    host,
                    f"The host {host} has no result. Run the role on all hosts of the play with the linear strategy.",
                )
            )
        else:
            collected += host_reads
    regions = list(dict.fromkeys(region for read in collected for region in read["regions"]))
    return collected + [
        {"host": host, "account": None, "regions": regions, "result": {"msg": reason}} for host, reason in missing
    ]


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_audit_hosts": proxy_audit_hosts}
