# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restore proxy configurations from a backup, through the real main()."""

from __future__ import annotations

import copy
import json
import pathlib
from typing import Any, Callable

import pytest

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.cases import OTHER_PROXY, PHONE_NUMBER, RECEPTION_PROXY, ids
from ansible_collections.chime_sdk.voice.tests.unit.helpers import (
    CREDENTIALS,
    OTHER_CREDENTIALS,
    connection_to,
    run_main,
)

MODULE = "chime_voice_connector_proxy_restore"
GET, PUT = "GetVoiceConnectorProxy", "PutVoiceConnectorProxy"
CONNECTOR, CALLER = "GetVoiceConnector", "GetCallerIdentity"

ACCOUNT, OTHER_ACCOUNT = CREDENTIALS["account"], OTHER_CREDENTIALS["account"]
RECEPTION, WAREHOUSE = (f"a{number:021d}" for number in range(2))
BRANCH = f"b{0:021d}"
PROXIES = {RECEPTION: RECEPTION_PROXY, WAREHOUSE: OTHER_PROXY, BRANCH: OTHER_PROXY}
NAMES = {RECEPTION: "reception", WAREHOUSE: "warehouse", BRANCH: "branch"}
REGIONS = {RECEPTION: "us-east-1", WAREHOUSE: "us-east-1", BRANCH: "us-west-2"}
FLEET: dict[str, Any] = {
    "credentials": [CREDENTIALS, OTHER_CREDENTIALS],
    "voice_connectors": [{"VoiceConnectorId": i, "Name": NAMES[i], "AwsRegion": REGIONS[i]} for i in PROXIES],
}
RECORDS = [{"voice_connector_id": i, "region": REGIONS[i], "name": NAMES[i], "proxy": p} for i, p in PROXIES.items()]
BACKUP: dict[str, Any] = {
    "format": 1,
    "account": ACCOUNT,
    "created": "2026-01-02T03:04:05Z",
    "voice_connectors": RECORDS,
}

Restore = Callable[..., "dict[str, Any]"]


