# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Bring a Voice Connector into its desired state: find it, read it, plan the necessary writes, and send them."""

from __future__ import annotations

import functools
import time
from typing import Any, Callable, TypeVar

from ._bulk import ConnectorRead, Selection, read_voice_connectors
from ._connector_writes import ConnectorCreation, ConnectorDeletion, CredentialsPut
from ._connectors import are_tags_withheld, get_voice_connector, list_phone_numbers, list_voice_connectors
from ._errors import NotFound, VoiceError
from ._operation import VoiceClient
from ._plan import CREDENTIALS, FIXED, GIVEN, Plan, Planner, State, find_part, manage_failure
from ._settings import CONNECTOR, PHONE_NUMBERS, SETTINGS
from ._shapes import Setting
from ._writes import WriteError

_T = TypeVar("_T")

CONCURRENCY = 8

_MAX_POLL = 5  # seconds


class Progress:
    """The changes that a task has made so far. The task returns them even if it fails."""

    def __init__(self, params: dict[str, Any], region: str | None) -> None:
        self.params = params
        self.region = region
        self.voice_connector_id: str | None = params["voice_connector_id"]
        self.changed = False
        self.steps: list[str] = []
        self.failed_step: str | None = None
        self.new_passwords: list[str] = []
        self.before: State | None = None
        self.after: State | None = None

    def record(self, operation: str, changed: bool) -> None:
        if changed:
            self.steps.append(operation)
            self.changed = True

    def describe_failure(self) -> dict[str, Any]:
        """Return the values that a task returns even if it fails."""
        return {
            "changed": self.changed,
            "voice_connector_id": self.voice_connector_id,
            "region": self.region,
            "steps": self.steps,
            "failed_step": self.failed_step,
        }

    def describe(self, with_diff: bool) -> dict[str, Any]:
        """Return the values that a task returns if it succeeds."""
        connector = self.after.describe(self.params) if self.after else None
        result = {**self.describe_failure(), "exists": connector is not None, "voice_connector": connector}
        if with_diff and self.before is not None and self.after is not None:
            name = (self.before.connector or self.after.connector or self.params)["name"]
            header = f"{name} in {self.region}"
            result["diff"] = {
                "before_header": header,
                "after_header": header,
                "before": self._compared(self.before),
                "after": self._compared(self.after),
            }
            if self.new_passwords:
                result["diff"]["after"][CREDENTIALS.name]["new_passwords"] = self.new_passwords
        return result

    def _compared(self, state: State) -> dict[str, Any]:
        """Return, by key, the values that the diff shows for a Voice Connector."""
        keys = {"name", "require_encryption", *FIXED, "tags", *GIVEN}
        return {key: value for key, value in (state.describe(self.params) or {}).items() if key in keys}


