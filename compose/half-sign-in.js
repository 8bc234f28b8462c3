"use strict"

/** NextAuth links the account right after it has made the user; this is ample. */
const moment = 60_000

/** How many users, and how many half sign-ins, are remembered at most. */
const most = 10_000

/**
 * NextAuth makes a user and then links the account. When the account is refused, the user is one that
 * nobody can ever sign in as: their address is taken, and no account leads to it. Such a user is
 * deleted, when this process made it moments ago, unverified, and it is still nobody's; when a system
 * is away, later. `isInUse(userId, account)` tells whether it is somebody's by now.
 */
function halfSignIns({ isInUse, deleteUser }) {
  const made = new Map()
  const left = new Map()

  return {
    /** A user was made, by this process. */
    begin(user) {
      if (user?.emailVerified) return
      for (const [id, at] of made) {
        if (made.size < most && Date.now() - at < moment) break
        made.delete(id)
      }
      made.set(user.id, Date.now())
    },

    /** The user can sign in, or has. */
    complete(userId) {
      made.delete(userId)
      left.delete(userId)
    },

    /** The user's account was refused. */
    async undo(account) {
      const at = made.get(account.userId)
      if (at === undefined || Date.now() - at > moment || left.size >= most) return
      made.delete(account.userId)
      left.set(account.userId, account)
      await this.settle()
    },

    /** Deletes those that are left; it stops where a system is away, and never rejects. */
    async settle() {
      for (const [userId, account] of left) {
        try {
          if (!(await isInUse(userId, account)) && left.has(userId)) await deleteUser(userId)
          left.delete(userId)
        } catch {
          return
        }
      }
    },
  }
}

module.exports = { halfSignIns }
