# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test helpers: run the real main() of a module in this process, and run commands as in a shell."""

from __future__ import annotations

import contextlib
import copy
import importlib
import io
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
from typing import Any, Callable

import pytest
from ansible.module_utils.testing import patch_module_args
from botocore.loaders import Loader

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator

WITH_PROXY = "abcdef1ghij2klmno3pqr4"
WITHOUT_PROXY = "bcdefg2hijk3lmnop4qrs5"
MISSING = "cdefgh3ijkl4mnopq5rst6"

CREDENTIALS = {"access_key": "AKIDEMULATOR", "secret_key": "emulator-secret-key", "account": "111122223333"}
OTHER_CREDENTIALS = {"access_key": "AKIDOTHER", "secret_key": "other-secret-key", "account": "444455556666"}

STATE: dict[str, Any] = {
    "credentials": [
        CREDENTIALS,
        {
            "access_key": "ASIDEMULATOR",
            "secret_key": "emulator-temporary-key",
            "session_token": "emulator-session-token",
            "account": "111122223333",
        },
    ],
    "voice_connectors": [
        {
            "VoiceConnectorId": WITH_PROXY,
            "Name": "reception",
            "Tags": {"team": "voice"},
            "Proxy": {
                "DefaultSessionExpiryMinutes": 60,
                "Disabled": False,
                "FallBackPhoneNumber": "+12065550100",
                "PhoneNumberCountries": ["US", "CA"],
            },
        },
        {"VoiceConnectorId": WITHOUT_PROXY, "Name": "warehouse"},
    ],
}


# The result for a proxy configuration without values.
EMPTY_PROXY: dict[str, Any] = {
    "exists": True,
    "default_session_expiry_minutes": None,
    "disabled": None,
    "fall_back_phone_number": None,
    "phone_number_countries": [],
}
NO_PROXY = {**EMPTY_PROXY, "exists": False}  # the result if the proxy configuration is not set
UNKNOWN_PROXY = {**EMPTY_PROXY, "exists": None}  # the result if it could not be read


OVER_TLS = pytest.mark.parametrize("emulator", [True], ids=["tls"], indirect=True)


def run_main(module: str, args: dict[str, Any]) -> dict[str, Any]:
    """Run the real main() of *module* with *args*, and return the result that it prints."""
    main = importlib.import_module(f"ansible_collections.chime_sdk.voice.plugins.modules.{module}").main
    printed = io.StringIO()
    with patch_module_args(args), contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as stopped:
        main()
    result: dict[str, Any] = json.loads(printed.getvalue())
    assert (stopped.value.code != 0) == result.get("failed", False)
    assert "Traceback" not in printed.getvalue()
    assert "ansible_facts" not in result
    # ansible-core adds the module options (2.19 and newer) and its registered secrets (2.22 and newer) to the result.
    for key in ("invocation", "_ansible_new_secrets"):
        result.pop(key, None)
    return result


def minimal_environment(folder: pathlib.Path, **variables: str) -> dict[str, str]:
    """Return an environment with a home folder, *variables*, and this Python's tools first in PATH."""
    return {
        "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
        **variables,
    }


def run(command: str, folder: pathlib.Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command in a minimal environment plus *variables*."""
    return subprocess.run(
        ["bash", "-euc", command],
        cwd=folder,
        env=minimal_environment(folder, **variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def track_peak_in_flight(monkeypatch: pytest.MonkeyPatch, emulator: Emulator, seconds: float) -> Callable[[], int]:
    """Make each request take *seconds*, and return a function that returns the peak number of requests in flight."""
    lock = threading.Lock()
    current, peak = 0, 0
    find_fault = emulator.next_fault

    def counted(operation: str, request: str) -> Fault | None:
        nonlocal current, peak
        with lock:
            current += 1
            peak = max(peak, current)
        time.sleep(seconds)
        with lock:
            current -= 1
        return find_fault(operation, request)

    monkeypatch.setattr(emulator, "next_fault", counted)
    return lambda: peak


def connection_to(emulator: Emulator) -> dict[str, Any]:
    """Return the module options that connect to *emulator*."""
    options = {
        "region": "us-east-1",
        "endpoint_url": emulator.url,
        "access_key": "AKIDEMULATOR",
        "secret_key": "emulator-secret-key",
    }
    return {**options, "aws_ca_bundle": emulator.ca_bundle} if emulator.tls else options


def edit_model(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Make botocore load an edited copy of its service model."""
    model = copy.deepcopy(Loader().load_service_model("chime-sdk-voice", "service-2"))
    edit(model)
    folder = tmp_path / "models" / "chime-sdk-voice" / model["metadata"]["apiVersion"]
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps(model))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path / "models"))
