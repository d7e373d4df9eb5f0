# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator, tested with a real boto3 client."""

from __future__ import annotations

import datetime
import http.client
import json
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from types import SimpleNamespace
from typing import Any, Callable

import pytest
import yaml
from botocore import auth, xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from ansible_collections.chime_sdk.voice.tests.emulator import service
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.emulator.conftest import client_for, code_of, port_of
from ansible_collections.chime_sdk.voice.tests.unit.helpers import MISSING, STATE, WITH_PROXY, WITHOUT_PROXY

PUT = {"VoiceConnectorId": WITHOUT_PROXY, "DefaultSessionExpiryMinutes": 60, "PhoneNumberPoolCountries": ["US"]}
SETTINGS: dict[str, dict[str, Any]] = yaml.safe_load("""
EmergencyCallingConfiguration:
  DNIS:
    - {EmergencyPhoneNumber: "+12065550111", TestPhoneNumber: "+12065550112", CallingCountry: US}
    - {EmergencyPhoneNumber: "+12065550113", TestPhoneNumber: "+12065550114", CallingCountry: CA}
ExternalSystemsConfiguration:
  SessionBorderControllerTypes: [RIBBON_SBC, AVAYA_SBCE]
  ContactCenterSystemTypes: [GENESYS_ENGAGE_ON_PREMISES]
LoggingConfiguration: {EnableSIPLogs: true, EnableMediaMetricLogs: true}
Origination:
  Routes:
    - {Host: 203.0.113.10, Port: 5061, Protocol: TCP, Priority: 1, Weight: 60}
    - {Host: sip.example.com, Port: 0, Protocol: UDP, Priority: 100, Weight: 1}
  Disabled: true
StreamingConfiguration:
  DataRetentionInHours: 24
  Disabled: true
  StreamingNotificationTargets: [{NotificationTarget: SQS}, {NotificationTarget: SNS}]
  MediaInsightsConfiguration: {Disabled: true, ConfigurationArn: "arn:aws:chime:us-east-1:111122223333:calls"}
Termination: {CpsLimit: 2, DefaultPhoneNumber: "+12065550102", CallingRegions: [US, DE], Disabled: true,
              CidrAllowedList: [203.0.113.0/27, 198.51.100.9/32]}
TerminationHealth: {Timestamp: "2026-05-04T03:02:01.000Z", Source: 203.0.113.7}
""")
DEFAULTS: dict[str, dict[str, Any]] = {
    "LoggingConfiguration": {"EnableSIPLogs": False, "EnableMediaMetricLogs": False},
    "Origination": {"Disabled": False},
    "Termination": {"CpsLimit": 1, "Disabled": False},
}
READABLE = [name for name in SETTINGS if f"GetVoiceConnector{name}" in service.MODEL.operation_names]
WRITABLE = [name for name in READABLE if f"PutVoiceConnector{name}" in service.MODEL.operation_names]
CREDENTIALS = [{"Username": name, "Password": "example"} for name in ("one", "two", "three")]
PROGRAM = pathlib.Path(service.__file__).parent


def test_a_connector_with_phone_numbers_cannot_be_deleted(emulator: Emulator, client: Any) -> None:
    numbers = ["+12065550101", "+12065550102"]
    for given in ([numbers[0]], numbers):
        associated = run_operation(client, "AssociatePhoneNumbersWithVoiceConnector", E164PhoneNumbers=given)
        assert associated["PhoneNumberErrors"] == []
    for identifier, expected in ((WITHOUT_PROXY, numbers), (WITH_PROXY, [])):
        listed = client.list_phone_numbers(FilterName="VoiceConnectorId", FilterValue=identifier)["PhoneNumbers"]
        assert [entry["E164PhoneNumber"] for entry in listed] == expected
    assert emulator.voice.snapshot()[WITHOUT_PROXY]["PhoneNumbers"] == numbers
    for number in numbers:
        with pytest.raises(client.exceptions.ConflictException):
            run_operation(client, "DeleteVoiceConnector")
        run_operation(client, "DisassociatePhoneNumbersFromVoiceConnector", E164PhoneNumbers=[number])
    run_operation(client, "DeleteVoiceConnector")


