"""Who is logged in: cookies, kept in memory only. After a restart of the hall a client proves itself again, unasked.

A token is random and stands nowhere but in the browser: here lies its hash.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from hall.clock import Clock
from hall.errors import NotPermitted, Refused
from hall.gateway.shield import is_secure
from hall.runtime.desk import Person

LIFE: Final = 12 * 3600
"""Seconds that a login lives."""

_NONCE_LIFE: Final = 24 * 3600  # seconds that a nonce could serve a second time
_PER_CERTIFICATE: Final = 16  # windows and machines of one person; the oldest goes


@dataclass(frozen=True, slots=True)
class Login:
    """One proven login. `key` names it without giving the token away; `begun`: ms UTC, `until`: monotonic seconds."""

    key: str
    person: Person
    robot: bool
    begun: int
    until: float


class Logins:
    """All logins of this process. over(person, begun): whether what the person logged in for is over since then."""

    def __init__(
        self, clock: Clock, over: Callable[[Person, int], bool] = lambda person, begun: False
    ) -> None:
        self._clock = clock
        self._over = over
        self._logins: dict[str, Login] = {}
        self._spent: dict[str, float] = {}

    def spend(self, nonce: str) -> None:
        """Let a login's nonce serve once: whoever overheard the login can't repeat it. Raises Refused."""
        now = self._clock.monotonic()
        self._spent = {nonce: at for nonce, at in self._spent.items() if now - at < _NONCE_LIFE}
        if nonce in self._spent:
            raise Refused("nonce_expired")
        self._spent[nonce] = now

    def begin(self, person: Person, robot: bool) -> str:
        """Give the token for a login that has just been proven."""
        now = self._clock.monotonic()
        self._logins = {key: login for key, login in self._logins.items() if login.until > now}
        same = [one.key for one in self._logins.values() if one.person.certificate == person.certificate]
        for key in same[: -_PER_CERTIFICATE + 1]:
            del self._logins[key]
        token = secrets.token_urlsafe(32)
        key = _key(token)
        self._logins[key] = Login(key, person, robot, self._clock.now(), now + LIFE)
        return token

    def of(self, request: web.Request) -> Login:
        """Give the request's login. Raises NotPermitted("login_needed")."""
        login = self.maybe(request)
        if login is None:
            raise NotPermitted("login_needed")
        return login

    def maybe(self, request: web.Request) -> Login | None:
        """Give the request's login, if it has one."""
        login = self._logins.get(_key(request.cookies.get(cookie_name(request), "")))
        if login is None or login.until <= self._clock.monotonic():
            return None
        if self._over(login.person, login.begun):
            self.end(login)  # clause 5.5.4: after the end tokens are revoked; who comes back logs in again
            return None
        return login

    def lasting(self, key: str, right: Callable[[], None]) -> Callable[[], None]:
        """The same right for as long as the login `key` lives; then it raises NotPermitted("login_needed")."""

        def narrowed() -> None:
            login = self._logins.get(key)
            if (
                login is None
                or login.until <= self._clock.monotonic()
                or self._over(login.person, login.begun)
            ):
                raise NotPermitted("login_needed")
            right()

        return narrowed

    def has_person(self, certificate: str) -> bool:
        """Whether a person is logged in by this certificate: then no robot plays its part."""
        now = self._clock.monotonic()
        return any(
            one.person.certificate == certificate and not one.robot and one.until > now
            for one in self._logins.values()
        )

    def end(self, login: Login) -> None:
        """Forget a login."""
        self._logins.pop(login.key, None)


def cookie_name(request: web.Request) -> str:
    """`__Host-` binds the cookie to https and to this very host; plain http exists on localhost only."""
    return "__Host-hall" if is_secure(request) else "hall"


def set_cookie(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """Hand the token to the browser, and to none of its scripts."""
    response.set_cookie(
        cookie_name(request),
        token,
        path="/",
        max_age=LIFE if token else 0,
        httponly=True,
        samesite="Strict",
        secure=is_secure(request),
    )


def _key(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
