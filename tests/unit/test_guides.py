# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the README files and guides: all code is valid, runnable code runs, and the table of outcomes is correct."""

from __future__ import annotations

import copy
import importlib.util
import json
import pathlib
import re
import shlex
import textwrap
from collections.abc import Iterator
from typing import Any, Callable, NamedTuple

import pytest
import yaml

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.playbooks.runner import ForkServer
from ansible_collections.chime_sdk.voice.tests.unit.helpers import NO_PROXY, WITH_PROXY, WITHOUT_PROXY, run
from ansible_collections.chime_sdk.voice.tests.unit.test_documentation import documented

PROXY, CONNECTOR = "GetVoiceConnectorProxy", "GetVoiceConnector"
ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("docs/docsite/rst/*.rst"))]


class Block(NamedTuple):
    document: str  # the path of the document, relative to ROOT
    line: int
    language: str
    code: str
    runnable: bool

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


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


BLOCKS = [block for path in DOCUMENTS for block in blocks_in(path)]
# Whether awx.awx is installed. Version 12 of the ansible package, which the tests use with the default Python, includes
# awx.awx, but newer versions do not.
AWX = importlib.util.find_spec("ansible_collections.awx") is not None
PLAYBOOKS = [block for block in BLOCKS if block.language == "yaml" and isinstance(yaml.safe_load(block.code), list)]
RUNNABLE = [block for block in BLOCKS if block.runnable]
COMMANDS = [
    block for block in BLOCKS if block.language == "shell" and "ansible-playbook " in block.code and not block.runnable
]


def playbook(block: Block) -> str:
    """Return a playbook with the code of a block. Tasks without a play are wrapped in one."""
    if "hosts" in yaml.safe_load(block.code)[-1]:
        return block.code
    return "- name: Play\n  hosts: localhost\n  gather_facts: false\n  tasks:\n" + textwrap.indent(block.code, "    ")


def save_files(folder: pathlib.Path) -> None:
    """Save the blocks that the guide on settings tells its readers to save as files."""
    for name, start in {
        "policy.yml": "voice_audit_policy:\n",
        "fix.yml": "- name: Fix what violates the policy\n",
    }.items():
        (code,) = (block.code for block in BLOCKS if block.code.startswith(start))
        (folder / name).write_text(code, encoding="utf-8")


def record_commands(code: str, folder: pathlib.Path) -> list[list[str]]:
    """Run shell code without running ansible-playbook. Return the arguments of each call of ansible-playbook."""
    record = 'ansible-playbook() { printf "%q " "$@" >>commands; echo >>commands; }\n'
    recorded = run(record + code, folder)
    assert recorded.returncode == 0, recorded.stderr
    return [shlex.split(line) for line in (folder / "commands").read_text(encoding="utf-8").splitlines()]


def test_all_code_blocks_are_found() -> None:
    """Each code marker yields a block in a known language, so unusual markup cannot hide code from these tests."""
    for path in DOCUMENTS:
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
    assert len(COMMANDS) >= 9
    assert len(RUNNABLE) >= 10


