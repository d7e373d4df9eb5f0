#!/usr/bin/env bash
# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

set -euo pipefail

configuration=../../integration_config.yml
if [[ -e $configuration ]]; then
    exec ansible-playbook real.yml --inventory ../../inventory --extra-vars "@$configuration" "$@"
fi

tests=$ANSIBLE_COLLECTIONS_PATH/ansible_collections/chime_sdk/voice/tests
# The examples take their credentials from a profile. Access keys in the environment would override it.
exec python "$tests/emulator" --state "$tests/demo/state.json" -- \
    env --unset AWS_ACCESS_KEY_ID --unset AWS_SECRET_ACCESS_KEY AWS_CONFIG_FILE="$PWD/aws-config" \
    ansible-playbook emulated.yml --inventory ../../inventory "$@"
