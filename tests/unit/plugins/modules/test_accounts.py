# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read several accounts, all Regions, and phone numbers, through the real main()."""

from __future__ import annotations

import json
import pathlib
from typing import Any, Callable

import pytest
from botocore.credentials import RefreshableCredentials

from ansible_collections.chime_sdk.voice.plugins.module_utils import _connectors
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.emulator.service import MODEL
from ansible_collections.chime_sdk.voice.tests.unit.helpers import (
    CREDENTIALS,
    MISSING,
    OTHER_CREDENTIALS,
    WITH_PROXY,
    WITHOUT_PROXY,
    connection_to,
    run_main,
)

EAST, WEST, FRANKFURT = "us-east-1", "us-west-2", "eu-central-1"
ELSEWHERE = "hijkl5mnopq6rstuv7wxy8"
HERE, THERE = CREDENTIALS["account"], OTHER_CREDENTIALS["account"]
ROLE = f"arn:aws:iam::{THERE}:role/team/voice-audit"
EXTERNAL = f"arn:aws:iam::{THERE}:role/external"
DENIED = f"arn:aws:iam::{THERE}:role/denied"

LIST, PROXY, TAGS = "ListVoiceConnectors", "GetVoiceConnectorProxy", "ListTagsForResource"
NUMBERS, REGIONS, ASSUME, CALLER = (
    "ListPhoneNumbers",
    "ListAvailableVoiceConnectorRegions",
    "AssumeRole",
    "GetCallerIdentity",
)
KNOWN_REGIONS = list(MODEL.shape_for("VoiceConnectorAwsRegion").enum)
PROXY_CONFIGURATION = {"DefaultSessionExpiryMinutes": 60, "PhoneNumberCountries": ["US"]}

FLEET: dict[str, Any] = {
    "credentials": [CREDENTIALS, OTHER_CREDENTIALS],
    "external_ids": {EXTERNAL: "ticket-4711"},
    "voice_connectors": [
        {"VoiceConnectorId": WITH_PROXY, "Name": "reception", "PhoneNumbers": ["+12065550102", "+12065550101"]},
        {"VoiceConnectorId": WITHOUT_PROXY, "Name": "warehouse", "AwsRegion": FRANKFURT, "Tags": {"team": "voice"}},
        {"VoiceConnectorId": ELSEWHERE, "Name": "support", "Account": THERE, "AwsRegion": WEST},
    ],
}
Read = Callable[..., "dict[str, Any]"]


@pytest.fixture
def read(fleet: Emulator, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Return a function that runs chime_voice_connector_info against the emulator. An option that is None is omitted."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", fleet.url)
    return lambda **options: run("chime_voice_connector_info", fleet, **options)


def run(module: str, emulator: Emulator, **options: Any) -> dict[str, Any]:
    given = {**connection_to(emulator), **options}
    return run_main(module, {name: value for name, value in given.items() if value is not None})


def names(result: dict[str, Any]) -> list[str]:
    return [connector["name"] for connector in result["voice_connectors"]]


# A role


def test_a_role_reads_its_account_with_one_more_request(read: Read, fleet: Emulator) -> None:
    result = read(region=WEST, assume_role_arn=ROLE)
    assert names(result) == ["support"]
    assert (result["assume_role_arn"], result["account_id"]) == (ROLE, THERE)
    assert fleet.operations() == [ASSUME, LIST]
    assert read(region=WEST)["voice_connectors"] == []


def test_the_account_comes_from_sts_from_the_role_or_is_null(read: Read, fleet: Emulator) -> None:
    assert read()["account_id"] is None
    assert read(assume_role_arn=ROLE, names=[])["account_id"] == THERE
    assert fleet.operations() == [LIST]
    fleet.requests.clear()
    assert read(assume_role_arn=ROLE, names=[], include_account_id=True)["account_id"] == THERE
    assert fleet.operations() == [ASSUME, CALLER]
    assert read(include_account_id=True, names=[])["account_id"] == HERE


