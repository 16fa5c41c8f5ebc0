/** Sums of a consumer's metrics over their series, by name. */
export async function consumerMetrics(endpoint: string): Promise<(name: string) => number> {
  const text = await (await fetch(`${endpoint}/metrics`)).text();
  return (name) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`headwater_consumer_${name}`))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
