import {
  type SearchResponse,
  matching,
  object,
  parse,
  Refused,
  type Request,
  type SearchState,
} from './search-state.ts';

export function putIlmPolicy({ policies }: SearchState, name: string, body: unknown): SearchResponse {
  const { policy } = object(body, 'put_lifecycle_request', ['policy']);
  const { phases } = object(policy, 'lifecycle_policy', ['phases', '_meta', 'deprecated']);
  for (const [phase, definition] of Object.entries(
    object(phases, 'phases', ['hot', 'warm', 'cold', 'frozen', 'delete']),
  )) {
    const { min_age: age = '0ms', actions } = object(definition, phase, ['min_age', 'actions']);
    requireTime(age, 'min_age');
    const possible = phase === 'delete' ? ['delete', 'wait_for_snapshot'] : ['rollover', 'set_priority'];
    object(actions, `${phase}.actions`, possible);
  }
  policies.set(name, {
    version: (policies.get(name)?.version ?? 0) + 1,
    body: policy as Record<string, unknown>,
  });
  return { status: 200, body: { acknowledged: true } };
}

function requireTime(value: unknown, field: string): void {
  if (typeof value !== 'string' || !/^\d+(d|h|m|s|ms|micros|nanos)$/.test(value))
    throw new Refused(
      400,
      'illegal_argument_exception',
      `failed to parse setting [${field}] with value [${String(value)}] as a time value`,
    );
}

export function getIsmPolicy({ policies }: SearchState, name: string): SearchResponse {
  const policy = policies.get(name);
  if (policy === undefined) throw new Refused(404, 'status_exception', 'Policy not found');
  const { version, body } = policy;
  return {
    status: 200,
    body: {
      _id: name,
      _version: version,
      _seq_no: version - 1,
      _primary_term: 1,
      // As it is given back: with fields and defaults of its own.
      policy: {
        policy_id: name,
        last_updated_time: 1_700_000_000_000 + version,
        schema_version: 21,
        error_notification: null,
        ...body,
      },
    },
  };
}

/** A policy is made without a number, and replaced with the number of the one that is there. */
export function putIsmPolicy({ policies }: SearchState, name: string, request: Request): SearchResponse {
  const { policy } = object(parse(request), 'policy', ['policy']);
  checkIsmPolicy(policy);
  const known = policies.get(name);
  const seqNo = request.query.get('if_seq_no');
  const term = request.query.get('if_primary_term');
  const matches = known === undefined ? seqNo === null : seqNo === String(known.version - 1) && term === '1';
  if (!matches)
    throw new Refused(
      409,
      'version_conflict_engine_exception',
      `[${name}]: version conflict, document already exists`,
    );
  const version = (known?.version ?? 0) + 1;
  policies.set(name, { version, body: policy as Record<string, unknown> });
  return {
    status: known === undefined ? 201 : 200,
    body: { _id: name, _version: version, _seq_no: version - 1, _primary_term: 1 },
  };
}

/** What the plugin's own parsers refuse: Policy, State, Transition, Conditions and ISMTemplate of index-management 2.19. */
function checkIsmPolicy(value: unknown): void {
  const policy = object(value, 'Policy', [
    ...['policy_id', 'description', 'last_updated_time', 'schema_version', 'error_notification'],
    ...['default_state', 'states', 'ism_template', 'user'],
  ]);
  for (const field of ['description', 'default_state']) {
    if (typeof policy[field] !== 'string')
      throw new Refused(400, 'illegal_argument_exception', `${field} is null`);
  }
  const states = (policy['states'] as unknown[]).map((state) =>
    object(state, 'State', ['name', 'actions', 'transitions']),
  );
  const names = states.map(({ name }) => name);
  if (!names.includes(policy['default_state']))
    throw new Refused(400, 'illegal_argument_exception', 'the default state is none of the states');
  for (const { actions, transitions } of states) {
    for (const action of actions as unknown[]) object(action, 'Action', ['delete', 'retry', 'timeout']);
    if ((actions as unknown[]).length > 0 && (transitions as unknown[]).length > 0)
      throw new Refused(
        400,
        'illegal_argument_exception',
        'cannot contain transitions if using delete action',
      );
    for (const transition of transitions as unknown[]) {
      const { state_name: next, conditions } = object(transition, 'Transition', ['state_name', 'conditions']);
      if (!names.includes(next))
        throw new Refused(400, 'illegal_argument_exception', 'a transition to no state');
      requireTime(object(conditions, 'Conditions', ['min_index_age'])['min_index_age'], 'min_index_age');
    }
  }
  for (const template of (policy['ism_template'] ?? []) as unknown[]) {
    const { index_patterns: patterns } = object(template, 'ISMTemplate', [
      'index_patterns',
      'priority',
      'last_updated_time',
    ]);
    if (!Array.isArray(patterns) || patterns.length === 0)
      throw new Refused(400, 'illegal_argument_exception', 'Requires at least one index pattern');
  }
}

interface IsmFailure {
  readonly index_name: string;
  readonly index_uuid: string;
  readonly reason: string;
}

export function addIsmPolicy(
  { indices, policies, managed }: SearchState,
  pattern: string,
  body: unknown,
): SearchResponse {
  const { policy_id: policy } = body as { policy_id?: string };
  const found = policy === undefined ? undefined : policies.get(policy);
  if (policy === undefined || found === undefined)
    throw new Refused(404, 'status_exception', `Could not find policy=${String(policy)}`);
  return ismStatus(matching(indices.keys(), pattern), (index) => {
    if (managed.has(index))
      return 'This index already has a policy, use the update policy API to update index policies';
    managed.set(index, { policy, version: found.version });
    return undefined;
  });
}

export function changeIsmPolicy(
  { indices, policies, managed }: SearchState,
  pattern: string,
  body: unknown,
): SearchResponse {
  const { policy_id: policy } = object(body, 'ChangePolicy', ['policy_id', 'state', 'include', 'is_safe']);
  const known = policies.get(String(policy));
  if (known === undefined)
    throw new Refused(404, 'status_exception', `Could not find policy=${String(policy)}`);
  const found = matching(indices.keys(), pattern);
  if (found.length === 0)
    throw new Refused(
      400,
      'action_request_validation_exception',
      'Validation Failed: 1: no documents to get;',
    );
  return ismStatus(found, (index) => {
    if (!managed.has(index)) return 'This index is not being managed';
    managed.set(index, { policy: String(policy), version: known.version });
    return undefined;
  });
}

function ismStatus(indices: readonly string[], apply: (index: string) => string | undefined): SearchResponse {
  const failed: IsmFailure[] = indices.flatMap((index) => {
    const reason = apply(index);
    return reason === undefined ? [] : [{ index_name: index, index_uuid: `uuid-of-${index}`, reason }];
  });
  const updated = indices.length - failed.length;
  return {
    status: 200,
    body: { updated_indices: updated, failures: failed.length > 0, failed_indices: failed },
  };
}