@pytest.fixture
def backup(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "backup.json"
    path.write_text(json.dumps(BACKUP), encoding="utf-8")
    return path


@pytest.fixture
def restore(fleet: Emulator, backup: pathlib.Path) -> Restore:
    """Return a function that runs the module with `all: true`. An option that is None is omitted."""

    def run(*faults: Fault, **options: Any) -> dict[str, Any]:
        fleet.faults = list(faults)
        fleet.requests.clear()
        args = {
            **connection_to(fleet),
            "account_id": ACCOUNT,
            "all": True,
            "backup_file": str(backup),
            **options,
        }
        return run_main(MODULE, {name: value for name, value in args.items() if value is not None})

    return run


@pytest.fixture
def stored(fleet: Emulator) -> Callable[[str], dict[str, Any]]:
    """Return a function that returns the stored settings of a Voice Connector. A test can change them in place."""
    return lambda identifier: fleet.voice._connectors[ACCOUNT, REGIONS[identifier]][identifier]["settings"]


def assert_refused(result: dict[str, Any], fleet: Emulator, *words: str) -> None:
    """Assert that the module failed, wrote nothing, and still returned all keys."""
    assert result["failed"] is True
    assert (result["changed"], result["restored"], result["unchanged"], result["failures"]) == (False, [], [], [])
    assert "account_id" in result
    for word in words:
        assert word in result["msg"], result["msg"]
    assert PUT not in fleet.operations()


# Success


def test_everything_in_the_backup_is_restored(restore: Restore, fleet: Emulator, stored: Any) -> None:
    result = restore()
    assert result == {
        "changed": True,
        "account_id": ACCOUNT,
        "restored": [{"voice_connector_id": i, "name": NAMES[i], "region": REGIONS[i]} for i in PROXIES],
        "unchanged": [],
        "failures": [],
    }
    assert {i: stored(i)["Proxy"] for i in PROXIES} == PROXIES
    again = restore()
    assert (again["changed"], again["restored"], ids(again["unchanged"])) == (False, [], list(PROXIES))
    assert sorted(fleet.operations()) == sorted([CALLER] + [CONNECTOR, GET] * 3)


def test_only_selected_ids_are_restored(restore: Restore, stored: Any) -> None:
    result = restore(all=None, voice_connector_ids=f"{BRANCH},{RECEPTION}")
    assert ids(result["restored"]) == [BRANCH, RECEPTION]
    assert "Proxy" not in stored(WAREHOUSE)


def test_a_backup_from_the_retire_module_can_be_restored(restore: Restore, fleet: Emulator, stored: Any) -> None:
    restore()
    options = {**connection_to(fleet), "account_id": ACCOUNT, "all": True, "regions": ["us-east-1", "us-west-2"]}
    retired = run_main("chime_voice_connector_proxy_retire", {**options, "backup_dir": "~"})
    assert "Proxy" not in stored(RECEPTION)
    assert ids(restore(backup_file=retired["backup_file"])["restored"]) == list(PROXIES)
    assert {i: stored(i)["Proxy"] for i in PROXIES} == PROXIES


def test_an_empty_phone_number_is_not_restored(restore: Restore, backup: pathlib.Path, stored: Any) -> None:
    record = {**RECORDS[0], "proxy": {**RECEPTION_PROXY, "FallBackPhoneNumber": ""}}
    backup.write_text(json.dumps({**BACKUP, "voice_connectors": [record]}))
    assert restore()["changed"] is True
    assert "FallBackPhoneNumber" not in stored(RECEPTION)["Proxy"]


@pytest.mark.parametrize("given", ["~/backup.json", "$HOME/backup.json", "../backup.json"])
def test_a_path_is_expanded_as_in_other_modules(
    restore: Restore, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert restore(backup_file=given)["changed"] is True


# Current configuration


def test_a_different_configuration_is_overwritten_only_on_request(
    restore: Restore, fleet: Emulator, stored: Any
) -> None:
    changed = {**RECEPTION_PROXY, "DefaultSessionExpiryMinutes": 5, "FallBackPhoneNumber": "+12065550199"}
    stored(RECEPTION)["Proxy"] = changed
    for options in ({}, {"_ansible_check_mode": True}):
        result = restore(**options)
        assert (result["failed"], result["changed"], ids(result["failures"])) == (True, True, [RECEPTION])
        reason = result["failures"][0]["reason"]
        assert (
            "because it differs from the backup in default_session_expiry_minutes, fall_back_phone_number. To overwrite"
            in reason
        )
        assert "1 of 3 proxy configurations could not be restored" in result["msg"]
        assert stored(RECEPTION)["Proxy"] == changed
        for number in (PHONE_NUMBER, "+12065550199"):
            assert number not in json.dumps(result)
        for identifier in (WAREHOUSE, BRANCH):
            stored(identifier).pop("Proxy", None)
    result = restore(overwrite=True)
    assert ids(result["restored"]) == list(PROXIES)
    assert stored(RECEPTION)["Proxy"] == RECEPTION_PROXY


@pytest.mark.parametrize("check_mode", [True, False])
def test_check_mode_and_diff_preview_each_change(
    restore: Restore, fleet: Emulator, stored: Any, check_mode: bool
) -> None:
    stored(RECEPTION)["Proxy"] = {**RECEPTION_PROXY, "DefaultSessionExpiryMinutes": 5}
    stored(BRANCH)["Proxy"] = OTHER_PROXY
    result = restore(_ansible_check_mode=check_mode, _ansible_diff=True, overwrite=True)
    assert (result["changed"], ids(result["restored"]), ids(result["unchanged"])) == (
        True,
        [RECEPTION, WAREHOUSE],
        [BRANCH],
    )
    first, second = result.pop("diff")
    assert first["before_header"] == first["after_header"] == f"{RECEPTION} in us-east-1"
    minutes = [first[side]["default_session_expiry_minutes"] for side in ("before", "after")]
    assert minutes == [5, 60]
    assert first["after"]["fall_back_phone_number"] == PHONE_NUMBER
    assert (second["before"]["exists"], second["after"]["exists"]) == (False, True)
    assert PHONE_NUMBER not in json.dumps(result)
    assert fleet.operations().count(PUT) == (0 if check_mode else 2)


# Options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"account_id": "12345678901a"}, "which is not the ID of an AWS account"),
        ({"account_id": 111122223333}, "account_id contains a number where a string is required"),
        ({"all": None}, "voice_connector_ids is missing or empty, and the option 'all' is not true"),
        ({"voice_connector_ids": [RECEPTION]}, "cannot be combined with the option 'all'"),
        ({"all": None, "voice_connector_ids": [RECEPTION, "all"]}, "Set the option 'all' to true instead"),
        ({"all": None, "voice_connector_ids": [True]}, "voice_connector_ids contains a boolean"),
        ({"backup_file": 7}, "backup_file contains a number"),
        ({"concurrency": 65}, "concurrency is 65"),
    ],
)
def test_an_invalid_option_fails_before_a_request(
    restore: Restore, fleet: Emulator, options: dict[str, Any], words: str
) -> None:
    assert_refused(restore(**options), fleet, words)
    assert fleet.requests == []


