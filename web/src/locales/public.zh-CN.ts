/** 公开页面、招标文件下载与报名、提问与答疑：界面文字、签署的行为、拒绝的原因。 */
export const acts = {
  acknowledge_download: { name: '确认收到并报名', says: '我单位已完整下载并收到全部招标文件，共 {count} 个，即完成报名。' },
  ask_about_documents: { name: '提交问题', says: '我单位对招标文件提出下列问题，请招标人向所有潜在投标人答复。' },
  answer_about_documents: { name: '公布答复', says: '对第 {number} 号问题作如下答复，并向所有潜在投标人公布。' },
}

export const codes = {
  no_documents: { what: '本项目还没有在大厅发布招标文件。', do: '请留意公告；招标文件发布后即可在本页下载。' },
  not_invited: { what: '本项目为邀请招标，贵单位不在受邀名单中。', do: '如已收到投标邀请书，请与邀请书上的联系人核对单位名称。' },
  no_deadline: { what: '本项目的投标截止时间还没有公布。', do: '请稍候刷新页面；公布后即可下载和报名。' },
  registration_over: { what: '投标截止时间已过，不能再下载招标文件或报名。', do: '已报名的单位仍可下载；如截止时间延后，本页会自动恢复。' },
  download_first: { what: '还有招标文件没有完整下载。', do: '请先点“下载全部文件”，完成后再确认收到。' },
  documents_differ: { what: '招标文件在您下载之后有更新（现有 {wanted} 个，您确认了 {given} 个）。', do: '请刷新页面，下载新增的文件后再确认。' },
  consortium_stands: { what: '报名时声明的联合体成员不能更改。', do: '请按报名时的联合体投标；如有疑问请联系招标代理机构。' },
  no_such_document: { what: '没有这个招标文件。', do: '请刷新页面后重新选择文件。' },
  too_late_to_ask: { what: '提问已经截止。', do: '请查看已公布的答复；重大问题请直接联系招标代理机构或行政监督部门。' },
  too_many_questions: { what: '贵单位的问题已达上限（{limit} 个）。', do: '请把其余问题合并后联系招标代理机构。' },
  no_such_question: { what: '没有这个问题。', do: '请刷新页面后重试。' },
  question_answered: { what: '这个问题已经答复过。', do: '需要补充或更正的，请发布补遗文件。' },
  deadline_must_move: { what: '距投标截止不足规定天数，影响投标文件编制的答复不能直接公布。', do: '请先顺延投标截止时间（实施条例第二十一条），再公布答复。' },
  no_such_list: { what: '查询条件不正确。', do: '请清除筛选条件后重试。' },
}
