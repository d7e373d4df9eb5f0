# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Compare, change, and check structures: the JSON objects that AWS returns for settings. All functions are pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any, Callable, NamedTuple

from ._options import COUNTRY, PHONE_NUMBER
from ._shapes import Country, Host, Minutes, Network, PhoneNumber, Setting


def _find_network(value: str) -> str | None:
    """Return a CIDR block without host bits. Convert an IP address to a CIDR block. Return None for other values."""
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        return None


def _canonical_network(value: str) -> str:
    return _find_network(value) or value


# For each kind of string, a function that returns the same spelling for all equal values.
_CANONICAL: dict[Any, Callable[[str], str]] = {
    Country: str.upper,
    Host: str.lower,
    Network: _canonical_network,
    PhoneNumber: lambda value: value.removeprefix("+"),
}

# Maps the name of a member of a response to the name of the request parameter that sets it, if the two names differ.
_RENAMED = {"PhoneNumberCountries": "PhoneNumberPoolCountries"}
# The request parameters that are never members of a structure in a response.
FOREIGN = {"VoiceConnectorId", *_RENAMED.values()}

_NUMBER = "a phone number in E.164 format in quotes, such as '+12065550100'; its value is not shown here"

# Maps each type of value to two items: a function that returns whether a value is valid, and a description of valid
# values for error messages.
_VALID: dict[Any, tuple[Callable[[Any], Any], str]] = {
    Country: (
        lambda value: COUNTRY.fullmatch(value.upper()),
        "country codes of two letters in quotes (ISO 3166-1 alpha-2), such as 'US'",
    ),
    Host: (re.compile(r"[\w.:\[\]-]+").fullmatch, "a host name or an IP address, such as 'sbc.example.com'"),
    Minutes: (lambda value: value >= 1, "1 or more"),
    Network: (
        lambda value: _find_network(value) and "%" not in value,
        "CIDR blocks, such as '203.0.113.0/27'",
    ),
    PhoneNumber: (PHONE_NUMBER.fullmatch, _NUMBER),
}


class BadValue(ValueError):
    """A new value is not valid. The arguments are the path of the option, and the requirement for its value."""


class UnknownMembers(ValueError):
    """A list would remove members that no option sets. Arguments: the path of the list; the names of the members."""


class Problem(NamedTuple):
    """Why a structure cannot be sent."""

    kind: str  # missing, unknown (to the installed botocore), or invalid
    path: str  # the path of the option, such as termination.cps_limit; for an unknown member, its name
    requirement: str = ""  # the requirement that an invalid value violates


def is_empty(value: Any) -> bool:
    """Return whether a value means that a member is not set."""
    return value is None or value == "" or value == [] or value == {}


def normalize(value: Any, kind: Any) -> Any:
    """Return the canonical form of a value, which all spellings of the value share.

    If the value is false or empty, return None. In nested structures, members that are not in *kind* are omitted,
    because their values can be of any depth.

    :param kind: the type of the value, as ``pick()`` documents it. None if ``Setting.members`` does not list the value.
    """
    if is_empty(value) or value is False:
        return None
    if isinstance(kind, dict):
        members = {name: normalize(value.get(name), inner) for name, inner in kind.values()}
        return {name: inner for name, inner in members.items() if inner is not None} or None
    if isinstance(kind, list):
        items = [normalize(item, kind[0]) for item in value]
        if isinstance(kind[0], dict):
            return sorted(items, key=repr)
        return set(items)
    return _CANONICAL[kind](value) if kind in _CANONICAL else value


def different_members(setting: Setting, one: dict[str, Any] | None, other: dict[str, Any] | None) -> set[str]:
    """Return the members in which two structures of a setting differ. None means that the setting is not set.

    The service may normalize values, so the spelling of a value and the order of a list do not matter. If a setting
    can be replaced, but not deleted, None counts as equal to a structure whose values are all false or empty.
    """
    if setting.put and not setting.delete:
        one, other = one or {}, other or {}
    if one is None or other is None:
        return set() if one is other else set(one or other or {setting.member})
    kinds = dict(setting.members.values())
    return {
        member
        for member in {*one, *other}
        if normalize(one.get(member), kinds.get(member)) != normalize(other.get(member), kinds.get(member))
    }


def lost_members(setting: Setting, stored: dict[str, Any] | None, sent: dict[str, Any] | None) -> set[str]:
    """Return the members whose *stored* value differs from the *sent* value. None means that the setting is not set.

    The service may store a default for a member that was not sent, so such a member is returned only if it is a phone
    number. A member that is empty in *sent* is returned if it is not empty in *stored*.
    """
    if stored is None or sent is None:
        return different_members(setting, stored, sent)
    kinds = dict(setting.members.values())
    lost = {member for member in sent if not is_kept(kinds.get(member), stored.get(member), sent[member])}
    return lost | {m for m in stored if kinds.get(m) is PhoneNumber and m not in sent and not is_empty(stored[m])}


