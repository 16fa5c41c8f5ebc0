import { escapeHtml } from '../../escape-html.ts';
import type { Change } from '../changes.ts';
import { CONSEQUENCE_WORDS, CONSEQUENCES, worstOf } from '../consequences.ts';
import { isApproved, summarize, type Report } from '../report.ts';
import { sentenceText } from '../sentences/sentences.ts';
import type { Tree } from '../tree.ts';
import { changesWithoutCause, linesOf, tellCauses, wholeSentence, type ToldCause } from './cause-text.ts';
import { FILTER_SCRIPT, STYLE } from './html-assets.ts';
import { changeText, headAlone, lineTexts, restartTexts, sideText, sidesText } from './words.ts';

/** Renders one self-contained page: a diagram of the platform, a filter, and both sides of every change. */
export function renderHtml(report: Report): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>What this change does</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>What this change does</h1>
<p>${escapeHtml(sidesText(report))}</p>
${report.baseError === undefined ? body(report) : alone(report, report.baseError)}
</main>
</body>
</html>
`;
}

function alone(report: Report, error: string): string {
  return `<p><strong>The base does not synthesize</strong>, so nothing can be compared.</p>
<pre>${escapeHtml(error)}</pre>
<p>${escapeHtml(headAlone(report))}</p>`;
}

function body(report: Report): string {
  const { changes, causes, causesError } = report;
  const nothing = changes.length === 0 ? '<p>No manifest of any environment changes.</p>' : '';
  if (changes.length === 0 && causes.length === 0) return nothing;
  const unknown =
    causesError === undefined ? '' : `<p>The causes are unknown:</p><pre>${escapeHtml(causesError)}</pre>`;
  return `${nothing}${unknown}${summaryTable(report)}
${picture(changes)}
${filters(report)}
<p id="shown" role="status" aria-live="polite">${changes.length} of ${changes.length} changes</p>
${tellCauses(report)
  .map((told) => section(told, report))
  .join('\n')}
${changesWithoutCause(report)
  .map((change) => article(change, report))
  .join('\n')}
<script>${FILTER_SCRIPT}</script>`;
}

function summaryTable(report: Report): string {
  const rows = summarize(report).map(({ environment, worst, counts, restarts }) => {
    const words = counts.map(({ consequence, count }) => `${count} ${CONSEQUENCE_WORDS[consequence]}`);
    return `<tr><th scope="row">${escapeHtml(environment)}</th><td>${counts.length === 0 ? 'no changes' : badge(worst)}</td><td>${words.join(', ')}</td><td>${restarts.map(escapeHtml).join('<br>')}</td></tr>`;
  });
  return `<div class="wide" tabindex="0" role="region" aria-label="Summary"><table>
<thead><tr><th scope="col">environment</th><th scope="col">worst</th><th scope="col">changes</th><th scope="col">restarts</th></tr></thead>
<tbody>${rows.join('')}</tbody></table></div>`;
}

/** Parts of the platform in the order of an event's way, with a pattern of their objects. */
const PARTS: readonly (readonly [string, RegExp])[] = [
  ['edge', /^(Ingress|Gateway|HTTPRoute|BackendTrafficPolicy|SecurityPolicy) |ingress-nginx/],
  ['producer', /\/producer/],
  ['ZooKeeper', /\/zookeeper/],
  ['Kafka', /\/kafka(-config|-brokers|-bootstrap|-controller|-topics|-users|-external)?|\/kafka/],
  ['consumer', /\/consumer/],
  ['object store', /^Bucket /],
  ['logs', /-logging\/|fluentd|filebeat|log-indexer/],
];

function picture(changes: readonly Change[]): string {
  const places = new Map<string, Change[]>();
  for (const change of changes) {
    const part = PARTS.find(([, pattern]) => pattern.test(change.object))?.[0] ?? 'cluster';
    places.set(part, [...(places.get(part) ?? []), change]);
  }
  const parts = [...PARTS.map(([part]) => part), 'cluster'].map((part) => {
    const own = places.get(part) ?? [];
    const worst = worstOf(own.map(({ consequence }) => consequence));
    const state =
      own.length === 0 ? '<span class="calm">no change</span>' : `${badge(worst)} <span>${own.length}</span>`;
    return `<li class="${own.length === 0 ? 'same' : 'changed'}"><strong>${part}</strong>${state}</li>`;
  });
  return `<h2>Where</h2>\n<ol class="platform" aria-label="Parts of the platform and what changes there">${parts.join('')}</ol>`;
}

function filters(report: Report): string {
  const present = CONSEQUENCES.filter((word) =>
    report.changes.some(({ consequence }) => consequence === word),
  );
  const box = (group: string, value: string, label: string): string =>
    `<label><input type="checkbox" data-filter="${group}" value="${escapeHtml(value)}" checked> ${escapeHtml(label)}</label>`;
  return `<h2>Changes</h2>
