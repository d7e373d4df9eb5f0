# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Back up and delete proxy configurations, through the real main()."""

from __future__ import annotations

import datetime
import errno
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import types
from typing import Any, Callable

import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils import _backup, _bulk
from ansible_collections.chime_sdk.voice.plugins.module_utils._bulk_writes import Record
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import VoiceError
from ansible_collections.chime_sdk.voice.plugins.module_utils._retire import choose_regions
from ansible_collections.chime_sdk.voice.plugins.modules import chime_voice_connector_proxy_retire as module
from ansible_collections.chime_sdk.voice.tests.emulator import service
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.cases import OTHER_PROXY, PHONE_NUMBER, RECEPTION_PROXY, ids
from ansible_collections.chime_sdk.voice.tests.unit.helpers import (
    CREDENTIALS,
    OTHER_CREDENTIALS,
    connection_to,
    run_main,
)

MODULE = "chime_voice_connector_proxy_retire"
LIST, GET, DELETE = "ListVoiceConnectors", "GetVoiceConnectorProxy", "DeleteVoiceConnectorProxy"
TAGS, CONNECTOR, CALLER = "ListTagsForResource", "GetVoiceConnector", "GetCallerIdentity"

ACCOUNT, OTHER_ACCOUNT = CREDENTIALS["account"], OTHER_CREDENTIALS["account"]
RECEPTION, WAREHOUSE, WORKSHOP, CANTEEN = (f"a{number:021d}" for number in range(4))
BRANCH = f"b{0:021d}"
FLEET: dict[str, Any] = {
    "credentials": [CREDENTIALS, OTHER_CREDENTIALS],
    "voice_connectors": [
        {
            "VoiceConnectorId": RECEPTION,
            "Name": "reception",
            "Tags": {"team": "voice", "stage": "live"},
            "Proxy": RECEPTION_PROXY,
        },
        {"VoiceConnectorId": WAREHOUSE, "Name": "warehouse", "Tags": {"team": "voice"}, "Proxy": OTHER_PROXY},
        {"VoiceConnectorId": WORKSHOP, "Name": "workshop"},
        {"VoiceConnectorId": CANTEEN, "Name": "canteen", "Proxy": OTHER_PROXY},
        {"VoiceConnectorId": BRANCH, "Name": "branch", "AwsRegion": "us-west-2", "Proxy": OTHER_PROXY},
    ],
}
# The format of the ARNs that the service returns.
ARN = "arn:aws:chime:us-east-1:{}:vc/{}"

Retire = Callable[..., "dict[str, Any]"]


@pytest.fixture
def retire(fleet: Emulator, folder: pathlib.Path) -> Retire:
    """Return a function that runs the module in us-east-1 with `all: true`. An option that is None is omitted."""

    def run(*faults: Fault, **options: Any) -> dict[str, Any]:
        fleet.faults = list(faults)
        fleet.requests.clear()
        args = {
            **connection_to(fleet),
            "account_id": ACCOUNT,
            "all": True,
            "regions": ["us-east-1"],
            "backup_dir": str(folder),
            **options,
        }
        return run_main(MODULE, {name: value for name, value in args.items() if value is not None})

    return run


def listing(*changes: dict[str, Any]) -> Fault:
    """Return a fault whose response lists the connectors in us-east-1.

    The first of *changes* applies to the first connector in the list, the second one to the second, and so on.
    """
    entries = []
    for number, connector in enumerate(FLEET["voice_connectors"][:4]):
        identifier = connector["VoiceConnectorId"]
        entry = {"VoiceConnectorId": identifier, "Name": connector["Name"], "AwsRegion": "us-east-1"}
        entry["VoiceConnectorArn"] = ARN.format(ACCOUNT, identifier)
        entries.append({**entry, **(changes[number] if number < len(changes) else {})})
    return Fault(LIST, body=json.dumps({"VoiceConnectors": entries}))


def reading(proxy: Any, identifier: str = RECEPTION, times: int | None = 1) -> Fault:
    """Return a fault that responds with *proxy* to the first *times* reads, or to all reads if *times* is None."""
    return Fault(GET, request_has=identifier, times=times, body=json.dumps({"Proxy": proxy}))


def assert_refused(result: dict[str, Any], fleet: Emulator, folder: pathlib.Path, *words: str) -> None:
    """Assert that the module failed, wrote nothing to the service or the disk, and still returned all keys."""
    assert result["failed"] is True
    assert (result["changed"], result["retired"], result["backup_file"]) == (False, [], None)
    assert {"account_id", "selected", "failures"} <= set(result)
    for word in words:
        assert word in result["msg"], result["msg"]
    assert DELETE not in fleet.operations()
    assert not list(folder.glob("*"))


# Success


