# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find Voice Connectors and read them in bulk, through the real main()."""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from typing import Any, Callable

import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils import _client, _operation, _rate_limit
from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import SETTINGS
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import (
    MISSING,
    NO_PROXY,
    STATE,
    UNKNOWN_PROXY,
    WITH_PROXY,
    WITHOUT_PROXY,
    connection_to,
    edit_model,
    run_main,
    track_peak_in_flight,
)

LIST, GET, PROXY, TAGS = "ListVoiceConnectors", "GetVoiceConnector", "GetVoiceConnectorProxy", "ListTagsForResource"
Read = Callable[..., "dict[str, Any]"]


def read_from(emulator: Emulator, **options: Any) -> dict[str, Any]:
    given = {name: value for name, value in {**connection_to(emulator), **options}.items() if value is not None}
    return run_main("chime_voice_connector_info", given)


@pytest.fixture
def read(emulator: Emulator) -> Read:
    """Return a function that runs the module against an emulator with the two Voice Connectors of STATE."""
    return lambda **options: read_from(emulator, **options)


def fleet(size: int) -> dict[str, Any]:
    """Return the state of an emulator with *size* connectors. Every third one has no proxy configuration."""
    connectors = []
    for number in range(size):
        connector: dict[str, Any] = {"VoiceConnectorId": f"a{number:021d}", "Name": f"number {number % 10}"}
        if number % 3:
            connector["Proxy"] = {"DefaultSessionExpiryMinutes": number, "PhoneNumberCountries": ["US"]}
        connectors.append(connector)
    return {**STATE, "voice_connectors": connectors}


def identifiers(result: dict[str, Any]) -> list[str]:
    return [connector["voice_connector_id"] for connector in result["voice_connectors"]]


def fleet_ids(size: int) -> list[str]:
    return [connector["VoiceConnectorId"] for connector in fleet(size)["voice_connectors"]]


# Listing


def test_all_connectors_are_listed_with_every_documented_key(read: Read, emulator: Emulator) -> None:
    result = read()
    assert (result["changed"], result["region"], result["errors"]) == (False, "us-east-1", [])
    assert identifiers(result) == [WITH_PROXY, WITHOUT_PROXY]
    first = result["voice_connectors"][0]
    assert first.pop("created_timestamp") == first.pop("updated_timestamp")
    assert first == {
        "region": "us-east-1",
        "voice_connector_id": WITH_PROXY,
        "voice_connector_arn": f"arn:aws:chime:us-east-1:111122223333:vc/{WITH_PROXY}",
        "name": "reception",
        "aws_region": "us-east-1",
        "outbound_host_name": f"{WITH_PROXY}.voiceconnector.chime.aws",
        "require_encryption": True,
        "integration_type": None,
        "network_type": None,
    }
    assert emulator.operations() == [LIST]


def test_timestamps_are_in_iso_8601() -> None:
    state = {
        **STATE,
        "voice_connectors": [{"VoiceConnectorId": WITH_PROXY, "CreatedTimestamp": "2026-01-02T03:04:05Z"}],
    }
    with Emulator(state) as emulator:
        assert read_from(emulator)["voice_connectors"][0]["created_timestamp"] == "2026-01-02T03:04:05+00:00"


def test_check_mode_returns_the_same_result(read: Read) -> None:
    assert read(_ansible_check_mode=True, include=["proxy", "tags"]) == read(include=["proxy", "tags"])


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 300])
def test_a_listing_takes_one_request_per_hundred_connectors(size: int) -> None:
    with Emulator(fleet(size)) as emulator:
        result = read_from(emulator)
        assert identifiers(result) == fleet_ids(size)
        assert emulator.operations() == [LIST] * max(1, math.ceil(size / 100))
        assert all("max-results=100" in request["path"] for request in emulator.requests)


@pytest.mark.parametrize(("size", "concurrency"), [(0, 8), (1, 8), (20, 1), (101, 8), (30, 64)])
def test_a_bulk_read_sends_exactly_the_requests_it_needs(size: int, concurrency: int) -> None:
    with Emulator(fleet(size)) as emulator:
        result = read_from(emulator, include=["proxy"], concurrency=concurrency)
        assert identifiers(result) == fleet_ids(size)
        assert [connector["proxy"]["exists"] for connector in result["voice_connectors"]] == [
            n % 3 > 0 for n in range(size)
        ]
        operations = emulator.operations()
        assert operations.count(LIST) == max(1, math.ceil(size / 100))
        assert operations.count(PROXY) == size
        assert len(operations) == size + max(1, math.ceil(size / 100))


@pytest.mark.parametrize("token", [None, "", "absent"])
def test_a_listing_ends_at_an_absent_null_or_empty_token(read: Read, emulator: Emulator, token: str | None) -> None:
    page: dict[str, Any] = {"VoiceConnectors": [{"VoiceConnectorId": WITH_PROXY}], "NextToken": token}
    if token == "absent":
        del page["NextToken"]
    emulator.faults = [Fault(LIST, body=json.dumps(page))]
    assert identifiers(read()) == [WITH_PROXY]
    assert emulator.operations() == [LIST]


def page(number: int, *identifiers: str, token: str | None = "next") -> Fault:
    """Return a fault whose response is one page of a listing."""
    entries = [{"VoiceConnectorId": i, "Name": f"on page {number}", "AwsRegion": "us-east-1"} for i in identifiers]
    body = json.dumps({"VoiceConnectors": entries, "NextToken": token and f"{token}{number}"})
    return Fault(LIST, times=1, body=body)


