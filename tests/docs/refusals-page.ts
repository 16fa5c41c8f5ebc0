import { refusals } from '../infra/refused/refusals.ts';

/** `docs/refused-configurations.md`: what is refused, from the tests that refuse it. */
export function renderRefusals(): string {
  const rows = refusals.map(({ configuration, changes, environment = 'production', message }) => {
    const settings = Object.entries(changes).map(
      ([path, value]) => `\`${path}: ${value === undefined ? '(left out)' : JSON.stringify(value)}\``,
    );
    return `| ${[configuration, environment, settings.join('<br>'), message].map(escapeCell).join(' | ')} |\n`;
  });
  return `# Refused configurations

Made from \`tests/infra/refused\` by \`npm run docs:update\`; each row is a test of the exact message. Nothing below reaches
a manifest: \`npm run synth\`, \`cdk8s synth\` and \`pulumi preview\` end with every error of an environment at once.

| Configuration | In | Set to | Message |
| --- | --- | --- | --- |
${rows.join('')}`;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
