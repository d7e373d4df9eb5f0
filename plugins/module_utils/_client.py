# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Create botocore clients from the connection options of a module.

This collection has its own retries, deadlines, and parsing of responses, because botocore and amazon.aws can make a
failure look like an absent resource, or let a task hang:

- Retries and deadlines (``_operation``). When this service throttles, it returns ThrottledClientException, which
  botocore's mode ``standard`` never retries. That mode also has a retry quota, which is empty after 17 to 50
  failed operations, depending on the version of botocore. Then the client stops retrying, even in the middle of a
  bulk read. ``AWSRetry`` of amazon.aws retries only ClientError, not a broken connection. Neither botocore nor
  amazon.aws enforces a deadline, and a read timeout restarts with every byte.
- Responses (``_responses``). botocore parses an HTML page, a truncated body, and an empty body as ``{}``. It drops
  members that it does not know, and its names for errors depend on its version.
- Failures (``_failures``). An exception from the SDK states neither what to do nor whether the request may have been
  applied.

An ``Operation`` combines these parts. The clients handle two of botocore's events: ``before-parse``, to check the bytes
of a response, and ``before-send``, to stop a request that was abandoned.

The collection also relies on undocumented details of other packages. If one of them changes, the tests in parentheses
fail:

- ``Config.OPTION_DEFAULTS``, the known keys of ``aws_config`` (every test of a module)
- ``AWSResponse.content`` and ``_content``, with which botocore reads a body (test_networks)
- the words that urllib3 and OpenSSL use in errors about proxy servers and certificates (test_networks)
- ``AnsibleAWSModule.default_settings`` of amazon.aws and ``_load_params`` of Ansible (test_chime_voice_connector_proxy)
"""

from __future__ import annotations

import base64
import functools
import importlib
import os
import re
import sys
import threading
from collections.abc import Iterable
from typing import Any, Callable, TypeVar

try:
    # Import boto3 before amazon.aws does. amazon.aws catches only ImportError, but this import can raise any exception.
    importlib.import_module("boto3")
    from botocore.awsrequest import AWSResponse
    from botocore.config import Config
    from botocore.credentials import Credentials, RefreshableCredentials, create_credential_resolver
    from botocore.exceptions import NoCredentialsError
    from botocore.session import Session
except ImportError:
    Credentials = object  # AnsibleAWSModule reports the missing SDK before anything here is used.
except Exception as e:  # an incompatible dependency can raise any exception
    raise ImportError(
        f"boto3, installed for {sys.executable}, cannot be imported ({type(e).__name__}: {e}). Reinstall it and "
        "its dependencies for that Python, or set ansible_python_interpreter to a different Python"
    ) from e


from ansible_collections.amazon.aws.plugins.module_utils.botocore import gather_sdk_versions, get_aws_connection_info

from ._errors import VoiceError
from ._operation import MAX_BACKOFF, BadCredentials, VoiceClient, stop_abandoned
from ._responses import check_response, read_body

SERVICE = "chime-sdk-voice"

# The oldest botocore that emits the event before-parse.
MINIMUM_BOTOCORE_VERSION = "1.35.16"

CONNECT_TIMEOUT = 5  # seconds
READ_TIMEOUT = 10  # seconds

MAX_FAULTS = 3  # an operation fails after this many server errors and broken connections (faults)
# A bulk run allows more, because some of its thousands of operations have several faults in a row by chance.
BULK_MAX_FAULTS = 6
BOTOCORE_MAX_BACKOFF = 20  # the maximum number of seconds between two attempts, if botocore retries

# The highest time limit of an operation: about three years. Some systems do not support a longer wait for a thread.
MAX_SECONDS = 1e8

_ONE_ATTEMPT = {"mode": "standard", "total_max_attempts": 1}

_T = TypeVar("_T")


class SigningCredentials(Credentials):
    """The credentials of a connection. Only ``resolve`` and ``renew`` load them, so signing a request cannot block."""

    def __init__(self, load: Callable[[], Any]) -> None:
        """Prepare to load the credentials.

        :param load: a function that returns botocore's credentials, or None if there are none.
        """
        super().__init__("", "")
        self.secrets: set[str] = set()  # the secrets used so far
        self._load = load
        self._lock = threading.Lock()
        self._source: Any = None
        self._frozen: Any = None

    def resolve(self, run: Callable[[Callable[[], None]], None]) -> None:
        """Obtain the credentials that sign the next request. This may read files, run a process, or call AWS.

        :param run: a function that calls its argument, and limits the call to the remaining time of the operation.
        :raises BadCredentials: the credentials contain a character that is not a visible ASCII character.
        :raises Exception: an exception of botocore's credential providers, or of *run*.
        """
        if self._frozen is None or isinstance(self._source, RefreshableCredentials):
            run(self._refresh)

    def get_frozen_credentials(self) -> Any:
        """Return the resolved credentials. botocore calls this to sign a request."""
        return self._frozen

    def load_credentials(self) -> SigningCredentials:
        """Return this object. botocore calls this to create a client."""
        return self

    def renew(self) -> Any:
        """Return the credentials, renewed if necessary. This may call AWS, and raises the exceptions of ``resolve``."""
        self._refresh()
        return self._frozen

    def _refresh(self) -> None:
        with self._lock:
            self._source = self._source or self._load()
        if self._source is None:
            raise NoCredentialsError
        frozen = self._source.get_frozen_credentials()
        parts = {
            "access key ID": frozen.access_key,
            "secret access key": frozen.secret_key,
            "session token": frozen.token,
        }
        self.secrets.update(map(str, filter(None, (frozen.secret_key, frozen.token))))
        for part, value in parts.items():
            # Reject invalid characters here, because urllib3 rejects them with an error that contains the value.
            if value and not (isinstance(value, str) and re.fullmatch("[!-~]+", value)):
                raise BadCredentials(part)
        self._frozen = frozen


class Connection:
    """The connection options of a module, and the session that its clients share.

    The option ``aws_config`` overrides CONNECT_TIMEOUT and READ_TIMEOUT. If it contains ``retries``, botocore retries
    reads, and this collection adds only the retries that botocore lacks.
    """

    def __init__(
        self,
        module: Any,
        purpose: str,
        concurrency: int | None = None,
        numbers: Any = None,
        passwords: Iterable[str] = (),
    ) -> None:
        """Check the options, and open the session.

        :param module: the AnsibleAWSModule.
        :param purpose: the purpose of the clients, as in "Failed to PURPOSE in REGION".
        :param concurrency: for a bulk run, the number of threads that share each client and its rate limit.
        :param numbers: a PhoneNumbers object that contains the phone numbers to hide in messages. Each read of a proxy
            configuration adds its phone number to this object.
        :param passwords: passwords that are not in the connection options, but must also be hidden in messages.
        :raises VoiceError: an option is not valid, or the SDK is too old.
        """
        self._params = module.params
        self._passwords = list(passwords)
        self._purpose = purpose
        self._concurrency = concurrency
        self._numbers = numbers
        self._request_ids: dict[str, object] = {}
        self._session: Any = None
        self._credentials: Any = None
        self._explaining(None, lambda: self._open(module))

    def client(self, region: str | None = None, service: str = SERVICE) -> VoiceClient:
        """Return a client for *region*, by default the Region of the options. This sends nothing.

        :param service: the name of the service in boto3.
        :raises VoiceError: an option is not valid.
        """
        return self._explaining(region, lambda: self._make(region, service))

    def _open(self, module: Any) -> None:
        """Check the options, and prepare what all clients share."""
        require_botocore(self._prefix(None))
        self._check_options()
        self._default_region, self._endpoint_url, options = get_aws_connection_info(module)
        self._sts_region = self._default_region  # if None, _make() sets it to the Region of the first client
        # One session for all clients, because each session reads botocore's data files again.
        self._session = Session(profile=options.get("profile_name"))
        self._verify = options["verify"]
        config = Config(
            user_agent_extra="ansible-collection/chime_sdk.voice",
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            # botocore makes one attempt, even if AWS_MAX_ATTEMPTS is higher. Operation decides whether to try again.
            retries=_ONE_ATTEMPT,
            max_pool_connections=self._concurrency or 1,
        )
        # botocore creates its own clients to obtain credentials. Make these clients use this configuration too.
        # Otherwise, their retries would multiply those of Operation.
        self._session.set_default_client_config(config)
        self._config = config.merge(options["aws_config"]) if "aws_config" in options else config
        keys = [options[f"aws_{name}"] for name in ("access_key_id", "secret_access_key", "session_token")]
        self._credentials = SigningCredentials(
            (lambda: Credentials(*keys))
            if keys[0]
            else (lambda: create_credential_resolver(self._session, region_name=self._sts_region).load_credentials())
        )
        if self._params["assume_role_arn"]:
            self._credentials = SigningCredentials(functools.partial(self._assume_role, self._credentials))
        # botocore asks this component for the credentials of each client.
        self._session.register_component("credential_provider", self._credentials)

    def _assume_role(self, source: SigningCredentials) -> Any:
        """Return the credentials of the role in the options. They are renewed with the credentials of *source*."""
        from ._sts import assume_role

        source.secrets = self._credentials.secrets
        create_client = functools.partial(
            self._session.create_client,
            region_name=self._sts_region,
            endpoint_url=self._endpoint_url,
            verify=self._verify,
            config=self._config.merge(Config(retries=_ONE_ATTEMPT)),
        )
        return assume_role(create_client, source, self._params)

    def _check_options(self) -> None:
        """Raise VoiceError for options that botocore would not check, or for which its errors would be misleading."""
        params, prefix = self._params, self._prefix(None)
        if params.get("profile") and any(params.get(key) for key in ("access_key", "secret_key", "session_token")):
            raise VoiceError("profile_and_keys", prefix)
        if bool(params.get("access_key")) != bool(params.get("secret_key")):
            raise VoiceError("partial_keys", prefix)
        config = params.get("aws_config") or {}
        unknown = sorted(set(config) - set(Config.OPTION_DEFAULTS))
        if unknown:
            raise VoiceError("unknown_config_key", prefix, keys=", ".join(map(repr, unknown)))
        proxies = config.get("proxies_config")
        proxies = proxies if isinstance(proxies, dict) else {}
        files = [
            params.get("validate_certs") and params.get("aws_ca_bundle"),
            config.get("client_cert"),
            proxies.get("proxy_ca_bundle"),
            proxies.get("proxy_client_cert"),
        ]
        for paths in files:
            for path in paths if isinstance(paths, list) else [paths]:
                if path and not os.path.isfile(str(path)):
                    from ._blame import blame

                    raise VoiceError("no_file", prefix, settings=blame(str(path), params), path=str(path))

    def _make(self, region: str | None, service: str) -> VoiceClient:
        reads = self._create(region, service, self._config)
        own_retries = "retries" not in (self._params.get("aws_config") or {})
        writes = (
            reads if own_retries else self._create(region, service, self._config.merge(Config(retries=_ONE_ATTEMPT)))
        )
        wanted = region or self._default_region
        if wanted is not None and reads.meta.region_name != wanted:
            raise VoiceError("other_region", self._prefix(region), wanted=wanted, used=reads.meta.region_name)
        self._sts_region = self._sts_region or reads.meta.region_name
        config = reads.meta.config
        max_faults = MAX_FAULTS if self._concurrency is None else BULK_MAX_FAULTS
        attempts, backoff = max_faults, MAX_BACKOFF
        if not own_retries:
            attempts, backoff = config.retries.get("total_max_attempts", MAX_FAULTS), BOTOCORE_MAX_BACKOFF
        rate_limit = None
        if self._concurrency is not None:
            from ._rate_limit import RateLimit

            rate_limit = RateLimit()
        return VoiceClient(
            reads=reads,
            writes=writes,
            credentials=self._credentials,
            seconds=longest_operation(config.connect_timeout, config.read_timeout, attempts, backoff),
            max_faults=max_faults,
            own_retries=own_retries,
            rate_limit=rate_limit,
            request_ids=self._request_ids if service == SERVICE else None,
            settings=self._params,
            clean=self._clean,
            numbers=self._numbers,
        )

    def _create(self, region: str | None, service: str, config: Any) -> Any:
        """Return a client of botocore."""
        AWSResponse.content = property(read_body)
        client = self._session.create_client(
            service,
            region_name=region or self._default_region,
            endpoint_url=self._endpoint_url,
            verify=self._verify,
            config=config,
        )
        if service == SERVICE:
            client.meta.events.register(f"before-parse.{SERVICE}", check_response)
        else:
            from ._sts import check_sts_response

            client.meta.events.register("before-parse.sts", check_sts_response)
        # This handler must run last. In botocore's retry mode "adaptive", a different handler of the same event waits,
        # and the attempt can be abandoned during this wait.
        client.meta.events.register_last("before-send", stop_abandoned)
        return client

    def _prefix(self, region: str | None) -> str:
        where = region or self._params.get("region") or "the default Region"
        return f"Failed to {self._purpose} in {where}: "

    def _explaining(self, region: str | None, make: Callable[[], _T]) -> _T:
        """Call *make*, and return its result. If *make* raises an exception, raise a VoiceError instead."""
        try:
            return make()
        except VoiceError:
            raise
        except Exception as e:  # for bad options, botocore raises ValueError, TypeError, AttributeError, and others
            from ._failures import explain_settings

            name, words, fields = explain_settings(e, self._params)
        prefix = self._prefix(region) if name != "no_region" else f"Failed to {self._purpose}: "
        raise VoiceError(name, prefix, self._clean(words), affects_all=True, rejected=True, **fields)

    def _clean(self, text: Any, limit: int = 500) -> str:
        """Return text from AWS, botocore, or a proxy server as one line, with the secrets of this connection hidden."""
        from ._redact import find_secrets, redact

        used = self._credentials.secrets if self._credentials else ()
        octets = [password.encode("utf-8", "replace") for password in self._passwords]
        encoders = (base64.b64encode, base64.urlsafe_b64encode)
        encoded = [encode(password).decode() for encode in encoders for password in octets]
        encoded += [text.rstrip("=") for text in encoded]
        secrets, patterns = find_secrets(self._params, self._session, [*used, *self._passwords, *encoded])
        # redact() ignores secrets with fewer than eight characters, but a password can be shorter.
        patterns += [re.compile(re.escape(password)) for password in self._passwords if password]
        return redact(text, secrets, patterns, limit, self._numbers)


def require_botocore(prefix: str) -> None:
    """Raise VoiceError if botocore is too old."""
    sdk = installed_sdk()
    # AnsibleAWSModule accepts every version if the Python package ``packaging`` is not installed.
    if _to_numbers(sdk["version"]) < _to_numbers(MINIMUM_BOTOCORE_VERSION):
        raise VoiceError("old_botocore", prefix, minimum=MINIMUM_BOTOCORE_VERSION, **sdk)


def _to_numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"[0-9]+", version)[:3]]


def installed_sdk() -> dict[str, Any]:
    """Return the version of the installed botocore, and the path of Python.

    The keys of the result are the names of placeholders in messages.
    """
    return {"version": gather_sdk_versions()["botocore_version"], "python": sys.executable}


def longest_operation(
    connect_timeout: float | None, read_timeout: float | None, attempts: int = MAX_FAULTS, backoff: float = MAX_BACKOFF
) -> float | None:
    """Return the time limit of an operation in seconds. If a timeout is None, return None, which means no limit."""
    if connect_timeout is None or read_timeout is None:
        return None
    return min(float(attempts * (connect_timeout + read_timeout + backoff)), MAX_SECONDS)
