"""A thin client of the API server over `kubernetes.aio`: JSON in and out, errors as classes."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
from kubernetes.aio.client import ApiClient

from dolmetsch_core.cluster import config

Json = dict[str, Any]
REQUEST_S = 10.0
"""How long one call may take; with a server that is away each waits no longer."""
TRIES = 5
"""For calls that the server throttles (429) or that met it while starting (503)."""
PAUSE_S = 0.2
MAX_PAUSE_S = 5.0
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"


class ApiError(Exception):
    """The API server's answer was not the wanted one; `status` is HTTP's, the text says why in its words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class NotFound(ApiError):
    """There is no such object (404)."""


class Conflict(ApiError):
    """Somebody else wrote in between, or the object exists already (409). Remedy: read, then decide again."""


class Invalid(ApiError):
    """The object breaks the rules (400, 422); or a JSON patch's test failed. Remedy: in the message."""


class Forbidden(ApiError):
    """The service account may not do this (401, 403), or a quota forbids it. Remedy: in the message."""


class NamespaceEnding(Forbidden):
    """The namespace is being deleted: nothing can be made in it (403). Remedy: wait, it may be there anew."""


class Expired(ApiError):
    """The version to watch from is too old (410). Remedy: list again."""


class Away(Exception):
    """The API server can't be reached, is broken, or throttles for too long. Remedy: try again later."""


_ERRORS: Mapping[int, type[ApiError]] = {
    400: Invalid,
    401: Forbidden,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Expired,
    422: Invalid,
}


def cluster_of(kubeconfig: Path | None = None, *, connections: int = 32) -> "Cluster":
    """Return a client for the cluster that this process runs in, or that the kubeconfig names.

    It reads its configuration at the first call, which raises Away where neither is to be had.
    """
    return Cluster(lambda: _client(kubeconfig, connections))


async def connect(kubeconfig: Path | None = None, *, connections: int = 32) -> "Cluster":
    """Return `cluster_of(kubeconfig)`, its configuration read. Raises Away."""
    cluster = cluster_of(kubeconfig, connections=connections)
    await cluster.open()
    return cluster


async def _client(kubeconfig: Path | None, connections: int) -> ApiClient:
    try:
        configuration = await config.load(kubeconfig)
    except config.NoCluster as error:
        raise Away(str(error)) from error
    configuration.connection_pool_maxsize = connections
    # Else aiohttp asks two threads, for .netrc and for proxies, at every call. A kubeconfig can name a proxy.
    configuration.client_session_kwargs = {"trust_env": False}
    return ApiClient(configuration)


class Cluster:
    """Calls by path. All raise ApiError's subclasses and Away."""

    def __init__(self, make: Callable[[], Awaitable[ApiClient]]) -> None:
        self._make = make
        self._client: ApiClient | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> ApiClient:
        """Read the configuration, once. Raises Away."""
        async with self._opening:
            if self._client is None:
                self._client = await self._make()
        return self._client

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()  # type: ignore[no-untyped-call]
            self._client = None

    async def get(self, path: str, **query: str) -> Json:
        """Return an object, or a list."""
        return await self._call("GET", path, query=query)

    async def create(self, path: str, obj: Mapping[str, Any], **query: str) -> Json:
        """Create an object (`dryRun="All"`: only see whether it could be); Conflict: the name is taken."""
        return await self._call("POST", path, body=obj, query=query)

    async def replace(self, path: str, obj: Mapping[str, Any]) -> Json:
        """Replace an object of the version that `obj` names; Conflict: it is another one by now."""
        return await self._call("PUT", path, body=obj)

    async def merge(self, path: str, patch: Mapping[str, Any]) -> Json:
        """Apply a JSON merge patch; what is None is removed."""
        return await self._call("PATCH", path, body=patch, content=MERGE_PATCH)

    async def patch(self, path: str, *operations: Mapping[str, Any]) -> Json:
        """Apply a JSON patch; Invalid: one of its tests failed."""
        return await self._call("PATCH", path, body=list(operations), content=JSON_PATCH)

    async def delete(self, path: str, *, uid: str, grace_seconds: int | None = None) -> Json:
        """Delete the very object of this uid; Conflict: another one has the name by now."""
        options: Json = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        return await self._call("DELETE", path, body=options)

    async def watch(
        self, path: str, version: str, *, timeout: float, silence: float, **query: str
    ) -> AsyncGenerator[tuple[str, Json], None]:
        """Yield (type, object) from `version` on, bookmarks included, for `timeout` seconds.

        Raises Away after `silence` seconds without a word, Expired when the version is too old.
        """
        query |= {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": version}
        query["timeoutSeconds"] = str(int(timeout))
        answer = await self._request("GET", path, query, timeout=timeout + silence)
        try:
            while True:
                async with asyncio.timeout(silence):
                    line = await answer.content.readline()
                if not line:
                    return
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise _error(event["object"].get("code", 500), json.dumps(event["object"]).encode())
                yield event["type"], event["object"]
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            raise Away(f"the watch of {path} ended: {type(error).__name__}") from error
        finally:
            answer.close()

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        content: str = "application/json",
    ) -> Json:
        pause = PAUSE_S
        for left in reversed(range(TRIES)):
            answer = await self._request(
                method, path, query or {}, timeout=REQUEST_S, body=body, content=content
            )
            try:
                raw = await answer.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                raise Away(f"{method} {path}: {type(error).__name__}") from error
            if answer.status < 400:
                found: Json = json.loads(raw)
                return found
            if answer.status not in (429, 503):
                raise _error(answer.status, raw)
            if left:
                asked = answer.headers.get("Retry-After", "")
                await asyncio.sleep(max(pause, min(float(asked), MAX_PAUSE_S)) if asked.isdigit() else pause)
                pause *= 2
        raise Away(f"{method} {path}: the API server throttles ({answer.status})")

    async def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        timeout: float,
        body: object = None,
        content: str = "application/json",
    ) -> aiohttp.ClientResponse:
        client = await self.open()
        params = await client.param_serialize(
            method,
            path,
            query_params=list(query.items()),
            header_params={"Accept": "application/json", "Content-Type": content},
            auth_settings=["BearerToken"],
        )
        _, url, headers, _, _ = params
        try:
            answer = await client.rest_client.request(  # type: ignore[no-untyped-call]
                method, url, headers=headers, body=body, _request_timeout=timeout
            )
            response: aiohttp.ClientResponse = answer.response
            if response.status >= 400 and query.get("watch"):
                raise _error(response.status, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Away(f"{method} {path}: {type(error).__name__}") from error
        return response


def _error(status: int, raw: bytes) -> ApiError | Away:
    """Whatever the server says of its own trouble (etcd is away, a request took too long) is Away."""
    told: Json = {}
    try:
        told = json.loads(raw)
        message = told.get("message") or told.get("reason") or ""
    except ValueError:
        message = raw.decode(errors="replace")[:300]
    if status == 429 or status >= 500:
        return Away(f"{message} ({status})")
    kind = _ERRORS.get(status, ApiError)
    if kind is Forbidden and _names_cause(told, "NamespaceTerminating"):
        kind = NamespaceEnding
    return kind(status, f"{message} ({status})")


def _names_cause(told: Json, cause: str) -> bool:
    """Whether the server gives this as a reason of its answer, in its words for programs."""
    causes = (told.get("details") or {}).get("causes") or ()
    return any(each.get("reason") == cause for each in causes)
