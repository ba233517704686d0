// Over the client that oapi-codegen makes: a webhook, three events, their deliveries in pages.
package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"time"

	"clients/herald"
)

func main() {
	ctx := context.Background()
	key := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("HERALD_KEY"))
		return nil
	}
	client, err := herald.NewClientWithResponses(os.Getenv("HERALD_URL"), herald.WithRequestEditorFn(key))
	check(err)
	var target herald.TargetInput
	check(target.FromHttpTargetInput(herald.HttpTargetInput{Type: "http", Url: os.Getenv("RECEIVER_URL")}))
	input := herald.WebhookInput{Name: "go", Events: []string{"clients.go"}, Target: target}
	webhook, err := client.CreateWebhookWithResponse(ctx, nil, input)
	check(err)
	if webhook.JSON201 == nil {
		log.Fatal(string(webhook.Body))
	}
	for n := range 3 {
		event := herald.EventInput{Type: "clients.go", Data: map[string]int{"n": n}}
		accepted, err := client.SendEventWithResponse(ctx, nil, event)
		check(err)
		if accepted.StatusCode() != http.StatusAccepted {
			log.Fatal(string(accepted.Body))
		}
	}
	for delivered(ctx, client, webhook.JSON201.Id) < 3 {
		time.Sleep(200 * time.Millisecond)
	}
}

func delivered(ctx context.Context, client *herald.ClientWithResponses, webhook string) int {
	limit, seen := 2, 0
	states := []herald.ListDeliveriesParamsState{"delivered", "failed"}
	params := herald.ListDeliveriesParams{Limit: &limit, State: &states, Webhook: &[]string{webhook}}
	for {
		page, err := client.ListDeliveriesWithResponse(ctx, &params)
		check(err)
		if page.JSON200 == nil {
			log.Fatal(string(page.Body))
		}
		seen += len(page.JSON200.Data)
		params.Cursor = page.JSON200.Page.Next
		if params.Cursor == nil {
			return seen
		}
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
