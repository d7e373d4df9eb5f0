# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read proxy configurations with boto3 in a thread pool. The benchmark compares the module to this program.

Usage: python bare_boto3.py THREADS. The Region, endpoint, and credentials come from the environment.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

threads = int(sys.argv[1])
client = boto3.client("chime-sdk-voice", config=Config(max_pool_connections=threads))
connectors = []
next_page: dict[str, str] = {}
while True:
    page = client.list_voice_connectors(MaxResults=100, **next_page)
    connectors += page["VoiceConnectors"]
    if not page.get("NextToken"):
        break
    next_page = {"NextToken": page["NextToken"]}


def read(connector: dict[str, object]) -> None:
    try:
        response = client.get_voice_connector_proxy(VoiceConnectorId=connector["VoiceConnectorId"])
        connector["Proxy"] = response["Proxy"]
    except client.exceptions.NotFoundException:
        connector["Proxy"] = None


with ThreadPoolExecutor(threads) as pool:
    list(pool.map(read, connectors))
print(json.dumps(connectors, default=str))
