"""The languages: Whisper's codes are ours, one table maps them to LibreTranslate's and to names.

Source of the codes: `whisper/tokenizer.py` (100 languages, the multilingual models; `yue` since
large-v3). Source of LibreTranslate's: its `/languages` (ISO 639-1, with `zh-Hans`, `zh-Hant`, `nb`,
`pt-BR`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, ConfigDict


class Language(BaseModel):
    """One language under the code that every component uses for it."""

    model_config = ConfigDict(frozen=True)

    code: str
    """Whisper's code: two letters, or `haw`, `yue`."""
    english: str
    """The name in English."""
    native: str
    """The name in the language itself."""
    libretranslate: str
    """The code that LibreTranslate would use, whether it has packages for it or not."""
    tag: str
    """BCP 47 tag for the `lang` attribute of a caption."""
    rtl: bool
    """Written from right to left: the `dir` attribute of a caption."""


_NAMES: Final = """
af Afrikaans|Afrikaans
am Amharic|አማርኛ
ar Arabic|العربية
as Assamese|অসমীয়া
az Azerbaijani|Azərbaycanca
ba Bashkir|Башҡортса
be Belarusian|Беларуская
bg Bulgarian|Български
bn Bengali|বাংলা
bo Tibetan|བོད་སྐད་
br Breton|Brezhoneg
bs Bosnian|Bosanski
ca Catalan|Català
cs Czech|Čeština
cy Welsh|Cymraeg
da Danish|Dansk
de German|Deutsch
el Greek|Ελληνικά
en English|English
es Spanish|Español
et Estonian|Eesti
eu Basque|Euskara
fa Persian|فارسی
fi Finnish|Suomi
fo Faroese|Føroyskt
fr French|Français
gl Galician|Galego
gu Gujarati|ગુજરાતી
ha Hausa|Hausa
haw Hawaiian|ʻŌlelo Hawaiʻi
he Hebrew|עברית
hi Hindi|हिन्दी
hr Croatian|Hrvatski
ht Haitian Creole|Kreyòl ayisyen
hu Hungarian|Magyar
hy Armenian|Հայերեն
id Indonesian|Bahasa Indonesia
is Icelandic|Íslenska
it Italian|Italiano
ja Japanese|日本語
jw Javanese|Basa Jawa
ka Georgian|ქართული
kk Kazakh|Қазақша
km Khmer|ខ្មែរ
kn Kannada|ಕನ್ನಡ
ko Korean|한국어
la Latin|Latina
lb Luxembourgish|Lëtzebuergesch
ln Lingala|Lingála
lo Lao|ລາວ
lt Lithuanian|Lietuvių
lv Latvian|Latviešu
mg Malagasy|Malagasy
mi Māori|Te reo Māori
mk Macedonian|Македонски
ml Malayalam|മലയാളം
mn Mongolian|Монгол
mr Marathi|मराठी
ms Malay|Bahasa Melayu
mt Maltese|Malti
my Burmese|မြန်မာဘာသာ
ne Nepali|नेपाली
nl Dutch|Nederlands
nn Norwegian Nynorsk|Norsk nynorsk
no Norwegian|Norsk
oc Occitan|Occitan
pa Punjabi|ਪੰਜਾਬੀ
pl Polish|Polski
ps Pashto|پښتو
pt Portuguese|Português
ro Romanian|Română
ru Russian|Русский
sa Sanskrit|संस्कृतम्
sd Sindhi|سنڌي
si Sinhala|සිංහල
sk Slovak|Slovenčina
sl Slovenian|Slovenščina
sn Shona|ChiShona
so Somali|Soomaali
sq Albanian|Shqip
sr Serbian|Српски
su Sundanese|Basa Sunda
sv Swedish|Svenska
sw Swahili|Kiswahili
ta Tamil|தமிழ்
te Telugu|తెలుగు
tg Tajik|Тоҷикӣ
th Thai|ไทย
tk Turkmen|Türkmençe
tl Tagalog|Tagalog
tr Turkish|Türkçe
tt Tatar|Татарча
uk Ukrainian|Українська
ur Urdu|اردو
uz Uzbek|Oʻzbekcha
vi Vietnamese|Tiếng Việt
yi Yiddish|ייִדיש
yo Yoruba|Yorùbá
yue Cantonese|粵語
zh Chinese|中文
"""

# Where the two differ. Everything else has the same code on both sides.
_LIBRETRANSLATE: Final = {"zh": "zh-Hans", "no": "nb", "jw": "jv"}

# LibreTranslate's codes that mean one of ours but are not the usual ones: argos's own, and Brazilian
# Portuguese, which is Portuguese to us (a backend asks with the code that it was told).
# Traditional Chinese (`zh-Hant`, `zt`) is left out: Whisper has one code for Chinese, and it is taken.
_ALSO: Final = {"zh": "zh", "zh-cn": "zh", "pb": "pt", "pt-br": "pt", "no": "no", "jw": "jw"}

_TAGS: Final = {"jw": "jv"}
_RTL: Final = frozenset({"ar", "fa", "he", "ps", "sd", "ur", "yi"})


def _table() -> dict[str, Language]:
    table = {}
    for row in _NAMES.strip().splitlines():
        code, names = row.split(" ", 1)
        english, native = names.split("|")
        table[code] = Language(
            code=code,
            english=english,
            native=native,
            libretranslate=_LIBRETRANSLATE.get(code, code),
            tag=_TAGS.get(code, code),
            rtl=code in _RTL,
        )
    return table


LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(_table())
"""Every language of the multilingual Whisper models, by code, in alphabetical order of the codes."""

_FROM_LIBRETRANSLATE: Final = {
    **{language.libretranslate.lower(): code for code, language in LANGUAGES.items()},
    **_ALSO,
}


def to_libretranslate(code: str) -> str:
    """LibreTranslate's code for one of ours; an unknown one as it is (LibreTranslate says what it thinks)."""
    language = LANGUAGES.get(code)
    return language.libretranslate if language else code


def from_libretranslate(code: str) -> str | None:
    """Our code for one of LibreTranslate's, in any case; None: a language that Whisper has no code for."""
    return _FROM_LIBRETRANSLATE.get(code.lower())
