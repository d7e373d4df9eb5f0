# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the bulk read against bare boto3, a loop in a playbook, and the AWS CLI, and print a table.

Every peer asks the same emulator, which runs in a process of its own and answers after a fixed time. Figures are those
of whole processes: wall clock, CPU seconds and peak memory as the operating system accounts for them. Where a command
is run several times the median is shown, and peers take turns.

Usage: python tests/benchmark [--quick]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple
from typing import Union

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
THREADS = 8
LATENCY = 0.05  # seconds
MODULE = "chime_sdk.voice.chime_voice_connector_info"
SINGLE = "chime_sdk.voice.chime_voice_connector_proxy_info"

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))},
    "AWS_ACCESS_KEY_ID": "AKIDEMULATOR",
    "AWS_SECRET_ACCESS_KEY": "emulator-secret-key",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "NO_PROXY": "127.0.0.1",
    "LC_ALL": "C.UTF-8",
    "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
}


Command = tuple[Union[str, pathlib.Path], ...]


class Cost(NamedTuple):
    wall: float  # seconds
    cpu: float  # seconds
    memory: float  # MiB
    requests: int
    throttled: int
    output: str


class Service:
    """The emulator in a process of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}/_emulator/{path}", data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def cost_of(self, *command: str | pathlib.Path, **environment: str) -> Cost:
        """Run a command to its end and return what it cost. What it prints must not be an error."""
        self.ask("DELETE", "requests")
        with tempfile.TemporaryFile("w+") as output:
            started = time.monotonic()
            process = subprocess.Popen(
                [str(word) for word in command],
                env={**ENVIRONMENT, "AWS_ENDPOINT_URL_CHIME_SDK_VOICE": self.url, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
            )
            _pid, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            printed = output.read()
        if process.returncode:
            raise SystemExit(f"{command} failed:\n{printed[-2000:]}")
        statuses = [request.get("status") for request in self.ask("GET", "requests")]
        return Cost(
            wall,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / 1024,
            len(statuses),
            statuses.count(429),
            printed,
        )


@contextlib.contextmanager
def service(size: int, **settings: float) -> Iterator[Service]:
    """Run an emulator with *size* Voice Connectors that all have a proxy."""
    connectors = [
        {
            "VoiceConnectorId": f"a{number:021d}",
            "Name": f"number {number}",
            "Proxy": {"DefaultSessionExpiryMinutes": 60, "Disabled": False, "PhoneNumberCountries": ["US", "CA"]},
        }
        for number in range(size)
    ]
    with tempfile.TemporaryDirectory() as folder:
        state = pathlib.Path(folder, "state.json")
        state.write_text(json.dumps({"voice_connectors": connectors}), encoding="utf-8")
        program = subprocess.Popen(
            [sys.executable, ROOT / "tests/emulator", "--state", state], stdout=subprocess.PIPE, text=True
        )
        try:
            assert program.stdout is not None
            running = Service(program.stdout.readline().strip())
            running.ask("PUT", "settings", {"latency": LATENCY, **settings})
            yield running
        finally:
            program.terminate()
            program.wait()


def payload(folder: pathlib.Path, module: str, running: Service, **options: Any) -> pathlib.Path:
    """Return the file that Ansible would send to a host and run there, for *module* with *options*.

    The endpoint is not in it, so that it serves with every emulator.
    """
    made = folder / module
    arguments = json.dumps(options)
    subprocess.run(
        ["ansible", "localhost", "-m", module, "-a", arguments],
        env={
            **ENVIRONMENT,
            "AWS_ENDPOINT_URL_CHIME_SDK_VOICE": running.url,
            "ANSIBLE_KEEP_REMOTE_FILES": "1",
            "ANSIBLE_REMOTE_TMP": str(made),
            "ANSIBLE_HOME": str(folder / "home"),
        },
        check=True,
        capture_output=True,
    )
    return next(made.glob("*/AnsiballZ_*.py"))


def median(costs: list[Cost]) -> Cost:
    return costs[0]._replace(
        wall=statistics.median(cost.wall for cost in costs),
        cpu=statistics.median(cost.cpu for cost in costs),
        memory=statistics.median(cost.memory for cost in costs),
    )


def row(name: str, size: int, cost: Cost) -> None:
    print(
        f"| {name:22} | {size:6,} | {cost.wall:8.2f} | {cost.cpu:7.2f} | {cost.memory:6.0f} | {cost.requests:8,} |",
        flush=True,
    )


def verdict(what: str, value: float, low: float, high: float) -> str:
    """Return a row of the table of aims, for a figure that is to be between two bounds."""
    aim = f"{low:g}" if low == high else f"<= {high:g}" if low == 0 else f">= {low:g}"
    return f"| {what:68} | {value:8.3f} | {aim:>7} | {'met' if low <= value <= high else 'MISSED':6} |"


def pages(size: int) -> int:
    return -(-size // 100)


def check(cost: Cost, size: int) -> None:
    """See that a bulk read returned everything."""
    result = json.loads(cost.output)
    read = result["voice_connectors"]
    assert len(read) == size
    assert not result["errors"]
    assert all(connector["proxy"]["exists"] for connector in read)


def measure_growth(ours: Command, floor: Command, sizes: list[int]) -> list[str]:
    """Print rows of the module and of the floor, and return the aims about growth."""
    module, bare = {}, {}
    for size in sizes:
        with service(size) as running:
            both = [(running.cost_of(*ours), running.cost_of(*floor)) for _turn in range(1 if size >= 10_000 else 3)]
        for cost, _bare in both:
            check(cost, size)
        module[size], bare[size] = median([a for a, _b in both]), median([b for _a, b in both])
        row("the module", size, module[size])
        row("bare boto3", size, bare[size])
    base, before, largest = sizes[2], sizes[-2], sizes[-1]
    cpu = (module[largest].cpu - module[base].cpu) / (bare[largest].cpu - bare[base].cpu)
    linear = (module[largest].wall / largest) / (module[before].wall / before)
    heavier = module[largest].memory / bare[largest].memory
    return [
        *(
            verdict(f"N = {size:,}: requests of those needed", cost.requests / (size + pages(size)), 1, 1)
            for size, cost in module.items()
        ),
        verdict(f"N = {base:,} to {largest:,}: CPU for each connector against bare boto3", cpu, 0, 1.2),
        verdict(f"N = {largest:,} against {before:,}: wall for each connector", linear, 0, 1.1),
        verdict(f"N = {largest:,}: peak memory against bare boto3", heavier, 0, 1.3),
    ]


def measure_peers(ours: Command, floor: Command, size: int, pairs: int, folder: pathlib.Path) -> list[str]:
    """Print rows of the slow peers, and return the aims about wall clocks."""
    looped, called = 20, 3
    playbook = folder / "loop.yml"

    def loop_of(items: int) -> Cost:
        playbook.write_text(
            f"- hosts: localhost\n  gather_facts: false\n  tasks:\n    - {SINGLE}:\n"
            "        voice_connector_id: \"a{{ '%021d' | format(item) }}\"\n"
            f'      loop: "{{{{ range({items}) | list }}}}"\n',
            encoding="utf-8",
        )
        return running.cost_of("ansible-playbook", playbook)

    def call(number: int) -> Cost:
        operation = ("chime-sdk-voice", "get-voice-connector-proxy", "--voice-connector-id", f"a{number:021d}")
        return running.cost_of("aws", *operation, PATH=os.environ["PATH"])

    with service(size) as running:
        both = [(running.cost_of(*ours), running.cost_of(*floor)) for _pair in range(pairs)]
        # The start of ansible-playbook is not counted.
        each = (loop_of(looped).wall - loop_of(1).wall) / (looped - 1)
        print(f"| {'loop in a playbook *':22} | {size:6,} | {each * size:8.2f} |         |        | {size:8,} |")
        if shutil.which("aws"):
            cost = median([call(number) for number in range(called)])
            whole = cost._replace(wall=cost.wall * size, cpu=cost.cpu * size, requests=size)
            row("AWS CLI, each alone *", size, whole)
    print(f"\n* {looped} items and {called} calls were measured, and multiplied\n")
    for cost, _bare in both:
        check(cost, size)
    against = statistics.median(a.wall / b.wall for a, b in both)
    faster = each * size / statistics.median(a.wall for a, _b in both)
    return [
        verdict(f"N = {size}: wall against bare boto3, median of {pairs} pairs", against, 0, 1.15),
        verdict(f"N = {size}: times faster than a loop in a playbook", faster, 80, float("inf")),
    ]


def measure_faults(ours: Command, limited: int, rate: float, shaky: int) -> list[str]:
    """Return the aims about throttling and faults."""
    with service(limited, rate_limit=rate) as running:
        slow = running.cost_of(*ours)
    check(slow, limited)
    with service(shaky) as running:
        running.ask(
            "PUT",
            "faults",
            [
                {"probability": 0.025, "seed": 1, "status": 503, "style": "bare"},
                {"probability": 0.025, "seed": 2, "drop": "reset"},
            ],
        )
        retried = running.cost_of(*ours)
    check(retried, shaky)
    allowed = (limited + pages(limited)) / rate
    return [
        verdict(f"limit of {rate:g} requests/s, N = {limited}: wall of what it allows", slow.wall / allowed, 0, 1.25),
        verdict("the same: share of requests answered 429", slow.throttled / slow.requests, 0, 0.1),
        verdict(
            f"5 % resets and 503, N = {shaky:,}: requests for each connector",
            (retried.requests - pages(shaky)) / shaky,
            0,
            1.1,
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the bulk read against its peers.")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller runs, to try the benchmark itself")
    quick = parser.parse_args().quick

    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    print(f"{LATENCY * 1000:.0f} ms for each answer, {THREADS} requests at a time\n")
    print("|                        |      N |   wall s |   CPU s |    MiB | requests |")
    print("|------------------------|--------|----------|---------|--------|----------|")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        with service(1) as running:
            bulk = payload(folder, MODULE, running, include=["proxy"], concurrency=THREADS)
        ours: Command = (sys.executable, bulk)
        floor: Command = (sys.executable, HERE / "floor.py", str(THREADS))
        aims = measure_growth(ours, floor, [1, 10, 50, 100] if quick else [1, 10, 100, 1000, 10_000])
        aims += measure_peers(ours, floor, 50 if quick else 500, 2 if quick else 7, folder)
        aims += measure_faults(ours, 60 if quick else 300, 20, 100 if quick else 1000)
    print(f"| {'figure':68} | measured |     aim |        |")
    print(f"|{'-' * 70}|----------|---------|--------|")
    print(*aims, sep="\n")


if __name__ == "__main__":
    main()
