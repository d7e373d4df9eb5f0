# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Write and read the backup file of proxy configurations.

The file contains a JSON object with ``format`` (1), ``account``, ``created`` (ISO 8601), and ``voice_connectors``. Each
item of ``voice_connectors`` is called a record. It has ``voice_connector_id``, ``region``, ``name``, and ``proxy``.
``proxy`` is the ``Proxy`` structure as the service returned it.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import json
import os
import re
import stat
from typing import Any

from ._bulk_writes import Record, find_problem
from ._errors import VoiceError
from ._options import REGION, VOICE_CONNECTOR_ID
from ._redact import PhoneNumbers, redact
from ._responses import parse_json
from ._selection import ACCOUNT_ID

FORMAT = 1
MAX_SIZE = 64 * 1024 * 1024  # bytes


def write_backup(folder: str, account_id: str, records: list[Record], now: datetime.datetime, prefix: str) -> str:
    """Write the backup to a new file that only its owner can read. Verify the file, and return its absolute path.

    :param folder: the folder for the file. The folder is created if it does not exist.
    :param now: the current time in UTC, for the name of the file and for ``created``.
    :param prefix: the beginning of error messages: "Failed to ...: ".
    :raises VoiceError: the file could not be written, or the verification failed.
    """
    path = check_folder(folder, account_id, now, prefix)
    document = {
        "format": FORMAT,
        "account": account_id,
        "created": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "voice_connectors": [record._asdict() for record in records],
    }
    try:
        _write_new(path, json.dumps(document, indent=2).encode() + b"\n")
        written = _read(path)
    except OSError as e:
        raise VoiceError("backup_not_written", prefix, path=redact(path), reason=_to_reason(e)) from e
    if _parse(written) != document:
        raise VoiceError("backup_differs", prefix, path=path)
    return path


def check_folder(folder: str, account_id: str, now: datetime.datetime, prefix: str) -> str:
    """Check the folder, and return the absolute path to which ``write_backup`` writes the backup. Create nothing.

    :raises VoiceError: the backup cannot be written to this path.
    """
    path = os.path.join(os.path.abspath(folder), f"proxy-backup-{account_id}-{now:%Y%m%dT%H%M%S.%fZ}.json")
    reason = None
    try:
        # encode() raises ValueError if the path is not valid UTF-8. Ansible cannot return such a path in the result.
        path.encode()
        existing = path
        while not _exists(existing):
            existing = os.path.dirname(existing)
        if existing != path and not os.path.isdir(existing):
            reason = f"{redact(existing)} is not a folder"
        elif existing != path and not os.access(existing, os.R_OK | os.W_OK | os.X_OK):
            reason = f"{redact(existing)} is not writable"
    except (OSError, ValueError) as e:  # in _exists(), os.lstat() raises ValueError for a path with a null byte
        reason = _to_reason(e)
    if reason is not None:
        raise VoiceError("backup_not_written", prefix, path=redact(path), reason=reason)
    return path


