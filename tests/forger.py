"""A forger of bundles: whoever holds the demo's keys and writes a journal that lies, but is well formed.

It changes rows, members and acts at will and then makes everything fit again: chains, tree, checkpoints signed by the
log key, acts signed by whoever may sign (or may not), on request a record that says the same lie, signed by all three.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from reportlab.pdfgen.canvas import Canvas

from hall.adapters.record_filler import fill
from hall.clock import ManualClock
from hall.evidence.bundle import CHECKPOINTS, HEAD, JOURNAL, BundleWriter
from hall.journal.checkpoint import SignedRoot, read, sign
from hall.journal.codec import EventCodec
from hall.journal.tree import Tree, leaf_hash
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.runtime.ports import RecordSource
from hall.session import events as session_events
from hall.session.state import OpeningState, evolve
from hall.signing import pdf_signer
from hall.signing.record_archive import FieldBox, assemble
from hall.signing.record_model import SIGNATORIES
from hall.signing.timestamps import InternalTimeStamps
from tests.demo_world import Holder, holder, world

Row = dict[str, Any]
_OPENING = EventCodec(session_events.Event)
_TREE = ("tree_size", "tree_root")
_BLANK = "forged, with blank pages"


@cache
def holders() -> dict[str, Holder]:
    """Everybody of the demo by the certificate's digest."""
    pki = world()
    names = [
        one.id
        for one in (
            *pki.bidders,
            *pki.staff,
            *pki.on_call,
            *pki.experts,
            pki.revoked,
            pki.expired,
            pki.foreign,
        )
    ]
    return {
        holder(name).certificate.sha256: holder(name)
        for name in (*names, "brief", "individual", "b2+renewed", "b2+other")
    }


