import { redirect } from "next/navigation"
import { AuthError } from "next-auth"
import { currentSession, signIn } from "@/auth"

const problems: Record<string, string> = {
  OAuthAccountNotLinked:
    "This e-mail address belongs to someone who signs in another way. " +
    "Sign in that way first, then link the account on the profile page.",
  EmailSignin: "The e-mail could not be sent. Is the address right?",
}

async function withOpenId() {
  "use server"
  await signIn("loopback", { redirectTo: "/profile" })
}

async function withEmail(form: FormData) {
  "use server"
  const email = form.get("email")
  try {
    await signIn("nodemailer", { email, redirectTo: "/profile", redirect: false })
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    redirect(`/?error=${error.type}`)
  }
  redirect("/inbox")
}

export default async function SignIn({ searchParams }: PageProps<"/">) {
  if (await currentSession()) redirect("/profile")
  const { error } = await searchParams
  return (
    <div className="welcome">
      <section>
        <h1>Sign in, and find yourself in a SQLite file.</h1>
        <p className="lead">
          This is Auth.js in Next.js with one adapter between them and an embedded database. There
          is no account to make: the identity provider and the mail server run on your machine.
        </p>
      </section>
      <section className="card">
        {error && (
          <p className="alert" role="alert">
            {problems[String(error)] ?? "That did not work. Please try again."}
          </p>
        )}
        <form action={withOpenId}>
          <button type="submit" className="primary wide">
            Continue with Loopback ID
          </button>
        </form>
        <div className="or">or</div>
        <form action={withEmail} className="stack">
          <label htmlFor="email">E-mail address</label>
          <input
            id="email"
            name="email"
            type="email"
            placeholder="you@example.test"
            autoComplete="email"
            required
          />
          <button type="submit" className="wide">
            Send me a link
          </button>
        </form>
        <p className="hint">The mail goes no further than the inbox of this example.</p>
      </section>
    </div>
  )
}
