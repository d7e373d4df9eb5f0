# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Plan the writes that bring a Voice Connector into its desired state, in an order that works."""

from __future__ import annotations

import functools
from typing import Any, Callable, NamedTuple

from ._api import get_setting
from ._connector_writes import ConnectorUpdate, CredentialsDeletion, CredentialsPut, TagWrite, is_reserved
from ._errors import VoiceError
from ._operation import VoiceClient
from ._settings import PHONE_NUMBERS, SETTINGS
from ._shapes import Setting, setting_result
from ._structures import different_members, normalize, to_structure
from ._writes import SettingWrite, Write

CREDENTIALS = SETTINGS["termination_credentials"]
# The settings that are options of chime_voice_connector
GIVEN = {**SETTINGS, PHONE_NUMBERS.name: PHONE_NUMBERS}
# Each of these settings can be replaced completely with one request
STRUCTURES = {name: setting for name, setting in SETTINGS.items() if setting.put and setting is not CREDENTIALS}
FIXED = ("network_type", "integration_type")  # options whose values cannot change after creation

# The settings that the module cannot change
_READ_ONLY = (SETTINGS["termination_health"], PHONE_NUMBERS)


class State(NamedTuple):
    """A Voice Connector as it was read, or as a plan predicts it."""

    connector: dict[str, Any] | None  # its keys except tags and settings; None if the Voice Connector does not exist
    # Maps the name of each setting to its structure, or to None if it is not set. The value of termination_credentials
    # and phone_numbers is a list.
    settings: dict[str, Any]
    tags: dict[str, str] | None  # None if not read, or if AWS withholds (does not return) them
    tags_error: str | None = None

    def describe(self, params: dict[str, Any]) -> dict[str, Any] | None:
        """Return the Voice Connector as chime_voice_connector_info returns it."""
        if self.connector is None:
            return None
        described = dict(self.connector)
        if self.tags is not None or self.tags_error:
            described.update(tags=self.tags, tags_error=self.tags_error)
        for name, setting in GIVEN.items():
            if params[name] is not None and name in self.settings:
                described[name] = _describe_setting(setting, self.settings[name])
        return described


def _describe_setting(setting: Setting, part: Any) -> dict[str, Any]:
    """Return a setting as modules return it.

    :param part: the value of the setting in ``State.settings``.
    """
    if isinstance(part, list):
        part = {setting.member: part} if part else None
    return setting_result(setting, part)


class Plan(NamedTuple):
    """The writes in the order in which they are sent, and the state that they are expected to result in."""

    writes: list[tuple[str, Write]]  # each with the key of the part that it changes (see find_part)
    after: State


def find_part(state: State, key: str) -> Any:
    """Return one part of a state. The *key* of the part is ``connector``, ``tags``, or the name of a setting."""
    if key == "connector":
        return ConnectorUpdate.find_state(state.connector or {})
    return state.tags or {} if key == "tags" else state.settings[key]


def _with_part(state: State, key: str, part: Any) -> State:
    """Return a copy of *state* in which *part* replaces the part with this *key* (see ``find_part``)."""
    if key == "connector":
        return state._replace(connector={**(state.connector or {}), **part})
    if key == "tags":
        return state._replace(tags=part)
    return state._replace(settings={**state.settings, key: part})


def manage_failure(client: VoiceClient, params: dict[str, Any], name: str, **fields: Any) -> VoiceError:
    """Return the error with the message *name* about the Voice Connector that *params* identify."""
    label = params["voice_connector_id"] or params["name"]
    prefix = f"Failed to manage Voice Connector {label} in {client.region}: "
    return VoiceError(name, prefix, region=client.region, **fields)


