# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the comparison of an audit with the previous report."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

import pytest

from ansible_collections.chime_sdk.voice.plugins.plugin_utils import _compare
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._compare import read_previous
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._findings import Judgment
from ansible_collections.chime_sdk.voice.tests.unit.plugins.plugin_utils.cases import (
    ACCOUNT,
    EAST,
    OTHER_ACCOUNT,
    WEST,
    account,
    as_previous,
    envelope,
    finding,
    judgment,
)


def run(*audits: Judgment) -> dict[str, Any]:
    """Return the report of the last audit. Each audit is compared with the report of the one before it."""
    report = envelope(audits[0])
    for audit in audits[1:]:
        report = envelope(audit, as_previous(json.loads(json.dumps(report))))
    return report


def ids(findings: list[dict[str, Any]]) -> list[str]:
    return [entry["voice_connector_id"] for entry in findings]


STATUSES = ("pass", "fail", "unknown", "not_applicable", "excepted")
NEW = {("pass", "fail"), ("not_applicable", "fail")}
FIXED = {("fail", "pass"), ("fail", "not_applicable")}


@pytest.mark.parametrize("now", STATUSES)
@pytest.mark.parametrize("then", STATUSES)
def test_only_known_changes_to_and_from_fail_are_new_or_fixed(then: str, now: str) -> None:
    report = run(judgment([finding(then)]), judgment([finding(now)]))
    assert ids(report["new"]) == ["trunk1"] * ((then, now) in NEW)
    assert ids(report["fixed"]) == ["trunk1"] * ((then, now) in FIXED)
    assert report["previous_created"] == report["created"]
    (entry,) = report["findings"]
    assert entry["last_known_status"] == (then if now == "unknown" and then != "unknown" else None)


def test_without_a_previous_report_nothing_is_new_or_fixed() -> None:
    report = run(judgment([finding("fail"), finding("unknown", "trunk2")]))
    assert (report["new"], report["fixed"], report["previous_created"]) == ([], [], None)
    assert [entry["last_known_status"] for entry in report["findings"]] == [None, None]


@pytest.mark.parametrize(("then", "now"), [("fail", "pass"), ("pass", "fail")])
@pytest.mark.parametrize("unknown", [1, 3])
def test_an_unknown_finding_keeps_the_baseline(then: str, now: str, unknown: int) -> None:
    between = [judgment([finding("unknown")])] * unknown
    report = run(judgment([finding(then)]), *between, judgment([finding(now)]))
    assert ids(report["fixed" if now == "pass" else "new"]) == ["trunk1"]


@pytest.mark.parametrize(("then", "now"), [("fail", "pass"), ("pass", "fail")])
def test_an_unread_account_keeps_the_baseline_and_is_neither_new_nor_fixed(then: str, now: str) -> None:
    unread = judgment([finding("unknown", None)], [account(ACCOUNT, unread=(EAST,))])
    report = run(judgment([finding(then)]), unread, unread)
    assert (report["new"], report["fixed"]) == ([], [])
    (carried,) = report["carried_forward"]
    assert (carried["voice_connector_id"], carried["last_known_status"]) == ("trunk1", then)
    report = run(judgment([finding(then)]), unread, unread, judgment([finding(now)]))
    assert ids(report["fixed" if now == "pass" else "new"]) == ["trunk1"]
    assert report["carried_forward"] == []


def test_a_failing_trunk_that_is_gone_from_a_completely_read_region_is_fixed() -> None:
    then = judgment([finding("fail"), finding("pass", "trunk2")])
    report = run(then, judgment([]))
    (entry,) = report["fixed"]
    assert (entry["voice_connector_id"], entry["status"]) == ("trunk1", "not_applicable")
    assert entry["reason"] == "The Voice Connector no longer exists."
    assert set(entry) == {*finding(), "last_known_status"}
    assert report["carried_forward"] == []


