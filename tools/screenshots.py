"""Take pictures of the demo's pages with Chromium.

Without a folder: those of the documentation. With one: every page at 1280 and 390 px.

Usage: python tools/screenshots.py [FOLDER] [--url http://127.0.0.1:8321] [--dark] [--language ko]
The demo must be loaded (`balmis demo`) and served (`balmis serve`).
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PAGES = {
    "overview": "/coordination/jeju-2021/",
    "report": "/coordination/jeju-2021/days/2021-06-17/",
    "days": "/coordination/jeju-2021/days/",
    "plan": "/coordination/jeju-2021/plan/",
    "public": "/c/jeju-2021/",
    "sign-in": "/sign-in/",
    "components": "/components/",
}
SHOWN = ("overview", "components")
PLACE = Path(__file__).resolve().parent.parent / "docs" / "pictures"


def sign_in(page: Page, url: str, username: str, password: str) -> None:
    page.goto(f"{url}/sign-in/")
    page.fill("#id_username", username)
    page.fill("#id_password", password)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/coordination/**")


def shoot(browser: Browser, folder: Path, asked: argparse.Namespace, password: str) -> None:
    documentation = folder == PLACE
    for width in (1280,) if documentation else (1280, 390):
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if asked.dark else "light",
            locale=asked.language,
        )
        page = context.new_page()
        sign_in(page, asked.url, "planner", password)
        for name, path in PAGES.items():
            if documentation and name not in SHOWN:
                continue
            page.goto(asked.url + path, wait_until="networkidle")
            page.screenshot(
                path=folder / f"{name}-{width}.png",
                full_page=asked.full or (documentation and name == "components"),
            )
        context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=PLACE)
    parser.add_argument("--url", default="http://127.0.0.1:8321")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--full", action="store_true", help="the whole page, not the first view")
    parser.add_argument("--language", default="en")
    asked = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("Chromium is needed: apt-get install chromium")
    from balmis.config.embedded import home

    password = os.environ.get("BALMIS_DEMO_PASSWORD") or (home() / "demo-password").read_text()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        shoot(browser, asked.folder, asked, password)
        browser.close()


if __name__ == "__main__":
    main()
