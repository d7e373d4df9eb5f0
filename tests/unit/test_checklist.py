# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the requirements for including a collection in the Ansible package, except those that other checks cover."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from ansible_collections.chime_sdk.voice.tests.unit.test_documentation import GALAXY, README, ROOT, documented

CHANGELOG = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text(encoding="utf-8"))["releases"]
WORKFLOW = yaml.load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"), yaml.BaseLoader)
FILES = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
PACKED = [
    ROOT / name
    for name in FILES.split("\0")
    if (ROOT / name).is_file() and not {name, name.partition("/")[0]} & set(GALAXY["build_ignore"])
]
PLUGIN_FOLDERS = {"action", "doc_fragments", "filter", "module_utils", "modules", "plugin_utils"}
UTILITIES = ROOT.glob("plugins/*_utils/*.py")
STATES = [
    documented(p.stem, "DOCUMENTATION")["options"].get("state", {}) for p in ROOT.glob("plugins/modules/chime*.py")
]


# For each requirement, its violations. Each value must be empty or false.
REQUIREMENTS: dict[str, Any] = {
    "README has at most 700 words": README.split()[700:],
    "README links to the forum with a tag, the code of conduct, the guide for contributors, and the release notes": {
        "https://forum.ansible.com/c/help/6",
        "https://forum.ansible.com/tag/aws",
        "https://semver.org/",
        "CODE_OF_CONDUCT.md",
        "CONTRIBUTING.md",
        "CONTRIBUTING.md#maintainers",
        "CONTRIBUTING.md#what-is-supported",
        "CHANGELOG.md",
        "LICENSE",
    }
    - set(re.findall(r"\]\(([^)]+)\)", README)),
    "the code of conduct is that of Ansible": ["https://docs.ansible.com/"]
    if "/community/code_of_conduct.html)" not in (ROOT / "CODE_OF_CONDUCT.md").read_text(encoding="utf-8")
    else [],
    "galaxy.yml has tags, a license, and a semantic version": [
        key
        for key, pattern in {
            "tags": r"\['",
            "license": r"\['GPL-3.0-or-later'\]$",
            "version": r"\d+\.\d+\.\d+$",
        }.items()
        if not re.match(pattern, str(GALAXY[key]))
    ],
    "dependencies have a lower bound of at least 1.0.0": [
        name for name, versions in GALAXY["dependencies"].items() if not re.match(r">=[1-9]", versions)
    ],
    "plugins/ has only folders that Ansible knows": {p.name for p in ROOT.glob("plugins/[!_]*")} - PLUGIN_FOLDERS,
    "utilities are private, and say so": [
        path.name
        for path in UTILITIES
        if path.name[0] != "_" or "# Private to " not in path.read_text(encoding="utf-8")
    ],
    "no option named state reads": [s for s in STATES if set(s.get("choices", ())) - {"present", "absent"}],
    "no sanity test is ignored": list(ROOT.glob("tests/sanity/ignore*")),
    "no symbolic links in the tarball": [path for path in PACKED if path.is_symlink()],
    "no binary files in the tarball": [path for path in PACKED if b"\0" in path.read_bytes()],
    "the workflow runs for each change, and each week": {"push", "pull_request", "schedule"} - set(WORKFLOW["on"]),
    "every supported ansible-core is tested": {"12", "13", "14", "15"}
    - {v for p in ROOT.glob("tools/requirements/*.txt") for v in re.findall(r"^ansible==(\d+)", p.read_text(), re.M)},
}


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_the_requirements_of_the_ansible_package_are_met(requirement: str) -> None:
    assert not REQUIREMENTS[requirement]


def test_the_release_notes_list_the_modules_and_filters_that_each_release_added() -> None:
    listed = {
        (entry["name"], entry["description"], version)
        for version, release in CHANGELOG.items()
        for entry in [*release.get("modules", []), *release.get("plugins", {}).get("filter", [])]
    }
    documentations = [documented(path.stem, "DOCUMENTATION") for path in ROOT.glob("plugins/modules/*.py")]
    documentations += [
        yaml.safe_load(path.read_text(encoding="utf-8").partition('DOCUMENTATION = r"""')[2].partition('"""')[0])
        for path in ROOT.glob("plugins/filter/*.py")
    ]
    added = {(d.get("module", d.get("name")), d["short_description"], d["version_added"]) for d in documentations}
    assert {entry for entry in added if entry[2] in CHANGELOG} == listed
    playbooks = {e["name"] for release in CHANGELOG.values() for e in release.get("objects", {}).get("playbook", [])}
    assert playbooks <= {path.stem for path in ROOT.glob("playbooks/*.yml")}


def test_a_tag_fails_until_the_project_is_ready_for_publication(tmp_path: pathlib.Path) -> None:
    for name in ("galaxy.yml", "README.md", "tools/release-check", "docs/docsite/rst/getting_started.rst"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins/module.py").write_text("author: Contributors (!UNKNOWN)")
    git = "git -c user.name=a -c user.email=a@example.com -c commit.gpgsign=false"
    commands = f"git init -q . && git add . && {git} commit -qm a && git tag {GALAXY['version']} && tools/release-check"
    ran = subprocess.run(["bash", "-c", commands], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    missing = re.findall(r"^- ([\w./]+):", ran.stdout, re.MULTILINE)
    assert missing == [
        "galaxy.yml",
        "galaxy.yml",
        "galaxy.yml",
        "plugins",
        "README.md",
        "docs/docsite/rst/getting_started.rst",
    ]
    assert f"release {GALAXY['version']} cannot be published" in ran.stderr
