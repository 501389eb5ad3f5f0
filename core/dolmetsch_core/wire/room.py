"""Room and EnginePool: one person's wish (`spec`) and one observer's report (`status`) each."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, field_serializer

from dolmetsch_core.wire.base import Resource


class Phase(StrEnum):
    """Where a room is in its life. An output for people, never a trigger."""

    PENDING = "Pending"
    STARTING = "Starting"
    READY = "Ready"
    ACTIVE = "Active"
    RECOVERING = "Recovering"
    DRAINING = "Draining"
    CLOSED = "Closed"
    FAILED = "Failed"

    @classmethod
    def _missing_(cls, value: object) -> "Phase":
        """A later release's word, which is no end of the room for this one."""
        return cls.PENDING


class Delay(StrEnum):
    """How far the engine is behind the speaker: under 5 s, under 15 s, more."""

    OK = "ok"
    SLOW = "slow"
    LATE = "late"


class Origin(StrEnum):
    """Who made the room, label `dolmetsch.dev/origin`; rooms made by the api are deleted when they end."""

    API = "api"
    OTHER = "other"


class ConditionType(StrEnum):
    """What can be true of a room."""

    ENGINE_SCHEDULED = "EngineScheduled"
    ENGINE_READY = "EngineReady"
    ROUTABLE = "Routable"
    DRAINING = "Draining"
    UNKNOWN = "Unknown"
    """Of a later release."""

    @classmethod
    def _missing_(cls, value: object) -> "ConditionType":
        return cls.UNKNOWN


class Reason(StrEnum):
    """Why a condition is as it is."""

    SCHEDULED = "Scheduled"
    WAITING = "Waiting"
    WRONG_NAME = "WrongName"
    NO_CAPACITY = "NoCapacity"
    STARTING = "Starting"
    READY = "Ready"
    STORE_AWAY = "StoreAway"
    ENGINE_LOST = "EngineLost"
    ENGINE_DISPLACED = "EngineDisplaced"
    BUDGET_SPENT = "BudgetSpent"
    DELETED = "Deleted"
    NO_HOST = "NoHost"
    CLOSED = "Closed"
    UNKNOWN = "Unknown"
    """Of a later release."""

    @classmethod
    def _missing_(cls, value: object) -> "Reason":
        return cls.UNKNOWN


class Condition(Resource):
    """One condition, Kubernetes-shaped."""

    type: ConditionType
    status: bool
    """`"True"` or `"False"` outside, as `kubectl wait` expects."""
    reason: Reason
    message: str = ""
    last_transition_time: datetime
    observed_generation: int = 0

    @field_serializer("status")
    def _as_kubernetes_does(self, status: bool) -> str:
        return str(status)


TITLE_LENGTH, TERM_LENGTH, TERMS = 500, 100, 200
"""How much of a title and of a vocabulary a Room holds."""


class RoomSpec(Resource):
    """What a room is meant to be. Written by the api or a person, never by an operator."""

    room_id: str = Field(min_length=1, max_length=200)
    """The talk's code in the schedule. Immutable."""
    title: str = Field(default="", max_length=TITLE_LENGTH)
    """The talk's title, for people."""
    source_lang: str = Field(pattern="^[a-z]{2,3}$")
    """The language spoken, a Whisper code such as `en`."""
    owner: str = Field(default="", max_length=200)
    """Subject of the host's token."""
    store_transcript: bool | None = None
    """The transcript may be kept. Unset: what the host says at its first connection is written here."""
    public_transcript: bool | None = None
    """Everybody may read the transcript; no effect without storeTranscript. Unset: as the host says."""
    vocabulary: tuple[Annotated[str, Field(min_length=1, max_length=TERM_LENGTH)], ...] = Field(
        default=(), max_length=TERMS
    )
    """Names and terms that Whisper is told to expect."""
    close_after_seconds: int = Field(default=300, ge=1, le=86400)
    """How long a room waits for its host to come back, in seconds."""
    activation_deadline_seconds: int = Field(default=120, ge=1, le=86400)
    """How long an activated room waits for its first host, in seconds."""
    activation: int = Field(default=1, ge=1, le=1_000_000)
    """Raised to start a closed or failed room anew: a new session. Never falls."""
    restart: int = Field(default=0, ge=0, le=1_000_000)
    """Raised to give the running session a new audio processor. Never falls."""


class EngineRef(Resource):
    """The engine that serves a room."""

    pod_name: str
    pod_uid: str = Field(alias="podUID")
    address: str
    """Base address, `http://host:port`."""
    epoch: int
    source_lang: str
    restart: int


class HostStatus(Resource):
    """Whether the host's audio reaches the engine, and since when."""

    connected: bool = False
    since: datetime | None = None