def test_a_repeated_token_fails(read: Read, emulator: Emulator) -> None:
    emulator.faults = [page(1), page(2), page(1)]
    result = read()
    assert "the listing does not end" in result["msg"] and "us-east-1" in result["msg"]
    assert emulator.operations() == [LIST] * 3


@pytest.mark.parametrize("same", [[], [WITH_PROXY]], ids=["empty", "identical"])
def test_a_listing_that_never_ends_is_stopped(read: Read, emulator: Emulator, same: list[str]) -> None:
    emulator.faults = [page(number, *same) for number in range(100)]
    result = read(include=["proxy"])
    assert "the listing does not end" in result["msg"]
    assert 5 < len(emulator.operations()) < 15
    assert identifiers(result) == same
    assert result["stopped"] is True


def test_a_few_empty_pages_do_not_end_a_listing(read: Read, emulator: Emulator) -> None:
    emulator.faults = [*(page(number) for number in range(8)), page(8, WITH_PROXY, token=None)]
    assert identifiers(read()) == [WITH_PROXY]


@pytest.mark.parametrize(
    "fault", [{"error": "ForbiddenException"}, {"status": 503, "style": "bare"}, {"body": "<html>"}, {"drop": "reset"}]
)
def test_previous_pages_are_kept_if_a_page_fails(
    read: Read, emulator: Emulator, sleeps: list[float], fault: dict[str, Any]
) -> None:
    emulator.faults = [page(1, "a", "b"), page(2, "c"), Fault(LIST, **fault)]
    result = read(include=["proxy", "tags"])
    assert result["failed"] is True and result["stopped"] is True
    assert identifiers(result) == ["a", "b", "c"]
    for connector in result["voice_connectors"]:
        assert connector["proxy"] == UNKNOWN_PROXY
        assert connector["tags"] is None and "reading stopped" in connector["tags_error"]
    listing, *not_tried = result["errors"]
    assert (listing["voice_connector_id"], listing["action"]) == (None, LIST)
    assert [(error["voice_connector_id"], error["action"]) for error in not_tried] == [
        ("a", None),
        ("b", None),
        ("c", None),
    ]
    assert not_tried[0]["message"].startswith("Failed to read Voice Connector a in us-east-1: no request was sent")
    assert "failed after 3 entries; the listed Voice Connectors were not read, and there may be more" in result["msg"]
    assert {"boto3_version", "botocore_version", "region"} <= set(result)
    assert set(emulator.operations()) == {LIST}


def test_selecting_by_tags_omits_connectors_with_unknown_tags_if_a_page_fails(read: Read, emulator: Emulator) -> None:
    emulator.faults = [page(1, "a"), Fault(LIST, error="ForbiddenException")]
    result = read(tags={"team": "voice"})
    assert (result["voice_connectors"], result["stopped"]) == ([], True)


@pytest.mark.parametrize("body", ["{}", '{"VoiceConnectors": null}', '{"VoiceConnectors": []}'])
def test_an_account_is_empty_only_if_aws_confirms_it(read: Read, emulator: Emulator, body: str) -> None:
    emulator.faults = [Fault(LIST, body=body)]
    assert read()["voice_connectors"] == []
    emulator.faults = [Fault(LIST, body=body, request_id=False)]
    assert "unreadable" in read()["msg"]


@pytest.mark.parametrize(
    "body",
    ["", "<html>", "[]", '{"Message": "?"}', '{"VoiceConnectors": {}}', '{"VoiceConnectors": [null]}']
    + ['{"VoiceConnectors": [{}]}', '{"VoiceConnectors": [{"VoiceConnectorId": ""}]}']
    + ['{"VoiceConnectors": [{"VoiceConnectorId": ".."}]}', '{"VoiceConnectors": [{"VoiceConnectorId": "a/b"}]}'],
)
def test_an_unreadable_listing_fails(read: Read, emulator: Emulator, body: str) -> None:
    emulator.faults = [Fault(LIST, body=body)]
    result = read()
    assert "list the Voice Connectors in us-east-1 (ListVoiceConnectors): the response is unreadable" in result["msg"]


def test_a_connector_that_is_listed_twice_is_returned_once(read: Read, emulator: Emulator) -> None:
    body = {"VoiceConnectors": [{"VoiceConnectorId": WITH_PROXY}, {"VoiceConnectorId": WITH_PROXY}]}
    emulator.faults = [Fault(LIST, body=json.dumps(body))]
    assert identifiers(read()) == [WITH_PROXY]


def test_a_listing_has_the_keys_for_members_that_botocore_does_not_know(read: Read, emulator: Emulator) -> None:
    assert set(read()["voice_connectors"][0]) >= {"integration_type", "network_type"}


# Selection


@pytest.mark.parametrize("option", ["voice_connector_ids", "names"])
def test_an_empty_list_selects_nothing_and_sends_nothing(read: Read, emulator: Emulator, option: str) -> None:
    result = read(**{option: []}, include=["proxy"])
    assert (result["voice_connectors"], result["errors"]) == ([], [])
    assert emulator.operations() == []


def test_one_id_is_read_without_a_listing(read: Read, emulator: Emulator) -> None:
    result = read(voice_connector_ids=[WITHOUT_PROXY], include=["proxy"])
    assert identifiers(result) == [WITHOUT_PROXY]
    assert result["voice_connectors"][0]["proxy"]["exists"] is False
    assert emulator.operations() == [GET, PROXY]


def test_ids_keep_their_order_and_duplicates_are_removed(read: Read, emulator: Emulator) -> None:
    assert identifiers(read(voice_connector_ids=[WITHOUT_PROXY, WITH_PROXY, WITHOUT_PROXY])) == [
        WITHOUT_PROXY,
        WITH_PROXY,
    ]
    assert emulator.operations() == [LIST]


