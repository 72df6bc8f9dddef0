"""What this account admitted: pins, in the user's state folder. Who can write there is the user."""