<form class="filters">
<fieldset><legend>consequence</legend>${present.map((word) => box('consequence', word, CONSEQUENCE_WORDS[word])).join('')}</fieldset>
<fieldset><legend>environment</legend>${report.environments.map((name) => box('environment', name, name)).join('')}</fieldset>
</form>`;
}

/** Renders the sentence of a cause, with its changes folded. */
function section(told: ToldCause, report: Report): string {
  const { cause, consequence, changes } = told;
  const mark = report.approved.includes(cause.id) ? ' <em>approved</em>' : '';
  const text = sentenceText(wholeSentence(told), (value) => `<code>${escapeHtml(value)}</code>`, escapeHtml);
  const places = linesOf(cause).map((place) => `<code>${escapeHtml(place)}</code>`);
  const id = `<small>${places.join(' ')} id <code>${cause.id}</code></small>`;
  if (changes.length === 0) return `<p class="silent">${text} ${id}</p>`;
  return `<details class="cause">
<summary>${badge(consequence)} ${text} <small>${changes.length === 1 ? '1 change' : `${changes.length} changes`}</small>${mark} ${id}</summary>
${changes.map((change) => article(change, report)).join('\n')}
</details>`;
}

function article(change: Change, report: Report): string {
  const { object, path, consequence, environments, id, why, rule, source, before, after, lines } = change;
  const mark = isApproved(change, report) ? ' <em>approved</em>' : '';
  const rolls = restartTexts(change).map((text) => `<li>restarts ${escapeHtml(text)}</li>`);
  return `<details class="change" data-consequence="${consequence}" data-environments="${environments.map(escapeHtml).join(' ')}">
<summary>${badge(consequence)} <strong>${escapeHtml(object)}</strong> <code>${escapeHtml(path)}</code> <code>${escapeHtml(changeText(change))}</code> <small>${escapeHtml(environments.join(', '))}</small>${mark}</summary>
<p>${escapeHtml(why)} <small>(rule ${escapeHtml(rule)}, ${escapeHtml(source)}, id <code>${id}</code>)</small></p>
${rolls.length > 0 ? `<ul>${rolls.join('')}</ul>` : ''}
${lines === undefined ? '' : `<h3>lines that differ</h3><pre tabindex="0">${escapeHtml(lineTexts(lines).join('\n'))}</pre>`}
<div class="sides"><div><h3>before</h3><pre tabindex="0">${side(path, before)}</pre></div><div><h3>after</h3><pre tabindex="0">${side(path, after)}</pre></div></div>
</details>`;
}

function side(path: string, value: Tree | undefined): string {
  return value === undefined ? '<span class="calm">(none)</span>' : escapeHtml(sideText(path, value));
}

function badge(consequence: Change['consequence']): string {
  return `<span class="badge ${consequence}">${CONSEQUENCE_WORDS[consequence]}</span>`;
}
