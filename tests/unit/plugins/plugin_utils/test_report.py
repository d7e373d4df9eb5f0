# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the outcome, verdict, and counts of a report, and the lines on the console."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from ansible_collections.chime_sdk.voice.plugins.plugin_utils import _report
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._findings import Judgment
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._report import MAX_LINES, build_lines, collection_version
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

TWO = [account(ACCOUNT, EAST), account(OTHER_ACCOUNT, EAST, WEST)]
NARROWED: dict[str, Any] = {"narrowed": True}
PROXIES_ONLY: dict[str, Any] = {"policy": {"no_proxy_configuration": True, "exceptions": []}}
UNREAD = finding("unknown", None)

ONLY = ". Only proxy configurations were checked"
ONE, NO_FINDINGS = f"account {ACCOUNT}", f"No violations are known among 1 Voice Connector in account {ACCOUNT}; "
# For each outcome, a list of cases. Each case is the expected verdict, and the judgment that leads to it.
CASES: dict[str, list[tuple[str, Judgment]]] = {
    "violated": [
        (f"1 of 2 Voice Connectors in {ONE} violates the policy", judgment([finding(), finding("pass", "trunk2")])),
        (
            "2 of 3 Voice Connectors in 2 accounts violate the policy; 1 exception",
            judgment([finding(), finding("fail", "trunk2"), finding("excepted", "trunk3")], TWO),
        ),
        (
            f"1 of 1 selected Voice Connector in {ONE} violates the policy",
            judgment([finding(), finding(check="sip_logs")], **NARROWED),
        ),
    ],
    "incomplete": [
        (
            "1 of 2 Voice Connectors in 2 accounts violates the policy; 1 account could not be read",
            judgment([finding(), finding("pass", "trunk2"), UNREAD], [*TWO, account(None)]),
        ),
        (
            f"{NO_FINDINGS}2 checks are unknown",
            judgment([finding("unknown"), finding("unknown", check="sip_logs")]),
        ),
        (
            f"{NO_FINDINGS}1 Region was not completely read",
            judgment([finding("pass"), UNREAD], [account(ACCOUNT, EAST, unread=(WEST,))]),
        ),
        (
            f"{NO_FINDINGS}2 Regions were not completely read; 1 check is unknown",
            judgment([finding("unknown")], [account(ACCOUNT, EAST, unread=(WEST, "eu-west-1"))]),
        ),
        (
            "No selected Voice Connectors were read; 1 part of the audit could not be read",
            judgment([UNREAD], **NARROWED),
        ),
        (
            f"No Voice Connectors were read; {ONE} could not be read",
            judgment([UNREAD], [account(ACCOUNT, unread=(EAST,))]),
        ),
        ("No Voice Connectors were read; 1 account could not be read", judgment([UNREAD], [account(None)])),
        ("No Voice Connectors were read; 2 accounts could not be read", judgment([UNREAD], [account(None)] * 2)),
        ("Nothing was read, because there are no results", judgment([], [])),
        (
            "No Voice Connectors were read; it is unknown what was read",
            judgment([], [account(ACCOUNT, complete=True)]),
        ),
        (
            f"1 of 1 Voice Connector in {ONE} violates the policy; 1 part of the audit could not be read{ONLY}",
            judgment([finding(check="no_proxy_configuration"), UNREAD], **PROXIES_ONLY),
        ),
    ],
    "empty": [
        (f"No Voice Connectors in {ONE} (1 Region read)", judgment([])),
        ("No Voice Connectors in 2 accounts (3 Regions read)", judgment([], TWO)),
        (f"No Voice Connectors in {ONE} (1 Region read){ONLY}", judgment([], **PROXIES_ONLY)),
    ],
    "compliant": [
        (
            f"The Voice Connector in {ONE} complies with the policy (1 Region read)",
            judgment([finding("pass")]),
        ),
        (
            "All 2 Voice Connectors in 2 accounts comply with the policy (3 Regions read); 1 exception",
            judgment([finding("not_applicable"), finding("excepted", "trunk2")], TWO),
        ),
        (
            "The Voice Connector in 1 account complies with the policy",
            judgment([finding("pass")], [account(None, complete=True, voice_connectors=1)]),
        ),
    ],
}


