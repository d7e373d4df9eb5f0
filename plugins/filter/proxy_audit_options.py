# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the variables of the role proxy_audit and return its options."""

from __future__ import annotations

DOCUMENTATION = r"""
name: proxy_audit_options
version_added: 1.1.0
short_description: Check the variables of the role proxy_audit
description:
  - Checks the variables of the role P(chime_sdk.voice.proxy_audit#role), which uses this filter, and returns the
    options of the audit.
  - As in the results of an AWX survey, a list can be a single string. An empty string means the default.
  - Fails if an extra variable has the prefix C(_proxy_audit_), which is private to the role.
positional: _input
options:
  _input:
    description: The variables of the role. The keys are their names without the prefix C(proxy_audit_).
    type: dict
    required: true
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Show the Regions
  ansible.builtin.debug:
    msg: "{{ ({'regions': 'us-east-1, us-west-2'} | chime_sdk.voice.proxy_audit_options).regions }}"
"""

RETURN = r"""
_value:
  description:
    - The options under the same names, and derived values for the tasks of the role, such as C(role_arns).
  type: dict
"""

import re
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.validation import check_type_dict
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.utils.path import unfrackpath

from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit import CONDITIONS, SERVICE_REGIONS, guarded

FORMATS = ("json", "csv", "html")

DEFAULTS: dict[str, Any] = {
    "regions": list(SERVICE_REGIONS),
    "assume_role_arn": None,
    "assume_role_arns": [],
    "voice_connector_ids": None,
    "names": None,
    "tags": None,
    "include_tags": False,
    "concurrency": 8,
    "show_phone_numbers": False,
    "formats": list(FORMATS),
    "require_complete": True,
    "report_dir": "proxy-audit",
}

_BLANKS = re.compile(r"[,\s]+")
_LINES = re.compile(r"[,\n]")  # names can contain spaces, so only commas and line breaks separate them


def fail(name: str, problem: str) -> AnsibleFilterError:
    return AnsibleFilterError(f"The value of proxy_audit_{name} is not valid: {problem}.")


def check_string(name: str, value: Any) -> str:
    """Return a string; fail if YAML read the value as a different type."""
    if isinstance(value, (bool, int, float)):
        kind = "boolean" if isinstance(value, bool) else "number"
        raise fail(name, f"YAML reads {value!r} as a {kind}. Put it in quotes")
    if not isinstance(value, str):
        raise fail(name, f"{value!r} is not a string")
    return str(value)


def parse_list(name: str, value: Any) -> list[str] | None:
    """Return a list of strings, or None if it is not set."""
    if isinstance(value, str):
        return [part for part in (_LINES if name == "names" else _BLANKS).split(value) if part.strip()] or None
    items = value if isinstance(value, (list, tuple)) else [value]
    strings = [check_string(name, item) for item in items]
    # If nothing is chosen, a survey returns one empty string.
    return [string for string in strings if string.strip()] or ([] if not strings else None)


def parse_strings(name: str, value: Any) -> list[str] | None:
    strings = parse_list(name, value)
    return None if strings is None else [string.strip() for string in strings]


def parse_regions(name: str, value: Any) -> list[str] | None:
    return list(dict.fromkeys(parse_strings(name, value) or ())) or None


def parse_formats(name: str, value: Any) -> list[str] | None:
    formats = parse_strings(name, value)
    for item in formats or ():
        if item not in FORMATS:
            raise fail(name, f"{item!r} is not one of {', '.join(FORMATS)}")
    return formats


def parse_tags(name: str, value: Any) -> dict[str, str | None] | None:
    try:
        tags = check_type_dict(value)
    except (TypeError, ValueError) as e:
        raise fail(name, f"{value!r} is not a dictionary ({e})")
    return {
        check_string(name, key): None if wanted is None else check_string(name, wanted) for key, wanted in tags.items()
    } or None


def parse_bool(name: str, value: Any) -> bool:
    try:
        return bool(boolean(value))
    except TypeError:
        raise fail(name, f"{value!r} is not a boolean")


def parse_concurrency(name: str, value: Any) -> int:
    try:
        number = int(value) if not isinstance(value, (bool, float)) else 0
    except (TypeError, ValueError):
        number = 0
    if not 1 <= number <= 64:
        raise fail(name, f"{value!r} is not an integer from 1 to 64")
    return number


def parse_path(name: str, value: Any) -> str:
    """Return an absolute path. A relative path is relative to the directory where you run Ansible."""
    return str(unfrackpath(check_string(name, value), follow=False))


_PARSERS: dict[str, Callable[[str, Any], Any]] = {
    "regions": parse_regions,
    "assume_role_arn": check_string,
    "assume_role_arns": parse_strings,
    "voice_connector_ids": parse_strings,
    "names": parse_strings,
    "tags": parse_tags,
    "include_tags": parse_bool,
    "concurrency": parse_concurrency,
    "show_phone_numbers": parse_bool,
    "formats": parse_formats,
    "require_complete": parse_bool,
    "report_dir": parse_path,
}


def proxy_audit_options(variables: dict[str, Any]) -> dict[str, Any]:
    """Return the options described in RETURN."""
    options: dict[str, Any] = {}
    for name, default in DEFAULTS.items():
        value = variables.get(name)
        empty = value is None or isinstance(value, str) and not value.strip()
        parsed = None if empty else _PARSERS[name](name, value)
        if parsed is None:
            parsed = parse_path(name, default) if name == "report_dir" else default
        options[name] = parsed
    if options["assume_role_arn"] and options["assume_role_arns"]:
        raise AnsibleFilterError("Set proxy_audit_assume_role_arn or proxy_audit_assume_role_arns, not both.")
    arn = options["assume_role_arn"]
    options["role_arns"] = list(dict.fromkeys([arn] if arn else options["assume_role_arns"]))
    options["include"] = ["proxy", "tags"] if options["include_tags"] else ["proxy"]
    options["files"] = [f"{options['report_dir']}/proxy-audit.{format}" for format in options["formats"]]
    options["links"] = [f"proxy-audit.{format}" for format in options["formats"] if format != "html"]
    options["selection"] = {name: options[name] for name in (*CONDITIONS, "regions")}
    return options


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_audit_options": guarded(proxy_audit_options)}
