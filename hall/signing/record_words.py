"""The Chinese words printed in the opening record, and how its times, amounts of time and fingerprints are written.

The record is a Chinese legal document, so its words are part of it and not of the screens' locale files. Every word the
layout prints stands here, because the font is cut down to these characters and the record's own. A code without a word
is printed as it stands: a new code must never stop a record.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8))
"""Legal time of the hall (no daylight saving since 1991, so an offset is enough)."""

ROLE = {
    "procuring_entity": "招标人代表",
    "tendering_agency": "招标代理机构",
    "project_owner": "项目实施主体",
    "host": "主持人",
    "announcer": "唱标人",
    "scrutineer": "监标人",
    "clerk": "记录人",
    "supervisor": "监督人",
    "regulator": "监管部门",
    "notary": "公证人员",
    "witness": "见证人",
    "bidder": "投标人",
}
STATUS = {
    "opened": "已解密",
    "opened_late": "补时解密",
    "no_deposit": "未递交",
    "not_signed_in": "未签到",
    "not_released": "未解密",
    "damaged": "文件损坏",
    "withdrawn": "已撤回",
    "locked": "封存未开",
    "deemed_revoked": "视为撤销",
    "deemed_withdrawn": "视为撤回",
    "deemed_abandoned": "视为放弃投标",
}
CAUSE = {
    "deemed_revoked": "投标人自身原因，视为撤销",
    "deemed_withdrawn": "非投标人原因，视为撤回",
    "platform": "平台原因",
    "pending": "待认定",
}
ANSWER = {
    "confirmed": "已确认",
    "objected": "有异议",
    "objects": "有异议",
    "intact": "确认密封完好",
    "no_answer": "逾时未答复",
    "": "—",
}
OUTCOME = {"upheld": "异议成立", "rejected": "异议不成立", "later": "当场不能答复", "": "未答复"}
RESULT = {"intact": "密封完好", "damaged": "存在问题", "held": "个别文件待处理"}
WINDOW_REASON = {
    "all_released": "全部投标人解密完毕",
    "time_over": "解密时限届满",
    "failed": "招标失败",
    "": "尚未结束",
}
INCIDENT = {
    "media_worker_lost": "音视频服务中断",
    "media_worker_back": "音视频服务恢复",
    "media_gap": "音视频缺口",
    "recording_gap": "录制中断",
    "server_restart": "服务器重启",
    "ciphertext_damaged": "密文损坏",
    "clock_advanced": "演练时钟拨快",
    "clock_step": "时钟跳变",
    "presence_lost": "连接中断",
    "release_refused": "解密被拒绝",
    "late_command": "逾时操作",
    "reported": "投标人报告故障",
}
SETTING_NAME = {
    "procedure_law": "适用法律",
    "procurement_method": "招标方式",
    "minimum_bidders": "最少投标人数",
    "decryption_window": "解密时限",
    "sealing_answer_limit": "密封核验答复时限",
    "price_answer_limit": "报价确认时限",
    "leaving_grace": "退场宽限",
    "recorder_proof_age": "录制证明时效",
    "notary_limit": "公证人员等候时限",
    "check_limit": "密封核验答复时限",
    "consultation_limit": "协商时限",
    "host_silent_limit": "主持人无响应时限",
    "objection_period": "异议时段",
    "price_confirmation_limit": "报价确认时限",
    "retention": "保存期限",
    "custody": "解密密钥保管",
}
SETTING_VALUE = {
    "bidding_law": "招标投标法",
    "procurement_law": "政府采购法",
    "open_tendering": "公开招标",
    "invited_tendering": "邀请招标",
    "hall": "平台",
    "custodians": "监督人与公证人员",
}
_TIMED = ("_limit", "_period", "_window", "_grace", "_age")

TITLE = "开标记录"
SUBJECT = "不见面开标记录"
REHEARSAL = "演练 · 不具法律效力"
CONTINUED = "（续）"
MISSING_GLYPH = "〓"
NOTHING = "—"
NONE = "无。"
YES, NO = "一致", "不一致"

SECTION_NUMBERS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三")
BASICS = "基本情况"
STAFF = "开标工作人员"
BIDDERS = "投标人递交、签到与解密"
SEALING = "密封核验"
WINDOW = "解密"
READ_OUT = "唱标与报价确认"
OBJECTIONS = "异议及答复"
INCIDENTS = "异常情况及原因认定"
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
DECLARED = "核验结论"
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
REASON = "理由"
DECIDED = "认定"
PARTICIPANT = "参加人"
ONLINE = "在线时长"
OFFLINE = "离线时长"
INTERRUPTIONS = "中断次数"
FILE = "录音录像文件"
FRAGMENTS = "片段数"
CHAIN = "哈希链末值"
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
SIGNED = "已电子签名"
SIGN_HERE = "（电子签名）"
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
    return SETTING_VALUE.get(value, value)


def person(who: str) -> str:
    """ "role name" with the role in words."""
    role, _space, name = who.partition(" ")
    return f"{ROLE.get(role, role)} {name}".strip()


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
    for name, value in globals().items():
        if name.isupper():
            match value:
                case str():
                    printed.append(value)
                case tuple():
                    printed += value
                case dict():
                    printed += value.values()
    return "".join(sorted(set("".join(printed)) | {chr(code) for code in range(0x20, 0x7F)}))