def run_operation(client: Any, name: str, **members: Any) -> Any:
    """Run an operation for the Voice Connector WITHOUT_PROXY."""
    return getattr(client, xform_name(name))(VoiceConnectorId=WITHOUT_PROXY, **members)


def put_setting(client: Any, setting: str, value: dict[str, Any]) -> Any:
    members = value if setting == "ExternalSystemsConfiguration" else {setting: value}
    return run_operation(client, f"PutVoiceConnector{setting}", **members)[setting]


def read_json(client: Any, setting: str) -> Any:
    """Return a setting as it appears in the body of the response."""
    bodies: list[bytes] = []
    client.meta.events.register("before-parse", lambda response_dict, **_kwargs: bodies.append(response_dict["body"]))
    run_operation(client, f"GetVoiceConnector{setting}")
    return json.loads(bodies[-1])[setting]


@pytest.mark.parametrize("setting", WRITABLE)
def test_a_setting_is_put_replaced_read_and_deleted(client: Any, setting: str) -> None:
    if setting == "EmergencyCallingConfiguration":
        put_setting(client, "Termination", {})
        put_setting(client, "Origination", {})
    value = SETTINGS[setting]
    fewer = dict(list(value.items())[: len(service.MODEL.shape_for(setting).required_members) or 1])
    for written in (fewer, value, fewer):
        stored = {**DEFAULTS.get(setting, {}), **written}
        assert put_setting(client, setting, written) == stored
        assert run_operation(client, f"GetVoiceConnector{setting}")[setting] == stored
    if f"DeleteVoiceConnector{setting}" in service.MODEL.operation_names:
        deleted = run_operation(client, f"DeleteVoiceConnector{setting}")
        assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
        with pytest.raises(client.exceptions.NotFoundException):
            run_operation(client, f"GetVoiceConnector{setting}")


def list_usernames(client: Any) -> list[str]:
    names: list[str] = run_operation(client, "ListVoiceConnectorTerminationCredentials")["Usernames"]
    return names


def test_credentials_require_a_termination(client: Any) -> None:
    with pytest.raises(client.exceptions.BadRequestException, match="no termination"):
        run_operation(client, "PutVoiceConnectorTerminationCredentials", Credentials=CREDENTIALS)
    assert list_usernames(client) == []


def test_a_credential_without_a_username_is_rejected(client: Any) -> None:
    put_setting(client, "Termination", {})
    with pytest.raises(client.exceptions.BadRequestException, match="no username"):
        run_operation(client, "PutVoiceConnectorTerminationCredentials", Credentials=[{"Password": "example"}])


def test_deleting_a_termination_deletes_its_credentials(client: Any) -> None:
    put_setting(client, "Termination", {})
    run_operation(client, "PutVoiceConnectorTerminationCredentials", Credentials=CREDENTIALS)
    run_operation(client, "DeleteVoiceConnectorTermination")
    assert list_usernames(client) == []


@pytest.mark.parametrize("setting", ["Origination", "Termination"])
def test_emergency_calling_requires_enabled_origination_and_termination(client: Any, setting: str) -> None:
    put_setting(client, {"Origination": "Termination", "Termination": "Origination"}[setting], {})
    emergency = ("EmergencyCallingConfiguration", SETTINGS["EmergencyCallingConfiguration"])
    for disabled in (True, False):
        with pytest.raises(client.exceptions.BadRequestException, match=f"requires an enabled {setting.lower()}"):
            put_setting(client, *emergency)
        put_setting(client, setting, {"Disabled": disabled})
    put_setting(client, *emergency)
    with pytest.raises(client.exceptions.BadRequestException, match="has an emergency calling configuration"):
        put_setting(client, setting, SETTINGS[setting])
    with pytest.raises(client.exceptions.BadRequestException, match="has an emergency calling configuration"):
        run_operation(client, f"DeleteVoiceConnector{setting}")
    enabled = {**SETTINGS[setting], "Disabled": False}
    put_setting(client, setting, enabled)
    assert run_operation(client, f"GetVoiceConnector{setting}")[setting] == enabled
    run_operation(client, "DeleteVoiceConnectorEmergencyCallingConfiguration")
    put_setting(client, setting, SETTINGS[setting])
    run_operation(client, f"DeleteVoiceConnector{setting}")


