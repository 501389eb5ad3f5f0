"""What can be translated, as the translator says; the api keeps the last known answer."""

from redis.asyncio import Redis

from dolmetsch_core.live import keys
from dolmetsch_core.wire.translation import Languages

LANGUAGES_TTL_S = 3600


async def publish(store: Redis, languages: Languages) -> None:
    """Say which pairs there are; again every few seconds, because the store may forget."""
    await store.set(keys.languages(), languages.to_bytes(), ex=LANGUAGES_TTL_S)


async def read(store: Redis) -> Languages | None:
    """Return what a translator said last, or None when none has."""
    value = await store.get(keys.languages())
    return Languages.model_validate_json(value) if value else None
