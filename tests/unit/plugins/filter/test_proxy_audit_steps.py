# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the filters that the tasks in the role proxy_audit use: options, accounts, reads, hosts, and HTML."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.chime_sdk.voice.plugins.filter import proxy_audit_options as options_plugin
from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit import proxy_audit
from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit_accounts import FilterModule as Accounts
from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit_hosts import FilterModule as Hosts
from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit_html import FilterModule as Html
from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit_reads import FilterModule as Reads
from ansible_collections.chime_sdk.voice.tests.unit.plugins.filter.conftest import EAST, NOW, read, statuses

ROOT = pathlib.Path(__file__).resolve().parents[4]
ARN = "arn:aws:iam::444455556666:role/audit"
CREDENTIALS = {"access_key": "a", "secret_key": "s", "session_token": "t"}

make_options = options_plugin.FilterModule().filters()["proxy_audit_options"]
pair_accounts = Accounts().filters()["proxy_audit_accounts"]
reduce_results = Reads().filters()["proxy_audit_reads"]
collect_reads = Hosts().filters()["proxy_audit_hosts"]
make_page = Html().filters()["proxy_audit_html"]


# Options


def test_the_defaults_match_the_role() -> None:
    defaults = yaml.safe_load((ROOT / "roles/proxy_audit/defaults/main.yml").read_text(encoding="utf-8"))
    assert {f"proxy_audit_{name}": value for name, value in options_plugin.DEFAULTS.items()} == defaults


@pytest.mark.parametrize("empty", ["", " \n", None])
def test_an_empty_value_means_the_default(empty: Any) -> None:
    assert make_options(dict.fromkeys(options_plugin.DEFAULTS, empty)) == make_options({})


@pytest.mark.parametrize(
    ("name", "value", "parsed"),
    [
        ("regions", "us-east-1, us-west-2\nus-east-1", ["us-east-1", "us-west-2"]),
        ("regions", [], options_plugin.DEFAULTS["regions"]),
        ("regions", [""], options_plugin.DEFAULTS["regions"]),
        ("voice_connector_ids", "a\nb, c", ["a", "b", "c"]),
        ("voice_connector_ids", [], []),
        ("voice_connector_ids", [""], None),
        ("names", "front desk, fax\n warehouse ", ["front desk", "fax", "warehouse"]),
        ("tags", '{"team": null}', {"team": None}),
        ("tags", "team=voice", {"team": "voice"}),
        ("tags", {}, None),
        ("formats", "json", ["json"]),
        ("formats", [], []),
        ("formats", [""], ["json", "csv", "html"]),
        ("concurrency", "64", 64),
        ("require_complete", "false", False),
        ("include_tags", "yes", True),
    ],
)
def test_values_from_a_survey_are_parsed(name: str, value: Any, parsed: Any) -> None:
    assert make_options({name: value})[name] == parsed


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("names", [2024], "YAML reads 2024 as a number. Put it in quotes"),
        ("names", ["a", True], "YAML reads True as a boolean"),
        ("names", 7, "YAML reads 7 as a number"),
        ("tags", {"keep": True}, "YAML reads True as a boolean"),
        ("tags", "7", "is not a dictionary"),
        ("regions", {"nested": "us-east-1"}, "is not a string"),
        ("formats", ["pdf"], "'pdf' is not one of json, csv, html"),
        ("concurrency", "many", "'many' is not an integer from 1 to 64"),
        ("concurrency", True, "True is not an integer"),
        ("concurrency", 65, "65 is not an integer from 1 to 64"),
        ("show_phone_numbers", "perhaps", "'perhaps' is not a boolean"),
        ("report_dir", 7, "YAML reads 7 as a number"),
    ],
)
def test_an_invalid_value_fails_and_names_the_variable(name: str, value: Any, problem: str) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        make_options({name: value})
    assert str(raised.value).startswith(f"The value of proxy_audit_{name} is not valid: ")
    assert problem in str(raised.value)


def test_a_role_and_a_list_of_roles_cannot_be_combined() -> None:
    assert make_options({"assume_role_arn": ARN})["role_arns"] == [ARN]
    with pytest.raises(AnsibleFilterError, match="not both"):
        make_options({"assume_role_arn": ARN, "assume_role_arns": [ARN]})


