"""What `hall seal`, `hall deposit` and `hall release` say: one sentence for what happened, one for what can be done.

What lives here: words for people at a terminal, in Chinese. What may not: decisions. The codes are those of the web
client, whose words stand in its locale files; a code that is missing here is shown as it is.
"""

from __future__ import annotations

from typing import Final

from hall.errors import HallError, Unavailable

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
"""Wrongly called, as argparse has it."""

AWAY: Final = 3
"""The line or the hall is away: the same command, run again, goes on from there."""

WORDS: Final = {
    # files and keys
    "malformed_certificate": "读不懂证书（应为 PEM 或 DER）。请向证书颁发机构索取原始文件。",
    "malformed_key": "读不懂私钥（应为不带密码的 PKCS#8 PEM）。带密码的证书文件请用 --p12。",
    "malformed_p12": "证书文件里没有成对的证书和私钥。请换用完整的 .p12 或 .pfx 文件。",
    "wrong_password": "证书密码不正确，或证书文件已被改动。请重新输入。",
    "token_library": "打不开 PKCS#11 库。请向 UKey 厂商确认 --pkcs11 的路径。",
    "token_absent": "没有找到 UKey。请插好后重试。",
    "token_certificate_absent": "UKey 中没有这张证书或它的私钥。请插入存有它的 UKey。",
    "token_has_several": "UKey 中有多张证书。请用 --certificate CERT.pem 指明一张。",
    "token_has_sm2": "这是国密（SM2）证书，本程序不能使用 UKey 中的 SM2 密钥。请用证书对文件（--p12 FILE.pem）。",
    "token_cannot_unwrap": "这个 UKey 不能用于解密投标文件。请换用能加密的业务 UKey 或证书文件。",
    "token_failed": "UKey 没有完成操作（{detail}）。请拔下再插好后重试。",
    "pin_wrong": "UKey 口令不正确；多次输错会锁定 UKey。请核对后再试。",
    "pin_locked": "UKey 已被锁定。请联系证书颁发机构解锁。",
    "key_of_another_certificate": "私钥与证书不是一对。请核对 --key 和 --certificate。",
    "unsupported_key": "不支持这种密钥。请使用 2048 位以上的 RSA 或 P-256 证书。",
    "malformed_pdf": "这个 PDF 不能签名（有密码保护或已损坏）。请去掉保护或另存为新的 PDF。",
    "not_a_pdf": "输入文件不是 PDF。投标文件必须是 PDF；其他单个文件请用 --raw 封装。",
    "amount_malformed": "报价不是金额。只写数字，最多两位小数，例如 1234567.89。",
    "malformed_summary": "开标一览表必须恰好有 price、period、quality、manager、security 五项，都是一行文字。",
    "summary_needed": "缺少开标一览表：--summary FILE（JSON，含 price、period、quality、manager、security）。",
    "key_needed": "开标一览表必须签名，否则将来不能作为投标文件打开：请用 --p12 FILE 或 --key KEY.pem；"
    "单个文件可用 --raw 不签名封装。",
    "certificate_needed": "缺少证书：请用 --p12 FILE，或 --certificate CERT.pem（配 --key KEY.pem）。",
    "malformed_header": "编号为空、过长，或含有易混淆的字符。请核对 --tender、--lot、--bidder。",
    "input_changed": "封装过程中输入文件被改动。请关闭正在编辑它的程序后重试。",
    "raw_needs_no_key": "--raw 原样封装单个文件，不用 --key、--p12 和 --summary。",
    "not_a_sealed_bid": "这不是加密投标文件。请先用 hall seal 加密。",
    "malformed_payload": "加密文件不完整（长度不对）。请重新加密，或换用完整的副本。",
    "ciphertext_damaged": "加密文件自检没有通过：第 {segment} 段打不开。请不要递交，重新加密。",
    "envelope_damaged": "密钥信封打不开。请确认证书是加密时的那一张。",
    "wrong_context": "信封里的密钥不属于这份投标文件。请不要继续，联系主持人和监督人。",
    "commit_mismatch": "取出的密钥与投标文件的密钥承诺不符。请确认证书；仍不符时请提出异议。",
    "wrong_certificate": "当前证书不是加密时使用的那一张。请换用指纹为 {needed} 的证书。",
    "passphrase_too_short": "恢复口令太短。请用不少于 {least} 个字符的口令，并与恢复文件分开保管。",
    "recovery_passphrase_wrong": "恢复口令不正确，或恢复文件已损坏。请核对后重试。",
    "recovery_file_malformed": "这不是恢复文件。请用 hall seal --recovery 保存的文件。",
    "recovery_file_other": "这个恢复文件不属于已递交的投标文件。请换用与它同时保存的恢复文件。",
    "remedy_not_allowed": "招标文件没有规定凭恢复文件解密。请用递交时的证书；证书无法使用的，立即致电代理机构。",
    "remedy_refused": "凭恢复文件解密的申请未获确认。请用递交时的证书解密，或在大厅提出异议。",
    "copy_and_recovery_needed": "由留底重制需要恢复文件和未加密留底：请同时给出 --recovery 和 --copy。",
    "not_damaged": "大厅保存的投标文件完好，不需要重新提交。",
    "malformed_receipt": "读不懂 --receipt 文件。请用 hall deposit 生成的 .receipt.json。",
    # the hall
    "hall_unreachable": "与大厅的连接中断。请检查网络后再运行一次同样的命令，会从断点继续。",
    "unexpected_answer": "大厅没有正常应答（HTTP {status}）。请稍候再运行一次同样的命令。",
    "unknown_certificate": "大厅没有登记这张证书。请确认证书；确属本单位时请联系招标代理机构登记。",
    "certificate_expired": "这张证书已经过期。请换用有效的证书；已递交的需重新加密递交。",
    "certificate_revoked": "这张证书已被吊销。请联系证书颁发机构。",
    "certificate_untrusted": "这张证书不是本项目认可的机构颁发的。请用招标文件列明的数字证书。",
    "not_permitted": "这张证书在本项目中不能做这一步。请核对证书和项目编号。",
    "no_such_tender": "没有这个项目，或无权查看。请核对项目编号。",
    "no_such_lot": "没有这个标段。请核对 --lot。",
    "wrong_tender": "这个文件不是为本项目加密的。请重新加密。",
    "wrong_lot": "这个文件不是为本标段加密的。请重新加密。",
    "wrong_bidder": "这个文件写的是另一个投标人（--bidder）。请用本单位在大厅登记的编号重新加密。",
    "sealed_for_another": "这个文件是用另一张证书加密的。请用当前证书重新加密。",
    "digest_mismatch": "大厅收到的字节与声明的不一致，已清除。请再运行一次同样的命令。",
    "deadline_passed": "投标截止时间已过，大厅不再接收。大厅签名的拒收回执已保存在 {paper}。",
    "deadline_held": "截止时间因平台故障暂缓，现在不能递交。请等待项目实施主体的通知。",
    "disk_full": "大厅的存储空间不足。请立即联系服务热线，并保留本地的加密文件。",
    "receipt_mismatch": "大厅的回执与递交的内容不一致。请立即联系服务热线，并保留本地文件。",
    "another_history": "大厅给出的记录与先前核验过的不一致，已停止。请立即告知监督人。",
    "no_deposit": "本单位在本标段没有递交。",
    # the release
    "too_early": "主持人还没有下达解密指令。加 --wait 可一直等待。",
    "window_closed": "解密时限已过。如非自身原因，请立即提出异议并说明。",
    "suspended": "开标已暂停，解密时间不计。恢复后再运行，或加 --wait。",
    "not_signed_in": "本单位没有签到，不能解密。",
    "released_already": "本单位已经解密，无需重复。",
    "lot_locked": "本标段投标人不足法定数量，投标文件保持密封。",
    "bid_held": "本单位的投标文件在密封检查中被保留，请等待处理结果。",
    "not_the_deposit": "大厅给出的文件头与签名递交的不一致（{reason}），已停止，密钥没有离开本机。"
    "请不要再试，立即告知主持人和监督人。",
    "command_invalid": "解密指令没有通过验证（{reason}），密钥没有离开本机。请立即告知主持人和监督人。",
    "custody_changed": "密钥保管人与公布的不一致（{reason}），密钥没有离开本机。请立即告知监督人。",
    "takeover_needed": "本单位正在另一台设备上在线。要改由这里解密，请加 --take-over。",
    "other_certificate_live": "本单位正用另一张证书在场。请使用那一张证书。",
    "opening_closed": "本次开标已经结束。",
}


def said(error: HallError) -> str:
    """Give the words for an error, the code behind them for the person on the telephone."""
    words = WORDS.get(error.code, "大厅拒绝了这一步。请记下代码并联系服务热线。")
    facts = {key: str(value) for key, value in error.facts.items()}
    return f"{words.format_map(_Known(facts))}（{error.code}）"


def exit_code(error: HallError) -> int:
    """Give the exit code that an error ends a command with."""
    return AWAY if isinstance(error, Unavailable) else REFUSED


def of_system(error: OSError) -> tuple[str, int]:
    """The same for what the system says of a file or of the line: the words and the exit code."""
    if isinstance(error, TimeoutError | ConnectionError):
        lost = Unavailable("hall_unreachable")
        return said(lost), exit_code(lost)
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or repr(error)}", REFUSED


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"
