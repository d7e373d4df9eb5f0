# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test which values options accept. An ambiguous value must never select more than the user wrote."""

from __future__ import annotations

import importlib
import json
import pathlib
from typing import Any, Callable

import pytest

from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import (
    CREDENTIALS,
    MISSING,
    STATE,
    WITH_PROXY,
    WITHOUT_PROXY,
    connection_to,
    run_main,
)

INFO, PROXY, PROXY_INFO = (
    "chime_voice_connector_info",
    "chime_voice_connector_proxy",
    "chime_voice_connector_proxy_info",
)
RESTORE, RETIRE = f"{PROXY}_restore", f"{PROXY}_retire"
LIST = "ListVoiceConnectors"
EAST, WEST = "us-east-1", "us-west-2"

# For each module, options with which it succeeds. run_module adds the options for the connection and the backup.
VALID: dict[str, dict[str, Any]] = {
    INFO: {},
    PROXY: {"voice_connector_id": WITH_PROXY},
    PROXY_INFO: {"voice_connector_id": WITH_PROXY},
    RESTORE: {"account_id": CREDENTIALS["account"], "all": True},
    RETIRE: {"account_id": CREDENTIALS["account"], "all": True, "regions": [EAST]},
}


def specification(module: str) -> dict[str, dict[str, Any]]:
    path = f"ansible_collections.chime_sdk.voice.plugins.modules.{module}"
    options: dict[str, dict[str, Any]] = importlib.import_module(path).OPTIONS
    return options


def options_of_type(*types: str) -> list[Any]:
    """Return pairs of a module and an option name or alias, for all options whose type is one of *types*."""
    return [
        pytest.param(module, option, id=f"{module}-{option}")
        for module in VALID
        for name, details in specification(module).items()
        for option in (name, *details.get("aliases", ()))
        if details["type"] in types
    ]


Run = Callable[..., "dict[str, Any]"]


@pytest.fixture
def run_module(emulator: Emulator, tmp_path: pathlib.Path) -> Run:
    """Return a function that runs a module in check mode. Its arguments can remove or replace options in VALID."""
    backup = tmp_path / "backup.json"
    proxy = STATE["voice_connectors"][0]["Proxy"]
    records = [
        {"voice_connector_id": c["VoiceConnectorId"], "region": EAST, "name": c["Name"], "proxy": proxy}
        for c in STATE["voice_connectors"]
    ]
    backup.write_text(
        json.dumps({"format": 1, "account": CREDENTIALS["account"], "created": "", "voice_connectors": records})
    )
    files: dict[str, Any] = {RESTORE: {"backup_file": str(backup)}, RETIRE: {"backup_dir": str(tmp_path / "backups")}}

    def run_with(module: str, without: str = "", **options: Any) -> dict[str, Any]:
        valid = {**connection_to(emulator), **VALID[module], **files.get(module, {})}
        args = {name: value for name, value in valid.items() if name not in (without, *options)}
        return run_main(module, {"_ansible_check_mode": True, **args, **options})

    return run_with


def assert_refused(result: dict[str, Any], emulator: Emulator, words: str) -> None:
    assert result["failed"] is True
    assert words in result["msg"], result["msg"]
    assert emulator.operations() == []


@pytest.mark.parametrize("module", VALID)
def test_the_valid_options_succeed(run_module: Run, module: str) -> None:
    assert "failed" not in run_module(module)


# Empty values


@pytest.mark.parametrize(("module", "option"), options_of_type("str", "path"))
def test_an_empty_string_is_refused(run_module: Run, emulator: Emulator, module: str, option: str) -> None:
    if option == "fall_back_phone_number":  # an empty string removes the phone number
        assert run_module(module, **{option: ""})["proxy"]["fall_back_phone_number"] is None
    else:
        words = "state must be one of" if option == "state" else f"{option} is an empty string. Specify a value"
        assert_refused(run_module(module, **{option: ""}), emulator, words)


@pytest.mark.parametrize("module", VALID)
@pytest.mark.parametrize("option", ["region", "aws_region"])
def test_an_empty_region_does_not_mean_the_default(
    run_module: Run, emulator: Emulator, module: str, option: str
) -> None:
    assert_refused(run_module(module, "region", **{option: ""}), emulator, f"{option} is an empty string")