# Backup


def without(entry: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != name}


def with_record(change: dict[str, Any], number: int = 1) -> dict[str, Any]:
    """Return a backup with *change* applied to the record at the index *number*."""
    records = copy.deepcopy(RECORDS)
    records[number] = {**records[number], **change}
    return {**BACKUP, "voice_connectors": records}


def with_proxy(**change: Any) -> dict[str, Any]:
    return with_record({"proxy": {**OTHER_PROXY, **change}})


SECOND = f"record 2 ({WAREHOUSE})"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "it is not a complete JSON object"),
        (None, "it is not a complete JSON object"),
        (without(BACKUP, "account"), "its account is missing"),
        ({**BACKUP, "account": 111122223333}, "its account is missing or is not an account ID"),
        ({**BACKUP, "format": True}, "its format is not 1"),
        ({**BACKUP, "format": "2"}, "its format is not 1"),
        (without(BACKUP, "format"), "its format is not 1"),
        ({**BACKUP, "format": 0}, "its format is not 1"),
        ({**BACKUP, "voice_connectors": []}, "its voice_connectors are missing, empty, or not a list"),
        ({**BACKUP, "voice_connectors": {}}, "its voice_connectors are missing, empty, or not a list"),
        (without(BACKUP, "voice_connectors"), "its voice_connectors are missing, empty, or not a list"),
        ({**BACKUP, "voice_connectors": [*RECORDS, RECORDS[0]]}, f"record 4 ({RECEPTION}) is a duplicate"),
        ({**BACKUP, "voice_connectors": ["x"]}, "record 1 has no valid voice_connector_id"),
        (with_record({"voice_connector_id": ".."}), "record 2 has no valid voice_connector_id"),
        (with_record({"voice_connector_id": None}), "record 2 has no valid voice_connector_id"),
        ({**BACKUP, "voice_connectors": [without(RECORDS[0], "region")]}, f"record 1 ({RECEPTION}) has no region"),
        ({**BACKUP, "voice_connectors": [without(RECORDS[0], "proxy")]}, f"record 1 ({RECEPTION}) has no proxy"),
        (with_record({"region": None}), f"{SECOND} has a value for region that is not an AWS Region"),
        (with_record({"region": "evil.example/"}), f"{SECOND} has a value for region that is not an AWS Region"),
        (with_record({"name": 5}), f"{SECOND} has a value for name that is not a string"),
        (with_record({"proxy": None}), f"{SECOND} has a value for proxy that is not an object"),
        (with_record({"proxy": {}}), f"{SECOND} has no DefaultSessionExpiryMinutes, which the service requires"),
        (with_proxy(PhoneNumberCountries=[]), f"{SECOND} has no PhoneNumberCountries, which the service requires"),
        *(
            (with_proxy(**{name: value}), f"{SECOND} has a value for {name} that is not {kind}")
            for name, value, kind in (
                *(("DefaultSessionExpiryMinutes", value, "a positive number") for value in ("30", True, 0)),
                *(("PhoneNumberCountries", value, "a list") for value in ("GB", [False], ["gb"])),
                *(("FallBackPhoneNumber", value, "a phone") for value in ("*********42", 12065550142)),
                ("Disabled", "false", "a boolean"),
            )
        ),
        (with_proxy(VoiceConnectorId=RECEPTION), f"{SECOND} has VoiceConnectorId, which is not a member of a proxy"),
        (with_proxy(PhoneNumberPoolCountries=["GB"]), f"{SECOND} has PhoneNumberPoolCountries, which is not a member"),
    ],
)
def test_an_invalid_backup_is_refused_and_the_record_is_named(
    restore: Restore, fleet: Emulator, backup: pathlib.Path, document: Any, words: str
) -> None:
    backup.write_text(json.dumps(document))
    result = restore()
    assert_refused(result, fleet, f"the backup {backup} is not valid: {words}", "nothing was changed")
    assert PHONE_NUMBER not in result["msg"]
    assert fleet.requests == []


