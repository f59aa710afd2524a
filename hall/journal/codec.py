"""Event ⇄ canonical JSON object: frozen dataclasses become plain dicts and come back exactly the same.

What lives here: the translation, built once per event class from its type hints, and the upcasters' chain. What may
not: I/O, and any knowledge of what an event means. Reading is strict: a stored body that is not exactly the event
raises JournalCorrupt, because a guess about the past is worse than a stop.

A field may be str (and NewType of it), int, bool, a StrEnum, one of these or None, a nested frozen dataclass, a tuple.
The kind is the class's name; its version is the optional `version: ClassVar[int]`, 1 otherwise.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from types import NoneType, UnionType
from typing import Final, NoReturn

from hall.errors import HallError, JournalCorrupt

Body = dict[str, object]
Upcaster = Callable[[Body], Body]
"""From the body of one version to the body of the next."""


class _Unlike(Exception):
    """The value is not what the field's type says; carries the path to it, innermost name last."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str] = []

    def within(self, name: str) -> _Unlike:
        """Note that the failure lies inside `name`."""
        self.path.insert(0, name)
        return self


@dataclasses.dataclass(frozen=True, slots=True)
class _Form:
    """Both directions of one type: `write` gives JSON values, `read` takes them; both raise _Unlike."""

    write: Callable[[object], object]
    read: Callable[[object], object]


class EventCodec:
    """Translates the events of one domain.

    events: the closed union of event classes, or a tuple of them.
    upcasters: (kind, version) -> function that lifts a body of that version to the next one.
    """

    def __init__(
        self, events: UnionType | Iterable[type], upcasters: Mapping[tuple[str, int], Upcaster] | None = None
    ) -> None:
        classes = typing.get_args(events) if isinstance(events, UnionType) else tuple(events)
        self._versions: dict[str, int] = {}
        self._forms: dict[str, _Form] = {}
        self._classes: dict[str, type] = {}
        self._upcasters = dict(upcasters or {})
        built: dict[object, _Form] = {}
        for cls in classes:
            kind = cls.__name__
            if kind in self._classes:
                raise TypeError(f"two events are called {kind}")
            self._classes[kind] = cls
            self._versions[kind] = getattr(cls, "version", 1)
            self._forms[kind] = _form(cls, built)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds this codec knows, sorted."""
        return tuple(sorted(self._classes))

    def class_of(self, kind: str) -> type:
        """The class of a kind."""
        return self._classes[kind]

    def encode(self, event: object) -> tuple[str, int, Body]:
        """Give (kind, version, body). Raises TypeError for an event that is not of this domain or has a wrong field."""
        kind = type(event).__name__
        if self._classes.get(kind) is not type(event):
            raise TypeError(f"{kind} is no event of this journal")
        try:
            body = self._forms[kind].write(event)
        except _Unlike as unlike:
            raise TypeError(f"{'.'.join([kind, *unlike.path])}: {unlike.reason}") from None
        return kind, self._versions[kind], typing.cast(Body, body)

    def decode(self, kind: str, version: int, body: Mapping[str, object]) -> object:
        """Give the event back. Raises JournalCorrupt for anything that `encode` can't have written."""
        form = self._forms.get(kind)
        if form is None:
            raise JournalCorrupt("event_unknown", kind=kind)
        current = dict(body)
        while version != self._versions[kind]:
            lift = self._upcasters.get((kind, version))
            if lift is None:
                raise JournalCorrupt("event_version_unknown", kind=kind, version=version)
            current, version = lift(current), version + 1
        try:
            return form.read(current)
        except _Unlike as unlike:
            raise JournalCorrupt(
                "event_malformed", kind=kind, field=".".join(unlike.path), reason=unlike.reason
            ) from None


