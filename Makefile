# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The interpreter that everything is made with: Python 3.11 or newer.
PYTHON ?= python3

CHECKS = lint units sanity integration playbooks browser docs build

.PHONY: help demo test matrix release-check bench format clean $(CHECKS)

help: ## say what there is
	@sed -n 's/^\([a-z$$()A-Z -]*\):.*## /\1: /p' $(MAKEFILE_LIST)

demo: ## run the playbook of the README against an emulated service
	@tools/demo $(PYTHON)

test: ## run all tests and checks
	@$(PYTHON) tools/check.py

$(CHECKS): ## run one kind of them
	@$(PYTHON) tools/check.py $@

matrix: ## run the tests with the other Pythons that are found, and with the oldest SDK
	@$(PYTHON) tools/check.py matrix

release-check: ## see that what is committed can be published
	@tools/setup default check $(PYTHON)
	@tools/release-check

bench: ## measure the bulk read against its peers
	@tools/setup default run $(PYTHON)
	@.venv/default/bin/python tests/benchmark

format: ## rewrite the Python files as the check of style wants them
	@tools/setup default check $(PYTHON)
	@.venv/default/bin/ruff check --quiet --fix . ; .venv/default/bin/ruff format .

clean: ## remove all that was installed and made
	rm -rf .venv .build
