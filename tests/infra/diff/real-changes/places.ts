/** Objects and paths at which several changes show. */
export const KAFKA = 'StatefulSet headwater/kafka';
export const TOPICS = 'Job headwater/kafka-topics';
export const EVENTS = 'spec.template.spec.containers[topics].env[TOPICS].value[events]';
export const CLAIM = 'spec.volumeClaimTemplates[data].spec';