@pytest.mark.parametrize("module", ["chime_voice_connector_proxy_info", "chime_voice_connector_proxy"])
def test_modules_for_one_voice_connector_assume_the_role(
    module: str, fleet: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", fleet.url)
    state = {"state": "absent"} if module == "chime_voice_connector_proxy" else {}
    result = run(module, fleet, voice_connector_id=ELSEWHERE, region=WEST, assume_role_arn=ROLE, **state)
    assert (result["exists"], result.get("failed", False)) == (False, False)
    assert fleet.operations()[0] == ASSUME


def test_retiring_and_restoring_assume_the_role(
    fleet: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", fleet.url)
    fleet.voice._connectors[THERE, WEST][ELSEWHERE]["settings"]["Proxy"] = dict(PROXY_CONFIGURATION)
    selection = {"account_id": THERE, "all": True, "assume_role_arn": ROLE}
    retired = run(
        "chime_voice_connector_proxy_retire", fleet, **selection, region=None, regions=["all"], backup_dir=str(tmp_path)
    )
    assert [entry["voice_connector_id"] for entry in retired["retired"]] == [ELSEWHERE]
    assert fleet.operations()[:2] == [ASSUME, REGIONS]
    assert fleet.operations().count(ASSUME) == 1
    restored = run(
        "chime_voice_connector_proxy_restore", fleet, **selection, region=None, backup_file=retired["backup_file"]
    )
    assert [entry["voice_connector_id"] for entry in restored["restored"]] == [ELSEWHERE]


def test_the_session_has_a_name_that_can_be_chosen(read: Read, fleet: Emulator) -> None:
    read(assume_role_arn=ROLE)
    read(assume_role_arn=ROLE, assume_role_session_name="audit@example")
    sessions = [credential["arn"] for credential in fleet.voice.credentials.values() if ":sts:" in credential["arn"]]
    assert sessions == [
        f"arn:aws:sts::{THERE}:assumed-role/voice-audit/{n}" for n in ("chime_sdk.voice", "audit@example")
    ]


def test_an_external_id_is_sent(read: Read, fleet: Emulator) -> None:
    assert names(read(region=WEST, assume_role_arn=EXTERNAL, assume_role_external_id="ticket-4711")) == ["support"]
    for external_id in (None, "ticket-4712"):
        result = read(region=WEST, assume_role_arn=EXTERNAL, assume_role_external_id=external_id)
        assert result["failed"] is True and result["error"]["code"] == "AccessDenied"


def test_a_role_that_cannot_be_assumed_fails_and_returns_every_key(read: Read, fleet: Emulator) -> None:
    complete = read(names=["reception"])
    result = read(assume_role_arn=DENIED, names=["reception"])
    assert result["failed"] is True
    assert "the AWS credentials could not be obtained: AssumeRole failed. Check assume_role_arn, " in result["msg"]
    assert f"not authorized to perform: sts:AssumeRole on resource: {DENIED}" in result["msg"]
    assert set(complete) <= set(result)
    assert (result["assume_role_arn"], result["account_id"]) == (DENIED, THERE)
    assert result["regions"][0]["complete"] is False and "AssumeRole failed" in result["regions"][0]["reason"]
    assert (result["complete"], result["stopped"], result["voice_connectors"]) == (False, True, [])
    (error,) = result["errors"]
    assert (error["voice_connector_id"], error["region"], error["setting"]) == (None, EAST, None)
    assert fleet.operations() == [LIST, ASSUME]
    fleet.requests.clear()
    result = read(region=None, regions="all", assume_role_arn=DENIED)
    assert fleet.operations() == [ASSUME]
    assert (result["regions"], result["complete"], result["stopped"]) == ([], False, True)
    (error,) = result["errors"]
    assert (error["voice_connector_id"], error["region"], error["action"]) == (None, None, REGIONS)
    assert error["message"] == result["msg"] and DENIED in result["msg"]


@pytest.mark.parametrize("fault", [{"status": 503, "style": "bare"}, {"drop": "reset"}, {"error": "Throttling"}])
def test_a_temporary_fault_of_assume_role_is_retried(
    read: Read, fleet: Emulator, sleeps: list[float], fault: dict[str, Any]
) -> None:
    fleet.faults = [Fault(ASSUME, times=1, **fault)]
    assert names(read(region=WEST, assume_role_arn=ROLE)) == ["support"]
    assert fleet.operations() == [ASSUME, ASSUME, LIST]


def test_the_credentials_of_a_role_are_renewed_when_a_run_outlasts_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The credentials are valid for three seconds, and the emulator rejects expired ones.

    So let botocore renew them one second, instead of 15 minutes, before they expire.
    """
    monkeypatch.setattr(RefreshableCredentials, "_advisory_refresh_timeout", 1)
    monkeypatch.setattr(RefreshableCredentials, "_mandatory_refresh_timeout", 1)
    connectors = [{"VoiceConnectorId": f"a{number:021d}", "Account": THERE} for number in range(40)]
    state = {"credentials": [CREDENTIALS], "role_seconds": 3, "voice_connectors": connectors}
    with Emulator(state) as emulator:
        emulator.latency = 0.3
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", emulator.url)
        result = run("chime_voice_connector_info", emulator, assume_role_arn=ROLE, include=["proxy"], concurrency=2)
        assert result["errors"] == [] and len(result["voice_connectors"]) == 40
        requests = [request for request in emulator.requests if request["operation"] == PROXY]
        assert requests[-1]["time"] - requests[0]["time"] > 3
        assert 2 <= emulator.operations().count(ASSUME) <= 8
        assert len({request["headers"]["x-amz-security-token"] for request in requests}) >= 2


def test_no_secret_of_a_role_is_in_a_result(read: Read, fleet: Emulator, sleeps: list[float]) -> None:
    fleet.faults = [Fault(LIST, status=403, body='{"message": "temporary-session-token-2 or emulator-secret-key"}')]
    printed = json.dumps(read(assume_role_arn=ROLE))
    assert "access is denied" in printed
    assert "temporary-session-token" not in printed and "temporary-secret-key" not in printed
    assert "emulator-secret-key" not in printed


def test_a_role_is_assumed_with_the_credentials_of_a_profile(
    read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    keys = "aws_access_key_id = AKIDEMULATOR\naws_secret_access_key = emulator-secret-key\n"
    (tmp_path / "config").write_text(f"[profile telephony]\n{keys}", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    options = {"access_key": None, "secret_key": None, "assume_role_arn": ROLE, "region": None, "regions": [WEST]}
    assert names(read(**options, profile="telephony")) == ["support"]
    result = read(**options)
    assert result["failed"] is True and "no AWS credentials were found" in result["msg"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"assume_role_arn": "voice-audit"}, "assume_role_arn is 'voice-audit', which is not the ARN of an IAM role"),
        ({"assume_role_arn": f"arn:aws:iam::{THERE}:user/voice"}, "which is not the ARN of an IAM role"),
        ({"assume_role_arn": f"{ROLE}\n"}, "which is not the ARN of an IAM role"),
        ({"assume_role_arn": ""}, "assume_role_arn is an empty string"),
        ({"assume_role_external_id": "ticket"}, "assume_role_external_id has no effect without assume_role_arn"),
        ({"assume_role_session_name": "audit"}, "assume_role_session_name has no effect without assume_role_arn"),
        ({"assume_role_arn": ROLE, "assume_role_external_id": 4711}, "assume_role_external_id contains a number"),
        ({"assume_role_arn": ROLE, "assume_role_session_name": "a b"}, "failed to satisfy constraint"),
    ],
)
def test_invalid_options_of_a_role_fail(read: Read, options: dict[str, Any], words: str) -> None:
    result = read(**options)
    assert result["failed"] is True and words in result["msg"]
    assert result["complete"] is False and words in result["errors"][0]["message"]


def assumed(role: str, session: str = "chime_sdk.voice", **changes: str) -> str:
    """Return a valid response of AssumeRole."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    user = f"<AssumedRoleUser><Arn>arn:aws:sts::{account}:assumed-role/{name}/{session}</Arn></AssumedRoleUser>"
    keys = {"AccessKeyId": "AKIDOTHER", "SecretAccessKey": "other-secret-key", "SessionToken": "", **changes}
    members = "".join(f"<{name}>{value}</{name}>" for name, value in keys.items())
    credentials = f"<Credentials>{members}<Expiration>2036-01-01T00:00:00Z</Expiration></Credentials>"
    return f"<AssumeRoleResponse><AssumeRoleResult>{user}{credentials}</AssumeRoleResult></AssumeRoleResponse>"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (assumed(f"arn:aws:iam::{HERE}:role/voice-audit"), "the credentials of a different role or session"),
        (assumed(f"arn:aws:iam::{THERE}:role/other"), "the credentials of a different role or session"),
        (assumed(ROLE, session="somebody"), "the credentials of a different role or session"),
        (assumed(ROLE).replace("AssumedRoleUser", "User"), "does not contain credentials"),
        (assumed(ROLE).replace("Expiration>", "Until>"), "does not contain credentials"),
        ("<AssumeRoleResponse/>", "does not contain credentials"),
        ("<html></html>", "does not contain credentials"),
        ("no XML", "its body (6 bytes) is not XML"),
    ],
)
def test_credentials_of_a_different_role_are_never_used(read: Read, fleet: Emulator, body: str, reason: str) -> None:
    """A cache may return the response for a different role, whose credentials may belong to a different account."""
    fleet.faults = [Fault(ASSUME, body=body)]
    result = read(region=WEST, assume_role_arn=ROLE)
    assert result["failed"] is True and result["voice_connectors"] == []
    assert "the response of AssumeRole cannot be used, because it" in result["msg"]
    assert reason in result["msg"] and "Check assume_role_arn, " in result["msg"]
    assert "other-secret-key" not in json.dumps(result)
    assert set(fleet.operations()) == {ASSUME}


