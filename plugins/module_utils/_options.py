# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Normalize and check module options before a client exists. All functions are pure."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from ._errors import VoiceError
from ._responses import RepeatedKey, parse_json

# Less strict than the current pattern of the service, so a new form of ID requires no release of this collection.
VOICE_CONNECTOR_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,127}")
# The service's own pattern, in which the plus sign of E.164 is optional.
PHONE_NUMBER = re.compile(r"\+?[1-9][0-9]{1,14}")
# The service's own pattern for a country code, and its own limit on the number of countries.
COUNTRY = re.compile(r"[A-Z]{2}")
MAX_COUNTRIES = 100
# This pattern rejects names such as us-east-1-fips, which botocore accepts. They name an endpoint, not a Region.
REGION = re.compile(r"(?!fips-)[a-z0-9]+(-[a-z0-9]+)+-[0-9]+")

# The ARN of an IAM role. The group of the pattern is the account ID.
ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/[\w+=,.@/-]{1,1024}", re.ASCII)

# The options of every module in addition to those of amazon.aws
ASSUME_ROLE_OPTIONS: dict[str, dict[str, Any]] = {
    "assume_role_arn": {"type": "str"},
    "assume_role_external_id": {"type": "str"},
    "assume_role_session_name": {"type": "str"},
}

_SECRET_KEY = re.compile(r"(termination_)?credentials?|pass(word|wd)?s?", re.IGNORECASE)

# normalize_options() removes these connection options if they are null. It keeps a null profile, because this null
# overrides AWS_PROFILE.
_CONNECTION_OPTIONS = {
    **ASSUME_ROLE_OPTIONS,
    "region": {"type": "str", "aliases": ["aws_region", "ec2_region"]},
    "validate_certs": {"type": "bool"},
    "debug_botocore_endpoint_logs": {"type": "bool"},
}
_TYPE_NAMES = {bool: "boolean", int: "number", float: "number", dict: "dictionary", object: "list"}


def build_suboptions(setting: Any) -> dict[str, Any]:
    """Return the argument specification of a setting: ``exists``, and the keys that the modules return for it."""
    return {"exists": {"type": "bool"}, **{key: _to_option(kind) for key, (_name, kind) in setting.members.items()}}


def _to_option(kind: Any) -> dict[str, Any]:
    """Return the argument specification of a key of a setting.

    :param kind: the type of the value, as ``pick()`` documents it.
    """
    if isinstance(kind, list):
        item = _to_option(kind[0])
        return {**item, "type": "list", "elements": item["type"]}
    if isinstance(kind, dict):
        return {"type": "dict", "options": {key: _to_option(inner) for key, (_name, inner) in kind.items()}}
    if isinstance(kind, type) and issubclass(kind, int):
        return {"type": "bool" if kind is bool else "int"}
    return {"type": "str"}


