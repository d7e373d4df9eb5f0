# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The documented keys of a Voice Connector, and the operations and documented keys of each of its settings."""

from __future__ import annotations

import datetime
import re
from typing import Any

from ._shapes import PROXY, Country, Host, Network, PhoneNumber, Setting

# The timestamp format that AWS usually returns. Parse other formats with botocore, which takes ten times as long.
_ISO_8601 = r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{3}|[.][0-9]{6})?)Z"


def to_iso_8601(timestamp: Any) -> str:
    """Return a timestamp in ISO 8601 format in UTC. If it cannot be parsed, return it unchanged, as a string."""
    from botocore.utils import parse_timestamp

    if isinstance(timestamp, str) and len(timestamp) > 100:  # no timestamp is longer; parsing takes quadratic time
        return timestamp
    usual = isinstance(timestamp, str) and re.fullmatch(_ISO_8601, timestamp)
    try:
        parsed = datetime.datetime.fromisoformat(usual[1]) if usual else parse_timestamp(timestamp)
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.timezone.utc)
        return str(aware.astimezone(datetime.timezone.utc).isoformat())
    except (ValueError, OverflowError, OSError, RuntimeError):
        return str(timestamp)


CONNECTOR: dict[str, tuple[str, Any]] = {
    "voice_connector_id": ("VoiceConnectorId", str),
    "voice_connector_arn": ("VoiceConnectorArn", str),
    "name": ("Name", str),
    "aws_region": ("AwsRegion", str),
    "outbound_host_name": ("OutboundHostName", str),
    "require_encryption": ("RequireEncryption", bool),
    "created_timestamp": ("CreatedTimestamp", to_iso_8601),
    "updated_timestamp": ("UpdatedTimestamp", to_iso_8601),
    "integration_type": ("IntegrationType", str),
    "network_type": ("NetworkType", str),
}

# Not in SETTINGS, because no operation reads the phone numbers of only one Voice Connector.
PHONE_NUMBERS = Setting(
    "phone_numbers",
    "ListPhoneNumbers",
    "E164PhoneNumbers",
    "phone numbers",
    {"e164_phone_numbers": ("E164PhoneNumbers", [PhoneNumber])},
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
                "cps_limit": ("CpsLimit", int),  # calls per second
                "default_phone_number": ("DefaultPhoneNumber", PhoneNumber),
                "calling_regions": ("CallingRegions", [Country]),
                "cidr_allowed_list": ("CidrAllowedList", [Network]),
                "disabled": ("Disabled", bool),
            },
            "PutVoiceConnectorTermination",
            "DeleteVoiceConnectorTermination",
        ),
        Setting(
            "termination_health",
            "GetVoiceConnectorTerminationHealth",
            "TerminationHealth",
            "termination health",
            {"timestamp": ("Timestamp", to_iso_8601), "source": ("Source", str)},
        ),
        Setting(
            "termination_credentials",
            "ListVoiceConnectorTerminationCredentials",
            "Usernames",
            "termination credentials",
            {"usernames": ("Usernames", [str])},
            "PutVoiceConnectorTerminationCredentials",
            "DeleteVoiceConnectorTerminationCredentials",
        ),
        Setting(
            "origination",
            "GetVoiceConnectorOrigination",
            "Origination",
            "origination settings",
            {
                "routes": (
                    "Routes",
                    [
                        {
                            "host": ("Host", Host),
                            "port": ("Port", int),
                            "protocol": ("Protocol", str),
                            "priority": ("Priority", int),
                            "weight": ("Weight", int),
                        }
                    ],
                ),
                "disabled": ("Disabled", bool),
            },
            "PutVoiceConnectorOrigination",
            "DeleteVoiceConnectorOrigination",
        ),
        Setting(
            "logging",
            "GetVoiceConnectorLoggingConfiguration",
            "LoggingConfiguration",
            "logging configuration",
            {
                "enable_sip_logs": ("EnableSIPLogs", bool),
                "enable_media_metric_logs": ("EnableMediaMetricLogs", bool),
            },
            "PutVoiceConnectorLoggingConfiguration",
        ),
        Setting(
            "streaming",
            "GetVoiceConnectorStreamingConfiguration",
            "StreamingConfiguration",
            "streaming configuration",
            {
                "data_retention_in_hours": ("DataRetentionInHours", int),  # hours
                "disabled": ("Disabled", bool),
                "streaming_notification_targets": (
                    "StreamingNotificationTargets",
                    [{"notification_target": ("NotificationTarget", str)}],
                ),
                "media_insights_configuration": (
                    "MediaInsightsConfiguration",
                    {"disabled": ("Disabled", bool), "configuration_arn": ("ConfigurationArn", str)},
                ),
            },
            "PutVoiceConnectorStreamingConfiguration",
            "DeleteVoiceConnectorStreamingConfiguration",
        ),
        Setting(
            "emergency_calling",
            "GetVoiceConnectorEmergencyCallingConfiguration",
            "EmergencyCallingConfiguration",
            "emergency calling configuration",
            {
                "dnis": (
                    "DNIS",
                    [
                        {
                            "emergency_phone_number": ("EmergencyPhoneNumber", PhoneNumber),
                            "test_phone_number": ("TestPhoneNumber", PhoneNumber),
                            "calling_country": ("CallingCountry", Country),
                        }
                    ],
                )
            },
            "PutVoiceConnectorEmergencyCallingConfiguration",
            "DeleteVoiceConnectorEmergencyCallingConfiguration",
        ),
        Setting(
            "external_systems",
            "GetVoiceConnectorExternalSystemsConfiguration",
            "ExternalSystemsConfiguration",
            "external systems configuration",
            {
                "session_border_controller_types": ("SessionBorderControllerTypes", [str]),
                "contact_center_system_types": ("ContactCenterSystemTypes", [str]),
            },
            "PutVoiceConnectorExternalSystemsConfiguration",
            "DeleteVoiceConnectorExternalSystemsConfiguration",
        ),
    )
}

# Maps the name of each read operation to the value of the option ``include`` that causes a module to call it
READ_BY = {
    **{setting.operation: setting.name for setting in (*SETTINGS.values(), PHONE_NUMBERS)},
    "ListTagsForResource": "tags",
}
