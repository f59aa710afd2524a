export default {
  unfinished: '有一份已加密的投标文件还没有递交完成',
  unfinishedLead: '它在 {time} 加密并通过自检（{size}），保存在本机。续传不需要证书；传完后请签名递交，收到回执才算递交。',
  goOn: '继续上传并递交',
  discard: '放弃这份，重新制作',
  secondsLeft: '这一步大约还需 {n} 秒',
  minutesLeft: '这一步大约还需 {n} 分钟',
  away: '与大厅的连接中断，网络恢复后自动从断点继续，请不要重新制作。',
  mayLeave: '上传中可以刷新页面或重启电脑，回到本页后从断点继续；收到回执才算递交。',
  receiptPdf: '下载回执（PDF，大厅签章）',
  receiptJson: '下载回执（JSON，供核验）',
  notHere: '加密文件不在这台电脑上（在别处递交，或浏览器数据已清除）。回执仍然有效。',
}
