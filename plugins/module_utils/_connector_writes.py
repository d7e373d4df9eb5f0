# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The writes that change a Voice Connector itself, its credentials, or its tags.

Except for a creation, each write compares the current state with the desired state before its request. The docstring of
each class defines which values its state contains. To change settings, use ``_writes.SettingWrite``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Callable

from ._api import get_setting
from ._connectors import are_tags_withheld, connector_result, get_tags, get_voice_connector
from ._errors import NotFound, VoiceError
from ._operation import Operation, VoiceClient
from ._options import VOICE_CONNECTOR_ID
from ._settings import CONNECTOR, SETTINGS
from ._writes import Write

_CREDENTIALS = SETTINGS["termination_credentials"]

# The keys of a Voice Connector that UpdateVoiceConnector sets.
_UPDATED = ("name", "require_encryption")

_TAGS = {"tags": ("Tags", [{"key": ("Key", str), "value": ("Value", str)}])}


def is_reserved(tag: str) -> bool:
    """Return whether only AWS can add, change, and remove a tag with this key."""
    return tag.lower().startswith("aws:")


class ConnectorCreation(Write):
    """The creation of a Voice Connector.

    The request is sent only once, because a repeated request could create a second Voice Connector.
    """

    operation = "CreateVoiceConnector"

    def __init__(self, client: VoiceClient, options: dict[str, Any]) -> None:
        """Prepare to create a Voice Connector.

        :param options: the values of the new Voice Connector by their documented keys, and ``tags``.
        """
        super().__init__(client, lambda current: options)
        self.action = f"create Voice Connector {options['name']}"

    def to_parameters(self, desired: dict[str, Any]) -> dict[str, Any]:
        given = {CONNECTOR[key][0]: value for key, value in desired.items() if key != "tags" and value is not None}
        if desired["tags"]:
            given["Tags"] = _to_tags(desired["tags"])
        return {**self.check(given, {**CONNECTOR, **_TAGS}), "AwsRegion": self.client.region}

    def create(self, known: Collection[str]) -> dict[str, Any]:
        """Create the Voice Connector, and return its documented keys.

        :param known: the IDs of the Voice Connectors that existed before the request.
        :raises VoiceError: the request failed. If ``rejected`` is false, the Voice Connector may have been created.
        """
        operation = self._operation()
        desired = self.decide(None)
        response = operation(**self.to_parameters(desired))
        created = operation.member(response, "VoiceConnector")
        connector = operation.check(connector_result, created or {}, self.client.region)
        valid = VOICE_CONNECTOR_ID.fullmatch(connector["voice_connector_id"] or "")
        # The service may change case and whitespace in the name, so ignore these differences.
        same = " ".join(str(connector["name"]).split()).lower() == " ".join(desired["name"].split()).lower()
        if not valid or connector["voice_connector_id"] in known or not same:
            raise operation.failure("unreadable", reason="it does not contain the new Voice Connector")
        return connector


class ConnectorUpdate(Write):
    """A write that sets ``name`` and ``require_encryption`` of a Voice Connector. The state consists of both values."""

    operation = "UpdateVoiceConnector"

    def __init__(self, client: VoiceClient, voice_connector_id: str, given: dict[str, Any]) -> None:
        """Prepare to update a Voice Connector.

        :param given: the new values by key. If a value is null or missing, the current value does not change.
        """
        changes = {key: given[key] for key in _UPDATED if given.get(key) is not None}
        super().__init__(client, lambda current: {**current, **changes})
        self._id = voice_connector_id
        self.action = f"update Voice Connector {voice_connector_id}"

    @staticmethod
    def find_state(connector: dict[str, Any]) -> dict[str, Any]:
        return {key: connector[key] for key in _UPDATED}

    def read(self, client: VoiceClient) -> dict[str, Any]:
        return self.find_state(get_voice_connector(client, self._id))

    def different(self, one: dict[str, Any], other: dict[str, Any]) -> set[str]:
        return {key for key in _UPDATED if one[key] != other[key]}

    def to_parameters(self, desired: dict[str, Any]) -> dict[str, Any]:
        given = {CONNECTOR[key][0]: value for key, value in desired.items() if value is not None}
        return self.check({**given, "VoiceConnectorId": self._id}, CONNECTOR)

    def find_stored(self, operation: Operation, response: dict[str, Any], desired: Any) -> dict[str, Any]:
        stored = operation.member(response, "VoiceConnector")
        return self.find_state(operation.check(connector_result, stored or {}, self.client.region))


class ConnectorDeletion(Write):
    """The deletion of a Voice Connector.

    The state is the documented keys of the Voice Connector, or None if the Voice Connector does not exist.
    """

    operation = "DeleteVoiceConnector"
    deletes = True

    def __init__(self, client: VoiceClient, voice_connector_id: str, refuse: Callable[[dict[str, Any]], None]) -> None:
        """Prepare to delete a Voice Connector.

        :param refuse: a function that takes the documented keys of the Voice Connector, and raises VoiceError if the
            Voice Connector must not be deleted.
        """
        super().__init__(client, self._decide)
        self._id = voice_connector_id
        self._refuse = refuse
        self.action = f"delete Voice Connector {voice_connector_id}"

    def _decide(self, current: dict[str, Any] | None) -> None:
        if current is not None:
            self._refuse(current)

    def read(self, client: VoiceClient) -> dict[str, Any] | None:
        try:
            return get_voice_connector(client, self._id)
        except NotFound:
            return None

    def different(self, one: dict[str, Any] | None, other: dict[str, Any] | None) -> set[str]:
        return set() if (one is None) == (other is None) else {"Voice Connector"}

    def to_parameters(self, desired: None) -> dict[str, Any]:
        return {"VoiceConnectorId": self._id}