@pytest.mark.parametrize(
    "accounts",
    [
        [account(ACCOUNT, WEST)],
        [account(ACCOUNT, WEST, unread=(EAST,))],
        [account(OTHER_ACCOUNT, EAST)],
        [account(None, EAST)],
        [account(ACCOUNT, EAST, selection={"voice_connector_ids": None, "names": ["x"], "tags": None})],
        [],
    ],
)
def test_a_trunk_is_not_gone_unless_its_region_was_completely_read(accounts: list[Any]) -> None:
    report = run(judgment([finding("fail")]), judgment([], accounts))
    assert report["fixed"] == []
    assert ids(report["carried_forward"]) == ["trunk1"]


def test_a_trunk_that_is_found_elsewhere_is_not_gone() -> None:
    report = run(judgment([finding("fail")]), judgment([finding("fail", account_id=None)]))
    assert (report["new"], report["fixed"], ids(report["carried_forward"])) == ([], [], ["trunk1"])


def test_a_trunk_whose_account_was_unknown_in_the_previous_report_is_compared() -> None:
    then = judgment([finding("fail", account_id=None)], [account(None, EAST)])
    report = run(then, judgment([finding("pass")]))
    assert (ids(report["fixed"]), report["carried_forward"]) == (["trunk1"], [])


def test_a_failing_trunk_that_did_not_exist_before_is_new() -> None:
    assert ids(run(judgment([]), judgment([finding("fail")]))["new"]) == ["trunk1"]


@pytest.mark.parametrize(
    "then",
    [
        judgment([], [account(ACCOUNT, WEST)]),
        judgment([], [account(ACCOUNT, unread=(EAST,))]),
        judgment([], [account(None, EAST)]),
        judgment([], [account(ACCOUNT, EAST, selection={"voice_connector_ids": ["x"], "names": None, "tags": None})]),
        judgment([finding("unknown")]),
        judgment([finding("unknown", region=WEST)]),
        judgment([finding("pass", account_id=OTHER_ACCOUNT)], [account(ACCOUNT, EAST), account(OTHER_ACCOUNT, EAST)]),
        judgment([], policy={"require_encryption": False}),
        judgment([], policy={"no_proxy_configuration": True}),
    ],
)
def test_a_failing_trunk_is_not_new_unless_it_is_known_not_to_have_existed(then: Judgment) -> None:
    assert run(then, judgment([finding("fail")]))["new"] == []


@pytest.mark.parametrize(("then", "now"), [("fail", "pass"), ("pass", "fail"), ("fail", "unknown")])
def test_a_check_with_a_different_value_in_the_policy_is_not_compared(then: str, now: str) -> None:
    report = run(judgment([finding(then)], policy={"require_encryption": False}), judgment([finding(now)]))
    assert (report["new"], report["fixed"], report["carried_forward"]) == ([], [], [])
    assert report["findings"][0]["last_known_status"] is None
    report = run(judgment([finding("fail")], policy={"require_encryption": False}), judgment([]))
    assert (report["fixed"], report["carried_forward"]) == ([], [])


def test_a_check_with_different_networks_in_the_policy_is_not_compared() -> None:
    check = "termination_cidrs_within"
    then = judgment([finding("fail", check=check)], policy={check: ["203.0.113.0/24"]})
    now = judgment([finding("pass", check=check)], policy={check: ["172.16.113.0/24"]})
    assert run(then, now)["fixed"] == []
    assert ids(run(then, now._replace(policy=then.policy))["fixed"]) == ["trunk1"]


def test_a_check_with_a_new_value_in_the_policy_does_not_affect_other_checks() -> None:
    same, changed = "require_encryption", "sip_logs"

    def audit(value: bool, status: str, *gone: str) -> Judgment:
        found = [finding(status, trunk, check=check) for trunk in ("trunk1", *gone) for check in (changed, same)]
        return judgment(found, policy={changed: value, same: True})

    report = run(audit(True, "pass", "trunk2"), audit(False, "fail", "trunk2"))
    assert [(entry["voice_connector_id"], entry["check"]) for entry in report["new"]] == [
        ("trunk1", same),
        ("trunk2", same),
    ]
    report = run(audit(True, "fail", "trunk2"), audit(False, "fail"))
    assert [(entry["voice_connector_id"], entry["check"]) for entry in report["fixed"]] == [("trunk2", same)]


