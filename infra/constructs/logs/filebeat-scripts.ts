// Scripts that Filebeat runs on lines, in its ECMAScript 5.1.

/** Pod label that selects the lane; `medium` without it. */
export const LOG_LANE_LABEL = 'headwater/log-lane';

/**
 * Sets pod, namespace and container of a line from the file name that the kubelet gives. Filebeat gets the rest from
 * the API server, and for a new pod shortly after it has read the first lines.
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
 * Routes lines of a source above its quota to the burst lane. Must be a processor of an input, which Filebeat creates
 * for each file: so it counts one source.
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

/** Sets the lane of each line without one. */
export const LANE_SCRIPT = `function process(event) {
  if (event.Get('lane') !== null) return;
  var lane = event.Get('kubernetes.labels.${LOG_LANE_LABEL}');
  event.Put('lane', lane === 'high' || lane === 'low' ? lane : 'medium');
}
`;