class _CredentialsWrite(Write):
    """A write of termination credentials. Its state is the list of user names, because passwords cannot be read."""

    def __init__(
        self, client: VoiceClient, connector: dict[str, Any], decide: Callable[[list[str]], list[str]], verb: str
    ) -> None:
        super().__init__(client, decide)
        self._connector = connector
        self._id = connector["voice_connector_id"]  # None before the Voice Connector is created
        label = self._id or connector["name"]
        self.action = f"{verb} the termination credentials of Voice Connector {label}"

    def read(self, client: VoiceClient) -> list[str]:
        names: list[str] = get_setting(client, _CREDENTIALS, self._id, self._connector).result["usernames"]
        return names

    def different(self, one: list[str], other: list[str]) -> set[str]:
        return set(one) ^ set(other)

    def lost(self, stored: list[str], sent: list[str]) -> set[str]:
        return set(sent) - set(stored)

    def find_stored(self, operation: Operation, response: dict[str, Any], desired: list[str]) -> list[str]:
        operation.require_request_id(response)
        try:
            return self.read(self.client)
        except VoiceError as e:
            reason = e.message.removesuffix(".")
        return self.fail_changed("stored_unread", desired, read=reason)


class CredentialsPut(_CredentialsWrite):
    """A write that adds the user names that do not exist yet. It can also set the passwords of existing user names."""

    operation = _CREDENTIALS.put or ""
    lost_message = "credentials_lost"
    is_confirmed_by_state = False  # the user names do not show whether the passwords were set

    def __init__(
        self, client: VoiceClient, connector: dict[str, Any], passwords: dict[str, str], always: bool, purges: bool
    ) -> None:
        """Prepare to set credentials.

        :param passwords: the passwords in the options, by user name.
        :param always: whether to also set the passwords of user names that exist.
        :param purges: whether a later write deletes all user names that are not in *passwords*.
        """
        super().__init__(client, connector, lambda current: list(dict.fromkeys([*current, *passwords])), "set")
        self._passwords = passwords
        self._always = always and bool(passwords)
        self._purges = purges
        self.sent: list[str] = []  # the user names whose passwords the request contains

    def lost(self, stored: list[str], sent: list[str]) -> set[str]:
        return super().lost(stored, list(self._passwords) if self._purges else sent)

    def needed(self, current: list[str], desired: list[str]) -> bool:
        return self._always or bool(self.sent) or super().needed(current, desired)

    def to_parameters(self, desired: list[str]) -> dict[str, Any]:
        current = self.before or []
        new = [name for name in self._passwords if name not in current or name in self.sent]
        # AWS does not document whether new credentials replace the stored ones. If the options contain every user name
        # that must remain, send all credentials. Then none are lost, even if AWS replaces the stored ones.
        covers = self._purges or set(current) <= set(self._passwords)
        self.sent = list(self._passwords) if self._always or covers else new
        credentials = [{"Username": name, "Password": self._passwords[name]} for name in self.sent]
        return {"VoiceConnectorId": self._id, "Credentials": credentials}


class CredentialsDeletion(_CredentialsWrite):
    """A write that deletes user names."""

    operation = _CREDENTIALS.delete or ""

    def __init__(self, client: VoiceClient, connector: dict[str, Any], kept: list[str]) -> None:
        """Prepare to delete credentials.

        :param kept: the user names to keep.
        """
        super().__init__(client, connector, lambda current: [name for name in current if name in kept], "delete")

    def lost(self, stored: list[str], sent: list[str]) -> set[str]:
        return self.different(stored, sent)

    def to_parameters(self, desired: list[str]) -> dict[str, Any]:
        return {"VoiceConnectorId": self._id, "Usernames": [name for name in self.before if name not in desired]}


class TagWrite(Write):
    """A write that adds or removes tags. Its state is the tags."""

    def __init__(
        self, client: VoiceClient, connector: dict[str, Any], tags: dict[str, str], removes: bool, withheld: bool
    ) -> None:
        """Prepare to tag a Voice Connector.

        :param tags: the tags to add or, if *removes* is true, the tags to keep.
        :param withheld: whether the service does not return the current tags. If true, the request contains all *tags*,
            because it is unknown which of them are already set.
        """
        super().__init__(client, self._without if removes else self._with)
        self._connector = connector
        self._tags = tags
        self._removes = removes
        self._withheld = withheld
        self.operation = "UntagResource" if removes else "TagResource"
        verb = "remove tags from" if removes else "tag"
        self.action = f"{verb} Voice Connector {connector['voice_connector_id']}"

    def _with(self, current: dict[str, str]) -> dict[str, str]:
        return {**current, **self._tags}

    def _without(self, current: dict[str, str]) -> dict[str, str]:
        return {key: value for key, value in current.items() if key in self._tags or is_reserved(key)}

    def read(self, client: VoiceClient) -> dict[str, str]:
        try:
            return get_tags(client, self._connector)
        except VoiceError as e:
            # After the request, tags that cannot be read are an error, because the write cannot be confirmed.
            if self._sending or not (self._withheld and are_tags_withheld(e)):
                raise
        return {}

    def different(self, one: dict[str, str], other: dict[str, str]) -> set[str]:
        return {f"the tag {key}" for key in {*one, *other} if one.get(key) != other.get(key)}

    def to_parameters(self, desired: dict[str, str]) -> dict[str, Any]:
        before = self.before or {}
        given: dict[str, Any] = {"ResourceARN": self._connector["voice_connector_arn"]}
        if self._removes:
            given["TagKeys"] = [key for key in before if key not in desired]
        else:
            given["Tags"] = _to_tags({key: desired[key] for key in desired if before.get(key) != desired[key]})
        return self.check(given, _TAGS)


def _to_tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
