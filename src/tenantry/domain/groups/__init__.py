"""Groups: named sets of users. Owns `groups` and `group_members`; what a group may do is the business of `roles`."""
