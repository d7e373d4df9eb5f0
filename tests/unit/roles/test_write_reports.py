# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test writing the reports of an audit, including that a failure never leaves them mixed with older ones."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import pathlib
import sys
import threading
from typing import Any

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "roles/proxy_audit/files/write_reports.py"
SPEC = importlib.util.spec_from_file_location("write_reports", SCRIPT)
assert SPEC is not None and SPEC.loader is not None
script = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(script)

NAMES = ("proxy-audit.json", "proxy-audit.csv", "proxy-audit.html")


def contents_of(folder: pathlib.Path) -> dict[str, str]:
    return {path.name: path.read_bytes().decode() for path in folder.iterdir()}


def test_only_the_owner_can_access_the_folder_and_its_files(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "a/b"
    script.write_reports(folder, {"proxy-audit.json": "{}", "proxy-audit.csv": "a\r\n"})
    assert contents_of(folder) == {"proxy-audit.json": "{}\n", "proxy-audit.csv": "a\r\n"}
    assert [oct(path.stat().st_mode)[-3:] for path in (folder, *sorted(folder.iterdir()))] == ["700", "600", "600"]


def test_a_stale_report_in_an_unwanted_format_is_removed(tmp_path: pathlib.Path) -> None:
    (tmp_path / "other").write_text("kept")
    script.write_reports(tmp_path, dict.fromkeys(NAMES, "old\n"))
    script.write_reports(tmp_path, {NAMES[0]: "new\n", NAMES[1]: None, NAMES[2]: None})
    assert contents_of(tmp_path) == {NAMES[0]: "new\n", "other": "kept"}


@pytest.mark.parametrize("failing", ["write", "rename"])
def test_a_failure_does_not_mix_old_and_new_reports(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    script.write_reports(tmp_path, dict.fromkeys(NAMES, "old\n"))
    calls = iter(range(10))

    def fail(*args: Any) -> None:
        if next(calls) == 1:
            raise OSError(28, "No space left on device", str(args[0]))
        original(*args)

    original: Any = os.fsync if failing == "write" else pathlib.Path.rename
    target, name = (os, "fsync") if failing == "write" else (pathlib.Path, "rename")
    monkeypatch.setattr(target, name, fail)
    with pytest.raises(OSError, match="No space"):
        script.write_reports(tmp_path, dict.fromkeys(NAMES, "new\n"))
    assert contents_of(tmp_path) == (dict.fromkeys(NAMES, "old\n") if failing == "write" else {NAMES[0]: "new\n"})


def test_reports_from_two_concurrent_writers_are_not_mixed(tmp_path: pathlib.Path) -> None:
    def write(text: str) -> None:
        for _turn in range(20):
            script.write_reports(tmp_path, dict.fromkeys(NAMES, text * 10000))

    threads = [threading.Thread(target=write, args=(text,)) for text in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(contents_of(tmp_path).values())) == 1


def test_a_failure_names_the_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "argv", ["write_reports.py", str(tmp_path / "file")])
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps({NAMES[0]: "x"})))
    with pytest.raises(SystemExit, match="Failed to write the reports to .*/file: File exists"):
        script.main()
