// Node's socket.io as a broadcaster: the same orders and answers as bench/load/broadcaster.py, line by line.
const http = require('node:http')
const { createInterface } = require('node:readline')
const { performance } = require('node:perf_hooks')
const { Server } = require('socket.io')

const server = http.createServer()
const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false, pingInterval: 10_000, pingTimeout: 10_000 })
const cpu = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)

async function broadcast({ message, count, every }) {
  const sent = []
  const before = cpu()
  let next = performance.now()
  for (let n = 0; n < count; n++) {
    sent.push(Number(process.hrtime.bigint()))
    io.emit('update', { ...message, n })
    next += every * 1000
    await new Promise((done) => setTimeout(done, Math.max(0, next - performance.now())))
  }
  answer({ sent, cpu: cpu() - before, resident: process.memoryUsage().rss })
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line)
  if (order.do === 'broadcast') void broadcast(order)
  else answer({ cpu: cpu(), connections: io.engine.clientsCount, resident: process.memoryUsage().rss })
})
server.listen(0, '127.0.0.1', 4096, () => answer({ port: server.address().port }))