def test_everything_selected_is_backed_up_and_deleted(
    retire: Retire, fleet: Emulator, folder: pathlib.Path, read_back: Any
) -> None:
    result = retire()
    backup = pathlib.Path(result["backup_file"])
    selected = [
        {"voice_connector_id": RECEPTION, "name": "reception", "region": "us-east-1"},
        {"voice_connector_id": WAREHOUSE, "name": "warehouse", "region": "us-east-1"},
        {"voice_connector_id": CANTEEN, "name": "canteen", "region": "us-east-1"},
    ]
    assert result == {
        "changed": True,
        "account_id": ACCOUNT,
        "selected": selected,
        "retired": [{**record, "already_absent": False} for record in selected],
        "failures": [],
        "backup_file": str(backup),
    }
    assert backup.parent == folder
    assert (backup.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    document = json.loads(backup.read_text(encoding="utf-8"))
    assert (document["format"], document["account"]) == (1, ACCOUNT)
    assert datetime.datetime.strptime(document["created"], "%Y-%m-%dT%H:%M:%SZ")
    proxies = [RECEPTION_PROXY, OTHER_PROXY, OTHER_PROXY]
    expected = [{**record, "proxy": proxy} for record, proxy in zip(selected, proxies)]
    assert document["voice_connectors"] == expected
    assert sorted(fleet.operations()) == sorted([CALLER, LIST] + [GET] * 7 + [DELETE] * 3)
    assert read_back(RECEPTION) is read_back(WAREHOUSE) is read_back(CANTEEN) is None


def test_the_second_run_changes_nothing_and_writes_no_backup(retire: Retire, folder: pathlib.Path) -> None:
    retire()
    result = retire()
    assert (result["changed"], result["selected"], result["retired"], result["backup_file"]) == (False, [], [], None)
    assert len(list(folder.iterdir())) == 1


def test_only_selected_ids_are_retired(retire: Retire, read_back: Any) -> None:
    result = retire(all=None, voice_connector_ids=[WAREHOUSE, WORKSHOP, WAREHOUSE])
    assert ids(result["retired"]) == [WAREHOUSE]
    assert read_back(RECEPTION) == RECEPTION_PROXY


def test_ids_are_found_in_several_regions(retire: Retire) -> None:
    result = retire(all=None, voice_connector_ids=[BRANCH, WAREHOUSE], regions=["us-east-1", "us-west-2"])
    assert [(record["voice_connector_id"], record["region"]) for record in result["retired"]] == [
        (BRANCH, "us-west-2"),
        (WAREHOUSE, "us-east-1"),
    ]


def test_the_default_is_all_regions_of_the_service(retire: Retire, fleet: Emulator) -> None:
    result = retire(regions=None, region=None)
    assert ids(result["retired"]) == [RECEPTION, WAREHOUSE, CANTEEN, BRANCH]
    regions = [r["headers"]["authorization"].split("/")[2] for r in fleet.requests if r["operation"] == LIST]
    assert sorted(regions) == sorted(service.MODEL.shape_for("VoiceConnectorAwsRegion").enum)


@pytest.fixture
def read_back(fleet: Emulator) -> Callable[[str], Any]:
    """Return a function that returns the stored proxy configuration of a Voice Connector in us-east-1."""
    return lambda identifier: fleet.voice._connectors[ACCOUNT, "us-east-1"][identifier]["settings"].get("Proxy")


def test_lists_and_tags_can_be_strings(retire: Retire) -> None:
    result = retire(
        regions="us-east-1,us-west-2",
        exclude_regions="us-west-2",
        exclude_voice_connector_ids=f"{WORKSHOP},{CANTEEN}",
        exclude_names="canteen,workshop",
        exclude_tags='stage="live"',
    )
    assert ids(result["retired"]) == [WAREHOUSE]


# Options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"account_id": "1234"}, "account_id is '1234', which is not the ID of an AWS account"),
        (
            {"account_id": 111122223333},
            "account_id contains a number where a string is required. Write a string in quotes",
        ),
        ({"all": False}, "voice_connector_ids is missing or empty, and the option 'all' is not true"),
        (
            {"all": None, "voice_connector_ids": []},
            "voice_connector_ids is missing or empty, and the option 'all' is not true",
        ),
        ({"voice_connector_ids": [RECEPTION]}, "voice_connector_ids cannot be combined with the option 'all'"),
        ({"voice_connector_ids": []}, "voice_connector_ids cannot be combined with the option 'all'"),
        ({"all": False, "voice_connector_ids": "all"}, "Set the option 'all' to true instead"),
        ({"all": False, "voice_connector_ids": ["../x"]}, "an item of voice_connector_ids is '../x'"),
        ({"all": False, "voice_connector_ids": [5]}, "voice_connector_ids contains a number"),
        ({"concurrency": 0}, "concurrency is 0"),
        ({"concurrency": True}, "concurrency is a boolean, but a number is required"),
        ({"max_deletions": -1}, "max_deletions is -1"),
        ({"max_deletions": True}, "max_deletions is a boolean, but a number is required"),
        ({"regions": []}, "the option 'regions' is empty"),
        ({"regions": None}, "the option 'region' does not limit what is deleted"),
        (
            {"regions": None, "region": None, "aws_region": "us-east-1"},
            "the option 'region' does not limit what is deleted",
        ),
        ({"exclude_regions": ["us-esat-1"]}, "us-esat-1, but it can contain only the Regions to read: us-east-1"),
        ({"exclude_regions": ["us-east-1"]}, "exclude_regions contains all Regions to read"),
        ({"exclude_names": [2024]}, "exclude_names contains a number where a string is required"),
        ({"exclude_names": ["reception", True]}, "exclude_names contains a boolean where a string is required"),
        ({"exclude_voice_connector_ids": [False]}, "exclude_voice_connector_ids contains a boolean"),
        ({"exclude_tags": {"keep": True}}, "exclude_tags contains a boolean where a string is required"),
        ({"exclude_tags": '{"keep": true}'}, "exclude_tags contains a boolean where a string is required"),
        ({"exclude_tags": {"stage": 1}}, "exclude_tags contains a number where a string is required"),
        ({"backup_dir": 5}, "backup_dir contains a number"),
        ({"exclude_names": False}, "exclude_names contains a boolean"),
    ],
)
def test_an_invalid_option_fails_before_a_request(
    retire: Retire, fleet: Emulator, folder: pathlib.Path, options: dict[str, Any], words: str
) -> None:
    assert_refused(retire(**options), fleet, folder, words)
    assert fleet.requests == []


