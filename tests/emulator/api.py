# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Types that the two emulated APIs share with the server."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ansible_collections.chime_sdk.voice.tests.emulator.signature import Refused, check_signature


class ServiceError(Exception):
    """An error that the service returns. If *status* is None, the API derives the status from *name*."""

    def __init__(self, name: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.status = status


class Response(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Request:
    method: str
    origin: str  # the scheme, plus the host and port from the Host header
    target: str  # the path and query, percent-encoded
    headers: Mapping[str, str]  # the names are in lower case
    body: bytes
    arrived: datetime.datetime
    max_skew: datetime.timedelta  # the largest allowed difference between the times of signing and arrival

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def check_signature(self, credentials: Mapping[str, dict[str, Any]], service: str) -> tuple[dict[str, Any], str]:
        """Return the credential that signed the request, and the Region in the signature.

        :raises Refused: if the signature is not valid for *service*, or the credential has expired.
        """
        secrets = {key: (known["secret"], known["token"]) for key, known in credentials.items()}
        key, region = check_signature(
            self.method,
            self.origin + self.target,
            self.headers,
            self.body,
            secrets,
            service,
            self.arrived,
            self.max_skew,
        )
        expires = credentials[key]["expires"]
        if expires and expires <= self.arrived:
            raise Refused("ExpiredTokenException", "The security token included in the request is expired")
        return credentials[key], region