@pytest.mark.parametrize(
    ("size", "wanted", "listings", "reads"),
    [
        (300, [299], 0, 1),  # a single ID is read directly
        (50, [1, 2, 49], 1, 0),  # the first page contains all three IDs
        # After two pages, one ID is left. Reading this Voice Connector takes no more requests than a third page.
        (300, [1, 150, 299], 2, 1),
        (500, [498, 499], 2, 2),
        (500, range(500), 5, 0),
    ],
)
def test_finding_ids_takes_few_requests(size: int, wanted: Any, listings: int, reads: int) -> None:
    all_ids = fleet_ids(size)
    with Emulator(fleet(size)) as emulator:
        result = read_from(emulator, voice_connector_ids=[all_ids[number] for number in wanted])
        assert identifiers(result) == [all_ids[number] for number in wanted]
        assert (emulator.operations().count(LIST), emulator.operations().count(GET)) == (listings, reads)


def test_reading_by_id_needs_no_permission_to_list(read: Read, emulator: Emulator) -> None:
    emulator.faults = [Fault(LIST, error="ForbiddenException")]
    assert identifiers(read(voice_connector_ids=[WITH_PROXY, WITHOUT_PROXY])) == [WITH_PROXY, WITHOUT_PROXY]
    assert sorted(emulator.operations()) == [GET, GET, LIST]


def test_rejected_credentials_end_the_search_for_ids(read: Read, emulator: Emulator) -> None:
    result = read(voice_connector_ids=[WITH_PROXY, WITHOUT_PROXY], secret_key="wrong")
    assert result["error"]["code"] == "InvalidSignatureException"
    assert emulator.operations() == [LIST]


def test_an_id_that_does_not_exist_is_an_error_and_the_others_are_read(read: Read) -> None:
    result = read(voice_connector_ids=[MISSING, WITH_PROXY], include=["proxy"])
    assert result["failed"] is True
    assert identifiers(result) == [WITH_PROXY]
    assert result["voice_connectors"][0]["proxy"]["exists"] is True
    (error,) = result["errors"]
    assert error.pop("message").startswith(f"Failed to get Voice Connector {MISSING} in us-east-1")
    assert error == {
        "voice_connector_id": MISSING,
        "region": "us-east-1",
        "setting": None,
        "action": GET,
        "code": "NotFoundException",
    }
    assert "1 of 2 Voice Connectors in us-east-1 could not be read" in result["msg"]
    assert result["error"]["code"] == "NotFoundException"


def test_many_ids_that_do_not_exist_are_all_named(read: Read) -> None:
    wanted = fleet_ids(30)
    result = read(voice_connector_ids=[*wanted, WITH_PROXY])
    assert [error["voice_connector_id"] for error in result["errors"]] == wanted
    assert identifiers(result) == [WITH_PROXY]


@pytest.mark.parametrize("value", ["..", "a/b", "{{ ids }}"])
def test_an_invalid_id_fails_before_a_request(read: Read, emulator: Emulator, value: str) -> None:
    assert f"voice_connector_ids is {value!r}, which cannot be" in read(voice_connector_ids=[WITH_PROXY, value])["msg"]
    assert emulator.operations() == []


def test_names_are_filtered_before_settings_are_read(emulator: Emulator, read: Read) -> None:
    result = read(names=["warehouse", "nowhere"], include=["proxy", "tags"])
    assert identifiers(result) == [WITHOUT_PROXY]
    assert sorted(emulator.operations()) == sorted([LIST, TAGS, PROXY])


def test_only_selected_connectors_are_counted(emulator: Emulator, read: Read) -> None:
    emulator.faults = [Fault(PROXY, error="ForbiddenException")]
    assert "1 of 1 Voice Connectors" in read(names=["warehouse"], include=["proxy"])["msg"]


def test_names_also_filter_connectors_read_by_id(read: Read, emulator: Emulator) -> None:
    assert identifiers(read(names=["warehouse"], voice_connector_ids=[WITH_PROXY], include=["proxy"])) == []
    assert emulator.operations() == [GET]


def test_a_connector_without_a_name_in_the_listing_is_read_by_id_to_select_by_name(
    read: Read, emulator: Emulator
) -> None:
    listing = Fault(LIST, body=json.dumps({"VoiceConnectors": [{"VoiceConnectorId": WITH_PROXY}]}))
    emulator.faults = [listing]
    assert identifiers(read(names=["reception"])) == [WITH_PROXY]
    assert identifiers(read(names=["warehouse"])) == []
    nameless = json.dumps({"VoiceConnector": {"VoiceConnectorId": WITH_PROXY}})
    emulator.faults = [listing, Fault(GET, body=nameless)]
    result = read(names=["reception"])
    assert (result["complete"], result["errors"][0]["voice_connector_id"]) == (False, WITH_PROXY)
    assert "it does not contain the name" in result["msg"]


TAGGED = {
    **STATE,
    "voice_connectors": [
        {"VoiceConnectorId": WITH_PROXY, "Tags": {"team": "voice", "stage": "live", "cost": "5"}},
        {"VoiceConnectorId": WITHOUT_PROXY, "Tags": {"team": "voice"}},
        {"VoiceConnectorId": MISSING, "Tags": {}},
    ],
}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, [WITH_PROXY, WITHOUT_PROXY, MISSING]),
        ({"team": "voice"}, [WITH_PROXY, WITHOUT_PROXY]),
        ({"team": "voice", "stage": "live"}, [WITH_PROXY]),
        ({"stage": None}, [WITH_PROXY]),
        ({"cost": "5"}, [WITH_PROXY]),
        ({"team": "other"}, []),
        ({"team": ""}, []),
    ],
)
def test_tags_select_connectors_that_have_all_of_them(tags: Any, expected: list[str]) -> None:
    with Emulator(TAGGED) as emulator:
        result = read_from(emulator, tags=tags, include=["proxy"])
        assert identifiers(result) == expected
        assert "tags" not in (result["voice_connectors"] or [{}])[0]
        # Tags are read only to evaluate the option tags. Proxy configurations are read only for selected connectors.
        assert emulator.operations().count(PROXY) == len(expected)
        assert emulator.operations().count(TAGS) == (3 if tags else 0)


