# Over the client that openapi-python-client makes: a webhook, three events, their deliveries in pages.
import os
import time

from herald.api.deliveries import list_deliveries
from herald.api.events import send_event
from herald.api.webhooks import create_webhook
from herald.client import AuthenticatedClient
from herald.models import (
    AcceptedEvent,
    DeliverySummaryPage,
    EventInput,
    HttpTargetInput,
    HttpTargetInputType,
    ListDeliveriesStateItem,
    Webhook,
    WebhookInput,
)
from herald.types import UNSET

client = AuthenticatedClient(base_url=os.environ["HERALD_URL"], token=os.environ["HERALD_KEY"])
target = HttpTargetInput(type_=HttpTargetInputType.HTTP, url=os.environ["RECEIVER_URL"])
webhook = create_webhook.sync(
    client=client, body=WebhookInput(name="python", events=["clients.python"], target=target)
)
assert isinstance(webhook, Webhook), webhook
for n in range(3):
    accepted = send_event.sync(client=client, body=EventInput(type_="clients.python", data={"n": n}))
    assert isinstance(accepted, AcceptedEvent), accepted


def delivered() -> int:
    seen, cursor = 0, UNSET
    while True:
        page = list_deliveries.sync(
            client=client,
            limit=2,
            webhook=[webhook.id],
            state=[ListDeliveriesStateItem.DELIVERED, ListDeliveriesStateItem.FAILED],
            cursor=cursor,
        )
        assert isinstance(page, DeliverySummaryPage), page
        seen += len(page.data)
        if page.page.next_ is None:
            return seen
        cursor = page.page.next_


while delivered() < 3:
    time.sleep(0.2)
