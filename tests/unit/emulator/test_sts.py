# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated STS, tested with a real boto3 client."""

from __future__ import annotations

import datetime
import urllib.request
from typing import Any
from xml.etree import ElementTree

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.emulator.conftest import ONCE, client_for, code_of

ROLE = "arn:aws:iam::444455556666:role/audit"
XMLNS = "{https://sts.amazonaws.com/doc/2011-06-15/}"


@pytest.fixture
def sts(emulator: Emulator) -> Any:
    return client_for(emulator, "sts", config=ONCE.merge(Config(parameter_validation=False)))


@pytest.mark.parametrize(("options", "seconds"), [({}, 3600), ({"DurationSeconds": 900}, 900)])
def test_assumed_credentials_expire_after_the_duration(sts: Any, options: dict[str, Any], seconds: int) -> None:
    role = sts.assume_role(RoleArn=ROLE, RoleSessionName="test", **options)["Credentials"]
    lifetime = role["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert seconds - 5 <= lifetime.total_seconds() <= seconds


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"DurationSeconds": 899}, "'899' at 'DurationSeconds' .+ greater than or equal to 900"),
        ({"DurationSeconds": 43201}, "less than or equal to 43200"),
        ({"RoleSessionName": "a"}, "length greater than or equal to 2"),
        ({"RoleSessionName": "a b"}, "'RoleSessionName' failed .+ regular expression"),
        ({"RoleSessionName": None}, "null at 'RoleSessionName'"),
        ({"RoleArn": "audit"}, "length greater than or equal to 20"),
        ({"RoleArn": "arn:aws:iam::444455556666:user/audit"}, "arn:aws:iam::444455556666:user/audit is invalid"),
        ({"RoleArn": None, "RoleSessionName": "!!"}, "2 validation errors detected"),
    ],
)
def test_invalid_values_are_validation_errors(sts: Any, changes: dict[str, Any], message: str) -> None:
    given = {"RoleArn": ROLE, "RoleSessionName": "test", **changes}
    with pytest.raises(ClientError, match=message) as error:
        sts.assume_role(**{name: value for name, value in given.items() if value is not None})
    assert code_of(error) == ("ValidationError", 400)


def test_assuming_the_denied_role_fails_with_the_message_from_iam(sts: Any) -> None:
    with pytest.raises(ClientError) as error:
        sts.assume_role(RoleArn="arn:aws:iam::444455556666:role/denied", RoleSessionName="test")
    assert code_of(error) == ("AccessDenied", 403)
    assert error.value.response["Error"]["Message"] == (
        "User: arn:aws:iam::111122223333:user/emulator is not authorized to perform: sts:AssumeRole on resource: "
        "arn:aws:iam::444455556666:role/denied"
    )


def test_an_unknown_action_is_invalid(sts: Any) -> None:
    with pytest.raises(ClientError) as error:
        sts.get_session_token()
    assert code_of(error) == ("InvalidAction", 400)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aws_secret_access_key": "wrong"}, "SignatureDoesNotMatch"),
        ({"aws_access_key_id": "NOBODY"}, "InvalidClientTokenId"),
        ({"aws_session_token": "wrong"}, "InvalidClientTokenId"),
    ],
)
def test_wrong_credentials_are_rejected(emulator: Emulator, changes: dict[str, str], code: str) -> None:
    with pytest.raises(ClientError) as error:
        client_for(emulator, "sts", **changes).get_caller_identity()
    assert code_of(error) == (code, 403)


def test_an_expired_signature_is_rejected(emulator: Emulator, sts: Any) -> None:
    emulator.configure(max_skew=-5)
    with pytest.raises(ClientError, match="Signature expired") as error:
        sts.get_caller_identity()
    assert code_of(error) == ("SignatureDoesNotMatch", 403)


def test_an_unsigned_request_is_rejected(emulator: Emulator) -> None:
    with pytest.raises(urllib.request.HTTPError) as error:
        urllib.request.urlopen(emulator.url, b"Action=GetCallerIdentity&Version=2011-06-15")
    root = ElementTree.fromstring(error.value.read())
    assert (error.value.code, root.tag) == (403, f"{XMLNS}ErrorResponse")
    assert root.findtext(f"{XMLNS}Error/{XMLNS}Code") == "MissingAuthenticationToken"
    assert root.findtext(f"{XMLNS}RequestId") == error.value.headers["x-amzn-requestid"]


def test_a_fault_without_an_operation_does_not_apply_to_sts(emulator: Emulator, sts: Any) -> None:
    emulator.faults = [Fault(error="ForbiddenException")]
    sts.get_caller_identity()
    with pytest.raises(ClientError):
        client_for(emulator).list_voice_connectors()
