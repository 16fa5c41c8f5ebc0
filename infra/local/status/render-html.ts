import { escapeHtml } from '../../escape-html.ts';
import type { Sample } from '../up/history.ts';
import { ratesOf } from '../up/history.ts';
import { renderPlot, type Line } from './plot.ts';
import {
  PARTITION_COLUMNS,
  renderPartition,
  renderProgram,
  renderSummary,
  renderHeadline,
} from './render-text.ts';
import type { StatusReport } from './report.ts';

const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --back: #fff; --edge: #d0d7de; --soft: #f6f8fa; --calm: #59636e;
  --bad: #a40e26; --good: #116329; --first: #0550ae; --second: #953800; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --back: #0d1117; --edge: #3d444d; --soft: #161b22; --calm: #9198a1;
  --bad: #ff8182; --good: #7ee787; --first: #79c0ff; --second: #ffa657; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; }
.headline { font-size: 1.2rem; font-weight: 600; margin: .3rem 0; }
.wrong { color: var(--bad); } .right { color: var(--good); }
.calm { color: var(--calm); }
li { overflow-wrap: anywhere; }
a { color: var(--first); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(11rem, 100%), 1fr)); gap: .5rem; margin: 1rem 0; }
.figures div { border: 1px solid var(--edge); border-radius: .4rem; padding: .4rem .6rem; }
dt { color: var(--calm); font-size: .9rem; } dd { margin: 0; overflow-wrap: anywhere; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1rem; }
figure { margin: 0; min-width: 0; } svg { width: 100%; height: auto; background: var(--soft); border-radius: .4rem; }
svg text { font: 10px system-ui, sans-serif; fill: var(--text); } .grid { stroke: var(--edge); }
polyline { fill: none; stroke-width: 2; } polyline.line0 { stroke: var(--first); } polyline.line1 { stroke: var(--second); stroke-dasharray: 6 3; }
.key { padding-left: .3rem; border-left: 1rem solid var(--first); } .key.line1 { border-left: 1rem dashed var(--second); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border: 1px solid var(--edge); padding: .3rem .6rem; text-align: right; white-space: nowrap; }
th:last-child, td:last-child { text-align: left; }
:focus-visible { outline: 3px solid var(--first); outline-offset: 2px; }
`;

/** Replaces what has changed, so that a reader's place and the focus stay, and a screen reader hears only another headline. */
const SCRIPT = `
const box = document.getElementById('refresh');
async function refresh() {
  if (!box.checked) return;
  const age = document.getElementById('age');
  try {
    const response = await fetch(location.href);
    if (!response.ok) throw new Error(response.status);
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    for (const id of ['headline', 'problems', 'content', 'age']) {
      const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
      if (old.innerHTML !== fresh.innerHTML) old.innerHTML = fresh.innerHTML;
    }
  } catch {
    age.textContent = 'headwater status does not answer any more: this is what it said last';
  }
}
setInterval(refresh, 5000);
`;

/** Milliseconds over which each point of a plot is a mean: single samples jump with each object. */
const MEAN_MS = 30_000;

/** One page without anything from elsewhere; complete without its script, which only refreshes it. */
export function renderPage(report: StatusReport): string {
  const { at, problems } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Headwater: ${renderHeadline(report)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Headwater</h1>
<div id="headline" role="status"><p class="headline ${problems.length === 0 ? 'right' : 'wrong'}">${renderHeadline(report)}</p></div>
<div id="problems">${renderProblems(report)}</div>
<p class="calm"><span id="age">as of <time datetime="${at}">${at.slice(0, 19).replace('T', ' ')} UTC</time></span>
<label><input type="checkbox" id="refresh" checked> refresh every 5 seconds</label></p>
<div id="content">
${renderContent(report)}
</div>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function renderProblems({ problems }: StatusReport): string {
  if (problems.length === 0) return '';
  const items = problems.map(({ text, runbook }) => {
    const [file = '', anchor = ''] = runbook.split('#');
    return `<li>${escapeHtml(text)} <a href="/runbooks/${file}#${anchor}">runbook ${anchor}</a></li>`;
  });
  return `<ul>${items.join('')}</ul>`;
}

function renderContent(report: StatusReport): string {
  const { partitions, programs, versions, samples } = report;
  const pairs = (entries: readonly (readonly [string, string])[]): string =>
    entries
      .map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`)
      .join('\n');
  const cells = (tag: 'th' | 'td', row: readonly string[]): string =>
    row
      .map((cell, column) =>
        tag === 'th' || column === 0
          ? `<th scope="${tag === 'th' ? 'col' : 'row'}">${cell}</th>`
          : `<td>${escapeHtml(cell)}</td>`,
      )
      .join('');
  return `<h2>Now (rates of the last minute)</h2>
<dl class="figures">
${pairs(renderSummary(report))}
</dl>
<h2>The last hour</h2>
<div class="plots">
${renderPlot({ title: 'Events', unit: 'events/s', lines: rateLines(samples) })}
${renderPlot({
  title: 'Not stored yet',
  unit: 'records',
  lines: [{ name: 'not stored', points: points(samples, ({ lag }) => lag) }],
})}
</div>
<div class="wide" tabindex="0" role="region" aria-label="partitions">
<table>
<caption>Partitions</caption>
<thead><tr>${cells('th', PARTITION_COLUMNS)}</tr></thead>
<tbody>
${partitions.map((partition) => `<tr>${cells('td', renderPartition(partition))}</tr>`).join('\n')}
</tbody>
</table>
</div>
<h2>Programs and versions</h2>
<dl class="figures">
${pairs([...programs.map((program) => [program.name, renderProgram(program)] as const), ...Object.entries(versions)])}
</dl>`;
}

function rateLines(samples: readonly Sample[]): Line[] {
  let from = 0;
  const rates = samples.map(({ at }, index) => {
    while (at - (samples[from]?.at ?? at) > MEAN_MS) from += 1;
    return { at, ...ratesOf(samples.slice(from, index + 1), MEAN_MS, at) };
  });
  return [
    { name: 'accepted', points: points(rates, ({ accepted }) => accepted) },
    { name: 'stored', points: points(rates, ({ stored }) => stored) },
  ];
}

/** Without moments at which the value is not known. */
function points<Moment extends { readonly at: number }>(
  moments: readonly Moment[],
  read: (moment: Moment) => number | undefined,
): Line['points'] {
  return moments.flatMap((moment) => {
    const value = read(moment);
    return value === undefined ? [] : [[moment.at, value] as const];
  });
}
