# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""A policy, and its checks. All functions are pure, and accept values of any type, size, and depth."""

from __future__ import annotations

import bisect
import datetime
import difflib
import functools
import ipaddress
import itertools
import json
import re
from collections.abc import Iterable
from typing import Any, Callable, NamedTuple

import yaml

from ansible_collections.chime_sdk.voice.plugins.module_utils._responses import parse_json

PASS = "pass"
FAIL = "fail"
UNKNOWN = "unknown"
NOT_APPLICABLE = "not_applicable"
EXCEPTED = "excepted"

_HOUR = datetime.timedelta(hours=1)
_PROTOCOLS = ("TCP", "UDP")

MAX_LISTED = 3  # items in a reason
MAX_SHOWN = 500  # the maximum number of characters of a value in a message
_MAX_MESSAGE = 2000  # the maximum number of characters of an error message, or of a reason in a result
_MAX_POLICY = 1_000_000  # characters of a policy
_MAX_NUMBER = 10**12


class AuditError(ValueError):
    """The policy or the input is invalid. The message is for the user."""


class CheckResult(NamedTuple):
    """The result of one check of one Voice Connector."""

    status: str
    actual: Any
    reason: str | None


class Undecided(Exception):
    """Raised if a check neither passes nor fails."""

    def __init__(self, reason: str, actual: Any = None, status: str = UNKNOWN) -> None:
        super().__init__(reason)
        self.result = CheckResult(status, actual, reason)


# Maps the ID of a Voice Connector, a Region, and a setting to the message of an error. Each of the three can be None.
Errors = dict[tuple["str | None", "str | None", "str | None"], str]


class Connector(NamedTuple):
    """A Voice Connector in a result, the errors of this result, and the time of the checks."""

    values: dict[str, Any]
    errors: Errors
    now: datetime.datetime

    def is_unread(self, name: str) -> bool:
        """Return whether there is an error for a setting, in which case its value is unknown."""
        return bool(self.errors) and (self.identifier, self.region, name) in self.errors

    @property
    def identifier(self) -> str:
        return str(self.values["voice_connector_id"])

    @property
    def region(self) -> str | None:
        return as_text(self.values.get("region"))

    def find_error(self, name: str | None) -> str | None:
        """Return why a setting was not read: the error for this setting, this Voice Connector, or the Region."""
        if not self.errors:
            return None
        found = ((i, r, s) for s in (name, None) for i in (self.identifier, None) for r in (self.region, None))
        return next((self.errors[key] for key in found if key in self.errors), None)

    def setting(self, name: str) -> dict[str, Any]:
        """Return a setting; raise Undecided if it is unknown whether it exists."""
        setting = self.values.get(name)
        readable = isinstance(setting, dict) and isinstance(setting.get("exists"), bool)
        if not isinstance(setting, dict) or not readable or self.is_unread(name):
            raise Undecided(self.find_error(name) or f"The setting {name} could not be read.")
        return setting

    def why_inactive(self, name: str) -> str | None:
        """Return why a setting has no effect, or None if it is enabled."""
        setting = self.setting(name)
        if not setting["exists"]:
            return f"{name.capitalize()} is not configured."
        disabled = setting.get("disabled") is not None and get_member(setting, "disabled", bool)
        return f"{name.capitalize()} is disabled." if disabled else None

    def enabled(self, name: str) -> dict[str, Any]:
        """Return a setting; raise Undecided with NOT_APPLICABLE if it is missing or disabled."""
        inactive = self.why_inactive(name)
        if inactive:
            raise Undecided(inactive, status=NOT_APPLICABLE)
        return self.setting(name)

    def tags(self) -> dict[str, Any]:
        """Return the tags; raise Undecided if they are unknown."""
        tags = self.values.get("tags")
        if self.is_unread("tags") or not isinstance(tags, dict) or not all(isinstance(key, str) for key in tags):
            given = as_text(self.values.get("tags_error"))
            raise Undecided(given or self.find_error("tags") or "The tags could not be read.")
        return tags


def as_text(value: Any) -> str | None:
    """Return the value if it is a string that is not empty, otherwise None."""
    return value if isinstance(value, str) and value else None