def test_responses_can_differ_from_what_was_put(emulator: Emulator, client: Any) -> None:
    emulator.voice.reorders = True
    routes = [{"Host": "SIP.example.com", "Priority": 1}, {"Host": "203.0.113.10", "Priority": 2}]
    put_setting(client, "Origination", {"Routes": routes})
    assert put_setting(client, "Termination", {**SETTINGS["Termination"], "Disabled": False}) == {
        "CpsLimit": 2,
        "DefaultPhoneNumber": "12065550102",
        "CallingRegions": ["DE", "US"],
        "CidrAllowedList": ["198.51.100.9/32", "203.0.113.0/27"],
        "Disabled": False,
    }
    put_setting(client, "EmergencyCallingConfiguration", SETTINGS["EmergencyCallingConfiguration"])
    for _read in range(2):
        shown = run_operation(client, "GetVoiceConnectorOrigination")["Origination"]["Routes"]
        assert shown == [routes[1], {"Host": "sip.example.com", "Priority": 1}]
    shown = run_operation(client, "GetVoiceConnectorEmergencyCallingConfiguration")["EmergencyCallingConfiguration"]
    assert [entry["TestPhoneNumber"] for entry in shown["DNIS"]] == ["12065550114", "12065550112"]
    assert [entry["Name"] for entry in client.list_voice_connectors()["VoiceConnectors"]] == ["warehouse", "reception"]
    assert emulator.voice.snapshot()[WITHOUT_PROXY]["Origination"] == {"Routes": routes, "Disabled": False}


@pytest.mark.parametrize(
    "call",
    [
        ("list_voice_connectors", {"MaxResults": 101}),
        ("list_voice_connectors", {"MaxResults": 0}),
        ("list_tags_for_resource", {"ResourceARN": "arn:aws:chime:us-east-1:111122223333:vc/nothing"}),
        ("create_voice_connector", {"Name": "bad/name", "RequireEncryption": True}),
        ("create_voice_connector", {"RequireEncryption": True}),
        ("create_voice_connector", {"Name": "a", "RequireEncryption": "yes"}),
        ("create_voice_connector", {"Name": "a", "RequireEncryption": True, "AwsRegion": "us-east-9"}),
        ("create_voice_connector", {"Name": "a", "RequireEncryption": True, "Tags": []}),
        ("create_voice_connector", {"Name": "a", "RequireEncryption": True, "Tags": [{"Key": "", "Value": ""}]}),
        ("create_voice_connector", {"Name": "a", "RequireEncryption": True, "Tags": [{"Key": "k"}]}),
        ("create_voice_connector", {"Name": "a", "RequireEncryption": True, "Tags": [{"Key": "aws:k", "Value": "v"}]}),
        (
            "create_voice_connector",
            {"Name": "a", "RequireEncryption": True, "Tags": [{"Key": "k", "Value": "v" * 257}]},
        ),
        ("put_voice_connector_proxy", {**PUT, "DefaultSessionExpiryMinutes": True}),
        ("put_voice_connector_proxy", {**PUT, "DefaultSessionExpiryMinutes": "60"}),
        ("put_voice_connector_proxy", {**PUT, "Disabled": 0}),
        ("put_voice_connector_proxy", {**PUT, "PhoneNumberPoolCountries": []}),
        ("put_voice_connector_proxy", {**PUT, "PhoneNumberPoolCountries": ["us"]}),
        ("put_voice_connector_proxy", {**PUT, "PhoneNumberPoolCountries": ["US", 1]}),
        ("put_voice_connector_proxy", {**PUT, "PhoneNumberPoolCountries": "US"}),
        ("put_voice_connector_proxy", {**PUT, "FallBackPhoneNumber": "0123"}),
        ("put_voice_connector_termination", {"VoiceConnectorId": WITHOUT_PROXY}),
        ("put_voice_connector_termination", {"VoiceConnectorId": WITHOUT_PROXY, "Termination": {"CpsLimit": 0}}),
        (
            "put_voice_connector_origination",
            {"VoiceConnectorId": WITHOUT_PROXY, "Origination": {"Routes": [{"Protocol": "TLS"}]}},
        ),
    ],
)
def test_input_is_validated_against_the_model(emulator: Emulator, call: Any) -> None:
    client = client_for(emulator, config=Config(parameter_validation=False))
    with pytest.raises(client.exceptions.BadRequestException) as error:
        getattr(client, call[0])(**call[1])
    assert code_of(error) == ("BadRequestException", 400)