@pytest.mark.parametrize(("module", "option"), options_of_type("list"))
@pytest.mark.parametrize("items", [[""], [None], "", "x,", "x, ,x", ["x", None]], ids=repr)
def test_an_empty_item_is_refused(run_module: Run, emulator: Emulator, module: str, option: str, items: Any) -> None:
    item = {"regions": EAST, "exclude_regions": EAST, "include": "proxy"}.get(option, "US")
    given = items.replace("x", item) if isinstance(items, str) else [item if i == "x" else i for i in items]
    # Ansible itself refuses invalid items of include.
    words = "value of include must be" if option == "include" else f"{option} contains an empty or null item"
    assert_refused(run_module(module, **{option: given}), emulator, words)


@pytest.mark.parametrize(("module", "option"), options_of_type("list"))
def test_an_empty_list_is_not_an_empty_item(run_module: Run, module: str, option: str) -> None:
    assert "empty or null item" not in run_module(module, **{option: []}).get("msg", "")


# Null


@pytest.mark.parametrize(("module", "option"), options_of_type("str", "path", "list", "dict", "int", "bool"))
def test_null_means_that_an_option_is_omitted(run_module: Run, module: str, option: str) -> None:
    result = run_module(module, **{option: None})
    assert result == run_module(module, option)
    if specification(module).get(option, {}).get("required"):
        assert result["msg"] == f"missing required arguments: {option}"
    elif option not in VALID[module]:
        assert "failed" not in result


def test_a_null_alias_does_not_replace_the_value_of_the_option(run_module: Run) -> None:
    result = run_module(PROXY, phone_number_countries=["MX"], phone_number_pool_countries=None)
    assert result["proxy"]["phone_number_countries"] == ["MX"]


