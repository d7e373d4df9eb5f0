# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Convert structures (the JSON objects in responses) to the documented return values. All functions are pure.

A result contains only the documented members, with their documented names, such as ``cps_limit`` for ``CpsLimit``.
Other parts of a response are ignored, so they cannot replace a documented value.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple


class MistypedValue(ValueError):
    """A value in a response has the wrong type. The message contains the name of the value, but not the value."""


# These classes are types of values to which special rules apply. In a response, such a value has the type of the base
# class, such as a string.
class Country(str):
    """A country code (ISO 3166-1 alpha-2)."""


class Host(str):
    """A host name or an IP address."""


class Minutes(int):
    """A number of minutes, 1 or more."""


class Network(str):
    """A CIDR block."""


class PhoneNumber(str):
    """A phone number (E.164)."""


class Setting(NamedTuple):
    """One setting of a Voice Connector. Each setting has its own operations."""

    name: str  # a choice of the option ``include``, a key of results, and the name of an option
    operation: str  # the operation that reads the setting
    # The name of the response member whose value is the setting. If the value is a list, get_setting() returns a
    # structure with only this member.
    member: str
    title: str  # in messages
    # Maps each key of the result to the name of the member that AWS returns, and to its type (see pick())
    members: dict[str, tuple[str, Any]]
    put: str | None = None  # the operation that replaces the setting
    delete: str | None = None

    @property
    def kind(self) -> type:
        """The JSON type of the member in the response."""
        return list if self.member in [name for name, _kind in self.members.values()] else dict


PROXY = Setting(
    "proxy",
    "GetVoiceConnectorProxy",
    "Proxy",
    "proxy configuration",
    {
        "default_session_expiry_minutes": ("DefaultSessionExpiryMinutes", Minutes),
        "disabled": ("Disabled", bool),
        "fall_back_phone_number": ("FallBackPhoneNumber", PhoneNumber),
        "phone_number_countries": ("PhoneNumberCountries", [Country]),
    },
    "PutVoiceConnectorProxy",
    "DeleteVoiceConnectorProxy",
)

_TYPE_NAMES = {bool: "boolean", dict: "structure", int: "integer", list: "list", str: "string"}


def pick(value: Any, kind: Any, where: str) -> Any:
    """Return the documented part of a JSON value. Missing members are null or empty.

    :param kind: the type of the value: ``bool``, ``int``, ``str``, a class above, or a function that converts a
        timestamp. For a list, it is a list with the kind of the items. For a structure, it is a dictionary that
        contains, for each documented key, the name of the member in the response and the kind of its value.
    :param where: the name of the value in messages.
    :raises MistypedValue: the value, or one of its documented members, has a different type.
    """
    if isinstance(kind, dict):
        members = {} if value is None else require_type(value, dict, where)
        # All results share the key strings in *kind*, so that a bulk read does not keep a copy of each key per result.
        return {key: pick(members.get(name), inner, name) for key, (name, inner) in kind.items()}
    if isinstance(kind, list):
        items = [] if value is None else require_type(value, list, where)
        if None in items:
            raise MistypedValue(f"an item of {where} is null")
        return [pick(item, kind[0], f"an item of {where}") for item in items]
    if value is None:  # the service returns null for a member that is not set
        return None
    if not isinstance(kind, type):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return kind(value if number else require_type(value, str, where))
    value = require_type(value, kind if kind in _TYPE_NAMES else kind.__mro__[1], where)
    # The service permits numbers without the plus sign of E.164, so add the plus sign.
    return f"+{value}" if kind is PhoneNumber and re.fullmatch("[1-9][0-9]{1,14}", value) else value


def require_type(value: Any, kind: type, where: str) -> Any:
    """Return *value*; raise MistypedValue if it is not exactly of the type *kind*."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise MistypedValue(f"{where} is not of the type {_TYPE_NAMES[kind]}")
    return value


def setting_result(setting: Setting, structure: dict[str, Any] | None, known: bool = True) -> dict[str, Any]:
    """Return a setting with all of its documented keys. Values that are not set are null or empty.

    :param structure: the structure from the service, or None if the setting is not set.
    :param known: whether the structure is known; if not, ``exists`` is null.
    :raises MistypedValue: a member does not have its documented type.
    """
    exists = structure is not None if known else None
    return {"exists": exists, **pick(structure, setting.members, setting.member)}


def proxy_result(proxy: dict[str, Any] | None) -> dict[str, Any]:
    """Return the documented keys of a ``Proxy`` structure. None means no proxy configuration."""
    return setting_result(PROXY, proxy)
