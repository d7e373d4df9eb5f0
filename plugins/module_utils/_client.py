# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""A boto3 client from the connection options of a module.

This collection has its own retries, deadlines, and parsing of responses. Those in botocore and amazon.aws can make a
failure look like an absent resource, or let a task hang:

- Retries and deadlines (``_attempts``). When this service throttles, it returns ThrottledClientException, which
  botocore's mode ``standard`` never retries. After about 17 failures, the retry quota of that mode ends all retries of
  a client, in the middle of a bulk read. ``AWSRetry`` of amazon.aws retries only ClientError, not a broken connection.
  Neither enforces a deadline, and a read timeout restarts with every byte.
- Responses (``_responses``). botocore parses an HTML page, a truncated body, and an empty body as ``{}``. It drops
  members that it does not know, and names errors differently by version.
- Errors (``_explain``, ``_errors``). An exception from the SDK states neither what to do nor whether the request may
  have been applied.

``_operation`` combines these parts: every call goes through an ``Operation``. The handlers for retries and responses
are registered for botocore's events, which are public. The collection also uses the following private parts of other
packages. If one of them changes, the tests in parentheses fail:

- botocore.retries.adaptive and .throttling, the rate limiter of the mode ``adaptive`` (test_attempts)
- ``retry-config-SERVICE``, the ID of botocore's retry handler (test_client)
- ``Config.OPTION_DEFAULTS``, the known keys of ``aws_config`` (every test of a module)
- the modules botocore.credentials and botocore.tokens in a traceback, and the local variable ``redirect_location`` of
  urllib3 (test_chime_voice_connector_proxy_info)