@pytest.mark.parametrize(("outcome", "verdict", "judged"), [(o, *case) for o, cases in CASES.items() for case in cases])
def test_the_outcome_and_the_verdict(outcome: str, verdict: str, judged: Judgment) -> None:
    report = envelope(judged)
    assert (report["outcome"], report["verdict"]) == (outcome, verdict)
    assert report["complete"] is (outcome != "incomplete")
    assert build_lines(report)[0] == verdict


@pytest.mark.parametrize("status", ["pass", "fail"])
def test_an_audit_that_is_not_complete_is_never_compliant_or_violated(status: str) -> None:
    assert envelope(judgment([finding(status)], complete=False))["outcome"] == "incomplete"
    assert envelope(judgment([finding(status), finding("unknown", "trunk2")]))["outcome"] == "incomplete"


def test_a_verdict_has_at_most_200_characters_and_no_control_characters() -> None:
    odd = "\u202e\n" + "9" * 100_000
    report = envelope(judgment([finding(account_id=odd)], [account(odd, EAST)], **PROXIES_ONLY))
    assert len(report["verdict"]) <= 200
    assert report["verdict"].isprintable()
    many = [account(str(number), *(f"{EAST}{n}" for n in range(9)), unread=("x", "y")) for number in range(1000)]
    many += [account(None)] * 9999
    findings = [finding("fail", str(n)) for n in range(1000)] + [finding("unknown", f"x{n}") for n in range(1000)]
    report = envelope(judgment([*findings, finding("excepted")], many, **NARROWED, **PROXIES_ONLY))
    assert len(report["verdict"]) <= 200


def test_counts_are_of_distinct_accounts_regions_and_trunks() -> None:
    role = "arn:aws:iam::444455556666:role/audit"
    accounts = [
        account(ACCOUNT, EAST, unread=(WEST,)),
        account(ACCOUNT, WEST),
        account(ACCOUNT, assume_role_arn=role),  # nothing was read with this role, but the account was read above
        account(None, assume_role_arn=role, unread=(EAST,)),
        account(None, assume_role_arn=role, unread=(EAST,)),
        account(None),
    ]
    findings = [finding(), finding(check="sip_logs"), finding("pass", "trunk2"), UNREAD]
    report = envelope(judgment(findings, accounts))
    assert report["counts"] == {
        "accounts": 3,
        "unread_accounts": 2,
        "regions": 3,
        "unread_regions": 1,
        "voice_connectors": 2,
        "violating_voice_connectors": 1,
        "pass": 1,
        "fail": 2,
        "unknown": 1,
        "not_applicable": 0,
        "excepted": 0,
    }


def test_the_envelope_has_the_settings_masked_and_the_collection_version() -> None:
    connector = {
        "account_id": ACCOUNT,
        "voice_connector_id": "x",
        "phone_numbers": {"e164_phone_numbers": ["+12065550100"]},
    }
    report = envelope(judgment([], voice_connectors=[connector]), title="T\u202eitle\n")
    assert "2065550100" not in json.dumps(report)
    assert report["voice_connectors"][0]["phone_numbers"] == {"e164_phone_numbers": ["**********00"]}
    assert report["title"] == "T itle"
    assert report["collection_version"] is not None
    shown = envelope(judgment([], voice_connectors=[connector]), show_phone_numbers=True)
    assert shown["voice_connectors"] == [connector]


