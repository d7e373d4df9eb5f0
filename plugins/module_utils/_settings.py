# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The settings of a Voice Connector, in one table: how each is read, and which keys it returns."""

from __future__ import annotations

import datetime
from typing import Any
from typing import NamedTuple

try:  # noqa: SIM105
    from botocore.utils import parse_timestamp
except ImportError:
    pass  # AnsibleAWSModule reports the missing SDK before anything here is used.


class Setting(NamedTuple):
    """One setting. Each setting has its own operation."""

    name: str  # the choice of include, and the key in the result
    operation: str
    member: str  # the member in the response; a list is returned as a structure with only this member
    title: str  # in messages
    # The keys of the result, in snake_case. Each key maps to None for a plain value, to a function that converts the
    # value, to a dict of the keys of a structure, or to a list. If the items of the list are structures, it contains
    # one dict of their keys; otherwise, it is empty.
    members: dict[str, Any]


def to_iso_8601(timestamp: Any) -> str:
    """Return a timestamp in ISO 8601 format in UTC, or an unchanged string if botocore cannot parse the timestamp."""
    try:
        parsed = parse_timestamp(timestamp)
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.timezone.utc)
        return str(aware.astimezone(datetime.timezone.utc).isoformat())
    except (ValueError, OverflowError, OSError, RuntimeError):
        return str(timestamp)


PROXY = Setting(
    "proxy",
    "GetVoiceConnectorProxy",
    "Proxy",
    "proxy configuration",
    {
        "default_session_expiry_minutes": None,  # minutes
        "disabled": None,
        "fall_back_phone_number": None,  # E.164
        "phone_number_countries": [],  # ISO 3166-1 alpha-2
    },
)

SETTINGS = {
    setting.name: setting
    for setting in (
        PROXY,
        Setting(
            "termination",
            "GetVoiceConnectorTermination",
            "Termination",
            "termination settings",
            {
                "cps_limit": None,  # calls per second
                "default_phone_number": None,  # E.164
                "calling_regions": [],  # ISO 3166-1 alpha-2
                "cidr_allowed_list": [],
                "disabled": None,
            },
        ),
        Setting(
            "termination_health",
            "GetVoiceConnectorTerminationHealth",
            "TerminationHealth",
            "termination health",
            {"timestamp": to_iso_8601, "source": None},
        ),
        Setting(
            "termination_credentials",
            "ListVoiceConnectorTerminationCredentials",
            "Usernames",
            "termination credentials",
            {"usernames": []},
        ),
        Setting(
            "origination",
            "GetVoiceConnectorOrigination",
            "Origination",
            "origination settings",
            {
                "routes": [{"host": None, "port": None, "protocol": None, "priority": None, "weight": None}],
                "disabled": None,
            },
        ),
        Setting(
            "logging",
            "GetVoiceConnectorLoggingConfiguration",
            "LoggingConfiguration",
            "logging configuration",
            {"enable_sip_logs": None, "enable_media_metric_logs": None},
        ),
        Setting(
            "streaming",
            "GetVoiceConnectorStreamingConfiguration",
            "StreamingConfiguration",
            "streaming configuration",
            {
                "data_retention_in_hours": None,  # hours
                "disabled": None,
                "streaming_notification_targets": [{"notification_target": None}],
                "media_insights_configuration": {"disabled": None, "configuration_arn": None},
            },
        ),
        Setting(
            "emergency_calling",
            "GetVoiceConnectorEmergencyCallingConfiguration",
            "EmergencyCallingConfiguration",
            "emergency calling configuration",
            # Phone numbers are in E.164 format. Countries are ISO 3166-1 alpha-2 codes.
            {"dnis": [{"emergency_phone_number": None, "test_phone_number": None, "calling_country": None}]},
        ),
        Setting(
            "external_systems",
            "GetVoiceConnectorExternalSystemsConfiguration",
            "ExternalSystemsConfiguration",
            "external systems configuration",
            {"session_border_controller_types": [], "contact_center_system_types": []},
        ),
    )
}
