# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the HTML report as text. tests/browser tests it in a browser."""

from __future__ import annotations

import html
import html.parser
import re
import tracemalloc
from typing import Any

import pytest

from ansible_collections.chime_sdk.voice.plugins.plugin_utils._page import (
    STATUSES,
    clean,
    group_rows,
    group_unread,
    label,
    render_page,
    show,
)
from ansible_collections.chime_sdk.voice.tests.unit.envelopes import (
    OTHER_ACCOUNT,
    POLICY,
    account,
    connector,
    envelope,
    finding,
    fleet,
)
from ansible_collections.chime_sdk.voice.tests.unit.plugins.plugin_utils import cases

HOSTILE = """</script></style></table><img src=x onerror=alert(1)>"'&amp;{{ 7*7 }}{% raw %}"""


def test_the_reports_of_these_tests_have_the_keys_of_a_real_report() -> None:
    real = cases.envelope(cases.judgment([cases.finding()]))
    made = fleet(1, 1)
    missing = {"carried_forward"}  # only the comparison in the next audit needs this key
    assert set(made) == set(real) - missing
    assert set(made["counts"]) == set(real["counts"])
    assert set(made["findings"][0]) == set(real["findings"][0])
    assert set(made["accounts"][0]) <= set(real["accounts"][0])


