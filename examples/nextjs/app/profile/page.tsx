import { Avatar, Time } from "@/app/parts"
import { adapter, requireSession, signIn } from "@/auth"

async function link() {
  "use server"
  // Signing in while signed in links the account to this user.
  await signIn("loopback", { redirectTo: "/profile" })
}

export default async function Profile() {
  const { userId, expires } = await requireSession()
  const [user, accounts] = await Promise.all([
    adapter.getUser(userId),
    adapter.listAccounts(userId),
  ])
  if (!user) return null // deleted since the session was read
  return (
    <>
      <section className="card person">
        <Avatar name={user.name ?? user.email} image={user.image} />
        <div>
          <h1>{user.name ?? user.email}</h1>
          {user.name && <p>{user.email}</p>}
        </div>
        <dl className="facts">
          <div>
            <dt>User id</dt>
            <dd className="mono">{user.id}</dd>
          </div>
          <div>
            <dt>E-mail verified</dt>
            <dd>{user.emailVerified ? <Time date={user.emailVerified} /> : "not yet"}</dd>
          </div>
          <div>
            <dt>Signed in until</dt>
            <dd>
              <Time date={new Date(expires)} />
            </dd>
          </div>
        </dl>
      </section>

      <h2>Linked accounts</h2>
      <section className="card list">
        {accounts.map((account) => (
          <article key={`${account.provider} ${account.providerAccountId}`}>
            <div>
              <h3>{account.provider}</h3>
              <p className="mono">{account.providerAccountId}</p>
            </div>
            <dl>
              <div>
                <dt>Scope</dt>
                <dd>{account.scope ?? "none"}</dd>
              </div>
              <div>
                <dt>Access token until</dt>
                <dd>
                  {account.expires_at ? (
                    <Time date={new Date(account.expires_at * 1000)} />
                  ) : (
                    "no date given"
                  )}
                </dd>
              </div>
            </dl>
          </article>
        ))}
        {accounts.length === 0 && (
          <article>
            <p>None yet: you sign in by e-mail.</p>
            <form action={link} className="action">
              <button type="submit">Link a Loopback ID</button>
            </form>
          </article>
        )}
      </section>
      <p className="hint">
        These are rows of the tables <code>users</code> and <code>accounts</code> in{" "}
        <code>auth.db</code>.
      </p>
    </>
  )
}
