"""The language of a talk as people write it in a schedule, as one of Whisper's codes."""

import re
from typing import Final

from dolmetsch_core.wire.languages import LANGUAGES, from_libretranslate

_THREE_LETTERS: Final = {
    # ISO 639-2 and -3, where they are not Whisper's own codes.
    **{
        "afr": "af",
        "alb": "sq",
        "sqi": "sq",
        "ara": "ar",
        "arm": "hy",
        "hye": "hy",
        "baq": "eu",
        "eus": "eu",
    },
    **{
        "bel": "be",
        "ben": "bn",
        "bos": "bs",
        "bul": "bg",
        "cat": "ca",
        "ces": "cs",
        "cze": "cs",
        "chi": "zh",
    },
    **{
        "zho": "zh",
        "cmn": "zh",
        "cym": "cy",
        "wel": "cy",
        "dan": "da",
        "deu": "de",
        "ger": "de",
        "dut": "nl",
    },
    **{
        "nld": "nl",
        "ell": "el",
        "gre": "el",
        "eng": "en",
        "est": "et",
        "fas": "fa",
        "per": "fa",
        "fil": "tl",
    },
    **{
        "fin": "fi",
        "fra": "fr",
        "fre": "fr",
        "geo": "ka",
        "kat": "ka",
        "glg": "gl",
        "heb": "he",
        "hin": "hi",
    },
    **{
        "hrv": "hr",
        "hun": "hu",
        "ice": "is",
        "isl": "is",
        "ind": "id",
        "ita": "it",
        "jav": "jw",
        "jpn": "ja",
    },
    **{
        "kor": "ko",
        "lat": "la",
        "lav": "lv",
        "lit": "lt",
        "ltz": "lb",
        "mac": "mk",
        "mkd": "mk",
        "may": "ms",
    },
    **{
        "msa": "ms",
        "mlt": "mt",
        "nno": "nn",
        "nob": "no",
        "nor": "no",
        "pol": "pl",
        "por": "pt",
        "ron": "ro",
    },
    **{
        "rum": "ro",
        "rus": "ru",
        "slk": "sk",
        "slo": "sk",
        "slv": "sl",
        "spa": "es",
        "srp": "sr",
        "swa": "sw",
    },
    **{
        "swe": "sv",
        "tam": "ta",
        "tgl": "tl",
        "tha": "th",
        "tur": "tr",
        "ukr": "uk",
        "urd": "ur",
        "vie": "vi",
    },
}
_NAMES: Final = {
    name.casefold(): code for code, each in LANGUAGES.items() for name in (each.english, each.native)
}
_TAG: Final = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]+)*")


def whisper_code(written: str) -> str:
    """Return Whisper's code for a tag or a name (`de-formal`, `deu`, `German`); '' when it has none."""
    words = written.strip().casefold()
    if words in _NAMES:
        return _NAMES[words]
    if _TAG.fullmatch(words):
        code = re.split("[-_]", words)[0]
        if code in LANGUAGES:
            return code
        return _THREE_LETTERS.get(code) or from_libretranslate(code) or ""
    # "formal German", "Deutsch (informell)": the first word that names a language.
    return next((_NAMES[word] for word in re.findall(r"\w+", words) if word in _NAMES), "")