def test_tags_are_included_as_a_dictionary(read: Read) -> None:
    first, second = read(include=["tags"])["voice_connectors"]
    assert (first["tags"], first["tags_error"]) == ({"team": "voice"}, None)
    assert (second["tags"], second["tags_error"]) == ({}, None)


@pytest.mark.parametrize("fault", [{"error": "BadRequestException"}, {"error": "NotFoundException"}, {"arn": None}])
def test_tags_that_the_service_does_not_return_are_null_and_have_a_reason(
    read: Read, emulator: Emulator, fault: dict[str, Any]
) -> None:
    if "arn" in fault:
        listing = {"VoiceConnectors": [{"VoiceConnectorId": WITH_PROXY, "VoiceConnectorArn": None}]}
        emulator.faults = [Fault(LIST, body=json.dumps(listing))]
        reason = "did not return the ARN"
    else:
        emulator.faults = [Fault(TAGS, **fault, message="Invalid resource")]
        reason = "Invalid resource"
    result = read(include=["tags", "proxy"])
    assert "failed" not in result
    first = result["voice_connectors"][0]
    assert first["tags"] is None and reason in first["tags_error"]
    assert first["proxy"]["exists"] is True


@pytest.mark.parametrize("body", ['{"Message": "?"}', "[]", '{"Tags": [{"Value": "voice"}]}'])
def test_unreadable_tags_are_an_error(read: Read, emulator: Emulator, body: str) -> None:
    emulator.faults = [Fault(TAGS, body=body)]
    result = read(include=["tags"])
    assert result["failed"] is True
    assert {error["action"] for error in result["errors"]} == {TAGS}
    assert result["voice_connectors"][0]["tags"] is None


def test_tags_that_the_service_does_not_return_are_an_error_when_selecting_by_tags(
    read: Read, emulator: Emulator
) -> None:
    emulator.faults = [Fault(TAGS, error="BadRequestException", message="Invalid resource", times=1)]
    result = read(tags={"team": "voice"}, concurrency=1)
    assert result["failed"] is True
    (error,) = result["errors"]
    assert (error["voice_connector_id"], error["action"], error["code"]) == (WITH_PROXY, TAGS, "BadRequestException")


# Failures


@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_failed_read_is_an_error_and_the_others_are_read(concurrency: int) -> None:
    size = 40
    with Emulator(fleet(size)) as emulator:
        denied = fleet_ids(size)[5::3]
        emulator.faults = [Fault(PROXY, request_has=identifier, error="ForbiddenException") for identifier in denied]
        result = read_from(emulator, include=["proxy"], concurrency=concurrency)
        assert result["failed"] is True
        assert identifiers(result) == fleet_ids(size)
        unknown = [c["voice_connector_id"] for c in result["voice_connectors"] if c["proxy"]["exists"] is None]
        assert unknown == denied
        assert [error["voice_connector_id"] for error in result["errors"]] == denied
        assert {(error["action"], error["code"]) for error in result["errors"]} == {(PROXY, "ForbiddenException")}
        assert all("chime:GetVoiceConnectorProxy" in error["message"] for error in result["errors"])
        assert "the others were read" in result["msg"] and "12 of 40" in result["msg"]
        assert len(emulator.operations()) == size + 1


def test_the_message_does_not_mention_other_connectors_if_none_could_be_read(read: Read, emulator: Emulator) -> None:
    emulator.faults = [Fault(PROXY, error="BadRequestException")]
    result = read(include=["proxy"])
    assert "2 of 2 Voice Connectors in us-east-1 could not be read. Check the return values 'errors'" in result["msg"]


def test_a_connector_that_disappears_after_the_listing_has_no_proxy(read: Read, emulator: Emulator) -> None:
    emulator.faults = [page(1, MISSING, token=None)]
    assert read(include=["proxy"])["voice_connectors"][0]["proxy"]["exists"] is False
    assert emulator.operations() == [LIST, PROXY]


@pytest.mark.parametrize("region", ["eu-west-1", None])
def test_a_404_for_a_connector_in_a_different_region_makes_the_proxy_unknown(
    read: Read, emulator: Emulator, region: Any
) -> None:
    entry = {"VoiceConnectorId": WITHOUT_PROXY, "AwsRegion": region}
    emulator.faults = [Fault(LIST, body=json.dumps({"VoiceConnectors": [entry]}))]
    if region is None:
        emulator.faults.append(Fault(GET, body=json.dumps({"VoiceConnector": entry})))
    result = read(include=["proxy"])
    assert result["voice_connectors"][0]["proxy"] == UNKNOWN_PROXY
    assert f"belongs to {region or 'a Region that AWS did not return'}" in result["errors"][0]["message"]
    assert emulator.operations() == [LIST, PROXY] + [GET] * (region is None)


