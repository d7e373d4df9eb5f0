# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The AWS account of a connection."""

from __future__ import annotations

from ansible_collections.chime_sdk.voice.plugins.module_utils._client import Connection
from ansible_collections.chime_sdk.voice.plugins.module_utils._operation import Operation


def get_account_id(connection: Connection, region: str | None) -> str:
    """Return the ID of the account that the credentials in use belong to. Operation: GetCallerIdentity of STS.

    :param region: the Region of the endpoint; None for the Region of the connection.
    :raises VoiceError: an error, no response, or a response without an account.
    """
    operation = Operation(connection.client(region, "sts"), "GetCallerIdentity", "get the AWS account ID")
    account_id = operation().get("Account")
    if not account_id:
        raise operation.unreadable("it does not contain an account")
    return account_id