def test_everything_in_the_envelope_is_masked() -> None:
    number = "+12065550100"
    private: dict[str, Any] = {"reason": number, "expected": [number], "actual": number}
    policy = {"require_encryption": [number]}
    accounts = [account(ACCOUNT, EAST, reason=number)]

    def audit(first: str, second: str) -> Judgment:
        findings = [
            finding(first, **private),
            finding(second, "trunk2", **private),
            finding("fail", "trunk3", **private),
        ]
        unused = [{"reason": number}]
        return judgment(findings[: 3 if first == "pass" else 2], accounts, policy=policy, unused_exceptions=unused)

    shown = envelope(audit("pass", "fail"), show_phone_numbers=True)
    assert "2065550100" in json.dumps(shown)
    report = envelope(audit("fail", "pass"), as_previous(shown), warnings=[number])
    assert (len(report["new"]), len(report["fixed"]), len(report["warnings"])) == (1, 2, 2)
    assert "2065550100" not in json.dumps(report)


def test_the_version_comes_from_the_manifest_or_galaxy_yml_or_is_unknown(tmp_path: pathlib.Path) -> None:
    assert collection_version(tmp_path) is None
    (tmp_path / "galaxy.yml").write_text("version: 1.2.3")
    assert collection_version(tmp_path) == "1.2.3"
    (tmp_path / "MANIFEST.json").write_text('{"collection_info": {"version": "2.0.0"}}')
    assert collection_version(tmp_path) == "2.0.0"


# Warnings


@pytest.mark.parametrize(("changes", "warned"), [({}, True), ({"complete": False}, False), ({"narrowed": True}, False)])
def test_an_exception_that_matches_nothing_causes_a_warning_if_everything_was_read(
    changes: dict[str, Any], warned: bool
) -> None:
    report = envelope(judgment([finding()], unused_exceptions=[{"check": "sip_logs"}], **changes))
    expected = 'The exception {"check": "sip_logs"} matches no finding.'
    assert report["warnings"] == ([expected] if warned else [])


def test_a_list_of_regions_from_botocore_causes_a_warning() -> None:
    report = envelope(judgment([], [account(ACCOUNT, EAST, regions_source="botocore")]), warnings=["First."])
    assert report["warnings"][0] == "First."
    assert report["warnings"][1].startswith("AWS did not return the Regions for 1 read.")


# The console


FIX = {"logging": {"enable_sip_logs": True}}


def test_the_console_shows_each_check_with_its_first_three_trunks_and_its_fix_the_most_violated_first() -> None:
    findings = [finding("fail", f"trunk{n}") for n in range(5)] + [
        finding("excepted", "trunk9"),
        finding("unknown", "z"),
    ]
    findings += [
        finding("pass", "trunk1", check="sip_logs"),
        finding("fail", "t", name=None, region=None, check="tags", fix=None),
    ]
    for number, fix in enumerate((FIX, None, FIX, FIX)):
        check = "mixed" if number < 2 else "logs"
        findings.append(finding("fail", f"t{number}", name=None, region=None, check=check, fix=fix))
    checks = ("sip_logs", "tags", "mixed", "logs", "require_encryption")
    policy = {**dict.fromkeys(checks, True), "exceptions": [{}]}
    report = envelope(judgment(findings, policy=policy))
    trunks = ", ".join(f"name of trunk{n} (trunk{n}, {EAST})" for n in range(3))
    assert build_lines(report)[1:] == [
        f"require_encryption: 5 violations, 1 unknown, 1 excepted: {trunks} and 2 more. Fix: require_encryption: true",
        "mixed: 2 violations: t0, t1",
        "logs: 2 violations: t2, t3. Fix: logging.enable_sip_logs: true",
        "tags: 1 violation: t",
        "sip_logs: no known violations",
        f"Not read: account {ACCOUNT}; {EAST}; 1 Voice Connector: Reason for unknown.",
    ]


def test_the_console_shows_what_is_new_and_the_account_if_there_are_several() -> None:
    then = envelope(judgment([finding("pass")], TWO))
    lines = build_lines(envelope(judgment([finding("fail")], TWO), as_previous(then)))
    assert lines[1] == "1 new and 0 fixed since 2026-11-27T18:00:00+00:00"
    assert f"name of trunk1 (trunk1, {EAST}, {ACCOUNT})" in lines[2]


