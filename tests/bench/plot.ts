import type { Sample } from './bench.ts';
import { spreadOf } from './judge.ts';

const WIDTH = 720;
const LABEL_WIDTH = 300;
const BAR_HEIGHT = 18;
const ROW_HEIGHT = 26;
const TOP = 40;
const COLORS: Readonly<Record<string, string>> = { headwater: '#1f77b4' };
const OTHER_COLOR = '#b0b0b0';

/** Bars of the median rate of each subject in each scenario, with a line from the lowest round to the highest. */
export function renderPlot(title: string, samples: readonly Sample[]): string {
  const keys = [...new Set(samples.map(({ scenario, subject }) => JSON.stringify([scenario, subject])))];
  const most = Math.max(...samples.map(({ perSecond }) => perSecond));
  const scale = (perSecond: number) => (perSecond / most) * (WIDTH - LABEL_WIDTH - 110);
  const bars = keys.map((key, index) => {
    const [scenario, subject] = JSON.parse(key) as [string, string];
    const own = samples.filter((sample) => sample.scenario === scenario && sample.subject === subject);
    const { median, lowest, highest } = spreadOf(own.map(({ perSecond }) => perSecond)) ?? {
      median: 0,
      lowest: 0,
      highest: 0,
    };
    const y = TOP + index * ROW_HEIGHT;
    const middle = y + BAR_HEIGHT / 2;
    const end = LABEL_WIDTH + scale(highest);
    return [
      `<text x="${LABEL_WIDTH - 8}" y="${middle + 4}" text-anchor="end">${scenario}: ${subject}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${y}" width="${scale(median).toFixed(1)}" height="${BAR_HEIGHT}" fill="${COLORS[subject] ?? OTHER_COLOR}"/>`,
      `<line x1="${(LABEL_WIDTH + scale(lowest)).toFixed(1)}" x2="${end.toFixed(1)}" y1="${middle}" y2="${middle}" stroke="black"/>`,
      `<text x="${(end + 6).toFixed(1)}" y="${middle + 4}">${Math.round(median).toLocaleString('en')}/s</text>`,
    ].join('\n');
  });
  const height = TOP + keys.length * ROW_HEIGHT + 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="10" y="22" font-size="14" font-weight="bold">${title}: events per second</text>`,
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}
