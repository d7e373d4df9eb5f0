# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures: the real main() of a module, run in this process against the emulator."""

from __future__ import annotations

import contextlib
import copy
import functools
import gc
import importlib
import io
import json
import os
import pathlib
import subprocess
import sys
import types
from collections.abc import Iterator
from typing import Any
from typing import Callable

import pytest
from ansible.module_utils.testing import patch_module_args
from botocore.compat import accepts_kwargs
from botocore.loaders import JSONFileLoader
from botocore.loaders import Loader

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator

WITH_PROXY = "abcdef1ghij2klmno3pqr4"
WITHOUT_PROXY = "bcdefg2hijk3lmnop4qrs5"
MISSING = "cdefgh3ijkl4mnopq5rst6"

STATE: dict[str, Any] = {
    "credentials": [
        {"access_key": "AKIDEMULATOR", "secret_key": "emulator-secret-key", "account": "111122223333"},
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

# A proxy configuration of which the service returned nothing but that it exists, none, and one that is unknown.
EMPTY_PROXY: dict[str, Any] = {
    "exists": True,
    "default_session_expiry_minutes": None,
    "disabled": None,
    "fall_back_phone_number": None,
    "phone_number_countries": [],
}
NO_PROXY = {**EMPTY_PROXY, "exists": False}
UNKNOWN_PROXY = {**EMPTY_PROXY, "exists": None}


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Keep the credentials, the configuration and the proxies of whoever runs the tests out of them."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower() in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture(autouse=True)
def garbage_is_collected_between_tests() -> Iterator[None]:
    """Keep the collector out of the tests.

    Some answers are JSON so deep that reading it ends at Python's limit of recursion. What would be collected right there
    could not be finalized, which pytest takes for an error of the test.
    """
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def sdk_data_is_read_once() -> Iterator[None]:
    """Let the clients of all tests share what botocore reads from its data files, which takes it longest."""
    with pytest.MonkeyPatch.context() as patch:
        read = JSONFileLoader.load_file
        cached = functools.lru_cache(None)(lambda path: read(JSONFileLoader(), path))
        patch.setattr(JSONFileLoader, "load_file", lambda self, path: cached(path))
        list_services = Loader.list_available_services
        listed: dict[Any, Any] = {}

        def list_once(self: Any, type_name: str) -> Any:
            key = (*self.search_paths, type_name)
            if key not in listed:
                listed[key] = list_services(self, type_name)
            return listed[key]

        patch.setattr(Loader, "list_available_services", list_once)
        # Asked about the same handlers for each session, which takes second longest.
        patch.setattr("botocore.hooks.accepts_kwargs", functools.cache(accepts_kwargs))
        yield


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """Run an emulator; over TLS for tests that are marked with OVER_TLS_TOO."""
    with Emulator(STATE, tls=getattr(request, "param", False)) as running:
        yield running


OVER_TLS_TOO = pytest.mark.parametrize("emulator", [False, True], ids=["http", "tls"], indirect=True)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Make botocore's waits between attempts take no time, and return the list of them."""
    taken: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time", types.SimpleNamespace(sleep=taken.append))
    return taken


def run_main(module: str, args: dict[str, Any]) -> dict[str, Any]:
    """Run the real main() of *module* with *args*; return what it prints, and ``rc``."""
    main = importlib.import_module(f"ansible_collections.chime_sdk.voice.plugins.modules.{module}").main
    printed = io.StringIO()
    with patch_module_args(args), contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as stopped:
        main()
    result: dict[str, Any] = json.loads(printed.getvalue())
    assert (stopped.value.code != 0) == result.get("failed", False)
    assert "Traceback" not in printed.getvalue()
    assert "ansible_facts" not in result
    # ansible-core adds these: 2.19 the options, and 2.22 each secret the first time it is registered.
    for key in ("invocation", "_ansible_new_secrets"):
        result.pop(key, None)
    return result


def run(command: str, folder: pathlib.Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command as at a prompt, with the tools beside this Python and nothing set but *variables*."""
    environment = {
        "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
        **variables,
    }
    return subprocess.run(
        ["bash", "-euc", command], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def connection_to(emulator: Emulator) -> dict[str, Any]:
    """Return the connection options of a module that is to ask *emulator*."""
    options = {
        "region": "us-east-1",
        "endpoint_url": emulator.url,
        "access_key": "AKIDEMULATOR",
        "secret_key": "emulator-secret-key",
    }
    return {**options, "aws_ca_bundle": emulator.ca_bundle} if emulator.tls else options


def edit_model(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Put an edited copy of the service model before the one that botocore ships."""
    model = copy.deepcopy(Loader().load_service_model("chime-sdk-voice", "service-2"))
    edit(model)
    folder = tmp_path / "models" / "chime-sdk-voice" / model["metadata"]["apiVersion"]
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps(model))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path / "models"))


@pytest.fixture
def read_proxy(emulator: Emulator) -> Callable[..., dict[str, Any]]:
    """Return a function that runs chime_voice_connector_proxy_info against the emulator."""

    def read(voice_connector_id: str = WITH_PROXY, *faults: Fault, **options: Any) -> dict[str, Any]:
        emulator.faults = list(faults)
        args = {"voice_connector_id": voice_connector_id, **connection_to(emulator), **options}
        given = {name: value for name, value in args.items() if value is not None}
        return run_main("chime_voice_connector_proxy_info", given)

    return read
