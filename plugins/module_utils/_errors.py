# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""All messages of the collection in one table, and the exception that reports one to the user."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict

from ansible_collections.chime_sdk.voice.plugins.module_utils._amazon_aws import AnsibleAWSError
from ansible_collections.chime_sdk.voice.plugins.module_utils._amazon_aws import gather_sdk_versions

# Each message states the cause and then what to do. A test requires that the guide on errors quotes all of them.
MESSAGES = {
    # Options
    "bad_id": (
        "{option} is {value!r}, which cannot be a Voice Connector ID. Specify an ID, not a name or an ARN: 1 to 128 "
        "letters, digits, and hyphens that begin with a letter or a digit, such as 'abcdef1ghij2klmno3pqr4'"
    ),
    "not_a_string": "{option} contains a {kind} where a string belongs. Write it in quotes",
    "empty_string": "{option} is an empty string. Specify a value, or omit the option if it is not required",
    "empty_item": "{option} contains an empty or null item. Remove the item or the extra comma, or omit the option",
    "bad_region": (
        "{option} is {value!r}, which cannot be an AWS Region. Write the code of a Region in lower case, such as "
        "'us-east-1'"
    ),
    "not_a_number": "{option} is a boolean where a number belongs. Write digits",
    "no_regions": "regions is empty. List the Regions to read, or omit it",
    "bad_concurrency": "concurrency is {value}, which is out of range. Specify a number from 1 to 64",
    "bad_account_id": "account_id is {value!r}, which is not the ID of an AWS account. Write its 12 digits in quotes",
    "no_selection": "voice_connector_ids is missing or empty, and all is not true. Specify one of them",
    "two_selections": "voice_connector_ids cannot be combined with all. Specify one of them",
    "all_is_no_id": "voice_connector_ids contains 'all', which is not an ID. Set the option all to true instead",
    "region_only": (
        "region is set without regions, and it does not limit what is deleted. Specify regions, or remove region"
    ),
    "bad_exclude_region": (
        "exclude_regions contains {regions}, which is not one of the Regions to read ({read}). Correct exclude_regions "
        "or regions; nothing was changed"
    ),
    "no_regions_left": "exclude_regions contains all Regions to read. Remove one of them",
    "bad_max_deletions": "max_deletions is {value}, which is out of range. Specify 0 or more",
    "bad_minutes": "default_session_expiry_minutes is {value}, which is out of range. Specify 1 or more",
    "too_many_countries": "phone_number_countries has {count} items, which is too many. Specify 1 to 100",
    "bad_country": (
        "phone_number_countries contains {value!r}, which is not a country code. Write two capital letters in quotes "
        "(ISO 3166-1 alpha-2), such as 'US'"
    ),
    "bad_phone_number": (
        "fall_back_phone_number is not a phone number in E.164 format; its value is not shown here. Write it in "
        "quotes, such as '+12065550100', or as an empty string to remove it"
    ),
    "incomplete_proxy": (
        "the service requires {options}, which cannot be empty. {reason}. Specify them; nothing was changed"
    ),
    # SDK and connection options
    "old_botocore": (
        "botocore {version} is installed for {python}, but {minimum} or newer is required. Upgrade boto3 for that "
        "Python, or set ansible_python_interpreter to a different one"
    ),
    "no_service": (
        "botocore {version}, which is installed for {python}, does not have the service {service}. Install a version "
        "that has it"
    ),
    "no_operation": (
        "botocore {version}, which is installed for {python}, does not have the operation {operation}. Upgrade boto3 "
        "for that Python, or remove the setting from include"
    ),
    "no_proxy_operation": (
        "botocore {version}, which is installed for {python}, does not have the operation {operation}. Install a "
        "version that has it, possibly an older one, because AWS ended support for proxy sessions on 2026-04-07"
    ),
    "unknown_members": (
        "a write would remove part of the current configuration, because botocore {version}, installed for {python}, "
        "cannot send {members}. Upgrade boto3 for that Python; nothing was sent"
    ),
    "no_region": (
        "no AWS Region is set. Set the option region, the environment variable AWS_REGION, or a profile that has a "
        "Region"
    ),
    "profile_and_keys": (
        "profile cannot be combined with access_key, secret_key, or session_token. Remove profile or the keys; the "
        "environment variables AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN count as "
        "well"
    ),
    "no_ca_bundle": (
        "the CA bundle {path!r} does not exist. Correct aws_ca_bundle, or the environment variable AWS_CA_BUNDLE"
    ),
    "unknown_config_key": "aws_config has the unknown key {keys}. Check its spelling",
    "bad_config": "aws_config is not valid. Correct the value that botocore names",
    "bad_connection_option": (
        "a connection option is not valid. Check region, endpoint_url, profile, access_key, and secret_key"
    ),
    # Credentials
    "no_credentials": (
        "no AWS credentials were found on the managed node. Set access_key and secret_key, a profile, or "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or give that node an IAM role"
    ),
    "credentials_unavailable": (
        "the AWS credentials could not be obtained{source}. Check the profile, role, token file, or credential_process "
        "that provides them. If an IAM Identity Center (SSO) session has expired, run 'aws sso login'. If the role "
        "requires an MFA code, provide session credentials, because Ansible cannot prompt for it"
    ),
    "credentials_rejected": (
        "the credentials were rejected. Check that they are complete (including the session token), have not expired, "
        "and have permission for the IAM action {permission}"
    ),
    "wrong_clock": (
        "the time of the request was rejected. Check the clock of the managed node, and check that the credentials "
        "have not expired"
    ),
    "account_not_authorized": (
        "this AWS account is not allowed to use the service. Sign up for it, or contact AWS Support. This error can "
        "occur even if the credentials and IAM policies are correct"
    ),
    "access_denied": "access is denied. Grant these credentials the IAM action {permission}{ended}",
    # Network
    "no_endpoint": (
        "the endpoint cannot be reached. Check the network, endpoint_url, and the Region. Amazon Chime SDK Voice is "
        "available in {regions}"
    ),
    "no_response": "the connection failed after {requests}. Check the network and endpoint_url",
    "not_sent": "the request could not be sent. Check {options}",
    "deadline": (
        "no complete response arrived within {seconds} seconds, after {requests}{last}. Check the network and "
        "endpoint_url, or try again later"
    ),
    "truncated": (
        "the response ended in the middle of its body, after {requests}. Check the network, endpoint_url, and any "
        "proxy server or firewall in front of the service"
    ),
    "proxy_unreachable": (
        "the HTTP proxy server cannot be reached. Check HTTPS_PROXY, HTTP_PROXY, and NO_PROXY in the environment of "
        "the managed node, and proxies in aws_config"
    ),
    "proxy_refused": (
        "the HTTP proxy server refused the request with status {status}. Check its rules, and HTTPS_PROXY, HTTP_PROXY, "
        "and NO_PROXY in the environment of the managed node"
    ),
    "proxy_password": (
        "the HTTP proxy server requires a valid user name and password (status 407). Check those in HTTPS_PROXY, or in "
        "proxies in aws_config"
    ),
    "bad_certificate": (
        "the TLS certificate of the server could not be verified. Check endpoint_url, and set aws_ca_bundle or "
        "AWS_CA_BUNDLE to the path of the CA certificate"
    ),
    "no_tls": (
        "the server does not speak TLS, or the CA bundle is not valid. Check endpoint_url, aws_ca_bundle, and "
        "AWS_CA_BUNDLE"
    ),
    "redirected": (
        "the request was redirected with status {status}{location}, but AWS does not redirect requests. Check "
        "endpoint_url, and whether a captive portal or a proxy server requires you to sign in"
    ),
    "not_from_aws": (
        "the response (status {status}) has neither a request ID nor an AWS error name, so it may not come from AWS. "
        "Check endpoint_url, and any proxy server or firewall in front of the service"
    ),
    "unreadable": (
        "the response is unreadable: {reason}. Check endpoint_url, and any proxy server or captive portal in front "
        "of the service"
    ),
    # The service
    "throttled": (
        "the service throttles this account, and has throttled {requests}. Try again later, or with fewer requests at "
        "a time"
    ),
    "not_found": "the resource does not exist. Check the ID, the Region, and the account",
    "not_anywhere": (
        "this Voice Connector does not exist in any of these Regions. Check the ID, the Regions, and the account"
    ),
    "no_voice_connector": (
        "this Voice Connector does not exist in this Region. Check the ID, the Region, and the account; a new Voice "
        "Connector can take a minute to appear outside us-east-1"
    ),
    "absence_unknown": (
        "the service returned 404, which does not show whether the {setting} or the Voice Connector is missing. "
        "Grant these credentials the IAM action chime:GetVoiceConnector. {reason}"
    ),
    "different_region": (
        "the service returned 404, which is inconclusive, because the Voice Connector belongs to {home}. Read it in "
        "that Region"
    ),
    "not_offered": "the service does not offer this operation. Check endpoint_url",
    "proxies_not_offered": (
        "the service does not offer this operation. AWS ended support for proxy sessions on 2026-04-07; only AWS "
        "Support can tell you what remains. Check endpoint_url"
    ),
    "server_error": "the service returned a server error, and {requests} failed. Try again later",
    "rejected": "the request was rejected. Check its values, and use an ID, not a name or an ARN{ended}",
    "no_arn": (
        "the service did not return the ARN of the Voice Connector, so its tags cannot be read. Remove the options "
        "that use tags"
    ),
    # Bulk reads
    "bulk": "{summary}. Check the return values errors and voice_connectors. The first error is: {first}",
    "internal": "an unexpected {error} occurred. This is a bug in the collection; report it",
    # Writes
    "write_unknown": (
        "it is unknown whether the service applied the change, because the configuration could not be read again. Run "
        "the task again. The error from the change: {write}. The error from reading: {read}"
    ),
    "write_failed": (
        "the change did not take effect as requested: when the configuration was read again, it was different. Fix the "
        "cause and run the task again. The error from the change: {write}"
    ),
    "stored_differently": (
        "the service stored values for {options} that differ from those sent. Compare the returned proxy with the "
        "options"
    ),
    # Retiring and restoring
    "different_account": (
        "the credentials belong to the AWS account {account}, but account_id is {account_id}. Use credentials of that "
        "account, or correct account_id; nothing was changed"
    ),
    "connector_account": (
        "Voice Connector {voice_connector_id} in {found_in} belongs to the AWS account {account}, but account_id is "
        "{account_id}. Exclude it by its ID; nothing was changed"
    ),
    "no_connector_account": (
        "AWS did not return the ARN of Voice Connector {voice_connector_id} in {found_in}, so the account that owns it "
        "is unknown. Exclude it by its ID; nothing was changed"
    ),
    "unread_region": (
        "Voice Connector {voice_connector_id} belongs to {home}, which is not one of the Regions to read. Add that "
        "Region, or remove the ID from voice_connector_ids; nothing was changed"
    ),
    "incomplete_read": (
        "not everything could be read, so it is unknown which proxy configurations exist. Fix the causes listed in "
        "failures, or exclude the Regions that cannot be read; nothing was changed. The first error is: {first}"
    ),
    "unknown_tags": (
        "the tags of Voice Connector {voice_connector_id} in {found_in} could not be read, so it is unknown whether "
        "exclude_tags applies to it. Exclude it by its ID, or remove exclude_tags; nothing was changed. {reason}"
    ),
    "unused_exclusion": (
        "{option} contains {values}, which matches no Voice Connector that was read. Correct it or remove it; nothing "
        "was changed"
    ),
    "wrong_home": (
        "Voice Connector {voice_connector_id} was found in {found_in}, but AWS returned {home} as its Region. Exclude "
        "it by its ID; nothing was changed"
    ),
    "too_many_deletions": (
        "{count} proxy configurations would be deleted, but max_deletions is {maximum}. Check the Voice Connectors "
        "listed in selected, and raise max_deletions or exclude some of them; nothing was changed"
    ),
    "backup_not_written": (
        "the backup {path} could not be written: {reason}. Check backup_dir, its permissions, and its disk on the "
        "managed node; nothing was deleted"
    ),
    "backup_differs": (
        "the backup {path} does not contain what was written to it. Check the disk that holds it on the managed node; nothing was "
        "deleted"
    ),
    "changed_since_backup": (
        "{options} changed after the backup was written, so the configuration was not deleted. Run the task again"
    ),
    "not_tried": "it was not tried, because every further request would fail too. Fix the cause of the first error: {first}",
    "partly_retired": (
        "{failed} of {count} proxy configurations could not be deleted. Fix the causes listed in failures, and run the "
        "task again. The first error is: {first}"
    ),
    "backup_not_read": (
        "the backup {path} could not be read: {reason}. Check backup_file and its permissions on the managed node; "
        "nothing was changed"
    ),
    "bad_backup": "the backup {path} is not valid: {problem}. Correct it, or use a different backup; nothing was changed",
    "unknown_backup_members": (
        "the backup has {members}, which botocore {version}, installed for {python}, cannot send. Upgrade boto3 for "
        "that Python; nothing was sent"
    ),
    "newer_backup": (
        "the backup {path} has the format {format}, which this version of the collection cannot read. Upgrade "
        "chime_sdk.voice; nothing was changed"
    ),
    "backup_account": (
        "the backup {path} is for the AWS account {account}, but account_id is {account_id}. Use a backup of that "
        "account, or correct account_id; nothing was changed"
    ),
    "not_in_backup": (
        "the backup {path} has no record for {ids}. Correct voice_connector_ids, or use a different backup; nothing "
        "was changed"
    ),
    "would_overwrite": (
        "a different configuration is set now ({options}), and it was not overwritten. Set overwrite to true, and "
        "preview the change in check mode and diff mode before you apply it"
    ),
    "partly_restored": (
        "{failed} of {count} proxy configurations could not be restored. Fix the causes listed in failures, and run "
        "the task again. The first error is: {first}"
    ),
}


