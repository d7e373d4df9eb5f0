# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Check options of modules that read or change many Voice Connectors. All functions are pure."""

from __future__ import annotations

import re
from typing import Any

from ._errors import VoiceError

ACCOUNT_ID = re.compile(r"[0-9]{12}")


def check_concurrency(value: int) -> None:
    """Raise VoiceError unless *value*, the maximum number of concurrent requests, is from 1 to 64."""
    if not 1 <= value <= 64:
        raise VoiceError("bad_concurrency", value=value)


def check_confirmed_selection(params: dict[str, Any]) -> None:
    """Raise VoiceError unless ``account_id`` and ``concurrency`` are valid, and either IDs or ``all`` are given."""
    if not ACCOUNT_ID.fullmatch(params["account_id"]):
        raise VoiceError("bad_account_id", value=params["account_id"])
    identifiers, everything = params["voice_connector_ids"], params["all"]
    if identifiers is not None and everything:
        raise VoiceError("two_selections")
    if not identifiers and not everything:
        raise VoiceError("no_selection")
    if "all" in (identifiers or []):
        raise VoiceError("all_is_no_id")
    check_concurrency(params["concurrency"])
