"""The identity API: sending links and codes anew and checking them, in the words of WSO2 Identity Server's user API (v1.0)."""
