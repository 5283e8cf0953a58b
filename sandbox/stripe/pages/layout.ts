/** What all pages share. Everything a page shows goes through the template engine, which escapes it. */
import { Liquid } from 'liquidjs';

const engine = new Liquid({ outputEscape: 'escape', jsTruthy: true, strictVariables: true, strictFilters: true });

const STYLE = `
:root { color-scheme: light; --ink: #1a1f36; --soft: #5b6478; --line: #d5dbe6; --accent: #4b45c6; --bad: #b3123b; --paper: #fff; }
* { box-sizing: border-box; }
body { margin: 0; background: #f5f6fa; color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 30rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
main.wide { max-width: 64rem; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem 1.25rem; box-shadow: 0 1px 3px rgb(26 31 54 / 8%); }
.card + .card { margin-top: 1rem; }
h1 { font-size: 1.375rem; line-height: 1.25; margin: 0 0 .5rem; } h2 { font-size: 1.0625rem; margin: 1.5rem 0 .5rem; }
p { margin: 0 0 1rem; } .card > :last-child { margin-bottom: 0; } .soft { color: var(--soft); font-size: .9375rem; } code { font: .9em ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
label { display: block; font-weight: 600; font-size: .9375rem; margin: 0 0 .25rem; }
input { width: 100%; font: inherit; padding: .625rem .75rem; border: 1px solid #8790a3; border-radius: 8px; background: #fff; color: inherit; min-height: 44px; }
input:focus-visible, button:focus-visible, a:focus-visible, summary:focus-visible { outline: 3px solid #a7a3f5; outline-offset: 2px; }
.field { margin-bottom: 1rem; } .row { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
button { width: 100%; font: inherit; font-weight: 600; padding: .75rem; min-height: 48px; border: 0; border-radius: 8px; background: var(--accent); color: #fff; cursor: pointer; }
button:hover { background: #3b36a5; } button.plain { background: #fff; color: var(--ink); border: 1px solid #8790a3; margin-top: .75rem; }
a { color: var(--accent); } .cancel { display: inline-block; padding: .75rem 0; margin-top: .5rem; }
.error { border-left: 4px solid var(--bad); background: #fdecf0; color: #7d0d2a; padding: .75rem 1rem; border-radius: 6px; margin: 0 0 1rem; }
.badge { display: inline-block; font-size: .75rem; font-weight: 700; letter-spacing: .03em; background: #ffe9bf; color: #5c3b00; padding: .125rem .5rem; border-radius: 99px; margin-bottom: .75rem; }
.table { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9375rem; } th, td { text-align: left; padding: .4375rem .625rem .4375rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-size: .8125rem; color: var(--soft); } td.num, td code { white-space: nowrap; } td.num { font-variant-numeric: tabular-nums; }
@media (min-width: 48rem) { main { padding-top: 3.5rem; } main.wide { padding-top: 2rem; } .card { padding: 2rem; } }
`;

const LAYOUT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>{{ title }}</title>
<style>{{ style | raw }}</style>
</head>
<body>
<main{% if wide %} class="wide"{% endif %}>
{{ content | raw }}
</main>
</body>
</html>
`;

const layout = engine.parse(LAYOUT);

export type Template = ReturnType<Liquid['parse']>;
export const template = (source: string): Template => engine.parse(source);

export async function renderPage(
  page: Template,
  title: string,
  values: Record<string, unknown>,
  wide = false,
): Promise<string> {
  const content: unknown = await engine.render(page, values);
  return String(await engine.render(layout, { title, wide, style: STYLE, content }));
}
