/** Keys in a token, reached through the program `hall ukey` on this computer. */
export default {
  way: 'Where the certificate is',
  wayFile: 'Certificate file',
  wayToken: 'Token (hall ukey)',
  lead: 'Plug the token in and start the token program (hall ukey) on this computer. The PIN is typed in its own window; this page never sees it.',
  otherPort: 'The program uses another port?',
  port: 'Port',
  connect: 'Connect to the token program',
  pairLead: 'This browser is not paired with the token program yet. That is done once.',
  codeLead: 'Look at the window of the token program and type its six digits here (good for two minutes and one try).',
  code: 'Pairing code',
  pair: 'Pair',
  enterCode: 'Finish pairing',
  choose: 'Choose a certificate',
  again: 'Read again',
  pinThere: 'Please type the PIN in the window of the token program.',
  waiting: 'Please look at the window of the token program, and agree or refuse there.',
}
