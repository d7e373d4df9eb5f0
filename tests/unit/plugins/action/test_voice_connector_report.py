# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the action voice_connector_report in this process, through its real run()."""

from __future__ import annotations

import copy
import json
import os
import pathlib
import resource
import time
import types
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.chime_sdk.voice.plugins.action import voice_connector_report as action
from ansible_collections.chime_sdk.voice.plugins.modules import voice_connector_report as module
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._findings import Judgment
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._policy import AuditError
from ansible_collections.chime_sdk.voice.tests.unit.plugins.plugin_utils.cases import judgment

POLICY = {"require_encryption": True, "no_proxy_configuration": True}
ALL = ["voice-audit.csv", "voice-audit.html", "voice-audit.json", "voice-audit.xml"]
NUMBERS = ("2065550101", "2065550102", "2065550103", "2065550104", "2065550105")
PRIVATE = (*NUMBERS, "secret-user")


def trunk(identifier: str = "abcdef1ghij2klmno3pqr4", encrypted: bool | None = True, **members: Any) -> dict[str, Any]:
    return {
        "voice_connector_id": identifier,
        "name": f"name of {identifier}",
        "region": "us-east-1",
        "aws_region": "us-east-1",
        "require_encryption": encrypted,
        "proxy": {"exists": False, "fall_back_phone_number": "+12065550101"},
        "termination": {"exists": True, "default_phone_number": "+12065550102"},
        "termination_credentials": {"exists": True, "usernames": ["secret-user"]},
        "emergency_calling": {
            "exists": True,
            "dnis": [{"emergency_phone_number": "+12065550103", "test_phone_number": "+12065550104"}],
        },
        "phone_numbers": {"exists": True, "e164_phone_numbers": ["+12065550105"]},
        **members,
    }


def read(*trunks: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return the result of a successful read."""
    return {
        "changed": False,
        "assume_role_arn": None,
        "account_id": "111122223333",
        "region": "us-east-1",
        "regions": [{"region": "us-east-1", "complete": True, "reason": None}],
        "regions_source": "options",
        "selection": {
            **dict.fromkeys(("voice_connector_ids", "names", "tags")),
            "unmatched": {"voice_connector_ids": [], "names": [], "tags": None},
        },
        "complete": True,
        "stopped": False,
        "errors": [],
        "voice_connectors": list(trunks),
        **members,
    }


FAILED = {"failed": True, "msg": "The role cannot be assumed by +12065550101, or (206) 555-0102."}

Report = Callable[..., dict[str, Any]]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list to which each line on the console is appended."""
    lines: list[str] = []
    display = types.SimpleNamespace(
        display=lambda text: lines.extend(text.split("\n")), warning=lambda text: lines.append(f"WARNING: {text}")
    )
    monkeypatch.setattr("ansible.plugins.action.display", display)
    return lines


@pytest.fixture
def report(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, printed: list[str]) -> Report:
    """Return a function that runs the action in the folder ``tmp_path``."""
    monkeypatch.chdir(tmp_path)

    def run(*results: Any, no_log: bool = False, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        args = {"results": list(results), "policy": POLICY, **options}
        task = types.SimpleNamespace(args=args, async_val=0, check_mode=check_mode, no_log=no_log, action="x")
        connection = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir="x"))
        plugin = action.ActionModule(task, connection, None, None, None, None)
        before = copy.deepcopy(args)
        result: dict[str, Any] = plugin.run(
            task_vars={"report_dir": "elsewhere", "policy": {}, "voice_audit_fail_on": []}
        )
        assert args == before
        json.dumps(result)
        return result

    return run


def stored(folder: pathlib.Path) -> dict[str, Any]:
    envelope: dict[str, Any] = json.loads((folder / "voice-audit.json").read_text(encoding="utf-8"))
    return envelope


