# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Convert structures from the service to the documented return values. All functions are pure."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict

from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import PROXY
from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import Setting
from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import to_iso_8601

_CONNECTOR = {
    "voice_connector_id": None,
    "voice_connector_arn": None,
    "name": None,
    "aws_region": None,
    "outbound_host_name": None,
    "require_encryption": None,
    "created_timestamp": to_iso_8601,
    "updated_timestamp": to_iso_8601,
    "integration_type": None,
    "network_type": None,
}


def connector_result(entry: dict[str, Any], region: str) -> dict[str, Any]:
    """Return the documented keys of a Voice Connector that was found in *region*.

    :param entry: a ``VoiceConnector`` structure from ListVoiceConnectors or GetVoiceConnector.
    """
    return {"region": region, **_complete(camel_dict_to_snake_dict(entry), _CONNECTOR)}


def setting_result(setting: Setting, structure: dict[str, Any] | None, known: bool = True) -> dict[str, Any]:
    """Return a setting with all of its documented keys. Values that are not set are null or empty.

    :param structure: the structure from the service, or None if none is set.
    :param known: whether the structure is known; if not, ``exists`` is null.
    """
    exists = structure is not None if known else None
    return {"exists": exists, **_complete(camel_dict_to_snake_dict(structure or {}), setting.members)}


def proxy_result(proxy: dict[str, Any] | None) -> dict[str, Any]:
    """Return the documented keys of a ``Proxy`` structure. None means no proxy configuration."""
    return setting_result(PROXY, proxy)


def _complete(value: Any, members: Any) -> Any:
    """Return a value with all *members* of a ``Setting``, then its other members. Missing members are null or empty."""
    if isinstance(members, dict):
        present = value or {}
        # Use the key strings in members. The response has its own copy of each, and a bulk read would keep tens of
        # thousands of these copies in memory.
        complete = {name: _complete(present.get(name), inner) for name, inner in members.items()}
        return {**complete, **{name: inner for name, inner in present.items() if name not in members}}
    if isinstance(members, list):
        return [_complete(item, members[0]) for item in value or []] if members else value or []
    return value if members is None or value is None else members(value)
