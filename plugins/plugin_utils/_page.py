# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Render an audit as a page. Stand-in."""

from __future__ import annotations

import html
from typing import Any


def render_page(envelope: dict[str, Any]) -> str:
    """Return the HTML page of an audit."""
    return (
        f"<!DOCTYPE html>\n<title>{html.escape(envelope['title'])}</title>\n<p>{html.escape(envelope['verdict'])}</p>\n"
    )
