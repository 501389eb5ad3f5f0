"""Libraries that would log spoken text only get warnings through, whatever levels they set themselves."""

import logging

import pytest

from dolmetsch_engine.whisper.quiet import TALKATIVE, quiet_import, silence_spoken_text


@pytest.mark.parametrize("name", TALKATIVE)
@pytest.mark.parametrize("child", ["", ".deep", ".made_later"])
def test_spoken_text_is_never_logged(name: str, child: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger(f"{name}.deep").setLevel(logging.DEBUG)
    silence_spoken_text()
    logger = logging.getLogger(name + child)
    if child == ".made_later":
        logger.setLevel(logging.DEBUG)
    logger.debug("spoken text")
    logger.info("spoken text")
    logger.warning("a warning")
    assert caplog.messages == ["a warning"]


def test_import_leaves_the_root_logger_alone() -> None:
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    with quiet_import():
        logging.basicConfig(level=logging.DEBUG, force=True)
    assert (list(root.handlers), root.level) == before
