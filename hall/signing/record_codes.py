"""The Chinese words for the stable codes that stand in an opening record. A code without a word is printed as it is: a
new code must never stop a record."""

from __future__ import annotations

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
    "trading_centre": "交易中心",
    "evaluator": "评标委员会",
    "bidder": "投标人",
    "hall": "平台",
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
    "platform_fault": "平台原因（4.7）",
    "pending": "待认定",
}
PROPOSAL = {
    "damaged_by_hall": "文件或密钥在平台保管时损坏",
    "would_not_open": "文件自身不能打开",
    "declined": "已签名放弃解密",
    "fault_in_window": "时段内平台故障，时间未补足",
    "held": "密封检查时暂缓开启",
    "own_attempts": "因自身证书、密码或操作未成功",
    "unclear_attempts": "未成功的原因不明",
    "unclear_absence": "离线原因不明",
    "own_line": "离线，其间平台正常",
    "no_attempt": "未操作，其间平台正常",
}
ATTEMPT = {
    "sign_in": "签到",
    "release": "解密",
    "wrong_password": "证书密码错误",
    "wrong_certificate": "证书不符",
    "another_certificate": "证书不符",
    "certificate_needed": "密钥未打开",
    "certificate_expired": "证书过期",
    "cancelled": "本人取消",
    "connection_lost": "网络中断",
    "not_the_deposit": "与递交的文件不符",
    "not_a_sealed_bid": "文件格式不符",
    "malformed_header": "文件格式不符",
    "envelope_damaged": "密钥信封损坏",
    "commit_mismatch": "密钥与承诺不符",
    "window_closed": "时限已过",
    "sign_in_closed": "签到已截止",
    "sign_in_not_open": "签到未开始",
    "suspended": "开标中止期间",
    "too_early": "尚未到时",
}
PRESENCE = {"online": "在线", "suspect": "信号不稳", "offline": "离线"}
ANSWER = {
    "confirmed": "已确认",
    "objected": "有异议",
    "objects": "有异议",
    "intact": "确认密封完好",
    "no_answer": "逾时未答复",
    "": "—",
}
OUTCOME = {"upheld": "异议成立", "rejected": "异议不成立", "unsettled": "当场不能答复", "": "未答复"}
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
    "bid_not_opened": "投标文件打不开",
    "clock_advanced": "演练时钟拨快",
    "clock_step": "时钟跳变",
    "presence_lost": "连接中断",
    "release_refused": "解密被拒绝",
    "late_command": "逾时操作",
    "reported": "投标人报告故障",
    "fault_reported": "投标人报告故障",
    "reported_fault": "投标人报告故障",
    "server_stall": "平台停顿",
    "node_network": "平台网络中断",
    "mass_drop": "多方同时掉线",
    "slow_append": "日志写入迟缓",
    "disk_full": "存储空间不足",
    "disk_low": "存储空间将满",
    "recording_refused": "录像无法写入",
    "recording_resumed": "录像恢复写入",
    "recording_altered": "录像文件校验不符",
    "recorder_silent": "录制停止",
    "late_deposit": "逾期递交",
    "late_release": "逾期解密",
    "notice_undelivered": "通知未能送达",
    "revocation_unknown": "证书状态无法查询",
    "identity": "身份问题",
    "dispute": "争议",
    "note": "一般情况",
    "other": "其他",
    "key_lost": "解密密钥丢失",
    "quote_lost": "报价正文丢失",
    "overstepping": "越权发言",
}
SETTING_NAME = {
    "results_answer_limit": "解密结果答复时限",
    "host_silence": "主持人无响应时限",
    "suspension_reason_limit": "中止说明理由时限",
    "resume_notice": "恢复前通知时长",
    "fault_limit": "故障排除时限",
    "hold_before_deadline": "截止前故障保护时段",
    "split_reading": "超时后分组口径",
    "split_venue": "已解密者继续开标地点",
    "record_limit": "记录补签时限",
    "fewer_allowed": "不足三家可否继续",
    "quotes_allowed": "二次报价",
    "silent_quote": "逾时未报的处理",
    "draw_allowed": "可核验抽取",
    "draw_limit": "抽取各步时限",
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
    "True": "是",
    "False": "否",
    "bidder": "按投标人",
    "opening": "按整场",
    "online": "网上",
    "physical": "现场",
    "stands": "前次报价有效",
    "leaves": "退出",
    "negotiation": "谈判",
    "consultation": "磋商",
    "competitive_negotiation": "竞争性谈判",
    "competitive_consultation": "竞争性磋商",
}
SUSPENSION = {
    "system": "系统故障",
    "network": "网络故障",
    "dispute": "争议",
    "order": "监管部门指令",
    "person": "人员缺席",
    "adjournment": "休会",
}
SUSPENSION_END = {"resumed": "恢复开标", "lifted": "逾时未说明理由，自动解除", "": "尚未结束"}
STANCE = {"agrees": "同意", "disagrees": "不同意", "no_answer": "逾时未答复"}
ABOUT = {"suspension": "中止", "deadline": "投标截止时间", "bid": "投标文件"}
LIMIT = {
    "sealing_answers": "密封核验答复",
    "decryption": "解密",
    "own_window": "单独解密时段",
    "result_answers": "解密结果答复",
    "price_answers": "报价确认",
    "objections": "异议",
    "quotes": "二次报价",
    "draw_commits": "抽取承诺",
    "draw_reveals": "抽取揭示",
}
CHECK = {
    "journal": "日志写入",
    "storage": "密文校验",
    "clock": "时钟",
    "recorder": "录音录像",
    "sealing": "加解密自检",
    "call": "通话测试",
}
SPAN = {"running": "计时", "frozen": "停表", "given_back": "退还"}
DEADLINE_CHANGE = {
    "moved": "当日调整",
    "postponed": "改期",
    "held": "平台故障暂缓",
    "confirmed": "确认不变",
}
STAFF_CHANGE = {"deputy": "副手接任", "substitute": "指定接任", "notary_absent": "公证人员缺席"}
PDF_OUTCOME = {
    "holds": "签名成立",
    "does_not_hold": "签名不成立",
    "unsigned": "未签名",
    "unreadable": "文件无法读取",
    "too_large": "文件过大，未验证",
    "too_long": "验证超时，未完成",
    "too_much_memory": "超出内存限制，未完成",
    "not_checked": "未能验证",
}
PDF_CODE = {
    "signature_unreadable": "签名无法读取",
    "signature_broken": "签名后内容被改动",
    "bytes_after_signature": "签名之后另有内容",
    "changed_after_signature": "签名之后有不允许的改动",
    "certificate_untrusted": "证书不受信任",
    "certificate_expired": "证书已过期",
    "certificate_not_yet_valid": "证书尚未生效",
    "certificate_revoked": "证书已吊销",
    "certificate_wrong_usage": "证书用途不符",
}
REVOCATION = {"good": "未吊销", "revoked": "已吊销", "revocation_unknown": "吊销状态未知"}
NOTARY_ACT = {
    "declare_sealing": "宣布密封检查结论",
    "declare_results": "宣布解密结果",
    "request_rehash": "要求再次校验密文",
    "make_remark": "见证意见",
    "add_paper": "补充材料",
    "open_entrusted": "开启托管密钥",
    "say": "现场发言",
}
REMARK = {"seen": "已见证", "objects": "有异议"}
CALL = {"reached": "已接通", "no_answer": "无人接听", "wrong_number": "号码错误"}
IDENTITY = {
    "same_person": "同一人",
    "not_the_same": "非同一人",
    "no_camera": "无图像",
    "replaced": "更换代表（凭新授权委托书）",
}
MOMENT = {"decryption": "（解密时）", "price": "（确认报价时）", "objection": "（提出异议时）"}
CHANNEL = {
    "speech": "发言",
    "question": "提问",
    "clarification": "澄清",
    "announcement": "宣布",
    "text": "宣读",
}
ACT = {
    "announce_bidders": "公布投标人名单",
    "declare_sealing": "宣布密封检查结果",
    "command_decryption": "下达解密指令",
    "declare_results": "宣布解密结果",
    "decide_cause": "原因认定",
    "read_out": "唱标",
    "confirm_price": "报价确认",
    "open_quotes": "二次报价",
    "open_draw": "抽取",
    "open_objections": "征询异议",
    "close_objections": "结束异议",
    "suspend": "中止",
    "resume": "恢复",
    "declare_split": "分组进行",
    "sign_record": "签署开标记录",
    "close_opening": "宣布开标结束",
}
