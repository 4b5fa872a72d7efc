"""What routes call: one service a resource, built on the store and the scheduler."""
