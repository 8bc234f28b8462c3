// The one page of the OpenID provider: who is it?

const quote = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

export function page(people, complaint) {
  const choices = people.map(
    ({ sub, name, email, picture }) => `
      <button name="login" value="${quote(sub)}">
        <img src="${quote(picture)}" alt="" width="40" height="40">
        <span><b>${quote(name)}</b><small>${quote(email)}</small></span>
      </button>`,
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Loopback ID</title>
<style>${style}</style>
<main>
  <h1>Loopback ID</h1>
  <p>Who signs in to the example?</p>
  ${complaint ? `<p role="alert">${quote(complaint)}</p>` : ""}
  <form method="post" class="people">${choices.join("")}</form>
  <form method="post" class="other">
    <label for="login">Somebody else</label>
    <div>
      <input id="login" name="login" autocomplete="off" maxlength="32"
        placeholder="Katherine Johnson" required>
      <button>Continue</button>
    </div>
  </form>
</main>
</html>
`
}

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5c6675; --line: #d9dee6; --paper: #fff;
  --ground: #eef1f6; --accent: #2f5bd0; --bad: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebf1; --soft: #9aa4b4; --line: #333b49; --paper: #1a1f29; --ground: #10141b;
    --accent: #7d9ffa; --bad: #f2a39b }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  font: 16px/1.5 -apple-system, "Segoe UI", Roboto, "Liberation Sans", system-ui, sans-serif;
  color: var(--ink); background: var(--ground) }
main { width: min(24rem, 100%); padding: 2rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: 16px }
h1 { margin: 0; font-size: 1.25rem }
p { margin: .25rem 0 1.25rem; color: var(--soft) }
[role=alert] { color: var(--bad) }
.people { display: grid; gap: .5rem }
.people button { display: flex; gap: .75rem; align-items: center; text-align: left; width: 100% }
.people img { border-radius: 50% }
small { display: block; color: var(--soft); font-size: .8125rem }
button, input { font: inherit; color: inherit; padding: .625rem .75rem; border-radius: 10px;
  border: 1px solid var(--line); background: transparent }
button { cursor: pointer }
button:hover { border-color: var(--accent) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.other { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line) }
.other div { display: flex; gap: .5rem; margin-top: .375rem }
input { flex: 1; min-width: 0 }
label { font-size: .875rem; color: var(--soft) }
`
