# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the HTML report from the role proxy_audit in Chromium."""

from __future__ import annotations

import os
import pathlib
import shutil
import statistics
from collections.abc import Iterator
from typing import Any, Callable, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit import build_headline
from ansible_collections.chime_sdk.voice.plugins.filter.proxy_audit_html import proxy_audit_html

ROWS = "#connectors tbody tr"
EXPIRY = "Expiry in minutes"
LEFT_TO_RIGHT_OVERRIDE = "\u202d"

HOSTILE = [
    "<script>window.hacked=1</script>",
    '"><img src=x onerror=window.hacked=1>',
    "' onmouseover='window.hacked=1' & &amp; &lt;b&gt;",
    "</script></style></title></table><b>out</b>",
    "{{ 7*7 }} {% raw %}",
    "x" * 300,
    f"שלום עולם {LEFT_TO_RIGHT_OVERRIDE}gnp.exe",
    "مكتب الاستقبال",
    "two  spaces",
]


def connector(voice_connector_id: str, status: str, **values: Any) -> dict[str, Any]:
    configured = status.startswith("configured")
    return {
        "account": "111122223333",
        "region": "us-east-1",
        "aws_region": "us-east-1",
        "voice_connector_id": voice_connector_id,
        "name": None,
        "status": status,
        "default_session_expiry_minutes": 60 if configured else None,
        "disabled": status.endswith("disabled") if configured else None,
        "fall_back_phone_number": "**********00" if configured else None,
        "phone_number_countries": ["US"] if configured else [],
        "reason": None,
        **values,
    }


def region(name: str, status: str = "complete", **values: Any) -> dict[str, Any]:
    counts = {"voice_connectors": 0, "with_proxy": 0, "unreadable": 0}
    defaults = {"account": "111122223333", "region": name, "host": None, "status": status, "reason": None}
    return {**defaults, **counts, **values}


def audit(regions: list[dict[str, Any]], connectors: list[dict[str, Any]], **selection: Any) -> dict[str, Any]:
    statuses = [item["status"] for item in connectors]
    region_statuses = [item["status"] for item in regions]
    unreadable = statuses.count("could not be read")
    counts = {
        "voice_connectors": len(connectors),
        "with_proxy": sum(status.startswith("configured") for status in statuses),
        "disabled": statuses.count("configured, disabled"),
        "without_proxy": statuses.count("not configured"),
        "unreadable": unreadable,
        "regions": len(regions),
        "partial": region_statuses.count("partial"),
        "skipped": region_statuses.count("skipped"),
    }
    complete = set(region_statuses) == {"complete"} and not unreadable
    selected = {"names": None, "tags": None, "voice_connector_ids": None, "regions": [], **selection}
    return {
        "created": "2026-11-23T08:00:00Z",
        "collection_version": "1.2.3",
        "headline": build_headline(selected, counts, complete),
        "selection": selected,
        "complete": complete,
        "counts": counts,
        "warnings": [f"No Voice Connector matches names: {name}." for name in selected["names"] or ()],
        "regions": regions,
        "voice_connectors": connectors,
    }


CONNECTORS = [
    connector("a1", "not configured", name="line 10", tags={"team": "voice"}),
    connector(
        "b2",
        "configured",
        name="line 2",
        default_session_expiry_minutes=1440,
        account="444455556666",
        tags={"env": "b"},
    ),
    connector("c3", "could not be read", name="annex", reason="c3: access is denied", region="eu-west-1", tags=None),
    connector("d4", "configured, disabled", region="us-west-2", default_session_expiry_minutes=60, tags={"env": "a"}),
    connector(
        "e5", "configured", name="lobby", default_session_expiry_minutes=720, fall_back_phone_number=None, tags={}
    ),
    connector(
        "f6", "could not be read", reason="f6: found nowhere", region=None, account=None, aws_region=None, tags=None
    ),
    connector(
        "g7",
        "configured",
        name="warehouse",
        region="eu-west-1",
        aws_region="eu-central-1",
        default_session_expiry_minutes=5,
        fall_back_phone_number="**********42",
        phone_number_countries=["CA", "US"],
        tags={"team": "ops"},
    ),
    connector("h8", "not configured", name="zoo", account="444455556666", tags={"team": "voice"}),
]
REGIONS = [
    region("us-east-1", voice_connectors=4, with_proxy=2),
    region("us-west-2", voice_connectors=1, with_proxy=1),
    region("eu-west-1", "partial", voice_connectors=2, with_proxy=1, unreadable=1, reason="c3: access is denied"),
    region("eu-west-2", "skipped", account=None, host="support", reason="eu-west-2: the endpoint cannot be reached"),
    region("ca-central-1"),
]
# The page first shows rows with a proxy configuration, then unreadable rows, then rows without a configuration.
DEFAULT_ORDER = ["b2", "e5", "g7", "d4", "c3", "f6", "a1", "h8"]
STATUSES = ["configured", "configured, disabled", "could not be read", "not configured"]