def names_in(folder: pathlib.Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# The result


def test_the_result_has_the_documented_keys_and_samples(report: Report, tmp_path: pathlib.Path) -> None:
    result = report(read(trunk(), trunk("bcdefg2hijk3lmnop4qrs5", False)), FAILED, policy={"require_encryption": True})
    documented = yaml.safe_load(module.RETURN)
    assert result.pop("changed") is False
    assert (result.pop("failed"), result.pop("msg")) == (True, result["verdict"])
    assert list(result) == list(documented)
    for key, entry in documented.items():
        if key == "counts":
            assert result[key] == {name: inner["sample"] for name, inner in entry["contains"].items()}
        elif key == "files":
            assert [path.replace(str(tmp_path), "/home/voice") for path in result[key]] == entry["sample"]
        else:
            assert result[key] == entry["sample"]


def test_the_documented_options_are_those_of_the_action() -> None:
    documented = yaml.safe_load(module.DOCUMENTATION)["options"]
    assert list(documented) == list(action.OPTIONS)
    for name, entry in documented.items():
        entry = {key: value for key, value in entry.items() if key != "description"}
        if entry["type"] == "path":
            entry["type"] = "str"
        if not entry.get("required"):
            entry.pop("required", None)
        assert entry == action.OPTIONS[name]


def test_every_example_has_valid_options() -> None:
    tasks = [task for task in yaml.safe_load(module.EXAMPLES) if "chime_sdk.voice.voice_connector_report" in task]
    assert len(tasks) == 2
    for task in tasks:
        assert action.parse_options(task["chime_sdk.voice.voice_connector_report"])["report_dir"].startswith("/")


def test_a_compliant_audit_succeeds_and_writes_the_default_formats(report: Report, tmp_path: pathlib.Path) -> None:
    result = report(read(trunk()))
    assert "failed" not in result
    assert (result["changed"], result["outcome"], result["complete"]) == (False, "compliant", True)
    folder = tmp_path / "voice-audit"
    assert names_in(folder) == ALL[:3]
    assert result["files"] == [str(folder / f"voice-audit.{ending}") for ending in ("json", "csv", "html")]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    envelope = stored(folder)
    assert envelope["verdict"] == result["verdict"]
    assert envelope["counts"] == result["counts"]


def test_the_result_has_no_unbounded_list(report: Report) -> None:
    result = report(*(read(trunk(f"t{n}", None), account_id=f"{n:012d}", complete=False) for n in range(300)))
    assert result["counts"]["unknown"] >= 300
    assert len(json.dumps(result)) < 2500


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_reports_are_written_in_check_mode_too(report: Report, tmp_path: pathlib.Path, check_mode: bool) -> None:
    report(read(trunk()), check_mode=check_mode)
    assert names_in(tmp_path / "voice-audit") == ALL[:3]


# When the task fails

VIOLATING, UNKNOWN = read(trunk(encrypted=False)), read(trunk(encrypted=None))
FAIL_ON = [
    ([VIOLATING], {"fail"}),
    ([UNKNOWN], {"unknown"}),
    ([VIOLATING, FAILED], {"fail", "unknown"}),
    ([FAILED], {"unknown"}),
    ([], {"unknown"}),
    ([read()], {"empty"}),
    ([read(trunk())], set()),
]


@pytest.mark.parametrize("fail_on", [[], ["fail"], ["unknown"], ["empty"], ["fail", "empty"], None])
@pytest.mark.parametrize(("results", "reasons"), FAIL_ON)
def test_the_task_fails_only_as_fail_on_asks_and_after_everything_is_written(
    report: Report, tmp_path: pathlib.Path, results: list[Any], reasons: set[str], fail_on: list[str] | None
) -> None:
    result = report(*results, fail_on=fail_on, formats=["json", "csv"])
    fails = bool(reasons if fail_on is None else reasons & set(fail_on))
    assert result.get("failed", False) is fails
    assert result.get("msg") == (result["verdict"] if fails else None)
    assert names_in(tmp_path / "voice-audit") == ["voice-audit.csv", "voice-audit.json"]


# Comparing with the previous report


def test_the_report_in_the_folder_is_the_default_baseline(report: Report, tmp_path: pathlib.Path) -> None:
    report(read(trunk("a"), trunk("b", False)))
    result = report(read(trunk("a", False), trunk("b")))
    assert (result["new_count"], result["fixed_count"]) == (1, 1)
    envelope = stored(tmp_path / "voice-audit")
    assert [entry["voice_connector_id"] for entry in (*envelope["new"], *envelope["fixed"])] == ["a", "b"]
    assert envelope["previous_created"]


def test_previous_is_the_baseline_if_it_is_given(report: Report, tmp_path: pathlib.Path) -> None:
    report(read(trunk("a")), report_dir="old")
    report(read(trunk("a", False)))
    assert report(read(trunk("a", False)), previous="old/voice-audit.json")["new_count"] == 1
    assert report(read(trunk("a", False)), previous="missing.json")["new_count"] == 0
    (warning,) = stored(tmp_path / "voice-audit")["warnings"]
    assert warning == f"The previous report {tmp_path / 'missing.json'} does not exist."


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1, "policy": {}, "accounts": [], "findings": 7}'])
def test_an_unusable_previous_report_causes_a_warning_and_never_loses_the_new_one(
    report: Report, tmp_path: pathlib.Path, printed: list[str], content: str
) -> None:
    folder = tmp_path / "voice-audit"
    folder.mkdir()
    (folder / "voice-audit.json").write_text(content)
    assert "failed" not in report(read(trunk()))
    (warning,) = stored(folder)["warnings"]
    assert warning.startswith(f"The previous report {folder}/voice-audit.json cannot be used: ")
    assert any(line.startswith("WARNING: The previous report") for line in printed)