def is_kept(kind: Any, stored: Any, sent: Any) -> bool:
    """Return whether a *stored* value has everything that was *sent*. In structures, the service may add members.

    :param kind: the type of the value, as ``pick()`` documents it. None if ``Setting.members`` does not list the value.
    """
    if isinstance(kind, dict):
        names = {name: inner for name, inner in kind.values() if name in sent}
        return all(is_kept(inner, (stored or {}).get(name), sent[name]) for name, inner in names.items())
    if isinstance(kind, list) and isinstance(kind[0], dict):
        left = list(stored or [])
        return all(find_kept(kind[0], left, item) is not None for item in _most_members_first(sent)) and not left
    return bool(normalize(stored, kind) == normalize(sent, kind))


def find_kept(kind: dict[str, Any], left: list[Any], sent: dict[str, Any]) -> Any:
    """Remove and return the first item of *left* that has everything that was *sent*, or return None."""
    for number, item in enumerate(left):
        if is_kept(kind, item, sent):
            return left.pop(number)
    return None


def _most_members_first(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(items, key=lambda item: sum(not is_empty(value) for value in item.values()), reverse=True)


def name_members(setting: Setting, members: set[str]) -> str:
    """Return the names of members for a message. If an option sets a member, use the name of the option."""
    options = {member: option for option, (member, _kind) in setting.members.items()}
    return ", ".join(sorted(options.get(member, member) for member in members))


def to_structure(kind: Any, value: Any) -> Any:
    """Convert the value of an option: replace its keys with the names that AWS uses, and drop null values."""
    if isinstance(kind, dict):
        return {
            name: to_structure(inner, value[key]) for key, (name, inner) in kind.items() if value.get(key) is not None
        }
    if isinstance(kind, list):
        return [to_structure(kind[0], item) for item in value]
    return value


def merge(
    kind: dict[str, Any], current: dict[str, Any] | None, given: dict[str, Any], path: str = ""
) -> dict[str, Any]:
    """Return a copy of the *current* structure in which the values in *given* replace the current values.

    If a given value differs from the current value only in its spelling, the result keeps the current spelling. For
    example, a current phone number with a plus sign keeps the plus sign, even if the given number has none.

    An empty value in *given* stays in the result. It means that the service must remove the member.

    :param path: the path of the option, for exceptions.
    :raises BadValue: a new phone number has no plus sign.
    :raises UnknownMembers: a list would lose members that have no option.
    """
    merged = dict(current or {})
    for key, (name, inner) in kind.items():
        if name in given:
            place = f"{path}.{key}" if path else key
            value = _merge_value(inner, merged.get(name), given[name], place)
            same = name in merged and normalize(merged[name], inner) == normalize(value, inner)
            merged[name] = merged[name] if same else value
    return merged


def _merge_value(kind: Any, current: Any, given: Any, path: str) -> Any:
    if isinstance(kind, dict):
        return merge(kind, current, given, path)
    if isinstance(kind, list) and isinstance(kind[0], dict):
        left = list(current or [])
        kept = [(item, find_kept(kind[0], left, item)) for item in _most_members_first(given)]
        for item, found in kept:
            if found is None:
                if all(map(is_empty, item.values())):
                    raise BadValue(path, "at least one value in each item")
            elif any(
                is_kept(kind[0], other, item) and normalize(other, kind[0]) != normalize(found, kind[0])
                for other in left
            ):
                raise BadValue(path, "all keys of each item, because an item matches several current items")
        names = {name for name, _inner in kind[0].values()}
        unknown = sorted({name for item in left for name in item if name not in names and not is_empty(item[name])})
        if unknown:
            raise UnknownMembers(path, ", ".join(unknown))
        return [merge(kind[0], None, item, path) if found is None else found for item, found in kept]
    if isinstance(kind, list):
        spelled = {normalize(item, kind[0]): item for item in current or []}
        items = {normalize(item, kind[0]): item for item in given}
        return [spelled[n] if n in spelled else _spell_new(kind[0], items[n], path) for n in items]
    if is_empty(given) or normalize(given, kind) == normalize(current, kind):
        return given
    return _spell_new(kind, given, path)


def _spell_new(kind: Any, value: Any, path: str) -> Any:
    """Return a new value in the form in which it is sent; raise BadValue for a phone number without a plus sign."""
    if kind is PhoneNumber and not value.startswith("+"):
        raise BadValue(path, _NUMBER)
    return _CANONICAL[kind](value) if kind in (Country, Network) else value


def check_options(kind: Any, value: Any, path: str) -> None:
    """Raise BadValue if an option has a value of the right type that can never be valid.

    :param kind: the type of the value, as ``pick()`` documents it.
    :param path: the path of the option, for exceptions.
    """
    if isinstance(kind, dict):
        for key, (_name, inner) in kind.items():
            if value.get(key) is not None:
                check_options(inner, value[key], f"{path}.{key}" if path else key)
    elif isinstance(kind, list):
        for item in value:
            check_options(kind[0], item, path)
    elif kind in _VALID and value != "":
        is_valid, requirement = _VALID[kind]
        if not is_valid(value):
            raise BadValue(path, requirement)


def apply_options(
    setting: Setting, options: dict[str, Any], current: dict[str, Any] | None, path: str = ""
) -> dict[str, Any] | None:
    """Return the desired structure of a setting: *current*, changed by *options*. None means not set.

    :param options: the keys of the setting, and ``exists``. If a value is null or missing, the current value does not
        change. If ``exists`` is false, None is returned.
    :param path: the path of the option, for exceptions.
    :raises BadValue: a new phone number has no plus sign.
    :raises UnknownMembers: a list would lose members that have no option.
    """
    if options.get("exists") is False:
        return None
    given = to_structure(setting.members, options)
    if current is None and not options.get("exists") and normalize(given, setting.members) is None:
        return None
    return merge(setting.members, current, given, path)


def to_parameters(setting: Setting, shape: Any, structure: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of the request that sets a *structure*, without empty values.

    :param shape: the input shape of the operation.
    """
    if setting.member in shape.members:
        return {setting.member: without_empty(shape.members[setting.member], structure)}
    parameters = {_RENAMED.get(name, name): value for name, value in structure.items()}
    return without_empty(shape, parameters)


def without_empty(shape: Any, value: Any) -> Any:
    """Return a value without its empty members. Keep an empty list if the *shape* permits it."""
    kind = shape and shape.type_name  # None for a member that the installed botocore does not know
    if kind == "list":
        return [without_empty(shape.member, item) for item in value]
    if kind != "structure":
        return value
    members = {name: (shape.members.get(name), item) for name, item in value.items()}
    kept = {name: (inner, without_empty(inner, item)) for name, (inner, item) in members.items() if item is not None}
    return {
        name: item
        for name, (inner, item) in kept.items()
        if not is_empty(item) or (item == [] and inner and not inner.metadata.get("min"))
    }


def find_unsendable(setting: Setting, shape: Any, structure: dict[str, Any]) -> list[str]:
    """Return the members of a structure that the installed botocore cannot send.

    :param shape: the input shape of the operation.
    """
    if setting.member in shape.members:
        problems = find_problems(shape.members[setting.member], structure, setting.members)
        return sorted(problem.path for problem in problems if problem.kind == "unknown")
    return sorted(set(structure) - ({*shape.members, *_RENAMED} - FOREIGN))


def find_problems(shape: Any, value: Any, kind: Any, path: str = "") -> Iterator[Problem]:
    """Yield each reason why a *value* does not fit the *shape* of a request.

    :param kind: the type of the value, as ``pick()`` documents it. If it is None, each path contains the names of
        members instead of the names of options.
    :param path: the path of the option.
    """
    if shape.type_name == "structure":
        named = {_RENAMED.get(name, name): (key, inner) for key, (name, inner) in (kind or {}).items()}
        for name in {**dict.fromkeys(shape.required_members), **value}:
            key, inner = named.get(name, (name, None))
            place = f"{path}.{key}" if path else key
            if name not in shape.members:
                yield Problem("unknown", name)
            elif name in shape.required_members and _is_missing(shape.members[name], value.get(name)):
                yield Problem("missing", place)
            elif name != "VoiceConnectorId" and value.get(name) is not None:  # the ID is checked separately
                yield from find_problems(shape.members[name], value[name], inner, place)
    elif shape.type_name == "list":
        yield from _find_limits(shape, len(value), path, " items")
        for item in value:
            yield from find_problems(shape.member, item, kind[0] if kind else None, path)
    elif shape.type_name == "string":
        yield from _find_limits(shape, len(value), path, " characters")
        known = shape.metadata.get("enum")
        pattern = shape.metadata.get("pattern")
        if known and value not in known:
            yield Problem("invalid", path, f"one of {', '.join(known)}")
        elif pattern and not re.fullmatch(pattern, value.upper() if kind is Country else value):
            yield Problem("invalid", path, f"a string that matches {pattern}")
    elif shape.type_name == "integer":
        yield from _find_limits(shape, value, path)


def _is_missing(shape: Any, value: Any) -> bool:
    """Return whether a required value is missing. An empty structure does not count as missing.

    An empty string or list counts as missing, unless the *shape* specifies 0 as the minimum length.
    """
    return value is None or (value in ("", []) and shape.metadata.get("min") != 0)


def _find_limits(shape: Any, size: int, path: str, unit: str = "") -> Iterator[Problem]:
    least, most = shape.metadata.get("min", size), shape.metadata.get("max", size)
    if not least <= size <= most:
        limits = f"{least}{unit} or more" if size < least else f"{most}{unit} or less"
        yield Problem("invalid", path, limits)