@pytest.mark.parametrize("name", ["account_id", "max_deletions", "exclude_tags"])
def test_a_missing_or_unusable_value_fails_before_a_request(retire: Retire, fleet: Emulator, name: str) -> None:
    assert retire(**{name: None if name == "account_id" else "many"})["failed"] is True
    assert fleet.requests == []


def test_the_region_in_the_environment_does_not_select_connectors(
    retire: Retire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert ids(retire(region=None)["selected"]) == [RECEPTION, WAREHOUSE, CANTEEN]


def test_chosen_regions_keep_their_order_and_have_no_duplicates() -> None:
    assert choose_regions(["a", "b", "c", "a"], ["b", "b"]) == ["a", "c"]
    with pytest.raises(VoiceError, match="contains x, y, but it can contain only the Regions to read: a"):
        choose_regions(["a"], ["x", "y", "a"])


# Account


def test_credentials_for_a_different_account_stop_the_run(
    retire: Retire, fleet: Emulator, folder: pathlib.Path
) -> None:
    result = retire(access_key="AKIDOTHER", secret_key="other-secret-key")
    words = f"the credentials belong to the AWS account {OTHER_ACCOUNT}, but account_id is {ACCOUNT}"
    assert_refused(result, fleet, folder, words)
    assert fleet.operations() == [CALLER]


def test_an_account_that_cannot_be_determined_stops_the_run(
    retire: Retire, fleet: Emulator, folder: pathlib.Path
) -> None:
    assert_refused(retire(Fault(CALLER, error="AccessDenied")), fleet, folder, "get the AWS account ID")
    assert fleet.operations() == [CALLER]


@pytest.mark.parametrize("position", [0, 2])  # the connector at 0 has a proxy configuration, the one at 2 has none
@pytest.mark.parametrize(
    ("arn", "words"),
    [
        (ARN.format(OTHER_ACCOUNT, RECEPTION), f"belongs to the AWS account {OTHER_ACCOUNT}"),
        (None, "AWS did not return the ARN"),
        ("arn:aws:chime", "AWS did not return the ARN"),
        (ARN.format("", RECEPTION), "belongs to the AWS account ,"),
    ],
)
def test_a_connector_in_a_different_or_unknown_account_stops_the_run(
    retire: Retire, fleet: Emulator, folder: pathlib.Path, position: int, arn: str | None, words: str
) -> None:
    changes: list[dict[str, Any]] = [{}] * position + [{"VoiceConnectorArn": arn}]
    identifier = (RECEPTION, WAREHOUSE, WORKSHOP)[position]
    assert_refused(retire(listing(*changes)), fleet, folder, words, identifier)
    excluded = retire(listing(*changes), exclude_voice_connector_ids=[identifier], _ansible_check_mode=True)
    assert excluded["changed"] is True
    assert identifier not in ids(excluded["selected"])


# Reading


@pytest.mark.parametrize(
    ("fault", "identifier"),
    [
        (Fault(LIST, request_has="/us-west-2/", error="ForbiddenException"), None),
        (Fault(GET, request_has=WORKSHOP, error="ForbiddenException"), WORKSHOP),
        (Fault(GET, request_has=WORKSHOP, body="<html>"), WORKSHOP),
        (Fault(GET, request_has=WORKSHOP, status=404, style="bare"), WORKSHOP),
        (Fault(GET, request_has=BRANCH, error="UnrecognizedClientException", status=403), BRANCH),
    ],
)
def test_any_failed_read_stops_the_run(
    retire: Retire, fleet: Emulator, folder: pathlib.Path, fault: Fault, identifier: str | None
) -> None:
    result = retire(fault, regions=["us-east-1", "us-west-2"])
    assert_refused(result, fleet, folder, "not everything could be read", "The first error is: Failed to")
    assert (ids(result["failures"]), result["selected"]) == ([identifier], [])
    assert result["failures"][0]["reason"]


def test_reads_that_were_not_tried_stop_the_run(retire: Retire, fleet: Emulator, folder: pathlib.Path) -> None:
    fault = Fault(GET, error="UnrecognizedClientException", status=403)
    result = retire(fault, concurrency=1)
    assert_refused(result, fleet, folder, "the credentials were rejected")
    assert ids(result["failures"]) == [RECEPTION, WAREHOUSE, WORKSHOP, CANTEEN]
    assert fleet.operations().count(GET) == 1
    assert all("the credentials were rejected" in failure["reason"] for failure in result["failures"])


@pytest.mark.parametrize("regions", [["us-east-1"], ["us-east-1", "us-west-2"]])
def test_an_id_that_does_not_exist_stops_the_run(
    retire: Retire, fleet: Emulator, folder: pathlib.Path, regions: list[str]
) -> None:
    missing = f"z{0:021d}"
    result = retire(all=None, voice_connector_ids=[RECEPTION, missing], regions=regions)
    assert_refused(result, fleet, folder, "not everything could be read", missing, "does not exist")


# Exclusions


@pytest.mark.parametrize(
    ("options", "remaining"),
    [
        ({"exclude_voice_connector_ids": [RECEPTION]}, [WAREHOUSE, CANTEEN]),
        ({"exclude_names": ["reception", "workshop"]}, [WAREHOUSE, CANTEEN]),
        ({"exclude_tags": {"team": "voice"}}, [CANTEEN]),
        ({"exclude_tags": {"team": None}}, [CANTEEN]),
        ({"exclude_tags": {"stage": "live"}}, [WAREHOUSE, CANTEEN]),
        ({"exclude_tags": {"stage": "live"}, "exclude_names": ["canteen"]}, [WAREHOUSE]),
        ({"exclude_tags": "team=voice"}, [CANTEEN]),
    ],
)
def test_an_excluded_connector_keeps_its_configuration(
    retire: Retire, options: dict[str, Any], remaining: list[str]
) -> None:
    result = retire(**options)
    assert ids(result["retired"]) == ids(result["selected"]) == remaining


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"exclude_voice_connector_ids": [RECEPTION, BRANCH]}, f" matches '{BRANCH}' in exclude_voice_connector_ids."),
        (
            {"exclude_names": ["Reception", "warehouse", "x"]},
            "no Voice Connector that was read matches 'Reception', 'x' in exclude_names.",
        ),
        ({"exclude_tags": {"taem": "voice"}}, " matches 'taem' with the value 'voice' in exclude_tags."),
        (
            {"exclude_tags": {"team": "voice", "stage": "test"}},
            " matches 'stage' with the value 'test' in exclude_tags.",
        ),
        ({"exclude_tags": {"taem": None}}, " matches 'taem' in exclude_tags."),
        ({"exclude_tags": {"team": "'voice"}}, " matches 'team'"),
        (
            {"all": False, "voice_connector_ids": [RECEPTION], "exclude_names": ["canteen"]},
            "matches 'canteen' in exclude_names",
        ),
    ],
)
def test_an_exclusion_that_matches_nothing_stops_the_run(
    retire: Retire, fleet: Emulator, folder: pathlib.Path, options: dict[str, Any], words: str
) -> None:
    assert_refused(retire(**options), fleet, folder, words)