@pytest.mark.parametrize("option", ["region", "aws_region"])
def test_a_null_region_does_not_override_the_environment(
    run_module: Run, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setenv("AWS_REGION", WEST)
    assert run_module(INFO, "region", **{option: None})["region"] == WEST


def test_a_null_profile_still_overrides_the_environment(
    run_module: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "config").write_text("[profile telephony]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "telephony")
    assert "'profile' cannot be combined with" in run_module(INFO)["msg"]
    assert "failed" not in run_module(INFO, profile=None)


# Lists in a string


@pytest.mark.parametrize(
    ("module", "option", "text", "items"),
    [
        (INFO, "names", "warehouse, reception", ["warehouse", "reception"]),
        (INFO, "names", " reception ", ["reception"]),
        (INFO, "names", "reception,\n  warehouse\n", ["reception", "warehouse"]),
        (INFO, "include", "proxy, tags", ["proxy", "tags"]),
        (INFO, "regions", f"{EAST} , {WEST}", [EAST, WEST]),
        (INFO, "regions", f"{EAST}\n\n {WEST}\n", [EAST, WEST]),
        (INFO, "regions", f'["{EAST}", "{WEST}"]', [EAST, WEST]),
        (INFO, "names", "- reception\n- 'warehouse, left'\n", ["reception", "warehouse, left"]),
        (INFO, "names", "[reception", ["[reception"]),
        (INFO, "names", "5", ["5"]),
        (INFO, "voice_connector_ids", f"{WITHOUT_PROXY}, {WITH_PROXY}", [WITHOUT_PROXY, WITH_PROXY]),
        (PROXY, "phone_number_countries", "MX, US", ["MX", "US"]),
        (PROXY, "phone_number_pool_countries", "MX, US", ["MX", "US"]),
        (RETIRE, "regions", f"{EAST}, {WEST}", [EAST, WEST]),
        (RETIRE, "exclude_names", "reception, warehouse", ["reception", "warehouse"]),
        (RETIRE, "exclude_voice_connector_ids", f"{WITH_PROXY}, {WITHOUT_PROXY}", [WITH_PROXY, WITHOUT_PROXY]),
    ],
)
def test_a_string_is_split_into_items_without_blanks(
    run_module: Run, module: str, option: str, text: str, items: list[str]
) -> None:
    result = run_module(module, **{option: text})
    assert "failed" not in result
    assert result == run_module(module, **{option: items})


@pytest.mark.parametrize("module", [RESTORE, RETIRE])
def test_blanks_around_selected_ids_are_removed(run_module: Run, module: str) -> None:
    result = run_module(module, "all", voice_connector_ids=f" {WITH_PROXY}, {WITHOUT_PROXY}")
    assert "failed" not in result
    assert result == run_module(module, "all", voice_connector_ids=[WITH_PROXY, WITHOUT_PROXY])


def test_blanks_in_the_items_of_a_list_are_kept(run_module: Run) -> None:
    result = run_module(INFO, names=[" reception", "warehouse ", "a, b"])
    assert result["voice_connectors"] == []


@pytest.mark.parametrize(
    ("module", "option", "item", "words"),
    [
        (INFO, "regions", f" {EAST}", "cannot be an AWS Region"),
        (RETIRE, "regions", f"{EAST} ", "cannot be an AWS Region"),
        (RETIRE, "exclude_regions", f"{EAST}\n", "cannot be an AWS Region"),
        (INFO, "voice_connector_ids", f" {WITH_PROXY}", "cannot be a Voice Connector ID"),
        (RESTORE, "voice_connector_ids", f"{WITH_PROXY} ", "cannot be a Voice Connector ID"),
        (RETIRE, "voice_connector_ids", f"{WITH_PROXY}\t", "cannot be a Voice Connector ID"),
        (RETIRE, "exclude_voice_connector_ids", f" {WITH_PROXY}", "cannot be a Voice Connector ID"),
    ],
)
def test_an_id_or_region_in_a_list_cannot_begin_or_end_with_a_blank(
    run_module: Run, emulator: Emulator, module: str, option: str, item: str, words: str
) -> None:
    result = run_module(module, "all" if option == "voice_connector_ids" else "", **{option: [item]})
    assert_refused(result, emulator, f"an item of {option} is {item!r}, which {words}")


# Regions

BAD_REGIONS = [
    *("US-EAST-1", "us-east-1-fips", "fips-us-east-1", "us east 1", "aws-global", "us_east_1", "us-east", "us-east1"),
    *("us-east-1a", "-us-east-1", "us--east-1", "us-east-1,us-west-2", "us-east-1\n", "us-east-١", "east-1", "default"),
    "{{ region }}",
]
REGION_OPTIONS = [
    *((module, option) for module in VALID for option in ("region", "aws_region")),
    (INFO, "regions"),
    (RETIRE, "regions"),
    (RETIRE, "exclude_regions"),
]


@pytest.mark.parametrize(
    ("module", "option", "region"),
    [
        *((module, option, "US-EAST-1") for module, option in REGION_OPTIONS),
        *((PROXY_INFO, "region", region) for region in BAD_REGIONS[1:]),
        *((INFO, "regions", region) for region in BAD_REGIONS[1:]),
    ],
)
def test_a_value_that_is_not_a_region_is_refused(
    run_module: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, module: str, option: str, region: str
) -> None:
    monkeypatch.setattr(
        f"ansible_collections.chime_sdk.voice.plugins.modules.{module}.Connection",
        lambda *args: pytest.fail("a client was created"),
    )
    several = option not in ("region", "aws_region")
    result = run_module(module, "" if several else "region", **{option: [region] if several else region})
    label = f"an item of {option}" if several else "region"
    assert_refused(result, emulator, f"{label} is {region!r}, which cannot be an AWS Region. Write the code of a")


@pytest.mark.parametrize("module", VALID)
def test_a_bad_region_in_the_environment_is_refused(
    run_module: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setenv("AWS_REGION", "US-EAST-1")
    assert_refused(
        run_module(module, "region"),
        emulator,
        "the environment variable AWS_REGION or AWS_DEFAULT_REGION is 'US-EAST-1', which cannot be",
    )


@pytest.mark.parametrize(
    "region",
    [EAST, "us-gov-west-1", "ap-southeast-2", "mx-central-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1"]
    + ["cn-northwest-1", "xy-north-12"],
)
def test_any_region_in_the_form_that_aws_uses_is_read(run_module: Run, emulator: Emulator, region: str) -> None:
    emulator.voice.regions = [region]
    assert run_module(INFO, "region", region=region)["region"] == region
    assert run_module(INFO, regions=[region])["regions"] == [{"region": region, "complete": True, "reason": None}]
    assert emulator.operations() == [LIST, LIST]


@pytest.mark.parametrize("regions", [f"{EAST}, {EAST}", [EAST, EAST]])
@pytest.mark.parametrize("module", [INFO, RETIRE])
def test_a_region_given_twice_is_read_once(run_module: Run, emulator: Emulator, module: str, regions: Any) -> None:
    assert "failed" not in run_module(module, regions=regions)
    assert emulator.operations().count(LIST) == 1


# Types


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ('{"stage": 1}', "number"),
        ('{"stage": 1.5}', "number"),
        ('{"stage": true}', "boolean"),
        ('{"stage": ["live"]}', "list"),
        ('{"stage": {"live": "yes"}}', "dictionary"),
        ({"stage": ["live"]}, "list"),
        ({"stage": {}}, "dictionary"),
        ({"stage": "live", "team": []}, "list"),
        ("{1: 'live'}", "number"),
        ("{True: 'live'}", "boolean"),
    ],
)
@pytest.mark.parametrize(("module", "option"), options_of_type("dict"))
def test_a_tag_that_is_not_a_string_is_refused(
    run_module: Run, emulator: Emulator, module: str, option: str, tags: Any, kind: str
) -> None:
    words = f"{option} contains a {kind} where a string is required. Write a string in quotes"
    assert_refused(run_module(module, **{option: tags}), emulator, words)


@pytest.mark.parametrize("tags", [{"": "live"}, '{"": "live"}', "{None: 'live'}"])
@pytest.mark.parametrize(("module", "option"), options_of_type("dict"))
def test_an_empty_tag_key_is_refused(run_module: Run, emulator: Emulator, module: str, option: str, tags: Any) -> None:
    assert_refused(run_module(module, **{option: tags}), emulator, f"{option} contains an empty or null item")


@pytest.mark.parametrize("tags", [{"team": None}, '{"team": null}', {"team": "voice"}, "team=voice"])
def test_a_null_or_string_tag_value_selects(run_module: Run, tags: Any) -> None:
    assert [c["name"] for c in run_module(INFO, tags=tags)["voice_connectors"]] == ["reception"]
    assert run_module(RETIRE, exclude_tags=tags)["selected"] == []


def test_an_empty_tag_value_matches_only_an_empty_value(run_module: Run) -> None:
    assert run_module(INFO, tags={"team": ""})["voice_connectors"] == []


@pytest.mark.parametrize(("value", "kind"), [(["x"], "list"), ({"x": "y"}, "dictionary")])
@pytest.mark.parametrize(("module", "option"), options_of_type("str", "path"))
def test_a_list_or_dictionary_is_refused_as_a_string(
    run_module: Run, emulator: Emulator, module: str, option: str, value: Any, kind: str
) -> None:
    words = "state must be one of" if option == "state" else f"{option} contains a {kind} where a string is required"
    assert_refused(run_module(module, **{option: value}), emulator, words)


@pytest.mark.parametrize(("value", "kind"), [([MISSING], "list"), ({"x": "y"}, "dictionary")])
@pytest.mark.parametrize(("module", "option"), options_of_type("list"))
def test_a_list_or_dictionary_is_refused_as_an_item(
    run_module: Run, emulator: Emulator, module: str, option: str, value: Any, kind: str
) -> None:
    words = (
        "value of include must be" if option == "include" else f"{option} contains a {kind} where a string is required"
    )
    assert_refused(run_module(module, **{option: [value]}), emulator, words)


@pytest.mark.parametrize("option", ["access_key", "aws_secret_key", "session_token", "profile", "aws_ca_bundle"])
@pytest.mark.parametrize("module", VALID)
def test_an_empty_connection_option_does_not_select_other_credentials(
    run_module: Run, emulator: Emulator, module: str, option: str
) -> None:
    assert_refused(run_module(module, **{option: ""}), emulator, f"{option} is an empty string")


@pytest.mark.parametrize("option", ["validate_certs", "debug_botocore_endpoint_logs"])
def test_a_null_connection_option_is_omitted(run_module: Run, option: str) -> None:
    assert "failed" not in run_module("chime_voice_connector_info", **{option: None})


@pytest.mark.parametrize("config", [{"read_timeout": 10**12}, {"connect_timeout": 10**12}])
def test_a_huge_timeout_is_not_blamed_on_the_credentials(run_module: Run, config: dict[str, Any]) -> None:
    result = run_module("chime_voice_connector_info", aws_config=config)
    assert "credentials" not in result.get("msg", "")


@pytest.mark.parametrize("text", ["team=voice,team=office", "team=voice team=office", '{"team": "voice", "team": "x"}'])
@pytest.mark.parametrize(("module", "option"), [("chime_voice_connector_info", "tags"), (RETIRE, "exclude_tags")])
def test_a_repeated_key_in_a_string_is_refused(
    run_module: Run, emulator: Emulator, module: str, option: str, text: str
) -> None:
    assert_refused(run_module(module, **{option: text}), emulator, f"{option} contains the same key twice")


def test_a_string_without_a_repeated_key_is_accepted(run_module: Run) -> None:
    for text in ("team=voice,env=dev", '{"team": "a:b=c", "env": "a:b=c"}'):
        assert "failed" not in run_module("chime_voice_connector_info", tags=text)
