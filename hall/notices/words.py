"""The words of every notice, Chinese first and English beside it: data, no code.

A placeholder is a fact of the notice (`hall.notifying.owed`) or one of `HEAD`; its format is one of `letters.FORMATS`:
`{deadline:moment}`. No text here may name a bidder: who else takes part is nobody's business (Bidding Law 22).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

HEAD: Final = ("hall", "party", "tender_name", "tender_number", "lot")
"""What every text may name beside its facts. lot: the lot's name, "" where the notice concerns no single one."""


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Both:
    zh: Words
    en: Words


FRAME: Final = Both(
    Words(
        "【{hall}】{subject}：{tender_name}",
        "{party}：\n\n{text}\n\n项目：{tender_name}（{tender_number}）{lot_line}{link_line}\n\n"
        "{hall}{hotline_line}\n本通知由开标大厅自动发出，请勿回复。",
    ),
    Words(
        "",
        "{text}\n\nTender: {tender_name} ({tender_number}){lot_line}{link_line}\n\n"
        "{hall}{hotline_line}\nSent by the hall itself; nobody reads answers to it.",
    ),
)
"""What stands around each text. The subject is Chinese with the English one behind it in the text."""

LINES: Final[Mapping[str, Both]] = {
    "lot_line": Both(Words("", "\n标段：{lot}"), Words("", "\nLot: {lot}")),
    "link_line": Both(Words("", "\n网址：{link}"), Words("", "\nOpen: {link}")),
    "hotline_line": Both(Words("", "，电话 {hotline}"), Words("", ", telephone {hotline}")),
}
"""Lines that fall away where the value is empty."""

