# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Send one write: read and compare the state before each attempt, and confirm what the service stored."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, NoReturn

from ._api import get_setting, without_nulls
from ._errors import NotFound, VoiceError
from ._operation import Operation, VoiceClient
from ._shapes import Setting, setting_result
from ._structures import (
    BadValue,
    UnknownMembers,
    apply_options,
    check_options,
    different_members,
    find_problems,
    find_unsendable,
    lost_members,
    name_members,
    normalize,
    to_parameters,
    without_empty,
)


class Change(NamedTuple):
    """The states before and after a write.

    For a setting, a state is its structure (the JSON object that AWS returns), or None if the setting is not set.
    """

    before: Any
    after: Any
    changed: bool


class WriteError(VoiceError):
    """A write failed, and it may have changed the state. ``change`` contains the states before and after the write."""

    change: Change


class _Confirmed(Exception):
    """Raised if no request, or no further request, is needed, because the state is as desired."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self.change = change


class Write:
    """A write, which calls one operation of the service.

    Each subclass defines the state that its writes change, and how to read and compare such states.
    """

    operation: str  # such as "PutVoiceConnectorProxy"
    action: str  # as in "Failed to ACTION in REGION"
    deletes = False  # whether this deletes an object, so that the error NotFound can mean success
    lost_message = "stored_differently"
    is_confirmed_by_state = True  # whether a read of the state shows that an attempt was applied

    def __init__(self, client: VoiceClient, decide: Callable[[Any], Any]) -> None:
        """Prepare a write.

        :param decide: a function that takes the current state and returns the desired state. It raises VoiceError to
            refuse the write.
        """
        self.client = client
        self.decide = decide
        self.before: Any = None  # the state that the last read returned
        self.desired: Any = None  # the state that the last request sets
        self.expected: list[Any] = []  # empty, or one item: the state that the plan assumes before this write
        self._sending = False  # whether the last call of prepare() has returned, so a request may have been sent

    def read(self, client: VoiceClient) -> Any:
        """Return the current state."""
        raise NotImplementedError

    def different(self, one: Any, other: Any) -> set[str]:
        """Return the names of the values that differ between two states."""
        raise NotImplementedError

    def lost(self, stored: Any, sent: Any) -> set[str]:
        """Return the names of the values that were *sent*, but not *stored*."""
        return self.different(stored, sent)

    def needed(self, current: Any, desired: Any) -> bool:
        """Return whether a request is needed."""
        return bool(self.different(current, desired))

    def to_parameters(self, desired: Any) -> dict[str, Any]:
        """Return the parameters of the request; raise VoiceError if they cannot be sent."""
        raise NotImplementedError

    def check(self, parameters: dict[str, Any], kind: dict[str, Any], path: str = "") -> dict[str, Any]:
        """Return the *parameters* of the request; raise VoiceError if the installed botocore cannot send them.

        :param kind: the types of the parameters, as ``pick()`` documents them. Error messages use the keys of *kind* as
            the names of options.
        :param path: for error messages: the option whose suboptions set the *parameters*; empty if there is none.
        """
        problems = list(find_problems(self.shape, parameters, kind, path))
        for what, message, field in (("unknown", "not_in_botocore", "members"), ("missing", "incomplete", "options")):
            found = [problem.path for problem in problems if problem.kind == what]
            if found:
                fields: dict[str, Any] = {field: " and ".join(found)}
                raise self.failure(message, rejected=True, **fields)
        if problems:
            option, requirement = problems[0].path, problems[0].requirement
            raise self.failure("bad_value", rejected=True, option=option, requirement=requirement)
        return parameters

    @property
    def shape(self) -> Any:
        """The input shape of the operation; raise VoiceError if the installed botocore does not have the operation."""
        self._operation().require()
        return self.client.model.operation_model(self.operation).input_shape

    def find_stored(self, operation: Operation, response: dict[str, Any], desired: Any) -> Any:
        """Return the state after a successful request.

        For an operation without output, this is the desired state. Subclasses whose operation has an output return the
        state in the response.
        """
        operation.require_request_id(response)
        return desired

    def predict(self, current: Any) -> Change:
        """Return the change that this write would make to the state *current*. This sends nothing.

        :raises VoiceError: ``decide`` refuses the write, or the installed botocore cannot send it.
        """
        self.before = current
        desired = self.decide(current)
        if not self.needed(current, desired):
            return Change(current, current, False)
        self._operation().require()
        self.to_parameters(desired)
        return Change(current, self.predict_stored(desired), True)

    def unfulfilled(self, state: Any) -> set[str]:
        """Return the names of the values in *state* that differ from the desired state."""
        return self.different(state, self.decide(state))

    def predict_stored(self, desired: Any) -> Any:
        """Return the state that the service is expected to return after a request."""
        return desired

    def run(self, check_mode: bool = False) -> Change:
        """Read the state, and send the request if it is needed.

        :param check_mode: whether to return the predicted change without sending the request.
        :raises WriteError: the service stored a different state, or someone else changed the state in the meantime.
        :raises VoiceError: the write was refused or rejected, did not take effect, or has an unknown outcome.
        """
        if check_mode:
            return self.predict(self.read(self.client))
        operation = self._operation()
        stored = None
        try:
            response = operation(lambda may_be_applied: self.to_parameters(self.prepare(may_be_applied)))
            stored = self.find_stored(operation, response, self.desired)
        except _Confirmed as e:
            return e.change
        except VoiceError as e:
            if not self._sending or isinstance(e, WriteError):
                raise
            error: VoiceError | None = e
        else:
            error = None
        if error is not None:
            return self._confirm(error)
        lost = self.lost(stored, self.desired)
        if lost:
            self.fail_changed(self.lost_message, stored, options=self.name(lost))
        return Change(self.before, stored, True)

    def prepare(self, may_be_applied: bool) -> Any:
        """Read the current state, and return the desired state.

        :param may_be_applied: whether the service may have applied an earlier attempt.
        :raises _Confirmed: there is nothing to send.
        """
        self._sending = False
        try:
            # The write has already waited for the rate limit, so this read does not wait again.
            current = self.read(self.client._replace(holds_slot=True))
        except VoiceError as e:
            if not may_be_applied:
                raise
            write = "an earlier attempt has an unknown outcome"
            raise self.failure("write_unknown", write=write, read=e.message.removesuffix(".")) from None
        if may_be_applied:
            self._check_attempt(current)
        self.before = current
        self.desired = self.decide(current)
        if not self.needed(current, self.desired):
            raise _Confirmed(Change(current, current, False))
        for expected in () if may_be_applied else self.expected:
            different = self.different(current, expected)
            if different:
                raise self.failure("changed_since_read", options=self.name(different))
        self._sending = True
        return self.desired

    def _check_attempt(self, current: Any) -> None:
        """Compare the state after an attempt with the state before it.

        Return normally if they are equal, or if the state cannot confirm that the attempt was applied.

        :raises _Confirmed: the service applied the attempt.
        :raises WriteError: the state is neither the state before the attempt nor the desired state.
        """
        different = self.different(current, self.before)
        if different and self.lost(current, self.desired):
            self.fail_changed("changed_meanwhile", current, options=self.name(different))
        if different and self.is_confirmed_by_state:
            raise _Confirmed(Change(self.before, current, True))

    def _confirm(self, error: VoiceError) -> Change:
        """Read the state after an error. Return the change if the write was applied; otherwise, raise VoiceError."""
        missing = self.deletes and isinstance(error, NotFound)
        if error.rejected and not missing:
            raise error
        response: dict[str, Any] = {
            "error": error.error,
            "metadata": error.metadata,
            "write": error.message.removesuffix("."),
        }
        try:
            current = self.read(self.client)
        except VoiceError as e:
            reason: str | None = e.message.removesuffix(".")
        else:
            reason = None
        if reason is not None:
            raise self.failure("write_unknown", read=reason, **response)
        if missing and current is None:
            # If every attempt was rejected, someone else deleted the object, so this write changed nothing.
            return Change(self.before, None, not error.rejected)
        try:
            self._check_attempt(current)
        except _Confirmed as e:
            return e.change
        if self.different(current, self.before):
            self.fail_changed("write_unreadable", current, **response)
        if not self.different(self.before, self.desired):
            raise self.failure("write_unreadable", **response)
        # The service may still apply a request that was abandoned after it was sent.
        raise self.failure("write_pending" if error.pending else "write_failed", **response)

    def fail_changed(self, name: str, current: Any, **fields: Any) -> NoReturn:
        """Raise the WriteError with the message *name*.

        :param current: the state now.
        """
        error: Any = self.failure(name, WriteError, **fields)
        error.change = Change(self.before, current, True)
        raise error

    def name(self, different: set[str]) -> str:
        """Return the names in *different* as one string for a message."""
        return ", ".join(sorted(different))

    def failure(self, name: str, kind: type[VoiceError] = VoiceError, **fields: Any) -> VoiceError:
        """Return the error with the message *name* about this write."""
        return self._operation().failure(name, kind, **fields)

    def _operation(self) -> Operation:
        return Operation(self.client, self.operation, self.action)


def require_valid(setting: Setting, options: dict[str, Any], path: str = "") -> None:
    """Raise VoiceError if an option of a setting has a value that can never be valid."""
    try:
        check_options(setting.members, options, path)
    except BadValue as e:
        option, requirement = e.args
    else:
        return
    raise VoiceError("bad_value", option=option, requirement=requirement)


class SettingWrite(Write):
    """A write that sets or deletes a setting of a Voice Connector. The state is the structure, or None if not set.

    Operations: the operations that read, set, and delete the setting. If AWS returns a 404 for the setting,
    GetVoiceConnector is also sent, unless *voice_connector* contains a value for ``aws_region``.
    """

    def __init__(
        self,
        client: VoiceClient,
        setting: Setting,
        voice_connector_id: str,
        deletes: bool,
        options: dict[str, Any] | None = None,
        path: str = "",
        voice_connector: dict[str, Any] | None = None,
    ) -> None:
        """Prepare to set or delete a setting. To set it, pass *options*, or replace ``decide``.

        :param deletes: whether to delete the setting.
        :param options: the keys of the setting, as ``apply_options()`` documents them.
        :param path: the path of the options, for messages.
        :param voice_connector: the documented keys of the Voice Connector, if it was read.
        """
        super().__init__(client, lambda current: None if deletes else self._apply(options or {}, current))
        self._setting = setting
        self._id = voice_connector_id
        self._voice_connector = voice_connector
        self._path = path
        self.deletes = deletes
        self.operation = (setting.delete if deletes else setting.put) or ""
        self.action = f"{'delete' if deletes else 'set'} the {setting.title} of Voice Connector {voice_connector_id}"

    def _apply(self, options: dict[str, Any], current: dict[str, Any] | None) -> dict[str, Any] | None:
        try:
            return apply_options(self._setting, options, current, self._path)
        except BadValue as e:
            error = self.failure("bad_value", rejected=True, option=e.args[0], requirement=e.args[1])
        except UnknownMembers as e:
            error = self.failure("unknown_item_members", rejected=True, option=e.args[0], members=e.args[1])
        raise error

    def read(self, client: VoiceClient) -> dict[str, Any] | None:
        current = get_setting(client, self._setting, self._id, self._voice_connector).structure
        if current is None and not self.deletes and self._voice_connector is None:
            # After a 404 for the setting, get_setting() also sends GetVoiceConnector. Someone may have set the setting
            # during this second request, so read the setting again.
            self._voice_connector = {"aws_region": client.region}
            current = get_setting(client, self._setting, self._id, self._voice_connector).structure
        return current

    def different(self, one: dict[str, Any] | None, other: dict[str, Any] | None) -> set[str]:
        return different_members(self._setting, one, other)

    def lost(self, stored: dict[str, Any] | None, sent: dict[str, Any] | None) -> set[str]:
        return lost_members(self._setting, stored, sent)

    def name(self, different: set[str]) -> str:
        return name_members(self._setting, different)

    def to_parameters(self, desired: dict[str, Any] | None) -> dict[str, Any]:
        identity = {"VoiceConnectorId": self._id}
        if desired is None:
            return identity
        self.check_members(desired)
        parameters = {**to_parameters(self._setting, self.shape, desired), **identity}
        if self._setting.member in parameters:
            return self.check(parameters, {self._path: (self._setting.member, self._setting.members)})
        return self.check(parameters, self._setting.members, self._path)

    def predict_stored(self, desired: dict[str, Any] | None) -> dict[str, Any] | None:
        if desired is None:
            return None
        stored: dict[str, Any] = without_empty(self.shape.members.get(self._setting.member, self.shape), desired)
        return stored

    def check_members(self, structure: dict[str, Any], message: str = "unknown_members") -> None:
        """Raise VoiceError if the installed botocore does not have the operation or a member of a *structure*.

        :param message: the name of the message about members that botocore does not have.
        """
        self._operation().require()
        unknown = self.find_unsendable(structure)
        if unknown:
            raise self.failure(message, rejected=True, members=", ".join(unknown))

    def find_unsendable(self, structure: dict[str, Any]) -> list[str]:
        """Return the members of a *structure* that botocore cannot send, or [] if it does not have the operation."""
        known = self.operation in self.client.model.operation_names
        return find_unsendable(self._setting, self.shape, structure) if known else []

    def find_stored(self, operation: Operation, response: dict[str, Any], desired: Any) -> Any:
        if self.deletes:
            return super().find_stored(operation, response, desired)
        stored = operation.member(response, self._setting.member)
        if stored is None and normalize(desired, self._setting.members) is not None:
            raise operation.failure("unreadable", reason=f"it does not contain the {self._setting.title}")
        operation.check(setting_result, self._setting, stored)
        return without_nulls(stored) or {}