def test_a_404_for_a_connector_listed_without_its_region_is_confirmed_by_reading_it(
    read: Read, emulator: Emulator
) -> None:
    body = {"VoiceConnectors": [{"VoiceConnectorId": WITHOUT_PROXY}]}
    emulator.faults = [Fault(LIST, body=json.dumps(body))]
    assert read(include=["proxy"])["voice_connectors"][0]["proxy"] == NO_PROXY
    assert emulator.operations() == [LIST, PROXY, GET]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"names": [True]}, "names contains a boolean where a string is required. Write a string in quotes."),
        (
            {"names": ["reception", 2024]},
            "names contains a number where a string is required. Write a string in quotes.",
        ),
        ({"tags": {"keep": True}}, "tags contains a boolean where a string is required. Write a string in quotes."),
        ({"tags": {"cost": 5}}, "tags contains a number where a string is required. Write a string in quotes."),
        (
            {"voice_connector_ids": 7},
            "voice_connector_ids contains a number where a string is required. Write a string in quotes.",
        ),
        ({"concurrency": True}, "concurrency is a boolean, but a number is required. Specify a number."),
    ],
)
def test_a_value_that_yaml_converted_to_a_different_type_is_rejected(
    read: Read, emulator: Emulator, options: dict[str, Any], message: str
) -> None:
    assert read(**options)["msg"] == message
    assert emulator.operations() == []


@pytest.mark.parametrize(
    ("error", "concurrency"),
    [
        ("ForbiddenException", 1),
        ("ForbiddenException", 16),
        ("BadRequestException", 8),
        ("UnauthorizedClientException", 1),
        ("UnauthorizedClientException", 16),
    ],
)
def test_reading_stops_early_if_all_reads_fail(error: str, concurrency: int) -> None:
    with Emulator(fleet(100)) as emulator:
        emulator.faults = [Fault(PROXY, error=error)]
        result = read_from(emulator, include=["proxy"], concurrency=concurrency)
        assert result["failed"] is True
        assert result["error"]["code"] == error
        unknown = [c for c in result["voice_connectors"] if c["proxy"] == UNKNOWN_PROXY]
        assert len(unknown) == len(result["voice_connectors"]) == 100
        why = (
            "every further read would fail too"
            if error == "UnauthorizedClientException"
            else "the first reads all failed"
        )
        tried = emulator.operations().count(PROXY)
        assert (
            f"{tried} of 100 Voice Connectors in us-east-1 could not be read, and {100 - tried} were not"
            in result["msg"]
        )
        assert f"were not tried, because {why}. Check" in result["msg"]
        assert result["stopped"] is True
        assert emulator.operations().count(PROXY) <= 2 * max(8, concurrency)
        if error == "UnauthorizedClientException":
            assert emulator.operations().count(PROXY) <= concurrency


def test_credentials_that_expire_stop_the_run_and_keep_the_previous_reads() -> None:
    with Emulator(fleet(100)) as emulator:
        last = fleet_ids(100)[50]
        emulator.faults = [Fault(PROXY, request_has=last, status=403, error="ExpiredTokenException")]
        result = read_from(emulator, include=["proxy"], concurrency=1)
        assert identifiers(result) == fleet_ids(100)
        exists = [c["proxy"]["exists"] for c in result["voice_connectors"]]
        assert exists == [number % 3 > 0 for number in range(50)] + [None] * 50
        assert "1 of 100 Voice Connectors in us-east-1 could not be read, and 49 were not tried" in result["msg"]
        assert result["error"]["code"] == "ExpiredTokenException"
        assert emulator.operations().count(PROXY) == 51


@pytest.mark.parametrize("name", SETTINGS)
def test_an_operation_that_botocore_lacks_fails_before_a_request(
    read: Read, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, name: str
) -> None:
    operation = SETTINGS[name].operation
    edit_model(monkeypatch, tmp_path, lambda model: model["operations"].pop(operation, None))
    result = read(include=["logging", "streaming", name])
    assert f"Failed to get the {SETTINGS[name].title} in us-east-1 ({operation}): " in result["msg"]
    assert f"does not have the operation {operation}" in result["msg"]
    assert ("2026-04-07" in result["msg"]) == (name == "proxy")
    assert emulator.operations() == []


@pytest.mark.parametrize("error", ["ForbiddenException", "UnauthorizedClientException"])
def test_a_denied_listing_fails_without_a_retry(read: Read, emulator: Emulator, error: str) -> None:
    emulator.faults = [Fault(LIST, error=error)]
    result = read(include=["proxy"])
    assert result["error"]["code"] == error
    assert "list the Voice Connectors in us-east-1" in result["msg"]
    assert "chime:ListVoiceConnectors" in result["msg"]
    assert emulator.operations() == [LIST]


