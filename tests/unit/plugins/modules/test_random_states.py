# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give the real main() random options, and compare the results with a model that shares no code with the module."""

from __future__ import annotations

import copy
import ipaddress
import random
import time
import types
from collections.abc import Iterator
from typing import Any, Optional

import pytest
from botocore import xform_name
from botocore.session import Session

from ansible_collections.chime_sdk.voice.plugins.module_utils import _client, _desired, _rate_limit
from ansible_collections.chime_sdk.voice.plugins.module_utils._settings import PHONE_NUMBERS, SETTINGS
from ansible_collections.chime_sdk.voice.plugins.modules.chime_voice_connector import OPTIONS
from ansible_collections.chime_sdk.voice.tests.emulator import rest, service
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.emulator.service import MODEL, Voice
from ansible_collections.chime_sdk.voice.tests.unit.helpers import connection_to, run_main

# Do not measure coverage here: tracing would take longer than the requests, and the purpose is to find defects.
pytestmark = [pytest.mark.no_cover, pytest.mark.one_sdk]

ID, OTHER_ID = "abcdef1ghij2klmno3pqr4", "bcdefg2hijk3lmnop4qrs5"
INCLUDE = [
    *(n for n, setting in SETTINGS.items() if setting.operation in MODEL.operation_names),
    PHONE_NUMBERS.name,
    "tags",
]
ARN = "arn:aws:chime:us-east-1:111122223333:media-insights-pipeline-configuration/"

# For members whose shape permits too many values, the values to choose from
POOLS: dict[str, list[Any]] = {
    "CallingCountry": ["US", "GB"],
    "CallingRegions": ["US", "CA", "GB"],
    "CidrAllowedList": ["203.0.113.0/27", "203.0.113.7/27", "198.51.100.1", "2001:db8::/32", "2001:DB8:0::1/32"],
    "ConfigurationArn": [f"{ARN}one", f"{ARN}two"],
    "CpsLimit": [1, 2, 60],
    "DataRetentionInHours": [0, 1, 24],
    "DefaultPhoneNumber": ["+12065550100", "+12065550142"],
    "DefaultSessionExpiryMinutes": [1, 60],
    "EmergencyPhoneNumber": ["+12065550110", "+12065550111"],
    "FallBackPhoneNumber": ["+12065550120", "+12065550121"],
    "Host": ["sbc.example.com", "SBC.example.com", "203.0.113.9", "[2001:db8::9]"],
    "PhoneNumberCountries": ["US", "CA", "GB"],
    "Port": [0, 5060, 5061],
    "Priority": [1, 2, 100],
    "Source": ["203.0.113.9"],
    "TestPhoneNumber": ["+12065550130"],
    "Timestamp": ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678Z"],
    "Weight": [1, 50],
}
PHONE_MEMBERS = [name for name in POOLS if name.endswith("PhoneNumber")]
# More values that AWS could return, but would reject in a request
RETURNED: dict[str, list[Any]] = {
    "CpsLimit": [0],
    "Host": [""],
    **{name: ["us", "gb"] for name in POOLS if "Countr" in name or "Regions" in name},
    **{name: ["12065550100", ""] for name in PHONE_MEMBERS},
}


def draw(rng: random.Random, shape: Any, valid: bool, name: str = "", item: bool = False) -> Any:
    """Return a random value of a shape.

    :param valid: if true, draw a value for a request. If not, draw one that AWS could return: required members can be
        missing, and it can contain an unknown member and the values in RETURNED.
    :param name: the name of the member.
    :param item: whether the value is an item of a list. A valid item has all members, because an item with
        fewer members could match a different item.
    """
    if shape.type_name == "structure":
        required = shape.required_members if valid else []
        whole = valid and item
        drawn = [member for member in shape.members if whole or member in required or rng.random() < 0.7]
        value = {member: draw(rng, shape.members[member], valid, member) for member in drawn}
        return value if valid or rng.random() < 0.7 else {**value, "NewMember": [{"Newer": True}]}
    if shape.type_name == "list":
        return [
            draw(rng, shape.member, valid, name, True)
            for _number in range(rng.randint(shape.metadata.get("min", 0), 3))
        ]
    if shape.type_name == "boolean":
        return rng.random() < 0.5
    return rng.choice(shape.metadata.get("enum") or POOLS[name] + ([] if valid else RETURNED.get(name, [])))


