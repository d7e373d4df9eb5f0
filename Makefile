# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The interpreter that everything is made with: Python 3.11 or newer.
PYTHON ?= python3
export BASE_PYTHON := $(shell $(PYTHON) -c 'import sys; print(sys._base_executable)')

# The tests with other Pythons, if they are found; if not, their packages are tried with the default one.
newest: version = 3.13
oldest: version = 3.12

TOX = .venv/tox/bin/tox
CHECKS = lint units sanity integration playbooks browser docs build

# Run checks, two at a time, and print how many passed and failed. One that tox skips, or has no command for, has failed.
RUN = </dev/null $(TOX) run-parallel --parallel 2 --parallel-no-spinner 2>&1
COUNT = | awk '{ print; fflush() } /^  [a-z-]+: OK .*\+cmd\[/ { passed++; next } /^  [a-z-]+: [A-Z]+ .*\([0-9]/ { failed++ } \
	END { printf "%d passed, %d failed\n", passed, failed; exit failed || !passed }'
unexport TOXENV TOX_SKIP_ENV

# Without a Chromium, the HTML report is not tried in a browser, unless it has to be.
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
ifeq ($(filter 1,$(CHROMIUM_REQUIRED))$(CHROMIUM),)
export TOX_SKIP_ENV = browser
endif

.PHONY: help demo test matrix release-check bench format clean default newest oldest $(CHECKS)

help: ## say what there is
	@sed -n 's/^\([a-z$$()A-Z -]*\):.*## /\1: /p' $(MAKEFILE_LIST)

demo: default ## run the playbook of the README against an emulated service
	@tools/demo

test: default ## run all tests and checks
	@$(RUN) $(COUNT)

$(CHECKS): default ## run one kind of them
	@$(RUN) -m $@ $(COUNT)

matrix: newest oldest ## run the tests with the other Pythons that are found, and with the oldest SDK
	@$(RUN) -m $@ $(COUNT)

release-check: default ## see that what is committed can be published
	@tools/release-check

bench: default ## measure the bulk read against its peers
	@.venv/default/bin/python tests/benchmark

format: default ## rewrite the Python files as the check of style wants them
	@.venv/default/bin/ruff check --quiet --fix . ; .venv/default/bin/ruff format .

clean: ## remove all that was installed and made
	rm -rf .venv .build

$(TOX): tools/requirements/tox.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	@echo "Installing what the tests and checks need into .venv"
	@$(PYTHON) -m venv .venv/tox && .venv/tox/bin/pip install --quiet --disable-pip-version-check -r $< && touch $@

default: $(TOX)
	@$(TOX) run -qq -e $@

# The first Python of the version that works: a shim of pyenv is on the path, and does not.
newest oldest: $(TOX)
	@for python in python$(version) $${PYENV_ROOT:-$$HOME/.pyenv}/versions/$(version).*/bin/python; do \
		"$$python" -m venv --help >/dev/null 2>&1 && BASE_PYTHON=$$(command -v "$$python") exec $(TOX) run -qq -e $@; \
	done; \
	echo "No Python $(version) is found, so the default one is taken for the $@ packages"; $(TOX) run -qq -e $@
