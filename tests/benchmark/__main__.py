# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare chime_voice_connector_info to boto3, a loop in a playbook, and the AWS CLI, and print the results.

Each of these is a client of an emulator, which runs in a separate process and responds after a fixed time. The wall
time, CPU seconds, and peak memory of a client are those of its whole process, including the startup. If a client runs
several times, its figures are medians. The wall time of the loop is extrapolated from a run with a few items, and the
wall time and CPU seconds of the AWS CLI are extrapolated from a few calls.

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
from typing import Any, NamedTuple, Union

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


class EmulatorProcess:
    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}/_emulator/{path}", data, method=method)
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def measure(self, *command: str | pathlib.Path, **environment: str) -> Cost:
        """Run a command to its end, and return its cost. Exit if the command fails."""
        self.control("DELETE", "requests")
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
        statuses = [request.get("status") for request in self.control("GET", "requests")]
        return Cost(
            wall,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / 1024,
            len(statuses),
            statuses.count(429),
            printed,
        )


@contextlib.contextmanager
def start_emulator(size: int, **settings: float) -> Iterator[EmulatorProcess]:
    """Run an emulator with *size* Voice Connectors that all have a proxy configuration."""
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
            emulator = EmulatorProcess(program.stdout.readline().strip())
            emulator.control("PUT", "settings", {"latency": LATENCY, **settings})
            yield emulator
        finally:
            program.terminate()
            program.wait()


def build_payload(folder: pathlib.Path, module: str, emulator: EmulatorProcess, **options: Any) -> pathlib.Path:
    """Return the program that Ansible would send to a managed node to run *module* with *options*.

    The program gets the endpoint from an environment variable, so it works with every emulator that is started later.
    """
    remote_tmp = folder / module
    arguments = json.dumps(options)
    subprocess.run(
        ["ansible", "localhost", "-m", module, "-a", arguments],
        env={
            **ENVIRONMENT,
            "AWS_ENDPOINT_URL_CHIME_SDK_VOICE": emulator.url,
            "ANSIBLE_KEEP_REMOTE_FILES": "1",
            "ANSIBLE_REMOTE_TMP": str(remote_tmp),
            "ANSIBLE_HOME": str(folder / "home"),
        },
        check=True,
        capture_output=True,
    )
    return next(remote_tmp.glob("*/AnsiballZ_*.py"))


def median(costs: list[Cost]) -> Cost:
    return costs[0]._replace(
        wall=statistics.median(cost.wall for cost in costs),
        cpu=statistics.median(cost.cpu for cost in costs),
        memory=statistics.median(cost.memory for cost in costs),
    )


def print_row(name: str, size: int, cost: Cost) -> None:
    print(
        f"| {name:22} | {size:6,} | {cost.wall:8.2f} | {cost.cpu:7.2f} | {cost.memory:6.0f} | {cost.requests:8,} |",
        flush=True,
    )


def target_row(metric: str, value: float, low: float, high: float) -> str:
    """Return a row for the table of targets. The target is met if *value* is from *low* to *high*."""
    target = f"{low:g}" if low == high else f"<= {high:g}" if low == 0 else f">= {low:g}"
    return f"| {metric:68} | {value:8.3f} | {target:>7} | {'met' if low <= value <= high else 'MISSED':6} |"