def draw_connector(rng: random.Random, valid: bool) -> dict[str, Any]:
    """Return a Voice Connector with random settings from the service model."""
    shapes = {name: MODEL.shape_for(name) for name in service.SETTINGS if name in MODEL.shape_names}
    connector = {name: draw(rng, shape, valid) for name, shape in shapes.items() if rng.random() < 0.7}
    connector["RequireEncryption"] = rng.random() < 0.5
    connector["Tags"] = {key: rng.choice(["voice", ""]) for key in ("team", "site") if rng.random() < 0.5}
    if valid:
        connector.pop("TerminationHealth", None)
        if "Proxy" in connector:  # a request requires two members that the shape does not require
            connector["Proxy"] = {
                "DefaultSessionExpiryMinutes": 60,
                "PhoneNumberCountries": ["US"],
                **connector["Proxy"],
            }
            connector["Proxy"]["PhoneNumberCountries"] = connector["Proxy"]["PhoneNumberCountries"] or ["US"]
        if "EmergencyCallingConfiguration" in connector:
            for name in ("Termination", "Origination"):
                connector[name] = {**connector.get(name, {}), "Disabled": False}
    else:
        connector["TerminationCredentials"] = rng.sample(["alice", "bob", "carol"], rng.randrange(4))
        connector["PhoneNumbers"] = rng.sample(["+12065550100", "+12065550101"], rng.randrange(3))
    return connector


class Clock:
    """A fake clock, which only sleep() advances."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture(scope="module", autouse=True)
def cheap_runs() -> Iterator[None]:
    """Skip all waits, make few attempts, send one request at a time, and create each client only once."""
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        for module in ("botocore.endpoint", _desired.__name__, service.__name__):
            patch.setattr(f"{module}.time", clock)
        patch.setattr(
            "ansible_collections.chime_sdk.voice.plugins.module_utils._operation.time",
            types.SimpleNamespace(sleep=clock.sleep, monotonic=time.monotonic),
        )
        patch.setattr(_rate_limit.RateLimit, "_take_slot", lambda self: 0)
        patch.setattr(_client, "BULK_MAX_FAULTS", 3)
        patch.setattr(_desired, "CONCURRENCY", 1)  # so that faults hit the same requests in every run
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        session = Session()
        patch.setattr(_client, "Session", lambda profile: session)
        create = _client.Connection._create
        clients: dict[Any, Any] = {}

        def create_once(connection: Any, region: Any, service_name: str, config: Any) -> Any:
            key = (connection._endpoint_url, region, config.max_pool_connections)
            if key not in clients:
                clients[key] = create(connection, region, service_name, config)
            return clients[key]

        patch.setattr(_client.Connection, "_create", create_once)
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


def read(server: Emulator, identifier: str) -> dict[str, Any]:
    """Run chime_voice_connector_info. Return only the keys that are also options of chime_voice_connector."""
    options = {"voice_connector_ids": [identifier], "include": INCLUDE, "concurrency": 1}
    result = run_main("chime_voice_connector_info", {**connection_to(server), **options})
    assert "msg" not in result, result["msg"]
    return {key: value for key, value in result["voice_connectors"][0].items() if key in OPTIONS}


def write(server: Emulator, **options: Any) -> dict[str, Any]:
    return run_main("chime_voice_connector", {**connection_to(server), "wait_timeout": 10, **options})


def is_write(operation: str) -> bool:
    return not operation.startswith(("Get", "List"))


# Round trips


@pytest.fixture
def keep_unknown_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the emulator return stored members named ``NewMember``, which are not in the service model."""
    to_json = rest._to_json

    def keep_unknown(shape: Any, value: Any) -> Any:
        known = to_json(shape, value)
        return {**known, "NewMember": value["NewMember"]} if isinstance(value, dict) and "NewMember" in value else known

    monkeypatch.setattr(rest, "_to_json", keep_unknown)


@pytest.mark.usefixtures("keep_unknown_members")
def test_options_equal_to_a_result_of_the_info_module_change_nothing(server: Emulator) -> None:
    rng = random.Random(1)
    for number in range(20):
        seed = {"VoiceConnectorId": ID, "Name": "source", "Unchecked": True, **draw_connector(rng, valid=False)}
        server.voice = Voice({"voice_connectors": [seed], "reorders": number % 4 == 0})
        before = server.voice.snapshot()
        found = read(server, ID)
        server.requests.clear()
        result = write(server, **found)
        assert "msg" not in result, f"{result['msg']} {seed}"
        assert (result["changed"], result["steps"]) == (False, []), seed
        assert not list(filter(is_write, server.operations()))
        assert {key: result["voice_connector"][key] for key in found} == found
        assert server.voice.snapshot() == before


