# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the guarantees of the modules that retire and restore: safe backups, and accurate check mode and reports."""

from __future__ import annotations

import copy
import functools
import json
import os
import pathlib
import time
from typing import Any, Callable

import pytest

from ansible_collections.chime_sdk.voice.tests.emulator.api import ServiceError
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.cases import OTHER_PROXY, RECEPTION_PROXY, ids
from ansible_collections.chime_sdk.voice.tests.unit.helpers import (
    CREDENTIALS,
    OTHER_CREDENTIALS,
    connection_to,
    edit_model,
    run_main,
)

PROXY = "chime_voice_connector_proxy"
LIST, CONNECTOR = "ListVoiceConnectors", "GetVoiceConnector"
GET, PUT, DELETE = "GetVoiceConnectorProxy", "PutVoiceConnectorProxy", "DeleteVoiceConnectorProxy"
EAST, WEST, CENTRAL = "us-east-1", "us-west-2", "ca-central-1"

ACCOUNT, OTHER_ACCOUNT = CREDENTIALS["account"], OTHER_CREDENTIALS["account"]
RECEPTION, WAREHOUSE, WORKSHOP = (f"a{number:021d}" for number in range(3))
BRANCH = f"b{0:021d}"
EDITED: dict[str, Any] = {"DefaultSessionExpiryMinutes": 7, "Disabled": False, "PhoneNumberCountries": ["FR"]}
FLEET: dict[str, Any] = {
    "credentials": [CREDENTIALS, OTHER_CREDENTIALS],
    "voice_connectors": [
        {"VoiceConnectorId": RECEPTION, "Name": "reception", "Proxy": RECEPTION_PROXY},
        {"VoiceConnectorId": WAREHOUSE, "Name": "warehouse", "Proxy": OTHER_PROXY},
        {"VoiceConnectorId": WORKSHOP, "Name": "workshop"},
        {"VoiceConnectorId": BRANCH, "Name": "branch", "AwsRegion": WEST, "Proxy": OTHER_PROXY},
    ],
}
RECORDS: list[dict[str, Any]] = [
    {"voice_connector_id": RECEPTION, "region": EAST, "name": "reception", "proxy": RECEPTION_PROXY},
    {"voice_connector_id": WAREHOUSE, "region": EAST, "name": "warehouse", "proxy": OTHER_PROXY},
]

Run = Callable[..., "dict[str, Any]"]
BOTH_MODES = pytest.mark.parametrize("check_mode", [False, True], ids=["run", "check"])


def options_of(fleet: Emulator, options: dict[str, Any]) -> dict[str, Any]:
    given = {**connection_to(fleet), "account_id": ACCOUNT, "all": True, **options}
    return {name: value for name, value in given.items() if value is not None}


@pytest.fixture
def retire(fleet: Emulator, folder: pathlib.Path) -> Run:
    """Return a function that retires everything in us-east-1. An option that is None is omitted."""

    def run(*faults: Fault, **options: Any) -> dict[str, Any]:
        fleet.faults = list(faults)
        fleet.requests.clear()
        options = {"regions": [EAST], "backup_dir": str(folder), **options}
        return run_main(f"{PROXY}_retire", options_of(fleet, options))

    return run


@pytest.fixture
def restore(fleet: Emulator, tmp_path: pathlib.Path) -> Run:
    """Return a function that restores *records*, by default RECORDS. An option that is None is omitted."""

    def run(*faults: Fault, records: Any = None, **options: Any) -> dict[str, Any]:
        fleet.faults = list(faults)
        fleet.requests.clear()
        backup = tmp_path / "backup.json"
        document = {"format": 1, "account": ACCOUNT, "created": "", "voice_connectors": records or RECORDS}
        backup.write_text(json.dumps(document))
        return run_main(f"{PROXY}_restore", options_of(fleet, {"backup_file": str(backup), **options}))

    return run


@pytest.fixture
def stored(fleet: Emulator) -> Callable[..., dict[str, Any]]:
    """Return a function that returns the stored settings of a Voice Connector. A test can change them in place."""
    return lambda identifier, region=EAST: fleet.voice._connectors[ACCOUNT, region][identifier]["settings"]


@pytest.fixture
def empty(stored: Any) -> None:
    """Delete the proxy configurations, so that they can be restored."""
    for identifier in (RECEPTION, WAREHOUSE):
        del stored(identifier)["Proxy"]


def reading(proxy: Any, identifier: str = RECEPTION, times: int | None = None) -> Fault:
    return Fault(GET, request_has=identifier, times=times, body=json.dumps({"Proxy": proxy}))


def record_of(proxy: Any, identifier: str = RECEPTION) -> dict[str, Any]:
    return {**RECORDS[0], "voice_connector_id": identifier, "proxy": proxy}