def test_an_unreachable_region_fails_and_is_not_reported_as_empty(
    read: Read, monkeypatch: pytest.MonkeyPatch, sleeps: list[float]
) -> None:
    def unknown(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    result = read(endpoint_url=None, region="eu-south-9", include=["proxy"])
    assert "list the Voice Connectors in eu-south-9" in result["msg"]
    assert "cannot be reached" in result["msg"]
    assert (result["voice_connectors"], result["stopped"]) == ([], True)
    assert result["regions"] == [{"region": "eu-south-9", "complete": False, "reason": result["errors"][0]["message"]}]


@pytest.mark.parametrize("value", [0, -1, 65])
def test_concurrency_outside_its_limits_is_rejected(read: Read, emulator: Emulator, value: int) -> None:
    assert "Specify a number from 1 to 64" in read(concurrency=value)["msg"]
    assert emulator.operations() == []


def test_invalid_connection_options_fail_with_a_clear_message(read: Read) -> None:
    assert "Failed to read the Voice Connectors in us-east-1" in read(aws_config={"no_such_key": 1})["msg"]


# Several Regions

EAST, WEST = "us-east-1", "us-west-2"


def two_regions(size: int = 30, **changes: Any) -> dict[str, Any]:
    """Return a state with *size* connectors. The odd-numbered ones are in WEST, and *changes* apply only to them."""
    connectors = fleet(size)["voice_connectors"]
    return {
        **STATE,
        "voice_connectors": [
            {**connector, "AwsRegion": WEST, **changes} if number % 2 else {**connector, "AwsRegion": EAST}
            for number, connector in enumerate(connectors)
        ],
    }


def test_several_regions_are_read_in_one_task() -> None:
    with Emulator(two_regions()) as emulator:
        result = read_from(emulator, regions=[WEST, EAST, WEST], region=None, include=["proxy"])
        assert identifiers(result) == fleet_ids(30)[1::2] + fleet_ids(30)[::2]
        assert [c["region"] for c in result["voice_connectors"]] == [WEST] * 15 + [EAST] * 15
        assert result["regions"] == [
            {"region": WEST, "complete": True, "reason": None},
            {"region": EAST, "complete": True, "reason": None},
        ]
        assert (result["region"], result["errors"], result["stopped"]) == (None, [], False)
        assert (emulator.operations().count(LIST), emulator.operations().count(PROXY)) == (2, 30)


def test_a_result_for_one_region_has_the_same_keys_as_for_several() -> None:
    with Emulator(two_regions()) as emulator:
        one, several = read_from(emulator), read_from(emulator, regions=[EAST, WEST])
        assert set(one) == set(several)
        assert one["region"] == EAST
        assert one["regions"] == [{"region": EAST, "complete": True, "reason": None}]
        assert read_from(emulator, regions=[EAST], region=WEST) == one


@pytest.mark.parametrize("regions", [[EAST, WEST], [WEST, EAST]])
def test_a_connector_listed_in_several_regions_is_read_once_in_its_own_region(regions: list[str]) -> None:
    with Emulator(two_regions(SeenFrom=[EAST])) as emulator:
        result = read_from(emulator, regions=regions, include=["proxy"])
        assert sorted(identifiers(result)) == fleet_ids(30)
        assert all(c["region"] == c["aws_region"] for c in result["voice_connectors"])
        assert emulator.operations().count(PROXY) == 30


@pytest.mark.parametrize(
    "fault", [{"error": "ForbiddenException"}, {"error": "UnrecognizedClientException", "status": 403}]
)
def test_a_region_that_cannot_be_listed_does_not_stop_the_others(fault: dict[str, Any]) -> None:
    with Emulator(two_regions()) as emulator:
        emulator.faults = [Fault(LIST, request_has=f"/{WEST}/", **fault)]
        result = read_from(emulator, regions=[WEST, EAST], include=["proxy"])
        assert result["failed"] is True and result["stopped"] is True
        assert identifiers(result) == fleet_ids(30)[::2]
        assert None not in [c["proxy"]["exists"] for c in result["voice_connectors"]]
        (error,) = result["errors"]
        assert (error["voice_connector_id"], error["region"], error["code"]) == (None, WEST, fault["error"])
        assert [(r["region"], r["complete"]) for r in result["regions"]] == [(WEST, False), (EAST, True)]
        assert result["regions"][0]["reason"] == error["message"]
        assert f"The Voice Connectors in {WEST} could not be listed. Check" in result["msg"]


def test_a_region_where_reading_stops_does_not_stop_the_others() -> None:
    with Emulator(two_regions()) as emulator:
        emulator.faults = [Fault(PROXY, request_has=f"/{WEST}/", error="UnauthorizedClientException")]
        result = read_from(emulator, regions=[WEST, EAST], include=["proxy"], concurrency=1)
        exists = {c["region"]: c["proxy"]["exists"] for c in result["voice_connectors"]}
        assert len(identifiers(result)) == 30 and exists[WEST] is None and exists[EAST] is not None
        assert [(r["region"], r["complete"]) for r in result["regions"]] == [(WEST, False), (EAST, True)]
        assert "1 of 30 Voice Connectors in 2 Regions could not be read, and 14 were not tried" in result["msg"]
        assert emulator.operations().count(PROXY) == 16


def test_ids_are_found_in_the_region_that_has_them() -> None:
    with Emulator(two_regions()) as emulator:
        wanted = [fleet_ids(30)[number] for number in (3, 2, 3)]
        result = read_from(emulator, regions=[EAST, WEST], voice_connector_ids=wanted, include=["proxy"])
        assert identifiers(result) == wanted[:2] and "failed" not in result
        assert sorted(emulator.operations()) == sorted([LIST, LIST, PROXY, PROXY])


def test_an_id_whose_connector_has_a_different_name_is_neither_selected_nor_missing() -> None:
    with Emulator(two_regions()) as emulator:
        wanted = [fleet_ids(30)[number] for number in (2, 3)]
        result = read_from(emulator, regions=[EAST, WEST], voice_connector_ids=wanted, names=["number 3"])
        assert identifiers(result) == wanted[1:] and result["errors"] == []


def test_an_id_not_found_in_any_region_is_reported_once() -> None:
    with Emulator(two_regions()) as emulator:
        result = read_from(emulator, regions=[EAST, WEST], voice_connector_ids=[MISSING, fleet_ids(30)[3]])
        assert identifiers(result) == [fleet_ids(30)[3]]
        (error,) = result["errors"]
        assert error["voice_connector_id"] == MISSING and error["region"] is None
        assert f"get Voice Connector {MISSING} in {EAST}, {WEST}" in error["message"]
        assert "does not exist in the Regions that were read" in error["message"]
        assert all(r["complete"] for r in result["regions"])


def test_reading_by_id_in_several_regions_needs_no_permission_to_list() -> None:
    with Emulator(two_regions()) as emulator:
        emulator.faults = [Fault(LIST, error="ForbiddenException")]
        result = read_from(emulator, regions=[EAST, WEST], voice_connector_ids=[fleet_ids(30)[3], fleet_ids(30)[2]])
        assert identifiers(result) == [fleet_ids(30)[3], fleet_ids(30)[2]]
        assert "failed" not in result


@pytest.mark.parametrize("fault", [{"error": "BadRequestException"}, {"error": "UnauthorizedClientException"}])
def test_an_id_is_not_reported_missing_if_a_region_could_not_be_read(fault: dict[str, Any]) -> None:
    with Emulator(two_regions()) as emulator:
        emulator.faults = [Fault(operation, request_has=f"/{WEST}/", **fault) for operation in (LIST, GET)]
        result = read_from(emulator, regions=[EAST, WEST], voice_connector_ids=[fleet_ids(30)[3]])
        assert result["failed"] is True
        assert {error["region"] for error in result["errors"]} == {WEST}
        assert "does not exist" not in json.dumps(result)
        assert not result["regions"][1]["complete"]


def test_regions_cannot_be_empty(read: Read, emulator: Emulator) -> None:
    assert read(regions=[])["msg"] == "the option 'regions' is empty. List the Regions to read, or omit the option."
    assert emulator.operations() == []


def test_each_region_has_its_own_rate_limit() -> None:
    """Throttling in a Region slows down only the reads in that Region."""
    with Emulator(two_regions(12)) as emulator:
        emulator.faults = [Fault(PROXY, request_has=f"/{WEST}/", error="ThrottledClientException", times=2)]
        result = read_from(emulator, regions=[EAST, WEST], include=["proxy"], concurrency=4)
        assert result["errors"] == [] and len(identifiers(result)) == 12
        signed = [r["headers"]["authorization"] for r in emulator.requests if r["operation"] == PROXY]
        assert len(signed) == 14
        assert not [authorization for authorization in signed[-4:] if f"/{WEST}/" not in authorization]


def test_the_account_id_is_returned_on_request(read: Read, emulator: Emulator) -> None:
    assert read()["account_id"] is None
    emulator.requests.clear()
    result = read(include_account_id=True, names=[])
    assert result["account_id"] == "111122223333"
    assert emulator.operations() == ["GetCallerIdentity"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"error": "InvalidClientTokenId"}, "the credentials were rejected"),
        ({"error": "AccessDenied", "status": 403}, "the IAM action sts:GetCallerIdentity"),
        ({"drop": "reset"}, "the connection failed after 6 requests"),
        ({"body": "<x/>"}, "unreadable"),
        ({"body": "<r><GetCallerIdentityResult><Arn>a</Arn></GetCallerIdentityResult></r>"}, "not contain an account"),
    ],
)
def test_an_account_that_cannot_be_determined_fails(
    read: Read, emulator: Emulator, sleeps: list[float], fault: dict[str, Any], words: str
) -> None:
    emulator.faults = [Fault("GetCallerIdentity", **fault)]
    result = read(include_account_id=True)
    assert "Failed to get the AWS account ID in us-east-1 (GetCallerIdentity): " in result["msg"]
    assert words in result["msg"]
    assert set(emulator.operations()) == {"GetCallerIdentity"}


