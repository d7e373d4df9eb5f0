#!/usr/bin/python
# -*- coding: utf-8 -*-

# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file contains only the documentation of the action plugin with the same name.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: voice_connector_report
version_added: 1.0.0
short_description: Report whether Amazon Chime SDK Voice Connectors comply with a policy
description:
  - Checks the Voice Connectors of one or many accounts against a policy, compares the result with the previous report,
    and writes the report in each selected format, as C(voice-audit.json), C(voice-audit.csv), C(voice-audit.html), or
    C(voice-audit.xml).
  - On the console, the task shows RV(verdict), and a line for each check with its first violations. If there is a
    previous report, the task also shows the number of new and fixed findings. If you can fix all violations of a check
    with the same option and value of M(chime_sdk.voice.chime_voice_connector), the line of this check ends with this
    option and value. If something could not be read, the task also shows a line for each reason. The last line contains
    the path of the folder with the reports.
  - By default, the task fails if a check fails, if anything could not be read, or if there are no Voice Connectors. In
    these cases, it writes all reports before it fails.
  - The action runs on the control node. It takes its input only from its options and the previous report. It does not
    connect to a host, and sends no requests to AWS.
options:
  results:
    description:
      - One or more results of M(chime_sdk.voice.chime_voice_connector_info). Use one result, a list of results, or the
        registered result of a loop.
      - Also pass failed results, because otherwise the report does not show what could not be read. A result without
        the list of Voice Connectors is reported as an account that could not be read.
    type: raw
    required: true
  policy:
    description:
      - The policy, as a dictionary, or as a string in YAML or JSON format. For the checks and exceptions, see
        P(chime_sdk.voice.voice_connector_findings#filter).
    type: raw
    required: true
  report_dir:
    description:
      - The folder for the reports on the control node. A relative path is relative to the directory in which
        C(ansible-playbook) runs. The path can contain C(~) and environment variables. If an environment variable in the
        path does not exist, the task fails.
      - If the folder does not exist, the task creates a folder that only the owner can access. An existing folder keeps
        its mode and its owner. Only the owner can read the reports.
    type: path
    default: voice-audit
  formats:
    description:
      - The formats of the reports. V(junit) writes C(voice-audit.xml). The V(html) page is self-contained.
      - If O(report_dir) contains earlier reports in formats that this option does not select, the task removes these
        reports, because users could mistake them for current reports. Other files in the folder are never changed.
      - Without V(json), later reports cannot be compared with this report.
    type: list
    elements: str
    choices:
      - json
      - csv
      - html
      - junit
    default:
      - json
      - csv
      - html
  previous:
    description:
      - The path of an earlier report in JSON format. If omitted, the task uses the earlier report in O(report_dir).
        C(~) and environment variables are expanded as in O(report_dir).
      - If this option is omitted, and O(report_dir) does not contain an earlier report, nothing is compared. If this
        option is set, but the file does not exist, the report contains a warning. The report also contains a warning if
        an earlier report cannot be used.
    type: path
  show_phone_numbers:
    description:
      - Whether to show phone numbers and the user names of termination credentials in the reports, on the console, and
        in the result. By default, user names and all but the last two digits of phone numbers are masked.
      - The names of Voice Connectors are never masked.
    type: bool
    default: false
  fail_on:
    description:
      - The conditions that fail the task. With V(fail), the task fails if a check fails. With V(unknown), the task
        fails if RV(outcome) is V(incomplete), for example because something could not be read. With V(empty), the task
        fails if everything was read, but there are no Voice Connectors.
      - With V([]), the task fails only if its options are not valid, or if the reports cannot be written.
    type: list
    elements: str
    choices:
      - fail
      - unknown
      - empty
    default:
      - fail
      - unknown
      - empty
  title:
    description:
      - The title of the reports.
    type: str
    default: Voice Connector audit
notes:
  - An option that is V(null) or an empty string has its default value, so you can leave answers in an AWX survey empty.
    You can also write a list as a string, with line breaks or commas between the items, or as JSON or YAML. This note
    does not apply to O(results) and O(policy).
  - If an option or the policy is not valid, nothing is written, and the earlier reports do not change.
  - A check that fails is a V(new) finding if it passed or did not apply in the previous report, or if the Voice
    Connector did not exist then. A check that failed in the previous report is a V(fixed) finding if it now passes or
    does not apply, or if the Voice Connector no longer exists. A check is compared only if its value in the policy has
    not changed. If a check is V(unknown), later comparisons use its last known status.
attributes:
  action:
    description: Runs as an action plugin on the control node, regardless of the connection of the host.
    support: full
  check_mode:
    description: Supports check mode, in which it returns the same result as in a normal run.
    support: full
    details:
      - The reports are also written in check mode, because they change nothing in AWS.
  diff_mode:
    description: In diff mode, also returns what has changed or, in check mode, what would change.
    support: N/A
    details:
      - The task writes new reports in each run. A diff of the reports would not be useful, so the task returns no diff.
  idempotent:
    description:
      - If a task runs twice with the same options, and nothing else changes in between, the second run changes nothing.
    support: N/A
    details:
      - Each run writes new reports. C(changed) is always V(false), because no managed system changes.
seealso:
  - module: chime_sdk.voice.chime_voice_connector_info
  - plugin: chime_sdk.voice.voice_connector_findings
    plugin_type: filter
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Read the Voice Connectors
  chime_sdk.voice.chime_voice_connector_info:
    region: us-east-1
    include:
      - proxy
  register: voice
  failed_when: false
  no_log: true

- name: Report whether the Voice Connectors comply with the policy
  chime_sdk.voice.voice_connector_report:
    results: "{{ voice }}"
    policy:
      require_encryption: true
      no_proxy_configuration: true

- name: Write a JUnit report for a CI system, and fail only if a check fails
  chime_sdk.voice.voice_connector_report:
    results: "{{ voice }}"
    policy: "{{ lookup('ansible.builtin.file', 'policy.yml') }}"
    report_dir: ~/reports/voice
    formats:
      - json
      - junit
    fail_on:
      - fail
    title: SIP trunks of the contact center
"""

RETURN = r"""
outcome:
  description:
    - V(incomplete) if anything is unknown, or if there are no results. Otherwise, V(violated) if a check fails,
      V(empty) if there are no Voice Connectors, and V(compliant) in all other cases.
  returned: if the options are valid
  type: str
  sample: incomplete
verdict:
  description: The result in one sentence of at most 200 characters. On failure, C(msg) also contains this sentence.
  returned: if the options are valid
  type: str
  sample: 1 of 2 Voice Connectors in account 111122223333 violates the policy; 1 account could not be read
complete:
  description: Whether everything was read and checked. V(false) if RV(outcome) is V(incomplete).
  returned: if the options are valid
  type: bool
  sample: false
counts:
  description: The number of accounts, Regions, Voice Connectors, and findings.
  returned: if the options are valid
  type: dict
  contains:
    accounts:
      description: The number of accounts. Each result whose account is unknown counts as one account.
      returned: always
      type: int
      sample: 2
    unread_accounts:
      description: The number of accounts of which nothing was read.
      returned: always
      type: int
      sample: 1
    regions:
      description: The total number of Regions in all accounts.
      returned: always
      type: int
      sample: 1
    unread_regions:
      description: The number of Regions, in all accounts, that were not completely read.
      returned: always
      type: int
      sample: 0
    voice_connectors:
      description: The number of Voice Connectors.
      returned: always
      type: int
      sample: 2
    violating_voice_connectors:
      description: The number of Voice Connectors with a check that fails.
      returned: always
      type: int
      sample: 1
    pass:
      description: The number of checks that pass.
      returned: always
      type: int
      sample: 1
    fail:
      description: The number of checks that fail.
      returned: always
      type: int
      sample: 1
    unknown:
      description:
        - The number of findings whose status is unknown. Such a finding can be about a check, or about an account, a
          Region, or a Voice Connector that could not be read.
      returned: always
      type: int
      sample: 1
    not_applicable:
      description: The number of checks that do not apply.
      returned: always
      type: int
      sample: 0
    excepted:
      description: The number of checks that fail, but for which the policy has an exception.
      returned: always
      type: int
      sample: 0
new_count:
  description: The number of violations that are new since the previous report.
  returned: if the options are valid
  type: int
  sample: 0
fixed_count:
  description: The number of violations in the previous report that are now fixed.
  returned: if the options are valid
  type: int
  sample: 0
files:
  description:
    - The paths of the reports, or V([]) if they could not be written. The result does not contain the findings
      themselves, which are in these files.
  returned: if the options are valid
  type: list
  elements: str
  sample:
    - /home/voice/voice-audit/voice-audit.json
    - /home/voice/voice-audit/voice-audit.csv
    - /home/voice/voice-audit/voice-audit.html
"""