def test_a_token_in_an_expiration_that_cannot_be_read_is_not_shown(read: Read, fleet: Emulator) -> None:
    body = assumed(ROLE, SessionToken="token-of-the-role").replace("2036-01-01T00:00:00Z", "token-of-the-role")
    fleet.faults = [Fault(ASSUME, body=body)]
    result = read(assume_role_arn=ROLE)
    assert result["failed"] is True and "the time at which they expire cannot be read" in result["msg"]
    assert "token-of-the-role" not in json.dumps(result)


CALLER_OF = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>%s</Account></GetCallerIdentityResult>%s</GetCallerIdentityResponse>"
REQUEST_ID = "<ResponseMetadata><RequestId>1234</RequestId></ResponseMetadata>"


@pytest.mark.parametrize(
    ("account", "request_id", "reason"),
    [
        (HERE, REQUEST_ID, "it contains a different account than assume_role_arn"),
        (THERE, "", "it has no request ID"),
        ("1234", REQUEST_ID, "it does not contain an account"),
    ],
)
@pytest.mark.parametrize("module", ["chime_voice_connector_info", "chime_voice_connector_proxy_retire"])
def test_an_account_that_contradicts_the_role_is_refused(
    read: Read, fleet: Emulator, tmp_path: pathlib.Path, module: str, account: str, request_id: str, reason: str
) -> None:
    headers = {"x-amzn-requestid": ""} if not request_id else {}
    fleet.faults = [Fault(CALLER, body=CALLER_OF % (account, request_id), headers=headers)]
    options: dict[str, Any] = {"include_account_id": True}
    if module != "chime_voice_connector_info":
        options = {"account_id": HERE, "all": True, "regions": [WEST], "region": None, "backup_dir": str(tmp_path)}
    result = run(module, fleet, assume_role_arn=ROLE, **options)
    assert result["failed"] is True and reason in result["msg"]
    assert set(fleet.operations()) == {ASSUME, CALLER}


