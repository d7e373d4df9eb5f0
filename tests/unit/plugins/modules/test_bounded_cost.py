# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the real main() in a separate process with large responses, and measure its memory and processor time."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, NamedTuple

import pytest

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import STATE, WITH_PROXY, connection_to

# Coverage is not measured in other processes, and the results for one version of the SDK are enough.
pytestmark = [
    pytest.mark.no_cover,
    pytest.mark.one_sdk,
    pytest.mark.skipif(sys.platform != "linux", reason="requires /proc"),
]

GET_PROXY, LOGGING = "GetVoiceConnectorProxy", "GetVoiceConnectorLoggingConfiguration"
MEGABYTE = "x" * 1_000_000

# Runs main(), and then prints the peak memory in MB, the increase of the peak during main(), and the processor time.
# The peak comes from /proc, because the peak of getrusage() includes the memory of the parent process.
PROGRAM = """
import importlib, json, re, resource, sys
from ansible.module_utils.testing import patch_module_args

module = importlib.import_module("ansible_collections.chime_sdk.voice.plugins.modules." + sys.argv[1])
measure_peak = lambda: int(re.search("VmHWM:\\\\s+(\\\\d+) kB", open("/proc/self/status").read())[1]) / 1024
before = measure_peak()
with patch_module_args(json.loads(sys.argv[2])):
    try:
        module.main()
    except SystemExit:
        pass
usage = resource.getrusage(resource.RUSAGE_SELF)
peak = measure_peak()
print(json.dumps([peak, peak - before, usage.ru_utime + usage.ru_stime]))
"""


class Run(NamedTuple):
    result: dict[str, Any]
    memory: float  # the peak, in MB
    grown: float  # the increase of the peak during main(), in MB
    seconds: float  # of processor time


def run(module: str, options: dict[str, Any]) -> Run:
    command = [sys.executable, "-c", PROGRAM, module, json.dumps(options)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    result, usage = map(json.loads, printed.strip().splitlines())
    return Run(result, *usage)


def test_a_member_name_of_200_000_letters_costs_less_than_a_second(emulator: Emulator) -> None:
    name = "aB" * 100_000
    options = {**connection_to(emulator), "voice_connector_id": WITH_PROXY}
    small = run("chime_voice_connector_proxy_info", options)
    emulator.faults = [Fault(GET_PROXY, body=json.dumps({"Proxy": {"Disabled": True, name: {name: name}}, name: 1}))]
    large = run("chime_voice_connector_proxy_info", options)
    assert large.result["proxy"]["disabled"] is True
    assert large.seconds < small.seconds + 0.5
    assert large.memory < small.memory + 20


@pytest.mark.parametrize(
    "faults",
    [
        [{"body": json.dumps({"LoggingConfiguration": {"EnableSIPLogs": True, "Unknown": MEGABYTE}})}],
        [
            {"times": 20, "status": 400, "body": json.dumps({"code": "BadRequestException", "message": MEGABYTE})},
            {"times": 20, "status": 404, "body": json.dumps({"code": "NotFoundException", "message": MEGABYTE})},
            {"status": 403, "body": f"<html>{MEGABYTE}</html>", "headers": {"x-amzn-errortype": "ForbiddenException"}},
        ],
    ],
    ids=["successes", "failures"],
)
def test_large_responses_do_not_accumulate(faults: list[dict[str, Any]]) -> None:
    """The first 50 responses are small successes, because a run ends early if its first reads all fail."""
    connectors = [{"VoiceConnectorId": f"a{number:021d}"} for number in range(110)]
    with Emulator({**STATE, "voice_connectors": connectors}) as emulator:
        emulator.faults = [Fault(LOGGING, body="{}", times=50), *(Fault(LOGGING, **fault) for fault in faults)]
        options = {**connection_to(emulator), "include": ["logging"], "concurrency": 3}
        bulk = run("chime_voice_connector_info", options)
    exists = [connector["logging"]["exists"] for connector in bulk.result["voice_connectors"]]
    counts = [exists.count(value) for value in (True, False, None)]
    assert counts == ([60, 50, 0] if len(faults) == 1 else [0, 70, 40])
    assert bulk.grown < 50
    assert bulk.seconds < 12
