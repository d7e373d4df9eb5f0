# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""The messages for failures, except failed requests, whose messages are in ``_failures``."""

from __future__ import annotations

# Each message states the cause and then what to do.
MESSAGES = {
    # Options
    "bad_id": (
        "{option} is {value!r}, which cannot be a Voice Connector ID. Specify an ID such as 'abcdef1ghij2klmno3pqr4', "
        "not a name or an ARN. An ID has 1 to 128 letters, digits, and hyphens, and begins with a letter or a digit"
    ),
    "not_a_string": "{option} contains a {kind} where a string is required. Write a string in quotes",
    "empty_string": "{option} is an empty string. Specify a value, or omit the option if it is not required",
    "repeated_key": "{option} contains the same key twice. Remove one of the two entries",
    "empty_item": "{option} contains an empty or null item. Remove the item or the extra comma, or omit the option",
    "bad_region": (
        "{option} is {value!r}, which cannot be an AWS Region. Write the code of a Region in lower case, such as "
        "'us-east-1'"
    ),
    "bad_role": (
        "assume_role_arn is {value!r}, which is not the ARN of an IAM role. Specify an ARN such as "
        "'arn:aws:iam::111122223333:role/voice-audit'"
    ),
    "no_role": "{option} has no effect without assume_role_arn. Specify the role to assume, or remove {option}",
    "not_a_dictionary": "{option} contains a value that is not a dictionary. Write a dictionary of keys and values",
    "not_a_list": "{option} is not a list. Write its items as a list",
    "not_a_number": "{option} is a boolean, but a number is required. Specify a number",
    "no_regions": "the option 'regions' is empty. List the Regions to read, or omit the option",
    "bad_concurrency": "concurrency is {value}, which is out of range. Specify a number from 1 to 64",
    "bad_account_id": (
        "account_id is {value!r}, which is not the ID of an AWS account. Specify the 12 digits of the ID in quotes"
    ),
    "no_selection": (
        "voice_connector_ids is missing or empty, and the option 'all' is not true. Set one of these options"
    ),
    "two_selections": "voice_connector_ids cannot be combined with the option 'all'. Remove one of these options",
    "all_is_no_id": "voice_connector_ids contains 'all', which is not an ID. Set the option 'all' to true instead",
    "region_only": (
        "the option 'regions' is not set, and the option 'region' does not limit what is deleted. To limit what is "
        "deleted, set 'regions'; otherwise, remove 'region'"
    ),
    "bad_exclude_region": (
        "exclude_regions contains {regions}, but it can contain only the Regions to read: {read}. Change "
        "exclude_regions or the option 'regions'; nothing was changed"
    ),
    "no_regions_left": "exclude_regions contains all Regions to read. Remove at least one Region from exclude_regions",
    "bad_max_deletions": "max_deletions is {value}, which is out of range. Specify 0 or more",
    "bad_value": "the value of {option} is not valid. Specify {requirement}",
    "incomplete": "the service requires {options}, which cannot be empty. Specify them",
    # The desired state of a Voice Connector
    "no_identity": "neither voice_connector_id nor 'name' is set. Set one of these options",
    "unread_setting": (
        "the key 'exists' of {option} is null, because {option} comes from a read that failed. Read the setting again, "
        "or remove the option"
    ),
    "masked_value": (
        "{option} contains a value that Ansible has hidden, for example as ********, because the original value "
        "contains a secret. Specify the original value"
    ),
    "reserved_tags": (
        "the option 'tags' would change {keys}, but only AWS can change tags with the prefix 'aws:'. Remove {keys} "
        "from the option"
    ),
    "contradiction": (
        "{option} contains values that contradict each other. To delete the setting, set 'exists' to false without "
        "other values; otherwise, correct the values"
    ),
    "several_names": (
        "several Voice Connectors have the name {wanted}: {ids}. Set voice_connector_id to one of these IDs; nothing "
        "was changed"
    ),
    "nameless": (
        "AWS did not return the name of Voice Connector {voice_connector_id}, so it is unknown whether this is the "
        "Voice Connector to use. Set voice_connector_id; nothing was changed"
    ),
    "other_name": (
        "the name of Voice Connector {voice_connector_id} is {found}, which differs from the value of the option "
        "'name'. Change the option 'name' or voice_connector_id, or run the task again if the Voice Connector was just "
        "renamed"
    ),
    "other_home": "the Voice Connector belongs to {home}. Set the option 'region' to that Region",
    "fixed": (
        "{option} can be set only when a Voice Connector is created, and the current value is different: {found}. "
        "Remove the option, or create a new Voice Connector"
    ),
    "read_only": (
        "{option} differs from the value that AWS returned, and only AWS can change this value. Remove the option"
    ),
    "no_passwords": (
        "the user names in termination_credentials differ from the existing user names, and no passwords are "
        "specified. Specify the user names and passwords in termination_credentials.credentials"
    ),
    "credentials_without_termination": (
        "termination credentials require termination settings, which the Voice Connector would not have. Set the "
        "option 'termination' too, or remove termination_credentials"
    ),
    "emergency_calling_alone": (
        "emergency calling requires termination and origination to be enabled, but {options} would be missing or "
        "disabled. Enable termination and origination, or delete emergency calling by setting 'exists' to false in "
        "emergency_calling"
    ),
    "tags_withheld": (
        "the tags could not be read, so it is unknown which tags to remove. Set purge_tags to false, or remove the "
        "option 'tags'. {reason}"
    ),
    "create_unknown": (
        "it is unknown whether the Voice Connector was created: {read}. Wait a few minutes, and then run the task "
        "again. If you run it before AWS lists the new Voice Connector, the task creates a second one. The error from "
        "the request: {write}"
    ),
    "create_several": (
        "it is unknown which Voice Connector was created, because several new Voice Connectors have this name: {ids}. "
        "Delete the Voice Connectors that should not exist. The error from the request: {write}"
    ),
    "not_visible": (
        "the Voice Connector was created, but reading the Voice Connector failed with NotFound for {seconds} seconds. "
        "To continue, set voice_connector_id to the returned ID, and run the task again. Without the ID, the task "
        "could create a second Voice Connector"
    ),
    "still_visible": (
        "the service accepted the deletion, but still returns the Voice Connector after {seconds} seconds. Run the "
        "task again, with a longer wait_timeout"
    ),
    "only_listed": (
        "the service lists a Voice Connector with this name, but reading the Voice Connector failed with NotFound for "
        "{seconds} seconds. Run the task again in a few minutes; nothing was changed"
    ),
    "reappeared": (
        "the service first returned NotFound for the Voice Connector, but a later read found the Voice Connector. No "
        "delete request was sent. Run the task again"
    ),
    "has_numbers": (
        "phone numbers are still associated with the Voice Connector (total: {count}), for example {numbers}. "
        "Disassociate all of them first; nothing was changed"
    ),
    "read_differently": (
        "after all changes, the service returned values for {options} that differ from the requested values. Run the "
        "task again; someone else may be changing the Voice Connector"
    ),
    # SDK and connection options
    "old_botocore": (
        "botocore {version} is installed for {python}, but {minimum} or newer is required. Upgrade boto3 for that "
        "Python, or set ansible_python_interpreter to a different Python"
    ),
    "no_service": (
        "botocore {version}, which is installed for {python}, does not support the service {service}. Install a "
        "version that supports it"
    ),
    "not_in_botocore": (
        "botocore {version}, which is installed for {python}, cannot send {members}. Upgrade boto3 for that Python, or "
        "remove the option"
    ),
    "unknown_members": (
        "botocore {version}, which is installed for {python}, cannot send {members}, so a write would remove this part "
        "of the current configuration. Upgrade boto3 for that Python; nothing was sent"
    ),
    "other_region": (
        "{wanted!r} is not the name of an AWS Region; botocore would use {used} instead. Correct the option 'region', "
        "the environment variable AWS_REGION, or the profile"
    ),
    "no_region": (
        "no AWS Region is set. Set the option 'region', the environment variable AWS_REGION, or a profile that has a "
        "Region"
    ),
    "profile_and_keys": (
        "the option 'profile' cannot be combined with access_key, secret_key, or session_token. Remove 'profile' or "
        "the keys; the environment variables AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and "
        "AWS_SESSION_TOKEN also set these options"
    ),
    "partial_keys": (
        "only one of access_key and secret_key is set. Set both or neither; the environment variables "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY also set these options"
    ),
    "no_file": "{path!r} does not exist, or is not a file. Correct {settings}",
    "unknown_config_key": "aws_config contains {keys}, which botocore does not know. Check the spelling",
    # Reads of a setting
    "not_anywhere": (
        "this Voice Connector does not exist in the Regions that were read. Check the ID, the Regions, and the account"
    ),
    "no_voice_connector": (
        "this Voice Connector does not exist in this Region. Check the ID, the Region, and the account; a new Voice "
        "Connector can take a minute to appear outside us-east-1"
    ),
    "absence_unknown": (
        "the service returned 404, which does not show whether the {setting} or the Voice Connector is missing. "
        "{reason}"
    ),
    "different_region": (
        "the service returned 404, which is inconclusive, because the Voice Connector belongs to {home}. Read the "
        "setting in that Region"
    ),
    "no_arn": (
        "the service did not return the ARN of the Voice Connector, so its tags cannot be read. Remove the options "
        "that use tags"
    ),
    "foreign_connector": (
        "the ARN of the Voice Connector contains the AWS account {account}, but the credentials belong to "
        "{account_id}. Check endpoint_url, and any proxy server in front of the endpoint"
    ),
    "other_arn": (
        "the service returned the ARN of a different resource for this Voice Connector, so the tags cannot be read. "
        "Remove the options that use tags"
    ),
    # Bulk reads
    "numbers_elsewhere": (
        "the service listed no phone number of this Voice Connector, which is inconclusive, because the Voice "
        "Connector belongs to {home}. Read the phone numbers in that Region"
    ),
    "bulk": "{summary}. Check the return values 'errors' and 'voice_connectors'. The first error is: {first}",
    "internal": "an unexpected {exception} occurred. This is a bug in the collection; report it",
    # Writes
    "write_unknown": (
        "it is unknown whether the service applied the change, because the configuration could not be read again. Run "
        "the task again. The error from the change: {write}. The error from reading: {read}"
    ),
    "write_pending": (
        "it is unknown whether the service will apply the change: the request was abandoned, and may still arrive. "
        "Run the task again. The error from the change: {write}"
    ),
    "write_failed": (
        "the change did not take effect: the configuration had not changed when it was read again. Fix the cause, and "
        "run the task again. The error from the change: {write}"
    ),
    "changed_since_read": (
        "{options} changed after the Voice Connector was read, so the request was not sent. Run the task again"
    ),
    "unknown_item_members": (
        "a write would remove {members} from an item of {option}, because this version of the collection does not know "
        "{members}. Upgrade chime_sdk.voice, or make this change with a different tool; nothing was sent"
    ),
    "write_unreadable": (
        "it is unknown whether the service stored the passwords, because stored passwords cannot be read. Set "
        "update_password to 'always', and run the task again. The error from the change: {write}"
    ),
    "stored_unread": (
        "the service applied the change, but the configuration could not be read after the change: {read}. Run the "
        "task again"
    ),
    "credentials_lost": (
        "the user names {options} are missing after the write, although the module did not delete them. Set all user "
        "names with their passwords in one task"
    ),
    "stored_differently": (
        "the service stored values for {options} that differ from the values sent. Compare the current configuration "
        "with the requested one"
    ),
    # Retiring and restoring
    "different_account": (
        "the credentials belong to the AWS account {account}, but account_id is {account_id}. Use credentials of that "
        "account, or correct account_id; nothing was changed"
    ),
    "connector_account": (
        "Voice Connector {voice_connector_id} in {found_in} belongs to the AWS account {account}, but account_id is "
        "{account_id}. Exclude it from the selection; nothing was changed"
    ),
    "no_connector_account": (
        "AWS did not return the ARN of Voice Connector {voice_connector_id} in {found_in}, so the account that owns it "
        "is unknown. Exclude it from the selection; nothing was changed"
    ),
    "unread_region": (
        "Voice Connector {voice_connector_id} belongs to {home}, which is not one of the Regions to read. Add that "
        "Region, or remove the ID from voice_connector_ids; nothing was changed"
    ),
    "incomplete_read": (
        "not everything could be read, so it is unknown which proxy configurations exist. Fix the causes that the "
        "return value 'failures' lists, or exclude the Regions that cannot be read; nothing was changed. The first "
        "error is: {first}"
    ),
    "unknown_tags": (
        "the tags of Voice Connector {voice_connector_id} in {found_in} could not be read, so it is unknown whether "
        "exclude_tags applies to it. Exclude it by its ID, or remove exclude_tags; nothing was changed. {reason}"
    ),
    "unknown_name": (
        "AWS did not return the name of Voice Connector {voice_connector_id} in {found_in}, so it is unknown whether "
        "exclude_names applies to it. Exclude it by its ID, or remove exclude_names; nothing was changed"
    ),
    "unused_exclusion": (
        "no Voice Connector that was read matches {values} in {option}. Correct or remove this exclusion; nothing was "
        "changed"
    ),
    "two_homes": (
        "AWS returned different home Regions for Voice Connector {voice_connector_id}: {homes}. Exclude it by its ID; "
        "nothing was changed"
    ),
    "different_arn": (
        "for Voice Connector {voice_connector_id} in {found_in}, AWS returned {arn}, which is the ARN of a different "
        "resource. Exclude the Voice Connector from the selection; nothing was changed"
    ),
    "unrestorable": (
        "the proxy configuration was not deleted, because a restore from its backup would fail: the configuration "
        "{problem}. Correct the configuration, exclude the Voice Connector, or delete the configuration with "
        "chime_voice_connector_proxy"
    ),
    "wrong_home": (
        "Voice Connector {voice_connector_id} was found in {found_in}, but AWS returned {home} as its Region. Exclude "
        "it from the selection; nothing was changed"
    ),
    "too_many_deletions": (
        "{count} proxy configurations would be deleted, but max_deletions is {maximum}. Check the Voice Connectors "
        "that the return value 'selected' lists, and raise max_deletions or exclude some of them; nothing was changed"
    ),
    "backup_not_written": (
        "the backup {path} could not be written: {reason}. Check backup_dir, its permissions, and its disk on the "
        "managed node; nothing was deleted"
    ),
    "backup_differs": (
        "the backup {path} does not contain what was written to it. Check the disk on the managed node; nothing was "
        "deleted"
    ),
    "changed_meanwhile": (
        "{options} changed while the outcome of the request was unknown, so the request was not sent again. Someone "
        "else may have changed the configuration. A request that got no response may still arrive, so wait a minute, "
        "check the configuration, and run the task again"
    ),
    "changes_at_each_reading": (
        "each read returned different values for {options}, although the module sent no change. Wait until the "
        "configuration is stable, and run the task again"
    ),
    "changed_since_backup": (
        "{options} changed after the backup was written, so the configuration was not deleted. Run the task again"
    ),
    "not_tried": (
        "no request was sent, because every further request would fail too. Fix the cause of the first error: {first}"
    ),
    "partly_retired": (
        "{failed} of {count} proxy configurations could not be deleted. Fix the causes that the return value "
        "'failures' lists, and run the task again. {backup}The first error is: {first}"
    ),
    "backup_not_read": (
        "the backup {path} could not be read: {reason}. Check backup_file and its permissions on the managed node; "
        "nothing was changed"
    ),
    "bad_backup": (
        "the backup {path} is not valid: {problem}. Correct the file, or use a different backup; nothing was changed"
    ),
    "unknown_backup_members": (
        "botocore {version}, which is installed for {python}, cannot send {members}, which the backup contains. "
        "Upgrade boto3 for that Python; nothing was sent"
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
        "the backup {path} has no record for {ids}. Change voice_connector_ids, or use a different backup; nothing "
        "was changed"
    ),
    "would_overwrite": (
        "the current configuration was not overwritten, because it differs from the backup in {options}. To overwrite "
        "it, set 'overwrite' to true. Preview the change in check mode and diff mode before you apply it"
    ),
    "partly_restored": (
        "{failed} of {count} proxy configurations could not be restored. Fix the causes that the return value "
        "'failures' lists, and run the task again. The first error is: {first}"
    ),
}
