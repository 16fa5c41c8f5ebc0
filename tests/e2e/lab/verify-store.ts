// Runs in the lab's network: checks the store there against the ledger on standard input, and prints the result as JSON.
import { json } from 'node:stream/consumers';
import { S3Client } from '@aws-sdk/client-s3';
import { lab } from '../../../infra/environments/lab.ts';
import { verifyStore } from '../../../infra/local/verify.ts';
import type { Ledger } from '../../../infra/local/verify/attempts.ts';

const { endpoint, region, bucket } = lab.objectStore;
const ledger = (await json(process.stdin)) as Ledger;
const client = new S3Client({
  region,
  forcePathStyle: true,
  endpoint,
});
const verification = await verifyStore(client, { bucket, prefix: lab.consumer.prefix }, { ledger });
client.destroy();
console.log(JSON.stringify(verification));