def make_connectors(count: int) -> list[dict[str, Any]]:
    return [
        connector(
            f"{number * 7919 % count:022}",
            STATUSES[number % 4],
            name=f"{('reception', 'warehouse')[number % 2]} {number * 104729 % count}",
            default_session_expiry_minutes=number * 31 % 1440 if number % 4 < 2 else None,
            reason="access is denied; allow chime:GetVoiceConnectorProxy" if number % 4 == 2 else None,
            tags={"team": f"team-{number % 17}", "env": "prod"},
        )
        for number in range(count)
    ]


def make_hostile_connector(text: str, number: int) -> dict[str, Any]:
    return connector(
        f"hostile{number}",
        "could not be read",
        name=text,
        account=text,
        region=text,
        aws_region=f"own {text}",
        reason=text,
        fall_back_phone_number=text,
        phone_number_countries=[text],
        tags={text: text},
    )


AUDITS = {
    "audit": audit(REGIONS, CONNECTORS),
    "complete": audit(REGIONS[:2], [connector("a1", "configured"), connector("b2", "not configured")]),
    "clean": audit(REGIONS[:2], [connector("a1", "not configured")]),
    "empty": audit([region("us-east-1")], []),
    "unmatched": audit([region("us-east-1")], [], names=["Receptoin"]),
    "selected": audit([REGIONS[0]], [connector("a1", "not configured")], tags={"team": "voice"}),
    "unread": audit([REGIONS[3]], []),
    "denied": audit(REGIONS[:1], [connector("a1", "not configured"), CONNECTORS[2]]),
    "hostile": audit(
        [region("eu-west-2", "skipped", account=text, reason=text) for text in HOSTILE],
        [make_hostile_connector(text, number) for number, text in enumerate(HOSTILE)],
    ),
    "many": audit(REGIONS, make_connectors(5000)),
}


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return a folder with a page for each of AUDITS."""
    folder = tmp_path_factory.mktemp("reports")
    for name, content in AUDITS.items():
        page = proxy_audit_html(content, ["proxy-audit.json", "proxy-audit.csv"])
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    chromium = next(filter(None, found), None)
    if chromium is None:
        pytest.fail("Chromium is not on the path. On Debian, install it with: apt install chromium")
    arguments = [
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
        # Using one renderer for all pages saves a tenth of the time.
        "--renderer-process-limit=1",
        "--process-per-site",
    ]
    # The Chromium sandbox does not start as root.
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=arguments, headless=True)
        yield running
        running.close()


class Tab:
    """A browser tab that opens reports and records unwanted console messages, errors, dialogs, and requests."""

    def __init__(self, browser: Browser, java_script_enabled: bool) -> None:
        self.unwanted: list[str] = []
        context = browser.new_context(java_script_enabled=java_script_enabled)
        context.set_default_timeout(10_000)
        self.page = context.new_page()
        self.page.on("console", lambda message: self.unwanted.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.unwanted.append(f"page error: {error}"))
        self.page.on("dialog", lambda dialog: self.unwanted.append(f"dialog: {dialog.message}"))
        self.page.on("request", lambda request: self.unwanted.append(request.url))

    def open(self, path: pathlib.Path, width: int, color_scheme: Literal["light", "dark"]) -> Page:
        self.page.set_viewport_size({"width": width, "height": 800})
        self.page.emulate_media(media="screen", color_scheme=color_scheme)
        self.page.goto(path.as_uri())
        self.unwanted.remove(path.as_uri())
        return self.page


@pytest.fixture(scope="session")
def tabs(browser: Browser) -> dict[bool, Tab]:
    """Open a tab with JavaScript and one without. All tests share them to save time."""
    return {enabled: Tab(browser, enabled) for enabled in (True, False)}


@pytest.fixture
def open_report(tabs: dict[bool, Tab], reports: pathlib.Path) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a report. At the end of the test, fail if a report did anything unwanted."""

    def open_page(
        name: str = "audit",
        width: int = 1280,
        color_scheme: Literal["light", "dark"] = "light",
        java_script_enabled: bool = True,
    ) -> Page:
        return tabs[java_script_enabled].open(reports / f"{name}.html", width, color_scheme)

    yield open_page
    for tab in tabs.values():
        tab.page.evaluate("0")  # wait for pending events on the page
        unwanted, tab.unwanted[:] = tab.unwanted.copy(), []
        assert unwanted == []