def test_a_validation_error_uses_the_words_of_aws(client: Any) -> None:
    with pytest.raises(client.exceptions.BadRequestException) as error:
        client.put_voice_connector_proxy(**{**PUT, "PhoneNumberPoolCountries": ["US", "us"]})
    assert error.value.response["Error"]["Message"] == (
        "Value 'us' at 'PhoneNumberPoolCountries.2.member' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: ^$|^[A-Z]{2,2}$"
    )


def test_a_connector_without_a_region_is_created_in_us_east_1(emulator: Emulator) -> None:
    client = client_for(emulator, region_name="eu-west-1")
    created = client.create_voice_connector(Name="new", RequireEncryption=True)["VoiceConnector"]
    assert created["AwsRegion"] == "us-east-1"
    assert ":us-east-1:" in created["VoiceConnectorArn"]
    client.create_voice_connector(Name="new", RequireEncryption=True, AwsRegion="eu-west-1")
    assert [entry["AwsRegion"] for entry in client.list_voice_connectors()["VoiceConnectors"]] == ["eu-west-1"]


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"Name": "Zentrale Köln"}, "Name"),
        ({"VoiceConnectorId": 7}, "VoiceConnectorId"),
        ({"AwsRegion": "us-east-9"}, "AwsRegion"),
        ({"SeenFrom": ["us-east-9"]}, "SeenFrom"),
        ({"NetworkType": "IPV5_ONLY"}, "NetworkType"),
        ({"RequireEncryption": "yes"}, "RequireEncryption"),
        ({"CreatedTimestamp": "yesterday"}, "CreatedTimestamp"),
        ({"Nam": "reception"}, "Nam"),
        ({"Tags": {"": "voice"}}, "Key"),
        ({"Tags": {"team": 7}}, "Value"),
        ({"Proxy": {"Disabled": "no"}}, "Disabled"),
        ({"Proxy": {"DefaultSessionExpiryMinutes": True}}, "DefaultSessionExpiryMinutes"),
        ({"Proxy": {"FallBackPhoneNumber": "0123"}}, "FallBackPhoneNumber"),
        ({"Proxy": {"PhoneNumberCountries": ["us"]}}, "PhoneNumberCountries"),
        ({"Proxy": {"Minutes": 5}}, "Minutes"),
        ({"EmergencyCallingConfiguration": {"DNIS": [{"CallingCountry": "US"}]}}, "EmergencyPhoneNumber"),
        ({"LoggingConfiguration": {"EnableSipLogs": True}}, "EnableSipLogs"),
        ({"Origination": {"Routes": [{"Port": 65536}]}}, "Origination.Routes.1.member.Port"),
        ({"StreamingConfiguration": {"Disabled": True}}, "DataRetentionInHours"),
        ({"Termination": {"CpsLimit": 0}}, "Termination.CpsLimit"),
        ({"Termination": []}, "Termination"),
        ({"TerminationCredentials": [{"Username": "one"}]}, "TerminationCredentials"),
        ({"TerminationHealth": {"Timestamp": "yesterday"}}, "TerminationHealth.Timestamp"),
    ],
)
def test_an_invalid_initial_state_is_rejected(changes: dict[str, Any], member: str) -> None:
    seed = {"VoiceConnectorId": WITH_PROXY, **changes}
    with pytest.raises(
        ValueError, match=rf"Voice Connector {seed['VoiceConnectorId']} violates the service model: .*{member}"
    ):
        Emulator({"voice_connectors": [seed]})


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("Origination", {"Routes": [None], "Disabled": None}),
        ("StreamingConfiguration", {"DataRetentionInHours": -1, "Disabled": "no"}),
        ("Termination", {"CpsLimit": 0, "CidrAllowedList": None}),
        ("TerminationHealth", {"Timestamp": "Fri Aug 23 16:45:55 UTC 2019", "Source": 7}),
    ],
)
def test_an_unchecked_setting_is_served_unchanged(setting: str, value: dict[str, Any]) -> None:
    seed = {"VoiceConnectorId": WITHOUT_PROXY, setting: value, "Unchecked": True}
    with Emulator({"voice_connectors": [seed]}) as emulator:
        shown = read_json(client_for(emulator), setting)
    assert shown == {**dict.fromkeys(service.MODEL.shape_for(setting).members), **value}


