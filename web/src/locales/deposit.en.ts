export default {
  unfinished: 'A sealed bid waits to be deposited',
  unfinishedLead: 'It was sealed and tested at {time} ({size}) and lies on this computer. The upload goes on without the certificate; then sign the deposit. Only the receipt makes it deposited.',
  goOn: 'Go on and deposit',
  discard: 'Drop it and begin anew',
  secondsLeft: 'About {n} more seconds for this step',
  minutesLeft: 'About {n} more minutes for this step',
  away: 'The line to the hall is broken. It goes on from where it was as soon as there is a line; do not begin anew.',
  mayLeave: 'You may reload this page or restart the computer: back here, the upload goes on. Only the receipt makes it deposited.',
  receiptPdf: 'Receipt (PDF, sealed by the hall)',
  receiptJson: 'Receipt (JSON, for verification)',
  notHere: 'The sealed file is not on this computer (deposited elsewhere, or the browser was cleared). The receipt holds all the same.',
}