def identifiers(page: Page) -> list[str]:
    """Return the IDs of the visible rows."""
    return page.locator(f"{ROWS}:visible code").all_text_contents()


def sort_by(page: Page, column: str) -> None:
    page.locator("#connectors thead button", has_text=column).click()


def cell_text(page: Page, row: str, column: str) -> str:
    """Return the text of a cell, selected by the ID in its row and the header of its column."""
    columns = page.locator("#connectors thead th").all_text_contents()
    cell = page.locator(ROWS, has=page.get_by_text(row, exact=True)).locator("th, td").nth(columns.index(column))
    return cell.text_content() or ""


# Content


def test_the_page_opens_without_errors_or_requests(open_report: Callable[..., Page]) -> None:
    page = open_report()
    page.wait_for_load_state("networkidle")
    assert page.locator("#shown").text_content() == "8 of 8 shown"
    # The fixture checks for errors and requests.


def test_the_page_loads_nothing_and_runs_only_its_own_script(
    open_report: Callable[..., Page], reports: pathlib.Path
) -> None:
    page = open_report()
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content") or ""
    assert "default-src 'none'" in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src "))
    assert scripts.startswith("script-src 'sha256-") and "unsafe" not in scripts
    assert "://" not in (reports / "audit.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "headline"),
    [
        ("audit", "At least 4 of 8 Voice Connectors still have a proxy configuration"),
        ("complete", "1 of 2 Voice Connectors still has a proxy configuration"),
        ("clean", "No proxy configurations remain"),
        ("empty", "There are no Voice Connectors"),
        ("unread", "It is unknown whether any proxy configurations remain"),
        ("denied", "It is unknown whether any proxy configurations remain"),
        ("unmatched", "No Voice Connector matches names: Receptoin"),
        ("selected", "The selected Voice Connector has no proxy configuration"),
    ],
)
def test_the_headline_states_only_what_is_known(open_report: Callable[..., Page], name: str, headline: str) -> None:
    page = open_report(name)
    assert page.locator("h1").inner_text() == headline
    assert page.title() == headline


def test_the_report_on_an_incomplete_audit_starts_with_the_reasons(open_report: Callable[..., Page]) -> None:
    notice = open_report().locator("main > section").first.inner_text()
    assert notice.startswith("This audit is incomplete")
    assert "2 Regions were skipped or only partially read" in notice
    assert "eu-west-2 of host support, skipped: eu-west-2: the endpoint cannot be reached" in notice
    # The line for this Region omits the reason, because the line below for a Voice Connector has the same reason.
    assert "eu-west-1 of account 111122223333, partial\n" in notice
    assert "2 Voice Connectors could not be read" in notice
    assert "annex c3 in eu-west-1: c3: access is denied" in notice
    assert "f6: f6: found nowhere" in notice


@pytest.mark.parametrize("name", ["complete", "clean", "empty"])
def test_the_report_on_a_complete_audit_does_not_say_incomplete(open_report: Callable[..., Page], name: str) -> None:
    page = open_report(name)
    assert "incomplete" not in page.locator("body").inner_text()
    assert "unknown" not in page.locator("body").inner_text()