def test_a_copy_has_the_settings_of_its_source(server: Emulator) -> None:
    rng = random.Random(2)
    for _number in range(8):
        seeds = [
            {"VoiceConnectorId": identifier, "Name": name, **draw_connector(rng, valid=True), "Unchecked": True}
            for identifier, name in ((ID, "source"), (OTHER_ID, "target"))
        ]
        server.voice = Voice({"voice_connectors": seeds})
        found = {**read(server, ID), "voice_connector_id": OTHER_ID, "name": "target"}
        result = write(server, **found)
        assert "msg" not in result, f"{result['msg']} {seeds}"
        stored = read(server, OTHER_ID)
        for key, value in found.items():
            assert_has(value, stored[key], key)
        assert result["voice_connector"].items() >= stored.items()
        assert write(server, **found)["changed"] is False


def assert_has(wanted: Any, stored: Any, key: str) -> None:
    """Assert that *stored* contains all values of *wanted* that are not null."""
    if isinstance(wanted, dict) and key != "tags":
        for name, value in wanted.items():
            # A logging configuration that does not exist is the same as one in which nothing is enabled.
            if (key, name) != ("logging", "exists"):
                assert_has(value, stored[name], name)
    elif wanted is not None:
        one, other = canonical(wanted, key), canonical(stored, key)
        assert one == other or (is_unset(one) and is_unset(other)), f"{key}: {one} is not {other}"


# A model of what the module does. It does not share code with the module.

Model = Optional[dict[str, Any]]  # the options of a Voice Connector, and passwords by user name

SETS = {"calling_regions", "cidr_allowed_list", "phone_number_countries"}
SETS |= {"session_border_controller_types", "contact_center_system_types"}


def is_unset(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})


def canonical(value: Any, key: str = "") -> Any:
    """Return the value of an option in a form that is the same for all spellings of the value."""
    if is_unset(value):
        return None
    if isinstance(value, dict):
        members = {name: canonical(inner, name) for name, inner in value.items()}
        return {name: inner for name, inner in members.items() if not is_unset(inner)} or None
    if isinstance(value, list):
        items = [canonical(item, key) for item in value]
        return set(items) if key in SETS else sorted(items, key=str)
    if key in ("calling_country", "calling_regions", "phone_number_countries"):
        return value.upper()
    if key == "cidr_allowed_list":
        return ipaddress.ip_network(value, strict=False)
    if key == "host":
        return value.lower()
    return value.lstrip("+") if key.endswith("phone_number") else value


def canonical_model(model: Model) -> Any:
    if model is None:
        return None
    known = {key: model[key] for key in ("name", "require_encryption", "tags", "passwords")}
    for name in STRUCTURES:
        setting = model[name]
        if setting is not None:
            known[name] = canonical(setting) or {}
            if name == "termination":
                known[name].setdefault("cps_limit", 1)  # the default of the service
    if not known.get("logging"):
        known.pop("logging", None)
    return known


STRUCTURES = {
    "termination": "Termination",
    "origination": "Origination",
    "emergency_calling": "EmergencyCallingConfiguration",
    "logging": "LoggingConfiguration",
    "streaming": "StreamingConfiguration",
    "external_systems": "ExternalSystemsConfiguration",
    "proxy": "Proxy",
}
STRUCTURES = {name: shape for name, shape in STRUCTURES.items() if shape in MODEL.shape_names}


def to_options(value: Any) -> Any:
    if isinstance(value, dict):
        return {xform_name(name): to_options(inner) for name, inner in value.items()}
    return [to_options(item) for item in value] if isinstance(value, list) else value


def expect_setting(current: Any, options: dict[str, Any]) -> Any:
    """Return the value that *options* must give to a setting. *current* is the value of the setting before the run."""
    if options.get("exists") is False:
        return None
    setting = copy.deepcopy(current or {})
    for key, value in options.items():
        if value is None or key == "exists":
            continue
        if isinstance(value, dict):
            nested = {**(setting.get(key) or {}), **{k: v for k, v in value.items() if v is not None}}
            setting[key] = nested
        elif key == "routes":
            setting[key] = [complete(item, setting.get(key) or []) for item in value]
        else:
            setting[key] = value
    if current is None and not options.get("exists") and not canonical(setting):
        return None
    return setting


