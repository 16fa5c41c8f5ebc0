"""One event of 1 KiB each second from each user."""

from locust import FastHttpUser, constant_pacing, task

EVENT = b"x" * 1024


class Sender(FastHttpUser):
    wait_time = constant_pacing(1)

    @task
    def upload(self):
        self.client.post("/upload", data=EVENT, headers={"Content-Type": "text/plain"})
