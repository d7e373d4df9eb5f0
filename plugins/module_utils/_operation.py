# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Call a service operation within its limits, and raise every failure as a VoiceError."""

from __future__ import annotations

from typing import Any

try:
    from botocore import xform_name
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule reports the missing SDK before anything here is used.

from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import Attempts
from ansible_collections.chime_sdk.voice.plugins.module_utils._client import VoiceClient
from ansible_collections.chime_sdk.voice.plugins.module_utils._client import installed_sdk
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import NotFound
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import VoiceError
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import printable
from ansible_collections.chime_sdk.voice.plugins.module_utils._explain import count_requests
from ansible_collections.chime_sdk.voice.plugins.module_utils._explain import explain_error
from ansible_collections.chime_sdk.voice.plugins.module_utils._explain import explain_exception
from ansible_collections.chime_sdk.voice.plugins.module_utils._explain import is_from_aws
from ansible_collections.chime_sdk.voice.plugins.module_utils._explain import is_named_not_found
from ansible_collections.chime_sdk.voice.plugins.module_utils._responses import RAW_JSON
from ansible_collections.chime_sdk.voice.plugins.module_utils._responses import TRUNCATED
from ansible_collections.chime_sdk.voice.plugins.module_utils._responses import UnreadableResponse

# AWS may reject a new configuration because support for proxy sessions has ended, whatever reason the response gives.
_ENDED = "; note that AWS ended support for proxy sessions on 2026-04-07 and may refuse this"

# For operations on proxy configurations: each message, and its replacement that mentions the end of support.
_ENDED_MESSAGES = {"no_operation": "no_proxy_operation", "not_offered": "proxies_not_offered"}


class Operation:
    """One call to a service operation."""

    def __init__(self, client: VoiceClient, name: str, action: str) -> None:
        """Prepare a call.

        :param name: the name of the operation, such as ``GetVoiceConnector``.
        :param action: the action, as in "Failed to ACTION in REGION".
        """
        self._client = client
        self._name = name
        self._action = action
        self._attempts = Attempts(client.policy.seconds)

    def require(self) -> Any:
        """Return botocore's method for this operation; raise VoiceError if it has none."""
        method = getattr(self._client.boto3, xform_name(self._name), None)
        if method is None:
            raise self.failure("no_operation", affects_all=True, rejected=True, **installed_sdk())
        return method

    def __call__(self, **parameters: Any) -> dict[str, Any]:
        """Call the operation and return botocore's response. Any output of the operation is in ``RawJson``.

        :raises NotFound: the service returned the error NotFound.
        :raises VoiceError: any other failure.
        """
        method = self.require()
        try:
            response = self._client.policy.run(lambda: method(**parameters), self._attempts)
        except Exception as e:  # the SDK does not wrap ValueError, TypeError, OSError, and others
            raise self._explain(e) from e
        if TRUNCATED in response:
            raise self._truncated()
        return response

    def member(self, response: dict[str, Any], name: str) -> Any:
        """Return the JSON of the member *name* in a response, or None if AWS confirms that there is none.

        :raises VoiceError: the response has only other members, or is empty and may not come from AWS.
        """
        document = response[RAW_JSON]
        if document.get(name):
            return document[name]
        if document and name not in document:
            raise self.unreadable(f"it has other members, but not {name}")
        self.require_request_id(response)
        return None

    def require_request_id(self, response: dict[str, Any]) -> None:
        """Raise VoiceError for an empty response that may not come from AWS."""
        if not response["ResponseMetadata"].get("RequestId"):
            raise self.unreadable("it is empty, and has no request ID, unlike every response from AWS")

    def unreadable(self, reason: str) -> VoiceError:
        """Return the error for an invalid response with a success status."""
        return self.failure("unreadable", reason=reason)

    def failure(self, name: str, kind: type[VoiceError] = VoiceError, words: str = "", **fields: Any) -> VoiceError:
        """Return the error with the message *name* about this operation; *fields* are those of VoiceError."""
        if self._name.endswith("VoiceConnectorProxy"):
            name = _ENDED_MESSAGES.get(name, name)
        fields.setdefault("permission", f"{self._client.boto3.meta.service_model.signing_name}:{self._name}")
        prefix = f"Failed to {self._action} in {self._client.region} ({self._name}): "
        return kind(name, prefix, words, operation=self._name, region=self._client.region, **fields)

    def _truncated(self) -> VoiceError:
        return self.failure("truncated", requests=count_requests(self._attempts.sent))

    def _explain(self, exception: Exception) -> VoiceError:
        """Return the error for an exception from the SDK."""
        if isinstance(exception, UnreadableResponse):
            return self.unreadable(str(exception))
        if isinstance(exception, ClientError) and exception.operation_name == self._name:
            if TRUNCATED in exception.response:
                return self._truncated()
            return self._explain_error(exception)
        # A ClientError here is from a different operation that botocore called first, such as AssumeRole.
        response = exception.response if isinstance(exception, ClientError) else None
        name, values, affects_all = explain_exception(exception, self._attempts, self._client)
        words = f"{'AWS said' if response else 'botocore reported'}: {printable(exception)}" if str(exception) else ""
        rejected = self._attempts.sent == 0
        return self.failure(name, words=words, response=response, affects_all=affects_all, rejected=rejected, **values)

    def _explain_error(self, error: ClientError) -> VoiceError:
        """Return the error for an error response to this operation: NotFound if AWS returned that error."""
        ended = _ENDED if self._name == "PutVoiceConnectorProxy" else ""
        name, values, affects_all = explain_error(error, self._attempts, ended)
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return self.failure(
            name,
            kind=NotFound if is_named_not_found(error) else VoiceError,
            words=f"{'AWS said' if is_from_aws(error) else 'The response was'}: {printable(error)}",
            response=error.response,
            affects_all=affects_all,
            rejected=(name == "throttled" or 300 <= status < 500 and status != 408) and not self._attempts.unknown,
            **values,
        )
