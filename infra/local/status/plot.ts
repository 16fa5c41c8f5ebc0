import { renderRate } from './report.ts';

/** One line of a plot: values per second or counts at moments. */
export interface Line {
  readonly name: string;
  /** Time in milliseconds since the epoch, and value; in the order of time. */
  readonly points: readonly (readonly [at: number, value: number])[];
}

export interface Plot {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
}

const WIDTH = 420;
const HEIGHT = 150;
const LEFT = 50;
const BOTTOM = 24;
const TOP = 8;
/** Points of a line: finer ones are not seen. */
const POINTS = 240;

/** An SVG whose accessible name says in words what it shows. Lines differ by colour and by dashes, which the legend repeats. */
export function renderPlot({ title, unit, lines }: Plot): string {
  const points = lines.flatMap((line) => line.points);
  const times = points.map(([at]) => at);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  if (points.length < 2 || from === to) {
    return `<figure><figcaption>${title}</figcaption><p>A plot appears after ten seconds.</p></figure>`;
  }
  const top = niceTop(Math.max(...points.map(([, value]) => value)));
  const x = (at: number): number => LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT - 8);
  const y = (value: number): number => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const minutes = Math.round((to - from) / 60_000);
  const span = minutes < 1 ? `${Math.round((to - from) / 1000)} s` : `${minutes} min`;
  const words = lines.map(({ name, points: own }) => {
    const values = own.map(([, value]) => value);
    return `${name} ${renderRate(values.at(-1) ?? 0)} now, at most ${renderRate(Math.max(...values))}`;
  });
  const name = `${title} of the last ${span}, in ${unit}: ${words.join('; ')}`;
  const grid = [0, top / 2, top].map(
    (value) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - 8}" y1="${round(y(value))}" y2="${round(y(value))}"/>` +
      `<text x="${LEFT - 6}" y="${round(y(value)) + 4}" text-anchor="end">${renderRate(value)}</text>`,
  );
  const paths = lines.map(({ points: own }, index) => {
    const step = Math.ceil(own.length / POINTS);
    const shown = own.filter((_, at) => (own.length - 1 - at) % step === 0);
    const path = shown.map(([at, value]) => `${round(x(at))},${round(y(value))}`).join(' ');
    return `<polyline class="line${index}" points="${path}"/>`;
  });
  const legend = lines
    .map(({ name: line }, index) => `<span class="key line${index}">${line}</span>`)
    .join(' ');
  return `<figure><figcaption>${title}, ${unit} ${lines.length > 1 ? legend : ''}</figcaption>
<svg role="img" aria-label="${name}" viewBox="0 0 ${WIDTH} ${HEIGHT}">
${grid.join('\n')}
<text x="${LEFT}" y="${HEIGHT - 4}">${span} ago</text><text x="${WIDTH - 8}" y="${HEIGHT - 4}" text-anchor="end">now</text>
${paths.join('\n')}
</svg></figure>`;
}

/** The next of 1, 2, 5, 10, … */
function niceTop(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5, 10].find((factor) => factor * power >= most) ?? 10) * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
