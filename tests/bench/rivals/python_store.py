"""What a team writes by hand: messages become objects of so many lines; the offset is committed after each object.

Stores for at most SECONDS from the first message, then prints what it came to as one line of JSON.
"""

import gzip
import json
import os
import time

import boto3
from kafka import KafkaConsumer

max_records = int(os.environ["MAX_RECORDS"])
compress = os.environ["CODEC"] == "gzip"
seconds = float(os.environ["SECONDS"])
wanted = int(os.environ["RECORDS"])
prefix = os.environ["STORE_PREFIX"]

bucket = os.environ["STORE_BUCKET"]
s3 = boto3.client("s3", endpoint_url=os.environ["STORE_ENDPOINT"], region_name="us-east-1")
consumer = KafkaConsumer(
    os.environ["KAFKA_TOPIC"],
    bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"].split(","),
    group_id=prefix,
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    max_poll_records=10000,
    fetch_max_bytes=16777216,
    max_partition_fetch_bytes=4194304,
    consumer_timeout_ms=10000,
)

lines, stored, begun, cpu = [], 0, None, 0.0


def flush():
    global stored, lines
    body = ("\n".join(lines) + "\n").encode()
    if compress:
        body = gzip.compress(body, 4)
    s3.put_object(Bucket=bucket, Key=f"{prefix}/{stored:012}", Body=body)
    consumer.commit()
    stored += len(lines)
    lines = []


for message in consumer:
    if begun is None:
        begun, cpu = time.monotonic(), time.process_time()
    lines.append(
        json.dumps(
            {
                "partition": message.partition,
                "offset": message.offset,
                "timestamp": message.timestamp,
                "value": json.loads(message.value),
            }
        )
    )
    if len(lines) == max_records:
        flush()
    if stored + len(lines) >= wanted or time.monotonic() - begun >= seconds:
        break
if lines:
    flush()
print(json.dumps({"stored": stored, "seconds": time.monotonic() - begun, "cpu": time.process_time() - cpu}), flush=True)
os._exit(0)
