# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures shared by all tests."""

from __future__ import annotations

import functools
import gc
import os
import pathlib
import time
import types
from collections.abc import Iterator
from typing import Any, Callable

import pytest
from botocore.args import ClientArgsCreator
from botocore.client import ClientCreator
from botocore.compat import accepts_kwargs
from botocore.endpoint_provider import EndpointProvider
from botocore.handlers import BUILTIN_HANDLERS
from botocore.hooks import EventAliaser
from botocore.loaders import JSONFileLoader, Loader

from ansible_collections.chime_sdk.voice.plugins.module_utils import _operation, _rate_limit
from ansible_collections.chime_sdk.voice.plugins.module_utils._client import SERVICE
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import STATE, WITH_PROXY, connection_to, run_main


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return a home folder that all tests share, because creating a folder for each test would be slow."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def isolate_environment(monkeypatch: pytest.MonkeyPatch, home: pathlib.Path) -> None:
    """Hide the user's AWS credentials, configuration, and proxy settings, and the warnings of earlier tests."""
    # After a test of a filter, Ansible treats this process as a control node, where modules return no warnings.
    monkeypatch.setattr("ansible.module_utils._internal.is_controller", False)
    monkeypatch.setattr("ansible.module_utils.common.warnings._global_warnings", {})
    monkeypatch.setattr("ansible.module_utils.common.warnings._global_deprecations", {})
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower() in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture(autouse=True)
def disable_garbage_collection() -> Iterator[None]:
    """Disable garbage collection during each test, because finalizers fail if they run at Python's recursion limit.

    Parsing reaches this limit if a response is nested deeply. pytest would report the failure of a finalizer.
    """
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def skip_system_log() -> Iterator[None]:
    """Do not write to the system log. The test that reads the log runs modules in separate processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ansible.module_utils.basic.heuristic_log_sanitize", lambda data, no_log_values=None: data)
        patch.setattr("ansible.module_utils.basic.AnsibleModule.log", lambda self, msg, log_args=None: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def freeze_garbage_collection() -> None:
    """Exclude all existing objects from garbage collection, which would otherwise check them again and again."""
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def cache_sdk_data() -> Iterator[None]:
    """Do the slow parts of creating a client only once, or not at all."""
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
        # Register no handlers for the events of other services, because these events never happen.
        others = set(Loader().list_available_services("service-2")) - {SERVICE, "sts"}
        handlers = [handler for handler in BUILTIN_HANDLERS if others.isdisjoint(handler[0].split("."))]
        patch.setattr("botocore.handlers.BUILTIN_HANDLERS", handlers)
        patch.setattr("botocore.hooks.accepts_kwargs", functools.cache(accepts_kwargs))
        # Skip the S3 configuration, because it takes long to compute, and only S3 clients use it.
        patch.setattr(ClientArgsCreator, "compute_s3_config", lambda self, config: None)
        providers: dict[int, Any] = {}

        def parse_once(ruleset_data: Any, partition_data: Any, **options: Any) -> Any:
            if id(ruleset_data) not in providers:
                providers[id(ruleset_data)] = EndpointProvider(ruleset_data, partition_data, **options)
            return providers[id(ruleset_data)]

        patch.setattr("botocore.regions.EndpointProvider", parse_once)
        # Reuse the methods of a client, which depend only on the names of its operations.
        create_methods = ClientCreator._create_methods
        created: dict[Any, Any] = {}

        def create_once(self: Any, model: Any) -> Any:
            key = tuple(model.operation_names)
            if key not in created:
                created[key] = create_methods(self, model)
            return created[key].copy()

        patch.setattr(ClientCreator, "_create_methods", create_once)
        # Share one cache of event names among all botocore sessions, because they use the same names.
        create = EventAliaser.__init__
        names: dict[str, str] = {}

        def create_with_names(self: Any, *args: Any, **kwargs: Any) -> None:
            create(self, *args, **kwargs)
            self._alias_name_cache = names

        patch.setattr(EventAliaser, "__init__", create_with_names)
        yield


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """Run an emulator. It uses TLS if the test parametrizes this fixture with True, as OVER_TLS does."""
    with Emulator(STATE, tls=getattr(request, "param", False)) as running:
        yield running


@pytest.fixture
def fleet(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """Run an emulator with the state FLEET of the test module."""
    with Emulator(request.module.FLEET) as running:
        yield running


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """Return the path of a folder for backups, which does not exist yet."""
    return tmp_path / "backups"


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Skip the waits between attempts, and return the list to which the length of each wait in seconds is appended.

    This applies to attempts of this collection and of botocore.
    """
    taken: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time", types.SimpleNamespace(sleep=taken.append))
    clock = types.SimpleNamespace(sleep=taken.append, monotonic=time.monotonic)
    monkeypatch.setattr(_operation, "time", clock)
    return taken


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the waits for the rate limit."""
    monkeypatch.setattr(_rate_limit.RateLimit, "_take_slot", lambda self: 0)


@pytest.fixture
def read_proxy(emulator: Emulator) -> Callable[..., dict[str, Any]]:
    """Return a function that runs chime_voice_connector_proxy_info against the emulator."""

    def read(voice_connector_id: str = WITH_PROXY, *faults: Fault, **options: Any) -> dict[str, Any]:
        emulator.faults = list(faults)
        args = {"voice_connector_id": voice_connector_id, **connection_to(emulator), **options}
        given = {name: value for name, value in args.items() if value is not None}
        return run_main("chime_voice_connector_proxy_info", given)

    return read
