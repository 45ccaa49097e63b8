"""One browser for all page tests, and the pages of one small study with everything on them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import synthetic


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    from tests.browser.test_pages import CHROMIUM, FLAGS, sync_api

    with sync_api.sync_playwright() as playwright:
        engine = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield engine
        engine.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write_everything(tmp_path_factory.mktemp("full"))
