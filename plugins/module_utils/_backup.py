# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Write and read the backup file of proxy configurations.

The file contains a JSON object with ``format`` (2), ``account``, ``created`` (ISO 8601), and ``voice_connectors``. Each
item of ``voice_connectors`` has ``voice_connector_id``, ``region``, ``name``, and ``proxy``. ``proxy`` is the ``Proxy``
structure as the service returned it. In a backup from release 1.0.0, ``format`` is missing, and the items contain the
members of the proxy directly.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import json
import os
import re
from typing import Any, NamedTuple

from ._errors import VoiceError
from ._options import PHONE_NUMBER, VOICE_CONNECTOR_ID
from ._redact import redact
from ._selection import ACCOUNT_ID
from ._writes import MEMBERS

FORMAT = 2

_REGION = re.compile(r"[a-z0-9-]{1,63}")


class Record(NamedTuple):
    """One Voice Connector with its proxy configuration."""

    voice_connector_id: str
    region: str
    name: str | None
    proxy: dict[str, Any]  # a ``Proxy`` structure

    def describe(self) -> dict[str, Any]:
        """Return the record as modules return it, without the phone number."""
        return {"voice_connector_id": self.voice_connector_id, "name": self.name, "region": self.region}


class Backup(NamedTuple):
    account_id: str
    records: list[Record]


def write_backup(folder: str, account_id: str, records: list[Record], now: datetime.datetime, prefix: str) -> str:
    """Write a new file that only its owner can read, verify it, and return its absolute path.

    :param folder: created if missing.
    :param now: the time in UTC.
    :param prefix: "Failed to ...: ".
    :raises VoiceError: the file could not be written completely.
    """
    name = f"proxy-backup-{account_id}-{now:%Y%m%dT%H%M%S.%fZ}.json"
    path = os.path.join(os.path.abspath(folder), name)
    document = {
        "format": FORMAT,
        "account": account_id,
        "created": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "voice_connectors": [record._asdict() for record in records],
    }
    try:
        _write_new(path, json.dumps(document, indent=2).encode() + b"\n")
        with open(path, "rb") as file:
            written = file.read()
    except (OSError, ValueError) as e:  # ValueError for an impossible path, such as one with a null byte
        raise VoiceError("backup_not_written", prefix, path=redact(path), reason=_to_reason(e)) from e
    if _parse_json(written) != document:
        raise VoiceError("backup_differs", prefix, path=path)
    return path


def read_backup(path: str, account_id: str, prefix: str) -> Backup:
    """Read the backup of this account from a file, and check every record.

    :raises VoiceError: the file cannot be read, is not a valid backup, or belongs to a different account.
    """
    path = os.path.abspath(path)
    try:
        with open(path, "rb") as file:
            content = file.read()
    except (OSError, ValueError) as e:
        raise VoiceError("backup_not_read", prefix, path=redact(path), reason=_to_reason(e)) from e
    document = _parse_json(content)
    version: Any = document.get("format", 1) if isinstance(document, dict) else None
    if _is_int(version) and version > FORMAT:
        raise VoiceError("newer_backup", prefix, path=path, format=version)
    problem = _find_problem(document, version)
    if problem:
        raise VoiceError("bad_backup", prefix, path=path, problem=problem)
    if document["account"] != account_id:
        raise VoiceError("backup_account", prefix, path=path, account=document["account"], account_id=account_id)
    entries = document["voice_connectors"]
    records = [Record(e["voice_connector_id"], e["region"], e["name"], _proxy_of(e, version)) for e in entries]
    return Backup(account_id, records)


def choose_records(backup: Backup, identifiers: list[str] | None, path: str, prefix: str) -> list[Record]:
    """Return the records with these IDs, or all records if *identifiers* is None.

    :raises VoiceError: an ID has no record, or a chosen record lacks a member that the service requires.
    """
    known = {record.voice_connector_id: record for record in backup.records}
    chosen = list(known) if identifiers is None else list(dict.fromkeys(identifiers))
    missing = [identifier for identifier in chosen if identifier not in known]
    if missing:
        raise VoiceError("not_in_backup", prefix, path=os.path.abspath(path), ids=", ".join(missing))
    for number, record in enumerate(backup.records, 1):
        for member in ("DefaultSessionExpiryMinutes", "PhoneNumberCountries"):
            if record.voice_connector_id in chosen and not record.proxy.get(member):
                problem = f"{_label(number, record.voice_connector_id)} has no {member}, which the service requires"
                raise VoiceError("bad_backup", prefix, path=os.path.abspath(path), problem=problem)
    return [known[identifier] for identifier in chosen]


