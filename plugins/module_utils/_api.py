# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Read the settings of a Voice Connector."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ._errors import NotFound, VoiceError
from ._operation import Operation, VoiceClient
from ._shapes import Setting, setting_result


class SettingRead(NamedTuple):
    """A setting that was read."""

    result: dict[str, Any]  # the setting as modules return it
    structure: dict[str, Any] | None  # the setting as AWS returned it, without nulls; None if it is not set


def describe_read(setting: Setting, voice_connector_id: str) -> str:
    """Return the words that replace ACTION in error messages of ``get_setting``: "Failed to ACTION in REGION"."""
    return f"get the {setting.title} of Voice Connector {voice_connector_id}"


def get_setting(
    client: VoiceClient, setting: Setting, voice_connector_id: str, voice_connector: dict[str, Any] | None = None
) -> SettingRead:
    """Return a setting of a Voice Connector.

    Operation: ``setting.operation``. After a 404, this function verifies that the Voice Connector exists. For this
    purpose, it also sends GetVoiceConnector, unless *voice_connector* contains a value for ``aws_region``.

    :param voice_connector: the documented keys of the Voice Connector, if it was just listed or read.
    :raises VoiceError: the setting could not be read.
    """
    operation = Operation(client, setting.operation, describe_read(setting, voice_connector_id))
    try:
        response = operation(VoiceConnectorId=voice_connector_id)
    except NotFound as e:
        missing = e.detach()
    else:
        value = operation.member(response, setting.member, setting.kind)
        structure = {setting.member: value} if isinstance(value, list) else value
        if client.numbers is not None:
            client.numbers.add(structure)
        return SettingRead(operation.check(setting_result, setting, structure), without_nulls(structure))
    _confirm_absence(client, operation, setting, voice_connector_id, voice_connector or {}, missing)
    return SettingRead(setting_result(setting, None), None)


def require_operations(client: VoiceClient, settings: Iterable[Setting]) -> None:
    """Raise VoiceError if the installed botocore does not have the operation that reads one of the *settings*."""
    for setting in settings:
        Operation(client, setting.operation, f"get the {setting.title}").require()


def without_nulls(structure: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a structure without its nulls, which the service returns for members that are not set."""
    return structure and {name: value for name, value in structure.items() if value is not None}


def _confirm_absence(
    client: VoiceClient,
    operation: Operation,
    setting: Setting,
    voice_connector_id: str,
    voice_connector: dict[str, Any],
    missing: NotFound,
) -> None:
    """Raise VoiceError unless the Voice Connector exists in this Region.

    If the Voice Connector exists, a 404 for a setting means that the setting is absent.
    """
    home = voice_connector.get("aws_region")
    if home is None:
        from ._connectors import get_voice_connector

        try:
            home = get_voice_connector(client, voice_connector_id)["aws_region"]
        except VoiceError as e:
            error: VoiceError | None = e.detach()
        else:
            error = None
        if error is not None:
            response: dict[str, Any] = {"error": error.error, "metadata": error.metadata}
            if isinstance(error, NotFound):
                raise operation.failure("no_voice_connector", NotFound, error.words, **response)
            reason = error.message.removesuffix(".")
            response["affects_all"] = error.affects_all
            raise operation.failure("absence_unknown", setting=setting.title, reason=reason, **response)
    if home != client.region:
        shown = client.clean(home, 100) if home else "a Region that AWS did not return"
        response = {"error": missing.error, "metadata": missing.metadata}
        raise operation.failure("different_region", words=missing.words, home=shown, **response)
