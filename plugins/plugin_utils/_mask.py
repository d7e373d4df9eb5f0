# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Mask phone numbers and user names, and convert values of any type for JSON. All functions are pure."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

_MIN_PARTLY_MASKED = 8  # characters
_MAX_DEPTH = 40
_MAX_INT = 2**63

# Matches the keys whose values are phone numbers. The key phone_number_countries does not match, because its values are
# countries.
_PHONE_KEY = re.compile(r"phone_numbers?$|^dnis$")
# The values of these keys are not masked, because identifiers also contain digits, and because users need the name of a
# Voice Connector.
_KEPT = frozenset(
    [
        "account_id",
        "account_ids",
        "assume_role_arn",
        "aws_region",
        "check",
        "name",
        "names",
        "region",
        "status",
        "voice_connector_arn",
        "voice_connector_id",
        "voice_connector_ids",
    ]
)
# The keys whose values can contain phone numbers that are not in the settings of a Voice Connector
_LIKELY_KEYS = ("reason", "actual", "expected", "tags", "allowed_tag_values")
# The minimum length of a user name that is masked in tags and findings. A shorter user name can be an ordinary word, so
# it is masked only under the key usernames.
_MIN_USER = 3
# Four or more digits, with or without a plus sign in front of them and punctuation between them. There is only one way
# to match a string, so matching takes linear time.
_DIGITS = re.compile(r"(?:(?<!\w)\+)?[0-9](?:[\s().\-/]{0,3}[0-9]){3,}")
# A probable phone number, even without a plus sign. 12 digits do not match, because they can be an account ID.
_LIKELY = re.compile(
    r"(?<![0-9])(?:[0-9]{10,11}|[0-9]{13,15}|[0-9]{3}\)?[\s.\-]{1,2}[0-9]{3}[\s.\-][0-9]{4})(?![0-9])", re.ASCII
)


def mask(phone_number: str) -> str:
    """Mask all but the last two digits of a phone number, or every character of a short phone number."""
    shown = phone_number[-2:] if len(phone_number) >= _MIN_PARTLY_MASKED else ""
    return "*" * (len(phone_number) - len(shown)) + shown


def _only_digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def _find_phone_numbers(value: Any, private: bool = False, depth: int = 0) -> Iterator[str]:
    """Yield every phone number in *value*: each string that belongs to a key that _PHONE_KEY matches."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _find_phone_numbers(inner, bool(_PHONE_KEY.search(str(key))), depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _find_phone_numbers(inner, private, depth + 1)
    elif private and isinstance(value, str):
        yield value


class Mask:
    """Mask the phone numbers and user names of Voice Connectors, and other numbers that look like phone numbers.

    :param connectors: the Voice Connectors as read.
    :param show: whether to return everything unmasked.
    """

    def __init__(self, connectors: Iterable[dict[str, Any]], show: bool = False) -> None:
        self.show = show
        self._numbers: set[str] = set()
        self._users: dict[tuple[Any, Any], re.Pattern[str]] = {}
        for connector in () if show else connectors:
            for number in _find_phone_numbers(connector):
                digits = _only_digits(number)
                # Also find a number without its country code, which has at most three digits.
                self._numbers.update(digits[start:] for start in range(4) if len(digits) - start > 6)
            credentials = connector.get("termination_credentials")
            names = credentials.get("usernames") if isinstance(credentials, dict) else None
            users = [name for name in (names if isinstance(names, list) else ()) if isinstance(name, str)]
            users = [name for name in users if len(name) >= _MIN_USER]
            if users:
                words = "|".join(re.escape(name) for name in sorted(users, key=len, reverse=True))
                key = (connector.get("account_id"), connector.get("voice_connector_id"))
                self._users[key] = re.compile(rf"(?<!\w)(?:{words})(?!\w)")
        self._lengths = sorted({len(number) for number in self._numbers})
        self.text = functools.lru_cache(1024)(self._text)  # many findings contain the same strings

    def _text(self, text: str, likely: bool = False) -> str:
        """Return *text* with masked phone numbers. If *likely* is true, also mask probable phone numbers."""

        def mask_digits(match: re.Match[str]) -> str:
            run, digits = match[0], _only_digits(match[0])
            private = run.startswith("+") or any(
                digits[start : start + length] in self._numbers
                for length in self._lengths
                for start in range(len(digits) - length + 1)
            )
            return mask(run) if private or (likely and _LIKELY.search(run)) else run

        return text if self.show else _DIGITS.sub(mask_digits, text)

    def value(self, value: Any, key: str = "", depth: int = 0, likely: bool = False) -> Any:
        """Return a value that JSON can contain, with all private data masked. Deeply nested parts become "...".

        :param key: the key that the value belongs to, which decides how a string is masked.
        :param likely: whether to also mask probable phone numbers that are not in the settings of a Voice Connector.
        """
        likely = likely or key in _LIKELY_KEYS
        if isinstance(value, str):
            if self.show or (key in _KEPT and not likely):
                return str(value)
            if key == "usernames":
                return "****"
            return mask(value) if _PHONE_KEY.search(key) else self.text(value, likely)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value if abs(value) < _MAX_INT else "..."
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if depth > _MAX_DEPTH:
            return "..."
        if isinstance(value, dict):
            return {
                self.text(str(name), likely): self.value(inner, str(name), depth + 1, likely)
                for name, inner in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.value(inner, key, depth + 1, likely) for inner in value]
        return self.text(str(value))

    def connector(self, connector: dict[str, Any]) -> dict[str, Any]:
        """Return a masked Voice Connector. Its user names are also masked in its tags."""
        masked: dict[str, Any] = self.value(connector)
        users = self._users.get((connector.get("account_id"), connector.get("voice_connector_id")))
        if users and "tags" in masked:
            masked["tags"] = _replace(masked["tags"], users)
        return masked

    def finding(self, finding: dict[str, Any]) -> dict[str, Any]:
        """Return a masked finding. The user names of its Voice Connector are also masked."""
        masked: dict[str, Any] = self.value(finding)
        users = self._users.get((finding["account_id"], finding["voice_connector_id"]))
        if users:
            for key in ("actual", "reason"):
                masked[key] = _replace(masked[key], users)
        return masked


def _replace(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub("****", value)
    if isinstance(value, list):
        return [_replace(inner, pattern) for inner in value]
    if isinstance(value, dict):
        return {key: _replace(inner, pattern) for key, inner in value.items()}
    return value
