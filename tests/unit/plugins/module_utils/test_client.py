# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import VoiceError
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.unit.helpers import WITH_PROXY


@pytest.mark.parametrize("error", ["ForbiddenException", "ThrottledClientException"])
def test_an_error_does_not_mention_botocore_retries(
    read_proxy: Callable[..., dict[str, Any]], sleeps: list[float], error: str
) -> None:
    result = read_proxy(WITH_PROXY, Fault(status=400, error=error))
    assert f"AWS said: An error occurred ({error}) when calling the GetVoiceConnectorProxy operation: " in result["msg"]


def test_botocore_retries_are_used_if_aws_config_sets_them(
    read_proxy: Callable[..., dict[str, Any]], sleeps: list[float]
) -> None:
    retries = {"mode": "standard", "total_max_attempts": 2}
    result = read_proxy(WITH_PROXY, Fault(status=400, error="ThrottlingException"), aws_config={"retries": retries})
    assert "throttled 2 requests" in result["msg"]


def test_a_message_with_missing_or_unknown_fields_is_an_error() -> None:
    too_many: dict[str, Any] = {"option": "x", "value": "y", "other": "z"}
    for fields in ({}, too_many):
        with pytest.raises(TypeError, match="the message bad_id has the fields"):
            raise VoiceError("bad_id", **fields)
