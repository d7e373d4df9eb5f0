# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Python 3.11 or newer.
PYTHON ?= python3
export BASE_PYTHON = $(PYTHON)
export UV_PYTHON_DOWNLOADS = never

TOX = .venv/tox/bin/tox
RUN_CHECKS = .venv/tox/bin/python tools/run_checks.py

# The Python versions of the environments for make matrix.
newest stable: version = 3.13
oldest: version = 3.12

.PHONY: help demo test lint units sanity integration playbooks browser docs build matrix release-check bench format clean \
	supported-python default newest stable oldest

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /make \1: /p' Makefile

demo: default ## run the playbooks in the README against an emulated service
	@tools/demo

test: default ## run all checks below, up to build
	@$(RUN_CHECKS)

lint: ## check style, types, playbooks, licenses, and the files for GitHub
units: ## run the unit tests
sanity: ## run ansible-test sanity
integration: ## run ansible-test integration
playbooks: ## test the playbooks
browser: ## test the HTML report in Chromium
docs: ## build the documentation, and check its links
build: ## build the collection, import it as Galaxy does, and run it

lint units sanity integration playbooks browser docs build: default
	@$(RUN_CHECKS) -m $@

matrix: newest stable oldest ## run the tests with other releases of Python, Ansible, and the SDK
	@$(RUN_CHECKS) -m $@

release-check: default ## check that the last commit can be published
	@tools/release-check

bench: default ## compare the bulk read with other tools
	@.venv/default/bin/python tests/benchmark

format: default ## format the Python files
	@.venv/default/bin/ruff check --quiet --fix --exit-zero .
	@.venv/default/bin/ruff format .

clean: ## remove everything that was installed or created
	rm -rf .venv .build *.tar.gz
	find . -name __pycache__ -prune -exec rm -rf {} +

supported-python:
	@$(PYTHON) -c 'import sys; sys.exit("$(PYTHON) is older than Python 3.11. Run: make PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'

$(TOX): tools/requirements/tox.txt | supported-python
	@echo "make: installing the tools into .venv"
	@$(PYTHON) -m venv --clear .venv/tox
	@.venv/tox/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

default: supported-python $(TOX)
	@[ -d .venv/$@ ] || echo "make: installing Ansible and the packages for the tests into .venv; this is done only once"
	@$(TOX) run -qq -e $@

# Try to run each Python, because a pyenv shim on the path may not work.
newest stable oldest: $(TOX)
	@[ -d .venv/$@ ] || echo "make: installing the packages for the environment $@ into .venv; this is done only once"
	@for python in python$(version) $${PYENV_ROOT:-$$HOME/.pyenv}/versions/$(version).*/bin/python; do \
		"$$python" -m venv --help >/dev/null 2>&1 && BASE_PYTHON=$$(command -v "$$python") exec $(TOX) run -qq -e $@; \
	done; \
	echo "make: Python $(version) was not found, so $@ uses the default Python"; \
	$(TOX) run -qq -e $@