def test_a_rejected_state_changes_nothing(emulator: Emulator, client: Any) -> None:
    emulator.faults = [Fault("x")]
    body = json.dumps({"voice_connectors": [{"VoiceConnectorId": MISSING, "Name": "ö"}]}).encode()
    state = urllib.request.Request(emulator.url + "/_emulator/state", method="PUT", data=body)
    with pytest.raises(urllib.request.HTTPError) as error:
        urllib.request.urlopen(state)
    assert b"violates the service model" in error.value.read()
    assert (emulator.faults, len(client.list_voice_connectors()["VoiceConnectors"])) == ([Fault("x")], 2)


def test_output_is_validated_against_the_model(emulator: Emulator, client: Any) -> None:
    emulator.voice._connectors["111122223333", "us-east-1"][WITH_PROXY]["settings"]["Proxy"]["Disabled"] = "no"
    with pytest.raises(ClientError, match="The emulator failed"):
        client.get_voice_connector_proxy(VoiceConnectorId=WITH_PROXY)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aws_secret_access_key": "wrong"}, "InvalidSignatureException"),
        ({"aws_access_key_id": "NOBODY"}, "UnrecognizedClientException"),
        ({"aws_session_token": "unexpected"}, "UnrecognizedClientException"),
        (
            {"aws_access_key_id": "ASIDEMULATOR", "aws_secret_access_key": "emulator-temporary-key"},
            "UnrecognizedClient",
        ),
    ],
)
def test_a_wrong_signature_is_rejected(emulator: Emulator, changes: Any, code: str) -> None:
    client = client_for(emulator, **changes)
    with pytest.raises(ClientError) as error:
        client.get_voice_connector(VoiceConnectorId=WITH_PROXY)
    assert code_of(error)[0].startswith(code)
    assert code_of(error)[1] == 403


def test_a_region_without_the_service_is_rejected_unless_the_state_has_it(emulator: Emulator) -> None:
    client = client_for(emulator, region_name="af-south-1")
    with pytest.raises(ClientError) as error:
        client.list_voice_connectors()
    assert code_of(error) == ("InvalidSignatureException", 403)
    emulator.voice = service.Voice({**STATE, "regions": ["af-south-1"]})
    assert client.list_voice_connectors()["VoiceConnectors"] == []


def test_an_unsigned_request_is_rejected(emulator: Emulator) -> None:
    with pytest.raises(urllib.request.HTTPError) as error:
        urllib.request.urlopen(emulator.url + "/voice-connectors")
    assert error.value.code == 403
    assert error.value.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"


@pytest.mark.parametrize("change", ["path", "query", "body", "date", "scope"])
def test_a_request_changed_after_signing_is_rejected(emulator: Emulator, change: str) -> None:
    client = client_for(emulator)

    def tamper(request: Any, **_kwargs: Any) -> None:
        if change == "path":
            request.url = request.url.replace(WITHOUT_PROXY, WITH_PROXY)
        elif change == "query":
            request.url += "?more=1"
        elif change == "body":
            request.body = request.body.replace(b"5", b"6")
        elif change == "date":
            request.headers["X-Amz-Date"] = "20200101T000000Z"
        else:
            request.headers["Authorization"] = request.headers["Authorization"].replace(b"/chime/", b"/sts/")

    client.meta.events.register("before-send", tamper)
    with pytest.raises(ClientError) as error:
        client.put_voice_connector_proxy(
            VoiceConnectorId=WITHOUT_PROXY, DefaultSessionExpiryMinutes=5, PhoneNumberPoolCountries=["US"]
        )
    assert code_of(error) == ("InvalidSignatureException", 403)


