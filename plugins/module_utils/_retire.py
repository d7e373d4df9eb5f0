# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Decide which proxy configurations to delete. If deleting is not safe, raise VoiceError. All functions are pure."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from ._bulk import BulkRead, claimed_homes, foreign_homes, matches_tags
from ._bulk_writes import Record
from ._connectors import are_tags_withheld, find_owner
from ._errors import VoiceError
from ._redact import PhoneNumbers, redact


class Exclusions(NamedTuple):
    """Criteria that exclude Voice Connectors. One match is enough to keep a proxy configuration."""

    ids: list[str]
    names: list[str]
    tags: dict[str, str | None]  # values by key; None matches any value


def choose_regions(regions: list[str], excluded: list[str]) -> list[str]:
    """Return the *regions* that are not *excluded*.

    :raises VoiceError: *excluded* contains a Region that is not in *regions*, or no Region is left.
    """
    unknown = [region for region in dict.fromkeys(excluded) if region not in regions]
    if unknown:
        raise VoiceError("bad_exclude_region", regions=", ".join(unknown), read=", ".join(regions))
    left = [region for region in dict.fromkeys(regions) if region not in excluded]
    if not left:
        raise VoiceError("no_regions_left")
    return left


class Plan(NamedTuple):
    """The selected proxy configurations to delete, and those to keep because they cannot be restored."""

    records: list[Record]  # the proxy configurations to back up and delete
    unrestorable: list[tuple[Record, str]]  # each with the reason why it cannot be restored
    warnings: list[str]


def plan_deletions(
    read: BulkRead,
    ids: list[str] | None,
    exclusions: Exclusions,
    account_id: str,
    prefix: str,
    find_problem: Callable[[Record], str | None],
) -> Plan:
    """Return the plan for the selected proxy configurations.

    :param read: the selected Voice Connectors with their proxy configurations, and with their tags
        if *exclusions* contains tags.
    :param ids: the selected IDs, or None for all.
    :param prefix: the beginning of error messages, "Failed to ...: ".
    :param find_problem: a function that returns why a proxy configuration cannot be restored from a backup, or None.
    :raises VoiceError: the selection may be incomplete, or a selected proxy configuration must not be deleted.
    """
    names = {region.name for region in read.regions}
    foreign = foreign_homes(read.regions)
    connectors = [result.connector for result in read.reads if result.connector is not None]
    homes = {**foreign, **{c["voice_connector_id"]: c["aws_region"] for c in connectors}}
    for identifier in ids or []:
        home = homes.get(identifier)
        if home and home not in names:
            raise VoiceError("unread_region", prefix, voice_connector_id=identifier, home=home)
    require_complete_read(read, prefix, exclusions)
    kept = [c for c in connectors if not is_excluded(c, exclusions)]
    targets = [c for c in kept if c["proxy"]["exists"]]
    require_known(targets, exclusions, prefix)
    not_read: list[dict[str, Any]] = []
    if ids is None:
        listed = {i: entry and entry["name"] for region in read.regions for i, entry in region.listed.items()}
        not_read = [{"voice_connector_id": i, "name": listed[i]} for i in foreign]
    require_used(connectors + not_read, exclusions, prefix)
    # Maps each ID to the Regions to which the Voice Connector belongs, according to the aws_region in each response.
    found: dict[str, set[str]] = {}
    for connector in connectors:
        found.setdefault(connector["voice_connector_id"], set()).update(filter(None, [connector["aws_region"]]))
    for identifier in [connector["voice_connector_id"] for connector in targets]:
        claims = sorted({*found[identifier], *claimed_homes(read.regions, identifier)})
        if len(claims) > 1:
            raise VoiceError("two_homes", prefix, homes=" and ".join(claims), voice_connector_id=identifier)
    at_home = {c["voice_connector_id"] for c in connectors if c["region"] == c["aws_region"]}
    targets = [c for c in targets if c["region"] == c["aws_region"] or c["voice_connector_id"] not in at_home]
    for connector in targets:
        require_home(connector, prefix)
    for connector in kept:
        require_owner(connector, account_id, prefix)
    warnings = [warning for connector in targets for warning in check_arn(connector, prefix)]
    proxies = {(r.voice_connector_id, r.region): r.structures.get("proxy") or {} for r in read.reads}
    records = [
        Record(c["voice_connector_id"], c["region"], c["name"], proxies[c["voice_connector_id"], c["region"]])
        for c in targets
    ]
    problems = [(record, find_problem(record)) for record in records]
    return Plan(
        [record for record, problem in problems if problem is None],
        [(record, problem) for record, problem in problems if problem is not None],
        warnings,
    )


