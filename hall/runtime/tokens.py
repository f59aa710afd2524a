"""Tokens for devices that can't log in: encoders that send by WHIP, players that receive by WHEP.

A token is random, shown once to who made it, bound to one opening and to who may use it, and expires; here lies its
hash alone, in a small file, so that a restart of the hall doesn't throw a camera out. What may not live here: what its
holder may see or send at this moment; that is asked anew each time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from hall.clock import Clock
from hall.errors import NotPermitted, Refused, Unavailable

log = logging.getLogger("hall.tokens")

LONGEST: Final = 12 * 3600_000
"""ms that a token may live: as long as a login."""

_PER_OPENING: Final = 64


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token. `participant`: as whom it sends, "" if it only watches; `certificate`, `role`: of who
    made it; `until`: hall time in ms."""

    id: str
    hash: str
    opening: str
    participant: str
    certificate: str
    role: str
    until: int


class Tokens:
    """All tokens of this hall. `file` holds those that are good."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file, self._clock = file, clock
        self._tokens = {token.hash: token for token in _read(file)}

    def make(
        self, opening: str, participant: str, certificate: str, role: str, life_ms: int
    ) -> tuple[str, Token]:
        """A new token: its secret text, which nobody will ever see again, and what is known of it.

        Raises Refused("too_many_tokens"), Unavailable("storage_failed").
        """
        now = self._clock.now()
        good = {h: t for h, t in self._tokens.items() if t.until > now}
        if sum(t.opening == opening for t in good.values()) >= _PER_OPENING:
            raise Refused("too_many_tokens", most=_PER_OPENING)
        text = secrets.token_urlsafe(32)
        until = now + min(life_ms, LONGEST)
        token = Token(secrets.token_hex(6), _hash(text), opening, participant, certificate, role, until)
        self._keep(good | {token.hash: token})
        log.info("token made", extra={"facts": _facts(token)})
        return text, token

    def of(self, text: str, opening: str) -> Token:
        """The token that this text is. Raises NotPermitted("bad_token"): unknown, expired, or another opening's."""
        token = self._tokens.get(_hash(text))
        if token is None or token.opening != opening or token.until <= self._clock.now():
            raise NotPermitted("bad_token")
        return token

    def is_good(self, token: Token) -> bool:
        """Whether the token was neither revoked nor has expired."""
        return token.hash in self._tokens and token.until > self._clock.now()

    def good(self, opening: str) -> list[Token]:
        """All tokens of an opening that can still be used."""
        now = self._clock.now()
        return [t for t in self._tokens.values() if t.opening == opening and t.until > now]

    def revoke(self, token: Token) -> None:
        """From now on the token is good for nothing. Raises Unavailable("storage_failed")."""
        self._keep({h: t for h, t in self._tokens.items() if h != token.hash})
        log.info("token revoked", extra={"facts": _facts(token)})

    def _keep(self, tokens: Mapping[str, Token]) -> None:
        """Durable first: a token that was shown works after a power cut, and a revoked one doesn't."""
        draft = self._file.with_suffix(".new")
        try:
            with open(draft, "w", encoding="utf-8", opener=_private) as file:
                json.dump([asdict(token) for token in tokens.values()], file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._file)
        except OSError as error:
            log.error("the tokens could not be written: %s", error)
            raise Unavailable("storage_failed") from None
        self._tokens = dict(tokens)


def _read(file: Path) -> list[Token]:
    try:
        return [Token(**one) for one in json.loads(file.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as error:
        log.error("the tokens in %s can't be read, none is good: %s", file, error)
        return []


def _facts(token: Token) -> dict[str, object]:
    return {
        "token": token.id,
        "opening": token.opening,
        "participant": token.participant,
        "certificate": token.certificate,
    }


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
