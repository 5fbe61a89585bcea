"""What people who are signed in see and do about their own account: as pages, and as an API for programs."""
