"""The doors. Each translates a wire format and calls the domain; doors are strangers to one another and share only `kit`."""
