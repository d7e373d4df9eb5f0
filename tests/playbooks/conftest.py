# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for the tests that run ansible-playbook."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.playbooks.runner import ForkServer, PlaybookRunner


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    with ForkServer(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def runner(request: pytest.FixtureRequest, server: ForkServer, tmp_path: pathlib.Path) -> Iterator[PlaybookRunner]:
    """Run an emulator with the state STATE of the test module, and return a runner that uses it."""
    with Emulator(request.module.STATE) as emulator:
        yield PlaybookRunner(server, emulator, tmp_path)