def show(value: Any) -> str:
    """Return the beginning of a value as JSON. The value can have any type, size, and depth."""
    encoder = json.JSONEncoder(default=str, ensure_ascii=False, skipkeys=True, check_circular=False)
    try:
        # Encode only as much as is shown.
        parts = list(itertools.islice(encoder.iterencode(value), MAX_SHOWN))
    except (ValueError, RecursionError):  # for example, an integer with thousands of digits
        return f"a value of the type {type(value).__name__}"
    return shorten("".join(parts), MAX_SHOWN)


def shorten(text: str, length: int = _MAX_MESSAGE) -> str:
    return text if len(text) <= length else f"{text[:length]}..."


def plain(value: Any, tags: bool = False) -> Any:
    """Convert a value of any type to a scalar or to a list of scalars.

    If *tags* is true, convert a dictionary to a dictionary of scalars.
    """
    if isinstance(value, list):
        return [show(item) if isinstance(item, list) else plain(item) for item in value]
    if tags and isinstance(value, dict):
        return {
            key: show(item) if isinstance(item, list) else plain(item) for key, item in value.items() if as_text(key)
        }
    scalar = value is None or isinstance(value, (str, bool)) or (isinstance(value, (int, float)) and is_small(value))
    return value if scalar else show(value)


def is_small(number: float) -> bool:
    """Return whether a number is small enough for a message and for JSON."""
    return -_MAX_NUMBER <= number <= _MAX_NUMBER


def enumerate_items(items: Iterable[Any], limit: int = MAX_LISTED) -> str:
    """Return the first distinct items as a phrase, followed by the number of the remaining items."""
    names = list(dict.fromkeys(shorten(item, MAX_SHOWN) if isinstance(item, str) else show(item) for item in items))
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")


def get_member(members: dict[str, Any], name: str, kind: type) -> Any:
    """Return a member of the type *kind*; raise Undecided if it is null or has a different type."""
    value = members.get(name)
    is_bool = isinstance(value, bool)
    if not isinstance(value, kind) or is_bool != (kind is bool) or (isinstance(value, int) and not is_small(value)):
        raise Undecided(f"AWS did not return a valid value for {name}.", plain(value))
    return value


# The checks


def compare(actual: bool, wanted: bool, if_true: str, if_false: str) -> CheckResult:
    return (
        CheckResult(PASS, actual, None)
        if actual == wanted
        else CheckResult(FAIL, actual, if_true if actual else if_false)
    )


def compare_items(items: list[Any], is_allowed: Callable[[str], bool | None], reason: str) -> CheckResult:
    """Check that all items are allowed. *is_allowed* returns None for an invalid item."""
    verdicts = [is_allowed(item) if isinstance(item, str) else None for item in items]
    outside = [item for item, verdict in zip(items, verdicts) if verdict is False]
    if outside:
        return CheckResult(FAIL, plain(items), f"{reason} {enumerate_items(outside)}.")
    invalid = [item for item, verdict in zip(items, verdicts) if verdict is None]
    if invalid:
        raise Undecided(f"AWS returned {enumerate_items(invalid)}, which is not valid.", plain(items))
    return CheckResult(PASS, items, None)


def check_encryption(connector: Connector, wanted: bool) -> CheckResult:
    actual = get_member(connector.values, "require_encryption", bool)
    return compare(actual, wanted, "Encryption is required.", "Encryption is not required.")


def check_logs(member: str, title: str, connector: Connector, wanted: bool) -> CheckResult:
    logging = connector.setting("logging")
    actual = logging["exists"] and get_member(logging, member, bool)
    return compare(actual, wanted, f"{title} are enabled.", f"{title} are not enabled.")


def check_cidrs(connector: Connector, is_allowed: Callable[[str], bool | None]) -> CheckResult:
    cidrs = get_member(connector.enabled("termination"), "cidr_allowed_list", list)
    return compare_items(cidrs, is_allowed, "Calls are accepted from")


def check_prefix_length(connector: Connector, min_length: int) -> CheckResult:
    cidrs = get_member(connector.enabled("termination"), "cidr_allowed_list", list)
    return compare_items(
        cidrs,
        lambda cidr: (block := parse_block(cidr)) and (block.version != 4 or block.prefixlen >= min_length),
        f"Prefixes shorter than /{min_length}:",
    )


def check_calling_regions(connector: Connector, is_allowed: Callable[[str], bool | None]) -> CheckResult:
    countries = get_member(connector.enabled("termination"), "calling_regions", list)
    return compare_items(countries, is_allowed, "Calls are allowed to")


def check_cps(connector: Connector, max_cps: int) -> CheckResult:
    cps = get_member(connector.enabled("termination"), "cps_limit", int)
    if cps > max_cps:
        return CheckResult(FAIL, cps, f"{cps} calls per second are allowed, more than {max_cps}.")
    return CheckResult(PASS, cps, None)


def check_credentials(connector: Connector, wanted: bool) -> CheckResult:
    connector.enabled("termination")
    actual = connector.setting("termination_credentials")["exists"]
    return compare(actual, wanted, "Termination credentials are set.", "No termination credentials are set.")


def check_health(connector: Connector, max_hours: float) -> CheckResult:
    connector.enabled("termination")
    health = connector.setting("termination_health")
    if not health["exists"]:
        return CheckResult(FAIL, None, "AWS has no record of a SIP OPTIONS message.")
    timestamp = shorten(get_member(health, "timestamp", str), MAX_SHOWN)
    try:
        time = datetime.datetime.fromisoformat(timestamp)
        age = (connector.now - time) / _HOUR
    except (TypeError, ValueError):  # a time without a UTC offset raises TypeError
        raise Undecided("The time of the last SIP OPTIONS message is not valid.", timestamp)
    if age < -1:
        raise Undecided("The time of the last SIP OPTIONS message is in the future.", timestamp)
    if age > max_hours:
        return CheckResult(
            FAIL, timestamp, f"The last SIP OPTIONS message was at {timestamp}, more than {max_hours} hours ago."
        )
    return CheckResult(PASS, timestamp, None)


def check_protocols(connector: Connector, is_allowed: Callable[[str], bool | None]) -> CheckResult:
    routes = get_member(connector.enabled("origination"), "routes", list)
    if not routes:
        raise Undecided("Origination has no routes.", status=NOT_APPLICABLE)
    protocols = [route.get("protocol") if isinstance(route, dict) else None for route in routes]
    return compare_items(protocols, is_allowed, "Calls are sent over")


def check_retention(connector: Connector, min_hours: int) -> CheckResult:
    inactive = connector.why_inactive("streaming")
    if inactive:
        return CheckResult(FAIL, None, inactive)
    hours = get_member(connector.setting("streaming"), "data_retention_in_hours", int)
    if hours < min_hours:
        return CheckResult(FAIL, hours, f"Data is kept for {hours} hours, less than {min_hours}.")
    return CheckResult(PASS, hours, None)


def check_emergency_calling(connector: Connector, wanted: bool) -> CheckResult:
    setting = connector.setting("emergency_calling")
    actual = setting["exists"] and bool(get_member(setting, "dnis", list))
    return compare(actual, wanted, "Emergency calling is configured.", "Emergency calling is not configured.")


def check_no_proxy(connector: Connector, _wanted: bool) -> CheckResult:
    if connector.setting("proxy")["exists"]:
        return CheckResult(FAIL, False, "A proxy configuration is set.")
    return CheckResult(PASS, True, None)


def check_tags(connector: Connector, keys: list[str]) -> CheckResult:
    tags = connector.tags()
    missing = [key for key in keys if key not in tags]
    if missing:
        return CheckResult(FAIL, list(tags), f"Missing tags: {enumerate_items(missing)}.")
    return CheckResult(PASS, list(tags), None)


def check_tag_values(connector: Connector, allowed: dict[str, list[str]]) -> CheckResult:
    tags = connector.tags()
    actual = {key: tags[key] for key in allowed if key in tags}
    if not actual:
        raise Undecided(f"Missing tags: {enumerate_items(allowed)}.", status=NOT_APPLICABLE)
    texts = {key: value if isinstance(value, str) else show(value) for key, value in actual.items()}
    wrong = [
        f"{key}={texts[key]}" for key, value in actual.items() if isinstance(value, str) and value not in allowed[key]
    ]
    if wrong:
        return CheckResult(FAIL, texts, f"Values that are not allowed: {enumerate_items(wrong)}.")
    invalid = [key for key, value in actual.items() if not isinstance(value, str)]
    if invalid:
        raise Undecided(f"AWS did not return a valid value for the tag {enumerate_items(invalid)}.", texts)
    return CheckResult(PASS, actual, None)


# The policy


def bad_value(name: str, requirement: str, value: Any) -> AuditError:
    return AuditError(f"The policy key {name} must be {requirement}, not {show(value)}.")


def parse_time(value: Any) -> datetime.datetime:
    """Return a time in UTC; raise AuditError if it is not a time.

    :param value: a string in ISO 8601 format with a UTC offset, or an unquoted YAML timestamp. YAML converts a
        timestamp to a datetime or a date. A datetime without an offset is in UTC. A date means 00:00 UTC on that day.
    """
    try:
        if isinstance(value, str):
            time = datetime.datetime.fromisoformat(value[:-1] + "+00:00" if value.endswith("Z") else value)
            if time.tzinfo is None:
                raise ValueError("no UTC offset")
        elif isinstance(value, datetime.datetime):
            time = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        elif isinstance(value, datetime.date):
            time = datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.timezone.utc)
        else:
            raise ValueError("not a time")
        return time.astimezone(datetime.timezone.utc)
    except (OverflowError, ValueError):
        raise AuditError(f"must be a time such as 2026-01-02T03:04:05+00:00, not {show(value)}.")


def parse_date(value: Any) -> datetime.date:
    """Return a date in UTC; raise AuditError if the value is neither a date nor a time."""
    try:
        return datetime.date.fromisoformat(value) if isinstance(value, str) else parse_time(value).date()
    except ValueError:
        pass
    try:
        return parse_time(value).date()
    except AuditError:
        raise AuditError(f"must be a date such as 2026-12-31, not {show(value)}.")


def parse_bool(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise bad_value(name, "true or false", value)
    return value


def parse_true(name: str, value: Any) -> bool:
    if value is not True:
        raise bad_value(name, "true, or removed to skip the check", value)
    return True


def parse_age(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= _MAX_NUMBER:
        raise bad_value(name, "a number of hours greater than 0", value)
    return value


def parse_int(name: str, value: Any, requirement: str, minimum: int, maximum: int = _MAX_NUMBER) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
        raise bad_value(name, requirement, value)
    return value


def parse_strings(name: str, value: Any, items: str = "tag keys") -> list[str]:
    if not isinstance(value, list) or not value:
        raise bad_value(name, f"a non-empty list of {items}", value)
    if not all(isinstance(item, str) and item for item in value):
        raise bad_value(name, f"a list of {items}, each a string in quotes", value)
    return value


def parse_tag_values(name: str, value: Any) -> dict[str, list[str]]:
    if not isinstance(value, dict) or not value or not all(isinstance(key, str) and key for key in value):
        raise bad_value(name, "a dictionary of tag keys and lists of values", value)
    for key, values in value.items():
        # Accept an empty string in the list, because a tag can have an empty value.
        if not isinstance(values, list) or not values or not all(isinstance(item, str) for item in values):
            raise bad_value(
                f"{name}.{shorten(key, MAX_SHOWN)}", "a non-empty list of values, each a string in quotes", values
            )
    return value


def parse_countries(name: str, value: Any) -> Callable[[str], bool]:
    countries = parse_strings(name, value, "country codes")
    for country in countries:
        if not re.fullmatch("[A-Z]{2}", country):
            raise AuditError(
                f"The policy key {name} contains {show(country)}. Write a country as two capital letters, such as US."
            )
    return frozenset(countries).__contains__


def parse_protocols(name: str, value: Any) -> Callable[[str], bool]:
    protocols = parse_strings(name, value, "protocols")
    if not set(protocols) <= set(_PROTOCOLS):
        raise bad_value(name, f"a list of {' or '.join(_PROTOCOLS)}", value)
    return frozenset(protocols).__contains__


@functools.lru_cache(maxsize=10_000)
def parse_block(cidr: str) -> Any:
    """Return an IPv4 or IPv6 network, or None if the CIDR block is invalid."""
    try:
        return ipaddress.ip_network(cidr)
    except ValueError:
        return None


def parse_networks(name: str, value: Any) -> Callable[[str], bool | None]:
    """Return a function that reports whether the networks in *value* together contain a CIDR block.

    The returned function returns None for an invalid block.
    """
    networks: dict[int, list[Any]] = {4: [], 6: []}
    for cidr in parse_strings(name, value, "CIDR blocks"):
        try:
            network = ipaddress.ip_network(cidr)
        except ValueError as e:
            problem = shorten(str(e), MAX_SHOWN)
            raise AuditError(f"The policy key {name} contains an invalid CIDR block: {problem}. {suggest_cidr(cidr)}")
        networks[network.version].append(network)
    # Collapsed networks are sorted and do not overlap. So only one network can contain a block: the last network whose
    # first address is less than or equal to the first address of the block.
    merged = {version: list(ipaddress.collapse_addresses(each)) for version, each in networks.items()}
    starts = {version: [int(network.network_address) for network in each] for version, each in merged.items()}

    def is_allowed(cidr: str) -> bool | None:
        block = parse_block(cidr)
        if block is None:
            return None
        index = bisect.bisect_right(starts[block.version], int(block.network_address)) - 1
        return index >= 0 and bool(block.subnet_of(merged[block.version][index]))

    return is_allowed


def suggest_cidr(cidr: str) -> str:
    try:
        return f"Use {ipaddress.ip_network(cidr, strict=False)}."
    except ValueError:
        return "Use a form such as 203.0.113.0/24 or 2001:db8::/32."


class Check(NamedTuple):
    """A check of a policy. Its name in ``CHECKS`` is its key in the policy."""

    includes: tuple[str, ...]  # the values of the option "include" that this check needs
    parse: Callable[[str, Any], Any]  # takes a policy key and its value; returns the second argument of ``evaluate``
    evaluate: Callable[[Connector, Any], CheckResult]
    # Takes the policy value and the actual value. Returns the option of chime_voice_connector that makes the check
    # pass, together with its value. Returns None if one option is not enough, or if several values are possible.
    fix: Callable[[Any, Any], dict[str, Any] | None] = lambda _wanted, _actual: None


def whole_number(requirement: str, minimum: int, maximum: int = _MAX_NUMBER) -> Callable[[str, Any], int]:
    return functools.partial(parse_int, requirement=requirement, minimum=minimum, maximum=maximum)


CHECKS = {
    "require_encryption": Check(
        (), parse_bool, check_encryption, lambda wanted, _actual: {"require_encryption": wanted}
    ),
    "sip_logs": Check(
        ("logging",),
        parse_bool,
        functools.partial(check_logs, "enable_sip_logs", "SIP logs"),
        lambda wanted, _actual: {"logging": {"enable_sip_logs": wanted}},
    ),
    "media_metric_logs": Check(
        ("logging",),
        parse_bool,
        functools.partial(check_logs, "enable_media_metric_logs", "Media metric logs"),
        lambda wanted, _actual: {"logging": {"enable_media_metric_logs": wanted}},
    ),
    "termination_cidrs_within": Check(("termination",), parse_networks, check_cidrs),
    "termination_min_prefix_length": Check(
        ("termination",), whole_number("a whole number from 1 to 32, without a slash", 1, 32), check_prefix_length
    ),
    "termination_calling_regions_within": Check(("termination",), parse_countries, check_calling_regions),
    "termination_max_cps": Check(
        ("termination",),
        whole_number("a whole number of calls, 1 or more", 1),
        check_cps,
        lambda wanted, _actual: {"termination": {"cps_limit": wanted}},
    ),
    "termination_credentials": Check(
        ("termination", "termination_credentials"),
        parse_bool,
        check_credentials,
        lambda wanted, _actual: None if wanted else {"termination_credentials": {"exists": False}},
    ),
    "termination_health_max_age_hours": Check(("termination", "termination_health"), parse_age, check_health),
    "origination_protocols": Check(("origination",), parse_protocols, check_protocols),
    "streaming_min_retention_hours": Check(
        ("streaming",),
        whole_number("a whole number of hours, 0 or more", 0),
        check_retention,
        # If the actual value is None, streaming is disabled or not configured. In this case, setting only
        # data_retention_in_hours does not make the check pass.
        lambda wanted, actual: None if actual is None else {"streaming": {"data_retention_in_hours": wanted}},
    ),
    "emergency_calling": Check(
        ("emergency_calling",),
        parse_bool,
        check_emergency_calling,
        lambda wanted, _actual: None if wanted else {"emergency_calling": {"exists": False}},
    ),
    "no_proxy_configuration": Check(
        ("proxy",), parse_true, check_no_proxy, lambda _wanted, _actual: {"proxy": {"exists": False}}
    ),
    "required_tags": Check(("tags",), parse_strings, check_tags),
    "allowed_tag_values": Check(("tags",), parse_tag_values, check_tag_values),
}

SELECTORS = ("voice_connector_ids", "names", "tags")
_EXCEPTION_KEYS = ("check", *SELECTORS, "account_ids", "reason", "until")


class Exemption(NamedTuple):
    """An exception of a policy."""

    number: int
    given: dict[str, Any]  # as in the policy, except that the value of ``until`` is a string
    until: datetime.date | None

    def applies_to(self, account: str | None, values: dict[str, Any]) -> bool:
        """Return whether this exception applies to a Voice Connector with this account and the tags in *values*.

        An exception with ``account_ids`` does not apply if the account is unknown. An exception with ``tags`` does not
        apply if the tags are unknown.
        """
        given = self.given
        if "account_ids" in given and account not in given["account_ids"]:
            return False
        if "tags" in given:
            tags = values.get("tags")
            return isinstance(tags, dict) and all(
                key in tags and value in (None, tags[key]) for key, value in given["tags"].items()
            )
        return True


class Policy(NamedTuple):
    """A parsed policy."""

    given: dict[str, Any]
    checks: dict[str, Any]  # the parsed values, in the order of CHECKS
    exceptions: list[Exemption]
    # Each key has three items: a check, the ID of a Voice Connector, and the name of a Voice Connector. If an exception
    # selects by ID, the name is None. If it selects by name, the ID is None. If it selects by tags, the ID and the name
    # are None.
    by_selector: dict[tuple[str, str | None, str | None], list[Exemption]]


class PolicyLoader(yaml.SafeLoader):
    """A YAML loader that rejects aliases and repeated keys, and raises YAMLError for every bad value.

    With aliases, a small text could become a large value.
    """

    def compose_node(self: Any, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.composer.ComposerError(None, None, "aliases are not supported; write the value out", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _value in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {shorten(key.value, MAX_SHOWN)} is set twice", key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)  # type: ignore[no-untyped-call]
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # for example, February 30
            raise yaml.constructor.ConstructorError(None, None, "the value is not valid", node.start_mark)


def load_policy(text: str) -> Any:
    """Return the value of YAML or JSON text; raise AuditError if the text is invalid or too large."""
    if len(text) > _MAX_POLICY:
        raise AuditError(f"The policy is longer than {_MAX_POLICY} characters.")
    try:
        return parse_json(text)
    except (RecursionError, ValueError):
        pass  # the text could not be parsed as JSON, so parse it as YAML
    try:
        return yaml.load(text, PolicyLoader)
    except yaml.MarkedYAMLError as e:
        line = e.problem_mark.line + 1 if e.problem_mark else 1
        raise AuditError(f"The policy is not valid YAML or JSON: line {line}: {shorten(str(e.problem))}.")
    except yaml.reader.ReaderError as e:
        line = text.count("\n", 0, e.position) + 1
        raise AuditError(f"The policy is not valid YAML or JSON: line {line}: a character is not allowed.")
    except RecursionError:
        raise AuditError("The policy is not valid YAML or JSON: it is nested too deeply.")


def unknown_key(where: str, name: Any, known: Iterable[str]) -> AuditError:
    """Return the error for an unknown name. It suggests the most similar known name, or lists all known names."""
    shown = shorten(str(name), MAX_SHOWN) if isinstance(name, (str, bool, int, float)) else show(name)
    near = difflib.get_close_matches(shown, known, 1)
    choices = near[0] if near else f"one of {', '.join(known)}"
    return AuditError(f"{where} {shown} does not exist. Use {choices}.")


def compile_policy(policy: Any) -> Policy:
    """Return the parsed policy; raise AuditError if it is invalid."""
    if isinstance(policy, str):
        policy = load_policy(policy)
    if not isinstance(policy, dict) or not policy:
        kind = "empty" if isinstance(policy, dict) else "not a dictionary"
        raise AuditError(f"The policy is {kind}. Set at least one of {', '.join(CHECKS)}.")
    for name, value in policy.items():
        if name in CHECKS or name == "exceptions":
            continue
        inner = next((key for key in CHECKS if key in value), None) if isinstance(value, dict) else None
        if inner:
            raise AuditError(
                f"Checks such as {inner} must be top-level keys of the policy. Remove the key {show(name)}, and move its "
                "contents up one level."
            )
        raise unknown_key("The policy key", name, [*CHECKS, "exceptions"])
    checks = {name: check.parse(name, policy[name]) for name, check in CHECKS.items() if name in policy}
    if not checks:
        raise AuditError(f"The policy has no checks. Set at least one of {', '.join(CHECKS)}.")
    if "exceptions" not in policy:
        return Policy(policy, checks, [], {})
    given = policy["exceptions"]
    if not isinstance(given, list):
        raise bad_value("exceptions", "a list", given)
    found = [parse_exemption(item, number, checks) for number, item in enumerate(given, 1)]
    by_selector: dict[tuple[str, str | None, str | None], list[Exemption]] = {}
    for exemption in found:
        check = exemption.given["check"]
        keys = (
            *((check, identifier, None) for identifier in exemption.given.get("voice_connector_ids", ())),
            *((check, None, name) for name in exemption.given.get("names", ())),
            *([(check, None, None)] if "tags" in exemption.given else ()),
        )
        for key in dict.fromkeys(keys):
            by_selector.setdefault(key, []).append(exemption)
    return Policy({**policy, "exceptions": [exemption.given for exemption in found]}, checks, found, by_selector)


def parse_exemption(given: Any, number: int, checks: dict[str, Any]) -> Exemption:
    """Return an exception of a policy; raise AuditError if it is invalid."""
    where = f"exceptions (item {number})"
    if not isinstance(given, dict):
        raise bad_value(where, "a dictionary", given)
    for name in given:
        if name not in _EXCEPTION_KEYS:
            raise unknown_key(f"In the policy key {where}, the key", name, _EXCEPTION_KEYS)
    check = given.get("check")
    if not isinstance(check, str) or check not in CHECKS:
        raise unknown_key(f"In the policy key {where}, the check", check, CHECKS)
    if check not in checks:
        raise AuditError(
            f"In the policy key {where}, the check {check} is not in the policy. Add the check, or remove the exception."
        )
    selectors = [name for name in SELECTORS if name in given]
    if len(selectors) != 1:
        raise AuditError(f"In the policy key {where}, set exactly one of {', '.join(SELECTORS)}.")
    for name, items in (("voice_connector_ids", "IDs"), ("names", "names"), ("account_ids", "account IDs")):
        if name in given:
            parse_strings(f"{where}.{name}", given[name], items)
    for account in given.get("account_ids", ()):
        if not re.fullmatch("[0-9]{12}", account):
            raise bad_value(f"{where}.account_ids", "a list of account IDs, each with 12 digits in quotes", account)
    tags = given.get("tags", {"": ""})
    if not isinstance(tags, dict) or not tags or not all(isinstance(key, str) for key in tags):
        raise bad_value(f"{where}.tags", "a dictionary of tags", tags)
    if not all(value is None or isinstance(value, str) for value in tags.values()):
        raise bad_value(
            f"{where}.tags", "a dictionary of tags, each value a string in quotes, or null for any value", tags
        )
    reason = given.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise bad_value(f"{where}.reason", "a string that is not empty", reason)
    if given.get("until") is None:
        return Exemption(number, given, None)
    try:
        until = parse_date(given["until"])
    except AuditError as e:
        raise AuditError(f"The policy key {where}.until {e}")
    return Exemption(number, {**given, "until": until.isoformat()}, until)


def parse_policy(policy: Any) -> dict[str, Any]:
    """Return a policy as a dictionary, with the dates of its exceptions as strings; raise AuditError if it is invalid.

    :param policy: a dictionary, or YAML or JSON text.
    """
    return compile_policy(policy).given


def find_includes(policy: Any) -> list[str]:
    """Return the values that a policy needs in the option ``include``, in alphabetical order."""
    parsed = compile_policy(policy)
    includes = {include for name in parsed.checks for include in CHECKS[name].includes}
    by_tags = any("tags" in exemption.given for exemption in parsed.exceptions)
    return sorted(includes | ({"tags"} if by_tags else set()))


def evaluate(check: Check, wanted: Any, connector: Connector) -> CheckResult:
    """Return the result of one check of one Voice Connector."""
    missing = [include for include in check.includes if include not in connector.values]
    if missing:
        advice = f"Not read. Add {' and '.join(missing)} to the include option of chime_voice_connector_info."
        return CheckResult(UNKNOWN, None, connector.find_error(missing[0]) or advice)
    try:
        return check.evaluate(connector, wanted)
    except Undecided as e:
        return e.result