@pytest.mark.parametrize("error", ["BadRequestException", "NotFoundException"])
def test_unknown_tags_stop_the_run_unless_the_connector_is_excluded_by_name(
    retire: Retire, fleet: Emulator, folder: pathlib.Path, error: str
) -> None:
    options = {"exclude_tags": {"team": "voice"}, "concurrency": 1}
    result = retire(Fault(TAGS, times=1, error=error), **options)
    assert_refused(result, fleet, folder, f"the tags of Voice Connector {RECEPTION}", "Exclude it by its ID")
    result = retire(Fault(TAGS, times=1, error=error), **options, exclude_names=["reception"])
    assert ids(result["selected"]) == [CANTEEN]


def test_denied_access_to_tags_stops_the_run(retire: Retire, fleet: Emulator, folder: pathlib.Path) -> None:
    result = retire(Fault(TAGS, error="ForbiddenException"), exclude_tags={"team": "voice"})
    assert_refused(result, fleet, folder, "chime:ListTagsForResource")


def test_tags_are_read_only_if_needed(retire: Retire, fleet: Emulator) -> None:
    retire(_ansible_check_mode=True)
    assert TAGS not in fleet.operations()


# A Voice Connector that is also listed outside its home Region


@pytest.fixture
def shared_listing(fleet: Emulator) -> None:
    """Make us-east-1 also list and serve the Voice Connector that belongs to us-west-2."""
    connectors = fleet.voice._connectors
    connectors[ACCOUNT, "us-east-1"][BRANCH] = connectors[ACCOUNT, "us-west-2"][BRANCH]


