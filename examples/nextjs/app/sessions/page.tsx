import { revalidatePath } from "next/cache"
import { Time } from "@/app/parts"
import { adapter, requireSession } from "@/auth"

async function end(form: FormData) {
  "use server"
  const { userId } = await requireSession()
  // The user's id comes from the session, so that nobody ends a session of somebody else.
  await adapter.deleteSessionsByUser(userId, { id: String(form.get("id")) })
  revalidatePath("/sessions")
}

async function endOthers() {
  "use server"
  const { userId, sessionToken } = await requireSession()
  await adapter.deleteSessionsByUser(userId, { except: sessionToken })
  revalidatePath("/sessions")
}

export default async function Sessions() {
  const { userId, sessionToken } = await requireSession()
  const sessions = await adapter.listSessions(userId, { current: sessionToken })
  sessions.sort((a, b) => Number(b.current) - Number(a.current)) // this one first
  return (
    <>
      <div className="title">
        <div>
          <h1>My sessions</h1>
          <p>Each browser that is signed in as you has one.</p>
        </div>
        {sessions.length > 1 && (
          <form action={endOthers}>
            <button type="submit">Sign out everywhere else</button>
          </form>
        )}
      </div>
      <section className="card list">
        {sessions.map(({ id, createdAt, expires, current }) => (
          <article key={id}>
            <div>
              <h3>{current ? "This browser" : "Another browser"}</h3>
              <p className="mono cut" title={id}>
                {id}
              </p>
            </div>
            <dl>
              <div>
                <dt>Signed in</dt>
                <dd>{createdAt ? <Time date={createdAt} /> : "unknown"}</dd>
              </div>
              <div>
                <dt>Until</dt>
                <dd>
                  <Time date={expires} />
                </dd>
              </div>
            </dl>
            <form action={end} className="action">
              <input type="hidden" name="id" value={id} />
              {current ? (
                <span className="badge">Active now</span>
              ) : (
                <button type="submit">Sign out</button>
              )}
            </form>
          </article>
        ))}
      </section>
      <p className="hint">
        These are rows of the table <code>sessions</code> in <code>auth.db</code>. The ids are
        digests: they are worth nothing as a cookie.
      </p>
    </>
  )
}