# All Regions


def test_all_regions_are_those_of_the_service_and_those_of_botocore(read: Read, fleet: Emulator) -> None:
    fleet.voice.regions.append("af-south-1")
    fleet.faults = [Fault(REGIONS, body='{"VoiceConnectorRegions": ["af-south-1", "us-east-1"]}')]
    result = read(region=None, regions="all")
    assert [region["region"] for region in result["regions"]] == [*KNOWN_REGIONS, "af-south-1"]
    assert (result["regions_source"], result["complete"]) == ("service", True)
    assert names(result) == ["reception", "warehouse"]
    first = fleet.requests[0]
    assert first["operation"] == REGIONS and f"/{EAST}/" in first["headers"]["authorization"]


@pytest.mark.parametrize(
    "fault",
    [
        {"error": "ForbiddenException"},
        {"drop": "reset"},
        {"error": "ThrottledClientException"},
        {"body": "<html>"},
        {"body": '{"VoiceConnectorRegions": "us-east-1"}'},
        {"body": '{"VoiceConnectorRegions": ["../us-east-1"]}'},
        {"body": '{"VoiceConnectorRegions": [null]}'},
        {"body": '{"Regions": ["us-east-1"]}'},
        {"body": '{"VoiceConnectorRegions": []}'},
        {"body": json.dumps({"VoiceConnectorRegions": [f"eu-west-{number}" for number in range(101)]})},
    ],
)
@pytest.mark.usefixtures("unlimited")
def test_the_regions_of_botocore_are_read_with_a_warning_if_the_service_does_not_list_regions(
    read: Read, fleet: Emulator, sleeps: list[float], fault: dict[str, Any]
) -> None:
    fleet.faults = [Fault(REGIONS, **fault)]
    result = read(regions=["all"])
    assert [region["region"] for region in result["regions"]] == KNOWN_REGIONS
    assert (result["regions_source"], result["complete"]) == ("botocore", True)
    warning = json.dumps(result["warnings"][0])
    assert f"Failed to list the Regions of the service in {EAST} ({REGIONS}): " in warning
    assert " The module uses the Regions that the installed botocore lists." in warning


