# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation and metadata of the project match the code."""

from __future__ import annotations

import ast
import copy
import importlib
import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any, Callable

import pytest
import yaml
from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from jinja2 import Environment, StrictUndefined

from ansible_collections.chime_sdk.voice.plugins.doc_fragments.common import ModuleDocFragment
from ansible_collections.chime_sdk.voice.plugins.module_utils import _client, _failures, _operation, _rate_limit
from ansible_collections.chime_sdk.voice.plugins.module_utils._messages import MESSAGES
from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import SETTINGS
from ansible_collections.chime_sdk.voice.plugins.module_utils._shapes import PROXY
from ansible_collections.chime_sdk.voice.tests.emulator import service
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import (
    MISSING,
    STATE,
    WITH_PROXY,
    WITHOUT_PROXY,
    connection_to,
    run_main,
)

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The modules that run on a managed node. A module with the name of an action plugin only documents the action.
MODULES = sorted(
    path.stem for path in (ROOT / "plugins/modules").glob("*.py") if not (ROOT / "plugins/action" / path.name).exists()
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
RUNTIME = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))

# A response with a proxy configuration that differs from the request.
STORED_DIFFERENTLY = Fault("PutVoiceConnectorProxy", body='{"Proxy": {"Disabled": false}}')

TYPES: dict[str, Any] = {"str": str, "int": int, "bool": bool, "dict": dict, "list": list}


def documented(module: str, part: str) -> Any:
    """Return a module's DOCUMENTATION (with the fragments of this collection), EXAMPLES, or RETURN as data."""
    imported = importlib.import_module(f"ansible_collections.chime_sdk.voice.plugins.modules.{module}")
    parsed = yaml.safe_load(getattr(imported, part))
    if part == "DOCUMENTATION":
        for name in parsed.get("extends_documentation_fragment", ()):
            if name.startswith("chime_sdk.voice.common."):
                fragment = yaml.safe_load(getattr(ModuleDocFragment, name.rpartition(".")[2].upper()))
                parsed["options"] = {**parsed["options"], **fragment["options"]}
                parsed["notes"] = [*parsed["notes"], *fragment.get("notes", [])]
    return parsed


def test_there_are_modules_to_check() -> None:
    assert "chime_voice_connector_proxy_info" in MODULES
    assert "voice_connector_report" not in MODULES


# Action groups


def test_the_action_groups_contain_only_the_modules_that_connect_to_aws() -> None:
    assert set(RUNTIME["action_groups"]) == {"all", "aws"}
    for members in RUNTIME["action_groups"].values():
        assert {member for member in members if isinstance(member, str)} == set(MODULES)
    assert {"metadata": {"extend_group": ["amazon.aws.aws"]}} in RUNTIME["action_groups"]["all"]


# Return values


def is_a(name: str, value: Any) -> bool:
    """Return whether *value* is null or has the documented type. In Python, a bool is also an int."""
    return value is None or (isinstance(value, TYPES[name]) and isinstance(value, bool) == (name == "bool"))


def assert_as_documented(values: dict[str, Any], documentation: dict[str, Any], sampled: bool) -> None:
    """Assert that keys and types match the documentation and, if *sampled*, that values equal the samples."""
    assert set(values) == set(documentation)
    for key, entry in documentation.items():
        value = values[key]
        assert is_a(entry["type"], value), key
        if entry["type"] == "list" and value is not None:
            assert None not in value
            assert all(is_a(entry["elements"], item) for item in value), key
        if sampled and "contains" not in entry:
            assert value == entry["sample"], key
        if "contains" in entry:
            for inner in value if entry["type"] == "list" else [value]:
                assert_as_documented(inner, entry["contains"], sampled)