class Text(html.parser.HTMLParser):
    """The tags of a page, and its text without the style and the script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.text += " " if tag in ("dd", "dt", "li", "td") else ""

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] not in (["style"], ["script"]):
            self.text += data


def text_of(report: dict[str, Any]) -> str:
    return " ".join(Text(render_page(report)).text.split())


def cells(page: str) -> list[list[str]]:
    """Return the statuses in each row of the table."""
    rows = re.findall(r"<tr><th scope=row>.*", page)
    return [re.findall(r'<td class=(?:[fuepn]|"[fuepn] w")>([^<]*)', row) for row in rows]


def names(report: dict[str, Any]) -> list[str]:
    return re.findall(r"<th scope=row><bdi>(?:<i>)?([^<]*)", render_page(report))


def with_statuses(*rows: str, **values: Any) -> dict[str, Any]:
    """Return a report. Each row, such as "fail pass", is both the name and the two statuses of a Voice Connector."""
    connectors = [connector(f"id{number}", name=row) for number, row in enumerate(rows)]
    findings = [
        finding(item, check, status)
        for item, row in zip(connectors, rows)
        for check, status in zip(("sip_logs", "required_tags"), row.split())
    ]
    policy = {check: POLICY[check] for check in ("sip_logs", "required_tags")}
    return envelope(findings, connectors, **{"policy": policy, **values})


# The table


def test_each_row_has_a_cell_with_the_status_in_words_for_each_check_in_the_order_of_the_policy() -> None:
    page = render_page(with_statuses("fail unknown", "excepted not_applicable", "pass pass"))
    assert cells(page) == [["Fail", "Unknown"], ["Excepted", "Not applicable"], ["Pass", "Pass"]]
    assert re.findall(r'data-filter="check=\d">([^<]*)', page) == ["SIP logs ", "Required tags"]


def test_a_check_that_the_policy_does_not_list_has_a_column() -> None:
    report = with_statuses("pass pass")
    report["findings"].append(finding(report["voice_connectors"][0], "future_check", "fail"))
    assert cells(render_page(report)) == [["Pass", "Pass", "Fail"]]


@pytest.mark.parametrize("status", ["surprise", None, 7])
def test_a_status_that_does_not_exist_is_unknown(status: Any) -> None:
    report = with_statuses("pass pass")
    report["findings"][0]["status"] = status
    page = render_page(report)
    assert cells(page) == [["Unknown", "Pass"]] and '<b class="u">Unknown</b> SIP logs' in page


def test_a_missing_finding_is_unknown() -> None:
    report = with_statuses("pass")
    assert cells(render_page(report)) == [["Pass", "Unknown"]]
    assert "Required tags: The report contains no finding for this check." in text_of(report)
    report["findings"] = []
    assert cells(render_page(report)) == [["Unknown", "Unknown"]]


def test_of_several_findings_for_a_check_the_worst_is_shown_and_all_are_explained() -> None:
    report = with_statuses("pass pass")
    item = report["voice_connectors"][0]
    report["findings"] += [
        finding(item, "sip_logs", "unknown", reason="first"),
        finding(item, "sip_logs", "fail", reason="second"),
    ]
    page = render_page(report)
    assert cells(page) == [["Fail", "Pass"]] and "first" in page and "second" in page


def test_the_worst_rows_and_accounts_come_first() -> None:
    rows = ["pass pass", "unknown unknown", "fail pass", "excepted pass", "fail unknown", "fail fail"]
    worst_first = ["fail fail", "fail unknown", "fail pass", "unknown unknown", "excepted pass", "pass pass"]
    assert names(with_statuses(*rows)) == worst_first
    report = with_statuses("pass pass", "fail pass", "unknown pass")
    for number, item in enumerate(report["voice_connectors"]):
        for part in [item, *report["findings"][2 * number : 2 * number + 2]]:
            part["account_id"] = ("111122223333", OTHER_ACCOUNT, None)[number]
    page = render_page(report)
    groups = re.findall(r'<span data-filter="account=(\d)"><(?:bdi|i)[^>]*>([^<]*)', page)
    assert groups == [("1", OTHER_ACCOUNT), ("2", "unknown account"), ("3", "111122223333")]


def test_rows_that_are_equally_bad_are_sorted_by_name() -> None:
    report = with_statuses("fail pass", "fail pass", "fail pass")
    for item, name in zip(report["voice_connectors"], ("b", "C", "a")):
        for part in report["findings"]:
            if part["voice_connector_id"] == item["voice_connector_id"]:
                part["name"] = name
    assert names(report) == ["a", "b", "C"]


def test_voice_connectors_with_the_same_id_in_different_places_are_different_rows() -> None:
    connectors = [connector("same"), connector("same", region="eu-west-1"), connector("same", account_id=None)]
    report = envelope([finding(item, "sip_logs", "pass") for item in connectors], connectors, policy={"sip_logs": True})
    assert cells(render_page(report)) == [["Pass"], ["Pass"], ["Pass"]]


def test_new_findings_are_marked() -> None:
    report = with_statuses("fail fail")
    report.update(new=report["findings"][:1], previous_created="2026-11-26T18:00:00+00:00")
    page = render_page(report)
    assert '<td class="f w">Fail, new<td class=f>Fail<' in page and ">New <small>1</small>" in page


def test_the_number_of_failures_is_in_the_heading_of_a_check() -> None:
    page = render_page(with_statuses("fail pass", "fail unknown"))
    assert re.findall(r'(\d)<span class="v"> failed', page) == ["2"]


# Details


@pytest.mark.parametrize("status", STATUSES)
def test_only_rows_that_do_not_pass_have_details(status: str) -> None:
    page = render_page(with_statuses(f"{status} pass"))
    assert ("<td class=d>" in page) == (status in ("fail", "unknown", "excepted"))
    assert ("cidr_allowed_list" in page) == (status in ("fail", "unknown", "excepted"))


def test_details_have_the_reasons_fixes_expectations_exceptions_and_last_known_status() -> None:
    item = connector("id", name="reception")
    expired = {"reason": "Too late", "until": "2026-01-31", "expired": True}
    fix = {"streaming": {"data_retention_in_hours": 24}}
    open_ended = {"reason": "Forever", "until": None, "expired": False}
    text = text_of(
        envelope(
            [
                finding(item, "streaming_min_retention_hours", "fail", reason="Too short.", actual=7, fix=fix),
                finding(item, "sip_logs", "fail", actual=False, exception=expired),
                finding(item, "media_metric_logs", "excepted", exception=open_ended),
                finding(item, "required_tags", "excepted"),
                finding(item, "termination_cidrs_within", "unknown", reason=None, last_known_status="not_applicable"),
            ],
            [item],
        )
    )
    assert (
        "Streaming min retention hours: Too short. Fix: streaming.data_retention_in_hours: 24 Expected 24; found 7"
        in text
    )
    assert "SIP logs: Calls are accepted from 198.51.100.0/24. Exception: Too late (expired after 2026-01-31)" in text
    assert "SIP messages are not logged. Exception: Forever Excepted" in text
    assert "Expected team Exception: Replaced in spring (TEL-42) (until 2027-03-31)" in text
    assert "within: The reason is unknown. Expected 203.0.113.0/24 Last known status: not applicable" in text


def test_a_voice_connector_without_settings_or_with_odd_ones_is_shown() -> None:
    report = with_statuses("fail pass", "fail fail")
    report["voice_connectors"] = [
        {"voice_connector_id": "id0"},
        {},
        {**connector("id1"), "name": 7, "tags": [[["a"]], {"b": None}], "proxy": None, "odd": {"exists": "maybe"}},
    ]
    page = render_page(report)
    assert cells(page)[:2] == [["Fail", "Fail"], ["Fail", "Pass"]] and len(cells(page)) == 4
    assert "<dt>tags<dd><bdi>[[a]], {b: null}</bdi><dt>proxy<dd><bdi>null</bdi>" in page
    assert "<dt>odd<dd><bdi>unknown</bdi>" in page


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"exists": False, "routes": []}, "not set"),
        ({"exists": None, "routes": []}, "unknown"),
        ({"exists": True}, "set"),
        ({"exists": True, "usernames": [], "cps_limit": 1}, "usernames: []; cps_limit: 1"),
        ({"routes": [{"port": 5061, "exists": True}]}, "routes: [{port: 5061, exists: true}]"),
        ([], "none"),
        (["US", "CA"], "US, CA"),
        (True, "true"),
        (None, "null"),
        (1.5, "1.5"),
        ([[[[["deep"]]]]], "[[[[deep]]]]"),
        ([[[[[["deep"]]]]]], "[[[[[…]]]]]"),
    ],
)
def test_a_value_is_shown_in_one_line(value: Any, text: str) -> None:
    assert show(value) == text


def test_headings_are_words() -> None:
    assert [label(check) for check in ("sip_logs", "termination_cidrs_within", "", 7)] == [
        "SIP logs",
        "Termination CIDRs within",
        "",
        "7",
    ]


# Above the table


@pytest.mark.parametrize(
    ("outcome", "shown"),
    [("violated", "Violated"), ("incomplete", "Incomplete"), ("compliant", "Compliant"), ("empty", "Nothing found")],
)
def test_the_outcome_and_the_verdict_come_first(outcome: str, shown: str) -> None:
    text = text_of(with_statuses("pass pass", outcome=outcome, verdict="A verdict"))
    assert f"Voice audit, 2026-11-27 18:00 UTC {shown} A verdict" in text


def test_a_time_in_a_different_format_is_not_labeled_utc() -> None:
    assert "2026-11-27 18:00 Violated" in text_of(with_statuses("fail pass", created="2026-11-27T18:00:00+02:00"))


def test_unread_accounts_and_regions_are_grouped_by_reason() -> None:
    expired = "The token has expired."
    accounts = [
        account("111122223333", {"eu-west-1": expired, "eu-west-2": expired, "us-west-2": "Denied."}),
        account(None, complete=False, regions=[], assume_role_arn="arn:aws:iam::1:role/audit", reason=expired),
        account(None, complete=False, regions=[], reason=None),
        account(OTHER_ACCOUNT, {"eu-west-1": expired}, reason="The reading stopped."),
        account("555566667777", {"eu-west-1": expired}, reason=expired),
        account("666677778888"),
        account("555566667777", {"eu-west-1": expired}),  # a second read of this account
    ]
    nothing = {"account_id": OTHER_ACCOUNT, "region": None}
    findings = [
        finding({"account_id": "111122223333", "region": "us-west-2"}, None, "unknown", reason="us-west-2: Denied."),
        finding(nothing, None, "unknown", reason="No Voice Connector has the name lobby."),
        finding(nothing, None, "unknown", reason=None),
    ]
    report = envelope(findings, accounts=accounts)
    assert group_unread(report) == {
        expired: {
            "111122223333": ["eu-west-1", "eu-west-2"],
            "arn:aws:iam::1:role/audit": [],
            OTHER_ACCOUNT: ["eu-west-1"],
            "555566667777": ["eu-west-1"],
        },
        "Denied.": {"111122223333": ["us-west-2"]},
        "The reason is unknown.": {"": [], OTHER_ACCOUNT: []},
        "The reading stopped.": {OTHER_ACCOUNT: []},
        "No Voice Connector has the name lobby.": {OTHER_ACCOUNT: []},
    }
    text = text_of(report)
    assert "Not completely read: 6 Regions. Not read at all: 2 accounts" in text
    assert "The token has expired. 111122223333 (eu-west-1, eu-west-2), arn:aws:iam::1:role/audit, 4444" in text
    assert text.index("The token has expired.") < text.index("No Voice Connectors were found, but not everything")


def test_a_complete_report_does_not_mention_unread_accounts() -> None:
    text = text_of(with_statuses("fail pass"))
    assert "Not completely read" not in text and "Warning" not in text and "Since the last report" not in text


def test_changes_and_warnings_are_listed_and_long_lists_are_shortened() -> None:
    report = with_statuses("fail fail", warnings=[f"warning {number}" for number in range(12)])
    report["findings"][0]["fix"] = {"logging": {"enable_sip_logs": True}}
    report.update(new=report["findings"] * 300, fixed=report["findings"][1:])
    report["previous_created"] = "2026-11-26T18:00:00Z"
    text = text_of(report)
    assert (
        "Since the last report, 2026-11-26 18:00 UTC 600 new SIP logs: fail fail id0, 111122223333, us-east-1" in text
    )
    assert "590 more" in text and "The JSON report lists the other 100." in text
    assert text.count("fail fail id0, 111122223333, us-east-1") == 500 + 1
    assert text.count("198.51.100.0/24. Fix: logging.enable_sip_logs: true") == 250 + 1  # 1 in row details
    assert "1 fixed Required tags: fail fail" in text
    assert "Warnings warning 0" in text and "2 more warning 10 warning 11" in text


def test_many_accounts_with_the_same_reason_take_one_line() -> None:
    accounts = [account(str(number), complete=False, reason="Expired.", regions=[]) for number in range(1000)]
    text = text_of(envelope([], accounts=accounts))
    assert text.count("Expired.") == 1 and "8, 9, and 990 more accounts" in text


# Below the table


def test_the_policy_and_the_scope_are_at_the_end() -> None:
    exceptions = [{"check": "sip_logs", "names": ["lobby"], "reason": "TEL-42", "until": "2027-03-31"}]
    report = with_statuses("pass pass", accounts=[account(unread={"eu-west-1": "Denied."})])
    report["policy"]["exceptions"] = exceptions
    text = text_of(report)
    assert "2 checks, 1 exception sip_logs true required_tags team" in text
    assert "check: sip_logs; names: [lobby]; reason: TEL-42; until: 2027-03-31" in text
    assert "0 Voice Connectors; us-east-1, eu-central-1 completely read; eu-west-1 not completely read" in text
    assert "Exceptions" not in " ".join(re.findall('data-filter="check=[^<]*', render_page(report)))


def test_a_report_without_voice_connectors_shows_the_regions_that_were_read() -> None:
    page = render_page(envelope([]))
    assert "No Voice Connectors were found." in page and '<details class="facts" open>' in page
    assert "<table" not in page and "<script" not in page


# External text


def test_no_text_from_outside_becomes_html() -> None:
    def replace(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: replace(item) for key, item in value.items()}
        if isinstance(value, list):
            return [replace(item) for item in value]
        return HOSTILE if isinstance(value, str) else value

    plain = with_statuses("fail fail", accounts=[account(unread={"eu-west-1": "Denied."})], warnings=["warning"])
    plain.update(new=plain["findings"], fixed=plain["findings"], previous_created="2026-11-26T18:00:00Z")
    plain["policy"] = {"sip_logs": True, "required_tags": ["a"], "exceptions": [{"reason": "b"}]}
    hostile = {**replace(plain), "outcome": plain["outcome"]}
    for item in hostile["findings"]:
        item["status"] = "fail"
    page = Text(render_page(hostile))
    assert "img" not in page.tags and page.tags.count("script") == page.tags.count("style") == 1
    assert page.text.count(HOSTILE) > 20


def test_the_page_can_be_encoded_and_has_no_control_characters() -> None:
    report = with_statuses("fail pass")
    report["warnings"] = ["a\ud800b\x00c\x1bd\x85e\r\nf"]
    page = render_page(report)
    assert "a\ufffdb\ufffdc\ufffdd\ufffde\ufffd\nf" in page
    assert page.encode().decode() == page


def test_long_text_is_shortened() -> None:
    assert clean("x" * 1000) == "x" * 1000
    assert clean("x" * 1001) == "x" * 1000 + "…"
    assert clean(None) == "" and clean(7) == 7


def test_the_page_allows_only_its_own_style_and_script() -> None:
    page = render_page(with_statuses("fail pass"))
    policy = re.findall('Content-Security-Policy" content="([^"]*)"', html.unescape(page))
    assert len(policy) == 1 and policy[0].startswith("default-src 'none'; ") and "unsafe" not in page
    assert len(re.findall("(?:style|script)-src 'sha256-[0-9A-Za-z+/]{43}='", policy[0])) == 2
    assert " style=" not in page and "://" not in page


def test_the_same_report_gives_the_same_page_and_is_not_changed() -> None:
    report, same = fleet(7, 2, 2), fleet(7, 2, 2)
    assert render_page(report) == render_page(report) and report == same


# Size


def test_five_thousand_rows_have_at_most_eight_megabytes() -> None:
    report = fleet(5000, 20, 5000)
    reason = "Zugriff verweigert für \u201c<Köln>\u201d; " * 20
    for item in report["findings"][:: len(POLICY)]:
        item.update(status="fail", reason=reason, actual=["198.51.100.0/24"] * 4)
    page = render_page(report)
    assert 5_000_000 < len(page.encode()) <= 8_000_000
    assert sum(map(len, cells(page))) == 60_000
    assert "The JSON report contains the reasons." in page


def test_the_reasons_of_five_hundred_rows_that_fail_fit() -> None:
    assert "The JSON report contains the reasons." not in render_page(fleet(500, 20, 1))


def test_reasons_that_do_not_fit_are_those_of_the_best_rows() -> None:
    report = fleet(800, 1, 1)
    for item in report["findings"]:
        item["reason"] = "x" * 900
    first, *_others, last = re.findall("<tr><th scope=row>.*?</details>", render_page(report), re.DOTALL)
    assert "x" * 900 in first and "The JSON report contains" not in first
    assert "x" * 900 not in last and "The JSON report contains the reasons." in last


def test_rows_take_little_memory() -> None:
    report = fleet(500, 2)
    tracemalloc.start()
    groups = group_rows(report, list(POLICY))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(groups) == 2 and peak < 500 * 10_000