@pytest.mark.usefixtures("shared_listing")
@pytest.mark.parametrize(
    "options",
    [
        {"regions": ["us-east-1", "us-west-2"], "exclude_regions": ["us-west-2"]},
        {"regions": ["us-east-1"]},
        {"regions": ["us-east-1"], "exclude_names": ["branch"]},
        {"regions": ["us-east-1"], "exclude_voice_connector_ids": [BRANCH]},
    ],
)
def test_a_connector_in_an_unread_region_is_not_changed(
    retire: Retire, fleet: Emulator, options: dict[str, Any]
) -> None:
    result = retire(**options)
    assert ids(result["retired"]) == [RECEPTION, WAREHOUSE, CANTEEN]
    assert not [r for r in fleet.requests if BRANCH in r["path"]]


@pytest.mark.usefixtures("shared_listing")
def test_an_id_in_an_unread_region_stops_the_run(retire: Retire, fleet: Emulator, folder: pathlib.Path) -> None:
    for selected in ([BRANCH], [BRANCH, RECEPTION]):
        result = retire(all=None, voice_connector_ids=selected)
        assert_refused(result, fleet, folder, f"Voice Connector {BRANCH} belongs to us-west-2, which is not one of")


@pytest.mark.usefixtures("shared_listing")
def test_an_exclusion_must_match_one_of_the_selected_ids(retire: Retire, fleet: Emulator, folder: pathlib.Path) -> None:
    result = retire(all=None, voice_connector_ids=[RECEPTION, WAREHOUSE], exclude_names=["branch"])
    assert_refused(result, fleet, folder, "matches 'branch' in exclude_names")


@pytest.mark.usefixtures("shared_listing")
def test_the_proxy_of_a_connector_listed_in_two_regions_is_deleted_once_in_its_own_region(
    retire: Retire, fleet: Emulator
) -> None:
    result = retire(regions=["us-east-1", "us-west-2"], exclude_names=["reception", "warehouse", "canteen"])
    assert [(record["voice_connector_id"], record["region"]) for record in result["retired"]] == [(BRANCH, "us-west-2")]
    assert fleet.operations().count(DELETE) == 1


@pytest.mark.parametrize(("home", "regions"), [(None, ["us-east-1"]), ("us-west-2", ["us-east-1", "us-west-2"])])
def test_a_connector_that_was_not_found_in_its_own_region_stops_the_run(
    retire: Retire, fleet: Emulator, folder: pathlib.Path, home: str | None, regions: list[str]
) -> None:
    fault = listing({"AwsRegion": home})
    fault.request_has = "/us-east-1/"
    result = retire(fault, regions=regions)
    words = f"Voice Connector {RECEPTION} was found in us-east-1, but AWS returned {home or 'none'} as its Region"
    assert_refused(result, fleet, folder, words)


# Limit


def test_more_than_max_deletions_stops_the_run_and_returns_the_plan(
    retire: Retire, fleet: Emulator, folder: pathlib.Path
) -> None:
    for options in ({}, {"_ansible_check_mode": True}):
        result = retire(max_deletions=2, **options)
        assert_refused(result, fleet, folder, "3 proxy configurations would be deleted, but max_deletions is 2")
        assert ids(result["selected"]) == [RECEPTION, WAREHOUSE, CANTEEN]
    assert_refused(retire(max_deletions=0), fleet, folder, "max_deletions is 0")
    assert retire(max_deletions=3)["changed"] is True


# Check mode and diff


def test_check_mode_returns_the_complete_plan(retire: Retire, fleet: Emulator, folder: pathlib.Path) -> None:
    result = retire(_ansible_check_mode=True)
    assert (result["changed"], ids(result["selected"])) == (True, [RECEPTION, WAREHOUSE, CANTEEN])
    assert result["retired"] == [{**record, "already_absent": False} for record in result["selected"]]
    assert (result["failures"], result["backup_file"]) == ([], None)
    assert DELETE not in fleet.operations()
    assert not folder.exists()