def test_regions_that_are_given_are_not_looked_up(read: Read, fleet: Emulator) -> None:
    assert read(regions=[WEST, EAST])["regions_source"] == "options"
    assert REGIONS not in fleet.operations()


@pytest.mark.parametrize("regions", [["all", EAST], ["All"], ["all", "all"]])
def test_all_cannot_be_combined_with_regions(read: Read, fleet: Emulator, regions: list[str]) -> None:
    result = read(regions=regions)
    assert result["failed"] is True and "cannot be an AWS Region" in result["msg"]
    assert fleet.operations() == []


def test_retiring_reads_the_regions_of_the_service(fleet: Emulator, tmp_path: pathlib.Path) -> None:
    fleet.voice.regions.append("af-south-1")
    fleet.faults = [Fault(REGIONS, body='{"VoiceConnectorRegions": ["af-south-1"]}')]
    options = {"account_id": HERE, "all": True, "region": None, "backup_dir": str(tmp_path)}
    result = run("chime_voice_connector_proxy_retire", fleet, **options, _ansible_check_mode=True)
    assert result["selected"] == []
    read_in = {request["headers"]["authorization"].split("/")[2] for request in fleet.requests}
    assert read_in == {*KNOWN_REGIONS, "af-south-1"}


# What is unknown


def test_each_connector_that_was_not_read_has_its_own_error(read: Read, fleet: Emulator) -> None:
    fleet.faults = [Fault(LIST, error="UnauthorizedClientException")]
    ids = [WITH_PROXY, WITHOUT_PROXY, MISSING]
    result = read(voice_connector_ids=ids, concurrency=1)
    assert result["complete"] is False
    assert [error["voice_connector_id"] for error in result["errors"]] == [None, *ids]
    for identifier, error in zip(ids, result["errors"][1:]):
        assert (error["region"], error["setting"], error["action"], error["code"]) == (EAST, None, None, None)
        assert error["message"].startswith(
            f"Failed to read Voice Connector {identifier} in {EAST}: no request was sent"
        )
        assert "the credentials were rejected" in error["message"]


@pytest.mark.parametrize(
    ("operation", "setting"), [(PROXY, "proxy"), (TAGS, "tags"), ("GetVoiceConnectorOrigination", "origination")]
)
def test_an_error_names_the_setting_that_is_unknown(read: Read, fleet: Emulator, operation: str, setting: str) -> None:
    fleet.faults = [Fault(operation, error="ForbiddenException")]
    result = read(include=["proxy", "tags", "origination"])
    (error,) = result["errors"]
    assert (error["voice_connector_id"], error["setting"], error["action"]) == (WITH_PROXY, setting, operation)
    assert (result["complete"], result["regions"][0]["complete"]) == (False, False)


def test_tags_that_aws_does_not_return_are_unknown_but_not_a_failure(read: Read, fleet: Emulator) -> None:
    fleet.faults = [Fault(TAGS, error="BadRequestException", message="Invalid resource")]
    result = read(include=["tags"])
    assert "failed" not in result
    (error,) = result["errors"]
    assert (error["setting"], error["code"]) == ("tags", "BadRequestException")
    assert (result["complete"], result["stopped"]) == (False, False)
    assert result["regions"] == [{"region": EAST, "complete": False, "reason": error["message"]}]
    assert read(tags={"team": None})["failed"] is True