def listing(region: str, *entries: dict[str, Any]) -> Fault:
    """Return a fault whose response lists *entries* in a Region, after adding each missing name, ARN, and Region."""
    complete = [
        {
            "Name": "a name",
            "AwsRegion": region,
            "VoiceConnectorArn": f"arn:aws:chime:{region}:{ACCOUNT}:vc/{entry['VoiceConnectorId']}",
            **entry,
        }
        for entry in entries
    ]
    return Fault(LIST, request_has=f"/{region}/", body=json.dumps({"VoiceConnectors": complete}))


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(
    "other",
    [
        "a string",
        {},
        record_of({**OTHER_PROXY, "FallBackPhoneNumber": "+1 206 555 0142"}, WAREHOUSE),
        {**RECORDS[1], "voice_connector_id": ["a list"]},
        {**RECORDS[1], "region": "nowhere"},
    ],
    ids=str,
)
def test_only_the_selected_records_are_checked(restore: Run, other: Any) -> None:
    records = [RECORDS[0], other, other]
    result = restore(records=records, all=None, voice_connector_ids=[RECEPTION])
    assert ids(result["restored"]) == [RECEPTION]
    assert "is not valid: record 2 " in restore(records=records)["msg"]


# The current configuration and the backup


@pytest.mark.parametrize(
    ("backup", "current", "options"),
    [
        ({}, {"Disabled": True}, "disabled"),
        ({"Disabled": True}, {}, "disabled"),
        ({}, {"FallBackPhoneNumber": "+12065550142"}, "fall_back_phone_number"),
        ({}, {"NewMember": 5}, "NewMember"),
    ],
)
def test_a_member_that_only_the_backup_or_only_aws_has_is_a_difference(
    restore: Run, backup: dict[str, Any], current: dict[str, Any], options: str
) -> None:
    required = {"DefaultSessionExpiryMinutes": 60, "PhoneNumberCountries": ["US"]}
    result = restore(reading({**required, **current}), records=[record_of({**required, **backup})])
    assert (result["failed"], result["changed"], result["unchanged"]) == (True, False, [])
    assert f"because it differs from the backup in {options}. To overwrite" in result["msg"]


@pytest.mark.parametrize("empty_values", [{"Disabled": False}, {"FallBackPhoneNumber": ""}, {"NewMember": None}])
def test_a_missing_member_is_equal_to_a_false_or_empty_one(restore: Run, empty_values: dict[str, Any]) -> None:
    required = {"DefaultSessionExpiryMinutes": 60, "PhoneNumberCountries": ["US"]}
    result = restore(reading({**required, **empty_values}), records=[record_of(required)])
    assert (result["changed"], ids(result["unchanged"])) == (False, [RECEPTION])


def test_a_backup_without_the_member_disabled_enables_proxy_sessions(restore: Run, stored: Any) -> None:
    required = {"DefaultSessionExpiryMinutes": 60, "PhoneNumberCountries": ["US"]}
    stored(RECEPTION)["Proxy"] = {**required, "Disabled": True}
    options = {"records": [record_of(required)], "overwrite": True}
    kept = Fault(PUT, body=json.dumps({"Proxy": {**required, "Disabled": True}}))
    assert "the service stored values for disabled that differ" in restore(kept, **options)["msg"]
    assert ids(restore(**options)["restored"]) == [RECEPTION]
    assert stored(RECEPTION)["Proxy"] == {**required, "Disabled": False}


# The backup file


@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "large"])
def test_only_a_regular_file_of_limited_size_is_read(
    restore: Run, fleet: Emulator, tmp_path: pathlib.Path, kind: str
) -> None:
    path = tmp_path / "special"
    reason = "it is not a regular file"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path = pathlib.Path("/dev/zero")
    elif kind == "folder":
        path.mkdir()
        reason = "Is a directory"
    else:
        with path.open("wb") as file:
            file.truncate(65 * 1024 * 1024)
        reason = "it is larger than 64 MB"
    started = time.monotonic()
    result = restore(backup_file=str(path))
    assert time.monotonic() - started < 5
    assert result["failed"] is True
    assert f"the backup {path} could not be read: {reason}" in result["msg"]
    assert fleet.requests == []


@pytest.mark.parametrize("home", [WEST, None])
@BOTH_MODES
def test_a_connector_that_belongs_to_a_different_region_than_the_record_is_refused(
    restore: Run, fleet: Emulator, check_mode: bool, home: str | None
) -> None:
    arn = f"arn:aws:chime:{EAST}:{ACCOUNT}:vc/{RECEPTION}"
    entry = {"VoiceConnectorId": RECEPTION, "VoiceConnectorArn": arn, "AwsRegion": home}
    fault = Fault(CONNECTOR, request_has=RECEPTION, body=json.dumps({"VoiceConnector": entry}))
    result = restore(fault, overwrite=True, _ansible_check_mode=check_mode)
    assert (result["failed"], result["changed"], result["restored"]) == (True, False, [])
    words = f"Voice Connector {RECEPTION} was found in {EAST}, but AWS returned {home or 'none'} as its Region. Exclude"
    assert words in result["msg"]
    assert PUT not in fleet.operations()