@pytest.fixture
def shift_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return a function that shifts botocore's signing clock by a number of seconds."""

    def shift(seconds: float) -> None:
        class Shifted(datetime.datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return super().now(tz) + datetime.timedelta(seconds=seconds)

            @classmethod
            def utcnow(cls) -> Any:
                return cls.now(datetime.timezone.utc)

        if hasattr(auth, "get_current_datetime"):
            monkeypatch.setattr(auth, "get_current_datetime", Shifted.utcnow)
        else:
            monkeypatch.setattr(auth, "datetime", SimpleNamespace(datetime=Shifted))

    return shift


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        (-960, r"Signature expired: \w+ is now earlier than \w+ \(\w+ - 15 min\.\)"),
        (960, r"Signature not yet current: \w+ is still later than \w+ \(\w+ \+ 15 min\.\)"),
    ],
)
def test_a_skewed_clock_is_rejected(
    emulator: Emulator, shift_clock: Callable[[float], None], seconds: float, message: str
) -> None:
    shift_clock(seconds)
    with pytest.raises(ClientError, match=message) as error:
        client_for(emulator).get_voice_connector(VoiceConnectorId=WITH_PROXY)
    assert code_of(error) == ("InvalidSignatureException", 403)


def test_the_maximum_skew_is_configurable(
    emulator: Emulator, client: Any, shift_clock: Callable[[float], None]
) -> None:
    shift_clock(-60)
    client.get_voice_connector(VoiceConnectorId=WITH_PROXY)
    emulator.configure(max_skew=30)
    with pytest.raises(ClientError, match=r"- 0\.5 min\."):
        client.get_voice_connector(VoiceConnectorId=WITH_PROXY)
    body = json.dumps({"max_skew": 120}).encode()
    settings = urllib.request.Request(emulator.url + "/_emulator/settings", method="PUT", data=body)
    urllib.request.urlopen(settings).close()
    client.get_voice_connector(VoiceConnectorId=WITH_PROXY)


def test_the_response_to_an_unknown_operation_does_not_name_the_error(client: Any) -> None:
    with pytest.raises(ClientError) as error:
        client.list_proxy_sessions(VoiceConnectorId=WITH_PROXY)
    assert code_of(error) == ("404", 404)
    assert error.value.response["ResponseMetadata"]["RequestId"]
    assert "x-amzn-errortype" not in error.value.response["ResponseMetadata"]["HTTPHeaders"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PATCH", "OPTIONS"])
def test_an_unknown_route_is_rejected_for_every_method(emulator: Emulator, method: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(emulator))
    path = "/nowhere" if method == "GET" else "/voice-connectors"
    # Send both requests on one connection, so that the second one fails if data of the first response is left over.
    for _attempt in range(2):
        connection.request(method, path)
        response = connection.getresponse()
        assert (response.status, response.headers["content-type"]) == (404, "application/xml")
        assert response.headers["x-amzn-requestid"]
        assert response.headers["content-length"] == "29"
        assert response.read() == (b"" if method == "HEAD" else b"<UnknownOperationException/>\n")
    assert emulator.operations() == ["", ""]


def read_error(emulator: Emulator, **fault: Any) -> tuple[str | None, dict[str, str]]:
    """Return the x-amzn-errortype and the body of an injected error."""
    emulator.faults = [Fault(**fault)]
    with pytest.raises(urllib.request.HTTPError) as error:
        urllib.request.urlopen(emulator.url + "/voice-connectors")
    return error.value.headers["x-amzn-errortype"], json.loads(error.value.read() or "{}")


NOT_FOUND = "NotFoundException"


@pytest.mark.parametrize(
    ("style", "header", "named"),
    [
        ("full", NOT_FOUND, {"Code": "NotFound"}),
        ("header", NOT_FOUND, {}),
        ("body", None, {"Code": "NotFound"}),
        ("type", None, {"__type": "aws.chime#NotFoundException"}),
        ("uri", "NotFoundException:http://internal.amazon.com/coral/com.amazonaws.chime/", {}),
    ],
)
def test_each_style_names_the_error_in_its_own_place(
    emulator: Emulator, client: Any, style: str, header: str | None, named: dict[str, str]
) -> None:
    assert read_error(emulator, error=NOT_FOUND, style=style, message="Gone.") == (
        header,
        {**named, "Message": "Gone."},
    )
    with pytest.raises(ClientError) as error:
        client.get_voice_connector(VoiceConnectorId=WITH_PROXY)
    assert error.value.response["Error"]["Code"].startswith("NotFound")


def test_a_bare_error_has_no_body(emulator: Emulator) -> None:
    assert read_error(emulator, error=NOT_FOUND, style="bare") == (None, {})


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ThrottledClientException", "Throttled"),
        ("UnauthorizedClientException", "Unauthorized"),
        ("UnprocessableEntityException", "Unprocessable"),
        ("ServiceFailureException", "ServiceFailure"),
        ("ResourceLimitExceededException", "ResourceLimitExceeded"),
        ("ThrottlingException", "ThrottlingException"),
        ("UnknownOperationException", "UnknownOperationException"),
        ("UnrecognizedClientException", "UnrecognizedClientException"),
        ("TooManyRequestsException", "TooManyRequestsException"),
    ],
)
def test_only_error_codes_in_the_service_model_are_shortened(emulator: Emulator, name: str, code: str) -> None:
    assert read_error(emulator, error=name, status=400)[1]["Code"] == code