def test_a_complete_read_has_no_errors(read: Read) -> None:
    result = read(include=["proxy", "tags"], regions=[EAST, FRANKFURT])
    assert (result["complete"], result["errors"]) == (True, [])
    assert result["regions"] == [{"region": name, "complete": True, "reason": None} for name in (EAST, FRANKFURT)]


def test_an_invalid_option_returns_every_key(read: Read, fleet: Emulator) -> None:
    complete = read()
    result = read(regions=[EAST, "US-WEST-2"], names=["reception"], tags={"team": "voice"}, voice_connector_ids=["a"])
    assert set(complete) <= set(result)
    assert [region["region"] for region in result["regions"]] == [EAST, "US-WEST-2"]
    assert {region["reason"] for region in result["regions"]} == {result["msg"]}
    assert result["selection"] == {
        "voice_connector_ids": ["a"],
        "names": ["reception"],
        "tags": {"team": "voice"},
        "unmatched": {"voice_connector_ids": ["a"], "names": ["reception"], "tags": {"team": "voice"}},
    }


def test_a_selection_returns_what_matched_nothing(read: Read) -> None:
    everywhere = {"regions": [EAST, FRANKFURT]}
    nothing: dict[str, Any] = {"voice_connector_ids": [], "names": [], "tags": None}
    unselected = {"voice_connector_ids": None, "names": None, "tags": None}
    assert read()["selection"] == {**unselected, "unmatched": nothing}
    result = read(names=["warehouse", "cantina", "cantina"], tags={"team": "voice"}, **everywhere)
    assert names(result) == ["warehouse"]
    assert result["selection"]["names"] == ["warehouse", "cantina", "cantina"]
    assert result["selection"]["unmatched"] == {**nothing, "names": ["cantina"]}
    result = read(names=["reception"], tags={"team": "voice"}, **everywhere)
    assert result["selection"]["unmatched"] == {**nothing, "names": ["reception"], "tags": {"team": "voice"}}
    result = read(names=["reception"], voice_connector_ids=[WITH_PROXY, WITHOUT_PROXY], **everywhere)
    assert result["selection"]["unmatched"] == {**nothing, "voice_connector_ids": [WITHOUT_PROXY]}
    assert result["complete"] is True


def test_a_listing_that_always_has_new_items_ends(read: Read, fleet: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_connectors, "_MAX_PAGES", 3)
    pages = [{"VoiceConnectors": [{"VoiceConnectorId": f"a{n:021d}"}], "NextToken": f"t{n}"} for n in range(4)]
    fleet.faults = [Fault(LIST, body=json.dumps(page), times=1) for page in pages]
    result = read()
    assert result["failed"] is True and "the listing does not end after 3 pages" in result["msg"]
    assert fleet.operations() == [LIST] * 3


def test_voice_connectors_of_a_different_account_are_errors(read: Read, fleet: Emulator) -> None:
    """A cache may return the Voice Connectors of a different account. The result must not contain them."""
    connector = {"VoiceConnectorId": WITH_PROXY, "VoiceConnectorArn": f"arn:aws:chime:{WEST}:{HERE}:vc/{WITH_PROXY}"}
    fleet.faults = [Fault(LIST, body=json.dumps({"VoiceConnectors": [{**connector, "AwsRegion": WEST}]}))]
    result = read(region=WEST, assume_role_arn=ROLE, include=["proxy"])
    assert result["failed"] is True and (result["voice_connectors"], result["complete"]) == ([], False)
    error = result["errors"][-1]
    assert error["voice_connector_id"] == WITH_PROXY
    assert (
        f"the ARN of the Voice Connector contains the AWS account {HERE}, but the credentials belong to {THERE}"
        in error["message"]
    )
    fleet.faults = []
    assert names(read(region=WEST, assume_role_arn=ROLE, include_account_id=True)) == ["support"]


