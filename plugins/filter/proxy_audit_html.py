# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convert an audit to an HTML page."""

from __future__ import annotations

DOCUMENTATION = r"""
name: proxy_audit_html
version_added: 1.1.0
short_description: Convert an audit to an HTML page
description:
  - Returns a self-contained HTML page that you can search, sort, filter, and print. It loads no other files, and runs
    only its own script. The role P(chime_sdk.voice.proxy_audit#role) uses this filter.
positional: _input
options:
  _input:
    description: The result of P(chime_sdk.voice.proxy_audit#filter).
    type: dict
    required: true
  links:
    description: The names of files to link to. They contain the same audit and are in the same folder as the page.
    type: list
    elements: str
    default: []
seealso:
  - plugin: chime_sdk.voice.proxy_audit
    plugin_type: filter
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Write the audit of the role proxy_audit as an HTML page
  ansible.builtin.copy:
    content: "{{ proxy_audit | chime_sdk.voice.proxy_audit_html }}"
    dest: /srv/reports/proxies.html
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The HTML text.
  type: str
"""

import pathlib
from typing import Any

import jinja2

from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit import describe_selection

TEMPLATE = pathlib.Path(__file__).resolve().parents[2] / "roles/proxy_audit/templates/report.html.j2"


def proxy_audit_html(audit: dict[str, Any], links: list[str] | None = None) -> str:
    """Return the HTML text of an audit."""
    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    page = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return page.render(audit=audit, conditions=describe_selection(audit["selection"]), links=links or [])


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_audit_html": proxy_audit_html}