@pytest.mark.parametrize("content", [b"", b'{"account": "111122223333", "voice_conn', b"\xff\xfe", b"[" * 100000])
def test_an_incomplete_file_is_refused(restore: Restore, fleet: Emulator, backup: pathlib.Path, content: bytes) -> None:
    backup.write_bytes(content)
    assert_refused(restore(), fleet, f"the backup {backup} is not valid: it is not a complete JSON object")


def test_a_newer_format_is_refused(restore: Restore, fleet: Emulator, backup: pathlib.Path) -> None:
    backup.write_text(json.dumps({"format": 2}))
    assert_refused(restore(), fleet, f"the backup {backup} has the format 2", "Upgrade chime_sdk.voice")


def test_a_file_that_cannot_be_read_is_refused(restore: Restore, fleet: Emulator, tmp_path: pathlib.Path) -> None:
    missing = restore(backup_file=str(tmp_path / "none.json"))
    assert_refused(missing, fleet, f"the backup {tmp_path}/none.json could not be read: No such file or directory")
    assert_refused(
        restore(backup_file=str(tmp_path)), fleet, f"the backup {tmp_path} could not be read: Is a directory"
    )
    # ansible-core 2.21 and newer fail earlier, because they cannot log the value.
    assert restore(backup_file="/a\0b")["failed"] is True
    assert fleet.requests == []


def test_an_incomplete_record_that_is_not_selected_is_accepted(restore: Restore, backup: pathlib.Path) -> None:
    backup.write_text(json.dumps(with_record({"proxy": {"Disabled": True}})))
    assert ids(restore(all=None, voice_connector_ids=[RECEPTION])["restored"]) == [RECEPTION]


def test_an_id_that_is_not_in_the_backup_is_refused(restore: Restore, fleet: Emulator, backup: pathlib.Path) -> None:
    missing = [f"z{number:021d}" for number in range(2)]
    result = restore(all=None, voice_connector_ids=[RECEPTION, *missing])
    assert_refused(result, fleet, f"the backup {backup} has no record for {', '.join(missing)}.")
    assert fleet.requests == []


# Account


def test_a_backup_from_a_different_account_is_refused(restore: Restore, fleet: Emulator, backup: pathlib.Path) -> None:
    backup.write_text(json.dumps({**BACKUP, "account": OTHER_ACCOUNT}))
    words = f"the backup {backup} is for the AWS account {OTHER_ACCOUNT}, but account_id is {ACCOUNT}"
    assert_refused(restore(), fleet, words)
    assert fleet.requests == []


