package oai

import "net/http"

// Trust lets a test's client accept its server's certificate.
func Trust(c *Client, with *http.Client) { c.http.Transport = with.Transport }
