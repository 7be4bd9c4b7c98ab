"""A real browser, and a page whose console is listened to."""

import os
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tools.screenshots import FLAGS

# the headless shell draws pages that lie behind others as fast as those in front
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        assert os.environ.get("CI") != "true", "CI installs Chromium"
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; Django must not mistake it for its own
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        found = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield found
        found.close()
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Visit:
    """A page whose console is listened to."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def check(self) -> None:
        """Nothing on the console; axe finds no serious issue; nothing is wider than the screen."""
        found = Axe().run(self.page, options={"resultTypes": ["violations"]})
        serious = [
            f"{v['id']}: {[n['target'] for n in v['nodes']][:3]}"
            for v in found.response["violations"]
            if v["impact"] in ("serious", "critical")
        ]
        assert serious == []
        assert self.complaints == []
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{wide} px wider than the screen"
