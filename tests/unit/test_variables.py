# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables in playbooks are private or documented, and templates contain no Jinja statements."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = sorted(ROOT.glob("playbooks/*.yml"))
PRIVATE = re.compile(r"_(proxy_retire|proxy_restore)_[a-z_]+")
# The variable with the result of an audit, and variables that Ansible defines.
PUBLIC = re.compile(r"voice_audit|ansible_[a-z_]+")


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
    names = set(variables_set_in(yaml.safe_load(path.read_text(encoding="utf-8"))))
    assert [name for name in names if not PRIVATE.fullmatch(name) and not PUBLIC.fullmatch(name)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_contain_no_jinja_statements(path: pathlib.Path) -> None:
    assert "{%" not in path.read_text(encoding="utf-8")