def test_an_incomplete_run_does_not_lose_the_baseline(report: Report) -> None:
    report(read(trunk("a", False)))
    report(FAILED)
    report(read(trunk("a", None)))
    assert report(read(trunk("a")))["fixed_count"] == 1


def test_a_report_without_private_values_is_compared_with_one_that_has_them(
    report: Report, tmp_path: pathlib.Path
) -> None:
    report(read(trunk("a", False)), show_phone_numbers=True)
    assert report(read(trunk("a")))["fixed_count"] == 1
    text = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "voice-audit").iterdir())
    assert not [value for value in PRIVATE if value in text]


# The console


def test_the_console_shows_the_verdict_first_and_the_folder_last(
    report: Report, tmp_path: pathlib.Path, printed: list[str]
) -> None:
    result = report(read(trunk("a", False)), FAILED)
    assert printed == [
        result["verdict"],
        "require_encryption: 1 violation: name of a (a, us-east-1, 111122223333). Fix: require_encryption: true",
        "no_proxy_configuration: no known violations",
        "Not read: an unknown account. The role cannot be assumed by **********01, or (***********02.",
        f"The reports are in {tmp_path / 'voice-audit'}",
    ]


def test_the_console_shows_at_most_five_warnings(
    report: Report, printed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    unused = [{"check": "sip_logs", "reason": "x" * 1000}] * 500
    judged: Judgment = judgment([], unused_exceptions=unused)
    monkeypatch.setattr(action, "judge", lambda *_args: judged)
    report()
    warnings = [line for line in printed if line.startswith("WARNING: ")]
    assert len(warnings) == 5
    assert warnings[-1] == "WARNING: There are 496 more warnings, which are in the reports."
    assert max(map(len, printed)) < 300


def test_the_console_never_shows_more_than_60_lines(report: Report, printed: list[str]) -> None:
    report(*({"failed": True, "msg": f"Reason {number}."} for number in range(500)))
    assert len(printed) <= 60


def test_no_log_shows_nothing(report: Report, printed: list[str]) -> None:
    report(read(trunk()), no_log=True)
    assert printed == []


# Private values


@pytest.mark.parametrize("show", [False, True])
def test_phone_numbers_and_user_names_are_masked_in_every_format_and_the_result_unless_asked_for(
    report: Report, tmp_path: pathlib.Path, printed: list[str], show: bool
) -> None:
    odd = read(trunk("a", False), trunk("b", None, name="+12065550199"))
    result = report(odd, FAILED, formats=["json", "csv", "html", "junit"], show_phone_numbers=show)
    texts = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "voice-audit").iterdir()}
    assert sorted(texts) == ALL
    assert "2065550199" in texts["voice-audit.json"]  # names are not masked
    if show:
        assert all(value in texts["voice-audit.json"] for value in PRIVATE)
        assert "(206) 555-0102" in texts["voice-audit.csv"]
        return
    for text in (*texts.values(), json.dumps(result), *printed):
        assert not [value for value in (*PRIVATE, "(206) 555-0102") if value in text]


