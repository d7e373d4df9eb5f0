# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge Voice Connectors, compare them with the previous report, and write the reports. Runs on the control node."""

from __future__ import annotations

import datetime
import os
import pathlib
import re
from typing import Any, Callable

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.chime_sdk.voice.plugins.plugin_utils._compare import read_previous
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._files import write_files
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._findings import judge
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._page import render_page
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._policy import AuditError
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._render import to_csv, to_json, to_junit
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._report import (
    EMPTY,
    INCOMPLETE,
    build_envelope,
    build_lines,
    clean,
)

# Maps each format to the name of its file, and to the function that returns the content of the file. The files are
# replaced in the order of this dictionary. The JSON file comes first, because the next run needs it to find changes.
FILES: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "json": ("voice-audit.json", to_json),
    "csv": ("voice-audit.csv", to_csv),
    "html": ("voice-audit.html", render_page),
    "junit": ("voice-audit.xml", to_junit),
}
_MAX_WARNINGS = 5
_MAX_WARNING = 200  # characters

# The options for paths have the type str. Ansible also has the type "path", but that type does not reject unknown
# environment variables.
OPTIONS: dict[str, dict[str, Any]] = {
    "results": {"type": "raw", "required": True},
    "policy": {"type": "raw", "required": True},
    "report_dir": {"type": "str", "default": "voice-audit"},
    "formats": {"type": "list", "elements": "str", "choices": list(FILES), "default": ["json", "csv", "html"]},
    "previous": {"type": "str"},
    "show_phone_numbers": {"type": "bool", "default": False},
    "fail_on": {
        "type": "list",
        "elements": "str",
        "choices": ["fail", "unknown", "empty"],
        "default": ["fail", "unknown", "empty"],
    },
    "title": {"type": "str", "default": "Voice Connector audit"},
}


def parse_list(value: Any) -> Any:
    """Return the items of a list that is written with line breaks or commas, or as JSON or YAML. Skip empty items."""
    if isinstance(value, str):
        try:
            parsed = yaml.safe_load(value)
        except (yaml.YAMLError, ValueError, RecursionError):
            parsed = None
        value = parsed if isinstance(parsed, list) else re.split(r"[,\s]+", value)
    return [item for item in value if item != ""] if isinstance(value, list) else value


def expand_path(name: str, path: str) -> str:
    """Return an absolute path in which ``~`` and environment variables are replaced.

    The value of a variable is inserted unchanged, even if it contains ``~`` or a variable. A relative path is relative
    to the directory in which ansible-playbook runs.

    :raises AuditError: the path contains an unknown user, an unknown variable, or a null character.
    """

    def get_variable(match: re.Match[str]) -> str:
        variable = match[1] or match[2]
        if variable not in os.environ:
            raise AuditError(f"The option '{name}' contains {match[0]}, but there is no such environment variable.")
        return os.environ[variable]

    if "\0" in path:
        raise AuditError(f"The option '{name}' contains a null character.")
    home, slash, rest = path.partition("/") if path.startswith("~") else ("", "", path)
    if home and os.path.expanduser(home) == home:
        raise AuditError(f"The option '{name}' begins with {home}, but there is no such user.")
    return os.path.abspath(
        os.path.expanduser(home) + slash + re.sub(r"\$(?:(\w+)|\{([^}]*)\})", get_variable, rest, flags=re.ASCII)
    )


def parse_options(args: dict[str, Any]) -> dict[str, Any]:
    """Return all options; raise AuditError if they are not valid.

    Except for ``results`` and ``policy``, an option that is an empty string counts as omitted.
    """
    given: dict[str, Any] = {}
    for name, value in args.items():
        kind = OPTIONS[name]["type"] if name in OPTIONS else "raw"
        if kind != "raw" and (value is None or isinstance(value, str) and not value.strip()):
            continue
        if kind == "str" and not isinstance(value, str):
            raise AuditError(f"The option '{name}' must be a string, not {value!r:.40}. Put it in quotes.")
        if kind == "list":
            items = parse_list(value)
            # If the user selects nothing, a survey in AWX returns a list with an empty string. In this case, treat the
            # option as omitted. An explicitly empty list does not count as omitted.
            if items == [] and value not in ([], "[]"):
                continue
            value = items
        given[name] = value
    # Do not pass the results, which can be large, to the validator, because it copies its arguments.
    results = given.get("results")
    validated = ArgumentSpecValidator(OPTIONS).validate({**given, "results": None} if "results" in given else given)
    if validated.error_messages:
        raise AuditError("; ".join(validated.error_messages))
    options: dict[str, Any] = {**validated.validated_parameters, "results": results}
    options["report_dir"] = expand_path("report_dir", options["report_dir"])
    if options["previous"] is not None:
        options["previous"] = expand_path("previous", options["previous"])
    return options


class ActionModule(ActionBase):
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        result["changed"] = False
        try:
            options = parse_options(self._task.args)
            now = datetime.datetime.now(datetime.timezone.utc)
            judgment = judge(options["results"], options["policy"], now)
        except AuditError as e:
            return {**result, "failed": True, "msg": f"{str(e).rstrip('.')}. No report was written or updated."}

        folder = pathlib.Path(options["report_dir"])
        previous, problem = read_previous(options["previous"] or str(folder / FILES["json"][0]))
        if options["previous"] and not previous and not problem:
            problem = f"The previous report {options['previous']} does not exist."
        envelope = build_envelope(
            judgment, previous, [problem] if problem else [], now, options["title"], options["show_phone_numbers"]
        )
        result.update({key: envelope[key] for key in ("outcome", "verdict", "complete", "counts")})
        result.update(new_count=len(envelope["new"]), fixed_count=len(envelope["fixed"]), files=[])
        warnings = [clean(warning, _MAX_WARNING) for warning in envelope["warnings"]]
        if len(warnings) > _MAX_WARNINGS:
            more = len(warnings) - _MAX_WARNINGS + 1
            warnings = [*warnings[: _MAX_WARNINGS - 1], f"There are {more} more warnings, which are in the reports."]
        for warning in warnings:
            self._display.warning(warning)
        if not self._task.no_log:
            self._display.display("\n".join(build_lines(envelope)))

        wanted = {name: render for format, (name, render) in FILES.items() if format in options["formats"]}
        contents = {name: wanted[name](envelope) if name in wanted else None for name, _render in FILES.values()}
        try:
            if wanted or folder.is_dir():
                write_files(folder, contents)
        except OSError as e:
            problem = f"Failed to write the reports to {folder}: {e.strerror} ({e.filename2 or e.filename or folder})."
            problem += " The reports in this folder may be from an earlier run."
            return {**result, "failed": True, "msg": f"{problem} The verdict of the audit: {envelope['verdict']}."}
        result["files"] = [str(folder / name) for name in wanted]
        if wanted and not self._task.no_log:
            self._display.display(f"The reports are in {clean(str(folder), _MAX_WARNING)}")
        failures = {
            "fail": envelope["counts"]["fail"] > 0,
            "unknown": envelope["outcome"] == INCOMPLETE,
            "empty": envelope["outcome"] == EMPTY,
        }
        if any(failures[name] for name in options["fail_on"]):
            result.update(failed=True, msg=envelope["verdict"])
        return result
