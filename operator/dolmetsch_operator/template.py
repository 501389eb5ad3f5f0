"""What engine pods are made of: the last template of the pool that can be used."""

import asyncio
import logging

from dolmetsch_core.cluster.api import ApiError, Away, Forbidden, Invalid
from dolmetsch_operator.apply import Writer
from dolmetsch_operator.facts import Pool
from dolmetsch_operator.pods import PodMaker, TemplateUnusable

log = logging.getLogger(__name__)
CHECK_S = 2.0
"""How long decisions wait for the API server's look at an edited template."""
CHECK_AGAIN_S = 5.0
"""Until it is asked again, where it did not answer."""
UNUSABLE = "Engines can't be made of spec.template, mend it"
UNCHECKED = "The API server has not looked at spec.template yet"
NO_POOL = "There is no EnginePool 'default' in this namespace: create one (crds/examples/enginepool.yaml)"


class Template:
    """The pool's template, looked at by the API server before any pod is made of it.

    One that can't be used changes nothing: engines go on, and new ones are made of the one before.
    """

    def __init__(self, writer: Writer, namespace: str, public_key: str) -> None:
        self._writer = writer
        self._namespace = namespace
        self._public_key = public_key
        self.maker: PodMaker | None = None
        """None while there is no pool, or none that was ever usable."""
        self.hash = ""
        """What pods of the present template carry."""
        self.message = ""
        """What is wrong with the pool itself."""
        self._made_of: Pool | None = None
        self._check_at = float("-inf")
        """Not before this the API server is asked again (the loop's clock)."""

    async def look(self, pool: Pool | None) -> bool:
        """Take in the pool as it is now; whether it brought a new template."""
        if pool is None:
            self.maker, self._made_of, self.message = None, None, NO_POOL
            self._check_at = float("-inf")
            return False
        made_of = self._made_of
        same = made_of and (made_of.uid, made_of.generation) == (pool.uid, pool.generation)
        if same or asyncio.get_running_loop().time() < self._check_at:
            return False
        maker = PodMaker(pool.spec, pool.uid, self._namespace, self._public_key)
        try:
            template = maker.template_hash
            unchecked = await self._check(maker)
        except (TemplateUnusable, Invalid) as error:
            self._made_of, self.message = pool, f"{UNUSABLE}: {error}"
            log.warning("EnginePool: %s", self.message)
            return False
        self.message = unchecked
        if unchecked and self.maker is not None:
            return False
        # Unchecked it is better than none: what is wrong with it shows when an engine is made.
        self._made_of = None if unchecked else pool
        self.maker, self.hash = maker, template
        return True

    async def _check(self, maker: PodMaker) -> str:
        """Have the API server look at such a pod; why it did not, '' when it did. Raises Invalid."""
        try:
            async with asyncio.timeout(CHECK_S):
                await self._writer.check(maker)
        except Invalid:
            raise
        except Forbidden:
            # A quota that is used up says nothing of the template.
            return ""
        except (ApiError, Away, TimeoutError) as error:
            why = f"{UNCHECKED}: {str(error) or 'no answer in time'}"
            log.warning("EnginePool: %s", why)
            self._check_at = asyncio.get_running_loop().time() + CHECK_AGAIN_S
            return why
        return ""
