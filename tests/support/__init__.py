"""What tests share: databases, makers that call the real actions, a client for the API."""
