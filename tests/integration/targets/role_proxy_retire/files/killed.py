# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kill proxy_retire with SIGKILL at several points, and see that nothing is lost and the last run completes.

Usage: killed.py EMULATOR_URL FOLDER
"""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request
from typing import Any
from typing import Callable

import boto3

URL = sys.argv[1]
FOLDER = pathlib.Path(sys.argv[2])
DELETE = "DeleteVoiceConnectorProxy"
IDS = [f"k{number:021d}" for number in range(5)]
PROXIES = {
    identifier: {
        "DefaultSessionExpiryMinutes": 10 + number,
        "Disabled": number == 1,
        "FallBackPhoneNumber": f"+1206555010{number}",
        "PhoneNumberCountries": ["US", "CA"][: 1 + number % 2],
    }
    for number, identifier in enumerate(IDS)
}
VARIABLES = {
    "proxy_retire_confirm_account_id": "111122223333",
    "proxy_retire_voice_connector_ids": "all",
    "proxy_retire_regions": ["us-east-1"],
    "proxy_retire_backup_dir": str(FOLDER),
}
ENVIRONMENT = {
    **os.environ,
    "AWS_ACCESS_KEY_ID": "AKIDEMULATOR",
    "AWS_SECRET_ACCESS_KEY": "emulator-secret-key",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_URL": URL,
}


def control(method: str, what: str, body: Any = None) -> Any:
    request = urllib.request.Request(f"{URL}/_emulator/{what}", method=method, data=json.dumps(body).encode())
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def deletions(identifier: str = "") -> int:
    asked = control("GET", "requests")
    return sum(request["operation"] == DELETE and identifier in request["path"] for request in asked)


def start() -> subprocess.Popen[str]:
    command = ["ansible-playbook", "chime_sdk.voice.proxy_retire", "--extra-vars", json.dumps(VARIABLES)]
    return subprocess.Popen(
        command,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def left() -> dict[str, Any]:
    """Return the proxies that are left, by ID, as the service tells them."""
    client = boto3.client(
        "chime-sdk-voice",
        region_name="us-east-1",
        endpoint_url=URL,
        aws_access_key_id="AKIDEMULATOR",
        aws_secret_access_key="emulator-secret-key",
    )
    found = {}
    for identifier in IDS:
        try:
            found[identifier] = client.get_voice_connector_proxy(VoiceConnectorId=identifier)["Proxy"]
        except client.exceptions.NotFoundException:
            assert client.get_voice_connector(VoiceConnectorId=identifier)
    return found


def backed_up() -> dict[str, Any]:
    """Return the proxies that are in a backup, by ID, as the service would tell them."""
    found = {}
    for path in FOLDER.glob("*.json"):
        assert path.stat().st_mode & 0o777 == 0o600, path
        for record in json.loads(path.read_text(encoding="utf-8"))["voice_connectors"]:
            found[record["voice_connector_id"]] = {
                "DefaultSessionExpiryMinutes": record["default_session_expiry_minutes"],
                "Disabled": record["disabled"],
                "FallBackPhoneNumber": record["fall_back_phone_number"],
                "PhoneNumberCountries": record["phone_number_countries"],
            }
    return found


def backups() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in FOLDER.glob("*.json")}


def kill_when(reached: Callable[[], int], point: str, faults: list[dict[str, Any]]) -> int:
    before = backups()
    control("PUT", "faults", faults)
    control("DELETE", "requests")
    run = start()
    until = time.monotonic() + 60
    while not reached():
        assert run.poll() is None, f"{point}: it ended before: {run.communicate()[0]}"
        assert time.monotonic() < until, f"{point}: not reached"
        time.sleep(0.01)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    control("PUT", "faults", [])
    after = backups()
    assert {name: after[name] for name in before} == before, f"{point}: a backup was changed"
    remaining = left()
    lost = {identifier: proxy for identifier, proxy in PROXIES.items() if identifier not in remaining}
    assert {identifier: backed_up()[identifier] for identifier in lost} == lost, f"{point}: something is in no backup"
    print(f"killed {point}: {len(remaining)} left, {len(after)} backups")
    return len(remaining)


connectors = [{"VoiceConnectorId": identifier, "Proxy": proxy} for identifier, proxy in PROXIES.items()]
control("PUT", "state", {"voice_connectors": connectors})

hang = {"operation": DELETE, "drop": "hang"}
assert kill_when(lambda: any(FOLDER.glob("*")), "as soon as a backup is there", []) == 5
assert kill_when(deletions, "before the first deletion is carried out", [hang]) == 5
others = [{**hang, "request_has": identifier} for identifier in IDS[3:]]
assert kill_when(lambda: deletions(IDS[3]), "between deletions", others) == 2

last = start()
output = last.communicate(timeout=120)[0]
assert last.returncode == 0, output
assert left() == {}
assert backed_up() == PROXIES
print(f"completed: none left, {len(backups())} backups")
