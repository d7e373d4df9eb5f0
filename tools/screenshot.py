# Copyright: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take the picture of a page that the documentation shows: all of it, in light colours, as a small PNG.

Usage: .venv/default/bin/python tools/screenshot.py PAGE.html PICTURE.png
"""

from __future__ import annotations

import collections
import os
import pathlib
import shutil
import struct
import sys
import zlib

from playwright.sync_api import sync_playwright

WIDTH = 1200
COLOURS = 64


def take(page_file: pathlib.Path) -> bytes:
    """Return the picture as Chromium makes it."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("screenshot: there is no Chromium on the path")
    arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page(viewport={"width": WIDTH, "height": 800}, color_scheme="light")
        page.goto(page_file.resolve().as_uri())
        # Rows out of sight are not laid out; when all are in sight, their height is known.
        for _ in range(2):
            height = page.evaluate("Math.ceil(document.body.getBoundingClientRect().height)")
            page.set_viewport_size({"width": WIDTH, "height": height})
            page.wait_for_timeout(200)
        picture = page.screenshot()
        browser.close()
    return picture


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_a_palette(picture: bytes) -> bytes:
    """Return the PNG with its most frequent colours only, a byte for each pixel, in place of three."""
    chunks: dict[bytes, bytes] = collections.defaultdict(bytes)
    position = 8
    while position < len(picture):
        (length,) = struct.unpack_from(">I", picture, position)
        chunks[picture[position + 4 : position + 8]] += picture[position + 8 : position + 8 + length]
        position += 12 + length
    width, height, depth, kind = struct.unpack_from(">IIBB", chunks[b"IHDR"])
    assert (depth, kind) in ((8, 2), (8, 6)), "not the PNG that Chromium makes"
    size = 3 if kind == 2 else 4
    packed = zlib.decompress(chunks[b"IDAT"])
    line = bytearray(width * size)
    pixels: list[bytes] = []
    for row in range(height):
        start = row * (len(line) + 1)
        above, line = line, bytearray(packed[start + 1 : start + 1 + len(line)])
        for here in range(len(line)):
            left, up, corner = (
                (line[here - size], above[here], above[here - size]) if here >= size else (0, above[here], 0)
            )
            near = left + up - corner
            paeth = min((left, up, corner), key=lambda value: abs(near - value))
            line[here] = (line[here] + (0, left, up, (left + up) // 2, paeth)[packed[start]]) & 255
        pixels += (bytes(line[here : here + 3]) for here in range(0, len(line), size))

    counted = collections.Counter(pixels)
    palette = [color for color, _count in counted.most_common(COLOURS)]

    def nearest(color: bytes) -> int:
        return min(range(len(palette)), key=lambda at: sum((a - b) ** 2 for a, b in zip(palette[at], color)))

    places = {color: nearest(color) for color in counted}
    indexes = bytes(places[color] for color in pixels)
    lines = b"".join(b"\0" + indexes[at : at + width] for at in range(0, len(indexes), width))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return b"".join(
        (
            picture[:8],
            chunk(b"IHDR", header),
            chunk(b"PLTE", b"".join(palette)),
            chunk(b"IDAT", zlib.compress(lines, 9)),
            chunk(b"IEND", b""),
        )
    )


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    picture = take(pathlib.Path(sys.argv[1]))
    small = with_a_palette(picture)
    pathlib.Path(sys.argv[2]).write_bytes(small)
    print(f"screenshot: {len(small)} bytes, of {len(picture)}")


if __name__ == "__main__":
    main()