def test_a_finding_about_an_account_does_not_hide_the_findings_after_it() -> None:
    then = judgment([finding("unknown", None), finding("fail")])
    assert ids(run(then, judgment([finding("pass")]))["fixed"]) == ["trunk1"]


@pytest.mark.parametrize("shown", [False, True])
def test_a_phone_number_in_the_policy_does_not_prevent_the_comparison(shown: bool) -> None:
    policy = {"require_encryption": ["+12065550100"]}
    then = json.loads(json.dumps(envelope(judgment([finding("fail")], policy=policy), show_phone_numbers=shown)))
    report = envelope(judgment([finding("pass")], policy=policy), as_previous(then))
    assert ids(report["fixed"]) == ["trunk1"]


# Previous reports that were damaged or edited


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "voice-audit.json"
    path.write_text(json.dumps(envelope(judgment([finding("fail")]))))
    return path


def test_a_missing_previous_report_causes_no_warning(tmp_path: pathlib.Path) -> None:
    assert read_previous(str(tmp_path / "missing.json")) == (None, None)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "it is truncated or not JSON"),
        (b'{"format": 1, "findings": [', "it is truncated or not JSON"),
        (b"\xff\xfe\xfd", "it is not UTF-8 text"),
        (b"[" * 200_000, "it is nested too deeply or too large"),
        (b"9" * 5000, "Exceeds the limit"),
        (b"[]", "it is not a report in the current format"),
        (b"{}", "it is not a report in the current format"),
    ],
)
def test_an_unusable_previous_report_causes_a_warning(path: pathlib.Path, content: bytes, problem: str) -> None:
    path.write_bytes(content)
    previous, warning = read_previous(str(path))
    assert previous is None
    assert warning is not None
    assert warning.startswith(f"The previous report {path} cannot be used: {problem}")
    assert warning.endswith("It is unknown what is new and what is fixed.")


MINIMAL = {"format": 1, "created": "2026-11-27T18:00:00+00:00", "policy": {}, "accounts": [], "findings": []}


def test_a_minimal_previous_report_can_be_used(path: pathlib.Path) -> None:
    path.write_text(json.dumps(MINIMAL))
    previous, warning = read_previous(str(path))
    assert (previous and previous.created, warning) == (MINIMAL["created"], None)


@pytest.mark.parametrize(
    ("key", "value"), [("format", 0), ("format", 2), ("policy", []), ("accounts", {}), ("findings", None)]
)
def test_a_previous_report_in_a_different_format_cannot_be_used(path: pathlib.Path, key: str, value: Any) -> None:
    path.write_text(json.dumps({**MINIMAL, key: value}))
    previous, warning = read_previous(str(path))
    assert previous is None
    assert "it is not a report in the current format" in str(warning)


@pytest.mark.parametrize("length", range(0, 900, 50))
def test_a_truncated_previous_report_causes_a_warning(path: pathlib.Path, length: int) -> None:
    content = path.read_bytes()
    assert len(content) > 900
    path.write_bytes(content[:length])
    previous, warning = read_previous(str(path))
    assert previous is None
    assert warning is not None