def test_the_request_for_the_role_uses_the_connection_options(read: Read, fleet: Emulator, sleeps: list[float]) -> None:
    config = {"proxies": {"http": "http://127.0.0.1:1"}, "connect_timeout": 1}
    result = read(assume_role_arn=ROLE, aws_config=config)
    assert result["failed"] is True and "proxy" in result["msg"]
    assert fleet.operations() == []


def test_tags_are_not_read_if_the_arn_is_that_of_a_different_resource(read: Read, fleet: Emulator) -> None:
    fleet.voice._connectors[HERE, EAST][WITH_PROXY]["entry"]["VoiceConnectorArn"] = (
        f"arn:aws:chime:{EAST}:{HERE}:vc/zzz"
    )
    result = read(include=["tags"])
    assert result["voice_connectors"][0]["tags"] is None
    assert "the ARN of a different resource" in result["errors"][0]["message"]
    assert TAGS not in fleet.operations()


def test_a_voice_connector_without_a_name_is_not_retired_if_names_are_excluded(
    fleet: Emulator, tmp_path: pathlib.Path
) -> None:
    connectors = fleet.voice._connectors[HERE, EAST]
    connectors[WITH_PROXY]["settings"]["Proxy"] = dict(PROXY_CONFIGURATION)
    del connectors[WITH_PROXY]["entry"]["Name"]
    options = {"account_id": HERE, "all": True, "region": None, "backup_dir": str(tmp_path)}
    result = run("chime_voice_connector_proxy_retire", fleet, **options, exclude_names=["warehouse"])
    assert result["failed"] is True
    assert f"AWS did not return the name of Voice Connector {WITH_PROXY} in {EAST}" in result["msg"]
    assert "Proxy" in connectors[WITH_PROXY]["settings"]


# Phone numbers


def test_phone_numbers_take_one_listing_for_each_region(read: Read, fleet: Emulator) -> None:
    result = read(regions=[EAST, FRANKFURT], include=["phone_numbers"])
    assert [connector["phone_numbers"] for connector in result["voice_connectors"]] == [
        {"exists": True, "e164_phone_numbers": ["+12065550102", "+12065550101"]},
        {"exists": False, "e164_phone_numbers": []},
    ]
    assert sorted(fleet.operations()) == sorted([LIST, NUMBERS] * 2)


def test_a_thousand_connectors_in_five_regions_take_the_pages_of_five_listings() -> None:
    regions = KNOWN_REGIONS[:5]
    connectors = [
        {
            "VoiceConnectorId": f"a{number:021d}",
            "AwsRegion": regions[number % 5],
            "PhoneNumbers": [f"+1206{number:07d}"],
        }
        for number in range(1000)
    ]
    with Emulator({"credentials": [CREDENTIALS], "voice_connectors": connectors}) as emulator:
        result = run("chime_voice_connector_info", emulator, regions=regions, include=["phone_numbers"])
        assert sorted(emulator.operations()) == sorted([LIST, NUMBERS] * 10)
    found = {c["voice_connector_id"]: c["phone_numbers"]["e164_phone_numbers"] for c in result["voice_connectors"]}
    assert found == {c["VoiceConnectorId"]: c["PhoneNumbers"] for c in connectors}


def entry(number: Any = "+12065550109", name: Any = "VoiceConnectorId", value: Any = WITH_PROXY) -> dict[str, Any]:
    return {"E164PhoneNumber": number, "Associations": [{"Name": name, "Value": value}]}


@pytest.mark.parametrize(
    "numbers",
    [
        [],
        None,
        [entry(name="VoiceConnectorGroupId")],
        [entry(value=WITHOUT_PROXY)],
        [{"E164PhoneNumber": "+12065550109", "Associations": None, "Status": "Unassigned"}],
        [{"E164PhoneNumber": "+12065550109", "Status": "Unassigned"}],
        [entry(name="UserId", value="somebody")],
    ],
)
def test_a_connector_without_an_association_has_no_phone_numbers(read: Read, fleet: Emulator, numbers: Any) -> None:
    fleet.faults = [Fault(NUMBERS, body=json.dumps({"PhoneNumbers": numbers}))]
    result = read(include=["phone_numbers"])
    assert result["voice_connectors"][0]["phone_numbers"] == {"exists": False, "e164_phone_numbers": []}