# Options

BAD: list[Any] = [
    ({"policy": {}}, "policy"),
    ({"policy": ""}, "policy"),
    ({"policy": None}, "policy"),
    ({"policy": {"require_encrypton": True}}, "require_encrypton"),
    ({"report_dri": "x"}, "report_dri"),
    ({"report_dri": ""}, "report_dri"),
    ({"report_dri": None}, "report_dri"),
    ({"formats": ["pdf"]}, "formats"),
    ({"formats": "json, pdf"}, "formats"),
    ({"formats": {"json": True}}, "formats"),
    ({"fail_on": "failures"}, "fail_on"),
    ({"fail_on": [["fail"]]}, "fail_on"),
    ({"fail_on": "{"}, "fail_on"),
    ({"show_phone_numbers": "maybe"}, "show_phone_numbers"),
    ({"title": 2026}, "'title' must be a string"),
    ({"report_dir": ["x"]}, "'report_dir' must be a string"),
    ({"report_dir": "$NO_SUCH_VARIABLE/x"}, "$NO_SUCH_VARIABLE"),
    ({"report_dir": "x${NO_SUCH_VARIABLE}"}, "${NO_SUCH_VARIABLE}"),
    ({"previous": "${}"}, "${}"),
    ({"report_dir": "~no-such-user/x"}, "~no-such-user"),
    ({"report_dir": "a\0b"}, "null character"),
]


@pytest.mark.parametrize(("options", "words"), BAD)
def test_a_bad_option_or_policy_writes_nothing_and_leaves_old_reports_untouched(
    report: Report, tmp_path: pathlib.Path, printed: list[str], options: dict[str, Any], words: str
) -> None:
    folder = tmp_path / "voice-audit"
    folder.mkdir()
    for name in ALL:
        (folder / name).write_text("old")
    result = report(read(trunk()), **options)
    assert set(result) == {"changed", "failed", "msg"}
    assert (result["changed"], result["failed"]) == (False, True)
    assert words in result["msg"]
    assert result["msg"].endswith(". No report was written or updated.")
    assert {path.read_text() for path in folder.iterdir()} == {"old"}
    assert (names_in(tmp_path), names_in(folder), printed) == (["voice-audit"], ALL, [])


@pytest.mark.parametrize("missing", ["results", "policy"])
def test_results_and_policy_are_required(missing: str) -> None:
    args = {"results": [], "policy": POLICY}
    del args[missing]
    with pytest.raises(AuditError, match=f"missing required arguments: {missing}"):
        action.parse_options(args)


@pytest.mark.parametrize("empty", ["", " \n", None])
def test_an_empty_survey_answer_means_the_default(empty: str | None) -> None:
    optional = [name for name, option in action.OPTIONS.items() if not option.get("required")]
    given = action.parse_options({"results": [], "policy": POLICY, **dict.fromkeys(optional, empty)})
    assert given == action.parse_options({"results": [], "policy": POLICY})
    assert given["formats"] == ["json", "csv", "html"]
    assert given["fail_on"] == ["fail", "unknown", "empty"]


@pytest.mark.parametrize(
    ("value", "items"),
    [
        (["json", "junit"], ["json", "junit"]),
        ("json,junit", ["json", "junit"]),
        (" json , junit ", ["json", "junit"]),
        ("json\njunit\n", ["json", "junit"]),
        ('["json", "junit"]', ["json", "junit"]),
        ("[json, junit]", ["json", "junit"]),
        ("- json\n- junit\n", ["json", "junit"]),
        ("json", ["json"]),
        (["", "json"], ["json"]),
        ([], []),
        ("[]", []),
        ([""], ["json", "csv", "html"]),
        (",", ["json", "csv", "html"]),
    ],
)
def test_a_list_can_be_lines_commas_json_or_yaml(value: Any, items: list[str]) -> None:
    assert action.parse_options({"results": [], "policy": POLICY, "formats": value})["formats"] == items