def test_reading_returns_the_documented_values_and_samples(
    read_proxy: Callable[..., dict[str, Any]],
) -> None:
    documentation = documented("chime_voice_connector_proxy_info", "RETURN")
    for connector, sampled in ((WITH_PROXY, True), (WITHOUT_PROXY, False)):
        result = read_proxy(connector)
        assert result.pop("changed") is False
        assert_as_documented(result, documentation, sampled)


def test_managing_returns_the_documented_values_and_samples(emulator: Emulator) -> None:
    documentation = documented("chime_voice_connector_proxy", "RETURN")
    for sampled, options in ((False, {"disabled": True}), (True, {"disabled": False}), (False, {"state": "absent"})):
        result = run_main(
            "chime_voice_connector_proxy", {**connection_to(emulator), "voice_connector_id": WITH_PROXY, **options}
        )
        assert result.pop("changed") is True
        assert_as_documented(result, documentation, sampled)


def build_structure(shape: Any, entry: dict[str, Any]) -> Any:
    """Build a value of *shape* as the service returns it, from the samples in the documentation *entry*."""
    if shape.type_name == "structure":
        return {
            member: build_structure(inner, entry["contains"][next(iter(camel_dict_to_snake_dict({member: None})))])
            for member, inner in shape.members.items()
        }
    if shape.type_name == "list" and "contains" in entry:
        return [build_structure(shape.member, entry)]
    return entry["sample"]


def test_the_bulk_read_returns_the_documented_values_and_samples() -> None:
    documentation = documented("chime_voice_connector_info", "RETURN")
    entry = documentation["voice_connectors"]["contains"]
    known = service.MODEL.shape_for("VoiceConnector").members
    sampled = {"CreatedTimestamp": "created_timestamp", "UpdatedTimestamp": "updated_timestamp", "Name": "name"}
    sampled |= {"IntegrationType": "integration_type", "NetworkType": "network_type"}
    connector: dict[str, Any] = {
        **STATE["voice_connectors"][0],
        **{member: entry[key]["sample"] for member, key in sampled.items() if member in known},
    }
    connector["PhoneNumbers"] = entry["phone_numbers"]["contains"]["e164_phone_numbers"]["sample"]
    for name, setting in SETTINGS.items():
        if setting.operation in service.MODEL.operation_names:
            output = service.MODEL.operation_model(setting.operation).output_shape
            shape = output.members[setting.member]
            if shape.type_name == "list":
                connector["TerminationCredentials"] = entry[name]["contains"]["usernames"]["sample"]
            else:
                connector[setting.member] = build_structure(shape, entry[name])
        else:  # an old botocore lacks this setting
            del entry[name]
    with Emulator({**STATE, "voice_connectors": [connector]}) as emulator:
        include = [name for name in (*SETTINGS, "phone_numbers", "tags") if name in entry]
        options = {**connection_to(emulator), "include": include, "include_account_id": True, "names": ["reception"]}
        result = run_main("chime_voice_connector_info", options)
        failure = run_main("chime_voice_connector_info", {**options, "voice_connector_ids": [MISSING]})
    assert result.pop("changed") is False
    (read,), errors = result.pop("voice_connectors"), result.pop("errors")
    assert errors == documentation["errors"]["sample"]
    rest = {key: value for key, value in documentation.items() if key not in ("voice_connectors", "errors")}
    assert_as_documented(result, rest, sampled=True)
    for member, key in sampled.items():
        if member not in known:  # an old botocore lacks this member
            assert read.pop(key) is None
            del entry[key]
    assert_as_documented(read, entry, sampled=True)
    (error,) = failure["errors"]
    assert_as_documented(
        error, {k: {**v, "sample": error[k]} for k, v in documentation["errors"]["contains"].items()}, True
    )
    for key in ("voice_connector_id", "region", "setting", "action", "code"):
        assert error[key] == documentation["errors"]["contains"][key]["sample"]
    assert error["message"].startswith(documentation["errors"]["contains"]["message"]["sample"].rstrip("."))


