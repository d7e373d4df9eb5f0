# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Check module options before a client exists. All functions are pure."""

from __future__ import annotations

import re
from typing import Any

from ._errors import VoiceError

# Looser than the service's current pattern, so that a new form of ID does not require a release of this collection.
VOICE_CONNECTOR_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,127}")
# The service's own pattern, in which the plus sign of E.164 is optional.
PHONE_NUMBER = re.compile(r"\+?[1-9][0-9]{1,14}")
ACCOUNT_ID = re.compile(r"[0-9]{12}")


def check_voice_connector_id(option: str, value: str) -> None:
    """Raise VoiceError unless *value*, from the module option *option*, can be a Voice Connector ID.

    botocore would send an empty ID or ``..`` unchanged, and the request would have a different path.
    """
    if not VOICE_CONNECTOR_ID.fullmatch(value):
        shown = value if len(value) <= 200 else value[:200] + "..."
        raise VoiceError("bad_id", option=option, value=shown)


def check_concurrency(value: int) -> None:
    """Raise VoiceError unless *value* is a usable number of requests in flight."""
    if not 1 <= value <= 64:
        raise VoiceError("bad_concurrency", value=value)


def check_account_id(value: str) -> None:
    """Raise VoiceError unless *value* can be the ID of an AWS account."""
    if not ACCOUNT_ID.fullmatch(value):
        raise VoiceError("bad_account_id", value=value)


def check_confirmed_selection(params: dict[str, Any]) -> None:
    """Raise VoiceError unless the options confirm an account, and explicitly select either IDs or everything."""
    check_account_id(params["account_id"])
    identifiers, everything = params["voice_connector_ids"], params["all"]
    if identifiers is not None and everything:
        raise VoiceError("two_selections")
    if not identifiers and not everything:
        raise VoiceError("no_selection")
    for identifier in identifiers or []:
        if identifier == "all":
            raise VoiceError("all_is_no_id")
        check_voice_connector_id("an item of voice_connector_ids", identifier)
    check_concurrency(params["concurrency"])


def check_types(spec: dict[str, Any], given: dict[str, Any]) -> None:
    """Raise VoiceError for a value that YAML probably reads as an unintended type.

    Ansible converts ``yes`` in a list of strings to ``'True'``, and drops the plus sign from an unquoted phone number.

    :param spec: the argument specification of the module, without the connection options.
    :param given: the options as Ansible sent them, before any conversion.
    """
    for name, option in spec.items():
        for option_name in (name, *option.get("aliases", ())):
            _check_type(option_name, option["type"], given.get(option_name))


def _check_type(option: str, kind: str, value: Any) -> None:
    if kind == "int" and isinstance(value, bool):
        raise VoiceError("not_a_number", option=option)
    if kind == "list" and not isinstance(value, list):
        value = [value]
    values = {
        "str": [value],
        "path": [value],
        "list": value,
        "dict": list(value.values()) if isinstance(value, dict) else [],
    }
    for item in values.get(kind, []):
        if isinstance(item, (bool, int, float)):
            raise VoiceError("not_a_string", option=option, kind="boolean" if isinstance(item, bool) else "number")
