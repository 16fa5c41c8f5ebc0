import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LABELS =
  /^( *)app\.kubernetes\.io\/component: (\S+)\n *app\.kubernetes\.io\/instance: headwater\n *app\.kubernetes\.io\/name: (\S+)\n/gm;

/**
 * A chart that renders to the objects of an environment's committed manifests: what such a platform is as Helm templates.
 * Namespaces and images come from its values and the selector's labels from a helper, as charts do; all else stands in the
 * templates as it stands in the manifests, so Helm has less to compute than a chart with options would give it.
 *
 * @returns how many objects it holds
 */
export function writeChart(manifests: string, directory: string, name: string): number {
  mkdirSync(join(directory, 'templates'), { recursive: true });
  const namespaces = new Map<string, string>();
  const images = new Map<string, string>();
  const named = (names: Map<string, string>, value: string, prefix: string): string => {
    const known = names.get(value) ?? `${prefix}${names.size}`;
    names.set(value, known);
    return known;
  };
  let objects = 0;
  for (const file of readdirSync(manifests).sort()) {
    const text = readFileSync(join(manifests, file), 'utf8');
    objects += text.match(/^kind: /gm)?.length ?? 0;
    const template = text
      .replaceAll('{{', '{{ "{{" }}')
      .replace(LABELS, (_, indent: string, component: string, program: string) => {
        const labels = `dict "component" ${JSON.stringify(component)} "name" ${JSON.stringify(program)}`;
        return `${indent}{{- include "labels" (${labels}) | nindent ${indent.length} }}\n`;
      })
      .replace(/^( *)namespace: (\S+)$/gm, (_, indent: string, value: string) => {
        return `${indent}namespace: {{ .Values.namespaces.${named(namespaces, value, 'n')} }}`;
      })
      .replace(/^( *)image: (\S+)$/gm, (_, indent: string, value: string) => {
        return `${indent}image: {{ .Values.images.${named(images, value, 'i')} | quote }}`;
      });
    writeFileSync(join(directory, 'templates', file.replace('.k8s', '')), template);
  }
  writeFileSync(
    join(directory, 'templates/_labels.tpl'),
    '{{- define "labels" -}}\napp.kubernetes.io/component: {{ .component }}\napp.kubernetes.io/instance: headwater\napp.kubernetes.io/name: {{ .name }}\n{{- end -}}\n',
  );
  const values = (names: ReadonlyMap<string, string>): Record<string, string> =>
    Object.fromEntries([...names].map(([value, key]) => [key, value]));
  writeFileSync(
    join(directory, 'values.yaml'),
    JSON.stringify({ namespaces: values(namespaces), images: values(images) }),
  );
  writeFileSync(join(directory, 'Chart.yaml'), JSON.stringify({ apiVersion: 'v2', name, version: '0.1.0' }));
  return objects;
}
