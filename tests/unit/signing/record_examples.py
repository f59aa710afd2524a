"""Example opening records for the tests of the record and its signatures."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from hall.signing import record_course as c
from hall.signing import record_matters as m
from hall.signing.record_model import OpeningRecord

START = 1_795_309_200_000
"""2026-11-22 09:00 in Shanghai."""

_MINUTE = 60_000


def digest(text: str) -> str:
    """A digest that looks like one."""
    return hashlib.sha256(text.encode()).hexdigest()


def opening_record(mode: str = "production") -> OpeningRecord:
    """Three opened bids of one lot, a fourth that was not decrypted, an objection, incidents, everything filled."""
    names = [
        "晋中建设集团有限公司",
        "太行路桥工程股份有限公司",
        "阳泉市政工程有限责任公司",
        "汾河水利水电建筑安装工程有限公司",
    ]
    people = ["赵一鸣", "钱二妮", "孙三江", "李四海"]
    prices = ["12345678.90", "11980000.00", "12000000.07"]
    bidders = [
        c.BidderLine(
            lot="L1",
            bidder=f"b{n}",
            name=name,
            representative=people[n],
            certificate=digest(name),
            deposited_at=START - 86_400_000 + n * 1_234_567,
            signed_in_at=START - 40 * _MINUTE + n * 61_001,
            released_at=START + 16 * _MINUTE + n * 9_017 if n < 3 else None,
            opened_at=START + 16 * _MINUTE + n * 9_017 + 333 if n < 3 else None,
            sealed_sha256=digest(f"sealed {n}"),
            status="opened" if n < 3 else "deemed_revoked",
        )
        for n, name in enumerate(names)
    ]
    read_out = [
        c.ReadOut(
            lot="L1",
            bidder=f"b{n}",
            name=names[n],
            price=prices[n],
            period="365 日历天",
            quality="合格",
            manager=f"周{n}平",
            security="800000.00 元",
            bid_sha256=digest(f"pdf {n}"),
            read_out_at=START,
        )
        for n in range(3)
    ]
    unit = "阳泉市公共资源交易中心"
    return OpeningRecord(
        origin="hall.example/YQ-2026-001",
        mode=mode,
        opening="YQ-2026-001-1",
        tender="YQ-2026-001",
        tender_name="阳泉市滨河东路北段道路改造及雨污分流工程施工",
        procuring_entity="阳泉市住房和城乡建设局",
        tendering_agency="山西诚信工程招标代理有限公司",
        place="阳泉市公共资源交易平台不见面开标大厅（https://hall.example）",
        bid_deadline=START,
        opening_time=START,
        made_at=START + 70 * _MINUTE + 123,
        manifest=digest("manifest"),
        manifest_code="1234 5678 9012 3456 7890 1234 5678 9012",
        tree_size=417,
        tree_root=digest("root"),
        lots=(c.Lot("L1", "施工一标段", price_ceiling="13000000.00", base_price=None),),
        staff=(
            c.Staff("host", "王主持", "山西诚信工程招标代理有限公司", digest("host")),
            c.Staff("announcer", "唱小标", "山西诚信工程招标代理有限公司", digest("announcer")),
            c.Staff("procuring_entity", "张三丰", "阳泉市住房和城乡建设局", digest("entity")),
            c.Staff("scrutineer", "李监标", unit, digest("scrutineer")),
            c.Staff("clerk", "王记录", unit, digest("clerk")),
            c.Staff("supervisor", "刘监督", "阳泉市行政审批服务管理局", digest("supervisor")),
        ),
        bidders=tuple(bidders),
        sealing=(
            c.SealingCheck(
                lot="L1",
                role="host",
                declared_by="host 王主持",
                certificate=digest("host"),
                declared_at=START + 9 * _MINUTE,
                held=(),
                answers=tuple(
                    c.SealingAnswer(
                        bidder=line.bidder,
                        name=line.name,
                        rehashed_sha256=line.sealed_sha256,
                        intact=True,
                        answer="intact" if n else "no_answer",
                        at=START if n else None,
                    )
                    for n, line in enumerate(bidders)
                ),
            ),
        ),
        windows=(
            c.DecryptionWindow(
                lot="L1",
                commanded_by="host 王主持",
                opened_at=START + 15 * _MINUTE,
                commanded_until=START + 75 * _MINUTE,
                closes_at=START + 75 * _MINUTE,
                closed_at=START + 75 * _MINUTE,
                reason="time_over",
                undecrypted=("b3",),
            ),
        ),
        ledger=(c.LedgerSpan("L1", "", "", "running", START + 15 * _MINUTE, START + 75 * _MINUTE),),
        results=(
            c.Results(
                lot="L1",
                role="host",
                declared_by="host 王主持",
                certificate=digest("host"),
                declared_at=START + 79 * _MINUTE,
                decrypted=("b0", "b1", "b2"),
                undecrypted=("b3",),
                answers=tuple(
                    c.ResultsAnswer(f"b{n}", name, "intact", START + 76 * _MINUTE)
                    for n, name in enumerate(names)
                ),
            ),
        ),
        read_out=tuple(read_out),
        confirmations=(
            c.Confirmation("L1", "b0", "confirmed", START + 62 * _MINUTE),
            c.Confirmation("L1", "b1", "objected", START + 63 * _MINUTE, "工期应为 360 日历天"),
            c.Confirmation("L1", "b2", "no_answer", None),
        ),
        objections=(
            c.Objection(
                "L1",
                "b1",
                names[1],
                START + 64 * _MINUTE,
                "唱标时我方工期读作365日历天，投标文件为360日历天，请核对。",
                "rejected",
                "procuring_entity 张三丰",
                START + 66 * _MINUTE,
                "经当场核对开标一览表，贵方所报工期为365日历天；投标文件内容由评标委员会评审。",
            ),
        ),
        incidents=(
            _incident(
                1, "fault_reported", "", "bidder-b3", "无法读取证书", "投标人自身原因", by="bidder 汾河水利"
            ),
            _incident(2, "media_worker_lost", "", "host", "音视频服务重启，缺 2.1 秒", "服务自动重启"),
        ),
        register=m.Register(2, digest("register"), "procuring_entity 张三丰", START + 78 * _MINUTE),
        causes=(
            m.CauseDecision(
                "L1",
                "b3",
                names[3],
                "deemed_revoked",
                0,
                "",
                "解密口令三次输入错误，逾时未解密。",
                "procuring_entity 张三丰",
                START + 76 * _MINUTE,
            ),
        ),
        presence=tuple(
            c.Presence(f"bidder-b{n}", name, 4_200_000 - n * 48_000, n * 36_000, n, n * 12_000)
            for n, name in enumerate(names)
        ),
        recordings=tuple(
            c.RecordingHead(p, f"{p}/001.mp4", 1_033, digest(p))
            for p in ("host", "bidder-b0", "bidder-b1", "bidder-b2")
        ),
        settings=(
            c.Setting("procedure_law", "招标投标法"),
            c.Setting("procurement_method", "公开招标"),
            c.Setting("minimum_bidders", "3"),
            c.Setting("decryption_window", "60 min"),
            c.Setting("objection_period", "5 min"),
            c.Setting("retention", "15 years"),
        ),
    )


def _incident(
    number: int, kind: str, clause: str, subject: str, text: str, explanation: str = "", by: str = "hall"
) -> m.Incident:
    at = START + (20 + number) * _MINUTE
    start, end = (at - 48_000, at) if clause else (None, None)
    scope = ("b3",) if clause == "b" else ()
    return m.Incident(number, at, kind, clause, subject, text, scope, start, end, 0, by, explanation)


def with_long_texts(record: OpeningRecord) -> OpeningRecord:
    """The same with texts longer than a page, and with characters no printer likes."""
    objection = replace(
        record.objections[0], text="第一条 我方认为……\n" * 400, answer="\u202e答复<b>&\x00 𠮷 😀 " * 300
    )
    return replace(record, objections=(objection,))