def normalize_options(spec: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return the options without null values, after parsing strings that represent lists or suboptions.

    Ansible itself splits strings only at commas, keeps whitespace around items, and rejects null for an option that has
    a default.

    :param spec: the argument specification of the module, without the connection options.
    :param given: the options as Ansible sent them.
    """
    options = dict(given)
    for name, option, kind in _all_options(spec):
        value = options.get(option)
        if value is None:
            options.pop(option, None)
        elif kind == "list" and isinstance(value, str):
            options[option] = split_list(value)
        elif "options" in spec.get(name, {}):
            options[option] = _normalize_suboptions(spec[name], value)
    return options


def _normalize_suboptions(option: dict[str, Any], value: Any) -> Any:
    """Return the value of an option, after parsing strings that represent a list or a dictionary."""
    if option["type"] == "list" and isinstance(value, str):
        value = split_list(value)
    if "options" in option and isinstance(value, str):
        with contextlib.suppress(ValueError, RecursionError):
            value = parse_json(value)
    if "options" in option and isinstance(value, list):
        return [_normalize_suboptions({**option, "type": "dict"}, item) for item in value]
    inner = option.get("options", {}) if isinstance(value, dict) else {}
    if inner:
        return {key: _normalize_suboptions(inner[key], item) if key in inner else item for key, item in value.items()}
    return value


def keep_dictionaries(spec: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return options without values that should be dictionaries but are not. ``check_values`` reports these values.

    Ansible fails on such a value without naming the option.

    :param spec: the argument specification of the module, or of suboptions.
    """
    kept = dict(given)
    for name, option in spec.items():
        value, inner = kept.get(name), option.get("options")
        if inner is None or value is None:
            continue
        if option["type"] == "list":
            kept[name] = [keep_dictionaries(inner, item) for item in _as_list(value) if isinstance(item, dict)]
        else:
            kept[name] = keep_dictionaries(inner, value) if isinstance(value, dict) else {}
    return kept


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def find_misplaced_secrets(given: Any, below: bool = False) -> set[str]:
    """Return the possible passwords in the options: strings and long numbers.

    A value is a possible password if it is under a key such as ``password`` or ``credentials``, at any depth, and is
    not a user name. Ansible hides only the values of secret options, so it would show a password under a wrong key.

    :param below: whether *given* is under a key such as ``password``.
    """
    if isinstance(given, dict):
        found = [
            find_misplaced_secrets(value, below or bool(_SECRET_KEY.fullmatch(str(key))))
            for key, value in given.items()
            if not (key == "username" and isinstance(value, str))
            and not (key == "usernames" and all(isinstance(name, str) for name in _as_list(value)))
        ]
        return set().union(*found)
    if isinstance(given, list):
        return set().union(*(find_misplaced_secrets(item, below) for item in given))
    if isinstance(given, (int, float)) and not isinstance(given, bool) and len(str(given)) > 3:
        given = str(given)
    return {given} if below and isinstance(given, str) and given else set()


def find_url_passwords(given: dict[str, Any]) -> set[str]:
    """Return the passwords in the URLs of the connection options, because Ansible does not hide these passwords."""
    urls = f"{given.get('endpoint_url')} {given.get('aws_config')}"
    # Like redact(), take everything up to the last @ for the user part, because a password can contain any character.
    passwords = [user.partition(":")[2] for user in re.findall(r"//([^\s\"']*)@", urls)]
    return {password for password in passwords if len(password) > 3}


def split_list(text: str) -> list[Any]:
    """Return the items of a list that is written with commas or line breaks, as JSON, or as a YAML block list."""
    with contextlib.suppress(ValueError, RecursionError):
        items = parse_json(text)
        if isinstance(items, list):
            return items
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and all(line.startswith("- ") for line in lines):
        return [line[2:].strip().strip("\"'") for line in lines]
    return re.split(r"\s*,\s*|\s*\n\s*", text.strip())


def check_values(spec: dict[str, Any], given: dict[str, Any], params: dict[str, Any], may_be_empty: str = "") -> None:
    """Raise VoiceError for empty values, wrong types, repeated keys, and malformed Regions, IDs, and role ARNs.

    Otherwise, Ansible would convert ``yes`` in a list of strings to ``'True'``, and an unquoted phone number to digits
    without a plus sign. botocore would send an empty ID or ``..`` unchanged in the path of the request.

    :param spec: the argument specification of the module, without the connection options.
    :param given: the normalized options before Ansible converted them.
    :param params: the options after Ansible converted them.
    :param may_be_empty: the option for which an empty string has a meaning.
    """
    for name, option, kind in _all_options(spec):
        if "options" in spec.get(name, {}):
            if option in given:
                _check_suboptions(spec[name]["options"], given[option], option)
        elif option in given:
            # If a dictionary is given as a string, check the values after Ansible has parsed it.
            _check_type(option, kind, params[name] if kind == "dict" else given[option])
            if kind == "dict" and isinstance(given[option], str):
                _check_keys(option, given[option])
    # Reject empty strings. Otherwise, an empty connection option could be ignored, and the module could use different
    # credentials.
    for option, given_value in given.items():
        if given_value == "" and option != may_be_empty:
            raise VoiceError("empty_string", option=option)
    for option, value in _items(params, "region", "regions", "exclude_regions"):
        if not (value == "all" and params.get("regions") == ["all"]) and not REGION.fullmatch(value):
            if option == "region" and not {"region", "aws_region", "ec2_region"} & set(given):
                option = "the environment variable AWS_REGION or AWS_DEFAULT_REGION"
            raise VoiceError("bad_region", option=option, value=_shorten(value))
    for option, value in _items(params, "voice_connector_id", "voice_connector_ids", "exclude_voice_connector_ids"):
        if not VOICE_CONNECTOR_ID.fullmatch(value):
            raise VoiceError("bad_id", option=option, value=_shorten(value))
    role = params["assume_role_arn"]
    if role and not ROLE_ARN.fullmatch(role):
        raise VoiceError("bad_role", value=_shorten(role))
    for option in ASSUME_ROLE_OPTIONS:
        if params[option] and not role:
            raise VoiceError("no_role", option=option)


def _check_suboptions(spec: dict[str, Any], given: Any, path: str) -> None:
    """Raise VoiceError for a suboption of a wrong type, before Ansible converts it.

    :param spec: the argument specification of the suboptions.
    """
    if not isinstance(given, dict):
        raise VoiceError("not_a_dictionary", option=path)
    for name, option in spec.items():
        value, place = given.get(name), f"{path}.{name}"
        if value is None:
            continue
        if option["type"] == "list" and not isinstance(value, list):
            raise VoiceError("not_a_list", option=place)
        if "options" in option:
            for item in value if option["type"] == "list" else [value]:
                _check_suboptions(option["options"], item, place)
        else:
            _check_type(place, option["type"], value)


def _all_options(spec: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield each option once under its name and once under each of its aliases: (name, name or alias, type)."""
    for name, option in {**_CONNECTION_OPTIONS, **spec}.items():
        for name_or_alias in (name, *option.get("aliases", ())):
            yield name, name_or_alias, option["type"]


def _items(params: dict[str, Any], *names: str) -> Iterator[tuple[str, str]]:
    """Yield each string in the options with these *names*, as a pair: its description for messages, and the string."""
    for name in names:
        value = params.get(name) or []
        yield from [(name, value)] if isinstance(value, str) else [(f"an item of {name}", item) for item in value]


def _check_keys(option: str, text: str) -> None:
    """Raise VoiceError if a dictionary that is given as a string has a key twice.

    Ansible would use only one of the two values of this key.
    """
    try:
        parse_json(text)
    except RepeatedKey:
        repeated = True
    except (ValueError, RecursionError):  # not JSON: Ansible also accepts "key=value, key=value"
        keys = re.findall(r"(?:^|[,\s])\s*([^\s,=]+)=", text)
        repeated = len(set(keys)) < len(keys)
    else:
        repeated = False
    if repeated:
        raise VoiceError("repeated_key", option=option)


def _check_type(option: str, kind: str, value: Any) -> None:
    if kind == "int" and isinstance(value, bool):
        raise VoiceError("not_a_number", option=option)
    if kind in ("int", "bool"):
        return
    items = list(value) if kind == "dict" or (kind == "list" and isinstance(value, list)) else [value]
    for item in [*items, *(value.values() if kind == "dict" else ())]:
        if item is not None and not isinstance(item, str):
            found = next(name for type_, name in _TYPE_NAMES.items() if isinstance(item, type_))
            raise VoiceError("not_a_string", option=option, kind=found)
    # Reject empty items of a list and empty keys of a dictionary. A value in a dictionary can be empty, because a tag
    # can have an empty value. It can also be null, which means any value.
    if kind in ("list", "dict") and not all(items):
        raise VoiceError("empty_item", option=option)


def _shorten(value: str) -> str:
    return value if len(value) <= 200 else value[:200] + "..."