def _form(hint: object, built: dict[object, _Form]) -> _Form:
    """Build the two directions for one type hint; `built` holds the dataclasses that are done."""
    origin = typing.get_origin(hint)
    if origin is tuple:
        return _tuple(typing.get_args(hint), built)
    if origin is UnionType or origin is typing.Union:
        return _optional(typing.get_args(hint), built)
    if isinstance(hint, typing.NewType):
        return _form(hint.__supertype__, built)
    if hint is str or hint is int or hint is bool:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enum(hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        if hint not in built:
            built[hint] = _record(hint, built)
        return built[hint]
    raise TypeError(f"an event's field can't be {hint!r}")


def _plain(kind: type) -> _Form:
    """Exactly `kind`: a bool is no int here, and an enum member no str."""

    def same(value: object) -> object:
        if type(value) is not kind:
            _unlike(kind.__name__, value)
        return value

    return _Form(same, same)


_PLAIN: Final[Mapping[object, _Form]] = {kind: _plain(kind) for kind in (str, int, bool)}


def _enum(kind: type[StrEnum]) -> _Form:
    members = {str(member.value): member for member in kind}

    def write(value: object) -> object:
        if not isinstance(value, kind):
            _unlike(kind.__name__, value)
        return str(value.value)

    def read(value: object) -> object:
        if type(value) is not str or value not in members:
            _unlike(kind.__name__, value)
        return members[value]

    return _Form(write, read)


def _optional(options: tuple[object, ...], built: dict[object, _Form]) -> _Form:
    some = [option for option in options if option is not NoneType]
    if len(some) != 1 or len(options) != 2:
        raise TypeError(f"an event's field can't be one of {options!r}: only `T | None`")
    inner = _form(some[0], built)
    return _Form(
        lambda value: None if value is None else inner.write(value),
        lambda value: None if value is None else inner.read(value),
    )


def _tuple(items: tuple[object, ...], built: dict[object, _Form]) -> _Form:
    if len(items) != 2 or items[1] is not Ellipsis:
        raise TypeError(f"an event's tuple is `tuple[T, ...]`, not tuple{list(items)!r}")
    inner = _form(items[0], built)

    def each(step: Callable[[object], object], values: Iterable[object]) -> list[object]:
        done: list[object] = []
        for value in values:
            try:
                done.append(step(value))
            except _Unlike as unlike:
                raise unlike.within(f"[{len(done)}]") from None
        return done

    def write(value: object) -> object:
        if not isinstance(value, tuple):
            _unlike("tuple", value)
        return each(inner.write, value)

    def read(value: object) -> object:
        if not isinstance(value, list):
            _unlike("list", value)
        return tuple(each(inner.read, value))

    return _Form(write, read)


def _record(cls: type, built: dict[object, _Form]) -> _Form:
    hints = typing.get_type_hints(cls)
    fields = dataclasses.fields(cls)
    if not cls.__dataclass_params__.frozen or not all(field.init for field in fields):  # type: ignore[attr-defined]  # set by @dataclass, unknown to typeshed
        raise TypeError(
            f"{cls.__name__} must be a frozen dataclass whose fields are all given to the constructor"
        )
    forms = {field.name: _form(hints[field.name], built) for field in fields}
    names = frozenset(forms)
    # A start reads long journals: values that are what they should be are taken without a call.
    readers = [
        (name, hints[name] if hints[name] in _PLAIN else None, form.read) for name, form in forms.items()
    ]

    def write(value: object) -> object:
        if type(value) is not cls:
            _unlike(cls.__name__, value)
        body: Body = {}
        for name, form in forms.items():
            try:
                body[name] = form.write(getattr(value, name))
            except _Unlike as unlike:
                raise unlike.within(name) from None
        return body

    def read(value: object) -> object:
        if not isinstance(value, dict):
            _unlike("object", value)
        if value.keys() != names:
            odd = sorted(names.symmetric_difference(value))
            raise _Unlike("keys " + ", ".join(map(str, odd)))
        given: dict[str, object] = {}
        name = ""
        try:
            for name, plain, read_one in readers:
                item = value[name]
                given[name] = item if type(item) is plain else read_one(item)
        except _Unlike as unlike:
            raise unlike.within(name) from None
        try:
            return cls(**given)
        except (HallError, ValueError) as error:
            # The class has rules of its own (a signed act whose body does not have its digest, say).
            raise _Unlike(str(error)) from error

    return _Form(write, read)


def _unlike(wanted: str, value: object) -> NoReturn:
    raise _Unlike(f"wanted {wanted}, found {type(value).__name__}")
