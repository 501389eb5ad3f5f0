"""Names of all keys and channels in the live store. Room ids are percent-encoded: any text is a room id."""

from urllib.parse import quote

PREFIX = "dolmetsch"


def _room(room: str, *parts: str) -> str:
    return ":".join([PREFIX, f"{{{quote(room, safe='')}}}", *parts])


def born() -> str:
    """String: random, set by whoever finds it missing."""
    return f"{PREFIX}:store:born"


def host(room: str) -> str:
    """Hash subject, turn: who is the host now; lives 15 s."""
    return _room(room, "host")


def turn(room: str) -> str:
    """Hash turn, connection_id: the last turn given, and to which connection."""
    return _room(room, "turn")


def pen(room: str, session: str) -> str:
    """String: the epoch that may write this session's lines."""
    return _room(room, session, "pen")


def lines(room: str, session: str) -> str:
    """List of Sentence: item n is sentence n."""
    return _room(room, session, "lines")


def translations(room: str, session: str) -> str:
    """Hash `lang:n` to Translated."""
    return _room(room, session, "translations")


def feed(room: str, session: str) -> str:
    """Stream, field `e`: a feed entry."""
    return _room(room, session, "feed")


def live(room: str, session: str) -> str:
    """Channel of Live messages."""
    return _room(room, session, "live")


def words(room: str, session: str) -> str:
    """String: the last Live message, for who comes before the next one."""
    return _room(room, session, "words")


def position(room: str, session: str) -> str:
    """String: the last committed Position."""
    return _room(room, session, "position")


def audio(room: str, session: str) -> str:
    """Hash: what any api process needs to go on with the host's stream.

    header, container and turn of its recording; first_ms, when the session's first audio came.
    """
    return _room(room, session, "audio")


def translator(room: str, session: str) -> str:
    """String: the worker that translates this session."""
    return _room(room, session, "translator")


def scribe(room: str, session: str) -> str:
    """String: the worker that copies this session into the archive."""
    return _room(room, session, "scribe")


def consent(room: str, session: str) -> str:
    """String: the session's Consent."""
    return _room(room, session, "consent")


def consents() -> str:
    """Sorted set of (room, session) that have a consent, score its expiry in Unix milliseconds."""
    return f"{PREFIX}:consents"


def consents_changed() -> str:
    """Channel: a consent is new or changed."""
    return f"{PREFIX}:consents:changed"


def wanted() -> str:
    """Sorted set of (room, session, language), score its expiry in Unix milliseconds."""
    return f"{PREFIX}:wanted"


def wanted_changed() -> str:
    """Channel: a language was added to `wanted`."""
    return f"{PREFIX}:wanted:changed"


def languages() -> str:
    """String: the translator's Languages."""
    return f"{PREFIX}:languages"


def failed_logins(origin: str) -> str:
    """String: failed logins of this minute, from one origin or all."""
    return f"{PREFIX}:failed-logins:{origin}"


def directory(part: str) -> str:
    """Keys of the local Directory: spec, status, pool, ready, changed."""
    return f"{PREFIX}:{{directory}}:{part}"
