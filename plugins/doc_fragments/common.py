# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation that the modules of this collection share."""

from __future__ import annotations


class ModuleDocFragment:
    # For modules that only read.
    INFO_MODULE = r"""
options: {}
notes:
  - AWS ended support for proxy sessions on 2026-04-07. Proxy configurations that were set before that date may still
    exist.
attributes:
  check_mode:
    description: Supports check mode, in which it returns the same result as in a normal run.
    support: full
    details:
      - This module never changes anything, so it behaves the same in check mode.
  diff_mode:
    description: In diff mode, also returns what has changed or, in check mode, what would change.
    support: N/A
    details:
      - This module changes nothing, so there is no diff to show.
  idempotent:
    description:
      - If a task runs twice with the same options, and nothing else changes in between, the second run changes nothing.
    support: full
    details:
      - This module changes nothing.
"""

    # For modules that write proxy configurations.
    WRITING_PROXIES = r"""
options: {}
notes:
  - AWS ended support for proxy sessions on 2026-04-07. AWS may no longer accept a new, changed, or restored proxy
    configuration. If AWS rejects a proxy configuration, the task fails with the error message from AWS.
"""

    # For modules that write. Each module adds details to these attributes.
    WRITING_MODULE = r"""
options: {}
notes:
  - If the task fails, C(changed) in its result still shows whether anything was changed.
attributes:
  check_mode:
    description: Supports check mode, in which it returns what would change, but changes nothing.
    support: full
  diff_mode:
    description: In diff mode, also returns what has changed or, in check mode, what would change.
    support: full
  idempotent:
    description:
      - If a task runs twice with the same options, and nothing else changes in between, the second run changes nothing.
    support: full
"""

    # For modules that use one Voice Connector: the option for its ID, and a note on retries and timeouts.
    ONE_VOICE_CONNECTOR = r"""
options:
  voice_connector_id:
    description:
      - The ID of the Voice Connector, not its name or ARN.
      - An ID has 1 to 128 letters, digits, and hyphens, and begins with a letter or a digit. If the value is not an ID,
        the task fails before it sends a request.
    type: str
    required: true
notes:
  - An API operation takes at most 60 seconds, including retries. A throttled request is sent at most ten times. A
    request that fails with a server error, a broken connection, or a timeout is sent at most three times. In each
    attempt, connecting takes at most 5 seconds, and each wait for data takes at most 10 seconds. Retry settings in
    environment variables or in the profile have no effect. The keys C(connect_timeout) and C(read_timeout) of
    O(aws_config) override the 5-second and 10-second timeouts, and also change the 60-second limit. If you set
    C(retries) in O(aws_config), botocore decides how reads are retried. You cannot change how writes are retried.
"""

    # For modules that read or change many Voice Connectors: the option concurrency.
    MANY_VOICE_CONNECTORS = r"""
options:
  concurrency:
    description:
      - The maximum number of requests that are in flight at the same time, in all Regions together. Valid values are
        V(1) to V(64).
    type: int
    default: 8
"""

    # For modules that send several requests at a time: a note on retries and timeouts.
    CONCURRENT_REQUESTS = r"""
options: {}
notes:
  - If AWS throttles requests in a Region, the module queues all requests to that Region, and sends them at the rate
    that AWS allows. A throttled request is sent at most ten times. A request that fails with a server error, a broken
    connection, or a timeout is sent at most six times. An API operation takes at most 120 seconds, not counting the
    time that its requests wait in the queue of the Region. If AWS throttles every request in a Region for 60 seconds,
    the module sends no more requests to that Region. The keys C(connect_timeout), C(read_timeout), and
    C(max_pool_connections) of O(aws_config) override the defaults of the module. C(connect_timeout) and C(read_timeout)
    also change the 120-second limit. If you set C(retries) in O(aws_config), botocore decides how reads are retried.
    You cannot change how writes are retried.
"""

    # For every module: the role to assume.
    ASSUME_ROLE = r"""
options:
  assume_role_arn:
    description:
      - The ARN of an IAM role. The module assumes the role, and sends its requests with the credentials of the role.
        Only the request that assumes the role is sent with the original credentials. The module renews the credentials
        of the role before they expire, and never returns them.
      - The request that assumes the role also uses O(endpoint_url) and O(aws_config), but not the key C(retries) of
        O(aws_config).
      - To use several accounts, run the task once for each role, for example in a loop.
    type: str
  assume_role_external_id:
    description:
      - The external ID that the trust policy of the role requires.
      - Requires O(assume_role_arn).
    type: str
  assume_role_session_name:
    description:
      - The name of the role session, as it appears in AWS CloudTrail. If omitted, the name is C(chime_sdk.voice).
      - Requires O(assume_role_arn).
    type: str
notes:
  - To assume O(assume_role_arn), the credentials in use need the IAM action C(sts:AssumeRole) on that role, and the
    trust policy of the role must permit these credentials to assume the role. The request that assumes the role goes to
    O(region) or, if O(region) is not set, to the first Region that the module uses.
"""

    # For every module: which values its options accept.
    OPTION_VALUES = r"""
options: {}
notes:
  - An option that is V(null) counts as omitted, except O(profile), for which V(null) overrides the environment variable
    C(AWS_PROFILE). You can also write a list as a string, with line breaks or commas between the items, or as JSON.
    Whitespace around the items is ignored. The task fails before it sends a request if a list contains an empty item,
    or if a Region does not have a form such as C(us-east-1). It also fails if an option is an empty string, unless the
    documentation of the option states what an empty string does.
"""

    # For every module: the minimum versions of Python and the AWS SDK.
    SDK = r"""
options: {}
requirements:
  - python >= 3.9
  - boto3 >= 1.35.16
  - botocore >= 1.35.16
"""

    # For every module: the action groups in meta/runtime.yml.
    ACTION_GROUPS = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/chime_sdk.voice.aws) or C(group/chime_sdk.voice.all) in C(module_defaults).
    support: full
    membership:
      - chime_sdk.voice.aws
      - chime_sdk.voice.all
"""