def test_a_path_is_relative_to_the_directory_where_you_run_ansible(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("PWD", "/elsewhere")
    for path, expanded in (
        ("", f"{os.getcwd()}/proxy-audit"),
        ("~/a", "/home/someone/a"),
        ("$HOME/b", "/home/someone/b"),
    ):
        assert make_options({"report_dir": path})["report_dir"] == expanded
    assert make_options({"report_dir": "/c", "formats": "html, csv"})["files"] == [
        "/c/proxy-audit.html",
        "/c/proxy-audit.csv",
    ]


# Accounts


def test_the_credentials_in_use_are_the_default() -> None:
    (account,) = pair_accounts(make_options({}), {"skipped": True, "results": []})
    assert account["readable"] and account["credentials"] == {} and account["role_arn"] is None


def test_each_role_has_credentials_or_the_reason_why_not() -> None:
    options = make_options({"assume_role_arns": [ARN, "denied"]})
    good, bad = pair_accounts(
        options, {"results": [{"sts_creds": {**CREDENTIALS, "x": 1}}, {"msg": "Not authorized."}]}
    )
    assert (good["credentials"], good["account"], good["readable"]) == (CREDENTIALS, "444455556666", True)
    assert (bad["credentials"], bad["account"], bad["readable"]) == ({}, None, False)
    assert bad["reason"] == "The role denied cannot be assumed. Not authorized."


@pytest.mark.parametrize(
    "assumed",
    [
        {"unreachable": True, "msg": "Gone."},
        {"results": [{"msg": "Gone."}]},
        {"results": [{"msg": "Gone.", "sts_creds": {"access_key": "a"}}]},
    ],
)
def test_an_account_is_not_readable_if_its_role_has_no_credentials(assumed: Any) -> None:
    (account,) = pair_accounts(make_options({"assume_role_arn": ARN}), assumed)
    assert not account["readable"] and account["reason"].endswith("Gone.")


# Reads


def reads_from(result: Any, **variables: Any) -> list[dict[str, Any]]:
    options = make_options({"regions": EAST, **variables})
    assumed = {"results": [{"sts_creds": CREDENTIALS}] * len(options["role_arns"])}
    return list(reduce_results(result, assumed, options, "support"))


@pytest.mark.parametrize(("shown", "number"), [(False, "**********00"), (True, "+12065550100")])
def test_reads_have_no_credentials_and_mask_phone_numbers(shown: bool, number: str) -> None:
    result = read(include=["proxy", "tags"])["result"]
    reads = reads_from({"results": [result]}, show_phone_numbers=shown, assume_role_arn=ARN)
    assert ("+1206" in str(reads)) == shown and "session_token" not in str(reads)
    audit = proxy_audit(reads, NOW, True)
    assert audit["voice_connectors"][0]["fall_back_phone_number"] == number
    assert audit == proxy_audit([{**reads[0], "result": result}], NOW, shown)


@pytest.mark.parametrize(
    "result", [{"unreachable": True, "msg": "Gone."}, {"results": [{"msg": "Gone."}]}, {"results": [], "msg": "Gone."}]
)
def test_a_failed_task_is_recorded_with_the_reason(result: Any) -> None:
    (one,) = reads_from(result)
    assert one["result"] == {"msg": "Gone."} and one["host"] == "support" and one["regions"] == [EAST]
    assert reads_from(None)[0]["result"]["msg"].startswith("The task failed")


def test_a_role_that_cannot_be_assumed_is_recorded_with_the_reason() -> None:
    options = make_options({"assume_role_arns": [ARN]})
    (one,) = reduce_results({"results": [{"skipped": True}]}, {"results": [{"msg": "Denied."}]}, options, "a")
    assert one["result"]["msg"] == f"The role {ARN} cannot be assumed. Denied." and one["account"] == "444455556666"


# Hosts

READS = {host: [{"host": host, "regions": [EAST], "result": {"msg": f"read of {host}"}}] for host in "abc"}


def collected_messages(reads: dict[str, Any], active: str, batch: str) -> list[str]:
    hosts = list("abc")
    found = collect_reads([reads.get(host) for host in hosts], hosts, list(active), list(batch))
    assert all(entry["regions"] in ([EAST], []) for entry in found)
    return [entry["result"]["msg"] for entry in found]


def test_the_reads_from_all_hosts_are_collected() -> None:
    assert collected_messages(READS, "abc", "abc") == ["read of a", "read of b", "read of c"]


def test_a_failed_host_is_missing_even_if_it_has_reads() -> None:
    read_a, read_c, missing = collected_messages(READS, "ac", "ac")
    assert missing.startswith("The host b failed, so it is not in this audit")
    assert collected_messages({**READS, "c": None}, "ab", "ab")[2].startswith("The host c failed")


def test_a_host_in_a_later_batch_has_not_run_yet() -> None:
    assert collected_messages(READS, "abc", "ab")[2].startswith("The host c has not run yet")


def test_a_host_that_did_not_run_the_role_is_missing() -> None:
    assert collected_messages({**READS, "b": None}, "abc", "abc")[2].startswith(
        "The host b has no result. Run the role on all"
    )


def test_a_missing_host_makes_the_audit_incomplete() -> None:
    reads = [{**read(), "host": "a"}]
    audit = proxy_audit(collect_reads([reads, None], ["a", "b"], ["a"], ["a", "b"]), NOW)
    assert not audit["complete"] and audit["counts"]["skipped"] == 1
    assert audit["regions"][1]["host"] == "b" and len(statuses(audit)) == 2


# The page


def test_the_page_escapes_names_and_links_only_to_the_given_files() -> None:
    audit = proxy_audit([read()], NOW)
    audit["voice_connectors"][0]["name"] = "<script>alert(1)</script>"
    assert "<script>alert(" not in make_page(audit) and "&lt;script&gt;alert(" in make_page(audit)
    assert "proxy-audit.csv" not in make_page(audit)
    assert '<a href="proxy-audit.csv">' in make_page(audit, ["proxy-audit.csv"])