TEXTS: Final[Mapping[str, Both]] = {
    "tender_invited": Both(
        Words(
            "投标邀请",
            "贵单位受邀参加本项目投标。请登录大厅，在公告页规定的时间内下载招标文件并确认收到，再按时递交投标文件。",
        ),
        Words(
            "You are invited to bid",
            "You are invited to bid in this tender. Log in, get the tender documents on its notice in the time named "
            "there, confirm them, and deposit your bid before the deadline.",
        ),
    ),
    "question_answered": Both(
        Words(
            "招标文件答疑已公布",
            "第 {number} 号问题的答复已向所有潜在投标人公布。请登录大厅，在公告页查看；"
            "影响投标文件的，请在截止时间前重新递交。",
        ),
        Words(
            "A question about the documents was answered",
            "The answer to question {number} is published to all. Log in and read it on the notice; if it touches your "
            "bid, deposit again before the deadline.",
        ),
    ),
    "addendum_issued": Both(
        Words(
            "招标文件有补遗",
            "第 {number} 号补遗“{title}”已发布。请登录大厅下载；已递交投标文件的，请在大厅确认不作修改，"
            "或在截止时间前重新递交。不确认的，已递交的投标文件仍然有效。",
        ),
        Words(
            "An addendum was issued",
            "Addendum {number}, “{title}”, was issued. Log in to fetch it. If you have deposited a bid, "
            "confirm it there as it is, or deposit again before the deadline; unconfirmed it is still valid.",
        ),
    ),
    "tender_cancelled": Both(
        Words(
            "招标已终止",
            "本项目已终止招标。理由：{reason}。大厅不再接收投标文件，已递交的不会被开启。",
        ),
        Words(
            "The tender was cancelled",
            "This tender was cancelled. Reason: {reason}. "
            "The hall takes no more bids, and opens none that was deposited.",
        ),
    ),
    "award_reported": Both(
        Words(
            "评标报告已移交",
            "评标委员会已移交评标报告。请在三日内公示中标候选人（招标投标法实施条例第五十四条）。请登录大厅办理。",
        ),
        Words(
            "The evaluation report is here",
            "The committee has handed over its report. Please publish the award candidates within three days "
            "(Implementing Regulations, article 54). Log in to go on.",
        ),
    ),
    "candidates_published": Both(
        Words(
            "中标候选人已公示",
            "中标候选人已公示，公示期至 {until:end} 止。对评标结果有异议的，请在公示期内在大厅提出，"
            "招标人将在 {days} 日内答复。",
        ),
        Words(
            "The award candidates are public",
            "The award candidates are public until {until:end}. An objection to the result is raised in the hall "
            "until then, and answered within {days} days.",
        ),
    ),
    "award_notice": Both(
        Words(
            "中标通知书",
            "贵单位已被确定为中标人。中标通知书（PDF）已在大厅备妥，请登录后在项目的“评标结果”页下载。",
        ),
        Words(
            "Notice of award",
            "You have been awarded the contract. The notice of award (PDF) is ready in the hall, on the result page "
            "of the tender.",
        ),
    ),
    "result_notice": Both(
        Words(
            "招标结果通知书",
            "中标结果已确定。发给贵单位的结果通知书（PDF）已在大厅备妥，请登录后在项目的“评标结果”页下载。",
        ),
        Words(
            "Notice of the result",
            "The award is decided. The notice of the result to you (PDF) is ready in the hall, on the result page of "
            "the tender.",
        ),
    ),
    "lot_failed": Both(
        Words("招标失败", "本标段招标失败。理由：{reason}"),
        Words("The lot has failed", "This lot has failed. Reason: {reason}"),
    ),
    "lot_retendered": Both(
        Words("重新招标", "本标段将重新招标。理由：{reason}"),
        Words("The lot is tendered again", "This lot is tendered again. Reason: {reason}"),
    ),
    "reminder_sign_in": Both(
        Words(
            "请签到",
            "贵单位已递交投标文件，尚未签到。签到自 {sign_in_from:moment} 开始，"
            "至投标截止时间 {deadline:moment} 为止；逾期未签到的，视为放弃投标。请立即登录大厅签到。",
        ),
        Words(
            "Please sign in",
            "You have deposited a bid and have not signed in yet. Sign-in runs from {sign_in_from:moment} to the bid "
            "deadline, {deadline:moment}; a bid without sign-in counts as abandoned. Please log in and sign in now.",
        ),
    ),
    "deadline_moved": Both(
        Words(
            "投标截止时间变更",
            "投标截止时间由 {before:moment} 变更为 {after:moment}。原因：{reason}\n"
            "已递交的投标文件和已完成的签到继续有效；新的截止时间之前可以递交、替换、撤回和签到。",
        ),
        Words(
            "The bid deadline was moved",
            "The bid deadline was moved from {before:moment} to {after:moment}. Reason: {reason}\n"
            "Deposits and sign-ins stay valid; until the new deadline you can deposit, replace, withdraw and sign in.",
        ),
    ),
    "postponed": Both(
        Words(
            "开标延期",
            "开标延期：投标截止时间由 {before:moment} 改为 {after:moment}。原因：{reason}\n"
            "已递交的投标文件继续有效。签到须重新办理，自 {sign_in_from:moment} 开始。",
        ),
        Words(
            "The opening was postponed",
            "The opening was postponed: the bid deadline was {before:moment} and is now {after:moment}. "
            "Reason: {reason}\nDeposits stay valid. You have to sign in again, from {sign_in_from:moment}.",
        ),
    ),
    "deadline_held": Both(
        Words(
            "投标截止时间暂缓",
            "因平台故障，原定 {deadline:moment} 的投标截止时间暂缓：现在不公布投标人名单，不开启任何投标文件，"
            "逾期递交和签到暂不作为最终结果。招标人将确认该时间或另定时间，届时另行通知。",
        ),
        Words(
            "The bid deadline is held",
            "Because of a fault of the platform the bid deadline of {deadline:moment} is held: nobody is announced, "
            "no bid is opened, and nothing is refused for good. The procuring entity will confirm the deadline or "
            "set a new one; you will be told.",
        ),
    ),
    "deadline_confirmed": Both(
        Words(
            "投标截止时间确认", "招标人确认投标截止时间仍为 {deadline:moment}。原因：{reason}\n开标继续进行。"
        ),
        Words(
            "The bid deadline was confirmed",
            "The procuring entity confirmed the bid deadline of {deadline:moment}. Reason: {reason}\n"
            "The opening goes on.",
        ),
    ),
    "decrypt_now": Both(
        Words(
            "解密指令",
            "解密指令已下达。解密时限自 {opened_at:moment} 至 {closes_at:moment}。请使用加密时的同一数字证书解密；"
            "因自身原因逾期未解密的，视为撤销投标文件。",
        ),
        Words(
            "Please decrypt",
            "The decrypt command was given. The window runs from {opened_at:moment} to {closes_at:moment}. Please "
            "decrypt with the certificate the bid was sealed for; a bid that is not decrypted in time for a cause of "
            "its bidder's own counts as revoked.",
        ),
    ),
    "objections_asked": Both(
        Words(
            "询问异议",
            "主持人正在询问对开标的异议，{not_before:moment} 之前不会结束。"
            "如有异议，请在大厅当场提出，招标人当场答复。",
        ),
        Words(
            "Objections are asked for",
            "The host is asking for objections and will not end this before {not_before:moment}. Please raise yours in "
            "the hall now; the procuring entity answers on the spot.",
        ),
    ),
    "tender_failed": Both(
        Words("招标失败", "招标人已宣布本标段招标失败，将重新招标。原因：{reason}"),
        Words(
            "The tender failed",
            "The procuring entity declared that this lot failed; it will be tendered again. Reason: {reason}",
        ),
    ),
    "suspended": Both(
        Words(
            "开标暂停",
            "开标自 {since:moment} 起暂停（{kind:suspension}）。原因：{reason:incident}\n"
            "全部计时停止，暂停期间不计入解密时限。恢复前会另行通知，请保持联系畅通。",
        ),
        Words(
            "The opening is suspended",
            "The opening has been suspended since {since:moment} ({kind:suspension}). Reason: {reason:incident}\n"
            "All countdowns stand still and no time is lost. You will be told before it resumes; "
            "please stay reachable.",
        ),
    ),
    "suspension_lifted": Both(
        Words("暂停解除", "开标暂停已于 {at:moment} 解除，各项计时按原有剩余时间继续。请立即回到大厅。"),
        Words(
            "The suspension was lifted",
            "The suspension was lifted at {at:moment}; all countdowns go on with the time that was left. "
            "Please return to the hall now.",
        ),
    ),
    "resume_at": Both(
        Words("开标恢复时间", "系统已通过可靠性测试，开标将于 {resumes_at:moment} 恢复。请提前登录大厅。"),
        Words(
            "The opening resumes",
            "The reliable test was passed; the opening resumes at {resumes_at:moment}. Please log in before that.",
        ),
    ),
    "window_split": Both(
        Words(
            "远程解密时间另行安排",
            "故障未能在 3 小时内排除。尚未解密的投标人的远程解密时间为 {opens_at:moment} 至 {closes_at:moment}。"
            "请使用加密时的同一数字证书按时解密。",
        ),
        Words(
            "Your decryption has a new time",
            "The fault was not solved within 3 hours. Those who have not decrypted yet do so remotely from "
            "{opens_at:moment} to {closes_at:moment}. Please decrypt in time, with the certificate the bid was "
            "sealed for.",
        ),
    ),
    "continued_at": Both(
        Words(
            "开标继续进行的时间",
            "故障未能在 3 小时内排除。已解密的投标人于 {continues_at:moment} 继续开标，地点：{venue:venue}。"
            "在此之前全部报价保持密封。",
        ),
        Words(
            "The opening continues",
            "The fault was not solved within 3 hours. For those who have decrypted the opening continues at "
            "{continues_at:moment}, place: {venue:venue}. Until then all prices stay sealed.",
        ),
    ),
    "own_window": Both(
        Words(
            "贵单位的解密时间",
            "招标人认定贵单位未解密的原因属于第 4.7 条所列情形（异常记录第 {incident} 号）。"
            "贵单位的解密时间为 {opened_at:moment} 至 {closes_at:moment}，请按时解密。",
        ),
        Words(
            "Your own decryption window",
            "The procuring entity found that your bid was not decrypted for a cause under clause 4.7 (incident "
            "{incident}). Your own window runs from {opened_at:moment} to {closes_at:moment}; please decrypt in time.",
        ),
    ),
    "cause_decided": Both(
        Words(
            "贵单位投标文件的原因认定",
            "招标人认定：贵单位投标文件{cause:cause}。理由：{reason}。"
            "进入开标大厅可下载由大厅签名的原因认定书，可作为主张权利的依据；如有异议，可以当场提出，或依法质疑、投诉。",
        ),
        Words(
            "The cause decided for your bid",
            "The procuring entity decided: {cause:cause}. Reason: {reason}. In the opening hall you can download a "
            "statement of it, signed by the hall, that can support a claim; you can also object there, or challenge "
            "and complain under the law.",
        ),
    ),
    "adjourned": Both(
        Words(
            "休会",
            "开标休会，将于 {resumes_at:moment} 继续。原因：{reason}\n"
            "无需重新签到；投标文件保持密封；届时请由同一代表参加。",
        ),
        Words(
            "The opening is adjourned",
            "The opening is adjourned and goes on at {resumes_at:moment}. Reason: {reason}\n"
            "Nobody signs in again; bids stay sealed; please send the same representative.",
        ),
    ),
    "substitute": Both(
        Words("开标工作人员变更", "本次开标的{role:post}现由 {name}（{unit}）担任。"),
        Words("A post changed hands", "{name} ({unit}) is now the {role:post} of this opening."),
    ),
    "consultation_asked": Both(
        Words(
            "请参加三方协商",
            "请就第 {consultation} 号事项（{about:about}）在 {answer_by:moment} 前登录大厅表明意见："
            "同意，或不同意并说明理由。逾期未答复将如实记录，不影响程序继续。",
        ),
        Words(
            "You are asked to consult",
            "Please say in the hall by {answer_by:moment} whether you agree or, with your reason, disagree in matter "
            "{consultation} ({about:about}). No answer is recorded as such and stops nothing.",
        ),
    ),
    "opening_closed": Both(
        Words(
            "开标结束",
            "主持人已宣布开标结束。开标记录可在大厅查阅；对开标有异议的，请按法律规定的途径提出。",
        ),
        Words(
            "The opening is closed",
            "The host has closed the opening. The opening record can be read in the hall; later objections take the "
            "ways that the law provides.",
        ),
    ),
    "incident_copy": Both(
        Words(
            "异常情况告知（第 {incident} 号）",
            "开标异常记录第 {incident} 号（{code:incident}），属第 4.7 条 {clause} 项情形。"
            "依第 4.7 条，贵单位不因此承担责任。时间：{at:moment}。",
        ),
        Words(
            "Copy of incident {incident}",
            "Incident {incident} of the opening ({code:incident}) falls under clause 4.7 {clause}: no liability under "
            "4.7 {clause}. Time: {at:moment}.",
        ),
    ),
    "certificate_watch": Both(
        Words(
            "数字证书与投标文件不一致",
            "贵单位投标文件加密所用的数字证书（编号 {needed}…）{reason:certificate}。"
            "请现在就用现用证书重新签章、加密并上传，最迟在投标截止时间 {deadline:moment} 前完成；"
            "否则届时可能无法解密。\n原证书及其密码请保留到开标结束，不要销毁。如新证书与原证书是同一密钥续期，请在大厅“设备与证书自检”页出示原证书。",
        ),
        Words(
            "Your certificate and your bid",
            "The certificate that your bid was sealed for (number {needed}…) {reason:certificate}. Please sign, seal "
            "and upload again with your current certificate now, at the latest before the bid deadline, "
            "{deadline:moment}; otherwise decryption may fail.\nKeep the old certificate and its password until the "
            "opening is over. If the new certificate renews the old one with the same key, show the old one on the "
            "hall's self-check page.",
        ),
    ),
    "deposit_replaced_by_another": Both(
        Words(
            "投标文件已用另一数字证书替换",
            "贵单位的投标文件已被替换：原文件加密所用证书编号 {before}…，新文件所用证书编号 {now}…。\n"
            "如果不是贵单位本人操作，请立即致电大厅服务热线，并在投标截止时间前用自己的证书重新递交。",
        ),
        Words(
            "Your bid was replaced under another certificate",
            "Your bid was replaced. The earlier one was sealed for the certificate with number {before}…, the new one "
            "for {now}….\nIf that was not you, call the hall at once, and deposit again with your own certificate "
            "before the bid deadline.",
        ),
    ),
    "deposit_withdrawn_by_another": Both(
        Words(
            "投标文件已用另一数字证书撤回",
            "贵单位的投标文件已被撤回：文件加密所用证书编号 {before}…，撤回所用证书编号 {now}…。\n"
            "如果不是贵单位本人操作，请立即致电大厅服务热线，并在投标截止时间前用自己的证书重新递交。",
        ),
        Words(
            "Your bid was withdrawn under another certificate",
            "Your bid was withdrawn. It was sealed for the certificate with number {before}…; the withdrawal was "
            "signed with {now}….\nIf that was not you, call the hall at once, and deposit again with your own "
            "certificate before the bid deadline.",
        ),
    ),
}
"""Kind → words."""

