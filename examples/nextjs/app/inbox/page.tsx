import { connection } from "next/server"
import { Time } from "@/app/parts"

type Mail = { id: number; date: string; from: string; to: string; subject: string; text: string }

export default async function Inbox() {
  await connection() // read at each visit, not while building
  const response = await fetch(`${process.env.MAIL_API}/messages`, { cache: "no-store" })
  const mails: Mail[] = await response.json()
  return (
    <>
      <div className="title">
        <div>
          <h1>Inbox</h1>
          <p>Whatever the example sends, to any address, arrives here.</p>
        </div>
      </div>
      <section className="card list">
        {mails.map(({ id, date, to, subject, text }) => {
          const link = text.match(/https?:\/\/\S+/)?.[0]
          return (
            <article key={id}>
              <div>
                <h3>{subject}</h3>
                <p>
                  to {to}, <Time date={new Date(date)} />
                </p>
              </div>
              {link && (
                // A plain link: Next.js prefetches its own, and this one works only once.
                <a className="button primary action" href={link}>
                  Sign in
                </a>
              )}
            </article>
          )
        })}
        {mails.length === 0 && (
          <article>
            <p>Nothing yet. Ask for a link on the sign-in page.</p>
          </article>
        )}
      </section>
    </>
  )
}