class Planner:
    """Plans the writes that the options require. It sends no writes.

    It reads a setting only to check whether the service permits the combination of settings.
    """

    def __init__(self, client: VoiceClient, params: dict[str, Any], warn: Callable[[str], None]) -> None:
        self._client = client
        self._params = params
        self._warn = warn
        self._failure = functools.partial(manage_failure, client, params)

    def plan(self, current: State, created: bool = False) -> Plan:
        """Return the plan for the *current* state.

        :param created: whether this task has created the Voice Connector.
        :raises VoiceError: an option cannot be applied, or the installed botocore cannot send it.
        """
        self._check_fixed(current, created)
        connector = current.connector or {}
        identifier = connector["voice_connector_id"] or connector["name"]
        params = self._params
        writes = {
            name: self._setting_write(name, identifier, current) for name in STRUCTURES if params[name] is not None
        }
        calling = writes.get("emergency_calling")
        removes_calling = calling is not None and calling.deletes
        put, removal = self._credentials_writes(current)
        # If the options contain no ID, the Voice Connector was found by its name, so the name does not change.
        given = params if params["voice_connector_id"] else {"require_encryption": params["require_encryption"]}
        update = ConnectorUpdate(self._client, identifier, given)
        encrypts = params["require_encryption"] is True
        # The order matters for three reasons. Emergency calling requires termination and origination to be enabled.
        # Credentials require termination settings. While encryption is required, origination routes should use TCP.
        ordered: list[tuple[str, Write | None]] = [
            ("emergency_calling", calling if removes_calling else None),
            ("connector", None if encrypts else update),
            (CREDENTIALS.name, None if put else removal),
            ("termination", writes.get("termination")),
            (CREDENTIALS.name, put),
            (CREDENTIALS.name, removal if put else None),
            ("origination", writes.get("origination")),
            ("connector", update if encrypts else None),
            ("emergency_calling", None if removes_calling else calling),
            *((name, writes.get(name)) for name in ("streaming", "logging", "external_systems", "proxy")),
            *(("tags", write) for write in self._tag_writes(current, created)),
        ]
        writes_in_order: list[tuple[str, Write]] = []
        after = current
        for key, write in ordered:
            if write is None:
                continue
            change = write.predict(find_part(after, key))
            if change.changed:
                if key not in dict(writes_in_order):
                    write.expected = [find_part(current, key)]
                writes_in_order.append((key, write))
                after = _with_part(after, key, change.after)
        plan = Plan(writes_in_order, after)
        self._check_combinations(current, plan)
        return plan

    def _setting_write(self, name: str, identifier: str, current: State) -> SettingWrite:
        """Return the write for a setting that is in ``STRUCTURES``."""
        setting, options = STRUCTURES[name], self._params[name]
        given = normalize(to_structure(setting.members, options), setting.members)
        if options["exists"] is False and given is not None:
            raise self._failure("contradiction", option=name)
        deletes = options["exists"] is False and setting.delete is not None
        if options["exists"] is False and not deletes:  # a setting that can be disabled, but not deleted
            options = dict.fromkeys(setting.members, False)
        return SettingWrite(self._client, setting, identifier, deletes, options, name, current.connector)

    def _credentials_writes(self, current: State) -> tuple[CredentialsPut | None, CredentialsDeletion | None]:
        """Return the write that sets credentials and the write that deletes them; each can be None."""
        options = self._params[CREDENTIALS.name]
        if options is None:
            return None, None
        connector, there = current.connector or {}, current.settings[CREDENTIALS.name]
        given, names = options["credentials"], options["usernames"]
        purge = self._params["purge_termination_credentials"] or options["exists"] is False
        deletes_some = options["exists"] is False and (given or names)
        deletes_all = options["exists"] and given == [] and purge
        if deletes_some or deletes_all or (given is not None and names is not None):
            raise self._failure("contradiction", option=CREDENTIALS.name)
        if given is None:
            if options["exists"] is False:
                return None, CredentialsDeletion(self._client, connector, [])
            if (names is not None and set(names) != set(there)) or (options["exists"] and not there):
                raise self._failure("no_passwords")
            return None, None
        passwords = {credential["username"]: credential["password"] for credential in given}
        always = self._params["update_password"] == "always"
        put = CredentialsPut(self._client, connector, passwords, always, purge)
        return put, CredentialsDeletion(self._client, connector, list(passwords)) if purge else None

    def _tag_writes(self, current: State, created: bool) -> list[TagWrite]:
        params = self._params
        if params["tags"] is None:
            return []
        connector = current.connector or {}
        known = current.tags if connector["voice_connector_id"] and current.tags else {}
        changed = [key for key, value in params["tags"].items() if is_reserved(key) and known.get(key) != value]
        if changed:
            raise self._failure("reserved_tags", keys=" and ".join(sorted(changed)))
        withheld = current.tags is None
        if withheld and created:  # the request that created the Voice Connector contained the tags
            self._warn(f"The tags were set, but could not be read again. {current.tags_error}")
            return []
        if withheld and params["purge_tags"]:
            raise self._failure("tags_withheld", reason=(current.tags_error or "").removesuffix("."))
        adds = [TagWrite(self._client, connector, params["tags"], False, withheld)] if params["tags"] else []
        removes = [TagWrite(self._client, connector, params["tags"], True, False)] if params["purge_tags"] else []
        return adds + removes

    # Refusing

    def _check_fixed(self, current: State, created: bool) -> None:
        """Raise VoiceError for an option that differs from a value that the module cannot change."""
        connector = current.connector or {}
        for key in FIXED:
            wanted = self._params[key]
            if wanted is not None and wanted != connector[key] and not (created and connector[key] is None):
                shown = self._client.clean(connector[key], 100) if connector[key] else "not returned by AWS"
                raise self._failure("fixed", option=key, found=shown)
        for setting in _READ_ONLY:
            options = self._params[setting.name]
            if options is None:
                continue
            read = _describe_setting(setting, current.settings[setting.name])
            known = to_structure(setting.members, read)
            given = to_structure(setting.members, options)
            same = options["exists"] in (None, read["exists"])
            if not same or different_members(setting, {**known, **given}, known):
                raise self._failure("read_only", option=setting.name)

    def _check_combinations(self, current: State, plan: Plan) -> None:
        """Raise VoiceError for a combination of settings that the service rejects."""
        changed = {key for key, _write in plan.writes}
        known = dict(plan.after.settings)

        def after(name: str) -> Any:
            identifier = (current.connector or {}).get("voice_connector_id")
            if name not in known:
                if identifier is None:  # a new Voice Connector has no settings
                    return None
                known[name] = get_setting(self._client, SETTINGS[name], identifier, current.connector).structure
            return known[name]

        def is_enabled(structure: dict[str, Any] | None) -> bool:
            return structure is not None and not structure.get("Disabled")

        wants_credentials = bool(self._params[CREDENTIALS.name]) and bool(known[CREDENTIALS.name])
        if wants_credentials and changed & {CREDENTIALS.name, "termination"} and after("termination") is None:
            raise self._failure("credentials_without_termination")
        needed = ("termination", "origination")
        if "emergency_calling" in changed and after("emergency_calling") is not None:
            missing = [name for name in needed if not is_enabled(after(name))]
        else:
            ended = [name for name in needed if name in changed and is_enabled(current.settings[name])]
            missing = [name for name in ended if not is_enabled(after(name))]
            missing = missing if missing and after("emergency_calling") else []
        if missing:
            raise self._failure("emergency_calling_alone", options=" and ".join(missing))
