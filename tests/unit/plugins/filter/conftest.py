# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Helpers for the filter tests: reads by the real module, in the format that the role proxy_audit uses."""

from __future__ import annotations

from typing import Any

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import STATE, connection_to, run_main

ACCOUNT = "111122223333"
EAST, WEST = "us-east-1", "us-west-2"
NOW = "2026-11-23T08:00:00Z"


def read(*faults: Fault, regions: tuple[str, ...] = (EAST,), state: Any = None, **options: Any) -> dict[str, Any]:
    """Run the real module against an emulator, and return its result as one read of an account."""
    with Emulator(state or STATE) as emulator:
        emulator.faults = list(faults)
        given = {**connection_to(emulator), "include": ["proxy"], "include_account_id": True, **options}
        del given["region"]
        result = run_main("chime_voice_connector_info", {**given, "regions": list(regions)})
    return {"regions": list(regions), "result": result}


def statuses(audit: dict[str, Any]) -> dict[str, str]:
    return {entry["voice_connector_id"]: entry["status"] for entry in audit["voice_connectors"]}
