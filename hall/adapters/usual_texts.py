"""The texts that a host reads when the plan brings none of its own (clause 5.3.1): opening, staff, discipline,
and how the decryption goes. `{…}` is filled from the plan."""

from __future__ import annotations

from hall.procurement.parties import Appointment, Role
from hall.session.events import PreparedText

_POSTS = {
    Role.HOST: "主持人",
    Role.PROCURING_ENTITY: "招标人代表",
    Role.SUPERVISOR: "监督人",
    Role.ANNOUNCER: "唱标人",
    Role.SCRUTINEER: "监标人",
    Role.CLERK: "记录人",
    Role.NOTARY: "公证人员",
    Role.REGULATOR: "监管部门",
    Role.TRADING_CENTRE: "交易中心",
    Role.EVALUATOR: "评标委员会",
}

_OPENING = (
    "各位投标人代表，大家好。{name}（{number}）开标会现在开始。本次开标全程在网上进行，全程录音录像。"
    "请各位代表保持在线、保持电话畅通，遇到问题请点“我要报告故障”或拨打主持人电话。"
)
_DISCIPLINE = (
    "开标纪律：一、请服从主持人安排，未经允许不随意发言；二、代表在开标过程中不得更换，确需更换的应提交新的授权；"
    "三、不得发表与评标有关的意见，不得干扰他人；四、对开标有异议的，应当在开标现场提出，招标人当场答复并记录；"
    "五、开标结束后方可离场。"
)
_DECRYPTION = (
    "解密说明：主持人下达解密指令后 {minutes} 分钟内，请用加密时的同一张证书自行解密，以大厅收到的时刻为准。"
    "因投标人自身原因未能按时解密的，视为撤销投标文件；因平台原因未能解密的，按规定另行处理，各方免责。"
)


def usual_texts(
    name: str, number: str, staff: tuple[Appointment, ...], window_ms: int
) -> tuple[PreparedText, ...]:
    """Four texts in the order in which they are read. window_ms: length of the decryption window."""
    posts = "；".join(f"{_POSTS[a.role]}：{a.name}（{a.unit}）" for a in staff)
    notary = (
        ""
        if any(a.role is Role.NOTARY for a in staff)
        else "。本次开标未指定公证人员，由各投标人自行核对密封情况"
    )
    return (
        PreparedText("opening", "宣布开标", _OPENING.format(name=name, number=number)),
        PreparedText("staff", "介绍工作人员", f"参加本次开标的工作人员：{posts}{notary}。"),
        PreparedText("discipline", "宣读开标纪律", _DISCIPLINE),
        PreparedText("decryption", "说明解密要求", _DECRYPTION.format(minutes=window_ms // 60_000)),
    )
