import { ScriptedBroker } from './broker.ts';
import { ClusterState } from './state.ts';

/** Scripted brokers that listen, and what they know. */
export class ScriptedCluster extends ClusterState {
  override readonly brokers: ScriptedBroker[] = [];

  async addBroker(): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(this);
    this.brokers.push(broker);
    await broker.start();
    return broker;
  }

  get endpoints(): string[] {
    return this.brokers.map(({ endpoint }) => endpoint);
  }

  async close(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.stop()));
  }
}
