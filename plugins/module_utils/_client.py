# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The client for Amazon Chime SDK Voice, made from the connection options of a module."""

from __future__ import annotations

import os
import sys
from typing import Any
from typing import NamedTuple

try:
    from botocore.config import Config
    from botocore.exceptions import NoRegionError
    from botocore.exceptions import UnknownServiceError
except ImportError:
    pass  # AnsibleAWSModule reports it, before anything here is used.

from ansible.module_utils.compat.version import LooseVersion

from ansible_collections.chime_sdk.voice.plugins.module_utils._amazon_aws import boto3_inventory_conn
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


def connect(module: Any, purpose: str, concurrency: int | None = None) -> VoiceClient:
    """Return a client for the Region and the credentials that the connection options of a module give.

    The one function that sees the module. What the user sets in ``aws_config`` wins over the bounds here;
    ``retries`` there replaces this collection's retries by botocore's own.

    :param module: the AnsibleAWSModule.
    :param purpose: what the client is for, as in "Failed to PURPOSE".
    :param concurrency: for a bulk run, how many threads share the client; they then keep to one rate together.
    :raises VoiceError: the options, the environment or the SDK do not make a client.
    """
    params = module.params
    prefix = f"Failed to {purpose} in {params.get('region') or 'the default Region'}: "
    _check_options(params, prefix)
    bounds = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        # One attempt: the policy asks for the others, whatever retry mode the environment sets.
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=concurrency or 1,
    )
    try:
        region, endpoint_url, connection = get_aws_connection_info(module)
        client = _make_client(region, endpoint_url, bounds, connection)
        own_retries = "retries" not in (params.get("aws_config") or {})
        max_faults = MAX_FAULTS if concurrency is None else BULK_MAX_FAULTS
        config = client.meta.config
        attempts, backoff = max_faults, MAX_BACKOFF
        if not own_retries:
            attempts, backoff = config.retries.get("total_max_attempts", MAX_FAULTS), BOTOCORE_MAX_BACKOFF
        seconds = longest_operation(config.connect_timeout, config.read_timeout, attempts, backoff)
    except NoRegionError:
        raise VoiceError("no_region", prefix=f"Failed to {purpose}: ") from None
    except UnknownServiceError as e:
        raise VoiceError("no_service", prefix, service=SERVICE, **installed_sdk()) from e
    except Exception as e:  # botocore checks little here: ValueError, TypeError, AttributeError all mean bad options
        words = f"botocore reported: {printable(e)}" if str(e) else ""
        source = explain_credentials(e)
        if source is not None:
            raise VoiceError("credentials_unavailable", prefix, words, affects_all=True, source=source) from e
        at_fault = "bad_config" if _is_config_at_fault(module, bounds) else "bad_connection_option"
        raise VoiceError(at_fault, prefix, words) from e

    rate_limit = None if concurrency is None else RateLimit()
    policy = Policy(seconds, own_retries, max_faults, rate_limit)
    events = client.meta.events
    events.register(f"before-parse.{SERVICE}", check_response)
    if own_retries:
        # botocore's handler would do nothing but call every error the last of its one attempt.
        events.unregister(f"needs-retry.{SERVICE}", unique_id=f"retry-config-{SERVICE}")
    policy.register(events, SERVICE)
    return VoiceClient(client, policy, bool(params.get("aws_config")))


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
    unknown = sorted(set(params.get("aws_config") or ()) - set(Config.OPTION_DEFAULTS))
    if unknown:
        raise VoiceError("unknown_config_key", prefix, keys=", ".join(map(repr, unknown)))


def _make_client(region: Any, endpoint_url: Any, bounds: Any, connection: dict[str, Any]) -> Any:
    """Return the boto3 client. Making it runs the profile's ``credential_process``, which may hang."""
    attempts = Attempts(longest_operation(CONNECT_TIMEOUT, READ_TIMEOUT, backoff=MAX_BACKOFF))
    return run_with_deadline(
        lambda: boto3_inventory_conn(
            "client", SERVICE, region=region, endpoint=endpoint_url, config=bounds, **connection
        ),
        attempts.remaining,
    )


def longest_operation(
    connect_timeout: float | None, read_timeout: float | None, attempts: int = MAX_FAULTS, backoff: float = MAX_BACKOFF
) -> float | None:
    """Return the seconds that one operation may take, or None for no limit, where the user has removed a timeout."""
    if connect_timeout is None or read_timeout is None:
        return None
    return float(attempts * (connect_timeout + read_timeout + backoff))


def _is_config_at_fault(module: Any, bounds: Any) -> bool:
    """Whether a client can be made without ``aws_config``."""
    if not module.params.get("aws_config"):
        return False
    try:
        params = {**module.params, "aws_config": None}
        region, endpoint_url, connection = get_aws_connection_info(_Options(params))
        _make_client(region, endpoint_url, bounds, connection)
    except Exception:  # whatever it is, aws_config is not the cause
        return False
    return True


class _Options(NamedTuple):
    """The part of a module that amazon.aws reads connection options from."""

    params: dict[str, Any]