def test_random_faults_are_reproducible() -> None:
    applied = [
        [fault.applies_to("Any", "/") for _turn in range(1000)]
        for fault in (Fault(probability=0.05, seed=3), Fault(probability=0.05, seed=3))
    ]
    assert applied[0] == applied[1]
    assert 20 < sum(applied[0]) < 80


def test_a_new_state_resets_the_emulator(emulator: Emulator, client: Any) -> None:
    client.get_voice_connector(VoiceConnectorId=WITH_PROXY)
    state = {"voice_connectors": [{"VoiceConnectorId": MISSING}], "faults": [{"operation": "x"}]}
    body = json.dumps(state).encode()
    urllib.request.urlopen(urllib.request.Request(emulator.url + "/_emulator/state", method="PUT", data=body)).close()
    assert (emulator.operations(), emulator.faults) == ([], [Fault("x")])
    listed = client.list_voice_connectors()["VoiceConnectors"]
    assert [entry["VoiceConnectorId"] for entry in listed] == [MISSING]


def test_the_program_starts_quickly_and_stops_cleanly(tmp_path: pathlib.Path) -> None:
    (tmp_path / "state.json").write_text(json.dumps(STATE))
    started = time.monotonic()
    program = subprocess.Popen(
        [sys.executable, PROGRAM, "--state", tmp_path / "state.json", "--seconds", "30"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        took = time.monotonic() - started
        requests = json.load(urllib.request.urlopen(url + "/_emulator/requests"))
        assert requests == []
        program.send_signal(signal.SIGTERM)
        rest, _stderr = program.communicate(timeout=10)
    finally:
        program.kill()
    assert (program.returncode, rest) == (0, "")
    # On an idle machine, the program starts in well under a second.
    assert took < 3


def test_the_program_runs_a_command_and_exits_with_its_status(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "profile-of-the-user")
    (tmp_path / "state.json").write_text(json.dumps(STATE))
    code = """
import boto3, os, sys
print(os.environ["AWS_ENDPOINT_URL"])
names = [c["Name"] for c in boto3.client("chime-sdk-voice", "us-east-1").list_voice_connectors()["VoiceConnectors"]]
sys.exit(7 if len(names) == 2 else 8)
"""
    command: list[Any] = [sys.executable, PROGRAM, "--state", tmp_path / "state.json", "--", sys.executable, "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert ran.returncode == 7, ran.stderr
    port = int(ran.stdout.strip().rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass
