# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check Voice Connectors against a policy."""

from __future__ import annotations

DOCUMENTATION = r"""
name: voice_connector_findings
version_added: 1.1.0
short_description: Check Voice Connectors against a policy
description:
  - Compares a result of M(chime_sdk.voice.chime_voice_connector_info) with a policy, and returns one finding for each
    Voice Connector and check. Only the checks that the policy sets are run.
  - If a check cannot be decided, for example because its setting was not read, its status is V(unknown), never V(pass).
    To read all settings that a policy needs, use P(chime_sdk.voice.voice_connector_policy_includes#filter).
  - Termination checks are V(not_applicable) if termination is missing or disabled. The origination check is
    V(not_applicable) if origination is missing or disabled, or has no routes. If AWS did not return whether termination
    or origination is disabled, it counts as enabled.
positional: _input, policy
options:
  _input:
    description:
      - The result of M(chime_sdk.voice.chime_voice_connector_info), or its list C(voice_connectors).
      - If the task may fail, pass the whole result, because it also contains the errors. Each check of a Voice
        Connector that could not be read is then V(unknown). A Region that could not be listed, or where reading
        stopped, gets one finding whose RV(_value[].voice_connector_id) and RV(_value[].check) are V(null).
    type: raw
    required: true
  policy:
    description: The checks. Set at least one. Lists must not be empty.
    type: dict
    required: true
    suboptions:
      require_encryption:
        description:
          - Whether the Voice Connector must require encryption. If V(false), encryption must not be required.
          - Needs no C(include).
        type: bool
      sip_logs:
        description:
          - Whether SIP messages must be logged. If V(false), they must not be logged. If logging was never configured,
            they count as not logged.
          - Needs V(logging) in C(include).
        type: bool
      media_metric_logs:
        description:
          - Whether media metrics must be logged. If V(false), they must not be logged. If logging was never configured,
            they count as not logged.
          - Needs V(logging) in C(include).
        type: bool
      termination_cidrs_within:
        description:
          - The IPv4 or IPv6 networks that the Voice Connector may accept calls from, as CIDR blocks. Each CIDR block in
            its allowed list must be within one of these networks.
          - An empty allowed list passes, because AWS rejects calls from addresses that are not in the list.
          - Needs V(termination) in C(include).
        type: list
        elements: str
      termination_calling_regions_within:
        description:
          - The countries that the Voice Connector may allow calls to, as ISO 3166-1 alpha-2 codes. Put V(NO) in quotes,
            because YAML reads it as a boolean.
          - Needs V(termination) in C(include).
        type: list
        elements: str
      termination_credentials:
        description:
          - Whether termination credentials must be set. If V(false), none may be set.
          - Needs V(termination) and V(termination_credentials) in C(include).
        type: bool
      termination_health_max_age_hours:
        description:
          - The maximum age of the last SIP OPTIONS message from your SIP infrastructure, in hours. Must be greater than
            V(0).
          - The check fails if AWS has no record of such a message. If the time of the message is more than an hour in
            the future, the status is V(unknown).
          - Needs V(termination) and V(termination_health) in C(include).
        type: float
      origination_protocols:
        description:
          - The protocols that routes may use. Set V(TCP), V(UDP), or both.
          - Needs V(origination) in C(include).
        type: list
        elements: str
      streaming_min_retention_hours:
        description:
          - The minimum number of hours that streamed data must be kept, V(0) or more.
          - The check fails if streaming is missing or disabled.
          - Needs V(streaming) in C(include).
        type: int
      no_proxy_configuration:
        description:
          - Require that no proxy configuration exists. Only V(true) is valid.
          - Needs V(proxy) in C(include).
        type: bool
      required_tags:
        description:
          - The keys of the tags that must be set. Their values are not checked.
          - Needs V(tags) in C(include).
        type: list
        elements: str
  now:
    description: The time of the checks, in ISO 8601 format with a UTC offset. If omitted, the current time.
    type: str
seealso:
  - plugin: chime_sdk.voice.voice_connector_policy_includes
    plugin_type: filter
  - plugin: chime_sdk.voice.voice_connector_findings_csv
    plugin_type: filter
author:
  - Contributors to the chime_sdk.voice project (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Require encryption, SIP logs, and known addresses
  vars:
    policy:
      require_encryption: true
      sip_logs: true
      termination_cidrs_within:
        - 203.0.113.0/24
        - 2001:db8::/32
      required_tags:
        - team
  block:
    - name: Read the settings that the policy needs
      chime_sdk.voice.chime_voice_connector_info:
        region: us-east-1
        include: "{{ policy | chime_sdk.voice.voice_connector_policy_includes }}"
      register: voice
      failed_when: false
      no_log: true

    - name: Require that every check passes or does not apply
      ansible.builtin.assert:
        that: problems | length == 0
        fail_msg: "{{ problems }}"
      vars:
        findings: "{{ voice | chime_sdk.voice.voice_connector_findings(policy) }}"
        problems: "{{ findings | rejectattr('status', 'in', ['pass', 'not_applicable']) | list }}"
"""

RETURN = r"""
_value:
  description:
    - The findings, in the order of the Voice Connectors. The findings for each Voice Connector are in the documented
      order of the keys of O(policy).
    - Voice Connectors and Regions that could not be read come last.
  type: list
  elements: dict
  contains:
    voice_connector_id:
      description: The ID of the Voice Connector, or V(null) if the finding is about a Region. See O(_input).
      type: str
      sample: abcdef1ghij2klmno3pqr4
    name:
      description: The name of the Voice Connector, or V(null) if it is unknown.
      type: str
      sample: reception
    region:
      description: The AWS Region where the Voice Connector was found, or V(null) if it was not found.
      type: str
      sample: us-east-1
    check:
      description: The key of O(policy), or V(null) if the finding is about a Region. See O(_input).
      type: str
      sample: termination_cidrs_within
    status:
      description: V(pass), V(fail), V(unknown), or V(not_applicable).
      type: str
      sample: fail
    expected:
      description: The value of this key in O(policy), or V(null) if RV(_value[].check) is V(null).
      type: raw
      sample:
        - 203.0.113.0/24
    actual:
      description:
        - The value that was found, or V(null) if there is none. If RV(_value[].expected) is a boolean, this value is a
          boolean too.
        - Depending on the check, other values are the allowed CIDR blocks, the allowed countries, the time of the last
          SIP OPTIONS message, the protocol of each route, the number of hours that data is kept, or the tag keys.
      type: raw
      sample:
        - 203.0.113.0/28
        - 198.51.100.0/24
    reason:
      description: Why the check did not pass, or V(null) if it did.
      type: str
      sample: Calls are accepted from 198.51.100.0/24.
"""

import datetime
import difflib
import functools
import ipaddress
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Callable, NamedTuple

from ansible.errors import AnsibleFilterError

PASS = "pass"
FAIL = "fail"
UNKNOWN = "unknown"
NOT_APPLICABLE = "not_applicable"

_HOUR = datetime.timedelta(hours=1)
_PROTOCOLS = ("TCP", "UDP")

# The maximum number of items that a reason lists.
_MAX_LISTED = 3


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


class Connector(NamedTuple):
    """A Voice Connector from chime_voice_connector_info, and the time of the checks."""

    values: dict[str, Any]
    now: datetime.datetime

    def setting(self, name: str) -> dict[str, Any]:
        """Return a setting; raise Undecided if it is unknown whether it exists."""
        setting = self.values[name]
        if not isinstance(setting, dict) or not isinstance(setting.get("exists"), bool):
            raise Undecided(f"The setting {name} could not be read.")
        return setting

    def why_inactive(self, name: str) -> str | None:
        """Return why a setting has no effect, or None if it is enabled."""
        setting = self.setting(name)
        if not setting["exists"]:
            return f"{name.capitalize()} is not configured."
        return f"{name.capitalize()} is disabled." if setting.get("disabled") else None

    def enabled(self, name: str) -> dict[str, Any]:
        """Return a setting; raise Undecided with NOT_APPLICABLE if it is missing or disabled."""
        inactive = self.why_inactive(name)
        if inactive:
            raise Undecided(inactive, status=NOT_APPLICABLE)
        return self.setting(name)


def show(value: Any) -> str:
    """Return a value as it is written in YAML."""
    return json.dumps(value, default=str, ensure_ascii=False)


def enumerate_items(items: Iterable[Any]) -> str:
    """List the distinct items in words: the first few by name, then how many more there are."""
    names = list(dict.fromkeys(item if isinstance(item, str) else show(item) for item in items))
    more = len(names) - _MAX_LISTED
    return ", ".join(names[:_MAX_LISTED]) + (f" and {more} more" if more > 0 else "")


def get_member(members: dict[str, Any], name: str, kind: type) -> Any:
    """Return a member of the type *kind*; raise Undecided if it is null or has a different type."""
    value = members.get(name)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Undecided(f"AWS did not return a valid value for {name}.", value)
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
        return CheckResult(FAIL, items, f"{reason} {enumerate_items(outside)}.")
    invalid = [item for item, verdict in zip(items, verdicts) if verdict is None]
    if invalid:
        raise Undecided(f"AWS returned {enumerate_items(invalid)}, which is not valid.", items)
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


def check_calling_regions(connector: Connector, is_allowed: Callable[[str], bool | None]) -> CheckResult:
    countries = get_member(connector.enabled("termination"), "calling_regions", list)
    return compare_items(countries, is_allowed, "Calls are allowed to")


def check_credentials(connector: Connector, wanted: bool) -> CheckResult:
    connector.enabled("termination")
    actual = connector.setting("termination_credentials")["exists"]
    return compare(actual, wanted, "Termination credentials are set.", "No termination credentials are set.")


def check_health(connector: Connector, max_hours: float) -> CheckResult:
    connector.enabled("termination")
    health = connector.setting("termination_health")
    if not health["exists"]:
        return CheckResult(FAIL, None, "AWS has no record of a SIP OPTIONS message.")
    timestamp = get_member(health, "timestamp", str)
    try:
        age = (connector.now - parse_time(timestamp)) / _HOUR
    except ValueError:
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


def check_no_proxy(connector: Connector, _wanted: bool) -> CheckResult:
    if connector.setting("proxy")["exists"]:
        return CheckResult(FAIL, False, "A proxy configuration is set.")
    return CheckResult(PASS, True, None)


def check_tags(connector: Connector, keys: list[str]) -> CheckResult:
    tags = connector.values["tags"]
    if not isinstance(tags, dict):
        raise Undecided(connector.values.get("tags_error") or "The tags could not be read.")
    missing = [key for key in keys if key not in tags]
    if missing:
        return CheckResult(FAIL, list(tags), f"Missing tags: {enumerate_items(missing)}.")
    return CheckResult(PASS, list(tags), None)


# The policy


def bad_value(name: str, requirement: str, value: Any) -> AnsibleFilterError:
    return AnsibleFilterError(f"The policy key {name} must be {requirement}, not {show(value)}.")


def parse_time(value: str) -> datetime.datetime:
    """Parse a time in ISO 8601 format; raise ValueError if it is invalid or has no UTC offset."""
    time = datetime.datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("no UTC offset")
    return time


def parse_bool(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise bad_value(name, "true or false", value)
    return value


def parse_true(name: str, value: Any) -> bool:
    if value is not True:
        raise bad_value(name, "true (to skip the check, remove the key)", value)
    return True


def parse_age(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise bad_value(name, "a number of hours greater than 0", value)
    return value


def parse_hours(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise bad_value(name, "a whole number of hours, 0 or more", value)
    return value


def parse_strings(name: str, value: Any, items: str = "tag keys") -> list[str]:
    if not isinstance(value, list) or not value:
        raise bad_value(name, f"a non-empty list of {items}", value)
    for item in value:
        if not isinstance(item, str) or not item:
            raise bad_value(name, f"a list of {items}, each a string in quotes", value)
    return value


def parse_countries(name: str, value: Any) -> Callable[[str], bool]:
    countries = parse_strings(name, value, "country codes")
    for country in countries:
        if not re.fullmatch("[A-Z]{2}", country):
            raise AnsibleFilterError(
                f"The policy key {name} contains {show(country)}. Write a country as two capital letters, such as US."
            )
    return frozenset(countries).__contains__


def parse_protocols(name: str, value: Any) -> Callable[[str], bool]:
    protocols = parse_strings(name, value, "protocols")
    if not set(protocols) <= set(_PROTOCOLS):
        raise bad_value(name, f"a list of {' or '.join(_PROTOCOLS)}", value)
    return frozenset(protocols).__contains__


def parse_networks(name: str, value: Any) -> Callable[[str], bool | None]:
    """Return a function that reports whether a CIDR block is within a network. It returns None for an invalid block."""
    networks: list[Any] = []
    for cidr in parse_strings(name, value, "CIDR blocks"):
        try:
            networks.append(ipaddress.ip_network(cidr))
        except ValueError as e:
            raise AnsibleFilterError(f"The policy key {name} contains an invalid CIDR block: {e}. {suggest_cidr(cidr)}")

    @functools.cache
    def is_allowed(cidr: str) -> bool | None:
        try:
            block: Any = ipaddress.ip_network(cidr)
        except ValueError:
            return None
        return any(block.version == network.version and block.subnet_of(network) for network in networks)

    return is_allowed


def suggest_cidr(cidr: str) -> str:
    try:
        return f"Use {ipaddress.ip_network(cidr, strict=False)}."
    except ValueError:
        return "Use a form such as 203.0.113.0/24 or 2001:db8::/32."


class Check(NamedTuple):
    """One key of a policy."""

    includes: tuple[str, ...]  # the choices of the module's option include that the check needs
    parse: Callable[[str, Any], Any]  # converts the key and its value to the second argument of evaluate
    evaluate: Callable[[Connector, Any], CheckResult]


CHECKS = {
    "require_encryption": Check((), parse_bool, check_encryption),
    "sip_logs": Check(("logging",), parse_bool, functools.partial(check_logs, "enable_sip_logs", "SIP logs")),
    "media_metric_logs": Check(
        ("logging",), parse_bool, functools.partial(check_logs, "enable_media_metric_logs", "Media metric logs")
    ),
    "termination_cidrs_within": Check(("termination",), parse_networks, check_cidrs),
    "termination_calling_regions_within": Check(("termination",), parse_countries, check_calling_regions),
    "termination_credentials": Check(("termination", "termination_credentials"), parse_bool, check_credentials),
    "termination_health_max_age_hours": Check(("termination", "termination_health"), parse_age, check_health),
    "origination_protocols": Check(("origination",), parse_protocols, check_protocols),
    "streaming_min_retention_hours": Check(("streaming",), parse_hours, check_retention),
    "no_proxy_configuration": Check(("proxy",), parse_true, check_no_proxy),
    "required_tags": Check(("tags",), parse_strings, check_tags),
}


def parse_policy(policy: Any) -> dict[str, Any]:
    """Return the parsed values of a policy in the order of CHECKS; raise AnsibleFilterError for an invalid policy."""
    if not isinstance(policy, dict) or not policy:
        kind = "empty" if isinstance(policy, dict) else "not a dictionary"
        raise AnsibleFilterError(f"The policy is {kind}. Set at least one of {', '.join(CHECKS)}.")
    for name in policy:
        if name not in CHECKS:
            near = difflib.get_close_matches(str(name), CHECKS, 1)
            known = near[0] if near else f"one of {', '.join(CHECKS)}"
            raise AnsibleFilterError(f"The policy key {name} does not exist. Use {known}.")
    return {name: check.parse(name, policy[name]) for name, check in CHECKS.items() if name in policy}


# The findings


def bad_input(problem: str) -> AnsibleFilterError:
    return AnsibleFilterError(f"The input {problem}. Pass the result of chime_voice_connector_info.")


def get_connectors(read: Any) -> list[dict[str, Any]]:
    """Return the Voice Connectors in a result or a list; raise AnsibleFilterError if there is no valid list."""
    connectors = read.get("voice_connectors") if isinstance(read, dict) else read
    if not isinstance(connectors, list):
        message = f" ({read['msg']})" if isinstance(read, dict) and read.get("msg") else ""
        raise bad_input(f"has no list of Voice Connectors{message}")
    for number, connector in enumerate(connectors, 1):
        if not isinstance(connector, dict) or not connector.get("voice_connector_id"):
            raise bad_input(f"has an item that is not a Voice Connector (item {number})")
    return connectors


def find_unread(result: dict[str, Any], known: set[str]) -> dict[tuple[str | None, str | None], str]:
    """Return why Voice Connectors and Regions were not read, keyed by ID and Region. For a Region, the ID is None."""
    unread: dict[tuple[str | None, str | None], str] = {}
    try:
        for error in result.get("errors") or ():
            if error["voice_connector_id"] not in known:
                unread.setdefault((error["voice_connector_id"], error["region"]), error["message"])
        for region in result["regions"] if result.get("stopped") else ():
            # If reading stopped, the result does not contain the requested IDs that were not tried.
            if not region["complete"]:
                unread.setdefault((None, region["region"]), region["reason"] or "Not every Voice Connector was read.")
    except (LookupError, TypeError):
        raise bad_input("has invalid errors or regions")
    return unread


def evaluate(name: str, connector: Connector, wanted: Any) -> CheckResult:
    """Return the result of one check of one Voice Connector."""
    check = CHECKS[name]
    missing = [include for include in check.includes if include not in connector.values]
    if missing:
        return CheckResult(
            UNKNOWN, None, f"Not read. Add {' and '.join(missing)} to the include option of chime_voice_connector_info."
        )
    try:
        return check.evaluate(connector, wanted)
    except Undecided as e:
        return e.result


def build_findings(
    read: Any, policy: dict[str, Any], now: datetime.datetime
) -> Iterator[tuple[dict[str, Any], str | None, CheckResult]]:
    """Yield the Voice Connector, the key of the policy, and the result for each finding."""
    parsed = parse_policy(policy)
    connectors = get_connectors(read)
    for values in connectors:
        connector = Connector(values, now)
        for name, wanted in parsed.items():
            yield values, name, evaluate(name, connector, wanted)
    if isinstance(read, dict):
        known = {values["voice_connector_id"] for values in connectors}
        for (identifier, region), reason in find_unread(read, known).items():
            for key in parsed if identifier else (None,):
                yield {"voice_connector_id": identifier, "region": region}, key, CheckResult(UNKNOWN, None, reason)


def voice_connector_findings(read: Any, policy: dict[str, Any], now: str | None = None) -> list[dict[str, Any]]:
    """Return the findings described in RETURN."""
    try:
        time = datetime.datetime.now(datetime.timezone.utc) if now is None else parse_time(now)
    except (TypeError, ValueError):
        raise AnsibleFilterError(f"The option now must be a time such as 2026-01-02T03:04:05+00:00, not {show(now)}.")
    return [
        {
            "voice_connector_id": values["voice_connector_id"],
            "name": values.get("name"),
            "region": values.get("region"),
            "check": name,
            "status": result.status,
            "expected": None if name is None else policy[name],
            "actual": result.actual,
            "reason": result.reason,
        }
        for values, name, result in build_findings(read, policy, time)
    ]


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"voice_connector_findings": voice_connector_findings}
