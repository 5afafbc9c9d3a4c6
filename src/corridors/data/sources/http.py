"""Fetch from official sources as they are at their worst: busy, failing, cut off, slow, changed.

Calls are spaced (rate limit), retried with growing pauses (a ``Retry-After`` is obeyed), and end in
one clear :class:`~corridors.errors.SourceError`. Downloads go to a ``.part`` file and are taken up
where they broke off. A key travels in a header, never in an address, goes to the source's own host
and to no other, and is masked in every message. What comes back is not trusted: its size, its time
and its form have limits.

Plain requests with tenacity, rather than comtradeapicall and wbgapi: the first prints failures and
returns nothing, the second hides the answer's headers, so that neither can tell "try later" from
"no such data".
"""

from __future__ import annotations

import json
import math
import os
import queue
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

import requests
import tenacity
import urllib3

from corridors import __version__
from corridors.errors import SourceError, hide, nearest, plain

RETRIED = (429, 500, 502, 503, 504)
_BROKEN = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.HTTPError,
)
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_OWN_MACHINE = ("127.0.0.1", "::1", "localhost")
_KEY = re.compile(r"[\x21-\x7e]{8,200}")
_BLOCK = 1 << 16
_SLOWEST_BYTES_A_SECOND = 1_000
_SHOWN = 200


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
    answer_seconds: float = 300.0  # for one whole answer, however slowly it drips
    most_bytes: int = 128 * 2**20  # of one answer, unpacked
    most_download_bytes: int = 16 * 2**30
    longest_pause: float = 120.0
    headers: Mapping[str, str] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep
    _last: float = field(default=-1e9, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.base)
        if parts.scheme != "https" and parts.hostname not in _OWN_MACHINE:
            raise SourceError(f"{self.name}: {self.base}: only https is asked")
        for value in self.headers.values():
            hide(value)

    def get_json(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON at ``path``; retried if the source is busy, fails or answers with half a document."""

        def once() -> Any:
            with self._open(path, params, {}) as response:
                content = self._content(response, path)
            try:
                return json.loads(content, parse_constant=_no_number)
            except RecursionError:
                raise SourceError(f"{self.name}: {path}: an answer that is nested too deep to be one") from None
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
            with self._open(path, None, {"Accept-Encoding": "identity", **ask}) as response:
                if response.status_code == 416:  # what we have is not the beginning of what is there now
                    part.unlink()
                    raise _Again("a file that changed meanwhile")
                going_on = response.status_code == 206
                have = have if going_on else 0
                total = _total_bytes(response, have)
                self._check_size(max(total or 0, have), self.most_download_bytes, path)
                with part.open("ab" if going_on else "wb") as file:
                    started = time.monotonic()
                    for block in _blocks(response):
                        file.write(block)
                        have += len(block)
                        self._check_size(have, self.most_download_bytes, path)
                        passed = time.monotonic() - started
                        if passed > self.answer_seconds and file.tell() < _SLOWEST_BYTES_A_SECOND * passed:
                            raise _Again("a download that hardly moves")
            if total is not None and part.stat().st_size != total:
                raise _Again(f"{part.stat().st_size:,} of {total:,} bytes")

        self._patiently(once, path)
        os.replace(part, target)
        return target

    def told(self, text: object) -> str:
        """Something that the source said, for one of our messages: one plain line, not too long, without our key."""
        return plain(" ".join(str(text).split()), longest=_SHOWN)

    def _content(self, response: requests.Response, path: str) -> bytes:
        """The whole answer, unpacked here so that no more of it is unpacked than is allowed."""
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("identity", "", "gzip", "deflate"):
            raise SourceError(f"{self.name}: {path}: packed as {self.told(coding)!r}; only gzip was asked for")
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 32) if coding in ("gzip", "deflate") else None
        found = bytearray()
        deadline = time.monotonic() + self.answer_seconds
        for block in _blocks(response):
            if time.monotonic() > deadline:
                raise SourceError(f"{self.name}: {path}: too slow: no whole answer within {self.answer_seconds:g} s")
            try:
                found += block if unpack is None else unpack.decompress(block, self.most_bytes + 1 - len(found))
            except zlib.error:
                raise _Again("an answer that is damaged") from None
            self._check_size(len(found), self.most_bytes, path)
        if unpack is not None and not unpack.eof:
            raise _Again("an answer that is cut off")
        return bytes(found)

    def _check_size(self, size: int, most: int, path: str) -> None:
        if size > most:
            raise SourceError(
                f"{self.name}: {path}: an answer of more than {most / 2**20:,.0f} MB, which no table of ours needs"
            )

    def _open(self, path: str, params: Mapping[str, str | int] | None, extra: Mapping[str, str]) -> requests.Response:
        """The answer with its body still to be read."""
        wait = self._last + self.min_interval - time.monotonic()
        if wait > 0:
            self.sleep(wait)
        self._last = time.monotonic()
        response = self._follow(
            path,
            params,
            {
                "User-Agent": f"trade-corridors/{__version__}",
                "Accept-Encoding": "gzip",
                **self.headers,
                **extra,
            },
        )
        status = response.status_code
        if status in RETRIED:
            response.close()
            raise _Again(f"status {status}", _retry_after(response))
        if status in (401, 403):
            raise SourceError(
                f"{self.name}: {path}: refused (status {status}); is the key in the environment "
                f"right and its quota left?"
            )
        if status >= 400 and status != 416:
            raise SourceError(f"{self.name}: {path}: status {status}")
        return response

    def _follow(
        self, path: str, params: Mapping[str, str | int] | None, headers: Mapping[str, str],
    ) -> requests.Response:
        """The answer, sent on by the source as often as it may be, and never to another host."""
        address, asked = f"{self.base}/{path}", dict(params or {})
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._get(path, address, asked, headers)
            if response.status_code not in _REDIRECTS or "Location" not in response.headers:
                return response
            response.close()
            there = urljoin(response.url, response.headers["Location"])
            if _origin(there) != _origin(self.base):
                raise SourceError(
                    f"{self.name}: {path}: sends on to {self.told(_origin(there))}, which is "
                    f"another place; nothing is sent there"
                )
            address, asked = there, {}
        raise SourceError(f"{self.name}: {path}: sends on and on")

    def _get(
        self, path: str, address: str, params: Mapping[str, str | int], headers: Mapping[str, str],
    ) -> requests.Response:
        """The beginning of the answer, waited for no longer than a whole answer may take."""
        answers: queue.SimpleQueue[requests.Response | BaseException] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(
                    requests.get(
                        address,
                        params=params,
                        headers=headers,
                        timeout=self.timeout,
                        stream=True,
                        allow_redirects=False,
                    )
                )
            except BaseException as error:
                answers.put(error)

        # In a thread, since a source that sends a byte of its headers a minute would never time
        # out.
        threading.Thread(target=ask, daemon=True).start()
        try:
            answer = answers.get(timeout=self.answer_seconds)
        except queue.Empty:
            raise SourceError(f"{self.name}: {path}: too slow: no answer within {self.answer_seconds:g} s") from None
        if isinstance(answer, _BROKEN):
            raise _Again(f"no complete answer ({type(answer).__name__})") from None
        if isinstance(answer, requests.RequestException | ValueError):
            raise SourceError(f"{self.name}: {path}: cannot be asked: {self.told(answer)}") from None
        if isinstance(answer, BaseException):
            raise answer
        return answer

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


def _blocks(response: requests.Response) -> Iterator[bytes]:
    """The body as it comes, still packed: each block as soon as there is something of it."""
    try:
        while block := response.raw.read1(_BLOCK, decode_content=False):
            yield block
    except (*_BROKEN, OSError) as error:
        raise _Again(f"an answer that broke off ({type(error).__name__})") from None


def _origin(address: str) -> str:
    """Where an address leads: scheme, host and port."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "no address"
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def key_from_environment(variable: str) -> str:
    """The key in an environment variable, empty if there is none; hidden in every message from now on.

    SourceError, which does not show it, if it cannot be a key.
    """
    key = os.environ.get(variable, "").strip()
    if not key:
        return ""
    if len(key) >= 8:
        hide(key)
    if not _KEY.fullmatch(key):
        raise SourceError(
            f"the environment variable {variable} holds no key: allowed are 8 to 200 letters, "
            f"digits and signs of one line, without spaces; nothing was sent"
        )
    return key


def _retry_after(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After")
    if not text:
        return None
    try:
        seconds = float(text)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _total_bytes(response: requests.Response, already: int) -> int | None:
    length = response.headers.get("Content-Length")
    return already + int(length) if length and length.isdigit() and "Content-Encoding" not in response.headers else None


def require_columns(found: Iterable[str], needed: Iterable[str], where: str) -> None:
    """SourceError naming every column that ``where`` no longer has, with the nearest that it has."""
    have = [plain(str(name), longest=40) for name in found]
    missing = [c for c in needed if c not in have]
    if missing:
        named = ", ".join(f"{c!r}{nearest(c, have)}" for c in missing)
        raise SourceError(f"{where}: changed its columns: missing {named}; it has: {', '.join(have[:12])}")


def cache_folder() -> Path:
    """Where unfinished downloads and answers wait for the next run: ``CORRIDORS_CACHE``, else the user's cache."""
    named = os.environ.get("CORRIDORS_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trade-corridors"