def read_backup(
    path: str, account_id: str, identifiers: list[str] | None, numbers: PhoneNumbers, prefix: str
) -> list[Record]:
    """Read the backup of an account from a file, and return the selected records.

    :param identifiers: the IDs of the selected records, or None for all records.
    :param numbers: an object that contains the phone numbers to hide in messages. This function adds each phone number
        of the backup to the object.
    :raises VoiceError: the file cannot be read, is not a backup, or belongs to a different account. It is also raised
        if the file has no record for one of the *identifiers*, or if a selected record cannot be restored.
    """
    path = os.path.abspath(path)
    try:
        content = _read(path)
    except (OSError, ValueError) as e:
        raise VoiceError("backup_not_read", prefix, path=redact(path), reason=_to_reason(e)) from e
    document = _parse(content)
    version: Any = document.get("format") if isinstance(document, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise VoiceError("newer_backup", prefix, path=path, format=version)
    problem = _find_problem(document)
    if problem:
        raise VoiceError("bad_backup", prefix, path=path, problem=problem)
    if document["account"] != account_id:
        raise VoiceError("backup_account", prefix, path=path, account=document["account"], account_id=account_id)
    records: dict[str, Record] = {}
    for number, entry in enumerate(document["voice_connectors"], 1):
        entry = entry if isinstance(entry, dict) else {}
        if isinstance(entry.get("proxy"), dict):
            numbers.add(entry["proxy"])
        identifier: Any = entry.get("voice_connector_id")
        valid = _is_match(identifier, VOICE_CONNECTOR_ID)
        if identifiers is not None and not (valid and identifier in identifiers):
            continue
        label = f"record {number} ({identifier})" if valid else f"record {number}"
        if not valid:
            problem = "has no valid voice_connector_id"
        else:
            problem = "is a duplicate" if identifier in records else _find_record_problem(entry)
        if problem:
            raise VoiceError("bad_backup", prefix, path=path, problem=f"{label} {problem}")
        records[identifier] = Record(identifier, entry["region"], entry["name"], entry["proxy"])
    chosen = records if identifiers is None else dict.fromkeys(identifiers)
    missing = [identifier for identifier in chosen if identifier not in records]
    if missing:
        raise VoiceError("not_in_backup", prefix, path=path, ids=", ".join(missing))
    return [records[identifier] for identifier in chosen]


def _read(path: str) -> bytes:
    """Return the content of a regular file. Reading a file of a different kind, such as a named pipe, could hang.

    :raises OSError: the file cannot be read, is not a regular file, or is larger than MAX_SIZE.
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        content = file.read(MAX_SIZE + 1)
    if len(content) > MAX_SIZE:
        raise OSError(errno.EFBIG, f"it is larger than {MAX_SIZE // 1024 // 1024} MB")
    return content


def _exists(path: str) -> bool:
    """Return whether a file or folder of any kind exists at this path; raise OSError if this cannot be checked."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    return True


def _write_new(path: str, content: bytes) -> None:
    folder = os.path.dirname(path)
    created = not os.path.isdir(folder)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    # Because of O_EXCL, this fails if the path exists, even if it is a symbolic link.
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
        # Remove the partial backup. Nobody needs it, because no proxy configuration has been deleted yet.
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise


def _sync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as e:
        if e.errno != errno.EINVAL:  # EINVAL is not a failure: this file system cannot sync folders
            raise
    finally:
        os.close(descriptor)


def _parse(content: bytes) -> Any:
    """Return the JSON document, or None if the content is not valid JSON."""
    try:
        return parse_json(content.decode())
    except (ValueError, RecursionError):
        return None


def _find_problem(document: Any) -> str | None:
    """Return the first problem of a backup, or None. This does not check the records of the backup."""
    if not isinstance(document, dict):
        return "it is not a complete JSON object"
    if document.get("format") != FORMAT or isinstance(document["format"], bool):
        return f"its format is not {FORMAT}"
    if not _is_match(document.get("account"), ACCOUNT_ID):
        return "its account is missing or is not an account ID"
    if not isinstance(document.get("voice_connectors"), list) or not document["voice_connectors"]:
        return "its voice_connectors are missing, empty, or not a list"
    return None


def _find_record_problem(entry: dict[str, Any]) -> str | None:
    """Return the reason why a record cannot be restored, or None if it can be restored.

    The reason does not contain the phone number in the proxy configuration.
    """
    missing = [name for name in ("region", "name", "proxy") if name not in entry]
    if missing:
        return f"has no {missing[0]}"
    if not _is_match(entry["region"], REGION):
        return "has a value for region that is not an AWS Region"
    if not isinstance(entry["name"], (str, type(None))):
        return "has a value for name that is not a string"
    return find_problem(entry["proxy"])


def _to_reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or redact(error)


def _is_match(value: Any, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