def list_failures(read: BulkRead, exclusions: Exclusions) -> list[dict[str, Any]]:
    """Return the failed reads and their reasons, as the module returns them.

    Tags that could not be read are not a failure if AWS withholds them (does not return the tags of this Voice
    Connector), or if the ID or name of the Voice Connector is excluded.
    """
    connectors = {result.voice_connector_id: result.connector for result in read.reads if result.connector}
    failures: dict[tuple[str | None, str | None], dict[str, Any]] = {}
    for identifier, region, error in read.unknowns():
        connector = connectors.get(identifier or "")
        if are_tags_withheld(error) or (
            connector and error.operation == "ListTagsForResource" and is_excluded(connector, exclusions)
        ):
            continue
        place = {"voice_connector_id": identifier, "name": (connector or {}).get("name"), "region": region}
        earlier = failures.get((identifier, region))
        reason = f"{earlier['reason']} {error.message}" if earlier else error.message
        failures[identifier, region] = {**place, "reason": reason}
    return list(failures.values())


def require_complete_read(read: BulkRead, prefix: str, exclusions: Exclusions) -> None:
    """Raise VoiceError if ``list_failures`` returns a failed read."""
    failures = list_failures(read, exclusions)
    if failures:
        error = VoiceError("incomplete_read", prefix, first=failures[0]["reason"].removesuffix("."))
        error.details = {"failures": failures}
        raise error


def is_excluded(connector: dict[str, Any], exclusions: Exclusions) -> bool:
    """Whether a Voice Connector keeps its proxy configuration, because it matches an exclusion."""
    return (
        connector["voice_connector_id"] in exclusions.ids
        or connector["name"] in exclusions.names
        or any(matches_tags(connector.get("tags") or {}, {key: value}) for key, value in exclusions.tags.items())
    )


def require_known(targets: list[dict[str, Any]], exclusions: Exclusions, prefix: str) -> None:
    """Raise VoiceError if it is unknown whether an exclusion applies to a Voice Connector."""
    for connector in targets:
        if exclusions.names and connector["name"] is None:
            raise VoiceError("unknown_name", prefix, **_place(connector))
        if exclusions.tags and connector["tags"] is None:
            raise VoiceError(
                "unknown_tags", prefix, reason=connector["tags_error"].removesuffix("."), **_place(connector)
            )


def require_used(connectors: list[dict[str, Any]], exclusions: Exclusions, prefix: str) -> None:
    """Raise VoiceError for an exclusion that matches none of *connectors*, because it may be misspelled."""
    ids = {connector["voice_connector_id"] for connector in connectors}
    names = {connector["name"] for connector in connectors}
    unused = {
        "exclude_voice_connector_ids": [repr(i) for i in exclusions.ids if i not in ids],
        "exclude_names": [repr(name) for name in exclusions.names if name not in names],
        "exclude_tags": [
            repr(key) if value is None else f"{key!r} with the value {value!r}"
            for key, value in exclusions.tags.items()
            if not any(matches_tags(connector.get("tags") or {}, {key: value}) for connector in connectors)
        ],
    }
    for option, values in unused.items():
        if values:
            raise VoiceError("unused_exclusion", prefix, option=option, values=", ".join(values))


def require_account(account: str, account_id: str, prefix: str) -> None:
    """Raise VoiceError unless the credentials belong to the confirmed account."""
    if account != account_id:
        raise VoiceError("different_account", prefix, account=account, account_id=account_id)


def require_home(connector: dict[str, Any], prefix: str) -> None:
    """Raise VoiceError unless a Voice Connector belongs to the Region in which it was found."""
    if connector["aws_region"] != connector["region"]:
        raise VoiceError("wrong_home", prefix, home=connector["aws_region"] or "none", **_place(connector))


def require_owner(connector: dict[str, Any], account_id: str, prefix: str) -> None:
    """Raise VoiceError unless a Voice Connector belongs to the account, according to its ARN."""
    owner = find_owner(connector)
    if owner is None:
        raise VoiceError("no_connector_account", prefix, **_place(connector))
    if owner != account_id:
        account = redact(owner, limit=100)
        raise VoiceError("connector_account", prefix, account=account, account_id=account_id, **_place(connector))


def check_arn(connector: dict[str, Any], prefix: str) -> list[str]:
    """Return warnings about the ARN of a Voice Connector; raise VoiceError if it is the ARN of a different resource."""
    arn, identifier = connector["voice_connector_arn"], connector["voice_connector_id"]
    scheme, partition, service, region, _account, resource = arn.split(":", 5)
    shown = redact(arn, limit=200, numbers=PhoneNumbers())
    if (scheme, service, resource) != ("arn", "chime", f"vc/{identifier}"):
        raise VoiceError("different_arn", prefix, arn=shown, **_place(connector))
    if (partition, region) == ("aws", connector["region"]):
        return []
    place = f"Voice Connector {identifier} in {connector['region']}"
    return [f"The ARN of {place} has a different partition or Region: {shown}"]


def _place(connector: dict[str, Any]) -> dict[str, Any]:
    return {"voice_connector_id": connector["voice_connector_id"], "found_in": connector["region"]}