def _write_new(path: str, content: bytes) -> None:
    folder = os.path.dirname(path)
    created = not os.path.isdir(folder)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    # O_EXCL neither replaces a file nor follows a symbolic link.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        for directory in [folder, os.path.dirname(folder)] if created else [folder]:
            _sync_directory(directory)
    except OSError:
        # Remove the partial backup. It is useless, and nothing has been deleted yet.
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise


def _sync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as e:
        if e.errno != errno.EINVAL:  # some file systems cannot sync folders
            raise
    finally:
        os.close(descriptor)


def _parse_json(content: bytes) -> Any:
    """Return the JSON document, or None if the content is not valid JSON."""
    try:
        return json.loads(content.decode())
    except (ValueError, RecursionError):
        return None


def _find_problem(document: Any, version: Any) -> str | None:
    """Return the first problem in a document, or None. The problem names IDs and keys, but shows no other values."""
    if not isinstance(document, dict):
        return "it is not a complete JSON object"
    if not _is_int(version) or version < 1:
        return "its format is not a number"
    if not _is_match(document.get("account"), ACCOUNT_ID):
        return "its account is missing or is not an account ID"
    entries = document.get("voice_connectors")
    if not isinstance(entries, list) or not entries:
        return "its voice_connectors are missing, empty, or not a list"
    seen: set[str] = set()
    for number, entry in enumerate(entries, 1):
        identifier: Any = entry.get("voice_connector_id") if isinstance(entry, dict) else None
        if not _is_match(identifier, VOICE_CONNECTOR_ID):
            return f"record {number} has no valid voice_connector_id"
        problem = "is a duplicate" if identifier in seen else _find_record_problem(entry, version)
        if problem:
            return f"{_label(number, identifier)} {problem}"
        seen.add(identifier)
    return None


def _find_record_problem(entry: dict[str, Any], version: int) -> str | None:
    names = ("region", "name", *MEMBERS) if version == 1 else ("region", "name", "proxy")
    missing = [name for name in names if name not in entry]
    if missing:
        return f"has no {missing[0]}"
    if not _is_match(entry["region"], _REGION):
        return "has a value for region that is not an AWS Region"
    if not isinstance(entry["name"], (str, type(None))):
        return "has a value for name that is not a string"
    proxy = _proxy_of(entry, version)
    if not isinstance(proxy, dict):
        return "has a value for proxy that is not an object"
    minutes, countries = proxy.get("DefaultSessionExpiryMinutes", 1), proxy.get("PhoneNumberCountries", [])
    if not _is_int(minutes) or minutes < 1:
        return "has a value for DefaultSessionExpiryMinutes that is not a positive number"
    if not isinstance(countries, list) or not all(isinstance(country, str) and country for country in countries):
        return "has a value for PhoneNumberCountries that is not a list of strings"
    if not isinstance(proxy.get("Disabled", False), bool):
        return "has a value for Disabled that is not a boolean"
    # A masked phone number is not valid.
    if proxy.get("FallBackPhoneNumber", "") != "" and not _is_match(proxy["FallBackPhoneNumber"], PHONE_NUMBER):
        return "has a value for FallBackPhoneNumber that is not a phone number"
    return None


def _proxy_of(entry: dict[str, Any], version: int) -> Any:
    if version > 1:
        return entry["proxy"]
    return {member: entry[name] for name, member in MEMBERS.items() if entry[name] is not None}


def _to_reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or redact(error)


def _label(number: int, identifier: str) -> str:
    return f"record {number} ({redact(identifier)})"


def _is_match(value: Any, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_int(value: Any) -> bool:
    """Whether *value* is an integer. A boolean does not count, although Python treats it as an integer."""
    return isinstance(value, int) and not isinstance(value, bool)
