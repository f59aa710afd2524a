"""The words of letters from matters, Chinese first and English beside it: data, no code.

Like `words.TEXTS`, to which these belong: a placeholder is a fact of the letter (`hall.runtime.matter_letters`) or one
of `words.HEAD`. No text names a bidder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hall.notices.words import Both, Words

MATTER_TEXTS: Final[Mapping[str, Both]] = {
    "case_waits": Both(
        Words(
            "收到异议（质疑），请按期答复",
            "本项目收到第 {number} 号异议（质疑）。请在 {until:end} 前登录大厅，在“监督—待办”中查看并签名答复。"
            "法律规定答复前应当暂停的，招标活动在答复前暂停。",
        ),
        Words(
            "An objection (challenge) waits for your answer",
            "No. {number} has come in about this tender. Log in, read it under Supervision, sign your answer before "
            "{until:end}. Where the law says so, the procedure stands still until then.",
        ),
    ),
    "complaint_waits": Both(
        Words(
            "收到投诉，请按期决定是否受理",
            "本项目收到第 {number} 号投诉。请登录大厅，在“监督—待办”中查看，并在法定期限内签名决定受理或不予受理。",
        ),
        Words(
            "A complaint has come in",
            "No. {number} has come in about this tender. Log in, read it under Supervision, and sign within the law's "
            "days whether it is accepted.",
        ),
    ),
    "case_assigned": Both(
        Words(
            "您被指定承办监督事项",
            "本项目第 {number} 号监督事项于 {at:moment} 指定由您承办。请登录大厅，在“监督—待办”中查看期限并办理。",
        ),
        Words(
            "A matter of supervision was given to you",
            "No. {number} of this tender was given to you at {at:moment}. Log in, see its limits under Supervision, "
            "and take it up.",
        ),
    ),
    "case_ended": Both(
        Words(
            "您提出的事项已有结果",
            "您就本项目提出的第 {number} 号事项于 {at:moment} 已作出处理。"
            "请登录大厅，在“监督—我的事项”中查看结果和理由。",
        ),
        Words(
            "What you brought forward has been dealt with",
            "No. {number} of this tender was dealt with at {at:moment}. Log in and read the result and its reasons "
            "under Supervision.",
        ),
    ),
    "case_overdue": Both(
        Words(
            "监督事项超过办理期限",
            "本项目第 {number} 号监督事项到 {at:end} 仍未办理，已超过期限并记入日志。请登录大厅督促或办理。",
        ),
        Words(
            "A matter of supervision is overdue",
            "No. {number} of this tender was not dealt with by {at:end}; this stands in the journal. Log in and "
            "see to it.",
        ),
    ),
    "evaluator_called": Both(
        Words(
            "您被抽取为评标委员会成员",
            "您于 {at:moment} 被抽取为本项目评标委员会成员。请登录大厅，先声明是否与招标人、投标人有利害关系："
            "没有的，就座参加评审；有的，请申请回避，由候补专家接替。评审结果确定前，请对您的身份和评审情况保密。",
        ),
        Words(
            "You were drawn into an evaluation committee",
            "At {at:moment} you were drawn into this tender's evaluation committee. Log in and declare first whether "
            "you have a conflict of interests: if not, take your seat; if you have, withdraw, and the next is called. "
            "Keep your part and the evaluation secret until the result is settled.",
        ),
    ),
    "bid_question": Both(
        Words(
            "评标委员会要求贵单位澄清",
            "评标委员会就贵单位的投标文件提出了澄清要求。请在 {until:end} 前登录大厅查看问题并签名答复。"
            "答复不得改变投标文件的范围、实质性内容和报价；逾期不能再答复。",
        ),
        Words(
            "The evaluation committee asks you to clarify your bid",
            "The committee has a question about your bid. Log in, read it and sign your answer before {until:end}. "
            "An answer may not change scope, substance or price; afterwards none can be given.",
        ),
    ),
    "certificate_added": Both(
        Words(
            "已为贵单位登记新的数字证书",
            "交易中心于 {at:moment} 为贵单位登记了新的数字证书（编号 {certificate}…），经两名工作人员签名确认。"
            "该证书可以贵单位名义登录和签署。如不是贵单位申请的，请立即致电服务热线。",
        ),
        Words(
            "A new certificate was registered for you",
            "At {at:moment} the trading centre registered a new certificate for you (number {certificate}…), signed by "
            "two of its staff. It can log in and sign in your name. If you did not ask for it, call the hall at once.",
        ),
    ),
    "certificate_retired": Both(
        Words(
            "贵单位的一张数字证书已停用",
            "交易中心于 {at:moment} 停用了贵单位的数字证书（编号 {certificate}…），不能再用它登录。"
            "已用它递交投标文件的项目不受影响，开标结束前仍可用它解密。如有疑问，请致电服务热线。",
        ),
        Words(
            "One of your certificates was retired",
            "At {at:moment} the trading centre retired your certificate (number {certificate}…); it logs in no longer. "
            "Openings in which you have a bid sealed for it are not affected. If in doubt, call the hall.",
        ),
    ),
    "award_reported_procurement": Both(
        Words(
            "评审报告已移交",
            "评审委员会已移交评审报告。请先在大厅公示中标候选人，并自收到报告之日起五个工作日内按顺序确定中标（成交）供应商"
            "（政府采购法实施条例第四十三条）。请登录大厅办理。",
        ),
        Words(
            "The evaluation report is here",
            "The committee has handed over its report. Please publish the candidates in the hall, and award in their "
            "order within five working days of the report (Implementing Regulations of the Government Procurement Law, "
            "article 43). Log in to go on.",
        ),
    ),
    "candidates_published_procurement": Both(
        Words(
            "中标候选人已公示",
            "中标候选人已公示，公示期至 {until:end} 止。认为权益受到损害的，可在知道或者应知之日起七个工作日内在大厅"
            "提出质疑（政府采购法第五十二条），采购人将在 {days} 个工作日内答复。",
        ),
        Words(
            "The award candidates are public",
            "The award candidates are public until {until:end}. Whoever is wronged raises a challenge in the hall "
            "within seven working days of knowing (Government Procurement Law, article 52); it is answered within "
            "{days} working days.",
        ),
    ),
}
"""Kind of letter → words."""