def count_pages(size: int) -> int:
    return -(-size // 100)


def check_complete(cost: Cost, size: int) -> None:
    result = json.loads(cost.output)
    connectors = result["voice_connectors"]
    assert len(connectors) == size
    assert not result["errors"]
    assert all(connector["proxy"]["exists"] for connector in connectors)


def measure_growth(module: Command, boto3: Command, sizes: list[int]) -> list[str]:
    """For each of *sizes*, print the costs of the module and of bare boto3. Return rows for the table of targets."""
    module_costs, boto3_costs = {}, {}
    for size in sizes:
        with start_emulator(size) as emulator:
            turns = 1 if size >= 10_000 else 3
            pairs = [(emulator.measure(*module), emulator.measure(*boto3)) for _turn in range(turns)]
        for cost, _boto3 in pairs:
            check_complete(cost, size)
        module_costs[size], boto3_costs[size] = median([a for a, _b in pairs]), median([b for _a, b in pairs])
        print_row("the module", size, module_costs[size])
        print_row("bare boto3", size, boto3_costs[size])
    base, previous, largest = sizes[2], sizes[-2], sizes[-1]
    added_cpu = module_costs[largest].cpu - module_costs[base].cpu
    relative_cpu = added_cpu / (boto3_costs[largest].cpu - boto3_costs[base].cpu)
    relative_wall = (module_costs[largest].wall / largest) / (module_costs[previous].wall / previous)
    relative_memory = module_costs[largest].memory / boto3_costs[largest].memory
    return [
        *(
            target_row(
                f"N = {size:,}: requests relative to the minimum", cost.requests / (size + count_pages(size)), 1, 1
            )
            for size, cost in module_costs.items()
        ),
        target_row(
            f"N = {base:,} to {largest:,}: CPU per added connector relative to bare boto3", relative_cpu, 0, 1.2
        ),
        target_row(f"N = {largest:,} relative to {previous:,}: wall time per connector", relative_wall, 0, 1.1),
        target_row(f"N = {largest:,}: peak memory relative to bare boto3", relative_memory, 0, 1.3),
    ]


def measure_alternatives(
    module: Command, boto3: Command, size: int, pair_count: int, folder: pathlib.Path
) -> list[str]:
    """Print the costs of the loop and of the AWS CLI. Return rows for the table of targets."""
    item_count, call_count = 20, 3
    playbook = folder / "loop.yml"

    def run_loop(items: int) -> Cost:
        playbook.write_text(
            f"- hosts: localhost\n  gather_facts: false\n  tasks:\n    - {SINGLE}:\n"
            "        voice_connector_id: \"a{{ '%021d' | format(item) }}\"\n"
            f'      loop: "{{{{ range({items}) | list }}}}"\n',
            encoding="utf-8",
        )
        return emulator.measure("ansible-playbook", playbook)

    def run_cli(number: int) -> Cost:
        operation = ("chime-sdk-voice", "get-voice-connector-proxy", "--voice-connector-id", f"a{number:021d}")
        return emulator.measure("aws", *operation, PATH=os.environ["PATH"])

    with start_emulator(size) as emulator:
        pairs = [(emulator.measure(*module), emulator.measure(*boto3)) for _pair in range(pair_count)]
        # Subtract the time of a run with one item to exclude the startup time of ansible-playbook.
        item_wall = (run_loop(item_count).wall - run_loop(1).wall) / (item_count - 1)
        print(f"| {'loop in a playbook *':22} | {size:6,} | {item_wall * size:8.2f} |         |        | {size:8,} |")
        if shutil.which("aws"):
            cost = median([run_cli(number) for number in range(call_count)])
            total = cost._replace(wall=cost.wall * size, cpu=cost.cpu * size, requests=size)
            print_row("AWS CLI, single calls*", size, total)
    print(f"\n* extrapolated from {item_count} items and {call_count} calls\n")
    for cost, _boto3 in pairs:
        check_complete(cost, size)
    relative_wall = statistics.median(a.wall / b.wall for a, b in pairs)
    speedup = item_wall * size / statistics.median(a.wall for a, _b in pairs)
    return [
        target_row(
            f"N = {size}: wall time relative to bare boto3, median of {pair_count} pairs", relative_wall, 0, 1.15
        ),
        target_row(f"N = {size}: speedup over a loop in a playbook", speedup, 80, float("inf")),
    ]


def measure_faults(module: Command, throttled_size: int, rate: float, faulty_size: int) -> list[str]:
    """Run the module once with throttling and once with faults. Return rows for the table of targets."""
    with start_emulator(throttled_size, rate_limit=rate) as emulator:
        throttled = emulator.measure(*module)
    check_complete(throttled, throttled_size)
    with start_emulator(faulty_size) as emulator:
        emulator.control(
            "PUT",
            "faults",
            [
                {"probability": 0.025, "seed": 1, "status": 503, "style": "bare"},
                {"probability": 0.025, "seed": 2, "drop": "reset"},
            ],
        )
        retried = emulator.measure(*module)
    check_complete(retried, faulty_size)
    minimum = (throttled_size + count_pages(throttled_size)) / rate
    return [
        target_row(
            f"N = {throttled_size}, {rate:g} requests/s: wall time relative to the minimum",
            throttled.wall / minimum,
            0,
            1.25,
        ),
        target_row("the same limit: share of requests throttled", throttled.throttled / throttled.requests, 0, 0.1),
        target_row(
            f"N = {faulty_size:,}, 5% resets and 503 responses: requests per connector",
            (retried.requests - count_pages(faulty_size)) / faulty_size,
            0,
            1.1,
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the bulk read to the alternatives.")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller runs, to try the benchmark itself")
    quick = parser.parse_args().quick

    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    print(f"{LATENCY * 1000:.0f} ms for each response, {THREADS} requests at a time\n")
    print("|                        |      N |   wall s |   CPU s |    MiB | requests |")
    print("|------------------------|--------|----------|---------|--------|----------|")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        with start_emulator(1) as emulator:
            payload = build_payload(folder, MODULE, emulator, include=["proxy"], concurrency=THREADS)
        module: Command = (sys.executable, payload)
        boto3: Command = (sys.executable, HERE / "bare_boto3.py", str(THREADS))
        targets = measure_growth(module, boto3, [1, 10, 50, 100] if quick else [1, 10, 100, 1000, 10_000])
        targets += measure_alternatives(module, boto3, 50 if quick else 500, 2 if quick else 7, folder)
        targets += measure_faults(module, 60 if quick else 300, 20, 100 if quick else 1000)
    print(f"| {'metric':68} | measured |  target |        |")
    print(f"|{'-' * 70}|----------|---------|--------|")
    print(*targets, sep="\n")


if __name__ == "__main__":
    main()