CODES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "suspension": {
        "system": ("系统故障", "fault of the system"),
        "network": ("网络故障", "fault of the network"),
        "dispute": ("争议", "dispute"),
        "order": ("监管部门指令", "order of the regulator"),
        "person": ("人员原因", "a person is missing"),
        "adjournment": ("休会", "adjournment"),
    },
    "cause": {
        "deemed_revoked": ("因自身原因视为撤销", "deemed revoked for a cause of its own"),
        "deemed_withdrawn": ("因非自身原因视为撤回", "deemed withdrawn for a cause not its own"),
        "platform_fault": (
            "因平台原因（4.7）未能开启",
            "not opened for a fault of the platform (clause 4.7)",
        ),
    },
    "about": {
        "suspension": ("开标暂停", "the suspension"),
        "deadline": ("投标截止时间", "the bid deadline"),
        "bid": ("一份投标文件的处理", "the handling of one bid"),
    },
    "post": {
        "host": ("主持人", "host"),
        "procuring_entity": ("招标人代表", "procuring entity's representative"),
        "supervisor": ("监督人", "supervisor"),
        "announcer": ("唱标人", "announcer"),
        "scrutineer": ("监标人", "scrutineer"),
        "clerk": ("记录人", "clerk"),
        "notary": ("公证人员", "notary"),
        "regulator": ("监管部门人员", "regulator"),
        "trading_centre": ("交易中心人员", "trading centre's representative"),
        "evaluator": ("评标委员会代表", "evaluation committee's representative"),
    },
    "venue": {"online": ("网上开标大厅", "the hall, online"), "physical": ("现场", "on site")},
    "incident": {
        "server_restart": ("大厅服务重启", "the hall was restarted"),
        "server_stall": ("大厅服务停顿", "the hall stood still"),
        "node_network": ("大厅网络中断", "the hall's network broke off"),
        "mass_drop": ("多方同时掉线", "many dropped at the same time"),
        "slow_append": ("数据写入缓慢", "writing to the journal was slow"),
        "clock_step": ("系统时钟跳变", "the machine's clock jumped"),
        "disk_full": ("存储空间不足", "the disk is full"),
        "disk_low": ("存储空间将满", "little room is left on a disk"),
        "recording_refused": ("录像无法写入", "recordings could not be written"),
        "recording_resumed": ("录像恢复写入", "recordings are written again"),
        "recording_altered": ("录像文件校验不符", "a recording does not verify"),
        "recorder_silent": ("录音录像中断", "the recorder wrote nothing"),
        "media_worker_lost": ("音视频服务中断", "picture and sound broke off"),
        "ciphertext_damaged": ("投标文件密文校验值不符", "a stored bid does not have its digest"),
        "quote_lost": ("报价正文丢失", "a signed quote was lost"),
    },
    "certificate": {
        "replaced": ("已被新证书取代", "was replaced by a newer one"),
        "revoked": ("已被吊销", "was revoked"),
        "expires": ("将在开标后 24 小时内到期", "expires within 24 hours after the opening"),
    },
}
"""Vocabulary → code → (Chinese, English). A code that is not here is shown as it is."""