# All modules except the modules that retire and restore, which are tested below.
READING_OR_MANAGING = [module for module in MODULES if not module.endswith(("_retire", "_restore"))]
FAILURES: list[Any] = [
    *((module, [Fault(error="ForbiddenException")], {"error", "response_metadata"}) for module in READING_OR_MANAGING),
    *((module, [Fault(drop="reset")], set()) for module in READING_OR_MANAGING),
    ("chime_voice_connector_proxy", [STORED_DIFFERENTLY], {"exists", "proxy"}),
]


@pytest.mark.parametrize(("module", "faults", "extra_keys"), FAILURES)
def test_a_failure_returns_the_keys_documented_in_the_guide_and_the_module(
    module: str, faults: list[Fault], extra_keys: set[str], emulator: Emulator, sleeps: list[float]
) -> None:
    guide = (ROOT / "docs/docsite/rst/errors.rst").read_text(encoding="utf-8").partition("\nLikely mistakes\n")[0]
    terms = re.findall(r"^``[^\n]*``(?=\n  \S)", guide, re.MULTILINE)
    explained = {name.partition(".")[0] for term in terms for name in re.findall(r"``(.*?)``", term)}
    emulator.faults = copy.deepcopy(faults)
    options: dict[str, Any] = {"include": ["proxy"]}
    if module != "chime_voice_connector_info":
        options = {"voice_connector_id": WITH_PROXY}
    if module == "chime_voice_connector_proxy":
        options["disabled"] = True
    result = run_main(module, {**connection_to(emulator), **options})
    assert result.pop("failed") is True
    returned = set(result) - {"msg", "changed", "exception"}
    always = {key for key, entry in documented(module, "RETURN").items() if entry["returned"] == "always"}
    assert returned == {"boto3_version", "botocore_version", *always, *extra_keys}
    assert returned <= explained


def test_retiring_and_restoring_return_the_documented_values_and_samples(
    emulator: Emulator, tmp_path: pathlib.Path
) -> None:
    options = {**connection_to(emulator), "account_id": "111122223333", "all": True}
    retire = {**options, "regions": ["us-east-1"], "backup_dir": str(tmp_path)}

    def check(module: str, options: dict[str, Any], changed: bool) -> dict[str, Any]:
        result = run_main(module, options)
        assert result.pop("changed") is changed
        documentation = documented(module, "RETURN")
        assert set(result) - {"msg", "failed", "boto3_version", "botocore_version"} == set(documentation)
        for key, entry in documentation.items():
            for item in result[key] if entry["type"] == "list" else []:
                inner = entry["contains"]
                if "reason" in inner:
                    start = inner["reason"]["sample"].removesuffix(" ...")
                    assert item["reason"].startswith(start)
                    inner = {**inner, "reason": {**inner["reason"], "sample": item["reason"]}}
                assert_as_documented(item, inner, sampled=True)
            if entry["type"] != "list":
                assert is_a(entry["type"], result[key])
        assert result["account_id"] == documentation["account_id"]["sample"]
        return result

    emulator.faults = [Fault("DeleteVoiceConnectorProxy", error="ForbiddenException")]
    assert check("chime_voice_connector_proxy_retire", retire, False)["failures"]
    emulator.faults = []
    retired = check("chime_voice_connector_proxy_retire", retire, True)
    pattern = re.sub(r"\d", r"\\d", documented("chime_voice_connector_proxy_retire", "RETURN")["backup_file"]["sample"])
    assert re.fullmatch(pathlib.Path(pattern).name, pathlib.Path(retired["backup_file"]).name)
    restore = {**options, "backup_file": retired["backup_file"]}
    emulator.faults = [Fault("PutVoiceConnectorProxy", error="ForbiddenException")]
    assert check("chime_voice_connector_proxy_restore", restore, False)["failures"]
    emulator.faults = []
    assert check("chime_voice_connector_proxy_restore", restore, True)["restored"]
    assert check("chime_voice_connector_proxy_restore", restore, False)["unchanged"]


