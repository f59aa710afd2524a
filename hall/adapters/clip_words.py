"""The page in every clip: what it is and how to check it, in Chinese and English."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from hall.runtime.media_ports import ClipOrder

_SHANGHAI: Final = timedelta(hours=8)

_TEXT: Final = """\
# 开标录音录像片段

- 招标项目：{tender_name}（{tender_number}）
- 开标编号：{opening}
- 起止时间：{start} 至 {end}（北京时间）
- 人员：{participants}
- 导出人：{by}，{at}

## 内容

- `clips/`：可直接播放的录像（VLC、Chrome、Edge、Firefox 等）。按关键帧截取，未重新编码，一个字节都没有改动；
  播放器显示的时刻从该段录像开始录制时算起。
- `index/`：录制时逐段写下的索引，含每段的时间、SHA-256 和校验链。
- `proofs.jsonl`：开标日志中固定校验链的行，及其在日志树（RFC 9162）中的存在证明。
- `clip.json`：片段的来源、范围、导出人和各文件的摘要，由大厅的日志密钥签名；其中的 checkpoint 是经签名的日志树根。

## 核验

不需要连接大厅，也不需要密码：

    hall recordings verify 本文件.zip --trust trust.json

`trust.json` 是随项目公布的信任锚，请从公告页面取得，不要使用他人随片段一起给您的。
任何一个字节被改动，核验都会指出是哪个文件。

# A clip of the recordings of an opening

- Tender: {tender_name} ({tender_number})
- Opening: {opening}
- From {start} to {end} (Beijing time)
- Participants: {participants}
- Exported by {by}, {at}

## What is in it

- `clips/`: recordings that play as they are (VLC, Chrome, Edge, Firefox …). Cut at keyframes, not encoded again, not
  one byte changed; the time that a player shows counts from the beginning of the recording.
- `index/`: what the recorder wrote down with each fragment: time, SHA-256, chain.
- `proofs.jsonl`: the rows of the opening's journal that fix these chains, with their inclusion proofs (RFC 9162).
- `clip.json`: where the clip comes from, its range, who exported it, and the digest of each file, signed by the hall's
  log key; its checkpoint is the signed root of the journal's tree.

## How to check it

Without the hall, and without any key:

    hall recordings verify THIS.zip --trust trust.json

`trust.json` is published with the tender: take it from there, and not from whoever gave you this clip. Should one byte
have been changed, the check names the file.
"""


def readme(order: ClipOrder) -> str:
    """The page for a clip."""
    named = (f"{name} ({who})" if name != who else who for who, name in order.participants)
    return _TEXT.format(
        tender_name=order.tender_name,
        tender_number=order.tender_number,
        opening=order.opening,
        start=_when(order.start),
        end=_when(order.end),
        participants=", ".join(named),
        by=f"{order.by.name} ({order.by.role.value}, {order.by.party})",
        at=_when(order.at),
    )


def _when(ms: int) -> str:
    moment = datetime.fromtimestamp(ms / 1000, UTC) + _SHANGHAI
    return f"{moment:%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}"