def test_a_huge_previous_report_is_not_read(path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _compare.MAX_BYTES == 64 * 1024 * 1024
    monkeypatch.setattr(_compare, "MAX_BYTES", path.stat().st_size)
    assert read_previous(str(path))[1] is None
    monkeypatch.setattr(_compare, "MAX_BYTES", path.stat().st_size - 1)
    assert "larger than" in str(read_previous(str(path))[1])


def test_the_warning_about_a_huge_previous_report_contains_the_limit(
    path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_compare, "MAX_BYTES", 1024 * 1024)
    path.write_bytes(b" " * (_compare.MAX_BYTES + 1))
    assert "it is larger than 1 MB" in str(read_previous(str(path))[1])


@pytest.mark.parametrize(
    ("kind", "problem"),
    [("folder", "Is a directory"), ("pipe", "it is not a file"), ("below a file", "Not a directory")],
)
def test_a_previous_report_that_is_not_a_file_causes_a_warning(
    path: pathlib.Path, tmp_path: pathlib.Path, kind: str, problem: str
) -> None:
    target = path / "x" if kind == "below a file" else tmp_path / kind
    if kind == "folder":
        target.mkdir()
    elif kind == "pipe":
        os.mkfifo(target)
    previous, warning = read_previous(str(target))
    assert previous is None
    assert f"cannot be used: {problem}. " in str(warning)


ODD: list[Any] = [None, 7, "x", [], {}, [[]], {"x": [{}]}, True]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("key", [None, *finding(), "last_known_status"])
def test_an_odd_finding_in_the_previous_report_hides_no_other_finding(odd: Any, key: str | None) -> None:
    report = json.loads(json.dumps(envelope(judgment([finding("fail"), finding("pass", "trunk2")]))))
    report["findings"].append(odd if key is None else {**finding("pass", "trunk3"), key: odd})
    now = judgment([finding("pass"), finding("fail", "trunk2"), finding("fail", "trunk4")])
    report = envelope(now, as_previous(report))
    assert "trunk1" in ids(report["fixed"])
    assert "trunk2" in ids(report["new"])
    about_anything = key is None or (key == "voice_connector_id" and odd != "x")
    assert ("trunk4" in ids(report["new"])) is (not about_anything and (key != "check" or odd in (None, "x")))
    json.dumps(report)


@pytest.mark.parametrize("key", ["created", "format"])
@pytest.mark.parametrize("odd", [*ODD, 1.0, True, "2026-11-27T18:00:00+00:00\n[ERROR]"])
def test_a_previous_report_without_a_valid_date_or_format_cannot_be_used(odd: Any, key: str) -> None:
    report = {**envelope(judgment([finding("fail")])), key: odd}
    with pytest.raises(ValueError, match="not a report in the current format"):
        as_previous(json.loads(json.dumps(report)))


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("key", ["account", "account_id", "regions", "region", "complete", "selection", "carried"])
def test_odd_values_in_a_previous_report_are_ignored(odd: Any, key: str) -> None:
    report = json.loads(json.dumps(envelope(judgment([finding("fail")]))))
    entry = report["accounts"][0]
    if key == "account":
        report["accounts"] = [odd]
    elif key in ("region", "complete"):
        entry["regions"] = [odd, {**entry["regions"][0], key: odd}]
    elif key == "carried":
        report["carried_forward"] = odd
    else:
        entry[key] = odd
    report = envelope(judgment([finding("pass")]), as_previous(report))
    assert ids(report["fixed"]) == ["trunk1"]
    json.dumps(report)


@pytest.mark.parametrize("number", ["12065550199", "+12065550199", "(206) 555-0199", "442079460999"])
def test_a_number_in_the_policy_that_a_report_masks_does_not_prevent_the_comparison(number: str) -> None:
    policy = {"allowed_tag_values": {"contact": [number]}}
    numbers = ["+12065550199", "+442079460999"]
    connectors = [{"account_id": ACCOUNT, "voice_connector_id": "trunk1", "phone_numbers": numbers}]

    def audit(status: str, value: str = number) -> Judgment:
        found = [finding(status, check="allowed_tag_values")]
        given = {"allowed_tag_values": {"contact": [value]}}
        return judgment(found)._replace(policy=given, voice_connectors=connectors)

    first = json.loads(json.dumps(envelope(audit("fail"))))
    assert number not in json.dumps(first["policy"])
    assert policy == audit("fail").policy
    assert ids(envelope(audit("pass"), as_previous(first))["fixed"]) == ["trunk1"]
    assert ids(envelope(audit("pass", f"{number[:-1]}8"), as_previous(first))["fixed"]) == []
