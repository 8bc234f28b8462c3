const { spawn } = require("node:child_process")
const { join } = require("node:path")
const { ask } = require("./browser")
const { startOutside } = require("./outside")

/**
 * Starts one of the application's servers (app.mjs) in a process of its own.
 *
 * @param {object} settings
 * @param {string} settings.url of the database
 * @param {object} [settings.options] of the adapter
 * @param {string} settings.outside the URL of `startOutside`
 * @param {string} [settings.journal] the file where the adapter's calls are noted
 * @param {boolean} [settings.keepsTokens] whether the tokens of each sign-in are stored
 * @param {4 | 5} [settings.nextAuth] the version, 5 by default
 */
async function startApp(settings) {
  const app = { port: 0, restart, kill, order, stop, freeze, thaw }
  let child

  async function launch() {
    const args = [join(__dirname, "app.mjs"), JSON.stringify(settings)]
    const { AUTH_DATABASE_URL, DATABASE_URL, NODE_OPTIONS, ...env } = process.env
    child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] })
    const mine = child
    mine.ended = new Promise((resolve) => mine.once("exit", resolve))
    let complaints = ""
    mine.stderr.on("data", (piece) => (complaints += piece))
    app.port = await new Promise((resolve, reject) => {
      mine.stdout.once("data", (line) => resolve(Number(line)))
      mine.ended.then(() => reject(new Error(`the application ended\n${complaints}`)))
    })
  }

  /** SIGKILL, in the midst of whatever it does. */
  async function kill() {
    child.kill("SIGKILL")
    await child.ended
  }

  async function restart() {
    await kill()
    await launch()
  }

  async function order(name, values = {}) {
    const body = JSON.stringify(values)
    const answer = await ask(app.port, `/order/${name}`, { cookie: "", body })
    if (answer.status !== 200) throw new Error(`/order/${name}: ${answer.body}`)
    return JSON.parse(answer.body)
  }

  function freeze() {
    child.kill("SIGSTOP")
  }

  function thaw() {
    child.kill("SIGCONT")
  }

  async function stop() {
    thaw()
    await kill()
  }

  await launch()
  return app
}

/**
 * An application with one server, on a database of its own, for the tests of a `describe`: `{ app, outside,
 * place }`, from `beforeAll` on.
 */
function application(database, settings) {
  const it = {}

  beforeAll(async () => {
    it.outside = await startOutside()
    it.place = await database.fresh()
    it.app = await startApp({ url: it.place.url, outside: it.outside.url, ...settings })
  })

  afterAll(async () => {
    await it.app?.stop()
    await it.place?.drop()
    await it.outside?.stop()
  })

  return it
}

module.exports = { application, startApp }
