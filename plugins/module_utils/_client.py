# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The client for Amazon Chime SDK Voice, made from the connection options of a module."""

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
    pass  # AnsibleAWSModule reports it, before anything here is used.

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

# The oldest botocore that emits before-parse.
MINIMUM_BOTOCORE_VERSION = "1.35.16"

CONNECT_TIMEOUT = 5  # seconds
READ_TIMEOUT = 10  # seconds
# How long an operation takes at most: MAX_FAULTS times both timeouts and a wait.


class VoiceClient(NamedTuple):
    """A boto3 client for one Region, and how often and how long each of its operations is tried."""

    boto3: Any
    policy: Policy
    has_config: bool  # whether the user has set aws_config

    @property
    def region(self) -> str:
        return self.boto3.meta.region_name


class Connection:
    """The connection options of a module, and one session for all clients that are made from them.

    The only class that sees the module. What the user sets in ``aws_config`` wins over the bounds here;
    ``retries`` there replaces this collection's retries by botocore's own.
    """

    def __init__(self, module: Any, purpose: str, concurrency: int | None = None) -> None:
        """Check the options.

        :param module: the AnsibleAWSModule.
        :param purpose: what the clients are for, as in "Failed to PURPOSE".
        :param concurrency: for a bulk run, how many threads share each client; they then keep to one rate together.
        :raises VoiceError: the options or the SDK cannot work.
        """
        self._params = module.params
        self._purpose = purpose
        self._concurrency = concurrency
        _check_options(self._params, self._prefix(None))
        self._region, self._endpoint_url, self._session = self._guarded(None, lambda: self._open(module))

    @property
    def region(self) -> str | None:
        """The Region of the options, the environment or the profile."""
        return self._region

    def client(self, region: str | None = None, service: str = SERVICE) -> VoiceClient:
        """Return a client for *region*, by default that of the options.

        :param service: the name of the service in boto3.
        :raises VoiceError: the options or the environment do not make a client.
        """
        own_retries = "retries" not in (self._params.get("aws_config") or {})
        max_faults = MAX_FAULTS if self._concurrency is None else BULK_MAX_FAULTS

        def make() -> tuple[Any, float | None]:
            client = self._make(service, region)
            config = client.meta.config
            attempts, backoff = max_faults, MAX_BACKOFF
            if not own_retries:
                attempts, backoff = config.retries.get("total_max_attempts", MAX_FAULTS), BOTOCORE_MAX_BACKOFF
            return client, longest_operation(config.connect_timeout, config.read_timeout, attempts, backoff)

        client, seconds = self._guarded(region, make)
        rate_limit = None if self._concurrency is None else RateLimit()
        policy = Policy(seconds, own_retries, max_faults, rate_limit)
        events = client.meta.events
        if service == SERVICE:
            events.register(f"before-parse.{SERVICE}", check_response)
        if own_retries:
            # botocore's handler would do nothing but call every error the last of its one attempt.
            events.unregister(f"needs-retry.{service}", unique_id=f"retry-config-{service}")
        policy.register(events, service)
        return VoiceClient(client, policy, bool(self._params.get("aws_config")))

    def _open(self, module: Any) -> tuple[str | None, str | None, Any]:
        """Return the Region, the endpoint and the session."""
        region, endpoint_url, options = get_aws_connection_info(module)
        profile = options.pop("profile_name", None)
        config = Config(
            user_agent_extra="ansible-collection/chime_sdk.voice",
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            # One attempt: the policy asks for the others, whatever retry mode the environment sets.
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=self._concurrency or 1,
        )
        user_config = options.pop("aws_config", None)
        self._config = config.merge(user_config) if user_config else config
        self._options = options  # keys, and how to verify certificates
        # One session, because each reads the data files of botocore anew.
        return region, endpoint_url, Session(profile_name=profile)

    def _make(self, service: str, region: str | None, config: Any = None) -> Any:
        """Return a boto3 client. Making the first one runs the profile's ``credential_process``, which may hang."""
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

    def _guarded(self, region: str | None, make: Callable[[], _T]) -> _T:
        """Return what *make* returns; raise VoiceError for what it raises."""
        prefix = self._prefix(region)
        try:
            return make()
        except NoRegionError:
            raise VoiceError("no_region", prefix=f"Failed to {self._purpose}: ") from None
        except UnknownServiceError as e:
            raise VoiceError("no_service", prefix, service=SERVICE, **installed_sdk()) from e
        except Exception as e:  # botocore checks little here: ValueError, TypeError, AttributeError mean bad options
            words = f"botocore reported: {printable(e)}" if str(e) else ""
            source = explain_credentials(e)
            if source is not None:
                raise VoiceError("credentials_unavailable", prefix, words, affects_all=True, source=source) from e
            at_fault = "bad_config" if self._is_config_at_fault(region) else "bad_connection_option"
            raise VoiceError(at_fault, prefix, words) from e

    def _is_config_at_fault(self, region: str | None) -> bool:
        """Whether ``aws_config`` is the reason that no client can be made."""
        if not self._params.get("aws_config"):
            return False
        try:
            self._make(SERVICE, region, Config())
        except Exception:  # whatever it is, it occurs without aws_config as well
            return False
        return True


def installed_sdk() -> dict[str, Any]:
    """Return the fields of messages about the installed botocore."""
    return {"version": gather_sdk_versions()["botocore_version"], "python": sys.executable}


def _check_options(params: dict[str, Any], prefix: str) -> None:
    """Raise VoiceError for a botocore or connection options that cannot work."""
    sdk = installed_sdk()
    # The check of AnsibleAWSModule accepts every version where the package packaging is missing.
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
    except Exception as e:  # TypeError, ValueError and errors of botocore
        raise VoiceError("bad_config", prefix, f"botocore reported: {printable(e)}") from e


def longest_operation(
    connect_timeout: float | None, read_timeout: float | None, attempts: int = MAX_FAULTS, backoff: float = MAX_BACKOFF
) -> float | None:
    """Return the seconds that one operation may take, or None for no limit, where the user has removed a timeout."""
    if connect_timeout is None or read_timeout is None:
        return None
    return float(attempts * (connect_timeout + read_timeout + backoff))
