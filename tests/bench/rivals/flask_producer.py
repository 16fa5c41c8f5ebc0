"""What a team writes by hand: the body of a POST becomes a record, answered once Kafka has acknowledged it."""

import os

from flask import Flask, request
from kafka import KafkaProducer

app = Flask(__name__)
topic = os.environ["KAFKA_TOPIC"]
producer = KafkaProducer(
    bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"].split(","),
    acks="all",
    enable_idempotence=True,
    linger_ms=1,
    batch_size=524288,
    max_in_flight_requests_per_connection=5,
)


@app.post("/upload")
def upload():
    stored = producer.send(topic, request.get_data(cache=False)).get(timeout=30)
    return {"topic": stored.topic, "partition": stored.partition, "offset": stored.offset}, 201


@app.get("/livez")
def live():
    return "live"
