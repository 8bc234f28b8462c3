import "./style.css"
import type { Metadata } from "next"
import Image from "next/image"
import Link from "next/link"
import type { ReactNode } from "react"
import { NavLink } from "@/app/nav-link"
import { currentSession, signOut } from "@/auth"

export const metadata: Metadata = {
  title: "next-auth-sqlx-adapter",
  description: "Auth.js on an embedded SQLite database",
}

async function leave() {
  "use server"
  await signOut({ redirectTo: "/" })
}

export default async function Layout({ children }: { children: ReactNode }) {
  const session = await currentSession()
  return (
    <html lang="en">
      <body>
        <header className="bar">
          <Link href="/" className="brand">
            <Image src="/icon.svg" alt="" width={24} height={24} unoptimized />
            next-auth-sqlx-adapter
          </Link>
          <nav>
            {!session && <NavLink href="/">Sign in</NavLink>}
            {session && <NavLink href="/profile">Profile</NavLink>}
            {session && <NavLink href="/sessions">Sessions</NavLink>}
            <NavLink href="/inbox">Inbox</NavLink>
            {session && (
              <form action={leave}>
                <button type="submit" className="quiet">
                  Sign out
                </button>
              </form>
            )}
          </nav>
        </header>
        <main>{children}</main>
      </body>
    </html>
  )
}
