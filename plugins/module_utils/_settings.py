# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The settings of a Voice Connector, in one table: how each is read, and which keys it returns."""

from __future__ import annotations

from ._shapes import PROXY, Setting, to_iso_8601

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
                "default_phone_number": ("DefaultPhoneNumber", str),  # E.164
                "calling_regions": ("CallingRegions", [str]),  # ISO 3166-1 alpha-2
                "cidr_allowed_list": ("CidrAllowedList", [str]),
                "disabled": ("Disabled", bool),
            },
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
                            "host": ("Host", str),
                            "port": ("Port", int),
                            "protocol": ("Protocol", str),
                            "priority": ("Priority", int),
                            "weight": ("Weight", int),
                        }
                    ],
                ),
                "disabled": ("Disabled", bool),
            },
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
                            "emergency_phone_number": ("EmergencyPhoneNumber", str),  # E.164
                            "test_phone_number": ("TestPhoneNumber", str),  # E.164
                            "calling_country": ("CallingCountry", str),  # ISO 3166-1 alpha-2
                        }
                    ],
                )
            },
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
        ),
    )
}
