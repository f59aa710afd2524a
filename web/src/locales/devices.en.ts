/** Words of devices that send or watch without a login, and of files of recordings made elsewhere. */
export default {
  devices: {
    heading: 'Devices',
    lead: 'An encoder or a program such as OBS can send a camera’s picture (WHIP): give it the address and a token. A token is shown once and is good for 12 hours.',
    make: 'Make a token for {name}',
    own: 'my own picture',
    player: 'watching only (WHEP)',
    address: 'Address',
    token: 'Token (bearer token)',
    once: 'Copy it now: it is not shown again.',
    none: 'No token is in use.',
    until: 'until {time}',
    revoke: 'Revoke',
    upload: 'Send the file to the hall',
    uploading: '{done} of {all} MB sent',
    uploaded: 'The file is with the hall',
    other: 'This is not the file whose digest was signed.',
  },
}
