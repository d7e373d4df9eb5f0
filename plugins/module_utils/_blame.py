# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Find the option, the environment variable, or the AWS config or credentials file that an error is about."""

from __future__ import annotations

import contextlib
import os
import re
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

try:
    from botocore.configloader import raw_config_parse
    from botocore.exceptions import BotoCoreError
except ImportError:
    pass  # AnsibleAWSModule reports the missing SDK before anything here is used.


def blame(words: str, settings: dict[str, Any]) -> str:
    """Return the names of the settings that an error may be about, as a phrase for a message.

    :param words: the message of the error.
    :param settings: the connection options.
    """
    names = find_suspects(words, settings)
    if not names:
        everything = [name for name, _value in _list_settings(settings)]
        # In errors, botocore does not always quote the values of aws_config, HTTP_PROXY, and HTTPS_PROXY.
        unquoted = [name for name in everything if name.endswith(" in aws_config") or name.upper().endswith("_PROXY")]
        hinted = [name for name in unquoted if any(_mentions(words, key) for key in name.split(" in "))]
        unquoted = ["aws_config" if name.endswith(" in aws_config") else name for name in unquoted]
        others = [name for name in everything if not name.startswith("the environment")]
        names = list(dict.fromkeys(hinted or unquoted or others)) or ["the connection options"]
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])}, and {names[-1]}"


def _mentions(words: str, key: str) -> bool:
    return key in re.findall(r"\w+", words) or ("_" in key and key.replace("_", " ") in words)


def find_suspects(words: str, settings: dict[str, Any]) -> list[str]:
    """Return the names of the settings whose values are quoted in the message of an error.

    If the message quotes several values, only the longest counts. If the message quotes no value, return the names of
    the settings whose value is a URL with an invalid port, because an error about a port can omit the URL.

    :param words: the message of the error.
    :param settings: the connection options.
    """
    found: dict[str, int] = {}
    malformed: dict[str, None] = {}
    for name, value in _list_settings(settings):
        value = value.strip("/ \n")
        # Find a value of one or two characters only in quotes or parentheses, because otherwise it may be an ordinary
        # word of the message.
        edge = r"[\"'`()]" if len(value) < 3 else r"(?!\w)"
        if value and re.search(rf"{edge.replace('?!', '?<!')}{re.escape(value)}{edge}", words):
            found[name] = max(len(value), found.get(name, 0))
        if "://" in value and not _has_valid_port(value):
            malformed[name] = None
    return [name for name, length in found.items() if length == max(found.values())] or list(malformed)


def _has_valid_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _list_settings(settings: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a name and the value of each connection setting in the options, the environment, and the AWS files.

    The AWS files are the config file and the credentials file. For a setting in such a file, the yielded name consists
    of the path of the file, without the name of the setting.
    """
    secret = ("SECRET", "TOKEN", "ACCESS_KEY")
    variables = {
        name: value
        for name, value in os.environ.items()
        if value and (name.startswith("AWS_") or name.upper() in ("HTTP_PROXY", "HTTPS_PROXY"))
        if not any(word in name for word in secret)
    }
    options = {name: settings.get(name) for name in ("endpoint_url", "profile", "aws_config", "aws_ca_bundle")}
    # An option can get its default from an environment variable. In this case, yield only the variable.
    yield from _flatten({name: value for name, value in options.items() if value not in variables.values()})
    yield from ((f"the environment variable {name}", value) for name, value in variables.items())
    for variable, default in (
        ("AWS_CONFIG_FILE", "~/.aws/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ):
        path = os.path.expanduser(variables.get(variable, default))
        with contextlib.suppress(BotoCoreError):
            for section in raw_config_parse(path).values():
                yield from ((f"the file {path}", value) for _name, value in _flatten(section))


def _flatten(settings: dict[str, Any], inside: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name and the value of each setting in nested dictionaries.

    An example of such a name is "mode in retries in aws_config".
    """
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _flatten(value, f" in {name}{inside}")
        else:
            items = value if isinstance(value, list) else [value]
            yield from ((f"{name}{inside}", str(item)) for item in items if item is not None)


def find_bad_pem(settings: dict[str, Any]) -> str | None:
    """Return the path of a TLS certificate or key file that cannot be loaded, or None."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    config = settings.get("aws_config") or {}
    loads: list[tuple[Any, Any]] = [
        (settings.get("validate_certs") and settings.get("aws_ca_bundle"), context.load_verify_locations),
        (config.get("client_cert"), lambda path: context.load_cert_chain(path, password="")),
    ]
    for path, load in loads:
        try:
            if isinstance(path, str):
                load(path)
        except OSError:
            return path
    return None
