"""Puts translation packages into a folder. Run by LibreTranslate's own Python; tells its steps on stdout.

    install.py PACKAGES files FILE...           from .argosmodel files
    install.py PACKAGES index CODE...           from argos's package index, all between these languages

ARGOS_PACKAGES_DIR is a staging folder: a package is unpacked and tried there and then moved, whole, into
PACKAGES, because LibreTranslate does not start with a broken package. Lines on stdout: `index reached`,
`installing PAIR`, `installed PAIR`, `failed PAIR: CLASS`. Exit status 3: the index cannot be reached.
"""

import os
import shutil
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from argostranslate import package, settings, translate  # type: ignore[import-not-found,unused-ignore]
from libretranslate.language import iso2model  # type: ignore[import-not-found,unused-ignore]

STALL_S = 20.0
"""A download that sends nothing for this long has failed."""
INDEX_S = 3.0
"""An index that takes longer to answer is not there."""


def say(line: str) -> None:
    """One line for the process that started this one."""
    print(line, flush=True)  # noqa: T201


def main() -> int:
    """Exit status 0: done what could be done, 3: no index."""
    packages, kind, *names = sys.argv[1:]
    Path(packages).mkdir(parents=True, exist_ok=True)
    if kind == "files":
        for name in names:
            install(Path(name), Path(packages))
        return 0
    socket.setdefaulttimeout(INDEX_S)
    try:
        index = urllib.request.urlopen(settings.remote_package_index).read()  # noqa: S310
    except (OSError, urllib.error.URLError):
        return 3
    say("index reached")
    socket.setdefaulttimeout(STALL_S)
    settings.local_package_index.write_bytes(index)
    from_index(set(iso2model(names)), Path(packages))
    return 0


def from_index(codes: set[str], packages: Path) -> None:
    """Every package between two of `codes` that is not there yet; a failed one does not stop the others."""
    for each in package.get_available_packages():
        if each.type != "translate" or each.from_code not in codes or each.to_code not in codes:
            continue
        pair = f"{each.from_code}-{each.to_code}"
        if any(
            found.name.startswith(f"translate-{each.from_code}_{each.to_code}")
            for found in packages.iterdir()
        ):
            continue
        say(f"installing {pair}")
        try:
            install(each.download(), packages)
        except Exception as error:  # noqa: BLE001 (told to the parent; the other packages still come)
            say(f"failed {pair}: {type(error).__name__}")
        # argostranslate would take a download that is there again, also a broken one.
        for archive in settings.downloads_dir.iterdir():
            archive.unlink()


def install(archive: Path, packages: Path) -> None:
    """Unpacks, translates once (which also fetches the sentence splitter), moves into place."""
    staging = Path(os.environ["ARGOS_PACKAGES_DIR"])
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    package.install_from_path(archive)
    [unpacked] = [each for each in staging.iterdir() if each.is_dir()]
    metadata: Any = package.Package(unpacked)
    translate.get_installed_languages.cache_clear()
    [translation] = [
        each
        for language in translate.get_installed_languages()
        if language.code == metadata.from_code
        for each in language.translations_from
        if each.to_lang.code == metadata.to_code
    ]
    translation.translate("1.")
    place = packages / f"translate-{metadata.from_code}_{metadata.to_code}"
    shutil.rmtree(place, ignore_errors=True)
    unpacked.rename(place)
    say(f"installed {metadata.from_code}-{metadata.to_code}")


if __name__ == "__main__":
    sys.exit(main())