# Concurrency, throttling, and faults


@pytest.mark.parametrize("concurrency", [1, 4, 64])
def test_concurrency_limits_the_requests_in_flight(concurrency: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator(fleet(20)) as emulator:
        peak = track_peak_in_flight(monkeypatch, emulator, 0.02)
        result = read_from(emulator, include=["proxy"], concurrency=concurrency)
        assert identifiers(result) == fleet_ids(20)
        assert peak() <= concurrency
        assert peak() >= min(concurrency, 3)


@pytest.mark.parametrize("concurrency", [1, 8, 16])
def test_connections_are_reused(concurrency: int) -> None:
    with Emulator(fleet(20)) as emulator:
        read_from(emulator, include=["proxy"], concurrency=concurrency)
        assert len({request["port"] for request in emulator.requests}) <= concurrency


def test_one_worker_reads_in_order() -> None:
    with Emulator(fleet(20)) as emulator:
        read_from(emulator, include=["proxy"], concurrency=1)
        ids_read = [request["path"].split("/")[2] for request in emulator.requests[1:]]
        assert ids_read == fleet_ids(20)


def test_results_are_in_the_order_of_the_listing() -> None:
    with Emulator(fleet(16)) as emulator:
        emulator.faults = [Fault(PROXY, request_has=fleet_ids(16)[0], delay=0.3)]
        assert identifiers(read_from(emulator, include=["proxy"])) == fleet_ids(16)


def test_a_queued_request_is_signed_after_it_waits() -> None:
    """The last request waits for four seconds, but a signature is valid for only two."""
    with Emulator(fleet(60)) as emulator:
        emulator.configure(rate_limit=15, max_skew=2)
        result = read_from(emulator, include=["proxy"], concurrency=64)
        assert result["errors"] == []
        assert identifiers(result) == fleet_ids(60)


def test_the_run_stops_within_its_time_limit_if_every_read_is_throttled(
    sleeps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rate_limit, "WINDOW", 1)
    with Emulator(fleet(500)) as emulator:
        emulator.faults = [Fault(PROXY, error="ThrottledClientException")]
        started = time.monotonic()
        result = read_from(emulator, include=["proxy"], concurrency=64)
        assert time.monotonic() - started < 15
        assert result["stopped"] is True and len(result["voice_connectors"]) == 500
        assert "the service throttled every request to this Region for 1 seconds" in result["msg"]


def test_a_hanging_connection_does_not_block_its_thread(monkeypatch: pytest.MonkeyPatch, sleeps: list[float]) -> None:
    monkeypatch.setattr(_client, "CONNECT_TIMEOUT", 0.1)
    monkeypatch.setattr(_client, "READ_TIMEOUT", 0.3)
    monkeypatch.setattr(_client, "MAX_BACKOFF", 0.1)
    with Emulator(fleet(20)) as emulator:
        hanging = fleet_ids(20)[3:6]
        emulator.faults = [Fault(PROXY, request_has=identifier, drip=0.05) for identifier in hanging]
        started = time.monotonic()
        result = read_from(emulator, include=["proxy"], concurrency=4)
        assert time.monotonic() - started < 6
        assert [error["voice_connector_id"] for error in result["errors"]] == hanging
        assert all("no complete response arrived within" in error["message"] for error in result["errors"])
        assert sum(c["proxy"]["exists"] is None for c in result["voice_connectors"]) == 3


@pytest.mark.parametrize("limit", [1, 2, 3, 8, 20])
def test_a_bulk_read_under_a_limit_of_threads_reads_everything(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """Only the threads of the module are limited, not those of the emulator, which runs in the same process."""
    start, lock = threading.Thread.start, threading.Lock()
    running: list[threading.Thread] = []
    peak = 0

    def refuse(thread: threading.Thread) -> None:
        nonlocal peak
        if not (isinstance(thread, _operation.Attempt) or thread.name.startswith("worker")):
            start(thread)
            return
        with lock:
            running[:] = [other for other in running if other.is_alive()]
            if len(running) >= limit:
                raise RuntimeError("can't start new thread")
            start(thread)
            running.append(thread)
            peak = max(peak, len(running))

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with Emulator(fleet(30)) as emulator:
        result = read_from(emulator, include=["proxy"], concurrency=16)
    assert identifiers(result) == fleet_ids(30) and result["errors"] == []
    assert peak <= limit


def test_a_defect_in_one_read_does_not_affect_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.chime_sdk.voice.plugins.module_utils import _bulk
    from ansible_collections.chime_sdk.voice.plugins.module_utils._connectors import get_tags

    bad = fleet_ids(30)[7]
    get = get_tags

    def break_one(client: Any, connector: dict[str, Any]) -> dict[str, str]:
        return {} if connector["voice_connector_id"] == bad and 1 / 0 else get(client, connector)

    monkeypatch.setattr(_bulk, "get_tags", break_one)
    with Emulator(fleet(30)) as emulator:
        result = read_from(emulator, include=["proxy", "tags"])
    assert [error["voice_connector_id"] for error in result["errors"]] == [bad]
    assert "an unexpected ZeroDivisionError: division by zero occurred. This is a bug" in result["errors"][0]["message"]
    assert identifiers(result) == [identifier for identifier in fleet_ids(30) if identifier != bad]


@pytest.mark.one_sdk
def test_all_workers_together_adapt_to_the_rate_limit_of_the_service() -> None:
    size, rate = 120, 20.0
    with Emulator(fleet(size)) as emulator:
        emulator.configure(rate_limit=rate)
        started = time.monotonic()
        result = read_from(emulator, include=["proxy"])
        took = time.monotonic() - started
        throttled = sum(request.get("status") == 429 for request in emulator.requests)
        assert identifiers(result) == fleet_ids(size) and result["errors"] == []
        assert throttled >= 1
        assert throttled <= 0.1 * len(emulator.requests)
        # The factor 1.6 allows for a busy machine. On an idle one, tests/benchmark requires at most 1.25.
        assert took <= 1.6 * (size + 3) / rate, took


def test_many_workers_with_a_low_rate_limit_lose_no_reads() -> None:
    with Emulator(fleet(40)) as emulator:
        emulator.configure(rate_limit=12)
        result = read_from(emulator, include=["proxy"], concurrency=64)
        assert identifiers(result) == fleet_ids(40)


def test_random_faults_lose_no_reads(sleeps: list[float]) -> None:
    size = 200
    with Emulator(fleet(size)) as emulator:
        emulator.faults = [
            Fault(probability=0.025, seed=1, status=503, style="bare"),
            Fault(probability=0.025, seed=101, drop="reset"),
        ]
        result = read_from(emulator, include=["proxy"])
        assert identifiers(result) == fleet_ids(size) and result["errors"] == []
        assert None not in [connector["proxy"]["exists"] for connector in result["voice_connectors"]]
        assert size + 5 < len(emulator.requests) <= 1.1 * size + 10


def test_many_temporary_faults_lose_no_reads(sleeps: list[float]) -> None:
    """The first three attempts of each read fail. By default, botocore's standard mode would make no fourth attempt."""
    with Emulator(fleet(20)) as emulator:
        emulator.faults = [Fault(PROXY, request_has=identifier, status=503, times=3) for identifier in fleet_ids(20)]
        result = read_from(emulator, include=["proxy"], concurrency=32)
        assert result["errors"] == []
        assert emulator.operations().count(PROXY) == 20 * 4
        assert len(sleeps) == 20 * 3


def test_a_connector_that_was_not_read_has_unknown_tags_and_only_included_keys() -> None:
    with Emulator(fleet(20)) as emulator:
        emulator.faults = [Fault("ListTagsForResource", status=403, error="ExpiredTokenException")]
        result = read_from(emulator, include=["tags"], concurrency=1)
    last = result["voice_connectors"][-1]
    assert last["tags"] is None and "reading stopped" in last["tags_error"]
    assert "proxy" not in last


def test_retries_in_aws_config_take_precedence(read: Read, emulator: Emulator, sleeps: list[float]) -> None:
    emulator.faults = [Fault(LIST, status=503)]
    read(aws_config={"retries": {"max_attempts": 1}})
    assert emulator.operations() == [LIST] * 2