@pytest.mark.parametrize(
    "fault",
    [
        {"error": "ForbiddenException"},
        {"drop": "reset"},
        {"status": 404, "body": "<html>"},
        {"error": "NotFoundException"},
        {"body": '{"Numbers": []}'},
        {"body": json.dumps({"PhoneNumbers": [entry(number=None)]})},
        {"body": json.dumps({"PhoneNumbers": [entry(number=12065550109)]})},
        {"body": json.dumps({"PhoneNumbers": [entry(name=None)]})},
        {"body": json.dumps({"PhoneNumbers": [entry(name="")]})},
        {"body": json.dumps({"PhoneNumbers": [entry(value=f"{WITH_PROXY} ")]})},
        {"body": json.dumps({"PhoneNumbers": [{"E164PhoneNumber": "+12065550109"}]})},
        {"body": json.dumps({"PhoneNumbers": [entry(number="")]})},
        {"body": json.dumps({"PhoneNumbers": [{"E164PhoneNumber": "+12065550109", "Status": "Assigned"}]})},
        {"body": json.dumps({"PhoneNumbers": [entry(value=WITHOUT_PROXY)]}), "headers": {"x-amzn-requestid": ""}},
        {"body": json.dumps({"PhoneNumbers": [entry(value=None)]})},
        {"body": json.dumps({"PhoneNumbers": [entry(), "x"]})},
        {"body": json.dumps({"PhoneNumbers": [{**entry(), "Associations": "x"}]})},
        {"body": json.dumps({"PhoneNumbers": [entry()], "NextToken": "again"})},
    ],
)
def test_phone_numbers_that_cannot_be_listed_are_unknown(
    read: Read, fleet: Emulator, sleeps: list[float], fault: dict[str, Any]
) -> None:
    fleet.faults = [Fault(NUMBERS, **fault)]
    result = read(include=["proxy", "phone_numbers"])
    assert result["failed"] is True
    (connector,) = result["voice_connectors"]
    assert connector["phone_numbers"] == {"exists": None, "e164_phone_numbers": []}
    assert connector["proxy"]["exists"] is False
    (error,) = result["errors"]
    assert (error["voice_connector_id"], error["region"], error["setting"]) == (None, EAST, "phone_numbers")
    assert result["msg"].startswith(f"The phone numbers in {EAST} could not be listed. ")
    assert result["regions"][0]["complete"] is False


def test_rejected_credentials_at_the_listing_of_numbers_stop_the_region(read: Read, fleet: Emulator) -> None:
    fleet.faults = [Fault(NUMBERS, error="UnauthorizedClientException")]
    result = read(include=["proxy", "phone_numbers"])
    assert [error["setting"] for error in result["errors"]] == ["phone_numbers", None]
    assert f"The phone numbers in {EAST} could not be listed, and its Voice Connectors were not read. " in result["msg"]
    assert result["voice_connectors"][0]["proxy"]["exists"] is None
    assert result["voice_connectors"][0]["phone_numbers"]["exists"] is None
    assert fleet.operations() == [LIST, NUMBERS]


def test_a_listing_of_numbers_in_a_different_region_does_not_mean_absence() -> None:
    connector = {"VoiceConnectorId": WITH_PROXY, "PhoneNumbers": ["+12065550102"], "SeenFrom": [WEST]}
    with Emulator({"credentials": [CREDENTIALS], "voice_connectors": [connector]}) as emulator:
        result = run("chime_voice_connector_info", emulator, region=WEST, include=["phone_numbers"])
        both = run("chime_voice_connector_info", emulator, regions=[WEST, EAST], include=["phone_numbers"])
    assert result["voice_connectors"][0]["phone_numbers"] == {"exists": None, "e164_phone_numbers": []}
    (error,) = result["errors"]
    assert (error["voice_connector_id"], error["setting"]) == (WITH_PROXY, "phone_numbers")
    assert f"because the Voice Connector belongs to {EAST}. Read the phone numbers in that Region" in error["message"]
    assert both["voice_connectors"][0]["phone_numbers"]["exists"] is True


def test_no_connector_needs_no_listing_of_numbers(read: Read, fleet: Emulator) -> None:
    assert read(names=[], include=["phone_numbers"])["voice_connectors"] == []
    assert fleet.operations() == []
