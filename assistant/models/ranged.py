"""The beginning of a file on a server, read by HTTP ranges as it is needed."""

from __future__ import annotations

import io
from types import TracebackType
from urllib.parse import urlsplit

from assistant.errors import AssistantError
from rag import proxies

_BLOCK = 1 << 20
_MOST = 64 << 20  # a header with the largest vocabularies takes some 15 MB
_TIMEOUT = 10.0


class RangedFile(io.RawIOBase):
    """Raises AssistantError when the server does not answer, has no such file, or sends no ranges."""

    def __init__(self, url: str, token: str | None = None) -> None:
        """``token``: shown to this server only, not to one that it redirects to."""
        import httpx2

        if wrong := proxies.problem(url):
            raise AssistantError(wrong)
        self._url, self._place, self._held, self._size = url, 0, b"", -1
        headers = {"Accept-Encoding": "identity", **({"Authorization": f"Bearer {token}"} if token else {})}
        self._client = httpx2.Client(headers=headers, follow_redirects=True, timeout=_TIMEOUT)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()
        super().close()

    @property
    def fetched(self) -> int:
        return len(self._held)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset if whence == io.SEEK_SET else self._place + offset
        return self._place

    def read(self, size: int = -1) -> bytes:
        if size < 0 or self._place + size > _MOST:
            raise AssistantError(f"{self._url}: its header is longer than {_MOST >> 20} MB; it is no model file")
        while len(self._held) < self._place + size and len(self._held) != self._size:
            self._more(self._place + size)
        found = self._held[self._place : self._place + size]
        self._place += len(found)
        return found

    def _more(self, wanted: int) -> None:
        import httpx2

        begin = len(self._held)
        end = max(wanted, begin + _BLOCK) - 1
        try:
            with self._client.stream("GET", self._url, headers={"Range": f"bytes={begin}-{end}"}) as answer:
                if answer.status_code == 416:
                    self._size = begin
                    return
                if answer.status_code != 206:
                    raise AssistantError(self._refused(answer.status_code))
                body = answer.read()
                total = answer.headers.get("Content-Range", "").rpartition("/")[2]
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise AssistantError(
                f"{urlsplit(self._url).netloc or self._url} cannot be reached ({type(error).__name__}); connect to the "
                "network, or give a model that is on this machine"
            ) from None
        self._held += body
        if total.isdigit() and len(self._held) >= int(total) or not body:
            self._size = len(self._held)

    def _refused(self, status: int) -> str:
        match status:
            case 200:
                return f"{self._url}: the server sends no parts of files; fetch the file and give its path"
            case 401 | 403:
                return (
                    f"{self._url}: the server refuses (HTTP {status}); accept the model's licence there, set HF_TOKEN"
                )
            case 404:
                return f"{self._url}: there is no such file (HTTP 404); check its name"
        return f"{self._url}: the server answers HTTP {status}; try again later"
