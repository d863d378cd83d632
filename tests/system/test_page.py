"""The situation report as people meet it: in a browser, on a telephone and on a desk, printed, read aloud, and right to left."""

import json
import re

import pytest
from helpers.browser import Browser
from test_stats import fill

PHONE, DESK = 360, 1280
# Whatever stands wider than the window, but for what scrolls in a frame of its own.
TOO_WIDE = """[...document.querySelectorAll('body *')].filter(e => !e.closest('figure > div') &&
  e.getBoundingClientRect().width > document.documentElement.clientWidth + 1).map(e => e.tagName)"""
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def page(org):
    amina = org.officer("amina")
    fill(org, 14)
    path = org.folder / "situation.html"
    amina.run("stats", "--html", path)
    return path


@pytest.fixture
def browser(tmp_path):
    started = Browser(tmp_path / "browser")
    yield started
    started.close()


def test_the_page_in_a_browser(page, browser, tmp_path):
    for width in (PHONE, DESK):
        browser.show(page, width, mobile=width == PHONE)
        assert width - 20 <= browser.value("document.documentElement.clientWidth") <= width, "a scroll bar at most"
        assert browser.value(SIDEWAYS) is False and json.loads(browser.value(f"JSON.stringify({TOO_WIDE})")) == []
        browser.picture(tmp_path / f"page-{width}.png")
        # Nobody needs a lens: the smallest text that is drawn, charts included.
        smallest = browser.value("""Math.min(...[...document.querySelectorAll('p, td, th, caption, svg text')].map(e =>
          parseFloat(getComputedStyle(e).fontSize) * (e.closest('svg') ? e.closest('svg').getScreenCTM().a : 1)))""")
        assert smallest >= 9, f"{smallest} px at {width}"
    assert all(url == page.as_uri() for url in browser.requests), browser.requests


def test_the_page_from_right_to_left(page, browser, org):
    """In Arabic all of it, on both widths: the layout follows, and nothing sticks out."""
    arabic = org.folder / "arabic.html"
    org.officers["amina"].run("stats", "--html", arabic, "--language", "ar")
    for width in (PHONE, DESK):
        browser.show(arabic, width, mobile=width == PHONE)
        assert browser.value(SIDEWAYS) is False and json.loads(browser.value(f"JSON.stringify({TOO_WIDE})")) == []
        browser.picture(org.folder / f"arabic-{width}.png")
    assert browser.value("document.documentElement.lang + document.documentElement.dir") == "arrtl"
    edge = "document.querySelector('h1').getBoundingClientRect().right >= document.documentElement.clientWidth - 300"
    assert browser.value(f"getComputedStyle(document.querySelector('h1')).direction === 'rtl' && {edge}")
    # A bar begins where reading does; nothing but codes is left in English.
    assert browser.value("""[...document.querySelectorAll('svg rect')].every(e => Math.abs(e.getBBox().x + e.getBBox().width
      - e.closest('svg').viewBox.baseVal.width) < 1)""")
    plain = json.loads(browser.value("""JSON.stringify([...document.querySelectorAll('h1, h2, caption, p:not(.key), th, svg text')].map(
      e => e.textContent).filter(text => !/[\u0621-\u064a]/.test(text)))"""))
    assert any(text == "\u2066<10\u2069" for text in plain), "and not turned round"
    assert all(re.fullmatch(r"[\w<*:+ \u2066\u2069-]*", text) and not re.search(r"[a-z] [a-z]", text) for text in plain), plain


def test_the_page_read_aloud_and_printed(page, browser):
    browser.show(page, DESK)
    assert browser.value("document.documentElement.lang") == "en" and browser.value("document.documentElement.dir") == "ltr"
    # Each chart has a table behind it, in the same section, with a caption and heads.
    charts = browser.value("document.querySelectorAll('svg').length")
    assert charts > 0
    assert browser.value("""[...document.querySelectorAll('svg')].every(e => e.getAttribute('role') === 'img' && e.getAttribute('aria-label')
      && e.closest('section').querySelector('table caption') && e.closest('section').querySelector('table th[scope=col]'))""")
    tree = browser.tree()
    roles = [role for role, _ in tree]
    assert roles.count("table") >= 20 and roles.count("image") == charts and "main" in roles
    assert all(name for role, name in tree if role in ("table", "image", "heading"))
    headings = browser.value("[...document.querySelectorAll('h1, h2, h3')].map(e => e.tagName).join(' ')").split()
    assert headings[0] == "H1" and headings.count("H1") == 1
    pdf = browser.pdf()
    assert pdf.startswith(b"%PDF") and 2 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 40
