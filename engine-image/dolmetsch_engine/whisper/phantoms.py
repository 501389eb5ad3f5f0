"""What Whisper says where nobody speaks, as many have reported it, language by language. Pure."""

from __future__ import annotations

from typing import Final

from dolmetsch_engine.words import normal

PHANTOMS: Final = frozenset(
    normal(each)
    for each in (
        # en
        "Thank you.",
        "Thank you very much.",
        "Thank you for watching.",
        "Thanks for watching!",
        "Please subscribe to my channel.",
        "Subtitles by the Amara.org community",
        "you",
        "Bye.",
        # de
        "Vielen Dank.",
        "Vielen Dank für's Zuschauen!",
        "Vielen Dank für die Aufmerksamkeit.",
        "Untertitel der Amara.org-Community",
        "Untertitel im Auftrag des ZDF für funk, 2017",
        "Untertitelung des ZDF, 2020",
        "Untertitelung. BR 2018",
        "Copyright WDR 2021",
        "SWR 2021",
        # fr
        "Merci.",
        "Merci d'avoir regardé cette vidéo !",
        "Sous-titres réalisés par la communauté d'Amara.org",
        "Sous-titrage Société Radio-Canada",
        "Sous-titrage ST' 501",
        # es
        "Gracias.",
        "¡Gracias por ver el vídeo!",
        "Subtítulos realizados por la comunidad de Amara.org",
        "Subtítulos por la comunidad de Amara.org",
        "Suscríbete al canal",
        # pt
        "Obrigado.",
        "Obrigada.",
        "Obrigado por assistir.",
        "Legendas pela comunidade Amara.org",
        "E aí",
        # it
        "Grazie.",
        "Grazie per aver guardato il video!",
        "Sottotitoli creati dalla comunità Amara.org",
        "Sottotitoli e revisione a cura di QTSS",
        # nl, da, no, sv, fi
        "Bedankt voor het kijken.",
        "Ondertitels ingediend door de Amara.org gemeenschap",
        "TV GELDERLAND 2021",
        "Tak for at I så med.",
        "Danske tekster af Jesper Buhl Scandinavian Text Service 2018",
        "Undertekster av Ai-Media",
        "Undertekster fra Amara.org",
        "Teksting av Nicolai Winther",
        "Takk for at du så på.",
        "Takk for ating med.",
        "Undertexter från Amara.org-gemenskapen",
        "Textning Stina Hedin www.btistudios.com",
        "Tack för att ni har tittat.",
        "Kiitos katsomisesta!",
        # pl, cs, hu, ro, tr
        "Dziękuję.",
        "Dziękuję za uwagę.",
        "Napisy stworzone przez społeczność Amara.org",
        "Titulky vytvořil JohnyX",
        "Köszönöm, hogy megnéztétek!",
        "Mulțumesc pentru vizionare!",
        "Altyazı M.K.",
        "İzlediğiniz için teşekkür ederim.",
        # el
        "Υπότιτλοι AUTHORWAVE",
        "Ευχαριστώ.",
        "Ευχαριστώ που παρακολουθήσατε!",
        # ru, uk
        "Продолжение следует...",
        "Спасибо за просмотр!",
        "Субтитры сделал DimaTorzok",
        "Субтитры создавал DimaTorzok",
        "Редактор субтитров А.Семкин Корректор А.Егорова",
        "Дякую за перегляд!",
        # ar, he
        "شكرا للمشاهدة",
        "اشتركوا في القناة",
        "ترجمة نانسي قنقر",
        "תודה שצפיתם",
        # hi, zh, ja, ko
        "धन्यवाद",
        "谢谢观看",
        "感谢观看",
        "字幕由Amara.org社区提供",
        "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "ご視聴ありがとうございました",
        "シーッ",
        "시청해주셔서 감사합니다.",
        "감사합니다.",
        "MBC 뉴스 이덕영입니다.",
    )
)
"""In the form of `normal`."""