def test_the_same_reason_in_many_accounts_and_regions_is_one_line() -> None:
    findings = []
    for number in range(100):
        for region in (EAST, WEST):
            request = f"{number:08d}-0000-0000-0000-000000000000"
            reason = f"Failed to list the Voice Connectors in {region} of {number:012d}. Request {request}: expired."
            findings.append(finding("unknown", None, account_id=f"{number:012d}", region=region, reason=reason))
    lines = build_lines(envelope(judgment(findings)))
    assert lines[2:] == [
        "Not read: account 000000000000, 000000000001, 000000000002 and 97 more; us-east-1, us-west-2: "
        "Failed to list the Voice Connectors in REGION of ACCOUNT. Request ID: expired."
    ]


def test_a_reason_that_names_what_was_not_read_is_shown_without_repetition() -> None:
    reasons = [f"Not read completely: Region {region} of account {ACCOUNT}. Denied." for region in (EAST, WEST)]
    findings = [finding("unknown", None, region=None, reason=f"Not read: account {ACCOUNT} (role x). Expired.")]
    findings += [finding("unknown", None, region=region, reason=text) for region, text in zip((EAST, WEST), reasons)]
    findings.append(finding("unknown", reason="Not read. Add logging to include."))
    assert build_lines(envelope(judgment(findings)))[2:] == [
        f"Not read: account {ACCOUNT} (role x). Expired.",
        f"Not read: account {ACCOUNT}; {EAST}, {WEST}: Region REGION of account ACCOUNT. Denied.",
        f"Not read: account {ACCOUNT}; {EAST}; 1 Voice Connector: Not read. Add logging to include.",
    ]


def test_one_unread_item_is_shown_with_its_own_reason() -> None:
    findings = [
        finding("unknown", None, account_id=None, region=None, reason="No role."),
        finding("unknown", reason=None),
    ]
    assert build_lines(envelope(judgment(findings)))[2:] == [
        "Not read: unknown account: No role.",
        f"Not read: account {ACCOUNT}; {EAST}; 1 Voice Connector: The reason is unknown.",
    ]


def test_the_console_never_shows_more_than_60_lines() -> None:
    findings = [finding("unknown", f"t{n}", reason=f"Odd reason {n}." * 1000) for n in range(200)]
    policy = {f"check{number}": True for number in range(16)}
    then = envelope(judgment([finding("pass")], policy=policy))
    lines = build_lines(envelope(judgment(findings, policy=policy), as_previous(then)))
    assert len(lines) == MAX_LINES <= 60
    assert lines[-1] == f"Not read: {200 - MAX_LINES + 19} more reasons, which are in the report"
    assert max(map(len, lines)) < 600
    exact = [finding("unknown", f"t{n}", reason=f"Odd reason {n}.") for n in range(MAX_LINES - 2)]
    lines = build_lines(envelope(judgment(exact)))
    assert len(lines) == MAX_LINES
    assert "more reasons" not in lines[-1]


@pytest.mark.parametrize(
    "odd", ["a\nb", "a\x1b[31mb", "a\u202eb", "a\u2066b", "a\u2028b", "a\x9bb", "a\x00b", "a\ud800b"]
)
def test_names_and_reasons_cannot_control_the_console(odd: str) -> None:
    findings = [finding("fail", odd, name=odd, region=odd), finding("unknown", "t", reason=odd)]
    findings.append(finding("unknown", None, account_id=odd, region=odd, reason=odd))
    for line in build_lines(envelope(judgment(findings))):
        assert line.isprintable()
        assert not _report._DIRECTION & set(line)


def test_a_long_name_is_cut() -> None:
    lines = build_lines(envelope(judgment([finding(name="x" * 5000)])))
    assert f"{'x' * 77}... (trunk1" in lines[1]
