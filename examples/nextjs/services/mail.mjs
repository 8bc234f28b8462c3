// A mail server on loopback that delivers nowhere: it keeps the last mails in memory and gives
// them to the inbox page as JSON.

import { createServer } from "node:http"
import { simpleParser } from "mailparser"
import { SMTPServer } from "smtp-server"

const kept = 50
const mails = []
let id = 0

const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ["AUTH", "STARTTLS"],
  async onData(stream, session, done) {
    try {
      const { from, subject, text, date } = await simpleParser(stream)
      mails.unshift({
        id: ++id,
        date: date ?? new Date(),
        from: from?.text ?? "",
        to: session.envelope.rcptTo.map(({ address }) => address).join(", "),
        subject: subject ?? "",
        text: text ?? "",
      })
      mails.splice(kept)
      done()
    } catch (error) {
      done(error)
    }
  },
})
smtp.on("error", (error) => console.error(error.message)) // a client that hung up

const api = createServer((request, response) => {
  // A web page elsewhere can reach loopback by a name of its own (DNS rebinding), not by this one.
  const known = request.headers.host === `127.0.0.1:${api.address().port}`
  if (!known || request.method !== "GET" || request.url !== "/messages") {
    response.writeHead(404).end()
    return
  }
  response.setHeader("content-type", "application/json").end(JSON.stringify(mails))
})

const listen = (server) => new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
await Promise.all([listen(smtp), listen(api)])
process.send?.({ smtp: smtp.server.address().port, api: api.address().port })
