/** UKey 登录：证书在 UKey 中，经本机程序 hall ukey 使用。 */
export default {
  way: '证书在哪里',
  wayFile: '证书文件',
  wayToken: 'UKey（hall ukey）',
  lead: '请插好 UKey，并在本机启动 UKey 程序（hall ukey）。口令只在该程序的窗口中输入，本网页看不到。',
  otherPort: '程序用了别的端口？',
  port: '端口号',
  connect: '连接 UKey 程序',
  pairLead: '本浏览器还没有与 UKey 程序配对。配对只需一次。',
  codeLead: '请看 UKey 程序的窗口，把显示的六位配对码填在这里（两分钟内有效，只能用一次）。',
  code: '配对码',
  pair: '配对',
  enterCode: '完成配对',
  choose: '选择证书',
  again: '重新读取',
  pinThere: '请在 UKey 程序的窗口中输入口令。',
  waiting: '请到 UKey 程序的窗口中核对并确认。',
}