# Accurate reports


def edit_behind(monkeypatch: pytest.MonkeyPatch, fleet: Emulator, operation: str, fails: bool) -> None:
    """After each *operation*, store EDITED in the emulator, and respond with EDITED, or an error if *fails* is true."""
    handle = fleet.voice.handle

    def handle_and_edit(model: Any, request: Any, account: str, region: str) -> Any:
        output = handle(model, request, account, region)
        if model.name != operation:
            return output
        fleet.voice._connectors[account, region][request["VoiceConnectorId"]]["settings"]["Proxy"] = dict(EDITED)
        if fails:
            raise ServiceError("ServiceFailureException", "x")
        return {"Proxy": dict(EDITED)}

    monkeypatch.setattr(fleet.voice, "handle", handle_and_edit)


@pytest.mark.parametrize(
    ("module", "operation", "fails"),
    [
        (PROXY, PUT, False),
        (PROXY, PUT, True),
        (PROXY, DELETE, True),
        (f"{PROXY}_restore", PUT, False),
        (f"{PROXY}_restore", PUT, True),
        (f"{PROXY}_retire", DELETE, True),
    ],
)
def test_values_that_were_stored_differently_are_a_failure_and_a_change(
    fleet: Emulator,
    retire: Run,
    restore: Run,
    monkeypatch: pytest.MonkeyPatch,
    sleeps: list[float],
    module: str,
    operation: str,
    fails: bool,
) -> None:
    edit_behind(monkeypatch, fleet, operation, fails)
    if module == PROXY:
        options = {"voice_connector_id": WAREHOUSE, "_ansible_diff": True}
        wanted = {"state": "absent"} if operation == DELETE else {"disabled": False}
        result = run_main(PROXY, {**connection_to(fleet), **options, **wanted})
        diff = result["diff"]
        assert result["proxy"] == diff["after"]
    else:
        options = {"all": None, "voice_connector_ids": [WAREHOUSE], "_ansible_diff": True}
        record = record_of({**OTHER_PROXY, "Disabled": False}, WAREHOUSE)
        result = retire(**options) if operation == DELETE else restore(records=[record], overwrite=True, **options)
        (diff,) = result["diff"]
        assert ids(result["failures"]) == [WAREHOUSE]
        assert result["retired" if operation == DELETE else "restored"] == []
    assert (result["failed"], result["changed"]) == (True, True)
    minutes = [diff[side]["default_session_expiry_minutes"] for side in ("before", "after")]
    assert minutes == [30, 7]
    assert fleet.operations().count(operation) == 1


