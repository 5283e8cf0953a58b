/** The pay page's only style, inline and named by its hash in the Content-Security-Policy. Mobile first; light and dark. */
export const PAY_PAGE_CSS = `
:root { color-scheme: light dark; --bg: #f4f5f7; --card: #fff; --text: #1c2430; --muted: #5b6573; --accent: #1f4fd8; --on-accent: #fff; --line: #dfe3e8; --notice: #eef3ff; }
@media (prefers-color-scheme: dark) { :root { --bg: #0e1116; --card: #171c24; --text: #e8ebf0; --muted: #a4adba; --accent: #8fb0ff; --on-accent: #0e1116; --line: #2c3440; --notice: #1d2738; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere; }
main { max-width: 27rem; min-height: 100vh; margin: 0 auto; padding: 2rem 1.25rem; background: var(--card); }
h1 { margin: 0 0 1rem; font-size: 1.4rem; line-height: 1.3; }
p { margin: 0 0 1rem; }
main > :last-child { margin-bottom: 0; }
.merchant { margin-bottom: .25rem; color: var(--muted); font-weight: 600; }
.amount { margin-bottom: .5rem; font-size: 2.2rem; font-weight: 700; line-height: 1.2; }
dl { margin: 0 0 1.5rem; }
dl div { display: flex; justify-content: space-between; gap: 1rem; padding: .6rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--muted); }
dd { margin: 0; text-align: right; }
button, .button { display: block; width: 100%; min-height: 3rem; padding: .75rem 1rem; border: 0; border-radius: .6rem; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer; }
button:hover, .button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--text); outline-offset: 3px; }
.small { margin-top: 1rem; color: var(--muted); font-size: .875rem; }
.notice { padding: .75rem 1rem; border-radius: .6rem; background: var(--notice); }
.test { display: inline-block; padding: .1rem .6rem; border: 1px dashed var(--muted); border-radius: 1rem; color: var(--muted); font-size: .8rem; }
@media (min-width: 40rem) { main { min-height: 0; margin: 12vh auto 4rem; padding: 2.5rem; border-radius: 1rem; box-shadow: 0 8px 40px rgb(0 0 0 / .12); } }
`;