def test_a_long_list_of_reasons_is_shortened_and_the_rest_are_counted(open_report: Callable[..., Page]) -> None:
    listed = open_report("many").locator(".notice ul").last.locator("li")
    assert listed.count() == 11
    assert listed.last.inner_text() == "and 1240 more, in the table below"


def test_the_counts_are_shown(open_report: Callable[..., Page]) -> None:
    counts = open_report().locator(".counts > div").all_inner_texts()
    assert [" ".join(count.split()) for count in counts] == [
        "with a proxy configuration, 1 of them disabled 4",
        "could not be read 2",
        "without a proxy configuration 2",
        "of 5 Regions fully read, 1 partially, 1 skipped 3",
    ]


def test_the_end_of_support_is_shown(open_report: Callable[..., Page]) -> None:
    assert "AWS ended support for proxy sessions on 2026-04-07" in open_report().locator("header").inner_text()


def test_the_counts_for_a_skipped_region_are_unknown_instead_of_zero(open_report: Callable[..., Page]) -> None:
    page = open_report()
    cells = page.locator("#regions tbody tr", has_text="skipped").locator("td").all_text_contents()
    assert cells[0:2] == ["unknown\nhost support", "eu-west-2"]
    assert cells[3:] == ["unknown"] * 3
    cells = page.locator("#regions tbody tr", has_text="us-west-2").locator("td").all_text_contents()
    assert cells == ["111122223333", "us-west-2", "complete", "1", "1", "0"]


def test_the_values_for_an_unreadable_connector_are_unknown_instead_of_empty(open_report: Callable[..., Page]) -> None:
    page = open_report()
    for column in ("Account", "Region", EXPIRY, "Fall-back number", "Countries", "Tags"):
        assert cell_text(page, "f6", column) == "unknown"
        assert "unknown" not in cell_text(page, "a1", column)
    assert cell_text(page, "f6", "Status") == "could not be readf6: found nowhere"
    assert cell_text(page, "a1", EXPIRY) == ""
    assert cell_text(page, "e5", "Fall-back number") == ""


def test_proxy_configurations_come_first_and_unreadable_connectors_second(open_report: Callable[..., Page]) -> None:
    assert identifiers(open_report()) == DEFAULT_ORDER


def test_a_row_shows_all_values_of_a_connector(open_report: Callable[..., Page]) -> None:
    page = open_report()
    cells = page.locator(ROWS, has_text="g7").locator("th, td").all_inner_texts()
    assert [" ".join(cell.split()) for cell in cells] == [
        "warehouse g7",
        "configured",
        "111122223333",
        "eu-west-1 belongs to eu-central-1",
        "5",
        "**********42",
        "CA, US",
        "team=ops",
    ]
    assert cell_text(page, "d4", "Voice Connector") == "unnamed\nd4"


def test_tags_have_a_column_only_if_they_were_requested(open_report: Callable[..., Page]) -> None:
    assert "Tags" in open_report("audit").locator("#connectors thead").inner_text()
    assert "Tags" not in open_report("complete").locator("#connectors thead").inner_text()


# Hostile text


@pytest.mark.parametrize("java_script", [True, False])
def test_hostile_text_is_shown_unchanged_and_never_runs(open_report: Callable[..., Page], java_script: bool) -> None:
    page = open_report("hostile", java_script_enabled=java_script)
    rows = page.locator(ROWS)
    assert rows.count() == len(HOSTILE)
    for number, text in enumerate(HOSTILE):
        shown = rows.nth(number).locator("th, td").all_text_contents()
        assert shown == [
            f"{text}\nhostile{number}",
            f"could not be read{text}",
            text,
            f"{text}\nbelongs to own {text}",
            "unknown",
            text,
            text,
            f"{text}={text} ",
        ]
        assert page.locator("#regions tbody tr").nth(number).locator(".reason").text_content() == text
    # The rendered text keeps all white space in a name. On screen, rows outside the viewport are not rendered, so use
    # print media.
    page.emulate_media(media="print")
    assert rows.locator("th bdi").all_inner_texts() == HOSTILE
    assert page.locator("img, script:not([type=module]), b:text-is('out')").count() == 0
    page.locator("#connectors th").nth(10).hover()
    if java_script:
        assert page.evaluate("window.hacked") is None


