/** 定标：界面文字、签署的行为、拒绝的原因。 */
export const acts = {
  publish_candidates: { name: '公示中标候选人', says: '按评标报告的排序公示{lot}的中标候选人：{names}。公示 {days} 日，至 {until} 止。' },
  decide_award: { name: '确定中标人', says: '确定 {name} 为{lot}的中标人，中标价 {price} 元。大厅随即发出中标通知书，并将结果通知全部未中标的投标人。', other: '不选排名第一的中标候选人，理由（{ground}）：{reason}' },
  give_up_award: { name: '放弃中标', says: '我单位放弃{lot}的中标（候选）资格。理由：{reason}' },
  void_award: { name: '认定中标无效', says: '{name} 对{lot}的中标无效。理由：{reason}' },
  fail_lot: { name: '宣布招标失败', says: '宣布{lot}招标失败（{ground}）。理由：{reason}' },
  order_retender: { name: '重新招标', says: '{lot}重新招标。理由：{reason}' },
  file_contract: { name: '登记合同', says: '{lot}的合同已于 {day} 签订，合同编号 {number}。' },
}

export const codes = {
  award_not_begun: { what: '评标报告还没有移交，这个标段还不能定标。', do: '请等待评标委员会签署并移交评标报告；移交后本页会自动更新。' },
  procedure_suspended: { what: '招投标活动因投诉处理已暂停，暂停期间不能办理。', do: '请等待监督部门的处理结果；恢复后期限自动顺延，页面会自动更新。' },
  candidates_published: { what: '这个标段的中标候选人已经公示过。', do: '无需重复公示；可在本页查看公示期限。' },
  no_candidates: { what: '这个标段没有可以公示的中标候选人。', do: '请查看评标报告中的否决情况，再决定宣布招标失败或重新招标。' },
  publicity_too_short: { what: '公示天数不符合要求：不少于 {least} 日，不超过 {most} 日（实施条例第五十四条）。', do: '请改为 {least} 日或以上再公示。' },
  publicity_runs: { what: '公示期还没有结束，不能确定中标人。', do: '请等公示期结束；本页显示剩余时间，结束后按钮会自动出现。' },
  candidates_not_published: { what: '中标候选人还没有公示，不能确定中标人。', do: '请先公示中标候选人。' },
  lot_not_open: { what: '这个标段现在不能办理这一步。', do: '请刷新页面，按显示的当前状态继续。' },
  result_objection_open: { what: '还有 {count} 件对评标结果的异议没有答复，答复前应当暂停定标（实施条例第五十四条）。', do: '请先在“异议与投诉”里答复，答复后即可定标。' },
  not_a_candidate: { what: '该单位不是这个标段可以中标的候选人。', do: '只能在评标委员会推荐、且未放弃也未被认定无效的候选人中确定。' },
  ground_missing: { what: '没有选择排名第一的中标候选人，但没有写明法定理由（实施条例第五十五条）。', do: '请选择理由并写明事实，再签名。' },
  ground_not_needed: { what: '确定排名第一的中标候选人不需要另写理由。', do: '请去掉理由后重新签名。' },
  awarded_to_another: { what: '这个标段已经确定了另一家中标人。', do: '无需办理放弃；如中标人放弃，招标人会另行联系。' },
  no_award: { what: '这个标段现在没有有效的中标结果。', do: '请刷新页面，按显示的当前状态继续。' },
  candidates_left: { what: '还有可以中标的候选人，不能以“没有候选人”为由宣布失败。', do: '请在其余候选人中定标，或选择其他理由。' },
}

export default {}
