# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test writing the files of a report. All are written under temporary names before the first one is renamed."""

from __future__ import annotations

import errno
import fcntl
import os
import pathlib
import threading
from typing import Any

import pytest

from ansible_collections.chime_sdk.voice.plugins.plugin_utils import _files
from ansible_collections.chime_sdk.voice.plugins.plugin_utils._files import write_files

NAMES = ("voice-audit.json", "voice-audit.csv", "voice-audit.html")


def contents_of(folder: pathlib.Path) -> dict[str, str]:
    return {path.name: path.read_bytes().decode() for path in folder.iterdir()}


def mode_of(path: pathlib.Path) -> int:
    return path.stat().st_mode & 0o7777


def test_only_the_owner_can_access_a_new_folder_and_its_files(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "a/b"
    write_files(folder, {NAMES[0]: "{}\n", NAMES[1]: "a\r\n"})
    assert contents_of(folder) == {NAMES[0]: "{}\n", NAMES[1]: "a\r\n"}
    assert [mode_of(path) for path in (folder, *folder.iterdir())] == [0o700, 0o600, 0o600]


@pytest.mark.parametrize("mode", [0o755, 0o1777, 0o700])
def test_an_existing_folder_keeps_its_mode_and_owner(tmp_path: pathlib.Path, mode: int) -> None:
    tmp_path.chmod(mode)
    (tmp_path / NAMES[0]).write_text("old")
    (tmp_path / NAMES[0]).chmod(0o644)
    before = tmp_path.stat()
    write_files(tmp_path, {NAMES[0]: "new"})
    after = tmp_path.stat()
    assert (before.st_mode, before.st_uid, before.st_gid) == (after.st_mode, after.st_uid, after.st_gid)
    assert mode_of(tmp_path / NAMES[0]) == 0o600


def test_a_report_in_a_format_that_is_not_requested_is_removed_and_no_other_file(tmp_path: pathlib.Path) -> None:
    others = {"other": "kept", "voice-audit.txt": "kept", ".other.partial": "kept"}
    for name, text in others.items():
        (tmp_path / name).write_text(text)
    write_files(tmp_path, dict.fromkeys(NAMES, "old"))
    write_files(tmp_path, {NAMES[0]: "new", NAMES[1]: None, NAMES[2]: None})
    assert contents_of(tmp_path) == {NAMES[0]: "new", **others}


def test_temporary_files_of_a_run_that_was_killed_do_not_stay(tmp_path: pathlib.Path) -> None:
    for name in NAMES:
        (tmp_path / f".{name}.partial").write_text("partial")
    write_files(tmp_path, {NAMES[0]: "new", NAMES[1]: None, NAMES[2]: None})
    assert contents_of(tmp_path) == {NAMES[0]: "new"}


def test_a_link_is_replaced_and_its_target_is_not_written(tmp_path: pathlib.Path) -> None:
    target = tmp_path / "target"
    target.write_text("kept")
    for name in (NAMES[0], f".{NAMES[0]}.partial"):
        (tmp_path / name).symlink_to(target)
    write_files(tmp_path, {NAMES[0]: "new"})
    assert contents_of(tmp_path) == {NAMES[0]: "new", "target": "kept"}


@pytest.mark.parametrize("failing", ["write", "rename"])
def test_a_failure_loses_no_report(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    write_files(tmp_path, dict.fromkeys(NAMES, "old"))
    calls = iter(range(10))

    def fail(*args: Any) -> None:
        if next(calls) == 1:
            raise OSError(errno.ENOSPC, "No space left on device", str(args[0]))
        original(*args)

    original: Any = os.fsync if failing == "write" else pathlib.Path.rename
    target, name = (os, "fsync") if failing == "write" else (pathlib.Path, "rename")
    monkeypatch.setattr(target, name, fail)
    with pytest.raises(OSError, match="No space"):
        write_files(tmp_path, dict.fromkeys(NAMES, "new"))
    replaced = () if failing == "write" else (NAMES[0], NAMES[2])
    assert contents_of(tmp_path) == {name: "new" if name in replaced else "old" for name in NAMES}


def test_a_file_that_cannot_be_replaced_does_not_prevent_the_others(tmp_path: pathlib.Path) -> None:
    write_files(tmp_path, {NAMES[0]: "old"})
    (tmp_path / NAMES[1]).mkdir()
    with pytest.raises(OSError, match=NAMES[1]):
        write_files(tmp_path, {NAMES[1]: None, NAMES[0]: "new"})
    assert (tmp_path / NAMES[0]).read_text() == "new"
    with pytest.raises(NotADirectoryError, match="it is not a folder"):
        write_files(tmp_path / NAMES[0], {})


def test_a_run_that_holds_the_lock_for_too_long_is_an_error(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_files, "_MAX_WAIT", 0.1)
    held = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(OSError, match="another run is writing there"):
        write_files(tmp_path, {NAMES[0]: "new"})
    os.close(held)
    write_files(tmp_path, {NAMES[0]: "new"})
    assert contents_of(tmp_path) == {NAMES[0]: "new"}


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOLCK, errno.ENOTSUP, errno.EBADF])
def test_a_file_system_that_can_neither_lock_nor_sync_causes_no_failure(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(*_args: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", fail)
    monkeypatch.setattr(os, "fsync", fail)
    write_files(tmp_path, dict.fromkeys(NAMES, "new"))
    assert contents_of(tmp_path) == dict.fromkeys(NAMES, "new")


@pytest.mark.parametrize("target", [(fcntl, "flock"), (os, "fsync")])
def test_other_failures_to_lock_and_sync_are_raised(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, target: tuple[Any, str]
) -> None:
    def fail(*_args: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(*target, fail)
    with pytest.raises(OSError, match="Input/output error"):
        write_files(tmp_path, {NAMES[0]: "new"})


def test_reports_from_two_concurrent_writers_are_not_mixed(tmp_path: pathlib.Path) -> None:
    def write(text: str) -> None:
        for _turn in range(20):
            write_files(tmp_path, dict.fromkeys(NAMES, text * 10000))

    threads = [threading.Thread(target=write, args=(text,)) for text in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    contents = contents_of(tmp_path)
    assert set(contents) == set(NAMES)
    assert len(set(contents.values())) == 1


def test_half_a_surrogate_pair_does_not_prevent_the_report(tmp_path: pathlib.Path) -> None:
    write_files(tmp_path, {NAMES[0]: "a\ud800b"})
    assert contents_of(tmp_path) == {NAMES[0]: "a?b"}