class Manager:
    """Create, change, or delete the Voice Connector of one task."""

    def __init__(self, client: VoiceClient, progress: Progress, check_mode: bool, warn: Callable[[str], None]) -> None:
        self._client = client
        self._params = progress.params
        self._progress = progress
        self._check_mode = check_mode
        self._planner = Planner(client, progress.params, warn)
        self._failure = functools.partial(manage_failure, client, progress.params)
        self._listed: set[str] | None = None  # the IDs that existed before a creation; None until the first listing

    # Finding

    def find(self) -> str | None:
        """Return the ID of the Voice Connector, or None if no Voice Connector has the name in the options.

        :raises VoiceError: several Voice Connectors have this name, AWS did not return a name, or a request failed.
        """
        if self._params["voice_connector_id"]:
            return str(self._params["voice_connector_id"])
        found = self._find_by_name()
        if len(found) > 1:
            raise self._failure("several_names", wanted=self._params["name"], ids=", ".join(sorted(found)))
        return found[0] if found else None

    def _find_by_name(self) -> list[str]:
        """Return the IDs of the Voice Connectors in this Region that have the name in the options."""
        found = []
        listed: set[str] = set()
        for page in list_voice_connectors(self._client):
            for identifier, entry in page.items():
                if entry is None or not entry["name"] or identifier in listed:
                    entry = get_voice_connector(self._client, identifier)
                listed.add(identifier)
                if not entry["name"]:
                    raise self._failure("nameless", voice_connector_id=identifier)
                if entry["name"] == self._params["name"] and entry["aws_region"] in (None, self._client.region):
                    found.append(identifier)
        if self._listed is None:
            self._listed = listed
        return found

    # Reading

    def read(self, identifier: str) -> State:
        """Return the current state of a Voice Connector, with only those settings for which the task has an option.

        The state includes the tags if the task has the option ``tags``.

        :raises VoiceError: a read failed, or the Region or the name of the Voice Connector differs from the options. It
            is not a failure if AWS does not return the tags.
        """
        given = [setting for name, setting in SETTINGS.items() if self._params[name] is not None]
        wants_tags = self._params["tags"] is not None
        numbers = self._params[PHONE_NUMBERS.name] is not None
        selection = Selection([identifier], None, {}, wants_tags, given, numbers, keep_structures=True)
        read = read_voice_connectors([self._client], selection, CONCURRENCY)
        for unknown in read.unknowns():
            if not are_tags_withheld(unknown.error):
                raise unknown.error
        return self._to_state(read.reads[0], given)

    def _to_state(self, read: ConnectorRead, given: list[Setting]) -> State:
        connector = read.connector or {}
        self._require_same(connector)
        settings: dict[str, Any] = {setting.name: read.structures[setting.name] for setting in given}
        for setting in (CREDENTIALS, PHONE_NUMBERS):
            if setting.name in connector:
                (key,) = setting.members
                settings[setting.name] = connector[setting.name][key]
        known = {key: value for key, value in connector.items() if key == "region" or key in CONNECTOR}
        return State(known, settings, connector.get("tags"), connector.get("tags_error"))

    def _require_same(self, connector: dict[str, Any]) -> None:
        """Raise VoiceError if the Region or the name of the Voice Connector differs from the options.

        A different name is accepted if the task may rename the Voice Connector.
        """
        home, name, params = connector["aws_region"], connector["name"], self._params
        if home != self._client.region:
            shown = self._client.clean(home, 100) if home else "a Region that AWS did not return"
            raise self._failure("other_home", home=shown)
        renames = params["voice_connector_id"] and params["state"] == "present"
        if not renames and params["name"] not in (None, name):
            shown = self._client.clean(name, 256) if name else "a name that AWS did not return"
            identifier = connector["voice_connector_id"]
            raise self._failure("other_name", voice_connector_id=identifier, found=shown)

    # Present

    def ensure_present(self) -> None:
        identifier = self.find()
        if identifier is None:
            self._create()
        else:
            self._progress.voice_connector_id = identifier
            self._progress.before = self.read(identifier)
            self._apply(self._progress.before, created=False)

    def _create(self) -> None:
        """Create the Voice Connector, and apply all options. In check mode, only record the plan."""
        progress, params = self._progress, self._params
        given = [name for name in GIVEN if params[name] is not None]
        empty: dict[str, Any] = {name: [] if name in (CREDENTIALS.name, PHONE_NUMBERS.name) else None for name in given}
        progress.before = State(None, empty, None)
        options = {key: params[key] for key in ("name", "require_encryption", *FIXED, "tags")}
        if options["require_encryption"] is None:
            options["require_encryption"] = params["require_encryption"] = True
        if params["name"] != params["name"].strip():
            raise VoiceError("bad_value", option="name", requirement="a name without spaces at its beginning and end")
        creation = ConnectorCreation(self._client, options)
        creation.to_parameters(options)  # raises VoiceError if the options cannot be sent
        connector: dict[str, Any] = dict.fromkeys(CONNECTOR)
        connector.update({k: v for k, v in options.items() if k != "tags"}, aws_region=self._client.region)
        new = State({"region": self._client.region, **connector}, empty, params["tags"])
        # Plan before creating the Voice Connector, because plan() refuses options that cannot succeed.
        plan = self._planner.plan(new)
        if self._check_mode:
            progress.record(creation.operation, True)
            self._record_plan(plan)
            return
        progress.failed_step = creation.operation
        identifier = self._create_once(creation)
        progress.voice_connector_id = identifier
        progress.record(creation.operation, True)
        progress.failed_step = None
        self._apply(self._read_created(identifier), created=True)

    def _create_once(self, creation: ConnectorCreation) -> str:
        """Create the Voice Connector, and return its ID. If the outcome is unknown, find the ID by the name."""
        known = self._listed or set()
        try:
            connector = creation.create(known)
        except VoiceError as e:
            if e.rejected:
                raise
            error = e.detach()
        else:
            if connector["aws_region"] not in (None, self._client.region):
                self._progress.record(creation.operation, True)
                self._progress.failed_step = None
                self._progress.voice_connector_id = connector["voice_connector_id"]
                raise self._failure("other_home", home=self._client.clean(connector["aws_region"], 100))
            return str(connector["voice_connector_id"])
        response: dict[str, Any] = {"error": error.error, "metadata": error.metadata}
        write = error.message.removesuffix(".")

        unread: str | None = None  # the error of the last listing; None if it succeeded

        def find_new() -> list[str] | None:
            nonlocal unread
            unread = None
            try:
                return [identifier for identifier in self._find_by_name() if identifier not in known] or None
            except VoiceError as e:
                unread = e.message.removesuffix(".")
                if e.affects_all:
                    raise creation.failure("create_unknown", write=write, read=unread, **response)
            return None

        found = self._poll(find_new)
        if found is None:
            seconds = self._params["wait_timeout"]
            reason = unread or f"in {seconds} seconds, no new Voice Connector of this name appeared"
            raise creation.failure("create_unknown", write=write, read=reason, **response)
        if len(found) > 1:
            raise creation.failure("create_several", write=write, ids=", ".join(sorted(found)), **response)
        return found[0]

    def _read_created(self, identifier: str) -> State:
        """Return the Voice Connector that this task has created, as soon as the service returns it."""

        def read() -> State | None:
            try:
                return self.read(identifier)
            except NotFound:
                return None

        return self._wait_for(read, "not_visible")

    def _apply(self, current: State, created: bool) -> None:
        """Plan and send the writes that the *current* state requires, and read the Voice Connector again.

        In check mode, only record the plan.
        """
        progress = self._progress
        plan = self._planner.plan(current, created)
        if self._check_mode:
            self._record_plan(plan)
            return
        for _key, write in plan.writes:
            progress.failed_step = write.operation
            try:
                change = write.run()
            except WriteError:
                progress.record(write.operation, True)
                raise
            progress.record(write.operation, change.changed)
            progress.failed_step = None
            if isinstance(write, CredentialsPut):
                progress.new_passwords = write.sent
        if not plan.writes:
            progress.after = current
            return
        identifier = str(progress.voice_connector_id)
        after = self._read_created(identifier) if created else self.read(identifier)
        # Each part that was written (the Voice Connector itself, its tags, or a setting) must now have the values of
        # the last write of this part. In addition, plan again, and require that no value differs from the new plan.
        # This finds a setting that needed no write at first, but that was changed by the write of a different setting.
        left = self._planner.plan(after, created=True).writes
        lost = [
            (key, write, write.lost(find_part(after, key), write.desired)) for key, write in dict(plan.writes).items()
        ]
        lost += [(key, write, write.unfulfilled(find_part(after, key))) for key, write in left]
        for key, write, names in lost:
            if names and not (key == "tags" and after.tags is None):
                progress.failed_step = write.operation
                raise write.failure("read_differently", options=write.name(names))
        if not progress.changed:  # someone else had already made all the changes
            progress.before = after
        progress.after = after

    def _record_plan(self, plan: Plan) -> None:
        for _key, write in plan.writes:
            self._progress.record(write.operation, True)
            if isinstance(write, CredentialsPut):
                self._progress.new_passwords = write.sent
        self._progress.after = plan.after

    # Absent

    def ensure_absent(self) -> None:
        progress = self._progress
        progress.after = State(None, {}, None)
        # If ListVoiceConnectors returns the Voice Connector, but GetVoiceConnector does not, wait until they agree.
        found = self._wait_for(self._find_to_delete, "only_listed")
        if not found:
            return
        (connector,) = found
        deletion = ConnectorDeletion(self._client, connector["voice_connector_id"], self._refuse_deletion)
        progress.before = State(connector, {}, None)
        self._require_same(connector)
        progress.after = None
        progress.failed_step = None if self._check_mode else deletion.operation
        change = deletion.run(self._check_mode)
        progress.record(deletion.operation, change.changed)
        if not change.changed and deletion.read(self._client):
            raise self._failure("reappeared")
        if not self._check_mode:
            self._wait_for(lambda: deletion.read(self._client) is None or None, "still_visible")
        progress.failed_step = None
        progress.after = State(None, {}, None)

    def _find_to_delete(self) -> list[dict[str, Any]] | None:
        """Return a list with the Voice Connector, or an empty list if it does not exist.

        Return None if ListVoiceConnectors returns the Voice Connector, but GetVoiceConnector does not.
        """
        identifier = self._progress.voice_connector_id = self.find()
        if identifier is None:
            return []
        try:
            return [get_voice_connector(self._client, identifier)]
        except NotFound:
            return [] if self._params["voice_connector_id"] else None

    def _refuse_deletion(self, connector: dict[str, Any]) -> None:
        """Raise VoiceError if *connector* does not match the options, or if phone numbers are associated with it."""
        self._require_same(connector)
        numbers = list_phone_numbers(self._client).get(connector["voice_connector_id"], [])
        if numbers:
            masked = [f"{number[:2]}...{number[-2:]}" for number in numbers[:10]]
            raise self._failure("has_numbers", count=len(numbers), numbers=", ".join(masked))

    # Helpers

    def _wait_for(self, function: Callable[[], _T | None], message: str) -> _T:
        """Poll a function, and return its result; raise VoiceError with *message* if the result stays None."""
        result = self._poll(function)
        if result is None:
            raise self._failure(message, seconds=self._params["wait_timeout"])
        return result

    def _poll(self, function: Callable[[], _T | None]) -> _T | None:
        """Call a function until its result is not None or ``wait_timeout`` has passed, and return the last result."""
        deadline = time.monotonic() + self._params["wait_timeout"]
        delay = 0.5
        while True:
            result = function()
            left = deadline - time.monotonic()
            if result is not None or left <= 0:
                return result
            time.sleep(min(delay, left))
            delay = min(2 * delay, _MAX_POLL)