def printable(value: Any, limit: int = 500) -> str:
    """Return external text as one line of at most *limit* characters, with control characters escaped."""
    text = " ".join(str(value)[: 4 * limit].split())
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= limit else text[:limit] + "..."


class VoiceError(AnsibleAWSError):
    """A failure, with its message for the user."""

    def __init__(
        self,
        name: str,
        prefix: str = "",
        words: str = "",
        operation: str | None = None,
        region: str | None = None,
        response: dict[str, Any] | None = None,
        affects_all: bool = False,
        rejected: bool = False,
        **values: Any,
    ) -> None:
        """Make the error from the message *name*.

        :param prefix: "Failed to ... in ...: "; empty for a message about an option.
        :param words: the original error, after "AWS said:", "The response was:", or "botocore reported:"; empty if none.
        :param operation: the AWS operation that failed.
        :param region: the Region of the request.
        :param response: botocore's parsed response, if AWS returned an error.
        :param affects_all: whether every further request will fail for the same reason.
        :param rejected: whether it is certain that the service did not apply the request.
        :param values: the fields of the message.
        """
        self.name = name
        self.words = words
        message = f"{prefix}{MESSAGES[name].format(operation=operation, **values)}."
        super().__init__(message=f"{message} {words}" if words else message)
        self.operation = operation
        self.region = region
        self.response = response
        self.affects_all = affects_all
        self.rejected = rejected
        self.details: dict[str, Any] = {}  # further return values of the failed task

    @property
    def code(self) -> str | None:
        """The error code from AWS, or None if AWS returned none."""
        return (self.response or {}).get("Error", {}).get("Code")

    def failure(self, **known: Any) -> dict[str, Any]:
        """Return the values of a failed task: *known* values, and those of this error, which take precedence."""
        result = {**known, **gather_sdk_versions(), **self.details, "msg": self.message}
        if self.region is not None:
            result["region"] = self.region
        if self.response is not None:
            result["error"] = {key.lower(): printable(value) for key, value in self.response["Error"].items()}
            result["response_metadata"] = camel_dict_to_snake_dict(self.response["ResponseMetadata"])
        return result


class NotFound(VoiceError):
    """The service returned the error NotFound: the resource does not exist."""