def test_check_mode_with_nothing_to_delete_reports_no_change(retire: Retire) -> None:
    assert retire(_ansible_check_mode=True, all=None, voice_connector_ids=[WORKSHOP])["changed"] is False


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_phone_number_is_only_in_the_diff(retire: Retire, check_mode: bool) -> None:
    result = retire(_ansible_diff=True, _ansible_check_mode=check_mode)
    first = result.pop("diff")[0]
    assert first["before_header"] == first["after_header"] == f"{RECEPTION} in us-east-1"
    assert (first["before"]["fall_back_phone_number"], first["after"]["exists"]) == (PHONE_NUMBER, False)
    assert PHONE_NUMBER.strip("+") not in json.dumps(result)


# Backup


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"NewMember": {"list": [1, None]}}, "has NewMember, which the installed botocore cannot send"),
        ({"FallBackPhoneNumber": "+1 206 555 0142"}, "has a value for FallBackPhoneNumber that is not a phone number"),
        ({"FallBackPhoneNumber": "0142"}, "has a value for FallBackPhoneNumber that is not a phone number"),
        (
            {"DefaultSessionExpiryMinutes": 0},
            "has a value for DefaultSessionExpiryMinutes that is not a positive number",
        ),
        ({"DefaultSessionExpiryMinutes": None}, "has no DefaultSessionExpiryMinutes, which the service requires"),
        ({"PhoneNumberCountries": []}, "has no PhoneNumberCountries, which the service requires"),
        (
            {"PhoneNumberCountries": ["us"]},
            "has a value for PhoneNumberCountries that is not a list of 1 to 100 country",
        ),
        ({"PhoneNumberCountries": ["US"] * 101}, "has a value for PhoneNumberCountries that is not a list of 1 to 100"),
        ({"VoiceConnectorId": WAREHOUSE}, "has VoiceConnectorId, which the installed botocore cannot send"),
        (
            {"PhoneNumberPoolCountries": ["GB"]},
            "has PhoneNumberPoolCountries, which the installed botocore cannot send",
        ),
    ],
)
def test_a_configuration_that_cannot_be_restored_is_not_deleted(
    retire: Retire, read_back: Any, check_mode: bool, change: dict[str, Any], problem: str
) -> None:
    result = retire(reading({**RECEPTION_PROXY, **change}, times=None), _ansible_check_mode=check_mode)
    assert (result["failed"], result["changed"]) == (True, True)
    assert ids(result["selected"]) == [WAREHOUSE, CANTEEN]
    assert ids(result["failures"]) == [RECEPTION]
    assert f"a restore from its backup would fail: the configuration {problem}" in result["failures"][0]["reason"]
    assert "1 of 3 proxy configurations could not be deleted" in result["msg"]
    assert "2065550142" not in json.dumps(result) and "555 0142" not in json.dumps(result)
    assert read_back(RECEPTION) == RECEPTION_PROXY
    if not check_mode:
        assert ids(result["retired"]) == [WAREHOUSE, CANTEEN]
        assert RECEPTION not in pathlib.Path(result["backup_file"]).read_text()


