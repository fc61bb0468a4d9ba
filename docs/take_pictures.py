"""Take the README's pictures: python -m docs.take_pictures (from the project's folder)."""

from __future__ import annotations

from pathlib import Path

from tests.browser_tools import LAPTOP, chromium, new_page, streamlit_server, wait_until_idle

FOLDER = Path(__file__).parent / "pictures"

PICTURES = {
    "convolution": ("convolution?lang=en", "light"),
    "training": ("training?lang=en", "light"),
    "draw": ("draw?lang=en", "dark"),
    "filters": ("filters?lang=ko", "light"),
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with streamlit_server() as server, chromium() as browser:
        for name, (address, scheme) in PICTURES.items():
            page = new_page(browser, viewport=LAPTOP, color_scheme=scheme)
            page.goto(f"{server.url}/{address}")
            page.get_by_test_id("stHeading").first.wait_for(timeout=60_000)
            wait_until_idle(page, timeout=60_000)
            page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')", timeout=60_000)
            page.wait_for_timeout(2_000)  # pictures and charts paint after the script has run
            page.screenshot(path=str(FOLDER / f"{name}.png"))
            page.context.close()


if __name__ == "__main__":
    main()
