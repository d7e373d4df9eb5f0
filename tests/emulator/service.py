# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state and the operations of an emulated Amazon Chime SDK Voice.

Names, types and bounds come from the service model that botocore ships, and every output is checked against it, so
that neither side can drift from the SDK.
"""

from __future__ import annotations

import copy
import datetime
import random
import string
import threading
from typing import Any

from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from ansible_collections.chime_sdk.voice.tests.emulator.api import ServiceError
from ansible_collections.chime_sdk.voice.tests.emulator.model import find_problems

MODEL = ServiceModel(Loader().load_service_model("chime-sdk-voice", "service-2"), "chime-sdk-voice")

DEFAULT_STATE: dict[str, Any] = {
    "credentials": [
        {"access_key": "AKIDEMULATOR", "secret_key": "emulator-secret-key", "account": "111122223333"},
    ],
    "voice_connectors": [],
}

# Where AWS creates a Voice Connector if AwsRegion is not set, regardless of the endpoint.
_DEFAULT_REGION = "us-east-1"


class Voice:
    """Voice Connectors with their tags and proxies, by account and Region."""

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        """Take the initial *state*: ``credentials``, and ``voice_connectors`` as the service describes them,

        each with ``Tags`` (a dict), ``Proxy``, ``Account`` and ``SeenFrom`` (further Regions in which it is there too)
        beside the service's own members. With ``Unchecked`` set to true, values that the service model rules out are
        accepted.

        :raises ValueError: if the service model rules out a Voice Connector, with its ID and the member.
        """
        state = {**DEFAULT_STATE, **(state or {})}
        self._lock = threading.Lock()
        self._ids = random.Random(0)
        self.credentials: dict[str, dict[str, Any]] = {}
        for credential in state["credentials"]:
            self.add_credential(**credential)
        self._connectors: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        default_account = next(iter(self.credentials.values()))["account"]
        for given in state["voice_connectors"]:
            entry = copy.deepcopy(given)
            if not entry.pop("Unchecked", False):
                _check_seed(entry)
            account = entry.pop("Account", default_account)
            extras = {"tags": entry.pop("Tags", {}), "proxy": entry.pop("Proxy", None)}
            seen_from = entry.pop("SeenFrom", [])
            home = entry.setdefault("AwsRegion", _DEFAULT_REGION)
            for region in (home, *seen_from):
                self._add(account, region, entry, **extras)

    def add_credential(
        self,
        access_key: str,
        secret_key: str,
        account: str,
        session_token: str | None = None,
        arn: str | None = None,
        user_id: str = "AIDAEMULATOR",
    ) -> None:
        self.credentials[access_key] = {
            "secret": secret_key,
            "token": session_token,
            "account": account,
            "arn": arn or f"arn:aws:iam::{account}:user/emulator",
            "user_id": user_id,
        }

    def lend_credential(self, account: str, arn: str, user_id: str) -> dict[str, str]:
        """Return new temporary credentials for *account*, with which the caller is *arn*."""
        with self._lock:
            number = len(self.credentials)
            new = {
                "access_key": f"ASIAEMULATOR{number}",
                # Not longer forms of other secrets, which Ansible would mask in them.
                "secret_key": f"borrowed-secret-key-{number}",
                "session_token": f"borrowed-session-token-{number}",
            }
            self.add_credential(account=account, arn=arn, user_id=user_id, **new)
            return new

    def _add(
        self, account: str, region: str, entry: dict[str, Any], tags: dict[str, str], proxy: dict[str, Any] | None
    ) -> dict[str, Any]:
        identifier = entry.setdefault(
            "VoiceConnectorId", "".join(self._ids.choices(string.ascii_lowercase + string.digits, k=22))
        )
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        entry.setdefault("Name", identifier)
        entry.setdefault("RequireEncryption", True)
        entry.setdefault("OutboundHostName", f"{identifier}.voiceconnector.chime.aws")
        entry.setdefault("CreatedTimestamp", now)
        entry.setdefault("UpdatedTimestamp", now)
        entry.setdefault("VoiceConnectorArn", f"arn:aws:chime:{region}:{account}:vc/{identifier}")
        self._connectors.setdefault((account, region), {})[identifier] = {"entry": entry, "tags": tags, "proxy": proxy}
        return entry

    def handle(self, operation: Any, request: dict[str, Any], account: str, region: str) -> dict[str, Any] | None:
        """Carry out one operation and return its output, checked against the model, or None for an empty body.

        :raises ServiceError: what the service would answer instead.
        """
        problems = list(find_problems(operation.input_shape, request)) if operation.input_shape else []
        if problems:
            raise ServiceError("BadRequestException", "; ".join(problems))
        method = getattr(self, "_" + xform_name(operation.name))
        with self._lock:
            output = copy.deepcopy(method(self._connectors.setdefault((account, region), {}), request, account, region))
        if output is not None:
            report = ParamValidator().validate(output, operation.output_shape)
            assert not report.has_errors(), f"{operation.name} answers {output}: {report.generate_report()}"
        return output

    @staticmethod
    def _find(connectors: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
        try:
            return connectors[request["VoiceConnectorId"]]
        except KeyError:
            raise ServiceError("NotFoundException", "The requested Voice Connector could not be found.") from None

    def _create_voice_connector(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        entry = {name: value for name, value in request.items() if name != "Tags"}
        entry.setdefault("AwsRegion", _DEFAULT_REGION)
        tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
        return {"VoiceConnector": self._add(account, entry["AwsRegion"], entry, tags=tags, proxy=None)}

    def _get_voice_connector(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        return {"VoiceConnector": self._find(connectors, request)["entry"]}

    def _delete_voice_connector(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        self._find(connectors, request)
        del connectors[request["VoiceConnectorId"]]

    def _list_voice_connectors(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        entries = [connector["entry"] for connector in connectors.values()]
        token = request.get("NextToken") or "0"
        if not token.isdigit() or int(token) > len(entries):
            raise ServiceError("BadRequestException", "The next token is not valid.")
        start = int(token)
        end = start + request.get("MaxResults", 100)
        page: dict[str, Any] = {"VoiceConnectors": entries[start:end]}
        if end < len(entries):
            page["NextToken"] = str(end)
        return page

    def _put_voice_connector_proxy(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        proxy = {
            "DefaultSessionExpiryMinutes": request["DefaultSessionExpiryMinutes"],
            "Disabled": request.get("Disabled", False),
            "PhoneNumberCountries": request["PhoneNumberPoolCountries"],
        }
        if "FallBackPhoneNumber" in request:
            proxy["FallBackPhoneNumber"] = request["FallBackPhoneNumber"]
        self._find(connectors, request)["proxy"] = proxy
        return {"Proxy": proxy}

    def _get_voice_connector_proxy(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        proxy = self._find(connectors, request)["proxy"]
        if proxy is None:
            raise ServiceError("NotFoundException", "The requested proxy configuration could not be found.")
        return {"Proxy": proxy}

    def _delete_voice_connector_proxy(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        self._find(connectors, request)["proxy"] = None

    def _by_arn(self, connectors: dict[str, Any], arn: str) -> dict[str, Any]:
        for connector in connectors.values():
            if connector["entry"]["VoiceConnectorArn"] == arn:
                return connector
        raise ServiceError("BadRequestException", "Invalid resource")

    def _list_tags_for_resource(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        tags = self._by_arn(connectors, request["ResourceARN"])["tags"]
        # The model wants one tag at least in the list, so that there is no list without one.
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}

    def _tag_resource(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        new = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        self._by_arn(connectors, request["ResourceARN"])["tags"].update(new)

    def _untag_resource(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        tags = self._by_arn(connectors, request["ResourceARN"])["tags"]
        for key in request["TagKeys"]:
            tags.pop(key, None)

    def _list_available_voice_connector_regions(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        return {"VoiceConnectorRegions": MODEL.shape_for("VoiceConnectorAwsRegion").enum}


def _check_seed(seed: dict[str, Any]) -> None:
    """Check a Voice Connector of the initial state.

    :raises ValueError: if it violates the model.
    """
    entry = dict(seed)
    entry.pop("Account", None)
    tags = [{"Key": key, "Value": value} for key, value in entry.pop("Tags", {}).items()]
    proxy = entry.pop("Proxy", None) or {}
    parts = [
        ("SeenFrom", "VoiceConnectorAwsRegionList", entry.pop("SeenFrom", [])),
        ("", "VoiceConnector", entry),
        ("Proxy", "Proxy", proxy),
        # The Proxy shape permits any string, but PutVoiceConnectorProxy takes only a Country.
        *(("Proxy.PhoneNumberCountries", "Country", country) for country in proxy.get("PhoneNumberCountries") or []),
        *(("Tags", "Tag", tag) for tag in tags),
    ]
    problems = [problem for path, name, value in parts for problem in find_problems(MODEL.shape_for(name), value, path)]
    if problems:
        raise ValueError(f"Voice Connector {seed.get('VoiceConnectorId')} is impossible: {'; '.join(problems)}")
