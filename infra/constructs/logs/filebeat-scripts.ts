// What Filebeat runs on lines, in the ECMAScript 5.1 that it has.

/** Label by which a pod asks for a lane; `medium` without it. */
export const LOG_LANE_LABEL = 'headwater/log-lane';

/**
 * Names pod, namespace and container of a line by the name that the kubelet gives its file. Filebeat learns the rest from
 * the API server, and of a new pod a moment after it has read the first lines.
 */
export const NAMES_SCRIPT = `function process(event) {
  var file = /([^\\/_]+)_([^_]+)_(.+)-[0-9a-f]{64}\\.log$/.exec(event.Get('log.file.path'));
  if (file === null) return;
  event.Put('kubernetes.pod.name', file[1]);
  event.Put('kubernetes.namespace', file[2]);
  event.Put('kubernetes.container.name', file[3]);
}
`;

/**
 * Sends what a source writes above its quota to the burst lane. For the processors of an input, which Filebeat makes anew
 * for each file that it reads: the count is that of one source.
 */
export function quotaScript(linesPerSecond: number): string {
  return `var second = 0;
var lines = 0;

function process(event) {
  var now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    lines = 0;
  }
  lines += 1;
  if (lines > ${linesPerSecond}) event.Put('lane', 'burst');
}
`;
}

/** Chooses the lane of each line that has none yet. */
export const LANE_SCRIPT = `function process(event) {
  if (event.Get('lane') !== null) return;
  var lane = event.Get('kubernetes.labels.${LOG_LANE_LABEL}');
  event.Put('lane', lane === 'high' || lane === 'low' ? lane : 'medium');
}
`;
