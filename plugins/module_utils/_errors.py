# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The exception for all failures that a module reports to the user."""

from __future__ import annotations

import string
from typing import Any, TypeVar

_Error = TypeVar("_Error", bound="VoiceError")


def find_message(name: str) -> str:
    """Return the message with this name."""
    from ._failures import FAILURES
    from ._messages import MESSAGES

    return FAILURES[name].message if name in FAILURES else MESSAGES[name]


def fields_of(name: str) -> set[str]:
    """Return the names of the placeholders in a message, except ``operation``, which every VoiceError has."""
    fields = {field for _text, field, _format, _conversion in string.Formatter().parse(find_message(name)) if field}
    return fields - {"operation"}


class VoiceError(Exception):
    """A failure, with its message for the user."""

    def __init__(
        self,
        name: str,
        prefix: str = "",
        words: str = "",
        operation: str | None = None,
        region: str | None = None,
        error: dict[str, str] | None = None,
        metadata: dict[str, Any] | None = None,
        affects_all: bool = False,
        rejected: bool = False,
        **fields: Any,
    ) -> None:
        """Create the error from the message *name*.

        :param prefix: "Failed to ... in ...: "; empty for a message about an option.
        :param words: the original error after "AWS said:", "The response was:", or "botocore reported:"; may be empty.
        :param operation: the AWS operation that failed.
        :param region: the Region of the request.
        :param error: ``code`` and ``message`` of the error that AWS returned.
        :param metadata: ``http_status_code`` and ``request_id`` of the error response.
        :param affects_all: whether every further request will fail for the same reason.
        :param rejected: whether it is certain that the service did not apply the request.
        :param fields: a value for each placeholder in the message.
        :raises TypeError: the names of *fields* differ from the names of the placeholders in the message.
        """
        if set(fields) != fields_of(name):
            raise TypeError(f"the message {name} has the fields {sorted(fields_of(name))}, not {sorted(fields)}")
        message = find_message(name)
        self.message = f"{prefix}{message.format(operation=operation, **fields)}." + (f" {words}" if words else "")
        super().__init__(self.message)
        self.name = name
        self.words = words
        self.operation = operation
        self.region = region
        self.error = error
        self.metadata = metadata
        self.affects_all = affects_all
        self.rejected = rejected
        self.pending = False  # whether the service may still apply a request that was abandoned
        self.details: dict[str, Any] = {}  # further return values of the failed task

    @property
    def code(self) -> str | None:
        """The error code from AWS, or None if AWS did not return a code."""
        return self.error["code"] if self.error else None

    def detach(self: _Error) -> _Error:
        """Remove the traceback and causes of this error, because they keep responses in memory. Return the error."""
        self.__traceback__ = self.__context__ = self.__cause__ = None
        return self

    def failure(self, **known: Any) -> dict[str, Any]:
        """Return the result of a failed task: the values in *known*, overridden by the values of this error."""
        from ansible_collections.amazon.aws.plugins.module_utils.botocore import gather_sdk_versions

        result = {**known, **gather_sdk_versions(), **self.details, "msg": self.message}
        if self.region is not None:
            result["region"] = self.region
        if self.metadata is not None:
            result["error"] = self.error
            result["response_metadata"] = self.metadata
        return result


class NotFound(VoiceError):
    """The service returned the error NotFound: the resource does not exist."""
