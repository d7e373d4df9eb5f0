# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables in roles and playbooks are private or documented, and templates contain no Jinja statements."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = sorted(
    path
    for pattern in ("roles/*/tasks/*.yml", "roles/*/handlers/*.yml", "roles/*/vars/*.yml", "playbooks/*.yml")
    for path in ROOT.glob(pattern)
)
PRIVATE = re.compile(r"_(proxy_audit|proxy_retire|proxy_restore|settings_audit)_[a-z_]+")
# These are the output of a role, role variables that a playbook sets, and variables from Ansible itself.
PUBLIC = re.compile(r"proxy_(audit|retire|restore)(_[a-z_]+)?|ansible_[a-z_]+")


def variables_set_in(node: Any) -> Iterator[str]:
    """Yield the names of the variables that tasks and plays set."""
    if isinstance(node, list):
        for item in node:
            yield from variables_set_in(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("register", "loop_var", "index_var"):
                yield value
            elif key in ("vars", "ansible.builtin.set_fact") and isinstance(value, dict):
                yield from (name for name in value if name != "cacheable")
            yield from variables_set_in(value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_variable_is_private_or_documented(path: pathlib.Path) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    names = set(content if path.parent.name == "vars" else variables_set_in(content))
    assert [name for name in names if not PRIVATE.fullmatch(name) and not PUBLIC.fullmatch(name)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "roles/proxy_audit").glob("tasks/*.yml")), ids=lambda path: path.name)
def test_the_audit_never_reads_its_own_public_fact(path: pathlib.Path) -> None:
    for expression in re.findall(r"{{.*?}}", path.read_text(encoding="utf-8"), re.DOTALL):
        assert not re.search(r"(?<![\w.])proxy_audit(?!\w)", expression), expression


def test_the_audit_uses_hostvars_to_read_the_variables_that_it_sets() -> None:
    """Role parameters and play variables cannot override a variable in hostvars.

    Loop variables do not need hostvars, because they take precedence over everything.
    """
    text = (ROOT / "roles/proxy_audit/tasks/main.yml").read_text(encoding="utf-8")
    tasks = yaml.safe_load(text)
    loops = {task["loop_control"]["loop_var"] for task in tasks if "loop_control" in task}
    kept = set(variables_set_in(tasks)) - loops - {"proxy_audit"}
    for name in kept:
        for before in re.findall(rf"(.{{0,60}})\b{name}\b(?!:)", text):
            if not before.strip().startswith(("register:",)):
                assert re.search(r"hostvars\[(inventory_hostname|'localhost')\]\.$|attribute='$", before), (
                    name,
                    before,
                )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_contain_no_jinja_statements(path: pathlib.Path) -> None:
    assert "{%" not in path.read_text(encoding="utf-8")
