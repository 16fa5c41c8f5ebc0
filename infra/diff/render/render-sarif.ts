import type { SourceLine } from '../causes/cause.ts';
import { CONSEQUENCE_WORDS, CONSEQUENCES, type Consequence } from '../consequences.ts';
import type { Report } from '../report.ts';
import { sentenceText } from '../sentences/sentences.ts';
import { tellCauses, wholeSentence, type ToldCause } from './cause-text.ts';

/** Severity of a result for the code host. */
const LEVELS: Readonly<Record<Consequence, 'error' | 'warning' | 'note'>> = {
  'data-at-risk': 'error',
  'data-deleted-sooner': 'error',
  exposure: 'warning',
  rights: 'warning',
  recreated: 'warning',
  version: 'note',
  capacity: 'note',
  'rolling-restart': 'note',
  'applied-in-place': 'note',
  nothing: 'note',
};

/** Location of a cause without a known line: code hosts do not show a result without a location. */
const ANYWHERE: SourceLine = { file: 'infra/platform.ts', line: 1 };

/**
 * Renders SARIF for code hosts that show results beside the code: one result per cause and environment, at the changed
 * line. A cause without changes has no result.
 *
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function renderSarif(report: Report): string {
  const told = tellCauses(report).filter(({ changes }) => changes.length > 0);
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'headwater-diff', rules: CONSEQUENCES.map(ruleOf) } },
        automationDetails: { id: 'headwater-diff/' },
        originalUriBaseIds: { ROOT: { description: { text: 'root of the repository' } } },
        results: told.flatMap((one) => resultsOf(one, report)),
        columnKind: 'utf16CodeUnits',
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function ruleOf(consequence: Consequence) {
  return {
    id: consequence,
    shortDescription: { text: CONSEQUENCE_WORDS[consequence] },
    defaultConfiguration: { level: LEVELS[consequence] },
  };
}

function resultsOf(told: ToldCause, { approved }: Report) {
  const { cause, consequence } = told;
  return cause.environments.map((environment) => {
    const [first = ANYWHERE, ...others] = cause.effects[environment]?.lines ?? [];
    return {
      ruleId: consequence,
      ruleIndex: CONSEQUENCES.indexOf(consequence),
      level: LEVELS[consequence],
      message: { text: `${CONSEQUENCE_WORDS[consequence]}: ${sentenceText(wholeSentence(told))}` },
      locations: [{ physicalLocation: placeOf(first) }],
      ...(others.length > 0 && {
        relatedLocations: others.map((line, index) => ({ id: index + 1, physicalLocation: placeOf(line) })),
      }),
      partialFingerprints: { cause: `${cause.id}/${environment}` },
      ...(approved.includes(cause.id) && {
        suppressions: [{ kind: 'external', status: 'accepted', justification: `approved as ${cause.id}` }],
      }),
    };
  });
}

function placeOf({ file, line }: SourceLine) {
  return {
    artifactLocation: { uri: encodeURI(file), uriBaseId: 'ROOT' },
    region: { startLine: line },
  };
}
