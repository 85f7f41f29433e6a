"""The pages in Firefox, where one is installed: alive, and without a complaint, served and from the disk."""

import time

import pytest
from firefox import Firefox, find_firefox
from pages import WAIT

pytestmark = pytest.mark.skipif(not find_firefox(), reason="no Firefox is installed here")
DEAD = "document.querySelectorAll('figure[data-live-widget]:not(.nl-ready)').length"
MOVE = """(() => {
  const slider = document.querySelector(".nl-live input[type=range]:enabled");
  if (!slider) return "no widget";
  const picture = slider.closest("figure").querySelector(".nl-picture");
  const before = picture.innerHTML;
  slider.value = slider.value === slider.max ? slider.min : slider.max;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  return new Promise((done) => setTimeout(() => done(picture.innerHTML === before ? "still" : "moved"), 300));
})()"""


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    program = Firefox(tmp_path_factory.mktemp("profile"))
    yield program
    program.close()


def test_a_page_is_alive_in_firefox(firefox, home, page_name):
    firefox.complaints.clear()
    firefox.open(home + page_name)
    end = time.monotonic() + WAIT
    while firefox.evaluate(DEAD) and time.monotonic() < end:
        time.sleep(0.1)
    assert firefox.evaluate(DEAD) == 0
    assert firefox.evaluate("document.documentElement.dataset.theme") in {"light", "dark"}
    assert firefox.evaluate(MOVE) in {"moved", "no widget"}
    assert firefox.complaints == []
