# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Someone else edits proxy configurations at random moments, while the real main() of a module writes them.

The service has no conditional writes, so an edit between the last read of a module and its write is always lost. These
tests make no edits in this interval.
"""

from __future__ import annotations

import contextlib
import json
import math
import pathlib
import random
import re
import threading
from collections.abc import Iterator
from typing import Any, Callable, NamedTuple, Optional

import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils import _operation, _rate_limit
from ansible_collections.chime_sdk.voice.plugins.module_utils._shapes import PROXY, proxy_result
from ansible_collections.chime_sdk.voice.tests.emulator.api import ServiceError
from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import CREDENTIALS, connection_to, run_main

# Do not measure coverage here: tracing would take longer than the requests, and the purpose is to find defects.
pytestmark = pytest.mark.no_cover

GET, PUT, DELETE = (f"{verb}VoiceConnectorProxy" for verb in ("Get", "Put", "Delete"))
ACCOUNT = CREDENTIALS["account"]
REGIONS = ["us-east-1", "us-west-2", "eu-west-1"]  # no test selects the last Region
ID = re.compile(r"\ba[0-9]{21}\b")

Proxy = Optional[dict[str, Any]]

# Each member has few values, so that later edits often undo earlier ones.
VALUES: dict[str, list[Any]] = {
    "DefaultSessionExpiryMinutes": [30, 60],
    "Disabled": [False, True],
    "FallBackPhoneNumber": [None, "+12065550100", "+12065550142"],
    "PhoneNumberCountries": [["US"], ["US", "CA"], ["GB"]],
}

MAX_WAIT = 0.003  # the longest wait for the rate limit, in seconds

# Parts of the messages about failures
CHANGED = "changed after the backup was written"
FLICKERS = "each read returned different values for "
OVERWRITES = "because it differs from the backup in "
MEANWHILE = "changed while the outcome of the request was unknown"
UNKNOWN = "it is unknown whether the service applied the change"
NO_EFFECT = "the change did not take effect"


class Write(NamedTuple):
    """A write that the service applied."""

    before: Proxy
    after: Proxy


class Story:
    """The history of one Voice Connector, and the random number generator for its next edits and faults."""

    def __init__(self, seed: str, region: str, settings: dict[str, Any]) -> None:
        self.random = random.Random(seed)
        self.region = region
        self.settings = settings  # as the emulator stores them
        self.edits = self.random.choice([0, 0.1, 0.4])  # the probability of an edit in each call of edit()
        self.faults = self.random.choice([0, 0.05, 0.05, 0.3, 0.8])  # the probability of a fault for each request
        # if not None, the fault for every write
        self.fault_of_writes = self.random.choice(["throttled", "failed", "lost", *[None] * 27])
        self.reads: list[Proxy] = []
        self.writes: list[Write] = []
        self.statuses: list[int | None] = []  # the status of the response to each write; None for no response
        self.fails_when_applied = False

    @property
    def proxy(self) -> Proxy:
        return self.settings.get("Proxy")

    @property
    def uncertain(self) -> bool:
        """Whether a write had no response or a server error, so that its outcome was unknown."""
        return any(status is None or status >= 500 for status in self.statuses)

    def edit(self) -> None:
        """Sometimes change a member, create or delete the configuration, or restore the first state that was read."""
        rng = self.random
        if rng.random() >= self.edits:
            return
        if self.reads and rng.random() < 0.3:
            new = self.reads[0]
        elif self.proxy is None:
            new = random_proxy(rng)
        elif rng.random() < 0.2:
            new = None
        else:
            member = rng.choice(list(VALUES))
            new = {**self.proxy, member: rng.choice([v for v in VALUES[member] if v != self.proxy.get(member)])}
        self.settings.pop("Proxy", None)
        if new is not None:
            self.settings["Proxy"] = without_none(new)

    def random_fault(self, operation: str) -> str:
        """Return the name of a fault for a request, or an empty string for no fault."""
        kinds = ["throttled", "throttled", "failed", "reset"]
        if operation != GET:
            kinds += ["lost", "applied"]
        kind = self.random.choice(kinds) if self.random.random() < self.faults else ""
        if operation != GET:
            kind = self.fault_of_writes or kind
            self.fails_when_applied = kind == "applied"
        return kind


class Editor:
    """Edits the proxy configurations in an emulator at random moments, and records what happens."""

    def __init__(self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, seed: int, backs_up: bool = False) -> None:
        """If *backs_up* is true, the first read of each configuration is for a backup, and never fails."""
        self.emulator = emulator
        self.backs_up = backs_up
        self.rate_limits: list[float] = []  # the next rate limits of the emulator, each for 40 write requests
        # After this number of write requests, every request for a proxy configuration is throttled.
        self.ends_after = math.inf
        # The IDs of connectors that were edited between the last read and a write. The tests check that there are none.
        self.stale: list[str] = []
        self._lock = threading.RLock()
        self._handle, self._next_fault = emulator.voice.handle, emulator.next_fault
        self._attempts = 0
        self.stories = {
            identifier: Story(f"{seed} {identifier}", region, connector["settings"])
            for (_account, region), connectors in emulator.voice._connectors.items()
            for identifier, connector in connectors.items()
        }
        # Edit after each call of _wait_for_slot(), which waits until the rate limit permits a request. Even without a
        # rate limit, each attempt of a write first calls it, then reads, and then writes. So no edit occurs between
        # the last read and the write.
        wait = _operation.Operation._wait_for_slot

        def wait_and_edit(operation: Any) -> Any:
            failed = wait(operation)
            self.edit(operation._action)
            return failed

        monkeypatch.setattr(_operation.Operation, "_wait_for_slot", wait_and_edit)
        monkeypatch.setattr(emulator.voice, "handle", self._respond)
        monkeypatch.setattr(emulator, "next_fault", self._find_fault)

    def edit(self, text: str) -> Story | None:
        """Call Story.edit() for the Voice Connector whose ID is in *text*. Return its Story, or None without an ID."""
        with self._lock:
            found = ID.search(text)
            story = self.stories[found.group()] if found else None
            if story:
                story.edit()
            return story

    def _find_fault(self, operation: str, request: str) -> Fault | None:
        with self._lock:
            if operation in (PUT, DELETE):
                story = self.stories[ID.search(request).group()]  # type: ignore[union-attr]
                self._attempts += 1
                if self.rate_limits and self._attempts % 40 == 1:
                    self.emulator.configure(rate_limit=self.rate_limits.pop(0))
            else:
                found = self.edit(request)
                if found is None or operation != GET or self.backs_up and not found.reads:
                    return self._next_fault(operation, request)
                story = found
            kind = story.random_fault(operation)
            if self._attempts > self.ends_after:
                kind = "throttled"
            if kind in ("reset", "lost"):
                return Fault(drop=kind)
            errors = {"throttled": "ThrottledClientException", "failed": "ServiceFailureException"}
            return Fault(error=errors[kind]) if kind in errors else None

    def _respond(self, operation: Any, request: dict[str, Any], account: str, region: str) -> Any:
        if operation.name not in (GET, PUT, DELETE):
            return self._handle(operation, request, account, region)
        with self._lock:
            story = self.stories[request["VoiceConnectorId"]]
            before = story.proxy
            if operation.name == GET:
                story.reads.append(before)
                try:
                    return self._handle(operation, request, account, region)
                finally:
                    if self.backs_up and len(story.reads) == 1:
                        story.edit()
            output = self._handle(operation, request, account, region)
            story.writes.append(Write(before, story.proxy))
            if before != story.reads[-1]:
                self.stale.append(request["VoiceConnectorId"])
            story.edit()
            if story.fails_when_applied:
                story.fails_when_applied = False
                raise ServiceError("ServiceFailureException", "The write was applied.")
            return output

    def run(self, module: str, **options: Any) -> dict[str, Any]:
        """Run a module, and record the status of the response to each of its writes."""
        self.emulator.requests.clear()
        result = run_main(module, {**connection_to(self.emulator), **options})
        for request in self.emulator.requests:
            if request["operation"] in (PUT, DELETE):
                self.stories[ID.search(request["path"]).group()].statuses.append(request.get("status"))  # type: ignore[union-attr]
        return result


def random_proxy(rng: random.Random) -> dict[str, Any]:
    return without_none({member: rng.choice(values) for member, values in VALUES.items()})


def without_none(proxy: dict[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in proxy.items() if value is not None}


def name_differences(one: Proxy, other: Proxy) -> str:
    """Return the names of the options in which two configurations differ."""
    one, other = one or {}, other or {}
    return ", ".join(sorted(option for option, (m, _kind) in PROXY.members.items() if one.get(m) != other.get(m)))


def fleet(seed: int, count: int, share: float) -> dict[str, Any]:
    """Return the state of an emulator with *count* Voice Connectors, of which a *share* have a proxy configuration."""
    rng = random.Random(seed)
    connectors = []
    for number in range(count):
        region = REGIONS[2] if number % 25 == 0 else REGIONS[number % 2]
        connector = {"VoiceConnectorId": f"a{number:021d}", "Name": f"desk {number}", "AwsRegion": region}
        connectors.append({**connector, **({"Proxy": random_proxy(rng)} if rng.random() < share else {})})
    return {"voice_connectors": connectors}


def check_failure(reason: str, story: Story) -> bool:
    """Check that the reason of a failure matches *story*, and return whether the reason reports a change."""
    unknown = any(words in reason for words in (MEANWHILE, UNKNOWN, NO_EFFECT))
    assert unknown == story.uncertain, "the report of an unknown outcome does not match the responses"
    assert unknown or not story.writes, "the report does not mention a write that was applied"
    return MEANWHILE in reason


def by_id(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {record["voice_connector_id"]: record for record in records}
    assert len(found) == len(records)
    return found


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, sleeps: list[float]) -> Iterator[Callable[..., Editor]]:
    """Return a function that starts an emulator and an editor. Waits are skipped or short."""
    take_slot = _rate_limit.RateLimit._take_slot
    monkeypatch.setattr(_rate_limit.RateLimit, "_take_slot", lambda self: min(take_slot(self), MAX_WAIT))
    with contextlib.ExitStack() as stack:

        def run(seed: int, count: int, share: float = 0.9, backs_up: bool = False) -> Editor:
            emulator = stack.enter_context(Emulator(fleet(seed, count, share)))
            return Editor(emulator, monkeypatch, seed, backs_up)

        yield run


def retire(editor: Editor, folder: pathlib.Path, **options: Any) -> tuple[dict[str, Any], list[str]]:
    """Run the retire module, check the result against the stories, and return the result and all failure reasons."""
    excluded = list(editor.stories)[-10:]
    names = [f"desk {number}" for number in range(1, 11)]
    result = editor.run(
        "chime_voice_connector_proxy_retire",
        account_id=ACCOUNT,
        all=True,
        regions=REGIONS[:2],
        exclude_voice_connector_ids=excluded,
        exclude_names=names,
        max_deletions=len(editor.stories),
        backup_dir=str(folder),
        _ansible_diff=True,
        **options,
    )
    assert result["backup_file"], result["msg"]
    backup = by_id(json.loads(pathlib.Path(result["backup_file"]).read_text(encoding="utf-8"))["voice_connectors"])
    for identifier, story in editor.stories.items():
        for before, after in story.writes:
            assert identifier in backup, "a configuration that was not selected was deleted"
            assert before == backup[identifier]["proxy"], "a configuration that is not in the backup was deleted"
            assert after is None
    assert not editor.stale

    numbers = {identifier: int(identifier[1:]) for identifier in editor.stories}
    kept = {i for i, n in numbers.items() if n % 25 == 0 or f"desk {n}" in names or i in excluded}
    expected = {i for i, story in editor.stories.items() if i not in kept and story.reads and story.reads[0]}
    retired, failures = by_id(result["retired"]), by_id(result["failures"])
    assert by_id(result["selected"]).keys() == backup.keys() == expected
    assert retired.keys() | failures.keys() == expected
    assert not retired.keys() & failures.keys()
    changed = 0
    for identifier, record in retired.items():
        story = editor.stories[identifier]
        assert story.statuses[-1:] == [204] or story.reads[-1] is None
        if record["already_absent"]:
            assert not story.writes
            assert not story.uncertain
        else:
            assert story.writes or story.uncertain
            changed += 1
    for identifier, record in failures.items():
        story, reason, saved = editor.stories[identifier], record["reason"], backup[identifier]["proxy"]
        changed += check_failure(reason, story)
        if CHANGED in reason:
            assert f"{name_differences(story.reads[-1], saved)} {CHANGED}" in reason
        if FLICKERS in reason:
            assert f"{FLICKERS}{name_differences(*story.reads[-2:])}, although" in reason
    assert result["changed"] == bool(changed)
    assert result.get("failed", False) == bool(failures)
    assert len(result["diff"]) == changed
    for diff in result["diff"]:
        assert diff["before"] == proxy_result(backup[diff["before_header"].split()[0]]["proxy"])
    return result, [record["reason"] for record in failures.values()]


def assert_all_in(reasons: list[str], *words: str) -> None:
    """Assert that each of *words* is in one of the reasons, because the test must cover each kind of failure."""
    assert [each for each in words if not any(each in reason for reason in reasons)] == []


def test_retired_configurations_equal_the_backup_and_the_report(
    start: Callable[..., Editor], tmp_path: pathlib.Path
) -> None:
    editor = start(2, 180, share=0.97, backs_up=True)
    editor.rate_limits = [0, 0, 40, 0]
    result, reasons = retire(editor, tmp_path)
    assert_all_in(reasons, CHANGED, FLICKERS, MEANWHILE, UNKNOWN, NO_EFFECT, "throttled 10 requests")
    assert any(record["already_absent"] for record in result["retired"])


def test_a_run_that_the_service_throttles_until_it_ends_reports_what_happened(
    start: Callable[..., Editor], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rate_limit, "WINDOW", 0.2)
    editor = start(2, 130, backs_up=True)
    editor.ends_after = 60
    result, reasons = retire(editor, tmp_path)
    assert result["retired"]
    assert_all_in(reasons, "so the module stopped", "no request was sent")


@pytest.mark.parametrize("throttled", [0, 1, 3])
def test_a_deletion_is_decided_after_its_wait_in_the_queue(
    monkeypatch: pytest.MonkeyPatch, sleeps: list[float], tmp_path: pathlib.Path, throttled: int
) -> None:
    """Somebody edits the configuration while the first DELETE, or a retry, waits for the rate limit."""
    waits: list[None] = []
    wait = _rate_limit.RateLimit.wait
    with Emulator(fleet(0, 2, share=1)) as emulator:
        emulator.faults = [Fault(DELETE, error="ThrottledClientException", times=throttled)]
        [settings] = [c["settings"] for c in emulator.voice._connectors[ACCOUNT, "us-west-2"].values()]
        edited = {**settings["Proxy"], "DefaultSessionExpiryMinutes": 61}

        def wait_while_somebody_edits(rate_limit: Any) -> None:
            wait(rate_limit)
            if any(tmp_path.iterdir()):
                waits.append(None)
                if len(waits) == throttled + 1:
                    settings["Proxy"] = edited

        monkeypatch.setattr(_rate_limit.RateLimit, "wait", wait_while_somebody_edits)
        options = {"account_id": ACCOUNT, "all": True, "regions": ["us-west-2"], "backup_dir": str(tmp_path)}
        result = run_main("chime_voice_connector_proxy_retire", {**connection_to(emulator), **options})
        assert emulator.operations().count(DELETE) == throttled
    assert settings.get("Proxy") == edited
    assert (result["changed"], result["retired"]) == (False, [])
    assert f"default_session_expiry_minutes {CHANGED}" in result["failures"][0]["reason"]


def test_restoring_never_overwrites_a_configuration(start: Callable[..., Editor], tmp_path: pathlib.Path) -> None:
    editor = start(4, 100, share=0.2)
    rng = random.Random(4)
    backup = {i: (rng.random() < 0.5 and s.proxy) or random_proxy(rng) for i, s in editor.stories.items()}
    records = [
        {"voice_connector_id": i, "region": editor.stories[i].region, "name": None, "proxy": proxy}
        for i, proxy in backup.items()
    ]
    path = tmp_path / "backup.json"
    path.write_text(json.dumps({"format": 1, "account": ACCOUNT, "voice_connectors": records}), encoding="utf-8")
    options = {"account_id": ACCOUNT, "all": True, "backup_file": str(path), "_ansible_diff": True}
    result = editor.run("chime_voice_connector_proxy_restore", **options)
    for identifier, story in editor.stories.items():
        for before, after in story.writes:
            assert before is None, "a configuration that somebody set was overwritten"
            assert after == backup[identifier]
    assert not editor.stale

    restored, unchanged, failures = (by_id(result[key]) for key in ("restored", "unchanged", "failures"))
    assert sorted([*restored, *unchanged, *failures]) == sorted(backup)
    for identifier in restored:
        story = editor.stories[identifier]
        assert story.writes or story.uncertain
        assert story.statuses[-1] == 200 or story.reads[-1] == backup[identifier]
    for identifier in unchanged:
        story = editor.stories[identifier]
        assert not story.writes
        assert not story.uncertain
        assert story.reads[-1] == backup[identifier]
    changed = len(restored)
    for identifier, record in failures.items():
        story, reason = editor.stories[identifier], record["reason"]
        changed += check_failure(reason, story)
        if OVERWRITES in reason:
            assert f"{OVERWRITES}{name_differences(story.reads[-1], backup[identifier])}. To" in reason
    assert unchanged
    assert_all_in([record["reason"] for record in failures.values()], OVERWRITES, MEANWHILE)
    assert result["changed"] == bool(changed)
    assert result.get("failed", False) == bool(failures)
    assert len(result["diff"]) == changed


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_single_write_keeps_what_is_not_in_the_options(start: Callable[..., Editor], state: str) -> None:
    editor = start(5, 30, share=0.5)
    reasons = []
    for identifier, story in editor.stories.items():
        given: dict[str, Any] = {}
        if state == "present":
            given = {m: story.random.choice(values) for m, values in VALUES.items() if story.random.random() < 0.7}
        options = {o: "" if given[m] is None else given[m] for o, (m, _kind) in PROXY.members.items() if m in given}
        place = {"voice_connector_id": identifier, "region": story.region}
        result = editor.run("chime_voice_connector_proxy", state=state, **place, **options)
        for before, after in story.writes:
            if state == "absent":
                assert after is None
            else:
                kept = before or {"Disabled": False}  # the service adds Disabled if it is omitted
                assert after == without_none({**kept, **given}), "a value that somebody set was lost"
        assert identifier not in editor.stale
        if result.get("failed"):
            assert result.get("changed", False) == check_failure(result["msg"], story)
            reasons.append(result["msg"])
        else:
            accepted = story.statuses[-1:] in ([200], [204])
            assert result["proxy"] == proxy_result(story.writes[-1].after if accepted else story.reads[-1])
            assert result["changed"] == bool(story.writes or story.uncertain)
    assert_all_in(reasons, MEANWHILE, NO_EFFECT)