def test_a_right_to_left_name_does_not_change_the_direction_of_other_text(open_report: Callable[..., Page]) -> None:
    page = open_report("hostile")
    style = "name => [getComputedStyle(name).direction, getComputedStyle(name).unicodeBidi]"
    names = page.locator(f"{ROWS} th bdi")
    assert names.nth(0).evaluate(style) == ["ltr", "isolate"]
    for number in (6, 7):
        assert names.nth(number).evaluate(style) == ["rtl", "isolate"]
        assert page.locator(".notice ul").last.locator("b bdi").nth(number).evaluate(style) == ["rtl", "isolate"]


# Sorting


def sorted_rows(value: Callable[[dict[str, Any]], Any], descending: bool) -> list[str]:
    """Return the IDs in the order after one sort, or after two if *descending*. Rows without a value come last."""
    rows = sorted(CONNECTORS, key=lambda row: DEFAULT_ORDER.index(row["voice_connector_id"]))
    if descending:
        rows = [
            next(row for row in rows if row["voice_connector_id"] == identifier)
            for identifier in sorted_rows(value, False)
        ]
    known = [row for row in rows if value(row) not in (None, "")]
    unknown = [row for row in rows if value(row) in (None, "")]
    return [row["voice_connector_id"] for row in sorted(known, key=value, reverse=descending) + unknown]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Voice Connector", lambda row: {"line 2": "line 02"}.get(row["name"], row["name"])),
        ("Account", lambda row: row["account"]),
        ("Region", lambda row: row["region"]),
        (EXPIRY, lambda row: row["default_session_expiry_minutes"]),
        ("Fall-back number", lambda row: row["fall_back_phone_number"]),
        ("Countries", lambda row: ", ".join(row["phone_number_countries"])),
        ("Tags", lambda row: " ".join(f"{key}={tag}" for key, tag in (row["tags"] or {}).items())),
    ],
)
def test_each_column_sorts_both_ways_with_missing_values_last(
    open_report: Callable[..., Page], column: str, value: Callable[[dict[str, Any]], Any]
) -> None:
    page = open_report()
    head = page.locator("#connectors thead th", has_text=column)
    assert head.get_attribute("aria-sort") is None
    sort_by(page, column)
    assert identifiers(page) == sorted_rows(value, descending=False)
    assert head.get_attribute("aria-sort") == "ascending"
    sort_by(page, column)
    assert identifiers(page) == sorted_rows(value, descending=True)
    assert head.get_attribute("aria-sort") == "descending"
    assert page.locator("#connectors [aria-sort]").count() == 1


def test_minutes_sort_as_numbers(open_report: Callable[..., Page]) -> None:
    page = open_report()
    sort_by(page, EXPIRY)
    assert page.locator(f"{ROWS} td:nth-child(5)").all_text_contents()[:4] == ["5", "60", "720", "1440"]


def test_status_sorts_from_configured_to_not_configured_and_back(open_report: Callable[..., Page]) -> None:
    page = open_report()
    assert page.locator("#connectors thead th", has_text="Status").get_attribute("aria-sort") == "ascending"
    sort_by(page, "Status")
    assert identifiers(page) == ["a1", "h8", "c3", "f6", "d4", "b2", "e5", "g7"]
    sort_by(page, "Status")
    assert identifiers(page) == ["b2", "e5", "g7", "d4", "c3", "f6", "a1", "h8"]


def test_equal_rows_keep_the_order_of_the_previous_sort(open_report: Callable[..., Page]) -> None:
    page = open_report()
    sort_by(page, EXPIRY)
    sort_by(page, "Countries")
    assert identifiers(page)[:4] == ["g7", "d4", "e5", "b2"]
    sort_by(page, "Countries")
    assert identifiers(page)[:4] == ["d4", "e5", "b2", "g7"]


# Order of the content on the page