def test_every_playbook_passes_the_syntax_check(tmp_path: pathlib.Path) -> None:
    checked_here = [block for block in PLAYBOOKS if AWX or "awx.awx." not in block.code]
    for number, block in enumerate(checked_here):
        (tmp_path / f"{number}.yml").write_text(playbook(block), encoding="utf-8")
    checked = run("ansible-playbook --syntax-check *.yml", tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count("playbook: ") == len(checked_here)


def test_every_command_passes_the_syntax_check(tmp_path: pathlib.Path) -> None:
    installed = tmp_path / ".ansible/collections/ansible_collections/chime_sdk"
    installed.mkdir(parents=True)
    (installed / "voice").symlink_to(ROOT)
    save_files(tmp_path)
    commands = record_commands("".join(block.code for block in COMMANDS), tmp_path)
    assert len(commands) == sum(block.code.count("ansible-playbook ") for block in COMMANDS)
    # Check the arguments of all commands together, because starting Ansible is the slowest part.
    names, arguments = set(), []
    for command in commands:
        (name,) = (word for word in command if word.startswith("chime_sdk.voice.") or word == "fix.yml")
        names.add(name)
        arguments += [word for word in command if word != name]
    checked = run(f"ansible-playbook --syntax-check {' '.join(sorted(names))} {shlex.join(arguments)}", tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count("playbook: ") == len(names) == 4


@pytest.fixture
def demo() -> Iterator[Emulator]:
    with Emulator(json.loads((ROOT / "tests/demo/state.json").read_text(encoding="utf-8"))) as emulator:
        yield emulator


def test_runnable_playbooks_run(demo: Emulator, tmp_path: pathlib.Path) -> None:
    """Run each ansible-playbook command in a runnable block, and then one command with all runnable playbooks."""
    runs = []
    for block in RUNNABLE:
        if "ansible-playbook " in block.code:
            folder = tmp_path / f"{pathlib.Path(block.document).stem}-{block.line}"
            folder.mkdir()
            runs += [(folder, command) for command in record_commands(block.code, folder)]
            assert runs[-1][0] == folder, block
    files = {f"{pathlib.Path(b.document).stem}-{b.line}.yml": b for b in RUNNABLE if b.language == "yaml"}
    for file, block in files.items():
        (tmp_path / file).write_text(playbook(block), encoding="utf-8")
    save_files(tmp_path)
    with ForkServer(tmp_path) as server:
        for folder, command in [*runs, (tmp_path, list(files))]:
            demo.requests.clear()
            ran = server.run(command, folder, **demo.environment)
            assert ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"
            assert demo.requests, command
    assert ran.stdout.count("PLAY [") >= len(files)


OTHER_COMMANDS = [b for b in RUNNABLE if b.language == "shell" and "ansible-playbook " not in b.code]


@pytest.mark.parametrize("block", OTHER_COMMANDS, ids=str)
def test_other_runnable_commands_run(block: Block, demo: Emulator, tmp_path: pathlib.Path) -> None:
    ran = run(block.code, tmp_path, **demo.environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert demo.requests


# The table of responses and outcomes


NOT_FOUND = Fault(PROXY, error="NotFoundException")
IN_A_DIFFERENT_REGION = {"VoiceConnector": {"VoiceConnectorId": WITHOUT_PROXY, "AwsRegion": "us-west-2"}}
REDIRECT = Fault(PROXY, status=302, headers={"location": "https://portal.example/"}, body="<html>", request_id=False)
SET, NOT_SET, FAILS = "``exists: true``", "``exists: false``", "the task fails"

# For each row of the table: its outcome, and a list of faults for each case that the row covers.
RESPONSES: dict[str, tuple[str, list[list[Fault]]]] = {
    "200, and ``Proxy`` has at least one member, even if the value of this member is null": (
        SET,
        [[], [Fault(PROXY, body='{"Proxy": {"Disabled": null}}')]],
    ),
    "200 with a request ID, and either the body is an empty JSON object, or ``Proxy`` is null or empty": (
        NOT_SET,
        [[Fault(PROXY, body=body)] for body in ("{}", '{"Proxy": null}', '{"Proxy": {}}')],
    ),
    "200 without a request ID, and either the body is an empty JSON object, or ``Proxy`` is null or empty": (
        FAILS,
        [[Fault(PROXY, body="{}", request_id=False)]],
    ),
    "200, and the body is a JSON object with other members, but without ``Proxy``": (
        FAILS,
        [[Fault(PROXY, body='{"proxy": {}}')]],
    ),
    "200, and the body is incomplete, is not JSON, or contains a value of the wrong type": (
        FAILS,
        [[Fault(PROXY, body=body)] for body in ("<html>", '{"Proxy": {"Disa', '{"Proxy": "None"}')],
    ),
    "404 with a request ID and the error ``NotFoundException``, and ``GetVoiceConnector`` finds the Voice Connector in "
    "this Region": (NOT_SET, [[NOT_FOUND]]),
    "404 with a request ID and the error ``NotFoundException``, but ``GetVoiceConnector`` does not find the Voice "
    "Connector": (
        FAILS,
        [[NOT_FOUND, Fault(CONNECTOR, error="NotFoundException")]],
    ),
    "404 with a request ID and the error ``NotFoundException``, but ``GetVoiceConnector`` is denied or fails": (
        FAILS,
        [[NOT_FOUND, Fault(CONNECTOR, error="ForbiddenException")], [NOT_FOUND, Fault(CONNECTOR, status=503)]],
    ),
    "404 with a request ID and the error ``NotFoundException``, but ``GetVoiceConnector`` finds the Voice Connector in "
    "a different Region": (
        FAILS,
        [[NOT_FOUND, Fault(CONNECTOR, body=json.dumps(IN_A_DIFFERENT_REGION))]],
    ),
    "404 without a request ID, without the error ``NotFoundException``, or with two different error names": (
        FAILS,
        [
            [Fault(PROXY, status=404, style="bare")],
            [Fault(PROXY, error="NotFoundException", request_id=False)],
            [Fault(PROXY, status=404, body='{"Code": "Forbidden"}', headers={"x-amzn-errortype": "NotFoundException"})],
        ],
    ),
    "3xx, a redirect": (FAILS, [[REDIRECT]]),
    "any 4xx except 404, 408, and 429, such as 400, 401, 403, or 410": (
        FAILS,
        [[Fault(PROXY, status=status, style="bare")] for status in (400, 401, 403, 410)],
    ),
    "408, 429, or 5xx at every attempt": (
        FAILS,
        [[Fault(PROXY, status=status, style="bare")] for status in (408, 429, 501)],
    ),
    "no response or an incomplete response at every attempt": (
        FAILS,
        [[Fault(PROXY, drop="reset")], [Fault(PROXY, drop="truncate")]],
    ),
}
CASES = [
    pytest.param(row, outcome, faults, id=f"{number}-{case}")
    for number, (row, (outcome, cases)) in enumerate(RESPONSES.items(), 1)
    for case, faults in enumerate(cases, 1)
]


def read_outcome_table() -> dict[str, str]:
    """Return the outcome for each response, from the guide on conditions."""
    guide = (ROOT / "docs/docsite/rst/conditions.rst").read_text(encoding="utf-8")
    table = guide.partition(".. list-table::\n")[2].partition("\n\nThe module retries")[0] + "\n"
    rows = re.findall(r"^  \* - (.*?)\n    - (.*?)\n(?=  \*|\Z)", table, re.MULTILINE | re.DOTALL)
    (heading, *rows) = [(" ".join(response.split()), " ".join(outcome.split())) for response, outcome in rows]
    assert heading == ("Response to ``GetVoiceConnectorProxy``", "Outcome")
    assert len(dict(rows)) == len(rows) == table.count("  * - ") - 1
    return dict(rows)


def test_the_table_of_outcomes_lists_exactly_the_tested_responses() -> None:
    assert read_outcome_table() == {row: outcome for row, (outcome, cases) in RESPONSES.items() if cases}


@pytest.mark.parametrize(("row", "outcome", "faults"), CASES)
def test_a_response_has_the_outcome_in_the_table(
    row: str,
    outcome: str,
    faults: list[Fault],
    read_proxy: Callable[..., dict[str, Any]],
    emulator: Emulator,
    sleeps: list[float],
) -> None:
    connector = WITHOUT_PROXY if any(fault.error == "NotFoundException" for fault in faults) else WITH_PROXY
    result = read_proxy(connector, *copy.deepcopy(faults))
    assert result.get("failed", False) == (outcome == FAILS)
    if outcome == FAILS:
        assert "exists" not in result and "proxy" not in result
    else:
        assert (result["exists"], result["proxy"]["exists"]) == (outcome == SET,) * 2
    expected = {PROXY, CONNECTOR} if "GetVoiceConnector`` " in row else {PROXY}
    assert set(emulator.operations()) == expected


def test_the_guide_shows_the_keys_of_a_proxy() -> None:
    (shown,) = (yaml.safe_load(block.code) for block in BLOCKS if block.code.startswith("proxy:\n"))
    assert shown == {"proxy": NO_PROXY}
    assert list(shown["proxy"]) == list(NO_PROXY)


# The example for AWX


def awx_task(module: str) -> dict[str, Any]:
    (found,) = (
        task[module]
        for block in PLAYBOOKS
        if block.document.endswith("awx.rst")
        for play in yaml.safe_load(block.code)
        for task in play.get("tasks", [])
        if module in task
    )
    return dict(found)


def audit_variables() -> list[str]:
    """Return the names of the variables that playbooks/audit.yml accepts, without the prefix ``voice_audit_``."""
    text = re.sub(r"'\s*~\s*'", "", (ROOT / "playbooks/audit.yml").read_text(encoding="utf-8"))
    (names,) = set(re.findall(r"voice_audit\(_\(([a-z_|]+)\)\)", text))
    return names.split("|")


def test_the_guide_on_settings_explains_every_variable_of_the_audit() -> None:
    guide = (ROOT / "docs/docsite/rst/settings.rst").read_text(encoding="utf-8")
    table = guide.partition("\nVariables of the audit\n")[2].partition("\n\nA list ")[0]
    rows = re.findall(r"^  \* - (``.*``)$", table, re.MULTILINE)
    assert sorted(name for row in rows for name in re.findall(r"``(\w+)``", row)) == sorted(audit_variables())


def test_the_survey_asks_for_the_variables_that_the_playbook_for_awx_does_not_set() -> None:
    options = documented("chime_voice_connector_info", "DOCUMENTATION")["options"]
    options |= documented("voice_connector_report", "DOCUMENTATION")["options"]
    # Two variables of the playbook do not have the name of a module option.
    options |= {"assume_role_arns": {"type": "list"}, "hosts": {"type": "str"}}
    imported = [
        play.get("vars", {})
        for block in PLAYBOOKS
        if block.document.endswith("awx.rst")
        for play in yaml.safe_load(block.code)
        if play.get("ansible.builtin.import_playbook") == "chime_sdk.voice.audit"
    ]
    template = awx_task("awx.awx.job_template")
    questions = {
        question["variable"].removeprefix("voice_audit_"): question for question in template["survey_spec"]["spec"]
    }
    assert template["survey_enabled"] is True
    assert imported == [{"voice_audit_fail_on": []}, {}]
    assert list(questions) == [name for name in audit_variables() if name != "fail_on"]
    for name, question in questions.items():
        option = options[name]
        kind, default = option["type"], option.get("default")
        assert question["variable"] == f"voice_audit_{name}"
        if kind == "bool":
            assert (question["type"], question["choices"]) == ("multiplechoice", ["false", "true"]), name
            assert question["default"] == str(default).lower(), name
        elif kind == "list" and "choices" in option:
            # If nothing is selected, AWX omits the extra variable, so the default applies.
            assert (question["type"], question["choices"], question["default"]) == (
                "multiselect",
                option["choices"],
                "",
            )
            assert question["required"] is False, name
        elif kind in ("list", "dict", "raw"):
            # AWX omits an empty answer, because the minimum length is 1.
            assert (question["type"], question["default"], question["min"]) == ("textarea", "", 1), name
            assert question["required"] is False, name
        else:
            assert question["type"] == {"int": "integer", "path": "text", "str": "text"}[kind], name
            assert question["default"] == ("" if default is None else default), name


def test_ansible_builder_accepts_the_execution_environment(tmp_path: pathlib.Path) -> None:
    (definition,) = (b.code for b in BLOCKS if b.document.endswith("awx.rst") and b.code.startswith("version: 3\n"))
    (tmp_path / "execution-environment.yml").write_text(definition, encoding="utf-8")
    created = run("ansible-builder create && cat context/_build/requirements.yml", tmp_path)
    assert created.returncode == 0, created.stderr
    assert "name: chime_sdk.voice" in created.stdout
    template, environment = awx_task("awx.awx.job_template"), awx_task("awx.awx.execution_environment")
    assert template["execution_environment"] == environment["name"]
