"""Runs LibreTranslate without writing down what it translates. Run by LibreTranslate's own Python.

argostranslate logs every text at INFO; its logger's level is set at its import, so it is raised after.
"""

import logging

from argostranslate import utils  # type: ignore[import-not-found,unused-ignore]

utils.logger.setLevel(logging.WARNING)

from libretranslate.main import main  # type: ignore[import-not-found,unused-ignore]  # noqa: E402

main()