def test_voice_connectors_come_before_regions_and_empty_regions_are_collapsed(
    open_report: Callable[..., Page],
) -> None:
    page = open_report()
    headings = page.locator("h2").all_inner_texts()
    assert headings == ["This audit is incomplete", "What to do next", "Voice Connectors", "Regions"]
    assert page.locator("#regions tbody tr").count() == 4
    assert "partial" in page.locator("#regions tbody tr", has_text="eu-west-1").inner_text()
    collapsed = page.locator("details")
    assert collapsed.locator("summary").inner_text() == "1 Region without Voice Connectors"
    assert not collapsed.get_by_text("ca-central-1").is_visible()
    collapsed.locator("summary").click()
    assert collapsed.get_by_text("ca-central-1").is_visible()


def test_the_footer_shows_the_selection_the_version_and_the_other_reports(open_report: Callable[..., Page]) -> None:
    page = open_report("unmatched")
    footer = page.locator("footer")
    assert "names: Receptoin" in footer.inner_text() and "chime_sdk.voice 1.2.3" in footer.inner_text()
    links = footer.get_by_role("link").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert links == ["proxy-audit.json", "proxy-audit.csv"]
    assert page.locator("section", has_text="Warning").first.inner_text().endswith("matches names: Receptoin.")
    assert "all Voice Connectors" in open_report("clean").locator("footer").inner_text()


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("audit", ["Fix the problems", "Check that nothing uses"]),
        ("complete", ["Check that nothing uses"]),
        ("clean", ["Nothing. Keep this report"]),
        ("unmatched", ["Audit without a selection"]),
        ("unread", ["Fix the problems"]),
    ],
)
def test_the_page_shows_what_to_do_next(open_report: Callable[..., Page], name: str, steps: list[str]) -> None:
    listed = open_report(name).locator("[aria-labelledby=next] li").all_inner_texts()
    assert [step[: len(start)] for step, start in zip(listed, steps)] == steps and len(listed) == len(steps)


# Filtering


@pytest.mark.parametrize(
    ("card", "status", "shown"),
    [
        ("with a proxy configuration", "any", ["b2", "e5", "g7", "d4"]),
        ("could not be read", "could not be read", ["c3", "f6"]),
        ("without a proxy", "not configured", ["a1", "h8"]),
    ],
)
def test_clicking_a_count_sets_the_status_filter(
    open_report: Callable[..., Page], card: str, status: str, shown: list[str]
) -> None:
    page = open_report()
    page.get_by_label("Search").fill("nothing")
    page.locator(".counts > div", has_text=card).click()
    assert identifiers(page) == shown
    assert page.locator("#status").input_value() == status
    assert page.locator("#status:focus").count() == 1


def test_the_search_finds_the_text_in_any_cell(open_report: Callable[..., Page]) -> None:
    page = open_report()
    for text, shown in [
        ("warehouse", ["g7"]),
        ("WAREhouse", ["g7"]),
        ("d4", ["d4"]),
        ("444455556666", ["b2", "h8"]),
        ("eu-central-1", ["g7"]),
        ("1440", ["b2"]),
        ("00", ["b2", "d4"]),
        ("ca, us", ["g7"]),
        ("team=voice", ["a1", "h8"]),
        ("access is denied", ["c3"]),
        ("eu-west-1 configured", ["g7"]),
        ("configured", ["b2", "e5", "g7", "d4"]),
        ("not configured", ["a1", "h8"]),
        ("Could not be read annex", ["c3"]),
        ("  ", DEFAULT_ORDER),
        ("nothing like it", []),
    ]:
        page.get_by_label("Search").fill(text)
        assert identifiers(page) == shown, text
        assert page.locator("#shown").text_content() == f"{len(shown)} of 8 shown"
        assert page.get_by_text("No Voice Connector in this audit matches").is_visible() == (not shown)


def test_the_status_filter_matches_exactly(open_report: Callable[..., Page]) -> None:
    page = open_report()
    for status, shown in [
        ("any configuration", ["b2", "e5", "g7", "d4"]),
        ("configured", ["b2", "e5", "g7"]),
        ("configured, disabled", ["d4"]),
        ("could not be read", ["c3", "f6"]),
        ("not configured", ["a1", "h8"]),
        ("all", DEFAULT_ORDER),
    ]:
        page.get_by_label("Status").select_option("not configured")
        page.get_by_label("Status").select_option(label=status)
        assert identifiers(page) == shown, status
        assert page.locator("#shown").text_content() == f"{len(shown)} of 8 shown"


