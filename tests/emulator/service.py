# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state and operations of the emulated Amazon Chime SDK Voice.

Names, types, and limits come from botocore's service model. The output is checked against that model, so that the
emulator cannot drift from the SDK.
"""

from __future__ import annotations

import copy
import datetime
import functools
import json
import random
import string
import threading
import time
from typing import Any, Callable

from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ServiceModel

from ansible_collections.chime_sdk.voice.tests.emulator.api import ServiceError
from ansible_collections.chime_sdk.voice.tests.emulator.model import find_problems

MODEL = ServiceModel(Loader().load_service_model("chime-sdk-voice", "service-2"), "chime-sdk-voice")

DEFAULT_STATE: dict[str, Any] = {
    "credentials": [
        {"access_key": "AKIDEMULATOR", "secret_key": "emulator-secret-key", "account": "111122223333"},
    ],
    "voice_connectors": [],
}

# The settings of a Voice Connector. In the service model, a member in responses and the shape of this member have the
# name of the setting. The name of an operation is GetVoiceConnector, PutVoiceConnector, or DeleteVoiceConnector, plus
# the name of the setting. An old botocore does not have all of these settings.
SETTINGS = (
    "EmergencyCallingConfiguration",
    "ExternalSystemsConfiguration",
    "LoggingConfiguration",
    "Origination",
    "Proxy",
    "StreamingConfiguration",
    "Termination",
    "TerminationHealth",
)
_CREDENTIALS = "TerminationCredentials"
_EMERGENCY = "EmergencyCallingConfiguration"
_NEEDED_FOR_EMERGENCY = ("Origination", "Termination")
_NUMBERS = "PhoneNumbers"

# The values that the service stores for members that a PUT request omits.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "LoggingConfiguration": {"EnableSIPLogs": False, "EnableMediaMetricLogs": False},
    "Origination": {"Disabled": False},
    "Proxy": {"Disabled": False},
    "Termination": {"CpsLimit": 1, "Disabled": False},
}

_REGIONS = MODEL.shape_for("VoiceConnectorAwsRegion").enum

# The Region in which AWS creates a Voice Connector if AwsRegion is not set, regardless of the endpoint.
_DEFAULT_REGION = "us-east-1"


class Voice:
    """Voice Connectors with their tags and settings, by account and Region.

    The emulator enforces these rules, which come from public reports: Termination credentials require termination
    settings, and are deleted with them. An emergency calling configuration requires termination and origination to be
    enabled. While it exists, termination and origination cannot be deleted or disabled. A Voice Connector with phone
    numbers cannot be deleted.

    The emulator does not check whether a phone number is already associated with a different Voice Connector.
    """

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        """Take the initial *state*, with the keys ``credentials`` and ``voice_connectors``.

        The optional key ``external_ids`` maps the ARN of a role to the external ID that the role requires. The optional
        key ``role_seconds`` is the lifetime of the credentials of every role; it can be shorter than AWS permits.

        The following optional keys are also attributes, which tests can set at any time:

        - ``visible_after``: the number of seconds for which no operation finds a new Voice Connector. The default is 0.
          Voice Connectors in the initial state are always visible.
        - ``credentials_put``: whether PutVoiceConnectorTerminationCredentials keeps the usernames that are not in the
          request (``add``, the default) or deletes them (``replace``). AWS does not document this.
        - ``reorders``: if true, responses reverse lists, omit plus signs, and use lower case for hosts.
        - ``regions``: the Regions that have an endpoint. By default, these are all Regions in the service model. A
          request that is signed for a different Region is refused.

        Voice Connectors have the members in the service model. In addition, they can have ``Tags`` (a dictionary), any
        of the ``SETTINGS``, ``TerminationCredentials`` (a list of usernames), ``PhoneNumbers`` (a list of strings in
        E.164 format), ``Account``, and ``SeenFrom`` (a list of additional Regions that return the Voice Connector). If
        ``Unchecked`` is true, the Voice Connector can violate the service model, and the emulator checks no output.

        :raises ValueError: if a Voice Connector violates the service model; the message names its ID and the member.
        """
        state = {**DEFAULT_STATE, **(state or {})}
        self._lock = threading.Lock()
        self._ids = random.Random(0)
        self.external_ids: dict[str, str] = state.get("external_ids", {})
        self.role_seconds: int | None = state.get("role_seconds")
        self.visible_after: float = state.get("visible_after", 0)
        self.credentials_put: str = state.get("credentials_put", "add")
        self.reorders: bool = state.get("reorders", False)
        self.regions: list[str] = state.get("regions", [*_REGIONS])
        self._created: dict[str, float] = {}  # when each Voice Connector was created, in seconds from time.monotonic()
        self.credentials: dict[str, dict[str, Any]] = {}
        for credential in state["credentials"]:
            self.add_credential(**credential)
        self._connectors: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        self._checks_output = not any(given.get("Unchecked") for given in state["voice_connectors"])
        default_account = next(iter(self.credentials.values()))["account"]
        for given in state["voice_connectors"]:
            entry = copy.deepcopy(given)
            if not entry.pop("Unchecked", False):
                _check_seed(json.dumps(entry))
            account = entry.pop("Account", default_account)
            given_settings = {name: entry.pop(name, None) for name in (*SETTINGS, _CREDENTIALS)}
            settings = {name: value for name, value in given_settings.items() if value is not None}
            if _CREDENTIALS in settings:
                settings[_CREDENTIALS] = dict.fromkeys(settings[_CREDENTIALS])
            tags = entry.pop("Tags", {})
            numbers = entry.pop(_NUMBERS, [])
            seen_from = entry.pop("SeenFrom", [])
            home = entry.setdefault("AwsRegion", _DEFAULT_REGION)
            for region in (home, *seen_from):
                self._add(account, region, entry, tags, settings, numbers if region == home else [])

    def add_credential(
        self,
        access_key: str,
        secret_key: str,
        account: str,
        session_token: str | None = None,
        arn: str | None = None,
        user_id: str = "AIDAEMULATOR",
        expires: datetime.datetime | None = None,
    ) -> None:
        self.credentials[access_key] = {
            "secret": secret_key,
            "token": session_token,
            "account": account,
            "arn": arn or f"arn:aws:iam::{account}:user/emulator",
            "user_id": user_id,
            "expires": expires,
        }

    def issue_credential(self, account: str, arn: str, user_id: str, expires: datetime.datetime) -> dict[str, str]:
        """Create temporary credentials for the caller *arn* in *account*, and return them."""
        with self._lock:
            number = len(self.credentials)
            new = {
                "access_key": f"ASIAEMULATOR{number}",
                # These values must not contain a secret of other credentials, such as emulator-secret-key. Ansible
                # would mask that part of the value, and a test could not find the whole value in the output.
                "secret_key": f"temporary-secret-key-{number}",
                "session_token": f"temporary-session-token-{number}",
            }
            self.add_credential(account=account, arn=arn, user_id=user_id, expires=expires, **new)
            return new

    def _add(
        self,
        account: str,
        region: str,
        entry: dict[str, Any],
        tags: dict[str, str],
        settings: dict[str, Any],
        numbers: list[str],
    ) -> dict[str, Any]:
        identifier = entry.setdefault(
            "VoiceConnectorId", "".join(self._ids.choices(string.ascii_lowercase + string.digits, k=22))
        )
        now = _now()
        entry.setdefault("Name", identifier)
        entry.setdefault("RequireEncryption", True)
        entry.setdefault("OutboundHostName", f"{identifier}.voiceconnector.chime.aws")
        entry.setdefault("CreatedTimestamp", now)
        entry.setdefault("UpdatedTimestamp", now)
        entry.setdefault("VoiceConnectorArn", f"arn:aws:chime:{region}:{account}:vc/{identifier}")
        connector = {"entry": entry, "tags": tags, "settings": settings, "numbers": numbers}
        self._connectors.setdefault((account, region), {})[identifier] = connector
        return entry

    def passwords(self, voice_connector_id: str) -> dict[str, str | None]:
        """Return the password for each username. For a username in the initial state, the password is None."""
        passwords: dict[str, str | None] = self.snapshot()[voice_connector_id].get(_CREDENTIALS, {})
        return passwords

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """Return a copy of all Voice Connectors by ID, including those that are not visible yet.

        The members are the same as in the initial state, but ``TerminationCredentials`` contains the passwords.
        """
        with self._lock:
            return {
                identifier: copy.deepcopy(
                    {
                        **connector["entry"],
                        **connector["settings"],
                        "Account": account,
                        "Tags": connector["tags"],
                        _NUMBERS: connector["numbers"],
                    }
                )
                for (account, region), connectors in self._connectors.items()
                for identifier, connector in connectors.items()
                if region == connector["entry"]["AwsRegion"]
            }

    @classmethod
    def find_method(cls, operation: str) -> Callable[..., Any] | None:
        """Return the method that runs *operation*, or None if the emulator does not support it."""
        verb, _separator, setting = operation.partition("VoiceConnector")
        if setting in SETTINGS:
            method = getattr(cls, f"_{verb.lower()}_setting", None)
            return method and functools.partial(method, setting=setting)
        return getattr(cls, "_" + xform_name(operation), None)

    def handle(self, operation: Any, request: dict[str, Any], account: str, region: str) -> dict[str, Any] | None:
        """Run one operation and return its output, checked against the model, or None for an empty body.

        :raises ServiceError: if the service would return an error.
        """
        problems = list(find_problems(operation.input_shape, request)) if operation.input_shape else []
        if problems:
            raise ServiceError("BadRequestException", "; ".join(problems))
        method = self.find_method(operation.name)
        assert method is not None, f"{operation.name} has no route"
        with self._lock:
            connectors = self._visible(self._connectors.setdefault((account, region), {}))
            output = copy.deepcopy(method(self, connectors, request, account, region))
        if output is not None and self._checks_output:
            problems = list(find_problems(operation.output_shape, output))
            assert not problems, f"{operation.name} returns {output}: {'; '.join(problems)}"
        return _vary(operation.output_shape, output) if self.reorders else output

    def _visible(self, connectors: dict[str, Any]) -> dict[str, Any]:
        limit = time.monotonic() - self.visible_after
        hidden = {identifier for identifier, created in self._created.items() if created > limit}
        if not hidden:
            return connectors
        return {identifier: connectors[identifier] for identifier in connectors if identifier not in hidden}

    @staticmethod
    def _find(connectors: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
        try:
            return connectors[request["VoiceConnectorId"]]
        except KeyError:
            raise ServiceError("NotFoundException", "The requested Voice Connector could not be found.") from None

    def _create_voice_connector(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        entry = {name: value for name, value in request.items() if name != "Tags"}
        entry.setdefault("AwsRegion", _DEFAULT_REGION)
        tags = _check_tags({tag["Key"]: tag["Value"] for tag in request.get("Tags", [])})
        created = self._add(account, entry["AwsRegion"], entry, tags, {}, [])
        self._created[created["VoiceConnectorId"]] = time.monotonic()
        return {"VoiceConnector": created}

    def _get_voice_connector(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        return {"VoiceConnector": self._find(connectors, request)["entry"]}

    def _update_voice_connector(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        entry = self._find(connectors, request)["entry"]
        entry.update(request, UpdatedTimestamp=_now())
        return {"VoiceConnector": entry}

    def _delete_voice_connector(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        if self._find(connectors, request)["numbers"]:
            raise ServiceError("ConflictException", "The Voice Connector has associated phone numbers.")
        del self._connectors[account, region][request["VoiceConnectorId"]]

    def _list_voice_connectors(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        return self._page("VoiceConnectors", [connector["entry"] for connector in connectors.values()], request)

    def _list_phone_numbers(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        entries = [
            {
                "PhoneNumberId": number,
                "E164PhoneNumber": number,
                "ProductType": "VoiceConnector",
                "Status": "Assigned",
                "Associations": [{"Name": "VoiceConnectorId", "Value": identifier}],
            }
            for identifier, connector in connectors.items()
            for number in connector["numbers"]
        ]
        if "FilterName" in request:
            wanted = {"Name": request["FilterName"], "Value": request.get("FilterValue")}
            entries = [entry for entry in entries if wanted in entry["Associations"]]
        return self._page("PhoneNumbers", entries, request)

    def _associate_phone_numbers_with_voice_connector(
        self, connectors: Any, request: Any, account: str, region: str
    ) -> Any:
        connector = self._find(connectors, request)
        connector["numbers"] = list(dict.fromkeys([*connector["numbers"], *request["E164PhoneNumbers"]]))
        return {"PhoneNumberErrors": []}

    def _disassociate_phone_numbers_from_voice_connector(
        self, connectors: Any, request: Any, account: str, region: str
    ) -> Any:
        connector = self._find(connectors, request)
        connector["numbers"] = [n for n in connector["numbers"] if n not in request["E164PhoneNumbers"]]
        return {"PhoneNumberErrors": []}

    @staticmethod
    def _page(member: str, entries: list[dict[str, Any]], request: Any) -> dict[str, Any]:
        """Return the page of a listing that a request asks for."""
        token = request.get("NextToken") or "0"
        if not token.isdigit() or int(token) > len(entries):
            raise ServiceError("BadRequestException", "The next token is not valid.")
        start = int(token)
        end = start + request.get("MaxResults", 100)
        page: dict[str, Any] = {member: entries[start:end]}
        if end < len(entries):
            page["NextToken"] = str(end)
        return page

    def _get_setting(self, connectors: Any, request: Any, account: str, region: str, setting: str) -> Any:
        settings = self._find(connectors, request)["settings"]
        if setting not in settings:
            raise ServiceError("NotFoundException", f"The requested {setting} could not be found.")
        return {setting: settings[setting]}

    def _put_setting(self, connectors: Any, request: Any, account: str, region: str, setting: str) -> Any:
        settings = self._find(connectors, request)["settings"]
        # Most requests contain the setting in a member with its name. The other requests contain only the ID of the
        # Voice Connector and the members of the setting.
        value = request.get(setting, {name: request[name] for name in request if name != "VoiceConnectorId"})
        if setting == "Proxy":
            value = {"PhoneNumberCountries": value.pop("PhoneNumberPoolCountries"), **value}
        for needed in _NEEDED_FOR_EMERGENCY if setting == _EMERGENCY else ():
            if settings.get(needed, {"Disabled": True}).get("Disabled"):
                raise ServiceError("BadRequestException", f"Emergency calling requires an enabled {needed.lower()}.")
        if value.get("Disabled"):
            self._require_unneeded(settings, setting)
        settings[setting] = {**_DEFAULTS.get(setting, {}), **value}
        return {setting: settings[setting]}

    @staticmethod
    def _require_unneeded(settings: dict[str, Any], setting: str) -> None:
        if setting in _NEEDED_FOR_EMERGENCY and _EMERGENCY in settings:
            raise ServiceError("BadRequestException", "The Voice Connector has an emergency calling configuration.")

    def _delete_setting(self, connectors: Any, request: Any, account: str, region: str, setting: str) -> Any:
        settings = self._find(connectors, request)["settings"]
        self._require_unneeded(settings, setting)
        settings.pop(setting, None)
        if setting == "Termination":
            settings.pop(_CREDENTIALS, None)

    def _list_voice_connector_termination_credentials(
        self, connectors: Any, request: Any, account: str, region: str
    ) -> Any:
        return {"Usernames": list(self._find(connectors, request)["settings"].get(_CREDENTIALS, {}))}

    def _put_voice_connector_termination_credentials(
        self, connectors: Any, request: Any, account: str, region: str
    ) -> Any:
        settings = self._find(connectors, request)["settings"]
        if "Termination" not in settings:
            raise ServiceError("BadRequestException", "The Voice Connector has no termination.")
        new = {credential.get("Username"): credential.get("Password") for credential in request.get("Credentials", [])}
        if None in new:
            raise ServiceError("BadRequestException", "A credential has no username.")
        kept = settings.get(_CREDENTIALS, {}) if self.credentials_put == "add" else {}
        settings[_CREDENTIALS] = {**kept, **new}

    def _delete_voice_connector_termination_credentials(
        self, connectors: Any, request: Any, account: str, region: str
    ) -> Any:
        credentials = self._find(connectors, request)["settings"].get(_CREDENTIALS, {})
        for name in request["Usernames"]:
            credentials.pop(name, None)

    def _find_by_arn(self, connectors: dict[str, Any], arn: str) -> dict[str, Any]:
        for connector in connectors.values():
            if connector["entry"]["VoiceConnectorArn"] == arn:
                return connector
        raise ServiceError("BadRequestException", "Invalid resource")

    def _list_tags_for_resource(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        tags = self._find_by_arn(connectors, request["ResourceARN"])["tags"]
        # The model requires at least one tag in the list, so the list is omitted if there are no tags.
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}

    def _tag_resource(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        new = _check_tags({tag["Key"]: tag["Value"] for tag in request["Tags"]})
        self._find_by_arn(connectors, request["ResourceARN"])["tags"].update(new)

    def _untag_resource(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        tags = self._find_by_arn(connectors, request["ResourceARN"])["tags"]
        for key in _check_tags(dict.fromkeys(request["TagKeys"])):
            tags.pop(key, None)

    def _list_available_voice_connector_regions(self, connectors: Any, request: Any, account: str, region: str) -> Any:
        return {"VoiceConnectorRegions": _REGIONS}


def _check_tags(tags: dict[str, Any]) -> dict[str, Any]:
    if any(key.lower().startswith("aws:") for key in tags):
        raise ServiceError("BadRequestException", "Tag keys that begin with aws: are reserved.")
    return tags


def _now() -> str:
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _vary(shape: Any, value: Any, name: str = "") -> Any:
    """Return *value* in a different spelling or order with the same meaning. Used if ``reorders`` is true."""
    if isinstance(value, dict) and shape.type_name == "structure":
        return {key: _vary(member, value[key], key) for key, member in shape.members.items() if key in value}
    if isinstance(value, list) and shape.type_name == "list":
        return [_vary(shape.member, item) for item in reversed(value)]
    if isinstance(value, str) and shape.name == "E164PhoneNumber":
        return value.lstrip("+")
    return value.lower() if isinstance(value, str) and name == "Host" else value


@functools.lru_cache(None)
def _check_seed(seed: str) -> None:
    """Check a Voice Connector of the initial state. *seed* is a JSON string, because lru_cache() rejects a dict.

    :raises ValueError: if the Voice Connector violates the service model.
    """
    entry = json.loads(seed)
    identifier = entry.get("VoiceConnectorId")
    entry.pop("Account", None)
    tags = [{"Key": key, "Value": value} for key, value in entry.pop("Tags", {}).items()]
    settings = {name: entry.pop(name, None) for name in SETTINGS}
    proxy = settings["Proxy"] or {}
    parts = [
        ("SeenFrom", "VoiceConnectorAwsRegionList", entry.pop("SeenFrom", [])),
        (_CREDENTIALS, "SensitiveStringList", entry.pop(_CREDENTIALS, None) or []),
        (_NUMBERS, "E164PhoneNumberList", entry.pop(_NUMBERS, [])),
        ("", "VoiceConnector", entry),
        *((name, name, value) for name, value in settings.items() if value is not None and name in MODEL.shape_names),
        # The Proxy shape permits any string as a country, but PutVoiceConnectorProxy requires the Country shape.
        *(("Proxy.PhoneNumberCountries", "Country", country) for country in proxy.get("PhoneNumberCountries") or []),
        *(("Tags", "Tag", tag) for tag in tags),
    ]
    problems = [problem for path, name, value in parts for problem in find_problems(MODEL.shape_for(name), value, path)]
    if problems:
        raise ValueError(f"Voice Connector {identifier} violates the service model: {'; '.join(problems)}")