def test_credentials_for_a_different_account_stop_the_run(restore: Restore, fleet: Emulator) -> None:
    result = restore(access_key="AKIDOTHER", secret_key="other-secret-key")
    assert_refused(result, fleet, f"the credentials belong to the AWS account {OTHER_ACCOUNT}, but")
    assert fleet.operations() == [CALLER]


@pytest.mark.parametrize(
    ("arn", "words"),
    [
        (f"arn:aws:chime:us-west-2:{OTHER_ACCOUNT}:vc/{BRANCH}", f"belongs to the AWS account {OTHER_ACCOUNT}"),
        (None, "AWS did not return the ARN"),
    ],
)
def test_a_connector_in_a_different_or_unknown_account_stops_the_run(
    restore: Restore, fleet: Emulator, arn: str | None, words: str
) -> None:
    entry = {"VoiceConnectorId": BRANCH, "AwsRegion": "us-west-2", "VoiceConnectorArn": arn}
    fault = Fault(CONNECTOR, request_has=BRANCH, body=json.dumps({"VoiceConnector": entry}))
    assert_refused(restore(fault), fleet, words, f"Voice Connector {BRANCH} in us-west-2")


# Failures


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(CONNECTOR, request_has=RECEPTION, error="NotFoundException"), "the resource does not exist"),
        (Fault(GET, request_has=RECEPTION, error="ForbiddenException"), "chime:GetVoiceConnectorProxy"),
        (Fault(PUT, request_has=RECEPTION, error="ForbiddenException"), "may refuse this"),
        (
            Fault(PUT, request_has=RECEPTION, error="BadRequestException", message=f"{PHONE_NUMBER} is not yours"),
            ": (hidden) is not yours",
        ),
    ],
)
def test_one_failure_does_not_stop_the_other_restores(restore: Restore, stored: Any, fault: Fault, words: str) -> None:
    result = restore(fault, concurrency=1)
    assert (result["failed"], result["changed"]) == (True, True)
    assert (ids(result["restored"]), ids(result["failures"])) == ([WAREHOUSE, BRANCH], [RECEPTION])
    assert words in result["failures"][0]["reason"]
    assert words in result["msg"]
    assert PHONE_NUMBER.strip("+") not in json.dumps(result)
    assert "Proxy" not in stored(RECEPTION)


def test_a_write_without_a_response_is_confirmed_by_reading(restore: Restore, sleeps: list[float], stored: Any) -> None:
    assert ids(restore(Fault(PUT, drop="lost"))["restored"]) == list(PROXIES)
    assert {i: stored(i)["Proxy"] for i in PROXIES} == PROXIES


def test_a_restore_fails_if_the_service_stores_different_values(restore: Restore) -> None:
    other = {"Proxy": {**RECEPTION_PROXY, "DefaultSessionExpiryMinutes": 1}}
    result = restore(Fault(PUT, body=json.dumps(other)), all=None, voice_connector_ids=[RECEPTION], _ansible_diff=True)
    assert "stored values for default_session_expiry_minutes that differ from the values sent" in result["msg"]
    assert (result["changed"], ids(result["failures"]), result["restored"]) == (True, [RECEPTION], [])
    (diff,) = result.pop("diff")
    assert (diff["before"]["exists"], diff["after"]["default_session_expiry_minutes"]) == (False, 1)
    assert PHONE_NUMBER not in json.dumps(result)


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_member_that_botocore_cannot_send_fails(
    restore: Restore, fleet: Emulator, backup: pathlib.Path, check_mode: bool
) -> None:
    backup.write_text(json.dumps(with_proxy(NewMember=1)))
    result = restore(_ansible_check_mode=check_mode)
    assert ids(result["failures"]) == [WAREHOUSE]
    assert "cannot send NewMember, which the backup contains" in result["failures"][0]["reason"]
    assert ids(result["restored"]) == [RECEPTION, BRANCH]
