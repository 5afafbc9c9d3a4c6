"""Fetch from official sources as they are at their worst: busy, failing, cut off, slow, changed.

Calls are spaced (rate limit), retried with growing pauses (a ``Retry-After`` is obeyed), and end in one clear
:class:`~corridors.errors.SourceError`. Downloads go to a ``.part`` file and are taken up where they broke off.
A key travels in a header, never in an address, so that no message or log can show it.

Plain requests with tenacity, rather than comtradeapicall and wbgapi: the first prints failures and returns nothing,
the second hides the answer's headers, so that neither can tell "try later" from "no such data".
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests
import tenacity

from corridors import __version__
from corridors.errors import SourceError, nearest

RETRIED = (429, 500, 502, 503, 504)
_BROKEN = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


class _Again(Exception):
    """A failure worth another try; ``after`` seconds if the server said so."""

    def __init__(self, what: str, after: float | None = None) -> None:
        super().__init__(what)
        self.after = after


@dataclass
class Client:
    """One source: its address, how often it may be asked, how patient we are."""

    name: str
    base: str
    min_interval: float = 1.0  # seconds between calls
    attempts: int = 6
    timeout: float = 60.0  # seconds without a byte
    longest_pause: float = 120.0
    headers: Mapping[str, str] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep
    _last: float = field(default=-1e9, repr=False)

    def get_json(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON at ``path``; retried if the source is busy, fails or answers with half a document."""

        def once() -> Any:
            response = self._ask(path, params)
            try:
                return json.loads(response.content)
            except ValueError:
                raise _Again("an answer that is cut off or not JSON") from None

        return self._patiently(once, path)

    def download(self, path: str, target: Path) -> Path:
        """The file at ``path`` into ``target``; a broken-off download goes on where it stopped, also in a later run."""
        part = target.with_name(target.name + ".part")
        part.parent.mkdir(parents=True, exist_ok=True)

        def once() -> None:
            have = part.stat().st_size if part.exists() else 0
            ask = {"Range": f"bytes={have}-"} if have else {}
            with self._open(path, None, ask, stream=True) as response:
                if response.status_code == 416:  # what we have is not the beginning of what is there now
                    part.unlink()
                    raise _Again("a file that changed meanwhile")
                going_on = response.status_code == 206
                total = _total_bytes(response, have if going_on else 0)
                try:
                    with part.open("ab" if going_on else "wb") as file:
                        for block in response.iter_content(1 << 16):
                            file.write(block)
                except _BROKEN as error:
                    raise _Again(f"a download that broke off ({type(error).__name__})") from None
            if total is not None and part.stat().st_size != total:
                raise _Again(f"{part.stat().st_size:,} of {total:,} bytes")

        self._patiently(once, path)
        os.replace(part, target)
        return target

    def _ask(self, path: str, params: Mapping[str, str | int] | None) -> requests.Response:
        with self._open(path, params, {}, stream=False) as response:
            return response

    def _open(
        self, path: str, params: Mapping[str, str | int] | None, extra: Mapping[str, str], *, stream: bool
    ) -> requests.Response:
        wait = self._last + self.min_interval - time.monotonic()
        if wait > 0:
            self.sleep(wait)
        self._last = time.monotonic()
        headers = {"User-Agent": f"trade-corridors/{__version__}", **self.headers, **extra}
        try:
            response = requests.get(
                f"{self.base}/{path}", params=dict(params or {}), headers=headers, timeout=self.timeout, stream=stream
            )
        except _BROKEN as error:
            raise _Again(f"no complete answer ({type(error).__name__})") from None
        status = response.status_code
        if status in RETRIED:
            response.close()
            raise _Again(f"status {status}", _retry_after(response))
        if status in (401, 403):
            raise SourceError(f"{self.name}: {path}: refused (status {status}); is the key in the environment right and its quota left?")
        if status >= 400 and status != 416:
            raise SourceError(f"{self.name}: {path}: status {status}")
        return response

    def _patiently(self, once: Callable[[], Any], path: str) -> Any:
        growing = tenacity.wait_exponential_jitter(initial=1.0, max=self.longest_pause)

        def pause(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.after if isinstance(error, _Again) else None
            return min(asked, self.longest_pause) if asked is not None else growing(state)

        try:
            return tenacity.Retrying(
                retry=tenacity.retry_if_exception_type(_Again), wait=pause,
                stop=tenacity.stop_after_attempt(self.attempts), sleep=self.sleep, reraise=True,
            )(once)
        except _Again as error:
            hint = "; the quota is used up or the source is busy: try later" if "429" in str(error) else ""
            raise SourceError(f"{self.name}: {path}: {error}, {self.attempts} times{hint}") from None


def _retry_after(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After")
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _total_bytes(response: requests.Response, already: int) -> int | None:
    length = response.headers.get("Content-Length")
    return already + int(length) if length and length.isdigit() and "Content-Encoding" not in response.headers else None


def require_columns(found: Iterable[str], needed: Iterable[str], where: str) -> None:
    """SourceError naming every column that ``where`` no longer has, with the nearest that it has."""
    have = list(found)
    missing = [c for c in needed if c not in have]
    if missing:
        named = ", ".join(f"{c!r}{nearest(c, have)}" for c in missing)
        raise SourceError(f"{where}: changed its columns: missing {named}; it has: {', '.join(have)}")


def cache_folder() -> Path:
    """Where unfinished downloads and answers wait for the next run: ``CORRIDORS_CACHE``, else the user's cache."""
    named = os.environ.get("CORRIDORS_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trade-corridors"
