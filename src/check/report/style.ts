/** The style of the HTML report. Prints in black on white; follows the reader's dark or light setting on a screen. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --dim: #5d6670; --paper: #fbfbf9; --card: #ffffff; --line: #e3e4df;
  --holds: #1f7a4d; --broken: #b3261e; --unproved: #9a6a00; --not-applicable: #7b838b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7e9ea; --dim: #9aa4ad; --paper: #14171a; --card: #1b1f23; --line: #2c3238;
  --holds: #5cc98f; --broken: #ff8a80; --unproved: #e0b04a; --not-applicable: #8b949d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
header, main { max-width: 60rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 3rem; }
.name { margin: 0; color: var(--dim); letter-spacing: .08em; text-transform: uppercase; font-size: .8rem; }
h1 { margin: .1rem 0 .4rem; font-size: 2.4rem; line-height: 1.15; letter-spacing: -.02em; }
.tally { margin: 0 0 1rem; font-size: 1.15rem; }
.bar { display: flex; gap: 3px; height: 14px; margin: 0 0 1.4rem; }
.bar i { flex: 1; border-radius: 3px; background: currentColor; }
dl { display: flex; flex-wrap: wrap; gap: .4rem 2.2rem; margin: 0 0 1rem; }
dt { color: var(--dim); font-size: .8rem; }
dd { margin: 0; }
.note { margin: .3rem 0; color: var(--dim); }
section { margin: 2.6rem 0; }
h2 { margin: 0 0 .8rem; font-size: 1.3rem; letter-spacing: -.01em; }
h2 span { display: inline-block; min-width: 1.4em; color: var(--dim); font-weight: 400; }
article { margin: 0 0 .8rem; padding: 1rem 1.2rem; background: var(--card); border: 1px solid var(--line);
  border-left: 4px solid var(--verdict); border-radius: 8px; }
.holds { --verdict: var(--holds); } .broken { --verdict: var(--broken); }
.unproved { --verdict: var(--unproved); } .not-applicable { --verdict: var(--not-applicable); }
.bar .holds, .bar .broken, .bar .unproved, .bar .not-applicable { color: var(--verdict); }
.bar .unproved, .bar .not-applicable { opacity: .45; }
h3 { display: flex; justify-content: space-between; gap: 1rem; margin: 0; font-size: 1.05rem; }
.verdict { color: var(--verdict); font-weight: 600; white-space: nowrap; }
article p { margin: .35rem 0 0; overflow-wrap: anywhere; }
.requirement, .sources, .failing, .hand, .more, .claim > .reason { color: var(--dim); font-size: .9rem; }
.sources { font-size: .78rem; }
.remedy { color: var(--broken); }
.waiver { color: var(--unproved); }
details { margin-top: .6rem; }
summary { cursor: pointer; color: var(--dim); font-size: .9rem; }
.claim { margin: .7rem 0 0 .2rem; padding: .1rem 0 .5rem 1rem; border-left: 2px solid var(--verdict); }
h4 { margin: 0; font-size: .97rem; font-weight: 600; }
table { width: 100%; margin: .5rem 0 .2rem; border-collapse: collapse; font-size: .84rem; table-layout: fixed; }
th { text-align: left; color: var(--dim); font-weight: 500; }
th, td { padding: .22rem .6rem .22rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th:first-child { width: 52%; }
.failed td { color: var(--broken); font-weight: 600; }
code { font: .92em ui-monospace, monospace; overflow-wrap: anywhere; }
@media print { :root { --ink: #000; --dim: #444; --paper: #fff; --card: #fff; --line: #bbb; --holds: #1f7a4d; --broken: #b3261e;
  --unproved: #9a6a00; --not-applicable: #666; } body { font-size: 10pt; } header { padding-top: 0; }
  article, .claim { break-inside: avoid; } h2, h3 { break-after: avoid; } details::details-content { display: block; content-visibility: visible; } }
`