def test_an_existing_backup_is_never_overwritten(
    retire: Retire, fleet: Emulator, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FrozenDatetime(datetime.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls(2026, 1, 2, 3, 4, 5, tzinfo=tz)

    # Freeze the time only in the module, because signatures need the real time.
    replacement = types.SimpleNamespace(datetime=FrozenDatetime, timezone=datetime.timezone)
    module = "ansible_collections.chime_sdk.voice.plugins.modules.chime_voice_connector_proxy_retire"
    monkeypatch.setattr(f"{module}.datetime", replacement)
    existing = folder / f"proxy-backup-{ACCOUNT}-20260102T030405.000000Z.json"
    folder.mkdir()
    existing.write_text("kept")
    result = retire()
    assert (result["failed"], result["backup_file"]) == (True, None)
    assert f"the backup {existing} could not be written: File exists" in result["msg"]
    assert existing.read_text() == "kept"
    assert DELETE not in fleet.operations()
    existing.unlink()
    target = folder / "target"
    existing.symlink_to(target)
    assert retire()["failed"] is True
    assert not target.exists()


@pytest.mark.parametrize(
    ("failing", "code"),
    [("fsync", errno.ENOSPC), ("fsync", errno.EINVAL), ("fchmod", errno.ENOSPC), ("open", errno.EACCES)],
)
def test_a_disk_error_stops_the_run_and_leaves_no_partial_backup(
    retire: Retire, fleet: Emulator, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, failing: str, code: int
) -> None:
    original = getattr(os, failing)

    def fail(path: Any, *args: Any, **kwargs: Any) -> Any:
        if failing == "open" and "proxy-backup" not in str(path):
            return original(path, *args, **kwargs)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, failing, fail)
    result = retire()
    assert_refused(result, fleet, folder, f"the backup {folder}/proxy-backup-", os.strerror(code), "disk")
    assert ids(result["selected"]) == [RECEPTION, WAREHOUSE, CANTEEN]


def test_a_folder_that_cannot_be_synced_stops_the_run(
    retire: Retire, fleet: Emulator, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []

    original = os.fsync

    def fail(descriptor: int) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        synced.append(path)
        if os.path.isdir(path):
            raise OSError(code, os.strerror(code))
        original(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    code = errno.EIO
    assert_refused(retire(), fleet, folder, "Input/output error")
    assert synced[1:] == [str(folder)]
    folder.rmdir()
    synced.clear()
    code = errno.EINVAL  # the error of file systems that cannot sync folders
    result = retire()
    assert result["changed"] is True
    assert synced == [result["backup_file"], str(folder), str(folder.parent)]


def test_a_backup_that_differs_from_what_was_written_stops_the_run(
    retire: Retire, fleet: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = _backup._write_new
    for damage in (
        lambda content: content.replace(b"60", b"61"),
        lambda content: content[:-9],
        lambda content: b"\xff",
    ):
        monkeypatch.setattr(_backup, "_write_new", lambda path, content, s=damage: original(path, s(content)))
        result = retire()
        assert "does not contain what was written to it" in result["msg"]
        assert (result["retired"], result["backup_file"]) == ([], None)
        assert DELETE not in fleet.operations()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("~/kept", "kept"),
        ("$HOME/kept", "kept"),
        ("deep/er", "work/deep/er"),
        ("with space\\and ü", "work/with space\\and ü"),
        (None, "work/proxy-backup"),
    ],
)
def test_a_path_is_expanded_as_in_other_modules(
    retire: Retire, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, given: str | None, used: str
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path))
    result = retire(backup_dir=given)
    assert pathlib.Path(result["backup_file"]).parent == tmp_path / used
    assert pathlib.Path(result["backup_file"]).is_file()


def test_a_folder_with_a_null_character_stops_the_run(retire: Retire, fleet: Emulator, folder: pathlib.Path) -> None:
    # ansible-core 2.21 and newer fail earlier, because they cannot log the value.
    assert retire(backup_dir=f"{folder}/a\0b")["failed"] is True
    assert DELETE not in fleet.operations()
    assert not list(folder.rglob("*.json"))


def test_the_mode_of_an_existing_folder_is_kept(retire: Retire, folder: pathlib.Path) -> None:
    folder.mkdir(mode=0o750)
    old = os.umask(0o277)
    try:
        result = retire()
    finally:
        os.umask(old)
    assert folder.stat().st_mode & 0o777 == 0o750
    assert pathlib.Path(result["backup_file"]).stat().st_mode & 0o777 == 0o600


# Deleting


@pytest.mark.parametrize(
    ("before", "options"),
    [
        ({**RECEPTION_PROXY, "DefaultSessionExpiryMinutes": 61}, "default_session_expiry_minutes"),
        ({**RECEPTION_PROXY, "FallBackPhoneNumber": "+12065550143"}, "fall_back_phone_number"),
        ({**RECEPTION_PROXY, "Disabled": True}, "disabled"),
    ],
)
def test_a_configuration_that_changed_after_the_backup_is_not_deleted(
    retire: Retire, read_back: Any, before: dict[str, Any], options: str
) -> None:
    result = retire(reading(before))
    assert result["failed"] is True
    assert result["changed"] is True
    assert ids(result["selected"]) == [RECEPTION, WAREHOUSE, CANTEEN]
    assert ids(result["retired"]) == [WAREHOUSE, CANTEEN]
    assert ids(result["failures"]) == [RECEPTION]
    assert f"{options} changed after the backup was written" in result["failures"][0]["reason"]
    assert "1 of 3 proxy configurations could not be deleted" in result["msg"]
    assert read_back(RECEPTION) == RECEPTION_PROXY
    assert pathlib.Path(result["backup_file"]).is_file()
    for number in ("2065550142", "2065550143"):
        assert number not in json.dumps(result)


def test_a_normalized_value_is_not_a_change(retire: Retire) -> None:
    before = {**RECEPTION_PROXY, "PhoneNumberCountries": ["CA", "US"], "FallBackPhoneNumber": PHONE_NUMBER.strip("+")}
    assert ids(retire(reading(before))["retired"]) == [RECEPTION, WAREHOUSE, CANTEEN]


def test_a_configuration_that_disappears_after_the_backup_is_reported_as_already_absent(
    retire: Retire, fleet: Emulator
) -> None:
    result = retire(reading(OTHER_PROXY, WORKSHOP), all=None, voice_connector_ids=[WORKSHOP])
    assert (result["changed"], result["failures"]) == (False, [])
    assert result["retired"] == [
        {"voice_connector_id": WORKSHOP, "name": "workshop", "region": "us-east-1", "already_absent": True}
    ]
    assert DELETE not in fleet.operations()


def test_a_deletion_that_finds_nothing_is_reported_as_already_absent(retire: Retire) -> None:
    faults = [reading(OTHER_PROXY, WORKSHOP, times=2), Fault(DELETE, error="NotFoundException")]
    result = retire(*faults, all=None, voice_connector_ids=[WORKSHOP])
    assert (result["changed"], result["retired"][0]["already_absent"]) == (False, True)


def test_a_connector_that_disappears_after_the_backup_fails(retire: Retire, fleet: Emulator) -> None:
    missing = [
        Fault(GET, request_has=CANTEEN, times=1, body=json.dumps({"Proxy": OTHER_PROXY})),
        Fault(GET, request_has=CANTEEN, error="NotFoundException"),
        Fault(CONNECTOR, request_has=CANTEEN, error="NotFoundException"),
    ]
    result = retire(*missing)
    assert ids(result["failures"]) == [CANTEEN]
    assert "does not exist in this Region" in result["failures"][0]["reason"]


def test_one_failure_does_not_stop_the_other_deletions(retire: Retire, read_back: Any, folder: pathlib.Path) -> None:
    fault = Fault(DELETE, request_has=RECEPTION, error="ForbiddenException")
    result = retire(fault, concurrency=1)
    assert (result["failed"], result["changed"]) == (True, True)
    assert ids(result["retired"]) == [WAREHOUSE, CANTEEN]
    assert result["failures"][0]["name"] == "reception"
    assert "chime:DeleteVoiceConnectorProxy" in result["failures"][0]["reason"]
    assert read_back(RECEPTION) == RECEPTION_PROXY
    again = retire()
    assert ids(again["retired"]) == [RECEPTION]
    assert len(list(folder.iterdir())) == 2


def test_rejected_credentials_end_the_deletions(retire: Retire, fleet: Emulator) -> None:
    result = retire(Fault(DELETE, error="ExpiredTokenException", status=403), concurrency=1)
    assert ids(result["failures"]) == [RECEPTION, WAREHOUSE, CANTEEN]
    assert fleet.operations().count(DELETE) == 1
    assert "no request was sent" in result["failures"][1]["reason"]
    assert "the credentials were rejected" in result["failures"][2]["reason"]
    assert pathlib.Path(result["backup_file"]).is_file()


def test_a_defect_in_one_deletion_does_not_affect_the_others(retire: Retire, monkeypatch: pytest.MonkeyPatch) -> None:
    original = module.delete_unchanged

    def fail(client: Any, record: Record, *args: Any) -> Any:
        if record.voice_connector_id == RECEPTION:
            raise ZeroDivisionError("a defect")
        return original(client, record, *args)

    monkeypatch.setattr(module, "delete_unchanged", fail)
    result = retire()
    assert ids(result["retired"]) == [WAREHOUSE, CANTEEN]
    assert "ZeroDivisionError: a defect" in result["failures"][0]["reason"]


def test_a_defect_while_reading_stops_the_run(
    retire: Retire, fleet: Emulator, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> Any:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(_bulk, "_read", fail)
    assert_refused(retire(), fleet, folder, "ZeroDivisionError")


# A killed run


SCRIPT = """
import json, sys
from ansible.module_utils.testing import patch_module_args
from ansible_collections.chime_sdk.voice.plugins.modules import chime_voice_connector_proxy_retire as module
with patch_module_args(json.loads(sys.argv[1])):
    module.main()
"""


@pytest.mark.parametrize(
    ("hanging", "remaining"),
    [
        ([""], 3),  # killed before the first deletion is applied
        ([WAREHOUSE, CANTEEN], 2),  # killed between deletions
    ],
)
def test_a_killed_run_keeps_the_backup_and_the_next_run_completes_it(
    retire: Retire, fleet: Emulator, folder: pathlib.Path, read_back: Any, hanging: list[str], remaining: int
) -> None:
    fleet.faults = [Fault(DELETE, request_has=identifier, drop="hang") for identifier in hanging]
    options = {"account_id": ACCOUNT, "all": True, "regions": ["us-east-1"], "backup_dir": str(folder)}
    args = json.dumps({**connection_to(fleet), **options, "concurrency": 1})
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, args], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not any(r["operation"] == DELETE and hanging[0] in r["path"] for r in list(fleet.requests)):
        assert process.poll() is None, "the process ended before it could be killed"
        assert time.monotonic() < deadline, "the process did not delete anything"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    proxies = {RECEPTION: RECEPTION_PROXY, WAREHOUSE: OTHER_PROXY, CANTEEN: OTHER_PROXY}
    deleted = {i: proxy for i, proxy in proxies.items() if read_back(i) is None}
    assert len(deleted) == 3 - remaining
    (backup,) = folder.iterdir()
    records = json.loads(backup.read_text(encoding="utf-8"))["voice_connectors"]
    backed_up = {record["voice_connector_id"]: record["proxy"] for record in records}
    assert {i: backed_up[i] for i in deleted} == deleted
    before = backup.read_bytes()
    assert ids(retire()["retired"]) == [i for i in proxies if i not in deleted]
    assert backup.read_bytes() == before
    assert len(list(folder.iterdir())) == 2
