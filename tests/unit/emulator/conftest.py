# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real boto3 clients for the emulator."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator

ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=5)


def client_for(emulator: Emulator, service_name: str = "chime-sdk-voice", **changes: Any) -> Any:
    options = {
        "region_name": "us-east-1",
        "endpoint_url": emulator.url,
        "aws_access_key_id": "AKIDEMULATOR",
        "aws_secret_access_key": "emulator-secret-key",
        "config": ONCE,
        **changes,
    }
    return boto3.session.Session().client(service_name, **options)


@pytest.fixture
def client(emulator: Emulator) -> Any:
    return client_for(emulator)


def code_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    return error.value.response["Error"]["Code"], error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def port_of(emulator: Emulator) -> int:
    return int(emulator.url.rpartition(":")[2])
