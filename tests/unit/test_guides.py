# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the README files and guides as code: it parses, and what is marked as runnable runs on the emulator."""

from __future__ import annotations

import importlib.util
import json
import pathlib
import re
import textwrap
from typing import Any
from typing import NamedTuple

import pytest
import yaml

from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.conftest import run

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXTS = [ROOT / "README.md", *sorted(ROOT.glob("roles/*/README.md")), *sorted(ROOT.glob("docs/docsite/rst/*.rst"))]


class Block(NamedTuple):
    """A piece of code in a text."""

    text: str  # the path, from the root
    line: int
    language: str
    code: str
    runnable: bool

    def __str__(self) -> str:
        return f"{self.text}:{self.line}"


MARKDOWN = re.compile(r"(?P<runnable><!-- runnable -->\n\n)?^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.M | re.S)
RESTRUCTURED = re.compile(
    r"(?P<runnable>^\.\. runnable\n\n)?^\.\. code-block:: (?P<language>\w+)\n\n(?P<code>(?:^(?:  .*)?\n)+)", re.M
)


def blocks_in(path: pathlib.Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    pattern = MARKDOWN if path.suffix == ".md" else RESTRUCTURED
    return [
        Block(
            str(path.relative_to(ROOT)),
            text.count("\n", 0, found.start("code")) + 1,
            found["language"],
            textwrap.dedent(found["code"]).strip() + "\n",
            bool(found["runnable"]),
        )
        for found in pattern.finditer(text)
    ]


BLOCKS = [block for path in TEXTS for block in blocks_in(path)]
# The package ansible has awx.awx up to its version 12, which is the one with the default Python of the tests.
AWX = importlib.util.find_spec("ansible_collections.awx") is not None
PLAYBOOKS = [block for block in BLOCKS if block.language == "yaml" and isinstance(yaml.safe_load(block.code), list)]
RUNNABLE = [block for block in BLOCKS if block.runnable]
COMMANDS = [
    block for block in BLOCKS if block.language == "shell" and "ansible-playbook " in block.code and not block.runnable
]


def playbook(block: Block) -> str:
    """Return a block as a playbook; tasks are put into a play."""
    if "hosts" in yaml.safe_load(block.code)[-1]:
        return block.code
    return "- name: Play\n  hosts: localhost\n  gather_facts: false\n  tasks:\n" + textwrap.indent(block.code, "    ")


def test_all_code_is_found() -> None:
    """Whatever looks like code is a block of a known language: nothing is left out because of how it is written."""
    for path in TEXTS:
        text = path.read_text(encoding="utf-8")
        marks = len(re.findall(r"^```\w+$|^\.\. code-block::", text, re.MULTILINE))
        assert len(blocks_in(path)) == marks, path
        assert len(re.findall(r"^<!-- runnable -->$|^\.\. runnable$", text, re.MULTILINE)) == sum(
            block.runnable for block in blocks_in(path)
        ), path
    assert {block.language for block in BLOCKS} == {"yaml", "shell", "json", "text"}
    for block in BLOCKS:
        if block.language == "json":
            json.loads(block.code)
    assert len(PLAYBOOKS) >= 10
    assert len(COMMANDS) >= 10
    assert len(RUNNABLE) >= 10


def test_every_playbook_passes_the_check_of_syntax(tmp_path: pathlib.Path) -> None:
    checked_here = [block for block in PLAYBOOKS if AWX or "awx.awx." not in block.code]
    for number, block in enumerate(checked_here):
        (tmp_path / f"{number}.yml").write_text(playbook(block), encoding="utf-8")
    checked = run("ansible-playbook --syntax-check *.yml", tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count("playbook: ") == len(checked_here)


def test_every_command_passes_the_check_of_syntax(tmp_path: pathlib.Path) -> None:
    installed = tmp_path / ".ansible/collections/ansible_collections/chime_sdk"
    installed.mkdir(parents=True)
    (installed / "voice").symlink_to(ROOT)
    commands = [re.sub(r"^(.*\bansible-playbook) ", r"\1 --syntax-check ", c.code, flags=re.M) for c in COMMANDS]
    checked = run("\n".join(commands), tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count("playbook: ") == sum(block.code.count("ansible-playbook ") for block in COMMANDS)


@pytest.mark.parametrize("block", RUNNABLE, ids=str)
def test_what_is_marked_as_runnable_runs(block: Block, tmp_path: pathlib.Path) -> None:
    command = block.code
    if block.language == "yaml":
        (tmp_path / "play.yml").write_text(playbook(block), encoding="utf-8")
        command = "ansible-playbook play.yml"
    with Emulator(json.loads((ROOT / "tests/demo/state.json").read_text(encoding="utf-8"))) as emulator:
        ran = run(
            command,
            tmp_path,
            AWS_ENDPOINT_URL=emulator.url,
            AWS_ACCESS_KEY_ID="AKIDEMULATOR",
            AWS_SECRET_ACCESS_KEY="emulator-secret-key",
        )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert emulator.requests or command.startswith("ansible-doc ")


# What stands there for AWX


def awx_task(module: str) -> dict[str, Any]:
    (found,) = (
        task[module]
        for block in PLAYBOOKS
        if block.text.endswith("awx.rst")
        for play in yaml.safe_load(block.code)
        for task in play.get("tasks", [])
        if module in task
    )
    return dict(found)


def test_the_survey_asks_for_the_variables_of_the_role() -> None:
    specification = yaml.safe_load((ROOT / "roles/proxy_audit/meta/argument_specs.yml").read_text(encoding="utf-8"))
    options = specification["argument_specs"]["main"]["options"]
    template = awx_task("awx.awx.job_template")
    questions = {question["variable"]: question for question in template["survey_spec"]["spec"]}
    assert template["survey_enabled"] is True
    assert list(questions) == list(options)
    choices = {name: option.get("choices") for name, option in options.items()}
    choices["proxy_audit_regions"] = options["proxy_audit_regions"]["default"]
    for name, question in questions.items():
        kind, default = options[name]["type"], options[name].get("default")
        if kind == "bool":
            assert (question["type"], question["choices"]) == ("multiplechoice", ["false", "true"]), name
            assert question["default"] == str(default).lower(), name
        elif kind == "list" and choices[name]:
            # Left out of the extra variables when nothing is chosen, so that the default of the role counts.
            assert (question["type"], question["choices"], question["default"]) == ("multiselect", choices[name], "")
            assert question["required"] is False, name
        elif kind in ("list", "dict"):
            # Left out when it is empty, because 1 is the least length of an answer.
            assert (question["type"], question["default"], question["min"]) == ("textarea", "", 1), name
            assert question["required"] is False, name
        else:
            assert question["type"] == {"int": "integer", "path": "text"}[kind], name
            assert question["default"] == default, name


def test_the_execution_environment_is_one_that_ansible_builder_takes(tmp_path: pathlib.Path) -> None:
    (definition,) = (b.code for b in BLOCKS if b.text.endswith("awx.rst") and b.code.startswith("version: 3\n"))
    (tmp_path / "execution-environment.yml").write_text(definition, encoding="utf-8")
    made = run("ansible-builder create && cat context/_build/requirements.yml", tmp_path)
    assert made.returncode == 0, made.stderr
    assert "name: chime_sdk.voice" in made.stdout
    template, environment = awx_task("awx.awx.job_template"), awx_task("awx.awx.execution_environment")
    assert template["execution_environment"] == environment["name"]
