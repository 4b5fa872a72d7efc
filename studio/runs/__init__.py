"""A run's life: states, plan, order, folder and events. No database, no torch."""