@dataclass
class Forger:
    """An honest bundle taken apart. `lines`: {"salt", "row"} in tree order; `members`: everything else by name."""

    log_key: Ed25519PrivateKey
    head: dict[str, Any]
    lines: list[dict[str, Any]]
    checkpoints: list[dict[str, Any]]
    members: dict[str, bytes]

    @classmethod
    def of(cls, bundle: Path, log_key: Ed25519PrivateKey) -> Forger:
        with zipfile.ZipFile(bundle) as opened:
            members = {name: opened.read(name) for name in opened.namelist()}
        head = json.loads(members.pop(HEAD))
        lines = [json.loads(line) for line in members.pop(JOURNAL).splitlines()]
        checkpoints = [json.loads(line) for line in members.pop(CHECKPOINTS).splitlines()]
        return cls(log_key, head, lines, checkpoints, members)

    # what is there

    def row(self, kind: str, n: int = 0, /, **wanted: object) -> Row:
        """The n-th row of a kind whose body has these values; changing it changes the forgery."""
        return self.rows(kind, **wanted)[n]

    def rows(self, kind: str, /, **wanted: object) -> list[Row]:
        """All such rows."""
        return [
            line["row"]
            for line in self.lines
            if line["row"]["kind"] == kind and all(line["row"]["body"].get(k) == v for k, v in wanted.items())
        ]

    def deposit(self, bidder: str) -> Row:
        """The row of a bidder's last deposit."""
        found: list[Row] = [
            line["row"]
            for line in self.lines
            if line["row"]["kind"] == "DepositReceived" and line["row"]["body"]["deposit"]["bidder"] == bidder
        ]
        return found[-1]

    def at(self, row: Row) -> int:
        """A row's place."""
        return next(i for i, line in enumerate(self.lines) if line["row"] is row)

    # what is changed

    def move(self, row: Row, to: int) -> None:
        """Tell a row at another place."""
        self.lines.insert(to, self.lines.pop(self.at(row)))

    def remove(self, row: Row) -> None:
        self.lines.pop(self.at(row))

    def repeat(self, row: Row, **changes: object) -> Row:
        """Tell a row once more, right behind itself."""
        place = self.at(row)
        copy = deepcopy(self.lines[place])
        copy["row"].update(changes)
        copy["salt"] = hashlib.sha256(f"{place} {changes}".encode()).hexdigest()[:32]
        self.lines.insert(place + 1, copy)
        new: Row = copy["row"]
        return new

    def resign(self, row: Row, by: str = "", body: dict[str, Any] | None = None, **changes: object) -> None:
        """Change the act in a row and have it signed anew, by its signer or by `by`."""
        act = row["body"]["act"]
        if body is not None:
            act["body"] = canonical.dumps(json.loads(act["body"]) | body).decode()
            act["body_digest"] = hashlib.sha256(act["body"].encode()).hexdigest()
        act.update(changes)
        if by:
            act["certificate"] = holder(by).certificate.sha256
        self._sign(act)

    def _sign(self, act: dict[str, Any]) -> None:
        who = holders()[act["certificate"]]
        unsigned = SignedAct(**{**act, "signature": ""})
        act["signature"] = unsigned.with_signature(who.sign(unsigned.signed_bytes())).signature

    # making it fit

    def write(self, path: Path, *, record: bool = False, people_sign: bool = True) -> Path:
        """Write the forgery. record: make a record that tells the same; people_sign: everybody signs the new history
        they are said to have seen (else their acts stay as they were)."""
        if record:
            # The record names the tree before it, and the rows after it name the record.
            self._chain(people_sign)
            self._remake_record()
        tree = self._chain(people_sign)
        writer = BundleWriter(path)
        writer.add(JOURNAL, b"".join(canonical.dumps(line) + b"\n" for line in self.lines))
        writer.add(CHECKPOINTS, self._checkpoints(tree))
        for name, data in self.members.items():
            writer.add(name, data)
        writer.close({key: value for key, value in self.head.items() if key != "members"})
        return path

    def _chain(self, people_sign: bool) -> Tree:
        tree, last = Tree(), dict[str, tuple[int, str]]()
        for line in self.lines:
            row = line["row"]
            row["seq"], row["prev"] = last.get(row["stream"], (0, "00" * 32))
            row["seq"] += 1
            act = row["body"].get("act")
            if act and people_sign and act["tree_size"]:
                root = tree.root(min(act["tree_size"], tree.size)).hex()
                if (act["tree_size"], act["tree_root"]) != (min(act["tree_size"], tree.size), root):
                    act["tree_size"], act["tree_root"] = min(act["tree_size"], tree.size), root
                    self._sign(act)
            if row["kind"] == "RecordPrepared":
                row["body"]["tree_size"] = min(row["body"]["tree_size"], tree.size)
                row["body"]["tree_root"] = tree.root(row["body"]["tree_size"]).hex()
            leaf = leaf_hash(bytes.fromhex(line["salt"]), canonical.dumps(row))
            tree.append(leaf)
            last[row["stream"]] = (row["seq"], leaf.hex())
        return tree

    def _checkpoints(self, tree: Tree) -> bytes:
        made = []
        for n, mark in enumerate(self.checkpoints):
            said = read(mark["note"])
            size = tree.size if n == len(self.checkpoints) - 1 else min(said.size, tree.size)
            note = sign(SignedRoot(said.origin, size, tree.root(size).hex(), said.extensions), self.log_key)
            made.append(canonical.dumps({"at": mark["at"], "note": note}) + b"\n")
        return b"".join(made)

    def _remake_record(self) -> None:
        """The opening record anew from the forged rows: blank pages, but the attachment and the signatures are real."""
        prepared = self.row("RecordPrepared")
        old = json.loads(self.members["record/record.json"])
        self.record_again(fill(self._source(prepared, old["made_at"])).to_json())

    def record_says(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Let the record say something else than the journal, and have it signed."""
        content = json.loads(self.members["record/record.json"])
        change(content)
        self.record_again(canonical.dumps(content))

    def _source(self, prepared: Row, made_at: int) -> RecordSource:
        state, entries = OpeningState(), []
        for line in self.lines[: self.at(prepared)]:
            row = line["row"]
            if row["stream"].startswith("opening/"):
                event: Any = _OPENING.decode(row["kind"], 1, row["body"])
                state = evolve(state, event, row["received_at"])
                entries.append((row["received_at"], row["actor"], event))
        persons = {one.person: "王小明" for one in state.signed_in.values()}
        size, root = (prepared["body"][key] for key in _TREE)
        return RecordSource(state, entries, persons, size, root, made_at)

    def record_again(
        self,
        content: bytes,
        signers: dict[str, str] | None = None,
        drawn: tuple[bytes, list[FieldBox]] | None = None,
    ) -> None:
        """A new record with this attachment, signed by the appointed three, or by whom `signers` names for a role.
        drawn: its pages and where its fields are, blank ones if none are given."""
        prepared = self.row("RecordPrepared")
        boxes = [FieldBox(role, 0, (20, 20 + 40 * n, 120, 50 + 40 * n)) for n, role in enumerate(SIGNATORIES)]
        pages, fields = drawn or (_blank_page(), boxes)
        pdf = assemble(
            pages,
            attachment=content,
            title="forged" if drawn else _BLANK,
            made_at=prepared["received_at"],
            fields=fields,
        )
        prepared["body"]["sha256"] = hashlib.sha256(pdf).hexdigest()
        prepared["body"]["content"] = hashlib.sha256(content).hexdigest()
        self.members["record/record.json"] = content
        self._sign_record(pdf, signers or {})

    def _sign_record(self, pdf: bytes, signers: dict[str, str]) -> None:
        pki = world()
        chain = [pki.issuing.read_bytes()]
        completed = self.row("RecordCompleted")
        stamps = InternalTimeStamps(
            holder("tsa").certificate.der, holder("tsa").key, ManualClock(completed["received_at"]), chain
        )
        for role in SIGNATORIES:
            if not (rows := self.rows("RecordSigned", role=role)):
                continue  # refused, or missing: the rows say why
            signed = rows[0]
            due = holders()[signed["body"]["certificate"]]
            who = holder(signers[role]) if role in signers else due
            waiting = pdf_signer.prepare(pdf, role, who.certificate.der, chain, now_ms=signed["received_at"])
            pdf = pdf_signer.finish(waiting.state, who.sign(waiting.signed_attributes), stamps)
            signed["body"]["sha256"] = hashlib.sha256(pdf).hexdigest()
        known = (pki.root.read_bytes(), *chain)
        pdf = pdf_signer.seal_for_long_term(pdf, known, [crl.read_bytes() for crl in pki.crls], stamps)
        completed["body"]["sha256"] = hashlib.sha256(pdf).hexdigest()
        self.members["record/record.pdf"] = pdf


def flipped(data: bytes, position: int, bit: int = 0) -> bytes:
    """The data with one bit of one byte changed."""
    return data[:position] + bytes([data[position] ^ (1 << bit)]) + data[position + 1 :]


def with_member(bundle: Path, name: str, data: bytes, out: Path, *, head_too: bool) -> Path:
    """The bundle zipped again with one member replaced; head_too: its digest in the head is put right as well."""
    with zipfile.ZipFile(bundle) as old:
        members = {one: old.read(one) for one in old.namelist()}
    members[name] = data
    if head_too and name != HEAD:
        head = json.loads(members[HEAD])
        for listed in head["members"]:
            if listed["path"] == name:
                listed.update(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        members[HEAD] = canonical.dumps(head)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for one, content in members.items():
            new.writestr(one, content)
    return out


def is_blank(pdf: bytes) -> bool:
    """Whether a forger drew nothing on this record."""
    return _BLANK.encode() in pdf


def _blank_page() -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(200, 200), invariant=True)
    canvas.showPage()
    canvas.save()
    return out.getvalue()
