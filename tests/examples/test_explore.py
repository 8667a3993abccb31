"""The page to explore: its components are built where solara is there; a real browser drives it where there is one."""

import importlib.metadata
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest

from tests.repository import ROOT

PAGE = ROOT / "examples" / "explore.py"
PATIENCE = 60.0
"""Seconds that the page may take to show what is waited for."""
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)

pytestmark = pytest.mark.filterwarnings("ignore")  # solara's own, about Mesa's hooks and about cookies


def installed(*packages: str) -> str:
    """The first package that is missing; '' where all are there."""
    for package in packages:
        try:
            importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            return package
    return ""


@pytest.fixture
def explore(monkeypatch):
    if missing := installed("solara"):
        pytest.skip(f"{missing} is not installed: pip install 'lianjian[viz]'")
    monkeypatch.syspath_prepend(str(PAGE.parent))
    import explore

    yield explore
    sys.modules.pop("explore")


def test_the_page_is_built(explore):
    import solara

    _, context = solara.render(explore.Page(), handle_error=False)
    context.close()


def test_every_lever_moves_the_numbers(explore):
    moved = {"grant": 60.0, "floor": 0.6, "match": 0.8, "manager_weight": 0.9, "benefit_share": 0.4, "tax_share": 0.6}
    moved |= {"councils": 3, "replication": 1, "until": 2018, "arm": "grant"}
    assert moved.keys() == explore.DEFAULTS.keys()
    plain = explore.Explored(arm="package")
    for lever, value in moved.items():
        model = explore.Explored(**{"arm": "package", lever: value})
        assert model.income() != plain.income(), lever


def test_the_page_shows_the_year_asked_for_and_the_arm_without_policy_next_to_it(explore):
    model = explore.Explored(until=2016)
    assert (model.year, model.season, model.year_over) == (2016, 4, 2016)
    assert explore.Explored(arm="no_policy").income() == explore.Explored(arm="pool").income(plain=True)


@contextmanager
def served(port: int, log):
    """The page on a local port."""
    command = [
        sys.executable,
        "-m",
        "solara",
        "run",
        str(PAGE),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-open",
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=environment)
    try:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and server.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=5)
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def browser(folder):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "window-size=1500,1150"):
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={folder}")
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def numbers(driver) -> dict[str, str]:
    """The table on the page: label -> number."""
    script = "return [...document.querySelectorAll('table tr')].map(r => [...r.cells].map(c => c.innerText))"
    return {row[0]: row[1] for row in driver.execute_script(script) if len(row) == 2 and row[0]}


def when(driver, holds) -> dict[str, str]:
    """The numbers once something holds of them; fails after PATIENCE."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = numbers(driver)
        if found and holds(found):
            return found
        time.sleep(0.2)
    raise AssertionError(f"the page still shows {found}")


@pytest.mark.slow
def test_sliders_move_the_numbers_in_a_browser(tmp_path):
    if missing := installed("solara", "solara-assets", "selenium"):
        pytest.skip(f"{missing} is not installed (solara-assets: the page's scripts without a network)")
    if not (CHROMIUM and shutil.which("chromedriver")):
        pytest.skip("chromium and chromedriver are not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        (tmp_path / "server.log").open("w") as log,
        served(port, log) as address,
        browser(tmp_path / "chromium") as driver,
    ):
        from selenium.webdriver.common.by import By
        from selenium.webdriver.common.keys import Keys

        driver.get(address)
        first = when(driver, lambda found: len(found) >= 7)
        cost = next(label for label in first if label.startswith("Public cost"))
        income = next(label for label in first if label.startswith("Earned income"))
        sliders = driver.find_elements(By.CSS_SELECTOR, "[role=slider]")
        sliders[0].send_keys(Keys.ARROW_RIGHT)  # the grant
        dearer = when(driver, lambda found: found[cost] != first[cost])
        assert dearer[income] != first[income]
        assert float(dearer[cost].replace(",", "")) > float(first[cost].replace(",", ""))
        driver.find_elements(By.CSS_SELECTOR, "[role=slider]")[6].send_keys(Keys.ARROW_LEFT)  # councils
        fewer = when(driver, lambda found: found[income] != dearer[income])
        page = driver.find_element(By.TAG_NAME, "body").text
        assert "片区数: 6" in page
        assert "补助, 万元 a village: 30" in page
        step = next(button for button in driver.find_elements(By.TAG_NAME, "button") if button.text.upper() == "STEP")
        for _ in range(4):
            step.click()
            time.sleep(0.3)
        when(driver, lambda found: found[income] != fewer[income])
        driver.save_screenshot(os.environ.get("LIANJIAN_SCREENSHOT", str(tmp_path / "explore.png")))
