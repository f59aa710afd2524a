"""The Chinese words printed in the opening record, and how its times, amounts of time and fingerprints are written.

The record is a Chinese legal document, so its words are part of it and not of the screens' locale files. Every word the
layout prints stands here or in `record_codes`, because the font is cut down to these characters and the record's own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hall.procurement.calendar import ends_a_day
from hall.signing import record_codes

SHANGHAI = timezone(timedelta(hours=8))
"""Legal time of the hall (no daylight saving since 1991, so an offset is enough)."""

_TIMED = ("_limit", "_period", "_window", "_grace", "_age", "_silence", "_notice", "_deadline")

TITLE = "开标记录"
SUBJECT = "不见面开标记录"
REHEARSAL = "演练 · 不具法律效力"
CONTINUED = "（续）"
MISSING_GLYPH = "〓"
NOTHING = "—"
NONE = "无。"
YES, NO = "一致", "不一致"

_TENS = "一二三四五六七八九"
SECTION_NUMBERS = (*_TENS, "十", *(f"十{n}" for n in _TENS), "二十", *(f"二十{n}" for n in _TENS))
BASICS = "基本情况"
STAFF = "开标工作人员"
DEADLINES = "投标截止时间的调整"
BIDDERS = "投标人递交、签到与解密"
SEALING = "密封检查（首次宣布）"
WINDOW = "解密"
RESULTS = "解密结果（二次宣布）"
CUSTODY = "解密密钥的保管与打开"
REMEDIES = "以恢复文件解密（补救方案）"
REMEDY_ACT = {"claimed": "投标人申请以恢复文件解密", "accepted": "确认", "refused": "不予确认"}
KEYS_OF = "打开的密钥"
NEW_CUSTODIANS = "更换后的保管人证书"
READ_OUT = "唱标与报价确认"
QUOTES = "二次报价"
DRAWS = "抽取"
OBJECTIONS = "异议及答复"
CAUSES = "未解密原因认定"
SUSPENSIONS = "中止、协商与恢复"
INCIDENTS = "异常情况登记"
REMARKS = "监督与见证"
BID_PDFS = "投标文件签名验证"
BID_PDFS_NOTE = (
    "公布报价后，平台在隔离环境中验证各投标文件 PDF 内的电子签名，结果仅供查阅；签名不成立的后果依交易文件认定，"
    "平台不作取舍。"
)
NOTARY = "公证记载"
NOTARY_NOTE = (
    "以下各项由公证人员{}以本人数字证书逐项签名，公证人员仅对所公证的事实负责。签名原文载于开标日志，"
    "补充材料与开标资料一并存档。"
)
CERTIFICATE_HOLDER = "签署人与证书"
PROBLEM = "存在的问题"
REPORT = "验证报告摘要"
CONTENT = "内容"
SIGNED_DIGEST = "签名内容摘要"
TRANSCRIPT = "现场发言"
CONDUCT = "在线与音视频记录"
SETTINGS = "适用规则"
PROOF = "数据校验"
SIGNATURES = "签字"

TENDER_NAME = "项目名称"
TENDER_NUMBER = "项目编号"
PROCURING_ENTITY = "招标人"
AGENCY = "招标代理机构"
PLACE = "开标地点"
DEADLINE = "投标截止时间"
OPENING_TIME = "开标时间"
OPENING_ID = "开标场次"
MADE_AT = "记录生成时间"
LOT = "标段"
CEILING = "最高投标限价"
BASE_PRICE = "标底"
NUMBER = "序号"
ROLE_HEAD = "职责"
NAME = "姓名"
UNIT = "单位"
CERTIFICATE = "证书指纹"
BIDDER = "投标人"
REPRESENTATIVE = "代表"
DEPOSITED = "递交时间"
SIGNED_IN = "签到时间"
RELEASED = "提交解密"
OPENED = "开启时间"
STATE = "结果"
REHASHED = "开标时重新计算的密文 SHA-256"
COMPARED = "与回执"
BIDDER_ANSWER = "投标人答复"
DECLARED = "检查结论"
SEALED_INTACT = "密封完好"
HELD = "暂不开启"
BY_NOTARY = "公证人员检查并宣布，以本人证书签名"
BY_BIDDERS = "投标人自行检查，主持人宣布"
DECLARER = "宣布人"
DECLARED_AT = "宣布时间"
RESULT_INTACT = "与所递交一致"
DECRYPTED = "已解密"
UNDECRYPTED = "未解密"
REHASHES = "公证人员要求再次校验"
CHANGE = "变动"
BEFORE = "原"
AFTER = "新"
SIGNER = "签署人"
COMMANDED_UNTIL = "指令所定届满"
OWN_WINDOW = "单独解密时段"
LEDGER = "六十分钟计时"
COMMON = "共同时段"
FROM = "起"
TO = "止"
LENGTH = "时长"
COUNTED = "累计计时"
NO_LIABILITY = "各方免责"
ENTRY = "登记号"
SCOPE = "范围"
ALL = "全部投标人"
CORRECTS = "更正第 {} 条"
REGISTER_SIGNED = "登记簿共 {} 条，由 {} 于 {} 签名确认，摘要 {}。"
REGISTER_UNSIGNED = "登记簿尚未签名。"
SUSPENSION_NUMBER = "第 {} 次中止"
FAULT_SINCE = "故障开始"
STOPPED_AT = "停表"
RESUMED_AT = "恢复"
ENDED_BY = "结束方式"
STATED = "理由"
MANNER = "宣布方式"
ENTERED = "登记人"
TO_SIGN = "～"
DISAGREEMENT = "第 {} 次协商的不同意见（{}）"
TEST = "可靠测试"
PASSED, NOT_PASSED = "通过", "未通过"
MOVED_LIMITS = "顺延的时限"
GAINED = "因中止获益"
SPLIT = "超过三小时分组"
LAPSED = "届时可靠测试未通过，本安排失效"
ADJOURNED = "休会"
RETURNED = "恢复集合"
DAMAGED = "重新校验不一致"
ASKED = "协商事项"
STANCE_HEAD = "意见"
REMARK_HEAD = "记录"
CALLS = "电话联系"
CALLEE = "被叫"
OUTCOME_HEAD = "结果"
IDENTITY_HEAD = "代表身份核查"
SPEAKER = "发言人"
HIDDEN = "（已隐去：{}）"
ROUND = "第 {} 轮"
LATEST = "截止"
OWN_QUOTE = "签名报价"
STANDS = "前次报价有效"
LEFT = "未报价，退出"
SILENT = "未报价"
DRAW_NUMBER = "第 {} 次抽取"
PURPOSE = "抽取事项"
CANDIDATES = "候选"
PARTY = "参与方"
COMMITMENT = "承诺 SHA-256"
SECRET = "揭示"
SEED = "种子 SHA-256"
CHOSEN = "抽取结果"
VOID = "未成，重新抽取"
FAILED_LOT = "招标失败"
FEWER_LOT = "不足三家经批准继续"
NONE_OFFERED = "无投标人递交备选方案"
APPROVAL = "批准文件摘要"
COMMANDED_BY = "解密指令"
WINDOW_OPENED = "开始时间"
WINDOW_CLOSES = "时限届满"
WINDOW_CLOSED = "结束时间"
WINDOW_WHY = "结束原因"
PRICE = "投标报价（元）"
PRICE_FORMS = "小写／大写"
PERIOD = "工期"
QUALITY = "质量目标"
MANAGER = "项目经理"
SECURITY = "投标保证金"
CONFIRMATION = "报价确认"
RAISED = "提出"
OBJECTION = "异议内容"
REPLY = "答复"
AT = "时间"
KIND = "事项"
SUBJECT_HEAD = "对象"
TEXT = "情况"
EXPLANATION = "说明"
CAUSE_HEAD = "原因认定"
EVIDENCE = "认定时的证据"
PROPOSED = "平台建议"
FAILED_ACTS = "未成功的操作"
ABSENCES = "离线情况"
BY_PAGE = "（投标人页面报告）"
REASON = "理由"
DECIDED = "认定"
PARTICIPANT = "参加人"
ONLINE = "在线时长"
OFFLINE = "离线时长"
INTERRUPTIONS = "中断次数"
BY_PLATFORM = "因平台原因中断"
FILE = "录音录像文件"
FRAGMENTS = "片段数"
CHAIN = "哈希链末值"
CAMERA = "会场摄像机"
EXTERNAL = "外部录音录像"
PLACE_KEPT = "存放处"
NOT_ATTACHED = "尚未补交"
MISSING_FROM = "缺失起"
MISSING_UNTIL = "缺失止"
STILL_MISSING = "直至结束"
SETTING = "规则"
VALUE = "取值"
MANIFEST = "投标清单摘要"
MANIFEST_CODE = "清单核对码"
TREE_SIZE = "日志条数"
TREE_ROOT = "日志根哈希"
ORIGIN = "日志来源"
RECORD_DIGEST = "record.json 摘要"
PROOF_NOTE = (
    "本记录由平台依据开标日志自动生成，报价不可人工录入。结构化数据 record.json 作为附件嵌入本文件，"
    "其 SHA-256 摘要如上，并载于右侧二维码。时间均为北京时间，摘要算法均为 SHA-256。"
)
SIGN_NOTE = "以下人员依次以数字证书对本记录作电子签名；签名是否有效，以电子文件验证结果为准。"
FURTHER_NOTE = "以下人员可以在本记录上签字；不签不影响本记录的完成与效力。"
UNSIGNED = "未签字说明"
UNSIGNED_NOTE = (
    "下列人员未在开标记录上签字。事由以其本人或招标人代表的签名声明为准，声明载于开标日志；"
    "未签字不影响记录的其余签名。"
)
ACTS_DIGEST = "声明摘要"
ACTS_NOTE = (
    "各项声明由拒绝签字的本人或者招标人代表以数字证书签名，签名原文 acts.json 作为附件嵌入本文件，"
    "其摘要载于右侧二维码。"
)
RECORD_OF = "开标记录摘要"
REFUSED = "本人拒绝签字"
NOT_SIGNED = "未签字"
SIGNED = "已电子签名"
SIGN_HERE = "（电子签名）"
HALL = "开标大厅"
HALL_SEAL = "大厅电子签章"
STATEMENT_DIGEST = "附件摘要"
STATEMENT_NOTE = (
    "本文件由开标大厅依据开标日志自动生成。结构化数据 statement.json 作为附件嵌入本文件，其 SHA-256 摘要如上，"
    "并载于右侧二维码。时间均为北京时间。"
)
EMPTY_STAFF = "（未指定）"
SMALL = "，、；：。！？（）《》“”‘’·—…　㎡±×℃№"


def page(number: int, total: int) -> str:
    """The foot of a page."""
    return f"第 {number} 页　共 {total} 页"


def moment(at: int | None) -> str:
    """A time in ms UTC as Beijing time to the millisecond, cut and never rounded: deadlines are judged on it."""
    if at is None:
        return NOTHING
    local = datetime.fromtimestamp(at // 1000, tz=UTC).astimezone(SHANGHAI)
    return f"{local:%Y-%m-%d %H:%M:%S}.{at % 1000:03d}"


def ending(at: int) -> str:
    """When a limit ends (ms UTC): midnight is 24:00 of the day that it ends (Civil Code art. 203)."""
    return f"{moment(at - 1)[:10]} 24:00" if ends_a_day(at) else moment(at)


def stacked(at: int | None) -> str:
    """`moment` in two lines, for narrow columns."""
    return moment(at).replace(" ", "\n")


def day_and_minute(at: int) -> str:
    """A scheduled time in ms UTC in the form of official notices."""
    local = datetime.fromtimestamp(at // 1000, tz=UTC).astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}" + (
        f":{local:%S}" if local.second else ""
    )


def duration(milliseconds: int) -> str:
    """A span of time in whole seconds."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}小时" if hours else "") + (f"{minutes}分" if hours or minutes else "") + f"{seconds}秒"


