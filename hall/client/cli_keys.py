"""Whose key a command line uses: a PKCS#12 file with its password, PEM files, or a token with its PIN.

Here, too: how far a long step has come.

What may not live here: what is done with the key.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path

from hall.client.keys import KeyHolder, from_pem, open_p12
from hall.client.national import is_pair_file, open_pair
from hall.clock import Clock
from hall.errors import Refused
from hall.signing.certificates import load_certificate

EVERY: float = 5.0
"""Seconds between two lines about progress where no terminal shows one that changes."""


def add_key_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options about the key."""
    parser.add_argument("--p12", type=Path, metavar="FILE", help="证书文件（.p12、.pfx；国密双证书为 .pem）")
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="从文件第一行读取证书密码；否则在终端询问"
    )
    parser.add_argument("--certificate", type=Path, metavar="CERT.pem", help="证书（PEM 或 DER）")
    parser.add_argument("--key", type=Path, metavar="KEY.pem", help="私钥（PKCS#8 PEM，无密码）")
    parser.add_argument(
        "--pkcs11",
        type=Path,
        metavar="LIBRARY",
        help="UKey 的 PKCS#11 库；有多张证书时用 --certificate 指定。口令同 --password-file",
    )


def names_key(args: argparse.Namespace) -> bool:
    """Say whether the options name a key at all."""
    return any(one is not None for one in (args.key, args.p12, args.pkcs11))


def open_key(args: argparse.Namespace) -> KeyHolder:
    """Open the key the options name. Raises Refused("certificate_needed"), and what opening it raises."""
    if args.pkcs11 is not None:
        return _in_token(args)
    if args.p12 is not None:
        data = args.p12.read_bytes()
        password = _password(args, "证书密码：")
        return open_pair(data, password) if is_pair_file(data) else open_p12(data, password)
    if args.certificate is None or args.key is None:
        raise Refused("certificate_needed")
    return from_pem(args.certificate.read_bytes(), args.key.read_bytes())


def _in_token(args: argparse.Namespace) -> KeyHolder:
    from hall.client.token import Tokens  # only who has a token needs its library

    tokens = Tokens(args.pkcs11)
    found = {one.certificate.sha256 for one in tokens.certificates()}
    if args.certificate is not None:
        found = {load_certificate(args.certificate.read_bytes()).sha256}
    if len(found) != 1:
        raise Refused("token_has_several" if found else "token_certificate_absent")
    return tokens.open(found.pop(), _password(args, "UKey 口令（PIN）："))


def _password(args: argparse.Namespace, prompt: str) -> str:
    if args.password_file is not None:
        first, *_ = args.password_file.read_text(encoding="utf-8").splitlines() or [""]
        return str(first)
    return getpass.getpass(prompt)


def read_passphrase(args: argparse.Namespace) -> str:
    """The passphrase of a recovery file."""
    if args.passphrase_file is not None:
        first, *_ = args.passphrase_file.read_text(encoding="utf-8").splitlines() or [""]
        return str(first)
    return getpass.getpass("恢复口令（不少于 12 个字符）：")


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read."""
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(data)


class Progress:
    """Tells on standard error how far a step has come and how long it may still take."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._step = ""
        self._began = 0.0
        self._from = 0.0
        self._told = 0.0

    def tell(self, step: str, done: int, of: int) -> None:
        """`done` of `of` bytes are done."""
        now, share = self._clock.monotonic(), done / max(of, 1)
        if step != self._step:
            self._step, self._began, self._from, self._told = step, now, share, 0.0
        live = sys.stderr.isatty()
        if share < 1 and now - self._told < (0.2 if live else EVERY):
            return
        self._told = now
        line = f"{step} {share:4.0%}{self._left(now - self._began, share)}"
        print(f"\r{line:<60}" if live else line, end="" if live and share < 1 else "\n", file=sys.stderr)

    def _left(self, elapsed: float, share: float) -> str:
        if elapsed < 2 or share >= 1 or share - self._from < 0.01:
            return ""
        seconds = elapsed * (1 - share) / (share - self._from)
        return f"，约剩 {seconds:.0f} 秒" if seconds < 90 else f"，约剩 {seconds / 60:.0f} 分钟"
