/** Words of devices that send or watch without a login, and of files of recordings made elsewhere. */
export default {
  devices: {
    heading: '设备接入',
    lead: '编码器或 OBS 等软件可发送摄像机画面（WHIP）：填入地址和令牌。令牌只显示一次，12 小时内有效。',
    make: '为“{name}”生成令牌',
    own: '本人画面',
    player: '仅观看（WHEP）',
    address: '地址',
    token: '令牌（Bearer Token）',
    once: '请立即复制，之后不再显示。',
    none: '没有有效令牌。',
    until: '有效至 {time}',
    revoke: '撤销',
    upload: '把文件上传到大厅',
    uploading: '已上传 {done} / {all} MB',
    uploaded: '文件已存入大厅',
    other: '这不是已签署校验值所对应的文件。',
  },
}