def setting(name: str, value: str) -> str:
    """A setting's value in words; limits given in milliseconds are written as spans of time."""
    if name.endswith(_TIMED) and value.isascii() and value.isdecimal():
        return duration(int(value))
    return record_codes.SETTING_VALUE.get(value, value)


def span(start: int, end: int) -> str:
    """The length of [start, end) to the millisecond: limits are judged on it."""
    minutes, rest = divmod(end - start, 60_000)
    return f"{minutes}:{rest // 1000:02d}.{rest % 1000:03d}"


def person(who: str) -> str:
    """ "role name" with the role in words."""
    role, _space, name = who.partition(" ")
    return f"{record_codes.ROLE.get(role, role)} {name}".strip()


def fingerprint(digest: str) -> str:
    """The short form of a digest: its first 16 digits in groups of four."""
    return " ".join(digest[i : i + 4] for i in range(0, 16, 4)) if digest else NOTHING


def digest_groups(digest: str) -> str:
    """A whole digest in groups of eight digits."""
    return " ".join(digest[i : i + 8] for i in range(0, len(digest), 8))


def alphabet() -> str:
    """Every character that the words of this module can put on a page."""
    printed = [
        page(0, 0),
        day_and_minute(0),
        duration(3_600_000),
        "大写零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整",
    ]
    for name, value in {**vars(record_codes), **globals()}.items():
        if name.isupper():
            match value:
                case str():
                    printed.append(value)
                case tuple():
                    printed += value
                case dict():
                    printed += value.values()
    return "".join(sorted(set("".join(printed)) | {chr(code) for code in range(0x20, 0x7F)}))
