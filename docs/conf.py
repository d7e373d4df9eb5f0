# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx renders the documentation; make docs calls it."""

import pathlib
import zlib

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

# The labels of Ansible's own documentation that the generated pages refer to, so that building them takes no network.
ANSIBLE = {
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
