# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reproduce each likely mistake in the guide on errors, and expect the message that the guide quotes."""

from __future__ import annotations

import hashlib
import json
import pathlib
import re
import socket
import sys
import venv
from typing import Any, Callable

import botocore
import pytest

from ansible_collections.chime_sdk.voice.tests.emulator.faults import Fault
from ansible_collections.chime_sdk.voice.tests.emulator.server import Emulator
from ansible_collections.chime_sdk.voice.tests.unit.helpers import MISSING, WITH_PROXY, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/docsite/rst/errors.rst").read_text(encoding="utf-8")
PROXY = "GetVoiceConnectorProxy"

# The message that the guide quotes for each mistake, by the title of the mistake.
QUOTED_MESSAGES = {
    title: " ".join(message.split())
    for title, message in re.findall(
        r"^([^\n]+)\n~+\n\n(?:(?!^~+$).)*?\.\. code-block:: text\n\n((?:  [^\n]*\n)+)", GUIDE, re.MULTILINE | re.DOTALL
    )
}


class Context:
    """The fixtures that a function in MISTAKES uses."""

    def __init__(
        self, read_proxy: Callable[..., Any], emulator: Emulator, patch: pytest.MonkeyPatch, folder: pathlib.Path
    ) -> None:
        self.read_proxy = read_proxy
        self.emulator = emulator
        self.patch = patch
        self.folder = folder

    def read(self, *faults: Fault, voice_connector_id: str = WITH_PROXY, **options: Any) -> str:
        """Run chime_voice_connector_proxy_info and return its message. An option that is None is omitted."""
        result = self.read_proxy(voice_connector_id, *faults, **options)
        assert result["failed"] is True
        return str(result["msg"])

    def read_with_ansible(self, inventory: str, **variables: str) -> str:
        """Run chime_voice_connector_proxy_info with Ansible on localhost, and return its message."""
        (self.folder / "inventory").write_text(inventory, encoding="utf-8")
        ran = run(
            "ansible localhost -i inventory -c local -m chime_sdk.voice.chime_voice_connector_proxy_info "
            f"-a 'voice_connector_id={WITH_PROXY} region=us-east-1'",
            self.folder,
            **variables,
        )
        assert ran.returncode != 0
        result = json.loads(ran.stdout.partition("FAILED! => ")[2])
        return str(result["msg"])


def misspelled_option(context: Context) -> str:
    return str(context.read_proxy(None, voice_conector_id=WITH_PROXY)["msg"])


def no_credentials(context: Context) -> str:
    return context.read(access_key=None, secret_key=None)


def wrong_region(context: Context) -> str:
    def unknown(host: str, *args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, f"{host} is not known")

    context.patch.setattr(socket, "getaddrinfo", unknown)
    return context.read(region="eu-north-1", endpoint_url=None)


def missing_permission(context: Context) -> str:
    message = "User: arn:aws:iam::111122223333:user/reader is not authorized to perform: chime:GetVoiceConnectorProxy"
    return context.read(Fault(PROXY, error="ForbiddenException", message=message))


def wrong_id(context: Context) -> str:
    return context.read(voice_connector_id=MISSING)


def old_botocore(context: Context) -> str:
    context.patch.setattr(botocore, "__version__", "1.34.0")
    return context.read()


def no_amazon_aws(context: Context) -> str:
    (context.folder / "ansible_collections/chime_sdk").mkdir(parents=True)
    (context.folder / "ansible_collections/chime_sdk/voice").symlink_to(ROOT)
    return context.read_with_ansible(
        f"localhost ansible_python_interpreter={sys.executable}",
        ANSIBLE_COLLECTIONS_PATH=str(context.folder),
        ANSIBLE_COLLECTIONS_SCAN_SYS_PATH="false",
    )


def wrong_interpreter(context: Context) -> str:
    bare = context.folder / "bare"
    venv.create(bare)
    message = context.read_with_ansible(f"localhost ansible_python_interpreter={bare}/bin/python")
    assert socket.gethostname() in message
    return message.replace(socket.gethostname(), "control").replace(f"{bare}/bin/python", "/usr/bin/python3")


def expired_sso_session(context: Context) -> str:
    config = context.folder / "config"
    config.write_text(
        "[profile telephony]\nsso_session = work\nsso_account_id = 111122223333\nsso_role_name = reader\n"
        "[sso-session work]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n"
    )
    token = {"accessToken": "token", "expiresAt": "2026-01-02T03:04:05Z"}
    (context.folder / f"{hashlib.sha1(b'work').hexdigest()}.json").write_text(json.dumps(token))
    context.patch.setattr("botocore.tokens.SSOTokenProvider._SSO_TOKEN_CACHE_DIR", str(context.folder))
    context.patch.setenv("AWS_CONFIG_FILE", str(config))
    return context.read(profile="telephony", access_key=None, secret_key=None)


def redirect(context: Context) -> str:
    headers = {"location": "https://portal.example/login"}
    return context.read(Fault(status=302, headers=headers, body="<html>Sign in</html>", request_id=False))


def not_from_aws(context: Context) -> str:
    page = "<html><body>404 Not Found</body></html>"
    return context.read(Fault(status=404, body=page, request_id=False))


def no_tls(context: Context) -> str:
    return context.read(endpoint_url=context.emulator.url.replace("http:", "https:"))


def throttled(context: Context) -> str:
    return context.read(Fault(PROXY, error="ThrottledClientException", message="Too many requests."))


def end_of_support(context: Context) -> str:
    return context.read(Fault(PROXY, status=410, error="GoneException", message="This operation is not available."))


MISTAKES: dict[str, Callable[[Context], str]] = {
    "A misspelled option": misspelled_option,
    "No credentials": no_credentials,
    "Credentials that cannot be obtained": expired_sso_session,
    "A wrong Region": wrong_region,
    "A missing permission": missing_permission,
    "A wrong ID": wrong_id,
    "An old botocore": old_botocore,
    "No amazon.aws": no_amazon_aws,
    "A Python without boto3": wrong_interpreter,
    "A proxy server, or no TLS": no_tls,
    "A redirect or a captive portal": redirect,
    "A response that is not from AWS": not_from_aws,
    "Too many requests": throttled,
    "The end of support": end_of_support,
}


def test_the_guide_lists_exactly_the_mistakes_reproduced_here() -> None:
    assert list(QUOTED_MESSAGES) == list(MISTAKES)


@pytest.mark.parametrize("title", MISTAKES)
def test_a_mistake_fails_with_the_message_in_the_guide(
    title: str,
    read_proxy: Callable[..., Any],
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    sleeps: list[float],
) -> None:
    message = MISTAKES[title](Context(read_proxy, emulator, monkeypatch, tmp_path))
    print(message)
    # In the guide, an ellipsis (...) stands for text that differs between machines.
    pattern = re.escape(QUOTED_MESSAGES.get(title, "?")).replace(r"\.\.\.", ".*")
    assert re.fullmatch(pattern, message)
