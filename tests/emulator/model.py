# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check values against the shapes of a service model, and describe violations in AWS's words."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

from botocore.utils import parse_timestamp

_TYPES: dict[str, Any] = {
    "boolean": bool,
    "float": (int, float),
    "integer": int,
    "list": list,
    "string": str,
    "structure": dict,
    "timestamp": str,
}


def find_problems(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """Yield a message for each constraint that *value* violates in the shape or its nested shapes.

    :param value: the value, as json.loads() returns it.
    :param path: the location of the value, as the messages show it.
    """

    def problem(constraint: str) -> str:
        shown = "null" if value is None else f"'{value}'"
        return f"Value {shown} at '{path}' failed to satisfy constraint: Member must {constraint}"

    kind = shape.type_name
    # In Python, a boolean is also an integer; in AWS, it is not.
    if not isinstance(value, _TYPES[kind]) or isinstance(value, bool) != (kind == "boolean"):
        yield problem("not be null" if value is None else f"be of type {kind}")
    elif kind == "structure":
        present = {name for name in value if value[name] is not None}
        for name in shape.required_members:
            if name not in present:
                yield from find_problems(shape.members[name], None, f"{path}.{name}".lstrip("."))
        for name in value:
            if name not in shape.members:
                yield f"Member '{f'{path}.{name}'.lstrip('.')}' is unknown"
            elif name in present:
                yield from find_problems(shape.members[name], value[name], f"{path}.{name}".lstrip("."))
    else:
        yield from map(problem, _violated_constraints(shape, value))
        if kind == "list":
            for number, member in enumerate(value, 1):
                yield from find_problems(shape.member, member, f"{path}.{number}.member")


def _violated_constraints(shape: Any, value: Any) -> Iterator[str]:
    """Yield each constraint in *shape* itself that *value* violates. The caller has checked the type of *value*."""
    size, noun = (len(value), "length") if isinstance(value, (list, str)) else (value, "value")
    if size < shape.metadata.get("min", size):
        yield f"have {noun} greater than or equal to {shape.metadata['min']}"
    if size > shape.metadata.get("max", size):
        yield f"have {noun} less than or equal to {shape.metadata['max']}"
    if "pattern" in shape.metadata and not re.fullmatch(shape.metadata["pattern"], value):
        yield f"satisfy regular expression pattern: {shape.metadata['pattern']}"
    if shape.metadata.get("enum") and value not in shape.metadata["enum"]:
        yield f"satisfy enum value set: [{', '.join(shape.metadata['enum'])}]"
    if shape.type_name == "timestamp" and not _is_timestamp(value):
        yield "be a timestamp"


@functools.lru_cache
def _is_timestamp(value: str) -> bool:
    try:
        parse_timestamp(value)
    except ValueError:
        return False
    return True