def complete(route: dict[str, Any], current: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the first current route that has all keys and values of *route*, or *route* itself if there is none."""
    wanted = canonical(route) or {}
    return next((item for item in current if (canonical(item) or {}).items() >= wanted.items()), route)


def expect(model: Model, options: dict[str, Any]) -> Model:
    """Return the model that must describe the Voice Connector after a successful run with *options*."""
    if options.get("state") == "absent":
        return None
    new = copy.deepcopy(model)
    if new is None:
        new = {"name": options["name"], "require_encryption": True, "tags": {}, "passwords": {}}
        new.update(dict.fromkeys(STRUCTURES))
    new.update({key: options[key] for key in ("name", "require_encryption") if key in options})
    for name in STRUCTURES:
        if name in options:
            new[name] = expect_setting(new[name], options[name])
    if "tags" in options:
        purges = options.get("purge_tags", True)
        kept = {key: value for key, value in new["tags"].items() if not purges or key.startswith("aws:")}
        new["tags"] = {**kept, **options["tags"]}
    if "termination_credentials" in options:
        new["passwords"] = expect_passwords(new["passwords"], options)
    elif new["termination"] is None:
        new["passwords"] = {}
    return new


def expect_passwords(current: dict[str, str], options: dict[str, Any]) -> dict[str, str]:
    given = options["termination_credentials"]
    if "credentials" not in given:
        return {} if given.get("exists") is False else current
    passwords = {each["username"]: each["password"] for each in given["credentials"]}
    new = {name: password for name, password in passwords.items() if name not in current}
    sent = new
    if options.get("update_password") == "always" or (new and current.keys() <= passwords.keys()):
        sent = passwords
    result = {**current, **sent}
    if options.get("purge_termination_credentials") or given.get("exists") is False:
        result = {name: password for name, password in result.items() if name in passwords}
    return result


def is_enabled(setting: Any) -> bool:
    return setting is not None and not setting.get("disabled")


def is_possible(model: Model, new: Model, options: dict[str, Any]) -> bool:
    """Return whether AWS would accept the settings *new*."""
    if new is None:
        return True
    if new["passwords"] and new["termination"] is None:
        return False
    if new["emergency_calling"] is not None and not (is_enabled(new["termination"]) and is_enabled(new["origination"])):
        return False
    for name, keys in (
        ("streaming", ("data_retention_in_hours", "disabled")),
        ("proxy", ("default_session_expiry_minutes", "phone_number_countries")),
    ):
        if new.get(name) is not None and any(new[name].get(key) in (None, []) for key in keys):
            return False
    return True


# A run must send its writes in the order of these lines, and at most one write of each line. "encryption ..." means
# UpdateVoiceConnector, and "credentials ..." means DeleteVoiceConnectorTerminationCredentials.
ORDER = [
    ["CreateVoiceConnector"],
    ["DeleteVoiceConnectorEmergencyCallingConfiguration"],
    ["encryption off"],
    ["credentials deleted"],
    ["PutVoiceConnectorTermination", "DeleteVoiceConnectorTermination"],
    ["PutVoiceConnectorTerminationCredentials"],
    ["credentials purged"],
    ["PutVoiceConnectorOrigination", "DeleteVoiceConnectorOrigination"],
    ["encryption on"],
    ["PutVoiceConnectorEmergencyCallingConfiguration"],
    ["PutVoiceConnectorStreamingConfiguration", "DeleteVoiceConnectorStreamingConfiguration"],
    ["PutVoiceConnectorLoggingConfiguration"],
    ["PutVoiceConnectorExternalSystemsConfiguration", "DeleteVoiceConnectorExternalSystemsConfiguration"],
    ["PutVoiceConnectorProxy", "DeleteVoiceConnectorProxy"],
    ["TagResource"],
    ["UntagResource"],
    ["DeleteVoiceConnector"],
]


def check_order(steps: list[str], options: dict[str, Any]) -> None:
    purges = "credentials" in options.get("termination_credentials", {})
    names = {
        "UpdateVoiceConnector": "encryption on" if options.get("require_encryption") else "encryption off",
        "DeleteVoiceConnectorTerminationCredentials": "credentials purged" if purges else "credentials deleted",
    }
    order = [next(n for n, line in enumerate(ORDER) if names.get(step, step) in line) for step in steps]
    assert order == sorted(set(order)), f"wrong order: {steps}"


# Cases that random tests found


@pytest.mark.parametrize(
    ("state", "options", "steps"),
    [
        pytest.param({"Tags": {"a": "1"}}, {"tags": {"b": "2"}}, ["TagResource", "UntagResource"], id="tags replaced"),
        pytest.param({}, {"tags": {"empty": ""}}, ["TagResource"], id="empty tag"),
        pytest.param(
            {"Termination": {"CpsLimit": 1}, "TerminationCredentials": ["alice"]},
            {
                "termination_credentials": {"credentials": [{"username": "bob", "password": "pass-bob"}]},
                "purge_termination_credentials": True,
            },
            ["PutVoiceConnectorTerminationCredentials", "DeleteVoiceConnectorTerminationCredentials"],
            id="credentials replaced",
        ),
        pytest.param(
            {"Origination": {"Routes": [{"Port": 5060}, {"Host": "", "Protocol": "TCP"}]}},
            {"origination": {"routes": [{"host": "", "protocol": "TCP"}, {"port": 5060}]}},
            [],
            id="item with empty members",
        ),
        pytest.param({}, {"origination": {"exists": True}}, ["PutVoiceConnectorOrigination"], id="only exists"),
        pytest.param(
            {"Termination": {"CpsLimit": 1}, "TerminationCredentials": ["alice"]},
            {"termination": {"exists": False}, "termination_credentials": {"exists": False}},
            ["DeleteVoiceConnectorTerminationCredentials", "DeleteVoiceConnectorTermination"],
            id="credentials deleted first",
        ),
        pytest.param(
            {},
            {"emergency_calling": {"exists": False}, "proxy": {"exists": False}, "logging": {"enable_sip_logs": True}},
            ["PutVoiceConnectorLoggingConfiguration"],
            id="nothing to delete",
        ),
    ],
)
def test_options_are_applied_once(
    server: Emulator, state: dict[str, Any], options: dict[str, Any], steps: list[str]
) -> None:
    server.voice = Voice({"voice_connectors": [{"VoiceConnectorId": ID, "Name": "walk", **state}]})
    for expected in (steps, []):
        result = write(server, voice_connector_id=ID, **options)
        assert "msg" not in result, result["msg"]
        assert result["steps"] == expected


def test_user_names_that_the_service_deletes_are_reported(server: Emulator) -> None:
    seed = {"VoiceConnectorId": ID, "Termination": {"CpsLimit": 1}, "TerminationCredentials": ["alice"]}
    server.voice = Voice({"voice_connectors": [seed], "credentials_put": "replace"})
    given = {"credentials": [{"username": "bob", "password": "pass-bob"}]}
    result = write(server, voice_connector_id=ID, termination_credentials=given)
    assert "the user names alice are missing after the write" in result["msg"]
    assert (result["changed"], result["steps"]) == (True, ["PutVoiceConnectorTerminationCredentials"])


# Random options

USERS = ["alice", "bob", "carol"]


def respell(rng: random.Random, value: Any, key: str = "") -> Any:
    """Return *value* in a different spelling with the same meaning."""
    if isinstance(value, dict):
        return {name: respell(rng, inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [respell(rng, item, key) for item in rng.sample(value, len(value))]
    if key in ("calling_country", "calling_regions", "phone_number_countries", "host"):
        return rng.choice([value.upper(), value.lower()])
    if key == "cidr_allowed_list":
        return str(ipaddress.ip_network(value, strict=False))
    return value.lstrip("+") if key.endswith("phone_number") else value


def draw_setting(rng: random.Random, name: str, current: Any) -> dict[str, Any]:
    kind = rng.random()
    if kind < 0.15:
        return {"exists": False}
    if kind < 0.35 and current:
        chosen = rng.sample(list(current), rng.randint(1, len(current)))
        return respell(rng, {key: current[key] for key in chosen})
    options: dict[str, Any] = to_options(draw(rng, MODEL.shape_for(STRUCTURES[name]), valid=True))
    for key, value in options.items():
        if key == "default_phone_number" and rng.random() < 0.3:
            options[key] = ""
        if key == "disabled":
            options[key] = rng.random() < 0.2
        if key == "dnis" and not value:
            options[key] = to_options(
                [draw(rng, MODEL.shape_for("DNISEmergencyCallingConfiguration"), True, item=True)]
            )
        if key == "routes" and current and current.get("routes") and rng.random() < 0.6:
            # Choose some current routes. Keep only a few members of the first one if these members identify it.
            options[key] = rng.sample(current[key], rng.randint(1, len(current[key])))
            part = dict(list(options[key][0].items())[: rng.randint(1, 5)])
            if sum((canonical(route) or {}).items() >= (canonical(part) or {}).items() for route in current[key]) == 1:
                options[key][0] = part
    if rng.random() < 0.3:
        options["exists"] = True
    return options if name != "emergency_calling" or "dnis" in options else {"exists": False}


def draw_credentials(rng: random.Random, current: dict[str, str]) -> dict[str, Any]:
    kind = rng.random()
    if kind < 0.1:
        return {"termination_credentials": {"exists": False}}
    if kind < 0.2:
        return {"termination_credentials": {"exists": bool(current), "usernames": rng.sample([*current], len(current))}}
    users = rng.sample(USERS, rng.randint(1, 3))
    options: dict[str, Any] = {
        "termination_credentials": {
            "credentials": [{"username": user, "password": f"pass-{rng.randrange(10**9)}"} for user in users]
        }
    }
    if rng.random() < 0.3:
        options["update_password"] = "always"
    if rng.random() < 0.5:
        options["purge_termination_credentials"] = True
    return options


def draw_options(rng: random.Random, model: Model) -> dict[str, Any]:
    """Return random options, except those that identify the Voice Connector."""
    options: dict[str, Any] = {}
    areas = [*STRUCTURES, "termination", "origination", "emergency_calling", "credentials", "tags", "encryption"]
    for area in rng.sample(areas, rng.choice([1, 1, 1, 2, 2]) + 2 * (model is None)):
        if area in STRUCTURES:
            options[area] = draw_setting(rng, area, model and model[area])
        elif area == "credentials":
            options.update(draw_credentials(rng, model["passwords"] if model else {}))
        elif area == "encryption":
            options["require_encryption"] = rng.random() < 0.5
        else:
            options["tags"] = {key: rng.choice(["voice", "sip", ""]) for key in rng.sample(["team", "site", "cost"], 2)}
            if rng.random() < 0.5:
                options["purge_tags"] = False
    return options


def draw_impossible(rng: random.Random, model: dict[str, Any]) -> dict[str, Any]:
    """Return random options that contain a combination that AWS would reject."""
    impossible: list[dict[str, Any]] = [
        {"network_type": "DUAL_STACK"},
        {"termination": {"exists": False, "cps_limit": 2}},
        {"termination": {"default_phone_number": "12065550199"}},
        {"termination_credentials": {"usernames": [*model["passwords"], "mallory"]}},
        {"phone_numbers": {"exists": True, "e164_phone_numbers": ["+12065550102"]}},
        {"proxy": {"phone_number_countries": []}} if model["proxy"] else {"proxy": {"disabled": True}},
    ]
    if model["streaming"] is None:
        impossible.append({"streaming": {"disabled": True}})
    put = [{"username": "dave", "password": "pass-dave"}]
    dnis = [{"emergency_phone_number": "+12065550119", "calling_country": "US"}]
    for name in ("termination", "origination"):
        impossible.append({"emergency_calling": {"dnis": dnis}, name: {"exists": False}})
        impossible.append({"emergency_calling": {"dnis": dnis}, name: {"disabled": True}})
        if model["emergency_calling"]:
            impossible += [{name: {"exists": False}}, {name: {"disabled": True}}] * 3
    if model["termination"] is None:
        impossible += [{"termination_credentials": {"credentials": put}}] * 3
    elif model["emergency_calling"] is None:
        impossible.append({"termination": {"exists": False}, "termination_credentials": {"credentials": put}})
    return {"tags": {"new": "tag"}, "logging": {"enable_sip_logs": True}, **rng.choice(impossible)}


class Walk:
    """A series of runs with random options for one Voice Connector. A second Voice Connector must never change."""

    def __init__(self, server: Emulator, monkeypatch: pytest.MonkeyPatch, seed: int, **state: Any) -> None:
        self.server = server
        self.rng = random.Random(seed)
        self.applied: list[str] = []  # the writes that the emulator applied in the last run
        self.fails: dict[str, float] = {}  # the probabilities of faults, by kind
        self.persistent: str | None = None  # if not None, the fault for all further writes
        self.identifier: str | None = ID
        self.steps: set[str] = set()
        self.failures: list[str] = []
        bystander = {
            "VoiceConnectorId": OTHER_ID,
            "Name": "bystander",
            "Termination": {"CpsLimit": 7},
            "Unchecked": True,
        }
        tags = {"aws:cloudformation:stack-name": "voice", "team": "voice"}
        seeds = [bystander, {"VoiceConnectorId": ID, "Name": "walk", "Tags": tags}]
        server.voice = Voice({"voice_connectors": seeds, **state})
        self.bystander = server.voice.snapshot()[OTHER_ID]
        self.model: Model = {"name": "walk", "require_encryption": True, "tags": tags, "passwords": {}}
        self.model.update(dict.fromkeys(STRUCTURES))
        run_operation = server.voice.handle

        def handle(operation: Any, *args: Any) -> Any:
            output = run_operation(operation, *args)
            if is_write(operation.name):
                self.applied.append(operation.name)
            return output

        monkeypatch.setattr(server.voice, "handle", handle)
        monkeypatch.setattr(server, "next_fault", self.draw_fault)

    def draw_fault(self, operation: str, request: str) -> Fault | None:
        kind = "write" if is_write(operation) else "read"
        if self.rng.random() >= self.fails.get(kind, 0) and not (self.persistent and kind == "write"):
            return None
        faults = ["throttled", "throttled", "failed", "reset"]
        chosen = self.rng.choice([*faults, "after", "lost"] if kind == "write" else faults)
        if kind == "write" and self.persistent is None and self.rng.random() < self.fails.get("persistent", 0):
            self.persistent = self.rng.choice(["denied", "denied", "failed", "after", "lost"])
        return {
            "throttled": Fault(error="ThrottledClientException"),
            "failed": Fault(error="ServiceFailureException"),
            "after": Fault(error="ServiceFailureException", after=True),
            "denied": Fault(error="ForbiddenException"),
            "reset": Fault(drop="reset"),
            "lost": Fault(drop="lost"),
        }[(kind == "write" and self.persistent) or chosen]

    def state(self) -> Model:
        """Return a model of the Voice Connector in the emulator."""
        snapshot = self.server.voice.snapshot()
        assert snapshot.pop(OTHER_ID) == self.bystander
        if not snapshot:
            return None
        [(identifier, connector)] = snapshot.items()
        self.identifier = identifier
        model = {"name": connector["Name"], "require_encryption": connector["RequireEncryption"]}
        model["tags"], model["passwords"] = connector["Tags"], connector.get("TerminationCredentials", {})
        return {**model, **{name: to_options(connector.get(shape)) for name, shape in STRUCTURES.items()}}

    def run(self, **options: Any) -> dict[str, Any]:
        self.applied.clear()
        result = write(self.server, **options)
        check = f"{result} {self.applied} {options}"
        steps, applied = result["steps"], list(dict.fromkeys(self.applied))
        assert result["changed"] == bool(steps), check
        if options.get("_ansible_check_mode"):
            assert not applied, check
        elif "msg" not in result:
            assert (applied, result["failed_step"]) == (steps, None), check
        elif applied != steps:
            assert applied == [*steps, result["failed_step"]], check
            assert "it is unknown whether" in result["msg"], check
        check_order(steps, options)
        return result

    def check_values(self, result: dict[str, Any], options: dict[str, Any]) -> None:
        """Check that a result contains the values of the model."""
        connector, model = result["voice_connector"], self.model
        assert result["exists"] == (model is not None)
        if model is None:
            assert connector is None
            return
        assert {key: connector[key] for key in ("name", "require_encryption")}.items() <= model.items()
        if "tags" in options:
            assert connector["tags"] == model["tags"]
        if "termination_credentials" in options:
            assert set(connector["termination_credentials"]["usernames"]) == set(model["passwords"])
        for name in STRUCTURES:
            if name in options:
                found = dict(connector[name])
                empty: dict[str, Any] = {
                    "name": "",
                    "require_encryption": True,
                    "tags": {},
                    "passwords": {},
                    **dict.fromkeys(STRUCTURES),
                }
                setting = found if found.pop("exists") else None
                assert canonical_model({**empty, name: setting}) == canonical_model({**empty, name: model[name]})

    def step(self, faulty: bool) -> None:
        """Run with random options, and check the result.

        If the run fails, a second run must succeed. If the run succeeds, a second run must change nothing. If *faulty*
        is false, check mode must predict the result of the first run.
        """
        rng, model = self.rng, self.model
        while True:
            options = draw_options(rng, model)
            identity: dict[str, Any] = {"voice_connector_id": self.identifier}
            if model is None:
                identity = {"name": "walk"}
            elif rng.random() < 0.05:
                options = {"state": "absent"}
            elif rng.random() < 0.1:
                identity["name"] = rng.choice(["walk", "run", "stroll"])
            elif rng.random() < 0.5:
                identity = {"name": model["name"]}
            options = {**identity, **options}
            if model is not None and options.get("state") == "absent":
                options["name"] = model["name"]
            new = expect(model, options)
            if is_possible(model, new, options):
                break
        sends = options.get("update_password") == "always" and bool(options["termination_credentials"]["credentials"])
        changes = sends or canonical_model(new) != canonical_model(model)
        given = {
            credential["username"] for credential in options.get("termination_credentials", {}).get("credentials", [])
        }
        current = set(model["passwords"] if model else ())
        loses = self.server.voice.credentials_put == "replace" and not current <= given and (sends or given - current)
        predicted = None if faulty else self.run(_ansible_check_mode=True, **options)
        if faulty:
            self.fails = {"write": 0.4, "read": 0.05, "persistent": 0.3}
        result = self.run(**options)
        self.fails, self.persistent = {}, None
        context = f"{options} from {model}: {result}"
        if "msg" in result:
            assert faulty or loses, context
            self.failures.append(result["msg"])
        self.steps.update(result["steps"])
        if loses:
            if not faulty and not options.get("purge_termination_credentials"):
                assert "are missing after the write" in result["msg"]
            # The module cannot add the deleted user names again, because it does not know their passwords. So the
            # expected state does not contain these user names.
            repeated = self.run(**{**options, "update_password": "on_create"})
            assert "msg" not in repeated, repeated["msg"]
            self.model = self.state()
            assert given <= set(self.model["passwords"])  # type: ignore[index]
            return
        completes = "msg" in result
        if completes:
            completed = self.run(**options)
            assert "msg" not in completed, f"{completed['msg']} after {context}"
            self.steps.update(completed["steps"])
            result = completed
        else:
            assert result["changed"] == bool(changes), context
        state = self.state()
        assert canonical_model(state) == canonical_model(new), context
        self.model = new
        self.check_values(result, options)
        if predicted:
            assert (predicted["changed"], predicted["steps"]) == (result["changed"], result["steps"]), context
            self.check_values(predicted, options)
        if options.get("state") != "absent" and not completes:
            again = self.run(**{**options, "update_password": "on_create"})
            assert (again.get("msg"), again["changed"]) == (None, False), f"{again} after {context}"
        self.model = state

    def refuse(self) -> None:
        """Run with options that cannot succeed."""
        if self.model is None:
            return
        options = {"voice_connector_id": self.identifier, **draw_impossible(self.rng, self.model)}
        before = self.server.voice.snapshot()
        result = self.run(**options, _ansible_check_mode=self.rng.random() < 0.3)
        assert "msg" in result, options
        assert (result["changed"], self.applied) == (False, []), f"{options}: {result}"
        assert self.server.voice.snapshot() == before


@pytest.mark.parametrize(
    ("seed", "state"),
    [
        (1, {}),
        (2, {"reorders": True}),
        (3, {"credentials_put": "replace"}),
        (4, {"reorders": True, "credentials_put": "replace", "visible_after": 3}),
    ],
)
def test_every_option_is_applied_despite_faults(
    server: Emulator, monkeypatch: pytest.MonkeyPatch, seed: int, state: dict[str, Any]
) -> None:
    walk = Walk(server, monkeypatch, seed, **state)
    for number in range(75):
        walk.step(faulty=number % 2 == 1)
        if number % 8 == 0:
            walk.refuse()
    assert walk.failures
