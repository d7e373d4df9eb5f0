# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of all tests."""

from __future__ import annotations

import functools
import gc
import os
import types
from collections.abc import Iterator
from typing import Any
from typing import Callable

import pytest
from botocore.compat import accepts_kwargs
from botocore.hooks import EventAliaser
from botocore.loaders import JSONFileLoader
from botocore.loaders import Loader

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import STATE
from ansible_collections.chime_sdk.voice.tests.unit.helpers import WITH_PROXY
from ansible_collections.chime_sdk.voice.tests.unit.helpers import connection_to
from ansible_collections.chime_sdk.voice.tests.unit.helpers import run_main


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
        # And the names of the same events.
        create = EventAliaser.__init__
        names: dict[str, str] = {}

        def create_with_names(self: Any, *args: Any, **kwargs: Any) -> None:
            create(self, *args, **kwargs)
            self._alias_name_cache = names

        patch.setattr(EventAliaser, "__init__", create_with_names)
        yield


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """Run an emulator; over TLS for tests that are marked with OVER_TLS_TOO."""
    with Emulator(STATE, tls=getattr(request, "param", False)) as running:
        yield running


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Make botocore's waits between attempts take no time, and return the list of them."""
    taken: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time", types.SimpleNamespace(sleep=taken.append))
    return taken


@pytest.fixture
def read_proxy(emulator: Emulator) -> Callable[..., dict[str, Any]]:
    """Return a function that runs chime_voice_connector_proxy_info against the emulator."""

    def read(voice_connector_id: str = WITH_PROXY, *faults: Fault, **options: Any) -> dict[str, Any]:
        emulator.faults = list(faults)
        args = {"voice_connector_id": voice_connector_id, **connection_to(emulator), **options}
        given = {name: value for name, value in args.items() if value is not None}
        return run_main("chime_voice_connector_proxy_info", given)

    return read