def test_the_documented_connector_matches_the_service_model() -> None:
    entry = documented("chime_voice_connector_info", "RETURN")["voice_connectors"]["contains"]
    known = set(camel_dict_to_snake_dict(dict(service.MODEL.shape_for("VoiceConnector").members)))
    added = {"region", "tags", "tags_error", "phone_numbers", *SETTINGS}
    # Old versions of botocore do not have these two members.
    assert set(entry) - added - known <= {"integration_type", "network_type"}
    assert known <= set(entry)


def test_all_modules_document_a_proxy_identically() -> None:
    single = documented("chime_voice_connector_proxy_info", "RETURN")["proxy"]["contains"]
    bulk = documented("chime_voice_connector_info", "RETURN")["voice_connectors"]["contains"]["proxy"]["contains"]
    for key, entry in single.items():
        if key != "exists":  # documented separately, because only the bulk read can return null
            assert entry == bulk[key]
    assert list(single) == list(bulk)
    assert next(iter(single)) == "exists"
    assert documented("chime_voice_connector_proxy", "RETURN")["proxy"]["contains"] == single


def test_every_returned_key_of_a_proxy_is_an_option_of_the_managing_module() -> None:
    options = documented("chime_voice_connector_proxy", "DOCUMENTATION")["options"]
    proxy = documented("chime_voice_connector_proxy_info", "RETURN")["proxy"]["contains"]
    del proxy["exists"]  # the corresponding option is state
    for key, entry in proxy.items():
        assert (options[key]["type"], options[key].get("elements")) == (entry["type"], entry.get("elements"))


def test_the_documented_proxy_matches_the_service_model() -> None:
    proxy = documented("chime_voice_connector_proxy_info", "RETURN")["proxy"]["contains"]
    known = camel_dict_to_snake_dict(dict(service.MODEL.shape_for("Proxy").members))
    assert set(proxy) == {"exists", *known}


# Examples