def test_search_and_status_filters_combine_and_remain_after_sorting(open_report: Callable[..., Page]) -> None:
    page = open_report()
    page.get_by_label("Search").fill("us-east-1")
    page.get_by_label("Status").select_option("configured")
    assert identifiers(page) == ["b2", "e5"]
    sort_by(page, EXPIRY)
    assert identifiers(page) == ["e5", "b2"]
    assert page.locator("#shown").text_content() == "2 of 8 shown"
    assert page.locator("#shown").get_attribute("aria-live") == "polite"


# Accessibility and layout


@pytest.mark.parametrize("name", ["audit", "clean", "empty", "unmatched", "hostile"])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_axe_finds_no_accessibility_problems(
    open_report: Callable[..., Page], name: str, width: int, scheme: str
) -> None:
    results = Axe().run(open_report(name, width, color_scheme=scheme))
    assert results.violations_count == 0, results.generate_report()


def test_lines_can_break_between_tags_but_not_inside_account_ids(open_report: Callable[..., Page]) -> None:
    page = open_report("many")
    lines = "items => items.map(item => item.getClientRects().length + Math.round(item.offsetHeight / parseFloat(getComputedStyle(item).lineHeight)))"
    row = page.locator(ROWS).first
    assert set(row.locator(".tag").evaluate_all(lines)) == {2}
    assert row.locator(".id").evaluate("it => it.getClientRects().length") == 1


def test_the_keyboard_can_search_filter_and_sort(open_report: Callable[..., Page]) -> None:
    page = open_report()

    def focused() -> str:
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", "the focus is not visible"
        return str(page.evaluate("document.activeElement.id || document.activeElement.textContent"))

    page.keyboard.press("Tab")
    assert focused() == "Skip to the Voice Connectors"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused() == "search"
    page.keyboard.type("line")
    assert identifiers(page) == ["b2", "a1"]
    page.keyboard.press("Tab")
    assert focused() == "status"
    page.keyboard.press("ArrowDown")
    assert identifiers(page) == ["b2"]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    assert focused() == "Voice Connector"
    page.keyboard.press("Enter")
    assert identifiers(page) == ["b2", "a1"]
    page.keyboard.press("Space")
    assert identifiers(page) == ["a1", "b2"]
    assert focused() == "Voice Connector"
    page.keyboard.press("Tab")
    assert focused() == "Status"


def test_screen_readers_recognize_the_table_in_every_layout(open_report: Callable[..., Page]) -> None:
    page = open_report(width=360)
    assert page.locator("#connectors[role=table] tbody[role=rowgroup] > tr[role=row]").count() == 8
    assert page.locator(f"{ROWS} > td[role=cell]").count() == 8 * 7
    assert page.locator(f"{ROWS} > th[role=rowheader]").count() == 8
    assert page.locator("#connectors th[role=columnheader]").count() == 8