def test_the_policy_can_be_a_string(report: Report, tmp_path: pathlib.Path) -> None:
    assert report(read(trunk("a", False)), policy="require_encryption: false\n")["outcome"] == "compliant"
    assert stored(tmp_path / "voice-audit")["policy"] == {"require_encryption": False}


@pytest.mark.parametrize(
    ("path", "expanded"),
    [
        ("x/../y", "{cwd}/y"),
        ("/srv/x", "/srv/x"),
        ("~/x", "{home}/x"),
        ("~", "{home}"),
        ("$REPORTS/x", "/srv/$HOME/~/x"),
        ("${REPORTS}x", "/srv/$HOME/~x"),
        ("~/$TILDE", "{home}/~root"),
        ("$TILDE", "{cwd}/~root"),
        ("a~b", "{cwd}/a~b"),
        ("cost$", "{cwd}/cost$"),
    ],
)
def test_a_path_is_expanded_once_and_relative_to_the_current_directory(
    path: str, expanded: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/$X")
    monkeypatch.setenv("REPORTS", "/srv/$HOME/~")
    monkeypatch.setenv("TILDE", "~root")
    assert action.expand_path("report_dir", path) == expanded.format(cwd=tmp_path, home="/home/$X")


# Files


def test_reports_in_other_formats_are_removed_and_other_files_are_kept(report: Report, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "voice-audit"
    report(read(trunk()), formats=["json", "csv", "html", "junit"])
    (folder / "notes.txt").write_text("kept")
    assert report(read(trunk()), formats=["junit"])["files"] == [str(folder / "voice-audit.xml")]
    assert names_in(folder) == ["notes.txt", "voice-audit.xml"]
    assert report(read(trunk()), formats=[])["files"] == []
    assert names_in(folder) == ["notes.txt"]
    report(read(trunk()), formats=[], report_dir="other")
    assert names_in(tmp_path) == ["voice-audit"]


def test_reports_that_cannot_be_written_fail_the_task_with_the_verdict(
    report: Report, tmp_path: pathlib.Path, printed: list[str]
) -> None:
    (tmp_path / "file").touch()
    result = report(read(trunk()), report_dir="file", fail_on=[])
    assert result["failed"]
    path = tmp_path / "file"
    assert result["msg"] == (
        f"Failed to write the reports to {path}: it is not a folder ({path}). The reports in this folder may be from an "
        f"earlier run. The verdict of the audit: {result['verdict']}."
    )
    assert (result["outcome"], result["files"]) == ("compliant", [])
    assert result["verdict"] in printed and not any(line.startswith("The reports are in") for line in printed)


# Size


@pytest.mark.one_sdk
def test_1000_trunks_and_12_checks_take_little_time_and_memory(
    report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    trunks = [trunk(f"t{number:05d}") for number in range(1000)]
    policy = {f"check{number}": True for number in range(12)}
    statuses = ("pass", "fail", "unknown", "not_applicable")
    findings = [
        {
            "account_id": "111122223333",
            "region": "us-east-1",
            "voice_connector_id": entry["voice_connector_id"],
            "name": entry["name"],
            "check": check,
            "status": statuses[(number + position) % 4],
            "expected": ["203.0.113.0/24"],
            "actual": ["198.51.100.0/24", "203.0.113.0/28"],
            "reason": f"Calls are accepted from 198.51.100.{number % 256}/32.",
            "fix": None,
            "exception": None,
        }
        for number, entry in enumerate(trunks)
        for position, check in enumerate(policy)
    ]
    connectors = [{"account_id": "111122223333", **entry} for entry in trunks]
    monkeypatch.setattr(action, "judge", lambda *_args: judgment(findings, voice_connectors=connectors, policy=policy))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _run in range(2):
        begin = time.process_time()
        report(formats=["json", "csv", "junit"])
        seconds = time.process_time() - begin
    assert seconds < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # kB
    assert os.path.getsize(tmp_path / "voice-audit/voice-audit.json") < 8_000_000
