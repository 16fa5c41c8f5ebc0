import { figures, type Bench, type Sample } from './bench.ts';
import { bySubject, figureOf, formatFigure } from './evaluate.ts';

const WIDTH = 720;
const LABEL_WIDTH = 300;
const BAR_HEIGHT = 18;
const ROW_HEIGHT = 26;
const TOP = 40;
const OWN_COLOR = '#1f77b4';
const OTHER_COLOR = '#b0b0b0';

/** Bars of the median of each subject in each scenario, with a line from the lowest round to the highest. */
export function renderPlot({ title, plotted }: Bench, samples: readonly Sample[]): string {
  const groups = bySubject(samples).flatMap(({ scenario, subject, rounds }) => {
    const spread = figureOf(rounds, plotted);
    return spread === undefined ? [] : [{ scenario, subject, spread }];
  });
  const most = Math.max(...groups.map(({ spread }) => spread.highest));
  const scale = (value: number) => (value / most) * (WIDTH - LABEL_WIDTH - 110);
  const bars = groups.map(({ scenario, subject, spread: { median, lowest, highest } }, index) => {
    const y = TOP + index * ROW_HEIGHT;
    const middle = y + BAR_HEIGHT / 2;
    const end = LABEL_WIDTH + scale(highest);
    return [
      `<text x="${LABEL_WIDTH - 8}" y="${middle + 4}" text-anchor="end">${scenario}: ${subject}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${y}" width="${scale(median).toFixed(1)}" height="${BAR_HEIGHT}" fill="${subject.startsWith('headwater') ? OWN_COLOR : OTHER_COLOR}"/>`,
      `<line x1="${(LABEL_WIDTH + scale(lowest)).toFixed(1)}" x2="${end.toFixed(1)}" y1="${middle}" y2="${middle}" stroke="black"/>`,
      `<text x="${(end + 6).toFixed(1)}" y="${middle + 4}">${formatFigure(median)}</text>`,
    ].join('\n');
  });
  const height = TOP + groups.length * ROW_HEIGHT + 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="10" y="22" font-size="14" font-weight="bold">${title}: ${figures[plotted]}</text>`,
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}
