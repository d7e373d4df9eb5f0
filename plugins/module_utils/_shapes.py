# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""From the service's structures to the documented return values. Pure: no client, no clock, no mutation."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict


def connector_result(entry: dict[str, Any], region: str) -> dict[str, Any]:
    """Return the documented keys of a Voice Connector that was found in *region*.

    :param entry: a ``VoiceConnector`` structure of ListVoiceConnectors or GetVoiceConnector, without unset members.
    """
    shaped: dict[str, Any] = {
        "region": region,
        "voice_connector_id": None,
        "voice_connector_arn": None,
        "name": None,
        "aws_region": None,
        "outbound_host_name": None,
        "require_encryption": None,
        "created_timestamp": None,  # ISO 8601
        "updated_timestamp": None,  # ISO 8601
        "integration_type": None,
        "network_type": None,
    }
    for key, value in camel_dict_to_snake_dict(entry).items():
        shaped[key] = value.isoformat() if hasattr(value, "isoformat") else value
    return shaped


def proxy_result(proxy: dict[str, Any] | None, known: bool = True) -> dict[str, Any]:
    """Return the documented keys of a proxy configuration, null or empty where nothing is set.

    :param proxy: a ``Proxy`` structure of GetVoiceConnectorProxy, or None if none is set.
    :param known: whether it is known; otherwise ``exists`` is null.
    """
    shaped: dict[str, Any] = {
        "exists": proxy is not None if known else None,
        "default_session_expiry_minutes": None,  # minutes
        "disabled": None,
        "fall_back_phone_number": None,  # E.164
        "phone_number_countries": [],  # ISO 3166-1 alpha-2
    }
    shaped.update(camel_dict_to_snake_dict(proxy or {}))
    return shaped
