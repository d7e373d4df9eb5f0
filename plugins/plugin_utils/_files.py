# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Write the files of a report. Lock their folder meanwhile, if the file system supports locks."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pathlib
import time
from collections.abc import Iterator

# The errors of network and virtual file systems that cannot lock or sync. NFS cannot lock a folder, because it requires
# that the locked file is open for writing, and a folder can be opened only for reading.
_UNSUPPORTED = (errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)

_MAX_WAIT = 60  # seconds to wait for another run that is writing


@contextlib.contextmanager
def _if_supported() -> Iterator[None]:
    try:
        yield
    except OSError as e:
        if e.errno not in _UNSUPPORTED:
            raise


def _lock(descriptor: int, folder: pathlib.Path) -> None:
    """Lock the folder. If a different run has locked it, wait; raise OSError after waiting for _MAX_WAIT seconds."""
    deadline = time.monotonic() + _MAX_WAIT
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise OSError(errno.EBUSY, "another run is writing there, or was stopped", str(folder)) from None
        time.sleep(0.05)


def write_files(folder: pathlib.Path, contents: dict[str, str | None]) -> None:
    """Write all files under temporary names. Then rename the files, in the order of *contents*.

    An earlier file stays until a new file replaces it, even if the process is killed. A file whose content is None is
    removed. Other files in the folder are not changed. Only the owner can read the new files. A missing folder is
    created with the mode 0700. An existing folder keeps its mode and owner.

    :raises OSError: the new files could not be written, some of the files could not be replaced, or the folder could
        not be synced. If the new files could not be written, the earlier files are unchanged.
    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "it is not a folder", str(folder))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = {name: folder / f".{name}.partial" for name in contents}
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with _if_supported():
            _lock(descriptor, folder)
        for path in temporary.values():  # remove temporary files that a killed run left
            path.unlink(missing_ok=True)
        for name, content in contents.items():
            if content is not None:
                opened = os.open(temporary[name], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with open(opened, "w", encoding="utf-8", errors="replace", newline="") as file:
                    file.write(content)
                    file.flush()
                    with _if_supported():
                        os.fsync(file.fileno())
        problems = []
        for name, content in contents.items():
            try:
                if content is None:
                    (folder / name).unlink(missing_ok=True)
                else:
                    temporary[name].rename(folder / name)
            except OSError as e:  # continue, to replace as many files as possible
                problems.append(e)
        with _if_supported():
            os.fsync(descriptor)
        if problems:
            raise problems[0]
    finally:
        for path in temporary.values():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        os.close(descriptor)
