"""What can be translated into what: published by the worker, read by the api and its pages."""

from dolmetsch_core.wire.base import Wire


class Languages(Wire):
    """The pairs that some translation backend has, or last had, with a sentence for the page."""

    pairs: dict[str, tuple[str, ...]]
    """Source language -> target languages, sorted, without the source itself (our codes)."""
    note: str = ""
    """Why these languages and no others: one sentence for a person."""

    def targets(self, source: str) -> tuple[str, ...]:
        """What `source` can be read in, itself included: its own language needs no translation."""
        return tuple(sorted({source, *self.pairs.get(source, ())}))

    def with_those_of(self, other: "Languages") -> "Languages":
        """The same with the other's pairs added; the note stays."""
        pairs = {
            source: tuple(sorted({*self.pairs.get(source, ()), *other.pairs.get(source, ())}))
            for source in sorted({*self.pairs, *other.pairs})
        }
        return self.model_copy(update={"pairs": pairs})