@pytest.mark.parametrize("name", ["audit", "hostile"])
@pytest.mark.parametrize("width", [360, 700, 1100, 1280])
def test_the_page_never_scrolls_sideways_or_cuts_off_text(
    open_report: Callable[..., Page], name: str, width: int
) -> None:
    page = open_report(name, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # A row outside the viewport can cut off its text without making the page wider, so check every cell and row.
    assert (
        page.locator("th:visible, td:visible, tr:visible").evaluate_all(
            "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.textContent)"
        )
        == []
    )
    assert page.locator('meta[name="viewport"]').get_attribute("content") == "width=device-width, initial-scale=1"


def test_each_value_has_a_label_on_a_phone(open_report: Callable[..., Page]) -> None:
    page = open_report(width=360)
    labels = "cells => cells.map(cell => getComputedStyle(cell, '::before').content)"
    named = page.locator(ROWS).first.locator("td").evaluate_all(labels)
    assert [name.strip('"') for name in named] == page.locator("#connectors thead th").all_text_contents()[1:]
    sort_by(page, EXPIRY)
    assert identifiers(page)[0] == "g7"


# The WCAG 2 contrast ratio of each element that has its own text, against the nearest background.
CONTRASTS = """
() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [red, green, blue] = channels(color).slice(0, 3)
      .map((value) => value / 255).map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const background = (element) => {
    if (element === null) {
      return "rgb(255, 255, 255)";
    }
    const color = getComputedStyle(element).backgroundColor;
    return channels(color)[3] === 0 ? background(element.parentElement) : color;
  };
  const withText = [...document.body.querySelectorAll("*")].filter((element) => element.tagName !== "SCRIPT"
    && [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));
  return withText.map((element) => {
    const [dark, light] = [luminance(getComputedStyle(element).color), luminance(background(element))]
      .sort((a, b) => a - b);
    return [element.className || element.tagName, (light + 0.05) / (dark + 0.05), luminance(background(element))];
  });
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast_in_both_color_schemes(open_report: Callable[..., Page], scheme: str) -> None:
    found = open_report(color_scheme=scheme).evaluate(CONTRASTS)
    assert {"status", "reason", "H1", "P", "I", "BUTTON", "DT", "DD", "CODE"} <= {
        name for name, _ratio, _luminance in found
    }
    assert [(name, ratio) for name, ratio, _luminance in found if ratio < 4.5] == []
    for _name, _ratio, luminance in found:
        assert luminance < 0.1 if scheme == "dark" else luminance > 0.7


def test_a_printed_page_shows_the_filtered_rows_in_light_colors_without_controls(
    open_report: Callable[..., Page],
) -> None:
    page = open_report(color_scheme="dark")
    page.get_by_label("Search").fill("line")
    page.emulate_media(media="print", color_scheme="dark")
    for control in ("#search", "#status", ".skip"):
        assert not page.locator(control).is_visible()
    assert page.locator("#connectors button").first.evaluate("it => getComputedStyle(it, '::after').display") == "none"
    assert identifiers(page) == ["b2", "a1"]
    # The number of hidden rows is printed too.
    assert page.locator("#shown").is_visible()
    # Chromium omits buttons from a table header that repeats on each page, so the button must not have its own box.
    assert page.locator("#connectors button").first.evaluate("it => getComputedStyle(it).display") == "contents"
    for table in ("#regions", "#connectors"):
        assert page.locator(f"{table} thead").evaluate("it => getComputedStyle(it).display") == "table-header-group"
        assert page.locator(f"{table} tbody tr").first.evaluate("it => getComputedStyle(it).display") == "table-row"
    assert all(luminance > 0.7 for _name, _ratio, luminance in page.evaluate(CONTRASTS))


def test_without_javascript_all_rows_are_shown_without_controls(open_report: Callable[..., Page]) -> None:
    page = open_report(java_script_enabled=False)
    assert identifiers(page) == DEFAULT_ORDER
    assert not page.get_by_label("Search").is_visible()
    assert not page.get_by_label("Status").is_visible()
    assert page.get_by_role("button").count() == 0
    assert page.get_by_role("columnheader", name="Countries").is_visible()


# Performance

MEASURE = """
async (action) => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  await painted();
  const started = performance.now();
  if (action.search === undefined) {
    document.querySelectorAll("#connectors thead button")[action.sort].click();
  } else {
    const search = document.getElementById("search");
    search.value = action.search;
    search.dispatchEvent(new Event("input"));
  }
  await painted();
  return performance.now() - started;
}
"""


@pytest.mark.parametrize("width", [1280, 390])
def test_five_thousand_rows_sort_and_filter_within_a_second(open_report: Callable[..., Page], width: int) -> None:
    page = open_report("many", width)
    durations = {f"sort by {column}": page.evaluate(MEASURE, {"sort": column}) for column in [*range(8), 7]}
    durations["sort by one again"] = page.evaluate(MEASURE, {"sort": 4})
    for text, shown in (("reception", 2500), ("", 5000), ("team-3 warehouse", 147), ("none such", 0), ("", 5000)):
        durations[f"search {text} after {len(durations)}"] = page.evaluate(MEASURE, {"search": text})
        assert page.locator("#shown").text_content() == f"{shown} of 5000 shown"
    # An action usually takes a few tenths of a second, but can take longer if other tests run at the same time.
    assert statistics.median(durations.values()) < 1000 and max(durations.values()) < 3000, durations