@pytest.mark.parametrize("module", ["retire", "restore"])
def test_throttled_writes_are_not_reported_as_changed_or_unknown(
    fleet: Emulator, retire: Run, restore: Run, stored: Any, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    name = "ansible_collections.chime_sdk.voice.plugins.module_utils._rate_limit.WINDOW"
    monkeypatch.setattr(name, 1)
    faults = [Fault(DELETE, error="ThrottledClientException"), Fault(PUT, error="ThrottledClientException")]
    # After the first write, the reads are throttled too.
    storm = Fault(GET, request_has="", error="ThrottledClientException")
    find_fault = fleet.next_fault

    def find(operation: str, request: str) -> Fault | None:
        writing = {PUT, DELETE} & set(fleet.operations())
        return storm if operation == GET and writing else find_fault(operation, request)

    monkeypatch.setattr(fleet, "next_fault", find)
    for identifier in (RECEPTION, WAREHOUSE):
        stored(identifier)["Proxy"]["Disabled"] = module == "restore"
    before = copy.deepcopy([stored(RECEPTION), stored(WAREHOUSE)])
    records = [RECORDS[0], record_of({**OTHER_PROXY, "Disabled": False}, WAREHOUSE)]
    result = retire(*faults) if module == "retire" else restore(*faults, records=records, overwrite=True)
    assert (result["failed"], result["changed"], ids(result["failures"])) == (True, False, [RECEPTION, WAREHOUSE])
    for failure in result["failures"]:
        assert "throttle" in failure["reason"] and "unknown" not in failure["reason"]
    assert [stored(RECEPTION), stored(WAREHOUSE)] == before


def test_the_message_about_a_partly_failed_retirement_names_the_backup(retire: Run) -> None:
    fault = Fault(DELETE, request_has=RECEPTION, error="ForbiddenException")
    result = retire(fault)
    assert pathlib.Path(result["backup_file"]).is_file()
    assert f"The backup is {result['backup_file']}. The first error is: " in result["msg"]
    unrestorable = reading({**RECEPTION_PROXY, "NewMember": 1})
    result = retire(unrestorable, all=None, voice_connector_ids=[RECEPTION])
    assert (result["changed"], result["backup_file"]) == (False, None)
    assert "The backup is" not in result["msg"]


def test_a_name_with_half_an_emoji_is_returned(retire: Run, restore: Run) -> None:
    entries = [{"VoiceConnectorId": RECEPTION, "Name": "phone \ud83d"}, {"VoiceConnectorId": WAREHOUSE}]
    result = retire(listing(EAST, *entries))
    assert (result["changed"], ids(result["retired"])) == (True, [RECEPTION, WAREHOUSE])
    assert result["retired"][0]["name"] == "phone \ufffd"
    restored = restore(backup_file=result["backup_file"])
    assert restored["restored"][0]["name"] == "phone \ufffd"
    record = {**RECORDS[0], "name": "phone \ud83d"}
    assert restore(records=[record])["unchanged"][0]["name"] == "phone \ufffd"


@BOTH_MODES
def test_a_backup_path_that_is_not_utf_8_stops_the_run(
    retire: Run, fleet: Emulator, folder: pathlib.Path, check_mode: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name of the working directory is not valid UTF-8."""
    directory = folder / "\udcff"
    directory.mkdir(parents=True)
    monkeypatch.chdir(directory)
    result = retire(backup_dir="relative", _ansible_check_mode=check_mode)
    assert "could not be written: 'utf-8' codec can't encode" in result["msg"]
    assert DELETE not in fleet.operations()


# Contradictory Regions and ARNs


def in_two_regions(stored: Any, fleet: Emulator, west: dict[str, Any] | None) -> None:
    """Let us-west-2 also return RECEPTION. There, its AwsRegion is us-west-2, and its proxy configuration is *west*."""
    connectors = fleet.voice._connectors
    other = copy.deepcopy(connectors[ACCOUNT, EAST][RECEPTION])
    other["settings"] = {} if west is None else {"Proxy": west}
    other["entry"]["AwsRegion"] = WEST
    connectors[ACCOUNT, WEST][RECEPTION] = other


@pytest.mark.parametrize("home", [EAST, WEST, CENTRAL], ids="west-returns-{}".format)
@pytest.mark.parametrize("has_proxy", [True, False], ids=["proxy", "no-proxy"])
def test_different_home_regions_of_a_connector_stop_the_run_if_it_has_a_proxy_configuration(
    retire: Run, fleet: Emulator, stored: Any, home: str, has_proxy: bool
) -> None:
    if not has_proxy:
        del stored(RECEPTION)["Proxy"]
    entry = {"VoiceConnectorId": RECEPTION, "AwsRegion": home}
    faults = [listing(EAST, {"VoiceConnectorId": RECEPTION}), listing(WEST, entry, {"VoiceConnectorId": BRANCH})]
    missing = [Fault(GET, request_has=f"{RECEPTION}/", error="NotFoundException")] if not has_proxy else []
    options = {"regions": [EAST, WEST]}
    result = retire(*faults, *missing, **options)
    if home == EAST or not has_proxy:
        assert "failed" not in result
        assert ids(result["selected"]) == ([RECEPTION] if has_proxy else []) + [BRANCH]
        return
    assert (result["failed"], result["changed"], result["backup_file"]) == (True, False, None)
    homes = " and ".join(sorted([EAST, home]))
    assert f"AWS returned different home Regions for Voice Connector {RECEPTION}: {homes}." in result["msg"]
    assert DELETE not in fleet.operations()
    assert ids(retire(*faults, **options, exclude_voice_connector_ids=[RECEPTION])["selected"]) == [BRANCH]


@pytest.mark.parametrize(
    ("selected", "denied"),
    [(None, False), *(([RECEPTION, *more], denied) for more in ([], [BRANCH]) for denied in (False, True))],
)
@pytest.mark.parametrize("with_proxy", [EAST, WEST])
def test_different_home_regions_stop_the_run_whichever_region_returns_the_proxy_configuration(
    retire: Run, fleet: Emulator, stored: Any, selected: list[str] | None, denied: bool, with_proxy: str
) -> None:
    in_two_regions(stored, fleet, OTHER_PROXY if with_proxy == WEST else None)
    if with_proxy == WEST:
        del stored(RECEPTION)["Proxy"]
    faults = [Fault(LIST, error="ForbiddenException")] if denied else []
    result = retire(*faults, regions=[EAST, WEST], all=selected is None, voice_connector_ids=selected, max_deletions=9)
    assert f"different home Regions for Voice Connector {RECEPTION}: {EAST} and {WEST}." in result["msg"]
    assert DELETE not in fleet.operations()


@pytest.mark.parametrize("denied", [False, True], ids=["listed", "not-listed"])
@pytest.mark.parametrize("regions", [[EAST, WEST], [WEST, EAST]])
def test_a_selected_connector_that_two_regions_return_is_retired_in_its_home_region(
    retire: Run, fleet: Emulator, stored: Any, denied: bool, regions: list[str]
) -> None:
    connectors = fleet.voice._connectors
    connectors[ACCOUNT, WEST][RECEPTION] = connectors[ACCOUNT, EAST][RECEPTION]
    faults = [Fault(LIST, error="ForbiddenException")] if denied else []
    result = retire(*faults, regions=regions, all=None, voice_connector_ids=[RECEPTION])
    assert [(r["voice_connector_id"], r["region"]) for r in result["retired"]] == [(RECEPTION, EAST)]


def test_a_listed_connector_whose_home_region_is_not_selected_is_ignored(retire: Run, fleet: Emulator) -> None:
    foreign = {"VoiceConnectorId": WORKSHOP, "AwsRegion": CENTRAL}
    for others in ([], [foreign]):
        faults = [listing(EAST, {"VoiceConnectorId": RECEPTION}, foreign), listing(WEST, *others)]
        result = retire(*faults, regions=[EAST, WEST], max_deletions=9, _ansible_check_mode=True)
        assert ids(result["selected"]) == [RECEPTION]
        assert not [request for request in fleet.requests if WORKSHOP in request["path"]]


def test_an_extra_comma_does_not_select_the_default_region(
    retire: Run, fleet: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", WEST)
    result = retire(region=None, regions=f"{EAST},")
    assert (result["failed"], result["selected"]) == (True, [])
    assert "regions contains an empty or null item" in result["msg"]
    assert fleet.requests == []


ARN = "arn:aws:chime:us-east-1:111122223333:vc/" + RECEPTION
OTHER_ARNS = [
    (ARN.replace(":chime:", ":iam:"), "which is the ARN of a different resource"),
    (ARN.replace(RECEPTION, WORKSHOP), "which is the ARN of a different resource"),
    (ARN.replace("vc/", "vcg/"), "which is the ARN of a different resource"),
    (ARN + ":x", "which is the ARN of a different resource"),
    (ARN.replace("arn:", "urn:"), "which is the ARN of a different resource"),
    (ARN.replace(ACCOUNT, OTHER_ACCOUNT), f"belongs to the AWS account {OTHER_ACCOUNT}"),
    (ARN.replace(":aws:", ":aws-cn:"), None),
    (ARN.replace(EAST, WEST), None),
]


@pytest.mark.parametrize(("arn", "words"), OTHER_ARNS)
@pytest.mark.parametrize("module", ["retire", "restore"])
def test_the_arn_of_a_connector_is_checked(
    retire: Run, restore: Run, fleet: Emulator, module: str, arn: str, words: str | None
) -> None:
    entry = {"VoiceConnectorId": RECEPTION, "VoiceConnectorArn": arn, "AwsRegion": EAST, "Name": "reception"}
    faults = [listing(EAST, entry), Fault(CONNECTOR, body=json.dumps({"VoiceConnector": entry}))]
    result = retire(*faults) if module == "retire" else restore(*faults, records=[RECORDS[0]])
    if words is None:
        assert "failed" not in result
        words = f"Voice Connector {RECEPTION} in {EAST} has a different partition or Region: {arn}"
        (warning,) = result["warnings"]
        assert words in json.dumps(warning)
        assert "deprecations" not in result
        return
    assert (result["failed"], result["changed"]) == (True, False)
    assert words in result["msg"] and RECEPTION in result["msg"]
    assert not {PUT, DELETE} & set(fleet.operations())


def test_the_arn_of_a_connector_without_a_proxy_configuration_causes_no_warning(retire: Run) -> None:
    arn = ARN.replace(RECEPTION, "x").replace(":aws:", ":aws-cn:")
    entries = [{"VoiceConnectorId": RECEPTION}, {"VoiceConnectorId": WORKSHOP, "VoiceConnectorArn": arn}]
    result = retire(listing(EAST, *entries))
    assert ids(result["retired"]) == [RECEPTION]
    assert "warnings" not in result


# Check mode


def remove(operation: str) -> Callable[[dict[str, Any]], None]:
    return lambda model: model["operations"].pop(operation)


def remove_member(model: dict[str, Any]) -> None:
    del model["shapes"]["PutVoiceConnectorProxyRequest"]["members"]["FallBackPhoneNumber"]


RECORD_ID, BOTH, OVERWRITE = {"VoiceConnectorId": RECEPTION}, {"regions": [EAST, WEST]}, {"overwrite": True}
DENIED: dict[str, Any] = {"error": "ForbiddenException"}
NOT_FOUND: dict[str, Any] = {"error": "NotFoundException"}
WITHOUT_ARN = json.dumps({"VoiceConnector": {"VoiceConnectorId": RECEPTION, "AwsRegion": EAST}})
# For each case: the module, faults, options, a change to the service model, and a part of the message.
PREDICTED: dict[str, tuple[str, list[Fault], dict[str, Any], Any, str]] = {
    "retire-nothing": ("retire", [], {"exclude_names": ["reception", "warehouse"]}, None, ""),
    "retire": ("retire", [], {}, None, ""),
    "retire-unsendable": ("retire", [reading({**RECEPTION_PROXY, "NewMember": 1})], {}, None, "NewMember"),
    "retire-unsendable-member": ("retire", [], {}, remove_member, "has FallBackPhoneNumber, which the installed"),
    "retire-unrestorable": ("retire", [reading({**RECEPTION_PROXY, "FallBackPhoneNumber": "1 2"})], {}, None, "Fall"),
    "retire-no-operation": ("retire", [], {}, remove(DELETE), f"does not have the operation {DELETE}"),
    "retire-maximum": ("retire", [], {"max_deletions": 1}, None, "max_deletions is 1"),
    "retire-contradiction": ("retire", [listing(WEST, RECORD_ID)], BOTH, None, "different home Regions"),
    "retire-changed": ("retire", [reading(OTHER_PROXY, times=1), reading(RECEPTION_PROXY)], {}, None, "changed after"),
    "retire-unread": ("retire", [Fault(GET, request_has=WORKSHOP, **DENIED)], {}, None, "denied"),
    "retire-arn": ("retire", [listing(EAST, {**RECORD_ID, "VoiceConnectorArn": "x"})], {}, None, "ARN"),
    "restore": ("restore", [], OVERWRITE, None, ""),
    "restore-overwrite": ("restore", [], {}, None, "was not overwritten"),
    "restore-unsendable": ("restore", [], OVERWRITE, remove_member, "cannot send FallBackPhoneNumber"),
    "restore-no-operation": ("restore", [], OVERWRITE, remove(PUT), f"does not have the operation {PUT}"),
    "restore-unread": ("restore", [Fault(GET, request_has=RECEPTION, **DENIED)], OVERWRITE, None, "denied"),
    "restore-arn": ("restore", [Fault(CONNECTOR, body=WITHOUT_ARN)], OVERWRITE, None, "ARN"),
    "restore-gone": ("restore", [Fault(CONNECTOR, request_has=RECEPTION, **NOT_FOUND)], OVERWRITE, None, "not exist"),
    "present": ("proxy", [], {"disabled": True}, None, ""),
    "present-unsendable": ("proxy", [], {"disabled": True}, remove_member, "FallBackPhoneNumber"),
    "present-no-operation": ("proxy", [], {"disabled": True}, remove(PUT), f"does not have the operation {PUT}"),
    "present-incomplete": ("proxy", [], {"voice_connector_id": WORKSHOP, "disabled": True}, None, "service requires"),
    "absent-no-operation": ("proxy", [], {"state": "absent"}, remove(DELETE), f"the operation {DELETE}"),
}


@pytest.mark.parametrize("name", PREDICTED)
def test_check_mode_predicts_the_change_and_the_failure(
    fleet: Emulator,
    retire: Run,
    restore: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    name: str,
) -> None:
    module, faults, options, edit, words = PREDICTED[name]
    if edit is not None:
        edit_model(monkeypatch, tmp_path, edit)
    backup = [RECORDS[0], record_of({**OTHER_PROXY, "Disabled": False}, WAREHOUSE)]
    changed_backup = [record_of({**RECEPTION_PROXY, "DefaultSessionExpiryMinutes": 5}), backup[1]]
    results = []
    for check_mode in (True, False):
        given = {**options, "_ansible_check_mode": check_mode, "_ansible_diff": True}
        if module != "proxy":
            given["concurrency"] = 1
        fresh = copy.deepcopy(faults)
        if module == "retire":
            results.append(retire(*fresh, **given))
        elif module == "restore":
            results.append(restore(*fresh, records=changed_backup, **given))
        else:
            fleet.faults = fresh
            results.append(run_main(PROXY, {**connection_to(fleet), "voice_connector_id": RECEPTION, **given}))
        assert not check_mode or not {PUT, DELETE} & set(fleet.operations())
    predicted, real = results
    assert bool(words) == real.get("failed", False)
    assert words in real.get("msg", "")
    for result in results:
        for key in ("backup_file", "response_metadata", "error"):
            result.pop(key, None)
        # Remove the path of the backup, which only the message of the real run contains.
        result["msg"] = "".join(part for part in result.get("msg", "").split(". ") if "The backup is" not in part)
        if "response_metadata" in str(result):
            result.pop("response_metadata")
    assert predicted == real


@pytest.mark.parametrize("kind", ["file", "below-a-file", "link", "loop", "long", "read-only", "read-only-parent"])
def test_check_mode_predicts_that_a_backup_cannot_be_written(
    retire: Run,
    fleet: Emulator,
    folder: pathlib.Path,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    path, reason = folder, "Not a directory"
    if kind in ("file", "below-a-file"):
        folder.write_text("a file")
        path = folder / "in" if kind == "below-a-file" else folder
    elif kind == "link":
        folder.symlink_to(tmp_path / "nowhere")
        reason = f"{folder} is not a folder"
    elif kind == "loop":
        folder.symlink_to(folder)
        reason = "Too many levels of symbolic links"
    elif kind == "long":
        path, reason = tmp_path / ("x" * 300), "File name too long"
    else:
        readable = folder if kind == "read-only" else tmp_path
        readable.mkdir(exist_ok=True)
        # Replace os.access(), because root, who may run the tests, can write to every folder.
        access = os.access
        monkeypatch.setattr(
            os, "access", lambda p, mode: not (mode & os.W_OK and p == str(readable)) and access(p, mode)
        )
        reason = f"{readable} is not writable"
    results = [retire(backup_dir=str(path), _ansible_check_mode=check_mode) for check_mode in (True, False)]
    for result in results:
        assert (result["failed"], result["changed"], result["retired"]) == (True, False, [])
        assert ids(result["selected"]) == [RECEPTION, WAREHOUSE]
        assert f"the backup {path}/proxy-backup-{ACCOUNT}-" in result["msg"]
        assert f"could not be written: {reason}. Check backup_dir" in result["msg"]
    assert DELETE not in fleet.operations()
    assert not list(tmp_path.rglob("*.json"))


# Hidden numbers

NUMBERS = [
    "+12065550142",
    "12065550142",
    "+1 (206) 555-0142",
    "1-206-555-0142",
    "+1.206.555.0142",
    "+1_206_555_0142",
    "+1\u2013206\u2013555\u20130142",
    "%2B12065550142",
    "\\u002b12065550142",
    "&#43;12065550142",
    "+442079460123",
    "+44 20 7946 0123",
]
OTHERS = [EAST, WEST, ACCOUNT, "8e61a2f0-0142-4206-a555-120655501427", "2026-04-07", f"x-12065550142-{RECEPTION}"]


def assert_hidden(result: dict[str, Any], *texts: str) -> None:
    """Assert that the result, without its diff, contains neither a phone number nor the beginning of one."""
    result.pop("diff", None)
    shown = json.dumps(result, ensure_ascii=False)
    for text in texts:
        shown = shown.replace(text, "")
    digits = "".join(c for c in shown if c.isdigit())
    for number in ("2065550142", "12065550", "442079460", "2079460123"):
        assert number not in digits, shown


@pytest.mark.parametrize("numbers", [NUMBERS[:6], NUMBERS[6:]], ids=["separators", "escapes"])
@pytest.mark.parametrize("module", ["retire", "restore"])
@BOTH_MODES
def test_phone_numbers_are_hidden_in_every_failure(
    retire: Run, restore: Run, module: str, numbers: list[str], check_mode: bool
) -> None:
    words = f"the number {' or '.join(numbers)} in {', '.join(OTHERS)}"
    hidden = " or ".join(["(hidden)"] * len(numbers))
    failing = [
        Fault(operation, request_has=WAREHOUSE, error="BadRequestException", message=words)
        for operation in (DELETE, PUT, GET)
    ]
    options: dict[str, Any] = {"_ansible_check_mode": check_mode, "_ansible_diff": True}
    results = [retire(*failing, **options)] if module == "retire" else [restore(*failing, **options)]
    if module == "retire":
        # The read for the backup succeeds. In check mode, the second read fails; otherwise, the deletion fails.
        times = 1 if check_mode else 2
        results.append(retire(reading(OTHER_PROXY, WAREHOUSE, times=times), *failing, **options))
    for result in results:
        assert result["failed"] is True
        assert f"the number {hidden} in us-east-1, us-west-2, 111122223333, 8e61" in result["failures"][0]["reason"]
        for other in OTHERS:
            assert other in result["failures"][0]["reason"]
            assert other in result["msg"]
        assert_hidden(result, *OTHERS)


@pytest.mark.parametrize("number", ["+12065550142", "1 206 555 0142"])
@pytest.mark.parametrize("cut", [1, 7, 13])
@pytest.mark.parametrize("module", ["retire", "restore"])
def test_the_beginning_of_a_phone_number_is_hidden_at_the_end_of_a_long_message(
    retire: Run, restore: Run, module: str, number: str, cut: int
) -> None:
    """The error of WAREHOUSE contains the phone number of RECEPTION, and is cut in or just after this number.

    RECEPTION may be read before or after the error is cut.
    """
    start = len(f"AWS said: An error occurred (BadRequestException) when calling the {GET} operation: ")
    words = "x" * (500 - start - cut - 1) + " " + number + " is in use"
    fault = Fault(GET, request_has=WAREHOUSE, error="BadRequestException", message=words)
    for run in [functools.partial(retire, concurrency=n) for n in (1, 8)] if module == "retire" else [restore]:
        result = run(fault)
        assert ids(result["failures"]) == [WAREHOUSE]
        reason = result["failures"][0]["reason"]
        assert "xxx" in reason
        end = reason.rpartition("x ")[2]
        assert len([c for c in end if c.isdigit()]) < 4, end
        assert_hidden(result)


def test_phone_numbers_are_hidden_in_names_warnings_and_other_messages(
    retire: Run, restore: Run, tmp_path: pathlib.Path
) -> None:
    name = "line 1-206-555-0142 or +44 20 7946 0123"
    arn = ARN.replace(EAST, "+12065550142")
    entry = {"VoiceConnectorId": RECEPTION, "Name": name, "VoiceConnectorArn": arn, "AwsRegion": EAST}
    faults = [listing(EAST, entry), Fault(CONNECTOR, body=json.dumps({"VoiceConnector": entry}))]
    result = retire(*faults)
    assert result["retired"][0]["name"] == "line (hidden) or (hidden)"
    assert "arn:aws:chime:(hidden):111122223333:vc/" in json.dumps(result["warnings"])
    assert_hidden(result)
    assert name in pathlib.Path(result["backup_file"]).read_text()
    result = restore(*faults, backup_file=result["backup_file"])
    assert result["restored"][0]["name"] == "line (hidden) or (hidden)"
    assert_hidden(result)
    assert_hidden(retire(exclude_names=["+12065550142"]))


@pytest.mark.usefixtures("empty")
def test_a_number_in_a_record_that_is_not_selected_is_hidden(restore: Run) -> None:
    fault = Fault(PUT, error="BadRequestException", message="12065550142 is in use")
    result = restore(fault, all=None, voice_connector_ids=[WAREHOUSE])
    assert "(hidden) is in use" in result["msg"]
    assert_hidden(result)


def test_a_number_that_somebody_sets_after_the_backup_is_hidden(retire: Run, restore: Run) -> None:
    changed = {**RECEPTION_PROXY, "FallBackPhoneNumber": "+442079460123"}
    fault = Fault(PUT, error="BadRequestException", message="442079460123 is in use")
    result = restore(reading(changed), fault, overwrite=True)
    assert "(hidden) is in use" in result["msg"]
    assert_hidden(result)


def test_a_short_number_does_not_hide_parts_of_other_values(retire: Run, stored: Any) -> None:
    stored(WAREHOUSE)["Proxy"]["FallBackPhoneNumber"] = "+11"
    stored(RECEPTION)["Proxy"]["FallBackPhoneNumber"] = "+111122223333"
    words = "us-east-1 us-east-11 11 +11 is 2026-11-27"
    result = retire(Fault(DELETE, error="BadRequestException", message=words))
    assert (result["account_id"], result["failures"][0]["region"]) == (ACCOUNT, EAST)
    assert f"backup-{ACCOUNT}-" in result["msg"]
    assert "us-east-1 us-east-11 11 (hidden) is 2026-11-27" in result["msg"]


@pytest.mark.parametrize("exclude", [{"exclude_voice_connector_ids": [RECEPTION]}, {"exclude_names": ["reception"]}])
@pytest.mark.parametrize("fault", [{"error": "ForbiddenException"}, {"status": 500}, {"body": "<html>"}])
def test_unreadable_tags_of_a_connector_that_is_excluded_by_id_or_name_are_ignored(
    retire: Run, fleet: Emulator, sleeps: list[float], exclude: dict[str, Any], fault: dict[str, Any]
) -> None:
    unreadable = Fault("ListTagsForResource", request_has=RECEPTION, **fault)
    result = retire(unreadable, exclude_tags={"keep": None}, **exclude)
    assert "not everything could be read" not in result["msg"]
    assert "no Voice Connector that was read matches 'keep' in exclude_tags" in result["msg"]


@BOTH_MODES
def test_restore_does_not_remove_a_member_that_it_cannot_send(
    restore: Run, fleet: Emulator, stored: Any, check_mode: bool
) -> None:
    stored(RECEPTION)["Proxy"] = OTHER_PROXY
    current = json.dumps({"Proxy": {**OTHER_PROXY, "NewMember": {"important": 1}}})
    fault = Fault(GET, request_has=RECEPTION, body=current)
    result = restore(fault, overwrite=True, _ansible_check_mode=check_mode)
    assert ids(result["failures"]) == [RECEPTION]
    assert "a write would remove this part of the current configuration" in result["failures"][0]["reason"]
    assert stored(RECEPTION)["Proxy"] == OTHER_PROXY


def test_retire_does_not_need_the_operation_that_restores(
    retire: Run, fleet: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    edit_model(monkeypatch, tmp_path, lambda model: model["operations"].pop(PUT))
    assert RECEPTION in ids(retire()["retired"])


@pytest.mark.parametrize("name", ["line 00442071838750", "0044 20 7183 8750", "020.7183-8750", "020 7183 8750"])
def test_a_known_number_is_hidden_in_its_national_and_international_spellings(
    retire: Run, stored: Any, fleet: Emulator, name: str
) -> None:
    stored(RECEPTION)["Proxy"]["FallBackPhoneNumber"] = "+442071838750"
    fleet.voice._connectors[ACCOUNT, EAST][RECEPTION]["entry"]["Name"] = name
    result = retire(exclude_names=["x"])
    assert "8750" not in json.dumps(result)
    assert "8750" not in json.dumps(retire()["selected"])
