import Link from "next/link"

const problems: Record<string, [title: string, text: string]> = {
  Verification: [
    "This link no longer works",
    "It has been used, or it is too old. A link signs you in once.",
  ],
  AccessDenied: ["You may not sign in", "The provider, or this site, said no."],
}

export default async function Problem({ searchParams }: PageProps<"/error">) {
  const { error } = await searchParams
  const [title, text] = problems[String(error)] ?? [
    "Something went wrong",
    "The terminal that runs the example says more.",
  ]
  return (
    <section className="card notice">
      <h1>{title}</h1>
      <p>{text}</p>
      <Link className="button primary" href="/">
        Back to the start
      </Link>
    </section>
  )
}
