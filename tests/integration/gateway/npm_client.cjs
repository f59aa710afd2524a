// Four browsers' clients on one channel. Usage: node npm_client.cjs WEB_DIRECTORY URL; prints one JSON object.
// Each number is how many updates a client got, counted only while each followed the one before it.
const { createRequire } = require('node:module')
const { io } = createRequire(`${process.argv[2]}/package.json`)('socket.io-client')

function client() {
  const socket = io(process.argv[3], { transports: ['websocket'], forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200 })
  const one = { socket, got: 0, disconnects: 0 }
  socket.on('update', ({ n }) => {
    if (n === one.got) one.got += 1
    if (n % 20 === 0) socket.emit('read', { n })
  })
  socket.on('disconnect', () => (one.disconnects += 1))
  return one
}
const wire = (one) => one.socket.io.engine.transport.ws._socket
const connected = (one) => (one.socket.connected ? undefined : new Promise((done) => one.socket.once('connect', done)))

async function flood(asking, all, count, size = 10, wanted = all) {
  for (const one of all) one.got = 0
  const answer = await asking.socket.emitWithAck('flood', { count, size, readers: wanted.length })
  for (const one of wanted) while (one.got < count) await new Promise((done) => one.socket.once('update', done))
  return { ...answer.ok, got: all.map((one) => one.got) }
}

async function main() {
  const all = [client(), client(), client(), client()]
  await Promise.all(all.map(connected))
  const [first, , third, fourth] = all
  const found = { flood: (await flood(first, all, 1000)).got }

  // The answer comes after what was sent before it.
  first.got = 0
  const answered = first.socket.emitWithAck('flood', { count: 4, size: 10, readers: 0 }).then(() => first.got)
  found.asked = { n: await answered }

  wire(first).destroy()
  await new Promise((done) => first.socket.once('disconnect', done))
  await connected(first)
  found.cut = { disconnects: first.disconnects, after: (await flood(all[1], all, 100)).got }

  wire(third).pause()
  await flood(first, all, 150, 4000, [first])
  wire(third).resume()
  while (third.got < 150) await new Promise((done) => third.socket.once('update', done))
  found.paused = [third.got, third.disconnects]

  const others = all.slice(0, 3)
  wire(fourth).pause()
  await flood(first, all, 2000, 8000, others)
  wire(fourth).resume()
  if (fourth.socket.connected) await new Promise((done) => fourth.socket.once('disconnect', done))
  await connected(fourth)
  found.stopped = { others: others.map((one) => one.got), dropped: fourth.got < 2000, after: (await flood(first, all, 10)).got }

  console.log(JSON.stringify(found))
  for (const one of all) one.socket.disconnect()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