def tasks_in(tasks: list[dict[str, Any]], defaults: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the module and arguments, including module defaults, for each task that runs one of our modules."""
    for task in tasks:
        inherited = {**defaults, **task.get("module_defaults", {}).get("group/chime_sdk.voice.all", {})}
        for section in ("block", "rescue", "always"):
            yield from tasks_in(task.get(section, []), inherited)
        for action, arguments in task.items():
            if action.startswith("chime_sdk.voice."):
                yield action.rpartition(".")[2], {**inherited, **arguments}


EXAMPLES = [
    pytest.param(name, arguments, id=f"{module}-{number}")
    for module in MODULES
    for number, (name, arguments) in enumerate(tasks_in(documented(module, "EXAMPLES"), {}))
]


@pytest.mark.parametrize(("module", "arguments"), EXAMPLES)
def test_every_example_succeeds(
    module: str, arguments: dict[str, Any], emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile telephony]\naws_access_key_id = AKIDEMULATOR\naws_secret_access_key = emulator-secret-key\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "telephony")
    monkeypatch.setenv("AWS_URL", emulator.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", emulator.url)
    monkeypatch.chdir(tmp_path)  # relative paths in the examples start here
    known = {
        "item": "arn:aws:iam::444455556666:role/voice-audit" if "assume_role_arn" in arguments else WITH_PROXY,
        "kept_proxy": run_main(
            "chime_voice_connector_proxy_info", {"voice_connector_id": WITH_PROXY, "region": "us-east-1"}
        ),
    }
    if module == "chime_voice_connector":
        # Credentials require a termination.
        termination = {"CpsLimit": 1, "CallingRegions": ["US"], "CidrAllowedList": ["203.0.113.0/27"]}
        connectors = [{**connector, "Termination": termination} for connector in STATE["voice_connectors"]]
        emulator.voice = service.Voice({**STATE, "voice_connectors": connectors})
        selection = {"names": ["reception"], "region": "us-east-1", "include": ["termination"]}
        known["source"] = run_main("chime_voice_connector_info", selection)
        known["vault_reception_password"] = "example"
    templar = Environment(undefined=StrictUndefined)
    if module == "chime_voice_connector_proxy_restore":
        options = {"account_id": "111122223333", "all": True, "regions": ["us-east-1"], "backup_dir": str(tmp_path)}
        known["retired"] = run_main("chime_voice_connector_proxy_retire", options)

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: fill(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [fill(item) for item in value]
        # As in Ansible, the value of a template that is a single expression keeps its type.
        return templar.compile_expression(value.strip("{} "))(**known) if "{{" in str(value) else value

    filled = fill(arguments)
    assert "{{" not in json.dumps(filled)
    if "include" in filled and SETTINGS["external_systems"].operation not in service.MODEL.operation_names:
        filled["include"] = [name for name in filled["include"] or () if name != "external_systems"]
    assert not run_main(module, filled).get("failed")


@pytest.mark.parametrize("module", MODULES)
def test_every_module_documents_its_attributes_its_iam_actions_and_the_end_of_support(module: str) -> None:
    documentation = documented(module, "DOCUMENTATION")
    assert {
        "amazon.aws.common.modules",
        "amazon.aws.region.modules",
        "chime_sdk.voice.common.action_groups",
        "chime_sdk.voice.common.sdk",
    } <= set(documentation["extends_documentation_fragment"])
    notes = json.dumps([documentation["notes"], documentation["options"]])
    for words in ("2026-04-07", "C(chime:GetVoiceConnectorProxy)", "C(chime:GetVoiceConnector)", "C(no_log)"):
        assert words in notes
    assert any("docs.aws.amazon.com/chime-sdk/" in entry.get("link", "") for entry in documentation["seealso"])


NUMBERS = {3: "three", 6: "six", 10: "ten"}


def test_the_documented_limits_match_the_client() -> None:
    def notes(module: str) -> str:
        return " ".join(" ".join(documented(module, "DOCUMENTATION")["notes"]).split())

    seconds = _client.longest_operation(_client.CONNECT_TIMEOUT, _client.READ_TIMEOUT)
    bulk_seconds = _client.longest_operation(
        _client.CONNECT_TIMEOUT, _client.READ_TIMEOUT, _client.BULK_MAX_FAULTS, _operation.MAX_BACKOFF
    )
    assert seconds == 60 and bulk_seconds == 120
    single, bulk = notes("chime_voice_connector_proxy_info"), notes("chime_voice_connector_info")
    assert single.partition("An API operation takes")[2] in notes("chime_voice_connector_proxy")
    for module in ("chime_voice_connector_proxy_retire", "chime_voice_connector_proxy_restore"):
        assert bulk.partition("If AWS throttles")[2] in notes(module)
    throttled = f"A throttled request is sent at most {NUMBERS[_operation.MAX_THROTTLES]} times"
    for words in (
        f"An API operation takes at most {seconds:.0f} seconds",
        throttled,
        f"a timeout is sent at most {NUMBERS[_client.MAX_FAULTS]} times",
        f"connecting takes at most {_client.CONNECT_TIMEOUT} seconds",
        f"each wait for data takes at most {_client.READ_TIMEOUT}",
    ):
        assert words in single
    for words in (
        f"An API operation takes at most {bulk_seconds:.0f} seconds, not counting the time that its requests wait",
        throttled,
        f"a timeout is sent at most {NUMBERS[_client.BULK_MAX_FAULTS]} times",
        f"throttles every request in a Region for {_rate_limit.WINDOW} seconds",
    ):
        assert words in bulk
    # Even a request that begins at the end of the throttle window ends before the deadline of the operation.
    assert seconds >= _operation.THROTTLE_WINDOW + _client.CONNECT_TIMEOUT + _client.READ_TIMEOUT


def test_the_table_of_limits_in_the_guide_matches_the_client() -> None:
    guide = (ROOT / "docs/docsite/rst/performance.rst").read_text(encoding="utf-8")
    table = guide.partition("\nRetries and deadlines\n")[2]
    rows = re.findall(r"^  \* - (.*?)\n    - (.*?)\n    - (.*?)\n(?=  \*|\n)", table, re.MULTILINE | re.DOTALL)
    timeouts = (_client.CONNECT_TIMEOUT, _client.READ_TIMEOUT)
    throttles = f"sent at most {NUMBERS[_operation.MAX_THROTTLES]} times"
    expected = {
        "Limit": ("One Voice Connector", "Bulk read"),
        "Request that AWS throttles (429)": (
            f"{throttles}; not repeated if AWS throttles it more than {_operation.THROTTLE_WINDOW} seconds after the "
            "operation began",
            f"{throttles}; the module stops reading the Region if AWS throttles all requests there for "
            f"{_rate_limit.WINDOW} seconds",
        ),
        "Request that ends with a server error, broken connection, or timeout": (
            f"sent at most {NUMBERS[_client.MAX_FAULTS]} times",
            f"sent at most {NUMBERS[_client.BULK_MAX_FAULTS]} times",
        ),
        "Request that fails for any other reason": ("sent once", "sent once"),
        "Connection timeout": (f"{_client.CONNECT_TIMEOUT} seconds",) * 2,
        "Read timeout, for each wait for data": (f"{_client.READ_TIMEOUT} seconds",) * 2,
        "Delay before a retry": (
            "a random time of up to 0.5 seconds before the first retry, then up to 1, 2, and 4 seconds, and up to "
            f"{_operation.MAX_BACKOFF} seconds before each later retry",
        )
        * 2,
        "Deadline of the operation": (
            f"{_client.longest_operation(*timeouts):.0f} seconds",
            f"{_client.longest_operation(*timeouts, _client.BULK_MAX_FAULTS):.0f} seconds, excluding the wait for the rate limit",
        ),
    }
    assert {name: (" ".join(single.split()), " ".join(bulk.split())) for name, single, bulk in rows} == expected


def test_the_minimum_versions_are_stated_everywhere() -> None:
    for place in (
        yaml.safe_load(ModuleDocFragment.SDK)["requirements"][-1],
        README,
        (ROOT / "meta/ee-requirements.txt").read_text(),
    ):
        assert _client.MINIMUM_BOTOCORE_VERSION in place
    guide = (ROOT / "docs/docsite/rst/errors.rst").read_text(encoding="utf-8")
    assert f"'amazon.aws:{GALAXY['dependencies']['amazon.aws']}'" in guide


# README.md


def test_the_readme_has_a_line_for_each_module_filter_and_playbook() -> None:
    rows = re.findall(r"^\| `(?:chime_sdk\.voice\.)?(\w+)` \|", README, re.MULTILINE)
    files = [*ROOT.glob("plugins/modules/*.py"), *ROOT.glob("plugins/filter/*.py"), *ROOT.glob("playbooks/*.yml")]
    assert sorted(rows) == sorted(path.stem for path in files)


def test_the_documented_make_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    text = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    verbs = set(re.findall(r"(?:^|`)make ([a-z-]+)(?=$|`| )", text, re.MULTILINE))
    assert {"demo", "test", "build", "release-check"} <= verbs
    for verb in verbs:
        assert re.search(rf"^{verb}:|^CHECKS = .*\b{verb}\b", makefile, re.MULTILINE), verb


# Messages


def test_the_guide_on_errors_explains_existing_messages() -> None:
    explained = re.findall(
        r'^"([^"]+)"\n  \S',
        (ROOT / "docs/docsite/rst/errors.rst").read_text(encoding="utf-8").partition("\nMore about some messages\n")[2],
        re.MULTILINE,
    )
    messages = [*MESSAGES.values(), *(failure.message for failure in _failures.FAILURES.values())]
    assert len(explained) > 5
    assert [quote for quote in explained if not any(quote in message for message in messages)] == []


def test_every_message_in_the_tables_is_used() -> None:
    """A message that is used but not in a table needs no test, because its use raises a KeyError."""
    sources = [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("plugins/module*/*.py"))]
    # Remove the keys in the two tables, so that only uses of the messages remain.
    text = re.sub(r'^    "\w+": ', "", "".join(sources), flags=re.MULTILINE)
    assert [name for name in {**MESSAGES, **_failures.FAILURES} if f'"{name}"' not in text] == []


def operations_called() -> set[str]:
    """Return the names of all operations that the modules call: the second argument to each ``Operation(...)``."""
    called = set()
    for path in sorted(ROOT.glob("plugins/**/*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            node.targets[0].id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Operation":
                name = node.args[1]
                literal = names[name.id] if isinstance(name, ast.Name) else name
                if ast.unparse(literal) in ("setting.operation", "self.operation"):
                    continue  # skip operations in SETTINGS, and those that only chime_voice_connector calls
                assert isinstance(literal, ast.Constant), path
                called.add(str(literal.value))
    return called


def test_the_policies_in_the_guide_on_retiring_allow_exactly_what_the_code_calls() -> None:
    guide = (ROOT / "docs/docsite/rst/retiring.rst").read_text(encoding="utf-8")
    blocks = re.findall(r"\.\. code-block:: json\n\n(.*?)(?=\n\S|\Z)", guide, re.DOTALL)
    reading, retiring, assuming = (json.loads(block)["Statement"] for block in blocks)
    assert assuming[0]["Action"] == ["sts:AssumeRole"]
    # GetCallerIdentity needs no permission, and retiring does not list phone numbers.
    proxy = {PROXY.operation, PROXY.put, PROXY.delete}
    operations = {*operations_called(), *proxy} - {"GetCallerIdentity", "ListPhoneNumbers"}
    called = {f"chime:{operation}" for operation in operations}
    one, every = reading
    (deleting,) = retiring
    restoring = re.findall(r"``(chime:\w+)``", guide.partition("\nIAM policies\n")[2])
    assert called == {*one["Action"], *every["Action"], *deleting["Action"], *restoring}
    assert deleting["Action"] == ["chime:DeleteVoiceConnectorProxy"]
    assert restoring == ["chime:PutVoiceConnectorProxy"]
    assert one["Resource"] == deleting["Resource"] == "arn:aws:chime:*:*:vc/*"
    # Only these actions cannot be limited to a resource.
    listing = ["chime:ListAvailableVoiceConnectorRegions", "chime:ListVoiceConnectors"]
    assert (every["Action"], every["Resource"]) == (listing, "*")


def test_the_policies_in_the_guide_on_settings_allow_exactly_what_the_modules_call() -> None:
    guide = (ROOT / "docs/docsite/rst/settings.rst").read_text(encoding="utf-8")
    blocks = re.findall(r"\.\. code-block:: json\n\n(.*?)(?=\n\S|\Z)", guide, re.DOTALL)
    (one, every), (changing, creating) = (json.loads(block)["Statement"] for block in blocks)
    settings = [f"chime:{setting.operation}" for setting in SETTINGS.values()]
    assert one["Action"] == ["chime:GetVoiceConnector", "chime:ListTagsForResource", *settings]
    listing = ["ListAvailableVoiceConnectorRegions", "ListPhoneNumbers", "ListVoiceConnectors"]
    assert every["Action"] == [f"chime:{operation}" for operation in listing]
    writes = [n for n in service.MODEL.operation_names if re.match("(Update|Put|Delete)VoiceConnector(?!Group)", n)]
    expected = {f"chime:{operation}" for operation in (*writes, "TagResource", "UntagResource")}
    added = {action for action in changing["Action"] if "ExternalSystems" in action}  # an old botocore lacks these
    assert set(changing["Action"]) == expected | added
    logs = re.findall(r"C\((logs:\w+)\)", " ".join(documented("chime_voice_connector", "DOCUMENTATION")["notes"]))
    assert creating["Action"] == ["chime:CreateVoiceConnector", *logs]
    assert changing["Resource"] == one["Resource"] and creating["Resource"] == every["Resource"]


def anchors_of(markdown: str) -> set[str]:
    """Return the anchors that GitHub generates for the headings of a document."""
    headings = re.findall(r"^#+ (.*)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", [*ROOT.glob("*.md"), *ROOT.glob(".github/*.md")], ids=lambda path: path.name)
def test_every_link_has_a_target(path: pathlib.Path) -> None:
    """A relative link leads to an existing file in the built collection, and an anchor leads to a heading there."""
    for link in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            hosts = ("docs.aws.amazon.com", "docs.ansible.com", "forum.ansible.com", "semver.org")
            assert link.split("/")[2] in hosts, link
            continue
        name, _hash, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.is_file(), link
        assert not anchor or anchor in anchors_of(target.read_text(encoding="utf-8")), link
        assert target.relative_to(ROOT).parts[0] not in GALAXY["build_ignore"], link


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/docsite/rst/*.rst")), ids=lambda path: path.stem)
def test_guides_are_readable_in_a_repository_browser(path: pathlib.Path) -> None:
    """A guide uses plain reStructuredText, and its relative links lead to files and headings in the repository."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r":[a-z]+:`", text)
    links = re.findall(r"`[^`<]+\s<([^>]+)>`_", text)
    assert len(links) == text.count(">`_")
    for link in links:
        name, _hash, anchor = link.partition("#")
        target = path.parent / name
        assert link.startswith("https://") or target.is_file(), link
        if anchor:
            headings = re.findall(r"^(\S.*)\n[=~-]{3,}$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [re.sub(r"\W+", "-", heading.lower()).strip("-") for heading in headings], link


def test_only_galaxy_yml_contains_the_placeholder_for_the_repository() -> None:
    folders = (".github", "changelogs", "docs", "meta", "playbooks", "plugins")
    paths = [*ROOT.glob("*.*"), *(path for folder in folders for path in ROOT.glob(f"{folder}/**/*"))]
    repository = GALAXY["repository"].removeprefix("https://").encode()
    assert [path.name for path in paths if path.is_file() and repository in path.read_bytes()] == ["galaxy.yml"]
    assert not {"documentation", "homepage", "issues"} & set(GALAXY)


def test_the_workflow_runs_make_targets_on_the_supported_python_versions() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["make"]
    for verb in job["strategy"]["matrix"]["verb"]:
        assert re.search(rf"^{verb}:", makefile, re.MULTILINE), verb
    (pythons,) = (
        step["with"]["python-version"].split() for step in job["steps"] if "setup-python" in step.get("uses", "")
    )
    others = re.findall(r"version = (3\.\d+)", makefile)
    assert sorted(pythons) == ["3.11", *sorted(set(others))]


# Versions


def test_versions_agree() -> None:
    changelog = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text(encoding="utf-8"))
    assert GALAXY["version"] in changelog["releases"]
    getting_started = (ROOT / "docs/docsite/rst/getting_started.rst").read_text(encoding="utf-8")
    for document in (README, getting_started):
        assert f"chime_sdk-voice-{GALAXY['version']}.tar.gz" in document
    assert f'">={GALAXY["version"]}"' in (ROOT / "docs/docsite/rst/awx.rst").read_text(encoding="utf-8")
    assert RUNTIME["requires_ansible"] == ">=2.19.0"
    assert "ansible-core 2.19 or newer" in README
    assert GALAXY["dependencies"] == {"amazon.aws": ">=10.1.0,<13.0.0"}
    assert "amazon.aws 10.1 or newer, but older than 13" in README