class RoomStatus(Resource):
    """How the room is. Written by the operator (one machine: local) alone, when it changes."""

    phase: Phase = Phase.PENDING
    conditions: tuple[Condition, ...] = ()
    engine: EngineRef | None = None
    host: HostStatus = HostStatus()
    delay: Delay = Delay.OK
    close_at: datetime | None = None
    """When the room closes for want of a host."""
    deadline: datetime | None = None
    """When the present wait ends: a start, a backoff, a drain."""
    unplaced_since: datetime | None = None
    """Since when nodes do not take the room's engines, or end them for their own needs."""
    failures: int = 0
    """Engines lost in this activation."""
    epoch: int = 0
    """Highest epoch given to an engine so far, a mirror of the pen."""
    activation: int = 0
    """The activation that this status speaks of."""
    message: str = ""
    observed_generation: int = 0

    def condition(self, kind: ConditionType) -> Condition | None:
        """Return the condition of that type, if it was ever set."""
        return next((each for each in self.conditions if each.type is kind), None)

    def serves_with(self, pod_uid: str) -> bool:
        """Whether this very engine served the room when it was looked at last."""
        return self.engine is not None and self.engine.pod_uid == pod_uid


class Room(Resource):
    """A room with what the store or API server knows of it."""

    name: str
    uid: str
    generation: int = 1
    created: datetime
    deleted: datetime | None = None
    origin: Origin = Origin.OTHER
    spec: RoomSpec
    status: RoomStatus = RoomStatus()

    @property
    def session(self) -> str:
        """The session's key: one activation of this very object."""
        return f"{self.uid}.{self.spec.activation}"

    @property
    def no_place(self) -> Condition | None:
        """What says that there is no place for the room as its spec is now; None: nothing does."""
        scheduled = self.status.condition(ConditionType.ENGINE_SCHEDULED)
        if self.status.observed_generation != self.generation or scheduled is None or scheduled.status:
            return None
        return scheduled if scheduled.reason is Reason.NO_CAPACITY else None

    @property
    def refused(self) -> bool:
        """Whether a host's activation was answered with a refusal, and no engine ever served it.

        That host may never come back. A change of `spec` is another try.
        """
        served = self.status.engine is not None or self.status.failures > 0
        return self.no_place is not None and not served and self.origin is Origin.API

    @property
    def routable(self) -> EngineRef | None:
        """The engine that takes audio for the present spec, or None while there is none."""
        ready = self.status.condition(ConditionType.ENGINE_READY)
        if ready is None or not ready.status or ready.observed_generation != self.generation:
            return None
        return self.status.engine


class PodSecurity(StrEnum):
    """What a pool's template may ask for."""

    RESTRICTED = "restricted"
    """What the Pod Security Standard of that name lets through, but for files from Secrets and tokens."""
    UNRESTRICTED = "unrestricted"
    """Anything: whoever may edit the pool has the nodes."""

    @classmethod
    def _missing_(cls, value: object) -> "PodSecurity":
        """A later release's word opens nothing in this one."""
        return cls.RESTRICTED


class EnginePoolSpec(Resource):
    """How many engines there may be, and of what kind."""

    resource_name: str = Field(
        default="nvidia.com/gpu",
        pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
    )
    """The resource that an engine takes and that a node has a limited number of."""
    per_engine: int = Field(default=1, ge=1, le=64)
    """How many of the resource one engine takes."""
    warm: int = Field(default=1, ge=0, le=1000)
    """Engines that wait with a loaded model, as far as there is room for them."""
    max_active_rooms: int = Field(default=2, ge=0, le=10_000)
    """How many rooms may be active at once, however many places the nodes have. 0: none."""
    schedule_timeout_seconds: int = Field(default=10, ge=1, le=3600)
    """How long a room's engine may find no place before the room is refused; minutes where nodes scale up."""
    start_timeout_seconds: int = Field(default=300, ge=1, le=7200)
    """How long an engine may take from its creation to being ready, the pull of its image included."""
    rollout_grace_seconds: int = Field(default=0, ge=0, le=604_800)
    """How long live rooms may stay on engines of an older template; 0: until they end."""
    pod_security: PodSecurity = PodSecurity.RESTRICTED
    """`restricted`: no engine is made of a template that the Pod Security Standard `restricted` refuses.

    Nor of one with files from Secrets or service account tokens. `unrestricted`: all templates are taken.
    """
    template: dict[str, Any] = Field(default_factory=dict)
    """What engine pods look like: `metadata` and `spec` of a pod, laid on the defaults.

    Containers and environment variables are merged by name; the engine's container is called `engine`.
    """


class EnginePoolStatus(Resource):
    """What there is: capacity = active + available; warm engines are part of available."""

    capacity: int = 0
    active: int = 0
    warm: int = 0
    available: int = 0
    model: str = ""
    """The model that the engines run, as they say."""
    languages: tuple[str, ...] = ()
    """Whisper codes that the model knows; empty until an engine has said so."""
    note: str = ""
    """What people should know of the engines, such as a slow machine."""
    message: str = ""
    """What keeps the pool from its engines, for a person; empty when all is well."""
    template_hash: str = ""
    """The template that new engines get."""
    template_since: datetime | None = None
    """Since when it is this one."""
    observed_generation: int = 0