- the words that urllib3 and OpenSSL use in errors about proxy servers and certificates (test_networks)
- ``AnsibleAWSModule.default_settings`` of amazon.aws and ``_load_params`` of Ansible (test_chime_voice_connector_proxy)
"""

from __future__ import annotations

import os
import sys
from typing import Any
from typing import Callable
from typing import NamedTuple
from typing import TypeVar

try:
    from boto3.session import Session
    from botocore.config import Config
    from botocore.exceptions import NoRegionError
    from botocore.exceptions import UnknownServiceError
except ImportError:
    pass  # AnsibleAWSModule reports the missing SDK before anything here is used.

from ansible.module_utils.compat.version import LooseVersion

from ansible_collections.chime_sdk.voice.plugins.module_utils._amazon_aws import gather_sdk_versions
from ansible_collections.chime_sdk.voice.plugins.module_utils._amazon_aws import get_aws_connection_info
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import BOTOCORE_MAX_BACKOFF
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import BULK_MAX_FAULTS
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import MAX_BACKOFF
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import MAX_FAULTS
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import Attempts
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import Policy
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import RateLimit
from ansible_collections.chime_sdk.voice.plugins.module_utils._attempts import run_with_deadline
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import VoiceError
from ansible_collections.chime_sdk.voice.plugins.module_utils._errors import printable
from ansible_collections.chime_sdk.voice.plugins.module_utils._explain import explain_credentials
from ansible_collections.chime_sdk.voice.plugins.module_utils._responses import check_response

_T = TypeVar("_T")

SERVICE = "chime-sdk-voice"

# The oldest botocore that emits the event before-parse.
MINIMUM_BOTOCORE_VERSION = "1.35.16"

CONNECT_TIMEOUT = 5  # seconds
READ_TIMEOUT = 10  # seconds


class VoiceClient(NamedTuple):
    """A boto3 client for one Region, with the policy for its operations."""

    boto3: Any
    policy: Policy
    has_config: bool  # whether the user has set aws_config

    @property
    def region(self) -> str:
        return self.boto3.meta.region_name


class Connection:
    """The connection options of a module, and the session that its clients share.

    No other class uses the module. ``aws_config`` overrides the timeouts set here; its key ``retries`` replaces this
    collection's retries with those of botocore.
    """

    def __init__(self, module: Any, purpose: str, concurrency: int | None = None) -> None:
        """Check the options, and open the session.

        :param module: the AnsibleAWSModule.
        :param purpose: the purpose of the clients, as in "Failed to PURPOSE in REGION".
        :param concurrency: for a bulk run, the number of threads that share each client and its rate limit.
        :raises VoiceError: an option is not valid, or the SDK is too old.
        """
        self._params = module.params
        self._user_config = module.params.get("aws_config") or {}
        self._purpose = purpose
        self._concurrency = concurrency
        _check_options(self._params, self._prefix(None))
        self._region, self._endpoint_url, self._session = self._explaining(None, lambda: self._open(module))

    def client(self, region: str | None = None, service: str = SERVICE) -> VoiceClient:
        """Return a client for *region*, by default the Region of the options.

        :param service: the name of the service in boto3.
        :raises VoiceError: an option is not valid, or no credentials can be obtained.
        """
        client, policy = self._explaining(region, lambda: self._make_with_policy(service, region))
        events = client.meta.events
        if service == SERVICE:
            events.register(f"before-parse.{SERVICE}", check_response)
        if policy.retries:
            # After a single attempt, botocore's handler adds "reached max retries: 0" to the message of every error.
            events.unregister(f"needs-retry.{service}", unique_id=f"retry-config-{service}")
        policy.register(events, service)
        return VoiceClient(client, policy, bool(self._user_config))

    def _open(self, module: Any) -> tuple[str | None, str | None, Any]:
        """Return the Region, the endpoint URL, and the session."""
        region, endpoint_url, options = get_aws_connection_info(module)
        profile = options.pop("profile_name", None)
        config = Config(
            user_agent_extra="ansible-collection/chime_sdk.voice",
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            # botocore makes one attempt, whatever the environment sets. The policy decides whether to make more.
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=self._concurrency or 1,
        )
        user_config = options.pop("aws_config", None)
        self._config = config.merge(user_config) if user_config else config
        self._options = options  # the access keys, and whether to verify certificates
        # One session for all clients, because each session reads botocore's data files again.
        return region, endpoint_url, Session(profile_name=profile)

    def _make_with_policy(self, service: str, region: str | None) -> tuple[Any, Policy]:
        client = self._make(service, region)
        config = client.meta.config
        max_faults = MAX_FAULTS if self._concurrency is None else BULK_MAX_FAULTS
        attempts, backoff = max_faults, MAX_BACKOFF
        own_retries = "retries" not in self._user_config
        if not own_retries:
            attempts, backoff = config.retries.get("total_max_attempts", MAX_FAULTS), BOTOCORE_MAX_BACKOFF
        seconds = longest_operation(config.connect_timeout, config.read_timeout, attempts, backoff)
        rate_limit = None if self._concurrency is None else RateLimit()
        return client, Policy(seconds, own_retries, max_faults, rate_limit)

    def _make(self, service: str, region: str | None, config: Any = None) -> Any:
        """Return a boto3 client within a deadline: creating the first one may run a ``credential_process`` that hangs."""
        attempts = Attempts(longest_operation(CONNECT_TIMEOUT, READ_TIMEOUT, backoff=MAX_BACKOFF))
        return run_with_deadline(
            lambda: self._session.client(
                service,
                region_name=region or self._region,
                endpoint_url=self._endpoint_url,
                config=config or self._config,
                **self._options,
            ),
            attempts.remaining,
        )

    def _prefix(self, region: str | None) -> str:
        where = region or self._params.get("region") or "the default Region"
        return f"Failed to {self._purpose} in {where}: "

    def _explaining(self, region: str | None, make: Callable[[], _T]) -> _T:
        """Return the result of *make*, and raise its exceptions as VoiceError."""
        prefix = self._prefix(region)
        try:
            return make()
        except NoRegionError:
            raise VoiceError("no_region", prefix=f"Failed to {self._purpose}: ") from None
        except UnknownServiceError as e:
            raise VoiceError("no_service", prefix, service=SERVICE, **installed_sdk()) from e
        except Exception as e:  # for bad options, botocore raises ValueError, TypeError, AttributeError, and others
            words = f"botocore reported: {printable(e)}" if str(e) else ""
            source = explain_credentials(e)
            if source is not None:
                raise VoiceError("credentials_unavailable", prefix, words, affects_all=True, source=source) from e
            name = "bad_config" if self._fails_only_with_config(region) else "bad_connection_option"
            raise VoiceError(name, prefix, words) from e

    def _fails_only_with_config(self, region: str | None) -> bool:
        """Whether a client can be made without ``aws_config``."""
        if not self._user_config:
            return False
        try:
            self._make(SERVICE, region, Config())
        except Exception:  # the cause is a different option
            return False
        return True


def installed_sdk() -> dict[str, Any]:
    """Return the message fields for the installed botocore and its Python."""
    return {"version": gather_sdk_versions()["botocore_version"], "python": sys.executable}


def _check_options(params: dict[str, Any], prefix: str) -> None:
    """Raise VoiceError if botocore is too old, or a connection option is not valid."""
    sdk = installed_sdk()
    # AnsibleAWSModule accepts every version if the package packaging is not installed.
    if LooseVersion(sdk["version"]) < LooseVersion(MINIMUM_BOTOCORE_VERSION):
        raise VoiceError("old_botocore", prefix, minimum=MINIMUM_BOTOCORE_VERSION, **sdk)
    if params.get("profile") and any(params.get(key) for key in ("access_key", "secret_key", "session_token")):
        raise VoiceError("profile_and_keys", prefix)
    bundle = params.get("aws_ca_bundle")
    if params.get("validate_certs") and bundle and not os.path.exists(bundle):
        raise VoiceError("no_ca_bundle", prefix, path=bundle)
    config = params.get("aws_config") or {}
    unknown = sorted(set(config) - set(Config.OPTION_DEFAULTS))
    if unknown:
        raise VoiceError("unknown_config_key", prefix, keys=", ".join(map(repr, unknown)))
    try:
        Config(**config)
    except Exception as e:  # TypeError, ValueError, and errors from botocore
        raise VoiceError("bad_config", prefix, f"botocore reported: {printable(e)}") from e


def longest_operation(
    connect_timeout: float | None, read_timeout: float | None, attempts: int = MAX_FAULTS, backoff: float = MAX_BACKOFF
) -> float | None:
    """Return the longest duration of an operation in seconds, or None if the user has removed a timeout."""
    if connect_timeout is None or read_timeout is None:
        return None
    return float(attempts * (connect_timeout + read_timeout + backoff))
