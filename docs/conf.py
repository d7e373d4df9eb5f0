# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sphinx configuration for the documentation. `make docs` builds it."""

import pathlib
import re
import zlib

from docutils import nodes
from sphinx.application import Sphinx

project = title = html_short_title = "chime_sdk.voice"
copyright = "Contributors to the chime_sdk.voice project"

extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
nitpicky = True

html_theme = "sphinx_ansible_theme"
html_theme_options = {
    "documentation_home_url": "https://docs.ansible.com/",
    "show_extranav": False,
    "show_rtd_ethical_ads": False,
    "topbar_links": {},
}
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
html_show_sphinx = False
html_copy_source = False
html_use_index = False

# Labels in the Ansible documentation that generated pages refer to. Defining them here avoids a download.
ANSIBLE = {
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}
inventory = "".join(f"{label} std:label -1 {page} {label.replace('_', ' ')}\n" for label, page in ANSIBLE.items())
inventory_file = pathlib.Path(__file__).resolve().parents[1] / ".build/docs/ansible.inv"
inventory_file.write_bytes(
    b"# Sphinx inventory version 2\n# Project: ansible\n# Version: latest\n"
    b"# The remainder of this file is compressed using zlib.\n" + zlib.compress(inventory.encode())
)
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/projects/ansible/latest/", str(inventory_file))}

# The guides link to source files, so that the links also work in a repository browser. On the site, these links lead to
# the pages that are built from the files.
PAGES = {
    r"(\w+)\.rst": r"\1.html",
    r"\.\./\.\./\.\./plugins/modules/(\w+)\.py": r"../\1_module.html",
    r"\.\./\.\./\.\./plugins/filter/(\w+)\.py": r"../\1_filter.html",
}


def link_to_pages(_app: Sphinx, doctree: nodes.document) -> None:
    """Replace links to source files with links to the pages built from them."""
    for reference in doctree.findall(lambda node: isinstance(node, nodes.reference) and "refuri" in node):
        for source, page in PAGES.items():
            reference["refuri"] = re.sub(rf"^{source}(?=#|$)", page, reference["refuri"])


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", link_to_pages)
